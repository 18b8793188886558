//! What a policy document must be before it is kept.

use crate::rules::ALL;
use portvakt_model::PolicyDocument;

/// A value that no policy may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyFault {
    /// The field of the document.
    pub field: &'static str,
    /// The least that is allowed; seconds or characters, as the field has it.
    pub least: u32,
    /// The most that is allowed.
    pub most: u32,
}

/// Everything that is wrong with `document`; empty: it may be kept.
pub fn check(document: &PolicyDocument) -> Vec<PolicyFault> {
    ALL.iter().filter_map(|rule| (rule.fault)(document)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::Seconds;

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let document = PolicyDocument {
            password_min_length: Some(3),
            session_idle: Some(Seconds(5)),
            ..PolicyDocument::default()
        };
        let fields: Vec<_> = check(&document).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["password_min_length", "session_idle"]);
        assert!(check(&PolicyDocument::default()).is_empty());
    }
}
