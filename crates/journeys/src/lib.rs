//! The whole-system kit: a real `portvakt` on a free port, a real mailbox beside it, and a person with a browser.
//!
//! Everything here goes through the doors that anybody has: the command line, HTTP and SMTP. It never links the
//! server, so what a journey shows is what a customer gets. Functions return [`Failure`] instead of panicking, and a
//! test is a function that returns `Result<(), Failure>`.

pub mod certificates;
pub mod deployment;
pub mod failure;
pub mod front;
pub mod http;
pub mod mail;
pub mod mailbox;
pub mod page;
pub mod person;
mod program;

pub use deployment::{App, Database, Deployment, Setup};
pub use failure::Failure;
pub use front::Front;
pub use http::{Answer, Http};
pub use mail::Mail;
pub use mailbox::Mailbox;
pub use page::{Form, Page};
pub use person::Person;
