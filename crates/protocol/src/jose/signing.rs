//! Signing keys, parsed once and kept in memory. A token is a header made beforehand, the claims, one signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Algorithm, Fault, Secret};
use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde::Serialize;
use std::fmt;

use super::TokenType;
use super::aws_lc::{RsaKey, RsaSize};
use super::jwk::{Jwk, PublicKey};
use super::verify::VerifyingKey;

/// A private key that signs tokens.
pub struct SigningKey {
    private: Private,
    public: Jwk,
    headers: Headers,
}

enum Private {
    Rsa(RsaKey),
    Ec(Box<EcdsaKeyPair>),
    Ed(Box<Ed25519KeyPair>),
}

/// The encoded header of each type, with its dot.
struct Headers {
    jwt: String,
    access_token: String,
    logout_token: String,
}

impl Headers {
    fn new(jwk: &Jwk) -> Self {
        let encoded = |typ: TokenType| {
            // Names of algorithms and types, and a base64url kid: nothing to escape.
            let header = format!(r#"{{"alg":"{}","typ":"{}","kid":"{}"}}"#, jwk.alg, typ.name(), jwk.kid);
            URL_SAFE_NO_PAD.encode(header) + "."
        };
        Self {
            jwt: encoded(TokenType::Jwt),
            access_token: encoded(TokenType::AccessToken),
            logout_token: encoded(TokenType::LogoutToken),
        }
    }

    fn of(&self, typ: TokenType) -> &str {
        match typ {
            TokenType::Jwt => &self.jwt,
            TokenType::AccessToken => &self.access_token,
            TokenType::LogoutToken => &self.logout_token,
        }
    }
}

impl SigningKey {
    /// A new key, and its PKCS #8 form to be sealed and stored. `rsa` counts for RS256 only, and `rng` for all others:
    /// RSA's engine draws its own randomness.
    pub fn generate(
        algorithm: Algorithm,
        rsa: RsaSize,
        rng: &dyn SecureRandom,
    ) -> Result<(Self, Secret<Vec<u8>>), Fault> {
        let failed = |_| Fault::broken("a signing key could not be made");
        let pkcs8 = match algorithm {
            Algorithm::Rs256 => RsaKey::generate(rsa)?,
            Algorithm::Es256 => {
                let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng).map_err(failed)?;
                Secret::new(document.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                let document = Ed25519KeyPair::generate_pkcs8(rng).map_err(failed)?;
                Secret::new(document.as_ref().to_vec())
            }
        };
        Ok((Self::from_pkcs8(algorithm, pkcs8.reveal(), rng)?, pkcs8))
    }

    /// Reads a stored key. ring wants `rng` to blind an ES256 key.
    ///
    /// # Errors
    /// [`Fault::Broken`] if the bytes are no private key of `algorithm`, or a weak one.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8], rng: &dyn SecureRandom) -> Result<Self, Fault> {
        let refused = |_| Fault::broken("a stored signing key does not read");
        let (private, key) = match algorithm {
            Algorithm::Rs256 => {
                let (pair, key) = RsaKey::from_pkcs8(pkcs8)?;
                (Private::Rsa(pair), key)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, rng).map_err(refused)?;
                let key = p256(pair.public_key().as_ref())?;
                (Private::Ec(Box::new(pair)), key)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                (Private::Ed(Box::new(pair)), PublicKey::Okp { crv: "Ed25519".to_owned(), x })
            }
        };
        let public = Jwk::new(key);
        Ok(Self { private, headers: Headers::new(&public), public })
    }

    /// What it signs with.
    pub const fn algorithm(&self) -> Algorithm {
        self.public.alg
    }

    /// Its key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        &self.public.kid
    }

    /// The entry of the JWKS.
    pub fn public_jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// The key that verifies what this one signs.
    ///
    /// # Errors
    /// [`Fault::Broken`] if the public half does not read, which would be a broken promise of the engines.
    pub fn verifying_key(&self) -> Result<VerifyingKey, Fault> {
        VerifyingKey::from_jwk(&self.public).ok_or_else(|| Fault::broken("our own public key does not read"))
    }

    /// A compact JWS (RFC 7515 §3.1) of `claims`, which must be written as a JSON object. `rng` is for the nonce of
    /// ES256; the other two signatures are the same every time.
    ///
    /// # Errors
    /// [`Fault::Broken`] if the claims cannot be written or the engine fails.
    pub fn sign(&self, typ: TokenType, claims: &impl Serialize, rng: &dyn SecureRandom) -> Result<String, Fault> {
        let payload = serde_json::to_vec(claims).map_err(Fault::broken)?;
        let header = self.headers.of(typ);
        // Room for the longest signature we make: 3072 bits are 512 characters.
        let mut token = String::with_capacity(header.len() + payload.len().div_ceil(3) * 4 + 1 + 512);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        let message = token.as_bytes();
        let signature = match &self.private {
            Private::Rsa(pair) => URL_SAFE_NO_PAD.encode(pair.sign(message)?),
            Private::Ec(pair) => {
                let signature = pair.sign(rng, message).map_err(|_| Fault::broken("ES256 signing failed"))?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Private::Ed(pair) => URL_SAFE_NO_PAD.encode(pair.sign(message)),
        };
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.public.alg, self.public.kid)
    }
}

/// The coordinates of an uncompressed point (SEC 1 §2.3.3): `04`, X, Y.
fn p256(point: &[u8]) -> Result<PublicKey, Fault> {
    match point {
        [4, coordinates @ ..] if coordinates.len() == 64 => {
            let (x, y) = coordinates.split_at(32);
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            Ok(PublicKey::Ec { crv: "P-256".to_owned(), x, y })
        }
        _ => Err(Fault::broken("a P-256 key has no uncompressed point")),
    }
}
