//! A machine asks for itself (RFC 6749 §4.4). No statement, no commit: what it may have is registered with it.

use crate::access::{self, Subject};
use crate::ctx::Ctx;
use crate::own_api;
use portvakt_model::{App, AppKind, Fault, SenderKey, Timestamp};
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::token::MachineRequest;
use portvakt_protocol::oauth::{Why, rfc6749, scope};

/// Gives a machine its token.
pub async fn grant(
    ctx: &Ctx,
    app: &App,
    request: &MachineRequest,
    sender: Option<SenderKey>,
    now: Timestamp,
) -> Result<Result<TokenAnswer, Why>, Fault> {
    if app.kind != AppKind::Machine {
        return Ok(Err(Why::NotForThisClient));
    }
    // What belongs to a suspended tenant rests with it.
    if let Some(owner) = app.tenant
        && ctx.keeper.tenant(&owner.to_string()).await?.is_none_or(|tenant| tenant.suspended_at.is_some())
    {
        return Ok(Err(Why::NotForThisClient));
    }
    let identifier = request.resource.as_deref().or(app.settings.default_api.as_deref()).or_else(|| only_api(app));
    let Some(identifier) = identifier else { return Ok(Err(Why::ResourceUnknown)) };
    let api = match own_api::find(ctx, identifier).await? {
        // A scope registered with the machine itself lets it in as much as the API's own list does.
        Some(api) if api.admits(app) || has_own(app, &api.identifier) => api,
        _ => return Ok(Err(Why::ResourceUnknown)),
    };
    let own = format!("{}#", api.identifier);
    let allowed: Vec<String> =
        app.settings.own_scopes.iter().filter_map(|entry| entry.strip_prefix(&own)).map(str::to_owned).collect();
    let known: Vec<String> = allowed.into_iter().filter(|scope| api.settings.scopes.contains(scope)).collect();
    let scopes = match rfc6749::client_credentials(&app.client_id, &known, &request.scopes) {
        Ok(scopes) => scopes,
        Err(why) => return Ok(Err(why)),
    };
    let subject = Subject { sub: &app.client_id, grant: None, sender };
    let (access_token, expires_in) = access::make(ctx, app, Some(&api), &subject, &scopes, now).await?;
    Ok(Ok(TokenAnswer {
        access_token,
        token_type: "Bearer",
        expires_in,
        scope: scope::join(&scopes),
        refresh_token: None,
        id_token: None,
    }))
}

/// Whether a scope of that API is registered with the machine.
fn has_own(app: &App, identifier: &str) -> bool {
    app.settings.own_scopes.iter().any(|entry| entry.rsplit_once('#').is_some_and(|(api, _)| api == identifier))
}

/// The one API that all of a machine's scopes are of.
fn only_api(app: &App) -> Option<&str> {
    let mut apis = app.settings.own_scopes.iter().filter_map(|entry| entry.rsplit_once('#')).map(|(api, _)| api);
    let first = apis.next()?;
    apis.all(|api| api == first).then_some(first)
}
