//! Request objects (RFC 9101, OpenID Connect Core §6): an authorization request in a JWT that the client signed, sent
//! along or fetched from an address it registered. What is inside wins over what stands around it.
//!
//! Nothing here fetches or verifies: the flow does, with [`Named`] and the client's own keys.

use super::authorize::PARAMETERS;
use super::params::Params;
use super::why::Why;
use crate::jose::{Signed, claimed_algorithm};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::JwsAlgorithm;
use portvakt_model::{App, Seconds, Timestamp};
use serde_json::{Map, Value};

/// How far a client's clock may be off.
const LEEWAY: Seconds = Seconds(10);
/// The longest reference, in octets.
const MOST_URI: usize = 2048;
/// The longest object, in octets.
const MOST_OBJECT: usize = 16 * 1024;

/// The parameters that name a request object, and claims of the JWT around the request: neither is a request parameter
/// (RFC 9101 §4).
const NOT_PARAMETERS: [&str; 9] = ["request", "request_uri", "iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// Where a request says that its object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// `request`: here.
    Value(&'a str),
    /// `request_uri`: there. As it was registered, fragment and all.
    Reference(&'a str),
}

/// The request object that a request names; `None`: it names none, and need not.
pub fn named<'a>(params: &'a Params, settings: &AppSettings) -> Result<Option<Named<'a>>, Why> {
    match (params.bounded("request", MOST_OBJECT)?, params.bounded("request_uri", MOST_URI)?) {
        (Some(_), Some(_)) => Err(Why::RequestTwice),
        (Some(object), None) => Ok(Some(Named::Value(object))),
        (None, Some(uri)) if settings.request_objects.uris.iter().any(|registered| registered == uri) => {
            Ok(Some(Named::Reference(uri)))
        }
        (None, Some(_)) => Err(Why::RequestUri),
        (None, None) if settings.request_objects.required => Err(Why::RequestMissing),
        (None, None) => Ok(None),
    }
}

/// What is fetched for a reference: the address without its fragment, which is for caches and proves nothing (OpenID
/// Connect Core §6.2).
pub fn fetched_from(uri: &str) -> &str {
    uri.split_once('#').map_or(uri, |(address, _)| address)
}

/// The algorithms that a client's request objects may have; an error at once where the object is not signed at all.
pub fn algorithms(object: &str, settings: &AppSettings) -> Result<Vec<JwsAlgorithm>, Why> {
    if claimed_algorithm(object).is_some_and(|name| name.eq_ignore_ascii_case("none")) {
        return Err(Why::RequestUnsigned);
    }
    Ok(match settings.request_objects.signing_alg {
        Some(only) => vec![only],
        None => JwsAlgorithm::ASYMMETRIC.to_vec(),
    })
}

/// The request that counts: what the verified object says, and around it what it is silent on. Members that are no
/// parameter of ours are ignored, whatever they are (RFC 6749 §3.1). For a client that must
/// send objects only what is inside counts (RFC 9101 §6.3), but for its own name.
pub fn merge(params: &Params, signed: Signed, app: &App, issuer: &str, now: Timestamp) -> Result<Params, Why> {
    let Signed { typ, claims, .. } = signed;
    // A JWT of another kind that the same client signed is no request (RFC 9101 §10.8).
    let is_request = |name: &str| ["jwt", "oauth-authz-req+jwt"].iter().any(|known| name.eq_ignore_ascii_case(known));
    if typ.is_some_and(|typ| !is_request(typ.strip_prefix("application/").unwrap_or(&typ))) {
        return Err(Why::RequestObject);
    }
    let claims = claims.into_map();
    judge(&claims, app, issuer, now)?;
    let mut pairs = Vec::new();
    for (name, value) in claims.iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str())) {
        pairs.extend(texts(value)?.into_iter().map(|text| (name.clone(), text)));
    }
    let said_twice = |name: &str| {
        let inside = claims.get(name).and_then(Value::as_str);
        inside.is_some_and(|inside| params.all(name).any(|outside| outside != inside))
    };
    if said_twice("client_id") || said_twice("response_type") {
        return Err(Why::RequestClaims);
    }
    let required = app.settings.request_objects.required;
    let around = params.pairs().iter().filter(|(name, _)| {
        !NOT_PARAMETERS.contains(&name.as_str()) && !claims.contains_key(name) && (!required || name == "client_id")
    });
    pairs.extend(around.cloned());
    Params::bounded_of(pairs)
}

/// Whether the object is of this client, for us, and of now. OpenID Connect asks for none of these claims; what is
/// there must be right.
fn judge(claims: &Map<String, Value>, app: &App, issuer: &str, now: Timestamp) -> Result<(), Why> {
    let text = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(Why::RequestClaims),
    };
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(|at| Some(Timestamp::from_seconds(at))).ok_or(Why::RequestClaims),
    };
    let is_ours = |named: Option<&str>| named.is_none_or(|named| named == app.client_id);
    // An object whose subject is its client could pass for an assertion, and an assertion for an object (RFC 9101
    // §10.8).
    let is_assertion = text("sub")?.is_some_and(|sub| sub == app.client_id);
    let audience = match claims.get("aud") {
        None => true,
        Some(Value::String(one)) => one == issuer,
        Some(Value::Array(many)) => many.iter().any(|one| one == issuer),
        Some(_) => false,
    };
    let in_time = time("exp")?.is_none_or(|end| now < end.after(LEEWAY))
        && time("nbf")?.is_none_or(|start| start <= now.after(LEEWAY))
        && time("iat")?.is_none_or(|made| made <= now.after(LEEWAY));
    let holds_another = claims.contains_key("request") || claims.contains_key("request_uri");
    if is_ours(text("iss")?) && is_ours(text("client_id")?) && !is_assertion && audience && in_time && !holds_another {
        Ok(())
    } else {
        Err(Why::RequestClaims)
    }
}

/// A parameter's values as texts: `max_age` is a number, `claims` an object, and `resource` may be a list (RFC 9101
/// §4, OpenID Connect Core §6.1).
fn texts(value: &Value) -> Result<Vec<String>, Why> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Number(number) => Ok(vec![number.to_string()]),
        Value::Object(_) => Ok(vec![value.to_string()]),
        Value::Array(all) => all.iter().map(|one| one.as_str().map(str::to_owned).ok_or(Why::RequestClaims)).collect(),
        Value::Bool(_) | Value::Null => Err(Why::RequestClaims),
    }
}

#[cfg(test)]
mod tests;
