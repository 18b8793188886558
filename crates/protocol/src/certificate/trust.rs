//! Who may vouch for clients' certificates.

use portvakt_model::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// The authorities that the operator trusts to name clients. Each is an anchor of its own: an intermediate one that is
/// listed needs no root above it.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<TrustAnchor<'static>>);

/// Why a file of authorities is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthoritiesFault {
    /// It is no PEM, or holds no certificate.
    Form,
    /// One of its certificates cannot be an authority's.
    Certificate,
}

impl Authorities {
    /// Reads a PEM file's certificates, all of which are trusted.
    ///
    /// # Errors
    /// If it holds none, or one that cannot be read.
    pub fn parse(pem: &[u8]) -> Result<Self, AuthoritiesFault> {
        let all: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| AuthoritiesFault::Form)?;
        if all.is_empty() {
            return Err(AuthoritiesFault::Form);
        }
        let anchors = all.iter().map(|one| anchor_from_trusted_cert(one).map(|anchor| anchor.to_owned()));
        anchors.collect::<Result<_, _>>().map(Self).map_err(|_| AuthoritiesFault::Certificate)
    }

    /// Whether nobody is trusted.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them vouches for `leaf`, perhaps by way of `others`: signatures, dates, constraints, and
    /// `clientAuth` where the extended key usage is there.
    pub(super) fn vouch(&self, leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>], now: Timestamp) -> bool {
        let Ok(seconds) = u64::try_from(now.seconds()) else { return false };
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        EndEntityCert::try_from(leaf).is_ok_and(|end| {
            end.verify_for_usage(ALL_VERIFICATION_ALGS, &self.0, others, at, KeyUsage::client_auth(), None, None)
                .is_ok()
        })
    }
}
