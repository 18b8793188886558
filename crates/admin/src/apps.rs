//! Relying apps. A secret stands in the answer that made it, and never again.

use crate::NAME;
use crate::list::{self, Page};
use crate::refused::{Refused, Stop, read, read_or_default};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::app::{self as flow, Invalid, Made, ProvingFault};
use portvakt_model::AppKind;
use portvakt_model::app::AppSettings;
use portvakt_protocol::oauth::redirect::RedirectFault;
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    kind: AppKind,
    /// Slug or id of the tenant that owns it; without: the operator.
    tenant: Option<String>,
    client_id: Option<String>,
    settings: AppSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    #[serde(default)]
    now: bool,
}

/// `GET /api/v1/apps`, by `client_id`.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    let read = flow::list(&visit.ctx, page.after.clone(), page.read_limit()).await?;
    let (apps, next) = page.cut(read, |app| app.client_id.clone());
    list::answer(&apps.iter().map(shapes::app).collect::<Vec<_>>(), next.as_deref())
}

/// `POST /api/v1/apps`.
pub(crate) async fn create(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { name, kind, tenant, client_id, settings } = read(&visit)?;
    let new = flow::New { name, kind, tenant, client_id, settings };
    let made = flow::create(&visit.ctx, new).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::CREATED, &with_secret(made))?)
}

/// `GET /api/v1/apps/{client_id}`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Stop> {
    let app = flow::find(&visit.ctx, visit.segment(NAME)).await?.ok_or(Refused::Unknown)?;
    let untold = flow::notices::untold(&visit.ctx, app.id).await?;
    let mut value = shapes::app(&app);
    if let Some(object) = value.as_object_mut() {
        let untold = json!({ "waiting": untold.waiting, "failed": untold.failed });
        object.insert("untold_logouts".to_owned(), untold);
    }
    Ok(answer::json(StatusCode::OK, &value)?)
}

/// `POST /api/v1/apps/{client_id}/rotate-secret`: the old one stays good for a day, or ends `now`.
pub(crate) async fn rotate_secret(visit: Visit) -> Result<HttpResponse, Stop> {
    let Rotate { now } = read_or_default(&visit)?;
    let made = flow::rotate_secret(&visit.ctx, visit.segment(NAME), now).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::OK, &with_secret(made))?)
}

/// `DELETE /api/v1/apps/{client_id}`: with every grant and consent it has.
pub(crate) async fn delete(visit: Visit) -> Result<HttpResponse, Stop> {
    flow::delete(&visit.ctx, visit.segment(NAME)).await?.map_err(refused)?;
    Ok(answer::gone())
}

fn with_secret(made: Made) -> Value {
    let mut value = shapes::app(&made.app);
    if let (Some(object), Some(secret)) = (value.as_object_mut(), made.secret) {
        object.insert("client_secret".to_owned(), Value::from(secret));
    }
    value
}

fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Name => Refused::wrong("name", "it is 1 to 80 characters that can be shown"),
        Invalid::ClientId => {
            Refused::wrong("client_id", "it begins app_ and goes on with 1 to 60 of A-Z, a-z, 0-9, _ and -")
        }
        Invalid::Taken => Refused::Taken("client_id"),
        Invalid::Tenant => Refused::wrong("tenant", "there is no such tenant"),
        Invalid::Redirect(uri, fault) => Refused::wrong("settings", &format!("{}: {uri}", redirect(fault))),
        Invalid::NoRedirect => {
            Refused::wrong("settings.redirect_uris", "an app that signs people in needs a redirect URI")
        }
        Invalid::MachineRedirect => {
            Refused::wrong("settings.redirect_uris", "a machine signs nobody in: it has no redirect URI")
        }
        Invalid::Origin(origin) => {
            Refused::wrong("settings.origins", &format!("an origin is scheme, host and port: {origin}"))
        }
        Invalid::Page(member, fault) => Refused::wrong(&format!("settings.{member}"), &fault.to_string()),
        Invalid::Scope(entry) => {
            Refused::wrong("settings.own_scopes", &format!("this app may not have that scope of an API: {entry}"))
        }
        Invalid::Api(identifier) => {
            Refused::wrong("settings.default_api", &format!("there is no API that this app may use: {identifier}"))
        }
        Invalid::Pkce => {
            Refused::wrong("settings.require_pkce", "only apps that keep a secret (web) can be let off PKCE")
        }
        Invalid::ResponseType(one) => Refused::wrong(
            "settings.response_types",
            &format!("all but code are for web and browser apps, where legacy.response_types is on: {}", one.name()),
        ),
        Invalid::NoResponseType => {
            Refused::wrong("settings.response_types", "an app that signs people in needs a response type")
        }
        Invalid::Logout(member, fault) => Refused::wrong(&format!("settings.{member}"), &fault.to_string()),
        Invalid::Proving(fault) => Refused::wrong(member(fault), fault.sentence()),
        Invalid::Needs(fault) => Refused::wrong(&format!("settings.{}", fault.member()), fault.sentence()),
        Invalid::SelfRegistered => {
            Refused::wrong("settings.self_registered", "an app that an operator registers did not register itself")
        }
        Invalid::Unknown => Refused::Unknown,
        Invalid::NoSecret => Refused::wrong("", "an app that proves itself by no secret has none"),
    }
}

/// Where the fault lies.
const fn member(fault: ProvingFault) -> &'static str {
    match fault {
        ProvingFault::NoMethod | ProvingFault::NotOffered => "settings.auth_method",
        ProvingFault::KeysMissing | ProvingFault::Keys(_) | ProvingFault::KeysUseless | ProvingFault::KeysUri => {
            "settings.keys"
        }
        ProvingFault::Algorithm => "settings.proving.signing_alg",
        ProvingFault::NameMissing | ProvingFault::Name(_) => "settings.proving.certificate",
        ProvingFault::BoundInBrowser => "settings.proving.bound_tokens",
    }
}

fn redirect(fault: RedirectFault) -> &'static str {
    match fault {
        RedirectFault::Form => "it is no absolute URI, or too long",
        RedirectFault::Fragment => "it has a fragment",
        RedirectFault::UserInfo => "it carries a user name, or a backslash",
        RedirectFault::Scheme => "it is https, http on loopback, or for native apps a scheme with a dot in it",
        RedirectFault::Host => {
            "its host holds other marks than letters, digits, dots and hyphens, or browsers read another one"
        }
        RedirectFault::Wildcard => "addresses are compared as they stand, so a * would match nothing",
        RedirectFault::Tokens => "an app that gets tokens through the browser has https addresses, none of them local",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn an_app_says_its_name_and_kind_and_may_leave_every_setting_at_its_usual_value() {
        let new: New = parse(br#"{"name": "Timeclock", "kind": "machine", "settings": {}}"#).unwrap();
        assert_eq!(new.kind, AppKind::Machine);
        assert!(new.settings.require_pkce && !new.settings.first_party);
        for wrong in [
            r#"{"name": "A", "settings": {}}"#,
            r#"{"name": "A", "kind": "web"}"#,
            r#"{"name": "A", "kind": "robot", "settings": {}}"#,
            r#"{"name": "A", "kind": "web", "settings": {"redirect_uri": "https://a.example"}}"#,
            r#"{"name": "A", "kind": "web", "settings": {"id_token_alg": "none"}}"#,
            r#"{"name": "A", "kind": "web", "settings": {"response_types": ["token"]}}"#,
            r#"{"name": "A", "kind": "web", "settings": {}, "client_secret": "s"}"#,
        ] {
            assert!(parse::<New>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
