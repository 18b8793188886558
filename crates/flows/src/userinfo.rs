//! Userinfo (OpenID Connect Core §5.3): what the token's scopes show about its person, now. One statement.

use crate::access;
use crate::ctx::Ctx;
use portvakt_model::Fault;
use portvakt_protocol::oauth::{Params, Why, access_token, claims};
use serde_json::{Map, Value};

/// Answers for the token in the header or the form body.
pub async fn get(
    ctx: &Ctx,
    authorization: Option<&str>,
    body: &Params,
) -> Result<Result<Map<String, Value>, Why>, Fault> {
    let now = ctx.clock.now();
    let token = match access_token::bearer(authorization, body) {
        Ok(token) => token,
        Err(why) => return Ok(Err(why)),
    };
    let Some(token) = access::read(ctx, &token, now) else { return Ok(Err(Why::BearerInvalid)) };
    if !token.aud.holds(&ctx.settings.issuer) {
        return Ok(Err(Why::BearerInvalid));
    }
    if !token.has_scope("openid") || token.grant_id.is_none() {
        return Ok(Err(Why::BearerScope));
    }
    let Some(view) = access::standing(ctx, &token, now).await? else { return Ok(Err(Why::BearerInvalid)) };
    let scopes: Vec<String> = token.scope.split(' ').map(str::to_owned).collect();
    let mut answer = claims::about(&view.account, &scopes, &view.grant.facts.claims.userinfo);
    answer.insert("sub".to_owned(), Value::from(view.account.account.sub.clone()));
    Ok(Ok(answer))
}
