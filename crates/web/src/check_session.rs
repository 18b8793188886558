//! The frame that apps' pages ask whether the browser's state is still the same (OpenID Connect Session Management 1.0
//! §3.2): the only answer of ours that another site may frame. It holds one static script, and nothing of anybody.

use crate::answer;
use crate::cookies::Cookie;
use crate::headers;
use crate::visit::Visit;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use portvakt_model::Fault;

#[derive(Template)]
#[template(path = "check_session.html")]
struct CheckSession<'a> {
    nonce: &'a str,
    cookie: &'static str,
}

/// The frame; nothing is here where session management is off.
///
/// # Errors
/// Only where the template is broken.
pub fn frame(visit: &Visit) -> Result<HttpResponse, Fault> {
    if !visit.ctx.settings.offers.session_management {
        return answer::not_found(visit);
    }
    let page = CheckSession { nonce: &visit.nonce, cookie: Cookie::State.name() };
    let body = page.render().map_err(Fault::broken)?;
    // No cookie is set here: in a frame of another site it could be one of many.
    Ok(answer::bare(StatusCode::OK, headers::session_frame(&visit.nonce), body))
}
