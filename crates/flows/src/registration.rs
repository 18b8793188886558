//! Apps that register themselves, and manage what they registered (RFC 7591, RFC 7592, OpenID Connect Dynamic Client
//! Registration 1.0): only where the deployment says so, and then by leave of somebody here or in the open.
//!
//! Such an app is trusted with less: people are always asked for consent, APIs must name it, and what strangers register
//! knows people by a `sub` of its own sector.

mod managing;
pub mod tokens;

pub use managing::{delete, read, update};

use crate::app::draw_secret;
use crate::client::{Caller, fail};
use crate::ctx::Ctx;
use crate::limits::{self, Spend};
use crate::outside::{Behalf, FetchPurpose};
use crate::signing_keys;
use portvakt_model::app::AppSettings;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Algorithm, App, AppId, Fault, Handle, InitialToken, Seconds, TenantId, Timestamp};
use portvakt_protocol::oauth::discovery::{self, path};
use portvakt_protocol::oauth::registration::{self as rule, Rules, Subjects, Terms, Wish};
use portvakt_protocol::oauth::{Params, Why, access_token};
use portvakt_store::Registration as Row;
use serde_json::{Map, Value};

/// Who may register apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Operators alone: there is no endpoint.
    #[default]
    Off,
    /// Programs with a token that an operator made.
    Token,
    /// Everybody.
    Open,
}

/// What the configuration says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Who may.
    pub mode: Mode,
    /// How many such apps there may be at a time, give or take those that are registered in the same moment: so many of
    /// strangers', and so many that were let in by a token.
    pub most: i64,
    /// How long a stranger's app that nobody uses stays.
    pub unused: Seconds,
    /// What may be registered.
    pub rules: Rules,
}

impl Default for Registration {
    fn default() -> Self {
        Self { mode: Mode::Off, most: 1000, unused: Seconds::days(30), rules: Rules::default() }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// There is no such endpoint here.
    NotOffered,
    /// The token in the `Authorization` header, or that there is none.
    Token(Why),
    /// What was sent.
    Metadata(Why),
}

/// What the client is told (RFC 7591 §3.2.1).
pub type Told = Map<String, Value>;

/// Registers an app (RFC 7591 §3.1). `body`: what was sent, if it says that it is JSON.
pub async fn register(ctx: &Ctx, caller: &Caller<'_>, body: Option<&[u8]>) -> Result<Result<Told, Refused>, Fault> {
    let now = ctx.clock.now();
    let leave = match enter(ctx, caller, now).await? {
        Ok(leave) => leave,
        Err(refused) => return Ok(Err(refused)),
    };
    let read = body.ok_or(Why::MetadataUnreadable).and_then(|body| rule::read(body, &terms(ctx, leave.is_some())));
    let wish = match read {
        Ok(wish) => wish,
        Err(why) => return Ok(Err(Refused::Metadata(why))),
    };
    let budgets = &ctx.settings.limits;
    // A token counts by itself, but only what is registered: what is fetched before is counted here.
    let fetching = leave.as_ref().filter(|_| wish.settings.sector_identifier_uri.is_some());
    let fetching = fetching.map(|token| (format!("reg:token:{}", token.id), token.uses_left));
    let spends = match (&leave, &fetching) {
        (None, _) => spends(ctx, caller.source, true),
        (Some(_), Some((key, uses))) => vec![spend(key.clone(), budgets.registrations.max(*uses))],
        (Some(_), None) => Vec::new(),
    };
    if !reserve(ctx, spends, now).await? {
        return Ok(Err(Refused::Metadata(Why::RegistrationsTooMany)));
    }
    let behalf = if leave.is_some() { Behalf::Vouched } else { Behalf::Stranger(caller.source.to_owned()) };
    if let Err(why) = look_up(ctx, &behalf, &wish.settings).await? {
        return Ok(Err(Refused::Metadata(why)));
    }
    let tenant = leave.as_ref().and_then(|token| token.tenant);
    let Wish { name, kind, settings } = wish;
    let secret = draw_secret(ctx, settings.auth_method, tenant)?;
    let app = App {
        id: AppId::random(ctx.dice.bytes()?),
        client_id: format!("app_{}", ctx.dice.short_text()?),
        tenant,
        name,
        kind,
        settings,
        secrets: secret.iter().map(|(_, row)| row.clone()).collect(),
        version: 1,
        created_at: now,
    };
    let key = ctx.dice.handle()?;
    let (hash, new) = (Ctx::hash(&key), Row { app: app.id, vouched: leave.is_some() });
    let (audit, most) = (ctx.audit_id(now)?, ctx.settings.registration.most);
    let token = leave.map(|token| token.id);
    let mut line = Audit::new(AuditEvent::AppCreated).tenant(tenant).app(app.id).with("by", "registration");
    line = line.with("source", caller.source).with("name", &app.name);
    let row = app.clone();
    let registered = ctx
        .store
        .write(move |tx| {
            // First: what is refused here must not use the token.
            if tx.registrations().count(token.is_some())? >= most {
                return Ok(Err(Refused::Metadata(Why::RegistrationsFull)));
            }
            if let Some(token) = token
                && !tx.registrations().use_token(token, now)?
            {
                return Ok(Err(Refused::Token(Why::BearerInvalid)));
            }
            if let Some((key, _)) = &fetching {
                tx.limits().give_back(key)?;
            }
            tx.apps().insert(&row)?;
            tx.registrations().insert(new, &hash, now)?;
            tx.audit().write(audit, &line, now)?;
            Ok(Ok(()))
        })
        .await?;
    if let Err(refused) = registered {
        return Ok(Err(refused));
    }
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(Ok(told(ctx, &app, &key, secret.map(|(text, _)| text))))
}

/// By whose leave an app shall be registered: `None` is everybody's, where the deployment is open.
async fn enter(ctx: &Ctx, caller: &Caller<'_>, now: Timestamp) -> Result<Result<Option<InitialToken>, Refused>, Fault> {
    match (ctx.settings.registration.mode, caller.authorization) {
        (Mode::Off, _) => return Ok(Err(Refused::NotOffered)),
        (Mode::Open, None) => return Ok(Ok(None)),
        (Mode::Open | Mode::Token, _) => {}
    }
    let handle = match bearer(caller) {
        Ok(handle) => handle,
        Err(why) => return Ok(Err(Refused::Token(why))),
    };
    let hash = Ctx::hash(&handle);
    let token = ctx.store.read(move |tx| tx.registrations().find_token(&hash)).await?;
    let Some(token) = token.filter(|token| token.is_good(now)) else {
        return refuse_token(ctx, caller, now).await;
    };
    if is_at_rest(ctx, token.tenant).await? {
        return refuse_token(ctx, caller, now).await;
    }
    Ok(Ok(Some(token)))
}

/// Whether that owner is a tenant that is suspended.
async fn is_at_rest(ctx: &Ctx, owner: Option<TenantId>) -> Result<bool, Fault> {
    let owner = match owner {
        Some(id) => ctx.keeper.tenant(&id.to_string()).await?,
        None => None,
    };
    Ok(owner.is_some_and(|owner| owner.suspended_at.is_some()))
}

/// The token in the header: 256 bits in their one spelling.
fn bearer(caller: &Caller<'_>) -> Result<Handle, Why> {
    let text = access_token::bearer(caller.authorization, &Params::default())?;
    Handle::parse(&text).ok_or(Why::BearerInvalid)
}

/// A token that was looked for and is not good is counted and written down like a wrong secret. None at all, and what
/// could never have been one, cost nothing and are only refused.
async fn refuse_token<T>(ctx: &Ctx, caller: &Caller<'_>, now: Timestamp) -> Result<Result<T, Refused>, Fault> {
    let within = fail(ctx, None, caller.source, now).await?;
    Ok(Err(if within { Refused::Token(Why::BearerInvalid) } else { Refused::Metadata(Why::TooMany) }))
}

/// What may be registered: `vouched` if somebody here lets the app in.
fn terms(ctx: &Ctx, vouched: bool) -> Terms {
    let offers = &ctx.settings.offers;
    let document = discovery::document(&ctx.settings.issuer, &[], offers);
    let subjects = if vouched { Subjects::AsAsked } else { Subjects::Pairwise };
    Terms::of(&document, offers, ctx.settings.registration.rules.clone(), subjects)
}

/// What a registration, or a change of one, is counted under: whose it is, and for a stranger then what all of them do.
fn spends(ctx: &Ctx, whose: &str, is_strangers: bool) -> Vec<Spend> {
    let own = spend(format!("reg:{whose}"), ctx.settings.limits.registrations);
    std::iter::once(own).chain(is_strangers.then(|| of_all_strangers(ctx))).collect()
}

/// What all strangers do: each act of theirs makes every node forget what it has in memory.
fn of_all_strangers(ctx: &Ctx) -> Spend {
    spend("reg:strangers".to_owned(), ctx.settings.limits.all_registrations)
}

/// Changes that come from one network address, whatever apps they are of.
fn of_source(ctx: &Ctx, caller: &Caller<'_>) -> Spend {
    spend(format!("reg:change:{}", caller.source), ctx.settings.limits.registrations)
}

fn spend(key: String, most: i64) -> Spend {
    Spend::new(key, limits::REGISTRATION_WINDOW, most)
}

/// Counts a registration or a change of one, before anything is fetched or written.
async fn reserve(ctx: &Ctx, spends: Vec<Spend>, now: Timestamp) -> Result<bool, Fault> {
    if spends.is_empty() {
        return Ok(true);
    }
    ctx.store.write(move |tx| limits::reserve(tx, &spends, now)).await
}

/// What has to be fetched or made before these settings can hold: the list of the sector, and a key to sign with.
async fn look_up(ctx: &Ctx, behalf: &Behalf, settings: &AppSettings) -> Result<Result<(), Why>, Fault> {
    if let Some(url) = &settings.sector_identifier_uri {
        let purpose = FetchPurpose::SectorIdentifier;
        let fetched = ctx.keeper.documents().get(ctx, behalf, purpose, url, "application/json").await?;
        if !fetched.is_ok_and(|list| rule::lists_all(&list.body, &settings.redirect_uris)) {
            return Ok(Err(Why::SectorRefused));
        }
    }
    if [Some(settings.id_token_alg), settings.protection.userinfo_signing].contains(&Some(Algorithm::EdDsa)) {
        signing_keys::ensure(ctx, Algorithm::EdDsa).await?;
    }
    Ok(Ok(()))
}

/// What the client is told: all that holds for it, where it is managed and by which token, and a secret that is new.
fn told(ctx: &Ctx, app: &App, key: &Handle, secret: Option<String>) -> Told {
    let mut told = rule::document(app);
    let address = format!("{}{}/{}", ctx.settings.issuer, path::REGISTER, app.client_id);
    told.insert("registration_client_uri".to_owned(), Value::from(address));
    told.insert("registration_access_token".to_owned(), Value::from(key.text()));
    if let Some(secret) = secret {
        told.insert("client_secret".to_owned(), Value::from(secret));
        // It does not end by itself.
        told.insert("client_secret_expires_at".to_owned(), Value::from(0));
    }
    told
}
