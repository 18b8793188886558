//! Certificates that clients bring (RFC 8705): bytes of strangers, read once and bounded. Whoever hands one over here
//! has seen its key proved: our own handshake, or a proxy that is trusted. Nothing else about it has been judged.
//!
//! Two libraries read: webpki builds and checks the chain, and is the only judge of trust; x509-parser reads names and
//! the key of the one certificate that was judged.

mod header;
mod name;
mod trust;

pub use name::{DistinguishedName, NameFault, check};
pub use trust::{Authorities, AuthoritiesFault};

use crate::jose::{ClientKeys, KeyMaterial, KeyUse};
use portvakt_model::app::metadata::CertificateName;
use portvakt_model::{SenderKey, Timestamp};
use ring::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The longest certificate that is looked at, in octets of DER.
pub const MAX_CERTIFICATE: usize = 16 * 1024;
/// The most certificates of a chain.
pub const MAX_CHAIN: usize = 8;

/// A client's certificate, with what it sent to lead to an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
}

impl ClientCertificate {
    /// From DER, the client's own first; `None` if there is none, too much, or the first is no certificate.
    pub fn of_chain(chain: impl IntoIterator<Item = Vec<u8>>) -> Option<Self> {
        let chain: Vec<CertificateDer<'static>> =
            chain.into_iter().take(MAX_CHAIN + 1).map(CertificateDer::from).collect();
        let fits = chain.len() <= MAX_CHAIN && chain.iter().all(|one| one.len() <= MAX_CERTIFICATE);
        let read = Self { chain };
        (fits && read.parsed().is_some()).then_some(read)
    }

    /// From the header of a proxy: as PEM that is percent-encoded (nginx; AWS, with what leads to an authority), as Envoy's
    /// `x-forwarded-client-cert`, as base64 of its DER (`HAProxy`), or as `:base64:` (RFC 9440 §2.1).
    pub fn of_header(value: &str) -> Option<Self> {
        Self::of_chain(header::read(value)?)
    }

    /// What tokens are bound to it by: SHA-256 of the whole certificate (RFC 8705 §3.1).
    pub fn sender_key(&self) -> SenderKey {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, self.leaf()).as_ref());
        SenderKey::Certificate(thumbprint)
    }

    /// Whether its own dates include `now`.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.parsed().is_some_and(|read| {
            let validity = read.validity();
            (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now.seconds())
        })
    }

    /// Whether one of `authorities` vouches for it as a client's at `now`.
    pub fn is_vouched_for(&self, authorities: &Authorities, now: Timestamp) -> bool {
        self.chain.split_first().is_some_and(|(leaf, rest)| authorities.vouch(leaf, rest, now))
    }

    /// Whether it has that name (RFC 8705 §2.1.2).
    pub fn has_name(&self, wanted: &CertificateName) -> bool {
        self.parsed().is_some_and(|read| name::has(&read, wanted))
    }

    /// Whether its key is one of a client's registered ones (RFC 8705 §2.2.2). The key is compared, not the bytes
    /// around it: an entry's `x5c` says nothing that its own members don't (RFC 7517 §4.7), and a client that renews its
    /// certificate for the same key stays who it is.
    pub fn has_key_of(&self, keys: &ClientKeys) -> bool {
        let Some(read) = self.parsed() else { return false };
        let Some(own) = material(&read) else { return false };
        keys.keys().iter().any(|key| key.usage != KeyUse::Encryption && key.material == own)
    }

    fn leaf(&self) -> &[u8] {
        self.chain.first().map(AsRef::as_ref).unwrap_or_default()
    }

    fn parsed(&self) -> Option<X509Certificate<'_>> {
        let (rest, read) = X509Certificate::from_der(self.leaf()).ok()?;
        rest.is_empty().then_some(read)
    }
}

/// The key of a certificate, in the form of a registered one.
fn material(read: &X509Certificate<'_>) -> Option<KeyMaterial> {
    let info = read.public_key();
    match info.parsed().ok()? {
        PublicKey::RSA(key) => Some(KeyMaterial::Rsa { n: bare(key.modulus), e: bare(key.exponent) }),
        PublicKey::EC(point) => match point.data() {
            point if point.len() == 65 && point.first() == Some(&4) => Some(KeyMaterial::P256(point.to_vec())),
            point if point.len() == 97 && point.first() == Some(&4) => Some(KeyMaterial::P384(point.to_vec())),
            _ => None,
        },
        PublicKey::Unknown(key) if info.algorithm.algorithm.to_id_string() == ED25519 && key.len() == 32 => {
            Some(KeyMaterial::Ed25519(key.to_vec()))
        }
        PublicKey::Unknown(_) | PublicKey::DSA(_) | PublicKey::GostR3410(_) | PublicKey::GostR3410_2012(_) => None,
    }
}

/// RFC 8410 §3.
const ED25519: &str = "1.3.101.112";

/// An INTEGER's octets without the zeros that keep it positive.
fn bare(integer: &[u8]) -> Vec<u8> {
    integer.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// Fuzz entry: any bytes as a certificate, and as what a proxy writes into its header. Must not panic, and nobody may
/// vouch for it.
///
/// # Panics
/// If somebody vouches for it, or more is taken than we look at.
pub fn fuzz_certificate(data: &[u8]) {
    let now = Timestamp::from_seconds(1_800_000_000);
    let by_header = std::str::from_utf8(data).ok().and_then(ClientCertificate::of_header);
    for read in [ClientCertificate::of_chain([data.to_vec()]), by_header].into_iter().flatten() {
        assert!(read.chain.len() <= MAX_CHAIN && read.chain.iter().all(|one| one.len() <= MAX_CERTIFICATE));
        assert!(!read.is_vouched_for(&Authorities::default(), now), "nobody is trusted");
        assert!(!read.has_key_of(&ClientKeys::default()));
        let _ = (read.is_current(now), read.sender_key());
        for text in ["CN=a", "host.example", "192.0.2.1"] {
            let text = text.to_owned();
            let names = [
                CertificateName::SubjectDn(text.clone()),
                CertificateName::SanDns(text.clone()),
                CertificateName::SanUri(text.clone()),
                CertificateName::SanIp(text.clone()),
                CertificateName::SanEmail(text),
            ];
            let _ = names.iter().filter(|wanted| read.has_name(wanted)).count();
        }
    }
}

/// Fuzz entry: any text as a registered distinguished name.
///
/// # Panics
/// If one is taken that does not equal itself.
pub fn fuzz_distinguished_name(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(read) = DistinguishedName::parse(text) {
        assert_eq!(DistinguishedName::parse(text), Some(read));
        assert!(text.len() <= name::MAX_NAME);
    }
}

#[cfg(test)]
mod tests;
