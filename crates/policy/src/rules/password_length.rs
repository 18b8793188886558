//! How long a password must be (NIST SP 800-63B-4 §3.1.1): 15 characters where it is the only factor.

use super::Rule;
use crate::change::PolicyFault;
use crate::limit::Limit;

/// The least length of a password that is the only factor.
pub const ONLY_FACTOR: u16 = 15;
/// The most that a policy may ask for; beyond it people write passwords down.
pub const MOST: u16 = 64;

pub(super) const RULE: Rule = Rule {
    name: "password_length",
    // No second factor exists yet that a policy could demand, so a password is always the only one.
    built_in: || Limit { password_min_length: ONLY_FACTOR, ..Limit::NONE },
    limit: |document| Limit { password_min_length: document.password_min_length.unwrap_or(0), ..Limit::NONE },
    fault: |document| {
        document.password_min_length.filter(|length| !(8..=MOST).contains(length)).map(|_| PolicyFault {
            field: "password_min_length",
            least: 8,
            most: u32::from(MOST),
        })
    },
};
