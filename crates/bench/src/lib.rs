//! The load generator in its first form: seven operations against a real server, each answer checked to the signature.
//!
//! What it tells: CPU of the server per operation, which other programs on the machine disturb least, and operations a
//! second, which they disturb much. Compare figures of one run only.

#![expect(clippy::indexing_slicing, reason = "indexing a JSON value gives null where there is nothing")]

pub mod app_key;
pub mod checked;
pub mod figures;
pub mod operations;
pub mod world;

pub use figures::Figures;
pub use operations::Operation;
pub use world::World;
