//! A reverse proxy in front of a deployment: it ends TLS, hands every request on, and lets a test meddle with what goes
//! through. So a right deployment can be made wrong in one thing at a time.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use url::form_urlencoded;

use crate::{Failure, Http, certificates::Certificates};

/// The longest body that is read.
const MOST: usize = 1024 * 1024;

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An answer on its way.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Asks the deployment.
pub type Onward<'a> = &'a dyn Fn(&Call) -> Reply;
/// What happens on the way.
pub type Meddle = dyn Fn(Call, Onward<'_>) -> Reply + Send + Sync;

impl Call {
    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter: of the form that is posted, else of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All of them.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let text = match self.method.as_str() {
            "POST" => self.body.as_str(),
            _ => self.target.split_once('?').map_or("", |(_, query)| query),
        };
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    /// The same request with other parameters.
    #[must_use]
    pub fn with_parameters(mut self, parameters: &[(String, String)]) -> Self {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        if self.method == "POST" {
            self.body = text;
        } else {
            self.target = if text.is_empty() { self.path().to_owned() } else { format!("{}?{text}", self.path()) };
        }
        self
    }

    /// The same request with one parameter set anew; an empty value takes it away.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut all = self.parameters();
        all.retain(|(key, _)| key != name);
        if !value.is_empty() {
            all.push((name.to_owned(), value.to_owned()));
        }
        self.with_parameters(&all)
    }
}

impl Reply {
    /// A header's first value, empty if it isn't there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same answer with that header set anew; an empty value takes it away.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

/// The proxy. It stops when it is dropped.
pub struct Front {
    /// Where it is reached.
    pub url: String,
    /// The authority of its certificate, PEM.
    pub authority: String,
    port: u16,
    meddle: Arc<Mutex<Arc<Meddle>>>,
    stopped: Arc<AtomicBool>,
}

impl Front {
    /// Opens one with a certificate made in `folder`, in front of the server at `behind`, which may start later.
    pub fn open(folder: &Path, behind: &str) -> Result<Self, Failure> {
        let made = Certificates::make(folder, &["localhost", "127.0.0.1"])?;
        let chain = CertificateDer::pem_file_iter(&made.certificate)?.collect::<Result<Vec<_>, _>>()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::from_pem_file(&made.key)?)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let meddle: Arc<Mutex<Arc<Meddle>>> = Arc::new(Mutex::new(Arc::new(|call, onward| onward(&call))));
        let stopped = Arc::new(AtomicBool::new(false));
        let server = Server {
            tls: Arc::new(tls),
            behind: behind.to_owned(),
            http: Http::new(None)?,
            meddle: Arc::clone(&meddle),
        };
        let ended = Arc::clone(&stopped);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let server = server.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        Ok(Self { url: format!("https://localhost:{port}"), authority: made.authority, port, meddle, stopped })
    }

    /// From now on, this happens on the way.
    pub fn meddle(&self, meddle: Arc<Meddle>) {
        *self.meddle.lock().unwrap_or_else(PoisonError::into_inner) = meddle;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

#[derive(Clone)]
struct Server {
    tls: Arc<ServerConfig>,
    behind: String,
    http: Http,
    meddle: Arc<Mutex<Arc<Meddle>>>,
}

impl Server {
    /// One connection, one request. Whoever hangs up in the middle is not answered.
    fn serve(&self, stream: TcpStream) {
        let served = || -> Result<(), Failure> {
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            let connection = ServerConnection::new(Arc::clone(&self.tls))?;
            let mut reader = BufReader::new(StreamOwned::new(connection, stream));
            let call = read(&mut reader)?;
            let meddle = Arc::clone(&self.meddle.lock().unwrap_or_else(PoisonError::into_inner));
            let reply = meddle(call, &|call| self.onward(call));
            let mut stream = reader.into_inner();
            write(&mut stream, &reply)?;
            stream.conn.send_close_notify();
            stream.flush()?;
            Ok(())
        };
        drop(served());
    }

    fn onward(&self, call: &Call) -> Reply {
        let headers: Vec<(&str, &str)> = call
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "host" | "connection" | "content-length" | "accept-encoding"))
            .collect();
        let url = format!("{}{}", self.behind, call.target);
        match self.http.send(&call.method, &url, &headers, call.body.clone()) {
            Ok(answer) => {
                let of = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                };
                Reply {
                    status: answer.status,
                    headers: answer.headers.iter().filter_map(of).collect(),
                    body: answer.body,
                }
            }
            Err(why) => Reply { status: 502, headers: Vec::new(), body: format!("{why:?}") },
        }
    }
}

fn read(reader: &mut impl BufRead) -> Result<Call, Failure> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(Failure::new("no request")) };
    let (mut headers, mut length) = (Vec::new(), 0_usize);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse()?;
        }
        headers.push((name, value));
    }
    if length > MOST {
        return Err(Failure::new("a body that is too long"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Call { method, target, headers, body: String::from_utf8(body)? })
}

fn write(to: &mut impl Write, reply: &Reply) -> Result<(), Failure> {
    let mut head = format!("HTTP/1.1 {} Answered\r\n", reply.status);
    for (name, value) in &reply.headers {
        if !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    let length = reply.body.len().to_string();
    head.extend(["content-length: ", &length, "\r\nconnection: close\r\n\r\n"]);
    to.write_all(head.as_bytes())?;
    to.write_all(reply.body.as_bytes())?;
    to.flush()?;
    Ok(())
}
