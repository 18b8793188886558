//! The host of a web address, as it is written. Everything that trusts a host asks here: whom the deployment lets in, who
//! shares a `sub`, and what people read before they say yes.
//!
//! Only `http` and `https` have one. What stands behind `://` under a private-use scheme is nobody's: whoever registers
//! `com.evil.app://bank.example/cb` needs no leave of that bank.

use url::Url;

/// Host and port of an `http` or `https` address, as they are written. `None` for every other address, and for one with
/// a user name.
pub fn authority(uri: &str) -> Option<&str> {
    let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    (!authority.is_empty() && !authority.contains(['@', '\\'])).then_some(authority)
}

/// The host of an `http` or `https` address, without its port and without the brackets of an IPv6 address. `None` for
/// every other address.
pub fn host(uri: &str) -> Option<&str> {
    let authority = authority(uri)?;
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

/// Whether the host is written as browsers read it, but for case, and with nothing but letters, digits, `.`, `-` and `_`,
/// or as an IPv6 address. Their parser also takes `;` and `,`, which divide what a header lists, and turns `%2e` and
/// `127.1` into other hosts than are written.
pub fn is_plain(uri: &str) -> bool {
    let Some(written) = host(uri) else { return false };
    let read = Url::parse(uri).ok();
    let Some(read) = read.as_ref().and_then(Url::host_str) else { return false };
    let is_right = match read.strip_prefix('[').and_then(|literal| literal.strip_suffix(']')) {
        Some(literal) => literal.eq_ignore_ascii_case(written),
        None => read.eq_ignore_ascii_case(written) && read.bytes().all(is_plain_octet),
    };
    is_right && authority(uri).is_some_and(|authority| authority.starts_with('[') == read.starts_with('['))
}

const fn is_plain_octet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_have_a_host() {
        for (uri, wanted) in [
            ("https://a.example:8443/cb", Some("a.example")),
            ("https://a.example?x=://b.example/", Some("a.example")),
            ("http://[2001:db8::1]:1/cb", Some("2001:db8::1")),
            ("http://localhost#x", Some("localhost")),
            ("com.evil.app://bank.example/cb", None),
            ("com.evil.app:/cb", None),
            ("https:evil.example/x://bank.example/cb", None),
            ("https:///cb", None),
            ("https://:80/cb", None),
            ("https://[::1/cb", None),
            ("https://bank.example@evil.example/", None),
            ("https://evil.example\\@bank.example/", None),
            ("bank.example", None),
            ("", None),
        ] {
            assert_eq!(host(uri), wanted, "{uri}");
        }
        assert_eq!(authority("https://a.example:8443/cb"), Some("a.example:8443"));
    }

    #[test]
    fn a_plain_host_is_the_one_that_browsers_read() {
        for right in [
            "https://a.example/",
            "https://A.Example:8443/cb",
            "https://under_score.a-b.example",
            "https://xn--bcher-kva.example/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]:1/cb",
        ] {
            assert!(is_plain(right), "{right}");
        }
        for wrong in [
            "https://x;sandbox/cb",
            "https://a.example,b.example/",
            "https://a.example'/",
            "https://a.example$/",
            "https://a%2eexample/",
            "https://a%3bsandbox/",
            "https://b\u{fc}cher.example/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://[0:0:0:0:0:0:0:1]/",
            "https:a.example/",
            "com.evil.app://a.example/",
        ] {
            assert!(!is_plain(wrong), "{wrong}");
        }
    }
}
