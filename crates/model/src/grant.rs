//! Grants: what one redeemed code gave, and consent: what a person lets an app have.

use crate::claims_request::ClaimsRequest;
use crate::id::{AccountId, AppId, GrantId, SessionId, TenantId};
use crate::proof::{Method, Proof};
use crate::session::Stamp;
use crate::time::Timestamp;
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
