//! `id_tokens`: the one place where they are made, for the token endpoint and for the authorization endpoint.

use crate::access;
use crate::ctx::{Ctx, TOKEN_LIFETIME};
use crate::subject;
use portvakt_model::{AccountFacts, App, Fault, SessionId, SignInFacts, Timestamp};
use portvakt_protocol::jose::{TokenType, hash_half};
use portvakt_protocol::oauth::access_token::{IdToken, id_token};
use portvakt_protocol::oauth::claims;

/// What an `id_token` is about.
pub(crate) struct About<'a> {
    /// Whom it is for.
    pub(crate) app: &'a App,
    /// The person.
    pub(crate) account: &'a AccountFacts,
    /// The session; the app knows it by its own `sid`.
    pub(crate) session: SessionId,
    /// The sign-in, and the claims that were asked for by name.
    pub(crate) facts: &'a SignInFacts,
    /// Scopes whose claims stand in it: none where userinfo can be asked for them (Core §5.4).
    pub(crate) scopes: &'a [String],
}

/// What leaves together with it, and which its hashes tie to it (Core §3.1.3.6, §3.3.2.11).
#[derive(Default)]
pub(crate) struct Beside<'a> {
    /// The access token.
    pub(crate) access_token: Option<&'a str>,
    /// The code.
    pub(crate) code: Option<&'a str>,
    /// Whether a refresh token gave it.
    pub(crate) is_refresh: bool,
}

/// Makes and signs one. Never inside a transaction.
pub(crate) async fn make(ctx: &Ctx, about: &About<'_>, beside: &Beside<'_>, now: Timestamp) -> Result<String, Fault> {
    let algorithm = about.app.settings.id_token_alg;
    let hash = |value: Option<&str>| value.map(|value| hash_half(algorithm, value));
    let (at_hash, c_hash) = (hash(beside.access_token), hash(beside.code));
    let sub = subject::of(ctx, about.app, &about.account.account)?;
    let sid = subject::sid(ctx, about.app, about.session)?;
    let from = IdToken {
        issuer: &ctx.settings.issuer,
        sub: &sub,
        client_id: &about.app.client_id,
        facts: about.facts,
        sid: &sid,
        at_hash: at_hash.as_deref(),
        c_hash: c_hash.as_deref(),
        now,
        expires_at: now.after(TOKEN_LIFETIME),
    };
    let more = claims::about(about.account, about.scopes, &about.facts.claims.id_token);
    access::sign(ctx, algorithm, TokenType::Jwt, &id_token(&from, beside.is_refresh, more), now).await
}
