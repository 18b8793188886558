//! The consent page.

use crate::authorize::{Onward, follow};
use actix_web::HttpResponse;
use portvakt_flows::authorize::{self as flow, AskConsent, Step};
use portvakt_flows::consent as consent_flow;
use portvakt_model::Fault;
use portvakt_web::csrf::Form;
use portvakt_web::pages::consent::{Ask, ConsentPage};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, paths};

/// `GET /consent`.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other step is another page's, and followed")]
pub async fn page(visit: Visit) -> Result<HttpResponse, Fault> {
    match flow::resume(&visit.ctx, &visit.browser, visit.parameter("r")).await? {
        Step::Consent(ask) => {
            let page = ConsentPage {
                layout: visit.layout(&ask.scene, &ask.r, paths::CONSENT),
                csrf: visit.mark(Form::Consent),
                address: ask.account.email.as_ref().map_or_else(String::new, |(email, _)| email.clone()),
                asks: asks(&ask),
            };
            answer::page(&visit, &page)
        }
        step => follow(&visit, step, Onward::Page),
    }
}

/// `POST /consent`. A form never leaves the site: whatever comes next is decided on a page of ours.
pub async fn answer(visit: Visit) -> Result<HttpResponse, Fault> {
    let allows = visit.field("answer") == "allow";
    let step = consent_flow::answer(&visit.ctx, &visit.browser, visit.field("r"), allows).await?;
    follow(&visit, step, Onward::Page)
}

/// What is asked, in the person's own terms.
fn asks(ask: &AskConsent) -> Vec<Ask> {
    let account = &ask.account.account;
    let wants = |scope: &str| ask.scopes.iter().any(|asked| asked == scope);
    let by_name = |claim: &str| ask.claims.iter().any(|asked| asked == claim);
    let mut asks = Vec::new();
    if wants("profile") || by_name("name") {
        asks.push(Ask::Name { value: account.name.clone() });
    }
    let apart = ["name", "email", "email_verified", "phone_number", "phone_number_verified", "address"];
    if wants("profile") || ask.claims.iter().any(|claim| !apart.contains(&claim.as_str())) {
        asks.push(Ask::Profile);
    }
    if wants("email") || by_name("email") {
        let value = ask.account.email.as_ref().map_or_else(String::new, |(email, _)| email.clone());
        asks.push(Ask::Mail { value });
    }
    if wants("phone") || by_name("phone_number") {
        asks.push(Ask::Phone { value: account.profile.phone_number.clone().unwrap_or_default() });
    }
    if wants("address") || by_name("address") {
        asks.push(Ask::Postal);
    }
    asks.extend(ask.apis.iter().map(|name| Ask::Api { name: name.clone() }));
    let known = portvakt_protocol::oauth::scope::STANDARD;
    asks.extend(
        ask.scopes
            .iter()
            .filter(|scope| !known.contains(&scope.as_str()))
            .map(|scope| Ask::Other { scope: scope.clone() }),
    );
    if wants("offline_access") {
        asks.push(Ask::Away);
    }
    if asks.is_empty() {
        asks.push(Ask::Identity);
    }
    asks
}
