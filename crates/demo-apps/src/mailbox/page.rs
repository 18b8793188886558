//! The mailbox's pages and its JSON.

use super::{Mailbox, Message};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

/// Every address of the mailbox.
pub fn mount(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(list))
        .route("/mail/{id}", web::get().to(show))
        .route("/api/messages", web::get().to(messages))
        .route("/api/messages", web::delete().to(clear))
        .route("/style.css", web::get().to(style))
        .route("/icon.svg", web::get().to(icon))
        .route("/healthz", web::get().to(HttpResponse::Ok));
}

#[derive(Template)]
#[template(path = "mailbox.html")]
struct Page {
    mails: Vec<Message>,
    open: Option<Message>,
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn list(mailbox: web::Data<Mailbox>) -> HttpResponse {
    answer(&Page { mails: mailbox.list(None), open: None }, StatusCode::OK)
}

async fn show(mailbox: web::Data<Mailbox>, id: web::Path<u64>) -> HttpResponse {
    let open = mailbox.find(id.into_inner());
    let status = if open.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    answer(&Page { mails: mailbox.list(None), open }, status)
}

/// `GET /api/messages?to=address`: the mails as JSON, the newest first.
async fn messages(mailbox: web::Data<Mailbox>, filter: web::Query<Filter>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(mailbox.list(filter.to.as_deref()))
}

async fn clear(mailbox: web::Data<Mailbox>) -> HttpResponse {
    mailbox.clear();
    HttpResponse::NoContent().finish()
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(include_str!("../../assets/app.css"))
}

async fn icon() -> HttpResponse {
    HttpResponse::Ok().content_type("image/svg+xml").body(include_str!("../../assets/icon.svg"))
}

/// The frame is sandboxed and takes the page's rules with it: a mail runs no script and fetches nothing; its own styles
/// are part of how it looks, so inline ones are allowed. Its links open in a new window.
fn answer(page: &Page, status: StatusCode) -> HttpResponse {
    match page.render() {
        Ok(html) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .insert_header((
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ))
            .body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mails_html_stands_in_a_sandboxed_frame_and_nowhere_else() {
        let mail = b"Subject: <b>x</b>\r\nContent-Type: text/html\r\n\r\n<script>alert(\"1\")</script>\r\n";
        let open = Message::read(String::new(), vec!["a@x".to_owned()], mail);
        let html = Page { mails: vec![open.clone()], open: Some(open) }.render().unwrap();
        assert!(!html.contains("<script>") && !html.contains("<b>x</b>"));
        assert!(html.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
        assert!(html.contains("srcdoc=\""));
    }
}
