//! `portvakt registration`.

use super::Stop;
use super::print::{Out, time};
use clap::{Args, Subcommand};
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::registration::tokens::{self as flow, Invalid, New};
use portvakt_model::InitialToken;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(super) enum Registration {
    /// Tokens that let programs register apps (initial access tokens)
    #[command(subcommand)]
    Token(Token),
}

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token; its text is shown this once
    Create(Create),
    /// List the tokens
    List,
    /// Take a token back; what was registered with it stays
    Revoke {
        /// Its id, as list shows it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is for
    #[arg(long, default_value = "registration")]
    name: String,
    /// How many apps can be registered with it
    #[arg(long, default_value_t = 1)]
    uses: i64,
    /// For how many days it is good
    #[arg(long = "expires", value_name = "DAYS", default_value_t = 30)]
    days: u32,
    /// The tenant that will own the apps (slug or id); without: the operator
    #[arg(long)]
    tenant: Option<String>,
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Registration) -> Result<(), Stop> {
    let Registration::Token(command) = command;
    match command {
        Token::Create(Create { name, uses, days, tenant }) => {
            let new = New { name, tenant, uses, days };
            let (token, text) = flow::create(ctx, new).await?.map_err(failed)?;
            let mut value = shapes::registration_token(&token);
            if let Some(members) = value.as_object_mut() {
                members.insert("token".to_owned(), Value::from(text.clone()));
            }
            let lines = [("token", text), ("id", token.id.to_string()), ("expires", time(token.expires_at))];
            out.one(&value, &lines);
        }
        Token::List => {
            let tokens = flow::list(ctx).await?;
            let line = |token: &InitialToken| {
                format!("{}  {:>6} left  until {}  {}", token.id, token.uses_left, time(token.expires_at), token.name)
            };
            let values: Vec<Value> = tokens.iter().map(shapes::registration_token).collect();
            out.many(&values, &tokens.iter().map(line).collect::<Vec<_>>());
        }
        Token::Revoke { id } => {
            flow::revoke(ctx, &id).await?.map_err(failed)?;
            out.done("The token is gone. What was registered with it stays.");
        }
    }
    Ok(())
}

fn failed(invalid: Invalid) -> Stop {
    let why = match invalid {
        Invalid::Name => "The name is empty, longer than 120 characters, or holds characters that cannot be shown.",
        Invalid::Tenant => "There is no such tenant; portvakt tenant list shows them.",
        Invalid::Uses => "A token lets in 1 to 100000 apps.",
        Invalid::Days => "A token is good for 1 to 3650 days.",
        Invalid::Unknown => "There is no such token; portvakt registration token list shows them.",
    };
    Stop::Failed(why.to_owned())
}
