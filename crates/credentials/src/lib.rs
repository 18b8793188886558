//! What people prove themselves with: one file per sign-in method.
//!
//! Rules and arithmetic only: no database, no async, no threads; random bytes are handed in. What a tenant allows is
//! policy's business, when something is asked the flows'.

pub mod password;
