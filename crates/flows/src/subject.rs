//! By which `sub` an app knows a person, and by which `sid` a session.

use crate::ctx::Ctx;
use portvakt_model::{Account, App, Fault, SessionId};
use portvakt_protocol::oauth::subject as rule;
use std::borrow::Cow;

/// The `sub` of the person in everything that this app is given: tokens, userinfo, introspection, logout tokens.
pub fn of<'a>(ctx: &Ctx, app: &App, account: &'a Account) -> Result<Cow<'a, str>, Fault> {
    let keys = ctx.keeper.keys();
    Ok(rule::of(&app.settings, &app.client_id, account, keys.sector()?))
}

/// The `sid` of the session in everything that this app is given: `id_tokens`, logout tokens, frames.
pub fn sid(ctx: &Ctx, app: &App, session: SessionId) -> Result<String, Fault> {
    let keys = ctx.keeper.keys();
    Ok(rule::sid(&app.settings, &app.client_id, session, keys.sector()?))
}
