//! Pages that an app names of itself (`client_uri`, `policy_uri`, `tos_uri`, OpenID Connect Dynamic Client Registration
//! 1.0 §2): people see them as links beside the app's name, so nothing but an `https` page is taken.

use super::host;
use portvakt_model::app::AppSettings;
use std::fmt;
use url::Url;

/// The longest address of a page.
pub const MOST_OCTETS: usize = 2000;

/// Why an address may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageFault {
    /// Not an absolute URL of printable ASCII, or longer than [`MOST_OCTETS`].
    Form,
    /// Another scheme than `https`, or no host.
    Scheme,
    /// It carries a user name or password, or a backslash: what people read as its host may be none.
    UserInfo,
    /// A host with other marks than letters, digits, `.`, `-` and `_`, or one that browsers read otherwise than it is
    /// written.
    Host,
}

impl fmt::Display for PageFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "it is no absolute URL of printable ASCII, or too long",
            Self::Scheme => "it does not begin with https:// and a host",
            Self::UserInfo => "it carries a user name, or a backslash",
            Self::Host => "its host is not written plainly: letters, digits, dots and hyphens, as browsers read it",
        })
    }
}

/// Checks the address of one page.
///
/// # Errors
/// Why it may not be registered.
pub fn check(uri: &str) -> Result<(), PageFault> {
    if uri.len() > MOST_OCTETS || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(PageFault::Form);
    }
    let url = Url::parse(uri).map_err(|_| PageFault::Form)?;
    if !url.username().is_empty() || url.password().is_some() || uri.contains('\\') {
        return Err(PageFault::UserInfo);
    }
    // As it is written: a parser would also take `HTTPS:a.example`, in which people see no host.
    if !uri.starts_with("https://") || url.host().is_none() {
        return Err(PageFault::Scheme);
    }
    host::is_plain(uri).then_some(()).ok_or(PageFault::Host)
}

/// Checks every page that an app's settings name, and what we fetch for it.
///
/// # Errors
/// The first member that is wrong, by its name in the settings, and why.
pub fn check_all(settings: &AppSettings) -> Result<(), (&'static str, PageFault)> {
    let about = &settings.about;
    let own = [
        ("client_uri", &settings.client_uri),
        ("policy_uri", &settings.policy_uri),
        ("tos_uri", &settings.tos_uri),
        ("sector_identifier_uri", &settings.sector_identifier_uri),
        ("about.logo_uri", &about.logo_uri),
        ("about.initiate_login_uri", &about.initiate_login_uri),
    ];
    let own = own.into_iter().filter_map(|(member, uri)| Some((member, uri.as_ref()?)));
    let localized = about.localized.iter().filter(|(name, _)| !name.starts_with("client_name"));
    for (member, uri) in own.chain(localized.map(|(_, uri)| ("about.localized", uri))) {
        check(uri).map_err(|fault| (member, fault))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_is_an_https_address_that_people_can_read() {
        for right in
            ["https://app.example", "https://app.example:8443/terms?lang=sv#top", "https://xn--bcher-kva.example/"]
        {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for (wrong, fault) in [
            ("", PageFault::Form),
            ("/terms", PageFault::Form),
            ("app.example", PageFault::Form),
            ("https://", PageFault::Form),
            ("https://app.example/a b", PageFault::Form),
            ("https://app.example/\u{e5}", PageFault::Form),
            ("https://app.example/\r\nSet-Cookie:a", PageFault::Form),
            ("http://app.example", PageFault::Scheme),
            ("HTTPS:app.example", PageFault::Scheme),
            ("https:app.example", PageFault::Scheme),
            ("javascript:alert(1)", PageFault::Scheme),
            ("data:text/html,x", PageFault::Scheme),
            ("mailto:a@app.example", PageFault::Scheme),
            ("https://x;sandbox/", PageFault::Host),
            ("https://a.example,b.example/", PageFault::Host),
            ("https://a%2eexample/", PageFault::Host),
            ("https://login.example@evil.example/", PageFault::UserInfo),
            ("https://login.example\\@evil.example/", PageFault::UserInfo),
        ] {
            assert_eq!(check(wrong), Err(fault), "{wrong}");
        }
        assert_eq!(check(&format!("https://a.example/{}", "x".repeat(MOST_OCTETS - 18))), Ok(()));
        assert_eq!(check(&format!("https://a.example/{}", "x".repeat(MOST_OCTETS - 17))), Err(PageFault::Form));
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        let settings = |text: &str| serde_json::from_str::<AppSettings>(text).unwrap();
        assert_eq!(check_all(&settings("{}")), Ok(()));
        for member in ["client_uri", "policy_uri", "tos_uri"] {
            let wrong = settings(&format!(r#"{{"{member}": "javascript:alert(1)"}}"#));
            assert_eq!(check_all(&wrong), Err((member, PageFault::Scheme)));
        }
        assert_eq!(check_all(&settings(r#"{"about": {"localized": {"client_name#sv": "Appen"}}}"#)), Ok(()));
        for (text, member) in [
            (r#"{"sector_identifier_uri": "http://a.example/"}"#, "sector_identifier_uri"),
            (r#"{"about": {"logo_uri": "http://a.example/"}}"#, "about.logo_uri"),
            (r#"{"about": {"initiate_login_uri": "http://a.example/"}}"#, "about.initiate_login_uri"),
            (r#"{"about": {"localized": {"tos_uri#sv": "http://a.example/"}}}"#, "about.localized"),
        ] {
            assert_eq!(check_all(&settings(text)), Err((member, PageFault::Scheme)));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_https_and_breaks_no_line(text in "(https?:|[a-z]{1,10}:)?[/\\\\@]{0,4}\\PC{0,40}") {
            if check(&text).is_ok() {
                prop_assert!(text.starts_with("https://") && text.bytes().all(|byte| byte.is_ascii_graphic()));
                let url = Url::parse(&text).unwrap();
                prop_assert!(url.username().is_empty());
                // Nothing that could end a directive of a policy, or an item of a list.
                prop_assert!(url.host_str().is_some_and(|host| !host.contains([';', ',', '\'', '%'])), "{text}");
            }
        }
    }
}
