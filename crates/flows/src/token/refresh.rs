//! A refresh token is used (RFC 6749 §6): judged under the rules of now, replaced where the app's tokens rotate. The
//! concurrent twin of a request gets the same successor for ten seconds; any other second use ends the chain.

use super::{Given, answer, scopes_for, target};
use crate::access::readmit;
use crate::ctx::Ctx;
use crate::settings::is_due;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, Fault, Seconds, Timestamp};
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::token::RefreshRequest;
use portvakt_protocol::oauth::{Why, rfc6749};
use portvakt_protocol::refresh_token::{self, Presented};
use portvakt_store::{Deployment, GrantView, Tx};

/// How long a twin may come after.
const TWIN: Seconds = Seconds(10);

/// What became of the token.
enum Used {
    /// It was good; the token to give back (a successor, or the same).
    Good(Box<GrantView>, String),
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
    // Scope and resource are judged before anything is spent: a mistake there must not cost the chain.
    let Some(before) = ctx.store.read(move |tx| tx.grants().view(presented.grant, None)).await? else {
        return Ok(Err(Why::RefreshInvalid));
    };
    if before.grant.app != app.id {
        return Ok(Err(Why::RefreshInvalid));
    }
    let granted = match rfc6749::refresh(&app.client_id, &before.grant.scopes, request.scopes.as_deref()) {
        Ok(granted) => granted,
        Err(why) => return Ok(Err(why)),
    };
    let api = match target(ctx, &before.grant.apis, request.resource.as_deref()).await? {
        Ok(api) => api,
        Err(why) => return Ok(Err(why)),
    };
    let successor = if app.rotates() {
        let next = presented.generation.saturating_add(1);
        Some(refresh_token::mint(presented.grant, next, ctx.dice.bytes()?, keys.refresh()))
    } else {
        None
    };
    let audit = ctx.audit_id(now)?;
    let app_id = app.id;
    let used = ctx
        .store
        .write(move |tx| {
            let used = use_up(tx, &before, &presented, (&presented_text, successor), now)?;
            if matches!(used, Used::Reused) && tx.grants().revoke(presented.grant, now)? {
                let account = before.account.account.id;
                let line = Audit::new(AuditEvent::ReuseDetected)
                    .account(account, before.account.account.home)
                    .app(app_id)
                    .with("what", "refresh_token");
                tx.audit().write(audit, &line, now)?;
            }
            Ok(used)
        })
        .await?;
    let Used::Good(view, refresh_token) = used else { return Ok(Err(Why::RefreshInvalid)) };
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

fn use_up(
    tx: &mut Tx<'_, Deployment>,
    view: &GrantView,
    presented: &Presented,
    tokens: (&str, Option<String>),
    now: Timestamp,
) -> Result<Used, Fault> {
    let grant = &view.grant;
    let refused = if presented.generation < grant.generation { Used::Reused } else { Used::Refused };
    let Ok(admitted) = readmit(view, now) else { return Ok(refused) };
    if !grant.is_live(now) || !grant.refreshable {
        return Ok(refused);
    }
    let (predecessor, successor) = tokens;
    if presented.generation == grant.generation {
        let (won, token) = match successor {
            Some(successor) => {
                let sealed = refresh_token::seal_successor(predecessor, &successor)?;
                (tx.grants().rotate(&admitted, grant, &sealed, now)?, successor)
            }
            None => (tx.grants().use_kept(&admitted, grant, now)?, predecessor.to_owned()),
        };
        if won {
            // Using the chain keeps its session alive, up to that one's absolute age.
            let session = view.session.as_ref().filter(|session| !grant.offline && session.is_live(now));
            if let Some(session) = session.filter(|session| is_due(session, &admitted, now)) {
                tx.sessions().touch(&admitted, session, now)?;
            }
            return Ok(Used::Good(Box::new(view.clone()), token));
        }
        // Somebody was faster: then this is a twin, to be judged by what stands now.
        let Some(after) = tx.grants().view(grant.id, None)? else { return Ok(Used::Refused) };
        return Ok(twin(&after, presented, predecessor, now));
    }
    Ok(twin(view, presented, predecessor, now))
}

/// The twin of the request that rotated the token: within ten seconds, while the successor is unused, the same answer.
fn twin(view: &GrantView, presented: &Presented, predecessor: &str, now: Timestamp) -> Used {
    let grant = &view.grant;
    let is_last = presented.generation.saturating_add(1) == grant.generation;
    match &grant.successor {
        Some(successor) if is_last && now < successor.at.after(TWIN) && grant.is_live(now) => {
            match refresh_token::open_successor(predecessor, &successor.sealed) {
                Some(token) => Used::Good(Box::new(view.clone()), token),
                None => Used::Reused,
            }
        }
        _ if presented.generation < grant.generation => Used::Reused,
        _ => Used::Refused,
    }
}
