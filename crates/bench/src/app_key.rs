//! The app's own key: what it signs its request objects with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_journeys::Failure;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

const KID: &str = "bench";

/// A P-256 key.
pub struct AppKey {
    pair: EcdsaKeyPair,
    dice: SystemRandom,
}

impl AppKey {
    /// A new one.
    #[expect(clippy::disallowed_methods, reason = "a load generator plays an app, which has dice of its own")]
    pub fn new() -> Result<Self, Failure> {
        let dice = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &dice)
            .map_err(|_| Failure::new("no key can be made"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &dice)
            .map_err(|why| Failure::new(why.to_string()))?;
        Ok(Self { pair, dice })
    }

    /// Its public half, as a key set (RFC 7517 §5).
    pub fn set(&self) -> Result<Value, Failure> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point.get(1..33).zip(point.get(33..65)).ok_or_else(|| Failure::new("a point of another curve"))?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        Ok(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": KID, "use": "sig", "x": x, "y": y }] }))
    }

    /// Claims as a JWT signed with ES256.
    pub fn sign(&self, claims: &Value) -> Result<String, Failure> {
        let header = json!({ "alg": "ES256", "kid": KID, "typ": "oauth-authz-req+jwt" });
        let message = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.pair.sign(&self.dice, message.as_bytes()).map_err(|_| Failure::new("cannot sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
