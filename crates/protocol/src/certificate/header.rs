//! The header in which a proxy passes the certificate on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// The longest header that is looked at: the longest certificate as PEM, every octet of it percent-encoded.
const MAX_HEADER: usize = super::MAX_CERTIFICATE * 4;

/// The DER of the one certificate in a header's value. A `+` stands for itself: some proxies leave it alone, and a blank
/// is none of base64's characters.
pub(super) fn read(value: &str) -> Option<Vec<u8>> {
    let value = value.trim();
    if value.is_empty() || value.len() > MAX_HEADER {
        return None;
    }
    if let Some(bytes) = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) {
        return STANDARD.decode(bytes).ok();
    }
    let text = percent_decode_str(value).decode_utf8().ok()?;
    if !text.trim_start().starts_with("-----BEGIN") {
        return STANDARD.decode(text.as_bytes()).ok();
    }
    let mut all = CertificateDer::pem_slice_iter(text.as_bytes());
    let one = all.next()?.ok()?;
    all.next().is_none().then(|| one.as_ref().to_vec())
}
