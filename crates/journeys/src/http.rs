//! HTTP as a relying app speaks it: no cookies, no redirects followed.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use ureq::{
    Agent,
    http::{HeaderMap, Request},
    tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig},
};
use url::form_urlencoded;

use crate::{Failure, certificates::ClientCertificate};

/// What came back, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// A header's first value, empty when it isn't there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body read as JSON.
    pub fn json(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.body)
            .map_err(|error| Failure::new(format!("{error} in an answer {}: {}", self.status, self.body)))
    }

    /// This answer when its status is `wanted`, else a failure that shows it.
    pub fn expect(self, wanted: u16) -> Result<Self, Failure> {
        if self.status == wanted {
            Ok(self)
        } else {
            Err(Failure::new(format!("expected {wanted}, got {}: {}", self.status, self.body)))
        }
    }
}

/// A client that trusts the test's own authority and gives up after half a minute.
#[derive(Clone)]
pub struct Http {
    agent: Agent,
}

impl Http {
    /// `authority`: a PEM certificate to trust instead of the usual ones.
    pub fn new(authority: Option<&str>) -> Result<Self, Failure> {
        Self::of(authority, None)
    }

    fn of(authority: Option<&str>, own: Option<ClientCert>) -> Result<Self, Failure> {
        let mut tls = TlsConfig::builder().client_cert(own);
        if let Some(pem) = authority {
            let trusted = vec![Certificate::from_pem(pem.as_bytes())?];
            tls = tls.root_certs(RootCerts::Specific(Arc::new(trusted)));
        }
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Ok(Self { agent: agent.into() })
    }

    /// The same, of a program with a certificate.
    pub fn with_certificate(authority: Option<&str>, program: &ClientCertificate) -> Result<Self, Failure> {
        let chain = [Certificate::from_pem(program.certificate.as_bytes())?];
        Self::of(authority, Some(ClientCert::new_with_certs(&chain, PrivateKey::from_pem(program.key.as_bytes())?)))
    }

    /// GET with extra headers.
    pub fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.send("GET", url, headers, String::new())
    }

    /// POST of form fields with extra headers.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", url, &all, body)
    }

    /// Any method, any body.
    pub fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: String) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let failed = |error: &dyn std::error::Error| Failure::new(format!("{method} {url}: {error}"));
        // A GET has no body at all, not an empty one: a content-length of 0 would be odd on the wire.
        let response = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(())?)
        } else {
            self.agent.run(request.body(body)?)
        };
        let (head, mut body) = response.map_err(|error| failed(&error))?.into_parts();
        let body = body.read_to_string().map_err(|error| failed(&error))?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// The value of an `Authorization` header for `client_secret_basic` (RFC 6749 §2.3.1: each half form-encoded first).
pub fn basic(client: &str, secret: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(client), encode(secret))))
}
