//! Sessions and the stamp that says under which rules something was admitted.

use crate::id::{AccountId, DeviceId, SessionId};
use crate::policy::PolicyVersion;
use crate::proof::Proof;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A browser's signed-in state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id; also `sid` for apps that know people by their public `sub`.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The browser it lives in.
    pub device: Option<DeviceId>,
    /// The proofs given, oldest first.
    pub proofs: Vec<Proof>,
    /// Under which rules it was last admitted.
    pub stamp: Stamp,
    /// When the newest proof was given: `auth_time`.
    pub auth_time: Timestamp,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used; written at most every five minutes.
    pub seen_at: Timestamp,
    /// When it ends if it is not used before: from `seen_at` and policy.
    pub idle_until: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// Whether the browser keeps it when it is closed.
    pub keep: bool,
    /// What its person recognises the browser by, as it was when the session was opened; empty where nothing is known.
    pub description: String,
    /// When it was ended by an act, if it was.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether it lives at `now`: not ended, neither clock run out.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.is_open(now) && now < self.idle_until
    }

    /// Whether there is still something to end at `now`: not ended, and its last instant not reached. Whoever left it idle is
    /// asked to sign in again, but the chains of apps hang on it, and a fresh sign-in of the same person goes on with it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }
}

/// The versions of everything that an admission depended on. Use under any newer version, or at or after `until`,
/// asks the gate again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The deployment's default policy.
    #[serde(rename = "d")]
    pub deployment: PolicyVersion,
    /// The home tenant's policy; 0 where there is no home.
    #[serde(rename = "t")]
    pub tenant: PolicyVersion,
    /// The account's facts.
    #[serde(rename = "f")]
    pub facts: i64,
    /// The app; 0 for what is no app's (a session).
    #[serde(rename = "a")]
    pub app: i64,
    /// The first instant at which a date alone changes the answer.
    #[serde(rename = "u")]
    pub until: Timestamp,
}

impl Stamp {
    /// Whether what was admitted under `self` still stands when the current versions are `current`, at `now`.
    /// `current.until` is not looked at.
    pub fn holds(&self, current: &Self, now: Timestamp) -> bool {
        self.deployment == current.deployment
            && self.tenant == current.tenant
            && self.facts == current.facts
            && self.app == current.app
            && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_newer_version_or_the_date_asks_again() {
        let now = Timestamp::from_seconds(100);
        let stamp = Stamp { deployment: 1, tenant: 2, facts: 3, app: 4, until: Timestamp::from_seconds(101) };
        assert!(stamp.holds(&stamp, now));
        assert!(!stamp.holds(&stamp, stamp.until));
        for newer in [
            Stamp { deployment: 2, ..stamp },
            Stamp { tenant: 3, ..stamp },
            Stamp { facts: 4, ..stamp },
            Stamp { app: 5, ..stamp },
        ] {
            assert!(!stamp.holds(&newer, now));
        }
    }
}
