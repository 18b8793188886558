//! A refresh token is used (RFC 6749 §6): judged under the rules of now, replaced where the app's tokens rotate. The
//! concurrent twin of a request gets the same successor for ten seconds; any other second use ends the chain.

use super::{Given, answer, scopes_for, target_name};
use crate::access::readmit;
use crate::ctx::Ctx;
use crate::keeper::Keeper;
use crate::settings::is_due;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Api, App, AppId, AuditId, Fault, Seconds, SenderKey, Timestamp};
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::token::RefreshRequest;
use portvakt_protocol::oauth::{Why, rfc6749};
use portvakt_protocol::refresh_token::{self, Presented};
use portvakt_store::{Deployment, GrantView, Tx};
use std::sync::Arc;

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
        /// The API that it is for.
        api: Option<Arc<Api>>,
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
    sender: Option<SenderKey>,
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
        sender,
    };
    let audit = ctx.audit_id(now)?;
    let keeper = ctx.keeper.clone();
    let used = ctx.store.write(move |tx| judge(tx, &keeper, &asked, audit, now)).await?;
    let (view, refresh_token, granted, api) = match used {
        Ok(Used::Good { view, token, granted, api }) => (view, token, granted, api),
        Ok(Used::Refused | Used::Reused) => return Ok(Err(Why::RefreshInvalid)),
        Err(why) => return Ok(Err(why)),
    };
    if let Some(api) = &api {
        // The next refresh finds it in memory.
        ctx.keeper.api(&api.identifier).await?;
    }
    let scopes = scopes_for(api.as_deref(), &granted);
    let given = Given {
        app,
        api: api.as_deref(),
        account: &view.account,
        grant: &view.grant,
        scopes: &scopes,
        refresh_token: Some(refresh_token),
        is_refresh: true,
        sender,
    };
    answer(ctx, given, now).await.map(Ok)
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
    sender: Option<SenderKey>,
}

/// Reads the grant with the policies and versions of now, judges, and carries out: one transaction, so that nothing can
/// change in between. Scope and API are judged before anything is spent: a mistake there must not cost the chain.
fn judge(
    tx: &mut Tx<'_, Deployment>,
    keeper: &Keeper,
    asked: &Asked,
    audit: AuditId,
    now: Timestamp,
) -> Result<Result<Used, Why>, Fault> {
    let view = match tx.grants().view(asked.presented.grant, None)? {
        // A stranger who has a copy and not the key is no more than one who has another app's: nothing is spent.
        Some(view) if view.grant.app == asked.app && is_sender(&view, asked.sender) => view,
        _ => return Ok(Ok(Used::Refused)),
    };
    let granted = match rfc6749::refresh(&asked.client_id, &view.grant.scopes, asked.scopes.as_deref()) {
        Ok(granted) => granted,
        Err(why) => return Ok(Err(why)),
    };
    let api = match target_name(&view.grant.apis, asked.resource.as_deref()) {
        Ok(None) => None,
        Ok(Some(identifier)) => match api(tx, keeper, identifier)? {
            Some(api) => Some(api),
            None => return Ok(Err(Why::ResourceUnknown)),
        },
        Err(why) => return Ok(Err(why)),
    };
    let used = use_up(tx, &view, asked, Gives { granted, api }, now)?;
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

/// Whether the key that the grant is bound to was proved.
fn is_sender(view: &GrantView, sender: Option<SenderKey>) -> bool {
    view.grant.sender_key.is_none_or(|bound| sender == Some(bound))
}

/// The API of that identifier: from memory where it is kept, as at every other use of it.
fn api(tx: &mut Tx<'_, Deployment>, keeper: &Keeper, identifier: &str) -> Result<Option<Arc<Api>>, Fault> {
    match keeper.api_in_memory(identifier) {
        Some(api) => Ok(Some(api)),
        None => Ok(tx.apis().find(identifier)?.map(Arc::new)),
    }
}

/// What the new access token is to hold.
struct Gives {
    granted: Vec<String>,
    api: Option<Arc<Api>>,
}

impl Gives {
    fn with(self, view: &GrantView, token: String) -> Used {
        Used::Good { view: Box::new(view.clone()), token, granted: self.granted, api: self.api }
    }
}

fn use_up(
    tx: &mut Tx<'_, Deployment>,
    view: &GrantView,
    asked: &Asked,
    gives: Gives,
    now: Timestamp,
) -> Result<Used, Fault> {
    let (grant, presented, predecessor) = (&view.grant, &asked.presented, asked.text.as_str());
    let refused = if presented.generation < grant.generation { Used::Reused } else { Used::Refused };
    let Ok(admitted) = readmit(view, now) else { return Ok(refused) };
    if !grant.is_live(now) || !grant.refreshable {
        return Ok(refused);
    }
    if presented.generation == grant.generation {
        // Using the chain keeps its session alive, up to that one's absolute age. Session before grant, as all writers.
        let session = view.session.as_ref().filter(|session| !grant.offline && session.is_live(now));
        if let Some(session) = session.filter(|session| is_due(session, &admitted, now)) {
            tx.sessions().touch(&admitted, session, now)?;
        }
        let (won, token) = match &asked.successor {
            Some(successor) => {
                let sealed = refresh_token::seal_successor(predecessor, successor)?;
                (tx.grants().rotate(&admitted, grant, &sealed, now)?, successor.clone())
            }
            None => (tx.grants().use_kept(&admitted, grant, now)?, predecessor.to_owned()),
        };
        if won {
            return Ok(gives.with(view, token));
        }
        // Somebody was faster: then this is a twin, to be judged by what stands now.
        let Some(after) = tx.grants().view(grant.id, None)? else { return Ok(Used::Refused) };
        return Ok(twin(&after, asked, gives, now));
    }
    Ok(twin(view, asked, gives, now))
}

/// The twin of the request that rotated the token: within ten seconds, while the successor is unused, the same answer.
fn twin(view: &GrantView, asked: &Asked, gives: Gives, now: Timestamp) -> Used {
    let (grant, presented) = (&view.grant, &asked.presented);
    let is_last = presented.generation.saturating_add(1) == grant.generation;
    match &grant.successor {
        Some(successor) if is_last && now < successor.at.after(TWIN) && grant.is_live(now) => {
            match refresh_token::open_successor(&asked.text, &successor.sealed) {
                Some(token) => gives.with(view, token),
                None => Used::Reused,
            }
        }
        _ if presented.generation < grant.generation => Used::Reused,
        _ => Used::Refused,
    }
}
