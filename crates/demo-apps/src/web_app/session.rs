//! Sessions in memory: who is signed in in which browser, and which sign-ins are under way.

use crate::clock;
use crate::relying_party::{Begun, SignedIn};
use openidconnect::CsrfToken;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a session without a request lives, in seconds.
const IDLE: i64 = 8 * 3600;
/// How many sessions are kept; at the limit the longest idle goes.
const MOST: usize = 10_000;
/// How many sign-ins one browser may have under way, one per tab.
const TABS: usize = 8;

/// What the app knows of one browser.
#[derive(Default)]
pub struct Session {
    /// Sign-ins that wait for their answer.
    pub pending: Vec<Pending>,
    /// The person, once an `id_token` proved them.
    pub person: Option<Person>,
    /// The state of a sign-out that waits for its answer.
    pub leaving: Option<String>,
    /// Proves that a form came from one of our own pages.
    pub form_token: String,
    /// When it was last used, in seconds since 1970; [`Sessions`] sees to it.
    pub(super) touched_at: i64,
}

/// A sign-in under way, and where the person wanted to go.
pub struct Pending {
    /// What the issuer's answer is checked by.
    pub begun: Begun,
    /// A path of ours.
    pub return_to: String,
}

/// A signed-in person.
pub struct Person {
    /// Claims and tokens.
    pub signed_in: SignedIn,
    /// What userinfo said, once asked.
    pub userinfo: Option<Value>,
    /// How often the tokens were refreshed since sign-in.
    pub refreshes: u32,
}

/// All sessions by cookie value.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    /// Does something with a session, which stays locked meanwhile: no awaiting inside.
    pub fn with<T>(&self, cookie: &str, then: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let now = clock::unix_seconds();
        let mut sessions = self.lock();
        let session = sessions.get_mut(cookie).filter(|session| session.touched_at.saturating_add(IDLE) > now)?;
        session.touched_at = now;
        Some(then(session))
    }

    /// Opens a session and returns its cookie value: 256 random bits.
    pub fn open(&self, session: Session) -> String {
        let cookie = CsrfToken::new_random_len(32).into_secret();
        let now = clock::unix_seconds();
        let form_token = CsrfToken::new_random_len(32).into_secret();
        let mut sessions = self.lock();
        make_room(&mut sessions, now);
        sessions.insert(cookie.clone(), Session { form_token, touched_at: now, ..session });
        cookie
    }

    /// Ends a session, and hands out what was in it.
    pub fn close(&self, cookie: &str) -> Option<Session> {
        self.lock().remove(cookie)
    }

    /// Nothing here can leave a session half-changed, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Keeps a sign-in under way; with too many tabs the oldest is forgotten.
    pub fn keep(&mut self, pending: Pending) {
        if self.pending.len() >= TABS {
            self.pending.remove(0);
        }
        self.pending.push(pending);
    }

    /// Takes the sign-in that this state belongs to: each answer counts once.
    pub fn take(&mut self, state: &str) -> Option<Pending> {
        let index = self.pending.iter().position(|pending| pending.begun.state == state)?;
        Some(self.pending.remove(index))
    }
}

fn make_room(sessions: &mut HashMap<String, Session>, now: i64) {
    if sessions.len() < MOST {
        return;
    }
    sessions.retain(|_, session| session.touched_at.saturating_add(IDLE) > now);
    if sessions.len() >= MOST {
        let oldest = sessions.iter().min_by_key(|(_, session)| session.touched_at).map(|(cookie, _)| cookie.clone());
        if let Some(cookie) = oldest {
            sessions.remove(&cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_by_its_cookie_alone_and_not_after_its_end() {
        let sessions = Sessions::default();
        let cookie = sessions.open(Session::default());
        assert_eq!(sessions.with(&cookie, |session| session.form_token.len()), Some(43));
        assert!(sessions.with("another", |_| ()).is_none());
        assert!(sessions.close(&cookie).is_some());
        assert!(sessions.with(&cookie, |_| ()).is_none());
    }
}
