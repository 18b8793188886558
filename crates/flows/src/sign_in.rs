//! Signing in: the address first, then what the policies leave.

pub mod address;
pub mod choose;
pub mod link;
pub mod password;
pub mod session;
mod tries;

use crate::ctx::Ctx;
use portvakt_model::{Email, Fault};
use portvakt_store::SignInView;

/// Everything about an address in one statement of one shape, whether somebody has it or not.
pub async fn look_up(ctx: &Ctx, email: &Email) -> Result<SignInView, Fault> {
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    ctx.store.read(move |tx| tx.sign_in().by_address(&lookup, &domain)).await
}
