//! The HTTP client of the demo's programs.

use crate::environment;
use crate::fault::Fault;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder};
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a whole request may take before the other side counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(15);

/// Makes ring the engine of rustls; called first thing in each `main`.
pub fn install_crypto() {
    // An error says that a provider already stands, which is as good.
    let _already_there = rustls::crypto::ring::default_provider().install_default();
}

/// A client that follows no redirect: an answer from the issuer is an answer, not a way to somewhere else (RFC 9700
/// §4.11).
///
/// Reads `EXTRA_CA_FILE` (PEM; one more trusted authority) and `RESOLVE` (`host=address:port,…`; where a host lies,
/// whatever the name service says).
pub fn client() -> Result<Client, Fault> {
    builder()?.redirect(Policy::none()).build().map_err(Fault::doing("Making the HTTP client"))
}

/// A client with cookies that follows redirects, as a browser does.
pub fn browser() -> Result<Client, Fault> {
    builder()?
        .cookie_store(true)
        .redirect(Policy::limited(10))
        .user_agent("Mozilla/5.0 (portvakt-demo)")
        .build()
        .map_err(Fault::doing("Making the HTTP client"))
}

fn builder() -> Result<ClientBuilder, Fault> {
    let mut builder = Client::builder().timeout(PATIENCE).no_proxy();
    if let Some(path) = environment::optional("EXTRA_CA_FILE") {
        let pem = fs::read(&path).map_err(Fault::doing(format!("Reading {path} (from EXTRA_CA_FILE)")))?;
        for certificate in Certificate::from_pem_bundle(&pem).map_err(Fault::doing(format!("Reading {path}")))? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    for (host, address) in environment::pairs("RESOLVE")? {
        let address: SocketAddr =
            address.parse().map_err(Fault::doing(format!("RESOLVE gives {host} no address with a port")))?;
        builder = builder.resolve(&host, address);
    }
    Ok(builder)
}
