//! JOSE: signing what we issue, verifying what comes back to us, and the key set that the world checks us by.
//!
//! We sign with three algorithms and no others: RS256, ES256, `EdDSA`. What is verified is named by the caller, never by
//! the token: algorithms, type, issuer and audience come from [`Expect`], keys from our own list. A header that asks for
//! anything more (`crit`, `jwk`, `jku`, `x5u`, …) is refused. Apps may sign with more algorithms; what they sign and
//! their keys are read apart from ours ([`verify_with`], [`ClientKeys`]). No clock, no dice: both are handed in. The one
//! exception is RSA, whose engine draws its own randomness for key generation, blinding and OAEP's padding; see `aws_lc`.

mod aws_lc;
mod client_jws;
mod client_keys;
mod json;
pub mod jwe;
mod jwk;
#[cfg(test)]
mod negatives;
mod provider;
mod signing;
mod verify;

pub use aws_lc::RsaSize;
pub use client_jws::{
    Signed, claimed, claimed_algorithm, claimed_kid, fuzz_client_jws, verify_with, verify_with_secret,
};
pub use client_keys::{
    ClientKey, ClientKeys, KeyMaterial, KeyUse, KeysRefused, MAX_KEY_SET, MAX_KEYS, fuzz_client_keys,
};
pub(crate) use json::Object;
pub use jwk::{Jwk, Jwks, PublicKey};
pub use portvakt_model::app::metadata::JwsAlgorithm;
pub use signing::SigningKey;
pub use verify::{Claims, Expect, Expired, LEEWAY, MAX_TOKEN, Refused, VerifyingKey, verify};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Algorithm, Timestamp};
use ring::digest;

/// What a JWT is for, said in its `typ` header (RFC 8725 §3.11): a token of one type is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// `JWT`: an `id_token`, or a signed userinfo answer (OpenID Connect Core names no type of its own).
    Jwt,
    /// `at+jwt`: an access token (RFC 9068 §2.1).
    AccessToken,
    /// `logout+jwt`: a logout token (OpenID Connect Back-Channel Logout §2.4).
    LogoutToken,
}

impl TokenType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jwt, Self::AccessToken, Self::LogoutToken];

    /// The value of the `typ` header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AccessToken => "at+jwt",
            Self::LogoutToken => "logout+jwt",
        }
    }

    /// Reads a `typ` header: a media type, so in any case and with or without `application/` (RFC 7515 §4.1.9).
    pub fn of_name(name: &str) -> Option<Self> {
        let prefix = name.get(..12).filter(|start| start.eq_ignore_ascii_case("application/"));
        let short = prefix.map_or(name, |start| name.get(start.len()..).unwrap_or_default());
        Self::ALL.into_iter().find(|typ| typ.name().eq_ignore_ascii_case(short))
    }
}

/// The left half of the hash of `value`, base64url: `at_hash` of an access token and `c_hash` of a code (OpenID
/// Connect Core §3.1.3.6, §3.3.2.11). The hash is the one inside the `id_token`'s `algorithm`: SHA-256, and SHA-512 for
/// Ed25519.
pub fn hash_half(algorithm: Algorithm, value: &str) -> String {
    let hash = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => &digest::SHA256,
        Algorithm::EdDsa => &digest::SHA512,
    };
    let whole = digest::digest(hash, value.as_bytes());
    let (left, _) = whole.as_ref().split_at(whole.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

/// Fuzz entry: any bytes as a token, and as the claims of one whose signature was right. Must not panic, and nothing
/// may verify.
///
/// # Panics
/// If a token that nobody signed verifies.
pub fn fuzz_jws(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys: Vec<VerifyingKey> = FUZZ_KEYS.iter().filter_map(|key| VerifyingKey::from_jwk(&key.jwk())).collect();
    let now = Timestamp::from_seconds(1_800_000_000);
    for expect in [
        Expect::access_token("https://issuer.test", "https://issuer.test"),
        Expect::id_token_hint("https://issuer.test"),
    ] {
        assert!(verify(text, &keys, &expect, now).is_err(), "a token that nobody signed was taken");
        verify::fuzz_claims(data, &expect, now);
    }
}

/// Public keys of RFC 8037 appendix A.2 and RFC 7515 appendix A.3: nobody can find a signature of theirs by chance.
const FUZZ_KEYS: [FuzzKey; 2] = [
    FuzzKey { x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", y: None },
    FuzzKey {
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        y: Some("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
    },
];

struct FuzzKey {
    x: &'static str,
    y: Option<&'static str>,
}

impl FuzzKey {
    fn jwk(&self) -> Jwk {
        let x = self.x.to_owned();
        match self.y {
            Some(y) => Jwk::new(PublicKey::Ec { crv: "P-256".to_owned(), x, y: y.to_owned() }),
            None => Jwk::new(PublicKey::Okp { crv: "Ed25519".to_owned(), x }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_as_a_media_type_and_never_as_another() {
        for typ in TokenType::ALL {
            assert_eq!(TokenType::of_name(typ.name()), Some(typ));
            assert_eq!(TokenType::of_name(&format!("application/{}", typ.name().to_uppercase())), Some(typ));
        }
        for wrong in ["", "at", "jwt+at", "application/", "application/application/jwt", "ååååååå"] {
            assert_eq!(TokenType::of_name(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn hashes_in_an_id_token_are_the_left_half() {
        // The example of OpenID Connect Core, appendices A.3 and A.4.
        assert_eq!(
            hash_half(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(
            hash_half(Algorithm::Es256, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
            "LDktKdoQak3Pk0cnXxCltA"
        );
        // Thirty-two bytes: half of SHA-512.
        assert_eq!(hash_half(Algorithm::EdDsa, "any").len(), 43);
    }

    #[test]
    fn the_fuzz_entry_has_both_its_keys_and_refuses_noise() {
        assert_eq!(FUZZ_KEYS.iter().filter_map(|key| VerifyingKey::from_jwk(&key.jwk())).count(), 2);
        for noise in [&b""[..], b"..", b"e30.e30.e30", b"{\"exp\":1}", b"\xff"] {
            fuzz_jws(noise);
        }
    }
}
