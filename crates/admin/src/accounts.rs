//! Accounts. Their ids stand in paths, never their addresses: paths are logged. The link to choose a password goes by
//! mail to the person, and is in no answer.

use crate::NAME;
use crate::list::{self, Page, parameter};
use crate::refused::{Refused, Stop, read, read_or_default};
use crate::shapes;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_flows::account::{self as flow, Invalid};
use portvakt_model::{Account, AccountId, Address, Language, Profile};
use portvakt_web::answer;
use portvakt_web::visit::Visit;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    address: String,
    name: String,
    language: Option<Language>,
    /// Whether whoever calls vouches for the address.
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    profile: Profile,
}

/// The body of what needs none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// `GET /api/v1/accounts`, by id; `?address=` finds one.
pub(crate) async fn list(visit: Visit) -> Result<HttpResponse, Stop> {
    let page = Page::of(&visit)?;
    if let Some(address) = parameter(&visit, "address")? {
        let found = flow::find(&visit.ctx, address).await?;
        return list::answer(
            &found.iter().map(|(account, addresses)| shapes::whole_account(account, addresses)).collect::<Vec<_>>(),
            None,
        );
    }
    let after = match page.after.as_deref().map(AccountId::parse) {
        Some(None) => return Err(Refused::wrong("after", "it is an account's id").into()),
        after => after.flatten(),
    };
    let read = flow::list(&visit.ctx, after, page.read_limit()).await?;
    let (accounts, next) = page.cut(read, |account| account.id.to_string());
    list::answer(&accounts.iter().map(shapes::account).collect::<Vec<_>>(), next.as_deref())
}

/// `POST /api/v1/accounts`: mails the link to choose a password.
pub(crate) async fn create(visit: Visit) -> Result<HttpResponse, Stop> {
    let New { address, name, language, verified, profile } = read(&visit)?;
    let new = flow::New { address, name, language, verified, profile };
    let made = flow::create(&visit.ctx, new).await?.map_err(refused)?;
    let (account, addresses) = flow::find_by_id(&visit.ctx, made.account.id).await?.ok_or(Refused::Unknown)?;
    Ok(answer::json(StatusCode::CREATED, &shapes::whole_account(&account, &addresses))?)
}

/// `GET /api/v1/accounts/{account_id}`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Stop> {
    let (account, addresses) = named(&visit).await?;
    Ok(answer::json(StatusCode::OK, &shapes::whole_account(&account, &addresses))?)
}

/// `POST /api/v1/accounts/{account_id}/send-reset`: mails a link to choose a new password to the primary address.
pub(crate) async fn send_reset(visit: Visit) -> Result<HttpResponse, Stop> {
    let Nothing {} = read_or_default(&visit)?;
    let (_, addresses) = named(&visit).await?;
    let address = primary(&addresses)?;
    flow::send_reset(&visit.ctx, address).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::ACCEPTED, &json!({ "mailed_to": address }))?)
}

/// `POST /api/v1/accounts/{account_id}/disable`: its sessions and all apps' access end.
pub(crate) async fn disable(visit: Visit) -> Result<HttpResponse, Stop> {
    switch(&visit, true).await
}

/// `POST /api/v1/accounts/{account_id}/enable`.
pub(crate) async fn enable(visit: Visit) -> Result<HttpResponse, Stop> {
    switch(&visit, false).await
}

async fn switch(visit: &Visit, off: bool) -> Result<HttpResponse, Stop> {
    let Nothing {} = read_or_default(visit)?;
    let (_, addresses) = named(visit).await?;
    let account = flow::set_disabled(&visit.ctx, primary(&addresses)?, off).await?.map_err(refused)?;
    Ok(answer::json(StatusCode::OK, &shapes::whole_account(&account, &addresses))?)
}

/// The account that the path names.
async fn named(visit: &Visit) -> Result<(Account, Vec<Address>), Stop> {
    let id = AccountId::parse(visit.segment(NAME)).ok_or(Refused::Unknown)?;
    Ok(flow::find_by_id(&visit.ctx, id).await?.ok_or(Refused::Unknown)?)
}

/// The address that the flows know the account by.
fn primary(addresses: &[Address]) -> Result<&str, Refused> {
    let found = addresses.iter().find(|address| address.primary).or(addresses.first());
    found.map(|address| address.stored.as_str()).ok_or(Refused::Unknown)
}

fn refused(invalid: Invalid) -> Refused {
    match invalid {
        Invalid::Address => Refused::wrong("address", "it is no e-mail address"),
        Invalid::Name => Refused::wrong("name", "it is 1 to 120 characters that can be shown"),
        Invalid::Taken => Refused::Taken("address"),
        Invalid::Unknown => Refused::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_protocol::json::parse;

    #[test]
    fn nobody_chooses_another_s_password() {
        let new: New = parse(br#"{"address": "anna@nordvik.example", "name": "Anna"}"#).unwrap();
        assert!(!new.verified, "an address is not vouched for by saying nothing");
        for wrong in ["password", "password_hash", "sub", "set_password_link"] {
            let text = format!(r#"{{"address": "anna@nordvik.example", "name": "Anna", "{wrong}": "x"}}"#);
            assert_eq!(parse::<New>(text.as_bytes()).unwrap_err().field, wrong);
        }
    }
}
