//! Tokens that let programs register apps. The text stands in the answer that made it, and never again.

use crate::NAME;
use crate::list::{self, Page};
use crate::refused::{Refused, Stop, read};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::registration::tokens::{self as flow, Invalid};
use portvakt_model::InitialToken;
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    /// Slug or id of the tenant that will own the apps; without: the operator.
    tenant: Option<String>,
    #[serde(default = "once")]
    uses: i64,
    /// For how many days it is good.
    #[serde(default = "a_month")]
    days: u32,
}

const fn once() -> i64 {
    1
}

const fn a_month() -> u32 {
    30
}

/// `GET /api/v1/registration-tokens`, by id.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    // Operators make a handful of them: all are read.
    let mut tokens: Vec<(String, InitialToken)> =
        flow::list(&visit.ctx).await?.into_iter().map(|token| (token.id.to_string(), token)).collect();
    tokens.retain(|(id, _)| page.after.as_ref().is_none_or(|after| id > after));
    tokens.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (tokens, next) = page.cut(tokens, |(id, _)| id.clone());
    list::answer(
        &tokens.iter().map(|(_, token)| shapes::registration_token(token)).collect::<Vec<_>>(),
        next.as_deref(),
    )
}

/// `POST /api/v1/registration-tokens`.
pub(crate) async fn create(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { name, tenant, uses, days } = read(&visit)?;
    let made = flow::create(&visit.ctx, flow::New { name, tenant, uses, days }).await?;
    let (token, text) = made.map_err(refused)?;
    let mut value = shapes::registration_token(&token);
    if let Some(members) = value.as_object_mut() {
        members.insert("token".to_owned(), Value::from(text));
    }
    Ok(answer::json(StatusCode::CREATED, &value)?)
}

/// `DELETE /api/v1/registration-tokens/{token_id}`: what was registered with it stays.
pub(crate) async fn delete(visit: Visit) -> Result<HttpResponse, Stop> {
    flow::revoke(&visit.ctx, visit.segment(NAME)).await?.map_err(refused)?;
    Ok(answer::gone())
}

fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Name => Refused::wrong("name", "it is 1 to 120 characters that can be shown"),
        Invalid::Tenant => Refused::wrong("tenant", "there is no such tenant"),
        Invalid::Uses => Refused::wrong("uses", "it is 1 to 100000"),
        Invalid::Days => Refused::wrong("days", "it is 1 to 3650"),
        Invalid::Unknown => Refused::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn a_token_is_good_once_and_for_a_month_unless_it_is_said_otherwise() {
        let new: New = parse(br#"{"name": "Partners"}"#).unwrap();
        assert_eq!((new.uses, new.days, new.tenant), (1, 30, None));
        for wrong in ["{}", r#"{"name": "a", "token": "mine"}"#, r#"{"name": "a", "uses": "many"}"#] {
            assert!(parse::<New>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
