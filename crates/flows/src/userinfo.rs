//! Userinfo (OpenID Connect Core §5.3): what the token's scopes show about its person, now. One statement.

use crate::access;
use crate::client::Caller;
use crate::ctx::Ctx;
use crate::protect;
use crate::subject;
use portvakt_model::{App, Fault, Timestamp};
use portvakt_protocol::jose::TokenType;
use portvakt_protocol::oauth::{Params, Why, access_token, claims};
use serde_json::{Map, Value};

/// What userinfo answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Claims, as JSON.
    Claims(Map<String, Value>),
    /// A JWT, signed or encrypted or both, for an app that registered for it (Core §5.3.2).
    Jwt(String),
}

/// Answers for the token in the header or the form body.
pub async fn get(ctx: &Ctx, caller: &Caller<'_>, body: &Params) -> Result<Result<Answer, Why>, Fault> {
    let now = ctx.clock.now();
    let token = match access_token::bearer(caller.authorization, body) {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let Some(token) = access::read(ctx, &token, now) else { return Ok(Err(Why::BearerInvalid)) };
    if !token.aud.holds(&ctx.settings.issuer) || !token.is_for_sender(caller.sender_key()) {
        return Ok(Err(Why::BearerInvalid));
    }
    if !token.has_scope("openid") || token.grant_id.is_none() {
        return Ok(Err(Why::BearerScope));
    }
    let Some(app) = ctx.keeper.app(&token.client_id).await? else { return Ok(Err(Why::BearerInvalid)) };
    let Some(view) = access::standing(ctx, &token, now).await? else { return Ok(Err(Why::BearerInvalid)) };
    let scopes: Vec<String> = token.scope.split(' ').map(str::to_owned).collect();
    let mut answer = claims::about(&view.account, &scopes, &view.grant.facts.claims.userinfo);
    answer.insert("sub".to_owned(), Value::from(&*subject::of(ctx, &app, &view.account.account)?));
    protected(ctx, &app, answer, now).await
}

/// As the app registered: plain, signed, encrypted, or signed and then encrypted.
async fn protected(
    ctx: &Ctx,
    app: &App,
    mut claims: Map<String, Value>,
    now: Timestamp,
) -> Result<Result<Answer, Why>, Fault> {
    let protection = &app.settings.protection;
    let signed = match protection.userinfo_signing {
        None => None,
        Some(algorithm) => {
            claims.insert("iss".to_owned(), Value::from(ctx.settings.issuer.as_str()));
            claims.insert("aud".to_owned(), Value::from(app.client_id.as_str()));
            Some(access::sign(ctx, algorithm, TokenType::Jwt, &claims, now).await?)
        }
    };
    let Some(encryption) = protection.userinfo else {
        return Ok(Ok(signed.map_or(Answer::Claims(claims), Answer::Jwt)));
    };
    let content = match signed {
        Some(jwt) => protect::Content::Jwt(jwt),
        None => protect::Content::Json(Value::Object(claims).to_string()),
    };
    match protect::sealing(ctx, app, encryption).await? {
        Ok(sealing) => Ok(Ok(Answer::Jwt(sealing.seal(ctx, &content)?))),
        Err(why) => Ok(Err(why)),
    }
}
