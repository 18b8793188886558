//! Who may be told at the same moment, so that slow apps delay each other and nobody else.
//!
//! An app that answers promptly has a few hands. One that failed or kept us waiting shares half of them with all of its
//! kind, and one that this node does not know yet gets one hand, until it has shown what it is.

use portvakt_model::{AppId, Fault, Seconds, Timestamp};
use portvakt_store::LogoutNotice;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many are told at the same moment, by one node.
const MOST: u32 = 32;
/// How many of them may be one app's.
const MOST_OF_ONE: usize = 4;
/// How many of them may be those apps' together that were late the last time.
const MOST_OF_LATE: usize = 16;
/// How many of them may be one app's of which this node knows nothing yet.
const MOST_OF_NEW: usize = 1;
/// How long an app may take and still count as prompt.
const PROMPT: Seconds = Seconds(1);
/// Of how many apps this node remembers how they answered.
const REMEMBERED: usize = 1000;

/// How an app behaved the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Prompt,
    Late,
}

/// The hands of one node. Cheap to clone; the clones share them.
#[derive(Debug, Clone)]
pub(super) struct Hands {
    slots: Arc<Semaphore>,
    apps: Arc<Mutex<Apps>>,
}

/// What is under way, and what is remembered of those who were told before.
#[derive(Debug, Clone, Default)]
struct Apps {
    busy: HashMap<AppId, usize>,
    manners: HashMap<AppId, Manner>,
}

/// One app that is being told; over when it is dropped.
pub(super) struct Trip {
    apps: Arc<Mutex<Apps>>,
    app: AppId,
    began: Timestamp,
    _slot: OwnedSemaphorePermit,
}

impl Default for Hands {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(MOST as usize)), apps: Arc::default() }
    }
}

impl Hands {
    /// Waits while all hands are full.
    pub(super) async fn one_free(&self) -> Result<(), Fault> {
        self.slots.acquire().await.map(drop).map_err(Fault::broken)
    }

    /// Waits until nothing is under way.
    pub(super) async fn all_free(&self) {
        // The semaphore is never closed.
        let _all = self.slots.acquire_many(MOST).await;
    }

    /// The apps that have no room for another now.
    pub(super) fn full(&self) -> Vec<AppId> {
        locked(&self.apps).full()
    }

    /// Those of the due that go out now: as many as there are hands, and no app's beyond what it may have.
    pub(super) fn choose(&self, due: Vec<LogoutNotice>) -> Vec<LogoutNotice> {
        let apps = locked(&self.apps).clone();
        apps.choose(due, self.slots.available_permits())
    }

    /// Takes a hand for an app.
    pub(super) async fn set_out(&self, app: AppId, began: Timestamp) -> Result<Trip, Fault> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(Fault::broken)?;
        *locked(&self.apps).busy.entry(app).or_default() += 1;
        Ok(Trip { apps: Arc::clone(&self.apps), app, began, _slot: slot })
    }
}

impl Trip {
    /// Remembers how the app behaved, and is over. `answered`: it said something that settles the matter.
    pub(super) fn back(self, answered: bool, now: Timestamp) {
        let prompt = answered && now <= self.began.after(PROMPT);
        locked(&self.apps).remember(self.app, if prompt { Manner::Prompt } else { Manner::Late });
    }
}

impl Drop for Trip {
    fn drop(&mut self) {
        let mut apps = locked(&self.apps);
        if let Some(count) = apps.busy.get_mut(&self.app) {
            *count = count.saturating_sub(1);
        }
        apps.busy.retain(|_, count| *count > 0);
    }
}

impl Apps {
    fn remember(&mut self, app: AppId, manner: Manner) {
        if self.manners.len() >= REMEMBERED && !self.manners.contains_key(&app) {
            // Whichever: it is asked by one hand the next time, and known again.
            if let Some(one) = self.manners.keys().next().copied() {
                self.manners.remove(&one);
            }
        }
        self.manners.insert(app, manner);
    }

    fn is_late(&self, app: AppId) -> bool {
        self.manners.get(&app) == Some(&Manner::Late)
    }

    /// Whether all hands that late apps may have are in use.
    fn late_are_full(&self) -> bool {
        let late = self.busy.iter().filter(|(app, _)| self.is_late(**app));
        late.map(|(_, count)| count).sum::<usize>() >= MOST_OF_LATE
    }

    fn has_room(&self, app: AppId) -> bool {
        let count = self.busy.get(&app).copied().unwrap_or_default();
        match self.manners.get(&app) {
            Some(Manner::Prompt) => count < MOST_OF_ONE,
            Some(Manner::Late) => count < MOST_OF_ONE && !self.late_are_full(),
            None => count < MOST_OF_NEW,
        }
    }

    fn full(&self) -> Vec<AppId> {
        // Without room is nobody but who is under way, or late.
        let mut all: Vec<AppId> = self.busy.keys().chain(self.manners.keys()).copied().collect();
        all.sort_unstable_by_key(|app| app.0);
        all.dedup();
        all.retain(|app| !self.has_room(*app));
        all
    }

    fn choose(mut self, due: Vec<LogoutNotice>, most: usize) -> Vec<LogoutNotice> {
        let mut chosen = Vec::new();
        for notice in due {
            if chosen.len() < most && self.has_room(notice.app) {
                *self.busy.entry(notice.app).or_default() += 1;
                chosen.push(notice);
            }
        }
        chosen
    }
}

/// Nothing is left half done under this lock.
fn locked(apps: &Mutex<Apps>) -> MutexGuard<'_, Apps> {
    apps.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{AccountId, SessionId};
    use uuid::Uuid;

    fn app(number: u128) -> AppId {
        AppId(Uuid::from_u128(number))
    }

    /// What an app is to be told of `count` sessions.
    fn due(number: u128, count: u128) -> impl Iterator<Item = LogoutNotice> {
        let at = Timestamp::from_seconds(0);
        (0..count).map(move |session| LogoutNotice {
            session: SessionId(Uuid::from_u128(session)),
            app: app(number),
            client_id: format!("app_{number}"),
            account: AccountId(Uuid::from_u128(9)),
            attempts: 0,
            next_at: at,
            created_at: at,
            expires_at: Timestamp::FAR,
            failed_at: None,
            last_error: None,
        })
    }

    fn knowing(prompt: impl IntoIterator<Item = u128>, late: impl IntoIterator<Item = u128>) -> Apps {
        let mut apps = Apps::default();
        prompt.into_iter().for_each(|number| apps.remember(app(number), Manner::Prompt));
        late.into_iter().for_each(|number| apps.remember(app(number), Manner::Late));
        apps
    }

    fn count(chosen: &[LogoutNotice], number: u128) -> usize {
        chosen.iter().filter(|one| one.app == app(number)).count()
    }

    #[test]
    fn one_app_takes_a_few_hands_and_leaves_the_others_to_the_others() {
        let all: Vec<_> = due(1, 100).chain(due(2, 1)).collect();
        let chosen = knowing([1, 2], []).choose(all.clone(), 32);
        assert_eq!((count(&chosen, 1), count(&chosen, 2)), (MOST_OF_ONE, 1));
        let busy = Apps { busy: HashMap::from([(app(1), MOST_OF_ONE - 1)]), ..knowing([1, 2], []) };
        assert_eq!(count(&busy.choose(all.clone(), 32), 1), 1, "what is under way counts");
        assert_eq!(knowing([1, 2], []).choose(all, 2).len(), 2, "never more than there are hands");
    }

    #[test]
    fn an_app_that_nobody_knows_yet_gets_one_hand() {
        let chosen = Apps::default().choose(due(1, 10).chain(due(2, 10)).collect(), 32);
        assert_eq!((count(&chosen, 1), count(&chosen, 2)), (1, 1));
    }

    #[test]
    fn all_who_are_late_get_half_of_the_hands_and_are_passed_by_then() {
        let all: Vec<_> = (1..=20).flat_map(|number| due(number, 10)).chain(due(21, 10)).collect();
        let apps = knowing([21], 1..=20);
        let chosen = apps.clone().choose(all, 32);
        assert_eq!((chosen.len(), count(&chosen, 21)), (MOST_OF_LATE + MOST_OF_ONE, MOST_OF_ONE));
        let mut busy = apps;
        chosen.iter().filter(|one| one.app != app(21)).for_each(|one| *busy.busy.entry(one.app).or_default() += 1);
        assert_eq!(busy.full(), (1..=20).map(app).collect::<Vec<_>>(), "those too that nobody is telling");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut apps = knowing([], 0..1000);
        apps.remember(app(5), Manner::Prompt);
        assert_eq!((apps.manners.len(), apps.is_late(app(5))), (REMEMBERED, false));
        apps.remember(app(5000), Manner::Late);
        assert_eq!((apps.manners.len(), apps.is_late(app(5000))), (REMEMBERED, true), "one makes room, not all");
    }
}
