//! Verifying what apps sign: their assertions (RFC 7523) and request objects (RFC 9101). Straight on ring, as the keys
//! are read already and more algorithms are taken than we sign with. The algorithm is one that the caller allows and
//! the key fits; the key is one of the app's own. What the claims say, times above all, is the caller's to judge.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::app::metadata::JwsAlgorithm;
use ring::hmac;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::Value;

use super::client_keys::{ClientKey, ClientKeys, KeyMaterial, MAX_KID};
use super::json::Object;
use super::verify::{Claims, MAX_TOKEN, Refused};

/// The most keys that are tried on one signature, where its header names none or several have its name.
const MAX_TRIES: usize = 8;

/// Header members that would change how the rest is read, or where the key comes from. All others that we don't know
/// mean nothing to us (RFC 7515 §4).
const EXTENSIONS: [&str; 8] = ["crit", "b64", "zip", "cty", "jwk", "jku", "x5u", "x5c"];

/// A JWS whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What it was signed with: one of the allowed.
    pub algorithm: JwsAlgorithm,
    /// Its `typ`, as it was written. Judge it: a token of one type must not pass for another (RFC 8725 §3.11).
    pub typ: Option<String>,
    /// Its claims, each name once. Judge `iss`, `sub`, `aud`, `exp`, `nbf`, `iat` and `jti`.
    pub claims: Claims,
}

/// Verifies a compact JWS by an app's public keys; `allowed` are the algorithms that this app may have used.
///
/// # Errors
/// [`Refused::TooLong`], [`Refused::Form`], [`Refused::Extension`], [`Refused::Algorithm`]; [`Refused::UnknownKey`] if
/// no key has its `kid` or fits its algorithm; [`Refused::Signature`]. After either of the last two, a set of keys that
/// was fetched may be too old.
pub fn verify_with(keys: &ClientKeys, jws: &str, allowed: &[JwsAlgorithm]) -> Result<Signed, Refused> {
    let parts = Parts::read(jws)?;
    let algorithm = parts.algorithm(allowed)?;
    let named = |key: &&ClientKey| parts.kid.is_none() || key.kid == parts.kid;
    let fits = |key: &&ClientKey| key.is_for_signing(algorithm.name()) && engine(algorithm, &key.material).is_some();
    let mut known = false;
    for key in keys.keys().iter().filter(named).filter(fits).take(MAX_TRIES) {
        known = true;
        if engine(algorithm, &key.material).is_some_and(|engine| engine.verifies(parts.message, &parts.signature)) {
            return parts.signed(algorithm);
        }
    }
    Err(if known { Refused::Signature } else { Refused::UnknownKey })
}

/// Verifies a compact JWS by a secret that both sides know: `client_secret_jwt` (OpenID Connect Core §9). The key is
/// the octets of the secret's text (Core §10.1). A public key never comes here, so none is taken for a secret. A secret
/// that is shorter than the hash's output is none for that algorithm (RFC 7518 §3.2).
///
/// # Errors
/// As [`verify_with`], but never [`Refused::UnknownKey`]: a secret has no name.
pub fn verify_with_secret(secret: &[u8], jws: &str, allowed: &[JwsAlgorithm]) -> Result<Signed, Refused> {
    let parts = Parts::read(jws)?;
    let algorithm = parts.algorithm(allowed)?;
    let hash = match algorithm {
        JwsAlgorithm::Hs256 => hmac::HMAC_SHA256,
        JwsAlgorithm::Hs384 => hmac::HMAC_SHA384,
        JwsAlgorithm::Hs512 => hmac::HMAC_SHA512,
        JwsAlgorithm::Rs256
        | JwsAlgorithm::Rs384
        | JwsAlgorithm::Rs512
        | JwsAlgorithm::Ps256
        | JwsAlgorithm::Ps384
        | JwsAlgorithm::Ps512
        | JwsAlgorithm::Es256
        | JwsAlgorithm::Es384
        | JwsAlgorithm::EdDsa => return Err(Refused::Algorithm),
    };
    if secret.len() < hash.digest_algorithm().output_len() {
        return Err(Refused::Algorithm);
    }
    let right = hmac::verify(&hmac::Key::new(hash, secret), parts.message.as_bytes(), &parts.signature);
    right.map_err(|_| Refused::Signature)?;
    parts.signed(algorithm)
}

/// A claim that is a text, of a JWS that nobody has verified: only to find out whose keys to ask for, as an assertion
/// may say alone whose it is (`iss`, `sub`).
pub fn claimed(jws: &str, name: &str) -> Option<String> {
    let parts = Parts::read(jws).ok()?;
    object(parts.payload).ok()?.0.get(name)?.as_str().map(str::to_owned)
}

/// The `kid` of a JWS that nobody has verified: only to find out whether a set of keys is too old.
pub fn claimed_kid(jws: &str) -> Option<String> {
    Parts::read(jws).ok()?.kid
}

/// The `alg` of a JWS that nobody has verified: only to say what is wrong with it.
pub fn claimed_algorithm(jws: &str) -> Option<String> {
    Parts::read(jws).ok()?.alg
}

/// A compact JWS, taken apart and not verified.
struct Parts<'a> {
    message: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
    alg: Option<String>,
    typ: Option<String>,
    kid: Option<String>,
}

impl<'a> Parts<'a> {
    fn read(jws: &'a str) -> Result<Self, Refused> {
        if jws.len() > MAX_TOKEN {
            return Err(Refused::TooLong);
        }
        let (message, signature) = jws.rsplit_once('.').ok_or(Refused::Form)?;
        let (first, payload) = message.split_once('.').filter(|(_, rest)| !rest.contains('.')).ok_or(Refused::Form)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refused::Form)?;
        let Object(header) = object(first)?;
        if EXTENSIONS.iter().any(|name| header.contains_key(*name)) {
            return Err(Refused::Extension);
        }
        let text = |name: &str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= MAX_KID => Ok(Some(text.clone())),
            Some(_) => Err(Refused::Form),
        };
        Ok(Self { message, payload, signature, alg: text("alg")?, typ: text("typ")?, kid: text("kid")? })
    }

    fn algorithm(&self, allowed: &[JwsAlgorithm]) -> Result<JwsAlgorithm, Refused> {
        let algorithm = self.alg.as_deref().and_then(JwsAlgorithm::of_name);
        algorithm.filter(|algorithm| allowed.contains(algorithm)).ok_or(Refused::Algorithm)
    }

    fn signed(self, algorithm: JwsAlgorithm) -> Result<Signed, Refused> {
        Ok(Signed { algorithm, typ: self.typ, claims: Claims::new(object(self.payload)?) })
    }
}

/// A part that is a JSON object: base64url in its one spelling, each name once.
fn object(part: &str) -> Result<Object, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::Form)
}

/// A key, and how it verifies.
enum Engine<'a> {
    Rsa(&'static RsaParameters, &'a [u8], &'a [u8]),
    Other(&'static dyn VerificationAlgorithm, &'a [u8]),
}

impl Engine<'_> {
    fn verifies(&self, message: &str, signature: &[u8]) -> bool {
        let message = message.as_bytes();
        match self {
            Self::Rsa(parameters, n, e) => RsaPublicKeyComponents { n, e }.verify(parameters, message, signature),
            Self::Other(algorithm, key) => UnparsedPublicKey::new(*algorithm, key).verify(message, signature),
        }
        .is_ok()
    }
}

/// How a key verifies that algorithm; `None` if it is none of this key's.
fn engine(algorithm: JwsAlgorithm, key: &KeyMaterial) -> Option<Engine<'_>> {
    match key {
        KeyMaterial::Rsa { n, e } => rsa(algorithm).map(|parameters| Engine::Rsa(parameters, n, e)),
        KeyMaterial::P256(point) => {
            (algorithm == JwsAlgorithm::Es256).then_some(Engine::Other(&signature::ECDSA_P256_SHA256_FIXED, point))
        }
        KeyMaterial::P384(point) => {
            (algorithm == JwsAlgorithm::Es384).then_some(Engine::Other(&signature::ECDSA_P384_SHA384_FIXED, point))
        }
        KeyMaterial::Ed25519(key) => {
            (algorithm == JwsAlgorithm::EdDsa).then_some(Engine::Other(&signature::ED25519, key))
        }
    }
}

/// The padding and hash of an RSA algorithm.
const fn rsa(algorithm: JwsAlgorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        JwsAlgorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        JwsAlgorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        JwsAlgorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        JwsAlgorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        JwsAlgorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        JwsAlgorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        JwsAlgorithm::Hs256
        | JwsAlgorithm::Hs384
        | JwsAlgorithm::Hs512
        | JwsAlgorithm::Es256
        | JwsAlgorithm::Es384
        | JwsAlgorithm::EdDsa => None,
    }
}

/// Fuzz entry: any bytes as what an app signed. Must not panic, and nothing may verify.
///
/// # Panics
/// If something that nobody signed verifies.
pub fn fuzz_client_jws(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys = ClientKeys::parse(FUZZ_SET.as_bytes()).unwrap_or_default();
    assert!(verify_with(&keys, text, &JwsAlgorithm::ALL).is_err(), "what nobody signed was taken");
    assert!(verify_with_secret(&FUZZ_SECRET, text, &JwsAlgorithm::ALL).is_err(), "what nobody signed was taken");
    let _ = (claimed(text, "sub"), claimed_kid(text));
}

/// Public keys of RFC 7515 appendices A.2 and A.3 and RFC 8037 appendix A.2: nobody can find a signature by chance.
const FUZZ_SET: &str = r#"{"keys":[
    {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// A secret of full length that stands in no corpus.
const FUZZ_SECRET: [u8; 64] = *b"a secret that only this test has, as long as HS512 wants its own";

#[cfg(test)]
mod tests;
