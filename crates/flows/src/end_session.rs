//! Sign-out: asked for by an app (RP-initiated logout), or by the person.

use crate::authorize::{Scene, session_view};
use crate::browser::Browser;
use crate::ctx::{Ctx, FLOW_LIFETIME};
use crate::pending::{park, unpark};
use crate::subject;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, Fault, Language, Seconds, SessionId, Timestamp};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::end_session::{self as rule, Decision, Found, Hint, Request, Target, location};
use portvakt_protocol::oauth::logout::frame;
use portvakt_store::SessionView;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const KIND: &str = "logout";
const KIND_UNBOUND: &str = "logout-unbound";
const KIND_ONWARD: &str = "logout-onward";

/// What comes next.
pub enum Step {
    /// A page: nothing was ended.
    Refused(Why),
    /// Ask the person.
    Confirm {
        /// The handle that carries the request.
        r: String,
        /// The app that asks, if one does, and its languages.
        scene: Box<Scene>,
        /// The address of the person who is signed in; nobody's where they left the session idle.
        address: Option<String>,
    },
    /// The session is over.
    Ended {
        /// Addresses of apps, which a page frames first (OpenID Connect Front-Channel Logout).
        frames: Vec<String>,
        /// Where to go then.
        onward: Onward,
    },
    /// The handle is too old or another browser's.
    Stale,
}

/// Where the browser goes when the session is over.
pub enum Onward {
    /// To the app, at this address.
    App(String, Arc<App>),
    /// To our own page; [`offered`] opens the handle of an address that stands there as a button.
    Page(Option<String>),
}

#[derive(Serialize, Deserialize)]
struct Asked {
    request: Request,
    #[serde(default)]
    target: Option<Target>,
    #[serde(default)]
    client_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Offer {
    uri: String,
    state: Option<String>,
    client_id: String,
}

/// Decides an app's logout request.
pub async fn begin(ctx: &Ctx, browser: &Browser, request: Request) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let hint = request.id_token_hint.as_deref().map(|hint| read_hint(ctx, hint, now));
    let named = request.client_id.clone().or_else(|| hint.as_ref()?.as_ref().map(|hint| hint.client_id.clone()));
    let app = app(ctx, named.as_deref()).await?;
    let view = open_session(ctx, browser, now).await?;
    // The hint was issued to an app, which knows person and session by the names of its own sector.
    let session = match (&view, &app) {
        (Some(view), Some(app)) => {
            Some((subject::of(ctx, app, &view.account.account)?, subject::sid(ctx, app, view.session.id)?))
        }
        (Some(view), None) => Some((view.account.account.sub.as_str().into(), view.session.id.to_string())),
        (None, _) => None,
    };
    let session = session.as_ref().map(|(sub, sid)| (sub.as_ref(), sid.as_str()));
    let found = Found { hint: hint.as_ref().map(Option::as_ref), app: app.as_deref(), session };
    match rule::decide(&request, &found) {
        Decision::Refuse(why) => Ok(Step::Refused(why)),
        Decision::Confirm(target) => {
            let asked = Asked { target, client_id: named, request: Request { id_token_hint: None, ..request } };
            let r = ctx.seal(KIND, browser.bound(), now.after(FLOW_LIFETIME), &asked)?;
            Ok(confirm(r, asked.request.ui_locales, app, view, now))
        }
        Decision::SignOut(target) => {
            let frames = end(ctx, view, now).await?;
            done(ctx, browser, frames, target, &request, app).await
        }
    }
}

async fn app(ctx: &Ctx, client_id: Option<&str>) -> Result<Option<Arc<App>>, Fault> {
    match client_id {
        Some(client_id) => ctx.keeper.app(client_id).await,
        None => Ok(None),
    }
}

/// The browser's session, if there is one to end. Whoever left it idle is asked to sign in again, but their apps still
/// hang on it: so ending it is as much an act as ever, and nobody else's to do by a link.
async fn open_session(ctx: &Ctx, browser: &Browser, now: Timestamp) -> Result<Option<SessionView>, Fault> {
    Ok(session_view(ctx, browser, None).await?.filter(|view| view.session.is_open(now)))
}

/// The question. Whose session was left idle is nothing to show to whoever sits there now.
fn confirm(
    r: String,
    ui_locales: Option<String>,
    app: Option<Arc<App>>,
    view: Option<SessionView>,
    now: Timestamp,
) -> Step {
    let address = view.filter(|view| view.session.is_live(now)).and_then(|view| view.account.email);
    let scene = Scene { app, ui_locales, ..Scene::default() };
    Step::Confirm { r, scene: Box::new(scene), address: address.map(|(address, _)| address) }
}

/// The question again, at an address of its own: reloaded, or in another language.
pub async fn ask_again(ctx: &Ctx, browser: &Browser, r: &str) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let Some(asked) = ctx.open::<Asked>(KIND, browser.bound(), r, now) else { return Ok(Step::Stale) };
    let app = app(ctx, asked.client_id.as_deref()).await?;
    match open_session(ctx, browser, now).await? {
        Some(view) => Ok(confirm(r.to_owned(), asked.request.ui_locales, app, Some(view), now)),
        // Ended meanwhile, in another tab.
        None => done(ctx, browser, Vec::new(), asked.target, &asked.request, app).await,
    }
}

/// The same question in the language that the person chose on the page; `r` as it was if it does not open here.
pub fn in_language(ctx: &Ctx, browser: &Browser, r: &str, language: Language) -> Result<String, Fault> {
    let now = ctx.clock.now();
    let Some(mut asked) = ctx.open::<Asked>(KIND, browser.bound(), r, now) else { return Ok(r.to_owned()) };
    asked.request.ui_locales = Some(language.tag().to_owned());
    ctx.seal(KIND, browser.bound(), now.after(FLOW_LIFETIME), &asked)
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
    let view = open_session(ctx, browser, now).await?;
    if everywhere && let Some(view) = &view {
        end_everywhere(ctx, view, now).await?;
    }
    let frames = end(ctx, view, now).await?;
    let Some(asked) = asked else { return Ok(Step::Ended { frames, onward: Onward::Page(None) }) };
    let app = app(ctx, asked.client_id.as_deref()).await?;
    done(ctx, browser, frames, asked.target, &asked.request, app).await
}

/// Where a page of ours offers to go on to: the address of an app that the browser isn't sent to by itself.
pub async fn offered(ctx: &Ctx, browser: &Browser, r: &str) -> Result<Option<(String, Arc<App>)>, Fault> {
    let now = ctx.clock.now();
    let sealed = unpark(ctx, r, now).await?;
    let Some(offer) = sealed.and_then(|sealed| ctx.open::<Offer>(KIND_ONWARD, browser.bound(), &sealed, now)) else {
        return Ok(None);
    };
    let app = ctx.keeper.app(&offer.client_id).await?.filter(|app| is_registered(app, &offer.uri));
    Ok(app.map(|app| (location(&offer.uri, offer.state.as_deref()), app)))
}

/// A page may stay open for long: an address that was registered when the request was read may be so no more, and then it
/// may be somebody else's (RFC 9700 §4.1).
fn is_registered(app: &App, uri: &str) -> bool {
    app.settings.post_logout_redirect_uris.iter().any(|registered| registered == uri)
}

async fn done(
    ctx: &Ctx,
    browser: &Browser,
    frames: Vec<String>,
    target: Option<Target>,
    request: &Request,
    app: Option<Arc<App>>,
) -> Result<Step, Fault> {
    let onward = target.zip(app).filter(|(target, app)| is_registered(app, &target.uri));
    let Some((target, app)) = onward else { return Ok(Step::Ended { frames, onward: Onward::Page(None) }) };
    if target.at_once {
        let url = location(&target.uri, request.state.as_deref());
        return Ok(Step::Ended { frames, onward: Onward::App(url, app) });
    }
    let until = ctx.clock.now().after(FLOW_LIFETIME);
    let offer = Offer { uri: target.uri, state: request.state.clone(), client_id: app.client_id.clone() };
    // Where this source keeps too many that are too long for an address line, there is no button.
    let r = park(ctx, browser, ctx.seal(KIND_ONWARD, browser.bound(), until, &offer)?, until).await?;
    Ok(Step::Ended { frames, onward: Onward::Page(r) })
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
        let Some(uri) = &app.settings.logout.front else { continue };
        frames.push(frame(uri, &ctx.settings.issuer, &subject::sid(ctx, &app, session)?));
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
    let claims = ctx.keeper.keys().verify_hint(hint, &ctx.settings.issuer, now).ok()?;
    let client_id = claims.audience()?.first().map(|name| (*name).to_owned())?;
    Some(Hint { client_id, sub: claims.text("sub")?.to_owned(), sid: claims.text("sid").map(str::to_owned) })
}
