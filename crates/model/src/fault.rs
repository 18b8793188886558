//! [`Fault`]: what is wrong with us, never with the person or program that asked. A fault rolls back, is logged once
//! at the edge with a reference, and answers 500 or 503. A refusal is not a fault: it is a value, and it commits.

use std::fmt;

/// Something of ours failed. The text is for our log and never leaves the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The database, a queue or a bounded pool cannot take more now: 503 with Retry-After; nothing was done.
    Busy(&'static str),
    /// The database is down, full or failed in the middle: 503 with Retry-After; what was asked may not have happened.
    Unavailable(String),
    /// A broken promise inside the program or its data: 500.
    Broken(String),
}

impl Fault {
    /// A broken promise, with where it was noticed.
    pub fn broken(what: impl fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }
    /// Whether trying again later is reasonable (503), or not (500).
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Unavailable(_) => true,
            Self::Broken(_) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(what) => write!(f, "busy: {what}"),
            Self::Unavailable(what) => write!(f, "unavailable: {what}"),
            Self::Broken(what) => write!(f, "broken: {what}"),
        }
    }
}

impl std::error::Error for Fault {}
