//! Which network an address belongs to: only those of the public internet are asked without being named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network that is not the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// Loopback, and the unspecified address, which reaches it.
    ThisMachine,
    /// RFC 1918, shared address space (RFC 6598), unique local addresses (RFC 4193).
    Private,
    /// Where clouds keep the secrets of their machines.
    LinkLocal,
    /// Multicast, documentation, benchmarks, reserved.
    Special,
}

impl Network {
    /// The network of an address; nothing for the public internet. IPv4 inside of IPv6 counts as what it
    /// reaches.
    pub(super) fn of(ip: IpAddr) -> Option<Self> {
        match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(ip) => of_v6(ip),
        }
    }

    /// What an address of it is, behind `is`.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::ThisMachine => "this machine",
            Self::Private => "in a private network",
            Self::LinkLocal => "a link-local address",
            Self::Special => "no public address",
        }
    }
}

fn of_v4(ip: Ipv4Addr) -> Option<Network> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (0 | 127, ..) => Some(Network::ThisMachine),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Some(Network::Private),
        (169, 254, _) => Some(Network::LinkLocal),
        (192, 0, 0 | 2)
        | (192, 88, 99)
        | (198, 18 | 19, _)
        | (198, 51, 100)
        | (203, 0, 113)
        | (224.., ..) => Some(Network::Special),
        _ => None,
    }
}

fn of_v6(ip: Ipv6Addr) -> Option<Network> {
    if ip.is_unspecified() || ip.is_loopback() {
        return Some(Network::ThisMachine);
    }
    if let Some(ip) = inner_v4(ip) {
        return of_v4(ip);
    }
    match ip.segments() {
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] | [0x64, 0xff9b, 1, ..] => Some(Network::Private),
        [0xfe80..=0xfebf, ..] => Some(Network::LinkLocal),
        // Of what is left only 2000::/3 is given out; Teredo and documentation lie in it.
        [0x2001, 0 | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some(Network::Special),
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Network::Special),
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 (RFC 6052), 6to4.
fn inner_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

/// The address that a host is when it is written in numbers, in any of the ways that C libraries read:
/// `127.0.0.1`, `127.1`, `0x7f000001`, `0177.0.0.1`, `2130706433`, `[::1]`.
pub(super) fn numeric(host: &str) -> Option<IpAddr> {
    if let Some(inside) = host.strip_prefix('[') {
        return inside.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let parts: Vec<u64> = host.split('.').map(part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 1 << (8 * (4 - first.len())) {
        return None;
    }
    let high = first.iter().zip([24, 16, 8]).map(|(part, shift)| part << shift).sum::<u64>();
    u32::try_from(high + last).ok().map(|bits| IpAddr::V4(Ipv4Addr::from(bits)))
}

fn part(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = |text: &str, radix| {
        let plain = text.bytes().all(|b| b.is_ascii_hexdigit()) && text.len() < 16;
        if plain { u64::from_str_radix(text, radix).ok() } else { None }
    };
    match lower.strip_prefix("0x") {
        Some("") => Some(0),
        Some(hex) => digits(hex, 16),
        None if lower.len() > 1 && lower.starts_with('0') => digits(&lower, 8),
        None => digits(&lower, 10),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_belong_to_networks() {
        use Network::{LinkLocal, Private, Special, ThisMachine};
        for (text, expected) in [
            ("127.0.0.1", Some(ThisMachine)),
            ("127.255.0.3", Some(ThisMachine)),
            ("0.0.0.0", Some(ThisMachine)),
            ("0.1.2.3", Some(ThisMachine)),
            ("10.0.0.1", Some(Private)),
            ("172.16.0.1", Some(Private)),
            ("172.31.255.255", Some(Private)),
            ("172.32.0.1", None),
            ("192.168.1.1", Some(Private)),
            ("192.169.1.1", None),
            ("100.64.0.1", Some(Private)),
            ("100.128.0.1", None),
            ("169.254.169.254", Some(LinkLocal)),
            ("192.0.2.1", Some(Special)),
            ("198.19.0.1", Some(Special)),
            ("224.0.0.1", Some(Special)),
            ("255.255.255.255", Some(Special)),
            ("1.1.1.1", None),
            ("93.184.216.34", None),
            ("::", Some(ThisMachine)),
            ("::1", Some(ThisMachine)),
            ("::ffff:127.0.0.1", Some(ThisMachine)),
            ("::ffff:10.1.2.3", Some(Private)),
            ("::ffff:169.254.169.254", Some(LinkLocal)),
            ("::ffff:1.1.1.1", None),
            ("::ffff:0:192.168.0.1", Some(Private)),
            ("::127.0.0.1", Some(ThisMachine)),
            ("64:ff9b::7f00:1", Some(ThisMachine)),
            ("64:ff9b::a9fe:a9fe", Some(LinkLocal)),
            ("64:ff9b::101:101", None),
            ("64:ff9b:1::1", Some(Private)),
            ("2002:7f00:1::", Some(ThisMachine)),
            ("2002:c0a8:101::1", Some(Private)),
            ("fc00::1", Some(Private)),
            ("fd12::1", Some(Private)),
            ("fec0::1", Some(Private)),
            ("fe80::1", Some(LinkLocal)),
            ("ff02::1", Some(Special)),
            ("2001::1", Some(Special)),
            ("2001:db8::1", Some(Special)),
            ("100::1", Some(Special)),
            ("2606:4700:4700::1111", None),
        ] {
            assert_eq!(Network::of(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn hosts_in_numbers_are_read_as_systems_read_them() {
        for (host, expected) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("127.0.0.1.", Some("127.0.0.1")),
            ("127.1", Some("127.0.0.1")),
            ("127.0.1", Some("127.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("0x7f000001", Some("127.0.0.1")),
            ("0x7F.1", Some("127.0.0.1")),
            ("0177.0.0.1", Some("127.0.0.1")),
            ("017700000001", Some("127.0.0.1")),
            ("0", Some("0.0.0.0")),
            ("0xa9fea9fe", Some("169.254.169.254")),
            ("[::1]", Some("::1")),
            ("4294967296", None),
            ("1.2.3.4.5", None),
            ("256.1.1.1", None),
            ("08.1.1.1", None),
            ("localhost", None),
            ("1.example.com", None),
            ("deadbeef", None),
            ("", None),
            ("+1.1.1.1", None),
        ] {
            assert_eq!(numeric(host), expected.map(|ip| ip.parse().unwrap()), "{host}");
        }
    }
}
