//! Request objects (RFC 9101): fetched where they are named by an address, verified with the client's own keys, and laid
//! over the request that named them.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::keeper::documents::{self, Unverified};
use crate::limits::{self, Source, Spend};
use crate::outside::{Behalf, FetchPurpose};
use portvakt_model::{App, Fault, Timestamp};
use portvakt_protocol::oauth::request_object::{self as rule, Named};
use portvakt_protocol::oauth::{Params, Why};
use std::borrow::Cow;

const PURPOSE: FetchPurpose = FetchPurpose::RequestObject;

/// The request that counts: as it came, or with what its object says.
///
/// # Errors
/// The inner error is why the object is not taken.
pub(super) async fn open<'a>(
    ctx: &Ctx,
    app: &App,
    browser: &Browser,
    params: &'a Params,
    now: Timestamp,
) -> Result<Result<Cow<'a, Params>, Why>, Fault> {
    let object = match rule::named(params, &app.settings) {
        Ok(None) => return Ok(Ok(Cow::Borrowed(params))),
        Ok(Some(Named::Value(object))) => object.to_owned(),
        Ok(Some(Named::Reference(uri))) => match fetch(ctx, app, browser, uri, now).await? {
            Some(object) => object,
            None => return Ok(Err(Why::RequestUriUnreachable)),
        },
        Err(why) => return Ok(Err(why)),
    };
    let allowed = match rule::algorithms(&object, &app.settings) {
        Ok(allowed) => allowed,
        Err(why) => return Ok(Err(why)),
    };
    let Some(source) = &app.settings.keys else { return Ok(Err(Why::RequestObject)) };
    let signed = match documents::verify(ctx, &Behalf::of(app), source, &object, &allowed).await? {
        Ok(signed) => signed,
        Err(Unverified::Refused(_)) => return Ok(Err(Why::RequestObject)),
        Err(Unverified::Keys(fault)) => {
            tracing::warn!(client_id = app.client_id, ?fault, "the keys of an app cannot be had");
            return Ok(Err(Why::RequestKeys));
        }
    };
    Ok(rule::merge(params, signed, app, &ctx.settings.issuer, now).map(Cow::Owned))
}

/// What stands at a registered address: a JWT, whatever its server calls it.
async fn fetch(ctx: &Ctx, app: &App, browser: &Browser, uri: &str, now: Timestamp) -> Result<Option<String>, Fault> {
    let (documents, behalf) = (ctx.keeper.documents(), Behalf::of(app));
    // Anybody can ask for this, before anything is known of them, and a stranger chose where it leads.
    if matches!(behalf, Behalf::Stranger(_))
        && documents.would_fetch(ctx, &behalf, PURPOSE, uri)
        && !reserve(ctx, browser, now).await?
    {
        tracing::info!(client_id = app.client_id, "too many request objects of strangers were fetched for one source");
        return Ok(None);
    }
    let accept = "application/oauth-authz-req+jwt, application/jwt";
    let fetched = match documents.get(ctx, &behalf, PURPOSE, uri, accept).await? {
        Ok(fetched) => fetched,
        Err(fault) => {
            tracing::info!(uri, ?fault, "a request object cannot be fetched");
            return Ok(None);
        }
    };
    Ok(std::str::from_utf8(&fetched.body).ok().map(|text| text.trim().to_owned()))
}

/// Counts a fetch that somebody at this source causes; `false` past the budget.
async fn reserve(ctx: &Ctx, browser: &Browser, now: Timestamp) -> Result<bool, Fault> {
    let source = Source::of(ctx, browser);
    let most = ctx.settings.limits.fetches(&source);
    let spend = [Spend::new(format!("fetch:{}", source.key), limits::FETCH_WINDOW, most)];
    ctx.store.write(move |tx| limits::reserve(tx, &spend, now)).await
}
