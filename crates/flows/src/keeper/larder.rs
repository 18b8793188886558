//! Things that somebody else serves, kept for a while: each fetched once for many waiting, looked for again when it is
//! old, left alone for a while when it could not be had, and bounded in number and octets.

use crate::clock::Clock;
use portvakt_model::{Fault, Seconds, Timestamp};
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

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
    /// The most things.
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

/// The larder of things that are `T`, and of why they could not be had.
pub(super) struct Larder<T, E> {
    terms: Terms,
    turn: AtomicU64,
    places: Mutex<HashMap<String, Arc<Place<T, E>>>>,
}

/// One name's place. Whoever holds `state` fetches; the others wait for it and see what came.
struct Place<T, E> {
    used: AtomicU64,
    octets: AtomicUsize,
    state: Arc<tokio::sync::Mutex<State<T, E>>>,
}

struct State<T, E> {
    held: Option<Held<T>>,
    fault: Option<(E, Timestamp)>,
    failures: u32,
    rush_from: Option<Timestamp>,
}

struct Held<T> {
    thing: Arc<T>,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
}

impl<T: Send + Sync + 'static, E: Copy + Send + Sync + 'static> Larder<T, E> {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, turn: AtomicU64::new(0), places: Mutex::new(HashMap::new()) }
    }

    /// The thing of that name; `suits` says whether a fresh one is the version that is wanted. If it is not, it is
    /// looked for anew, though not as often as somebody likes; what comes back may then not suit either. `load` runs
    /// to its end and its outcome is kept, even if nobody waits any more: so nobody gets round a cool-down by hanging up.
    ///
    /// # Errors
    /// The fault is ours; the inner error is why the thing cannot be had now.
    pub(super) async fn get<F>(
        &self,
        name: &str,
        clock: &Clock,
        suits: impl Fn(&Arc<T>) -> bool,
        load: F,
    ) -> Result<Result<Arc<T>, E>, Fault>
    where
        F: Future<Output = Result<Loaded<T>, E>> + Send + 'static,
    {
        let place = self.place(name);
        let state = Arc::clone(&place.state).lock_owned().await;
        let rush = match state.judge(&self.terms, clock.now(), suits) {
            Verdict::Take(thing) => return Ok(Ok(thing)),
            Verdict::Leave(why) => return Ok(Err(why)),
            Verdict::Look { rush } => rush,
        };
        let (terms, clock, fetching) = (self.terms, clock.clone(), Arc::clone(&place));
        let fetched = tokio::spawn(async move {
            let outcome = load.await;
            settle(state, &fetching, &terms, clock.now(), rush, outcome)
        });
        let outcome = fetched.await.map_err(|_| Fault::broken("a fetch ended before its time"))?;
        self.make_room(&place);
        Ok(outcome)
    }

    /// The place of that name. Only places are counted here; what is in them is weighed in [`Self::make_room`].
    fn place(&self, name: &str) -> Arc<Place<T, E>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(name) {
            place.used.store(turn, Ordering::Relaxed);
            return Arc::clone(place);
        }
        while places.len() >= self.terms.most && remove_oldest(&mut places, None) {}
        let state = State { held: None, fault: None, failures: 0, rush_from: None };
        let place = Arc::new(Place {
            used: AtomicU64::new(turn),
            octets: AtomicUsize::new(0),
            state: Arc::new(tokio::sync::Mutex::new(state)),
        });
        places.insert(name.to_owned(), Arc::clone(&place));
        place
    }

    /// Throws away what was not used for the longest time, until the rest is light enough; never what just came.
    fn make_room(&self, kept: &Arc<Place<T, E>>) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = |places: &HashMap<String, Arc<Place<T, E>>>| -> usize {
            places.values().map(|place| place.octets.load(Ordering::Relaxed)).sum()
        };
        while weight(&places) > self.terms.most_octets && remove_oldest(&mut places, Some(kept)) {}
    }

    /// How many places there are, and what is in them weighs.
    #[cfg(test)]
    fn size(&self) -> (usize, usize) {
        let places = self.places.lock().unwrap();
        (places.len(), places.values().map(|place| place.octets.load(Ordering::Relaxed)).sum())
    }
}

/// Removes the place that was not used for the longest time; `false` if there is none but `kept`.
fn remove_oldest<T, E>(places: &mut HashMap<String, Arc<Place<T, E>>>, kept: Option<&Arc<Place<T, E>>>) -> bool {
    let others = places.iter().filter(|(_, place)| kept.is_none_or(|kept| !Arc::ptr_eq(kept, place)));
    let oldest = others.min_by_key(|(_, place)| place.used.load(Ordering::Relaxed)).map(|(name, _)| name.clone());
    oldest.is_some_and(|name| places.remove(&name).is_some())
}

enum Verdict<T, E> {
    Take(Arc<T>),
    Leave(E),
    Look { rush: bool },
}

impl<T, E: Copy> State<T, E> {
    fn judge(&self, terms: &Terms, now: Timestamp, suits: impl Fn(&Arc<T>) -> bool) -> Verdict<T, E> {
        let cooling = self.fault.filter(|(_, until)| now < *until);
        match &self.held {
            Some(held) if now < held.fresh_until => {
                let may_rush = cooling.is_none() && self.rush_from.is_none_or(|from| now >= from);
                if suits(&held.thing) || !may_rush {
                    Verdict::Take(Arc::clone(&held.thing))
                } else {
                    Verdict::Look { rush: true }
                }
            }
            held => match (cooling, held) {
                (None, _) => Verdict::Look { rush: false },
                (Some(_), Some(held)) if now < held.fetched_at.after(terms.stale) => {
                    Verdict::Take(Arc::clone(&held.thing))
                }
                (Some((why, _)), _) => Verdict::Leave(why),
            },
        }
    }
}

/// Keeps what came, or that nothing came.
fn settle<T, E: Copy>(
    mut state: OwnedMutexGuard<State<T, E>>,
    place: &Place<T, E>,
    terms: &Terms,
    now: Timestamp,
    rush: bool,
    outcome: Result<Loaded<T>, E>,
) -> Result<Arc<T>, E> {
    if rush {
        state.rush_from = Some(now.after(terms.rush));
    }
    match outcome {
        Ok(Loaded { thing, octets, max_age }) => {
            let thing = Arc::new(thing);
            let fresh = max_age.unwrap_or(terms.usually).clamp(terms.fresh.0, terms.fresh.1);
            place.octets.store(octets, Ordering::Relaxed);
            state.fault = None;
            state.failures = 0;
            state.held = Some(Held { thing: Arc::clone(&thing), fetched_at: now, fresh_until: now.after(fresh) });
            Ok(thing)
        }
        Err(why) => {
            let doubled = terms.cool_down.0.0.saturating_mul(1 << state.failures.min(16));
            state.failures = state.failures.saturating_add(1);
            state.fault = Some((why, now.after(Seconds(doubled.min(terms.cool_down.1.0)))));
            let stale = state.held.as_ref().filter(|held| now < held.fetched_at.after(terms.stale));
            stale.map(|held| Arc::clone(&held.thing)).ok_or(why)
        }
    }
}

#[cfg(test)]
mod tests;
