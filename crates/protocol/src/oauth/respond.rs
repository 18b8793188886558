//! The authorization response (RFC 6749 §4.1.2 and §4.2.2, OpenID Connect Core §3.2.2.5 and §3.3.2.5, RFC 9207, OAuth
//! 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode).

use super::params::join;
use super::why::Why;
use portvakt_model::app::metadata::ResponseType;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the answer travels to the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[serde(rename = "q")]
    Query,
    /// Behind the `#` of the redirect URI: browsers send that to no server.
    #[serde(rename = "f")]
    Fragment,
    /// In a form that the browser posts.
    #[serde(rename = "p")]
    FormPost,
}

impl ResponseMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Query, Self::Fragment, Self::FormPost];

    /// The mode of a response type, where a request names none (Encoding Practices §3, §5).
    pub const fn usual(response: ResponseType) -> Self {
        if response.is_front_channel() { Self::Fragment } else { Self::Query }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
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
    /// Yes: what its response type names.
    Granted(Granted),
    /// No, and why.
    Refused(Why),
}

/// What the authorization endpoint gives.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Granted {
    /// The code.
    pub code: Option<String>,
    /// The access token.
    pub token: Option<FrontToken>,
    /// The `id_token`.
    pub id_token: Option<String>,
    /// What the app's pages can watch (OpenID Connect Session Management §2).
    pub session_state: Option<String>,
}

/// An access token that travels through the browser.
#[derive(Clone, PartialEq, Eq)]
pub struct FrontToken {
    /// The token.
    pub access_token: String,
    /// How long it lives, in seconds.
    pub expires_in: u32,
    /// The scopes it has, divided by blanks. Always said: RFC 6749 §4.2.2 wants it where they are not those asked for.
    pub scope: String,
}

/// Codes and tokens are secrets: which there are is shown, and nothing of them.
impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, token, id_token) = (self.code.is_some(), self.token.is_some(), self.id_token.is_some());
        write!(f, "Granted(code: {code}, token: {token}, id_token: {id_token})")
    }
}

impl fmt::Debug for FrontToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrontToken({}, {} s)", self.scope, self.expires_in)
    }
}

impl Granted {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.code.iter().map(|code| ("code", code.clone())));
        if let Some(token) = &self.token {
            pairs.push(("access_token", token.access_token.clone()));
            pairs.push(("token_type", "Bearer".to_owned()));
            pairs.push(("expires_in", token.expires_in.to_string()));
            if !token.scope.is_empty() {
                pairs.push(("scope", token.scope.clone()));
            }
        }
        pairs.extend(self.id_token.iter().map(|id_token| ("id_token", id_token.clone())));
        pairs.extend(self.session_state.iter().map(|state| ("session_state", state.clone())));
        pairs
    }
}

/// The response parameters in order: the outcome, then `state` as it came, then `iss` (RFC 9207 §2).
pub fn parameters(outcome: &Outcome, state: Option<&str>, issuer: &str) -> Vec<(&'static str, String)> {
    let mut pairs = match outcome {
        Outcome::Granted(granted) => granted.parameters(),
        Outcome::Refused(why) => {
            vec![("error", why.code().name().to_owned()), ("error_description", why.description().to_owned())]
        }
    };
    pairs.extend(state.map(|state| ("state", state.to_owned())));
    pairs.push(("iss", issuer.to_owned()));
    pairs
}

/// The address the browser goes to with the answer in its fragment. No registered URI has one of its own (RFC 6749
/// §3.1.2), and not an octet of it changes.
pub fn fragment(redirect_uri: &str, parameters: &[(&'static str, String)]) -> String {
    let pairs: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("{redirect_uri}#{}", join(&pairs))
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
        let code = Granted { code: Some("c".to_owned()), ..Granted::default() };
        let pairs = parameters(&Outcome::Granted(code), Some("a b&c"), "https://login.example");
        let tail = "code=c&state=a+b%26c&iss=https%3A%2F%2Flogin.example";
        assert_eq!(location("https://hrm.example", &pairs), format!("https://hrm.example?{tail}"));
        assert_eq!(location("https://hrm.example/cb?x=%41", &pairs), format!("https://hrm.example/cb?x=%41&{tail}"));
        assert_eq!(location("example.hrm:/cb?", &pairs), format!("example.hrm:/cb?{tail}"));
        assert_eq!(fragment("https://hrm.example/cb?x=%41", &pairs), format!("https://hrm.example/cb?x=%41#{tail}"));
    }

    #[test]
    fn an_answer_has_what_its_type_names_and_shows_none_of_it_to_a_log() {
        let token = FrontToken { access_token: "secret".to_owned(), expires_in: 600, scope: "openid read".to_owned() };
        let secret = || Some("secret".to_owned());
        let all = Granted { code: secret(), token: Some(token), id_token: secret(), session_state: secret() };
        assert!(!format!("{:?} {:?}", all, all.token).contains("secret"));
        let pairs = parameters(&Outcome::Granted(all), None, "https://login.example");
        let names: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
        let wanted = ["code", "access_token", "token_type", "expires_in", "scope", "id_token", "session_state", "iss"];
        assert_eq!(names, wanted);
    }

    #[test]
    fn errors_name_the_issuer_too() {
        let pairs = parameters(&Outcome::Refused(Why::LoginRequired), None, "https://login.example");
        let names: Vec<_> = pairs.iter().map(|pair| pair.0).collect();
        assert_eq!(names, ["error", "error_description", "iss"]);
    }
}
