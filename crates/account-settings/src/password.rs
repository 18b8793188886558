//! The person's password: changed by who knows it, chosen by a mailed link by who has none.

use crate::room::{Room, to};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::settings::{self, Changed, LinkAsked, Password};
use portvakt_flows::{limits, password::Fails};
use portvakt_model::{Fault, Seconds, Secret};
use portvakt_web::choosing::choosing;
use portvakt_web::pages::account::Notice;
use portvakt_web::pages::account_password::{ChangePassword, MayChange};
use portvakt_web::pages::new_password::{Choosing, PasswordRule};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// `GET /account/password`.
pub(crate) async fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let (may, min_length) = match settings::password(&room.visit.ctx, &room.person).await? {
        Password::Set(min_length) => (MayChange::Change, min_length),
        Password::None => (MayChange::First, 0),
        Password::Disabled => (MayChange::Disabled, 0),
        Password::OrganisationSignIn => (MayChange::Off { organisation: room.organisation() }, 0),
    };
    let choosing = choosing(min_length, settings::personal_words(&room.person), &[]);
    show(&room, StatusCode::OK, Shown { may, wrong_now: false, choosing })
}

/// What differs between the showings of the page.
struct Shown {
    may: MayChange,
    wrong_now: bool,
    choosing: Choosing,
}

fn show(room: &Room, status: StatusCode, shown: Shown) -> Result<HttpResponse, Fault> {
    let Shown { may, wrong_now, choosing } = shown;
    let page = ChangePassword {
        layout: room.layout(paths::ACCOUNT_PASSWORD),
        csrf: room.mark(),
        person: room.face(),
        notice: room.notice(),
        may,
        wrong_now,
        choosing,
    };
    answer::page_as(&room.visit, status, &page)
}

/// `POST /account/password`.
pub(crate) async fn post(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    if room.visit.field("act") == "send" { send(&room).await } else { change(&room).await }
}

async fn change(room: &Room) -> Result<HttpResponse, Fault> {
    let typed = |name| Secret::new(room.visit.field(name).to_owned());
    let new = (typed("password"), typed("again"));
    let (ctx, browser) = (&room.visit.ctx, &room.visit.browser);
    match settings::change_password(ctx, browser, &room.person, typed("current"), new).await? {
        Changed::Saved(renewed) => {
            let cookie = answer::renewed(&renewed.session, renewed.keep);
            Ok(answer::go_with(&room.visit, &to(paths::ACCOUNT_PASSWORD, Some(Notice::Password)), &[cookie]))
        }
        Changed::WrongCurrent => again(room, true, &[], None),
        Changed::Broken(fails) => again(room, false, &fails, None),
        Changed::Same => again(room, false, &[], Some(PasswordRule::Reused)),
        Changed::Limited(wait) => limited(room, wait),
        // The page says how things stand now; who is signed in no more is asked to.
        Changed::OrganisationSignIn => Ok(room.done(paths::ACCOUNT_PASSWORD, None)),
        Changed::Overtaken => Ok(room.done(paths::ACCOUNT_PASSWORD, Some(Notice::Overtaken))),
    }
}

/// The page again, with what has to be mended.
fn again(room: &Room, wrong_now: bool, fails: &[Fails], more: Option<PasswordRule>) -> Result<HttpResponse, Fault> {
    let min_length = settings::password_rule(&room.person).unwrap_or_default();
    let mut choosing = choosing(min_length, settings::personal_words(&room.person), fails);
    choosing.broken.extend(more);
    show(room, StatusCode::BAD_REQUEST, Shown { may: MayChange::Change, wrong_now, choosing })
}

async fn send(room: &Room) -> Result<HttpResponse, Fault> {
    match settings::send_password_link(&room.visit.ctx, &room.visit.browser, &room.person).await? {
        LinkAsked::Sent => Ok(room.done(paths::ACCOUNT_PASSWORD, Some(Notice::LinkSent))),
        LinkAsked::Limited => limited(room, limits::MAIL_WINDOW),
        LinkAsked::HasOne | LinkAsked::OrganisationSignIn => Ok(room.done(paths::ACCOUNT_PASSWORD, None)),
    }
}

fn limited(room: &Room, wait: Seconds) -> Result<HttpResponse, Fault> {
    answer::limited(&room.visit, &room.scene(), wait)
}
