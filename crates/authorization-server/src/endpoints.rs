//! What programs call: discovery, keys, token, userinfo, introspection, revocation.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::{
    introspect as introspect_flow, revoke as revoke_flow, token as token_flow, userinfo as userinfo_flow,
};
use portvakt_model::Fault;
use portvakt_protocol::oauth::{Params, discovery as document};
use portvakt_web::answer;
use portvakt_web::visit::Visit;

/// How long anybody may keep discovery and keys, in seconds: far less than a new key is published before it signs.
const KEEP: u32 = 3600;

/// The discovery document.
pub async fn discovery(visit: Visit) -> Result<HttpResponse, Fault> {
    let scopes = visit.ctx.keeper.api_scopes().await?;
    answer::public_json(KEEP, &document::document(&visit.ctx.settings.issuer, &scopes, &visit.ctx.settings.offers))
}

/// The public keys.
pub async fn jwks(visit: Visit) -> Result<HttpResponse, Fault> {
    answer::public_json(KEEP, &visit.ctx.keeper.keys().jwks(visit.ctx.clock.now()))
}

/// The token endpoint.
pub async fn token(visit: Visit) -> Result<HttpResponse, Fault> {
    let params = match &visit.form {
        Ok(params) => params,
        Err(why) => return answer::refusal((*why).into()),
    };
    match token_flow::post(&visit.ctx, &visit.caller(&visit.browser.source()), params).await? {
        Ok(tokens) => answer::json(StatusCode::OK, &tokens),
        Err(refused) => answer::refusal(refused),
    }
}

/// Userinfo, by GET or POST.
pub async fn userinfo(visit: Visit) -> Result<HttpResponse, Fault> {
    // A body that is no form carries no token; the header may.
    let body = visit.form.as_ref().cloned().unwrap_or_else(|_| Params::default());
    match userinfo_flow::get(&visit.ctx, &visit.caller(&visit.browser.source()), &body).await? {
        Ok(userinfo_flow::Answer::Claims(claims)) => answer::json(StatusCode::OK, &claims),
        Ok(userinfo_flow::Answer::Jwt(jwt)) => Ok(answer::jwt(jwt)),
        Err(why) => answer::bearer_refusal(why),
    }
}

/// Introspection.
pub async fn introspect(visit: Visit) -> Result<HttpResponse, Fault> {
    let params = match &visit.form {
        Ok(params) => params,
        Err(why) => return answer::refusal((*why).into()),
    };
    match introspect_flow::post(&visit.ctx, &visit.caller(&visit.browser.source()), params).await? {
        Ok(state) => answer::json(StatusCode::OK, &state),
        Err(refused) => answer::refusal(refused),
    }
}

/// Revocation.
pub async fn revoke(visit: Visit) -> Result<HttpResponse, Fault> {
    let params = match &visit.form {
        Ok(params) => params,
        Err(why) => return answer::refusal((*why).into()),
    };
    match revoke_flow::post(&visit.ctx, &visit.caller(&visit.browser.source()), params).await? {
        Ok(()) => Ok(answer::done()),
        Err(refused) => answer::refusal(refused),
    }
}
