//! Documents that apps serve, above all their public keys (`jwks_uri`), fetched through [`crate::outside::Outside`] and
//! kept in memory on this node.

use super::larder::{Larders, Loaded, Reason, Terms};
use crate::ctx::Ctx;
use crate::outside::{Behalf, Fetch, FetchFault, FetchPurpose, Fetched, Outside};
use portvakt_model::app::metadata::{JwsAlgorithm, KeySource};
use portvakt_model::{Fault, Seconds};
use portvakt_protocol::jose::{ClientKeys, KeysRefused, Refused, Signed, claimed_kid, verify_with};
use portvakt_protocol::oauth::request_object::fetched_from;
use std::future::Future;
use std::sync::Arc;

/// How key sets are kept. A key that is new is honoured at once the first time and within half a minute always; one
/// that was taken out is out within a quarter of an hour, or an hour while its server cannot be reached.
const KEY_SETS: Terms = Terms {
    fresh: (Seconds::minutes(1), Seconds::minutes(15)),
    usually: Seconds::minutes(5),
    stale: Seconds::hours(1),
    cool_down: (Seconds(5), Seconds::minutes(5)),
    rush: Seconds(30),
    most: 2_000,
    most_octets: 16 * 1024 * 1024,
};

/// How all else is kept: for a moment, so that many who wait make one request and what fails is left alone.
const OTHERS: Terms = Terms {
    fresh: (Seconds(10), Seconds::minutes(5)),
    usually: Seconds(10),
    stale: Seconds(0),
    cool_down: (Seconds(5), Seconds::minutes(5)),
    rush: Seconds(30),
    most: 500,
    most_octets: 16 * 1024 * 1024,
};

/// Why a document cannot be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFault {
    /// Nothing came back.
    Fetch(FetchFault),
    /// Another status than 200.
    Status(u16),
    /// It is no set of public keys.
    Keys(KeysRefused),
}

impl Reason for DocumentFault {
    const BUSY: Self = Self::Fetch(FetchFault::Busy);
}

/// Why what an app signed is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unverified {
    /// Its form, its algorithm or its signature.
    Refused(Refused),
    /// The app's keys cannot be had.
    Keys(DocumentFault),
}

/// All documents. Bounded in number and octets.
pub struct Documents {
    key_sets: Larders<ClientKeys, DocumentFault>,
    others: Larders<Fetched, DocumentFault>,
}

impl Default for Documents {
    fn default() -> Self {
        Self { key_sets: Larders::new(KEY_SETS), others: Larders::new(OTHERS) }
    }
}

impl Documents {
    /// The key set at `url`. Without a key of the id `wanted` it is fetched anew: the first time at once, then every
    /// half minute at most. What comes back may lack it all the same.
    ///
    /// # Errors
    /// The inner error is why it cannot be had.
    pub async fn jwks(
        &self,
        ctx: &Ctx,
        behalf: &Behalf,
        url: &str,
        wanted: Option<&str>,
    ) -> Result<Result<Arc<ClientKeys>, DocumentFault>, Fault> {
        let suits = |keys: &Arc<ClientKeys>| wanted.is_none_or(|kid| keys.has_kid(kid));
        self.key_sets.get(behalf, url, &ctx.clock, suits, load_keys(ctx, behalf, url)).await
    }

    /// The key set at `url` after `old` did not do: another one if it may be looked for now, else `old` again.
    pub async fn jwks_after(
        &self,
        ctx: &Ctx,
        behalf: &Behalf,
        url: &str,
        old: &Arc<ClientKeys>,
    ) -> Result<Result<Arc<ClientKeys>, DocumentFault>, Fault> {
        let suits = |keys: &Arc<ClientKeys>| !Arc::ptr_eq(keys, old);
        self.key_sets.get(behalf, url, &ctx.clock, suits, load_keys(ctx, behalf, url)).await
    }

    /// Any other document, by GET: what came with status 200. It is kept by its whole address, as a fragment may say
    /// which version is meant (OpenID Connect Core §6.2), and fetched without it.
    ///
    /// # Errors
    /// The inner error is why it cannot be had.
    pub async fn get(
        &self,
        ctx: &Ctx,
        behalf: &Behalf,
        purpose: FetchPurpose,
        url: &str,
        accept: &'static str,
    ) -> Result<Result<Arc<Fetched>, DocumentFault>, Fault> {
        let request = Fetch::get(fetched_from(url), purpose, behalf.clone(), accept);
        let outside = Arc::clone(&ctx.outside);
        let load = async move {
            let fetched = fetch(outside.as_ref(), request).await?;
            Ok(Loaded { octets: fetched.body.len(), max_age: fetched.max_age, thing: fetched })
        };
        self.others.get(behalf, &name(purpose, url), &ctx.clock, |_| true, load).await
    }

    /// Whether [`Self::get`] would go there now, and not answer from what is kept or with those who wait.
    pub fn would_fetch(&self, ctx: &Ctx, behalf: &Behalf, purpose: FetchPurpose, url: &str) -> bool {
        self.others.would_load(behalf, &name(purpose, url), ctx.clock.now())
    }
}

/// One address may be read as two kinds of document.
fn name(purpose: FetchPurpose, url: &str) -> String {
    format!("{} {url}", purpose.name())
}

fn load_keys(
    ctx: &Ctx,
    behalf: &Behalf,
    url: &str,
) -> impl Future<Output = Result<Loaded<ClientKeys>, DocumentFault>> + Send + use<> {
    let request = Fetch::get(url, FetchPurpose::Jwks, behalf.clone(), "application/jwk-set+json, application/json");
    let outside = Arc::clone(&ctx.outside);
    async move {
        let url = request.url.clone();
        let fetched = fetch(outside.as_ref(), request).await?;
        let keys = ClientKeys::parse(&fetched.body).map_err(|why| {
            tracing::info!(url, why = why.sentence(), "a key set was not taken");
            DocumentFault::Keys(why)
        })?;
        Ok(Loaded { thing: keys, octets: fetched.body.len(), max_age: fetched.max_age })
    }
}

async fn fetch(outside: &dyn Outside, request: Fetch) -> Result<Fetched, DocumentFault> {
    let fetched = outside.fetch(request).await.map_err(DocumentFault::Fetch)?;
    if fetched.status == 200 { Ok(fetched) } else { Err(DocumentFault::Status(fetched.status)) }
}

/// An app's public keys, by value or by reference, fetched on its own behalf; for `wanted` see [`Documents::jwks`].
///
/// # Errors
/// The inner error is why they cannot be had.
pub async fn keys(
    ctx: &Ctx,
    behalf: &Behalf,
    source: &KeySource,
    wanted: Option<&str>,
) -> Result<Result<Arc<ClientKeys>, DocumentFault>, Fault> {
    match source {
        KeySource::Jwks(set) => Ok(ClientKeys::of_value(set).map(Arc::new).map_err(DocumentFault::Keys)),
        KeySource::JwksUri(url) => ctx.keeper.documents().jwks(ctx, behalf, url, wanted).await,
    }
}

/// Verifies what an app signed by the app's own keys; `allowed` are the algorithms that it may have used. If no key
/// fits and the set was fetched, the app may have changed its keys: then the set is fetched anew, within the limits of
/// [`Documents::jwks`]. What the claims say is the caller's to judge.
///
/// # Errors
/// The inner error is why it is not taken.
pub async fn verify(
    ctx: &Ctx,
    behalf: &Behalf,
    source: &KeySource,
    jws: &str,
    allowed: &[JwsAlgorithm],
) -> Result<Result<Signed, Unverified>, Fault> {
    // Nothing is fetched for what no key could make right.
    match verify_with(&ClientKeys::default(), jws, allowed) {
        Err(Refused::UnknownKey) => {}
        Err(why) => return Ok(Err(Unverified::Refused(why))),
        Ok(_) => return Err(Fault::broken("a signature was taken without a key")),
    }
    let first = match keys(ctx, behalf, source, claimed_kid(jws).as_deref()).await? {
        Ok(keys) => keys,
        Err(why) => return Ok(Err(Unverified::Keys(why))),
    };
    let outcome = verify_with(&first, jws, allowed);
    let (Err(Refused::UnknownKey | Refused::Signature), KeySource::JwksUri(url)) = (&outcome, source) else {
        return Ok(outcome.map_err(Unverified::Refused));
    };
    match ctx.keeper.documents().jwks_after(ctx, behalf, url, &first).await? {
        Ok(second) if !Arc::ptr_eq(&first, &second) => {
            Ok(verify_with(&second, jws, allowed).map_err(Unverified::Refused))
        }
        Ok(_) | Err(_) => Ok(outcome.map_err(Unverified::Refused)),
    }
}
