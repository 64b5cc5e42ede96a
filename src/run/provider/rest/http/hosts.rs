//! Which hosts may be asked (`http.allow`, interface.md §2).

use std::net::IpAddr;

use super::address::Address;
use crate::run::provider::FetchError;

/// Patterns of hosts; `*` stands for any run of characters. A pattern with a colon is compared
/// with host and port.
#[derive(Debug, Clone)]
pub(super) struct Hosts {
    patterns: Vec<String>,
}

impl Hosts {
    pub(super) fn new(patterns: &[String]) -> Self {
        Self { patterns: patterns.iter().map(|pattern| pattern.trim().to_ascii_lowercase()).collect() }
    }

    /// # Errors
    /// `config.host` when no pattern lets the address through. A link-local address, where data centres
    /// keep their secrets, needs a pattern that is more than a star.
    pub(super) fn check(&self, address: &Address) -> Result<(), FetchError> {
        let with_port = address.host_and_port();
        let fits = |pattern: &String| {
            let fits = |text: &str| matches(pattern.as_bytes(), text.as_bytes());
            fits(address.host()) || pattern.contains(':') && fits(&with_port)
        };
        let mut named = self.patterns.iter().filter(|pattern| fits(pattern));
        if named.any(|pattern| pattern != "*" || !is_link_local(address.host())) {
            return Ok(());
        }
        let message =
            format!("the host `{}` may not be asked: `http.allow` does not name it", address.host());
        Err(FetchError::lasting("config.host", message))
    }
}

fn is_link_local(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => {
            ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_link_local())
        }
        Err(_) => false,
    }
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
            let owned: Vec<String> = patterns.iter().map(|&p| p.to_owned()).collect();
            let checked = Hosts::new(&owned).check(&Address::parse(address).unwrap());
            assert_eq!(checked.is_ok(), allowed, "{patterns:?} {address}");
        }
    }
}
