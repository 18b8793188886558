//! What an app gets encrypted, to its own key (OpenID Connect Core §10.2): `id_tokens` and userinfo, where it registered
//! for that. Its keys may have to be fetched, so they are asked for before anything is spent.

use crate::ctx::Ctx;
use crate::keeper::documents;
use crate::outside::Behalf;
use portvakt_model::app::metadata::{Encryption, KeySource};
use portvakt_model::{App, Fault};
use portvakt_protocol::jose::{ClientKey, jwe};
use portvakt_protocol::oauth::Why;

/// What goes inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A signed JWT: the usual nesting.
    Jwt(String),
    /// Plain JSON.
    Json(String),
}

/// An app's key, and how to encrypt to it.
#[derive(Debug, Clone)]
pub struct Sealing {
    key: ClientKey,
    encryption: Encryption,
}

/// How `id_tokens` for this app are encrypted; `Ok(None)`: they are not.
///
/// # Errors
/// The inner error where they should be and the app's key cannot be had.
pub async fn id_tokens(ctx: &Ctx, app: &App) -> Result<Result<Option<Sealing>, Why>, Fault> {
    match app.settings.protection.id_token {
        None => Ok(Ok(None)),
        Some(encryption) => Ok(sealing(ctx, app, encryption).await?.map(Some)),
    }
}

/// How to encrypt to this app.
///
/// # Errors
/// The inner error where the app's key cannot be had.
pub async fn sealing(ctx: &Ctx, app: &App, encryption: Encryption) -> Result<Result<Sealing, Why>, Fault> {
    let Some(source) = &app.settings.keys else { return Ok(Err(Why::ClientKeys)) };
    let behalf = Behalf::of(app);
    let keys = match documents::keys(ctx, &behalf, source, None).await? {
        Ok(keys) => keys,
        Err(fault) => {
            tracing::warn!(client_id = app.client_id, ?fault, "the keys of an app cannot be had");
            return Ok(Err(Why::ClientKeys));
        }
    };
    let mut key = jwe::key_for(&keys, encryption).cloned();
    // Where none fits, it may be one that is new.
    if let (None, KeySource::JwksUri(url)) = (&key, source)
        && let Ok(newer) = ctx.keeper.documents().jwks_after(ctx, &behalf, url, &keys).await?
    {
        key = jwe::key_for(&newer, encryption).cloned();
    }
    Ok(key.map(|key| Sealing { key, encryption }).ok_or(Why::ClientKeys))
}

impl Sealing {
    /// Encrypts.
    pub fn seal(&self, ctx: &Ctx, content: &Content) -> Result<String, Fault> {
        let (text, is_jwt) = match content {
            Content::Jwt(text) => (text, true),
            Content::Json(text) => (text, false),
        };
        jwe::encrypt(text.as_bytes(), is_jwt, &self.key, self.encryption, ctx.dice.source())
    }
}
