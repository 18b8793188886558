//! The operator's own client: for commands that speak to one deployment, whose URL the operator typed. Nothing that the
//! server does comes this way.
//!
//! It goes to that one origin and to no other, wherever a document or a redirect of it may point: so a client's secret
//! and a person's password reach nobody else. Its address may be any, for a deployment may stand on a private network.
//! As the guarded client: no redirect followed, no proxy asked, no cookie kept, bounded in time and octets.

use super::names::{Book, Resolver};
use super::{MOST_FIELDS, fault, names, trust};
use portvakt_flows::outside::FetchFault;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use url::{Origin, Url, form_urlencoded};

/// How long an answer may take: a password is hashed on the way, perhaps in a line behind others.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest answer, in octets: pages are longer than what the server fetches.
const MOST: usize = 1024 * 1024;

/// A version of TLS that may be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// 1.2 or 1.3.
    Any,
    /// 1.2 alone.
    V12,
    /// 1.3 alone.
    V13,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Where to, on the client's one origin.
    pub url: &'a Url,
    /// More header fields.
    pub headers: &'a [(&'a str, &'a str)],
    /// The fields of a form: then it is a POST, else a GET.
    pub form: Option<&'a [(&'a str, &'a str)]>,
    /// Or a body of JSON: a POST too.
    pub json: Option<String>,
}

impl<'a> Asked<'a> {
    /// A GET.
    pub const fn get(url: &'a Url, headers: &'a [(&'a str, &'a str)]) -> Self {
        Self { url, headers, form: None, json: None }
    }

    /// A POST of a form.
    pub const fn post(url: &'a Url, headers: &'a [(&'a str, &'a str)], form: &'a [(&'a str, &'a str)]) -> Self {
        Self { url, headers, form: Some(form), json: None }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The status code.
    pub status: u16,
    /// The body as text; what is not UTF-8 is replaced.
    pub body: String,
    headers: HeaderMap,
}

impl Seen {
    /// A header's first value, empty if it isn't there or no text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// All values of a header that are text.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }
}

/// The client of one deployment.
pub struct Direct {
    client: Client,
    origin: Origin,
}

impl Direct {
    /// A client for the deployment at `site`, taking the system's authorities and those of `anchors` (PEM files).
    ///
    /// # Errors
    /// A sentence: what is wrong and what to do.
    pub fn new(site: &Url, anchors: &[PathBuf], version: TlsVersion) -> Result<Self, String> {
        let versions: &[_] = match version {
            TlsVersion::Any => rustls::ALL_VERSIONS,
            TlsVersion::V12 => &[&rustls::version::TLS12],
            TlsVersion::V13 => &[&rustls::version::TLS13],
        };
        let book: Arc<Book> = Arc::new(names::system);
        let client = Client::builder()
            .tls_backend_preconfigured(trust::client_of("--trust-anchor", anchors, versions)?)
            .dns_resolver(Resolver { book, any: true })
            .https_only(site.scheme() == "https")
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .http1_only()
            .http1_max_headers(MOST_FIELDS)
            .retry(reqwest::retry::never())
            .user_agent("Portvakt self-check")
            .build()
            .map_err(|why| format!("The HTTP client cannot be set up: {why}."))?;
        Ok(Self { client, origin: site.origin() })
    }

    /// Whether it goes there.
    pub fn is_for(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }

    /// Sends one request.
    ///
    /// # Errors
    /// Why there is no answer, in a few words.
    pub async fn send(&self, asked: Asked<'_>) -> Result<Seen, String> {
        if !self.is_for(asked.url) {
            return Err(format!("not asked: {} is on another origin", short(asked.url)));
        }
        let method = if asked.form.is_some() || asked.json.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, asked.url.clone());
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        if let Some(fields) = asked.form {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        } else if let Some(json) = asked.json {
            request = request.header(CONTENT_TYPE, "application/json").body(json);
        }
        let answered = async { read(request.send().await.map_err(|why| fault(&why))?).await };
        let seen = timeout(PATIENCE, answered).await.map_err(|_| FetchFault::Timeout).and_then(|answer| answer);
        seen.map_err(|why| format!("no answer: {why}"))
    }
}

/// A URL without what may be secret in it.
fn short(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

async fn read(mut answer: Response) -> Result<Seen, FetchFault> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|why| fault(&why))? {
        if body.len() + piece.len() > MOST {
            return Err(FetchFault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Seen {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
