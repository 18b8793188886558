//! APIs (resource servers), as operators register them.

use crate::ctx::Ctx;
use crate::own_api;
use portvakt_model::app::ApiSettings;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Algorithm, Api, ApiId, Fault, Seconds, TokenForm, text};
use portvakt_protocol::oauth::{redirect, scope};
use std::sync::Arc;

/// An API to be registered.
#[derive(Debug, Clone)]
pub struct New {
    /// Its identifier URI.
    pub identifier: String,
    /// Its name.
    pub name: String,
    /// The tenant that owns it, by slug or id; `None` for the operator.
    pub tenant: Option<String>,
    /// Everything else.
    pub settings: ApiSettings,
}

/// What is wrong with an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// Not an absolute URI without fragment, or one of the issuer's own.
    Identifier,
    /// No name that can be shown.
    Name,
    /// The identifier is taken.
    Taken,
    /// There is no such tenant.
    Tenant,
    /// Not a scope token, or one of OpenID Connect's own.
    Scope(String),
    /// JWTs live one to ten minutes, opaque tokens up to an hour.
    Lifetime,
    /// There is no such API.
    Unknown,
}

/// Registers an API.
pub async fn create(ctx: &Ctx, new: New) -> Result<Result<Api, Invalid>, Fault> {
    let now = ctx.clock.now();
    let tenant = match &new.tenant {
        None => None,
        Some(name) => match ctx.keeper.tenant(name).await? {
            Some(tenant) => Some(tenant.id),
            None => return Ok(Err(Invalid::Tenant)),
        },
    };
    if !redirect::is_resource(&new.identifier) || own_api::is_reserved(&ctx.settings.issuer, &new.identifier) {
        return Ok(Err(Invalid::Identifier));
    }
    let Some(name) = text::name(&new.name, 80) else { return Ok(Err(Invalid::Name)) };
    let is_wrong = |name: &&String| !scope::is_token(name) || scope::STANDARD.contains(&name.as_str());
    if let Some(wrong) = new.settings.scopes.iter().find(is_wrong) {
        return Ok(Err(Invalid::Scope(wrong.clone())));
    }
    let most = match new.settings.form {
        TokenForm::Jwt => Seconds::minutes(10),
        TokenForm::Opaque => Seconds::hours(1),
    };
    if !(Seconds::minutes(1)..=most).contains(&new.settings.lifetime) {
        return Ok(Err(Invalid::Lifetime));
    }
    if new.settings.alg == Algorithm::EdDsa {
        crate::signing_keys::ensure(ctx, Algorithm::EdDsa).await?;
    }
    let api = Api {
        id: ApiId::random(ctx.dice.bytes()?),
        identifier: new.identifier,
        tenant,
        name,
        settings: new.settings,
        created_at: now,
    };
    let audit = ctx.audit_id(now)?;
    let row = api.clone();
    let made = ctx
        .store
        .write(move |tx| {
            let made = tx.apis().insert(&row)?;
            if made {
                let line = Audit::new(AuditEvent::ApiCreated).tenant(row.tenant).with("api", &row.identifier);
                tx.audit().write(audit, &line, now)?;
            }
            Ok(made)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if made { Ok(api) } else { Err(Invalid::Taken) })
}

/// Removes an API. Tokens for it live out their minutes where they are verified offline.
pub async fn delete(ctx: &Ctx, identifier: &str) -> Result<Result<(), Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(api) = ctx.keeper.api(identifier).await? else { return Ok(Err(Invalid::Unknown)) };
    let (id, owner, name) = (api.id, api.tenant, api.identifier.clone());
    let audit = ctx.audit_id(now)?;
    ctx.store
        .write(move |tx| {
            if tx.apis().delete(id)? {
                tx.audit().write(audit, &Audit::new(AuditEvent::ApiDeleted).tenant(owner).with("api", name), now)?;
            }
            Ok(())
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(Ok(()))
}

/// The API of that identifier.
pub async fn find(ctx: &Ctx, identifier: &str) -> Result<Option<Arc<Api>>, Fault> {
    ctx.keeper.api(identifier).await
}

/// The API of that id.
pub async fn find_by_id(ctx: &Ctx, id: ApiId) -> Result<Option<Api>, Fault> {
    ctx.store.read(move |tx| tx.apis().find_by_id(id)).await
}

/// APIs in the order of their identifiers, behind `after`.
pub async fn list(ctx: &Ctx, after: Option<String>, limit: u32) -> Result<Vec<Api>, Fault> {
    ctx.store.read(move |tx| tx.apis().list(after.as_deref(), limit)).await
}
