//! RSA, and the one file that names `aws-lc-rs`: ring cannot generate RSA keys, and signs half as fast.
//!
//! aws-lc draws its own randomness, for RSA and for nothing else: for the primes when a key is made, and for blinding
//! when it signs (the signature itself, PKCS #1 v1.5, is the same every time).

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Fault, Secret};

use super::jwk::PublicKey;

/// How long an RSA modulus is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsaSize {
    /// 2048 bits: what we make unless told otherwise.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
}

/// A parsed RSA private key.
pub(super) struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// A new private key, as PKCS #8.
    pub(super) fn generate(size: RsaSize) -> Result<Secret<Vec<u8>>, Fault> {
        let size = match size {
            RsaSize::Bits2048 => KeySize::Rsa2048,
            RsaSize::Bits3072 => KeySize::Rsa3072,
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| Fault::broken("an RSA key could not be made"))?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| Fault::broken("an RSA key could not be written"))?;
        Ok(Secret::new(der.as_ref().to_vec()))
    }

    /// Reads PKCS #8. ring reads it too: it is the engine that will verify, it gives the public members, and it
    /// refuses moduli under 2048 bits and small exponents.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Result<(Self, PublicKey), Fault> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| Fault::broken("a stored RSA key does not read"))?;
        let checked =
            ring::rsa::KeyPair::from_pkcs8(pkcs8).map_err(|_| Fault::broken("a stored RSA key is refused"))?;
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(checked.public());
        let key = PublicKey::Rsa { n: URL_SAFE_NO_PAD.encode(public.n), e: URL_SAFE_NO_PAD.encode(public.e) };
        Ok((Self(pair), key))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign_digest(&RSA_PKCS1_SHA256, &digest::digest(&digest::SHA256, message), &mut signature)
            .map_err(|_| Fault::broken("RSA signing failed"))?;
        Ok(signature)
    }
}
