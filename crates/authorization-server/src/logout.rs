//! Sign-out: asked for by an app (OpenID Connect RP-Initiated Logout), or by the person.

use crate::authorize::{limited, stale};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::Scene;
use portvakt_flows::end_session::{self as flow, Onward, Step};
use portvakt_model::Fault;
use portvakt_protocol::oauth::end_session::{Request, read};
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
            follow(visit, step, false)
        }
        Err(why) => refused(visit, why),
    }
}

/// `GET /logout`: a person came here by themselves, an app's POST was kept for them, or they want to see the question again.
pub async fn page(visit: Visit) -> Result<HttpResponse, Fault> {
    let request = match visit.parameter("r") {
        "" => Some(Request::default()),
        r => flow::kept(&visit.ctx, r).await?,
    };
    let step = match request {
        Some(request) => flow::begin(&visit.ctx, &visit.browser, request).await?,
        None => flow::ask_again(&visit.ctx, &visit.browser, visit.parameter("r")).await?,
    };
    follow(&visit, step, false)
}

/// `GET /check-session`: the frame that apps' pages ask.
pub async fn check_session(visit: Visit) -> Result<HttpResponse, Fault> {
    portvakt_web::check_session::frame(&visit)
}

/// `POST /logout`: yes, here or everywhere.
pub async fn confirmed(visit: Visit) -> Result<HttpResponse, Fault> {
    let everywhere = visit.field("act") == "everywhere";
    let r = Some(visit.field("r")).filter(|r| !r.is_empty());
    let step = flow::confirmed(&visit.ctx, &visit.browser, r, everywhere).await?;
    follow(&visit, step, everywhere)
}

/// `GET /logout/done`.
pub async fn done(visit: Visit) -> Result<HttpResponse, Fault> {
    let everywhere = visit.parameter("all") == "yes";
    let r = visit.parameter("r");
    let offered = if r.is_empty() { None } else { flow::offered(&visit.ctx, &visit.browser, r).await? };
    let (onward, scene) = match offered {
        Some((url, app)) => {
            let scene = Scene { app: Some(app), redirect_uri: Some(url.clone()), ..Scene::default() };
            (Some(url), scene)
        }
        None => (None, Scene::default()),
    };
    let page = SignedOut { layout: visit.layout(&scene, r, paths::LOGOUT_DONE), everywhere, onward };
    Ok(answer::html(&visit, StatusCode::OK, headers::signed_out(&visit.nonce), page.html()?))
}

fn follow(visit: &Visit, step: Step, everywhere: bool) -> Result<HttpResponse, Fault> {
    let (frames, onward) = match step {
        Step::Refused(why) => return refused(visit, why),
        Step::Confirm { r, scene, address } => {
            let layout = visit.layout(&scene, &r, paths::LOGOUT);
            return answer::page(visit, &LogoutConfirm { layout, csrf: visit.mark(Form::Logout), address });
        }
        Step::Stale => return stale(visit),
        Step::Ended { frames, onward } => (frames, onward),
    };
    match onward {
        Onward::App(url, app) if frames.is_empty() => {
            let scene = Scene { app: Some(app), ..Scene::default() };
            let page = Going { layout: visit.layout(&scene, "", paths::LOGOUT_DONE), url };
            let mut answer = answer::page(visit, &page)?;
            for cookie in answer::signed_out(visit)? {
                answer::add_cookie(&mut answer, &cookie);
            }
            Ok(answer)
        }
        Onward::App(url, app) => answer::tell_apps(visit, frames, url, Some(app)),
        Onward::Page(offer) => {
            let page = done_at(offer.as_deref(), everywhere);
            if frames.is_empty() {
                return Ok(answer::go_with(visit, &page, &answer::signed_out(visit)?));
            }
            answer::tell_apps(visit, frames, page, None)
        }
    }
}

/// The address of our own page: whether every browser was signed out, and what it offers.
fn done_at(offer: Option<&str>, everywhere: bool) -> String {
    let page = paths::LOGOUT_DONE;
    match (offer, everywhere) {
        (None, false) => page.to_owned(),
        (None, true) => format!("{page}?all=yes"),
        (Some(r), false) => answer::with_r(page, r),
        (Some(r), true) => format!("{}&all=yes", answer::with_r(page, r)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_page_knows_how_far_the_sign_out_reached_and_what_to_offer() {
        for (offer, everywhere, wanted) in [
            (None, false, "/logout/done"),
            (None, true, "/logout/done?all=yes"),
            (Some("sealed"), false, "/logout/done?r=sealed"),
            (Some("sealed"), true, "/logout/done?r=sealed&all=yes"),
        ] {
            assert_eq!(done_at(offer, everywhere), wanted);
        }
    }
}
