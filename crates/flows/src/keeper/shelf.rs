//! One bounded map in memory. What is not there is asked for, and misses are not kept: strangers could fill it with them.

use portvakt_model::Fault;
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub(super) struct Shelf<T> {
    most: usize,
    cleared: AtomicU64,
    things: RwLock<HashMap<String, Arc<T>>>,
}

impl<T> Shelf<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, cleared: AtomicU64::new(0), things: RwLock::new(HashMap::new()) }
    }

    pub(super) fn clear(&self) {
        self.cleared.fetch_add(1, Ordering::SeqCst);
        self.things.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The thing of that name, if it is here.
    pub(super) fn peek(&self, name: &str) -> Option<Arc<T>> {
        self.things.read().unwrap_or_else(PoisonError::into_inner).get(name).map(Arc::clone)
    }

    /// The thing of that name, loaded if it is not here.
    pub(super) async fn get<F>(&self, name: &str, load: impl FnOnce() -> F) -> Result<Option<Arc<T>>, Fault>
    where
        F: Future<Output = Result<Option<T>, Fault>>,
    {
        if let Some(thing) = self.peek(name) {
            return Ok(Some(thing));
        }
        let before = self.cleared.load(Ordering::SeqCst);
        let Some(thing) = load().await?.map(Arc::new) else { return Ok(None) };
        let mut things = self.things.write().unwrap_or_else(PoisonError::into_inner);
        // Loaded before a change and stored after it, an old thing would stay: then it is used once and not kept.
        if self.cleared.load(Ordering::SeqCst) == before {
            if things.len() >= self.most {
                things.clear();
            }
            things.insert(name.to_owned(), Arc::clone(&thing));
        }
        Ok(Some(thing))
    }
}
