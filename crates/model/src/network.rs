//! Networks that a tenant's people come from, as an operator declares them: budgets for strangers grow with the number
//! of people behind one.

use crate::id::TenantId;
use core::net::IpAddr;
use ipnet::IpNet;
use std::fmt;

/// A range of network addresses in its shortest form (RFC 4632, RFC 4291 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

/// The widest that may be declared: an IPv4 /8, an IPv6 /16. Whatever is wider is a slip, or the whole internet.
const WIDEST: (u8, u8) = (8, 16);

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/48`, or a single address. Bits beyond the prefix are dropped. `None`: no
    /// network, or one that is too wide to be anybody's.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let parsed = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
        let parsed = match (parsed, parsed.addr().to_canonical()) {
            // An IPv4 address in IPv6 dress (RFC 4291 §2.5.5.2): requests from there are known by the address inside.
            (IpNet::V6(dressed), IpAddr::V4(inside)) => {
                IpNet::new(inside.into(), dressed.prefix_len().checked_sub(96)?)
            }
            (plain, _) => Ok(plain),
        };
        let network = parsed.ok()?.trunc();
        let widest = if network.addr().is_ipv4() { WIDEST.0 } else { WIDEST.1 };
        (network.prefix_len() >= widest).then_some(Self(network))
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// How many leading bits its addresses share: of two networks around one address, the longer one is the nearer.
    pub fn prefix(&self) -> u8 {
        self.0.prefix_len()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A tenant's network, and how many people come from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredNetwork {
    /// Whose people.
    pub tenant: TenantId,
    /// From where.
    pub network: Network,
    /// How many.
    pub people: u32,
}

impl DeclaredNetwork {
    /// The most people that one network can be declared for.
    pub const MOST_PEOPLE: u32 = 1_000_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Network::parse(text).map(|network| network.to_string())
    }

    #[test]
    fn a_network_is_kept_in_its_shortest_form() {
        for (typed, kept) in [
            ("203.0.113.0/24", "203.0.113.0/24"),
            (" 203.0.113.77/24", "203.0.113.0/24"),
            ("203.0.113.77", "203.0.113.77/32"),
            ("2001:DB8:0:1::9/48", "2001:db8::/48"),
            ("2001:db8::1", "2001:db8::1/128"),
            ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ] {
            assert_eq!(shown(typed).as_deref(), Some(kept), "{typed}");
        }
    }

    #[test]
    fn the_whole_internet_is_nobodys_network() {
        for wrong in ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/3", "::ffff:0.0.0.0/96", "", "x", "203.0.113.0/33"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_lies_in_its_network_however_it_is_dressed() {
        let network = Network::parse("203.0.113.0/24").unwrap();
        for (address, within) in
            [("203.0.113.200", true), ("::ffff:203.0.113.200", true), ("203.0.114.1", false), ("2001:db8::1", false)]
        {
            assert_eq!(network.contains(address.parse().unwrap()), within, "{address}");
        }
    }
}
