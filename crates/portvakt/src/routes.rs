//! The table of routes: all windows' rows, and the few that belong to the house itself.

use crate::server::Health;
use actix_web::HttpResponse;
use portvakt_model::Fault;
pub use portvakt_web::route::{Access, Cors, From, Gives, Route, Verb};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// Every route there is.
pub fn all() -> Vec<Route> {
    let mut rows = portvakt_authorization_server::routes();
    rows.extend(portvakt_account_settings::ROUTES);
    rows.extend(portvakt_admin::ROUTES);
    rows.extend([
        Route::page("/", Access::Public, From::SameSite, |v| Box::pin(home(v))),
        Route::page("/.well-known/change-password", Access::Public, From::CrossSite, |v| Box::pin(change_password(v))),
        Route::machine(Verb::Get, "/.well-known/security.txt", Access::Public, Cors::Closed, |v| Box::pin(security(v))),
        Route::machine(Verb::Get, "/robots.txt", Access::Public, Cors::Closed, |v| Box::pin(robots(v))),
        Route::machine(Verb::Get, Health::LIVE, Access::Public, Cors::Closed, |v| Box::pin(live(v))),
        Route::machine(Verb::Get, Health::READY, Access::Public, Cors::Closed, |v| Box::pin(ready(v))),
        Route::page(paths::DESIGN, Access::Public, From::SameSite, |v| Box::pin(portvakt_web::showroom::index(v))),
        Route::page("/design/{page}/{state}", Access::Public, From::SameSite, |v| {
            Box::pin(portvakt_web::showroom::sample(v))
        }),
    ]);
    rows.extend(portvakt_web::showroom::asset_routes());
    rows
}

/// `GET /`: there is nothing to see here but one's own account.
async fn home(visit: Visit) -> Result<HttpResponse, Fault> {
    Ok(answer::go(&visit, paths::ACCOUNT))
}

/// A Well-Known URL for Changing Passwords (W3C).
async fn change_password(visit: Visit) -> Result<HttpResponse, Fault> {
    Ok(answer::go(&visit, paths::ACCOUNT_PASSWORD))
}

/// RFC 9116.
async fn security(visit: Visit) -> Result<HttpResponse, Fault> {
    match &visit.ctx.settings.security_contact {
        Some(contact) => {
            let now = visit.ctx.clock.now();
            let expires = portvakt_web::dates::machine(now.after(portvakt_model::Seconds::days(90)));
            let issuer = &visit.ctx.settings.issuer;
            Ok(answer::plain(format!(
                "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, sv, nb\nCanonical: {issuer}/.well-known/security.txt\n"
            )))
        }
        None => answer::not_found(&visit),
    }
}

async fn robots(_: Visit) -> Result<HttpResponse, Fault> {
    Ok(answer::plain("User-agent: *\nDisallow: /\n".to_owned()))
}

/// The process runs.
async fn live(_: Visit) -> Result<HttpResponse, Fault> {
    Ok(answer::plain("live\n".to_owned()))
}

/// The database answers, keys are loaded, and nobody has asked us to stop.
async fn ready(visit: Visit) -> Result<HttpResponse, Fault> {
    if visit.ctx.settings.is_stopping() {
        return Err(Fault::Busy("stopping"));
    }
    visit.ctx.store.read(|tx| tx.epoch().value()).await?;
    Ok(answer::plain("ready\n".to_owned()))
}
