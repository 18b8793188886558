//! The authorization endpoint, and the page that every step of ours leads back to.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::{self as flow, Answer, Begun, Scene, Step};
use portvakt_model::Fault;
use portvakt_protocol::oauth::respond::{ResponseMode, fragment, location};
use portvakt_protocol::oauth::{Params, Why};
use portvakt_web::pages::Page as _;
use portvakt_web::pages::going::{FormPost, Going};
use portvakt_web::pages::trouble::Trouble;
use portvakt_web::visit::Visit;
use portvakt_web::{answer, headers, paths};

/// `GET /authorize`: from an app's site, with our cookies.
pub async fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let params = match &visit.query {
        Ok(params) => params,
        Err(why) => return refused(&visit, *why),
    };
    match begin(&visit, params).await? {
        Begun::Valid(pending) => {
            let now = visit.ctx.clock.now();
            let step = flow::proceed(&visit.ctx, &visit.browser, *pending, now).await?;
            // No form came before this: the browser may be sent straight on.
            follow(&visit, step, Onward::Redirect)
        }
        Begun::Answer(told) => tell(&visit, &told, Onward::Redirect),
        Begun::Refused(why) => refused(&visit, why),
    }
}

/// `POST /authorize` (OpenID Connect Core §3.1.2.1): from an app's site, so without our cookies. The request is kept
/// under a handle, and a page of our own site reads it with them.
pub async fn post(visit: Visit) -> Result<HttpResponse, Fault> {
    let params = match &visit.form {
        Ok(params) => params,
        Err(why) => return refused(&visit, *why),
    };
    match begin(&visit, params).await? {
        Begun::Valid(pending) => {
            let now = visit.ctx.clock.now();
            match pending.seal_unbound(&visit.ctx, &visit.browser, now).await? {
                Some(r) => Ok(answer::go_bare(&answer::with_r(paths::RESUME, &r))),
                None => limited(&visit),
            }
        }
        Begun::Answer(told) => tell(&visit, &told, Onward::Page),
        Begun::Refused(why) => refused(&visit, why),
    }
}

async fn begin(visit: &Visit, params: &Params) -> Result<Begun, Fault> {
    flow::begin(&visit.ctx, &visit.browser, params).await
}

/// `GET /resume`: decides again, and goes on.
pub async fn resume(visit: Visit) -> Result<HttpResponse, Fault> {
    let step = flow::resume(&visit.ctx, &visit.browser, visit.parameter("r")).await?;
    follow(&visit, step, Onward::Page)
}

/// How the browser leaves for the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// By redirect: nothing of ours was posted on the way here.
    Redirect,
    /// By a page that goes on at once: browsers apply `form-action` to the whole chain behind a form.
    Page,
}

/// Goes where a step leads.
pub fn follow(visit: &Visit, step: Step, onward: Onward) -> Result<HttpResponse, Fault> {
    let to = |path: &str, r: &str| Ok(answer::go(visit, &answer::with_r(path, r)));
    match step {
        Step::Address(ask) => to(paths::SIGN_IN, &ask.r),
        Step::Choose(ask) => to(paths::CHOOSE, &ask.r),
        Step::Password(ask) => to(paths::PASSWORD, &ask.r),
        Step::OrganisationSignIn(organisation) => to(paths::PASSWORD, &organisation.r),
        Step::Consent(ask) => to(paths::CONSENT, &ask.r),
        Step::Answer(told) => tell(visit, &told, onward),
        Step::Back(path) => Ok(answer::go(visit, &path)),
        Step::Refused(why) => refused(visit, why),
        Step::Stale => stale(visit),
        Step::Limited => limited(visit),
    }
}

/// Tells the app.
fn tell(visit: &Visit, told: &Answer, onward: Onward) -> Result<HttpResponse, Fault> {
    let scene = Scene { app: Some(told.app.clone()), ..Scene::default() };
    let layout = visit.layout(&scene, "", paths::RESUME);
    let url = match told.mode {
        ResponseMode::FormPost => {
            let fields = told.parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let page = FormPost { layout, url: told.redirect_uri.clone(), fields };
            return Ok(answer::html(visit, StatusCode::OK, headers::form_post(&visit.nonce), page.html()?));
        }
        ResponseMode::Query => location(&told.redirect_uri, &told.parameters),
        ResponseMode::Fragment => fragment(&told.redirect_uri, &told.parameters),
    };
    if onward == Onward::Redirect && url.starts_with("http") {
        return Ok(answer::leave(visit, &url));
    }
    answer::page(visit, &Going { layout, url })
}

/// A page says no: nobody may be sent anywhere.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other reason is one of the request itself")]
pub fn refused(visit: &Visit, why: Why) -> Result<HttpResponse, Fault> {
    let trouble = match why {
        Why::ClientUnknown | Why::ClientMissing => Trouble::UnknownApp,
        Why::RedirectUnknown | Why::RedirectMissing => Trouble::ReturnAddress,
        _ => Trouble::Request,
    };
    answer::trouble(visit, &Scene::default(), trouble, Some(why))
}

/// From here too many requests are kept that are too long for an address line.
pub fn limited(visit: &Visit) -> Result<HttpResponse, Fault> {
    answer::limited(visit, &Scene::default(), flow::PARKED_WINDOW)
}

/// The handle is too old, or another browser's; or the browser keeps no cookies, which looks the same.
pub fn stale(visit: &Visit) -> Result<HttpResponse, Fault> {
    let trouble = if visit.has_flow() { Trouble::Expired } else { Trouble::Cookies };
    answer::trouble(visit, &Scene::default(), trouble, None)
}
