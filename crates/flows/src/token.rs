//! The token endpoint: who asks, what for, and the answer.

pub mod code;
pub mod machine;
pub mod refresh;

use crate::access::{self, Subject};
use crate::ctx::{Ctx, TOKEN_LIFETIME};
use crate::limits::{self, Spend};
use portvakt_model::AccountFacts;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Api, App, Fault, Grant, Timestamp};
use portvakt_protocol::jose::{TokenType, hash_half};
use portvakt_protocol::oauth::access_token::{IdToken, TokenAnswer, id_token};
use portvakt_protocol::oauth::client_auth::{self, Presented};
use portvakt_protocol::oauth::token::{TokenRequest, read};
use portvakt_protocol::oauth::{Params, Why, claims};
use std::sync::Arc;

/// A refusal at the endpoints that programs call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// Whether the client used HTTP Basic, so that the answer names the scheme.
    pub by_basic: bool,
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        Self { why, by_basic: false }
    }
}

/// Answers a token request: `authorization` is the header, `source` the key of the network address.
pub async fn post(
    ctx: &Ctx,
    authorization: Option<&str>,
    params: &Params,
    source: &str,
) -> Result<Result<TokenAnswer, Refusal>, Fault> {
    let now = ctx.clock.now();
    let (app, presented) = match authenticate(ctx, authorization, params, source).await? {
        Ok(known) => known,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let refuse = |why| Refusal { why, by_basic: presented.by_basic };
    let request = match read(params) {
        Ok(request) => request,
        Err(why) => return Ok(Err(refuse(why))),
    };
    let answer = match request {
        TokenRequest::Code(request) => code::redeem(ctx, &app, &request, now).await?,
        TokenRequest::Refresh(request) => refresh::refresh(ctx, &app, &request, now).await?,
        TokenRequest::ClientCredentials(request) => machine::grant(ctx, &app, &request, now).await?,
    };
    Ok(answer.map_err(refuse))
}

/// Who asks. A failure is counted per client and source, and past the budget further ones are told to wait. A right
/// secret is never kept out: it has 256 bits of its own, and nobody guesses it.
pub async fn authenticate(
    ctx: &Ctx,
    authorization: Option<&str>,
    params: &Params,
    source: &str,
) -> Result<Result<(Arc<App>, Presented), Refusal>, Fault> {
    let now = ctx.clock.now();
    let presented = match client_auth::read(authorization, params) {
        Ok(presented) => presented,
        Err(why) => return Ok(Err(Refusal { why, by_basic: authorization.is_some() })),
    };
    let hash = presented.secret.as_ref().map(|secret| Ctx::hash_bytes(secret.reveal().as_bytes()));
    let app = ctx.keeper.app(&presented.client_id).await?;
    let answer = app.as_ref().ok_or(Why::ClientInvalid).and_then(|app| client_auth::decide(app, &presented, hash, now));
    match (answer, app) {
        (Ok(()), Some(app)) => Ok(Ok((app, presented))),
        (Err(why), app) => {
            // One counter for all names that nobody has: else each name would be a row.
            let name = app.as_ref().map_or("", |app| app.client_id.as_str());
            let key = format!("cl:{name}:{source}");
            let mut line = Audit::new(AuditEvent::ClientFailed).with("source", source);
            line.app = app.as_ref().map(|app| app.id);
            let audit = ctx.audit_id(now)?;
            let spend = [Spend::new(key, limits::CLIENT_WINDOW, ctx.settings.limits.client_failures)];
            let within = ctx
                .store
                .write(move |tx| {
                    let within = limits::reserve(tx, &spend, now)?;
                    if within {
                        tx.audit().write(audit, &line, now)?;
                    }
                    Ok(within)
                })
                .await?;
            let why = if within { why } else { Why::TooMany };
            Ok(Err(Refusal { why, by_basic: presented.by_basic }))
        }
        (Ok(()), None) => Err(Fault::broken("an unknown client was authenticated")),
    }
}

/// What a grant gives at the token endpoint.
struct Given<'a> {
    app: &'a App,
    api: Option<&'a Api>,
    account: &'a AccountFacts,
    grant: &'a Grant,
    scopes: &'a [String],
    refresh_token: Option<String>,
    is_refresh: bool,
}

/// Signs what was decided; after the commit.
fn answer(ctx: &Ctx, given: Given<'_>, now: Timestamp) -> Result<TokenAnswer, Fault> {
    let Given { app, api, account, grant, scopes, refresh_token, is_refresh } = given;
    let sub = account.account.sub.as_str();
    let subject = Subject { sub, grant: Some((grant, &grant.facts)) };
    let (access_token, expires_in) = access::make(ctx, app, api, &subject, scopes, now)?;
    let id_token = if scopes.iter().any(|scope| scope == "openid") {
        let algorithm = app.settings.id_token_alg;
        let at_hash = hash_half(algorithm, &access_token);
        let from = IdToken {
            issuer: &ctx.settings.issuer,
            sub,
            client_id: &app.client_id,
            facts: &grant.facts,
            session: grant.session,
            at_hash: Some(&at_hash),
            now,
            expires_at: now.after(TOKEN_LIFETIME),
        };
        let more = claims::about(account, &[], &grant.facts.claims.id_token);
        Some(access::sign(ctx, algorithm, TokenType::Jwt, &id_token(&from, is_refresh, more), now)?)
    } else {
        None
    };
    let scope = portvakt_protocol::oauth::scope::join(scopes);
    Ok(TokenAnswer { access_token, token_type: "Bearer", expires_in, scope, refresh_token, id_token })
}

/// Which of a grant's APIs a token request means: the one named, else the first; with one named that the grant doesn't
/// have, none.
async fn target(
    ctx: &Ctx,
    grant_apis: &[String],
    resource: Option<&str>,
) -> Result<Result<Option<Arc<Api>>, Why>, Fault> {
    let identifier = match resource {
        Some(named) if !grant_apis.iter().any(|api| api == named) => return Ok(Err(Why::ResourceUnknown)),
        Some(named) => Some(named),
        None => grant_apis.first().map(String::as_str),
    };
    match identifier {
        None => Ok(Ok(None)),
        Some(identifier) => Ok(ctx.keeper.api(identifier).await?.map(Some).ok_or(Why::ResourceUnknown)),
    }
}

/// The scopes that mean something at an API: its own, and OpenID Connect's.
fn scopes_for(api: Option<&Api>, scopes: &[String]) -> Vec<String> {
    let known = |scope: &&String| {
        portvakt_protocol::oauth::scope::STANDARD.contains(&scope.as_str())
            || api.is_some_and(|api| api.settings.scopes.contains(scope))
    };
    scopes.iter().filter(known).cloned().collect()
}
