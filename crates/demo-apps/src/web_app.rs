//! A relying app on the web: HRM, the staff portal and Fieldreport are this code with other [`Looks`].
//!
//! Its session lives in memory under a random cookie. What it holds of a person came out of a verified `id_token`.

mod api;
mod pages;
mod routes;
mod session;
mod settings;
mod words;

pub use settings::{Looks, Settings};

use crate::fault::Fault;
use crate::relying_party::RelyingParty;
use crate::{http, terminal};
use actix_web::{App, HttpServer, web};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use session::Sessions;
use std::process::ExitCode;

/// How long requests under way may take after the signal to stop, in seconds.
const DRAIN_SECONDS: u64 = 2;

/// What every request of the app needs.
pub struct WebApp {
    settings: Settings,
    party: RelyingParty,
    sessions: Sessions,
}

/// Runs a web app with settings from the environment until SIGINT or SIGTERM.
pub fn main(looks: Looks) -> ExitCode {
    http::install_crypto();
    match actix_web::rt::System::new().block_on(run(looks)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            terminal::note(fault.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(looks: Looks) -> Result<(), Fault> {
    let settings = Settings::from_environment(looks)?;
    let party = RelyingParty::new(settings.registration.clone(), http::client()?)?;
    let listen = settings.listen;
    let tls = tls(&settings)?;
    let name = settings.name.clone();
    let app = web::Data::new(WebApp { settings, party, sessions: Sessions::default() });
    let server = HttpServer::new(move || App::new().app_data(app.clone()).configure(routes::mount))
        .workers(1)
        .shutdown_timeout(DRAIN_SECONDS);
    let server = match tls {
        Some(tls) => server.bind_rustls_0_23(listen, tls),
        None => server.bind(listen),
    }
    .map_err(Fault::doing(format!("{name} can't listen on {listen}")))?;
    terminal::note(format!("{name} listens on {listen}."));
    server.run().await.map_err(Fault::doing(format!("{name} stopped")))
}

fn tls(settings: &Settings) -> Result<Option<ServerConfig>, Fault> {
    let Some((certificates, key)) = &settings.tls else { return Ok(None) };
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect)
        .map_err(Fault::doing(format!("Reading {certificates}")))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(Fault::doing(format!("Reading {key}")))?;
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(Some)
        .map_err(Fault::doing("Certificate and key don't fit together"))
}
