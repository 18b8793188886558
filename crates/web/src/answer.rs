//! Answers: pages, redirects within our site, JSON; and what becomes of a fault.

use crate::cookies::Cookie;
use crate::face;
use crate::headers::{self, Header};
use crate::pages::Page;
use crate::pages::sign_out::SigningOut;
use crate::pages::trouble::{Busy, ErrorPage, NotFound, Trouble};
use crate::paths;
use crate::visit::Visit;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use portvakt_flows::authorize::Scene;
use portvakt_flows::keeper::pictures::Picture;
use portvakt_flows::sign_in::session::Opened;
use portvakt_flows::token::Refusal;
use portvakt_model::{App, Fault, Handle, Language, Seconds};
use portvakt_protocol::oauth::logout;
use portvakt_protocol::oauth::params::encode;
use portvakt_protocol::oauth::{Code, Why};
use serde::Serialize;
use std::sync::Arc;

/// After how many seconds somebody may try again when we are busy.
const RETRY_AFTER: u32 = 5;
/// How long a browser keeps a session that it was told to keep; the session's own end comes earlier.
const KEEP_SESSION: Seconds = Seconds::days(30);
/// How long a browser is known.
const KEEP_DEVICE: Seconds = Seconds::days(400);

/// A page.
pub fn page(visit: &Visit, page: &impl Page) -> Result<HttpResponse, Fault> {
    page_as(visit, StatusCode::OK, page)
}

/// A page with another status than 200.
pub fn page_as(visit: &Visit, status: StatusCode, page: &impl Page) -> Result<HttpResponse, Fault> {
    Ok(html(visit, status, headers::html(&visit.nonce), page.html()?))
}

/// A page with headers of its own.
pub fn html(visit: &Visit, status: StatusCode, headers: Vec<Header>, body: String) -> HttpResponse {
    let mut answer = with(status, headers);
    set_fresh(visit, &mut answer);
    answer.body(body)
}

/// A document for a browser that is given no cookie.
pub(crate) fn bare(status: StatusCode, headers: Vec<Header>, body: String) -> HttpResponse {
    with(status, headers).body(body)
}

/// Sets what this browser had not. Cookies of the answer's own come behind, and hold.
fn set_fresh(visit: &Visit, answer: &mut actix_web::HttpResponseBuilder) {
    if let Some(flow) = visit.fresh_flow() {
        answer.append_header(("Set-Cookie", Cookie::Flow.set(flow, None)));
    }
    if let Some(state) = visit.fresh_state() {
        answer.append_header(("Set-Cookie", Cookie::State.set(state, None)));
    }
}

/// On to another page of ours: 303, so that a form is never sent twice (RFC 9110 §15.4.4).
pub fn go(visit: &Visit, path: &str) -> HttpResponse {
    go_with(visit, path, &[])
}

/// On to another page of ours, with cookies.
pub fn go_with(visit: &Visit, path: &str, cookies: &[String]) -> HttpResponse {
    let mut answer = with(StatusCode::SEE_OTHER, headers::empty());
    answer.append_header(("Location", path.to_owned()));
    set_fresh(visit, &mut answer);
    for cookie in cookies {
        answer.append_header(("Set-Cookie", cookie.clone()));
    }
    answer.finish()
}

/// On to another page of ours, for a browser whose cookies we did not see: it is given none either.
pub fn go_bare(path: &str) -> HttpResponse {
    with(StatusCode::SEE_OTHER, headers::empty()).append_header(("Location", path.to_owned())).finish()
}

/// Away to an app, where nothing of ours was posted on the way: 303. `url` is built from a registered redirect URI.
pub fn leave(visit: &Visit, url: &str) -> HttpResponse {
    go(visit, url)
}

/// Adds a cookie to an answer that is made already.
pub fn add_cookie(answer: &mut HttpResponse, cookie: &str) {
    if let Ok(value) = actix_web::http::header::HeaderValue::from_str(cookie) {
        answer.headers_mut().append(actix_web::http::header::SET_COOKIE, value);
    }
}

/// The path of a page with its sealed sign-in. One of ours stays as it is; what somebody made up breaks no header.
pub fn with_r(path: &str, r: &str) -> String {
    format!("{path}?r={}", encode(r))
}

/// The cookies of a session that was opened.
pub fn signed_in(visit: &Visit, opened: &Opened) -> Result<Vec<String>, Fault> {
    let mut cookies =
        vec![renewed(&opened.session, opened.keep), Cookie::Device.set(&opened.device, Some(KEEP_DEVICE))];
    let keep = opened.keep.then_some(KEEP_SESSION);
    if opened.renewed {
        // The same person was asked again: for apps that watch, nothing changed.
        cookies.extend(visit.browser.state.as_ref().map(|state| Cookie::State.set(state, keep)));
    } else {
        cookies.extend(new_state(visit, keep)?);
    }
    Ok(cookies)
}

/// The cookies of a browser whose session is over: it forgets that one. Device and language stay: they are about the
/// browser, not the session.
pub fn signed_out(visit: &Visit) -> Result<Vec<String>, Fault> {
    let mut cookies = vec![Cookie::Session.clear()];
    cookies.extend(new_state(visit, None)?);
    Ok(cookies)
}

/// Another state for apps to see, where they may watch it: somebody came or went.
fn new_state(visit: &Visit, keep: Option<Seconds>) -> Result<Option<String>, Fault> {
    if !visit.ctx.settings.offers.session_management {
        return Ok(None);
    }
    Ok(Some(Cookie::State.set(&visit.ctx.dice.handle()?, keep)))
}

/// The page that frames apps which hear of a sign-out, and goes on: to an app, or to a page of ours.
pub fn tell_apps(
    visit: &Visit,
    frames: Vec<String>,
    onward: String,
    app: Option<Arc<App>>,
) -> Result<HttpResponse, Fault> {
    let mut origins: Vec<String> = frames.iter().filter_map(|frame| logout::origin(frame)).collect();
    origins.sort_unstable();
    origins.dedup();
    let layout = visit.layout(&Scene { app, ..Scene::default() }, "", paths::LOGOUT_DONE);
    let page = SigningOut { layout, frames, onward };
    let mut answer = html(visit, StatusCode::OK, headers::framing(&visit.nonce, &origins), page.html()?);
    for cookie in signed_out(visit)? {
        add_cookie(&mut answer, &cookie);
    }
    Ok(answer)
}

/// The cookie of a session that goes on under a new handle.
pub fn renewed(session: &Handle, keep: bool) -> String {
    Cookie::Session.set(session, keep.then_some(KEEP_SESSION))
}

/// The cookie of a browser that is known from now on, without a session.
pub fn known(device: &Handle) -> String {
    Cookie::Device.set(device, Some(KEEP_DEVICE))
}

/// Adds a cookie to an answer.
pub fn set_cookie(answer: &mut HttpResponse, cookie: &str) {
    if let Ok(value) = actix_web::http::header::HeaderValue::from_str(cookie) {
        answer.headers_mut().append(actix_web::http::header::SET_COOKIE, value);
    }
}

/// JSON that nobody may keep.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse, Fault> {
    let text = serde_json::to_string(body).map_err(Fault::broken)?;
    Ok(with(status, headers::json()).content_type("application/json").body(text))
}

/// A JWT (RFC 7519 §10.3.1).
pub fn jwt(text: String) -> HttpResponse {
    with(StatusCode::OK, headers::json()).content_type("application/jwt").body(text)
}

/// JSON that everybody may keep for a while.
pub fn public_json(seconds: u32, body: &impl Serialize) -> Result<HttpResponse, Fault> {
    let text = serde_json::to_string(body).map_err(Fault::broken)?;
    Ok(with(StatusCode::OK, headers::public_json(seconds)).content_type("application/json").body(text))
}

/// An app's picture.
pub fn picture(picture: &Picture) -> HttpResponse {
    with(StatusCode::OK, headers::picture()).content_type(picture.kind.media_type()).body(picture.octets.clone())
}

/// Where an app's picture cannot be had: its initials, drawn, so that its tile is never empty. Nobody keeps them: the
/// picture may be there soon. An app that registered none has no such address.
pub fn no_picture(visit: &Visit, app: Option<Arc<App>>, language: Language) -> Result<HttpResponse, Fault> {
    let face = face::of(&Scene { app, ..Scene::default() }, language);
    let Some(face) = face.filter(|face| face.logo.is_some()) else { return not_found(visit) };
    let drawn = InitialsDrawn { initials: &face.initials() }.render().map_err(Fault::broken)?;
    Ok(with(StatusCode::OK, headers::empty()).content_type("image/svg+xml").body(drawn))
}

/// Letters in a square. Nothing in it is styled by a sheet: an answer that is no page may load none.
#[derive(Template)]
#[template(path = "parts/initials.svg", escape = "html")]
struct InitialsDrawn<'a> {
    initials: &'a str,
}

/// Plain text.
pub fn plain(text: String) -> HttpResponse {
    with(StatusCode::OK, headers::json()).content_type("text/plain; charset=utf-8").body(text)
}

/// Bytes that are part of the program.
pub fn raw(status: StatusCode, headers: Vec<Header>, kind: &'static str, bytes: &'static [u8]) -> HttpResponse {
    with(status, headers).content_type(kind).body(bytes)
}

/// An empty answer to a program.
pub fn done() -> HttpResponse {
    with(StatusCode::OK, headers::json()).finish()
}

/// An empty answer to a program whose thing is gone now.
pub fn gone() -> HttpResponse {
    with(StatusCode::NO_CONTENT, headers::json()).finish()
}

/// A refusal at the endpoints that programs call (RFC 6749 §5.2).
#[expect(clippy::wildcard_enum_match_arm, reason = "every other code is a bad request")]
pub fn refusal(refusal: Refusal) -> Result<HttpResponse, Fault> {
    let code = refusal.why.code();
    let status = match code {
        Code::InvalidClient => StatusCode::UNAUTHORIZED,
        Code::TemporarilyUnavailable if is_limit(refusal.why) => StatusCode::TOO_MANY_REQUESTS,
        Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut answer = json(status, &error_body(refusal.why))?;
    if code == Code::InvalidClient && refusal.by_basic {
        put(&mut answer, "WWW-Authenticate", "Basic realm=\"Portvakt\", charset=\"UTF-8\"");
    }
    if is_limit(refusal.why) {
        put(&mut answer, "Retry-After", "60");
    }
    Ok(answer)
}

/// Whether a program is told to wait because of what it did itself.
fn is_limit(why: Why) -> bool {
    matches!(why, Why::TooMany | Why::RegistrationsTooMany)
}

/// A refusal of an access token (RFC 6750 §3).
pub fn bearer_refusal(why: Why) -> Result<HttpResponse, Fault> {
    let (status, challenge) = match (why, why.code()) {
        // No token at all: the scheme and nothing more (§3.1).
        (Why::BearerMissing, _) => (StatusCode::UNAUTHORIZED, "Bearer realm=\"Portvakt\"".to_owned()),
        (_, Code::InsufficientScope) => (StatusCode::FORBIDDEN, challenge(why)),
        (_, Code::InvalidToken) => (StatusCode::UNAUTHORIZED, challenge(why)),
        (_, Code::TemporarilyUnavailable) => (StatusCode::SERVICE_UNAVAILABLE, challenge(why)),
        _ => (StatusCode::BAD_REQUEST, challenge(why)),
    };
    let mut answer = json(status, &error_body(why))?;
    put(&mut answer, "WWW-Authenticate", &challenge);
    Ok(answer)
}

fn challenge(why: Why) -> String {
    format!("Bearer realm=\"Portvakt\", error=\"{}\", error_description=\"{}\"", why.code().name(), why.description())
}

fn error_body(why: Why) -> serde_json::Value {
    serde_json::json!({ "error": why.code().name(), "error_description": why.description() })
}

/// An error page, at the address where the error is: status 400, no redirect.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other trouble is a bad request")]
pub fn trouble(visit: &Visit, scene: &Scene, trouble: Trouble, why: Option<Why>) -> Result<HttpResponse, Fault> {
    let status = match trouble {
        Trouble::Form | Trouble::Policy | Trouble::Suspended => StatusCode::FORBIDDEN,
        Trouble::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Trouble::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let reference = reference(visit)?;
    if let Some(why) = why {
        tracing::info!(reference, error = why.code().name(), ?why, "a request was refused on a page");
    }
    let page = ErrorPage {
        layout: visit.layout(scene, "", visit.path().split('?').next().unwrap_or("/")),
        trouble,
        code: why.map(|why| why.code().name().to_owned()),
        reference,
        at: visit.ctx.clock.now(),
        again: None,
    };
    page_as(visit, status, &page)
}

/// Too many, for now: 429, and after which time it is worth trying again.
pub fn limited(visit: &Visit, scene: &Scene, window: Seconds) -> Result<HttpResponse, Fault> {
    let mut answer = trouble(visit, scene, Trouble::Limited { minutes: window.0.div_ceil(60) }, None)?;
    put(&mut answer, "Retry-After", &window.0.to_string());
    Ok(answer)
}

/// Nothing is here.
pub fn not_found(visit: &Visit) -> Result<HttpResponse, Fault> {
    page_as(visit, StatusCode::NOT_FOUND, &NotFound { layout: visit.bare_layout() })
}

/// A fault, on a page: logged once, with a reference that the page shows.
pub fn fault_page(visit: &Visit, fault: &Fault) -> HttpResponse {
    let answered = if fault.is_passing() {
        tracing::warn!(%fault, "a request could not be taken now");
        let page = Busy { layout: visit.bare_layout(), seconds: RETRY_AFTER };
        page_as(visit, StatusCode::SERVICE_UNAVAILABLE, &page).map(|mut answer| {
            put(&mut answer, "Retry-After", &RETRY_AFTER.to_string());
            answer
        })
    } else {
        let reference = reference(visit).unwrap_or_default();
        tracing::error!(%fault, reference, "a request failed");
        let page = ErrorPage {
            layout: visit.bare_layout(),
            trouble: Trouble::Broken,
            code: Some(Code::ServerError.name().to_owned()),
            reference,
            at: visit.ctx.clock.now(),
            again: None,
        };
        page_as(visit, StatusCode::INTERNAL_SERVER_ERROR, &page)
    };
    answered.unwrap_or_else(|_| with(StatusCode::INTERNAL_SERVER_ERROR, headers::empty()).finish())
}

/// A fault, to a program.
pub fn fault_json(fault: &Fault) -> HttpResponse {
    let why = if fault.is_passing() { Why::Unavailable } else { Why::ServerError };
    if fault.is_passing() {
        tracing::warn!(%fault, "a request could not be taken now");
    } else {
        tracing::error!(%fault, "a request failed");
    }
    match refusal(Refusal { why, by_basic: false }) {
        Ok(mut answer) => {
            if fault.is_passing() {
                put(&mut answer, "Retry-After", &RETRY_AFTER.to_string());
            }
            answer
        }
        Err(_) => with(StatusCode::INTERNAL_SERVER_ERROR, headers::json()).finish(),
    }
}

/// A reference to read out: eight of the letters and digits that nobody confuses.
fn reference(visit: &Visit) -> Result<String, Fault> {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let bytes: [u8; 8] = visit.ctx.dice.bytes()?;
    Ok(bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32))).map(|letter| char::from(*letter)).collect())
}

fn with(status: StatusCode, headers: Vec<Header>) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    for (name, value) in headers {
        answer.insert_header((name, value.into_owned()));
    }
    answer
}

/// Sets a header of an answer that is made already.
pub fn put(answer: &mut HttpResponse, name: &'static str, value: &str) {
    if let Ok(value) = actix_web::http::header::HeaderValue::from_str(value) {
        answer.headers_mut().insert(actix_web::http::header::HeaderName::from_static(lower(name)), value);
    }
}

/// Header names in the one form that the library takes without checking.
const fn lower(name: &'static str) -> &'static str {
    match name.as_bytes() {
        b"Retry-After" => "retry-after",
        b"WWW-Authenticate" => "www-authenticate",
        b"Vary" => "vary",
        b"Access-Control-Allow-Origin" => "access-control-allow-origin",
        b"Access-Control-Allow-Headers" => "access-control-allow-headers",
        b"Access-Control-Allow-Methods" => "access-control-allow-methods",
        b"Access-Control-Max-Age" => "access-control-max-age",
        b"Access-Control-Expose-Headers" => "access-control-expose-headers",
        _ => "x-portvakt",
    }
}
