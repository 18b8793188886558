//! Relying apps and APIs, as the operator or a tenant registered them.

pub mod metadata;

use crate::id::{ApiId, AppId, SecretId, TenantId};
use crate::key::Algorithm;
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};
use metadata::{About, KeySource, LogoutChannels, Protection, Proving, RequestObjects, ResponseType, SubjectType};
use serde::{Deserialize, Serialize};

/// What sort of program a relying app is; settles which redirect URIs and grants it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AppKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in the browser; public.
    Browser,
    /// Runs on a person's phone or computer; public (RFC 8252).
    Native,
    /// Acts for itself with `client_credentials` only.
    Machine,
}

impl AppKind {
    /// Whether it can keep a secret: confidential in RFC 6749 §2.1's words.
    pub const fn is_confidential(self) -> bool {
        match self {
            Self::Web | Self::Machine => true,
            Self::Browser | Self::Native => false,
        }
    }
    /// The word for it, as stored and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Browser => "browser",
            Self::Native => "native",
            Self::Machine => "machine",
        }
    }
    /// The kind for a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Web, Self::Browser, Self::Native, Self::Machine].into_iter().find(|kind| kind.word() == word)
    }
}

/// How an app proves itself at the token endpoint (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// Public: by nothing.
    None,
    /// HTTP Basic (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// Parameters in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// A JWT under the secret, which then never travels (RFC 7523 §2.2).
    ClientSecretJwt,
    /// A JWT under the client's own key (RFC 7523 §2.2).
    PrivateKeyJwt,
    /// A certificate of an authority we trust, with a registered name (RFC 8705 §2.1).
    TlsClientAuth,
    /// A certificate of the client's own making, whose key is registered (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
}

impl ClientAuthMethod {
    /// All of them, in the order in which discovery lists them.
    pub const ALL: [Self; 7] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// The name in discovery and registration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }
    /// Whether a secret that both sides know is behind it.
    pub const fn has_secret(self) -> bool {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt => true,
            Self::None | Self::PrivateKeyJwt | Self::TlsClientAuth | Self::SelfSignedTlsClientAuth => false,
        }
    }
    /// The method of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Whether using a refresh token replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshRotation {
    /// Every use gives a successor, and a second use of the old one ends the chain.
    Rotate,
    /// The token stays the same.
    Keep,
}

/// A relying app: an OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The row's id.
    pub id: AppId,
    /// Its id on the wire; begins `app_`.
    pub client_id: String,
    /// The tenant that owns it; `None` for the operator's.
    pub tenant: Option<TenantId>,
    /// Its name as people know it.
    pub name: String,
    /// What sort of program it is.
    pub kind: AppKind,
    /// Everything else that was registered.
    pub settings: AppSettings,
    /// Its client secrets that are still good; at most two.
    pub secrets: Vec<AppSecret>,
    /// Goes up with every change that admission depends on.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was registered for an app; kept as one JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppSettings {
    /// How it authenticates.
    #[serde(default = "basic")]
    pub auth_method: ClientAuthMethod,
    /// Where answers may go: compared octet by octet, but for the port of loopback addresses (RFC 8252 §7.3).
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after sign-out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Origins of its pages that may call token, userinfo and revocation (CORS).
    #[serde(default)]
    pub origins: Vec<String>,
    /// Whether it belongs to the house: then nobody is asked for consent.
    #[serde(default)]
    pub first_party: bool,
    /// Whether it may have refresh tokens.
    #[serde(default)]
    pub refresh: bool,
    /// Whether using a refresh token replaces it. Public apps always rotate.
    #[serde(default = "keep")]
    pub rotation: RefreshRotation,
    /// What its `id_tokens` are signed with.
    #[serde(default = "rs256")]
    pub id_token_alg: Algorithm,
    /// Whether it must use PKCE. Off only for confidential apps.
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// The API whose tokens it gets when it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_api: Option<String>,
    /// Scopes of APIs that it may have for itself (`client_credentials`), each as `identifier#scope`.
    #[serde(default)]
    pub own_scopes: Vec<String>,
    /// `acr_values` used when a request has none.
    #[serde(default)]
    pub default_acr_values: Vec<String>,
    /// `max_age` used when a request has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<Seconds>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// What it may ask for at the authorization endpoint.
    #[serde(default = "code_only")]
    pub response_types: Vec<ResponseType>,
    /// Its public keys, if it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<KeySource>,
    /// How it proves itself by more than a secret that travels.
    #[serde(default)]
    pub proving: Proving,
    /// Its request objects.
    #[serde(default)]
    pub request_objects: RequestObjects,
    /// How answers to it are protected.
    #[serde(default)]
    pub protection: Protection,
    /// Which `sub` it sees.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// `sector_identifier_uri`: the list of redirect URIs that share a `sub`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// Whether every `id_token` says `auth_time`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_auth_time: bool,
    /// How it is told that a session ended.
    #[serde(default)]
    pub logout: LogoutChannels,
    /// What it says of itself.
    #[serde(default)]
    pub about: About,
    /// Whether it registered itself (RFC 7591): then it is trusted with less.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_registered: bool,
    /// If it registered itself, whether somebody here let it in, by a token; else it is a stranger's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vouched: bool,
}

/// Who registered an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Registrar {
    /// An operator.
    Operator,
    /// It did itself, with a token of an operator's.
    Token,
    /// It did itself, by nobody's leave.
    Stranger,
}

impl Registrar {
    /// The word for it, as programs and the command line see it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Token => "token",
            Self::Stranger => "stranger",
        }
    }
}

impl AppSettings {
    /// Who registered it.
    pub const fn registrar(&self) -> Registrar {
        match (self.self_registered, self.vouched) {
            (false, _) => Registrar::Operator,
            (true, true) => Registrar::Token,
            (true, false) => Registrar::Stranger,
        }
    }
}

impl Default for AppSettings {
    /// A confidential app that goes by code, with nothing registered yet.
    fn default() -> Self {
        Self {
            auth_method: basic(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            first_party: false,
            refresh: false,
            rotation: keep(),
            id_token_alg: rs256(),
            require_pkce: yes(),
            default_api: None,
            own_scopes: Vec::new(),
            default_acr_values: Vec::new(),
            default_max_age: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            response_types: code_only(),
            keys: None,
            proving: Proving::default(),
            request_objects: RequestObjects::default(),
            protection: Protection::default(),
            subject_type: SubjectType::default(),
            sector_identifier_uri: None,
            require_auth_time: false,
            logout: LogoutChannels::default(),
            about: About::default(),
            self_registered: false,
            vouched: false,
        }
    }
}

fn basic() -> ClientAuthMethod {
    ClientAuthMethod::ClientSecretBasic
}
fn keep() -> RefreshRotation {
    RefreshRotation::Keep
}
fn rs256() -> Algorithm {
    Algorithm::Rs256
}
fn yes() -> bool {
    true
}
fn code_only() -> Vec<ResponseType> {
    vec![ResponseType::Code]
}

impl App {
    /// Whether its refresh tokens rotate: public apps' always do (RFC 9700 §4.14.2).
    pub fn rotates(&self) -> bool {
        !self.kind.is_confidential() || self.settings.rotation == RefreshRotation::Rotate
    }
}

/// One of an app's client secrets. Two may overlap while one replaces the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSecret {
    /// The row's id.
    pub id: SecretId,
    /// SHA-256 of the 256-bit secret. A slow hash would protect nothing here: there is nothing to guess.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// The secret itself, sealed, where it must be used again: `client_secret_jwt` computes with it.
    pub sealed: Option<Vec<u8>>,
    /// When it stops being good; `None`: not by itself.
    pub expires_at: Option<Timestamp>,
}

/// The form of an API's access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenForm {
    /// RFC 9068: verified offline by the API.
    Jwt,
    /// Means something to Portvakt only; the API asks by introspection.
    Opaque,
}

/// A resource server (RFC 8707).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The row's id.
    pub id: ApiId,
    /// Its identifier URI: the `aud` of its tokens and the `resource` to ask with.
    pub identifier: String,
    /// The tenant that owns it; `None` for the operator's.
    pub tenant: Option<TenantId>,
    /// Its name as people know it.
    pub name: String,
    /// Everything else that was registered.
    pub settings: ApiSettings,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was registered for an API; kept as one JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// The scopes it knows.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The form of its tokens.
    #[serde(default = "jwt")]
    pub form: TokenForm,
    /// What JWTs for it are signed with.
    #[serde(default = "es256")]
    pub alg: Algorithm,
    /// How long a token for it lives; at most ten minutes for a JWT.
    #[serde(default = "ten_minutes")]
    pub lifetime: Seconds,
    /// The `client_id` of the one client that may introspect its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The apps that may ask for it, by `client_id`; empty: every app of the same owner.
    #[serde(default)]
    pub apps: Vec<String>,
}

fn jwt() -> TokenForm {
    TokenForm::Jwt
}
fn es256() -> Algorithm {
    Algorithm::Es256
}
fn ten_minutes() -> Seconds {
    Seconds::minutes(10)
}

impl Api {
    /// Whether `app` may ask for tokens for this API. One that registered itself must be named: it belongs to whoever
    /// let it in, but nobody has chosen it for this.
    pub fn admits(&self, app: &App) -> bool {
        if self.settings.apps.is_empty() {
            self.tenant == app.tenant && !app.settings.self_registered
        } else {
            self.settings.apps.contains(&app.client_id)
        }
    }
}
