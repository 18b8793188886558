//! Things that somebody else serves, kept for a while: each fetched once for many waiting, looked for again when it is
//! old, left alone for a while when it could not be had, and bounded in number and octets.
//!
//! Nobody holds a lock while something is fetched: who finds what suits takes it, whoever else is waiting for a newer
//! one. What strangers' apps serve lies in a larder of its own, so that they crowd out nobody but one another.

mod shelves;

use crate::clock::Clock;
use crate::outside::Behalf;
use portvakt_model::{Fault, Seconds, Timestamp};
use shelves::{Shelves, Verdict};
use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How long things are kept and left alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// How long a thing is fresh, whatever its server says: between these.
    pub(super) fresh: (Seconds, Seconds),
    /// How long it is fresh if its server says nothing.
    pub(super) usually: Seconds,
    /// How long after it was fetched it is still given out while it cannot be fetched again.
    pub(super) stale: Seconds,
    /// How long after a failure nothing is tried; doubled with each failure up to the second.
    pub(super) cool_down: (Seconds, Seconds),
    /// After somebody wanted another version than the fresh one and it was looked for, how long nobody else may.
    pub(super) rush: Seconds,
    /// The most things; also the most fetches under way, and the most failures that are remembered.
    pub(super) most: usize,
    /// The most octets of all things.
    pub(super) most_octets: usize,
}

/// A thing that was fetched.
pub(super) struct Loaded<T> {
    pub(super) thing: T,
    pub(super) octets: usize,
    pub(super) max_age: Option<Seconds>,
}

/// Why a thing cannot be had.
pub(super) trait Reason: Copy + PartialEq + Send + Sync + 'static {
    /// That we ourselves have too much under way. It says nothing about who serves the thing, so it cools nothing down.
    const BUSY: Self;
}

/// What a fetch brings to all who wait for it; `None`: not yet.
type Outcome<T, E> = Option<Result<Arc<T>, E>>;

/// What a fetch will bring.
type Coming<T, E> = watch::Receiver<Outcome<T, E>>;

/// Two larders: one for apps that somebody here let in, and a smaller one for strangers'.
pub(super) struct Larders<T, E> {
    own: Larder<T, E>,
    strangers: Larder<T, E>,
}

impl<T: Send + Sync + 'static, E: Reason> Larders<T, E> {
    /// `terms` are those of the larger.
    pub(super) fn new(terms: Terms) -> Self {
        let smaller = Terms { most: terms.most / 2, most_octets: terms.most_octets / 2, ..terms };
        Self { own: Larder::new(terms), strangers: Larder::new(smaller) }
    }

    /// [`Larder::get`], on somebody's behalf.
    ///
    /// # Errors
    /// See there.
    pub(super) async fn get<F>(
        &self,
        behalf: &Behalf,
        name: &str,
        clock: &Clock,
        suits: impl Fn(&Arc<T>) -> bool,
        load: F,
    ) -> Result<Result<Arc<T>, E>, Fault>
    where
        F: Future<Output = Result<Loaded<T>, E>> + Send + 'static,
    {
        self.of(behalf).get(&called(behalf, name), clock, suits, load).await
    }

    /// Whether [`Self::get`] would fetch the thing now.
    pub(super) fn would_load(&self, behalf: &Behalf, name: &str, now: Timestamp) -> bool {
        self.of(behalf).would_load(&called(behalf, name), now)
    }

    const fn of(&self, behalf: &Behalf) -> &Larder<T, E> {
        match behalf {
            Behalf::Operator | Behalf::Vouched => &self.own,
            Behalf::Stranger(_) => &self.strangers,
        }
    }
}

/// What an operator's app may fetch from by exception, an app that registered itself may not even see: so what is
/// fetched for them has names of its own.
fn called<'n>(behalf: &Behalf, name: &'n str) -> Cow<'n, str> {
    match behalf {
        Behalf::Operator | Behalf::Stranger(_) => Cow::Borrowed(name),
        Behalf::Vouched => Cow::Owned(format!("vouched {name}")),
    }
}

/// The larder of things that are `T`, and of why they could not be had.
struct Larder<T, E> {
    shelves: Arc<Mutex<Shelves<T, E>>>,
}

impl<T: Send + Sync + 'static, E: Reason> Larder<T, E> {
    fn new(terms: Terms) -> Self {
        Self { shelves: Arc::new(Mutex::new(Shelves::new(terms))) }
    }

    /// The thing of that name; `suits` says whether a fresh one is the version that is wanted. If it is not, it is
    /// looked for anew, though not as often as somebody likes; what comes back may then not suit either. `load` runs
    /// to its end and its outcome is kept, even if nobody waits any more: so nobody gets round a cool-down by hanging up.
    ///
    /// # Errors
    /// The fault is ours; the inner error is why the thing cannot be had now.
    async fn get<F>(
        &self,
        name: &str,
        clock: &Clock,
        suits: impl Fn(&Arc<T>) -> bool,
        load: F,
    ) -> Result<Result<Arc<T>, E>, Fault>
    where
        F: Future<Output = Result<Loaded<T>, E>> + Send + 'static,
    {
        let mut coming = match self.look(name, clock, suits, load) {
            Ok(outcome) => return Ok(outcome),
            Err(coming) => coming,
        };
        let outcome = coming.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        outcome.ok_or_else(|| Fault::broken("a fetch ended before its time"))
    }

    /// What can be said at once, or what is to be waited for.
    fn look<F>(
        &self,
        name: &str,
        clock: &Clock,
        suits: impl Fn(&Arc<T>) -> bool,
        load: F,
    ) -> Result<Result<Arc<T>, E>, Coming<T, E>>
    where
        F: Future<Output = Result<Loaded<T>, E>> + Send + 'static,
    {
        let mut shelves = lock(&self.shelves);
        let rush = match shelves.judge(name, clock.now(), suits) {
            Verdict::Take(thing) => return Ok(Ok(thing)),
            Verdict::Leave(why) => return Ok(Err(why)),
            Verdict::Wait(coming) => return Err(coming),
            Verdict::Look { rush } => rush,
        };
        let Some(said) = shelves.set_out(name) else { return Ok(Err(E::BUSY)) };
        drop(shelves);
        let coming = said.subscribe();
        let (shelves, clock, name) = (Arc::clone(&self.shelves), clock.clone(), name.to_owned());
        tokio::spawn(async move {
            let outcome = load.await;
            let outcome = lock(&shelves).settle(&name, clock.now(), rush, outcome);
            said.send_replace(Some(outcome));
        });
        Err(coming)
    }

    fn would_load(&self, name: &str, now: Timestamp) -> bool {
        match lock(&self.shelves).judge(name, now, |_| true) {
            Verdict::Look { .. } => true,
            Verdict::Take(_) | Verdict::Leave(_) | Verdict::Wait(_) => false,
        }
    }
}

fn lock<T, E>(shelves: &Mutex<Shelves<T, E>>) -> MutexGuard<'_, Shelves<T, E>> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
