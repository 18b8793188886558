//! The password page's answer. The attempt is reserved before the hash; an address that nobody has costs the same
//! statements and the same hash as one that somebody has.

use super::session::{About, Opened, Opening};
use super::tries::{self, Reserved};
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use crate::limits::PARKED_WINDOW;
use crate::pending::Pending;
use portvakt_model::{Fault, Method, Seconds, Secret, TenantId};
use portvakt_policy::{FirstStep, Refused};
use portvakt_store::PasswordRow;

/// What became of the password.
pub enum Outcome {
    /// The person is signed in; go on with this handle.
    SignedIn(Opened, String),
    /// Address and password do not belong together, or nobody has the address: one answer.
    Wrong,
    /// Too many tries, for this address or from here: not looked at, and worth another try after so long.
    Limited(Seconds),
    /// The organisation uses its own sign-in.
    OrganisationSignIn,
    /// Right, but the gate stays shut.
    Refused(Refused),
    /// The handle is too old or another browser's.
    Stale,
}

/// Takes the password that somebody typed.
pub async fn post(
    ctx: &Ctx,
    browser: &Browser,
    r: &str,
    password: Secret<String>,
    keep: bool,
) -> Result<Outcome, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Outcome::Stale) };
    let Some(email) = pending.email() else { return Ok(Outcome::Stale) };
    let tried = match tries::reserve(ctx, browser, &email, now).await? {
        Reserved::Try(tried) => *tried,
        Reserved::Wait(wait) => return Ok(Outcome::Limited(wait)),
    };
    if portvakt_policy::first_step(&gate::rules(&tried.view.policies)) == FirstStep::OrganisationSignIn {
        return Ok(Outcome::OrganisationSignIn);
    }
    let lane = tried.view.tenant.as_ref().map(|tenant| tenant.id);
    let row = tried.view.password.clone();
    let (right, is_old) = compare(ctx, lane, row.as_ref(), password.clone()).await?;
    let (Some((account, address)), Some(row), true) = (tried.view.account.clone(), row.clone(), right) else {
        tried.failed(ctx, &email, row, now).await?;
        return Ok(Outcome::Wrong);
    };
    if is_old {
        renew(ctx, lane, &row, password).await;
    }
    let (counted, known, view) = (tried.counted(), tried.known, tried.view);
    let home_suspended = view.tenant.is_some_and(|tenant| tenant.suspended_at.is_some());
    let about = About { account, address, policies: view.policies, home_suspended, method: Method::Password };
    let opening = Opening::prepare(ctx, browser, about, keep, pending.remember)?.on(known);
    let Some(onward) = pending.signed_in().seal(ctx, browser).await? else {
        return Ok(Outcome::Limited(PARKED_WINDOW));
    };
    let opened = ctx
        .store
        .write(move |tx| {
            // Failures in a row end here. Where they disabled the password while the hash was computed, it proves
            // nothing any more; without failures before there was no time for that.
            if row.failures > 0 && !tx.passwords().succeeded(&row)? {
                return Ok(Err(Refused::NoProof));
            }
            let opened = opening.open(tx, now)?;
            if opened.is_ok() {
                counted.succeeded(tx)?;
            }
            Ok(opened)
        })
        .await?;
    match opened {
        Ok(opened) => Ok(Outcome::SignedIn(opened, onward)),
        // While the hash was computed the account changed, its password maybe: what was typed proves nothing any more.
        Err(Refused::NoProof) => Ok(Outcome::Wrong),
        Err(refused) => Ok(Outcome::Refused(refused)),
    }
}

/// One hash, whatever is there to compare with: whether the password is right.
pub async fn verify(
    ctx: &Ctx,
    lane: Option<TenantId>,
    row: Option<&PasswordRow>,
    password: Secret<String>,
) -> Result<bool, Fault> {
    compare(ctx, lane, row, password).await.map(|(right, _)| right)
}

/// Whether the password is right, and whether its hash was made at another cost than today's or under an older pepper.
/// A password that is disabled is never right, and costs the same.
async fn compare(
    ctx: &Ctx,
    lane: Option<TenantId>,
    row: Option<&PasswordRow>,
    password: Secret<String>,
) -> Result<(bool, bool), Fault> {
    let keys = ctx.keeper.keys();
    let usable = row.filter(|row| row.disabled_at.is_none());
    let stored = usable.map(|row| (row.hash.clone(), row.pepper_version));
    ctx.hashing
        .run(lane, move |hasher| {
            let peppers = keys.peppers();
            let (newest, current) = peppers.current();
            let known = stored.and_then(|(hash, version)| peppers.of(version).map(|pepper| (hash, version, pepper)));
            match known {
                Some((hash, version, pepper)) => {
                    let is_old = version != newest || hasher.needs_rehash(hash.reveal());
                    hasher.verify(&password, hash.reveal(), pepper).map(|right| (right, is_old))
                }
                None => hasher.dummy(&password, current).map(|()| (false, false)),
            }
        })
        .await?
}

/// Hashes a right password anew, once after each change of cost or pepper. Nothing else about the account changes; when
/// there is no time for it now, the next sign-in does it.
async fn renew(ctx: &Ctx, lane: Option<TenantId>, row: &PasswordRow, password: Secret<String>) {
    let keys = ctx.keeper.keys();
    let pepper_version = keys.peppers().current().0;
    let made = async {
        let salt = ctx.dice.bytes()?;
        let job = ctx.hashing.run(lane, move |hasher| hasher.hash(&password, salt, keys.peppers().current().1));
        let (seen, hash) = (row.clone(), Secret::new(job.await??));
        let new = PasswordRow { hash, pepper_version, ..row.clone() };
        ctx.store.write(move |tx| tx.passwords().rehash(&seen, &new)).await
    };
    if let Err(fault) = made.await {
        tracing::warn!(%fault, "a password hash could not be renewed");
    }
}
