//! Which hosts may be asked (`http.allow`, interface.md §2), and at which addresses.
//!
//! `allow` limits the hosts. A host that is on this machine, in a private network or link-local is asked
//! only when somebody named it: by a pattern that is more than stars, or by writing its address down where
//! no server can. This is checked for the text of every address, redirects and next pages included, and
//! again for what the name of the host was found to be ([`super::resolve`]).

use std::net::IpAddr;

use super::address::Address;
use super::network::{Network, numeric};
use crate::run::provider::FetchError;

/// Patterns of hosts; `*` stands for any run of characters. A pattern with a colon is compared
/// with host and port.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    patterns: Vec<String>,
    /// Hosts with their ports that are named elsewhere.
    named: Vec<String>,
    /// Host and port of the tables that are served here; always allowed.
    served: Option<String>,
}

impl Hosts {
    pub(super) fn new(patterns: &[String], named: &[String], served: Option<&str>) -> Self {
        let authority = |url: &str| Address::parse(url).ok().map(|address| address.host_and_port());
        Self {
            patterns: patterns.iter().map(|pattern| pattern.trim().to_ascii_lowercase()).collect(),
            named: named.iter().filter_map(|url| authority(url)).collect(),
            served: served.and_then(authority),
        }
    }

    /// Whether an address may be asked, as far as its text says.
    ///
    /// # Errors
    /// `config.host` when no pattern lets the address through, or when it is in numbers and not public.
    pub(super) fn check(&self, address: &Address) -> Result<(), FetchError> {
        let (host, with_port) = (address.host(), address.host_and_port());
        let is_served = self.served.as_ref() == Some(&with_port);
        if !is_served && !self.patterns.iter().any(|pattern| fits(pattern, host, &with_port)) {
            let message = format!("the host `{host}` may not be asked: `http.allow` does not name it");
            return Err(FetchError::lasting("config.host", message));
        }
        numeric(host).map_or(Ok(()), |ip| self.check_ip(host, &with_port, ip))
    }

    /// Whether a host may be asked at the address that it has.
    ///
    /// # Errors
    /// `config.host` when the address is not public and nobody named the host.
    pub(super) fn check_ip(&self, host: &str, with_port: &str, ip: IpAddr) -> Result<(), FetchError> {
        let Some(network) = Network::of(ip).filter(|_| !self.is_named(host, with_port)) else {
            return Ok(());
        };
        let found = ip.to_string();
        let found =
            if host.trim_matches(['[', ']']) == found { String::new() } else { format!(" (`{found}`)") };
        let message = format!(
            "the host `{host}` is {}{found}, which is asked only when it is named: add `{host}` to `http.allow` \
             in `syncscope.yaml` if it is meant",
            network.words()
        );
        Err(FetchError::lasting("config.host", message))
    }

    fn is_named(&self, host: &str, with_port: &str) -> bool {
        let is_served = self.served.as_deref() == Some(with_port);
        is_served
            || self.named.iter().any(|named| named == with_port)
            || self.patterns.iter().any(|pattern| names(pattern) && fits(pattern, host, with_port))
    }
}

fn fits(pattern: &str, host: &str, with_port: &str) -> bool {
    let fits = |text: &str| matches(pattern.as_bytes(), text.as_bytes());
    fits(host) || pattern.contains(':') && fits(with_port)
}

/// Whether a pattern says something of the host: `*` and `*:8080` do not.
fn names(pattern: &str) -> bool {
    let after_brackets = pattern.find(']').map_or(0, |end| end + 1);
    let end = pattern[after_brackets..].find(':').map_or(pattern.len(), |colon| after_brackets + colon);
    pattern[..end].contains(|c| !matches!(c, '*' | '.'))
}

/// Whether a text is what a pattern describes; linear in the text for each star.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            last_star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star, from)) = last_star {
            last_star = Some((star, from + 1));
            (p, t) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hosts(patterns: &[&str], named: &[&str]) -> Hosts {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        Hosts::new(&owned(patterns), &owned(named), Some("http://127.0.0.1:4000"))
    }

    #[test]
    fn hosts_are_matched_by_pattern() {
        for (patterns, address, allowed) in [
            (vec!["*"], "http://h", true),
            (vec!["*"], "http://169.254.169.254/latest", false),
            (vec!["*"], "http://[fe80::1]/", false),
            (vec!["169.254.169.254"], "http://169.254.169.254/latest", true),
            (vec![], "http://h", false),
            (vec!["Example.com"], "https://example.COM/x", true),
            (vec!["example.com"], "https://api.example.com", false),
            (vec!["*.example.com"], "https://api.example.com", true),
            (vec!["*.example.com"], "https://example.com.evil.org", false),
            (vec!["a*b*c"], "http://aXbYbZc", true),
            (vec!["a*b*c"], "http://aXbYbZ", false),
            (vec!["127.0.0.1:80*"], "http://127.0.0.1:8080", true),
            (vec!["127.0.0.1:80"], "http://127.0.0.1:8080", false),
            (vec!["[::1]"], "http://[::1]:8080", true),
            (vec!["x", "h"], "http://h", true),
        ] {
            let checked = hosts(&patterns, &[]).check(&Address::parse(address).unwrap());
            assert_eq!(checked.is_ok(), allowed, "{patterns:?} {address}");
        }
    }

    #[test]
    fn addresses_that_are_not_public_must_be_named() {
        let star = ["*"].as_slice();
        for (patterns, named, address, allowed) in [
            (star, "", "http://127.0.0.1:5000", false),
            (star, "", "http://127.0.0.1:4000", true),
            (&[], "", "http://127.0.0.1:4000", true),
            (&["*:5000", "*.*"], "", "http://127.0.0.1:5000", false),
            (&["*", "127.*"], "", "http://127.0.0.1:5000", true),
            (star, "http://127.0.0.1:5000/x", "http://127.0.0.1:5000", true),
            (star, "http://127.0.0.1:5000/x", "http://127.0.0.1:22", false),
            (&["api.example.com"], "http://10.0.0.1", "http://10.0.0.1", false),
            (star, "http://10.0.0.1", "http://10.0.0.1/deep", true),
            // The same address in other words is not what was named.
            (&["127.0.0.1", "*"], "", "http://2130706433/", false),
            (&["127.0.0.1", "*"], "", "http://0x7f.1/", false),
            (&["127.0.0.1", "*"], "", "http://[::ffff:127.0.0.1]/", false),
            (star, "", "http://0.0.0.0/", false),
            (star, "", "http://[::]/", false),
            (&["[::]"], "", "http://[::]/", true),
            (star, "", "http://[64:ff9b::7f00:1]/", false),
            (star, "", "http://8.8.8.8/", true),
        ] {
            let checked = hosts(patterns, &[named]).check(&Address::parse(address).unwrap());
            assert_eq!(checked.is_ok(), allowed, "{patterns:?} {named} {address}");
        }
    }

    #[test]
    fn what_is_refused_says_what_it_is() {
        let told = |host: &str, ip: &str| {
            let refused = hosts(&["*"], &[]).check_ip(host, "x:80", ip.parse().unwrap());
            refused.unwrap_err().message
        };
        assert_eq!(
            told("db.test", "10.1.1.1"),
            "the host `db.test` is in a private network (`10.1.1.1`), which is asked only when it is named: \
             add `db.test` to `http.allow` in `syncscope.yaml` if it is meant"
        );
        assert!(told("[::1]", "::1").starts_with("the host `[::1]` is this machine, which"));
    }
}
