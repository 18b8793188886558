//! The account chooser's answers.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::pending::Pending;
use portvakt_model::{Email, Fault};

/// What the person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The account that is signed in here.
    SignedIn,
    /// A remembered address.
    Address(String),
    /// Another address.
    Another,
}

/// What became of the choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Taken into the sign-in; go on with this handle.
    GoOn(String),
    /// The handle is too old or another browser's.
    Stale,
    /// From here too many requests are kept that are too long for an address line.
    Limited,
}

/// Takes the choice.
pub async fn post(ctx: &Ctx, browser: &Browser, r: &str, choice: Choice) -> Result<Outcome, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Outcome::Stale) };
    let another = choice == Choice::Another;
    let address = match choice {
        Choice::SignedIn | Choice::Another => None,
        Choice::Address(text) => Email::parse(&text).ok().map(|email| email.stored().to_owned()),
    };
    let pending = Pending { remember: address.is_some(), address, chosen: true, another, ..pending };
    Ok(pending.seal(ctx, browser).await?.map_or(Outcome::Limited, Outcome::GoOn))
}

/// Forgets an address on this browser. Nothing is said about whether it was remembered.
pub async fn forget(ctx: &Ctx, browser: &Browser, address: &str) -> Result<(), Fault> {
    let Some(device) = &browser.device else { return Ok(()) };
    let hash = Ctx::hash(device);
    let address = Email::parse(address).map_or_else(|_| address.to_owned(), |email| email.stored().to_owned());
    ctx.store.write(move |tx| tx.devices().forget(&hash, &address).map(|_| ())).await
}
