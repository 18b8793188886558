//! Sign-out: asked for by an app (OpenID Connect RP-Initiated Logout), or by the person.

use crate::authorize::{limited, stale};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::Scene;
use portvakt_flows::end_session::{self as flow, Step};
use portvakt_model::Fault;
use portvakt_protocol::oauth::end_session::read;
use portvakt_protocol::oauth::{Params, Why};
use portvakt_web::csrf::Form;
use portvakt_web::pages::Page as _;
use portvakt_web::pages::going::Going;
use portvakt_web::pages::sign_out::{LogoutConfirm, SignedOut};
use portvakt_web::pages::trouble::Trouble;
use portvakt_web::visit::Visit;
use portvakt_web::{answer, headers, paths};

/// `GET /end-session`.
pub async fn begin(visit: Visit) -> Result<HttpResponse, Fault> {
    match visit.query.clone() {
        Ok(params) => decide(&visit, &params).await,
        Err(why) => refused(&visit, why),
    }
}

/// `POST /end-session`: from an app's site, so without our cookies; a page of our own site goes on with them.
pub async fn begin_by_post(visit: Visit) -> Result<HttpResponse, Fault> {
    let request = match visit.form.as_ref().map_err(|why| *why).and_then(read) {
        Ok(request) => request,
        Err(why) => return refused(&visit, why),
    };
    match flow::keep(&visit.ctx, &visit.browser, &request).await? {
        Some(r) => Ok(answer::go_bare(&answer::with_r(paths::LOGOUT, &r))),
        None => limited(&visit),
    }
}

async fn decide(visit: &Visit, params: &Params) -> Result<HttpResponse, Fault> {
    match read(params) {
        Ok(request) => {
            let step = flow::begin(&visit.ctx, &visit.browser, request).await?;
            follow(visit, step)
        }
        Err(why) => refused(visit, why),
    }
}

/// `GET /logout`: a person came here by themselves, or an app's POST was kept for them.
pub async fn page(visit: Visit) -> Result<HttpResponse, Fault> {
    let r = visit.parameter("r");
    let request = match r {
        "" => portvakt_protocol::oauth::end_session::Request::default(),
        r => {
            let Some(request) = flow::kept(&visit.ctx, r).await? else { return stale(&visit) };
            request
        }
    };
    let step = flow::begin(&visit.ctx, &visit.browser, request).await?;
    follow(&visit, step)
}

/// `GET /check-session`: the frame that apps' pages ask.
pub async fn check_session(visit: Visit) -> Result<HttpResponse, Fault> {
    portvakt_web::check_session::frame(&visit)
}

/// `POST /logout`: yes, here or everywhere.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
pub async fn confirmed(visit: Visit) -> Result<HttpResponse, Fault> {
    let everywhere = visit.field("act") == "everywhere";
    let r = Some(visit.field("r")).filter(|r| !r.is_empty());
    let step = flow::confirmed(&visit.ctx, &visit.browser, r, everywhere).await?;
    match step {
        Step::SignedOut if everywhere => {
            let cookies = answer::signed_out(&visit)?;
            Ok(answer::go_with(&visit, &format!("{}?all=yes", paths::LOGOUT_DONE), &cookies))
        }
        step => follow(&visit, step),
    }
}

/// `GET /logout/done`.
pub async fn done(visit: Visit) -> Result<HttpResponse, Fault> {
    let page = SignedOut {
        layout: visit.layout(&Scene::default(), "", paths::LOGOUT_DONE),
        everywhere: visit.parameter("all") == "yes",
    };
    Ok(answer::html(&visit, StatusCode::OK, headers::signed_out(&visit.nonce), page.html()?))
}

fn follow(visit: &Visit, step: Step) -> Result<HttpResponse, Fault> {
    match step {
        Step::Refused(why) => refused(visit, why),
        Step::Confirm { r, app, address } => {
            let scene = Scene { app, ..Scene::default() };
            let layout = visit.layout(&scene, &r, paths::LOGOUT);
            answer::page(visit, &LogoutConfirm { layout, csrf: visit.mark(Form::Logout), address })
        }
        Step::GoOn(url, app) => {
            let scene = Scene { app: Some(app), ..Scene::default() };
            let page = Going { layout: visit.layout(&scene, "", paths::LOGOUT_DONE), url };
            let mut answer = answer::page(visit, &page)?;
            for cookie in answer::signed_out(visit)? {
                answer::add_cookie(&mut answer, &cookie);
            }
            Ok(answer)
        }
        Step::TellApps(frames, onward) => answer::tell_apps(visit, frames, onward),
        Step::SignedOut => Ok(answer::go_with(visit, paths::LOGOUT_DONE, &answer::signed_out(visit)?)),
        Step::Stale => stale(visit),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other reason is one of the request itself")]
fn refused(visit: &Visit, why: Why) -> Result<HttpResponse, Fault> {
    let trouble = match why {
        Why::RedirectUnknown => Trouble::ReturnAddress,
        Why::ClientUnknown => Trouble::UnknownApp,
        _ => Trouble::Request,
    };
    answer::trouble(visit, &Scene::default(), trouble, Some(why))
}
