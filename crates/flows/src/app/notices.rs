//! What apps have not heard of sessions' ends, for operators to see.

use crate::ctx::Ctx;
use portvakt_model::{AppId, Fault, SessionId};
pub use portvakt_store::{LogoutNotice, Untold};

/// A part of what apps have not heard, in the order in which the sessions began: behind `after`, at most `most`.
/// `failed_only`: what was given up, else also what is still tried.
pub async fn list(
    ctx: &Ctx,
    failed_only: bool,
    after: Option<(SessionId, AppId)>,
    most: u32,
) -> Result<Vec<LogoutNotice>, Fault> {
    ctx.store.read(move |tx| tx.logout_notices().list(failed_only, after, most.into())).await
}

/// How many sessions' ends one app has not heard of.
pub async fn untold(ctx: &Ctx, app: AppId) -> Result<Untold, Fault> {
    ctx.store.read(move |tx| tx.logout_notices().untold(app)).await
}
