//! The demo's mailbox: a real SMTP server that takes mail for everybody, and a page that shows what came.
//!
//! In memory, for one machine: it listens on a loopback address, asks for no sign-in and sends nothing on.

mod message;
mod page;
pub mod smtp;

pub use message::{Mailbox, Message};

use crate::fault::Fault;
use crate::{environment, http, terminal};
use actix_web::{App, HttpServer, web};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Runs the mailbox with settings from the environment until SIGINT or SIGTERM.
pub fn main() -> ExitCode {
    http::install_crypto();
    match actix_web::rt::System::new().block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            terminal::note(fault.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Fault> {
    let smtp_address = environment::listen("SMTP_LISTEN")?;
    let web_address = environment::listen("LISTEN")?;
    let mailbox = Arc::new(Mailbox::default());
    let smtp = TcpListener::bind(smtp_address)
        .await
        .map_err(Fault::doing(format!("The mailbox can't take mail at {smtp_address}")))?;
    let shown = web::Data::from(Arc::clone(&mailbox));
    let server = HttpServer::new(move || App::new().app_data(shown.clone()).configure(page::mount))
        .workers(1)
        .shutdown_timeout(1)
        .bind(web_address)
        .map_err(Fault::doing(format!("The mailbox can't listen on {web_address}")))?;
    terminal::note(format!("The mailbox takes mail at {smtp_address} and shows it at http://{web_address}."));
    let receiving = actix_web::rt::spawn(smtp::serve(smtp, mailbox));
    let ended = server.run().await.map_err(Fault::doing("The mailbox stopped"));
    receiving.abort();
    ended
}
