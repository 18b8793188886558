//! The switch "Portvakt's own sign-in": every built-in first step together. Off means single sign-on only.

use super::Rule;
use crate::limit::Limit;

pub(super) const RULE: Rule = Rule {
    name: "own_sign_in",
    built_in: || Limit::NONE,
    limit: |document| Limit { own_sign_in: document.own_sign_in.unwrap_or(true), ..Limit::NONE },
    fault: |_| None,
};
