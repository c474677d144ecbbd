//! Blocks of IP addresses.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use thiserror::Error;

/// A block of IP addresses in CIDR notation (RFC 4632); IPv4-mapped IPv6 addresses count as IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    first: IpAddr,
    prefix: u8,
}

/// Why a text is not a block of addresses; the message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CidrError {
    /// The part before the slash.
    #[error("write an IP address, alone or with a prefix length, such as `10.0.0.0/8`")]
    Address,
    /// The part after the slash.
    #[error("write the prefix length as a number from 0 to {0}")]
    Prefix(u8),
    /// Bits are set beyond the prefix; carries the block that the address lies in.
    #[error("the address has bits beyond its prefix; write `{0}` for the whole block")]
    HostBits(Cidr),
}

impl Cidr {
    /// Reads `address/prefix`, or a single address as the block of just that one.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| CidrError::Address)?;
        let longest = width(address);
        let prefix = match prefix {
            Some(text) => read_prefix(text, longest).ok_or(CidrError::Prefix(longest))?,
            None => longest,
        };
        let block = Self { first: first_of(address, prefix), prefix }.unmapped();
        if first_of(address, prefix) == address {
            Ok(block)
        } else {
            Err(CidrError::HostBits(block))
        }
    }

    /// Whether the address lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && first_of(address, self.prefix) == self.first
    }

    /// Whether it has every address of its family: a prefix length of 0.
    pub const fn is_everything(&self) -> bool {
        self.prefix == 0
    }

    /// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    fn unmapped(self) -> Self {
        match (self.first.to_canonical(), self.prefix.checked_sub(96)) {
            (first @ IpAddr::V4(_), Some(prefix)) if self.first.is_ipv6() => Self { first, prefix },
            _ => self,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.first) {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}/{}", self.first, self.prefix)
        }
    }
}

const fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn read_prefix(text: &str, longest: u8) -> Option<u8> {
    let prefix = text.parse::<u8>().ok().filter(|prefix| *prefix <= longest)?;
    // Refuses `+8` and `08`.
    (prefix.to_string() == text).then_some(prefix)
}

/// The lowest address that shares the first `prefix` bits.
fn first_of(address: IpAddr, prefix: u8) -> IpAddr {
    let ones = u32::from(prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(ones)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(ones)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_know_their_members() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1/32", "192.0.2.1", "192.0.2.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("2001:db8::/127", "2001:db8::1", "2001:db8::2"),
            ("::1", "::1", "127.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ] {
            let block = Cidr::parse(block).unwrap();
            assert!(block.contains(inside.parse().unwrap()), "{inside} lies in {block}");
            assert!(!block.contains(outside.parse().unwrap()), "{outside} is not in {block}");
            assert_eq!(Cidr::parse(&block.to_string()), Ok(block));
        }
    }

    #[test]
    fn only_a_prefix_of_no_length_is_everything() {
        for (block, everything) in [
            ("0.0.0.0/0", true),
            ("::/0", true),
            ("::ffff:0.0.0.0/96", true),
            ("0.0.0.0/1", false),
            ("::/1", false),
            ("0.0.0.0", false),
            ("::", false),
        ] {
            assert_eq!(Cidr::parse(block).unwrap().is_everything(), everything, "{block}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_remedy() {
        for (text, error) in [
            ("", CidrError::Address),
            ("/8", CidrError::Address),
            ("localhost", CidrError::Address),
            ("10.0.0/8", CidrError::Address),
            ("10.0.0.0 /8", CidrError::Address),
            ("[::1]", CidrError::Address),
            ("10.0.0.0/", CidrError::Prefix(32)),
            ("10.0.0.0/33", CidrError::Prefix(32)),
            ("10.0.0.0/+8", CidrError::Prefix(32)),
            ("10.0.0.0/08", CidrError::Prefix(32)),
            ("10.0.0.0/8/8", CidrError::Prefix(32)),
            ("::/129", CidrError::Prefix(128)),
            ("10.1.2.3/8", CidrError::HostBits(Cidr::parse("10.0.0.0/8").unwrap())),
            ("fd00::1/8", CidrError::HostBits(Cidr::parse("fd00::/8").unwrap())),
        ] {
            assert_eq!(Cidr::parse(text), Err(error), "{text}");
        }
    }
}
