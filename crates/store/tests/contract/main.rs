//! The store's contract: every promise it makes, on SQLite and on PostgreSQL alike.
//!
//! `PORTVAKT_TEST_POSTGRES` names a server (`postgres://postgres@127.0.0.1:5432`) on which each test makes a database of
//! its own; the user must be allowed to. Without it the PostgreSQL half fails, so that nobody leaves it out by mistake;
//! `PORTVAKT_TEST_SQLITE_ONLY=1` leaves it out on purpose.

#[cfg(test)]
mod kit;

#[cfg(test)]
mod groups;
#[cfg(test)]
mod guessing;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod races;
#[cfg(test)]
mod registrations;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod views;
