//! The JSON body of a visit.

use crate::visit::Visit;
use portvakt_protocol::json::parse;
pub use portvakt_protocol::json::{BodyFault, MOST_OCTETS};
use serde::de::DeserializeOwned;

/// Why a body is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is not `application/json`.
    Kind,
    /// It cannot be read, or holds something else than what is asked for.
    Fault(BodyFault),
}

/// The body of a visit as it came, if it says that it is JSON: for what has a parser of its own.
pub fn bytes(visit: &Visit) -> Option<&[u8]> {
    visit.json()
}

/// The body of a visit as a `T`; see [`parse`].
pub fn read<T: DeserializeOwned>(visit: &Visit) -> Result<T, Unread> {
    match visit.json() {
        Some(bytes) => parse(bytes).map_err(Unread::Fault),
        None => Err(Unread::Kind),
    }
}
