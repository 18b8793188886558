//! "Forgot your password?": a mailed link to choose a new one, or one that signs in; and the pages behind the links.

use crate::authorize::{Onward, follow, stale};
use crate::sign_in::barred;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::{self as flow, Scene, Step};
use portvakt_flows::limits;
use portvakt_flows::password::{self as password_flow, Asked, Choosing as Chosen, Fails, Look, Set, Wish};
use portvakt_flows::sign_in::link as link_flow;
use portvakt_model::{Fault, Secret, Tenant};
use portvakt_web::choosing::choosing;
use portvakt_web::csrf::Form;
use portvakt_web::pages::forgot::{Forgot, MailKind, MailSent};
use portvakt_web::pages::link::{LinkConfirm, LinkElsewhere, LinkPurpose, LinkSpent};
use portvakt_web::pages::new_password::{NewPassword, PasswordSaved};
use portvakt_web::pages::sign_in::AddressWrong;
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// How long mailed links are good, in minutes.
const LINK_MINUTES: u32 = 30;

/// `GET /sign-in/forgot`.
pub async fn forgot_page(visit: Visit) -> Result<HttpResponse, Fault> {
    let r = visit.parameter("r").to_owned();
    show_forgot(&visit, &r, StatusCode::OK, None).await
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
async fn show_forgot(
    visit: &Visit,
    r: &str,
    status: StatusCode,
    wrong: Option<AddressWrong>,
) -> Result<HttpResponse, Fault> {
    let step = flow::resume(&visit.ctx, &visit.browser, r).await?;
    let (r, scene, address) = match step {
        Step::Password(ask) => (ask.r, ask.scene, ask.address),
        Step::Address(ask) => (ask.r, ask.scene, ask.hint.unwrap_or_default()),
        Step::Choose(ask) => (ask.r, ask.scene, String::new()),
        // Where the organisation uses its own sign-in there is nothing to forget.
        step => return follow(visit, step, Onward::Page),
    };
    let typed = visit.field("login");
    let page = Forgot {
        layout: visit.layout(&scene, &r, paths::FORGOT),
        csrf: visit.mark(Form::Forgot),
        address: if typed.is_empty() { address } else { typed.chars().take(254).collect() },
        reset: true,
        link: true,
        wrong,
    };
    answer::page_as(visit, status, &page)
}

/// `POST /sign-in/forgot/reset`.
pub async fn forgot_reset(visit: Visit) -> Result<HttpResponse, Fault> {
    ask(&visit, Wish::Reset, MailKind::Reset).await
}

/// `POST /sign-in/forgot/link`.
pub async fn forgot_link(visit: Visit) -> Result<HttpResponse, Fault> {
    ask(&visit, Wish::SignInLink, MailKind::Link).await
}

async fn ask(visit: &Visit, wish: Wish, kind: MailKind) -> Result<HttpResponse, Fault> {
    let (r, typed) = (visit.field("r").to_owned(), visit.field("login"));
    match password_flow::ask(&visit.ctx, &visit.browser, &r, typed, wish).await? {
        Asked::Sent(address) => {
            let scene = flow::scene(&visit.ctx, &visit.browser, &r).await?;
            let page = MailSent {
                layout: visit.layout(&scene, &r, paths::FORGOT),
                csrf: visit.mark(Form::Forgot),
                address,
                kind,
                minutes: LINK_MINUTES,
            };
            answer::page(visit, &page)
        }
        Asked::Limited => {
            let minutes = limits::MAIL_WINDOW.0 / 60;
            let wrong = Some(AddressWrong::Limited { minutes });
            let mut answer = show_forgot(visit, &r, StatusCode::TOO_MANY_REQUESTS, wrong).await?;
            answer::put(&mut answer, "Retry-After", &limits::MAIL_WINDOW.0.to_string());
            Ok(answer)
        }
        Asked::Invalid => {
            let wrong = if typed.is_empty() { AddressWrong::Empty } else { AddressWrong::Form };
            show_forgot(visit, &r, StatusCode::BAD_REQUEST, Some(wrong)).await
        }
        Asked::Stale => stale(visit),
    }
}

/// `GET /sign-in/link?h=`: looks, and offers the button. Mail programs that open links beforehand spend nothing.
pub async fn sign_in_link_page(visit: Visit) -> Result<HttpResponse, Fault> {
    let handle = visit.parameter("h");
    match link_flow::look(&visit.ctx, &visit.browser, handle).await? {
        link_flow::Look::Confirm(address, tenant) => {
            confirm(&visit, handle, address, LinkPurpose::SignIn, tenant.map(|tenant| *tenant))
        }
        link_flow::Look::Elsewhere => elsewhere(&visit),
        link_flow::Look::Spent => spent(&visit),
    }
}

/// `POST /sign-in/link`.
pub async fn sign_in_link(visit: Visit) -> Result<HttpResponse, Fault> {
    match link_flow::post(&visit.ctx, &visit.browser, visit.field("handle")).await? {
        link_flow::Outcome::SignedIn(opened, r) => {
            let path = r.map_or_else(|| paths::ACCOUNT.to_owned(), |r| answer::with_r(paths::RESUME, &r));
            Ok(answer::go_with(&visit, &path, &answer::signed_in(&visit, &opened)?))
        }
        link_flow::Outcome::Elsewhere => elsewhere(&visit),
        link_flow::Outcome::Spent => spent(&visit),
        link_flow::Outcome::Refused(why) => barred(&visit, why),
    }
}

/// `GET /password/link?h=`: looks, and offers the button.
pub async fn link_page(visit: Visit) -> Result<HttpResponse, Fault> {
    let handle = visit.parameter("h");
    match password_flow::look(&visit.ctx, handle).await? {
        Look::Choose(chosen) => confirm(&visit, handle, chosen.address, LinkPurpose::Password, chosen.tenant),
        Look::Spent => spent(&visit),
        Look::Refused(why) => barred(&visit, why),
    }
}

/// `POST /password/link`: shows the fields. The link is as good as before.
pub async fn choose_page(visit: Visit) -> Result<HttpResponse, Fault> {
    let handle = visit.field("handle");
    match password_flow::look(&visit.ctx, handle).await? {
        Look::Choose(chosen) => show_choosing(&visit, StatusCode::OK, handle, &chosen, &[]),
        Look::Spent => spent(&visit),
        Look::Refused(why) => barred(&visit, why),
    }
}

/// `POST /password/new`: sets the password and spends the link.
pub async fn choose(visit: Visit) -> Result<HttpResponse, Fault> {
    let handle = visit.field("handle");
    let typed = (Secret::new(visit.field("password").to_owned()), Secret::new(visit.field("again").to_owned()));
    match password_flow::set(&visit.ctx, &visit.browser, handle, typed).await? {
        Set::Saved(ended, device) => {
            let page = PasswordSaved { layout: bare(&visit, None), ended };
            let mut answer = answer::page(&visit, &page)?;
            answer::set_cookie(&mut answer, &answer::known(&device));
            Ok(answer)
        }
        Set::Broken(chosen, fails) => show_choosing(&visit, StatusCode::BAD_REQUEST, handle, &chosen, &fails),
        Set::Spent => spent(&visit),
        Set::Refused(why) => barred(&visit, why),
    }
}

fn show_choosing(
    visit: &Visit,
    status: StatusCode,
    handle: &str,
    chosen: &Chosen,
    fails: &[Fails],
) -> Result<HttpResponse, Fault> {
    let page = NewPassword {
        layout: bare(visit, chosen.tenant.clone()),
        csrf: visit.mark(Form::NewPassword),
        handle: handle.to_owned(),
        address: chosen.address.clone(),
        first: chosen.first,
        choosing: choosing(chosen.min_length, chosen.personal.clone(), fails),
    };
    answer::page_as(visit, status, &page)
}

fn confirm(
    visit: &Visit,
    handle: &str,
    address: String,
    purpose: LinkPurpose,
    tenant: Option<Tenant>,
) -> Result<HttpResponse, Fault> {
    let page = LinkConfirm {
        layout: bare(visit, tenant),
        csrf: visit.mark(Form::Link),
        handle: handle.to_owned(),
        address,
        purpose,
    };
    answer::page(visit, &page)
}

fn elsewhere(visit: &Visit) -> Result<HttpResponse, Fault> {
    answer::page(visit, &LinkElsewhere { layout: bare(visit, None) })
}

fn spent(visit: &Visit) -> Result<HttpResponse, Fault> {
    answer::page_as(visit, StatusCode::GONE, &LinkSpent { layout: bare(visit, None), reference: None })
}

/// The frame of a page behind a link: the way back for the language switch keeps the link.
fn bare(visit: &Visit, tenant: Option<Tenant>) -> portvakt_web::Layout {
    let scene = Scene { tenant, ..Scene::default() };
    let mut layout = visit.layout(&scene, "", paths::SIGN_IN);
    visit.path().clone_into(&mut layout.back);
    layout
}
