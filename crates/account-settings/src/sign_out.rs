//! Signing out: how far it shall reach. The form goes to the one place that signs out.

use crate::room::Room;
use actix_web::HttpResponse;
use portvakt_model::Fault;
use portvakt_web::csrf::Form;
use portvakt_web::pages::account::SignOut;
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// `GET /account/sign-out`.
pub(crate) fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let page = SignOut {
        layout: room.layout(paths::ACCOUNT_SIGN_OUT),
        csrf: room.visit.mark(Form::Logout),
        person: room.face(),
        notice: room.notice(),
    };
    answer::page(&room.visit, &page)
}
