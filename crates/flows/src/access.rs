//! Access tokens: made, signed and, when one is presented to us, judged.

use crate::ctx::{Ctx, TOKEN_LIFETIME};
use crate::gate::InUse;
use portvakt_model::{Algorithm, Api, App, Demand, Fault, Grant, SenderKey, SignInFacts, Timestamp, TokenForm};
use portvakt_policy::{ChainFacts, Entering};
use portvakt_protocol::jose::{Expect, TokenType, verify};
use portvakt_protocol::oauth::access_token::{AccessClaims, Audience, Confirmation};
use portvakt_protocol::oauth::scope;
use portvakt_store::GrantView;
use std::sync::Arc;
use uuid::Uuid;

/// What seals an opaque access token.
pub const OPAQUE_KIND: &str = "access-token";

/// Whom a token is about.
pub struct Subject<'a> {
    /// The person's `sub`, or the machine's `client_id`.
    pub sub: &'a str,
    /// The grant, and what it says about the sign-in; none for a machine.
    pub grant: Option<(&'a Grant, &'a SignInFacts)>,
    /// The key that whoever uses the token must prove.
    pub sender: Option<SenderKey>,
}

/// Makes an access token for an API (or for ourselves, where there is none). Gives the token and its lifetime.
pub async fn make(
    ctx: &Ctx,
    app: &App,
    api: Option<&Api>,
    subject: &Subject<'_>,
    scopes: &[String],
    now: Timestamp,
) -> Result<(String, u32), Fault> {
    let lifetime = api.map_or(TOKEN_LIFETIME, |api| api.settings.lifetime);
    let expires_at = now.after(lifetime);
    let facts = subject.grant.map(|(_, facts)| facts);
    let claims = AccessClaims {
        iss: ctx.settings.issuer.clone(),
        sub: subject.sub.to_owned(),
        aud: Audience::new(api.map(|api| api.identifier.as_str()), scopes, &ctx.settings.issuer),
        client_id: app.client_id.clone(),
        exp: expires_at.seconds(),
        iat: now.seconds(),
        jti: Uuid::from_bytes(ctx.dice.bytes()?),
        scope: scope::join(scopes),
        grant_id: subject.grant.map(|(grant, _)| grant.id),
        auth_time: facts.map(|facts| facts.auth_time.seconds()),
        acr: facts.map(|facts| facts.acr.clone()),
        amr: facts.map(|facts| facts.amr.clone()).unwrap_or_default(),
        tenant_id: subject.grant.and_then(|(grant, _)| grant.tenant).or(app.tenant.filter(|_| subject.grant.is_none())),
        cnf: subject.sender.map(Confirmation::new),
    };
    let token = match api.map_or(TokenForm::Jwt, |api| api.settings.form) {
        TokenForm::Jwt => {
            let algorithm = api.map_or(Algorithm::Es256, |api| api.settings.alg);
            sign(ctx, algorithm, TokenType::AccessToken, &claims, now).await?
        }
        TokenForm::Opaque => ctx.seal(OPAQUE_KIND, &[], expires_at, &claims)?,
    };
    Ok((token, lifetime.0))
}

/// Signs claims with the key of now. An algorithm's first key may have been made by another node this moment, for an app
/// that is used at once: then it is looked for before anybody is told that there is none.
pub async fn sign(
    ctx: &Ctx,
    algorithm: Algorithm,
    typ: TokenType,
    claims: &impl serde::Serialize,
    now: Timestamp,
) -> Result<String, Fault> {
    let mut keys = ctx.keeper.keys();
    if keys.signer(algorithm, now).is_none() {
        ctx.keeper.refresh(&ctx.dice).await?;
        keys = ctx.keeper.keys();
    }
    let signer = keys.signer(algorithm, now).ok_or_else(|| Fault::broken(format_args!("no key signs {algorithm}")))?;
    signer.sign(typ, claims, ctx.dice.source())
}

/// The claims of an access token of ours that has not run out: JWT or opaque. Whether it was revoked is another
/// question, which [`standing`] answers.
pub fn read(ctx: &Ctx, token: &str, now: Timestamp) -> Option<AccessClaims> {
    let claims: AccessClaims = if token.contains('.') {
        let keys = ctx.keeper.keys();
        let expect = Expect { audience: None, ..Expect::access_token(&ctx.settings.issuer, "") };
        let claims = verify(token, keys.verifying(), &expect, now).ok()?;
        serde_json::from_value(serde_json::Value::Object(claims.into_map())).ok()?
    } else {
        ctx.open(OPAQUE_KIND, &[], token, now)?
    };
    (claims.iss == ctx.settings.issuer && now < claims.expires_at()).then_some(claims)
}

/// Whether a person's token still stands: its grant, session, person and policies of now, and the token itself, in one
/// statement. The view is what claims are read from.
pub async fn standing(ctx: &Ctx, claims: &AccessClaims, now: Timestamp) -> Result<Option<GrantView>, Fault> {
    let Some(grant) = claims.grant_id else { return Ok(None) };
    let jti = claims.jti;
    let Some(view) = ctx.store.read(move |tx| tx.grants().view(grant, Some(jti))).await? else { return Ok(None) };
    Ok((!view.token_revoked && stands(&view, now)).then_some(view))
}

/// Whether a grant stands under the rules of now.
pub fn stands(view: &GrantView, now: Timestamp) -> bool {
    view.grant.revoked_at.is_none() && readmit(view, now).is_ok()
}

/// Asks the gate for a grant in use. For one without a refresh token only its session's clocks count.
pub fn readmit(view: &GrantView, now: Timestamp) -> Result<portvakt_policy::Admitted, portvakt_policy::Refused> {
    let grant = &view.grant;
    let chain = ChainFacts { began: grant.created_at, used: grant.used_at, offline: grant.offline };
    InUse {
        account: &view.account,
        home_suspended: view.tenant.as_ref().is_some_and(|tenant| tenant.suspended_at.is_some()),
        session: view.session.as_ref(),
        proofs: &grant.facts.proofs(),
        chain: grant.refreshable.then_some(chain),
        app_version: view.app_version,
    }
    .admit(&view.policies, &Demand::default(), Entering::Nothing, now)
}

/// The API that a token is for: the only one, or the one that was named.
pub async fn api_of(ctx: &Ctx, identifier: Option<&str>) -> Result<Option<Arc<Api>>, Fault> {
    match identifier {
        Some(identifier) => ctx.keeper.api(identifier).await,
        None => Ok(None),
    }
}
