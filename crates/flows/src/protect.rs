//! What an app gets encrypted, to its own key (OpenID Connect Core §10.2): `id_tokens` and userinfo, where it registered
//! for that. Its keys may have to be fetched, so they are asked for before anything is spent.

use crate::ctx::Ctx;
use crate::keeper::documents;
use crate::outside::Behalf;
use portvakt_model::app::metadata::{Encryption, KeySource};
use portvakt_model::{App, Fault};
use portvakt_protocol::jose::{ClientKeys, jwe};
use portvakt_protocol::oauth::Why;

/// What goes inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A signed JWT: the usual nesting.
    Jwt(String),
    /// Plain JSON.
    Json(String),
}

/// What encrypts one answer to an app: its key was found good, and has done its part.
pub struct Sealing(jwe::Prepared);

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

/// How to encrypt to this app. Its key is used here and now, so that one that cannot be used is known before anything is
/// spent.
///
/// # Errors
/// The inner error where the app's key cannot be had, or not be used.
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
    let mut prepared = prepare(ctx, &keys, encryption)?;
    // Where none fits, it may be one that is new.
    if let (None, KeySource::JwksUri(url)) = (&prepared, source)
        && let Ok(newer) = ctx.keeper.documents().jwks_after(ctx, &behalf, url, &keys).await?
    {
        prepared = prepare(ctx, &newer, encryption)?;
    }
    if prepared.is_none() {
        let alg = encryption.alg.name();
        tracing::warn!(client_id = app.client_id, alg, "an app has no key that its answers can be encrypted to");
    }
    Ok(prepared.map(Sealing).ok_or(Why::ClientKeys))
}

fn prepare(ctx: &Ctx, keys: &ClientKeys, encryption: Encryption) -> Result<Option<jwe::Prepared>, Fault> {
    for key in jwe::keys_for(keys, encryption) {
        if let Some(prepared) = jwe::prepare(key, encryption, ctx.dice.source())? {
            return Ok(Some(prepared));
        }
    }
    Ok(None)
}

impl Sealing {
    /// Encrypts.
    pub fn seal(self, ctx: &Ctx, content: &Content) -> Result<String, Fault> {
        let (text, is_jwt) = match content {
            Content::Jwt(text) => (text, true),
            Content::Json(text) => (text, false),
        };
        self.0.encrypt(text.as_bytes(), is_jwt, ctx.dice.source())
    }
}
