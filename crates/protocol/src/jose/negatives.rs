//! Tokens that must not be taken: one test a class, each with a key that would have signed it rightly.

use super::*;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::{hmac, rand};
use serde_json::{Value, json};
use std::sync::LazyLock;

const ISSUER: &str = "https://id.nordvik.test";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

#[expect(clippy::disallowed_methods, reason = "a test has no flow that could hand the dice in")]
fn rng() -> SystemRandom {
    SystemRandom::new()
}

/// One key of each algorithm, made once: RSA takes its time.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    Algorithm::ALL
        .into_iter()
        .map(|algorithm| SigningKey::generate(algorithm, RsaSize::Bits2048, &rng()).unwrap().0)
        .collect()
});

fn verifying() -> Vec<VerifyingKey> {
    KEYS.iter().map(|key| key.verifying_key().unwrap()).collect()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ["https://api.nordvik.test", ISSUER], "sub": "s", "client_id": "app_1", "jti": "j",
        "exp": 1_800_000_600, "iat": 1_800_000_000, "scope": "openid",
    })
}

fn token(key: &SigningKey, claims: &Value) -> String {
    key.sign(TokenType::AccessToken, claims, &rng()).unwrap()
}

fn check(token: &str) -> Result<Claims, Refused> {
    verify(token, &verifying(), &Expect::access_token(ISSUER, ISSUER), NOW)
}

fn key(algorithm: Algorithm) -> &'static SigningKey {
    KEYS.iter().find(|key| key.algorithm() == algorithm).unwrap()
}

/// A token whose header and payload are given as text, rightly signed by the Ed25519 key.
fn signed_raw(header: &str, payload: &str) -> String {
    // The key signs whatever message it is given, so the message is made first and its signature lifted from it.
    let (_, pkcs8) = &*RAW;
    let pair = ring::signature::Ed25519KeyPair::from_pkcs8(pkcs8.reveal()).unwrap();
    let message = format!("{}.{}", B64.encode(header), B64.encode(payload));
    let signature = B64.encode(pair.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

static RAW: LazyLock<(SigningKey, portvakt_model::Secret<Vec<u8>>)> =
    LazyLock::new(|| SigningKey::generate(Algorithm::EdDsa, RsaSize::Bits2048, &rng()).unwrap());

fn check_raw(token: &str) -> Result<Claims, Refused> {
    verify(token, &[RAW.0.verifying_key().unwrap()], &Expect::access_token(ISSUER, ISSUER), NOW)
}

fn raw_header(more: &str) -> String {
    format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{}"{more}}}"#, RAW.0.kid())
}

#[test]
fn what_we_sign_we_take_back_by_every_algorithm() {
    for key in KEYS.iter() {
        let claims = check(&token(key, &claims())).unwrap();
        assert_eq!(claims.text("client_id"), Some("app_1"));
        assert_eq!(claims.audience(), Some(vec!["https://api.nordvik.test", ISSUER]));
        assert_eq!(claims.time("exp"), Some(Timestamp::from_seconds(1_800_000_600)));
    }
    assert!(check_raw(&signed_raw(&raw_header(""), &claims().to_string())).is_ok());
}

#[test]
fn a_stored_key_reads_back_as_itself_and_as_no_other() {
    for algorithm in Algorithm::ALL {
        let (key, pkcs8) = SigningKey::generate(algorithm, RsaSize::Bits2048, &rng()).unwrap();
        for other in Algorithm::ALL {
            let read = SigningKey::from_pkcs8(other, pkcs8.reveal(), &rng());
            assert_eq!(read.is_ok(), other == algorithm, "{algorithm} read as {other}");
        }
        let again = SigningKey::from_pkcs8(algorithm, pkcs8.reveal(), &rng()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert_eq!(again.kid(), again.public_jwk().key.thumbprint());
        let public = serde_json::to_value(again.public_jwk()).unwrap();
        let members: Vec<&str> = public.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(members.iter().all(|name| ["kty", "use", "alg", "kid", "crv", "x", "y", "n", "e"].contains(name)));
    }
}

#[test]
fn a_token_without_a_signature_is_refused_however_none_is_spelled() {
    let payload = B64.encode(claims().to_string());
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = B64.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"{}"}}"#, KEYS[0].kid()));
        assert_eq!(check(&format!("{header}.{payload}.")), Err(Refused::Algorithm));
    }
    let right = token(&KEYS[1], &claims());
    let (unsigned, _) = right.rsplit_once('.').unwrap();
    assert_eq!(check(&format!("{unsigned}.")), Err(Refused::Signature));
    assert_eq!(check(unsigned), Err(Refused::Form));
}

#[test]
fn a_public_key_is_never_taken_for_an_hmac_secret() {
    for key in KEYS.iter() {
        let public = serde_json::to_string(&key.public_jwk()).unwrap();
        let header = B64.encode(format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{}"}}"#, key.kid()));
        let message = format!("{header}.{}", B64.encode(claims().to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message.as_bytes());
        assert_eq!(check(&format!("{message}.{}", B64.encode(tag))), Err(Refused::Algorithm));
    }
}

#[test]
fn the_algorithm_is_the_keys_and_the_expected_one() {
    let right = token(key(Algorithm::Es256), &claims());
    let only_rsa = Expect { algorithms: &[Algorithm::Rs256], ..Expect::access_token(ISSUER, ISSUER) };
    assert_eq!(verify(&right, &verifying(), &only_rsa, NOW), Err(Refused::Algorithm));
    // The kid of one key with the algorithm of another.
    let header = B64.encode(format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"{}"}}"#, key(Algorithm::Es256).kid()));
    let (_, rest) = right.split_once('.').unwrap();
    assert_eq!(check(&format!("{header}.{rest}")), Err(Refused::UnknownKey));
}

#[test]
fn a_header_that_brings_its_own_rules_or_keys_is_refused() {
    let jwk = serde_json::to_string(&RAW.0.public_jwk()).unwrap();
    for more in [
        format!(r#","jwk":{jwk}"#),
        r#","jku":"https://evil.test/jwks""#.to_owned(),
        r#","x5u":"https://evil.test/cert""#.to_owned(),
        r#","x5c":["MIIB"]"#.to_owned(),
        r#","x5t":"AA""#.to_owned(),
        r#","x5t#S256":"AA""#.to_owned(),
        r#","crit":["exp"],"exp":1"#.to_owned(),
        r#","crit":[]"#.to_owned(),
        r#","crit":["b64"],"b64":false"#.to_owned(),
        r#","b64":true"#.to_owned(),
        r#","zip":"DEF""#.to_owned(),
        r#","enc":"A256GCM""#.to_owned(),
        r#","p2c":1000000000"#.to_owned(),
        r#","cty":"JWT""#.to_owned(),
    ] {
        let token = signed_raw(&raw_header(&more), &claims().to_string());
        assert_eq!(check_raw(&token), Err(Refused::Extension), "{more}");
    }
}

#[test]
fn a_key_id_is_only_ever_looked_up() {
    for kid in ["", "../../../dev/null", "' or 1=1", "%00", &"k".repeat(4000)] {
        let header = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#);
        assert_eq!(check_raw(&signed_raw(&header, &claims().to_string())), Err(Refused::UnknownKey));
    }
    for header in [r#"{"alg":"EdDSA","typ":"at+jwt"}"#, r#"{"alg":"EdDSA","typ":"at+jwt","kid":7}"#] {
        assert_eq!(check_raw(&signed_raw(header, &claims().to_string())), Err(Refused::UnknownKey));
    }
}

#[test]
fn a_name_that_stands_twice_is_refused_in_header_and_claims() {
    let header = raw_header(r#","alg":"EdDSA""#);
    assert_eq!(check_raw(&signed_raw(&header, &claims().to_string())), Err(Refused::Form));
    let twice = claims().to_string().replacen('{', r#"{"sub":"other","#, 1);
    assert_eq!(check_raw(&signed_raw(&raw_header(""), &twice)), Err(Refused::Form));
    for payload in ["", "[]", "null", "7", "{} {}", "{\"a\":", "\u{feff}{}"] {
        assert_eq!(check_raw(&signed_raw(&raw_header(""), payload)), Err(Refused::Form), "{payload}");
    }
}

#[test]
fn a_token_of_one_type_is_never_another() {
    let keys = verifying();
    for made in TokenType::ALL {
        for asked in TokenType::ALL {
            let token = KEYS[2].sign(made, &claims(), &rng()).unwrap();
            let expect = Expect { types: &[asked], ..Expect::access_token(ISSUER, ISSUER) };
            assert_eq!(verify(&token, &keys, &expect, NOW).is_ok(), made == asked);
        }
    }
    let header = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, RAW.0.kid());
    assert_eq!(check_raw(&signed_raw(&header, &claims().to_string())), Err(Refused::Type));
}

#[test]
fn every_required_claim_is_asked_for_in_its_right_form() {
    for name in ["iss", "aud", "sub", "client_id", "jti", "exp", "iat"] {
        for wrong in [None, Some(Value::Null), Some(json!({})), Some(json!(true)), Some(json!([])), Some(json!([1]))] {
            let mut claims = claims();
            match &wrong {
                None => drop(claims.as_object_mut().unwrap().remove(name)),
                Some(value) => claims[name] = value.clone(),
            }
            assert_eq!(check(&token(&KEYS[2], &claims)), Err(Refused::Claim), "{name} {wrong:?}");
        }
    }
    for (name, wrong) in [
        ("sub", json!("")),
        ("exp", json!("1800000600")),
        ("exp", json!(1.8e9)),
        ("nbf", json!("x")),
        ("exp", json!(u64::MAX)),
    ] {
        let mut claims = claims();
        claims[name] = wrong;
        assert_eq!(check(&token(&KEYS[2], &claims)), Err(Refused::Claim), "{name}");
    }
}

#[test]
fn issuer_and_audience_are_compared_whole() {
    for (name, value, why) in [
        ("iss", json!("https://id.nordvik.test/"), Refused::Issuer),
        ("iss", json!("https://ID.nordvik.test"), Refused::Issuer),
        ("aud", json!("https://api.nordvik.test"), Refused::Audience),
        ("aud", json!(["https://id.nordvik.test.evil.test"]), Refused::Audience),
    ] {
        let mut claims = claims();
        claims[name] = value;
        assert_eq!(check(&token(&KEYS[2], &claims)), Err(why));
    }
}

#[test]
fn time_is_judged_by_the_clock_that_is_handed_in() {
    let token = token(&KEYS[2], &claims());
    let keys = verifying();
    let access = Expect::access_token(ISSUER, ISSUER);
    let at =
        |seconds: i64| verify(&token, &keys, &access, Timestamp::from_seconds(1_800_000_000 + seconds)).map(|_| ());
    assert_eq!(at(604), Ok(()));
    assert_eq!(at(605), Err(Refused::Expired));
    assert_eq!(at(-5), Ok(()));
    assert_eq!(at(-6), Err(Refused::NotYet));
    let mut later = claims();
    later["nbf"] = json!(1_800_000_006);
    assert_eq!(check(&self::token(&KEYS[2], &later)), Err(Refused::NotYet));
}

#[test]
fn a_hint_may_have_expired_and_nothing_else() {
    let hint = KEYS[0]
        .sign(TokenType::Jwt, &json!({"iss": ISSUER, "aud": "app_1", "sub": "s", "exp": 10, "iat": 5}), &rng())
        .unwrap();
    let expect = Expect::id_token_hint(ISSUER);
    assert_eq!(verify(&hint, &verifying(), &expect, NOW).unwrap().audience(), Some(vec!["app_1"]));
    assert_eq!(verify(&hint, &verifying(), &Expect::id_token_hint("https://other.test"), NOW), Err(Refused::Issuer));
    assert_eq!(verify(&hint[..hint.len() - 4], &verifying(), &expect, NOW), Err(Refused::Signature));
}

#[test]
fn an_ecdsa_signature_of_zeros_or_of_another_curve_is_refused() {
    let right = token(key(Algorithm::Es256), &claims());
    let (message, _) = right.rsplit_once('.').unwrap();
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    for signature in [
        vec![0; 64],
        [order.clone(), order].concat(),
        vec![0xff; 64],
        vec![0; 96],
        vec![0x30, 6, 2, 1, 0, 2, 1, 0],
        vec![],
    ] {
        assert_eq!(check(&format!("{message}.{}", B64.encode(signature))), Err(Refused::Signature));
    }
    let (x, y) = (B64.encode([1; 48]), B64.encode([2; 48]));
    for wrong in [
        PublicKey::Ec { crv: "P-384".to_owned(), x: x.clone(), y: y.clone() },
        PublicKey::Ec { crv: "P-256".to_owned(), x, y },
        PublicKey::Okp { crv: "X25519".to_owned(), x: B64.encode([1; 32]) },
        PublicKey::Okp { crv: "Ed25519".to_owned(), x: B64.encode([1; 31]) },
        PublicKey::Rsa { n: "not base64!".to_owned(), e: "AQAB".to_owned() },
    ] {
        assert!(VerifyingKey::from_jwk(&Jwk::new(wrong)).is_none());
    }
    // A point that is on no curve verifies nothing.
    let off = Jwk::new(PublicKey::Ec { crv: "P-256".to_owned(), x: B64.encode([1; 32]), y: B64.encode([2; 32]) });
    let off = Jwk { kid: key(Algorithm::Es256).kid().to_owned(), ..off };
    let keys = [VerifyingKey::from_jwk(&off).unwrap()];
    assert_eq!(verify(&right, &keys, &Expect::access_token(ISSUER, ISSUER), NOW), Err(Refused::Signature));
}

#[test]
fn a_key_entry_is_not_believed_about_its_algorithm() {
    let jwk = Jwk { alg: Algorithm::Rs256, ..key(Algorithm::Es256).public_jwk() };
    assert!(VerifyingKey::from_jwk(&jwk).is_none());
}

#[test]
fn a_token_that_is_too_long_is_not_even_read() {
    let mut long = claims();
    long["scope"] = json!("x".repeat(MAX_TOKEN));
    assert_eq!(check(&token(&KEYS[2], &long)), Err(Refused::TooLong));
}

#[test]
fn every_changed_or_missing_character_is_seen() {
    for key in KEYS.iter() {
        let right = token(key, &claims());
        for at in 0..right.len() {
            assert!(check(&right[..at]).is_err(), "cut at {at}");
            let mut flipped = right.clone().into_bytes();
            flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
            assert!(check(&String::from_utf8(flipped).unwrap()).is_err(), "changed at {at}");
        }
        for suffix in ["A", "=", ".", "\n", " ", "%00", ".e30"] {
            assert!(check(&format!("{right}{suffix}")).is_err(), "{suffix:?}");
        }
    }
}

proptest! {
    #[test]
    fn nothing_that_we_did_not_sign_is_taken(text in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(check(&text).is_err());
    }

    #[test]
    fn each_flipped_bit_is_seen(which in 0_usize..3, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let right = token(&KEYS[which], &claims());
        let mut bytes = right.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(check(&text).is_err());
        }
    }

    #[test]
    fn signing_keeps_every_claim(scope in ".{0,60}", number in any::<i64>()) {
        let mut wanted = claims();
        wanted["scope"] = json!(scope);
        wanted["n"] = json!(number);
        let taken = check(&token(&KEYS[2], &wanted)).unwrap();
        prop_assert_eq!(Value::Object(taken.into_map()), wanted);
    }
}

#[test]
fn a_random_signature_of_the_right_length_is_refused() {
    for key in KEYS.iter() {
        let right = token(key, &claims());
        let (message, signature) = right.rsplit_once('.').unwrap();
        let mut noise = B64.decode(signature).unwrap();
        rand::SecureRandom::fill(&rng(), &mut noise).unwrap();
        assert_eq!(check(&format!("{message}.{}", B64.encode(noise))), Err(Refused::Signature));
    }
}
