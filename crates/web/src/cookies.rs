//! Our cookies. Each value is a random handle or a language tag; nothing about a person ever stands in one.
//!
//! All but [`Cookie::State`] are `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/`, without `Domain`, which the `__Host-` prefix makes browsers
//! enforce (RFC 6265bis §4.1.3.2). Browsers hold `http://localhost` trustworthy, so they keep these there too.

use portvakt_model::{Handle, Language, Seconds};

/// A cookie that holds a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session.
    Session,
    /// The flows under way in this browser; one for all its tabs.
    Flow,
    /// The device: a browser we know.
    Device,
    /// The browser's state, which our frame compares for apps (OpenID Connect Session Management §3.2). It has nothing
    /// to do with the session's handle, opens nothing, and is the only cookie that a script and a frame can read.
    State,
}

const LANGUAGE: &str = "__Host-pv_l";

/// A year and some: the longest that browsers keep anything is 400 days.
const LONGEST: Seconds = Seconds::days(400);

impl Cookie {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-pv_s",
            Self::Flow => "__Host-pv_f",
            Self::Device => "__Host-pv_d",
            Self::State => "__Host-pv_b",
        }
    }

    /// The `Set-Cookie` value that sets it; without `keep` it goes when the browser closes.
    pub fn set(self, handle: &Handle, keep: Option<Seconds>) -> String {
        self.written(&handle.text(), keep)
    }

    /// The `Set-Cookie` value that removes it.
    pub fn clear(self) -> String {
        self.written("", Some(Seconds(0)))
    }

    fn written(self, value: &str, keep: Option<Seconds>) -> String {
        match self {
            Self::Session | Self::Flow | Self::Device => set(self.name(), value, keep),
            Self::State => format!("{}={value}; Path=/; Secure; SameSite=None{}", self.name(), age(keep)),
        }
    }

    /// Its handle in the request's `Cookie` headers; `None` if it is absent, stands there twice, or holds no handle.
    pub fn read<'a>(self, headers: impl IntoIterator<Item = &'a str>) -> Option<Handle> {
        Handle::parse(only(headers, self.name())?)
    }
}

/// The `Set-Cookie` value that remembers a language.
pub fn set_language(language: Language) -> String {
    set(LANGUAGE, language.tag(), Some(LONGEST))
}

/// The `Set-Cookie` value that forgets it.
pub fn clear_language() -> String {
    set(LANGUAGE, "", Some(Seconds(0)))
}

/// The remembered language in the request's `Cookie` headers.
pub fn language<'a>(headers: impl IntoIterator<Item = &'a str>) -> Option<Language> {
    let tag = only(headers, LANGUAGE)?;
    Language::ALL.into_iter().find(|language| language.tag() == tag)
}

fn set(name: &str, value: &str, keep: Option<Seconds>) -> String {
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{}", age(keep))
}

fn age(keep: Option<Seconds>) -> String {
    keep.map_or_else(String::new, |keep| format!("; Max-Age={}", keep.0.min(LONGEST.0)))
}

/// The value of the cookie `name`, by exact bytes. Somebody who could plant a second one must not choose which we
/// believe: then there is none.
fn only<'a>(headers: impl IntoIterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut found = None;
    for pair in headers.into_iter().flat_map(|header| header.split(';')) {
        let Some((its, value)) = pair.trim_matches([' ', '\t']).split_once('=') else { continue };
        if its == name && found.replace(value).is_some() {
            return None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle() -> Handle {
        Handle::new([7; 32])
    }

    #[test]
    fn what_we_set_we_read() {
        let set = Cookie::Session.set(&handle(), None);
        let pair = set.split(';').next().unwrap();
        let header = format!("a=b; {pair};__Host-pv_l=nb");
        assert_eq!(Cookie::Session.read([header.as_str()]), Some(handle()));
        assert_eq!(Cookie::Flow.read([header.as_str()]), None);
        assert_eq!(language([header.as_str()]), Some(Language::Nb));
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
    }

    #[test]
    fn a_cookie_that_stands_there_twice_is_none() {
        let pair = format!("__Host-pv_s={}", handle().text());
        let twice = format!("{pair}; __Host-pv_s=x");
        assert_eq!(Cookie::Session.read([twice.as_str()]), None);
        assert_eq!(Cookie::Session.read([pair.as_str(), pair.as_str()]), None, "in two headers neither");
        for other in ["__host-pv_s", "__Host-pv_s ", " x__Host-pv_s"] {
            let header = format!("{pair}; {other}=x");
            assert_eq!(Cookie::Session.read([header.as_str()]), Some(handle()), "{other:?} is another name");
        }
    }

    #[test]
    fn nothing_but_our_own_forms_is_believed() {
        for header in ["", "__Host-pv_s", "__Host-pv_s=", "__Host-pv_s=abc", "__Host-pv_l=se", "__Host-pv_l=SV", ";;=;"]
        {
            assert_eq!(Cookie::Session.read([header]), None);
            assert_eq!(language([header]), None);
        }
    }

    #[test]
    fn the_state_alone_can_be_read_in_a_frame_of_another_site() {
        let state = Cookie::State.set(&handle(), None);
        assert!(state.starts_with("__Host-pv_b=") && state.ends_with("; Path=/; Secure; SameSite=None"));
        for cookie in [Cookie::Session, Cookie::Flow, Cookie::Device] {
            assert!(cookie.set(&handle(), None).contains("HttpOnly; SameSite=Lax"));
        }
    }

    #[test]
    fn ages_are_said_and_bounded() {
        assert!(Cookie::Device.set(&handle(), Some(Seconds::days(30))).ends_with("; Max-Age=2592000"));
        assert!(Cookie::Device.set(&handle(), Some(Seconds(u32::MAX))).ends_with("; Max-Age=34560000"));
        assert_eq!(Cookie::Flow.clear(), "__Host-pv_f=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
