//! `portvakt keys`.

use super::print::{Out, time};
use super::{Stop, algorithm};
use clap::Subcommand;
use portvakt_admin::shapes;
use portvakt_flows::{Ctx, signing_keys};
use portvakt_model::Algorithm;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the signing keys
    List,
    /// Make a new signing key; it is published now and signs after a day
    Rotate {
        /// Which algorithm's key
        #[arg(long, value_parser = algorithm, default_value = "RS256")]
        alg: Algorithm,
        /// Sign with it at once: apps that keep the old key set refuse tokens until they fetch the new one
        #[arg(long)]
        now: bool,
    },
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Keys) -> Result<(), Stop> {
    match command {
        Keys::List => {
            let rows = signing_keys::list(ctx).await?;
            let values: Vec<Value> = rows.iter().map(shapes::signing_key).collect();
            let lines: Vec<String> = rows
                .iter()
                .map(|row| {
                    let end = row.retired_at.map_or_else(String::new, |at| format!("  until {}", time(at)));
                    format!("{:5}  {}  from {}{end}", row.algorithm.name(), row.kid, time(row.active_from))
                })
                .collect();
            out.many(&values, &lines);
        }
        Keys::Rotate { alg, now } => {
            let row = signing_keys::rotate(ctx, alg, now).await?;
            out.one(
                &shapes::signing_key(&row),
                &[("kid", row.kid.clone()), ("alg", row.algorithm.to_string()), ("signs from", time(row.active_from))],
            );
        }
    }
    Ok(())
}
