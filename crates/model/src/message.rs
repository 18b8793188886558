//! Messages to people: what a mail says, before it has words. The words are in web, in three languages.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A mail to one person. Kept sealed in the outbox until it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// A link to choose a new password, or the first one.
    PasswordLink {
        /// The whole link.
        link: String,
        /// Until when it is good.
        until: Timestamp,
        /// Whether the account never had a password.
        first: bool,
    },
    /// A link that signs in the browser that asked.
    SignInLink {
        /// The whole link.
        link: String,
        /// Until when it is good.
        until: Timestamp,
    },
    /// The password was changed or set.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
    /// Somebody signed in from a browser that this account had not been seen on.
    NewDevice {
        /// When.
        at: Timestamp,
        /// The browser and system, as far as they can be told from the request; shortened.
        browser: String,
    },
    /// Somebody typed a wrong password for the account many times in a row; at `most` it is disabled.
    PasswordGuessed {
        /// When this was noticed.
        at: Timestamp,
        /// So many times in a row.
        failures: u32,
        /// The number that disables it.
        most: u32,
    },
    /// The password is disabled, as too many wrong ones came in a row. Only a new one opens the account again.
    PasswordDisabled {
        /// When this was noticed.
        at: Timestamp,
        /// So many came in a row.
        failures: u32,
    },
    /// Own sign-in is off for the organisation, so there is no password to reset: sent in place of a link.
    OrganisationSignIn,
}
