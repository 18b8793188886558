//! `portvakt account`. Nobody ever chooses another's password: an account that is made gets a link to choose its own.

use super::print::{Out, time};
use super::{Stop, language};
use clap::{Args, Subcommand};
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::account::{self as flow, Invalid, New};
use portvakt_model::{Account as Row, AccountId, Address, Language, Profile};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// Make an account and mail the link to choose its password
    Create(Create),
    /// List accounts, by their ids
    List {
        /// Begin behind this id
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show an account
    Show {
        /// One of its addresses
        address: String,
    },
    /// Mail a link to choose a new password
    SendReset {
        /// One of its addresses
        address: String,
        /// Show the link as well
        #[arg(long)]
        print_link: bool,
    },
    /// Switch an account off: its sessions and all apps' access end
    Disable {
        /// One of its addresses
        address: String,
    },
    /// Switch an account on again
    Enable {
        /// One of its addresses
        address: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The address
    #[arg(long)]
    address: String,
    /// The person's name
    #[arg(long)]
    name: String,
    /// The person's language
    #[arg(long, value_parser = language)]
    language: Option<Language>,
    /// You vouch that the address is theirs
    #[arg(long)]
    verified: bool,
    /// A JSON file with standard claims of OpenID Connect
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Show the link to choose the password as well
    #[arg(long)]
    print_link: bool,
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Account) -> Result<(), Stop> {
    match command {
        Account::Create(create) => make(ctx, out, create).await,
        Account::List { after, limit } => {
            let after = match after.as_deref().map(AccountId::parse) {
                Some(None) => return Err(Stop::Wrong(vec!["--after is an account's id.".to_owned()])),
                after => after.flatten(),
            };
            let accounts = flow::list(ctx, after, limit.min(10_000)).await?;
            let values: Vec<Value> = accounts.iter().map(shapes::account).collect();
            let lines: Vec<String> =
                accounts.iter().map(|account| format!("{}  {}", account.id, account.name)).collect();
            out.many(&values, &lines);
            Ok(())
        }
        Account::Show { address } => {
            let (account, addresses) = flow::find(ctx, &address).await?.ok_or_else(|| failed(Invalid::Unknown))?;
            show(out, &account, &addresses, None);
            Ok(())
        }
        Account::SendReset { address, print_link } => {
            let link = flow::send_reset(ctx, &address).await?.map_err(failed)?;
            let link = print_link.then_some(link);
            let line = [("mailed to", address.clone()), ("link", link.clone().unwrap_or_default())];
            out.one(&json!({ "mailed_to": address, "set_password_link": link }), &line);
            Ok(())
        }
        Account::Disable { address } => switch(ctx, out, &address, true).await,
        Account::Enable { address } => switch(ctx, out, &address, false).await,
    }
}

async fn switch(ctx: &Ctx, out: Out, address: &str, off: bool) -> Result<(), Stop> {
    let account = flow::set_disabled(ctx, address, off).await?.map_err(failed)?;
    show(out, &account, &[], None);
    Ok(())
}

async fn make(ctx: &Ctx, out: Out, create: Create) -> Result<(), Stop> {
    let profile = match &create.profile {
        None => Profile::default(),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|why| Stop::Failed(format!("{} cannot be read: {why}.", file.display())))?;
            serde_json::from_str(&text)
                .map_err(|why| Stop::Failed(format!("{} holds no standard claims: {why}.", file.display())))?
        }
    };
    let new = New {
        address: create.address,
        name: create.name,
        language: create.language,
        verified: create.verified,
        profile,
    };
    let made = flow::create(ctx, new).await?.map_err(failed)?;
    show(out, &made.account, &[], create.print_link.then_some(made.link));
    Ok(())
}

fn show(out: Out, account: &Row, addresses: &[Address], link: Option<String>) {
    // Every account has an address: none here means that they were not read.
    let mut value =
        if addresses.is_empty() { shapes::account(account) } else { shapes::whole_account(account, addresses) };
    if let (Some(object), Some(link)) = (value.as_object_mut(), &link) {
        object.insert("set_password_link".to_owned(), Value::from(link.clone()));
    }
    let addresses: Vec<&str> = addresses.iter().map(|address| address.stored.as_str()).collect();
    out.one(
        &value,
        &[
            ("account", account.id.to_string()),
            ("sub", account.sub.clone()),
            ("name", account.name.clone()),
            ("addresses", addresses.join(", ")),
            ("home tenant", account.home.map_or_else(String::new, |home| home.to_string())),
            ("switched off", account.disabled_at.map_or_else(String::new, time)),
            ("link to choose a password", link.unwrap_or_default()),
        ],
    );
}

fn failed(invalid: Invalid) -> Stop {
    let why = match invalid {
        Invalid::Address => "That is no e-mail address.",
        Invalid::Name => "The name is empty, longer than 120 characters, or holds characters that cannot be shown.",
        Invalid::Taken => "Somebody has that address.",
        Invalid::Unknown => "Nobody has that address.",
    };
    Stop::Failed(why.to_owned())
}
