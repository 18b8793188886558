//! The doors: every row of the table of routes, knocked at as nobody, as a stranger, with bad input, and under every
//! policy. A row that these tests do not know fails them.

mod bad_input;
mod carried;
mod forged;
mod hosts;
mod nobody;
mod raw;
mod redirects;
mod sessions;
mod verdicts;
mod world;
