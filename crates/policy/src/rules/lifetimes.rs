//! How long sessions and refresh chains live (NIST SP 800-63B-4 §2.1.3: at most 30 days without being asked again).

use super::Rule;
use crate::change::PolicyFault;
use crate::limit::Limit;
use portvakt_model::{PolicyDocument, Seconds};

const NO_LIMIT: Seconds = Seconds(u32::MAX);

pub(super) const RULE: Rule = Rule {
    name: "lifetimes",
    built_in: || Limit {
        session_idle: Seconds::days(30),
        session_absolute: Seconds::days(30),
        refresh_idle: Seconds::days(90),
        refresh_absolute: Seconds::days(365),
        ..Limit::NONE
    },
    limit: |document| Limit {
        session_idle: document.session_idle.unwrap_or(NO_LIMIT),
        session_absolute: document.session_absolute.unwrap_or(NO_LIMIT),
        refresh_idle: document.refresh_idle.unwrap_or(NO_LIMIT),
        refresh_absolute: document.refresh_absolute.unwrap_or(NO_LIMIT),
        ..Limit::NONE
    },
    fault,
};

fn fault(document: &PolicyDocument) -> Option<PolicyFault> {
    let minute = Seconds::minutes(1);
    [
        ("session_idle", document.session_idle, Seconds::days(30)),
        ("session_absolute", document.session_absolute, Seconds::days(30)),
        ("refresh_idle", document.refresh_idle, Seconds::days(90)),
        ("refresh_absolute", document.refresh_absolute, Seconds::days(365)),
    ]
    .into_iter()
    .find(|(_, value, most)| value.is_some_and(|value| value < minute || value > *most))
    .map(|(field, _, most)| PolicyFault { field, least: minute.0, most: most.0 })
}
