//! An app's picture, for our own pages.

use crate::ctx::Ctx;
use crate::keeper::pictures::Picture;
use crate::outside::Behalf;
use portvakt_model::{Fault, Language};
use portvakt_protocol::oauth::registration::local;
use std::sync::Arc;

/// The picture of the app of that `client_id`, as it is registered for that language; `None`: it has none, or none can
/// be had now. Who asks is nobody's business: what is registered is fetched, seldom, and for all.
pub async fn get(ctx: &Ctx, client_id: &str, language: Option<Language>) -> Result<Option<Arc<Picture>>, Fault> {
    let Some(app) = ctx.keeper.app(client_id).await? else { return Ok(None) };
    let settings = &app.settings;
    let own = language.and_then(|language| local(settings, "logo_uri", language));
    let Some(url) = own.or(settings.about.logo_uri.as_deref()) else { return Ok(None) };
    match ctx.keeper.pictures().get(ctx, &Behalf::of(&app), url).await? {
        Ok(picture) => Ok(Some(picture)),
        Err(why) => {
            tracing::info!(client_id, ?why, "an app's picture cannot be had");
            Ok(None)
        }
    }
}
