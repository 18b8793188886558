//! The command line. It works on the deployment's own database by the same flows as everything else; `--json` answers
//! for programs. Exit codes: 0 done, 1 refused or failed, 2 called or configured wrongly.

mod account;
mod api;
mod app;
mod keys;
mod print;
mod tenant;

use crate::config::{Config, manual};
use crate::{deployment, logs, server};
use clap::{Parser, Subcommand};
use portvakt_flows::Ctx;
use portvakt_model::Fault;
use print::Out;
use std::future::Future;
use std::path::PathBuf;
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
        Command::Config(ConfigCommand::Manual) => Ok(()),
        Command::Keys(command) => with(&config, |ctx| async move { keys::run(&ctx, out, command).await }),
        Command::App(command) => with(&config, |ctx| async move { app::run(&ctx, out, command).await }),
        Command::Api(command) => with(&config, |ctx| async move { api::run(&ctx, out, command).await }),
        Command::Account(command) => with(&config, |ctx| async move { account::run(&ctx, out, command).await }),
        Command::Tenant(command) => with(&config, |ctx| async move { tenant::run(&ctx, out, command).await }),
    }
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
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
