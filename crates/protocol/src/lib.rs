//! What the wire says: OAuth 2.0 and OpenID Connect parsed, decided and written; JOSE; sealed handles.
//!
//! Pure: no clock, no dice, no database, no HTTP types. Everything from outside is parsed here once, bounded, into
//! types that leave nothing to check again; each parser of foreign bytes is a fuzz target ([`fuzz`]).

pub mod certificate;
pub mod fuzz;
pub mod jose;
pub mod json;
pub mod oauth;
pub mod picture;
pub mod refresh_token;
pub mod seal;
