//! APIs. On the wire one is known by its identifier, a URI; in a path by its id.

use crate::NAME;
use crate::list::{self, Page, parameter};
use crate::refused::{Refused, Stop, read};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::api::{self as flow, Invalid};
use portvakt_model::app::ApiSettings;
use portvakt_model::{Api, ApiId};
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    identifier: String,
    name: String,
    /// Slug or id of the tenant that owns it; without: the operator.
    tenant: Option<String>,
    settings: ApiSettings,
}

/// `GET /api/v1/apis`, by identifier; `?identifier=` finds one.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    if let Some(identifier) = parameter(&visit, "identifier")? {
        let found = flow::find(&visit.ctx, identifier).await?;
        return list::answer(&found.iter().map(|api| shapes::api(api)).collect::<Vec<_>>(), None);
    }
    let read = flow::list(&visit.ctx, page.after.clone(), page.read_limit()).await?;
    let (apis, next) = page.cut(read, |api| api.identifier.clone());
    list::answer(&apis.iter().map(shapes::api).collect::<Vec<_>>(), next.as_deref())
}

/// `POST /api/v1/apis`.
pub(crate) async fn create(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { identifier, name, tenant, settings } = read(&visit)?;
    let api = flow::create(&visit.ctx, flow::New { identifier, name, tenant, settings }).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::CREATED, &shapes::api(&api))?)
}

/// `GET /api/v1/apis/{api_id}`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Stop> {
    Ok(answer::json(StatusCode::OK, &shapes::api(&named(&visit).await?))?)
}

/// `DELETE /api/v1/apis/{api_id}`. Tokens that the API verifies by itself live out their minutes.
pub(crate) async fn delete(visit: Visit) -> Result<HttpResponse, Stop> {
    let api = named(&visit).await?;
    flow::delete(&visit.ctx, &api.identifier).await?.map_err(refused)?;
    Ok(answer::gone())
}

/// The API that the path names.
async fn named(visit: &Visit) -> Result<Api, Stop> {
    let id = ApiId::parse(visit.segment(NAME)).ok_or(Refused::Unknown)?;
    Ok(flow::find_by_id(&visit.ctx, id).await?.ok_or(Refused::Unknown)?)
}

fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Identifier => {
            Refused::wrong("identifier", "it is an absolute URI without fragment, and none of the issuer's own")
        }
        Invalid::Name => Refused::wrong("name", "it is 1 to 80 characters that can be shown"),
        Invalid::Taken => Refused::Taken("identifier"),
        Invalid::Tenant => Refused::wrong("tenant", "there is no such tenant"),
        Invalid::Scope(scope) => Refused::wrong(
            "settings.scopes",
            &format!("a scope is printable ASCII without blanks, and not one of OpenID Connect: {scope}"),
        ),
        Invalid::Lifetime => {
            Refused::wrong("settings.lifetime", "tokens live 60 to 600 seconds; opaque ones up to 3600")
        }
        Invalid::Unknown => Refused::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::TokenForm;
    use portvakt_protocol::json::parse;

    #[test]
    fn an_api_s_tokens_are_jwts_unless_it_says_otherwise() {
        let text = br#"{"identifier": "https://hrm.example/api", "name": "HRM", "settings": {"scopes": ["hours"]}}"#;
        assert_eq!(parse::<New>(text).unwrap().settings.form, TokenForm::Jwt);
        let opaque = br#"{"identifier": "urn:hrm", "name": "HRM", "settings": {"form": "opaque"}}"#;
        assert_eq!(parse::<New>(opaque).unwrap().settings.form, TokenForm::Opaque);
        let wrong = br#"{"identifier": "urn:hrm", "name": "HRM", "settings": {"form": "saml"}}"#;
        assert_eq!(parse::<New>(wrong).unwrap_err().field, "settings.form");
    }
}
