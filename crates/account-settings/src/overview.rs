//! The first page: the account, its password, its browsers, and the apps that were let in.

use crate::room::Room;
use actix_web::HttpResponse;
use portvakt_flows::consent;
use portvakt_flows::settings::{self, Connected};
use portvakt_model::{AppId, Fault};
use portvakt_web::face::host_of;
use portvakt_web::pages::account::{AccountOverview, ConnectedApp, Notice, PasswordState};
use portvakt_web::visit::Visit;
use portvakt_web::words::Words;
use portvakt_web::{answer, paths};

/// `GET /account`.
pub(crate) async fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let found = settings::overview(&room.visit.ctx, &room.person).await?;
    let password = match (settings::password_rule(&room.person), found.password_set_at) {
        (None, _) => PasswordState::Off,
        (Some(_), None) => PasswordState::None,
        (Some(_), Some(at)) => PasswordState::Changed { at },
    };
    let layout = room.layout(paths::ACCOUNT);
    let words = layout.words;
    let page = AccountOverview {
        layout,
        csrf: room.mark(),
        person: room.face(),
        notice: room.notice(),
        organisation: room.home().map(|tenant| tenant.name.clone()),
        password,
        browsers: u32::try_from(found.sessions).unwrap_or(u32::MAX),
        apps: found.connected.into_iter().map(|app| connected(app, words)).collect(),
    };
    answer::page(&room.visit, &page)
}

fn connected(connected: Connected, words: Words) -> ConnectedApp {
    let Connected { app, since, away } = connected;
    ConnectedApp { handle: app.id.to_string(), host: host_of(&app.settings, words), name: app.name, since, away }
}

/// `POST /account`: takes back what an app was allowed.
pub(crate) async fn post(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let withdrawn = match AppId::parse(room.visit.field("withdraw")) {
        Some(app) => consent::withdraw(&room.visit.ctx, &room.person, app).await?,
        None => false,
    };
    Ok(room.done(paths::ACCOUNT, withdrawn.then_some(Notice::Withdrawn)))
}
