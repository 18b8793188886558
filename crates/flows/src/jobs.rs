//! Background work, one slice a file; the worker only calls them. Each may run twice at once and does no harm.

pub mod logout;
pub mod outbox;
pub mod sweep;
pub mod warnings;
