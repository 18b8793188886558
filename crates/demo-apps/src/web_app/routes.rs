//! The apps' addresses, and what happens at each.

use super::pages::{self, Body, Seen};
use super::session::{Pending, Person, Session};
use super::{WebApp, api};
use crate::relying_party::{Answer, Refusal, SignedIn};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Parameters that `/sign-in` hands on to the issuer, so that each can be tried from a browser's address line.
const WISHES: [&str; 10] = [
    "prompt",
    "max_age",
    "login_hint",
    "ui_locales",
    "acr_values",
    "display",
    "tenant",
    "idp_hint",
    "claims",
    "response_mode",
];

/// Every address of an app.
pub fn mount(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(start))
        .route("/employees", web::get().to(room))
        .route("/notices", web::get().to(room))
        .route("/reports", web::get().to(room))
        .route("/sign-in", web::get().to(sign_in))
        .route("/callback", web::get().to(callback))
        .route("/callback", web::post().to(callback_by_form))
        .route("/refresh", web::post().to(refresh))
        .route("/userinfo", web::post().to(userinfo))
        .route("/sign-out", web::post().to(sign_out))
        .route("/signed-out", web::get().to(signed_out))
        .route("/session", web::get().to(session))
        .route("/api/employees", web::get().to(api::employees))
        .route("/style.css", web::get().to(style))
        .route("/icon.svg", web::get().to(icon))
        .route("/healthz", web::get().to(HttpResponse::Ok))
        .default_service(web::to(missing));
}

type App = web::Data<WebApp>;

async fn start(app: App, request: HttpRequest) -> HttpResponse {
    let found = with_session(&app, &request, |session| {
        (pages::seen(session), session.person.as_ref().map(|person| pages::facts(&app.settings, person)))
    });
    let (seen, facts) = found.unwrap_or_default();
    pages::answer(&app, &request, StatusCode::OK, facts.map_or(Body::Welcome, Body::Facts), seen)
}

/// The room for signed-in people; anybody else is sent to sign in, and comes back to it.
async fn room(app: App, request: HttpRequest) -> HttpResponse {
    if request.path() != app.settings.looks.room {
        return missing(app, request).await;
    }
    let seen = with_session(&app, &request, |session| session.person.is_some().then(|| pages::seen(session))).flatten();
    match seen {
        Some(seen) => pages::answer(&app, &request, StatusCode::OK, Body::Room, seen),
        None => begin(&app, &request, request.path(), &[]).await,
    }
}

async fn sign_in(app: App, request: HttpRequest, query: web::Query<BTreeMap<String, String>>) -> HttpResponse {
    let return_to = query.get("return_to").map_or("/", String::as_str);
    let wishes: Vec<(String, String)> =
        WISHES.into_iter().filter_map(|name| query.get(name).map(|value| (name.to_owned(), value.clone()))).collect();
    begin(&app, &request, own_path(return_to), &wishes).await
}

async fn begin(app: &App, request: &HttpRequest, return_to: &str, wishes: &[(String, String)]) -> HttpResponse {
    let begun = match app.party.begin(&app.settings.redirect_uri(), wishes).await {
        Ok(begun) => begun,
        Err(refusal) => return failed(app, request, refusal),
    };
    let url = begun.url.to_string();
    let pending = Pending { begun, return_to: return_to.to_owned() };
    let mut waiting = Some(pending);
    // A browser without a session gets one now: the answer must come back to the browser that asked.
    let known = with_session(app, request, |session| waiting.take().map(|pending| session.keep(pending)));
    let mut answer = see_other(&url);
    if known.is_none() {
        let mut session = Session::default();
        session.pending.extend(waiting);
        set_cookie(app, &mut answer, &app.sessions.open(session));
    }
    answer
}

async fn callback(app: App, request: HttpRequest, answer: web::Query<Answer>) -> HttpResponse {
    let answer = answer.into_inner();
    let state = answer.state.clone().unwrap_or_default();
    let Some(pending) = with_session(&app, &request, |session| session.take(&state)).flatten() else {
        let text = "No sign-in of this browser waits for this answer: it was used before, or began elsewhere.";
        return failed(&app, &request, Refusal::Doubt(text.to_owned()));
    };
    match app.party.finish(pending.begun, answer).await {
        Ok(signed_in) => {
            // Name and address come from here: with an access token, id_tokens need not carry them (OpenID Connect Core
            // §5.4). Without an answer the person is signed in all the same.
            let userinfo = app.party.userinfo(&signed_in.tokens.access, &signed_in.subject).await.ok();
            let person = Person { signed_in, userinfo, refreshes: 0 };
            welcome(&app, &request, person, &pending.return_to)
        }
        Err(refusal) => failed(&app, &request, refusal),
    }
}

/// `response_mode=form_post`: a cross-site POST brings no Lax cookie, so its parameters go on to a GET of ours.
async fn callback_by_form(app: App, answer: web::Form<BTreeMap<String, String>>) -> HttpResponse {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for name in ["code", "state", "iss", "error", "error_description"] {
        if let Some(value) = answer.get(name) {
            query.append_pair(name, value);
        }
    }
    see_other(&format!("{}?{}", app.settings.redirect_uri(), query.finish()))
}

/// Signed in: a new session under a new cookie, so that nobody can have laid one out beforehand.
fn welcome(app: &App, request: &HttpRequest, person: Person, return_to: &str) -> HttpResponse {
    let before = cookie(app, request).and_then(|value| app.sessions.close(&value)).unwrap_or_default();
    let fresh = app.sessions.open(Session { pending: before.pending, person: Some(person), ..Session::default() });
    let mut answer = see_other(return_to);
    set_cookie(app, &mut answer, &fresh);
    answer
}

#[derive(Deserialize)]
struct OwnForm {
    form_token: String,
}

async fn refresh(app: App, request: HttpRequest, form: web::Form<OwnForm>) -> HttpResponse {
    let Some(now) = signed_in(&app, &request, &form) else { return see_other("/") };
    match app.party.refresh(&now).await {
        Ok(fresh) => {
            with_person(&app, &request, |person| {
                person.signed_in = fresh;
                person.refreshes += 1;
            });
            see_other("/")
        }
        Err(refusal) => ended(&app, &request, refusal),
    }
}

async fn userinfo(app: App, request: HttpRequest, form: web::Form<OwnForm>) -> HttpResponse {
    let Some(now) = signed_in(&app, &request, &form) else { return see_other("/") };
    match app.party.userinfo(&now.tokens.access, &now.subject).await {
        Ok(claims) => {
            with_person(&app, &request, |person| person.userinfo = Some(claims));
            see_other("/")
        }
        Err(refusal) => failed(&app, &request, refusal),
    }
}

/// Ends the app's own session first, then sends the browser on to end the issuer's (RP-Initiated Logout §2).
async fn sign_out(app: App, request: HttpRequest, form: web::Form<OwnForm>) -> HttpResponse {
    let Some(now) = signed_in(&app, &request, &form) else { return see_other("/") };
    if let Some(value) = cookie(&app, &request) {
        app.sessions.close(&value);
    }
    let state = openidconnect::CsrfToken::new_random_len(32).into_secret();
    let back = app.settings.signed_out_uri();
    let url = app.party.sign_out_url(now.tokens.id_token.as_ref(), Some((&back, &state))).await;
    let mut answer = match url {
        Ok(Some(url)) => see_other(url.as_str()),
        Ok(None) => see_other(&format!("/signed-out?state={state}")),
        Err(refusal) => return failed(&app, &request, refusal),
    };
    let leaving = app.sessions.open(Session { leaving: Some(state), ..Session::default() });
    set_cookie(&app, &mut answer, &leaving);
    answer
}

#[derive(Deserialize)]
struct Left {
    state: Option<String>,
}

async fn signed_out(app: App, request: HttpRequest, query: web::Query<Left>) -> HttpResponse {
    let ours =
        with_session(&app, &request, |session| session.leaving.is_some() && session.leaving.take() == query.state);
    if ours == Some(true) {
        pages::answer(&app, &request, StatusCode::OK, Body::SignedOut, Seen::default())
    } else {
        see_other("/")
    }
}

/// The session as JSON, for tests: facts, never a token.
async fn session(app: App, request: HttpRequest) -> HttpResponse {
    let facts = with_person(&app, &request, |person| {
        let tokens = &person.signed_in.tokens;
        json!({
            "signed_in": true,
            "sub": person.signed_in.subject,
            "id_token": person.signed_in.claims,
            "userinfo": person.userinfo,
            "access_token": pages::words_of(&tokens.access),
            "access_token_fingerprint": pages::fingerprint(&tokens.access),
            "refresh_token_fingerprint": tokens.refresh.as_deref().map(pages::fingerprint),
            "refreshes": person.refreshes,
        })
    });
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(facts.unwrap_or_else(|| json!({ "signed_in": false })))
}

async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((CACHE_CONTROL, "max-age=300"))
        .body(include_str!("../../assets/app.css"))
}

async fn icon() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header((CACHE_CONTROL, "max-age=300"))
        .body(include_str!("../../assets/icon.svg"))
}

async fn missing(app: App, request: HttpRequest) -> HttpResponse {
    let seen = with_session(&app, &request, |session| pages::seen(session)).unwrap_or_default();
    pages::answer(&app, &request, StatusCode::NOT_FOUND, Body::Missing, seen)
}

fn failed(app: &App, request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    let seen = with_session(app, request, |session| pages::seen(session)).unwrap_or_default();
    let status = match refusal {
        Refusal::Issuer(..) => StatusCode::FORBIDDEN,
        Refusal::Doubt(_) => StatusCode::BAD_GATEWAY,
    };
    let fault = crate::fault::Fault::from(refusal);
    pages::answer(app, request, status, Body::Failed(fault.to_string()), seen)
}

/// A refresh that the issuer refuses ends the session here: the person has to sign in anew.
fn ended(app: &App, request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    if let (Refusal::Issuer(..), Some(value)) = (&refusal, cookie(app, request)) {
        app.sessions.close(&value);
    }
    failed(app, request, refusal)
}

fn with_session<T>(app: &App, request: &HttpRequest, then: impl FnOnce(&mut Session) -> T) -> Option<T> {
    app.sessions.with(&cookie(app, request)?, then)
}

fn with_person<T>(app: &App, request: &HttpRequest, then: impl FnOnce(&mut Person) -> T) -> Option<T> {
    with_session(app, request, |session| session.person.as_mut().map(then)).flatten()
}

/// A copy of what the app holds of the person, if the form came from one of our own pages.
fn signed_in(app: &App, request: &HttpRequest, form: &OwnForm) -> Option<SignedIn> {
    with_session(app, request, |session| {
        let person = session.person.as_ref().filter(|_| session.form_token == form.form_token)?;
        let now = &person.signed_in;
        Some(SignedIn { subject: now.subject.clone(), claims: now.claims.clone(), tokens: now.tokens.clone() })
    })
    .flatten()
}

fn cookie(app: &App, request: &HttpRequest) -> Option<String> {
    request.cookie(&app.settings.cookie_name()).map(|cookie| cookie.value().to_owned())
}

fn set_cookie(app: &App, answer: &mut HttpResponse, value: &str) {
    let cookie = Cookie::build(app.settings.cookie_name(), value.to_owned())
        .path("/")
        .http_only(true)
        .secure(app.settings.is_https())
        .same_site(SameSite::Lax)
        .finish();
    if let Err(error) = answer.add_cookie(&cookie) {
        crate::terminal::note(format!("A cookie could not be set: {error}"));
    }
}

fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, to)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Only a path of ours: what could lead elsewhere becomes the start page.
fn own_path(wanted: &str) -> &str {
    let plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && wanted.starts_with('/') && !wanted.starts_with("//") { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_comes_back_to_a_page_of_the_app_and_never_to_another_site() {
        assert_eq!(own_path("/employees?unit=1"), "/employees?unit=1");
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", ""] {
            assert_eq!(own_path(elsewhere), "/");
        }
    }
}
