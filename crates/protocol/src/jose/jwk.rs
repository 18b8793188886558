//! Public keys as the world sees them (RFC 7517): public members only, by construction.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::Algorithm;
use ring::digest;
use serde::{Deserialize, Serialize};

/// A public key's own members. There is no member for anything private, so none can slip out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// RSA (RFC 7518 §6.3.1).
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus, base64url of the big-endian bytes without leading zeros.
        n: String,
        /// Exponent, likewise.
        e: String,
    },
    /// Elliptic curve (RFC 7518 §6.2.1).
    #[serde(rename = "EC")]
    Ec {
        /// Curve: `P-256`.
        crv: String,
        /// X coordinate, base64url of 32 bytes.
        x: String,
        /// Y coordinate, likewise.
        y: String,
    },
    /// Octet key pair (RFC 8037 §2).
    #[serde(rename = "OKP")]
    Okp {
        /// Curve: `Ed25519`.
        crv: String,
        /// The public key, base64url of 32 bytes.
        x: String,
    },
}

impl PublicKey {
    /// The algorithm that a key of this type signs with here.
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::Ec { .. } => Algorithm::Es256,
            Self::Okp { .. } => Algorithm::EdDsa,
        }
    }

    /// The SHA-256 thumbprint (RFC 7638 §3, RFC 8037 §2), base64url. All values are base64url or curve names, so
    /// nothing needs escaping.
    pub fn thumbprint(&self) -> String {
        let members = match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
        };
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, members.as_bytes()))
    }
}

/// One entry of the JWKS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// The key.
    #[serde(flatten)]
    pub key: PublicKey,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: &'static str,
    /// What it signs with.
    pub alg: Algorithm,
    /// Its id: the thumbprint, so that one key has one id wherever it is read.
    pub kid: String,
}

impl Jwk {
    /// The entry of a signing key.
    pub fn new(key: PublicKey) -> Self {
        Self { usage: "sig", alg: key.algorithm(), kid: key.thumbprint(), key }
    }
}

/// The JWKS document (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Jwks {
    /// All published keys: to come, signing, and retired ones whose last token has not run out.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_those_of_the_standards() {
        // RFC 7638 §3.1.
        let rsa = PublicKey::Rsa {
            n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw".to_owned(),
            e: "AQAB".to_owned(),
        };
        assert_eq!(rsa.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        // RFC 8037 appendix A.3.
        let okp =
            PublicKey::Okp { crv: "Ed25519".to_owned(), x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned() };
        assert_eq!(okp.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn the_document_has_public_members_only() {
        let jwks = Jwks { keys: vec![Jwk::new(PublicKey::Okp { crv: "Ed25519".to_owned(), x: "AA".to_owned() })] };
        let kid = &jwks.keys[0].kid;
        assert_eq!(
            serde_json::to_string(&jwks).unwrap(),
            format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"AA","use":"sig","alg":"EdDSA","kid":"{kid}"}}]}}"#)
        );
    }
}
