//! Flows, from their first page to their last token: real store, real keys, real password hashes, a clock that stands
//! until it is moved, and a mail server that is a list.
//!
//! As for the store's contract, `PORTVAKT_TEST_POSTGRES` names a server on which each test makes a database of its own
//! (with `psql`); `PORTVAKT_TEST_SQLITE_ONLY=1` leaves PostgreSQL out on purpose.

#[cfg(test)]
mod kit;

#[cfg(test)]
mod asking;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod choosing;
#[cfg(test)]
mod code_flow;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod links;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod own_sign_in;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod same_work;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tokens;
