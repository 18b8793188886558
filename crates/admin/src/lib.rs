//! Window 3: Portvakt's own API. Programs of the operator's do here what the command line does on the node, by the same
//! flows and in the same shapes. The frame lets in nobody else; each handler parses, calls one flow, and answers in JSON.
//!
//! Nobody ever chooses another's password: links to choose one go by mail alone and never stand in an answer.

mod accounts;
mod apis;
mod apps;
mod keys;
mod list;
mod logout_notices;
mod networks;
mod policies;
mod refused;
mod registration_tokens;
pub mod shapes;
mod tenants;

use actix_web::HttpResponse;
use portvakt_model::Fault;
use portvakt_web::route::{Access, Answered, Cors, Gives, Route, Verb};
use portvakt_web::visit::Visit;
use refused::Stop;
use std::future::Future;

/// The rows of this window. What stands in braces is read by its place in the path.
pub const ROUTES: &[Route] = &[
    row(Verb::Get, "/api/v1/tenants", |visit| Box::pin(finish(tenants::list(visit)))),
    row(Verb::Post, "/api/v1/tenants", |visit| Box::pin(finish(tenants::create(visit)))),
    row(Verb::Get, "/api/v1/tenants/{tenant}", |visit| Box::pin(finish(tenants::show(visit)))),
    row(Verb::Post, "/api/v1/tenants/{tenant}/domains", |visit| Box::pin(finish(tenants::add_domain(visit)))),
    row(Verb::Get, "/api/v1/tenants/{tenant}/networks", |visit| Box::pin(finish(networks::list(visit)))),
    row(Verb::Post, "/api/v1/tenants/{tenant}/networks", |visit| Box::pin(finish(networks::declare(visit)))),
    row(Verb::Delete, "/api/v1/tenants/{tenant}/networks", |visit| Box::pin(finish(networks::remove(visit)))),
    row(Verb::Get, "/api/v1/tenants/{tenant}/policy", |visit| Box::pin(finish(policies::of_tenant(visit)))),
    row(Verb::Put, "/api/v1/tenants/{tenant}/policy", |visit| Box::pin(finish(policies::replace_of_tenant(visit)))),
    row(Verb::Get, "/api/v1/policy", |visit| Box::pin(finish(policies::of_deployment(visit)))),
    row(Verb::Put, "/api/v1/policy", |visit| Box::pin(finish(policies::replace_of_deployment(visit)))),
    row(Verb::Get, "/api/v1/apps", |visit| Box::pin(finish(apps::list(visit)))),
    row(Verb::Post, "/api/v1/apps", |visit| Box::pin(finish(apps::create(visit)))).giving(Gives::Secret),
    row(Verb::Get, "/api/v1/apps/{client_id}", |visit| Box::pin(finish(apps::show(visit)))),
    row(Verb::Delete, "/api/v1/apps/{client_id}", |visit| Box::pin(finish(apps::delete(visit)))),
    row(Verb::Post, "/api/v1/apps/{client_id}/rotate-secret", |visit| Box::pin(finish(apps::rotate_secret(visit))))
        .giving(Gives::Secret),
    row(Verb::Get, "/api/v1/logout-notices", |visit| Box::pin(finish(logout_notices::list(visit)))),
    row(Verb::Get, "/api/v1/registration-tokens", |visit| Box::pin(finish(registration_tokens::list(visit)))),
    row(Verb::Post, "/api/v1/registration-tokens", |visit| Box::pin(finish(registration_tokens::create(visit))))
        .giving(Gives::Secret),
    row(Verb::Delete, "/api/v1/registration-tokens/{token_id}", |visit| {
        Box::pin(finish(registration_tokens::delete(visit)))
    }),
    row(Verb::Get, "/api/v1/apis", |visit| Box::pin(finish(apis::list(visit)))),
    row(Verb::Post, "/api/v1/apis", |visit| Box::pin(finish(apis::create(visit)))),
    row(Verb::Get, "/api/v1/apis/{api_id}", |visit| Box::pin(finish(apis::show(visit)))),
    row(Verb::Delete, "/api/v1/apis/{api_id}", |visit| Box::pin(finish(apis::delete(visit)))),
    row(Verb::Get, "/api/v1/accounts", |visit| Box::pin(finish(accounts::list(visit)))).giving(Gives::Data),
    row(Verb::Post, "/api/v1/accounts", |visit| Box::pin(finish(accounts::create(visit)))).giving(Gives::Data),
    row(Verb::Get, "/api/v1/accounts/{account_id}", |visit| Box::pin(finish(accounts::show(visit))))
        .giving(Gives::Data),
    row(Verb::Post, "/api/v1/accounts/{account_id}/send-reset", |visit| Box::pin(finish(accounts::send_reset(visit))))
        .giving(Gives::Data),
    row(Verb::Post, "/api/v1/accounts/{account_id}/disable", |visit| Box::pin(finish(accounts::disable(visit))))
        .giving(Gives::Data),
    row(Verb::Post, "/api/v1/accounts/{account_id}/enable", |visit| Box::pin(finish(accounts::enable(visit))))
        .giving(Gives::Data),
    row(Verb::Get, "/api/v1/keys", |visit| Box::pin(finish(keys::list(visit)))),
    row(Verb::Post, "/api/v1/keys/rotate", |visit| Box::pin(finish(keys::rotate(visit)))),
];

/// Where the segment behind `/api/v1/tenants/` and its like stands.
const NAME: usize = 3;

const fn row(method: Verb, path: &'static str, handler: fn(Visit) -> Answered) -> Route {
    Route::machine(method, path, Access::Operator, Cors::Closed, handler)
}

/// A refusal is an answer; only a fault goes on to the frame.
async fn finish(work: impl Future<Output = Result<HttpResponse, Stop>>) -> Result<HttpResponse, Fault> {
    match work.await {
        Ok(answer) => Ok(answer),
        Err(Stop::Refused(refused)) => refused.answer(),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_web::route::From;
    use std::collections::BTreeSet;

    #[test]
    fn every_door_asks_for_the_operator() {
        for row in ROUTES {
            assert_eq!(row.access, Access::Operator, "{}", row.path);
            assert_eq!((row.from, row.cors), (From::Machine, Cors::Closed), "{}", row.path);
        }
    }

    #[test]
    fn every_door_lies_under_the_api_s_identifier_and_stands_once() {
        let mut seen = BTreeSet::new();
        for row in ROUTES {
            assert!(row.path.starts_with(portvakt_flows::own_api::PATH), "{}", row.path);
            assert!(seen.insert((row.path, row.method.name())), "{}", row.path);
            let braces = row.path.find('{').map(|at| row.path[..at].matches('/').count() - 1);
            assert!(braces.is_none_or(|place| place == NAME), "{}", row.path);
        }
    }
}
