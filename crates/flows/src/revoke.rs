//! Revocation (RFC 7009): a refresh token ends its grant, an access token ends itself. Unknown tokens, and those of
//! other apps, are answered like known ones.

use crate::access;
use crate::client::{Caller, authenticate};
use crate::ctx::Ctx;
use crate::token::Refusal;
use portvakt_model::Fault;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_protocol::oauth::discovery::path;
use portvakt_protocol::oauth::{Params, Why};
use portvakt_protocol::refresh_token;
use std::sync::Arc;

/// Revokes for the client that authenticated.
pub async fn post(ctx: &Ctx, caller: &Caller<'_>, params: &Params) -> Result<Result<(), Refusal>, Fault> {
    let now = ctx.clock.now();
    let client = match authenticate(ctx, caller, path::REVOKE, params).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let app = Arc::clone(&client.app);
    let refuse = |why| Ok(Err(client.refuse(why)));
    let token = match params.bounded("token", 16 * 1024) {
        Ok(Some(token)) => token.to_owned(),
        Ok(None) => return refuse(Why::TokenMissing),
        Err(why) => return refuse(why),
    };
    let keys = ctx.keeper.keys();
    let line = Audit::new(AuditEvent::TokenRevoked).app(app.id);
    let audit = ctx.audit_id(now)?;
    if let Some(refresh) = refresh_token::read(&token, keys.refresh()) {
        let id = app.id;
        ctx.store
            .write(move |tx| {
                let is_theirs = tx.grants().view(refresh.grant, None)?.is_some_and(|view| view.grant.app == id);
                if is_theirs && tx.grants().revoke(refresh.grant, now)? {
                    tx.audit().write(audit, &line.with("what", "refresh_token"), now)?;
                }
                Ok(())
            })
            .await?;
    } else if let Some(claims) = access::read(ctx, &token, now).filter(|claims| claims.client_id == app.client_id) {
        ctx.store
            .write(move |tx| {
                tx.grants().revoke_token(claims.jti, claims.expires_at())?;
                tx.audit().write(audit, &line.with("what", "access_token"), now)
            })
            .await?;
    }
    Ok(Ok(()))
}
