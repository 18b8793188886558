//! Budgets for what strangers can cause. The counters are in the database, so that all nodes share them and a restart
//! forgets none; an attempt is counted before it is made.

use portvakt_model::{Fault, Seconds};
use portvakt_store::{Deployment, Tx};

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Password tries per address in fifteen minutes.
    pub account_tries: i64,
    /// Password tries per source in ten minutes, but for browsers that the account was signed in on before.
    pub source_tries: i64,
    /// Mails that strangers cause, per address and hour.
    pub address_mails: i64,
    /// Mails that strangers cause, per source and hour.
    pub source_mails: i64,
    /// Failed client authentications per client and source in a minute.
    pub client_failures: i64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { account_tries: 10, source_tries: 300, address_mails: 3, source_mails: 10, client_failures: 20 }
    }
}

/// Window of password tries per address.
pub const ACCOUNT_WINDOW: Seconds = Seconds::minutes(15);
/// Window of tries per source.
pub const SOURCE_WINDOW: Seconds = Seconds::minutes(10);
/// Window of mails.
pub const MAIL_WINDOW: Seconds = Seconds::hours(1);
/// Window of failed client authentications.
pub const CLIENT_WINDOW: Seconds = Seconds::minutes(1);

/// One thing to be counted against its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// What is counted, and for whom.
    pub key: String,
    /// The window it is counted in.
    pub window: Seconds,
    /// How much is allowed in a window.
    pub most: i64,
}

impl Spend {
    /// `most` per `window` for `key`.
    pub fn new(key: String, window: Seconds, most: i64) -> Self {
        Self { key, window, most }
    }
}

/// Counts `spends` one after another, and stops at the first that is over its budget: a source that has used its own up
/// must not use up those of the people it aims at. `true`: every one is within its budget.
pub fn reserve(tx: &mut Tx<'_, Deployment>, spends: &[Spend], now: portvakt_model::Timestamp) -> Result<bool, Fault> {
    for spend in spends {
        let counts = tx.limits().hit(&[(spend.key.clone(), spend.window)], now)?;
        if counts.first().is_none_or(|count| *count > spend.most) {
            return Ok(false);
        }
    }
    Ok(true)
}
