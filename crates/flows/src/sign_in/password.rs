//! The password page's answer. The attempt is reserved before the hash; an address that nobody has costs the same
//! statements and the same hash as one that somebody has.

use super::session::{About, Opened, Opening};
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use crate::limits::{self, Spend};
use crate::pending::Pending;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{DeviceId, Email, Fault, Method, Secret, TenantId, Timestamp};
use portvakt_policy::{FirstStep, Refused};
use portvakt_store::{PasswordRow, SignInView};

/// What became of the password.
pub enum Outcome {
    /// The person is signed in; go on with this handle.
    SignedIn(Opened, String),
    /// Address and password do not belong together, or nobody has the address: one answer.
    Wrong,
    /// Too many tries, for this address or from here.
    Limited,
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
    let tried = reserve(ctx, browser, &email, now).await?;
    if !tried.within {
        return Ok(Outcome::Limited);
    }
    let Tried { view, keys, known, .. } = tried;
    if portvakt_policy::first_step(&gate::rules(&view.policies)) == FirstStep::OrganisationSignIn {
        return Ok(Outcome::OrganisationSignIn);
    }
    let lane = view.tenant.as_ref().map(|tenant| tenant.id);
    let (right, is_old) = compare(ctx, lane, view.password.as_ref(), password.clone()).await?;
    if let (true, true, Some(row)) = (right, is_old, &view.password) {
        renew(ctx, lane, row, password).await;
    }
    let SignInView { account, policies, tenant, .. } = view;
    let (Some((account, address)), true) = (account, right) else {
        failed(ctx, &email, now).await?;
        return Ok(Outcome::Wrong);
    };
    let home_suspended = tenant.is_some_and(|tenant| tenant.suspended_at.is_some());
    let about = About { account, address, policies, home_suspended, method: Method::Password };
    let opening = Opening::prepare(ctx, browser, about, keep, pending.remember)?.on(known);
    let opened = ctx
        .store
        .write(move |tx| {
            let opened = opening.open(tx, now)?;
            if opened.is_ok() {
                tx.limits().clear(&keys)?;
            }
            Ok(opened)
        })
        .await?;
    match opened {
        Ok(opened) => Ok(Outcome::SignedIn(opened, pending.signed_in().seal(ctx, browser).await?)),
        // While the hash was computed the account changed, its password maybe: what was typed proves nothing any more.
        Err(Refused::NoProof) => Ok(Outcome::Wrong),
        Err(refused) => Ok(Outcome::Refused(refused)),
    }
}

/// A try, counted.
struct Tried {
    view: SignInView,
    within: bool,
    keys: Vec<String>,
    known: Option<DeviceId>,
}

/// Counts the try before it is made. A browser on which this account was signed in before has a budget of its own, so
/// that nobody can lock a person out of a browser they use.
async fn reserve(ctx: &Ctx, browser: &Browser, email: &Email, now: Timestamp) -> Result<Tried, Fault> {
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let (budgets, source) = (ctx.settings.limits, browser.source());
    let device = browser.device.as_ref().map(Ctx::hash);
    ctx.store
        .write(move |tx| {
            let view = tx.sign_in().by_address(&lookup, &domain)?;
            let account = view.account.as_ref().map(|(account, _)| account.id);
            let known = match &device {
                Some(device) => tx.devices().known_as(device, account)?,
                None => None,
            };
            let spends = match known {
                Some(device) => {
                    vec![Spend::new(format!("pw:d:{device}:{lookup}"), limits::ACCOUNT_WINDOW, budgets.account_tries)]
                }
                None => vec![
                    Spend::new(format!("pw:s:{source}"), limits::SOURCE_WINDOW, budgets.source_tries),
                    Spend::new(format!("pw:a:{lookup}"), limits::ACCOUNT_WINDOW, budgets.account_tries),
                ],
            };
            let within = limits::reserve(tx, &spends, now)?;
            // A success clears the address's count only: what a source did to other addresses stays counted.
            let keys = spends.into_iter().next_back().map(|spend| spend.key).into_iter().collect();
            Ok(Tried { view, within, keys, known })
        })
        .await
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
async fn compare(
    ctx: &Ctx,
    lane: Option<TenantId>,
    row: Option<&PasswordRow>,
    password: Secret<String>,
) -> Result<(bool, bool), Fault> {
    let keys = ctx.keeper.keys();
    let stored = row.map(|row| (row.hash.clone(), row.pepper_version));
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

async fn failed(ctx: &Ctx, email: &Email, now: Timestamp) -> Result<(), Fault> {
    let audit = ctx.audit_id(now)?;
    // The address as typed is personal data of a stranger, maybe mistyped: only its hash goes into the log.
    let hash = Ctx::hash_bytes(email.lookup().as_bytes()).short_text();
    let line = Audit::new(AuditEvent::SignInFailed).with("address_hash", hash);
    ctx.store.write(move |tx| tx.audit().write(audit, &line, now)).await
}
