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
mod at_once;
#[cfg(test)]
mod budgets;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod choosing;
#[cfg(test)]
mod code_flow;
#[cfg(test)]
mod counts;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod front_channel;
#[cfg(test)]
mod guessing;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod links;
#[cfg(test)]
mod logos;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod managing;
#[cfg(test)]
mod own_sign_in;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod protection;
#[cfg(test)]
mod proving;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod registration;
#[cfg(test)]
mod request_objects;
#[cfg(test)]
mod same_work;
#[cfg(test)]
mod signing_out;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tokens;
