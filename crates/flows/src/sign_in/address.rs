//! The address page's answer.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::pending::Pending;
use portvakt_model::{Email, EmailError, Fault};

/// What became of the address.
pub enum Outcome {
    /// Taken into the sign-in; go on with this handle.
    GoOn(String),
    /// Not an address; the page again, with what was typed.
    Invalid(EmailError),
    /// The handle is too old or another browser's.
    Stale,
    /// From here too many requests are kept that are too long for an address line.
    Limited,
}

/// Takes the address that somebody typed. Whether anybody has it is not looked at.
pub async fn post(ctx: &Ctx, browser: &Browser, r: &str, typed: &str, remember: bool) -> Result<Outcome, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Outcome::Stale) };
    match Email::parse(typed) {
        Err(why) => Ok(Outcome::Invalid(why)),
        Ok(email) => {
            let pending =
                Pending { address: Some(email.stored().to_owned()), remember, chosen: true, another: false, ..pending };
            Ok(pending.seal(ctx, browser).await?.map_or(Outcome::Limited, Outcome::GoOn))
        }
    }
}
