//! The design system's page with a sample of every page, and the embedded assets.

use crate::pages::design::DesignSystem;
use crate::route::{Access, Cors, Route, Verb};
use crate::samples::{self, Sampler};
use crate::visit::Visit;
use crate::words::Words;
use crate::{answer, assets, headers};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_model::Fault;

/// A row for each asset.
pub fn asset_routes() -> Vec<Route> {
    assets::all()
        .iter()
        .map(|asset| {
            Route::machine(Verb::Get, asset.path, Access::Public, Cors::Closed, |visit| Box::pin(asset_of(visit)))
        })
        .collect()
}

/// An embedded asset: the path names its content.
async fn asset_of(visit: Visit) -> Result<HttpResponse, Fault> {
    match assets::all().iter().find(|asset| asset.path == visit.path()) {
        Some(asset) => Ok(answer::raw(StatusCode::OK, headers::asset(), asset.content_type, asset.bytes)),
        None => answer::not_found(&visit),
    }
}

/// `GET /design`.
pub async fn index(visit: Visit) -> Result<HttpResponse, Fault> {
    let sampler = sampler(&visit);
    let page = DesignSystem { layout: visit.bare_layout(), samples: samples::names(&sampler) };
    answer::page(&visit, &page)
}

/// `GET /design/{page}/{state}`.
pub async fn sample(visit: Visit) -> Result<HttpResponse, Fault> {
    let path = visit.path().split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(2);
    let (page, state) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match samples::find(&sampler(&visit), page, state)? {
        Some(sample) => Ok(answer::html(&visit, StatusCode::OK, headers::html(&visit.nonce), sample.html)),
        None => answer::not_found(&visit),
    }
}

fn sampler(visit: &Visit) -> Sampler {
    Sampler::of(Words::of(visit.language(None)), &visit.nonce)
}
