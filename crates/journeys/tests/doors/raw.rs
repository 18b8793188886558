//! HTTP as it is on the wire: every octet of a request is ours, and every header of the answer is there to be judged.

use portvakt_journeys::Failure;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A request, before it is sent. It goes over a connection of its own.
#[derive(Debug, Clone)]
pub struct Ask {
    pub method: &'static str,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask {
    pub fn get(target: impl Into<String>) -> Self {
        Self::of("GET", target)
    }

    pub fn of(method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// A form with these fields.
    pub fn form(target: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::body("POST", target, "application/x-www-form-urlencoded", body)
    }

    /// A body of that kind, octet by octet.
    pub fn body(method: &'static str, target: impl Into<String>, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::of(method, target) }.with("content-type", kind)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Its octets. A `host` among the headers stands for the usual one.
    fn octets(&self, host: &str) -> Vec<u8> {
        let host = (!self.headers.iter().any(|(name, _)| name == "host")).then(|| ("host", host.to_owned()));
        let length = self.body.len().to_string();
        let length = (!self.body.is_empty() || self.method == "POST").then_some(("content-length", length));
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let headers = host.into_iter().chain(own).chain(length).map(|(name, value)| format!("{name}: {value}\r\n"));
        let head = format!("{} {} HTTP/1.1\r\n{}", self.method, self.target, headers.collect::<String>());
        [head.as_bytes(), b"connection: close\r\n\r\n", &self.body].concat()
    }

    /// Sends it to a port of this machine.
    pub fn send(&self, port: u16) -> Result<Got, Failure> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        // A server that has read enough may close before everything is sent; what it says still counts.
        let sent = stream.write_all(&self.octets(&format!("localhost:{port}")));
        let mut octets = Vec::new();
        let read = stream.read_to_end(&mut octets);
        Got::read(&octets)
            .ok_or_else(|| Failure::new(format!("{} {}: no answer ({sent:?}, {read:?})", self.method, self.target)))
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Got {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    fn read(octets: &[u8]) -> Option<Self> {
        let end = octets.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = octets.split_at(end);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Some(Self { status, headers, body: String::from_utf8_lossy(body.get(4..)?).into_owned() })
    }

    /// Every value of a header.
    pub fn all<'a>(&'a self, name: &str) -> Vec<&'a str> {
        self.headers.iter().filter(|(its, _)| its == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The one value of a header, empty when it isn't there.
    pub fn header<'a>(&'a self, name: &str) -> &'a str {
        self.all(name).first().copied().unwrap_or_default()
    }

    /// The value that a cookie is set to, if it is.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let pairs = self.all("set-cookie").into_iter().filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.filter(|(its, _)| *its == name).map(|(_, value)| value.to_owned()).next_back()
    }

    /// The session that is opened, if one is. One that ends is set to nothing.
    pub fn session(&self) -> Option<String> {
        self.cookie("__Host-pv_s").filter(|session| !session.is_empty())
    }

    /// `error` of a JSON answer; empty for anything else.
    pub fn error(&self) -> String {
        let value: Option<serde_json::Value> = serde_json::from_str(&self.body).ok();
        value.and_then(|value| Some(value.get("error")?.as_str()?.to_owned())).unwrap_or_default()
    }

    pub fn is_html(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }
}
