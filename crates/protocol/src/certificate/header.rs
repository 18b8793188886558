//! The header in which a proxy passes the certificate on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// The longest header that is looked at: the longest certificate as PEM, every octet of it percent-encoded.
const MAX_HEADER: usize = super::MAX_CERTIFICATE * 4;

/// The keys of Envoy's `x-forwarded-client-cert`.
const ENVOY: [&str; 7] = ["By", "Hash", "Cert", "Chain", "Subject", "URI", "DNS"];

/// The DER of the certificates in a header's value, the client's own first. A `+` stands for itself: some proxies leave
/// it alone, and a blank is none of base64's characters.
pub(super) fn read(value: &str) -> Option<Vec<Vec<u8>>> {
    let value = value.trim();
    if value.is_empty() || value.len() > MAX_HEADER {
        return None;
    }
    if let Some(bytes) = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) {
        return STANDARD.decode(bytes).ok().map(|one| vec![one]);
    }
    if value.split_once('=').is_some_and(|(key, _)| ENVOY.iter().any(|known| known.eq_ignore_ascii_case(key))) {
        return envoy(value);
    }
    let text = percent_decode_str(value).decode_utf8().ok()?;
    if text.trim_start().starts_with("-----BEGIN") {
        return chain(text.as_bytes());
    }
    STANDARD.decode(text.as_bytes()).ok().map(|one| vec![one])
}

/// PEM: the client's own certificate first, then those that lead to an authority, as TLS has them.
fn chain(pem: &[u8]) -> Option<Vec<Vec<u8>>> {
    let all = CertificateDer::pem_slice_iter(pem).take(super::MAX_CHAIN + 1);
    let all: Vec<Vec<u8>> = all.map(|one| one.ok().map(|one| one.as_ref().to_vec())).collect::<Option<_>>()?;
    (!all.is_empty()).then_some(all)
}

/// Envoy's form: `Key=value` divided by `;`, values perhaps in quotes, PEM percent-encoded in `Cert` (the client's own) and
/// in `Chain` (with it). Several hops, divided by `,`, are none: all but the last could be the client's own words.
fn envoy(value: &str) -> Option<Vec<Vec<u8>>> {
    let (mut cert, mut whole) = (None, None);
    for (key, value) in pairs(value)? {
        let slot = match key {
            key if key.eq_ignore_ascii_case("Cert") => &mut cert,
            key if key.eq_ignore_ascii_case("Chain") => &mut whole,
            _ => continue,
        };
        let text = percent_decode_str(value).decode_utf8().ok()?;
        if slot.replace(chain(text.as_bytes())?).is_some() {
            return None;
        }
    }
    match (cert, whole) {
        (Some(cert), _) if cert.len() != 1 => None,
        (Some(cert), Some(whole)) => whole.starts_with(&cert).then_some(whole),
        (cert, None) => cert,
        (None, whole) => whole,
    }
}

/// The pairs of one hop; `None` if there are more hops, or what is no pair.
fn pairs(value: &str) -> Option<Vec<(&str, &str)>> {
    let mut pairs = Vec::new();
    let mut rest = value;
    loop {
        let (key, behind) = rest.split_once('=')?;
        let (value, next) = match behind.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted)?;
                (quoted.get(..end)?, quoted.get(end + 1..)?)
            }
            None => behind.split_at(behind.find([';', ',', '"']).unwrap_or(behind.len())),
        };
        pairs.push((key.trim(), value));
        match next.strip_prefix(';') {
            Some(next) => rest = next,
            None if next.is_empty() => return Some(pairs),
            None => return None,
        }
    }
}

/// Where a value in quotes ends: at the first quote without a backslash before it.
fn closing_quote(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}
