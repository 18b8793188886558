//! Sign-out: asked for by an app (RP-initiated logout), or by the person.

use crate::authorize::session_view;
use crate::browser::Browser;
use crate::ctx::{Ctx, FLOW_LIFETIME};
use crate::pending::{park, unpark};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, Fault, Seconds, SessionId, Timestamp};
use portvakt_protocol::jose::{Expect, verify};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::end_session::{self as rule, Decision, Found, Hint, Request, location};
use portvakt_protocol::oauth::logout::frame;
use portvakt_store::SessionView;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const KIND: &str = "logout";
const KIND_UNBOUND: &str = "logout-unbound";

/// What comes next.
pub enum Step {
    /// A page: nothing was ended.
    Refused(Why),
    /// Ask the person.
    Confirm {
        /// The handle that carries the request.
        r: String,
        /// The app that asks, if one does.
        app: Option<Arc<App>>,
        /// The address of the person who is signed in.
        address: String,
    },
    /// The session is over; go on to the app at this address.
    GoOn(String, Arc<App>),
    /// The session is over; our own page says so.
    SignedOut,
    /// The session is over; a page frames these addresses of apps (OpenID Connect Front-Channel Logout), and goes on to
    /// an app, or to our own page.
    TellApps(Vec<String>, Option<(String, Arc<App>)>),
    /// The handle is too old or another browser's.
    Stale,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    request: Request,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
}

/// Decides an app's logout request.
pub async fn begin(ctx: &Ctx, browser: &Browser, request: Request) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let hint = request.id_token_hint.as_deref().map(|hint| read_hint(ctx, hint, now));
    let named = request.client_id.clone().or_else(|| hint.as_ref()?.as_ref().map(|hint| hint.client_id.clone()));
    let app = match &named {
        Some(client_id) => ctx.keeper.app(client_id).await?,
        None => None,
    };
    // A session whose idle clock ran out asks nothing any more, but is ended all the same: refresh tokens hang on it.
    let view = session_view(ctx, browser, None).await?;
    let sid = view.as_ref().map(|view| view.session.id.to_string());
    let live = view.as_ref().filter(|view| view.session.is_live(now));
    // The hint was issued to an app, which knows the person by the `sub` of its own sector.
    let sub = match (live, &app) {
        (Some(view), Some(app)) => Some(crate::subject::of(ctx, app, &view.account.account)?),
        (Some(view), None) => Some(view.account.account.sub.as_str().into()),
        (None, _) => None,
    };
    let session = sub.as_deref().zip(sid.as_deref());
    let found = Found { hint: hint.as_ref().map(Option::as_ref), app: app.as_deref(), session };
    match rule::decide(&request, &found) {
        Decision::Refuse(why) => Ok(Step::Refused(why)),
        Decision::Confirm(target) => {
            let asked = Asked { target, client_id: named, request: Request { id_token_hint: None, ..request } };
            let r = ctx.seal(KIND, browser.bound(), now.after(FLOW_LIFETIME), &asked)?;
            let address = view.and_then(|view| view.account.email).map_or_else(String::new, |(address, _)| address);
            Ok(Step::Confirm { r, app, address })
        }
        Decision::SignOut(target) => {
            let frames = end(ctx, view, now).await?;
            Ok(done(frames, target, request.state.as_deref(), app))
        }
    }
}

/// Keeps a request that came by a cross-site POST, which carries no cookies, for a minute. `None` where this source keeps
/// too many that are too long for an address line.
pub async fn keep(ctx: &Ctx, browser: &Browser, request: &Request) -> Result<Option<String>, Fault> {
    let now = ctx.clock.now();
    let until = now.after(Seconds(60));
    park(ctx, browser, ctx.seal(KIND_UNBOUND, &[], until, request)?, until).await
}

/// The request that was kept.
pub async fn kept(ctx: &Ctx, r: &str) -> Result<Option<Request>, Fault> {
    let now = ctx.clock.now();
    Ok(unpark(ctx, r, now).await?.and_then(|sealed| ctx.open(KIND_UNBOUND, &[], &sealed, now)))
}

/// The person said yes on the page: here, or on every browser. `None` for `r`: they came from a page of ours.
pub async fn confirmed(ctx: &Ctx, browser: &Browser, r: Option<&str>, everywhere: bool) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let asked: Option<Asked> = match r {
        None => None,
        Some(r) => match ctx.open(KIND, browser.bound(), r, now) {
            Some(asked) => Some(asked),
            None => return Ok(Step::Stale),
        },
    };
    let view = session_view(ctx, browser, None).await?;
    if everywhere && let Some(view) = &view {
        end_everywhere(ctx, view, now).await?;
    }
    let frames = end(ctx, view, now).await?;
    let Some(asked) = asked else { return Ok(done(frames, None, None, None)) };
    let app = match &asked.client_id {
        Some(client_id) => ctx.keeper.app(client_id).await?,
        None => None,
    };
    Ok(done(frames, asked.target, asked.request.state.as_deref(), app))
}

fn done(frames: Vec<String>, target: Option<String>, state: Option<&str>, app: Option<Arc<App>>) -> Step {
    let onward = target.zip(app).map(|(target, app)| (location(&target, state), app));
    match onward {
        onward if !frames.is_empty() => Step::TellApps(frames, onward),
        Some((url, app)) => Step::GoOn(url, app),
        None => Step::SignedOut,
    }
}

/// The most apps that one page frames: more would keep no person's patience.
const MOST_FRAMES: usize = 50;

/// The addresses of the apps that know a session and hear by the front channel, where that is offered.
pub async fn frames(ctx: &Ctx, session: SessionId) -> Result<Vec<String>, Fault> {
    if !ctx.settings.offers.frontchannel_logout {
        return Ok(Vec::new());
    }
    let mut frames = Vec::new();
    for client_id in ctx.store.read(move |tx| tx.sessions().apps(session)).await? {
        let Some(app) = ctx.keeper.app(&client_id).await? else { continue };
        frames.extend(app.settings.logout.front.as_ref().map(|uri| frame(uri, &ctx.settings.issuer, session)));
    }
    frames.truncate(MOST_FRAMES);
    Ok(frames)
}

async fn end_everywhere(ctx: &Ctx, view: &SessionView, now: Timestamp) -> Result<(), Fault> {
    let account = &view.account.account;
    let (id, this, audit) = (account.id, view.session.id, ctx.audit_id(now)?);
    let line = Audit::new(AuditEvent::SessionEnded).account(id, account.home);
    ctx.store
        .write(move |tx| {
            let ended = tx.sessions().end_all(id, Some(this), now)?;
            tx.audit().write(audit, &line.with("count", ended.to_string()), now)
        })
        .await
}

/// Ends the session, and gives the frames by which apps hear of it; those of the back channel are told by the commit.
async fn end(ctx: &Ctx, view: Option<SessionView>, now: Timestamp) -> Result<Vec<String>, Fault> {
    let Some(view) = view else { return Ok(Vec::new()) };
    let id = view.session.id;
    let audit = ctx.audit_id(now)?;
    let line = Audit::new(AuditEvent::SessionEnded)
        .account(view.account.account.id, view.account.account.home)
        .with("session", view.session.id.to_string());
    let is_ended = ctx
        .store
        .write(move |tx| {
            let is_ended = tx.sessions().end(id, now)?;
            if is_ended {
                tx.audit().write(audit, &line, now)?;
            }
            Ok(is_ended)
        })
        .await?;
    if is_ended { frames(ctx, id).await } else { Ok(Vec::new()) }
}

fn read_hint(ctx: &Ctx, hint: &str, now: Timestamp) -> Option<Hint> {
    let keys = ctx.keeper.keys();
    let claims = verify(hint, keys.verifying(), &Expect::id_token_hint(&ctx.settings.issuer), now).ok()?;
    let client_id = claims.audience()?.first().map(|name| (*name).to_owned())?;
    Some(Hint { client_id, sub: claims.text("sub")?.to_owned(), sid: claims.text("sid").map(str::to_owned) })
}
