//! The authorization response (RFC 6749 §4.1.2, RFC 9207, OAuth 2.0 Form Post Response Mode).

use super::params::join;
use super::why::Why;
use serde::{Deserialize, Serialize};

/// How the answer travels to the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[serde(rename = "q")]
    Query,
    /// In a form that the browser posts.
    #[serde(rename = "p")]
    FormPost,
}

impl ResponseMode {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
    /// The mode of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What the app is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The code.
    Code(String),
    /// No, and why.
    Refused(Why),
}

/// The response parameters in order: the outcome, then `state` as it came, then `iss` (RFC 9207 §2).
pub fn parameters(outcome: &Outcome, state: Option<&str>, issuer: &str) -> Vec<(&'static str, String)> {
    let mut pairs = match outcome {
        Outcome::Code(code) => vec![("code", code.clone())],
        Outcome::Refused(why) => {
            vec![("error", why.code().name().to_owned()), ("error_description", why.description().to_owned())]
        }
    };
    pairs.extend(state.map(|state| ("state", state.to_owned())));
    pairs.push(("iss", issuer.to_owned()));
    pairs
}

/// The address the browser goes to: the registered text with the parameters behind it, its own query kept. The URI is
/// never parsed and written again, so not an octet of it changes.
pub fn location(redirect_uri: &str, parameters: &[(&'static str, String)]) -> String {
    let pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let between = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{redirect_uri}{between}{}", join(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registered_address_keeps_every_octet() {
        let pairs = parameters(&Outcome::Code("c".to_owned()), Some("a b&c"), "https://login.example");
        let tail = "code=c&state=a+b%26c&iss=https%3A%2F%2Flogin.example";
        assert_eq!(location("https://hrm.example", &pairs), format!("https://hrm.example?{tail}"));
        assert_eq!(location("https://hrm.example/cb?x=%41", &pairs), format!("https://hrm.example/cb?x=%41&{tail}"));
        assert_eq!(location("example.hrm:/cb?", &pairs), format!("example.hrm:/cb?{tail}"));
    }

    #[test]
    fn errors_name_the_issuer_too() {
        let pairs = parameters(&Outcome::Refused(Why::LoginRequired), None, "https://login.example");
        let names: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
    }
}
