//! `portvakt api`.

use super::print::Out;
use super::{PAGE, Stop, algorithm, every};
use clap::{Args, Subcommand, ValueEnum};
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::api::{self as flow, Invalid, New};
use portvakt_model::app::ApiSettings;
use portvakt_model::{Algorithm, Api as Row, Seconds, TokenForm};
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(super) enum Api {
    /// Register an API
    Create(Create),
    /// List the APIs
    List,
    /// Show an API
    Show {
        /// Its identifier URI
        identifier: String,
    },
    /// Remove an API
    Delete {
        /// Its identifier URI
        identifier: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Signed, verified offline by the API
    Jwt,
    /// Looked at by introspection
    Opaque,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its identifier URI: the audience of its tokens
    #[arg(long)]
    identifier: String,
    /// Its name as people know it
    #[arg(long)]
    name: String,
    /// The tenant that owns it (slug or id); without: the operator
    #[arg(long)]
    tenant: Option<String>,
    /// A scope that it knows; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The form of its access tokens
    #[arg(long, default_value = "jwt")]
    form: Form,
    /// What its JWTs are signed with
    #[arg(long, value_parser = algorithm, default_value = "ES256")]
    alg: Algorithm,
    /// How long a token lives, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    lifetime: u32,
    /// The `client_id` of the one client that may introspect its tokens
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// An app that may ask for it; may be repeated. Without: every app of the same owner
    #[arg(long = "app", value_name = "CLIENT_ID")]
    apps: Vec<String>,
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: Api) -> Result<(), Stop> {
    match command {
        Api::Create(create) => {
            let api = flow::create(ctx, new(create)).await?.map_err(|invalid| failed(&invalid))?;
            show(out, &api);
        }
        Api::List => {
            let apis = every(async |last: Option<&Row>| {
                let after = last.map(|api| api.identifier.clone());
                flow::list(ctx, after, PAGE).await
            })
            .await?;
            let values: Vec<Value> = apis.iter().map(shapes::api).collect();
            let lines: Vec<String> = apis.iter().map(|api| format!("{}  {}", api.identifier, api.name)).collect();
            out.many(&values, &lines);
        }
        Api::Show { identifier } => {
            let api = flow::find(ctx, &identifier).await?.ok_or_else(|| failed(&Invalid::Unknown))?;
            show(out, &api);
        }
        Api::Delete { identifier } => {
            flow::delete(ctx, &identifier).await?.map_err(|invalid| failed(&invalid))?;
            out.done("The API is gone. Tokens that it verifies by itself live out their minutes.");
        }
    }
    Ok(())
}

fn new(create: Create) -> New {
    New {
        identifier: create.identifier,
        name: create.name,
        tenant: create.tenant,
        settings: ApiSettings {
            scopes: create.scopes,
            form: match create.form {
                Form::Jwt => TokenForm::Jwt,
                Form::Opaque => TokenForm::Opaque,
            },
            alg: create.alg,
            lifetime: Seconds(create.lifetime),
            client: create.client,
            apps: create.apps,
        },
    }
}

fn show(out: Out, api: &Row) {
    out.one(
        &shapes::api(api),
        &[
            ("identifier", api.identifier.clone()),
            ("name", api.name.clone()),
            ("scopes", api.settings.scopes.join(", ")),
            ("client", api.settings.client.clone().unwrap_or_default()),
            ("apps", api.settings.apps.join(", ")),
        ],
    );
}

fn failed(invalid: &Invalid) -> Stop {
    Stop::Failed(match invalid {
        Invalid::Identifier => {
            "The identifier is an absolute URI without fragment, and not the issuer's own.".to_owned()
        }
        Invalid::Name => {
            "The name is empty, longer than 80 characters, or holds characters that cannot be shown.".to_owned()
        }
        Invalid::Taken => "There is an API with that identifier.".to_owned(),
        Invalid::Tenant => "There is no such tenant; portvakt tenant list shows them.".to_owned(),
        Invalid::Scope(scope) => {
            format!("{scope} is no scope: printable ASCII without blanks, and not one of OpenID Connect's own.")
        }
        Invalid::Lifetime => "Tokens live 60 to 600 seconds; opaque ones up to 3600.".to_owned(),
        Invalid::Unknown => "There is no such API; portvakt api list shows them.".to_owned(),
    })
}
