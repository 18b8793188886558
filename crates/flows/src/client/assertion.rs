//! Assertions (RFC 7523): the signature by the client's secrets or keys, then what it says, then that it is the first
//! use. Keys are fetched, where they must be, before any transaction.

use crate::app::secret_cell;
use crate::ctx::Ctx;
use crate::keeper::documents::{self, Unverified};
use crate::outside::Behalf;
use portvakt_model::{App, Fault, Secret, Timestamp};
use portvakt_protocol::jose::{Signed, verify_with_secret};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::client_auth::assertion::{Expected, allowed, judge};
use portvakt_protocol::oauth::discovery::path::TOKEN;

/// Whether an assertion proves the app by a secret that both know.
pub(super) async fn by_secret(
    ctx: &Ctx,
    app: &App,
    jws: &str,
    path: &'static str,
    now: Timestamp,
) -> Result<Result<(), Why>, Fault> {
    let allowed = allowed(app.settings.auth_method, &app.settings.proving);
    let secrets = secrets(ctx, app, now)?;
    let signed = secrets.iter().find_map(|secret| verify_with_secret(secret.reveal(), jws, &allowed).ok());
    match signed {
        Some(signed) => take(ctx, app, &signed, path, now).await,
        None => Ok(Err(Why::ClientInvalid)),
    }
}

/// Whether an assertion proves the app by its own key.
pub(super) async fn by_key(
    ctx: &Ctx,
    app: &App,
    jws: &str,
    path: &'static str,
    now: Timestamp,
) -> Result<Result<(), Why>, Fault> {
    let Some(source) = &app.settings.keys else { return Ok(Err(Why::ClientInvalid)) };
    let allowed = allowed(app.settings.auth_method, &app.settings.proving);
    match documents::verify(ctx, &Behalf::of(app), source, jws, &allowed).await? {
        Ok(signed) => take(ctx, app, &signed, path, now).await,
        Err(why) => {
            // Whoever runs the client has only our log to find out from.
            match why {
                Unverified::Keys(why) => tracing::info!(client = app.client_id, ?why, "its keys cannot be had"),
                Unverified::Refused(why) => tracing::info!(client = app.client_id, ?why, "its assertion is not right"),
            }
            Ok(Err(Why::ClientInvalid))
        }
    }
}

/// The secrets that are still good, opened.
fn secrets(ctx: &Ctx, app: &App, now: Timestamp) -> Result<Vec<Secret<Vec<u8>>>, Fault> {
    let keys = ctx.keeper.keys();
    let good = app.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|expires_at| now < expires_at));
    let opened = good.filter_map(|secret| Some((secret.id, secret.sealed.as_ref()?))).map(|(id, sealed)| {
        keys.rest()
            .open_row(&secret_cell(app.tenant, &id), sealed)
            .map_err(|_| Fault::broken(format_args!("a secret of {} cannot be opened", app.client_id)))
    });
    opened.collect()
}

/// Judges what an assertion says, and uses it up: of many at once one wins.
async fn take(
    ctx: &Ctx,
    app: &App,
    signed: &Signed,
    path: &'static str,
    now: Timestamp,
) -> Result<Result<(), Why>, Fault> {
    let settings = &ctx.settings;
    let bases = [Some(&settings.issuer), settings.offers.mutual_tls.as_ref().map(|mutual| &mutual.url)];
    let endpoints: Vec<String> =
        bases.into_iter().flatten().flat_map(|base| [TOKEN, path].map(|path| format!("{base}{path}"))).collect();
    let expected = Expected {
        client_id: &app.client_id,
        issuer: &settings.issuer,
        endpoints: &endpoints,
        audience: app.settings.proving.audience,
    };
    let once = match judge(signed, &expected, now) {
        Ok(once) => once,
        Err(why) => return Ok(Err(why)),
    };
    // A client_id holds no NUL, so that no two pairs are one text.
    let hash = Ctx::hash_bytes(format!("{}\0{}", app.client_id, once.jti).as_bytes());
    let is_first = ctx.store.write(move |tx| tx.assertions().spend(hash, once.until)).await?;
    Ok(if is_first { Ok(()) } else { Err(Why::AssertionUsed) })
}
