//! What is in a larder: things, what is under way, and what failed. Nothing here waits.

use super::{Coming, Loaded, Outcome, Reason, Terms};
use portvakt_model::{Seconds, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// All of it. What is under way stands in a table of its own, as otherwise a second fetch could begin beside the first;
/// and so do failures: nothing that comes makes us forget who is to be left alone, and nothing that fails takes away what
/// there is.
pub(super) struct Shelves<T, E> {
    terms: Terms,
    turn: u64,
    octets: usize,
    things: HashMap<String, Held<T>>,
    under_way: HashMap<String, Coming<T, E>>,
    failures: HashMap<String, Failure<E>>,
}

struct Held<T> {
    thing: Arc<T>,
    octets: usize,
    used: u64,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
    rush_from: Option<Timestamp>,
}

struct Failure<E> {
    why: E,
    until: Timestamp,
    /// How often in a row.
    times: u32,
}

/// What is to be done about a name.
pub(super) enum Verdict<T, E> {
    /// Here it is.
    Take(Arc<T>),
    /// It is left alone.
    Leave(E),
    /// It is under way.
    Wait(Coming<T, E>),
    /// It is to be fetched; `rush`: although what there is is fresh.
    Look { rush: bool },
}

impl<T, E: Reason> Shelves<T, E> {
    pub(super) fn new(terms: Terms) -> Self {
        let (things, under_way, failures) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { terms, turn: 0, octets: 0, things, under_way, failures }
    }

    /// What is to be done about that name; whoever asks uses it.
    pub(super) fn judge(&mut self, name: &str, now: Timestamp, suits: impl Fn(&Arc<T>) -> bool) -> Verdict<T, E> {
        self.turn += 1;
        let cooling = self.failures.get(name).filter(|failure| now < failure.until).map(|failure| failure.why);
        let coming = self.under_way.get(name).filter(|coming| goes_on(coming)).cloned();
        let held = self.things.get_mut(name);
        if let Some(held) = held {
            held.used = self.turn;
            if now < held.fresh_until {
                let may_rush = cooling.is_none() && held.rush_from.is_none_or(|from| now >= from);
                return match coming {
                    _ if suits(&held.thing) => Verdict::Take(Arc::clone(&held.thing)),
                    Some(coming) => Verdict::Wait(coming),
                    None if may_rush => Verdict::Look { rush: true },
                    None => Verdict::Take(Arc::clone(&held.thing)),
                };
            }
        }
        match (coming, cooling) {
            (Some(coming), _) => Verdict::Wait(coming),
            (None, None) => Verdict::Look { rush: false },
            (None, Some(why)) => self.stale(name, now).map_or(Verdict::Leave(why), Verdict::Take),
        }
    }

    /// Marks the name as under way; what came is to be said. `None`: there is no room, as too many are.
    pub(super) fn set_out(&mut self, name: &str) -> Option<watch::Sender<Outcome<T, E>>> {
        if self.under_way.len() >= self.terms.most {
            self.under_way.retain(|_, coming| goes_on(coming));
        }
        if self.under_way.len() >= self.terms.most {
            return None;
        }
        let (said, coming) = watch::channel(None);
        self.under_way.insert(name.to_owned(), coming);
        Some(said)
    }

    /// Keeps what came, or that nothing came; gives what those who wait get.
    pub(super) fn settle(
        &mut self,
        name: &str,
        now: Timestamp,
        rush: bool,
        outcome: Result<Loaded<T>, E>,
    ) -> Result<Arc<T>, E> {
        self.under_way.remove(name);
        // That we were too busy to ask is not that anybody was asked.
        if rush
            && !outcome.as_ref().is_err_and(|why| *why == E::BUSY)
            && let Some(held) = self.things.get_mut(name)
        {
            held.rush_from = Some(now.after(self.terms.rush));
        }
        match outcome {
            Ok(loaded) => {
                self.failures.remove(name);
                Ok(self.keep(name, now, loaded))
            }
            Err(why) => {
                if why != E::BUSY {
                    self.remember(name, why, now);
                }
                self.stale(name, now).ok_or(why)
            }
        }
    }

    /// Keeps a thing in the place of the one before it, and throws away others until there is room.
    fn keep(&mut self, name: &str, now: Timestamp, loaded: Loaded<T>) -> Arc<T> {
        let Loaded { thing, octets, max_age } = loaded;
        let (thing, terms) = (Arc::new(thing), self.terms);
        let fresh = max_age.unwrap_or(terms.usually).clamp(terms.fresh.0, terms.fresh.1);
        let before = self.remove(name);
        let held = Held {
            thing: Arc::clone(&thing),
            octets,
            used: self.turn,
            fetched_at: now,
            fresh_until: now.after(fresh),
            rush_from: before.and_then(|before| before.rush_from),
        };
        self.things.insert(name.to_owned(), held);
        self.octets += octets;
        while (self.things.len() > terms.most || self.octets > terms.most_octets) && self.remove_oldest(name) {}
        thing
    }

    /// Remembers a failure, for longer with each in a row; in a full table in the place of the one that is over first.
    fn remember(&mut self, name: &str, why: E, now: Timestamp) {
        let (first, longest) = self.terms.cool_down;
        let times = self.failures.get(name).map_or(0, |failure| failure.times);
        if !self.failures.contains_key(name) && self.failures.len() >= self.terms.most {
            let soonest = self.failures.iter().min_by_key(|(_, failure)| failure.until).map(|(name, _)| name.clone());
            soonest.and_then(|name| self.failures.remove(&name));
        }
        let pause = first.0.saturating_mul(1 << times.min(16)).min(longest.0);
        let failure = Failure { why, until: now.after(Seconds(pause)), times: times.saturating_add(1) };
        self.failures.insert(name.to_owned(), failure);
    }

    /// What there is, if it is not too old to be given out while nothing newer can be had.
    fn stale(&self, name: &str, now: Timestamp) -> Option<Arc<T>> {
        let held = self.things.get(name).filter(|held| now < held.fetched_at.after(self.terms.stale));
        held.map(|held| Arc::clone(&held.thing))
    }

    /// Throws away what was not used for the longest time, but for `kept` and what is just looked for again; `false` if
    /// there is nothing else.
    fn remove_oldest(&mut self, kept: &str) -> bool {
        let others = self.things.iter().filter(|(name, _)| *name != kept && !self.under_way.contains_key(*name));
        let oldest = others.min_by_key(|(_, held)| held.used).map(|(name, _)| name.clone());
        oldest.and_then(|name| self.remove(&name)).is_some()
    }

    fn remove(&mut self, name: &str) -> Option<Held<T>> {
        let held = self.things.remove(name)?;
        self.octets = self.octets.saturating_sub(held.octets);
        Some(held)
    }

    /// How many things there are, what they weigh, and how many failures are remembered.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize, usize) {
        (self.things.len(), self.octets, self.failures.len())
    }
}

/// Whether a fetch goes on. One that broke off without a word is none.
fn goes_on<T, E>(coming: &Coming<T, E>) -> bool {
    coming.has_changed().is_ok()
}
