//! TLS by rustls: certificate and key files.

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The listener's TLS: 1.2 and 1.3, no client certificates.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub fn server(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|why| format!("The certificate {} cannot be read: {why}.", certificate.display()))?;
    let shown = key.display();
    let mode =
        std::fs::metadata(key).map_err(|why| format!("The key {shown} cannot be read: {why}."))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(format!("The key {shown} can be read by everybody; run: chmod 600 {shown}"));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|why| format!("The key {shown} cannot be read: {why}."))?;
    ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS cannot be set up: {why}."))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|why| format!("The certificate and its key do not go together: {why}."))
}
