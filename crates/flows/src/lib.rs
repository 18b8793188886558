//! The kitchen: one file per thing that somebody can do. A flow loads, asks a rule, and carries out the decision.
//!
//! No HTTP types and no words for people here; no network inside a transaction; nothing slow (hashing, signing) inside
//! one either. A refusal is a value and commits; only a [`portvakt_model::Fault`] rolls back.

pub mod access;
pub mod account;
pub mod api;
pub mod app;
pub mod authorize;
pub mod browser;
pub mod client;
pub mod clock;
pub mod consent;
pub mod ctx;
pub mod dice;
pub mod end_session;
pub mod gate;
pub mod hashing;
mod id_token;
pub mod introspect;
pub mod jobs;
pub mod keeper;
pub mod limits;
pub mod logo;
pub mod network;
pub mod operator;
pub mod outside;
pub mod own_api;
pub mod password;
pub mod pending;
pub mod protect;
pub mod registration;
pub mod revoke;
pub mod settings;
pub mod sign_in;
pub mod signing_keys;
pub mod subject;
pub mod tenant;
pub mod token;
pub mod userinfo;

pub use browser::Browser;
pub use client::Caller;
pub use clock::Clock;
pub use ctx::{Ctx, Settings};
pub use dice::Dice;
