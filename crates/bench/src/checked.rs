//! Answers are believed only when their signature, issuer and audience are right.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_journeys::{Deployment, Failure};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use std::collections::HashMap;

/// The published ES256 keys, by `kid`.
pub struct Keys(HashMap<String, Vec<u8>>);

impl Keys {
    /// Fetches them.
    pub fn fetch(portvakt: &Deployment) -> Result<Self, Failure> {
        let set = portvakt.http().get(&portvakt.url("/jwks"), &[])?.json()?;
        let mut keys = HashMap::new();
        for key in set["keys"].as_array().into_iter().flatten().filter(|key| key["alg"] == "ES256") {
            let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default());
            let point = [vec![4], part("x")?, part("y")?].concat();
            keys.insert(key["kid"].as_str().unwrap_or_default().to_owned(), point);
        }
        Ok(Self(keys))
    }

    /// The claims of a JWT whose signature is right, and whose issuer is `issuer`.
    pub fn claims(&self, token: &str, issuer: &str) -> Result<Value, Failure> {
        let wrong = |what: &str| Failure::new(format!("a token {what}"));
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| wrong("that is none"))?;
        let (header, body) = signed.split_once('.').ok_or_else(|| wrong("that is none"))?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
        let key = header["kid"].as_str().and_then(|kid| self.0.get(kid)).ok_or_else(|| wrong("of an unknown key"))?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
            .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)
            .map_err(|_| wrong("with a wrong signature"))?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body)?)?;
        if claims["iss"] == issuer { Ok(claims) } else { Err(wrong("of another issuer")) }
    }
}
