//! Relying apps, as operators register them.

pub mod notices;
mod proving;

pub use proving::ProvingFault;
pub(crate) use proving::{draw_secret, secret_cell};

use crate::ctx::Ctx;
use crate::own_api;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::ResponseType;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Algorithm, App, AppId, AppKind, ClientAuthMethod, Fault, Seconds, TenantId, text};
use portvakt_protocol::oauth::app_uris::{self, PageFault};
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_protocol::oauth::logout::{self, ChannelFault};
use portvakt_protocol::oauth::needs::{self, NeedFault};
use portvakt_protocol::oauth::redirect::{self, RedirectFault};
use portvakt_protocol::oauth::scope;
use std::sync::Arc;

/// How long the old secret stays good beside a new one.
const OVERLAP: Seconds = Seconds::days(1);

/// An app to be registered.
#[derive(Debug, Clone)]
pub struct New {
    /// Its name.
    pub name: String,
    /// What sort of program it is.
    pub kind: AppKind,
    /// The tenant that owns it, by slug or id; `None` for the operator.
    pub tenant: Option<String>,
    /// The `client_id`, where one must be a certain one; drawn otherwise.
    pub client_id: Option<String>,
    /// Everything else; the authentication method is set by the kind where it is a public one.
    pub settings: AppSettings,
}

/// What is wrong with an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invalid {
    /// No name that can be shown.
    Name,
    /// Not `app_` and 1 to 60 of `A-Z a-z 0-9 _ -`.
    ClientId,
    /// The `client_id` is taken.
    Taken,
    /// There is no such tenant.
    Tenant,
    /// A redirect or post-logout URI, and why not.
    Redirect(String, RedirectFault),
    /// A kind that signs people in needs a redirect URI.
    NoRedirect,
    /// A machine has none.
    MachineRedirect,
    /// Not an origin.
    Origin(String),
    /// A page that it names (home, privacy policy, terms), the member that names it, and why it may not.
    Page(&'static str, PageFault),
    /// Not `API identifier#scope`, or no such API or scope.
    Scope(String),
    /// No such API.
    Api(String),
    /// PKCE can be waived for confidential apps only, unless the deployment offers more.
    Pkce,
    /// A response type that this deployment does not offer, or not to this kind of app.
    ResponseType(ResponseType),
    /// An app that signs people in needs a response type.
    NoResponseType,
    /// An address by which it wants to hear that a session ended: its member in the settings, and why not.
    Logout(&'static str, ChannelFault),
    /// How it is to prove itself.
    Proving(ProvingFault),
    /// What some settings need of others.
    Needs(NeedFault),
    /// It says that it registered itself, and it is an operator who does.
    SelfRegistered,
    /// There is no such app.
    Unknown,
    /// An app that proves itself by no secret has none.
    NoSecret,
}

/// An app that was made, and its secret: shown this once.
#[derive(Debug, Clone)]
pub struct Made {
    /// The app.
    pub app: App,
    /// Its secret, where its method has one.
    pub secret: Option<String>,
}

/// Registers an app.
pub async fn create(ctx: &Ctx, new: New) -> Result<Result<Made, Invalid>, Fault> {
    let now = ctx.clock.now();
    let tenant = match &new.tenant {
        None => None,
        Some(name) => match ctx.keeper.tenant(name).await? {
            Some(tenant) => Some(tenant.id),
            None => return Ok(Err(Invalid::Tenant)),
        },
    };
    let Some(name) = text::name(&new.name, 80) else { return Ok(Err(Invalid::Name)) };
    let client_id = match new.client_id {
        Some(client_id) if is_client_id(&client_id) => client_id,
        Some(_) => return Ok(Err(Invalid::ClientId)),
        None => format!("app_{}", ctx.dice.short_text()?),
    };
    let mut settings = new.settings;
    if !new.kind.is_confidential() {
        settings.auth_method = ClientAuthMethod::None;
    }
    if let Err(invalid) = check(ctx, new.kind, tenant, &settings).await? {
        return Ok(Err(invalid));
    }
    if settings.id_token_alg == Algorithm::EdDsa || settings.protection.userinfo_signing == Some(Algorithm::EdDsa) {
        crate::signing_keys::ensure(ctx, Algorithm::EdDsa).await?;
    }
    let secret = draw_secret(ctx, settings.auth_method, tenant)?;
    let app = App {
        id: AppId::random(ctx.dice.bytes()?),
        client_id,
        tenant,
        name,
        kind: new.kind,
        settings,
        secrets: secret.iter().map(|(_, row)| row.clone()).collect(),
        version: 1,
        created_at: now,
    };
    let audit = ctx.audit_id(now)?;
    let row = app.clone();
    let made = ctx
        .store
        .write(move |tx| {
            if !tx.apps().insert(&row)? {
                return Ok(false);
            }
            tx.audit().write(audit, &Audit::new(AuditEvent::AppCreated).tenant(row.tenant).app(row.id), now)?;
            Ok(true)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if made { Ok(Made { app, secret: secret.map(|(text, _)| text) }) } else { Err(Invalid::Taken) })
}

fn is_client_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("app_") else { return false };
    (1..=60).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Everything that can be wrong with an app's settings; the first of it.
async fn check(
    ctx: &Ctx,
    kind: AppKind,
    tenant: Option<TenantId>,
    settings: &AppSettings,
) -> Result<Result<(), Invalid>, Fault> {
    if settings.self_registered {
        return Ok(Err(Invalid::SelfRegistered));
    }
    let uris = settings.redirect_uris.iter().chain(&settings.post_logout_redirect_uris);
    for uri in uris {
        if let Err(fault) = redirect::check(kind, uri) {
            return Ok(Err(Invalid::Redirect(uri.clone(), fault)));
        }
    }
    if kind == AppKind::Machine && !settings.redirect_uris.is_empty() {
        return Ok(Err(Invalid::MachineRedirect));
    }
    if kind != AppKind::Machine && settings.redirect_uris.is_empty() {
        return Ok(Err(Invalid::NoRedirect));
    }
    if let Some(origin) = settings.origins.iter().find(|origin| !redirect::is_origin(origin)) {
        return Ok(Err(Invalid::Origin(origin.clone())));
    }
    if let Err((member, fault)) = app_uris::check_all(settings) {
        return Ok(Err(Invalid::Page(member, fault)));
    }
    if !settings.require_pkce && !kind.is_confidential() && !ctx.settings.offers.no_pkce {
        return Ok(Err(Invalid::Pkce));
    }
    if let Err(invalid) = check_response_types(&ctx.settings.offers, kind, settings) {
        return Ok(Err(invalid));
    }
    let front = ctx.settings.offers.frontchannel_logout;
    if let Err((member, fault)) = logout::check(&settings.logout, &settings.redirect_uris, front) {
        return Ok(Err(Invalid::Logout(member, fault)));
    }
    if let Err(fault) = proving::check(&ctx.settings.offers, kind, settings) {
        return Ok(Err(Invalid::Proving(fault)));
    }
    if let Err(fault) = needs::check(settings) {
        return Ok(Err(Invalid::Needs(fault)));
    }
    let issuer = &ctx.settings.issuer;
    let may_enter = |identifier: &str| !own_api::is_own(issuer, identifier) || own_api::may_enter(kind, tenant);
    for entry in &settings.own_scopes {
        let Some((identifier, scope)) = entry.rsplit_once('#') else { return Ok(Err(Invalid::Scope(entry.clone()))) };
        let api = own_api::find(ctx, identifier).await?;
        let is_known = api.is_some_and(|api| api.settings.scopes.iter().any(|known| known == scope));
        if !scope::is_token(scope) || !is_known || !may_enter(identifier) {
            return Ok(Err(Invalid::Scope(entry.clone())));
        }
    }
    if let Some(identifier) = &settings.default_api {
        let api = own_api::find(ctx, identifier).await?;
        if api.is_none_or(|api| api.tenant.is_some() && api.tenant != tenant) || !may_enter(identifier) {
            return Ok(Err(Invalid::Api(identifier.clone())));
        }
    }
    Ok(Ok(()))
}

/// Tokens by way of the browser: only for apps that run on a server or in the browser, and only to an address that is
/// guarded all the way.
fn check_response_types(offers: &Offers, kind: AppKind, settings: &AppSettings) -> Result<(), Invalid> {
    let types = &settings.response_types;
    if types.is_empty() && kind != AppKind::Machine {
        return Err(Invalid::NoResponseType);
    }
    let may = |one: ResponseType| {
        let is_kind = match kind {
            AppKind::Web | AppKind::Browser => true,
            AppKind::Native | AppKind::Machine => !one.is_front_channel(),
        };
        is_kind && offers.response_types().any(|offered| offered == one)
    };
    if let Some(one) = types.iter().find(|one| !may(**one)) {
        return Err(Invalid::ResponseType(*one));
    }
    if types.iter().any(|one| one.is_front_channel())
        && let Some(uri) = settings.redirect_uris.iter().find(|uri| !redirect::may_take_tokens(uri))
    {
        return Err(Invalid::Redirect(uri.clone(), RedirectFault::Tokens));
    }
    Ok(())
}

/// Gives an app a new secret. The old one stays good for a day, or ends `at_once`.
pub async fn rotate_secret(ctx: &Ctx, client_id: &str, at_once: bool) -> Result<Result<Made, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(app) = ctx.keeper.app(client_id).await? else { return Ok(Err(Invalid::Unknown)) };
    let Some((secret, row)) = draw_secret(ctx, app.settings.auth_method, app.tenant)? else {
        return Ok(Err(Invalid::NoSecret));
    };
    let end = if at_once { now } else { now.after(OVERLAP) };
    let audit = ctx.audit_id(now)?;
    let id = app.id;
    let owner = app.tenant;
    ctx.store
        .write(move |tx| {
            if tx.apps().add_secret(id, &row)? {
                tx.apps().expire_secrets(id, row.id, end)?;
                tx.audit().write(audit, &Audit::new(AuditEvent::AppSecretRotated).tenant(owner).app(id), now)?;
            }
            Ok(())
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    match ctx.keeper.app(client_id).await? {
        Some(app) => Ok(Ok(Made { app: App::clone(&app), secret: Some(secret) })),
        None => Ok(Err(Invalid::Unknown)),
    }
}

/// Removes an app, with every grant and consent it has.
pub async fn delete(ctx: &Ctx, client_id: &str) -> Result<Result<(), Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(app) = ctx.keeper.app(client_id).await? else { return Ok(Err(Invalid::Unknown)) };
    let (id, owner) = (app.id, app.tenant);
    let name = app.client_id.clone();
    let audit = ctx.audit_id(now)?;
    ctx.store
        .write(move |tx| {
            if tx.apps().delete(id)? {
                let line = Audit::new(AuditEvent::AppDeleted).tenant(owner).app(id).with("client_id", name);
                tx.audit().write(audit, &line, now)?;
            }
            Ok(())
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(Ok(()))
}

/// The app of that `client_id`.
pub async fn find(ctx: &Ctx, client_id: &str) -> Result<Option<Arc<App>>, Fault> {
    ctx.keeper.app(client_id).await
}

/// Apps in the order of their `client_id`s, behind `after`.
pub async fn list(ctx: &Ctx, after: Option<String>, limit: u32) -> Result<Vec<App>, Fault> {
    ctx.store.read(move |tx| tx.apps().list(after.as_deref(), limit)).await
}
