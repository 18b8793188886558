//! The front door: configuration, keys, the server, the worker, the command line. Everything here is wiring; what
//! Portvakt does is in the rooms behind it.

pub mod cli;
pub mod config;
pub mod deployment;
pub mod keys;
pub mod logs;
pub mod outbound;
pub mod routes;
pub mod self_check;
pub mod server;
pub mod tls;
pub mod worker;
