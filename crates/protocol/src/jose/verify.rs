//! Verifying tokens that come back to us. jsonwebtoken holds the keys and checks the signature; every reading and
//! judgement is ours, as its own takes an unknown `crit`, compares no `typ`, asks the wall clock, lets a missing `aud`
//! pass and keeps the last of two equal members.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, crypto};
use portvakt_model::{Algorithm, Seconds, Timestamp};
use serde_json::{Map, Value};

use super::json::Object;
use super::jwk::{Jwk, PublicKey};
use super::{TokenType, provider};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 16 * 1024;

/// How far the clocks of our own nodes may differ.
pub const LEEWAY: Seconds = Seconds(5);

/// A public key that tokens are verified with.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    kid: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl VerifyingKey {
    /// From a JWKS entry; `None` if its members do not read or are of another curve than ours.
    pub fn from_jwk(jwk: &Jwk) -> Option<Self> {
        provider::install();
        let right = |text: &str| URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
        let key = match &jwk.key {
            PublicKey::Rsa { n, e } => DecodingKey::from_rsa_components(n, e).ok()?,
            PublicKey::Ec { crv, x, y } if crv == "P-256" && right(x) && right(y) => {
                DecodingKey::from_ec_components(x, y).ok()?
            }
            PublicKey::Okp { crv, x } if crv == "Ed25519" && right(x) => DecodingKey::from_ed_components(x).ok()?,
            PublicKey::Ec { .. } | PublicKey::Okp { .. } => return None,
        };
        // The algorithm follows from the key: an entry that claims another one is not believed.
        (jwk.alg == jwk.key.algorithm()).then(|| Self { kid: jwk.kid.clone(), algorithm: jwk.alg, key })
    }

    /// Its key id.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// Whether a token whose time is over is still taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expired {
    /// No: for everything that gives access.
    Refused,
    /// Yes: for an `id_token_hint`, which only says whom somebody speaks of (RP-Initiated Logout §4).
    Accepted,
}

/// What a token must be to be taken. Nothing of this is ever read from the token.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// The types that may stand in `typ`, which must be there.
    pub types: &'a [TokenType],
    /// The algorithms that may have signed it.
    pub algorithms: &'a [Algorithm],
    /// The exact `iss`.
    pub issuer: &'a str,
    /// Who must be in `aud`; `None` if the caller judges it, as it must then.
    pub audience: Option<&'a str>,
    /// Claims that must be there as a text that is not empty. `exp`, `iat` and `aud` are always asked for.
    pub required: &'a [&'a str],
    /// What becomes of an expired one.
    pub expired: Expired,
    /// How far the clocks may differ.
    pub leeway: Seconds,
}

impl<'a> Expect<'a> {
    /// An access token of ours that is presented to us (RFC 9068 §4).
    pub const fn access_token(issuer: &'a str, audience: &'a str) -> Self {
        Self {
            types: &[TokenType::AccessToken],
            algorithms: &Algorithm::ALL,
            issuer,
            audience: Some(audience),
            required: &["sub", "client_id", "jti"],
            expired: Expired::Refused,
            leeway: LEEWAY,
        }
    }

    /// An `id_token` of ours that comes back as a hint, expired or not. Whose app it was for is the caller's to judge.
    pub const fn id_token_hint(issuer: &'a str) -> Self {
        Self {
            types: &[TokenType::Jwt],
            algorithms: &Algorithm::ALL,
            issuer,
            audience: None,
            required: &["sub"],
            expired: Expired::Accepted,
            leeway: LEEWAY,
        }
    }
}

/// Why a token is not taken: for the log. Whoever sent it hears only that it is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Longer than [`MAX_TOKEN`].
    TooLong,
    /// Not three base64url parts, header or claims that are no JSON object, or a name that stands twice.
    Form,
    /// An algorithm that was not expected: `none` and HMAC among them.
    Algorithm,
    /// The type of another kind of token, or none.
    Type,
    /// A header that would change how the token is read (`crit`, `b64`, `zip`) or where its key comes from (`jwk`,
    /// `jku`, `x5u`, `x5c`).
    Extension,
    /// No key of ours has this `kid` and algorithm.
    UnknownKey,
    /// The signature is wrong.
    Signature,
    /// A claim is missing or of the wrong form.
    Claim,
    /// Another issuer.
    Issuer,
    /// Another audience.
    Audience,
    /// Its time is over.
    Expired,
    /// It is from the future, or its time has not begun.
    NotYet,
}

/// The claims of a verified token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(Object);

impl Claims {
    /// Of a token whose signature was right.
    pub(super) const fn new(claims: Object) -> Self {
        Self(claims)
    }
    /// As if their signature had been right: for fuzzers and tests, which can sign nothing.
    pub(crate) fn unsigned(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }
    /// The claim of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.0.get(name)
    }
    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }
    /// A claim that is a time. Ours are whole seconds always, so fractions are refused.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.get(name)?.as_i64().map(Timestamp::from_seconds)
    }
    /// Everybody in `aud`, one text or a list of them (RFC 7519 §4.1.3); `None` if it is anything else, or empty.
    pub fn audience(&self) -> Option<Vec<&str>> {
        let value = self.get("aud")?;
        let all = match value.as_array() {
            Some(list) => list.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?,
            None => vec![value.as_str()?],
        };
        (!all.is_empty()).then_some(all)
    }
    /// All of them.
    pub fn into_map(self) -> Map<String, Value> {
        self.0.0
    }
}

/// Judges a compact JWS at `now` and gives its claims.
///
/// # Errors
/// [`Refused`], in this order: length, form, header, key, signature, claims.
pub fn verify(token: &str, keys: &[VerifyingKey], expect: &Expect<'_>, now: Timestamp) -> Result<Claims, Refused> {
    if token.len() > MAX_TOKEN {
        return Err(Refused::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refused::Form)?;
    let (first, payload) = message.split_once('.').ok_or(Refused::Form)?;
    let (algorithm, kid) = header(first, expect)?;
    let key = keys.iter().find(|key| key.kid == kid && key.algorithm == algorithm).ok_or(Refused::UnknownKey)?;
    if !crypto::verify(signature, message.as_bytes(), &key.key, theirs(algorithm)).unwrap_or(false) {
        return Err(Refused::Signature);
    }
    let claims = Claims(object(payload)?);
    judge(&claims, expect, now)?;
    Ok(claims)
}

/// A part that is a JSON object: base64url in its one spelling, each name once. A fourth part would bring a dot, which
/// is not base64url.
fn object(part: &str) -> Result<Object, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::Form)
}

/// Reads the header: what algorithm and which key, if they are among the expected.
fn header(part: &str, expect: &Expect<'_>) -> Result<(Algorithm, String), Refused> {
    let Object(header) = object(part)?;
    // A closed list: what is not named here could be a rule that we do not keep. `cty` would say that the claims are
    // a token themselves.
    if header.keys().any(|name| !matches!(name.as_str(), "alg" | "typ" | "kid")) {
        return Err(Refused::Extension);
    }
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let algorithm = text("alg")
        .and_then(Algorithm::of_name)
        .filter(|algorithm| expect.algorithms.contains(algorithm))
        .ok_or(Refused::Algorithm)?;
    text("typ").and_then(TokenType::of_name).filter(|typ| expect.types.contains(typ)).ok_or(Refused::Type)?;
    let kid = text("kid").ok_or(Refused::UnknownKey)?;
    Ok((algorithm, kid.to_owned()))
}

const fn theirs(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

fn judge(claims: &Claims, expect: &Expect<'_>, now: Timestamp) -> Result<(), Refused> {
    if claims.text("iss").ok_or(Refused::Claim)? != expect.issuer {
        return Err(Refused::Issuer);
    }
    let audience = claims.audience().ok_or(Refused::Claim)?;
    if expect.audience.is_some_and(|wanted| !audience.contains(&wanted)) {
        return Err(Refused::Audience);
    }
    if expect.required.iter().any(|name| claims.text(name).is_none_or(str::is_empty)) {
        return Err(Refused::Claim);
    }
    let expires = claims.time("exp").ok_or(Refused::Claim)?;
    if expect.expired == Expired::Refused && now >= expires.after(expect.leeway) {
        return Err(Refused::Expired);
    }
    let begins = if claims.get("nbf").is_some() { Some(claims.time("nbf").ok_or(Refused::Claim)?) } else { None };
    let issued = claims.time("iat").ok_or(Refused::Claim)?;
    let future = |time: Timestamp| now < time.before(expect.leeway);
    if future(issued) || begins.is_some_and(future) { Err(Refused::NotYet) } else { Ok(()) }
}

/// The half of [`verify`] that comes after the signature, for the fuzzer, which can sign nothing.
pub(super) fn fuzz_claims(data: &[u8], expect: &Expect<'_>, now: Timestamp) {
    let Ok(object) = serde_json::from_slice::<Object>(data) else { return };
    let claims = Claims(object);
    if judge(&claims, expect, now).is_ok() {
        assert_eq!(claims.text("iss"), Some(expect.issuer), "claims of another issuer were taken");
    }
}
