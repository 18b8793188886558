//! What an organisation allows: the rules, the meet of their limits, the next step of a sign-in, and the one gate.
//!
//! Pure: no clock, no database, no words for people (those are keys that `web` turns into sentences). A rule can only
//! narrow; where something cannot be read or does not add up, the answer is no.

pub mod admit;
pub mod change;
pub mod guessing;
pub mod limit;
pub mod next_step;
pub mod rules;

pub use admit::{Admitted, ChainFacts, Entering, Facts, Lifetimes, Refused, SessionFacts, admit};
pub use change::{PolicyFault, check};
pub use limit::Limit;
pub use next_step::{FirstStep, first_step};
pub use rules::{Binding, Rules};
