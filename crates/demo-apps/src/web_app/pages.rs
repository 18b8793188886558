//! The apps' pages.

use super::session::{Person, Session};
use super::words::{self, Own, Words};
use super::{Settings, WebApp};
use crate::clock;
use crate::relying_party::Tokens;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::fmt::Write;

/// One page of an app.
#[derive(Template)]
#[template(path = "app.html")]
pub struct Page<'a> {
    settings: &'a Settings,
    words: &'static Words,
    own: Own,
    /// The signed-in person's name, if anybody is signed in.
    who: Option<String>,
    form_token: String,
    body: Body,
}

/// What the page is about.
pub enum Body {
    /// The start, signed out.
    Welcome,
    /// The start, signed in.
    Facts(Facts),
    /// The room for signed-in people.
    Room,
    /// After sign-out.
    SignedOut,
    /// A sign-in that failed, and why.
    Failed(String),
    /// No such page.
    Missing,
}

/// What is shown of a person and the tokens: names and texts, never a token.
pub struct Facts {
    claims: Vec<(String, String)>,
    userinfo: Vec<(String, String)>,
    access: TokenFacts,
    refresh: Option<String>,
    refreshes: u32,
}

struct TokenFacts {
    fingerprint: String,
    ends_at: String,
    scopes: String,
}

/// The page as an answer, in the browser's language.
pub fn answer(app: &WebApp, request: &HttpRequest, status: StatusCode, body: Body, seen: Seen) -> HttpResponse {
    let accepted = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let words = words::of(accepted);
    let own = words::own(app.settings.looks.words, words);
    let page = Page { settings: &app.settings, words, own, who: seen.who, form_token: seen.form_token, body };
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "same-origin"))
            // No form-action: the sign-out form goes on to the issuer, and browsers apply it to redirects too.
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            ))
            .body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// What a page shows of the session, whatever it is about.
#[derive(Default)]
pub struct Seen {
    who: Option<String>,
    form_token: String,
}

/// See [`Seen`].
pub fn seen(session: &Session) -> Seen {
    Seen { who: session.person.as_ref().map(name), form_token: session.form_token.clone() }
}

/// See [`Facts`].
pub fn facts(settings: &Settings, person: &Person) -> Facts {
    let tokens = &person.signed_in.tokens;
    Facts {
        claims: table(&person.signed_in.claims),
        userinfo: person.userinfo.as_ref().map(table).unwrap_or_default(),
        access: token_facts(settings, tokens),
        refresh: tokens.refresh.as_deref().map(fingerprint),
        refreshes: person.refreshes,
    }
}

fn token_facts(settings: &Settings, tokens: &Tokens) -> TokenFacts {
    let scopes = tokens.scopes.as_ref().unwrap_or(&settings.registration.scopes);
    TokenFacts {
        fingerprint: fingerprint(&tokens.access),
        ends_at: tokens.access_ends_at.map(time_of_day).unwrap_or_default(),
        scopes: scopes.join(" "),
    }
}

/// The first bits of a token's SHA-256: shows that it changed, and gives nothing away.
pub fn fingerprint(token: &str) -> String {
    digest(&SHA256, token.as_bytes()).as_ref().iter().take(4).fold(String::new(), |mut text, byte| {
        let _never_fails = write!(text, "{byte:02x}");
        text
    })
}

/// What a person is called: the first claim of these that there is.
fn name(person: &Person) -> String {
    let claims = &person.signed_in.claims;
    ["name", "email", "preferred_username"]
        .into_iter()
        .find_map(|claim| claims.get(claim).or_else(|| person.userinfo.as_ref()?.get(claim))?.as_str())
        .unwrap_or(&person.signed_in.subject)
        .to_owned()
}

fn table(claims: &Value) -> Vec<(String, String)> {
    let Some(claims) = claims.as_object() else { return Vec::new() };
    claims.iter().map(|(claim, value)| (claim.clone(), text(claim, value))).collect()
}

fn text(claim: &str, value: &Value) -> String {
    match (claim, value) {
        ("exp" | "iat" | "nbf" | "auth_time" | "updated_at", Value::Number(seconds)) => seconds
            .as_i64()
            .map_or_else(|| seconds.to_string(), |seconds| format!("{seconds} ({})", time_of_day(seconds))),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// The time of day in UTC, with "in … min" for what is near enough.
fn time_of_day(seconds: i64) -> String {
    let day = seconds.rem_euclid(86_400);
    let clock = format!("{:02}:{:02}:{:02}", day / 3600, day / 60 % 60, day % 60);
    match seconds.saturating_sub(clock::unix_seconds()) {
        left @ 60..86_400 => format!("{clock}, in {} min", left / 60),
        _ => clock,
    }
}

/// An access token's words if it is a JWT, for the JSON that tests read; opaque tokens have none.
pub fn words_of(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_changes_with_the_token_and_does_not_show_it() {
        assert_eq!(fingerprint("abc"), "ba7816bf");
        assert_ne!(fingerprint("abc"), fingerprint("abd"));
    }

    #[test]
    fn an_opaque_token_has_no_words_and_a_jwt_has_its_claims() {
        assert_eq!(words_of("opaque"), None);
        let claims = URL_SAFE_NO_PAD.encode("{\"aud\":\"x\"}");
        assert_eq!(words_of(&format!("h.{claims}.s")).unwrap()["aud"], "x");
    }
}
