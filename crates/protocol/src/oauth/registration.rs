//! Clients that register themselves (RFC 7591, OpenID Connect Dynamic Client Registration 1.0) and manage what they
//! registered (RFC 7592): their metadata read once, bounded, and checked as far as that goes without looking anywhere.
//!
//! What nobody here knows is dropped without a word (RFC 7591 §2); what is known is taken, taken over with another value
//! where the specification lets a server replace it, or refused. What was registered is given back from the same
//! settings that everything else works by ([`document`]), so a client never reads of a wish that was not granted.
//!
//! A software statement is not looked at (RFC 7591 §2.3 leaves that to the server): nobody vouches for a client here.

mod echo;
mod fuzz;
mod keys;
mod local;
mod members;
mod rules;
mod sector;
mod terms;
#[cfg(test)]
mod tests;
mod uris;

pub use echo::document;
pub use fuzz::fuzz_registration;
pub use local::local;
pub use sector::lists_all;
pub use terms::{Rules, Subjects, Terms};

use super::why::Why;
use members::Members;
use portvakt_model::app::AppSettings;
use portvakt_model::{AppKind, Secret};

/// The most octets of a registration.
pub const MOST_OCTETS: usize = 64 * 1024;
/// The most characters of a client's name.
pub const MOST_NAME: usize = 80;

/// What somebody wants to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// `client_name`, else where it sends people back to.
    pub name: String,
    /// From `application_type`, and from whether it authenticates.
    pub kind: AppKind,
    /// All else. `sector_identifier_uri`, if there is one, was not fetched yet: see [`lists_all`].
    pub settings: AppSettings,
}

/// What somebody wants in place of what is registered (RFC 7592 §2.2): all of it, not the difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// What shall be registered.
    pub wish: Wish,
    /// The `client_secret` that was sent along; it must be the one that was issued.
    pub secret: Option<Secret<String>>,
}

/// Reads the body of a registration (RFC 7591 §3.1).
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(body: &[u8], terms: &Terms) -> Result<Wish, Why> {
    rules::wish(&Members::read(body)?, terms)
}

/// Members that belong to the server's answer and must not come back (RFC 7592 §2.2).
const OURS: [&str; 4] =
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// Reads the body of an update for the client of that id (RFC 7592 §2.2).
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read_update(body: &[u8], client_id: &str, terms: &Terms) -> Result<Update, Why> {
    let members = Members::read(body)?;
    if members.text("client_id", 200)? != Some(client_id) {
        return Err(Why::UpdateClientId);
    }
    if OURS.iter().any(|name| members.has(name)) {
        return Err(Why::UpdateMembers);
    }
    let secret = members.text("client_secret", 200)?.map(|text| Secret::new(text.to_owned()));
    Ok(Update { wish: rules::wish(&members, terms)?, secret })
}
