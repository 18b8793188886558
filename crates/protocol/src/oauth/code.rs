//! The authorization code: everything it stands for, sealed into itself. The row comes into being when it is redeemed,
//! and its key is the code's id, so that a code can be redeemed once.

use super::rfc6749;
use super::why::Why;
use portvakt_model::{AccountId, GrantId, SessionId, SignInFacts, Stamp, TenantId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a code stands for. Lives 60 seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCode {
    /// Its id, and that of the grant it becomes.
    #[serde(rename = "i")]
    pub id: GrantId,
    /// Whose it is.
    #[serde(rename = "a")]
    pub account: AccountId,
    /// The session it came from.
    #[serde(rename = "s")]
    pub session: SessionId,
    /// The app it was given to.
    #[serde(rename = "c")]
    pub client_id: String,
    /// Where it was sent.
    #[serde(rename = "u")]
    pub redirect_uri: String,
    /// Whether the request named that address.
    #[serde(rename = "v")]
    pub redirect_sent: bool,
    /// PKCE challenge, S256.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "h")]
    pub challenge: Option<String>,
    /// Scopes granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "x")]
    pub scopes: Vec<String>,
    /// APIs granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "r")]
    pub apis: Vec<String>,
    /// The tenant entered.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "t")]
    pub tenant: Option<TenantId>,
    /// What tokens say about the sign-in.
    #[serde(rename = "f")]
    pub facts: SignInFacts,
    /// Under which rules it was admitted.
    #[serde(rename = "p")]
    pub stamp: Stamp,
    /// The grant of the access token that went to the app beside it, through the browser: a replay ends that as well.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "b")]
    pub beside: Option<GrantId>,
    /// When it stops being good.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

/// A redemption: what the token request brings (RFC 6749 §4.1.3).
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    /// The app that authenticated.
    pub client_id: &'a str,
    /// `redirect_uri`, if sent.
    pub redirect_uri: Option<&'a str>,
    /// `code_verifier`, if sent.
    pub verifier: Option<&'a str>,
}

/// Whether this redemption may have what the code stands for. Nothing is spent here: a stranger with a stolen code
/// does not burn it for its owner.
pub fn decide(code: &SealedCode, redemption: &Redemption<'_>, now: Timestamp) -> Result<(), Why> {
    if code.client_id != redemption.client_id || code.expires_at <= now {
        return Err(Why::CodeInvalid);
    }
    match redemption.redirect_uri {
        Some(given) if given != code.redirect_uri => return Err(Why::CodeInvalid),
        None if code.redirect_sent => return Err(Why::CodeInvalid),
        Some(_) | None => {}
    }
    rfc6749::redeem(code, redemption)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn code() -> SealedCode {
        let stamp = Stamp { deployment: 1, tenant: 1, facts: 1, app: 1, until: Timestamp::FAR };
        let facts = SignInFacts {
            auth_time: NOW,
            acr: String::new(),
            amr: Vec::new(),
            nonce: None,
            claims: portvakt_model::ClaimsRequest::default(),
        };
        SealedCode {
            id: GrantId::ordered(NOW, &[1; 10]),
            account: AccountId::random([1; 16]),
            session: SessionId::ordered(NOW, &[2; 10]),
            client_id: "app_hrm".to_owned(),
            redirect_uri: "https://hrm.example".to_owned(),
            redirect_sent: true,
            challenge: Some(CHALLENGE.to_owned()),
            scopes: vec!["openid".to_owned()],
            apis: Vec::new(),
            tenant: None,
            facts,
            stamp,
            beside: None,
            expires_at: Timestamp(NOW.0 + 1),
        }
    }

    const RIGHT: Redemption<'static> =
        Redemption { client_id: "app_hrm", redirect_uri: Some("https://hrm.example"), verifier: Some(VERIFIER) };

    #[test]
    fn the_owner_redeems_until_the_very_microsecond_it_ends() {
        assert_eq!(decide(&code(), &RIGHT, NOW), Ok(()));
        assert_eq!(decide(&code(), &RIGHT, Timestamp(NOW.0 + 1)), Err(Why::CodeInvalid));
    }

    #[test]
    fn another_client_address_or_verifier_gets_nothing() {
        for (wrong, why) in [
            (Redemption { client_id: "app_other", ..RIGHT }, Why::CodeInvalid),
            (Redemption { redirect_uri: Some("https://hrm.example/"), ..RIGHT }, Why::CodeInvalid),
            (Redemption { redirect_uri: None, ..RIGHT }, Why::CodeInvalid),
            (Redemption { verifier: None, ..RIGHT }, Why::VerifierInvalid),
            (Redemption { verifier: Some(CHALLENGE), ..RIGHT }, Why::VerifierInvalid),
            (Redemption { verifier: Some("short"), ..RIGHT }, Why::VerifierInvalid),
        ] {
            assert_eq!(decide(&code(), &wrong, NOW), Err(why), "{wrong:?}");
        }
    }

    #[test]
    fn a_verifier_without_a_challenge_is_a_downgrade() {
        let bare = SealedCode { challenge: None, ..code() };
        assert_eq!(decide(&bare, &RIGHT, NOW), Err(Why::VerifierInvalid));
        assert_eq!(decide(&bare, &Redemption { verifier: None, ..RIGHT }, NOW), Ok(()));
    }

    #[test]
    fn an_address_that_was_not_asked_for_need_not_be_sent() {
        let implied = SealedCode { redirect_sent: false, ..code() };
        assert_eq!(decide(&implied, &Redemption { redirect_uri: None, ..RIGHT }, NOW), Ok(()));
        assert_eq!(decide(&implied, &RIGHT, NOW), Ok(()));
    }
}
