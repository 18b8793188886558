//! How many requests are under way: so many to one host, so many in all. Who comes later waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most requests to one host at a time.
pub(super) const MOST_PER_HOST: usize = 8;
/// The most requests at a time.
pub(super) const MOST: usize = 64;

/// The hosts that somebody flies to or waits for.
type Hosts = Arc<Mutex<HashMap<String, Arc<Semaphore>>>>;

/// All requests under way and waiting.
pub(super) struct Flights {
    all: Arc<Semaphore>,
    hosts: Hosts,
}

/// One request's leave to go; given back when it is dropped, and the host is forgotten with the last who holds one.
pub(super) struct Flight {
    host: String,
    hosts: Hosts,
    permits: Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Default for Flights {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), hosts: Arc::default() }
    }
}

impl Flights {
    /// Waits until a request to `host` may go. A slow host holds up nobody else while its own turn has not come.
    pub(super) async fn take_off(&self, host: &str) -> Option<Flight> {
        let semaphore = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(MOST_PER_HOST))))
        };
        let mut flight = Flight { host: host.to_owned(), hosts: Arc::clone(&self.hosts), permits: None };
        let own = semaphore.acquire_owned().await.ok()?;
        let one_of_all = Arc::clone(&self.all).acquire_owned().await.ok()?;
        flight.permits = Some((own, one_of_all));
        Some(flight)
    }

    /// How many hosts are known.
    #[cfg(test)]
    pub(super) fn hosts(&self) -> usize {
        self.hosts.lock().unwrap().len()
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        // A permit, like a place in the line, holds the host's semaphore: it goes first.
        self.permits = None;
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.get(&self.host).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            hosts.remove(&self.host);
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
            let mut flight = Box::pin(flights.take_off(host));
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
        assert_eq!(flights.hosts(), 1, "the other host is forgotten at once");
        under_way.pop();
        let mut ninth = pin!(ninth);
        let Poll::Ready(Some(ninth)) = ninth.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("a place is free")
        };
        drop(under_way);
        assert_eq!(flights.hosts(), 1);
        drop(ninth);
        assert_eq!(flights.hosts(), 0);
    }

    #[test]
    fn who_gives_up_waiting_leaves_nothing_behind() {
        let flights = Flights::default();
        let mut under_way = Vec::new();
        let mut waiting = Vec::new();
        for _ in 0..MOST_PER_HOST + 3 {
            let mut flight = Box::pin(flights.take_off("a.test"));
            match flight.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(flight) => under_way.push(flight),
                Poll::Pending => waiting.push(flight),
            }
        }
        assert_eq!((under_way.len(), waiting.len()), (MOST_PER_HOST, 3));
        drop(under_way);
        assert_eq!(flights.hosts(), 1, "three wait for it");
        drop(waiting);
        assert_eq!(flights.hosts(), 0);
    }
}
