//! Who acts for the operator: a machine of the operator's with a token of Portvakt's own API. Nothing is taken on trust
//! from the token alone: app and revocation are read in one transaction, so that a deleted app is out at once, on every
//! node, though its token has minutes left.

use crate::access;
use crate::client::Caller;
use crate::ctx::Ctx;
use crate::own_api;
use portvakt_model::{App, Fault};
use portvakt_protocol::oauth::access_token::{self, AccessClaims};
use portvakt_protocol::oauth::{Params, Why};

/// A program that acts for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its `client_id`.
    pub client_id: String,
}

/// The operator's program behind the token in the caller's `Authorization` header (RFC 6750 §2.1), or why there is none.
pub async fn enter(ctx: &Ctx, caller: &Caller<'_>) -> Result<Result<Operator, Why>, Fault> {
    let now = ctx.clock.now();
    let issuer = &ctx.settings.issuer;
    let token = match access_token::bearer(caller.authorization, &Params::default()) {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let Some(claims) = access::read(ctx, &token, now) else { return Ok(Err(Why::BearerInvalid)) };
    if !claims.aud.holds(&own_api::identifier(issuer)) || !claims.is_for_sender(caller.sender_key()) {
        return Ok(Err(Why::BearerInvalid));
    }
    let (client_id, jti) = (claims.client_id.clone(), claims.jti);
    let (revoked, app) =
        ctx.store.read(move |tx| Ok((tx.grants().is_revoked(jti)?, tx.apps().find_by_client_id(&client_id)?))).await?;
    let Some(app) = app.filter(|app| !revoked && is_of(&claims, app)) else { return Ok(Err(Why::BearerInvalid)) };
    if !claims.has_scope(own_api::OPERATOR) || !own_api::may_operate(issuer, &app) {
        return Ok(Err(Why::BearerScope));
    }
    Ok(Ok(Operator { client_id: app.client_id }))
}

/// Whether a token is this app's own. A person's is not; nor is one of an earlier app that had the same `client_id`.
fn is_of(claims: &AccessClaims, app: &App) -> bool {
    claims.grant_id.is_none() && claims.sub == app.client_id && app.created_at.seconds() <= claims.iat
}
