//! Deletes what has run out, a slice at a time. Nothing depends on it: what has run out is refused by its date.

use crate::ctx::Ctx;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Fault, Timestamp};

/// Apps that one sweep takes at most: each takes its secrets along.
const APPS: u32 = 50;

/// Sweeps one slice; gives how many rows went.
pub async fn run(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.clock.now();
    let swept = ctx.store.write(move |tx| tx.sweep(now)).await?;
    Ok(swept + remove_apps(ctx, now).await?)
}

/// Removes a slice of strangers' apps that nobody uses: else those who only register would shut registration for all who
/// come after.
async fn remove_apps(ctx: &Ctx, now: Timestamp) -> Result<usize, Fault> {
    let before = now.before(ctx.settings.registration.unused);
    let unused = ctx.store.read(move |tx| tx.registrations().unused(before, APPS)).await?;
    if unused.is_empty() {
        return Ok(0);
    }
    let ids = unused.iter().map(|_| ctx.audit_id(now)).collect::<Result<Vec<_>, Fault>>()?;
    let removed = ctx
        .store
        .write(move |tx| {
            let removed = tx.registrations().remove_unused(&unused, before)?;
            for (audit, (app, client_id)) in ids.into_iter().zip(&removed) {
                let line = Audit::new(AuditEvent::AppDeleted).app(*app).with("by", "sweep");
                tx.audit().write(audit, &line.with("client_id", client_id), now)?;
            }
            Ok(removed.len())
        })
        .await?;
    if removed > 0 {
        ctx.keeper.refresh(&ctx.dice).await?;
    }
    Ok(removed)
}
