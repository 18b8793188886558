//! What a request brings of the browser it came from.

use portvakt_model::{Handle, Language};
use std::net::IpAddr;

/// The browser behind a request: its cookies, read, and where it is.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The session cookie.
    pub session: Option<Handle>,
    /// The device cookie.
    pub device: Option<Handle>,
    /// The flow cookie, which sealed requests are bound to.
    pub flow: Option<Handle>,
    /// The browser's state that apps' pages can watch (OpenID Connect Session Management), where it is offered: random,
    /// and nothing can be done with it.
    pub state: Option<Handle>,
    /// The language in which the person is met: chosen, else by the request, else by the browser.
    pub language: Language,
    /// The network address it comes from, as far as trusted proxies tell.
    pub address: Option<IpAddr>,
    /// A short description of the browser for notices, never for decisions.
    pub description: String,
}

impl Browser {
    /// The key by which limits know the source: an IPv4 address, or the /64 of an IPv6 one.
    pub fn source(&self) -> String {
        match self.address {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                let network = || format!("{a:x}:{b:x}:{c:x}:{d:x}::/64");
                address.to_ipv4_mapped().map_or_else(network, |address| address.to_string())
            }
            None => "unknown".to_owned(),
        }
    }

    /// What sealed requests are bound to: the flow cookie's bytes, or nothing where there is none.
    pub fn bound(&self) -> &[u8] {
        self.flow.as_ref().map_or(&[], |flow| flow.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_ipv6_network_is_one_source() {
        let from = |text: &str| Browser {
            session: None,
            device: None,
            flow: None,
            state: None,
            language: Language::En,
            address: text.parse().ok(),
            description: String::new(),
        };
        assert_eq!(from("2001:db8:1:2:3:4:5:6").source(), from("2001:db8:1:2::9").source());
        assert_ne!(from("2001:db8:1:2::").source(), from("2001:db8:1:3::").source());
        assert_eq!(from("::ffff:192.0.2.1").source(), "192.0.2.1");
    }
}
