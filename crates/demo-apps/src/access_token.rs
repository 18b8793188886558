//! An API's side: access tokens as JWTs (RFC 9068), verified offline by the issuer's keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Algorithm};
use openidconnect::{JsonWebKey, JsonWebKeyUse};
use serde::{Deserialize, Serialize};

/// How far the clocks of issuer and API may differ, in seconds.
const LEEWAY: i64 = 30;
/// What an access token never exceeds, in bytes; checked before any work is done on it.
const LONGEST: usize = 16 * 1024;
/// What tokens may be signed with: the API's choice, never the token's.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::EcdsaP256Sha256, Algorithm::RsaSsaPkcs1V15Sha256, Algorithm::EdDsa];

/// What an API demands of a token.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// The API's identifier, which `aud` must hold.
    pub audience: &'a str,
    /// The scope that opens this door.
    pub scope: &'a str,
    /// The instant at which it is judged, in seconds since 1970.
    pub now: i64,
}

/// A token's facts (RFC 9068 §2.2), verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about: a person, or the app itself.
    pub sub: String,
    /// The APIs that it is for.
    pub aud: Audience,
    /// The app that asked for it.
    pub client_id: String,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// Before when it is worth nothing, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Its scopes, between spaces.
    #[serde(default)]
    pub scope: String,
    /// The tenant whose data it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
}

/// `aud`: one name or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// A single name.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejected {
    /// None of the keys at hand has the name that it was signed under: newer keys may help.
    UnknownKey,
    /// It is no token for this API; the reason in a few words (RFC 6750 §3.1 `invalid_token`).
    Invalid(&'static str),
    /// It is good, but not for this (RFC 6750 §3.1 `insufficient_scope`).
    Scope,
}

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    typ: String,
    kid: Option<String>,
    #[serde(default)]
    crit: Option<Vec<String>>,
}

/// Judges a token. Order: form, type, key, signature; only then its words are read, and judged by [`Demand`].
pub fn verify(token: &str, keys: &CoreJsonWebKeySet, demand: &Demand<'_>) -> Result<Facts, Rejected> {
    if token.len() > LONGEST {
        return Err(Rejected::Invalid("too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Rejected::Invalid("not a JWT"))?;
    let (header, claims) = signed.split_once('.').ok_or(Rejected::Invalid("not a JWT"))?;
    let header: Header = decoded(header)?;
    check_header(&header)?;
    let key = key_for(&header, keys)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Rejected::Invalid("signature not base64url"))?;
    key.verify_signature(&header.alg, signed.as_bytes(), &signature).map_err(|_| Rejected::Invalid("bad signature"))?;
    let facts: Facts = decoded(claims)?;
    check_facts(&facts, demand)?;
    Ok(facts)
}

fn check_header(header: &Header) -> Result<(), Rejected> {
    // RFC 9068 §4: an id_token, which has another type, is no access token.
    let typ = header.typ.to_ascii_lowercase();
    if typ.strip_prefix("application/").unwrap_or(&typ) != "at+jwt" {
        return Err(Rejected::Invalid("not an access token"));
    }
    if header.crit.is_some() {
        return Err(Rejected::Invalid("unknown critical header"));
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Rejected::Invalid("algorithm not accepted"));
    }
    Ok(())
}

fn key_for<'a>(header: &Header, keys: &'a CoreJsonWebKeySet) -> Result<&'a CoreJsonWebKey, Rejected> {
    let kid = header.kid.as_deref().ok_or(Rejected::Invalid("no key id"))?;
    let key = keys.keys().iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid));
    let key = key.ok_or(Rejected::UnknownKey)?;
    if key.key_use().is_some_and(|purpose| !purpose.allows_signature()) {
        return Err(Rejected::Invalid("not a signing key"));
    }
    Ok(key)
}

fn check_facts(facts: &Facts, demand: &Demand<'_>) -> Result<(), Rejected> {
    if facts.iss != demand.issuer {
        return Err(Rejected::Invalid("another issuer"));
    }
    if !facts.aud.holds(demand.audience) {
        return Err(Rejected::Invalid("for another API"));
    }
    if facts.exp.saturating_add(LEEWAY) <= demand.now {
        return Err(Rejected::Invalid("expired"));
    }
    if facts.nbf.is_some_and(|start| start > demand.now.saturating_add(LEEWAY)) {
        return Err(Rejected::Invalid("not valid yet"));
    }
    if !facts.scope.split(' ').any(|scope| scope == demand.scope) {
        return Err(Rejected::Scope);
    }
    Ok(())
}

fn decoded<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Rejected> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected::Invalid("not base64url"))?;
    serde_json::from_slice(&bytes).map_err(|_| Rejected::Invalid("not the JSON of an access token"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openidconnect::core::CoreEdDsaPrivateSigningKey;
    use openidconnect::{JsonWebKeyId, PrivateSigningKey};
    use serde_json::{Value, json};

    /// Made for these tests alone: RFC 8032 §7.1, test 1, as PKCS#8.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";
    const NOW: i64 = 1_800_000_000;

    fn key() -> CoreEdDsaPrivateSigningKey {
        CoreEdDsaPrivateSigningKey::from_ed25519_pem(PEM, Some(JsonWebKeyId::new("k1".to_owned()))).unwrap()
    }

    fn keys() -> CoreJsonWebKeySet {
        CoreJsonWebKeySet::new(vec![key().as_verification_key()])
    }

    fn signed(header: &Value, claims: &Value) -> String {
        let body =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = key().sign(&Algorithm::EdDsa, body.as_bytes()).unwrap();
        format!("{body}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header() -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "k1" })
    }

    fn claims() -> Value {
        json!({
            "iss": "https://login.example", "sub": "app_timeclock", "client_id": "app_timeclock",
            "aud": ["https://hrm.example/api", "https://login.example"], "exp": NOW + 300, "iat": NOW, "jti": "j",
            "scope": "employees.read other"
        })
    }

    fn with(mut base: Value, name: &str, value: Value) -> Value {
        base[name] = value;
        base
    }

    fn judge(token: &str) -> Result<Facts, Rejected> {
        let demand = Demand {
            issuer: "https://login.example",
            audience: "https://hrm.example/api",
            scope: "employees.read",
            now: NOW,
        };
        verify(token, &keys(), &demand)
    }

    #[test]
    fn timeclocks_token_opens_hrms_api() {
        assert_eq!(judge(&signed(&header(), &claims())).unwrap().client_id, "app_timeclock");
    }

    #[test]
    fn a_token_for_another_api_or_from_another_issuer_opens_nothing() {
        let elsewhere = with(claims(), "aud", json!("https://other.example/api"));
        assert_eq!(judge(&signed(&header(), &elsewhere)), Err(Rejected::Invalid("for another API")));
        let stranger = with(claims(), "iss", json!("https://evil.example"));
        assert_eq!(judge(&signed(&header(), &stranger)), Err(Rejected::Invalid("another issuer")));
    }

    #[test]
    fn an_id_token_is_no_access_token() {
        let id_token = with(header(), "typ", json!("JWT"));
        assert_eq!(judge(&signed(&id_token, &claims())), Err(Rejected::Invalid("not an access token")));
    }

    #[test]
    fn a_token_ends_at_its_exp_and_the_leeway() {
        let last_second = with(claims(), "exp", json!(NOW - LEEWAY + 1));
        assert!(judge(&signed(&header(), &last_second)).is_ok());
        let past = with(claims(), "exp", json!(NOW - LEEWAY));
        assert_eq!(judge(&signed(&header(), &past)), Err(Rejected::Invalid("expired")));
    }

    #[test]
    fn a_good_token_without_the_scope_is_told_apart() {
        let narrow = with(claims(), "scope", json!("employees.reader"));
        assert_eq!(judge(&signed(&header(), &narrow)), Err(Rejected::Scope));
    }

    #[test]
    fn an_altered_or_unsigned_token_opens_nothing() {
        let good = signed(&header(), &claims());
        let (body, signature) = good.rsplit_once('.').unwrap();
        let (head, _) = body.split_once('.').unwrap();
        let more = with(claims(), "sub", json!("somebody-else"));
        let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(more.to_string()));
        assert_eq!(judge(&forged), Err(Rejected::Invalid("bad signature")));
        let unsigned = with(header(), "alg", json!("none"));
        assert!(judge(&signed(&unsigned, &claims())).is_err());
        let symmetric = with(header(), "alg", json!("HS256"));
        assert_eq!(judge(&signed(&symmetric, &claims())), Err(Rejected::Invalid("algorithm not accepted")));
    }

    #[test]
    fn a_key_we_do_not_know_is_told_apart_as_newer_keys_may_help() {
        let newer = with(header(), "kid", json!("k2"));
        assert_eq!(judge(&signed(&newer, &claims())), Err(Rejected::UnknownKey));
    }
}
