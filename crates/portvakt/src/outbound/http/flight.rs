//! How many requests are under way: so many to one host, so many in all, and of strangers' apps a part of both. Who comes
//! later waits.

use portvakt_flows::outside::Behalf;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most requests to one host at a time.
pub(super) const MOST_PER_HOST: usize = 8;
/// The most requests at a time.
pub(super) const MOST: usize = 64;
/// The most requests at a time for one stranger's app.
pub(super) const MOST_PER_STRANGER: usize = 2;
/// The most requests to one host at a time for strangers' apps.
pub(super) const MOST_STRANGERS_PER_HOST: usize = 4;
/// The most requests at a time for strangers' apps.
pub(super) const MOST_STRANGERS: usize = 16;

/// A line that somebody flies in or waits in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Line {
    /// To this host.
    Host(String),
    /// Strangers' apps to this host.
    StrangersHost(String),
    /// One stranger's app.
    Stranger(String),
}

impl Line {
    const fn most(&self) -> usize {
        match self {
            Self::Host(_) => MOST_PER_HOST,
            Self::StrangersHost(_) => MOST_STRANGERS_PER_HOST,
            Self::Stranger(_) => MOST_PER_STRANGER,
        }
    }
}

/// The lines that somebody is in.
type Lines = Arc<Mutex<HashMap<Line, Arc<Semaphore>>>>;

/// All requests under way and waiting.
pub(super) struct Flights {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    lines: Lines,
}

/// One request's leave to go; given back when it is dropped, and a line is forgotten with the last who is in it.
pub(super) struct Flight {
    names: Vec<Line>,
    lines: Lines,
    permits: Vec<OwnedSemaphorePermit>,
}

tokio::task_local! {
    /// The flight of the request that is being made, for what outlives it.
    static ABOARD: Arc<Flight>;
}

/// Makes a request on its flight.
pub(super) fn aboard<F: Future>(flight: Flight, request: F) -> impl Future<Output = F::Output> {
    ABOARD.scope(Arc::new(flight), request)
}

/// The flight of the request that is being made: it lasts as long as anybody holds it.
pub(super) fn under_way() -> Option<Arc<Flight>> {
    ABOARD.try_with(Arc::clone).ok()
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MOST)),
            strangers: Arc::new(Semaphore::new(MOST_STRANGERS)),
            lines: Arc::default(),
        }
    }
}

impl Flights {
    /// Waits until a request to `host` may go. The narrowest line comes first: a slow host holds up nobody else while
    /// its own turn has not come, and a stranger's app nobody but itself.
    pub(super) async fn take_off(&self, host: &str, behalf: &Behalf) -> Option<Flight> {
        let host = host.to_owned();
        let (names, shared) = match behalf {
            Behalf::Operator | Behalf::Vouched => (vec![Line::Host(host)], vec![&self.all]),
            Behalf::Stranger(who) => (
                vec![Line::Stranger(who.clone()), Line::StrangersHost(host.clone()), Line::Host(host)],
                vec![&self.strangers, &self.all],
            ),
        };
        let own: Vec<Arc<Semaphore>> = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let line = |name: &Line| {
                Arc::clone(lines.entry(name.clone()).or_insert_with(|| Arc::new(Semaphore::new(name.most()))))
            };
            names.iter().map(line).collect()
        };
        let mut flight = Flight { names, lines: Arc::clone(&self.lines), permits: Vec::new() };
        for semaphore in own.into_iter().chain(shared.into_iter().map(Arc::clone)) {
            flight.permits.push(semaphore.acquire_owned().await.ok()?);
        }
        Some(flight)
    }

    /// How many lines there are.
    #[cfg(test)]
    pub(super) fn lines(&self) -> usize {
        self.lines.lock().unwrap().len()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // A permit, like a place in the line, holds the line's semaphore: it goes first.
        self.permits.clear();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &self.names {
            if lines.get(name).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
                lines.remove(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn a_host_has_eight_at_a_time_and_others_do_not_wait_for_it() {
        let flights = Flights::default();
        let go = |host: &'static str| {
            let mut flight = Box::pin(flights.take_off(host, &Behalf::Operator));
            let first = flight.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            (first, flight)
        };
        let mut under_way = Vec::new();
        for _ in 0..MOST_PER_HOST {
            let (Poll::Ready(Some(flight)), _) = go("a.test") else { panic!("it may go") };
            under_way.push(flight);
        }
        let (waiting, ninth) = go("a.test");
        assert!(waiting.is_pending());
        assert!(matches!(go("b.test").0, Poll::Ready(Some(_))));
        assert_eq!(flights.lines(), 1, "the other host is forgotten at once");
        under_way.pop();
        let mut ninth = pin!(ninth);
        let Poll::Ready(Some(ninth)) = ninth.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("a place is free")
        };
        drop(under_way);
        assert_eq!(flights.lines(), 1);
        drop(ninth);
        assert_eq!(flights.lines(), 0);
    }

    #[test]
    fn who_gives_up_waiting_leaves_nothing_behind() {
        let flights = Flights::default();
        let mut under_way = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..MOST_PER_HOST + 3 {
            let mut flight = Box::pin(flights.take_off("a.test", &Behalf::Operator));
            match flight.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(flight) => under_way.push(flight),
                Poll::Pending => waiting.push(flight),
            }
        }
        assert_eq!((under_way.len(), waiting.len()), (MOST_PER_HOST, 3));
        drop(under_way);
        assert_eq!(flights.lines(), 1, "three wait for it");
        drop(waiting);
        assert_eq!(flights.lines(), 0);
    }

    #[test]
    fn strangers_leave_three_quarters_of_all_requests_and_half_of_every_host_to_others() {
        let flights = Flights::default();
        let go = |host: &str, behalf: &Behalf| {
            let mut flight = Box::pin(flights.take_off(host, behalf));
            match flight.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(flight) => flight,
                Poll::Pending => None,
            }
        };
        let stranger = |number: usize| Behalf::Stranger(format!("app_{number}"));
        // Each of twenty apps names addresses on twenty hosts of its own.
        let slow: Vec<Flight> = (0..20)
            .flat_map(|app| (0..20).map(move |host| (app, host)))
            .filter_map(|(app, host)| go(&format!("{host}.app-{app}.test"), &stranger(app)))
            .collect();
        assert_eq!(slow.len(), MOST_STRANGERS);
        let others: Vec<Flight> =
            (0..MOST).filter_map(|host| go(&format!("{host}.partner.test"), &Behalf::Operator)).collect();
        assert_eq!(others.len(), MOST - MOST_STRANGERS);
        drop((slow, others));
        let one: Vec<Flight> = (0..5).filter_map(|host| go(&format!("{host}.test"), &stranger(1))).collect();
        assert_eq!(one.len(), MOST_PER_STRANGER);
        drop(one);
        // All of them at a partner's own host.
        let there: Vec<Flight> = (0..20).filter_map(|app| go("partner.test", &stranger(app))).collect();
        let own: Vec<Flight> = (0..20).filter_map(|_| go("partner.test", &Behalf::Vouched)).collect();
        assert_eq!((there.len(), own.len()), (MOST_STRANGERS_PER_HOST, MOST_PER_HOST - MOST_STRANGERS_PER_HOST));
        drop((there, own));
        assert_eq!(flights.lines(), 0);
    }
}
