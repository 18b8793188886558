//! HRM's API: `GET /api/employees`, for programs with an access token that HRM verifies by itself.

use super::WebApp;
use super::words::EMPLOYEES;
use crate::access_token::{self, Demand, Facts, Rejected};
use crate::clock;
use crate::relying_party::Refusal;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// The employees, and who asked.
pub async fn employees(app: web::Data<WebApp>, request: HttpRequest) -> HttpResponse {
    let Some((audience, scope)) = &app.settings.api else {
        return HttpResponse::NotFound().json(json!({ "error": "not_found" }));
    };
    let Some(token) = bearer(&request) else {
        // RFC 6750 §3.1: who brought no token is told the scheme and nothing else.
        return HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, format!("Bearer realm=\"{audience}\"")))
            .json(json!({ "error": "no_token" }));
    };
    match judge(&app, token, audience, scope).await {
        Ok(facts) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({
            "employees": list(),
            "asked_by": { "client_id": facts.client_id, "sub": facts.sub, "tenant_id": facts.tenant_id },
        })),
        Err(Answer::Unavailable) => HttpResponse::ServiceUnavailable().json(json!({ "error": "keys_unavailable" })),
        Err(Answer::Rejected(Rejected::Scope)) => {
            let details = format!("error=\"insufficient_scope\", scope=\"{scope}\"");
            challenge(StatusCode::FORBIDDEN, audience, &details, "insufficient_scope")
        }
        Err(Answer::Rejected(Rejected::UnknownKey)) => invalid(audience, "unknown key"),
        Err(Answer::Rejected(Rejected::Invalid(why))) => invalid(audience, why),
    }
}

enum Answer {
    Rejected(Rejected),
    Unavailable,
}

/// By the keys at hand; with a key that they lack, once more by newer ones.
async fn judge(app: &WebApp, token: &str, audience: &str, scope: &str) -> Result<Facts, Answer> {
    let issuer = app.party.registration().issuer.as_str();
    let demand = Demand { issuer, audience, scope, now: clock::unix_seconds() };
    let keys = app.party.keys(false).await.map_err(unavailable)?;
    match access_token::verify(token, &keys, &demand) {
        Err(Rejected::UnknownKey) => {
            let keys = app.party.keys(true).await.map_err(unavailable)?;
            access_token::verify(token, &keys, &demand).map_err(Answer::Rejected)
        }
        verdict => verdict.map_err(Answer::Rejected),
    }
}

fn unavailable(_: Refusal) -> Answer {
    Answer::Unavailable
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token.trim())
}

fn invalid(audience: &str, why: &'static str) -> HttpResponse {
    let details = format!("error=\"invalid_token\", error_description=\"{why}\"");
    challenge(StatusCode::UNAUTHORIZED, audience, &details, "invalid_token")
}

fn challenge(status: StatusCode, audience: &str, details: &str, error: &str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((WWW_AUTHENTICATE, format!("Bearer realm=\"{audience}\", {details}")))
        .json(json!({ "error": error }))
}

fn list() -> Vec<Value> {
    EMPLOYEES
        .iter()
        .filter_map(|row| match row {
            [name, role, unit] => Some(json!({ "name": name, "role": role, "unit": unit })),
            _ => None,
        })
        .collect()
}
