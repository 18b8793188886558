//! Keys that apps serve: fetched once, aged, and looked for again when an app changes them.

use crate::kit::World;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_flows::keeper::documents::{self, DocumentFault, Unverified};
use portvakt_flows::outside::{Behalf, FetchFault, FetchMethod, FetchPurpose, Fetched};
use portvakt_model::Seconds;
use portvakt_model::app::metadata::{JwsAlgorithm, KeySource};
use portvakt_protocol::jose::{KeysRefused, Refused, Signed};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

const URL: &str = "https://rp.example/jwks";

/// An app's key, made of one number.
struct Key {
    kid: Option<&'static str>,
    pair: Ed25519KeyPair,
}

impl Key {
    fn new(kid: Option<&'static str>, seed: u8) -> Self {
        Self { kid, pair: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap() }
    }

    fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        let mut jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        if let Some(kid) = self.kid {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    fn sign(&self) -> String {
        let mut header = json!({ "alg": "EdDSA" });
        if let Some(kid) = self.kid {
            header["kid"] = kid.into();
        }
        let claims = json!({ "iss": "app", "sub": "app" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.pair.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

fn set(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}

fn by_reference() -> KeySource {
    KeySource::JwksUri(URL.to_owned())
}

fn verify(world: &World, source: &KeySource, jws: &str) -> Result<Signed, Unverified> {
    world.run(documents::verify(&world.ctx, &Behalf::Operator, source, jws, &JwsAlgorithm::ASYMMETRIC))
}

#[test]
fn many_who_come_with_one_apps_signature_make_one_request() {
    let world = World::sqlite();
    let key = Key::new(Some("one"), 1);
    world.serve_json(URL, &set(&[&key]));
    let outcomes =
        world.at_once(
            (0..100).map(|_| {
                let (ctx, jws) = (world.ctx.clone(), key.sign());
                async move {
                    documents::verify(&ctx, &Behalf::Operator, &by_reference(), &jws, &JwsAlgorithm::ASYMMETRIC).await
                }
            }),
        );
    assert!(outcomes.iter().all(Result::is_ok));
    let fetches = world.fetches();
    assert_eq!(fetches.len(), 1);
    assert_eq!((fetches[0].url.as_str(), fetches[0].purpose), (URL, FetchPurpose::Jwks));
    assert_eq!(fetches[0].method, FetchMethod::Get);
}

#[test]
fn a_key_that_an_app_changed_is_honoured_at_once_and_the_next_within_a_minute() {
    let world = World::sqlite();
    let [one, two, three] = [("one", 1), ("two", 2), ("three", 3)].map(|(kid, seed)| Key::new(Some(kid), seed));
    world.serve_json(URL, &set(&[&one]));
    assert!(verify(&world, &by_reference(), &one.sign()).is_ok());
    world.serve_json(URL, &set(&[&one, &two]));
    assert!(verify(&world, &by_reference(), &two.sign()).is_ok(), "at once");
    assert_eq!(world.fetches().len(), 2);
    world.serve_json(URL, &set(&[&three]));
    for _ in 0..50 {
        let unknown = Err(Unverified::Refused(Refused::UnknownKey));
        assert_eq!(verify(&world, &by_reference(), &three.sign()), unknown);
    }
    assert!(world.fetches().is_empty(), "whoever invents key ids causes no requests");
    world.later(Seconds(30));
    assert!(verify(&world, &by_reference(), &three.sign()).is_ok());
    assert_eq!(world.fetches().len(), 1);
    let gone = Err(Unverified::Refused(Refused::UnknownKey));
    assert_eq!(verify(&world, &by_reference(), &two.sign()), gone, "a key that was taken out is out");
}

#[test]
fn a_key_without_a_name_may_change_too() {
    let world = World::sqlite();
    let (old, new) = (Key::new(None, 1), Key::new(None, 2));
    world.serve_json(URL, &set(&[&old]));
    assert!(verify(&world, &by_reference(), &old.sign()).is_ok());
    world.serve_json(URL, &set(&[&new]));
    assert!(verify(&world, &by_reference(), &new.sign()).is_ok());
    assert_eq!(verify(&world, &by_reference(), &old.sign()), Err(Unverified::Refused(Refused::Signature)));
    assert_eq!(world.fetches().len(), 2);
}

#[test]
fn a_server_that_does_not_answer_is_left_alone_for_a_while() {
    let world = World::sqlite();
    let key = Key::new(Some("one"), 1);
    for _ in 0..10 {
        let down = Err(Unverified::Keys(DocumentFault::Fetch(FetchFault::Connect)));
        assert_eq!(verify(&world, &by_reference(), &key.sign()), down);
    }
    assert_eq!(world.fetches().len(), 1);
    world.serve_json(URL, &set(&[&key]));
    world.later(Seconds(5));
    assert!(verify(&world, &by_reference(), &key.sign()).is_ok());
}

#[test]
fn what_is_no_key_set_is_none() {
    let key = Key::new(Some("one"), 1);
    let mut private = key.jwk();
    private["d"] = "AA".into();
    let text = |status: u16, text: &str| Fetched { status, body: text.as_bytes().to_vec(), ..Fetched::default() };
    for (answer, fault) in [
        (text(404, "{\"keys\":[]}"), DocumentFault::Status(404)),
        (text(204, ""), DocumentFault::Status(204)),
        (text(200, "<html>"), DocumentFault::Keys(KeysRefused::Form)),
        (text(200, &json!({ "keys": [private] }).to_string()), DocumentFault::Keys(KeysRefused::Private)),
    ] {
        let world = World::sqlite();
        world.serve(URL, Ok(answer));
        assert_eq!(verify(&world, &by_reference(), &key.sign()), Err(Unverified::Keys(fault)));
    }
}

#[test]
fn nothing_is_fetched_for_what_no_key_could_make_right_nor_for_keys_by_value() {
    let world = World::sqlite();
    let key = Key::new(Some("one"), 1);
    let jws = key.sign();
    for (wrong, why) in [
        ("a.b".to_owned(), Refused::Form),
        (format!("{jws}."), Refused::Form),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), Refused::Algorithm),
        ("eyJhbGciOiJIUzI1NiJ9.e30.AAAA".to_owned(), Refused::Algorithm),
    ] {
        assert_eq!(verify(&world, &by_reference(), &wrong), Err(Unverified::Refused(why)), "{wrong}");
    }
    assert!(verify(&world, &KeySource::Jwks(set(&[&key])), &jws).is_ok());
    let other = KeySource::Jwks(set(&[&Key::new(Some("one"), 2)]));
    assert_eq!(verify(&world, &other, &jws), Err(Unverified::Refused(Refused::Signature)));
    assert!(world.fetches().is_empty());
}

#[test]
fn other_documents_are_kept_for_a_moment_only() {
    let world = World::sqlite();
    let url = "https://rp.example/sector";
    world.serve_json(url, &json!(["https://rp.example/cb"]));
    let get = |purpose| {
        let get = world.ctx.keeper.documents().get(&world.ctx, &Behalf::Operator, purpose, url, "application/json");
        world.run(get).map(|fetched| String::from_utf8(fetched.body.clone()).unwrap())
    };
    assert_eq!(get(FetchPurpose::SectorIdentifier).as_deref(), Ok(r#"["https://rp.example/cb"]"#));
    assert!(get(FetchPurpose::SectorIdentifier).is_ok());
    assert_eq!(world.fetches().len(), 1);
    world.serve_json(url, &json!([]));
    world.later(Seconds(10));
    assert_eq!(get(FetchPurpose::SectorIdentifier).as_deref(), Ok("[]"));
    assert!(get(FetchPurpose::RequestObject).is_ok());
    assert_eq!(world.fetches().len(), 2, "another purpose has its own");
}
