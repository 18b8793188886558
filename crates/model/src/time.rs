//! Time as a value: UTC, microseconds, read once per request by the flow and handed in.

use serde::{Deserialize, Serialize};

const MICROS: i64 = 1_000_000;

/// A length of time in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub u32);

impl Seconds {
    /// `n` minutes.
    pub const fn minutes(n: u32) -> Self {
        Self(n * 60)
    }
    /// `n` hours.
    pub const fn hours(n: u32) -> Self {
        Self(n * 3600)
    }
    /// `n` days.
    pub const fn days(n: u32) -> Self {
        Self(n * 86_400)
    }
}

/// An instant: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The latest instant there is: "never ends by itself".
    pub const FAR: Self = Self(253_402_300_799 * MICROS);

    /// From whole seconds since 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// Whole seconds since 1970, as JWT `NumericDate` values have them (RFC 7519 §2).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Whole milliseconds since 1970; zero for anything earlier.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1_000)).unwrap_or(0)
    }

    /// This instant and `length` more, never past [`Timestamp::FAR`].
    #[must_use]
    pub fn after(self, length: Seconds) -> Self {
        Self(self.0.saturating_add(i64::from(length.0) * MICROS).min(Self::FAR.0))
    }

    /// This instant less `length`.
    #[must_use]
    pub fn before(self, length: Seconds) -> Self {
        Self(self.0.saturating_sub(i64::from(length.0) * MICROS))
    }

    /// Whole seconds from `earlier` to this instant; negative if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_never_passes_the_far_end() {
        assert_eq!(Timestamp::FAR.after(Seconds::days(1)), Timestamp::FAR);
        assert_eq!(Timestamp::from_seconds(10).after(Seconds(5)).seconds(), 15);
        assert_eq!(Timestamp::from_seconds(10).before(Seconds(5)).seconds(), 5);
        assert_eq!(Timestamp::from_seconds(10).seconds_since(Timestamp::from_seconds(4)), 6);
    }
}
