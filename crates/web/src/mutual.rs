//! Certificates of programs (RFC 8705): from the listener that asks for them, or from a proxy that is trusted.

use crate::client::Proxies;
use crate::route::{Access, Route};
use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use portvakt_model::Timestamp;
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_protocol::oauth::discovery::ALIASED;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What is known of a connection to the listener that asks for certificates; other connections have none of this.
#[derive(Debug, Clone)]
pub struct Mutual {
    /// The certificate that was brought, its key proved in the handshake.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// The header in which trusted proxies pass certificates on, and the host that it is meant for. A proxy that takes the
/// header away on that host alone lets everybody write it on the others: there it is only text.
#[derive(Debug, Clone)]
pub struct ProxyHeader {
    name: Arc<str>,
    host: Arc<str>,
    /// The port that needs not be said.
    usual_port: &'static str,
    /// When something was last told, in seconds.
    told: Arc<AtomicI64>,
}

/// How long nothing is told again, in seconds: strangers can cause each of the warnings.
const QUIET: i64 = 60;

impl ProxyHeader {
    /// The header with a name in lower case, on the host of `url` (`mtls.url`).
    pub fn new(name: &str, url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let usual_port = if scheme.eq_ignore_ascii_case("http") { ":80" } else { ":443" };
        let host = rest.split('/').next().unwrap_or_default();
        let host = Arc::from(host.strip_suffix(usual_port).unwrap_or(host));
        Self { name: Arc::from(name), host, usual_port, told: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    /// Whether a request is for that host: whatever names a host names this one. `X-Forwarded-Host` names none: whoever
    /// may write a certificate may write that too.
    fn is_for(&self, request: &HttpRequest) -> bool {
        let target = request.uri().authority().map(|authority| Some(authority.as_str()));
        let hosts = request.headers().get_all(HOST).map(|value| value.to_str().ok());
        let mut named = target.into_iter().chain(hosts).peekable();
        let is_this = |host: &str| host.strip_suffix(self.usual_port).unwrap_or(host).eq_ignore_ascii_case(&self.host);
        named.peek().is_some() && named.all(|host| host.is_some_and(is_this))
    }

    /// Tells that a header is not taken; once in a while. What stands in it is a stranger's, and stays out of the log.
    fn tell(&self, proxy: SocketAddr, why: &str, now: Timestamp) {
        let (told, now) = (self.told.load(Ordering::Relaxed), now.seconds());
        let is_due = now.saturating_sub(told) >= QUIET;
        if is_due && self.told.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(proxy = %proxy.ip(), header = &*self.name, "a certificate header is not taken: {why}");
        }
    }
}

/// Whether a row is served on this connection. The listener for certificates serves the endpoints that clients prove
/// themselves at, and Portvakt's own API, whose callers may have tokens that are bound to one; but no page: whoever came
/// there with a browser would be asked for a certificate.
pub(crate) fn is_served(request: &HttpRequest, row: &Route) -> bool {
    let is_for_programs = row.access == Access::Operator || ALIASED.iter().any(|(_, aliased)| *aliased == row.path);
    request.conn_data::<Mutual>().is_none() || is_for_programs
}

/// The certificate that a request comes with: of its connection, else in the `header` of the trusted proxy that it comes
/// straight from, on the host that the header is for. Anybody else's header is only text.
pub(crate) fn certificate(
    request: &HttpRequest,
    proxies: &Proxies,
    header: Option<&ProxyHeader>,
    now: Timestamp,
) -> Option<Arc<ClientCertificate>> {
    if let Some(mutual) = request.conn_data::<Mutual>() {
        return mutual.certificate.clone();
    }
    let header = header?;
    let peer = request.peer_addr().filter(|peer| proxies.trusts(peer.ip()))?;
    let mut values = request.headers().get_all(&*header.name);
    let (value, second) = (values.next()?, values.next());
    // Nobody brought one, which proxies say like this.
    if value.is_empty() && second.is_none() {
        return None;
    }
    let not_taken = |why| {
        header.tell(peer, why, now);
        None
    };
    if !header.is_for(request) {
        return not_taken("it came on a host other than that of mtls.url, where the proxy must take it away");
    }
    // Two of them: a proxy that adds its own to the client's instead of replacing it.
    if second.is_some() {
        return not_taken("there are two, so that the proxy lets clients send one");
    }
    match value.to_str().ok().and_then(ClientCertificate::of_header) {
        Some(read) => Some(Arc::new(read)),
        None => not_taken("no certificate can be read from it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::net::SocketAddr;

    const HEADER: &str = "x-client-certificate";
    /// A certificate as a proxy passes it on, from the fuzzer's corpus.
    const VALUE: &str = include_str!("../../protocol/fuzz/corpus/certificate/escaped");
    const HOST_OF_PROGRAMS: &str = "mtls.login.example";
    const PROXY: &str = "10.0.0.1:4000";

    fn from(peer: &str, hosts: &[&str], values: &[&str]) -> HttpRequest {
        let mut request = TestRequest::default().peer_addr(peer.parse::<SocketAddr>().unwrap());
        for host in hosts {
            request = request.append_header((HOST, *host));
        }
        for value in values {
            request = request.append_header((HEADER, *value));
        }
        request.to_http_request()
    }

    fn brought(request: &HttpRequest, header: Option<&ProxyHeader>) -> bool {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        certificate(request, &proxies, header, Timestamp::from_seconds(1_800_000_000)).is_some()
    }

    #[test]
    fn only_a_trusted_proxy_s_own_header_brings_a_certificate() {
        let header = ProxyHeader::new(HEADER, "https://mtls.login.example");
        let by = |peer, values: &[&str]| brought(&from(peer, &[HOST_OF_PROGRAMS], values), Some(&header));
        assert!(by(PROXY, &[VALUE]));
        assert!(!by("192.0.2.1:4000", &[VALUE]), "a stranger");
        assert!(!brought(&from(PROXY, &[HOST_OF_PROGRAMS], &[VALUE]), None), "not configured");
        assert!(!by(PROXY, &[VALUE, VALUE]), "one of them is the client's");
        assert!(!by(PROXY, &[VALUE, ""]) && !by(PROXY, &["", VALUE]), "the empty one is the proxy's");
        assert!(!by(PROXY, &[""]), "nobody brought one");
        assert!(!by(PROXY, &[]));
        let request = from(PROXY, &[HOST_OF_PROGRAMS], &[VALUE]);
        let now = Timestamp::from_seconds(0);
        assert!(certificate(&request, &Proxies::default(), Some(&header), now).is_none(), "nobody is trusted");
    }

    #[test]
    fn the_header_counts_on_the_host_of_programs_alone() {
        let on =
            |url: &str, hosts: &[&str]| brought(&from(PROXY, hosts, &[VALUE]), Some(&ProxyHeader::new(HEADER, url)));
        let url = "https://mtls.login.example";
        for same in ["mtls.login.example", "MTLS.login.example", "mtls.login.example:443"] {
            assert!(on(url, &[same]), "{same}");
        }
        for other in ["login.example", "mtls.login.example.evil.example", "mtls.login.example:8443", ""] {
            assert!(!on(url, &[other]), "{other}");
        }
        assert!(!on(url, &[]), "no host at all");
        assert!(!on(url, &[HOST_OF_PROGRAMS, "login.example"]), "two hosts");
        let with_port = "https://login.example:8443";
        assert!(on(with_port, &["login.example:8443"]));
        assert!(!on(with_port, &["login.example"]), "the browsers' port is another door");
        assert!(on("http://localhost:80/idp", &["localhost"]));
        let mut request = TestRequest::with_uri("https://login.example/token").append_header((HOST, HOST_OF_PROGRAMS));
        request = request.peer_addr(PROXY.parse::<SocketAddr>().unwrap()).append_header((HEADER, VALUE));
        assert!(!brought(&request.to_http_request(), Some(&ProxyHeader::new(HEADER, url))), "the target says another");
    }

    #[test]
    fn a_host_that_is_forwarded_counts_for_nothing() {
        let request = TestRequest::default()
            .peer_addr(PROXY.parse::<SocketAddr>().unwrap())
            .append_header((HOST, "login.example"))
            .append_header(("x-forwarded-host", HOST_OF_PROGRAMS))
            .append_header(("forwarded", "host=mtls.login.example"))
            .append_header((HEADER, VALUE));
        let header = ProxyHeader::new(HEADER, "https://mtls.login.example");
        assert!(!brought(&request.to_http_request(), Some(&header)));
    }
}
