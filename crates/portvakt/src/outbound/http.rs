//! The one guarded HTTP client: whatever Portvakt fetches or posts goes through here.
//!
//! - https to public addresses, judged when the connection is made, on the addresses that are dialled. A name is looked
//!   up once for each connection, by our own resolver, so no second answer can differ from the first; an address that
//!   is written out never reaches a resolver, so it is judged before.
//! - Port 443, or one from 1024 up: below that, services that are no HTTP would be spoken to.
//! - No redirect is followed, no proxy asked (it would resolve for us), no cookie kept, nothing unpacked, and no
//!   connection used twice.
//! - Bounded in time, in octets as they come (not as they are announced), and in requests under way.
//! - TLS 1.3, or 1.2; the system's authorities.
//!
//! An operator may name exceptions and further authorities: [`Guard`].

mod address;
mod direct;
mod exception;
mod flight;
mod names;
mod trust;

pub use direct::{Asked, Direct, Seen, TlsVersion};
pub use exception::Exception;

use address::is_public;
use flight::{Flights, aboard};
use names::{Book, Refusal, Resolver};
use portvakt_flows::outside::{Behalf, Fetch, FetchFault, FetchMethod, Fetched, MOST_FETCHED};
use portvakt_model::Seconds;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

/// The longest URL, in octets.
const MOST_URL: usize = 2_048;
/// The most header fields of an answer.
const MOST_FIELDS: usize = 64;

/// What an operator allows beyond the rule. Both are empty by default, and told at every start if they are not.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Hosts that may have any address and port, for apps of operators.
    pub allow: Vec<Exception>,
    /// Whether these are excepted for apps that registered themselves too.
    pub allow_registered: bool,
    /// PEM files of further authorities.
    pub trust_anchors: Vec<PathBuf>,
}

impl Guard {
    /// Says loudly what is allowed beyond the rule.
    pub fn announce(&self) {
        for exception in &self.allow {
            tracing::warn!(%exception, "outbound.allow: requests may go to this host whatever its address is");
        }
        if self.allow_registered {
            tracing::warn!("outbound.allow_registered: apps that registered themselves may lead requests there too");
        }
        for file in &self.trust_anchors {
            tracing::warn!(file = %file.display(), "outbound.trust_anchors: certificates of these authorities are taken");
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// A connection, TLS included.
    connect: Duration,
    /// A request, from its place in the line to the last octet.
    total: Duration,
}

const PATIENCE: Patience = Patience { connect: Duration::from_secs(2), total: Duration::from_secs(5) };

/// The guarded client.
pub struct Http {
    /// For everybody.
    guarded: Client,
    /// For exceptions.
    excepted: Client,
    allow: Vec<Exception>,
    allow_registered: bool,
    flights: Flights,
    patience: Patience,
}

impl Http {
    /// A client with the system's resolver and authorities.
    ///
    /// # Errors
    /// A sentence: what is wrong and what to do.
    pub fn new(guard: &Guard) -> Result<Self, String> {
        let system: Arc<Book> = Arc::new(names::system);
        Self::with(guard, &system, PATIENCE)
    }

    fn with(guard: &Guard, book: &Arc<Book>, patience: Patience) -> Result<Self, String> {
        let tls = trust::client(&guard.trust_anchors)?;
        let client = |any: bool| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Resolver { book: Arc::clone(book), any })
                .https_only(!any)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(0)
                .http1_only()
                .http1_max_headers(MOST_FIELDS)
                .retry(reqwest::retry::never())
                .connect_timeout(patience.connect)
                .user_agent("Portvakt")
                .build()
                .map_err(|why| format!("The HTTP client cannot be set up: {why}."))
        };
        Ok(Self {
            guarded: client(false)?,
            excepted: client(true)?,
            allow: guard.allow.clone(),
            allow_registered: guard.allow_registered,
            flights: Flights::default(),
            patience,
        })
    }

    /// Sends one request.
    pub async fn fetch(&self, request: Fetch) -> Result<Fetched, FetchFault> {
        let purpose = request.purpose;
        let url = request.url.clone();
        let outcome = self.go(request).await;
        match &outcome {
            Ok(fetched) => tracing::debug!(purpose = purpose.name(), url, status = fetched.status, "fetched"),
            Err(why) => tracing::info!(purpose = purpose.name(), url, %why, "nothing could be fetched"),
        }
        outcome
    }

    async fn go(&self, request: Fetch) -> Result<Fetched, FetchFault> {
        let (url, client) = self.judge(&request.url, &request.behalf)?;
        let host = url.host_str().ok_or(FetchFault::Url)?.to_owned();
        let until = Instant::now() + self.patience.total;
        let line = timeout_at(until, self.flights.take_off(&host, &request.behalf)).await;
        let flight = line.ok().flatten().ok_or(FetchFault::Busy)?;
        let sent = match request.method {
            FetchMethod::Get => client.get(url),
            FetchMethod::PostForm(form) => {
                client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
            }
        };
        let answered = async {
            let answer = sent.header(ACCEPT, request.accept).send().await.map_err(|why| fault(&why))?;
            read(answer).await
        };
        timeout_at(until, aboard(flight, answered)).await.map_err(|_| FetchFault::Timeout)?
    }

    /// Whether we go there at all, and by which client. Where a name leads is judged when it is dialled.
    fn judge(&self, text: &str, behalf: &Behalf) -> Result<(Url, &Client), FetchFault> {
        let url = Some(text).filter(|text| text.len() <= MOST_URL).and_then(|text| Url::parse(text).ok());
        let mut url = url.ok_or(FetchFault::Url)?;
        url.set_fragment(None);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchFault::Url);
        }
        // An exception opens a way into the operator's own network: no app that registered itself is led there by it.
        let may_be_excepted = self.allow_registered || *behalf == Behalf::Operator;
        if may_be_excepted && self.allow.iter().any(|exception| exception.is_for(&url)) {
            return Ok((url, &self.excepted));
        }
        let port = url.port_or_known_default().ok_or(FetchFault::Url)?;
        if url.scheme() != "https" || !(port == 443 || port >= 1024) {
            return Err(FetchFault::Url);
        }
        // The parser has turned every spelling of an address (decimal, octal, hexadecimal) into the address.
        let literal = match url.host().ok_or(FetchFault::Url)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if literal.is_some_and(|address| !is_public(address)) {
            return Err(FetchFault::Address);
        }
        Ok((url, &self.guarded))
    }
}

/// Reads an answer, octet by octet up to the limit.
async fn read(mut answer: Response) -> Result<Fetched, FetchFault> {
    if answer.status().is_redirection() {
        return Err(FetchFault::Redirect);
    }
    // We asked for nothing packed, and unpack nothing.
    if text(answer.headers(), &CONTENT_ENCODING).is_some_and(|packed| packed != "identity") {
        return Err(FetchFault::Broken);
    }
    if answer.content_length().is_some_and(|length| length > MOST_FETCHED as u64) {
        return Err(FetchFault::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|why| fault(&why))? {
        if body.len() + piece.len() > MOST_FETCHED {
            return Err(FetchFault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Fetched {
        status: answer.status().as_u16(),
        content_type: text(answer.headers(), &CONTENT_TYPE),
        max_age: max_age(answer.headers()),
        body,
    })
}

/// A header's value before its parameters, in lower case.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(';').next().map(|value| value.trim().to_ascii_lowercase()).filter(|value| !value.is_empty())
}

/// `max-age`, unless nothing may be stored at all (RFC 9111 §5.2.2).
fn max_age(headers: &HeaderMap) -> Option<Seconds> {
    let all = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut said = None;
    for directive in all.flat_map(|value| value.split(',')) {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return Some(Seconds(0));
        }
        if let Some(seconds) = directive.strip_prefix("max-age=").and_then(|text| text.parse().ok()) {
            said = Some(Seconds(seconds));
        }
    }
    said
}

/// What went wrong, by the first cause that says it.
fn fault(why: &reqwest::Error) -> FetchFault {
    let mut cause: Option<&(dyn Error + 'static)> = why.source();
    while let Some(here) = cause {
        if let Some(Refusal(fault)) = here.downcast_ref() {
            return *fault;
        }
        if is_of_tls(here) {
            return FetchFault::Tls;
        }
        cause = here.source();
    }
    if why.is_timeout() {
        FetchFault::Timeout
    } else if why.is_connect() {
        FetchFault::Connect
    } else {
        FetchFault::Broken
    }
}

/// Errors of TLS come inside those of the socket, one or two deep, and those say their inner error's source, not it.
fn is_of_tls(mut here: &(dyn Error + 'static)) -> bool {
    while let Some(inner) = here.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        here = inner;
    }
    here.is::<rustls::Error>()
}

#[cfg(test)]
mod tests;
