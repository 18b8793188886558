//! Names to addresses: looked up once for each connection and judged there, so that what is dialled is what was judged.

use super::address::is_public;
use super::flight;
use portvakt_flows::outside::FetchFault;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// All addresses of a name; `None` if it has none.
pub(super) type Lookup = Pin<Box<dyn Future<Output = Option<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub(super) type Book = dyn Fn(&str) -> Lookup + Send + Sync;

/// The system's way: hosts file, DNS, whatever it is set up for.
pub(super) fn system(name: &str) -> Lookup {
    let name = name.to_owned();
    Box::pin(async move {
        let found = tokio::net::lookup_host((name, 0)).await.ok()?;
        Some(found.map(|address| address.ip()).collect())
    })
}

/// Gives the client the addresses that it dials.
pub(super) struct Resolver {
    pub(super) book: Arc<Book>,
    /// Whether a name may have any address: for named exceptions.
    pub(super) any: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, any) = ((self.book)(name.as_str()), self.any);
        // A look-up that nobody waits for any more goes on in its thread: as long as it does, so does the flight.
        let flight = flight::under_way();
        let looked_up = tokio::spawn(async move {
            let found = lookup.await;
            drop(flight);
            found
        });
        Box::pin(async move {
            let found =
                looked_up.await.ok().flatten().filter(|found| !found.is_empty()).ok_or(Refusal(FetchFault::Name))?;
            // One address that is not public is enough: a name that leads to both has something in mind.
            if !any && !found.iter().copied().all(is_public) {
                return Err(Refusal(FetchFault::Address).into());
            }
            let dialled: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(dialled)
        })
    }
}

/// A fault of ours on its way through the client's errors.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) FetchFault);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refusal {}
