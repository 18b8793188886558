//! The one-time link: it signs in, by a button, the browser that asked for it.

use super::session::{About, Opened, Opening};
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use portvakt_model::challenge::{Challenge, ChallengePurpose};
use portvakt_model::{Fault, Handle, Method, Tenant, Timestamp};
use portvakt_policy::{FirstStep, Refused};
use portvakt_store::SignInView;

/// What a link is worth in this browser.
pub enum Look {
    /// Show the button; the address it is for, and the person's organisation.
    Confirm(String, Option<Box<Tenant>>),
    /// Asked for in another browser.
    Elsewhere,
    /// Used, too old, replaced, or never made.
    Spent,
}

/// Looks at a link without spending it.
pub async fn look(ctx: &Ctx, browser: &Browser, handle: &str) -> Result<Look, Fault> {
    let now = ctx.clock.now();
    Ok(match find(ctx, browser, handle, now).await? {
        Found::Good(_, view) => match view.account {
            Some((_, address)) => Look::Confirm(address.stored, view.tenant.map(Box::new)),
            None => Look::Spent,
        },
        Found::Elsewhere => Look::Elsewhere,
        Found::Spent => Look::Spent,
    })
}

/// What became of the button.
pub enum Outcome {
    /// The person is signed in; go on with this handle, if the sign-in was on the way somewhere.
    SignedIn(Opened, Option<String>),
    /// Asked for in another browser.
    Elsewhere,
    /// Used, too old, replaced, or never made.
    Spent,
    /// The gate stays shut.
    Refused(Refused),
}

/// Spends the link and opens the session.
pub async fn post(ctx: &Ctx, browser: &Browser, handle: &str) -> Result<Outcome, Fault> {
    let now = ctx.clock.now();
    let (challenge, view) = match find(ctx, browser, handle, now).await? {
        Found::Good(challenge, view) => (*challenge, *view),
        Found::Elsewhere => return Ok(Outcome::Elsewhere),
        Found::Spent => return Ok(Outcome::Spent),
    };
    let SignInView { account, policies, tenant, .. } = view;
    let Some((account, address)) = account else { return Ok(Outcome::Spent) };
    let home_suspended = tenant.is_some_and(|tenant| tenant.suspended_at.is_some());
    let about = About { account, address, policies, home_suspended, method: Method::OneTimeLink };
    let opening = Opening::prepare(ctx, browser, about, false, false)?;
    let request = challenge.request.clone();
    ctx.store
        .write(move |tx| {
            let opening = opening.judged_now(tx)?;
            if tx.challenges().spend(&challenge.handle, ChallengePurpose::SignInLink, now)?.is_none() {
                return Ok(Outcome::Spent);
            }
            Ok(match opening.open(tx, now)? {
                Ok(opened) => Outcome::SignedIn(opened, request),
                // The account changed since the link was looked at.
                Err(Refused::NoProof) => Outcome::Spent,
                Err(refused) => Outcome::Refused(refused),
            })
        })
        .await
}

enum Found {
    Good(Box<Challenge>, Box<SignInView>),
    Elsewhere,
    Spent,
}

async fn find(ctx: &Ctx, browser: &Browser, handle: &str, now: Timestamp) -> Result<Found, Fault> {
    let Some(handle) = Handle::parse(handle) else { return Ok(Found::Spent) };
    let hash = Ctx::hash(&handle);
    let found = ctx
        .store
        .read(move |tx| {
            let Some(challenge) = tx.challenges().peek(&hash, ChallengePurpose::SignInLink)? else { return Ok(None) };
            let domain = challenge.address.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
            let view = tx.sign_in().by_address(&challenge.address, &domain)?;
            Ok(Some((challenge, view)))
        })
        .await?;
    let Some((challenge, view)) = found else { return Ok(Found::Spent) };
    let account = view.account.as_ref().map(|(account, _)| account);
    let is_good = challenge.spent_at.is_none()
        && now < challenge.expires_at
        && account
            .is_some_and(|account| challenge.account == Some(account.id) && challenge.facts == account.facts_version)
        && portvakt_policy::first_step(&gate::rules(&view.policies)) == FirstStep::Password;
    let here = browser.flow.as_ref().map(Ctx::hash);
    Ok(match (is_good, challenge.browser == here && here.is_some()) {
        (true, true) => Found::Good(Box::new(challenge), Box::new(view)),
        (true, false) => Found::Elsewhere,
        (false, _) => Found::Spent,
    })
}
