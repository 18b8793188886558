//! The demo's one reading of the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z; zero on a machine whose clock stands before that.
#[expect(clippy::disallowed_methods, reason = "the demo's programs stand outside Portvakt and have no flows::Clock")]
pub fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
