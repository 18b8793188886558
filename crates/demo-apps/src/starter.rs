//! `make demo`: starts Portvakt with the apps beside it, sets it up at first start, and stops it all again.
//!
//! It knows Portvakt as its operator does: the configuration file, the command line and the pages. Whatever ends it —
//! Ctrl-C, a hang-up, a child that died, a fault — it stops everything that it started and waits for the end of it.

mod children;
mod command_line;
mod configuration;
mod form;
mod password;
mod ports;
mod seed;
mod set_password;
mod table;

use crate::demo_file::{AppCredentials, DemoFile, Ports, app_url};
use crate::fault::Fault;
use crate::{http, terminal};
use children::Children;
use clap::Parser;
use command_line::CommandLine;
use ports::PortChoice;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep};

/// The scope of HRM's API.
pub const SCOPE: &str = "employees.read";
/// The identifier of HRM's API.
pub const API: &str = "https://hrm.example/api";

/// How often children and addresses are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How long Portvakt may take to its first readiness: it makes its keys then, slow in a debug build.
const PORTVAKT_PATIENCE: Duration = Duration::from_mins(2);
/// How long an app may take to listen.
const APP_PATIENCE: Duration = Duration::from_secs(15);

/// Starts Portvakt and the demo's apps, and stops them at Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "portvakt-demo", version)]
struct Arguments {
    /// Where the demo keeps its data; a second start goes on with it.
    #[arg(long, value_name = "DIR", default_value = ".demo")]
    data: PathBuf,
    /// The portvakt program, if it doesn't lie beside this one.
    #[arg(long, value_name = "PATH")]
    portvakt: Option<PathBuf>,
    #[command(flatten)]
    ports: PortChoice,
}

/// Runs the demo.
pub fn main() -> ExitCode {
    http::install_crypto();
    let arguments = Arguments::parse();
    let ended = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Fault::doing("Starting"))
        .and_then(|runtime| runtime.block_on(run(arguments)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            terminal::note(fault.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Fault> {
    let demo = Demo::prepare(arguments)?;
    let mut children = Children::new(demo.data.join("logs"))?;
    let ended = tokio::select! {
        ended = demo.run(&mut children) => ended,
        asked = asked_to_stop() => asked,
    };
    terminal::say("Stopping …");
    let left = children.stop().await;
    if ended.is_ok() && left.is_ok() {
        terminal::say("Everything has stopped.");
    }
    ended.and(left)
}

/// Waits for Ctrl-C, `kill` or the end of the terminal.
async fn asked_to_stop() -> Result<(), Fault> {
    let listen = |kind| signal(kind).map_err(Fault::doing("Listening for signals"));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// What is known before anything is started.
struct Demo {
    data: PathBuf,
    programs: PathBuf,
    portvakt: PathBuf,
    ports: Ports,
    before: Option<DemoFile>,
}

impl Demo {
    /// Looks at folder, programs and ports, and says in a sentence what is amiss.
    fn prepare(arguments: Arguments) -> Result<Self, Fault> {
        let data = folder(&arguments.data)?;
        let before = DemoFile::read(&data)?;
        let ports = arguments.ports.choose(before.as_ref().map(|demo| demo.ports))?;
        let own = std::env::current_exe().map_err(Fault::doing("Finding the demo's programs"))?;
        let programs = own.parent().map(Path::to_path_buf).unwrap_or_default();
        let portvakt = arguments.portvakt.unwrap_or_else(|| programs.join("portvakt"));
        if !portvakt.is_file() {
            return Err(Fault::new(format!(
                "There is no program at {}: build it (cargo build -p portvakt), or name it with --portvakt PATH.",
                portvakt.display()
            )));
        }
        ports::check_free(&ports)?;
        Ok(Self { data, programs, portvakt, ports, before })
    }

    /// Starts everything and watches it; ends only by a fault.
    async fn run(&self, children: &mut Children) -> Result<(), Fault> {
        let configuration = self.configuration()?;
        self.start_mailbox(children).await?;
        terminal::say("Starting Portvakt …");
        let arguments = ["--config".into(), configuration.clone().into_os_string(), "serve".into()];
        children.start("Portvakt", &self.portvakt, &arguments, &[])?;
        let ready = format!("{}/healthz/ready", self.ports.issuer_url());
        wait_for(&ready, "Portvakt", PORTVAKT_PATIENCE, children).await?;
        let demo = match &self.before {
            Some(demo) => demo.clone(),
            None => self.first_start(&configuration, children).await?,
        };
        self.start_apps(&demo, children).await?;
        terminal::say(table::of(&demo, &self.data, &self.programs));
        watch(children).await
    }

    /// Writes the configuration where there is none. What an unfinished first start left is removed before: half a set-up
    /// can't be gone on with, and nobody has used it.
    fn configuration(&self) -> Result<PathBuf, Fault> {
        let path = self.data.join("portvakt.toml");
        if self.before.is_none() {
            configuration::begin_anew(&self.data)?;
        }
        if !path.exists() {
            configuration::write(&path, &self.data, &self.ports)?;
        }
        Ok(path)
    }

    async fn first_start(&self, configuration: &Path, children: &mut Children) -> Result<DemoFile, Fault> {
        terminal::say("Setting up tenants, apps and people (first start only) …");
        let command_line = CommandLine::new(&self.portvakt, configuration);
        let demo = tokio::select! {
            demo = seed::run(&command_line, self.ports) => demo?,
            Err(fault) = watch(children) => return Err(fault),
        };
        demo.write(&self.data)?;
        configuration::first_start_done(&self.data)?;
        Ok(demo)
    }

    async fn start_mailbox(&self, children: &mut Children) -> Result<(), Fault> {
        let environment = [
            ("LISTEN", format!("127.0.0.1:{}", self.ports.mailbox)),
            ("SMTP_LISTEN", format!("127.0.0.1:{}", self.ports.smtp)),
        ];
        children.start("Mailbox", &self.programs.join("portvakt-demo-mailbox"), &[], &environment)?;
        wait_for(&format!("{}/healthz", app_url(self.ports.mailbox)), "Mailbox", APP_PATIENCE, children).await
    }

    async fn start_apps(&self, demo: &DemoFile, children: &mut Children) -> Result<(), Fault> {
        let apps = [
            ("HRM", "portvakt-demo-hrm", self.ports.hrm, &demo.hrm, true),
            ("Staff portal", "portvakt-demo-staff-portal", self.ports.staff_portal, &demo.staff_portal, false),
            ("Fieldreport", "portvakt-demo-fieldreport", self.ports.fieldreport, &demo.fieldreport, false),
        ];
        for (name, program, port, credentials, has_api) in apps {
            let others: Vec<String> = apps
                .iter()
                .filter(|(other, ..)| *other != name)
                .map(|(other, _, port, ..)| format!("{other}={}", app_url(*port)))
                .collect();
            let mut environment = self.app_environment(port, credentials);
            environment.push(("LINKS", others.join(",")));
            if has_api {
                environment.push(("API_IDENTIFIER", demo.api.clone()));
                environment.push(("API_SCOPES", SCOPE.to_owned()));
            }
            children.start(name, &self.programs.join(program), &[], &environment)?;
            wait_for(&format!("{}/healthz", app_url(port)), name, APP_PATIENCE, children).await?;
        }
        Ok(())
    }

    fn app_environment(&self, port: u16, credentials: &AppCredentials) -> Vec<(&'static str, String)> {
        vec![
            ("ISSUER", self.ports.issuer_url()),
            ("CLIENT_ID", credentials.client_id.clone()),
            ("CLIENT_SECRET", credentials.client_secret.clone().unwrap_or_default()),
            ("LISTEN", format!("127.0.0.1:{port}")),
            ("BASE_URL", app_url(port)),
        ]
    }
}

/// The data folder, made for its owner alone, as an absolute path.
fn folder(path: &Path) -> Result<PathBuf, Fault> {
    let doing = || format!("Making the folder {}", path.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Fault::doing(doing()))?;
    path.canonicalize().map_err(Fault::doing(doing()))
}

/// Waits until an address answers 2xx.
async fn wait_for(address: &str, name: &str, patience: Duration, children: &mut Children) -> Result<(), Fault> {
    let client = http::client()?;
    let began = Instant::now();
    loop {
        if client.get(address).send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        children.check()?;
        if began.elapsed() > patience {
            let seconds = patience.as_secs();
            return Err(Fault::new(format!(
                "{name} did not get ready within {seconds} seconds: {}",
                children.log(name)
            )));
        }
        sleep(LOOK).await;
    }
}

/// Ends when a child does.
async fn watch(children: &mut Children) -> Result<(), Fault> {
    loop {
        children.check()?;
        sleep(LOOK).await;
    }
}
