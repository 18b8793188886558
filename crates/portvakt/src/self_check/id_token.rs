//! An `id_token` against OpenID Connect Core §2, §3.1.3.7 and §3.2.2.11. No network here.

use super::finding::{Demand, Finding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::Timestamp;
use portvakt_protocol::jose::{ClientKeys, JwsAlgorithm, Refused, verify_with};
use ring::digest;
use serde_json::{Map, Value};

static FORM: Demand = Demand::new("id-token.form", "it is a signed JWT", "OIDC Core §2");
static ALG: Demand = Demand::new("id-token.alg", "it is signed with an announced algorithm", "OIDC Core §3.1.3.7");
static KEY: Demand = Demand::new("id-token.key", "its key is in the key set, by its kid", "OIDC Core §10.1");
static SIGNATURE: Demand = Demand::new("id-token.signature", "its signature is right", "OIDC Core §3.1.3.7");
static ISS: Demand = Demand::new("id-token.iss", "iss is the issuer", "OIDC Core §3.1.3.7");
static AUD: Demand = Demand::new("id-token.aud", "aud holds the client, and azp is it", "OIDC Core §3.1.3.7");
static TIMES: Demand = Demand::new("id-token.times", "iat is now, and exp is to come", "OIDC Core §3.1.3.7");
static SUB: Demand = Demand::new("id-token.sub", "sub is ASCII text of 1 to 255 characters", "OIDC Core §2");
static NONCE: Demand = Demand::new("id-token.nonce", "nonce is the one that was sent", "OIDC Core §3.1.3.7");
static AT_HASH: Demand = Demand::new("id-token.at-hash", "at_hash fits the access token", "OIDC Core §3.2.2.9");
static C_HASH: Demand = Demand::new("id-token.c-hash", "c_hash fits the code", "OIDC Core §3.3.2.11");
static AUTH_TIME: Demand =
    Demand::new("id-token.auth-time", "auth_time is a time in the past, there if asked for", "OIDC Core §2");
static ACR: Demand = Demand::new("id-token.acr", "acr is no empty text", "OIDC Core §2");
static LEAN: Demand = Demand::new("id-token.lean", "claims of scopes stand in userinfo, not in it", "OIDC Core §5.4");

/// How far its clock and ours may differ, in seconds; the suite's own measure.
const SKEW: i64 = 300;

/// What it must be.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The client it is for.
    pub client_id: &'a str,
    /// The announced algorithms.
    pub algorithms: &'a [&'a str],
    /// The nonce that was sent; none was if `None`.
    pub nonce: Option<&'a str>,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// The code that came with it, from the authorization endpoint.
    pub code: Option<&'a str>,
    /// Whether it came from the authorization endpoint, where hashes are compulsory.
    pub by_browser: bool,
    /// Whether `max_age` was asked for, so that `auth_time` must be there.
    pub auth_time: bool,
    /// Whether it was refreshed: it has a nonce then only if it wants to (OpenID Connect Core §12.2).
    pub refreshed: bool,
    /// Now.
    pub now: Timestamp,
}

/// Its claims, whether or not anything about it is right.
pub fn claims(jwt: &str) -> Option<Map<String, Value>> {
    part(jwt, 1)
}

fn part(jwt: &str, place: usize) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(place)?).ok()?).ok()
}

/// Judges a token by the published keys.
pub fn judge_id_token(jwt: &str, keys: &ClientKeys, expect: &Expect<'_>) -> Vec<Finding> {
    let (Some(header), Some(claims), 3) = (part(jwt, 0), part(jwt, 1), jwt.split('.').count()) else {
        return vec![if jwt.split('.').count() == 5 {
            FORM.not_applicable("it is encrypted: use a test app without id_token encryption")
        } else {
            FORM.judge(false, "not three parts of base64url")
        }];
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let alg = header.get("alg").and_then(Value::as_str).unwrap_or("no alg");
    let kid = header.get("kid").and_then(Value::as_str);
    let known = kid.is_some_and(|kid| keys.keys().iter().any(|key| key.kid.as_deref() == Some(kid)));
    vec![
        FORM.judge(true, "a JWS"),
        ALG.judge(expect.algorithms.contains(&alg) && alg != "none", alg),
        KEY.judge(known, kid.unwrap_or("no kid")),
        if known { signature(jwt, keys) } else { SIGNATURE.not_applicable("its key is not known") },
        ISS.judge(text("iss") == Some(expect.issuer), text("iss").unwrap_or("no iss")),
        audience(&claims, expect.client_id),
        times(&claims, expect.now),
        SUB.judge(
            text("sub").is_some_and(|sub| (1..=255).contains(&sub.len()) && sub.is_ascii()),
            text("sub").map_or_else(|| "no sub".to_owned(), |sub| format!("{} characters", sub.chars().count())),
        ),
        nonce(text("nonce"), expect),
        hash(&AT_HASH, text("at_hash"), expect.access_token, alg, expect.by_browser),
        hash(&C_HASH, text("c_hash"), expect.code, alg, expect.by_browser),
        auth_time(claims.get("auth_time"), expect),
        match claims.get("acr") {
            None => ACR.not_applicable("no acr"),
            Some(acr) => ACR.judge(acr.as_str().is_some_and(|acr| !acr.is_empty()), acr.to_string()),
        },
        lean(&claims, expect.access_token.is_some() || expect.code.is_some()),
    ]
}

fn signature(jwt: &str, keys: &ClientKeys) -> Finding {
    match verify_with(keys, jwt, &JwsAlgorithm::ASYMMETRIC) {
        Ok(_) => SIGNATURE.judge(true, "right"),
        Err(Refused::UnknownKey) => SIGNATURE.judge(false, "its key is not for its algorithm"),
        Err(Refused::Signature) => SIGNATURE.judge(false, "wrong"),
        Err(other) => SIGNATURE.judge(false, format!("{other:?}")),
    }
}

fn audience(claims: &Map<String, Value>, client_id: &str) -> Finding {
    let aud = claims.get("aud").unwrap_or(&Value::Null);
    let holds = match aud.as_array() {
        Some(all) => all.iter().any(|one| one.as_str() == Some(client_id)),
        None => aud.as_str() == Some(client_id),
    };
    let azp = claims.get("azp").is_none_or(|azp| azp.as_str() == Some(client_id));
    AUD.judge(holds && azp, aud.to_string())
}

fn times(claims: &Map<String, Value>, now: Timestamp) -> Finding {
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(iat), Some(exp)) = (time("iat"), time("exp")) else { return TIMES.judge(false, "no iat or exp") };
    let (age, left) = (now.seconds() - iat, exp - now.seconds());
    TIMES.judge(age.abs() <= SKEW && left > -SKEW && exp > iat, format!("made {age} s ago, good for {} s", exp - iat))
}

fn nonce(said: Option<&str>, expect: &Expect<'_>) -> Finding {
    let seen = match said {
        None => "none",
        Some(said) if Some(said) == expect.nonce => "the same",
        Some(_) => "another",
    };
    NONCE.judge(said == expect.nonce || (expect.refreshed && said.is_none()), seen)
}

/// The left half of a hash (OpenID Connect Core §3.1.3.6). From the token endpoint it may be left out, but never wrong.
fn hash(demand: &'static Demand, said: Option<&str>, of: Option<&str>, alg: &str, needed: bool) -> Finding {
    let Some(of) = of else { return demand.not_applicable("nothing came with it") };
    let Some(said) = said else {
        return if needed { demand.judge(false, "none") } else { demand.not_applicable("none, which is allowed here") };
    };
    let algorithm = match alg.get(2..) {
        Some("256") => &digest::SHA256,
        Some("384") => &digest::SHA384,
        // Ed25519 hashes with SHA-512 inside.
        _ => &digest::SHA512,
    };
    let whole = digest::digest(algorithm, of.as_bytes());
    let (left, _) = whole.as_ref().split_at(whole.as_ref().len() / 2);
    demand.judge(said == URL_SAFE_NO_PAD.encode(left), said)
}

fn auth_time(said: Option<&Value>, expect: &Expect<'_>) -> Finding {
    match said {
        None if expect.auth_time => AUTH_TIME.judge(false, "none, though max_age was sent"),
        None => AUTH_TIME.not_applicable("none, and not asked for"),
        Some(said) => {
            let past = said.as_i64().is_some_and(|at| at > 0 && at <= expect.now.seconds() + SKEW);
            AUTH_TIME.judge(past, said.to_string())
        }
    }
}

fn lean(claims: &Map<String, Value>, has_userinfo: bool) -> Finding {
    let of_scopes = ["name", "given_name", "family_name", "email", "address", "phone_number", "birthdate", "profile"];
    let said: Vec<&str> = of_scopes.into_iter().filter(|name| claims.contains_key(*name)).collect();
    if has_userinfo {
        LEAN.judge(said.is_empty(), if said.is_empty() { "none of them".to_owned() } else { said.join(", ") })
    } else {
        LEAN.not_applicable("no userinfo comes with it")
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::super::keys::verifying;
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn set() -> ClientKeys {
        let x = URL_SAFE_NO_PAD.encode(pair().public_key().as_ref());
        verifying(
            &json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "one", "alg": "EdDSA", "use": "sig"}]}),
        )
    }

    fn signed(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(pair().sign(message.as_bytes()).as_ref());
        format!("{message}.{signature}")
    }

    fn half(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA512, text.as_bytes()).as_ref()[..32])
    }

    fn right() -> Value {
        json!({
            "iss": "https://login.example", "aud": "app", "sub": "anna", "iat": 1_800_000_000, "exp": 1_800_000_600,
            "nonce": "n", "at_hash": half("token"), "c_hash": half("code"), "auth_time": 1_799_999_000, "acr": "1",
        })
    }

    fn expect() -> Expect<'static> {
        Expect {
            issuer: "https://login.example",
            client_id: "app",
            algorithms: &["EdDSA"],
            nonce: Some("n"),
            access_token: Some("token"),
            code: Some("code"),
            by_browser: true,
            auth_time: true,
            refreshed: false,
            now: Timestamp::from_seconds(1_800_000_010),
        }
    }

    fn failed(jwt: &str, expect: &Expect<'_>) -> Vec<&'static str> {
        let found = judge_id_token(jwt, &set(), expect);
        found.iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.demand.id).collect()
    }

    fn header() -> Value {
        json!({"alg": "EdDSA", "kid": "one", "typ": "JWT"})
    }

    #[test]
    fn a_right_one_keeps_every_demand() {
        assert_eq!(failed(&signed(&header(), &right()), &expect()), Vec::<&str>::new());
    }

    #[test]
    fn one_thing_that_is_wrong_is_one_failure_with_its_name() {
        for (claim, value, wanted) in [
            ("iss", json!("https://login.example/"), "id-token.iss"),
            ("aud", json!("other"), "id-token.aud"),
            ("aud", json!(["other"]), "id-token.aud"),
            ("azp", json!("other"), "id-token.aud"),
            ("iat", json!(1_700_000_000), "id-token.times"),
            ("exp", json!(1_799_999_000), "id-token.times"),
            ("exp", json!("soon"), "id-token.times"),
            ("sub", json!(""), "id-token.sub"),
            ("sub", json!("å"), "id-token.sub"),
            ("nonce", json!("other"), "id-token.nonce"),
            ("at_hash", json!(half("other")), "id-token.at-hash"),
            ("at_hash", Value::Null, "id-token.at-hash"),
            ("nonce", Value::Null, "id-token.nonce"),
            ("c_hash", json!("x"), "id-token.c-hash"),
            ("auth_time", json!("then"), "id-token.auth-time"),
            ("acr", json!(""), "id-token.acr"),
            ("email", json!("anna@nordvik.example"), "id-token.lean"),
        ] {
            let mut claims = right();
            claims[claim] = value.clone();
            assert_eq!(failed(&signed(&header(), &claims), &expect()), [wanted], "{claim}: {value}");
        }
        let other_key = json!({"alg": "EdDSA", "kid": "two"});
        assert_eq!(failed(&signed(&other_key, &right()), &expect()), ["id-token.key"]);
        let whole = signed(&header(), &right());
        let forged = whole.rsplit_once('.').map(|(message, _)| format!("{message}.{}", "A".repeat(86))).unwrap();
        assert_eq!(failed(&forged, &expect()), ["id-token.signature"]);
        assert_eq!(failed("a.b.c", &expect()), ["id-token.form"]);
    }

    #[test]
    fn from_the_token_endpoint_hashes_may_be_left_out_but_never_wrong() {
        let mut claims = right();
        let expect = Expect { by_browser: false, ..expect() };
        claims["at_hash"] = json!("x");
        assert_eq!(failed(&signed(&header(), &claims), &expect), ["id-token.at-hash"]);
        claims.as_object_mut().unwrap().remove("at_hash");
        assert_eq!(failed(&signed(&header(), &claims), &expect), Vec::<&str>::new());
    }

    #[test]
    fn an_unsigned_one_is_never_right() {
        let claims = right();
        let unsigned = signed(&json!({"alg": "none"}), &claims);
        let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
        assert_eq!(
            failed(&unsigned, &Expect { algorithms: &["EdDSA", "none"], ..expect() }),
            ["id-token.alg", "id-token.key"]
        );
    }
}
