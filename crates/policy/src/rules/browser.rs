//! What a browser may keep: the session after it was closed, and addresses.

use super::Rule;
use crate::limit::Limit;

pub(super) const RULE: Rule = Rule {
    name: "browser",
    built_in: || Limit::NONE,
    limit: |document| Limit {
        keep_signed_in: document.keep_signed_in.unwrap_or(true),
        remember_address: document.remember_address.unwrap_or(true),
        ..Limit::NONE
    },
    fault: |_| None,
};
