//! `portvakt app`.

use super::print::{Out, time};
use super::{PAGE, Stop, algorithm, every};
use clap::{Args, Subcommand, ValueEnum};
use portvakt_admin::shapes;
use portvakt_flows::Ctx;
use portvakt_flows::app::notices::{self, LogoutNotice, Untold};
use portvakt_flows::app::{self as flow, Invalid, Made, New};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{
    AssertionAudience, CertificateName, JwsAlgorithm, KeySource, LogoutChannels, Proving, ResponseType,
};
use portvakt_model::{Algorithm, App as Row, AppKind, ClientAuthMethod, RefreshRotation, Seconds};
use portvakt_protocol::json::parse;
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
    /// List the apps that have not heard that a session ended, and why; what ended last comes first
    Notices {
        /// Only this app
        #[arg(long)]
        client_id: Option<String>,
        /// Only those that were given up
        #[arg(long)]
        failed: bool,
        /// How many at the most
        #[arg(long, default_value_t = 1000)]
        limit: u32,
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
    /// What it may ask for, in quotes if it is several words; may be repeated. All but code need `legacy.response_types`
    #[arg(long = "response-type", value_name = "TYPE", value_parser = response_type, default_value = "code")]
    response_types: Vec<ResponseType>,
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
    /// Where it is told, by the back channel, that a session ended
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
    /// Its logout tokens must name the session (they always do)
    #[arg(long, requires = "backchannel_logout_uri")]
    backchannel_logout_session_required: bool,
    /// What the page after sign-out frames; needs `legacy.frontchannel_logout`
    #[arg(long, value_name = "URL")]
    frontchannel_logout_uri: Option<String>,
    /// Its frame must be told issuer and session (it always is)
    #[arg(long, requires = "frontchannel_logout_uri")]
    frontchannel_logout_session_required: bool,
    /// How a web app or a machine proves itself, as discovery calls it
    #[arg(long, value_name = "METHOD", value_parser = auth_method, default_value = "client_secret_basic")]
    auth_method: ClientAuthMethod,
    /// Its public keys: a file that holds a JWKS
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Its public keys: where they are fetched
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// The only algorithm that its assertions may have; without: all of its method
    #[arg(long, value_name = "ALG", value_parser = assertion_alg)]
    assertion_signing_alg: Option<JwsAlgorithm>,
    /// Its assertions name the issuer as their one audience, and live five minutes at most (FAPI 2.0)
    #[arg(long)]
    assertion_audience_issuer_only: bool,
    /// The subject of its certificate (RFC 4514), for `tls_client_auth`: CN=app,O=Example,C=SE
    #[arg(long, value_name = "DN", group = "certificate_name")]
    certificate_subject_dn: Option<String>,
    /// A DNS name in its certificate, for `tls_client_auth`
    #[arg(long, value_name = "NAME", group = "certificate_name")]
    certificate_san_dns: Option<String>,
    /// A URI in its certificate, for `tls_client_auth`
    #[arg(long, value_name = "URI", group = "certificate_name")]
    certificate_san_uri: Option<String>,
    /// An IP address in its certificate, for `tls_client_auth`
    #[arg(long, value_name = "ADDRESS", group = "certificate_name")]
    certificate_san_ip: Option<String>,
    /// A mail address in its certificate, for `tls_client_auth`
    #[arg(long, value_name = "ADDRESS", group = "certificate_name")]
    certificate_san_email: Option<String>,
    /// Its tokens are good with its certificate only (RFC 8705 §3)
    #[arg(long)]
    certificate_bound_tokens: bool,
    /// Write the secret into this new file (mode 600) instead of showing it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

fn auth_method(text: &str) -> Result<ClientAuthMethod, String> {
    let known = ClientAuthMethod::ALL.map(ClientAuthMethod::name).join(", ");
    ClientAuthMethod::of_name(text).ok_or_else(|| format!("one of {known}"))
}

fn assertion_alg(text: &str) -> Result<JwsAlgorithm, String> {
    let known = JwsAlgorithm::ALL.map(JwsAlgorithm::name).join(", ");
    JwsAlgorithm::of_name(text).ok_or_else(|| format!("one of {known}"))
}

/// The keys that were named.
fn keys(create: &Create) -> Result<Option<KeySource>, Stop> {
    let Some(file) = &create.jwks else { return Ok(create.jwks_uri.clone().map(KeySource::JwksUri)) };
    let shown = file.display();
    let text = std::fs::read(file).map_err(|why| Stop::Failed(format!("{shown} cannot be read: {why}.")))?;
    let set = parse(&text).map_err(|why| Stop::Failed(format!("{shown} holds no JWKS: {}.", why.description)))?;
    Ok(Some(KeySource::Jwks(set)))
}

/// The one name that was given for its certificate.
fn certificate(create: &Create) -> Option<CertificateName> {
    type Of = fn(String) -> CertificateName;
    let names: [(&Option<String>, Of); 5] = [
        (&create.certificate_subject_dn, CertificateName::SubjectDn),
        (&create.certificate_san_dns, CertificateName::SanDns),
        (&create.certificate_san_uri, CertificateName::SanUri),
        (&create.certificate_san_ip, CertificateName::SanIp),
        (&create.certificate_san_email, CertificateName::SanEmail),
    ];
    names.into_iter().find_map(|(text, of)| text.clone().map(of))
}

fn response_type(text: &str) -> Result<ResponseType, String> {
    let known = ResponseType::ALL.map(ResponseType::name).join(", ");
    ResponseType::of_name(text).ok_or_else(|| format!("one of {known}"))
}

pub(super) async fn run(ctx: &Ctx, out: Out, command: App) -> Result<(), Stop> {
    match command {
        App::Create(create) => {
            let file = create.secret_file.clone();
            let made = flow::create(ctx, new(*create)?).await?.map_err(|invalid| failed(&invalid))?;
            show_made(out, made, file.as_deref())
        }
        App::List => {
            let apps = every(async |last: Option<&Row>| {
                let after = last.map(|app| app.client_id.clone());
                flow::list(ctx, after, PAGE).await
            })
            .await?;
            let values: Vec<Value> = apps.iter().map(shapes::app).collect();
            let lines: Vec<String> =
                apps.iter().map(|app| format!("{}  {:7}  {}", app.client_id, app.kind.word(), app.name)).collect();
            out.many(&values, &lines);
            Ok(())
        }
        App::Show { client_id } => {
            let app = flow::find(ctx, &client_id).await?.ok_or_else(|| failed(&Invalid::Unknown))?;
            let untold = notices::untold(ctx, app.id).await?;
            show(out, &app, None, untold);
            Ok(())
        }
        App::RotateSecret { client_id, now, secret_file } => {
            let made = flow::rotate_secret(ctx, &client_id, now).await?.map_err(|invalid| failed(&invalid))?;
            show_made(out, made, secret_file.as_deref())
        }
        App::Notices { client_id, failed: failed_only, limit } => {
            let app = match client_id {
                Some(client_id) => {
                    Some(flow::find(ctx, &client_id).await?.ok_or_else(|| failed(&Invalid::Unknown))?.id)
                }
                None => None,
            };
            let (notices, is_more) = notices::latest(ctx, app, failed_only, limit).await?;
            let values: Vec<Value> = notices.iter().map(shapes::logout_notice).collect();
            let lines: Vec<String> = notices.iter().map(notice_line).collect();
            out.many(&values, &lines);
            if is_more {
                Out::note(&format!("There are more than {limit}: raise --limit, or name one app by --client-id."));
            }
            Ok(())
        }
        App::Delete { client_id } => {
            flow::delete(ctx, &client_id).await?.map_err(|invalid| failed(&invalid))?;
            out.done("The app is gone, and everything it was given.");
            Ok(())
        }
    }
}

fn new(create: Create) -> Result<New, Stop> {
    let (keys, certificate) = (keys(&create)?, certificate(&create));
    let kind = match create.kind {
        Kind::Web => AppKind::Web,
        Kind::Browser => AppKind::Browser,
        Kind::Native => AppKind::Native,
        Kind::Machine => AppKind::Machine,
    };
    Ok(New {
        name: create.name,
        kind,
        tenant: create.tenant,
        client_id: create.client_id,
        settings: AppSettings {
            auth_method: create.auth_method,
            redirect_uris: create.redirect_uris,
            post_logout_redirect_uris: create.post_logout_redirect_uris,
            origins: create.origins,
            first_party: create.first_party,
            refresh: create.refresh,
            rotation: if create.rotate_refresh { RefreshRotation::Rotate } else { RefreshRotation::Keep },
            id_token_alg: create.id_token_alg,
            require_pkce: !create.without_pkce,
            response_types: create.response_types,
            default_api: create.default_api,
            own_scopes: create.own_scopes,
            default_acr_values: create.default_acr_values,
            default_max_age: create.default_max_age.map(Seconds),
            client_uri: create.client_uri,
            policy_uri: create.policy_uri,
            tos_uri: create.tos_uri,
            keys,
            logout: LogoutChannels {
                back: create.backchannel_logout_uri,
                back_session: create.backchannel_logout_session_required,
                front: create.frontchannel_logout_uri,
                front_session: create.frontchannel_logout_session_required,
            },
            proving: Proving {
                signing_alg: create.assertion_signing_alg,
                audience: if create.assertion_audience_issuer_only {
                    AssertionAudience::IssuerOnly
                } else {
                    AssertionAudience::IssuerOrEndpoint
                },
                certificate,
                bound_tokens: create.certificate_bound_tokens,
            },
            ..AppSettings::default()
        },
    })
}

fn show_made(out: Out, made: Made, file: Option<&Path>) -> Result<(), Stop> {
    let secret = match (made.secret, file) {
        (Some(secret), Some(file)) => {
            keep(file, &secret)?;
            None
        }
        (secret, _) => secret,
    };
    show(out, &made.app, secret, Untold::default());
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

fn notice_line(notice: &LogoutNotice) -> String {
    let what = match notice.failed_at {
        Some(at) => format!("given up {}", time(at)),
        None => format!("next try {}", time(notice.next_at)),
    };
    let why = notice.last_error.as_deref().unwrap_or("not tried yet");
    let (client_id, session, tries) = (&notice.client_id, notice.session, notice.attempts);
    format!("{client_id}  session {session}  ended {}  tries {tries}  {what}  {why}", time(notice.created_at))
}

fn show(out: Out, app: &Row, secret: Option<String>, untold: Untold) {
    let mut value = shapes::app(app);
    if let Some(object) = value.as_object_mut() {
        let untold = json!({ "waiting": untold.waiting, "failed": untold.failed });
        object.insert("untold_logouts".to_owned(), untold);
    }
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
            ("registered by", app.settings.registrar().word().to_owned()),
            ("authentication", app.settings.auth_method.name().to_owned()),
            ("redirect URIs", app.settings.redirect_uris.join(", ")),
            ("response types", names(&app.settings.response_types)),
            ("post-logout URIs", app.settings.post_logout_redirect_uris.join(", ")),
            ("back-channel logout", app.settings.logout.back.clone().unwrap_or_default()),
            ("front-channel logout", app.settings.logout.front.clone().unwrap_or_default()),
            ("logouts not told", untold_line(untold)),
            ("origins", app.settings.origins.join(", ")),
            ("own scopes", app.settings.own_scopes.join(", ")),
            ("first-party", if app.settings.first_party { "yes".to_owned() } else { "no".to_owned() }),
            ("refresh tokens", if app.settings.refresh { "yes".to_owned() } else { "no".to_owned() }),
        ],
    );
}

fn untold_line(untold: Untold) -> String {
    match untold {
        Untold { waiting: 0, failed: 0 } => String::new(),
        Untold { waiting, failed } => format!("{waiting} waiting, {failed} given up"),
    }
}

fn names(types: &[ResponseType]) -> String {
    types.iter().map(|one| one.name()).collect::<Vec<_>>().join(", ")
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
        Invalid::Page(member, fault) => {
            format!("--{} cannot be registered: {fault}.", member.replace('_', "-"))
        }
        Invalid::Scope(entry) => {
            format!("{entry} is no scope of a known API: write API-IDENTIFIER#scope; portvakt api list shows them.")
        }
        Invalid::Api(identifier) => {
            format!("There is no API {identifier} that this app may use; portvakt api list shows them.")
        }
        Invalid::Pkce => "Only apps that keep a secret (web) can be let off PKCE.".to_owned(),
        Invalid::ResponseType(one) => format!(
            "{} cannot be registered: all but code are for web and browser apps, where legacy.response_types is on.",
            one.name()
        ),
        Invalid::NoResponseType => "An app that signs people in needs a --response-type.".to_owned(),
        Invalid::Logout("logout.back", fault) => format!("--backchannel-logout-uri cannot be registered: {fault}."),
        Invalid::Logout(_, fault) => format!("--frontchannel-logout-uri cannot be registered: {fault}."),
        Invalid::Proving(fault) => format!("It could not prove itself: {}.", fault.sentence()),
        Invalid::Needs(fault) => format!("{} cannot be registered: {}.", fault.member(), fault.sentence()),
        Invalid::SelfRegistered => "An app that an operator registers did not register itself.".to_owned(),
        Invalid::Unknown => "There is no such app; portvakt app list shows them.".to_owned(),
        Invalid::NoSecret => "An app that proves itself by no secret has none.".to_owned(),
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
        RedirectFault::Host => {
            "its host holds other marks than letters, digits, dots and hyphens, or browsers read another one"
        }
        RedirectFault::Wildcard => "addresses are compared as they stand, so a * would match nothing",
        RedirectFault::Tokens => "an app that gets tokens through the browser has https addresses, none of them local",
    }
}
