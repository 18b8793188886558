//! The sign-in pages: address, account chooser, password.

use crate::authorize::{Onward, follow, limited, stale};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::authorize::{self as flow, Step};
use portvakt_flows::sign_in::{address as address_flow, choose as choose_flow, password as password_flow};
use portvakt_model::{EmailError, Fault, Secret};
use portvakt_protocol::oauth::Why;
use portvakt_web::csrf::Form;
use portvakt_web::pages::sign_in::{
    Address, AddressWrong, Choice, ChooseAccount, OrganisationSignIn, Password, PasswordWrong,
};
use portvakt_web::pages::trouble::Trouble;
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// The choice that stands for the person who is signed in.
const SIGNED_IN: &str = "signed-in";

/// `GET /sign-in`: the address, also to change one that was given.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
pub async fn address_page(visit: Visit) -> Result<HttpResponse, Fault> {
    match flow::ask_address(&visit.ctx, &visit.browser, visit.parameter("r")).await? {
        Step::Address(ask) => {
            let page = Address {
                layout: visit.layout(&ask.scene, &ask.r, paths::SIGN_IN),
                csrf: visit.mark(Form::Address),
                address: ask.hint.unwrap_or_default(),
                remember: false,
                wrong: None,
            };
            answer::page(&visit, &page)
        }
        step => follow(&visit, step, Onward::Page),
    }
}

/// `POST /sign-in`.
pub async fn address(visit: Visit) -> Result<HttpResponse, Fault> {
    let (r, typed) = (visit.field("r"), visit.field("login"));
    if visit.field("act") == "cancel" {
        return cancel(&visit).await;
    }
    let remember = visit.field("remember") == "yes";
    match address_flow::post(&visit.ctx, &visit.browser, r, typed, remember).await? {
        address_flow::Outcome::GoOn(r) => Ok(answer::go(&visit, &answer::with_r(paths::PASSWORD, &r))),
        address_flow::Outcome::Stale => stale(&visit),
        address_flow::Outcome::Limited => limited(&visit),
        address_flow::Outcome::Invalid(why) => {
            let step = flow::ask_address(&visit.ctx, &visit.browser, r).await?;
            let Step::Address(ask) = step else { return follow(&visit, step, Onward::Page) };
            let wrong = match why {
                EmailError::Form if typed.is_empty() => AddressWrong::Empty,
                EmailError::Form | EmailError::Domain | EmailError::TooLong => AddressWrong::Form,
            };
            let page = Address {
                layout: visit.layout(&ask.scene, &ask.r, paths::SIGN_IN),
                csrf: visit.mark(Form::Address),
                address: typed.chars().take(254).collect(),
                remember,
                wrong: Some(wrong),
            };
            answer::page_as(&visit, StatusCode::BAD_REQUEST, &page)
        }
    }
}

/// `GET /sign-in/choose`.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
pub async fn choose_page(visit: Visit) -> Result<HttpResponse, Fault> {
    match flow::resume(&visit.ctx, &visit.browser, visit.parameter("r")).await? {
        Step::Choose(ask) => {
            let signed_in = ask.signed_in.as_ref().map(|(name, address)| Choice {
                handle: SIGNED_IN.to_owned(),
                address: address.clone(),
                name: Some(name.clone()),
                signed_in: true,
            });
            let known = ask.signed_in.as_ref().map(|(_, address)| address.clone());
            let others = ask
                .remembered
                .into_iter()
                .filter(|one| known.as_ref() != Some(&one.address))
                .map(|one| Choice { handle: one.address.clone(), address: one.address, name: None, signed_in: false });
            let page = ChooseAccount {
                layout: visit.layout(&ask.scene, &ask.r, paths::CHOOSE),
                csrf: visit.mark(Form::Choose),
                choices: signed_in.into_iter().chain(others).collect(),
            };
            answer::page(&visit, &page)
        }
        step => follow(&visit, step, Onward::Page),
    }
}

/// `POST /sign-in/choose`.
pub async fn choose(visit: Visit) -> Result<HttpResponse, Fault> {
    let (r, forget) = (visit.field("r"), visit.field("forget"));
    if !forget.is_empty() {
        choose_flow::forget(&visit.ctx, &visit.browser, forget).await?;
        return Ok(answer::go(&visit, &answer::with_r(paths::CHOOSE, r)));
    }
    let choice = match (visit.field("account"), visit.field("other")) {
        (SIGNED_IN, _) => choose_flow::Choice::SignedIn,
        ("", _) => choose_flow::Choice::Another,
        (address, _) => choose_flow::Choice::Address(address.to_owned()),
    };
    let next = if choice == choose_flow::Choice::Another { paths::SIGN_IN } else { paths::RESUME };
    match choose_flow::post(&visit.ctx, &visit.browser, r, choice).await? {
        choose_flow::Outcome::GoOn(r) => Ok(answer::go(&visit, &answer::with_r(next, &r))),
        choose_flow::Outcome::Stale => stale(&visit),
        choose_flow::Outcome::Limited => limited(&visit),
    }
}

/// `GET /sign-in/password`: or the page that says that the organisation signs in elsewhere.
pub async fn password_page(visit: Visit) -> Result<HttpResponse, Fault> {
    let r = visit.parameter("r").to_owned();
    show_password(&visit, &r, StatusCode::OK, None).await
}

#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
async fn show_password(
    visit: &Visit,
    r: &str,
    status: StatusCode,
    wrong: Option<PasswordWrong>,
) -> Result<HttpResponse, Fault> {
    match flow::resume(&visit.ctx, &visit.browser, r).await? {
        Step::Password(ask) => {
            let page = Password {
                layout: visit.layout(&ask.scene, &ask.r, paths::PASSWORD),
                csrf: visit.mark(Form::Password),
                address: ask.address,
                keep: ask.may_keep.then(|| visit.field("keep") == "yes"),
                wrong,
            };
            answer::page_as(visit, status, &page)
        }
        Step::OrganisationSignIn(organisation) => {
            let name = organisation.scene.tenant.as_ref().map(|tenant| tenant.name.clone());
            let page = OrganisationSignIn {
                layout: visit.layout(&organisation.scene, &organisation.r, paths::PASSWORD),
                address: organisation.address,
                organisation: name.unwrap_or_else(|| visit.ctx.settings.name.clone()),
            };
            answer::page(visit, &page)
        }
        step => follow(visit, step, Onward::Page),
    }
}

/// `POST /sign-in/password`.
pub async fn password(visit: Visit) -> Result<HttpResponse, Fault> {
    if visit.field("act") == "cancel" {
        return cancel(&visit).await;
    }
    let (r, typed) = (visit.field("r").to_owned(), visit.field("password"));
    if typed.is_empty() {
        return show_password(&visit, &r, StatusCode::BAD_REQUEST, Some(PasswordWrong::Empty)).await;
    }
    let (password, keep) = (Secret::new(typed.to_owned()), visit.field("keep") == "yes");
    match password_flow::post(&visit.ctx, &visit.browser, &r, password, keep).await? {
        password_flow::Outcome::SignedIn(opened, r) => {
            Ok(answer::go_with(&visit, &answer::with_r(paths::RESUME, &r), &answer::signed_in(&visit, &opened)?))
        }
        password_flow::Outcome::Wrong => {
            show_password(&visit, &r, StatusCode::BAD_REQUEST, Some(PasswordWrong::Wrong)).await
        }
        password_flow::Outcome::Limited(wait) => {
            let wrong = PasswordWrong::Limited { wait };
            let mut answer = show_password(&visit, &r, StatusCode::TOO_MANY_REQUESTS, Some(wrong)).await?;
            answer::put(&mut answer, "Retry-After", &wait.0.to_string());
            Ok(answer)
        }
        password_flow::Outcome::OrganisationSignIn => show_password(&visit, &r, StatusCode::OK, None).await,
        password_flow::Outcome::Refused(why) => barred(&visit, why),
        password_flow::Outcome::Stale => stale(&visit),
    }
}

/// The gate stays shut for somebody who proved who they are: say why.
pub fn barred(visit: &Visit, why: portvakt_flows::gate::Refused) -> Result<HttpResponse, Fault> {
    use portvakt_flows::gate::Refused as Why;
    let trouble = match why {
        Why::AccountDisabled | Why::TenantSuspended => Trouble::Suspended,
        Why::StrongerProofNeeded | Why::FreshProofNeeded => Trouble::Unmet,
        Why::PolicyUnsound | Why::OwnSignInOff | Why::NoProof | Why::SessionOver | Why::ChainOver | Why::NoEntry => {
            Trouble::Policy
        }
    };
    answer::trouble(visit, &flow::Scene::default(), trouble, None)
}

/// "Back to the app": the person says no, and the app is told.
async fn cancel(visit: &Visit) -> Result<HttpResponse, Fault> {
    let step = flow::cancel(&visit.ctx, &visit.browser, visit.field("r"), Why::PersonRefused).await?;
    follow(visit, step, Onward::Page)
}
