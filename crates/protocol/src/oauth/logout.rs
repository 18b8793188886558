//! How apps hear that a session ended: logout tokens (OpenID Connect Back-Channel Logout 1.0), frames (Front-Channel
//! Logout 1.0), and the state that their pages poll (Session Management 1.0).

use super::app_uris::{self, PageFault};
use super::respond::location;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::app::metadata::LogoutChannels;
use portvakt_model::{Seconds, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use std::fmt;
use url::Url;
use uuid::Uuid;

/// How long a logout token is good: long enough for an app's clock to differ, and no longer (Back-Channel §2.4 recommends
/// two minutes at most).
pub const TOKEN_LIFETIME: Seconds = Seconds(120);

/// The one member of `events` (Back-Channel §2.4).
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token is made from.
#[derive(Debug, Clone, Copy)]
pub struct LogoutToken<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The app.
    pub client_id: &'a str,
    /// The person, as this app knows them.
    pub sub: &'a str,
    /// The session that ended, as this app's `id_tokens` named it.
    pub sid: &'a str,
    /// Its own id: another one at each try, as it is another token.
    pub jti: Uuid,
    /// When it is made.
    pub now: Timestamp,
}

/// The claims of a logout token (Back-Channel §2.4): person and session always, and never a `nonce`, so that it passes
/// for no `id_token`.
pub fn logout_token(from: &LogoutToken<'_>) -> Map<String, Value> {
    let claims = [
        ("iss", from.issuer.into()),
        ("aud", from.client_id.into()),
        ("sub", from.sub.into()),
        ("sid", from.sid.into()),
        ("iat", from.now.seconds().into()),
        ("exp", from.now.after(TOKEN_LIFETIME).seconds().into()),
        ("jti", from.jti.to_string().into()),
        ("events", json!({ EVENT: {} })),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The address of an app's frame (Front-Channel §2): the registered text with issuer and session behind it, whether or
/// not the app insists on them.
pub fn frame(registered: &str, issuer: &str, sid: &str) -> String {
    location(registered, &[("iss", issuer.to_owned()), ("sid", sid.to_owned())])
}

/// The origin of an address, as browsers write it; `None` where it has none of its own (a private-use scheme).
pub fn origin(uri: &str) -> Option<String> {
    let origin = Url::parse(uri).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// `session_state` (Session Management §2, §3.2): what a page at `origin` can compare with the browser's state by way of
/// our frame. Neither client, origin nor salt holds a blank, so no two texts are hashed alike.
pub fn session_state(client_id: &str, origin: &str, state: &str, salt: &str) -> String {
    let hash = digest(&SHA256, format!("{client_id} {origin} {state} {salt}").as_bytes());
    format!("{}.{salt}", URL_SAFE_NO_PAD.encode(hash.as_ref()))
}

/// What is wrong with the addresses by which an app wants to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelFault {
    /// Not an address that we or browsers go to.
    Address(PageFault),
    /// It has a fragment.
    Fragment,
    /// The frame is of another origin than each of the app's redirect URIs (Front-Channel §2): a page of ours frames the
    /// app itself, and nobody else.
    Foreign,
    /// This deployment offers no front channel.
    NotOffered,
}

impl fmt::Display for ChannelFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(fault) => fault.fmt(f),
            Self::Fragment => f.write_str("it has a fragment"),
            Self::Foreign => f.write_str("its origin is that of none of the app's redirect URIs"),
            Self::NotOffered => f.write_str("the front channel is off: legacy.frontchannel_logout switches it on"),
        }
    }
}

/// Checks the addresses by which an app wants to hear; `front`: whether the deployment offers the front channel.
///
/// # Errors
/// The first member that is wrong, by its name in the settings, and why.
pub fn check(
    channels: &LogoutChannels,
    redirect_uris: &[String],
    front: bool,
) -> Result<(), (&'static str, ChannelFault)> {
    let is_address = |uri: &str| match app_uris::check(uri) {
        Ok(()) if uri.contains('#') => Err(ChannelFault::Fragment),
        checked => checked.map_err(ChannelFault::Address),
    };
    if let Some(back) = &channels.back {
        is_address(back).map_err(|fault| ("logout.back", fault))?;
    }
    if let Some(uri) = &channels.front {
        let own = || redirect_uris.iter().any(|one| origin(one) == origin(uri));
        let fault = match is_address(uri) {
            Err(fault) => Some(fault),
            Ok(()) if !front => Some(ChannelFault::NotOffered),
            Ok(()) if !own() => Some(ChannelFault::Foreign),
            Ok(()) => None,
        };
        if let Some(fault) = fault {
            return Err(("logout.front", fault));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_names_person_and_session_and_passes_for_no_id_token() {
        let from = LogoutToken {
            issuer: "https://login.example",
            client_id: "app_hrm",
            sub: "anna",
            sid: "s7",
            jti: Uuid::from_u128(8),
            now: Timestamp::from_seconds(1000),
        };
        let claims = Value::Object(logout_token(&from));
        let wanted = json!({
            "iss": "https://login.example", "aud": "app_hrm", "sub": "anna", "sid": "s7",
            "iat": 1000, "exp": 1120, "jti": Uuid::from_u128(8).to_string(),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(claims, wanted, "and nothing else: no nonce above all");
    }

    #[test]
    fn a_frame_keeps_the_query_that_was_registered() {
        let framed = frame("https://hrm.example/out?a=b", "https://login.example", "s7");
        assert_eq!(framed, "https://hrm.example/out?a=b&iss=https%3A%2F%2Flogin.example&sid=s7");
    }

    #[test]
    fn the_session_state_is_the_hash_that_the_specification_describes() {
        // printf 'app_hrm https://hrm.example state salt' | openssl dgst -sha256 -binary | basenc --base64url
        let state = session_state("app_hrm", "https://hrm.example", "state", "salt");
        assert_eq!(state, "M_RJ-dpsReHGe1JY1-kQHvflPkEas9DrYn4HjAbMhgk.salt");
        assert_ne!(state, session_state("app_hrm", "https://hrm.example", "other", "salt"));
        assert_ne!(state, session_state("app_hrm", "https://hrm2.example", "state", "salt"));
    }

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (uri, wanted) in [
            ("https://HRM.example:443/cb?x#y", Some("https://hrm.example")),
            ("https://hrm.example:8443/cb", Some("https://hrm.example:8443")),
            ("http://127.0.0.1:8401/cb", Some("http://127.0.0.1:8401")),
            ("example.hrm:/cb", None),
            ("no address", None),
        ] {
            assert_eq!(origin(uri).as_deref(), wanted, "{uri}");
        }
    }

    #[test]
    fn an_app_hears_at_addresses_of_its_own() {
        let redirects = ["https://hrm.example/cb".to_owned()];
        let back = |uri: &str| LogoutChannels { back: Some(uri.to_owned()), ..LogoutChannels::default() };
        let front = |uri: &str| LogoutChannels { front: Some(uri.to_owned()), ..LogoutChannels::default() };
        let scheme = ChannelFault::Address(PageFault::Scheme);
        for (channels, is_offered, wanted) in [
            (LogoutChannels::default(), false, Ok(())),
            (back("https://elsewhere.example/out?x=1"), false, Ok(())),
            (back("http://hrm.example/out"), false, Err(("logout.back", scheme))),
            (back("https://hrm.example/out#x"), false, Err(("logout.back", ChannelFault::Fragment))),
            (front("https://hrm.example/out"), true, Ok(())),
            (front("https://hrm.example/out"), false, Err(("logout.front", ChannelFault::NotOffered))),
            (front("https://hrm.example:8443/out"), true, Err(("logout.front", ChannelFault::Foreign))),
            (front("https://evil.example/out"), true, Err(("logout.front", ChannelFault::Foreign))),
            (front("javascript:alert(1)"), true, Err(("logout.front", scheme))),
        ] {
            assert_eq!(check(&channels, &redirects, is_offered), wanted, "{channels:?}");
        }
    }
}
