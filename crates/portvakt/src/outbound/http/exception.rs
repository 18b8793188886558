//! Hosts that an operator excepts from the guard.

use std::fmt;
use url::{Host, Url};

/// A host that may have any address and any port, and be spoken to without TLS if that is said:
/// `[http://]host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    plain: bool,
    host: Host<String>,
    port: Option<u16>,
}

impl Exception {
    /// Reads one as the configuration writes it.
    ///
    /// # Errors
    /// What is wrong, to stand behind the setting's name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("holds {text:?}, which is no host like idp.example, idp.example:8443 or http://idp.example");
        let (plain, rest) = match text.strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // Not by the parser of URLs: it would drop port 443, and whoever wrote that means no other.
        let (name, port) = match rest.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse().map_err(|_| wrong())?)),
            _ => (rest, None),
        };
        let host = Host::parse(name).map_err(|_| wrong())?;
        if port == Some(0) || name.is_empty() || host.to_string().contains('*') {
            return Err(wrong());
        }
        Ok(Self { plain, host, port })
    }

    /// Whether a URL leads to it, in the way that it is excepted for.
    pub(super) fn is_for(&self, url: &Url) -> bool {
        let scheme = if self.plain { "http" } else { "https" };
        url.scheme() == scheme
            && url.host().is_some_and(|host| host.to_owned() == self.host)
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.plain { "http://" } else { "" };
        write!(f, "{scheme}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_for_its_host_port_and_scheme_only() {
        for (exception, url, is_for) in [
            ("suite.test:8443", "https://suite.test:8443/jwks", true),
            ("suite.test:8443", "https://SUITE.test:8443/", true),
            ("suite.test:8443", "https://suite.test/", false),
            ("suite.test:8443", "https://suite.test:8444/", false),
            ("suite.test:8443", "http://suite.test:8443/", false),
            ("suite.test", "https://suite.test:1/", true),
            ("suite.test", "https://sub.suite.test/", false),
            ("suite.test", "https://suite.test.evil.example/", false),
            ("suite.test", "https://evilsuite.test/", false),
            ("suite.test:443", "https://suite.test/", true),
            ("http://suite.test:8080", "http://suite.test:8080/", true),
            ("http://suite.test:80", "http://suite.test/", true),
            ("http://suite.test", "https://suite.test/", false),
            ("127.0.0.1:8443", "https://2130706433:8443/", true),
            ("127.0.0.1:8443", "https://localhost:8443/", false),
            ("[::1]:8443", "https://[0:0::1]:8443/", true),
            ("[::1]", "https://[::1]/", true),
            ("Nørd.test", "https://xn--nrd-0na.test/", true),
        ] {
            let exception = Exception::parse(exception).unwrap();
            assert_eq!(exception.is_for(&Url::parse(url).unwrap()), is_for, "{exception} {url}");
            assert_eq!(Exception::parse(&exception.to_string()), Ok(exception));
        }
    }

    #[test]
    fn what_is_no_host_is_no_exception() {
        for wrong in [
            "",
            ":443",
            "*.test",
            "*",
            "a b",
            "host:0",
            "host:65536",
            "host:",
            "https://host",
            "host/path",
            "u@h",
            "::1",
        ] {
            assert!(Exception::parse(wrong).is_err(), "{wrong}");
        }
    }
}
