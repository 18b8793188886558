//! The one file that names `aws-lc-rs`. RSA: ring cannot generate keys, and signs half as fast. Encryption to others'
//! keys: ring has neither RSA-OAEP nor AES key wrap nor CBC.
//!
//! aws-lc draws its own randomness, for RSA and for nothing else: for the primes when a key is made, for blinding when
//! it signs (the signature itself, PKCS #1 v1.5, is the same every time), and for OAEP's padding.

use aws_lc_rs::cipher::{self, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::key_wrap::{self, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
    PublicKeyComponents,
};
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

/// Encrypts a short key with RSAES-OAEP (RFC 7518 §4.3) to a modulus and exponent, big-endian.
pub(super) fn oaep(n: &[u8], e: &[u8], sha256: bool, plain: &[u8]) -> Option<Vec<u8>> {
    let public: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().ok()?;
    let key = OaepPublicEncryptingKey::new(public).ok()?;
    let algorithm = if sha256 { &OAEP_SHA256_MGF1SHA256 } else { &OAEP_SHA1_MGF1SHA1 };
    let mut text = vec![0; key.ciphertext_size()];
    let written = key.encrypt(algorithm, plain, &mut text, None).ok()?.len();
    text.truncate(written);
    Some(text)
}

/// Which AES wraps a key (RFC 3394).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AesKeyWrap {
    /// AES-128.
    Aes128,
    /// AES-256.
    Aes256,
}

impl AesKeyWrap {
    /// The size of the wrapping key, in octets.
    pub(super) const fn key_size(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }
}

/// Wraps a key under another (RFC 3394): eight octets longer.
pub(super) fn wrap(by: AesKeyWrap, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let failed = |_| Fault::broken("a key could not be wrapped");
    let cipher = match by {
        AesKeyWrap::Aes128 => &key_wrap::AES_128,
        AesKeyWrap::Aes256 => &key_wrap::AES_256,
    };
    let mut wrapped = vec![0; plain.len() + 8];
    let written = AesKek::new(cipher, key).and_then(|kek| kek.wrap(plain, &mut wrapped).map(|out| out.len()));
    wrapped.truncate(written.map_err(failed)?);
    Ok(wrapped)
}

/// AES-CBC with PKCS #7 padding under a key of 16 or 32 octets. Authenticates nothing: the caller's HMAC does.
pub(super) fn cbc(key: &[u8], iv: [u8; 16], plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let failed = |_| Fault::broken("content could not be encrypted");
    let algorithm = if key.len() == 32 { &cipher::AES_256 } else { &cipher::AES_128 };
    let key = UnboundCipherKey::new(algorithm, key).and_then(PaddedBlockEncryptingKey::cbc_pkcs7).map_err(failed)?;
    let mut text = plain.to_vec();
    key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).map_err(failed)?;
    Ok(text)
}
