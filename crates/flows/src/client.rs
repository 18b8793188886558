//! Programs at our endpoints, and how they prove who they are.

mod assertion;

use crate::ctx::Ctx;
use crate::keeper::documents;
use crate::limits::{self, Spend};
use crate::outside::Behalf;
use crate::token::Refusal;
use portvakt_model::app::metadata::KeySource;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, Fault, SenderKey, Timestamp};
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_protocol::oauth::client_auth::{self, Presented, Way};
use portvakt_protocol::oauth::{Params, Why};
use std::sync::Arc;

/// A program at one of our endpoints: what it brings beside its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The certificate whose key it proved on this connection.
    pub certificate: Option<&'a ClientCertificate>,
    /// The key of the network address that it comes from.
    pub source: &'a str,
}

impl Caller<'_> {
    /// What tokens can be bound to.
    pub fn sender_key(&self) -> Option<SenderKey> {
        self.certificate.map(ClientCertificate::sender_key)
    }
}

/// A client that has proved who it is.
#[derive(Debug, Clone)]
pub struct Client {
    /// Which app.
    pub app: Arc<App>,
    by_basic: bool,
}

impl Client {
    /// A refusal for this client.
    pub fn refuse(&self, why: Why) -> Refusal {
        Refusal { why, by_basic: self.by_basic }
    }

    /// What its tokens are bound to: its certificate, if it registered that they shall be (RFC 8705 §3.4). Then they
    /// never are without.
    pub fn binding(&self, caller: &Caller<'_>) -> Result<Option<SenderKey>, Why> {
        if self.app.settings.proving.bound_tokens {
            caller.sender_key().map(Some).ok_or(Why::CertificateMissing)
        } else {
            Ok(None)
        }
    }
}

/// Who calls the endpoint at `path`. A failure is counted per client and source, and past the budget further ones are
/// told to wait. A right proof is never kept out: nobody guesses 256 bits.
pub async fn authenticate(
    ctx: &Ctx,
    caller: &Caller<'_>,
    path: &'static str,
    params: &Params,
) -> Result<Result<Client, Refusal>, Fault> {
    let now = ctx.clock.now();
    let presented = match client_auth::read(caller.authorization, params, caller.certificate.is_some()) {
        Ok(presented) => presented,
        Err(why) => return Ok(Err(Refusal { why, by_basic: caller.authorization.is_some() })),
    };
    let app = ctx.keeper.app(&presented.client_id).await?;
    let answer = match &app {
        Some(app) => prove(ctx, app, &presented, caller, path, now).await?,
        None => Err(Why::ClientInvalid),
    };
    match (answer, app) {
        (Ok(()), Some(app)) => Ok(Ok(Client { app, by_basic: presented.by_basic })),
        (Err(why), app) => {
            let why = if fail(ctx, app.as_deref(), caller.source, now).await? { why } else { Why::TooMany };
            Ok(Err(Refusal { why, by_basic: presented.by_basic }))
        }
        (Ok(()), None) => Err(Fault::broken("an unknown client was authenticated")),
    }
}

/// Whether what was presented proves this app. Statements are for assertions only, each of which is used up.
async fn prove(
    ctx: &Ctx,
    app: &App,
    presented: &Presented,
    caller: &Caller<'_>,
    path: &'static str,
    now: Timestamp,
) -> Result<Result<(), Why>, Fault> {
    let way = match client_auth::way(app, &presented.proof) {
        Ok(way) => way,
        Err(why) => return Ok(Err(why)),
    };
    let is_right = match way {
        Way::Nothing => true,
        Way::Secret(secret) => client_auth::has_secret(app, Ctx::hash_bytes(secret.reveal().as_bytes()), now),
        Way::SharedKey(jws) => return assertion::by_secret(ctx, app, jws, path, now).await,
        Way::OwnKey(jws) => return assertion::by_key(ctx, app, jws, path, now).await,
        Way::CertificateName => {
            caller.certificate.zip(app.settings.proving.certificate.as_ref()).is_some_and(|(certificate, name)| {
                certificate.has_name(name) && certificate.is_vouched_for(&ctx.settings.authorities, now)
            })
        }
        Way::CertificateKey => match (caller.certificate, &app.settings.keys) {
            (Some(certificate), Some(source)) if certificate.is_current(now) => {
                is_registered(ctx, &Behalf::of(app), certificate, source).await?
            }
            _ => false,
        },
    };
    Ok(if is_right { Ok(()) } else { Err(Why::ClientInvalid) })
}

/// Whether a certificate's key is registered; where the keys are fetched, it may be one that is new.
async fn is_registered(
    ctx: &Ctx,
    behalf: &Behalf,
    certificate: &ClientCertificate,
    source: &KeySource,
) -> Result<bool, Fault> {
    let known = match documents::keys(ctx, behalf, source, None).await? {
        Ok(keys) => keys,
        Err(why) => {
            tracing::info!(?why, "a client's keys cannot be had");
            return Ok(false);
        }
    };
    let KeySource::JwksUri(url) = source else { return Ok(certificate.has_key_of(&known)) };
    if certificate.has_key_of(&known) {
        return Ok(true);
    }
    let newer = ctx.keeper.documents().jwks_after(ctx, behalf, url, &known).await?;
    Ok(newer.is_ok_and(|keys| certificate.has_key_of(&keys)))
}

/// Counts a failure and writes it down; `false` past the budget.
pub(crate) async fn fail(ctx: &Ctx, app: Option<&App>, source: &str, now: Timestamp) -> Result<bool, Fault> {
    // One counter for all names that nobody has: else each name would be a row.
    let name = app.map_or("", |app| app.client_id.as_str());
    let key = format!("cl:{name}:{source}");
    let mut line = Audit::new(AuditEvent::ClientFailed).with("source", source);
    line.app = app.map(|app| app.id);
    let audit = ctx.audit_id(now)?;
    let spend = [Spend::new(key, limits::CLIENT_WINDOW, ctx.settings.limits.client_failures)];
    ctx.store
        .write(move |tx| {
            let within = limits::reserve(tx, &spend, now)?;
            if within {
                tx.audit().write(audit, &line, now)?;
            }
            Ok(within)
        })
        .await
}
