//! `portvakt tenant network`.

use super::Stop;
use super::print::Out;
use clap::Subcommand;
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::network::{self as flow, Invalid};
use portvakt_model::DeclaredNetwork;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum Network {
    /// Declare where a tenant's people come from: strangers' limits there grow with their number
    Add {
        /// The tenant's slug or id
        #[arg(long)]
        tenant: String,
        /// The network as Portvakt sees it, such as 203.0.113.7 or 203.0.113.0/24
        #[arg(long)]
        network: String,
        /// How many people come from there; another number replaces the one before
        #[arg(long)]
        people: u32,
    },
    /// Take a declared network back
    Remove {
        /// The tenant's slug or id
        #[arg(long)]
        tenant: String,
        /// The network
        #[arg(long)]
        network: String,
    },
    /// List a tenant's networks
    List {
        /// The tenant's slug or id
        #[arg(long)]
        tenant: String,
    },
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Network) -> Result<(), Stop> {
    match command {
        Network::Add { tenant, network, people } => {
            let declared = flow::declare(ctx, &tenant, &network, people).await?.map_err(failed)?;
            let lines = [("network", declared.network.to_string()), ("people", declared.people.to_string())];
            out.one(&shapes::network(&declared), &lines);
        }
        Network::Remove { tenant, network } => {
            let removed = flow::remove(ctx, &tenant, &network).await?.map_err(failed)?.to_string();
            out.one(&json!({ "removed": removed }), &[("removed", removed.clone())]);
        }
        Network::List { tenant } => {
            let networks = flow::list(ctx, &tenant).await?.map_err(failed)?;
            let values: Vec<Value> = networks.iter().map(shapes::network).collect();
            let line = |one: &DeclaredNetwork| format!("{}  {}", one.network, people_of(one));
            out.many(&values, &networks.iter().map(line).collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// How many come from there, in words.
pub(super) fn people_of(declared: &DeclaredNetwork) -> String {
    format!("{} people", declared.people)
}

pub(super) fn failed(invalid: Invalid) -> Stop {
    Stop::Failed(match invalid {
        Invalid::Unknown => "There is no such tenant; portvakt tenant list shows them.".to_owned(),
        Invalid::Network => {
            "That is no network like 203.0.113.0/24 or 2001:db8::/48, or it is wider than /8 (IPv6: /16).".to_owned()
        }
        Invalid::People => format!("A network has 1 to {} people behind it.", DeclaredNetwork::MOST_PEOPLE),
        Invalid::NotDeclared => {
            "The tenant has no such network; portvakt tenant network list shows those it has.".to_owned()
        }
    })
}
