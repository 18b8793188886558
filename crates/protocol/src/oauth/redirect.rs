//! Redirect URIs: what may be registered, and when a given one is a registered one.

use super::host;
use portvakt_model::AppKind;
use url::{Host, Url};

/// The longest redirect URI.
pub const MOST_OCTETS: usize = 2000;

/// Why a URI may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectFault {
    /// Not an absolute URI, or longer than [`MOST_OCTETS`].
    Form,
    /// It has a fragment (RFC 6749 §3.1.2).
    Fragment,
    /// It carries a user name or password.
    UserInfo,
    /// `http` somewhere else than on the loopback interface, or a scheme that this kind of app may not have.
    Scheme,
    /// A host with other marks than letters, digits, `.`, `-` and `_`, or one that browsers read otherwise than it is
    /// written.
    Host,
    /// A wildcard: URIs are compared as they stand, so it would match nothing.
    Wildcard,
    /// Tokens would go there by way of the browser, and it is not `https`, or on the person's own machine.
    Tokens,
}

/// Checks a redirect URI (or post-logout URI) that shall be registered for an app of `kind`.
///
/// `https` for all; `http` on loopback addresses (RFC 8252 §7.3); a private-use scheme with a dot in it for native
/// apps (RFC 8252 §7.1). The first two as they are written: a parser would also take `https:evil.example/x`.
pub fn check(kind: AppKind, uri: &str) -> Result<(), RedirectFault> {
    if uri.len() > MOST_OCTETS || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RedirectFault::Form);
    }
    if uri.contains('*') {
        return Err(RedirectFault::Wildcard);
    }
    let url = Url::parse(uri).map_err(|_| RedirectFault::Form)?;
    if uri.contains('#') {
        return Err(RedirectFault::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() || uri.contains('\\') {
        return Err(RedirectFault::UserInfo);
    }
    match url.scheme() {
        "https" if uri.starts_with("https://") => host::is_plain(uri).then_some(()).ok_or(RedirectFault::Host),
        "http" if uri.starts_with("http://") && is_loopback(&url) => {
            host::is_plain(uri).then_some(()).ok_or(RedirectFault::Host)
        }
        scheme if kind == AppKind::Native && scheme.contains('.') => Ok(()),
        _ => Err(RedirectFault::Scheme),
    }
}

/// Whether tokens may go to a registered URI by way of the browser: `https`, and no name of the person's own machine,
/// where any program may listen (OpenID Connect Dynamic Client Registration 1.0 §2, `application_type`).
pub fn may_take_tokens(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let is_local = url.domain().is_some_and(|name| {
        let name = name.strip_suffix('.').unwrap_or(name);
        name == "localhost" || name.ends_with(".localhost")
    });
    url.scheme() == "https" && !is_local && !is_loopback(&url)
}

/// The registered URI that `given` stands for: equal octet by octet, but for the port of a native app's loopback
/// address, which it chooses when it starts (RFC 8252 §7.3).
pub fn is_registered(kind: AppKind, registered: &[String], given: &str) -> bool {
    registered.iter().any(|uri| uri == given || (kind == AppKind::Native && differ_in_port_only(uri, given)))
}

fn differ_in_port_only(registered: &str, given: &str) -> bool {
    match (loopback_parts(registered), loopback_parts(given)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Host and everything behind the port of a plain loopback address, `None` for any other text. Read by hand so that no
/// parser can see another host than the one compared.
fn loopback_parts(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|host| rest.starts_with(host))?;
    let behind = rest.get(host.len()..)?;
    let path = match behind.strip_prefix(':') {
        Some(port) => {
            let (digits, path) = port.split_at(port.bytes().take_while(u8::is_ascii_digit).count());
            digits.parse::<u16>().ok()?;
            path
        }
        None => behind,
    };
    (path.is_empty() || path.starts_with('/') || path.starts_with('?')).then_some((host, path))
}

/// Whether `text` is an origin that browsers send (RFC 6454 §6.2): `https`, or `http` on a loopback address; no path.
pub fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let may = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    may && url.origin().ascii_serialization() == text && host::is_plain(text)
}

/// Whether `text` can be the identifier of an API (RFC 8707 §2): an absolute URI without fragment.
pub fn is_resource(text: &str) -> bool {
    text.len() <= MOST_OCTETS
        && text.bytes().all(|b| b.is_ascii_graphic())
        && !text.contains('#')
        && Url::parse(text).is_ok()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_be_registered() {
        use AppKind::{Browser, Native, Web};
        for (kind, uri, answer) in [
            (Web, "https://hrm.example/callback", Ok(())),
            (Web, "https://hrm.example/cb?x=1", Ok(())),
            (Web, "http://127.0.0.1:8401/callback", Ok(())),
            (Native, "http://localhost/cb", Ok(())),
            (Native, "example.hrm.mobile:/callback", Ok(())),
            (Native, "hrm:/callback", Err(RedirectFault::Scheme)),
            (Web, "example.hrm:/callback", Err(RedirectFault::Scheme)),
            (Browser, "javascript:alert(1)", Err(RedirectFault::Scheme)),
            (Native, "data:text/html,x", Err(RedirectFault::Scheme)),
            (Web, "http://hrm.example/cb", Err(RedirectFault::Scheme)),
            (Web, "https://hrm.example/*", Err(RedirectFault::Wildcard)),
            (Web, "https://hrm.example/#x", Err(RedirectFault::Fragment)),
            (Web, "https://a:b@hrm.example/", Err(RedirectFault::UserInfo)),
            (Web, "https://hrm.example\\@evil.example/", Err(RedirectFault::UserInfo)),
            (Web, "https://x;sandbox/cb", Err(RedirectFault::Host)),
            (Web, "https://a.example,b.example/cb", Err(RedirectFault::Host)),
            (Web, "https://a%2eexample/cb", Err(RedirectFault::Host)),
            (Web, "http://127.1/cb", Err(RedirectFault::Host)),
            (Web, "https:evil.example/x://bank.example/cb", Err(RedirectFault::Scheme)),
            (Native, "https:/evil.example/cb", Err(RedirectFault::Scheme)),
            (Native, "http:127.0.0.1/cb", Err(RedirectFault::Scheme)),
            (Web, "/callback", Err(RedirectFault::Form)),
            (Web, "https://hrm.example/\u{e5}", Err(RedirectFault::Form)),
        ] {
            assert_eq!(check(kind, uri), answer, "{uri}");
        }
    }

    #[test]
    fn tokens_go_by_https_to_another_machine() {
        for right in ["https://hrm.example/cb", "https://localhost.example/cb?x=1", "https://192.0.2.1/cb"] {
            assert!(may_take_tokens(right), "{right}");
        }
        for wrong in [
            "http://hrm.example/cb",
            "http://127.0.0.1/cb",
            "https://localhost/cb",
            "https://LOCALHOST/cb",
            "https://localhost./cb",
            "https://app.localhost/cb",
            "https://127.0.0.1/cb",
            "https://[::1]/cb",
            "example.hrm.mobile:/cb",
            "",
        ] {
            assert!(!may_take_tokens(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_origin_can_stand_in_a_header() {
        for right in ["https://hrm.example", "https://hrm.example:8443", "http://127.0.0.1:8401", "http://[::1]:1"] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in ["https://x;sandbox", "https://a,b", "https://hrm.example/", "http://hrm.example", "hrm.example"] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_the_very_octets_are_the_registered_uri() {
        let registered = ["https://hrm.example/cb".to_owned()];
        for other in [
            "https://hrm.example/cb/",
            "https://HRM.example/cb",
            "https://hrm.example:443/cb",
            "https://hrm.example/x/../cb",
            "https://hrm.example/cb?",
            "https://hrm.example/cb#",
            "https://hrm.example/c%62",
            "https://hrm.example@evil.example/cb",
            "https://hrm.example.evil.example/cb",
            "https://hrm.example/cb%0d%0a",
            "http://hrm.example/cb",
            " https://hrm.example/cb",
            "https://hrm.example/cb ",
            "",
        ] {
            assert!(!is_registered(AppKind::Web, &registered, other), "{other}");
        }
        assert!(is_registered(AppKind::Web, &registered, "https://hrm.example/cb"));
    }

    #[test]
    fn a_native_app_chooses_its_loopback_port_and_nothing_else() {
        let registered = ["http://127.0.0.1/cb".to_owned(), "http://[::1]:1/cb".to_owned()];
        let native = |uri| is_registered(AppKind::Native, &registered, uri);
        assert!(native("http://127.0.0.1:50123/cb"));
        assert!(native("http://[::1]:50123/cb"));
        for other in [
            "http://127.0.0.1:50123/other",
            "http://127.0.0.1:50123@evil.example/cb",
            "http://127.0.0.1:80.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://localhost:50123/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:123456/cb",
            "https://127.0.0.1:50123/cb",
        ] {
            assert!(!native(other), "{other}");
        }
        assert!(!is_registered(AppKind::Web, &registered, "http://127.0.0.1:50123/cb"));
    }

    proptest! {
        #[test]
        fn nothing_but_itself_matches_an_https_uri(given in "\\PC{0,60}") {
            let registered = "https://hrm.example/cb".to_owned();
            let same = given == registered;
            prop_assert_eq!(is_registered(AppKind::Native, &[registered], &given), same);
        }
    }
}
