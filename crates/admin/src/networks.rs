//! Networks that a tenant's people come from: strangers' limits there grow with the number of people.

use crate::NAME;
use crate::list::{self, Page};
use crate::refused::{Refused, Stop, read};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::network::{self as flow, Invalid};
use portvakt_model::DeclaredNetwork;
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    network: String,
    people: u32,
}

/// `GET /api/v1/tenants/{tenant}/networks`, in the order of their texts.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    // A tenant has a handful of them: all are read.
    let declared = flow::list(&visit.ctx, visit.segment(NAME)).await?.map_err(refused)?;
    let mut networks: Vec<(String, DeclaredNetwork)> =
        declared.into_iter().map(|one| (one.network.to_string(), one)).collect();
    networks.retain(|(text, _)| page.after.as_ref().is_none_or(|after| text > after));
    networks.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (networks, next) = page.cut(networks, |(text, _)| text.clone());
    list::answer(&networks.iter().map(|(_, one)| shapes::network(one)).collect::<Vec<_>>(), next.as_deref())
}

/// `POST /api/v1/tenants/{tenant}/networks`: another number of people replaces the one before.
pub(crate) async fn declare(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { network, people } = read(&visit)?;
    let declared = flow::declare(&visit.ctx, visit.segment(NAME), &network, people).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::CREATED, &shapes::network(&declared))?)
}

/// `DELETE /api/v1/tenants/{tenant}/networks?network=…`: its slash keeps it out of the path.
pub(crate) async fn remove(visit: Visit) -> Result<HttpResponse, Stop> {
    let network = list::parameter(&visit, "network")?.unwrap_or_default();
    flow::remove(&visit.ctx, visit.segment(NAME), network).await?.map_err(refused)?;
    Ok(answer::gone())
}

pub(crate) fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Network => Refused::wrong(
            "network",
            "it is an address or a network like 203.0.113.0/24 or 2001:db8::/48, no wider than /8 or IPv6 /16",
        ),
        Invalid::People => Refused::wrong("people", &format!("it is 1 to {}", DeclaredNetwork::MOST_PEOPLE)),
        Invalid::Unknown | Invalid::NotDeclared => Refused::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn a_network_needs_its_people_and_takes_nothing_unknown() {
        let new: New = parse(br#"{"network": "203.0.113.0/24", "people": 50}"#).unwrap();
        assert_eq!((new.network.as_str(), new.people), ("203.0.113.0/24", 50));
        for wrong in [
            r#"{"network": "203.0.113.0/24"}"#,
            r#"{"people": 50}"#,
            r#"{"network": "203.0.113.0/24", "people": -1}"#,
            r#"{"network": "203.0.113.0/24", "people": 50, "tenant": "other"}"#,
        ] {
            assert!(parse::<New>(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
