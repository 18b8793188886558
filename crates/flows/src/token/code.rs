//! A code is redeemed (RFC 6749 §4.1.3): once. A second time takes back everything it gave.

use super::{Given, Holder, answer, readmit, scopes_for, target};
use crate::authorize::CODE_KIND;
use crate::ctx::Ctx;
use crate::pending::unpark;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{
    AccountFacts, App, AppId, AuditId, ClientAuthMethod, Fault, Grant, Seconds, SenderKey, Timestamp,
};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::code::{self as rule, Redemption, SealedCode};
use portvakt_protocol::oauth::token::CodeRequest;
use portvakt_protocol::refresh_token;
use portvakt_store::{Deployment, NewGrant, Redeeming, Spend, Tx};

/// Redeems a code for the app that authenticated.
pub async fn redeem(
    ctx: &Ctx,
    app: &App,
    request: &CodeRequest,
    sender: Option<SenderKey>,
    now: Timestamp,
) -> Result<Result<TokenAnswer, Why>, Fault> {
    let opened = unpark(ctx, request.code.reveal(), now).await?;
    let Some(code) = opened.and_then(|text| ctx.open::<SealedCode>(CODE_KIND, &[], &text, now)) else {
        return Ok(Err(Why::CodeInvalid));
    };
    let redemption = Redemption {
        client_id: &app.client_id,
        redirect_uri: request.redirect_uri.as_deref(),
        verifier: request.verifier.as_ref().map(|verifier| verifier.reveal().as_str()),
    };
    let judged = rule::decide(&code, &redemption, now);
    if let Err(why) = judged {
        // Its owner sending it again, even too late, is a replay; anybody else burns nothing.
        let in_time = Timestamp(code.expires_at.0 - 1).min(now);
        if rule::decide(&code, &redemption, in_time).is_ok() {
            take_back(ctx, app.id, &code, now).await?;
        }
        return Ok(Err(why));
    }
    let api = match target(ctx, &code.apis, request.resource.as_deref()).await? {
        Ok(api) => api,
        Err(why) => return Ok(Err(why)),
    };
    let scopes = scopes_for(api.as_deref(), &code.scopes);
    let spent = spend(ctx, app, code, sender, now).await?;
    let (grant, account) = match spent {
        Ok(spent) => spent,
        Err(why) => return Ok(Err(why)),
    };
    let keys = ctx.keeper.keys();
    let refresh_token = if grant.refreshable {
        Some(refresh_token::mint(grant.id, grant.generation, ctx.dice.bytes()?, keys.refresh()))
    } else {
        None
    };
    let given = Given {
        app,
        api: api.as_deref(),
        account: &account,
        grant: &grant,
        scopes: &scopes,
        refresh_token,
        is_refresh: false,
        sender,
    };
    answer(ctx, given, now).await.map(Ok)
}

/// Spends the code: one statement to see whether the session and the person still stand, one counted insert.
async fn spend(
    ctx: &Ctx,
    app: &App,
    code: SealedCode,
    sender: Option<SenderKey>,
    now: Timestamp,
) -> Result<Result<(Grant, AccountFacts), Why>, Fault> {
    let audit = ctx.audit_id(now)?;
    let (app_id, may_refresh, self_registered) = (app.id, app.settings.refresh, app.settings.self_registered);
    // An app that proves itself at every use may change its key; of one that doesn't, the key is all that ties its
    // refresh token to it (RFC 8705 §4, §7.1).
    let sender_key = sender.filter(|_| app.settings.auth_method == ClientAuthMethod::None);
    ctx.store
        .write(move |tx| {
            // What it gave may outlive the session: a replay takes that back whatever has become of the person.
            let holder = Holder { account: code.account, facts_version: code.stamp.facts };
            // People allowed the app as it was; one that changes itself in between starts anew.
            let is_as_it_was = |view: &Redeeming| !self_registered || view.app_version == code.stamp.app;
            let found = readmit(tx, code.session, app_id, holder, now)?.filter(|(view, _)| is_as_it_was(view));
            let Some((view, admitted)) = found else {
                replayed(tx, audit, app_id, &code, now)?;
                return Ok(Err(Why::CodeInvalid));
            };
            let new = NewGrant { sender_key, ..new_grant(&code, app_id, may_refresh, now) };
            match tx.grants().open(&admitted, &new, now)? {
                Spend::Won(grant) => {
                    let line = Audit::new(AuditEvent::TokenIssued)
                        .account(code.account, view.account.account.home)
                        .app(app_id)
                        .with("grant", grant.id.to_string());
                    tx.audit().write(audit, &line, now)?;
                    Ok(Ok((*grant, view.account)))
                }
                Spend::Replay => {
                    replayed(tx, audit, app_id, &code, now)?;
                    Ok(Err(Why::CodeInvalid))
                }
                Spend::SessionGone => Ok(Err(Why::CodeInvalid)),
            }
        })
        .await
}

fn new_grant(code: &SealedCode, app: AppId, may_refresh: bool, now: Timestamp) -> NewGrant {
    NewGrant {
        id: code.id,
        session: code.session,
        app,
        tenant: code.tenant,
        scopes: code.scopes.clone(),
        apis: code.apis.clone(),
        facts: code.facts.clone(),
        sender_key: None,
        offline: code.scopes.iter().any(|scope| scope == "offline_access"),
        refreshable: may_refresh,
        // Longer than any token it gives lives, and than the code still opens, so that a replay always finds its row.
        until: now.after(Seconds::hours(1)),
    }
}

async fn take_back(ctx: &Ctx, app: AppId, code: &SealedCode, now: Timestamp) -> Result<(), Fault> {
    let (audit, code) = (ctx.audit_id(now)?, code.clone());
    ctx.store.write(move |tx| replayed(tx, audit, app, &code, now)).await
}

/// Ends the one grant that the code gave, if it gave one, and then also that of the access token beside the code.
fn replayed(
    tx: &mut Tx<'_, Deployment>,
    audit: AuditId,
    app: AppId,
    code: &SealedCode,
    now: Timestamp,
) -> Result<(), Fault> {
    if tx.grants().revoke(code.id, now)? {
        if let Some(beside) = code.beside {
            tx.grants().revoke(beside, now)?;
        }
        let line = Audit::new(AuditEvent::ReuseDetected).account(code.account, None).app(app).with("what", "code");
        tx.audit().write(audit, &line, now)?;
    }
    Ok(())
}
