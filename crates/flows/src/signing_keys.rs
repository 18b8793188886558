//! Signing keys: shown, and turned. A new key is published a day before it signs, so that every app has it by then; an
//! old one stays published until its last token has run out, and its public half vouches for hints long after.

use crate::ctx::Ctx;
use crate::keeper::keys::{RETIRED_STAYS, make};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::key::SigningKeyRow;
use portvakt_model::{Algorithm, Fault, Seconds, Timestamp};

/// How long a key is published before it signs.
pub const PUBLISHED_BEFORE: Seconds = Seconds::days(1);
/// How long a key signs.
pub const PERIOD: Seconds = Seconds::days(90);

/// All keys, newest first.
pub async fn list(ctx: &Ctx) -> Result<Vec<SigningKeyRow>, Fault> {
    let mut rows = ctx.store.read(|tx| tx.keys().signing_keys()).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.active_from));
    Ok(rows)
}

/// Makes a new key for one algorithm. It signs after a day, or `at_once`; the old one stops then.
pub async fn rotate(ctx: &Ctx, algorithm: Algorithm, at_once: bool) -> Result<SigningKeyRow, Fault> {
    let now = ctx.clock.now();
    let active_from = if at_once { now } else { now.after(PUBLISHED_BEFORE) };
    // Whoever asks for a key gets one, whatever others ask for at the same moment.
    let made = add(ctx, algorithm, now, active_from, Timestamp::FAR).await?;
    ctx.keeper.refresh(&ctx.dice).await?;
    made.ok_or_else(|| Fault::broken("a key that signs later than ever"))
}

/// Makes a key for an algorithm that has none: when an app first asks for it.
pub async fn ensure(ctx: &Ctx, algorithm: Algorithm) -> Result<(), Fault> {
    let now = ctx.clock.now();
    if ctx.keeper.keys().signer(algorithm, now).is_none() {
        let newest = newest(&list(ctx).await?, algorithm).unwrap_or(Timestamp(0));
        add(ctx, algorithm, now, now, newest).await?;
        ctx.keeper.refresh(&ctx.dice).await?;
    }
    Ok(())
}

/// From when the newest key of an algorithm signs, if it has any.
fn newest(rows: &[SigningKeyRow], algorithm: Algorithm) -> Option<Timestamp> {
    rows.iter().filter(|row| row.algorithm == algorithm).map(|row| row.active_from).max()
}

/// Makes a key and lets the older ones sign until it does; `None` if the algorithm has a newer one than `newest` by then:
/// another node was faster.
async fn add(
    ctx: &Ctx,
    algorithm: Algorithm,
    now: Timestamp,
    active_from: Timestamp,
    newest: Timestamp,
) -> Result<Option<SigningKeyRow>, Fault> {
    let what = (algorithm, ctx.settings.rsa);
    let row = make(&ctx.store, ctx.keeper.master(), &ctx.dice, what, (now, active_from)).await?;
    let audit = ctx.audit_id(now)?;
    let new = row.clone();
    let made = ctx
        .store
        .write(move |tx| {
            if !tx.keys().insert_next_signing_key(&new, newest)? {
                return Ok(false);
            }
            for old in tx.keys().signing_keys()? {
                let is_older = old.algorithm == algorithm && old.kid != new.kid;
                if is_older && old.retired_at.is_none_or(|at| active_from < at) {
                    tx.keys().retire_signing_key(&old.kid, active_from)?;
                }
            }
            let line = Audit::new(AuditEvent::KeyCreated).with("kid", &new.kid).with("alg", algorithm.name());
            tx.audit().write(audit, &line, now)?;
            Ok(true)
        })
        .await?;
    Ok(made.then_some(row))
}

/// What time asks for: a successor for each key that is about to have signed long enough, and the end of keys whose
/// last token has run out. One slice of background work; of nodes that do it at the same moment one makes the key.
pub async fn tend(ctx: &Ctx) -> Result<(), Fault> {
    let now = ctx.clock.now();
    let rows = list(ctx).await?;
    for algorithm in Algorithm::ALL {
        if let Some(from) = newest(&rows, algorithm).filter(|from| from.after(PERIOD) <= now) {
            add(ctx, algorithm, now, now.after(PUBLISHED_BEFORE), from).await?;
        }
    }
    for row in rows {
        if row.retired_at.is_some_and(|at| at.after(RETIRED_STAYS) <= now) {
            remove(ctx, row.kid, now).await?;
        }
    }
    ctx.keeper.refresh(&ctx.dice).await
}

/// Removes a retired key: it is published no more and its private half is gone, but hints that it signed are still known.
async fn remove(ctx: &Ctx, kid: String, now: Timestamp) -> Result<(), Fault> {
    let keys = ctx.keeper.keys();
    // Memory is a moment behind the database: what isn't there yet has its turn at the next look.
    let Some((_, live)) = keys.signing().iter().find(|(_, live)| live.key.kid() == kid) else { return Ok(()) };
    let public = serde_json::to_string(&live.key.public_jwk().key).map_err(Fault::broken)?;
    let audit = ctx.audit_id(now)?;
    ctx.store
        .write(move |tx| {
            if tx.keys().remove_signing_key(&kid, &public)? {
                tx.audit().write(audit, &Audit::new(AuditEvent::KeyRetired).with("kid", &kid), now)?;
            }
            Ok(())
        })
        .await
}
