//! Whose word on where a request comes from is taken: proxies of known networks, and nobody else's.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// A network of proxies that are trusted, such as `10.0.0.0/8` or `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// An address of it, with all bits after the prefix zero.
    address: IpAddr,
    /// How many bits all of its addresses share.
    prefix: u32,
}

/// What was given for a network is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkError {
    /// What stands before the slash, or alone, is no address.
    Address,
    /// What stands after the slash is no number that fits the address.
    Prefix {
        /// The longest prefix of such an address.
        longest: u32,
    },
    /// There are bits set after the prefix.
    HostBits,
}

impl Network {
    /// Tells whether an address belongs to it. An IPv4 address in IPv6 clothing counts as what it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix) == Some(self.address)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let longest = longest(address);
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = match prefix {
            None => longest,
            Some(text) => Some(text)
                .filter(is_number)
                .and_then(|text| text.parse().ok())
                .filter(|prefix| *prefix <= longest)
                .ok_or(NetworkError::Prefix { longest })?,
        };
        if masked(address, prefix) != Some(address) {
            return Err(NetworkError::HostBits);
        }
        // A network of IPv4 addresses in IPv6 clothing is one of IPv4 addresses.
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(inner)) if prefix >= 96 => {
                Ok(Self { address: IpAddr::V4(inner), prefix: prefix - 96 })
            }
            _ => Ok(Self { address, prefix }),
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => write!(formatter, "expected a network such as 10.0.0.0/8 or ::1"),
            Self::Prefix { longest } => {
                write!(formatter, "expected a number from 0 to {longest} after the slash")
            }
            Self::HostBits => write!(formatter, "expected only zero bits after the prefix"),
        }
    }
}

impl Error for NetworkError {}

/// Tells where a request comes from.
///
/// The lines of `X-Forwarded-For`, joined by commas, count only from a trusted peer. They are walked from
/// the right, where that peer wrote, and the first address that is not a trusted proxy's is the client.
/// Where all are, it is the leftmost. Where one cannot be read before that, it is the peer.
#[must_use]
pub fn origin(peer: IpAddr, forwarded_for: Option<&[u8]>, trusted: &[Network]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let Some(lines) = forwarded_for.filter(|_| is_trusted(peer)) else { return peer };
    let mut origin = peer;
    for entry in lines.rsplit(|byte| *byte == b',') {
        let Some(address) = address(entry.trim_ascii()) else { return peer };
        origin = address;
        if !is_trusted(address) {
            break;
        }
    }
    origin
}

/// Reads an entry: an address, in brackets or not, perhaps with a port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?;
    let alone = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok();
    alone.or_else(with_port).or_else(|| in_brackets().map(IpAddr::V6)).map(|address| address.to_canonical())
}

/// Gives how many bits an address has.
fn longest(address: IpAddr) -> u32 {
    if address.is_ipv4() { Ipv4Addr::BITS } else { std::net::Ipv6Addr::BITS }
}

/// Gives an address with all bits after the prefix zero; `None` where the prefix does not fit it.
fn masked(address: IpAddr, prefix: u32) -> Option<IpAddr> {
    let rest = longest(address).checked_sub(prefix)?;
    Some(match address {
        IpAddr::V4(address) => {
            IpAddr::V4((address.to_bits() & u32::MAX.checked_shl(rest).unwrap_or(0)).into())
        }
        IpAddr::V6(address) => {
            IpAddr::V6((address.to_bits() & u128::MAX.checked_shl(rest).unwrap_or(0)).into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells where a request from this peer comes from, with `10.0.0.0/8` and `::1` trusted.
    fn told(peer: &str, forwarded_for: &str) -> String {
        let trusted: Vec<Network> = ["10.0.0.0/8", "::1"].iter().map(|text| text.parse().unwrap()).collect();
        origin(peer.parse().unwrap(), Some(forwarded_for.as_bytes()), &trusted).to_string()
    }

    #[test]
    fn the_word_of_a_stranger_is_not_taken() {
        assert_eq!(told("1.2.3.4", "9.9.9.9"), "1.2.3.4");
        assert_eq!(origin("10.0.0.1".parse().unwrap(), Some(b"9.9.9.9"), &[]).to_string(), "10.0.0.1");
        assert_eq!(origin("10.0.0.1".parse().unwrap(), None, &[]).to_string(), "10.0.0.1");
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxy_counts() {
        assert_eq!(told("10.0.0.1", "9.9.9.9"), "9.9.9.9");
        assert_eq!(told("10.0.0.1", "6.6.6.6, 9.9.9.9,10.1.2.3 , 10.0.0.2"), "9.9.9.9");
        assert_eq!(told("10.0.0.1", "garbage, 9.9.9.9"), "9.9.9.9");
        assert_eq!(told("::1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(told("::ffff:10.0.0.1", "9.9.9.9"), "9.9.9.9");
    }

    #[test]
    fn where_all_are_proxies_the_leftmost_counts() {
        assert_eq!(told("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
    }

    #[test]
    fn what_cannot_be_read_gives_the_peer() {
        for lines in ["", "unknown", "9.9.9.9, ", "9.9.9.9, x, 10.0.0.2", "\u{fc}"] {
            assert_eq!(told("10.0.0.1", lines), "10.0.0.1", "{lines}");
        }
    }

    #[test]
    fn ports_and_brackets_are_read_over() {
        assert_eq!(told("10.0.0.1", "9.9.9.9:1234"), "9.9.9.9");
        assert_eq!(told("10.0.0.1", "[2001:db8::1]:1234"), "2001:db8::1");
        assert_eq!(told("10.0.0.1", "[2001:db8::1]"), "2001:db8::1");
        assert_eq!(told("10.0.0.1", "::ffff:9.9.9.9"), "9.9.9.9");
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let contains = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.0.0.0/8", "10.255.255.255") && !contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "255.1.1.1") && !contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1") && !contains("::/0", "1.1.1.1"));
        assert!(contains("1.1.1.1", "1.1.1.1") && !contains("1.1.1.1/32", "1.1.1.2"));
        assert!(
            contains("2001:db8::/33", "2001:db8:7fff::1") && !contains("2001:db8::/33", "2001:db8:8000::1")
        );
        assert!(contains("::ffff:10.0.0.0/104", "10.1.1.1"));
    }

    #[test]
    fn what_is_no_network_is_refused_with_its_reason() {
        let error = |text: &str| text.parse::<Network>().unwrap_err();
        assert_eq!(error("localhost"), NetworkError::Address);
        assert_eq!(error(""), NetworkError::Address);
        assert_eq!(error("10.0.0.0/33"), NetworkError::Prefix { longest: 32 });
        assert_eq!(error("::/129"), NetworkError::Prefix { longest: 128 });
        assert_eq!(error("10.0.0.0/+8"), NetworkError::Prefix { longest: 32 });
        assert_eq!(error("10.0.0.0/"), NetworkError::Prefix { longest: 32 });
        assert_eq!(error("10.0.0.1/8"), NetworkError::HostBits);
        let said = error("10.0.0.0/33").to_string();
        assert_eq!(said, "expected a number from 0 to 32 after the slash");
    }
}
