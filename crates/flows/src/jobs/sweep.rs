//! Deletes what has run out, a slice at a time. Nothing depends on it: what has run out is refused by its date.

use crate::ctx::Ctx;
use portvakt_model::Fault;

/// Sweeps one slice; gives how many rows went.
pub async fn run(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.clock.now();
    ctx.store.write(move |tx| tx.sweep(now)).await
}
