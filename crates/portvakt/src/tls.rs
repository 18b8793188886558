//! TLS by rustls: certificate and key files, and the two kinds of listener. That of the browsers asks nobody for a
//! certificate; that of programs asks everybody and demands none (RFC 8705).

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CipherSuite, ConfigBuilder, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme, WantsVerifier,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// The browsers' listener: TLS 1.2 and 1.3, no client certificates.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub fn server(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let (chain, key) = files(certificate, key)?;
    builder(provider())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|why| format!("The certificate and its key do not go together: {why}."))
}

/// The listener of programs: each is asked for a certificate and need not have one. Of one that is brought the handshake
/// proves the key, and nothing else: whom it names and whether anybody vouches for it is judged when a client is named.
///
/// # Errors
/// A sentence: what is wrong and what to do.
pub fn mutual(certificate: &Path, key: &Path) -> Result<ServerConfig, String> {
    let (chain, key) = files(certificate, key)?;
    let provider = provider();
    let anybody = AnyCertificate { algorithms: provider.signature_verification_algorithms };
    builder(provider)?
        .with_client_cert_verifier(Arc::new(anybody))
        .with_single_cert(chain, key)
        .map_err(|why| format!("The certificate of the mutual-TLS listener and its key do not go together: {why}."))
}

fn files(certificate: &Path, key: &Path) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
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
    Ok((chain, key))
}

/// ring, and of TLS 1.2 the suites with AES-GCM only: profiles for banks (FAPI 1.0 Advanced §8.5) allow no more, and
/// whoever has no AES in hardware has TLS 1.3.
fn provider() -> CryptoProvider {
    let mut provider = rustls::crypto::ring::default_provider();
    let is_left_out = |suite: CipherSuite| {
        matches!(
            suite,
            CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        )
    };
    provider.cipher_suites.retain(|suite| !is_left_out(suite.suite()));
    provider
}

fn builder(provider: CryptoProvider) -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, String> {
    ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS cannot be set up: {why}."))
}

/// Takes any certificate whose key signed the handshake.
#[derive(Debug)]
struct AnyCertificate {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No names: a client sends what it has, also one that it signed itself.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
