//! `portvakt app`.

use super::print::{Out, time};
use super::{Stop, algorithm};
use clap::{Args, Subcommand, ValueEnum};
use portvakt_flows::Ctx;
use portvakt_flows::app::{self as flow, Invalid, Made, New};
use portvakt_model::app::AppSettings;
use portvakt_model::{Algorithm, App as Row, AppKind, ClientAuthMethod, RefreshRotation, Seconds};
use portvakt_protocol::oauth::redirect::RedirectFault;
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum App {
    /// Register an app; its secret is shown this once
    Create(Box<Create>),
    /// List the apps
    List,
    /// Show an app
    Show {
        /// Its `client_id`
        client_id: String,
    },
    /// Give an app a new secret; the old one stays good for a day
    RotateSecret {
        /// Its `client_id`
        client_id: String,
        /// End the old secret at once
        #[arg(long)]
        now: bool,
        /// Write the secret into this new file (mode 600) instead of showing it
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
    /// Remove an app, with every grant and consent it has
    Delete {
        /// Its `client_id`
        client_id: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Runs on a server and keeps a secret
    Web,
    /// Runs in the browser
    Browser,
    /// Runs on a phone or computer
    Native,
    /// Acts for itself
    Machine,
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// Its name as people know it
    #[arg(long)]
    name: String,
    /// What sort of program it is
    #[arg(long)]
    kind: Kind,
    /// The tenant that owns it (slug or id); without: the operator
    #[arg(long)]
    tenant: Option<String>,
    /// A `client_id` of your choice, beginning app_
    #[arg(long)]
    client_id: Option<String>,
    /// Where answers may go; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where the browser may go after sign-out; may be repeated
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// An origin whose scripts may call token, userinfo and revocation; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// It belongs to the house: nobody is asked for consent
    #[arg(long)]
    first_party: bool,
    /// It may have refresh tokens
    #[arg(long)]
    refresh: bool,
    /// Its refresh tokens are replaced at each use (always so for browser and native apps)
    #[arg(long)]
    rotate_refresh: bool,
    /// Let a confidential app leave PKCE out
    #[arg(long)]
    without_pkce: bool,
    /// What its `id_tokens` are signed with
    #[arg(long, value_parser = algorithm, default_value = "RS256")]
    id_token_alg: Algorithm,
    /// The API whose tokens it gets when it names none
    #[arg(long, value_name = "IDENTIFIER")]
    default_api: Option<String>,
    /// A scope that it may have for itself, as API-IDENTIFIER#scope; may be repeated
    #[arg(long = "own-scope", value_name = "API#SCOPE")]
    own_scopes: Vec<String>,
    /// acr values used when a request has none; may be repeated
    #[arg(long = "default-acr", value_name = "ACR")]
    default_acr_values: Vec<String>,
    /// `max_age` used when a request has none, in seconds
    #[arg(long, value_name = "SECONDS")]
    default_max_age: Option<u32>,
    /// Its home page
    #[arg(long, value_name = "URL")]
    client_uri: Option<String>,
    /// Its privacy policy
    #[arg(long, value_name = "URL")]
    policy_uri: Option<String>,
    /// Its terms of service
    #[arg(long, value_name = "URL")]
    tos_uri: Option<String>,
    /// Write the secret into this new file (mode 600) instead of showing it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: App) -> Result<(), Stop> {
    match command {
        App::Create(create) => {
            let file = create.secret_file.clone();
            let made = flow::create(ctx, new(*create)).await?.map_err(|invalid| failed(&invalid))?;
            show_made(out, made, file.as_deref())
        }
        App::List => {
            let apps = flow::list(ctx).await?;
            let values: Vec<Value> = apps.iter().map(json_of).collect();
            let lines: Vec<String> =
                apps.iter().map(|app| format!("{}  {:7}  {}", app.client_id, app.kind.word(), app.name)).collect();
            out.many(&values, &lines);
            Ok(())
        }
        App::Show { client_id } => {
            let app = flow::find(ctx, &client_id).await?.ok_or_else(|| failed(&Invalid::Unknown))?;
            show(out, &app, None);
            Ok(())
        }
        App::RotateSecret { client_id, now, secret_file } => {
            let made = flow::rotate_secret(ctx, &client_id, now).await?.map_err(|invalid| failed(&invalid))?;
            show_made(out, made, secret_file.as_deref())
        }
        App::Delete { client_id } => {
            flow::delete(ctx, &client_id).await?.map_err(|invalid| failed(&invalid))?;
            out.done("The app is gone, and everything it was given.");
            Ok(())
        }
    }
}

fn new(create: Create) -> New {
    let kind = match create.kind {
        Kind::Web => AppKind::Web,
        Kind::Browser => AppKind::Browser,
        Kind::Native => AppKind::Native,
        Kind::Machine => AppKind::Machine,
    };
    New {
        name: create.name,
        kind,
        tenant: create.tenant,
        client_id: create.client_id,
        settings: AppSettings {
            auth_method: ClientAuthMethod::ClientSecretBasic,
            redirect_uris: create.redirect_uris,
            post_logout_redirect_uris: create.post_logout_redirect_uris,
            origins: create.origins,
            first_party: create.first_party,
            refresh: create.refresh,
            rotation: if create.rotate_refresh { RefreshRotation::Rotate } else { RefreshRotation::Keep },
            id_token_alg: create.id_token_alg,
            require_pkce: !create.without_pkce,
            default_api: create.default_api,
            own_scopes: create.own_scopes,
            default_acr_values: create.default_acr_values,
            default_max_age: create.default_max_age.map(Seconds),
            client_uri: create.client_uri,
            policy_uri: create.policy_uri,
            tos_uri: create.tos_uri,
            ..AppSettings::default()
        },
    }
}

fn show_made(out: Out, made: Made, file: Option<&Path>) -> Result<(), Stop> {
    let secret = match (made.secret, file) {
        (Some(secret), Some(file)) => {
            keep(file, &secret)?;
            None
        }
        (secret, _) => secret,
    };
    show(out, &made.app, secret);
    Ok(())
}

fn keep(file: &Path, secret: &str) -> Result<(), Stop> {
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(secret.as_bytes()));
    written.map_err(|why| {
        let shown = file.display();
        Stop::Failed(format!(
            "The secret could not be written to {shown} ({why}); get a new one: portvakt app rotate-secret"
        ))
    })
}

fn show(out: Out, app: &Row, secret: Option<String>) {
    let mut value = json_of(app);
    if let (Some(object), Some(secret)) = (value.as_object_mut(), &secret) {
        object.insert("client_secret".to_owned(), Value::from(secret.clone()));
    }
    out.one(
        &value,
        &[
            ("client_id", app.client_id.clone()),
            ("client_secret", secret.unwrap_or_default()),
            ("name", app.name.clone()),
            ("kind", app.kind.word().to_owned()),
            ("redirect URIs", app.settings.redirect_uris.join(", ")),
            ("post-logout URIs", app.settings.post_logout_redirect_uris.join(", ")),
            ("origins", app.settings.origins.join(", ")),
            ("own scopes", app.settings.own_scopes.join(", ")),
            ("first-party", if app.settings.first_party { "yes".to_owned() } else { "no".to_owned() }),
            ("refresh tokens", if app.settings.refresh { "yes".to_owned() } else { "no".to_owned() }),
        ],
    );
}

fn json_of(app: &Row) -> Value {
    let secrets: Vec<Value> = app
        .secrets
        .iter()
        .map(|secret| json!({ "created_at": time(secret.created_at), "expires_at": secret.expires_at.map(time) }))
        .collect();
    json!({
        "client_id": app.client_id,
        "name": app.name,
        "kind": app.kind.word(),
        "tenant_id": app.tenant,
        "settings": app.settings,
        "secrets": secrets,
        "created_at": time(app.created_at),
    })
}

fn failed(invalid: &Invalid) -> Stop {
    Stop::Failed(match invalid {
        Invalid::Name => {
            "The name is empty, longer than 80 characters, or holds characters that cannot be shown.".to_owned()
        }
        Invalid::ClientId => "The client_id begins app_ and goes on with 1 to 60 of A-Z, a-z, 0-9, _ and -.".to_owned(),
        Invalid::Taken => "There is an app with that client_id.".to_owned(),
        Invalid::Tenant => "There is no such tenant; portvakt tenant list shows them.".to_owned(),
        Invalid::Redirect(uri, fault) => format!("{uri} cannot be registered: {}.", redirect(*fault)),
        Invalid::NoRedirect => "An app that signs people in needs a --redirect-uri.".to_owned(),
        Invalid::MachineRedirect => "A machine signs nobody in: it has no --redirect-uri.".to_owned(),
        Invalid::Origin(origin) => {
            format!("{origin} is no origin: write scheme, host and port, like https://app.example.")
        }
        Invalid::Scope(entry) => {
            format!("{entry} is no scope of a known API: write API-IDENTIFIER#scope; portvakt api list shows them.")
        }
        Invalid::Api(identifier) => {
            format!("There is no API {identifier} that this app may use; portvakt api list shows them.")
        }
        Invalid::Pkce => "Only apps that keep a secret (web) can be let off PKCE.".to_owned(),
        Invalid::Unknown => "There is no such app; portvakt app list shows them.".to_owned(),
        Invalid::Public => "A public app has no secret.".to_owned(),
    })
}

fn redirect(fault: RedirectFault) -> &'static str {
    match fault {
        RedirectFault::Form => "it is no absolute URI, or too long",
        RedirectFault::Fragment => "it has a fragment",
        RedirectFault::UserInfo => "it carries a user name, or a backslash",
        RedirectFault::Scheme => {
            "it is https, http on a loopback address, or for native apps a scheme with a dot in it"
        }
        RedirectFault::Wildcard => "addresses are compared as they stand, so a * would match nothing",
    }
}
