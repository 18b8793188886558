//! A deployment, opened: configuration, database, keys, and everything a flow may use.

use crate::config::Config;
use crate::keys::FileKey;
use crate::outbound::Outbound;
use portvakt_credentials::password::Hasher;
use portvakt_flows::hashing::Hashing;
use portvakt_flows::keeper::Keeper;
use portvakt_flows::{Clock, Ctx, Dice, Settings};
use portvakt_protocol::certificate::{Authorities, AuthoritiesFault};
use portvakt_protocol::oauth::discovery::MutualTls;
use portvakt_store::{Options, Store};
use std::path::Path;
use std::sync::Arc;

/// Opens the database. `migrate`: brings its schema up to date; else only looks that it fits.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub fn store(config: &Config, migrate: bool) -> Result<Store, String> {
    let options = Options { threads: config.database_threads, ..Options::new(config.database_url.clone()) };
    let store = Store::open(options).map_err(|fault| format!("The database cannot be opened: {fault}."))?;
    let fits = if migrate { store.migrate().map(drop) } else { store.check_schema() };
    fits.map_err(|fault| format!("The database's schema does not fit: {fault}."))?;
    Ok(store)
}

/// Opens the whole deployment; `hashing` starts that many threads.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub async fn open(config: &Config, migrate: bool, hashing: usize) -> Result<Ctx, String> {
    let dice = Dice::default();
    let clock = Clock::System;
    let master = FileKey::open(&config.keys_directory, &dice)?;
    let store = store(config, migrate)?;
    let keeper = Keeper::open(store.clone(), Arc::new(master), &dice, config.rsa, clock.now())
        .await
        .map_err(|fault| format!("The keys cannot be loaded: {fault}."))?;
    let mut hashers = Vec::new();
    for _ in 0..hashing.max(1) {
        hashers.push(Hasher::new(config.hashing).map_err(|fault| format!("Password hashing cannot start: {fault}."))?);
    }
    let hashing = Hashing::start(hashers).map_err(|fault| format!("Password hashing cannot start: {fault}."))?;
    let outside = Arc::new(Outbound::new(config)?);
    let mut settings = Settings::new(config.issuer.clone(), config.name.clone());
    settings.limits = config.limits;
    settings.rsa = config.rsa;
    settings.offers = config.offers.clone();
    if let Some(mutual) = &config.mutual_tls {
        settings.offers.mutual_tls =
            Some(MutualTls { url: mutual.url.clone(), authorities: mutual.client_ca.is_some() });
        settings.authorities = mutual.client_ca.as_deref().map_or_else(|| Ok(Authorities::default()), authorities)?;
    }
    settings.registration = config.registration.clone();
    settings.security_contact.clone_from(&config.security_contact);
    Ok(Ctx { store, clock, dice, keeper, hashing, outside, settings: Arc::new(settings) })
}

/// The authorities in a file.
fn authorities(file: &Path) -> Result<Authorities, String> {
    let shown = file.display();
    let pem = std::fs::read(file).map_err(|why| format!("mtls.client_ca {shown} cannot be read: {why}."))?;
    Authorities::parse(&pem).map_err(|fault| match fault {
        AuthoritiesFault::Form => format!("mtls.client_ca {shown} holds no certificate in PEM."),
        AuthoritiesFault::Certificate => format!("mtls.client_ca {shown} holds a certificate that cannot be read."),
    })
}
