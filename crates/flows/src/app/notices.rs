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

/// What apps have not heard, or one of them, of the sessions that ended last: at most `most`, and whether there is more.
/// `failed_only` as in [`list`].
pub async fn latest(
    ctx: &Ctx,
    app: Option<AppId>,
    failed_only: bool,
    most: u32,
) -> Result<(Vec<LogoutNotice>, bool), Fault> {
    let one_more = i64::from(most) + 1;
    let mut found = ctx.store.read(move |tx| tx.logout_notices().latest(app, failed_only, one_more)).await?;
    let most = usize::try_from(most).map_err(Fault::broken)?;
    let is_more = found.len() > most;
    found.truncate(most);
    Ok((found, is_more))
}

/// How many sessions' ends one app has not heard of.
pub async fn untold(ctx: &Ctx, app: AppId) -> Result<Untold, Fault> {
    ctx.store.read(move |tx| tx.logout_notices().untold(app)).await
}
