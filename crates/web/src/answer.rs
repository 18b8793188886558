//! Answers: pages, redirects within our site, JSON; and what becomes of a fault.

use crate::cookies::Cookie;
use crate::headers::{self, Header};
use crate::pages::Page;
use crate::pages::trouble::{Busy, ErrorPage, NotFound, Trouble};
use crate::visit::Visit;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::Scene;
use portvakt_flows::sign_in::session::Opened;
use portvakt_flows::token::Refusal;
use portvakt_model::{Fault, Seconds};
use portvakt_protocol::oauth::params::encode;
use portvakt_protocol::oauth::{Code, Why};
use serde::Serialize;

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
    if let Some(flow) = visit.fresh_flow() {
        answer.append_header(("Set-Cookie", Cookie::Flow.set(flow, None)));
    }
    answer.body(body)
}

/// On to another page of ours: 303, so that a form is never sent twice (RFC 9110 §15.4.4).
pub fn go(visit: &Visit, path: &str) -> HttpResponse {
    go_with(visit, path, &[])
}

/// On to another page of ours, with cookies.
pub fn go_with(visit: &Visit, path: &str, cookies: &[String]) -> HttpResponse {
    let mut answer = with(StatusCode::SEE_OTHER, headers::empty());
    answer.append_header(("Location", path.to_owned()));
    for cookie in cookies {
        answer.append_header(("Set-Cookie", cookie.clone()));
    }
    if let Some(flow) = visit.fresh_flow() {
        answer.append_header(("Set-Cookie", Cookie::Flow.set(flow, None)));
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
pub fn signed_in(opened: &Opened) -> [String; 2] {
    let keep = opened.keep.then_some(KEEP_SESSION);
    [Cookie::Session.set(&opened.session, keep), Cookie::Device.set(&opened.device, Some(KEEP_DEVICE))]
}

/// JSON that nobody may keep.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<HttpResponse, Fault> {
    let text = serde_json::to_string(body).map_err(Fault::broken)?;
    Ok(with(status, headers::json()).content_type("application/json").body(text))
}

/// JSON that everybody may keep for a while.
pub fn public_json(seconds: u32, body: &impl Serialize) -> Result<HttpResponse, Fault> {
    let text = serde_json::to_string(body).map_err(Fault::broken)?;
    Ok(with(StatusCode::OK, headers::public_json(seconds)).content_type("application/json").body(text))
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
        Code::TemporarilyUnavailable if refusal.why == Why::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Code::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut answer = json(status, &error_body(refusal.why))?;
    if code == Code::InvalidClient && refusal.by_basic {
        put(&mut answer, "WWW-Authenticate", "Basic realm=\"Portvakt\", charset=\"UTF-8\"");
    }
    if refusal.why == Why::TooMany {
        put(&mut answer, "Retry-After", "60");
    }
    Ok(answer)
}

/// A refusal of an access token (RFC 6750 §3).
pub fn bearer_refusal(why: Why) -> Result<HttpResponse, Fault> {
    let (status, challenge) = match (why, why.code()) {
        // No token at all: the scheme and nothing more (§3.1).
        (Why::BearerMissing, _) => (StatusCode::UNAUTHORIZED, "Bearer realm=\"Portvakt\"".to_owned()),
        (_, Code::InsufficientScope) => (StatusCode::FORBIDDEN, challenge(why)),
        (_, Code::InvalidToken) => (StatusCode::UNAUTHORIZED, challenge(why)),
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
