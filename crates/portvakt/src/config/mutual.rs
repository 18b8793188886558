//! `[mtls]`: where clients can bring a certificate (RFC 8705). All of it or nothing.

use super::value::{self, Values};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Mutual TLS, switched on.
#[derive(Debug, Clone)]
pub struct Mutual {
    /// The base of the endpoints' aliases.
    pub url: String,
    /// How certificates come in.
    pub way: Way,
    /// PEM file of the authorities that may vouch for clients.
    pub client_ca: Option<PathBuf>,
}

/// How certificates come in.
#[derive(Debug, Clone)]
pub enum Way {
    /// At a listener of its own.
    Listener {
        /// Where.
        listen: SocketAddr,
        /// Its certificate chain and key.
        tls: (PathBuf, PathBuf),
    },
    /// In a header of a trusted proxy.
    Proxy {
        /// Its name, in lower case.
        header: String,
    },
}

/// What of the rest of the configuration counts here.
pub(super) struct Around<'a> {
    pub base: &'a Path,
    pub issuer: Option<&'a str>,
    pub listen: Option<SocketAddr>,
    pub tls: Option<&'a (PathBuf, PathBuf)>,
    pub has_proxies: bool,
}

/// Something is wrong, and told already.
pub(super) struct Told;

/// Reads the section; `None` where nothing is set.
pub(super) fn read(values: &mut Values, around: &Around<'_>) -> Result<Option<Mutual>, Told> {
    let file = |values: &Values, key| values.optional(key).map(|path| around.base.join(path));
    let (listen, header) = (values.optional("mtls.listen"), values.optional("mtls.proxy_header"));
    let client_ca = file(values, "mtls.client_ca");
    let own = (file(values, "mtls.tls_certificate"), file(values, "mtls.tls_key"));
    if listen.is_none() && header.is_none() {
        let alone = ["mtls.url", "mtls.client_ca", "mtls.tls_certificate", "mtls.tls_key"];
        let Some(key) = alone.into_iter().find(|key| values.optional(key).is_some()) else { return Ok(None) };
        values.fault(key, "means nothing without mtls.listen or mtls.proxy_header");
        return Err(Told);
    }
    let url = values.checked("mtls.url", value::issuer);
    let way = match (listen, header) {
        (Some(_), Some(_)) => {
            values.fault("mtls.listen and mtls.proxy_header", "are two ways: set one of them");
            None
        }
        (Some(_), None) => listener(values, own, around),
        (None, _) => proxy(values, around),
    };
    if matches!(way, Some(Way::Listener { .. })) && url.is_some() && url.as_deref() == around.issuer {
        values.fault("mtls.url", "is where mtls.listen is reached, and so never the issuer itself");
        return Err(Told);
    }
    match (url, way) {
        (Some(url), Some(way)) => Ok(Some(Mutual { url, way, client_ca })),
        (None, _) | (_, None) => Err(Told),
    }
}

fn listener(values: &mut Values, own: (Option<PathBuf>, Option<PathBuf>), around: &Around<'_>) -> Option<Way> {
    let listen: SocketAddr =
        values.checked("mtls.listen", |text| text.parse().map_err(|_| "is not ADDRESS:PORT".to_owned()))?;
    // Connections are told apart by the port they came to.
    if around.listen.is_some_and(|other| other.port() == listen.port()) {
        values.fault("mtls.listen", "needs a port other than that of server.listen");
        return None;
    }
    let tls = match own {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => around.tls.cloned(),
        _ => {
            values.fault("mtls.tls_certificate and mtls.tls_key", "go together: set both or neither");
            return None;
        }
    };
    if tls.is_none() {
        values.fault("mtls.listen", "needs mtls.tls_certificate and mtls.tls_key, or those of [server]");
    }
    Some(Way::Listener { listen, tls: tls? })
}

fn proxy(values: &mut Values, around: &Around<'_>) -> Option<Way> {
    let header = values.checked("mtls.proxy_header", |text| {
        let is_name = text.len() <= 100 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_name { Ok(text.to_ascii_lowercase()) } else { Err("is no name of a header".to_owned()) }
    })?;
    if !around.has_proxies {
        values.fault("mtls.proxy_header", "is believed from server.trusted_proxies only, and there are none");
        return None;
    }
    Some(Way::Proxy { header })
}
