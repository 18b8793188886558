//! Certificates of programs (RFC 8705): from the listener that asks for them, or from a proxy that is trusted.

use crate::client::Proxies;
use actix_web::HttpRequest;
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_protocol::oauth::discovery::ALIASED;
use std::sync::Arc;

/// What is known of a connection to the listener that asks for certificates; other connections have none of this.
#[derive(Debug, Clone)]
pub struct Mutual {
    /// The certificate that was brought, its key proved in the handshake.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Whether a path is served on this connection. The listener for certificates serves the endpoints that clients prove
/// themselves at, and no page: whoever came there with a browser would be asked for a certificate.
pub(crate) fn is_served(request: &HttpRequest, path: &str) -> bool {
    request.conn_data::<Mutual>().is_none() || ALIASED.iter().any(|(_, aliased)| *aliased == path)
}

/// The certificate that a request comes with: of its connection, else in the `header` of the trusted proxy that it comes
/// straight from. Anybody else's header is only text.
pub(crate) fn certificate(
    request: &HttpRequest,
    proxies: &Proxies,
    header: Option<&str>,
) -> Option<Arc<ClientCertificate>> {
    if let Some(mutual) = request.conn_data::<Mutual>() {
        return mutual.certificate.clone();
    }
    let peer = request.peer_addr().filter(|peer| proxies.trusts(peer.ip()))?;
    let mut values = request.headers().get_all(header?);
    let value = values.next()?.to_str().ok()?;
    // Two of them: a proxy that adds its own to the client's instead of replacing it.
    if values.next().is_some() {
        tracing::warn!(proxy = %peer.ip(), "a request has two certificate headers: the proxy lets clients send one");
        return None;
    }
    ClientCertificate::of_header(value).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::net::SocketAddr;

    const HEADER: &str = "x-client-certificate";
    /// A certificate as a proxy passes it on, from the fuzzer's corpus.
    const VALUE: &str = include_str!("../../protocol/fuzz/corpus/certificate/escaped");

    fn from(peer: &str, values: &[&str]) -> HttpRequest {
        let mut request = TestRequest::default().peer_addr(peer.parse::<SocketAddr>().unwrap());
        for value in values {
            request = request.append_header((HEADER, *value));
        }
        request.to_http_request()
    }

    #[test]
    fn only_a_trusted_proxy_s_own_header_brings_a_certificate() {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let brought = |request: &HttpRequest, header| certificate(request, &proxies, header).is_some();
        let proxy = "10.0.0.1:4000";
        assert!(brought(&from(proxy, &[VALUE]), Some(HEADER)));
        assert!(!brought(&from("192.0.2.1:4000", &[VALUE]), Some(HEADER)), "a stranger");
        assert!(!brought(&from(proxy, &[VALUE]), None), "not configured");
        assert!(!brought(&from(proxy, &[VALUE, VALUE]), Some(HEADER)), "one of them is the client's");
        assert!(!brought(&from(proxy, &[""]), Some(HEADER)), "nobody brought one");
        assert!(!brought(&from(proxy, &[]), Some(HEADER)));
        assert!(certificate(&from(proxy, &[VALUE]), &Proxies::default(), Some(HEADER)).is_none(), "nobody is trusted");
    }
}
