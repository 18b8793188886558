//! Whose certificates we take: those of the system's authorities, and of further ones that an operator names.

use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::path::PathBuf;

/// TLS towards others: 1.3 and 1.2, no certificate of our own.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub(super) fn client(anchors: &[PathBuf]) -> Result<ClientConfig, String> {
    client_of("outbound.trust_anchors", anchors, ALL_VERSIONS)
}

/// The same with some versions of TLS; `named` is how the operator named the further authorities.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub(super) fn client_of(
    named: &str,
    anchors: &[PathBuf],
    versions: &[&'static SupportedProtocolVersion],
) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // A system without authorities is one that fetches nothing, which is no reason not to start.
    let system = rustls_native_certs::load_native_certs();
    if system.certs.is_empty() {
        tracing::warn!("the system has no certificate authorities: nothing can be fetched over https");
    }
    roots.add_parsable_certificates(system.certs);
    for file in anchors {
        let shown = file.display();
        let unread = |why: &dyn std::fmt::Display| format!("{named}: {shown} cannot be used: {why}.");
        let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|why: rustls_pki_types::pem::Error| unread(&why))?;
        if certificates.is_empty() {
            return Err(unread(&"it holds no certificate"));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|why| unread(&why))?;
        }
    }
    let mut tls = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_protocol_versions(versions)
        .map_err(|why| format!("TLS cannot be set up: {why}."))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}
