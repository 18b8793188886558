//! The token endpoint: who asks, what for, and the answer.

pub mod code;
pub mod machine;
pub mod refresh;

use crate::access::{self, Subject};
use crate::client::{Caller, authenticate};
use crate::ctx::Ctx;
use crate::gate::InUse;
use crate::id_token;
use crate::protect;
use portvakt_model::{AccountFacts, AccountId, AppId, Demand, SessionId};
use portvakt_model::{Api, App, Fault, Grant, SenderKey, Timestamp};
use portvakt_policy::{Admitted, Entering};
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::discovery::path;
use portvakt_protocol::oauth::token::{TokenRequest, read};
use portvakt_protocol::oauth::{Params, Why};
use portvakt_store::{Deployment, Redeeming, Tx};
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

/// Answers a token request.
pub async fn post(ctx: &Ctx, caller: &Caller<'_>, params: &Params) -> Result<Result<TokenAnswer, Refusal>, Fault> {
    let now = ctx.clock.now();
    let client = match authenticate(ctx, caller, path::TOKEN, params).await? {
        Ok(client) => client,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let app = Arc::clone(&client.app);
    let refuse = |why| client.refuse(why);
    let (request, sender) = match read(params).and_then(|request| Ok((request, client.binding(caller)?))) {
        Ok(whole) => whole,
        Err(why) => return Ok(Err(refuse(why))),
    };
    // Before anything is spent: an answer that cannot be encrypted is no answer.
    let sealing = if may_bring_id_token(&request) { protect::id_tokens(ctx, &app).await? } else { Ok(None) };
    let sealing = match sealing {
        Ok(sealing) => sealing,
        Err(why) => return Ok(Err(refuse(why))),
    };
    let answer = match request {
        TokenRequest::Code(request) => code::redeem(ctx, &app, &request, sender, now).await?,
        TokenRequest::Refresh(request) => refresh::refresh(ctx, &app, &request, sender, now).await?,
        TokenRequest::ClientCredentials(request) => machine::grant(ctx, &app, &request, sender, now).await?,
    };
    let mut answer = match answer {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(refuse(why))),
    };
    if let Some(sealing) = sealing {
        let jwt = answer.id_token.take().map(protect::Content::Jwt);
        answer.id_token = jwt.map(|jwt| sealing.seal(ctx, &jwt)).transpose()?;
    }
    Ok(Ok(answer))
}

/// Whether the answer can have an `id_token`. What was granted is not known yet.
fn may_bring_id_token(request: &TokenRequest) -> bool {
    match request {
        TokenRequest::Code(_) => true,
        TokenRequest::Refresh(request) => {
            request.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == "openid"))
        }
        TokenRequest::ClientCredentials(_) => false,
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
    sender: Option<SenderKey>,
}

/// Signs what was decided; after the commit.
async fn answer(ctx: &Ctx, given: Given<'_>, now: Timestamp) -> Result<TokenAnswer, Fault> {
    let Given { app, api, account, grant, scopes, refresh_token, is_refresh, sender } = given;
    let sub = &*crate::subject::of(ctx, app, &account.account)?;
    let subject = Subject { sub, grant: Some((grant, &grant.facts)), sender };
    let (access_token, expires_in) = access::make(ctx, app, api, &subject, scopes, now).await?;
    let id_token = if scopes.iter().any(|scope| scope == "openid") {
        let about = id_token::About { app, account, session: grant.session, facts: &grant.facts, scopes: &[] };
        let beside = id_token::Beside { access_token: Some(&access_token), code: None, is_refresh };
        Some(id_token::make(ctx, &about, &beside, now).await?)
    } else {
        None
    };
    let scope = portvakt_protocol::oauth::scope::join(scopes);
    Ok(TokenAnswer { access_token, token_type: "Bearer", expires_in, scope, refresh_token, id_token })
}

/// Whom a grant was decided for, and on which edition of their facts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) account: AccountId,
    pub(crate) facts_version: i64,
}

/// Asks the gate again, in the transaction that opens a grant: `None` if the session is over or another's, the person
/// is kept out, or anything about the account has changed (password, suspension, consent taken back).
pub(crate) fn readmit(
    tx: &mut Tx<'_, Deployment>,
    session: SessionId,
    app: AppId,
    holder: Holder,
    now: Timestamp,
) -> Result<Option<(Redeeming, Admitted)>, Fault> {
    let Some(view) = tx.grants().redeeming(session, app)? else { return Ok(None) };
    let in_use = InUse {
        account: &view.account,
        home_suspended: view.tenant.as_ref().is_some_and(|tenant| tenant.suspended_at.is_some()),
        session: Some(&view.session),
        proofs: &view.session.proofs,
        chain: None,
        app_version: view.app_version,
    };
    let account = &view.account.account;
    let is_whose = account.id == holder.account && account.facts_version == holder.facts_version;
    let admitted = in_use.admit(&view.policies, &Demand::default(), Entering::Nothing, now);
    let admitted = admitted.ok().filter(|_| is_whose && view.session.is_live(now));
    Ok(admitted.map(|admitted| (view, admitted)))
}

/// Which of a grant's APIs a token request means: the one named, else the first; with one named that the grant doesn't
/// have, none.
pub(crate) async fn target(
    ctx: &Ctx,
    grant_apis: &[String],
    resource: Option<&str>,
) -> Result<Result<Option<Arc<Api>>, Why>, Fault> {
    match target_name(grant_apis, resource) {
        Err(why) => Ok(Err(why)),
        Ok(None) => Ok(Ok(None)),
        Ok(Some(identifier)) => Ok(ctx.keeper.api(identifier).await?.map(Some).ok_or(Why::ResourceUnknown)),
    }
}

/// The identifier of that API.
fn target_name<'a>(grant_apis: &'a [String], resource: Option<&str>) -> Result<Option<&'a str>, Why> {
    match resource {
        Some(named) => {
            grant_apis.iter().find(|api| *api == named).map(|api| Some(api.as_str())).ok_or(Why::ResourceUnknown)
        }
        None => Ok(grant_apis.first().map(String::as_str)),
    }
}

/// The scopes that mean something at an API: its own, and OpenID Connect's.
pub(crate) fn scopes_for(api: Option<&Api>, scopes: &[String]) -> Vec<String> {
    let known = |scope: &&String| {
        portvakt_protocol::oauth::scope::STANDARD.contains(&scope.as_str())
            || api.is_some_and(|api| api.settings.scopes.contains(scope))
    };
    scopes.iter().filter(known).cloned().collect()
}
