//! `portvakt conformance`: a live deployment against what OpenID Connect's profiles demand.

use super::print::Out;
use super::{Stop, settings_issuer};
use crate::self_check::{self, App, Outcome, Person, Plan, Profile};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use url::Url;

#[derive(Debug, Subcommand)]
pub(super) enum Conformance {
    /// Ask a live deployment from outside, and report what it keeps of what the profiles demand
    SelfCheck(Box<SelfCheck>),
}

#[derive(Debug, Args)]
pub(super) struct SelfCheck {
    /// The deployment's issuer URL; without: the configuration's
    #[arg(long, value_name = "URL", value_parser = self_check::issuer)]
    issuer: Option<Url>,
    /// What it is held against; may be repeated
    #[arg(long = "profile", value_enum, default_values = ["config", "basic"])]
    profiles: Vec<Profile>,
    /// A test app's `client_id`
    #[arg(long, requires = "redirect_uri")]
    client_id: Option<String>,
    /// A file that holds its secret; without: it is a public app
    #[arg(long, value_name = "FILE", requires = "client_id")]
    client_secret_file: Option<PathBuf>,
    /// One of its registered redirect URIs; nothing needs to answer there
    #[arg(long, value_name = "URI", requires = "client_id")]
    redirect_uri: Option<String>,
    /// One of its registered addresses after sign-out; nothing needs to answer there
    #[arg(long, value_name = "URI", requires = "client_id")]
    post_logout_redirect_uri: Option<String>,
    /// A file of two lines: a test person's address, and the password
    #[arg(long, value_name = "FILE", requires = "client_id")]
    person_file: Option<PathBuf>,
    /// Also take certificates of the authorities in this PEM file; may be repeated
    #[arg(long = "trust-anchor", value_name = "FILE")]
    trust_anchors: Vec<PathBuf>,
    /// Write the report into this file too
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Runs it: exit code 0 if everything passed, 1 if something failed, 2 if nothing could be asked.
pub(super) fn run(config: Option<&Path>, out: Out, command: Conformance) -> Result<(), Stop> {
    let Conformance::SelfCheck(asked) = command;
    let file = asked.report.clone();
    let plan = plan(config, *asked)?;
    let wrong = |why: String| Stop::Wrong(vec![why]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| wrong(format!("The program cannot start: {why}.")))?;
    let report = runtime.block_on(self_check::run(&plan)).map_err(wrong)?;
    let text = if out.json { format!("{}\n", report.json()) } else { report.text() };
    if let Some(file) = file {
        std::fs::write(&file, &text).map_err(|why| wrong(format!("{} cannot be written: {why}.", file.display())))?;
    }
    Out::text(text.trim_end());
    if report.count(Outcome::Failed) == 0 { Ok(()) } else { Err(Stop::Failed(report.summary())) }
}

fn plan(config: Option<&Path>, asked: SelfCheck) -> Result<Plan, Stop> {
    let wrong = |why: String| Stop::Wrong(vec![why]);
    let issuer = match asked.issuer {
        Some(issuer) => issuer,
        None => self_check::issuer(&settings_issuer(config)?).map_err(|why| wrong(format!("server.issuer {why}")))?,
    };
    let app = match (asked.client_id, asked.redirect_uri) {
        (Some(client_id), Some(redirect_uri)) => {
            let secret = asked.client_secret_file.as_deref().map(read).transpose()?;
            Some(App {
                client_id,
                secret: secret.map(|text| text.trim().to_owned()),
                redirect_uri,
                post_logout_redirect_uri: asked.post_logout_redirect_uri,
            })
        }
        _ => None,
    };
    let person = asked.person_file.as_deref().map(person).transpose()?;
    let mut profiles = asked.profiles;
    let mut seen = Vec::new();
    profiles.retain(|profile| {
        !seen.contains(profile) && {
            seen.push(*profile);
            true
        }
    });
    Ok(Plan { issuer, profiles, trust_anchors: asked.trust_anchors, app, person })
}

fn read(file: &Path) -> Result<String, Stop> {
    std::fs::read_to_string(file).map_err(|why| Stop::Wrong(vec![format!("{} cannot be read: {why}.", file.display())]))
}

fn person(file: &Path) -> Result<Person, Stop> {
    let text = read(file)?;
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(address), Some(password)) if !address.trim().is_empty() && !password.is_empty() => {
            Ok(Person { address: address.trim().to_owned(), password: password.to_owned() })
        }
        _ => Err(Stop::Wrong(vec![format!("{} has two lines: an address, and its password.", file.display())])),
    }
}
