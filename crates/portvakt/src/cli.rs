//! The command line. It works on the deployment's own database by the same flows as everything else; `--json` answers
//! for programs. Exit codes: 0 done, 1 refused or failed, 2 called or configured wrongly.

mod account;
mod api;
mod app;
mod conformance;
mod keys;
mod network;
mod print;
mod registration;
mod tenant;

use crate::config::{Config, manual};
use crate::{deployment, logs, server};
use clap::{Parser, Subcommand};
use portvakt_flows::Ctx;
use portvakt_model::Fault;
use print::Out;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// An OpenID Connect and OAuth 2.0 identity provider.
#[derive(Debug, Parser)]
#[command(name = "portvakt", version, disable_help_subcommand = true)]
struct Cli {
    /// The configuration file (TOML); environment variables `PORTVAKT__SECTION__KEY` stand above it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until stopped
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Signing keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Relying apps
    #[command(subcommand)]
    App(app::App),
    /// Apps that register themselves
    #[command(subcommand)]
    Registration(registration::Registration),
    /// APIs (resource servers)
    #[command(subcommand)]
    Api(api::Api),
    /// Accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Customer organisations
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// What OpenID Connect's profiles demand of a deployment
    #[command(subcommand)]
    Conformance(conformance::Conformance),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say everything that is wrong with it
    Check,
    /// Show it as it is understood
    Print,
    /// Write the manual page of all settings
    Manual,
}

/// Why a command did not do what it was asked to: a sentence, and what to do.
enum Stop {
    /// Refused or failed: exit code 1.
    Failed(String),
    /// Called or configured wrongly: exit code 2.
    Wrong(Vec<String>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(match fault {
            Fault::Busy(what) => format!("Busy: {what}. Try again."),
            Fault::Unavailable(what) => format!("The database did not take it: {what}."),
            Fault::Broken(what) => format!("Something is broken: {what}."),
        })
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let out = Out { json: cli.json };
    match dispatch(cli, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(why)) => {
            out.error(&[why]);
            ExitCode::from(1)
        }
        Err(Stop::Wrong(faults)) => {
            out.error(&faults);
            ExitCode::from(2)
        }
    }
}

fn dispatch(cli: Cli, out: Out) -> Result<(), Stop> {
    if let Command::Config(ConfigCommand::Manual) = cli.command {
        Out::text(manual().trim_end());
        return Ok(());
    }
    // It asks a deployment from outside, and needs nothing of this one but its URL.
    if let Command::Conformance(command) = cli.command {
        logs::start(false, "warn");
        return conformance::run(cli.config.as_deref(), out, command);
    }
    let config = Config::load(cli.config.as_deref()).map_err(Stop::Wrong)?;
    // The command line speaks by its answer; its log is for trouble only.
    let level = if matches!(cli.command, Command::Serve) { config.log_level.as_str() } else { "warn" };
    logs::start(config.log_json, level);
    match cli.command {
        Command::Serve => {
            let system = actix_web::rt::System::new();
            system.block_on(server::serve(config)).map_err(Stop::Failed)
        }
        Command::Migrate => {
            deployment::store(&config, true).map_err(Stop::Failed)?;
            out.done("The schema is up to date.");
            Ok(())
        }
        Command::Config(ConfigCommand::Check) => {
            out.done("The configuration is right.");
            Ok(())
        }
        Command::Config(ConfigCommand::Print) => {
            out.settings(&config.effective);
            Ok(())
        }
        Command::Config(ConfigCommand::Manual) | Command::Conformance(_) => Ok(()),
        Command::Keys(command) => with(&config, |ctx| async move { keys::run(&ctx, out, command).await }),
        Command::App(command) => with(&config, |ctx| async move { app::run(&ctx, out, command).await }),
        Command::Registration(command) => {
            with(&config, |ctx| async move { registration::run(&ctx, out, command).await })
        }
        Command::Api(command) => with(&config, |ctx| async move { api::run(&ctx, out, command).await }),
        Command::Account(command) => with(&config, |ctx| async move { account::run(&ctx, out, command).await }),
        Command::Tenant(command) => with(&config, |ctx| async move { tenant::run(&ctx, out, command).await }),
    }
}

/// The configured issuer.
fn settings_issuer(config: Option<&Path>) -> Result<String, Stop> {
    Config::load(config).map(|config| config.issuer).map_err(Stop::Wrong)
}

/// Opens the deployment for one command.
fn with<F>(config: &Config, command: impl FnOnce(Ctx) -> F) -> Result<(), Stop>
where
    F: Future<Output = Result<(), Stop>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Stop::Failed(format!("The program cannot start: {why}.")))?;
    runtime.block_on(async {
        let ctx = deployment::open(config, config.migrate, 1).await.map_err(Stop::Failed)?;
        command(ctx).await
    })
}

/// How many rows of a list are read at a time.
const PAGE: u32 = 500;

/// The whole of a list that is read page by page: `page` reads what stands behind the last that was read.
async fn every<T>(page: impl AsyncFn(Option<&T>) -> Result<Vec<T>, Fault>) -> Result<Vec<T>, Fault> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let read = page(all.last()).await?;
        let is_last = u32::try_from(read.len()).is_ok_and(|count| count < PAGE);
        all.extend(read);
        if is_last {
            return Ok(all);
        }
    }
}

/// A language of ours, for clap.
fn language(text: &str) -> Result<portvakt_model::Language, String> {
    portvakt_model::Language::ALL
        .into_iter()
        .find(|language| language.tag() == text)
        .ok_or_else(|| "is one of sv, nb, en".to_owned())
}

/// `on` or `off`, for clap.
fn switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is on or off".to_owned()),
    }
}

/// An algorithm of ours, for clap.
fn algorithm(text: &str) -> Result<portvakt_model::Algorithm, String> {
    portvakt_model::Algorithm::of_name(text).ok_or_else(|| "is one of RS256, ES256, EdDSA".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn a_list_longer_than_a_page_is_shown_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for count in [0, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE] {
            let page = async |last: Option<&u32>| {
                let first = last.map_or(0, |last| last + 1);
                Ok((first..count).take(usize::try_from(PAGE).unwrap()).collect())
            };
            assert_eq!(runtime.block_on(every(page)), Ok((0..count).collect()));
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
