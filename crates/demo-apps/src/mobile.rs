//! Mobile: a native, public app (RFC 8252), driven from a terminal.
//!
//! It sends the person to the system browser, takes the answer at a loopback address, and keeps the newest refresh
//! token: in memory, or in a file for its owner alone.

mod loopback;

use crate::demo_file::{DemoFile, write_private};
use crate::fault::Fault;
use crate::relying_party::{Refusal, Registration, RelyingParty, SignedIn};
use crate::{environment, http, terminal};
use clap::Parser;
use loopback::Loopback;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

/// Signs in at the issuer as a phone's app would, then takes commands: refresh, userinfo, whoami, logout, quit.
#[derive(Debug, Parser)]
#[command(name = "portvakt-demo-mobile")]
struct Arguments {
    /// The data folder of a running demo; without it, `ISSUER` and `CLIENT_ID` say where and as what.
    #[arg(long, value_name = "DIR")]
    demo: Option<PathBuf>,
    /// Print the claims as JSON after sign-in, and stop. The address to open goes to standard error.
    #[arg(long)]
    once: bool,
    /// Keep the newest refresh token here, and begin with it if there is one.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// A further parameter of the authorization request, such as prompt=login.
    #[arg(long = "with", value_name = "NAME=VALUE", value_parser = wish)]
    wishes: Vec<(String, String)>,
}

fn wish(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "is written NAME=VALUE".to_owned())
}

/// Runs until `quit`, `logout`, the end of the input, or (with `--once`) the end of the sign-in.
pub fn main() -> ExitCode {
    http::install_crypto();
    let arguments = Arguments::parse();
    match actix_web::rt::System::new().block_on(run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            terminal::note(fault.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Fault> {
    let party = RelyingParty::new(registration(arguments)?, http::client()?)?;
    let signed_in = match kept(arguments)? {
        Some(refresh) => go_on(&party, arguments, &refresh).await?,
        None => sign_in(&party, arguments).await?,
    };
    let userinfo = party.userinfo(&signed_in.tokens.access, &signed_in.subject).await?;
    let mut app = Mobile { party, signed_in, userinfo, keep_in: arguments.tokens.clone() };
    app.keep()?;
    if arguments.once {
        app.show()
    } else {
        terminal::say(format!("Signed in. {}", app.name()));
        app.obey(BufReader::new(tokio::io::stdin()).lines()).await
    }
}

fn registration(arguments: &Arguments) -> Result<Registration, Fault> {
    let scopes = environment::optional("SCOPES").unwrap_or_else(|| "openid profile email".to_owned());
    let mut scopes: Vec<String> = scopes.split_whitespace().map(str::to_owned).collect();
    let (issuer, client_id, resource) = if let Some(folder) = &arguments.demo {
        let demo = DemoFile::read_started(folder)?;
        scopes.push(crate::starter::SCOPE.to_owned());
        (demo.ports.issuer_url(), demo.mobile.client_id, Some(demo.api))
    } else {
        scopes.extend(environment::words("API_SCOPES"));
        let resource = environment::optional("API_IDENTIFIER");
        (environment::required("ISSUER")?, environment::required("CLIENT_ID")?, resource)
    };
    Ok(Registration { issuer, client_id, client_secret: None, scopes, resource })
}

fn kept(arguments: &Arguments) -> Result<Option<String>, Fault> {
    let Some(path) = arguments.tokens.as_ref().filter(|path| path.exists()) else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(Fault::doing(format!("Reading {}", path.display())))?;
    Ok(Some(text.trim().to_owned()).filter(|token| !token.is_empty()))
}

/// With the kept token; if the issuer takes it no more, by a sign-in.
async fn go_on(party: &RelyingParty, arguments: &Arguments, refresh: &str) -> Result<SignedIn, Fault> {
    match party.refresh_with(refresh).await {
        Err(Refusal::Issuer(..)) => {
            terminal::note("The kept refresh token is no longer good.");
            sign_in(party, arguments).await
        }
        verdict => verdict.map_err(Fault::from),
    }
}

async fn sign_in(party: &RelyingParty, arguments: &Arguments) -> Result<SignedIn, Fault> {
    let loopback = Loopback::open().await?;
    let begun = party.begin(&loopback.redirect_uri(), &arguments.wishes).await?;
    terminal::note("Open this address in your browser:");
    terminal::note(begun.url.as_str());
    let answer = loopback.answer(&begun.state).await?;
    party.finish(begun, answer).await.map_err(Fault::from)
}

struct Mobile {
    party: RelyingParty,
    signed_in: SignedIn,
    userinfo: Value,
    keep_in: Option<PathBuf>,
}

impl Mobile {
    async fn obey(&mut self, mut lines: Lines<BufReader<Stdin>>) -> Result<(), Fault> {
        terminal::say("Commands: whoami, userinfo, refresh, logout, quit.");
        while let Some(line) = lines.next_line().await.map_err(Fault::doing("Reading a command"))? {
            match line.trim() {
                "" => {}
                "whoami" => self.show()?,
                "userinfo" => self.userinfo().await?,
                "refresh" => self.refresh().await?,
                "logout" => return self.log_out().await,
                "quit" => return Ok(()),
                other => {
                    terminal::say(format!("There is no command {other}: whoami, userinfo, refresh, logout, quit."));
                }
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        let known = ["name", "email"].into_iter().find_map(|claim| self.userinfo.get(claim)?.as_str());
        known.unwrap_or(&self.signed_in.subject).to_owned()
    }

    /// Claims and facts, never a token.
    fn show(&self) -> Result<(), Fault> {
        let tokens = &self.signed_in.tokens;
        let facts = json!({
            "sub": self.signed_in.subject,
            "claims": self.signed_in.claims,
            "userinfo": self.userinfo,
            "access_token_ends_at": tokens.access_ends_at,
            "has_refresh_token": tokens.refresh.is_some(),
            "scopes": tokens.scopes,
        });
        let text = serde_json::to_string_pretty(&facts).map_err(Fault::doing("Showing the claims"))?;
        terminal::say(text);
        Ok(())
    }

    async fn userinfo(&mut self) -> Result<(), Fault> {
        self.userinfo = self.party.userinfo(&self.signed_in.tokens.access, &self.signed_in.subject).await?;
        terminal::say(serde_json::to_string_pretty(&self.userinfo).map_err(Fault::doing("Showing the claims"))?);
        Ok(())
    }

    async fn refresh(&mut self) -> Result<(), Fault> {
        let before = self.signed_in.tokens.refresh.clone();
        self.signed_in = self.party.refresh(&self.signed_in).await?;
        self.keep()?;
        let rotated = self.signed_in.tokens.refresh != before;
        terminal::say(if rotated { "New tokens; the refresh token was replaced." } else { "New tokens." });
        Ok(())
    }

    /// Gives the refresh token back (RFC 7009), forgets everything, and shows where the browser signs out.
    async fn log_out(&mut self) -> Result<(), Fault> {
        if let Some(refresh) = self.signed_in.tokens.refresh.take()
            && self.party.revoke(&refresh).await?
        {
            terminal::say("The refresh token was given back.");
        }
        if let Some(path) = self.keep_in.as_ref().filter(|path| path.exists()) {
            fs::remove_file(path).map_err(Fault::doing(format!("Removing {}", path.display())))?;
        }
        let hint = self.signed_in.tokens.id_token.as_ref();
        if let Some(url) = self.party.sign_out_url(hint, None).await? {
            terminal::say(format!("To sign out of the browser too, open {url}"));
        }
        Ok(())
    }

    fn keep(&self) -> Result<(), Fault> {
        match (&self.keep_in, &self.signed_in.tokens.refresh) {
            (Some(path), Some(refresh)) => write_private(path, refresh),
            _ => Ok(()),
        }
    }
}
