//! Timeclock: a machine that takes a token for itself and calls HRM's API with it.

use crate::demo_file::{self, DemoFile};
use crate::fault::Fault;
use crate::relying_party::{Registration, RelyingParty};
use crate::{environment, http, terminal};
use clap::Parser;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// Takes an access token with client credentials and shows what HRM's API answers.
#[derive(Debug, Parser)]
#[command(name = "portvakt-demo-timeclock")]
struct Arguments {
    /// The data folder of a running demo; without it, the environment says everything.
    #[arg(long, value_name = "DIR")]
    demo: Option<PathBuf>,
}

/// Runs once.
pub fn main() -> ExitCode {
    http::install_crypto();
    let arguments = Arguments::parse();
    match actix_web::rt::System::new().block_on(run(arguments)) {
        Ok(answer) => {
            terminal::say(answer);
            ExitCode::SUCCESS
        }
        Err(fault) => {
            terminal::note(fault.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<String, Fault> {
    let (registration, api_url) = match arguments.demo {
        Some(folder) => from_demo(DemoFile::read_started(&folder)?),
        None => from_environment()?,
    };
    let client = http::client()?;
    let party = RelyingParty::new(registration, client.clone())?;
    let tokens = party.own_token().await?;
    let call = client.get(&api_url).bearer_auth(&tokens.access).send();
    let answer = call.await.map_err(Fault::doing(format!("{api_url} can't be reached")))?;
    let status = answer.status();
    let text = answer.text().await.map_err(Fault::doing(format!("{api_url} broke off")))?;
    if !status.is_success() {
        return Err(Fault::new(format!("{api_url} answered {status}: {text}")));
    }
    let value: Value = serde_json::from_str(&text).map_err(Fault::doing(format!("{api_url} answered no JSON")))?;
    serde_json::to_string_pretty(&value).map_err(Fault::doing("Showing the answer"))
}

fn from_demo(demo: DemoFile) -> (Registration, String) {
    let registration = Registration {
        issuer: demo.ports.issuer_url(),
        client_id: demo.timeclock.client_id,
        client_secret: demo.timeclock.client_secret,
        scopes: vec![crate::starter::SCOPE.to_owned()],
        resource: Some(demo.api),
    };
    (registration, format!("{}/api/employees", demo_file::app_url(demo.ports.hrm)))
}

fn from_environment() -> Result<(Registration, String), Fault> {
    let registration = Registration {
        issuer: environment::required("ISSUER")?,
        client_id: environment::required("CLIENT_ID")?,
        client_secret: environment::secret("CLIENT_SECRET")?,
        scopes: environment::words("API_SCOPES"),
        resource: Some(environment::required("API_IDENTIFIER")?),
    };
    Ok((registration, environment::required("API_URL")?))
}
