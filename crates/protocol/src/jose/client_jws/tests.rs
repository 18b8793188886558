use super::super::aws_lc::{RsaKey, RsaSize};
use super::*;
use proptest::prelude::*;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RsaEncoding,
};
use serde_json::json;
use std::sync::LazyLock;

#[expect(clippy::disallowed_methods, reason = "a test has no flow that could hand the dice in")]
fn rng() -> SystemRandom {
    SystemRandom::new()
}

/// An app's keys, made once.
struct App {
    rsa: signature::RsaKeyPair,
    p256: EcdsaKeyPair,
    p384: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

static APP: LazyLock<App> = LazyLock::new(|| {
    let ec = |algorithm: &'static EcdsaSigningAlgorithm| {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &rng()).unwrap();
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &rng()).unwrap()
    };
    App {
        rsa: signature::RsaKeyPair::from_pkcs8(RsaKey::generate(RsaSize::Bits2048).unwrap().reveal()).unwrap(),
        p256: ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
        p384: ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
        ed: Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&rng()).unwrap().as_ref()).unwrap(),
    }
});

const SECRET: &[u8] = b"6M6FZ8pYjYqZ6M2oQ8tqfX7m4bJ8l0wq2bq0cZ6y3XQ-and-one-as-long-as-that-for-HS512-0123456";

fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sign(algorithm: JwsAlgorithm, message: &[u8]) -> Vec<u8> {
    let rsa = |encoding: &'static dyn RsaEncoding| {
        let mut signature = vec![0; APP.rsa.public().modulus_len()];
        APP.rsa.sign(encoding, &rng(), message, &mut signature).unwrap();
        signature
    };
    let mac = |hash| hmac::sign(&hmac::Key::new(hash, SECRET), message).as_ref().to_vec();
    match algorithm {
        JwsAlgorithm::Hs256 => mac(hmac::HMAC_SHA256),
        JwsAlgorithm::Hs384 => mac(hmac::HMAC_SHA384),
        JwsAlgorithm::Hs512 => mac(hmac::HMAC_SHA512),
        JwsAlgorithm::Rs256 => rsa(&signature::RSA_PKCS1_SHA256),
        JwsAlgorithm::Rs384 => rsa(&signature::RSA_PKCS1_SHA384),
        JwsAlgorithm::Rs512 => rsa(&signature::RSA_PKCS1_SHA512),
        JwsAlgorithm::Ps256 => rsa(&signature::RSA_PSS_SHA256),
        JwsAlgorithm::Ps384 => rsa(&signature::RSA_PSS_SHA384),
        JwsAlgorithm::Ps512 => rsa(&signature::RSA_PSS_SHA512),
        JwsAlgorithm::Es256 => APP.p256.sign(&rng(), message).unwrap().as_ref().to_vec(),
        JwsAlgorithm::Es384 => APP.p384.sign(&rng(), message).unwrap().as_ref().to_vec(),
        JwsAlgorithm::EdDsa => APP.ed.sign(message).as_ref().to_vec(),
    }
}

/// A JWS by the key of `algorithm`, under any header and payload.
fn jws_of(algorithm: JwsAlgorithm, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", b64(header.as_bytes()), b64(payload.as_bytes()));
    let signature = b64(&sign(algorithm, message.as_bytes()));
    format!("{message}.{signature}")
}

fn jws(algorithm: JwsAlgorithm, more: &str) -> String {
    jws_of(algorithm, &format!(r#"{{"alg":"{algorithm}"{more}}}"#), r#"{"iss":"app_1","sub":"app_1","n":1}"#)
}

fn ec_jwk(crv: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({ "kty": "EC", "crv": crv, "x": b64(x), "y": b64(y), "kid": crv })
}

fn jwks() -> Vec<Value> {
    let rsa = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(APP.rsa.public());
    vec![
        json!({ "kty": "RSA", "n": b64(&rsa.n), "e": b64(&rsa.e), "kid": "rsa", "use": "sig" }),
        ec_jwk("P-256", APP.p256.public_key().as_ref()),
        ec_jwk("P-384", APP.p384.public_key().as_ref()),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(APP.ed.public_key().as_ref()), "kid": "ed" }),
    ]
}

fn set(keys: &[Value]) -> ClientKeys {
    ClientKeys::of_value(&json!({ "keys": keys })).unwrap()
}

fn check(jws: &str) -> Result<Signed, Refused> {
    verify_with(&set(&jwks()), jws, &JwsAlgorithm::ASYMMETRIC)
}

#[test]
fn an_apps_signature_is_taken_by_every_algorithm_and_only_by_an_allowed_one() {
    for algorithm in JwsAlgorithm::ASYMMETRIC {
        let token = jws(algorithm, r#","typ":"JWT""#);
        let signed = check(&token).unwrap();
        assert_eq!((signed.algorithm, signed.typ.as_deref()), (algorithm, Some("JWT")));
        assert_eq!(signed.claims.text("iss"), Some("app_1"));
        let others: Vec<_> = JwsAlgorithm::ALL.into_iter().filter(|other| *other != algorithm).collect();
        assert_eq!(verify_with(&set(&jwks()), &token, &others), Err(Refused::Algorithm), "{algorithm}");
    }
    for algorithm in JwsAlgorithm::SYMMETRIC {
        let token = jws(algorithm, "");
        assert_eq!(verify_with_secret(SECRET, &token, &[algorithm]).unwrap().algorithm, algorithm);
        assert_eq!(verify_with_secret(&[7; 64], &token, &[algorithm]), Err(Refused::Signature));
        assert_eq!(verify_with_secret(SECRET, &token, &JwsAlgorithm::ASYMMETRIC), Err(Refused::Algorithm));
    }
}

#[test]
fn a_secret_is_as_long_as_the_hash_that_it_keys() {
    let allowed = JwsAlgorithm::SYMMETRIC;
    for (algorithm, hash, least) in [
        (JwsAlgorithm::Hs256, hmac::HMAC_SHA256, 32),
        (JwsAlgorithm::Hs384, hmac::HMAC_SHA384, 48),
        (JwsAlgorithm::Hs512, hmac::HMAC_SHA512, 64),
    ] {
        let token = jws(algorithm, "");
        let message = token.rsplit_once('.').unwrap().0;
        for (length, is_taken) in [(least, true), (least - 1, false)] {
            let secret = SECRET.get(..length).unwrap();
            let tag = b64(hmac::sign(&hmac::Key::new(hash, secret), message.as_bytes()).as_ref());
            let verified = verify_with_secret(secret, &format!("{message}.{tag}"), &allowed).map(drop);
            assert_eq!(verified, if is_taken { Ok(()) } else { Err(Refused::Algorithm) }, "{algorithm} {length}");
        }
    }
}

#[test]
fn a_public_key_is_never_a_secret_and_a_secret_never_a_key() {
    for algorithm in JwsAlgorithm::SYMMETRIC {
        assert_eq!(verify_with(&set(&jwks()), &jws(algorithm, ""), &JwsAlgorithm::ALL), Err(Refused::UnknownKey));
    }
    for algorithm in JwsAlgorithm::ASYMMETRIC {
        let token = jws(algorithm, "");
        assert_eq!(verify_with_secret(SECRET, &token, &JwsAlgorithm::ALL), Err(Refused::Algorithm));
    }
    // The classic: the public key's own bytes as an HMAC secret.
    let public = jwks()[3]["x"].as_str().unwrap().to_owned();
    let message = format!("{}.{}", b64(br#"{"alg":"HS256","kid":"ed"}"#), b64(b"{}"));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), message.as_bytes());
    let token = format!("{message}.{}", b64(mac.as_ref()));
    assert_eq!(verify_with(&set(&jwks()), &token, &JwsAlgorithm::ALL), Err(Refused::UnknownKey));
}

#[test]
fn the_header_names_the_key_and_the_key_settles_its_algorithm() {
    assert!(check(&jws(JwsAlgorithm::EdDsa, r#","kid":"ed""#)).is_ok());
    assert_eq!(check(&jws(JwsAlgorithm::EdDsa, r#","kid":"rsa""#)), Err(Refused::UnknownKey));
    assert_eq!(check(&jws(JwsAlgorithm::EdDsa, r#","kid":"new""#)), Err(Refused::UnknownKey));
    assert_eq!(check(&jws(JwsAlgorithm::EdDsa, r#","kid":7"#)), Err(Refused::Form));
    for (name, value) in [("alg", "RS512"), ("use", "enc")] {
        let mut keys = jwks();
        keys[0][name] = json!(value);
        let outcome = verify_with(&set(&keys), &jws(JwsAlgorithm::Rs256, ""), &JwsAlgorithm::ASYMMETRIC);
        assert_eq!(outcome, Err(Refused::UnknownKey), "{name} {value}");
    }
}

#[test]
fn keys_of_one_name_are_all_tried_but_not_without_end() {
    let stranger = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let token = jws(JwsAlgorithm::EdDsa, r#","kid":"ed""#);
    for (strangers, right) in [(0, true), (1, true), (MAX_TRIES - 1, true), (MAX_TRIES, false)] {
        let mut keys = vec![stranger.clone(); strangers];
        keys.push(jwks()[3].clone());
        let outcome = verify_with(&set(&keys), &token, &JwsAlgorithm::ASYMMETRIC);
        assert_eq!(outcome.map(drop), if right { Ok(()) } else { Err(Refused::Signature) }, "{strangers}");
    }
}

#[test]
fn what_is_unsigned_or_asks_for_more_is_refused() {
    let payload = r#"{"iss":"app_1"}"#;
    for alg in ["none", "None", "NONE", "", "ES512", "EDDSA", "rs256"] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        let bare = format!("{}.{}.", b64(header.as_bytes()), b64(payload.as_bytes()));
        assert_eq!(verify_with(&set(&jwks()), &bare, &JwsAlgorithm::ALL), Err(Refused::Algorithm), "{alg}");
        assert_eq!(verify_with_secret(SECRET, &bare, &JwsAlgorithm::ALL), Err(Refused::Algorithm), "{alg}");
    }
    assert_eq!(check(&jws_of(JwsAlgorithm::EdDsa, "{}", payload)), Err(Refused::Algorithm));
    for name in EXTENSIONS {
        let token = jws(JwsAlgorithm::EdDsa, &format!(r#","{name}":[]"#));
        assert_eq!(check(&token), Err(Refused::Extension), "{name}");
    }
    assert!(check(&jws(JwsAlgorithm::EdDsa, r#","x5t#S256":"AA","iat":1"#)).is_ok(), "unknown members mean nothing");
}

#[test]
fn a_token_in_another_spelling_is_refused() {
    let right = jws(JwsAlgorithm::EdDsa, "");
    assert!(check(&right).is_ok());
    assert_eq!(check(&format!("{right}=")), Err(Refused::Form));
    assert_eq!(check(&format!(".{right}")), Err(Refused::Form));
    assert_eq!(check(&format!("{right}.")), Err(Refused::Form));
    assert_eq!(check(&format!(" {right}")), Err(Refused::Form));
    assert_eq!(check(&"a".repeat(MAX_TOKEN + 1)), Err(Refused::TooLong));
    let twice = jws_of(JwsAlgorithm::EdDsa, r#"{"alg":"EdDSA"}"#, r#"{"iss":"a","iss":"b"}"#);
    assert_eq!(check(&twice), Err(Refused::Form));
    let list = jws_of(JwsAlgorithm::EdDsa, r#"{"alg":"EdDSA"}"#, "[]");
    assert_eq!(check(&list), Err(Refused::Form));
    let alg_twice = jws_of(JwsAlgorithm::EdDsa, r#"{"alg":"EdDSA","alg":"RS256"}"#, "{}");
    assert_eq!(check(&alg_twice), Err(Refused::Form));
}

#[test]
fn what_is_claimed_can_be_read_before_it_is_known() {
    let token = jws(JwsAlgorithm::EdDsa, r#","kid":"ed""#);
    assert_eq!((claimed(&token, "sub").as_deref(), claimed(&token, "n")), (Some("app_1"), None));
    assert_eq!((claimed_kid(&token).as_deref(), claimed_kid(&jws(JwsAlgorithm::EdDsa, ""))), (Some("ed"), None));
    assert_eq!((claimed("a.b", "sub"), claimed_kid("")), (None, None));
}

#[test]
fn the_fuzz_entry_has_all_its_keys_and_refuses_noise() {
    assert_eq!(ClientKeys::parse(FUZZ_SET.as_bytes()).unwrap().keys().len(), 3);
    for noise in [&b""[..], b"..", b"e30.e30.e30", b"\xff"] {
        fuzz_client_jws(noise);
    }
}

proptest! {
    #[test]
    fn one_changed_character_breaks_the_signature(
        which in 0..JwsAlgorithm::ASYMMETRIC.len(), at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]",
    ) {
        let token = jws(JwsAlgorithm::ASYMMETRIC[which], "");
        let at = at.index(token.len());
        prop_assume!(token.as_bytes()[at] != b'.' && token[at..=at] != to);
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assert!(check(&changed).is_err());
    }
}
