//! A refresh token is used (RFC 6749 §6): judged under the rules of now, replaced where the app's tokens rotate. The
//! concurrent twin of a request gets the same successor for ten seconds; any other second use ends the chain.

use super::{Given, answer, scopes_for, target};
use crate::access::readmit;
use crate::ctx::Ctx;
use crate::settings::is_due;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, AppId, AuditId, Fault, Seconds, Timestamp};
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::token::RefreshRequest;
use portvakt_protocol::oauth::{Why, rfc6749};
use portvakt_protocol::refresh_token::{self, Presented};
use portvakt_store::{Deployment, GrantView, Tx};

/// How long a twin may come after.
const TWIN: Seconds = Seconds(10);

/// What became of the token.
enum Used {
    /// It was good.
    Good {
        /// The grant as it was read.
        view: Box<GrantView>,
        /// The token to give back: a successor, or the same.
        token: String,
        /// The scopes of the new access token.
        granted: Vec<String>,
    },
    /// It gives nothing.
    Refused,
    /// An authentic token of an older generation: somebody has a copy.
    Reused,
}

/// Uses a refresh token for the app that authenticated.
pub async fn refresh(
    ctx: &Ctx,
    app: &App,
    request: &RefreshRequest,
    now: Timestamp,
) -> Result<Result<TokenAnswer, Why>, Fault> {
    let keys = ctx.keeper.keys();
    let presented_text = request.token.reveal().clone();
    let Some(presented) = refresh_token::read(&presented_text, keys.refresh()) else {
        return Ok(Err(Why::RefreshInvalid));
    };
    let successor = if app.rotates() {
        let next = presented.generation.saturating_add(1);
        Some(refresh_token::mint(presented.grant, next, ctx.dice.bytes()?, keys.refresh()))
    } else {
        None
    };
    let asked = Asked {
        app: app.id,
        client_id: app.client_id.clone(),
        scopes: request.scopes.clone(),
        resource: request.resource.clone(),
        presented,
        text: presented_text,
        successor,
    };
    let audit = ctx.audit_id(now)?;
    let used = ctx.store.write(move |tx| judge(tx, &asked, audit, now)).await?;
    let (view, refresh_token, granted) = match used {
        Ok(Used::Good { view, token, granted }) => (view, token, granted),
        Ok(Used::Refused | Used::Reused) => return Ok(Err(Why::RefreshInvalid)),
        Err(why) => return Ok(Err(why)),
    };
    let api = match target(ctx, &view.grant.apis, request.resource.as_deref()).await? {
        Ok(api) => api,
        Err(why) => return Ok(Err(why)),
    };
    let scopes = scopes_for(api.as_deref(), &granted);
    let given = Given {
        app,
        api: api.as_deref(),
        account: &view.account,
        grant: &view.grant,
        scopes: &scopes,
        refresh_token: Some(refresh_token),
        is_refresh: true,
    };
    answer(ctx, given, now).map(Ok)
}

/// What the app asks, for the transaction.
struct Asked {
    app: AppId,
    client_id: String,
    scopes: Option<Vec<String>>,
    resource: Option<String>,
    presented: Presented,
    text: String,
    successor: Option<String>,
}

/// Reads the grant with the policies and versions of now, judges, and carries out: one transaction, so that nothing can
/// change in between. Scope and resource are judged before anything is spent: a mistake there must not cost the chain.
fn judge(
    tx: &mut Tx<'_, Deployment>,
    asked: &Asked,
    audit: AuditId,
    now: Timestamp,
) -> Result<Result<Used, Why>, Fault> {
    let view = match tx.grants().view(asked.presented.grant, None)? {
        Some(view) if view.grant.app == asked.app => view,
        _ => return Ok(Ok(Used::Refused)),
    };
    let granted = match rfc6749::refresh(&asked.client_id, &view.grant.scopes, asked.scopes.as_deref()) {
        Ok(granted) => granted,
        Err(why) => return Ok(Err(why)),
    };
    if asked.resource.as_ref().is_some_and(|resource| !view.grant.apis.contains(resource)) {
        return Ok(Err(Why::ResourceUnknown));
    }
    let used = use_up(tx, &view, asked, granted, now)?;
    if matches!(used, Used::Reused) && tx.grants().revoke(view.grant.id, now)? {
        let account = &view.account.account;
        let line = Audit::new(AuditEvent::ReuseDetected)
            .account(account.id, account.home)
            .app(asked.app)
            .with("what", "refresh_token");
        tx.audit().write(audit, &line, now)?;
    }
    Ok(Ok(used))
}

fn use_up(
    tx: &mut Tx<'_, Deployment>,
    view: &GrantView,
    asked: &Asked,
    granted: Vec<String>,
    now: Timestamp,
) -> Result<Used, Fault> {
    let (grant, presented, predecessor) = (&view.grant, &asked.presented, asked.text.as_str());
    let refused = if presented.generation < grant.generation { Used::Reused } else { Used::Refused };
    let Ok(admitted) = readmit(view, now) else { return Ok(refused) };
    if !grant.is_live(now) || !grant.refreshable {
        return Ok(refused);
    }
    if presented.generation == grant.generation {
        let (won, token) = match &asked.successor {
            Some(successor) => {
                let sealed = refresh_token::seal_successor(predecessor, successor)?;
                (tx.grants().rotate(&admitted, grant, &sealed, now)?, successor.clone())
            }
            None => (tx.grants().use_kept(&admitted, grant, now)?, predecessor.to_owned()),
        };
        if won {
            // Using the chain keeps its session alive, up to that one's absolute age.
            let session = view.session.as_ref().filter(|session| !grant.offline && session.is_live(now));
            if let Some(session) = session.filter(|session| is_due(session, &admitted, now)) {
                tx.sessions().touch(&admitted, session, now)?;
            }
            return Ok(Used::Good { view: Box::new(view.clone()), token, granted });
        }
        // Somebody was faster: then this is a twin, to be judged by what stands now.
        let Some(after) = tx.grants().view(grant.id, None)? else { return Ok(Used::Refused) };
        return Ok(twin(&after, asked, granted, now));
    }
    Ok(twin(view, asked, granted, now))
}

/// The twin of the request that rotated the token: within ten seconds, while the successor is unused, the same answer.
fn twin(view: &GrantView, asked: &Asked, granted: Vec<String>, now: Timestamp) -> Used {
    let (grant, presented) = (&view.grant, &asked.presented);
    let is_last = presented.generation.saturating_add(1) == grant.generation;
    match &grant.successor {
        Some(successor) if is_last && now < successor.at.after(TWIN) && grant.is_live(now) => {
            match refresh_token::open_successor(&asked.text, &successor.sealed) {
                Some(token) => Used::Good { view: Box::new(view.clone()), token, granted },
                None => Used::Reused,
            }
        }
        _ if presented.generation < grant.generation => Used::Reused,
        _ => Used::Refused,
    }
}
