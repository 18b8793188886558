//! By which `sub` an app knows a person.

use crate::ctx::Ctx;
use portvakt_model::{Account, App, Fault};
use portvakt_protocol::oauth::subject as rule;
use std::borrow::Cow;

/// The `sub` of the person in everything that this app is given: tokens, userinfo, introspection, logout tokens.
pub fn of<'a>(ctx: &Ctx, app: &App, account: &'a Account) -> Result<Cow<'a, str>, Fault> {
    let keys = ctx.keeper.keys();
    Ok(rule::of(&app.settings, &app.client_id, account, keys.sector()?))
}
