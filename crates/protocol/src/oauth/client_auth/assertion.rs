//! Assertions: JWTs by which clients prove themselves (RFC 7523 §3, OpenID Connect Core §9). Read, and judged once their
//! signature is right.

use crate::jose::{Claims, JwsAlgorithm, Signed};
use crate::oauth::params::Params;
use crate::oauth::why::Why;
use portvakt_model::app::metadata::{AssertionAudience, Proving};
use portvakt_model::{ClientAuthMethod, Seconds, Timestamp};
use serde_json::Value;

/// The one type of assertion that we take (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest assertion that is looked at, in octets.
pub const MAX_ASSERTION: usize = 8 * 1024;

/// The longest `jti`, in octets.
const MAX_JTI: usize = 256;

/// How far a client's clock may differ. FAPI 2.0 §5.3.2.1: ten seconds ahead must be taken, a minute must not.
pub const CLOCKS: Seconds = Seconds(30);

/// How long before its end an assertion is taken: an hour, as common libraries write. Each is good once, so the length
/// opens nothing; it bounds for how long we remember it.
pub const MOST: Seconds = Seconds::hours(1);

/// The same for clients of the strict profile.
pub const MOST_STRICT: Seconds = Seconds::minutes(5);

/// The assertion in a form, if there is one.
pub(super) fn read(params: &Params) -> Result<Option<&str>, Why> {
    match (params.bounded("client_assertion_type", 200)?, params.bounded("client_assertion", MAX_ASSERTION)?) {
        (None, None) => Ok(None),
        (Some(TYPE), Some(jws)) => Ok(Some(jws)),
        (Some(_), Some(_)) => Err(Why::AssertionType),
        (Some(_), None) | (None, Some(_)) => Err(Why::AssertionPair),
    }
}

/// The algorithms of a method's assertions: under a secret for one, with a public key for the other, never both, so that
/// a public key cannot be taken for a secret.
pub const fn algorithms(method: ClientAuthMethod) -> &'static [JwsAlgorithm] {
    match method {
        ClientAuthMethod::ClientSecretJwt => &JwsAlgorithm::SYMMETRIC,
        ClientAuthMethod::PrivateKeyJwt => &JwsAlgorithm::ASYMMETRIC,
        ClientAuthMethod::None
        | ClientAuthMethod::ClientSecretBasic
        | ClientAuthMethod::ClientSecretPost
        | ClientAuthMethod::TlsClientAuth
        | ClientAuthMethod::SelfSignedTlsClientAuth => &[],
    }
}

/// The algorithms that one client's assertions may have: the one that it registered, else all of its method.
pub fn allowed(method: ClientAuthMethod, proving: &Proving) -> Vec<JwsAlgorithm> {
    let fits = |one: &JwsAlgorithm| proving.signing_alg.is_none_or(|only| only == *one);
    algorithms(method).iter().copied().filter(fits).collect()
}

/// What an assertion must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Whose it must be.
    pub client_id: &'a str,
    /// Our issuer.
    pub issuer: &'a str,
    /// The addresses of the token endpoint and of the endpoint that was called.
    pub endpoints: &'a [String],
    /// Which of them its `aud` may hold.
    pub audience: AssertionAudience,
}

/// What must be remembered of an assertion that is right, so that it is right once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Its own id.
    pub jti: String,
    /// From when on its own dates refuse it.
    pub until: Timestamp,
}

/// Judges an assertion whose signature is right. That it was not used before is left to find out.
pub fn judge(signed: &Signed, expected: &Expected<'_>, now: Timestamp) -> Result<Once, Why> {
    let claims = &signed.claims;
    // No token of ours, nor of anybody else's for another purpose (RFC 8725 §3.11).
    if !signed.typ.as_deref().is_none_or(is_type) {
        return Err(Why::ClientInvalid);
    }
    if claims.text("iss") != Some(expected.client_id) || claims.text("sub") != Some(expected.client_id) {
        return Err(Why::ClientInvalid);
    }
    if !is_for_us(claims, expected) {
        return Err(Why::AssertionAudience);
    }
    let until = until(claims, expected.audience, now).ok_or(Why::AssertionTime)?;
    let jti = claims.text("jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len())).ok_or(Why::AssertionUsed)?;
    Ok(Once { jti: jti.to_owned(), until })
}

/// `JWT`, as everybody writes, or the type of its own that the revision of RFC 7523 gives it.
fn is_type(typ: &str) -> bool {
    let short = typ
        .get(..12)
        .filter(|start| start.eq_ignore_ascii_case("application/"))
        .map_or(typ, |_| typ.get(12..).unwrap_or_default());
    ["JWT", "client-authentication+jwt"].iter().any(|name| name.eq_ignore_ascii_case(short))
}

fn is_for_us(claims: &Claims, expected: &Expected<'_>) -> bool {
    match expected.audience {
        AssertionAudience::IssuerOnly => claims.text("aud") == Some(expected.issuer),
        AssertionAudience::IssuerOrEndpoint => claims.audience().is_some_and(|all| {
            all.iter().any(|one| *one == expected.issuer || expected.endpoints.iter().any(|endpoint| endpoint == one))
        }),
    }
}

/// When its time is over; `None` if it is not the time for it.
fn until(claims: &Claims, audience: AssertionAudience, now: Timestamp) -> Option<Timestamp> {
    let most = match audience {
        AssertionAudience::IssuerOrEndpoint => MOST,
        AssertionAudience::IssuerOnly => MOST_STRICT,
    };
    let (now, clocks) = (now.seconds(), i64::from(CLOCKS.0));
    let expires = seconds(claims.get("exp")?)?;
    let in_time = now < expires.saturating_add(clocks) && expires <= now + i64::from(most.0) + clocks;
    let begun = ["nbf", "iat"].iter().all(|name| match claims.get(name) {
        None => true,
        Some(time) => seconds(time).is_some_and(|time| time <= now + clocks),
    });
    (in_time && begun).then(|| Timestamp::from_seconds(expires + clocks))
}

/// A `NumericDate` (RFC 7519 §2), down to whole seconds: some clients write fractions.
fn seconds(time: &Value) -> Option<i64> {
    // No date of ours is anywhere near the numbers that a float cannot hold.
    const FAR: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "bounded, and meant: down to whole seconds")]
    let whole = |fraction: f64| (fraction.abs() < FAR).then(|| fraction.floor() as i64);
    time.as_i64().or_else(|| time.as_f64().and_then(whole))
}

/// Fuzz entry: any bytes as the claims of an assertion whose signature was right, for both kinds of audience.
///
/// # Panics
/// If one is taken that is not for us, not from this client, out of its time, or cannot be remembered.
pub fn fuzz_assertion(data: &[u8]) {
    let Some(claims) = Claims::unsigned(data) else { return };
    let now = Timestamp::from_seconds(1_800_000_000);
    let signed = Signed { algorithm: JwsAlgorithm::Es256, typ: None, claims };
    let endpoints = ["https://issuer.test/token".to_owned()];
    for audience in [AssertionAudience::IssuerOrEndpoint, AssertionAudience::IssuerOnly] {
        let expected =
            Expected { client_id: "app_hrm", issuer: "https://issuer.test", endpoints: &endpoints, audience };
        let Ok(once) = judge(&signed, &expected, now) else { continue };
        assert!((1..=MAX_JTI).contains(&once.jti.len()));
        assert!(now < once.until && once.until <= now.after(MOST).after(CLOCKS).after(CLOCKS));
        // The oracle reads with another parser.
        let value: Value = serde_json::from_slice(data).unwrap_or_default();
        assert!(["iss", "sub"].iter().all(|name| value.get(name).is_some_and(|who| who == "app_hrm")));
        let aud = value.get("aud").cloned().unwrap_or_default();
        let named = aud.as_array().map_or_else(|| vec![aud.clone()], Clone::clone);
        assert!(named.iter().any(|one| one == "https://issuer.test" || one == "https://issuer.test/token"));
        assert!(audience == AssertionAudience::IssuerOrEndpoint || aud == "https://issuer.test");
    }
}

#[cfg(test)]
mod tests;
