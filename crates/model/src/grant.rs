//! Grants: what one redeemed code gave, and consent: what a person lets an app have.

use crate::claims_request::ClaimsRequest;
use crate::id::{AccountId, AppId, GrantId, SessionId, TenantId};
use crate::proof::{Method, Proof};
use crate::session::Stamp;
use crate::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// What one redeemed code gave. Tokens carry its id as `grant_id`; ending it ends all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id: that of the code.
    pub id: GrantId,
    /// Whose it is.
    pub account: AccountId,
    /// The session it came from.
    pub session: SessionId,
    /// The app it was given to.
    pub app: AppId,
    /// The tenant that was entered, if any.
    pub tenant: Option<TenantId>,
    /// The scopes that were granted, in the order asked.
    pub scopes: Vec<String>,
    /// Identifiers of the APIs that tokens may be asked for.
    pub apis: Vec<String>,
    /// What tokens say about the sign-in.
    pub facts: SignInFacts,
    /// The key that every use of its refresh token must prove; only where the app itself proves nothing.
    pub sender_key: Option<SenderKey>,
    /// Under which rules it was admitted.
    pub stamp: Stamp,
    /// How many times the refresh token was replaced; the current token carries this number.
    pub generation: i64,
    /// Whether it outlives the session (`offline_access`).
    pub offline: bool,
    /// Whether it has a refresh token at all.
    pub refreshable: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its refresh token was last used.
    pub used_at: Timestamp,
    /// When the refresh token was last replaced, and its successor sealed for a twin; see `concepts`: ten seconds.
    pub successor: Option<Successor>,
    /// When it ends if the refresh token is not used before.
    pub idle_until: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// When it was ended by an act, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// The key that whoever uses a token must prove: a copy of such a token is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenderKey {
    /// SHA-256 of the client's certificate, `x5t#S256` (RFC 8705 §3.1).
    Certificate([u8; 32]),
}

impl SenderKey {
    const CERTIFICATE: &str = "x5t#S256 ";

    /// The thumbprint as tokens carry it: base64url.
    pub fn thumbprint(&self) -> String {
        match self {
            Self::Certificate(thumbprint) => URL_SAFE_NO_PAD.encode(thumbprint),
        }
    }

    /// The form in which it is kept: what it is, and the thumbprint.
    pub fn text(&self) -> String {
        match self {
            Self::Certificate(_) => format!("{}{}", Self::CERTIFICATE, self.thumbprint()),
        }
    }

    /// Reads what [`SenderKey::text`] wrote.
    pub fn of_text(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(Self::CERTIFICATE)?).ok()?;
        Some(Self::Certificate(bytes.try_into().ok()?))
    }
}

/// The refresh token that replaced the last one, kept ten seconds for a concurrent twin of the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Sealed under a key that only the holder of the predecessor has.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub at: Timestamp,
}

impl Grant {
    /// Whether it lives at `now`: not revoked, neither clock run out. Its session and its stamp are not looked at.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.idle_until && now < self.expires_at
    }
}

/// What tokens say about the sign-in a grant came from. Fixed when the code is made; refreshing never moves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFacts {
    /// `auth_time`: when the person was last really asked.
    #[serde(rename = "t")]
    pub auth_time: Timestamp,
    /// `acr`.
    #[serde(rename = "c")]
    pub acr: String,
    /// `amr`.
    #[serde(rename = "m")]
    pub amr: Vec<String>,
    /// `nonce` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "n")]
    pub nonce: Option<String>,
    /// Claims asked for by name.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty", rename = "q")]
    pub claims: ClaimsRequest,
}

impl SignInFacts {
    /// The proofs behind it. A grant is judged by what was proved at its own sign-in, also when its session's row is
    /// gone.
    pub fn proofs(&self) -> Vec<Proof> {
        let methods = Method::ALL.into_iter().filter(|method| self.amr.iter().any(|word| word == method.amr()));
        methods.map(|method| Proof::new(method, self.auth_time)).collect()
    }
}

/// What an account lets a relying app have. One per account and app; remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Who gave it.
    pub account: AccountId,
    /// To which app.
    pub app: AppId,
    /// Scopes agreed to.
    pub scopes: Vec<String>,
    /// Claims asked for by name and agreed to.
    pub claims: Vec<String>,
    /// APIs agreed to.
    pub apis: Vec<String>,
    /// When it was last given.
    pub given_at: Timestamp,
}

impl Consent {
    /// Whether everything in the three lists has been agreed to.
    pub fn covers(&self, scopes: &[String], claims: &[String], apis: &[String]) -> bool {
        scopes.iter().all(|scope| self.scopes.contains(scope))
            && claims.iter().all(|claim| self.claims.contains(claim))
            && apis.iter().all(|api| self.apis.contains(api))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_key_reads_back_only_its_own_form() {
        let key = SenderKey::Certificate([7; 32]);
        assert_eq!(SenderKey::of_text(&key.text()), Some(key));
        for wrong in [String::new(), key.thumbprint(), format!("jkt {}", key.thumbprint()), format!("{}AA", key.text())]
        {
            assert_eq!(SenderKey::of_text(&wrong), None, "{wrong}");
        }
    }
}
