//! Programs that prove themselves by more than a secret: their keys, assertions and certificates, and what they ask.

use super::template::{ISSUER, TIMESHEETS};
use super::wire::{Tokens, caller};
use super::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_flows::app::{self, Invalid, Made, New};
use portvakt_flows::{Caller, Ctx, Dice, token};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::KeySource;
use portvakt_model::{AppKind, ClientAuthMethod, Fault};
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_protocol::oauth::client_auth::assertion;
use portvakt_protocol::oauth::{Params, Why};
use ring::hmac;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A P-256 key of a client.
pub struct Key {
    pub kid: String,
    pub pkcs8: Vec<u8>,
    pair: EcdsaKeyPair,
}

impl Key {
    pub fn new(kid: &str) -> Self {
        let dice = Dice::default();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, dice.source()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), dice.source()).unwrap();
        Self { kid: kid.to_owned(), pkcs8: pkcs8.as_ref().to_vec(), pair }
    }

    pub fn set(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": self.kid, "x": x, "y": y }] })
    }

    pub fn source(&self) -> KeySource {
        KeySource::Jwks(self.set())
    }

    pub fn sign(&self, claims: &Value) -> String {
        let message = message(&json!({ "alg": "ES256", "kid": self.kid }), claims);
        let signature = self.pair.sign(Dice::default().source(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn message(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// Signs under a secret that both know.
pub fn sign_under(secret: &[u8], claims: &Value) -> String {
    sign_by(("HS256", hmac::HMAC_SHA256), secret, claims)
}

/// Signs by one of the algorithms for secrets.
pub fn sign_by((alg, hash): (&str, hmac::Algorithm), secret: &[u8], claims: &Value) -> String {
    let message = message(&json!({ "alg": alg }), claims);
    let tag = hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// What a right assertion says.
pub fn claims_of(world: &World, client: &str) -> Value {
    let now = world.ctx.clock.now().seconds();
    let jti = world.ctx.dice.short_text().unwrap();
    json!({ "iss": client, "sub": client, "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 60 })
}

/// Settings of a machine that may write time.
pub fn machine(method: ClientAuthMethod) -> AppSettings {
    AppSettings { auth_method: method, own_scopes: vec![format!("{TIMESHEETS}#time:write")], ..AppSettings::default() }
}

/// Registers an app.
pub fn register(ctx: &Ctx, world: &World, client: &str, kind: AppKind, settings: AppSettings) -> Result<Made, Invalid> {
    let (name, client_id) = (client.to_owned(), Some(client.to_owned()));
    world.run(app::create(ctx, New { name, kind, tenant: None, client_id, settings }))
}

/// The body's members for an assertion.
pub fn asserted(jws: &str) -> [(&str, &str); 2] {
    [("client_assertion_type", assertion::TYPE), ("client_assertion", jws)]
}

/// A request to the token endpoint, to be awaited beside others.
pub fn asks(
    ctx: &Ctx,
    certificate: Option<&ClientCertificate>,
    pairs: &[(&str, &str)],
) -> impl Future<Output = Result<Result<Tokens, Why>, Fault>> + Send + use<> {
    let (ctx, certificate) = (ctx.clone(), certificate.cloned());
    let params = Params::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    async move {
        let caller = Caller { certificate: certificate.as_ref(), ..caller(None) };
        let answer = token::post(&ctx, &caller, &params).await?;
        Ok(answer.map(|answer| Tokens::of("", answer)).map_err(|refusal| refusal.why))
    }
}

/// A machine's request for itself.
pub fn asks_for_itself(
    world: &World,
    ctx: &Ctx,
    certificate: Option<&ClientCertificate>,
    proof: &[(&str, &str)],
) -> Result<Tokens, Why> {
    world.run(asks(ctx, certificate, &[&[("grant_type", "client_credentials")], proof].concat()))
}
