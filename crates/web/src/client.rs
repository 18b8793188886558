//! Where a request really comes from, as far as trusted proxies tell (RFC 7239's problem, X-Forwarded-For's practice).

use ipnet::IpNet;
use std::net::IpAddr;

/// The ranges of proxies whose word is taken. Empty: nobody's.
#[derive(Debug, Clone, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// Whether this is one of them.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(&address))
    }

    /// The client's address: the peer's, or behind trusted proxies the last one in `forwarded` (the joined
    /// `X-Forwarded-For` values) that is no trusted proxy itself. What cannot be read ends the search: a stranger's text
    /// never becomes an address.
    pub fn client(&self, peer: IpAddr, forwarded: Option<&str>) -> IpAddr {
        let mut client = peer;
        for hop in forwarded.unwrap_or_default().rsplit(',').take(32) {
            if !self.trusts(client) {
                break;
            }
            match hop.trim().parse() {
                Ok(address) => client = address,
                Err(_) => break,
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let nobody = Proxies::default();
        assert_eq!(nobody.client(ip("192.0.2.1"), Some("10.0.0.1")), ip("192.0.2.1"));
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(proxies.client(ip("10.0.0.1"), Some("6.6.6.6, 192.0.2.7, 10.0.0.2")), ip("192.0.2.7"));
        assert_eq!(proxies.client(ip("192.0.2.1"), Some("6.6.6.6")), ip("192.0.2.1"));
        assert_eq!(proxies.client(ip("10.0.0.1"), Some("6.6.6.6, rubbish")), ip("10.0.0.1"));
        assert_eq!(proxies.client(ip("10.0.0.1"), None), ip("10.0.0.1"));
    }
}
