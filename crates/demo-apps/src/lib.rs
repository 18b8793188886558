//! The demo's programs: relying apps that know Portvakt only from the outside, a mailbox, and the starter.
//!
//! Nothing here names a crate of ours. The apps speak documented HTTP through the public `openidconnect` crate, so
//! that what works for them works for anybody's app. Nothing of it is in the release binary.

pub mod access_token;
pub mod clock;
pub mod demo_file;
pub mod environment;
pub mod fault;
pub mod http;
pub mod mailbox;
pub mod mobile;
pub mod relying_party;
pub mod starter;
pub mod terminal;
pub mod timeclock;
pub mod web_app;
