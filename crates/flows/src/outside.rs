//! The two doors to the world that flows go through; `portvakt` implements them.

use portvakt_model::app::Registrar;
use portvakt_model::{App, Language, Message, Seconds, Secret};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// The master key: wraps data keys and nothing else. It lives in a file, and later in a module or a service.
pub trait MasterKey: Send + Sync {
    /// Wraps a data key; `context` says what it is for, and unwrapping it as anything else fails.
    fn wrap(&self, context: &str, key: &[u8; 32], nonce: [u8; 12]) -> Vec<u8>;
    /// Unwraps a data key; `None` if it was wrapped by another master key or for another context.
    fn unwrap(&self, context: &str, wrapped: &[u8]) -> Option<Secret<[u8; 32]>>;
}

/// A mail that is to go out now.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Where to: the stored form of the address.
    pub recipient: String,
    /// The person's name.
    pub name: String,
    /// The person's language.
    pub language: Language,
    /// Who is asking: the tenant, or the deployment.
    pub organisation: String,
    /// The tenant's own sender, if it has one.
    pub sender: Option<String>,
    /// What it says.
    pub message: Message,
    /// The same for every try to deliver this letter.
    pub idempotency: String,
}

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFault {
    /// Try again later.
    Passing(String),
    /// Trying again is useless: the address or the letter is refused.
    Lasting(String),
}

/// Why something is fetched: for the log, and for what may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchPurpose {
    /// The public keys of an app (`jwks_uri`, RFC 7591 §2).
    Jwks,
    /// The addresses of one sector (`sector_identifier_uri`, OpenID Connect Core §8.1).
    SectorIdentifier,
    /// A request object (`request_uri`, RFC 9101 §5.2).
    RequestObject,
    /// An app's picture (`logo_uri`, RFC 7591 §2).
    Logo,
    /// The news that a session ended (OpenID Connect Back-Channel Logout §2.5).
    BackChannelLogout,
}

impl FetchPurpose {
    /// Its name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwks => "jwks",
            Self::SectorIdentifier => "sector_identifier",
            Self::RequestObject => "request_object",
            Self::Logo => "logo",
            Self::BackChannelLogout => "back_channel_logout",
        }
    }
}

/// On whose behalf we go somewhere. Exceptions that an operator makes are for apps of operators, and strangers have a
/// small part of what may be under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behalf {
    /// An app that an operator registered.
    Operator,
    /// An app that registered itself, by leave of somebody here.
    Vouched,
    /// An app that a stranger registered, by its `client_id`; or who is about to register one, by their source.
    Stranger(String),
}

impl Behalf {
    /// That of an app.
    pub fn of(app: &App) -> Self {
        match app.settings.registrar() {
            Registrar::Operator => Self::Operator,
            Registrar::Token => Self::Vouched,
            Registrar::Stranger => Self::Stranger(app.client_id.clone()),
        }
    }
}

/// What is sent.
#[derive(Clone, PartialEq, Eq)]
pub enum FetchMethod {
    /// GET, without a body.
    Get,
    /// POST of a form that is written already (`application/x-www-form-urlencoded`).
    PostForm(String),
}

/// A form can hold tokens: its text is not shown.
impl fmt::Debug for FetchMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "Get",
            Self::PostForm(_) => "PostForm([secret])",
        })
    }
}

/// One request to an address that somebody registered: guarded, so the address may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Where to.
    pub url: String,
    /// What for.
    pub purpose: FetchPurpose,
    /// For whom.
    pub behalf: Behalf,
    /// What is sent.
    pub method: FetchMethod,
    /// What we take (`Accept`).
    pub accept: &'static str,
}

impl Fetch {
    /// A GET of `accept`.
    pub fn get(url: &str, purpose: FetchPurpose, behalf: Behalf, accept: &'static str) -> Self {
        Self { url: url.to_owned(), purpose, behalf, method: FetchMethod::Get, accept }
    }

    /// A POST of a form that is written already.
    pub fn form(url: &str, purpose: FetchPurpose, behalf: Behalf, form: String) -> Self {
        Self { url: url.to_owned(), purpose, behalf, method: FetchMethod::PostForm(form), accept: "*/*" }
    }
}

/// What came back: any status but a redirect, which is a [`FetchFault`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fetched {
    /// The status, 100 to 599.
    pub status: u16,
    /// The media type in lower case, without its parameters: `application/json`.
    pub content_type: Option<String>,
    /// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1), which is for the reader to bound.
    pub max_age: Option<Seconds>,
    /// The body, whole: at most [`MOST_FETCHED`] octets.
    pub body: Vec<u8>,
}

/// The most octets of a fetched body.
pub const MOST_FETCHED: usize = 256 * 1024;

/// Why nothing came back. No word of it is from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchFault {
    /// The URL is none that we go to: not https, with a user name, or of a port that is not for this.
    Url,
    /// The host is an address, or has one, that is not public.
    Address,
    /// The host's name has no address now.
    Name,
    /// Nobody answers there.
    Connect,
    /// TLS cannot be agreed on; above all a certificate that nobody we trust vouches for.
    Tls,
    /// It took too long.
    Timeout,
    /// More than [`MOST_FETCHED`] octets came.
    TooLarge,
    /// A redirect, which is never followed.
    Redirect,
    /// Too many requests are under way already: nobody was asked, so it says nothing about them.
    Busy,
    /// What came is no HTTP, or broke off.
    Broken,
}

impl FetchFault {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Url,
        Self::Address,
        Self::Name,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::TooLarge,
        Self::Redirect,
        Self::Busy,
        Self::Broken,
    ];

    /// Its name in the log and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Address => "address_not_public",
            Self::Name => "name_not_found",
            Self::Connect => "no_connection",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Redirect => "redirect",
            Self::Busy => "busy",
            Self::Broken => "broken",
        }
    }

    /// Whether trying again is useless while nobody changes the address or our configuration.
    pub const fn is_lasting(self) -> bool {
        match self {
            Self::Url | Self::Address => true,
            Self::Name
            | Self::Connect
            | Self::Tls
            | Self::Timeout
            | Self::TooLarge
            | Self::Redirect
            | Self::Busy
            | Self::Broken => false,
        }
    }
}

impl fmt::Display for FetchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the world answers, in time.
pub type Answer<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// The outside world.
pub trait Outside: Send + Sync {
    /// Goes to an address that somebody registered, guarded: public addresses only, https, no redirects, bounded in
    /// time and size. Never inside a transaction.
    fn fetch(&self, request: Fetch) -> Answer<'_, Fetched, FetchFault>;

    /// Hands a letter to the mail server; done when the server has taken it.
    fn post(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Result<(), MailFault>> + Send + '_>>;
}
