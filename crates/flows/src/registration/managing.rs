//! An app reads, replaces and removes its own registration (RFC 7592), with the token that it was given then. The token
//! stays the same: an answer that got lost must not shut an app out for good.

use super::{Mode, Refused, Told, bearer, is_at_rest, look_up, of_source, refuse_token, reserve, spends, terms, told};
use crate::app::draw_secret;
use crate::client::Caller;
use crate::ctx::Ctx;
use crate::outside::Behalf;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, AppSecret, Fault, Handle, SecretId, Timestamp, TokenHash};
use portvakt_protocol::oauth::registration::{self as rule, Update, Wish};
use portvakt_protocol::oauth::{Why, client_auth, subject};
use portvakt_store::{Deployment, Tx};

/// An app that brought its own token.
struct Own {
    app: App,
    vouched: bool,
    key: Handle,
}

/// The app of that `client_id`, if the caller brings its token. An app that is not there and a token of another app are
/// answered alike (RFC 7592 §2.1).
async fn enter(ctx: &Ctx, caller: &Caller<'_>, client_id: &str, now: Timestamp) -> Result<Result<Own, Refused>, Fault> {
    if ctx.settings.registration.mode == Mode::Off {
        return Ok(Err(Refused::NotOffered));
    }
    let key = match bearer(caller) {
        Ok(key) => key,
        Err(why) => return Ok(Err(Refused::Token(why))),
    };
    let (hash, name) = (Ctx::hash(&key), client_id.to_owned());
    let found = ctx
        .store
        .read(move |tx| {
            let Some(row) = tx.registrations().find(&name, &hash)? else { return Ok(None) };
            Ok(tx.apps().find_by_client_id(&name)?.map(|app| (app, row.vouched)))
        })
        .await?;
    match found {
        Some((app, vouched)) => Ok(Ok(Own { app, vouched, key })),
        None => refuse_token(ctx, caller, now).await,
    }
}

/// What is registered (RFC 7592 §2.1). The secret is not in it: its hash is all that is kept.
pub async fn read(ctx: &Ctx, caller: &Caller<'_>, client_id: &str) -> Result<Result<Told, Refused>, Fault> {
    let own = enter(ctx, caller, client_id, ctx.clock.now()).await?;
    Ok(own.map(|own| told(ctx, &own.app, &own.key, None)))
}

/// Puts what was sent in the place of what is registered, all of it (RFC 7592 §2.2).
pub async fn update(
    ctx: &Ctx,
    caller: &Caller<'_>,
    client_id: &str,
    body: Option<&[u8]>,
) -> Result<Result<Told, Refused>, Fault> {
    let now = ctx.clock.now();
    let Own { app, vouched, key } = match enter(ctx, caller, client_id, now).await? {
        Ok(own) => own,
        Err(refused) => return Ok(Err(refused)),
    };
    // A tenant at rest changes nothing. Its programs may read what is registered, and take it away.
    if is_at_rest(ctx, app.tenant).await? {
        return refuse_token(ctx, caller, now).await;
    }
    let read = body.ok_or(Why::MetadataUnreadable);
    let read = read.and_then(|body| rule::read_update(body, &app.client_id, &terms(ctx, vouched)));
    let Update { wish, secret } = match read {
        Ok(update) => update,
        Err(why) => return Ok(Err(Refused::Metadata(why))),
    };
    // Each change makes every node forget what it has in memory.
    let mut spends = spends(ctx, &app.client_id, !vouched);
    // A stranger with many apps must not use up what all strangers have.
    spends.extend((!vouched).then(|| of_source(ctx, caller)));
    if !reserve(ctx, spends, now).await? {
        return Ok(Err(Refused::Metadata(Why::RegistrationsTooMany)));
    }
    if let Err(why) = look_up(ctx, &Behalf::of(&app), &wish.settings).await? {
        return Ok(Err(Refused::Metadata(why)));
    }
    let fresh = draw_secret(ctx, wish.settings.auth_method, app.tenant)?;
    let change = Change {
        wish,
        sent: secret.map(|secret| Ctx::hash_bytes(secret.reveal().as_bytes())),
        fresh: fresh.as_ref().map(|(_, row)| row.clone()),
        nothing: SecretId::random(ctx.dice.bytes()?),
    };
    let (hash, audit) = (Ctx::hash(&key), ctx.audit_id(now)?);
    let changed = ctx
        .store
        .write(move |tx| {
            if !tx.registrations().touch(app.id, &hash, now)? {
                return Ok(Err(Refused::Token(Why::BearerInvalid)));
            }
            let Some(current) = tx.apps().find_by_client_id(&app.client_id)? else {
                return Ok(Err(Refused::Token(Why::BearerInvalid)));
            };
            let line = Audit::new(AuditEvent::AppChanged).tenant(current.tenant).app(current.id);
            let changed = change.make(tx, current, now)?;
            if let Ok(changed) = &changed {
                let line = line.with("by", "registration").with("ended", changed.ended.to_string());
                tx.audit().write(audit, &line, now)?;
            }
            Ok(changed.map_err(Refused::Metadata))
        })
        .await?;
    let Changed { app, is_fresh, .. } = match changed {
        Ok(changed) => changed,
        Err(refused) => return Ok(Err(refused)),
    };
    ctx.keeper.refresh(&ctx.dice).await?;
    let secret = fresh.filter(|_| is_fresh).map(|(text, _)| text);
    Ok(Ok(told(ctx, &app, &key, secret)))
}

/// A change that waits for its turn.
struct Change {
    wish: Wish,
    /// Hash of the secret that was sent along.
    sent: Option<TokenHash>,
    /// A secret for the case that the new method needs one that is not there.
    fresh: Option<AppSecret>,
    /// The id of no secret.
    nothing: SecretId,
}

impl Change {
    /// Makes it, judged by what is registered at this moment.
    fn make(self, tx: &mut Tx<'_, Deployment>, current: App, now: Timestamp) -> Result<Result<Changed, Why>, Fault> {
        let Self { wish, sent, fresh, nothing } = self;
        if sent.is_some_and(|sent| !client_auth::has_secret(&current, sent, now)) {
            return Ok(Err(Why::UpdateSecret));
        }
        // With the refresh tokens it has it could compare what it knew people by with what it knows them by.
        if !subject::is_same(&current.settings, &wish.settings) {
            return Ok(Err(Why::SectorMoved));
        }
        let is_seen = is_another_to_people(&current, &wish);
        let new = App { name: wish.name, kind: wish.kind, settings: wish.settings, ..current };
        tx.apps().replace(&new)?;
        let fresh = fresh.filter(|fresh| !has_one_like(&new, fresh, now));
        if let Some(fresh) = &fresh {
            tx.apps().add_secret(new.id, fresh)?;
            tx.apps().expire_secrets(new.id, fresh.id, now)?;
        } else if !new.settings.auth_method.has_secret() {
            tx.apps().expire_secrets(new.id, nothing, now)?;
        }
        let mut ended = 0;
        if is_seen {
            let people = tx.consents().forget_app(new.id)?;
            ended = tx.grants().revoke_for(&people, new.id, now)?;
        }
        Ok(Ok(Changed { app: new, is_fresh: fresh.is_some(), ended }))
    }
}

/// A change that was made.
struct Changed {
    app: App,
    /// Whether the fresh secret is its.
    is_fresh: bool,
    /// How many grants it ended.
    ended: usize,
}

/// Whether the app has a good secret that can do what a fresh one could: one that must be computed with is kept as such.
fn has_one_like(app: &App, fresh: &AppSecret, now: Timestamp) -> bool {
    app.secrets.iter().any(|secret| {
        secret.expires_at.is_none_or(|end| now < end) && (secret.sealed.is_some() || fresh.sealed.is_none())
    })
}

/// Whether what people were shown when they said yes is no longer so.
fn is_another_to_people(current: &App, wish: &Wish) -> bool {
    let (old, new) = (&current.settings, &wish.settings);
    current.name != wish.name
        || old.redirect_uris != new.redirect_uris
        || (&old.client_uri, &old.policy_uri, &old.tos_uri) != (&new.client_uri, &new.policy_uri, &new.tos_uri)
        || (&old.about.logo_uri, &old.about.localized) != (&new.about.logo_uri, &new.about.localized)
}

/// Removes the app with everything it was given, the token first of all (RFC 7592 §2.3). No budget stands before it: each
/// registration ends once, and whoever lost a key must be able to end it at once.
pub async fn delete(ctx: &Ctx, caller: &Caller<'_>, client_id: &str) -> Result<Result<(), Refused>, Fault> {
    let now = ctx.clock.now();
    let Own { app, key, .. } = match enter(ctx, caller, client_id, now).await? {
        Ok(own) => own,
        Err(refused) => return Ok(Err(refused)),
    };
    let (hash, audit) = (Ctx::hash(&key), ctx.audit_id(now)?);
    let gone = ctx
        .store
        .write(move |tx| {
            if !tx.registrations().touch(app.id, &hash, now)? || !tx.apps().delete(app.id)? {
                return Ok(false);
            }
            let line = Audit::new(AuditEvent::AppDeleted).tenant(app.tenant).app(app.id).with("by", "registration");
            tx.audit().write(audit, &line.with("client_id", app.client_id), now)?;
            Ok(true)
        })
        .await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    Ok(if gone { Ok(()) } else { Err(Refused::Token(Why::BearerInvalid)) })
}
