//! The cupboard: what Portvakt keeps, in one SQLite file or on one PostgreSQL server.
//!
//! The only crate that knows SQL. Flows hand a synchronous closure to [`Store::read`] or [`Store::write`]; inside it a
//! [`Tx`] leads to one accessor per noun. The rules of this room:
//!
//! - Every state change is a guarded update or insert that counts rows. Load, check, update is a race on one of the
//!   two databases.
//! - A query is written once and runs on both databases (`on!`).
//! - No rule is decided here. The one type it takes from the rules is `policy::Admitted`: sessions and grants are
//!   opened and extended only for somebody who passed the gate.
//! - A refusal is a value and commits; only a [`portvakt_model::Fault`] takes back.
//! - No network, no clock, no dice: instants and ids are handed in.

// libpq and SQLite are linked through these; their features choose the bundled sources.
use libsqlite3_sys as _;
use pq_sys as _;

mod columns;
mod conn;
mod counts;
mod fault;
mod jobs;
mod migrate;
mod options;
mod schema;
mod store;
pub mod tx;
mod view;

pub mod accounts;
pub mod apis;
pub mod apps;
mod assertions;
pub mod audit;
pub mod challenges;
pub mod consents;
pub mod devices;
pub mod domains;
pub mod epoch;
pub mod grants;
pub mod keys;
pub mod limits;
pub mod logout_notices;
pub mod networks;
pub mod outbox;
pub mod parked;
pub mod passwords;
pub mod policies;
pub mod registrations;
pub mod sessions;
pub mod sign_in;
pub mod sweep;
pub mod tenants;

pub use audit::AuditRow;
pub use counts::{Counted, Counts};
pub use devices::{Remembered, Sighting};
pub use grants::{GrantView, NewGrant, Redeeming, Spend};
pub use limits::Taken;
pub use logout_notices::{LogoutNotice, Untold};
pub use options::Options;
pub use outbox::{NewMail, OutboxRow};
pub use passwords::{Guessed, PasswordRow};
pub use registrations::Registration;
pub use sessions::{MOST_DESCRIBED, NewSession, Renewal, SessionView};
pub use sign_in::SignInView;
pub use store::Store;
pub use tx::{Deployment, Tx};
pub use view::Policies;
