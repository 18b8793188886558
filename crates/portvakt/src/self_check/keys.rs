//! The key set: what may stand there, and what must. No network here.

use super::finding::{Demand, Finding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_protocol::jose::ClientKeys;
use serde_json::{Map, Value, json};

static ANSWER: Demand = Demand::new("keys.answer", "the key set is a JSON object with keys", "RFC 7517 §5");
static PUBLIC: Demand = Demand::new("keys.public", "every key is a public one", "RFC 7517 §9.2");
static KNOWN: Demand = Demand::new("keys.known", "every key has a usual type, curve and algorithm", "RFC 7518 §6.1");
static KID: Demand = Demand::new("keys.kid", "every key has a kid of its own", "RFC 7517 §4.5");
static ENCODING: Demand = Demand::new("keys.encoding", "numbers are base64url without padding", "RFC 7518 §6.2.1.2");
static SIZE: Demand = Demand::new("keys.rsa-size", "RSA keys have 2048 bits or more", "RFC 7518 §3.3");
static RS256: Demand = Demand::new("keys.rs256", "there is a key for RS256", "OIDC Core §15.1");

/// What only a private or a shared key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// What a public key has to verify with.
const NUMBERS: [&str; 4] = ["n", "e", "x", "y"];

/// Judges what stands at `jwks_uri`.
pub fn judge_keys(set: &Value) -> Vec<Finding> {
    let Some(keys) = set.get("keys").and_then(Value::as_array).filter(|keys| !keys.is_empty()) else {
        return vec![ANSWER.judge(false, "no keys")];
    };
    let all = |demand: &'static Demand, wrong: &dyn Fn(&Value) -> bool| {
        let names: Vec<String> = keys.iter().enumerate().filter(|(_, key)| wrong(key)).map(named).collect();
        demand.judge(names.is_empty(), if names.is_empty() { "all".to_owned() } else { names.join(", ") })
    };
    vec![
        ANSWER.judge(true, format!("{} keys", keys.len())),
        all(&PUBLIC, &|key| text(key, "kty") == "oct" || PRIVATE.iter().any(|name| key.get(*name).is_some())),
        all(&KNOWN, &|key| text(key, "kty") != "oct" && !is_usual(key)),
        all(&KID, &|key| {
            text(key, "kid").is_empty()
                || keys.iter().filter(|other| text(other, "kid") == text(key, "kid")).count() > 1
        }),
        all(&ENCODING, &|key| NUMBERS.iter().any(|name| key.get(*name).is_some_and(|value| octets(value).is_none()))),
        all(&SIZE, &|key| text(key, "kty") == "RSA" && bits(key).is_some_and(|bits| bits < 2048)),
        RS256.judge(keys.iter().any(signs_rs256), if keys.iter().any(signs_rs256) { "there" } else { "none" }),
    ]
}

/// The keys to verify with. Whatever is wrong with one is said by [`judge_keys`]; here it must not hide the others.
pub fn verifying(set: &Value) -> ClientKeys {
    let public = |key: &Value| {
        let members = ["kty", "use", "alg", "kid", "crv", "n", "e", "x", "y"];
        let kept = members.into_iter().filter_map(|name| Some((name.to_owned(), key.get(name)?.clone())));
        let trimmed = kept.map(|(name, value)| match value.as_str() {
            Some(text) if NUMBERS.contains(&name.as_str()) => (name, Value::from(text.trim_end_matches('='))),
            _ => (name, value),
        });
        Value::Object(trimmed.collect::<Map<String, Value>>())
    };
    let keys: Vec<Value> = set.get("keys").and_then(Value::as_array).into_iter().flatten().map(public).collect();
    ClientKeys::of_value(&json!({ "keys": keys })).unwrap_or_default()
}

fn named((place, key): (usize, &Value)) -> String {
    match text(key, "kid") {
        "" => format!("key {}", place + 1),
        kid => kid.to_owned(),
    }
}

fn text<'a>(key: &'a Value, name: &str) -> &'a str {
    key.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn octets(value: &Value) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value.as_str()?).ok()
}

fn bits(key: &Value) -> Option<usize> {
    let modulus = octets(key.get("n")?)?;
    let zeros = modulus.iter().take_while(|octet| **octet == 0).count();
    let first = modulus.get(zeros)?;
    Some((modulus.len() - zeros) * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

fn signs_rs256(key: &Value) -> bool {
    let free = |name: &str, wanted: &str| matches!(text(key, name), "") || text(key, name) == wanted;
    text(key, "kty") == "RSA" && free("alg", "RS256") && free("use", "sig")
}

fn is_usual(key: &Value) -> bool {
    let algorithm = text(key, "alg");
    let encrypts = algorithm.starts_with("ECDH-ES");
    let fits = |of: &[&str]| algorithm.is_empty() || of.contains(&algorithm);
    match (text(key, "kty"), text(key, "crv")) {
        ("RSA", _) => fits(&[
            "RS256",
            "RS384",
            "RS512",
            "PS256",
            "PS384",
            "PS512",
            "RSA-OAEP",
            "RSA-OAEP-256",
            "RSA-OAEP-384",
            "RSA-OAEP-512",
        ]),
        ("EC", "P-256") => encrypts || fits(&["ES256"]),
        ("EC", "P-384") => encrypts || fits(&["ES384"]),
        ("EC", "P-521") => encrypts || fits(&["ES512"]),
        ("OKP", "Ed25519") => fits(&["EdDSA", "Ed25519"]),
        ("OKP", "X25519") => encrypts || fits(&[]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;
    use portvakt_protocol::jose::{Jwk, Jwks, PublicKey};

    fn ours() -> Value {
        let rsa = PublicKey::Rsa { n: URL_SAFE_NO_PAD.encode([0xb5; 256]), e: "AQAB".to_owned() };
        let okp =
            PublicKey::Okp { crv: "Ed25519".to_owned(), x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned() };
        serde_json::to_value(Jwks { keys: vec![Jwk::new(rsa), Jwk::new(okp)] }).unwrap()
    }

    fn failed(set: &Value) -> Vec<&'static str> {
        judge_keys(set).iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.demand.id).collect()
    }

    #[test]
    fn our_own_form_of_keys_keeps_every_demand() {
        assert_eq!(failed(&ours()), Vec::<&str>::new());
        assert_eq!(verifying(&ours()).keys().len(), 2);
    }

    #[test]
    fn one_thing_that_is_wrong_is_one_failure_with_its_name() {
        for (change, wanted) in [
            (json!({"d": "AA"}), "keys.public"),
            (json!({"kty": "oct", "k": "AA", "alg": "HS256"}), "keys.public"),
            (json!({"kty": "AKP", "alg": "ML-DSA-44"}), "keys.known"),
            (json!({"crv": "Ed448"}), "keys.known"),
            (json!({"alg": "RS256"}), "keys.known"),
            (json!({"kid": ""}), "keys.kid"),
            (json!({"kid": ours()["keys"][0]["kid"]}), "keys.kid"),
            (json!({"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}), "keys.encoding"),
            (
                json!({"kty": "RSA", "alg": "RS256", "n": URL_SAFE_NO_PAD.encode([0xb5; 128]), "e": "AQAB"}),
                "keys.rsa-size",
            ),
        ] {
            let mut set = ours();
            for (name, value) in change.as_object().unwrap() {
                set["keys"][1][name] = value.clone();
            }
            assert_eq!(failed(&set), [wanted], "{change}");
        }
        let mut without = ours();
        without["keys"].as_array_mut().unwrap().remove(0);
        assert_eq!(failed(&without), ["keys.rs256"]);
        for odd in [json!(null), json!({"keys": []}), json!({"keys": "x"})] {
            assert_eq!(failed(&odd), ["keys.answer"]);
        }
    }

    #[test]
    fn one_bad_key_hides_no_other_from_the_verification() {
        let mut set = ours();
        set["keys"][0]["d"] = json!("AA");
        set["keys"][1]["x"] = json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        assert_eq!(verifying(&set).keys().len(), 2);
    }
}
