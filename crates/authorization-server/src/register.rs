//! Apps that register themselves (RFC 7591, RFC 7592), and their pictures.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::logo as logo_flow;
use portvakt_flows::registration::{self as flow, Refused};
use portvakt_model::{Fault, Language};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, json};

/// `POST /register`.
pub async fn register(visit: Visit) -> Result<HttpResponse, Fault> {
    let source = visit.browser.source();
    match flow::register(&visit.ctx, &visit.caller(&source), json::bytes(&visit)).await? {
        Ok(told) => answer::json(StatusCode::CREATED, &told),
        Err(refused) => refuse(&visit, refused),
    }
}

/// `GET /register/{client_id}`.
pub async fn read(visit: Visit) -> Result<HttpResponse, Fault> {
    let source = visit.browser.source();
    match flow::read(&visit.ctx, &visit.caller(&source), visit.segment(1)).await? {
        Ok(told) => answer::json(StatusCode::OK, &told),
        Err(refused) => refuse(&visit, refused),
    }
}

/// `PUT /register/{client_id}`.
pub async fn update(visit: Visit) -> Result<HttpResponse, Fault> {
    let source = visit.browser.source();
    match flow::update(&visit.ctx, &visit.caller(&source), visit.segment(1), json::bytes(&visit)).await? {
        Ok(told) => answer::json(StatusCode::OK, &told),
        Err(refused) => refuse(&visit, refused),
    }
}

/// `DELETE /register/{client_id}`.
pub async fn delete(visit: Visit) -> Result<HttpResponse, Fault> {
    let source = visit.browser.source();
    match flow::delete(&visit.ctx, &visit.caller(&source), visit.segment(1)).await? {
        Ok(()) => Ok(answer::gone()),
        Err(refused) => refuse(&visit, refused),
    }
}

fn refuse(visit: &Visit, refused: Refused) -> Result<HttpResponse, Fault> {
    match refused {
        Refused::NotOffered => answer::not_found(visit),
        Refused::Token(why) => answer::bearer_refusal(why),
        Refused::Metadata(why) => answer::refusal(why.into()),
    }
}

/// `GET /logo/{client_id}?lang=sv`: from our own site, so that an app's host does not learn who visits our pages.
pub async fn logo(visit: Visit) -> Result<HttpResponse, Fault> {
    let language = Language::of_tag(visit.parameter("lang"));
    if let Some(picture) = logo_flow::get(&visit.ctx, visit.segment(1), language).await? {
        return Ok(answer::picture(&picture));
    }
    let app = portvakt_flows::app::find(&visit.ctx, visit.segment(1)).await?;
    answer::no_picture(&visit, app, language.unwrap_or(visit.browser.language))
}
