//! Policies: the deployment's default, and each tenant's. One is replaced as a whole, by whoever has read the edition
//! that it replaces: a rule that is left out of a half-known document would be switched off by that.

use crate::NAME;
use crate::refused::{Stop, read};
use crate::tenants::refused;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::tenant as flow;
use portvakt_model::{PolicyDocument, PolicyVersion};
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::{Deserialize, Serialize};

/// A policy and its edition, as it is answered and as it is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edition {
    version: PolicyVersion,
    document: PolicyDocument,
}

/// `GET /api/v1/tenants/{tenant}/policy`.
pub(crate) async fn of_tenant(visit: Visit) -> Result<HttpResponse, Stop> {
    show(&visit, Some(visit.segment(NAME))).await
}

/// `GET /api/v1/policy`.
pub(crate) async fn of_deployment(visit: Visit) -> Result<HttpResponse, Stop> {
    show(&visit, None).await
}

/// `PUT /api/v1/tenants/{tenant}/policy`. Holds from its commit.
pub(crate) async fn replace_of_tenant(visit: Visit) -> Result<HttpResponse, Stop> {
    replace(&visit, Some(visit.segment(NAME))).await
}

/// `PUT /api/v1/policy`. Holds from its commit.
pub(crate) async fn replace_of_deployment(visit: Visit) -> Result<HttpResponse, Stop> {
    replace(&visit, None).await
}

async fn show(visit: &Visit, tenant: Option<&str>) -> Result<HttpResponse, Stop> {
    let (version, document) = flow::policy(&visit.ctx, tenant).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::OK, &Edition { version, document })?)
}

async fn replace(visit: &Visit, tenant: Option<&str>) -> Result<HttpResponse, Stop> {
    let Edition { version, document } = read(visit)?;
    let replaced = flow::replace_policy(&visit.ctx, tenant, version, document).await?;
    let (version, document) = replaced.map_err(refused)?;
    Ok(answer::json(StatusCode::OK, &Edition { version, document })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn a_policy_names_the_edition_that_it_replaces_and_only_rules_there_are() {
        assert!(parse::<Edition>(br#"{"version": 1, "document": {"own_sign_in": false}}"#).is_ok());
        for wrong in [
            r#"{"document": {}}"#,
            r#"{"version": 1}"#,
            r#"{"own_sign_in": false}"#,
            r#"{"version": 1, "document": {"own_signin": false}}"#,
            r#"{"version": 1, "document": {"session_idle": -1}}"#,
        ] {
            assert!(parse::<Edition>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
