//! Tenants and their domains.

use crate::NAME;
use crate::list::{self, Page};
use crate::networks;
use crate::refused::{Refused, Stop, read};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::network;
use portvakt_flows::tenant::{self as flow, Invalid};
use portvakt_model::{Contact, Language, Slug};
use portvakt_web::answer;
use portvakt_web::json::BodyFault;
use portvakt_web::visit::Visit;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    slug: String,
    name: String,
    language: Option<Language>,
    #[serde(default)]
    contact: Contact,
    mail_sender: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDomain {
    domain: String,
}

/// `GET /api/v1/tenants`, by slug.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    let after = match page.after.as_deref().map(Slug::parse) {
        Some(None) => return Err(Refused::wrong("after", "it is a tenant's slug").into()),
        after => after.flatten(),
    };
    let read = flow::list(&visit.ctx, after, page.read_limit()).await?;
    let (tenants, next) = page.cut(read, |tenant| tenant.slug.to_string());
    list::answer(&tenants.iter().map(shapes::tenant).collect::<Vec<_>>(), next.as_deref())
}

/// `POST /api/v1/tenants`.
pub(crate) async fn create(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { slug, name, language, contact, mail_sender } = read(&visit)?;
    let new = flow::New { slug, name, language, contact, mail_sender };
    let tenant = flow::create(&visit.ctx, new).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::CREATED, &shapes::tenant(&tenant))?)
}

/// `GET /api/v1/tenants/{tenant}`: with its domains, its networks and its policy.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Stop> {
    let name = visit.segment(NAME);
    let tenant = flow::find(&visit.ctx, name).await?.ok_or(Refused::Unknown)?;
    let domains = flow::domains(&visit.ctx, tenant.id).await?;
    let declared = network::list(&visit.ctx, name).await?.map_err(networks::refused)?;
    let (version, document) = flow::policy(&visit.ctx, Some(name)).await?.map_err(refused)?;
    let mut value = shapes::tenant(&tenant);
    if let Some(object) = value.as_object_mut() {
        object.insert("domains".to_owned(), json!(domains));
        object.insert("networks".to_owned(), declared.iter().map(shapes::network).collect());
        object.insert("policy".to_owned(), json!({ "version": version, "document": document }));
    }
    Ok(answer::json(StatusCode::OK, &value)?)
}

/// `POST /api/v1/tenants/{tenant}/domains`: the operator vouches for it.
pub(crate) async fn add_domain(visit: Visit) -> Result<HttpResponse, Stop> {
    let NewDomain { domain } = read(&visit)?;
    let tenant = visit.segment(NAME);
    let domain = flow::add_domain(&visit.ctx, tenant, &domain).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::CREATED, &json!({ "tenant": tenant, "domain": domain }))?)
}

pub(crate) fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Slug => {
            Refused::wrong("slug", "it is 2 to 40 of a-z, 0-9 and -, beginning with a letter, not ending with -")
        }
        Invalid::Name => Refused::wrong("name", "it is 1 to 120 characters that can be shown"),
        Invalid::Contact("mail") => Refused::wrong("contact.mail", "it is no e-mail address"),
        Invalid::Contact(member) => {
            Refused::wrong(&format!("contact.{member}"), "it is 1 to 120 characters that can be shown")
        }
        Invalid::MailSender => {
            Refused::wrong("mail_sender", "it is an address, or a name of letters and digits and an address in < and >")
        }
        Invalid::SlugTaken => Refused::Taken("slug"),
        Invalid::Domain => Refused::wrong("domain", "it is a domain name like nordvik.example"),
        Invalid::DomainTaken => Refused::Taken("domain"),
        Invalid::Unknown => Refused::Unknown,
        Invalid::Moved => Refused::Moved,
        Invalid::Policy(faults) => Refused::Policy(
            faults
                .iter()
                .map(|fault| {
                    let bounds = format!("it lies between {} and {}", fault.least, fault.most);
                    BodyFault::new(&format!("document.{}", fault.field), &bounds)
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn a_tenant_needs_a_slug_and_a_name_and_takes_nothing_unknown() {
        let new: New = parse(br#"{"slug": "nordvik", "name": "Nordvik kommun", "contact": {"phone": "1"}}"#).unwrap();
        assert_eq!((new.slug.as_str(), new.contact.phone.as_deref()), ("nordvik", Some("1")));
        for wrong in [
            r#"{"slug": "nordvik"}"#,
            r#"{"slug": "nordvik", "name": "N", "id": "x"}"#,
            r#"{"slug": "nordvik", "name": "N", "language": "fi"}"#,
            r#"{"slug": "nordvik", "name": "N", "contact": {"fax": "1"}}"#,
        ] {
            assert!(parse::<New>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
