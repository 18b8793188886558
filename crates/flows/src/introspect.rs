//! Introspection (RFC 7662): only an API's own client may look at a token for that API; for all others, and for
//! anything that isn't good, the answer is `active: false` and nothing more.

use crate::access;
use crate::client::{Caller, authenticate};
use crate::ctx::Ctx;
use crate::token::Refusal;
use portvakt_model::{App, ClientAuthMethod, Fault, Timestamp};
use portvakt_protocol::oauth::access_token::{AccessClaims, Audience};
use portvakt_protocol::oauth::discovery::path;
use portvakt_protocol::oauth::{Params, Why};
use portvakt_protocol::refresh_token;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers for the client that authenticated.
pub async fn post(ctx: &Ctx, caller: &Caller<'_>, params: &Params) -> Result<Result<Value, Refusal>, Fault> {
    let now = ctx.clock.now();
    let client = match authenticate(ctx, caller, path::INTROSPECT, params).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let app = Arc::clone(&client.app);
    let refuse = |why| Ok(Err(client.refuse(why)));
    if app.settings.auth_method == ClientAuthMethod::None {
        return refuse(Why::ClientInvalid);
    }
    let token = match params.bounded("token", 16 * 1024) {
        Ok(Some(token)) => token.to_owned(),
        Ok(None) => return refuse(Why::TokenMissing),
        Err(why) => return refuse(why),
    };
    let inactive = json!({ "active": false });
    if let Some(claims) = access::read(ctx, &token, now) {
        return Ok(Ok(look(ctx, &app, claims, now).await?.unwrap_or(inactive)));
    }
    Ok(Ok(look_at_refresh(ctx, &app, &token, now).await?.unwrap_or(inactive)))
}

async fn look(ctx: &Ctx, app: &App, claims: AccessClaims, now: Timestamp) -> Result<Option<Value>, Fault> {
    if !is_for(ctx, app, &claims).await? {
        return Ok(None);
    }
    if claims.grant_id.is_some() {
        if access::standing(ctx, &claims, now).await?.is_none() {
            return Ok(None);
        }
    } else {
        // The machine may be gone since, or its organisation suspended; or another has its name now.
        let Some(machine) = ctx.keeper.app(&claims.client_id).await? else { return Ok(None) };
        let owner = match machine.tenant {
            Some(id) => ctx.keeper.tenant(&id.to_string()).await?,
            None => None,
        };
        let is_out =
            owner.is_some_and(|owner| owner.suspended_at.is_some()) || machine.created_at.seconds() > claims.iat;
        let jti = claims.jti;
        if is_out || ctx.store.read(move |tx| tx.grants().is_revoked(jti)).await? {
            return Ok(None);
        }
    }
    let mut value = serde_json::to_value(&claims).map_err(Fault::broken)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("active".to_owned(), Value::Bool(true));
        object.insert("token_type".to_owned(), Value::from("Bearer"));
    }
    Ok(Some(value))
}

/// Whether this client is that of an API in the audience. A token that is for Portvakt alone may be looked at by the
/// app that it was given to.
async fn is_for(ctx: &Ctx, app: &App, claims: &AccessClaims) -> Result<bool, Fault> {
    let audience = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Many(many) => many.as_slice(),
    };
    match audience.iter().find(|name| **name != ctx.settings.issuer) {
        Some(name) => {
            let api = ctx.keeper.api(name).await?;
            Ok(api.is_some_and(|api| api.settings.client.as_deref() == Some(app.client_id.as_str())))
        }
        None => Ok(claims.client_id == app.client_id),
    }
}

/// A refresh token may be looked at by the app that holds it.
async fn look_at_refresh(ctx: &Ctx, app: &App, token: &str, now: Timestamp) -> Result<Option<Value>, Fault> {
    let keys = ctx.keeper.keys();
    let Some(presented) = refresh_token::read(token, keys.refresh()) else { return Ok(None) };
    let view = ctx.store.read(move |tx| tx.grants().view(presented.grant, None)).await?;
    let is_good = |view: &portvakt_store::GrantView| {
        view.grant.app == app.id
            && view.grant.generation == presented.generation
            && view.grant.is_live(now)
            && access::stands(view, now)
    };
    let Some(view) = view.filter(is_good) else { return Ok(None) };
    let sub = crate::subject::of(ctx, app, &view.account.account)?;
    Ok(Some({
        json!({
            "active": true,
            "client_id": app.client_id,
            "sub": sub,
            "scope": view.grant.scopes.join(" "),
            "exp": view.grant.expires_at.seconds(),
            "iat": view.grant.created_at.seconds(),
            "iss": ctx.settings.issuer,
        })
    }))
}
