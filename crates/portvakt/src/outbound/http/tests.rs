//! Against a real https server on loopback, with an authority that is thrown away; names are looked up in a book.

use super::names::Lookup;
use super::*;
use portvakt_flows::outside::FetchPurpose;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::dns::{Name, Resolve as _};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use tempfile::TempDir;
use tokio::runtime::Builder;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const HOST: &str = "rp.portvakt.test";

/// What a server does with one connection, once the request is read.
type Answer = fn(&mut dyn Write) -> io::Result<()>;

/// An https server on loopback, its authority's file, and what it was asked.
struct Server {
    port: u16,
    folder: TempDir,
    seen: Receiver<String>,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: Answer) -> Self {
        let folder = TempDir::new().unwrap();
        let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec![HOST.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let (chain, key) = (vec![CertificateDer::from(leaf)], PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (config, accepted, (send, seen)) = (Arc::new(config), Arc::new(AtomicUsize::new(0)), channel());
        let count = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let (socket, config, send) = (socket.unwrap(), Arc::clone(&config), send.clone());
                std::thread::spawn(move || {
                    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), socket);
                    if let Some(head) = head(&mut stream) {
                        send.send(head).unwrap_or_default();
                        // A client that has seen enough hangs up.
                        answer(&mut stream).unwrap_or_default();
                        stream.conn.send_close_notify();
                        stream.flush().unwrap_or_default();
                    }
                });
            }
        });
        Self { port, folder, seen, accepted }
    }

    /// A guard that trusts this server's authority and excepts `hosts`.
    fn guard(&self, hosts: &[&str]) -> Guard {
        Guard {
            allow: hosts.iter().map(|host| Exception::parse(host).unwrap()).collect(),
            allow_registered: false,
            trust_anchors: vec![self.folder.path().join("authority.pem")],
        }
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.port)
    }

    fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// The request up to the end of its form, if TLS came about.
fn head(stream: &mut impl io::Read) -> Option<String> {
    let (mut text, mut piece) = (String::new(), [0; 1024]);
    loop {
        let length = stream.read(&mut piece).ok().filter(|length| *length > 0)?;
        text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Some(text);
            }
        }
    }
}

/// A book in which each look-up has its own answer; the last one stays.
fn book(answers: &[&[IpAddr]]) -> (Arc<Book>, Arc<AtomicUsize>) {
    let answers: VecDeque<Vec<IpAddr>> = answers.iter().map(|answer| answer.to_vec()).collect();
    let (answers, looked) = (Mutex::new(answers), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&looked);
    let book = move |_: &str| -> Lookup {
        count.fetch_add(1, Ordering::SeqCst);
        let mut answers = answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(std::future::ready(answer))
    };
    (Arc::new(book), looked)
}

/// Long enough for a busy machine: only what shall time out is waited for.
const LONG: Patience = Patience { connect: Duration::from_mins(1), total: Duration::from_mins(1) };

fn http(guard: &Guard, patience: Patience) -> Http {
    Http::with(guard, &book(&[&[LOOPBACK]]).0, patience).unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn get(http: &Http, url: &str) -> Result<Fetched, FetchFault> {
    run(http.fetch(keys_at(url, Behalf::Operator)))
}

fn keys_at(url: &str, behalf: Behalf) -> Fetch {
    Fetch::get(url, FetchPurpose::Jwks, behalf, "application/json")
}

fn keys(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nCache-Control: public, max-age=120\r\n\
          Content-Length: 11\r\n\r\n{\"keys\":[]}",
    )
}

#[test]
fn a_named_exception_is_fetched_from_by_name_and_by_address() {
    let server = Server::start(keys);
    for host in [HOST, "127.0.0.1"] {
        let http = http(&server.guard(&[&format!("{host}:{}", server.port)]), LONG);
        let fetched = get(&http, &server.url(host, "/jwks?a=1#fragment")).unwrap();
        assert_eq!((fetched.status, fetched.body.as_slice()), (200, b"{\"keys\":[]}".as_slice()));
        assert_eq!(fetched.content_type.as_deref(), Some("application/json"));
        assert_eq!(fetched.max_age, Some(Seconds(120)));
        let seen = server.seen.recv().unwrap().to_ascii_lowercase();
        assert!(
            seen.starts_with("get /jwks?a=1 http/1.1\r\n") && seen.contains("accept: application/json\r\n"),
            "{seen}"
        );
        for never in ["accept-encoding", "cookie", "referer", "authorization", "fragment"] {
            assert!(!seen.contains(never), "{seen}");
        }
    }
}

#[test]
fn a_form_is_posted_and_any_status_comes_back() {
    let server = Server::start(|out| out.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let http = http(&server.guard(&[HOST]), LONG);
    let form = "logout_token=a.b.c".to_owned();
    let form = Fetch::form(&server.url(HOST, "/logout"), FetchPurpose::BackChannelLogout, Behalf::Operator, form);
    assert_eq!(run(http.fetch(form)), Ok(Fetched { status: 400, ..Fetched::default() }));
    let seen = server.seen.recv().unwrap().to_ascii_lowercase();
    assert!(
        seen.contains("content-type: application/x-www-form-urlencoded\r\n")
            && seen.ends_with("\r\n\r\nlogout_token=a.b.c")
    );
}

#[test]
fn without_an_exception_loopback_is_refused_by_name_and_in_every_spelling() {
    let server = Server::start(keys);
    // Another host's exception, and this host's for another port, change nothing.
    let http = http(&server.guard(&["other.test", "rp.portvakt.test:1", "127.0.0.1:1"]), LONG);
    for host in [
        HOST,
        "localhost",
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "100.100.100.200",
        "192.168.1.1",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ] {
        assert_eq!(get(&http, &server.url(host, "/")), Err(FetchFault::Address), "{host}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_exception_is_for_the_operator_s_own_apps_unless_more_is_said() {
    let server = Server::start(keys);
    let guard = server.guard(&[HOST, "127.0.0.1"]);
    let registered = [Behalf::Vouched, Behalf::Stranger("app_1".to_owned())];
    for (allow_registered, expected) in [(false, Err(FetchFault::Address)), (true, Ok(200))] {
        let http = http(&Guard { allow_registered, ..guard.clone() }, LONG);
        for behalf in &registered {
            for host in [HOST, "127.0.0.1"] {
                let fetched = run(http.fetch(keys_at(&server.url(host, "/"), behalf.clone())));
                assert_eq!(fetched.map(|fetched| fetched.status), expected, "{behalf:?} {host}");
            }
        }
        assert_eq!(get(&http, &server.url(HOST, "/")).unwrap().status, 200);
    }
}

#[test]
fn a_flight_lasts_as_long_as_its_look_up_although_nobody_waits_any_more() {
    let (told, looked_up) = tokio::sync::watch::channel(false);
    let slow: Arc<Book> = Arc::new(move |_: &str| -> Lookup {
        let mut looked_up = looked_up.clone();
        Box::pin(async move { looked_up.wait_for(|done| *done).await.ok().map(|_| vec![LOOPBACK]) })
    });
    let patience = Patience { connect: Duration::from_millis(20), ..LONG };
    let http = Http::with(&Guard::default(), &slow, patience).unwrap();
    run(async {
        let fetched = http.fetch(keys_at("https://slow.test/", Behalf::Operator)).await;
        assert_eq!((fetched, http.flights.lines()), (Err(FetchFault::Timeout), 1));
        told.send_replace(true);
        while http.flights.lines() > 0 {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn only_https_urls_of_right_ports_without_a_user_are_gone_to() {
    let http = http(&Guard::default(), LONG);
    for url in [
        "http://rp.portvakt.test/",
        "https://user@rp.portvakt.test/",
        "https://user:word@rp.portvakt.test/",
        "https://:word@rp.portvakt.test/",
        "https://rp.portvakt.test:22/",
        "https://rp.portvakt.test:80/",
        "https://rp.portvakt.test:1023/",
        "https://rp.portvakt.test:0/",
        "ftp://rp.portvakt.test/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "//rp.portvakt.test/",
        "rp.portvakt.test",
        "https://",
        "",
        &format!("https://rp.portvakt.test/{}", "a".repeat(MOST_URL)),
    ] {
        assert_eq!(get(&http, url), Err(FetchFault::Url), "{url}");
    }
    assert_eq!(get(&http, "https://rp.portvakt.test/"), Err(FetchFault::Address), "443 is looked up");
    assert_eq!(get(&http, "https://rp.portvakt.test:1024/"), Err(FetchFault::Address));
}

#[test]
fn an_exception_for_plain_http_is_for_that_alone() {
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        head(&mut socket).unwrap();
        keys(&mut socket).unwrap();
    });
    let guard = Guard { allow: vec![Exception::parse(&format!("http://{HOST}:{port}")).unwrap()], ..Guard::default() };
    let http = http(&guard, LONG);
    assert_eq!(get(&http, &format!("https://{HOST}:{port}/")), Err(FetchFault::Address));
    assert_eq!(get(&http, &format!("http://{HOST}:{port}/")).unwrap().status, 200);
}

#[test]
fn a_name_that_changes_its_address_leads_nowhere_else() {
    let public: IpAddr = "1.1.1.1".parse().unwrap();
    let name = || HOST.parse::<Name>().unwrap();
    let dialled = |resolver: &Resolver| -> Result<Vec<IpAddr>, FetchFault> {
        match run(async { resolver.resolve(name()).await }) {
            Ok(dialled) => Ok(dialled.map(|address| address.ip()).collect()),
            Err(why) => Err(why.downcast::<Refusal>().unwrap().0),
        }
    };
    // What is judged is what is dialled: the second answer is another connection's, and judged anew.
    let (answers, looked) = book(&[&[public], &[LOOPBACK], &[public, LOOPBACK], &[]]);
    let resolver = Resolver { book: answers, any: false };
    assert_eq!(dialled(&resolver), Ok(vec![public]));
    assert_eq!(looked.load(Ordering::SeqCst), 1, "one look-up for one connection");
    assert_eq!(dialled(&resolver), Err(FetchFault::Address));
    assert_eq!(dialled(&resolver), Err(FetchFault::Address), "one of two");
    assert_eq!(dialled(&resolver), Err(FetchFault::Name));
    // Nor does the client look a name up twice, or keep a connection that an earlier answer led to.
    let server = Server::start(keys);
    let (answers, looked) = book(&[&[LOOPBACK]]);
    let http = Http::with(&server.guard(&[HOST]), &answers, LONG).unwrap();
    for connection in 1..=3 {
        assert_eq!(get(&http, &server.url(HOST, "/")).unwrap().status, 200);
        assert_eq!((looked.load(Ordering::SeqCst), server.connections()), (connection, connection));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let server =
        Server::start(|out| out.write_all(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
    let http = http(&server.guard(&[HOST]), LONG);
    assert_eq!(get(&http, &server.url(HOST, "/")), Err(FetchFault::Redirect));
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_body_over_the_limit_is_cut_off_whatever_was_announced() {
    let announced = |out: &mut dyn Write| out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n");
    let endless = |out: &mut dyn Write| {
        out.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        // Ends when the client hangs up; were it to read on, it would read four times the limit.
        (0..16).try_for_each(|_| out.write_all(&vec![b' '; 64 * 1024]))
    };
    let chunks = |out: &mut dyn Write| {
        out.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        (0..5).try_for_each(|_| write!(out, "10000\r\n{}\r\n", " ".repeat(64 * 1024)))?;
        out.write_all(b"0\r\n\r\n")
    };
    let whole = |out: &mut dyn Write| {
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 262144\r\n\r\n")?;
        out.write_all(&vec![b' '; MOST_FETCHED])
    };
    for (answer, right) in [(announced as Answer, false), (endless, false), (chunks, false), (whole, true)] {
        let server = Server::start(answer);
        let fetched = get(&http(&server.guard(&[HOST]), LONG), &server.url(HOST, "/"));
        let expected = if right { Ok(MOST_FETCHED) } else { Err(FetchFault::TooLarge) };
        assert_eq!(fetched.map(|fetched| fetched.body.len()), expected);
    }
}

#[test]
fn what_is_packed_cut_short_or_no_http_is_broken() {
    let packed: Answer =
        |out| out.write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b");
    let short: Answer = |out| out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}");
    let other: Answer = |out| out.write_all(b"SSH-2.0-OpenSSH\r\n\r\n");
    for answer in [packed, short, other] {
        let server = Server::start(answer);
        assert_eq!(get(&http(&server.guard(&[HOST]), LONG), &server.url(HOST, "/")), Err(FetchFault::Broken));
    }
}

#[test]
fn whoever_is_slow_is_given_up() {
    // The answer begins and never ends: the server waits for more of the request, which does not come.
    let server = Server::start(|out| {
        out.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{")?;
        out.flush()?;
        std::thread::park();
        Ok(())
    });
    let short = Patience { total: Duration::from_millis(400), ..LONG };
    assert_eq!(get(&http(&server.guard(&[HOST]), short), &server.url(HOST, "/")), Err(FetchFault::Timeout));
    // Nor does one who takes the connection and says nothing of TLS.
    let silent = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let url = format!("https://{HOST}:{}/", silent.local_addr().unwrap().port());
    let short = Patience { connect: Duration::from_millis(200), ..LONG };
    assert_eq!(get(&http(&server.guard(&[HOST]), short), &url), Err(FetchFault::Timeout));
}

#[test]
fn the_ninth_request_to_a_host_waits_and_then_gives_up() {
    let server = Server::start(keys);
    let http = http(&server.guard(&[HOST]), Patience { total: Duration::from_millis(50), ..LONG });
    let ninth = run(async {
        let mut under_way = Vec::new();
        for _ in 0..flight::MOST_PER_HOST {
            under_way.push(http.flights.take_off(HOST, &Behalf::Operator).await);
        }
        http.fetch(keys_at(&server.url(HOST, "/"), Behalf::Operator)).await
    });
    assert_eq!((ninth, server.connections()), (Err(FetchFault::Busy), 0));
    assert_eq!(http.flights.lines(), 0);
}

#[test]
fn a_certificate_of_a_stranger_or_for_another_name_is_not_taken() {
    let (server, other) = (Server::start(keys), Server::start(keys));
    let guard = other.guard(&[HOST, "elsewhere.test"]);
    assert_eq!(get(&http(&guard, LONG), &server.url(HOST, "/")), Err(FetchFault::Tls));
    assert_eq!(get(&http(&guard, LONG), &other.url("elsewhere.test", "/")), Err(FetchFault::Tls));
    assert_eq!(get(&http(&guard, LONG), &other.url(HOST, "/")).unwrap().status, 200);
}

#[test]
fn nobody_there_is_told_apart_from_no_such_name() {
    let guard = Guard { allow: vec![Exception::parse(HOST).unwrap()], ..Guard::default() };
    let free = TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port();
    assert_eq!(get(&http(&guard, LONG), &format!("https://{HOST}:{free}/")), Err(FetchFault::Connect));
    let nowhere = Http::with(&guard, &book(&[&[]]).0, LONG).unwrap();
    assert_eq!(get(&nowhere, &format!("https://{HOST}:{free}/")), Err(FetchFault::Name));
}

#[test]
fn how_long_an_answer_keeps_is_read_from_cache_control_alone() {
    for (said, expected) in [
        (&[][..], None),
        (&["max-age=60"], Some(60)),
        (&["public, Max-Age=60, immutable"], Some(60)),
        (&["public", "max-age=7"], Some(7)),
        (&["max-age=60, no-store"], Some(0)),
        (&["no-cache"], Some(0)),
        (&["max-age=-1"], None),
        (&["max-age=x"], None),
        (&["s-maxage=60"], None),
    ] {
        let mut headers = HeaderMap::new();
        for value in said {
            headers.append(CACHE_CONTROL, value.parse().unwrap());
        }
        assert_eq!(max_age(&headers), expected.map(Seconds), "{said:?}");
    }
}

#[test]
fn trust_anchors_that_cannot_be_read_stop_the_start() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("authority.pem");
    let start = || Http::new(&Guard { trust_anchors: vec![file.clone()], ..Guard::default() }).map(drop);
    assert!(start().unwrap_err().contains("authority.pem cannot be used"));
    fs::write(&file, "nothing").unwrap();
    assert!(start().unwrap_err().contains("it holds no certificate"));
    fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(start().is_err());
}
