//! The client's address: the peer's, or the one that a trusted proxy reports.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use hyper::HeaderMap;
use ipnet::IpNet;

use crate::error::ErrorReport;

/// The header in which proxies report the addresses of their peers.
const FORWARDED_FOR: &str = "X-Forwarded-For";

/// Parses a network of trusted proxies: an address, or one with a prefix length and no bits set after it.
///
/// # Errors
/// The text is neither.
pub fn parse_network(text: &str) -> Result<IpNet, ErrorReport> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let expected = "expected a network such as 10.0.0.0/8, without bits after its prefix, or an address";
    let network = network.filter(|network| network.trunc() == *network);
    network.ok_or_else(|| ErrorReport::usage("not a network", expected))
}

/// Returns the address of the client that sent a request.
///
/// The lines of `X-Forwarded-For`, joined by commas, are used only if the peer is trusted. Their entries are read from the
/// right, where the peer added its own, and the first address that is not a trusted proxy's is the client's. If all are
/// trusted, the client's is the leftmost. Returns `None` if an entry that is read is not an address.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(&client) {
        return Some(client);
    }
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).into_iter().collect();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        client = address(entry.trim_ascii())?;
        if !is_trusted(&client) {
            break;
        }
    }
    Some(client)
}

/// Parses an entry: an address, optionally in brackets, optionally with a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?;
    let alone = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    alone.or_else(with_port).or_else(|| in_brackets().map(IpAddr::V6)).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the client's address for this peer and these lines, with `10.0.0.0/8` and `::1` trusted.
    fn client(peer: &str, lines: &[&str]) -> Option<String> {
        let trusted = ["10.0.0.0/8", "::1"].map(|text| parse_network(text).unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        client_ip(peer.parse().unwrap(), &headers, &trusted).map(|address| address.to_string())
    }

    #[test]
    fn a_peer_that_is_not_trusted_is_the_client() {
        assert_eq!(client("1.2.3.4", &["9.9.9.9"]).unwrap(), "1.2.3.4");
        assert_eq!(client("1.2.3.4", &["unknown"]).unwrap(), "1.2.3.4");
        assert_eq!(client("::ffff:1.2.3.4", &[]).unwrap(), "1.2.3.4");
        assert_eq!(client("10.0.0.1", &[]).unwrap(), "10.0.0.1");
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxy_counts() {
        assert_eq!(client("10.0.0.1", &["9.9.9.9"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 9.9.9.9,10.1.2.3 , 10.0.0.2"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "9.9.9.9, 10.1.2.3"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["garbage, 9.9.9.9"]).unwrap(), "9.9.9.9");
        assert_eq!(client("::1", &["2001:db8::1"]).unwrap(), "2001:db8::1");
        assert_eq!(client("::ffff:10.0.0.1", &["9.9.9.9"]).unwrap(), "9.9.9.9");
    }

    #[test]
    fn if_all_are_proxies_the_leftmost_counts() {
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]).unwrap(), "10.0.0.3");
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_found() {
        for line in ["", "unknown", "9.9.9.9, ", "9.9.9.9, x, 10.0.0.2", "\u{fc}"] {
            assert_eq!(client("10.0.0.1", &[line]), None, "{line}");
        }
    }

    #[test]
    fn ports_and_brackets_are_skipped() {
        assert_eq!(client("10.0.0.1", &["9.9.9.9:1234"]).unwrap(), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:1234"]).unwrap(), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]"]).unwrap(), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:9.9.9.9"]).unwrap(), "9.9.9.9");
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix_without_host_bits() {
        for text in ["10.0.0.0/8", "::1", "1.2.3.4", "0.0.0.0/0", "2001:db8::/33"] {
            assert!(parse_network(text).is_ok(), "{text}");
        }
        for text in ["localhost", "", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.1/8"] {
            assert!(parse_network(text).is_err(), "{text}");
        }
    }
}
