//! The portvakt program's command line, as an operator uses it: arguments in, JSON out.

use crate::fault::Fault;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// A portvakt program with its configuration.
pub struct CommandLine {
    program: PathBuf,
    configuration: PathBuf,
}

/// `app create`'s answer.
#[derive(Debug, Deserialize)]
pub struct CreatedApp {
    pub client_id: String,
    pub client_secret: Option<String>,
}

/// `account create`'s answer.
#[derive(Debug, Deserialize)]
pub struct CreatedAccount {
    pub set_password_link: String,
}

/// An answer that nothing is needed of.
#[derive(Debug, Deserialize)]
pub struct Done {}

impl CommandLine {
    /// Runs nothing yet.
    pub fn new(program: &Path, configuration: &Path) -> Self {
        Self { program: program.to_owned(), configuration: configuration.to_owned() }
    }

    /// Runs one command with `--json`, and reads its answer.
    pub async fn run<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, Fault> {
        let command = || arguments.join(" ");
        let output = Command::new(&self.program)
            .arg("--config")
            .arg(&self.configuration)
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .output()
            .await
            .map_err(Fault::doing(format!("Running portvakt {}", command())))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Fault::new(format!("portvakt {} failed ({}): {}", command(), output.status, said.trim())));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(Fault::doing(format!("portvakt {} answered something unexpected", command())))
    }
}
