//! One run: the deployment, what is known of it, and what was found so far.

use super::answers::{judge_answer, judge_error_text, judge_no_store};
use super::finding::{Demand, Finding};
use super::key_set;
use super::keys::verifying;
use crate::outbound::http::{Asked, Direct, Seen};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use portvakt_flows::clock::Clock;
use portvakt_flows::dice::Dice;
use portvakt_protocol::jose::{ClientKeys, claimed_kid};
use ring::digest;
use serde_json::Value;
use url::{Url, form_urlencoded};

/// A test app.
pub struct App {
    /// Its `client_id`.
    pub client_id: String,
    /// Its secret; none for a public app.
    pub secret: Option<String>,
    /// One of its registered redirect URIs.
    pub redirect_uri: String,
    /// One of its registered addresses after sign-out.
    pub post_logout_redirect_uri: Option<String>,
}

/// A test person.
pub struct Person {
    /// The address.
    pub address: String,
    /// The password.
    pub password: String,
}

impl App {
    /// `client_secret_basic`, or nothing for a public app.
    pub(super) fn header(&self) -> Option<String> {
        self.secret.as_ref().map(|secret| basic(&self.client_id, secret))
    }
}

/// An `Authorization` header (RFC 6749 §2.3.1: each half form-encoded first).
pub(super) fn basic(client_id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(client_id), encode(secret))))
}

/// An authorization request, and what it takes to use its answer.
pub(super) struct Ask {
    pub(super) fields: Vec<(String, String)>,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

impl Ask {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

/// The run.
pub(super) struct Check<'a> {
    pub(super) http: &'a Direct,
    pub(super) issuer: &'a str,
    pub(super) document: &'a Value,
    pub(super) keys: ClientKeys,
    pub(super) clock: Clock,
    pub(super) findings: Vec<Finding>,
    dice: Dice,
}

impl<'a> Check<'a> {
    pub(super) fn new(http: &'a Direct, issuer: &'a str, document: &'a Value, keys: ClientKeys, clock: Clock) -> Self {
        Self { http, issuer, document, keys, clock, findings: Vec::new(), dice: Dice::default() }
    }

    pub(super) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whatever of `demands` was not come to.
    pub(super) fn skip(&mut self, demands: &[&'static Demand], why: &str) {
        for demand in demands {
            if !self.findings.iter().any(|found| found.demand.id == demand.id) {
                self.push(demand.not_applicable(why));
            }
        }
    }

    /// 256 random bits as text.
    pub(super) fn random(&self) -> Result<String, String> {
        let bytes = self.dice.bytes::<32>().map_err(|_| "The system gives no randomness.".to_owned())?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn endpoint(&self, member: &str) -> Result<Url, String> {
        let text = self.document.get(member).and_then(Value::as_str).ok_or_else(|| format!("no {member}"))?;
        Url::parse(text).map_err(|_| format!("{member} is no URL"))
    }

    pub(super) async fn get(&self, member: &str, headers: &[(&str, &str)]) -> Result<Seen, String> {
        self.http.send(Asked::get(&self.endpoint(member)?, headers)).await
    }

    pub(super) async fn post(
        &self,
        member: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Seen, String> {
        self.http.send(Asked::post(&self.endpoint(member)?, headers, form)).await
    }

    /// Looks at the key set again if it has not the key of a token: there may be a new one (OpenID Connect Core §10.1.1).
    pub(super) async fn look_for_key(&mut self, jwt: &str) {
        let kid = claimed_kid(jwt);
        if kid.is_none() || self.keys.keys().iter().any(|key| key.kid == kid) {
            return;
        }
        if let Some(set) = key_set(self.http, self.document).await {
            self.keys = verifying(&set);
        }
    }

    /// A token request. Whatever comes back is nobody's to keep.
    pub(super) async fn token(&mut self, app: Option<&App>, form: &[(&str, &str)]) -> Result<Seen, String> {
        let header = app.and_then(App::header);
        let mut fields = form.to_vec();
        if let (Some(app), None) = (app, &header) {
            fields.push(("client_id", &app.client_id));
        }
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let seen = self.post("token_endpoint", &headers, &fields).await?;
        self.push(judge_no_store(seen.header("cache-control")));
        self.note_error(&seen);
        Ok(seen)
    }

    /// Looks at the text of an error that a program was told.
    pub(super) fn note_error(&mut self, seen: &Seen) {
        if let Some(text) = member(seen, "error_description") {
            self.push(judge_error_text(&text));
        }
    }

    /// Looks at an answer of the authorization endpoint.
    pub(super) fn note_answer(&mut self, parameters: &[(String, String)], ask: &Ask) {
        let found = judge_answer(parameters, ask.get("state"), self.issuer);
        self.findings.extend(found);
    }

    /// An authorization request for a code; `changes` replace parameters, and take one away with an empty value.
    pub(super) fn ask(&self, app: &App, changes: &[(&str, &str)]) -> Result<Ask, String> {
        // Longer than the suite's, and with what is easily encoded wrongly.
        let state = format!("{}~!*'();:@,/?%20+&={}", self.random()?, "s".repeat(384));
        self.ask_in(app, &state, changes)
    }

    /// The same with a short state, for requests that are kept on the way.
    pub(super) fn ask_briefly(&self, app: &App, changes: &[(&str, &str)]) -> Result<Ask, String> {
        self.ask_in(app, &self.random()?, changes)
    }

    fn ask_in(&self, app: &App, state: &str, changes: &[(&str, &str)]) -> Result<Ask, String> {
        let (nonce, verifier) = (self.random()?, self.random()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        let mut fields: Vec<(String, String)> = [
            ("client_id", app.client_id.as_str()),
            ("redirect_uri", &app.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("state", state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in changes {
            fields.retain(|(key, _)| key != name);
            if !value.is_empty() {
                fields.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        Ok(Ask { fields, nonce, verifier })
    }

    pub(super) fn address(&self, ask: &Ask) -> Result<Url, String> {
        let mut url = self.endpoint("authorization_endpoint")?;
        url.query_pairs_mut().extend_pairs(ask.pairs());
        Ok(url)
    }
}

/// A member of a JSON answer that is a text.
pub(super) fn member(seen: &Seen, name: &str) -> Option<String> {
    let value: Value = serde_json::from_str(&seen.body).ok()?;
    value.get(name)?.as_str().map(str::to_owned)
}

/// An answer in a few words: never what it gave.
pub(super) fn brief(seen: &Seen) -> String {
    let kind = seen.header("content-type").split(';').next().unwrap_or_default().trim();
    match member(seen, "error") {
        Some(error) => format!("{} {error}", seen.status),
        None => format!("{} {kind}", seen.status).trim_end().to_owned(),
    }
}
