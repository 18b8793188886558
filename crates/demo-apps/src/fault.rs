//! What can go wrong in the demo's programs, told in sentences.

use std::fmt;

/// A sentence for the person at the terminal or the browser: what happened and, where it helps, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    /// A fault with this sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// For `map_err`: says what was being done, then the cause and the causes behind it.
    pub fn doing<E: std::error::Error>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |error| Self(format!("{what}: {}", with_causes(&error)))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// An error's text with every cause behind it, as libraries often hide the telling one at the bottom.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_what_was_being_done_and_why_it_failed() {
        let error = std::io::Error::other("disk full");
        assert_eq!(Fault::doing("Writing demo.json")(error).to_string(), "Writing demo.json: disk full");
    }
}
