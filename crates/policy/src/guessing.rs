//! What guessing costs the guesser. The store counts; what follows from a count is decided here.
//!
//! Figures after NIST SP 800-63B-4 §3.2.2: a growing delay, and an end after at most a hundred failures in a row. All
//! hold for known and unknown addresses alike, as nothing here looks at an account.

use portvakt_model::{Seconds, Timestamp};

/// The longest pause between two tries at one address.
const LONGEST_PAUSE: u32 = 60;

/// How long a source that tried too often is shut out of browsers that nobody signed in on.
pub const SHUT_OUT: Seconds = Seconds::hours(1);

/// The pause between two tries of a source that failed often, but not too often.
const SOURCE_PAUSE: Seconds = Seconds(1);

/// What one address may be tried, or one browser may try at an account that signed in on it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressBudget {
    /// Tries in a window that may come as fast as they like.
    pub quick: i64,
    /// Tries in a window at all.
    pub most: i64,
}

impl AddressBudget {
    /// Until when no further try is looked at, once `count` tries of a window that ends at `window_end` failed: 1, 2, 4
    /// … 60 seconds after each one beyond the quick ones, and to the window's end after the last.
    pub fn held_until(&self, count: i64, window_end: Timestamp, now: Timestamp) -> Option<Timestamp> {
        if count >= self.most {
            return Some(window_end);
        }
        let doublings = u32::try_from(count - self.quick - 1).ok()?;
        let pause = 1_u32.checked_shl(doublings).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
        Some(now.after(Seconds(pause)))
    }
}

/// What one source may cause: an IPv4 address, the /64 of an IPv6 one, or a declared network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceBudget {
    /// Failures in a window before there is a pause between tries.
    pub quick: i64,
    /// Failures in a window before the source is shut out.
    pub most: i64,
    /// Distinct addresses in an hour at which a source may fail, and not get in after all, before it is shut out.
    pub addresses: i64,
    /// Mails in an hour.
    pub mails: i64,
}

impl SourceBudget {
    /// The same for a network with so many people behind it; never less than a stranger's. In the hour in which all of
    /// them choose their first passwords, everybody may ask for two mails, one in five mistype in the same ten minutes,
    /// and one in ten be stuck. Whoever tries other people's passwords there is stopped at that tenth.
    #[must_use]
    pub fn for_people(self, people: u32) -> Self {
        let people = i64::from(people);
        Self {
            quick: self.quick.max(people / 5),
            most: self.most.max(people),
            addresses: self.addresses.max(people / 10),
            mails: self.mails.max(people * 2),
        }
    }

    /// Until when no further try is looked at, once `count` tries of a window failed.
    pub fn held_until(&self, count: i64, now: Timestamp) -> Option<Timestamp> {
        match count {
            count if count >= self.most => Some(now.after(SHUT_OUT)),
            count if count >= self.quick => Some(now.after(SOURCE_PAUSE)),
            _ => None,
        }
    }

    /// Whether failures at so many distinct addresses are the work of somebody who tries a list of leaked passwords.
    pub fn is_stuffing(&self, addresses: i64) -> bool {
        addresses >= self.addresses
    }
}

/// After which failures in a row the person gets a mail, where the `most`th disables the password: 10, 50 and 100.
pub fn warnings(most: i32) -> [i32; 3] {
    [(most / 10).max(1), (most / 2).max(1), most]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
    const ADDRESS: AddressBudget = AddressBudget { quick: 3, most: 10 };
    const STRANGER: SourceBudget = SourceBudget { quick: 30, most: 300, addresses: 15, mails: 10 };

    #[test]
    fn the_pause_grows_from_the_fourth_failure_and_the_tenth_ends_the_window() {
        let end = NOW.after(Seconds::minutes(15));
        let pauses: Vec<i64> = (1..=12)
            .map(|count| ADDRESS.held_until(count, end, NOW).map_or(0, |until| until.seconds_since(NOW)))
            .collect();
        assert_eq!(pauses, [0, 0, 0, 1, 2, 4, 8, 16, 32, 900, 900, 900]);
        let patient = AddressBudget { most: 1000, ..ADDRESS };
        for count in [10, 11, 36, 37, 500] {
            assert_eq!(patient.held_until(count, end, NOW), Some(NOW.after(Seconds(60))), "{count}");
        }
    }

    #[test]
    fn a_source_is_slowed_at_thirty_and_shut_out_at_three_hundred() {
        let waits = [29, 30, 299, 300, 1000]
            .map(|count| STRANGER.held_until(count, NOW).map_or(0, |until| until.seconds_since(NOW)));
        assert_eq!(waits, [0, 1, 1, 3600, 3600]);
        assert_eq!([14, 15].map(|addresses| STRANGER.is_stuffing(addresses)), [false, true]);
    }

    #[test]
    fn people_behind_one_address_get_a_budget_by_their_number() {
        assert_eq!(STRANGER.for_people(5000), SourceBudget { quick: 1000, most: 5000, addresses: 500, mails: 10_000 });
        assert_eq!(STRANGER.for_people(3), STRANGER, "a small network is never worse off than a stranger's");
    }

    #[test]
    fn people_are_warned_before_their_password_is_disabled() {
        assert_eq!(warnings(100), [10, 50, 100]);
        assert_eq!(warnings(10), [1, 5, 10]);
    }

    proptest! {
        #[test]
        fn one_more_failure_never_shortens_a_wait(count in 1_i64..2000, quick in 0_i64..50, most in 1_i64..500) {
            let (budget, end) = (AddressBudget { quick, most }, NOW.after(Seconds::minutes(15)));
            let wait = |count| budget.held_until(count, end, NOW).unwrap_or(NOW);
            prop_assert!(wait(count) <= wait(count + 1));
            let budget = SourceBudget { quick, most, ..STRANGER };
            let wait = |count| budget.held_until(count, NOW).unwrap_or(NOW);
            prop_assert!(wait(count) <= wait(count + 1));
        }
    }
}
