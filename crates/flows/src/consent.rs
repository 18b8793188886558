//! Consent: what a person lets a relying app have. Remembered; a new wish is added to what was given.

use crate::authorize::{self, Step, admit, asked_claims, session_view};
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::pending::Pending;
use crate::settings::Person;
use portvakt_model::audit::AuditEvent;
use portvakt_model::{AppId, Consent, Demand, Fault};
use portvakt_protocol::oauth::Why;

/// The person's answer on the consent page.
pub async fn answer(ctx: &Ctx, browser: &Browser, r: &str, allows: bool) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Step::Stale) };
    let Some(request) = pending.request.clone() else { return Ok(Step::Stale) };
    let Some(app) = ctx.keeper.app(&request.client_id).await? else { return Ok(Step::Refused(Why::ClientUnknown)) };
    let view = session_view(ctx, browser, Some(&app)).await?;
    let admitted = admit(view.as_ref(), Some(&app), &Demand::default(), now);
    let (Some(view), Ok(admitted)) = (view, admitted) else {
        return authorize::proceed(ctx, browser, pending, now).await;
    };
    let (account, home) = (admitted.account(), view.account.account.home);
    // Somebody else signed in, in another tab, since the page was shown: they are asked for themselves.
    if pending.shown_to != Some(account) {
        return authorize::proceed(ctx, browser, pending, now).await;
    }
    let audit = ctx.audit_id(now)?;
    if !allows {
        let line = portvakt_model::audit::Audit::new(AuditEvent::ConsentRefused).account(account, home).app(app.id);
        ctx.store.write(move |tx| tx.audit().write(audit, &line, now)).await?;
        return authorize::refuse(ctx, &pending, Why::PersonRefused).await;
    }
    let before = view.consent;
    let merged = |old: Option<&Vec<String>>, new: Vec<String>| {
        let mut all = old.cloned().unwrap_or_default();
        all.extend(new);
        all.sort();
        all.dedup();
        all
    };
    let consent = Consent {
        account,
        app: app.id,
        scopes: merged(before.as_ref().map(|consent| &consent.scopes), request.scopes.clone()),
        claims: merged(before.as_ref().map(|consent| &consent.claims), asked_claims(&request)),
        apis: merged(before.as_ref().map(|consent| &consent.apis), request.apis.clone()),
        given_at: now,
    };
    let line = portvakt_model::audit::Audit::new(AuditEvent::ConsentGiven)
        .account(account, home)
        .app(app.id)
        .with("scopes", consent.scopes.join(" "));
    ctx.store
        .write(move |tx| {
            tx.consents().give(&consent)?;
            tx.audit().write(audit, &line, now)
        })
        .await?;
    authorize::proceed(ctx, browser, pending, now).await
}

/// Takes back what an app was given, and ends its grants.
pub async fn withdraw(ctx: &Ctx, person: &Person, app: AppId) -> Result<bool, Fault> {
    let now = ctx.clock.now();
    let audit = ctx.audit_id(now)?;
    let account = &person.view.account.account;
    let (account, home) = (account.id, account.home);
    ctx.store
        .write(move |tx| {
            // Codes that were made before and not yet redeemed are worth nothing from here on. Account before grants, as all
            // writers.
            tx.accounts().bump_facts(account)?;
            let had = tx.consents().withdraw(account, app)?;
            let ended = tx.grants().revoke_of(account, app, now)?;
            if had || ended > 0 {
                let line =
                    portvakt_model::audit::Audit::new(AuditEvent::ConsentWithdrawn).account(account, home).app(app);
                tx.audit().write(audit, &line, now)?;
            }
            Ok(had || ended > 0)
        })
        .await
}
