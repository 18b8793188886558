//! How programs prove who they are by what they sign: each once, each for itself, and nothing in its place.

use crate::kit::program::{Key, asks, asks_for_itself, asserted, claims_of, machine, register, sign_by, sign_under};
use crate::kit::{ISSUER, TIMECLOCK, World, caller, on_both, params};
use portvakt_flows::app::{Invalid, ProvingFault};
use portvakt_flows::outside::FetchFault;
use portvakt_flows::{introspect, revoke};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{AssertionAudience, JwsAlgorithm, KeySource, Proving};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{AppKind, ClientAuthMethod as Method, Seconds};
use portvakt_protocol::oauth::Why;
use ring::hmac;
use serde_json::{Value, json};

on_both! {
    each_method_takes_its_own_proof_and_no_other,
    what_is_not_right_about_an_assertion_is_refused,
    an_assertion_is_good_once_whoever_comes_at_the_same_time,
    an_assertion_costs_one_statement_and_one_commit,
    the_audience_is_the_endpoint_that_was_called,
    the_strict_profile_takes_the_issuer_alone,
    a_new_key_is_found_where_keys_are_fetched,
    strangers_cause_few_requests_and_keep_nobody_out,
    a_shared_secret_is_kept_sealed_and_ends_with_its_successor,
    a_shared_secret_is_long_enough_for_every_algorithm_that_is_offered,
    what_a_method_needs_must_be_registered,
}

const BOT: &str = "app_bot";
const OTHER: &str = "app_other";
const KEYS: &str = "https://bot.example/jwks";

/// A machine with a key of its own.
fn bot(world: &World, proving: Proving) -> Key {
    let key = Key::new("a");
    let settings = AppSettings { keys: Some(key.source()), proving, ..machine(Method::PrivateKeyJwt) };
    register(&world.ctx, world, BOT, AppKind::Machine, settings).unwrap();
    key
}

fn ask(world: &World, jws: &str) -> Result<(), Why> {
    asks_for_itself(world, &world.ctx, None, &asserted(jws)).map(drop)
}

fn each_method_takes_its_own_proof_and_no_other(world: &World) {
    let key = Key::new("a");
    let mut secrets = Vec::new();
    let all = [Method::ClientSecretBasic, Method::ClientSecretPost, Method::ClientSecretJwt, Method::PrivateKeyJwt];
    for method in all {
        let client = format!("app_{}", method.name());
        let settings = AppSettings { keys: Some(key.source()), ..machine(method) };
        let made = register(&world.ctx, world, &client, AppKind::Machine, settings).unwrap();
        assert_eq!(made.secret.is_some(), method.has_secret(), "{method:?}");
        secrets.push((method, client, made.secret.unwrap_or_else(|| "none".to_owned())));
    }
    for (method, client, secret) in &secrets {
        let by_secret = sign_under(secret.as_bytes(), &claims_of(world, client));
        let by_key = key.sign(&claims_of(world, client));
        let bare = [("client_id", client.as_str())];
        for (proof, right) in [
            (vec![], false),
            (
                vec![("client_secret", secret.as_str())],
                matches!(method, Method::ClientSecretBasic | Method::ClientSecretPost),
            ),
            (asserted(&by_secret).to_vec(), *method == Method::ClientSecretJwt),
            (asserted(&by_key).to_vec(), *method == Method::PrivateKeyJwt),
        ] {
            let proof = [&bare[..], &proof].concat();
            let got = asks_for_itself(world, &world.ctx, None, &proof);
            assert_eq!(got.map(drop), if right { Ok(()) } else { Err(Why::ClientInvalid) }, "{method:?} {proof:?}");
        }
    }
}

fn what_is_not_right_about_an_assertion_is_refused(world: &World) {
    let key = bot(world, Proving::default());
    let stranger = Key::new("a");
    let other = AppSettings { keys: Some(stranger.source()), ..machine(Method::PrivateKeyJwt) };
    register(&world.ctx, world, OTHER, AppKind::Machine, other).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = claims_of(world, BOT);
        claims[name] = value;
        claims
    };
    let now = world.ctx.clock.now().seconds();
    let right = claims_of(world, BOT);
    for (jws, why) in [
        (stranger.sign(&right), Why::ClientInvalid),
        (Key::new("b").sign(&right), Why::ClientInvalid),
        // Its public key for a secret.
        (sign_under(key.set().to_string().as_bytes(), &right), Why::ClientInvalid),
        (format!("{}x", key.sign(&right)), Why::ClientInvalid),
        (key.sign(&with("iss", json!(OTHER))), Why::ClientInvalid),
        (key.sign(&with("aud", json!("https://other.example"))), Why::AssertionAudience),
        (key.sign(&with("exp", json!(now - 300))), Why::AssertionTime),
        (key.sign(&with("exp", json!(now + 7200))), Why::AssertionTime),
        (key.sign(&with("nbf", json!(now + 61))), Why::AssertionTime),
        (key.sign(&with("jti", json!(""))), Why::AssertionUsed),
    ] {
        let whole = [&[("client_id", BOT)][..], &asserted(&jws)].concat();
        assert_eq!(asks_for_itself(world, &world.ctx, None, &whole).map(drop), Err(why));
    }
    // Signed as it must be, and said to be another's.
    let jws = key.sign(&right);
    let as_other = [&[("client_id", OTHER)][..], &asserted(&jws)].concat();
    assert_eq!(asks_for_itself(world, &world.ctx, None, &as_other).map(drop), Err(Why::ClientInvalid));
    assert_eq!(world.happened(AuditEvent::ClientFailed), 11);
    assert_eq!(ask(world, &jws), Ok(()), "nothing of it used the right one up");
    assert_eq!(ask(world, &key.sign(&with("nbf", json!(now + 8)))), Ok(()));
}

fn an_assertion_is_good_once_whoever_comes_at_the_same_time(world: &World) {
    let key = bot(world, Proving::default());
    let other = AppSettings { keys: Some(key.source()), ..machine(Method::PrivateKeyJwt) };
    register(&world.ctx, world, OTHER, AppKind::Machine, other).unwrap();
    let claims = claims_of(world, BOT);
    let jws = key.sign(&claims);
    let proof = [&[("grant_type", "client_credentials")][..], &asserted(&jws)].concat();
    let got = world.at_once((0..16).map(|_| asks(&world.ctx, None, &proof)));
    assert_eq!(got.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(got.iter().all(|one| one.is_ok() || one.as_ref().is_err_and(|why| *why == Why::AssertionUsed)));
    // The id counts, not the text around it; and each client has its own.
    assert_eq!(ask(world, &key.sign(&claims)), Err(Why::AssertionUsed));
    let mut others = claims_of(world, OTHER);
    others["jti"] = claims["jti"].clone();
    assert_eq!(ask(world, &key.sign(&others)), Ok(()));
    // Its time is over before it is forgotten.
    world.later(Seconds::minutes(2));
    world.run(portvakt_flows::jobs::sweep::run(&world.ctx));
    assert_eq!(ask(world, &jws), Err(Why::AssertionTime));
}

fn an_assertion_costs_one_statement_and_one_commit(world: &World) {
    let key = bot(world, Proving::default());
    assert_eq!(ask(world, &key.sign(&claims_of(world, BOT))), Ok(()));
    world.machine(TIMECLOCK, &[]).unwrap();
    let jws = key.sign(&claims_of(world, BOT));
    let (got, cost) = world.cost(|| ask(world, &jws));
    assert_eq!((got, cost), (Ok(()), (1, 1)));
    let (got, cost) = world.cost(|| world.machine(TIMECLOCK, &[]));
    assert_eq!((got.is_ok(), cost), (true, (0, 0)), "who brings a secret pays nothing for it");
}

fn the_audience_is_the_endpoint_that_was_called(world: &World) {
    let key = bot(world, Proving::default());
    let for_whom = |aud: Value| {
        let mut claims = claims_of(world, BOT);
        claims["aud"] = aud;
        key.sign(&claims)
    };
    let looks = |jws: &str| {
        let params = params(&[&[("token", "t")][..], &asserted(jws)].concat());
        world.run(introspect::post(&world.ctx, &caller(None), &params)).map(drop).map_err(|refusal| refusal.why)
    };
    let revokes = |jws: &str| {
        let params = params(&[&[("token", "t")][..], &asserted(jws)].concat());
        world.run(revoke::post(&world.ctx, &caller(None), &params)).map_err(|refusal| refusal.why)
    };
    let at = |path: &str| for_whom(json!(format!("{ISSUER}{path}")));
    assert_eq!(ask(world, &at("/token")), Ok(()));
    assert_eq!(ask(world, &for_whom(json!([ISSUER, "https://other.example"]))), Ok(()));
    assert_eq!(looks(&at("/introspect")), Ok(()));
    assert_eq!(looks(&at("/token")), Ok(()), "as clients write who know one address only");
    assert_eq!(revokes(&at("/revoke")), Ok(()));
    assert_eq!(ask(world, &at("/introspect")), Err(Why::AssertionAudience));
    assert_eq!(revokes(&at("/introspect")), Err(Why::AssertionAudience));
    let jws = for_whom(json!(ISSUER));
    assert_eq!(looks(&jws), Ok(()));
    assert_eq!(ask(world, &jws), Err(Why::AssertionUsed), "once is once, wherever");
}

fn the_strict_profile_takes_the_issuer_alone(world: &World) {
    let key = bot(
        world,
        Proving {
            audience: AssertionAudience::IssuerOnly,
            signing_alg: Some(JwsAlgorithm::Es256),
            ..Proving::default()
        },
    );
    let mut claims = claims_of(world, BOT);
    assert_eq!(ask(world, &key.sign(&claims)), Ok(()));
    for aud in [json!([ISSUER]), json!(format!("{ISSUER}/token")), json!(format!("{ISSUER}/par"))] {
        claims["aud"] = aud;
        assert_eq!(ask(world, &key.sign(&claims)), Err(Why::AssertionAudience));
    }
}

fn a_new_key_is_found_where_keys_are_fetched(world: &World) {
    let (old, new) = (Key::new("a"), Key::new("b"));
    let keys = Some(KeySource::JwksUri(KEYS.to_owned()));
    let settings = AppSettings { keys, ..machine(Method::PrivateKeyJwt) };
    register(&world.ctx, world, BOT, AppKind::Machine, settings).unwrap();
    world.serve_json(KEYS, &old.set());
    for _ in 0..3 {
        assert_eq!(ask(world, &old.sign(&claims_of(world, BOT))), Ok(()));
    }
    assert_eq!(world.fetches().len(), 1);
    assert_eq!(ask(world, &new.sign(&claims_of(world, BOT))), Err(Why::ClientInvalid));
    world.later(Seconds::minutes(1));
    world.serve_json(KEYS, &new.set());
    assert_eq!(ask(world, &new.sign(&claims_of(world, BOT))), Ok(()));
    assert_eq!(ask(world, &old.sign(&claims_of(world, BOT))), Err(Why::ClientInvalid));
}

fn strangers_cause_few_requests_and_keep_nobody_out(world: &World) {
    let key = Key::new("a");
    let keys = Some(KeySource::JwksUri(KEYS.to_owned()));
    let settings = AppSettings { keys, ..machine(Method::PrivateKeyJwt) };
    register(&world.ctx, world, BOT, AppKind::Machine, settings).unwrap();
    world.serve(KEYS, Err(FetchFault::Connect));
    assert_eq!(ask(world, &key.sign(&claims_of(world, BOT))), Err(Why::ClientInvalid), "its keys cannot be had");
    world.later(Seconds::minutes(10));
    world.serve_json(KEYS, &key.set());
    assert_eq!(ask(world, &key.sign(&claims_of(world, BOT))), Ok(()));
    world.fetches();
    let budget = world.ctx.settings.limits.client_failures;
    let tries: Vec<Why> = (0..=budget)
        .map(|at| ask(world, &Key::new(&format!("k{at}")).sign(&claims_of(world, BOT))).unwrap_err())
        .collect();
    assert_eq!(tries.last(), Some(&Why::TooMany));
    assert!(world.fetches().len() <= 2, "each unknown name of a key would be a request");
    assert_eq!(ask(world, &key.sign(&claims_of(world, BOT))), Ok(()), "who can prove itself is never kept out");
}

fn a_shared_secret_is_kept_sealed_and_ends_with_its_successor(world: &World) {
    let settings = machine(Method::ClientSecretJwt);
    let made = register(&world.ctx, world, BOT, AppKind::Machine, settings.clone()).unwrap();
    let first = made.secret.unwrap();
    let row = &made.app.secrets[0];
    let sealed = row.sealed.as_ref().unwrap();
    assert!(!sealed.windows(first.len()).any(|part| part == first.as_bytes()), "the secret stands in the database");
    let proves = |secret: &str| ask(world, &sign_under(secret.as_bytes(), &claims_of(world, BOT)));
    assert_eq!(proves(&first), Ok(()));
    let second = world.run(portvakt_flows::app::rotate_secret(&world.ctx, BOT, false)).unwrap().secret.unwrap();
    assert_eq!((proves(&first), proves(&second)), (Ok(()), Ok(())));
    world.later(Seconds::days(1));
    assert_eq!((proves(&first), proves(&second)), (Err(Why::ClientInvalid), Ok(())));
    // What only travels is not kept at all.
    let basic = register(&world.ctx, world, OTHER, AppKind::Machine, machine(Method::ClientSecretBasic)).unwrap();
    assert_eq!(basic.app.secrets[0].sealed, None);
}

/// RFC 7518 §3.2: a key as long as the hash, at least.
fn a_shared_secret_is_long_enough_for_every_algorithm_that_is_offered(world: &World) {
    let made = register(&world.ctx, world, BOT, AppKind::Machine, machine(Method::ClientSecretJwt)).unwrap();
    let first = made.secret.unwrap();
    let second = world.run(portvakt_flows::app::rotate_secret(&world.ctx, BOT, true)).unwrap().secret.unwrap();
    assert!(first.len() >= 64 && second.len() >= 64, "{} and {}", first.len(), second.len());
    for by in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        assert_eq!(ask(world, &sign_by(by, second.as_bytes(), &claims_of(world, BOT))), Ok(()), "{}", by.0);
    }
}

fn what_a_method_needs_must_be_registered(world: &World) {
    let key = Key::new("a");
    let keyed = |keys: Value| AppSettings { keys: Some(KeySource::Jwks(keys)), ..machine(Method::PrivateKeyJwt) };
    let fetched =
        |uri: &str| AppSettings { keys: Some(KeySource::JwksUri(uri.to_owned())), ..machine(Method::PrivateKeyJwt) };
    let mut private = key.set();
    private["keys"][0]["d"] = json!("AA");
    let mut for_encryption = key.set();
    for_encryption["keys"][0]["use"] = json!("enc");
    let signing = |method, alg| AppSettings {
        proving: Proving { signing_alg: Some(alg), ..Proving::default() },
        keys: Some(key.source()),
        ..machine(method)
    };
    let bound = AppSettings {
        proving: Proving { bound_tokens: true, ..Proving::default() },
        ..machine(Method::ClientSecretBasic)
    };
    for (settings, fault) in [
        (machine(Method::None), Some(ProvingFault::NoMethod)),
        (machine(Method::PrivateKeyJwt), Some(ProvingFault::KeysMissing)),
        (keyed(key.set()), None),
        (keyed(json!({ "keys": [] })), Some(ProvingFault::KeysUseless)),
        (keyed(for_encryption), Some(ProvingFault::KeysUseless)),
        (keyed(private), Some(ProvingFault::Keys(portvakt_protocol::jose::KeysRefused::Private))),
        (fetched("http://bot.example/jwks"), Some(ProvingFault::KeysUri)),
        (fetched("https://bot.example/jwks#a"), Some(ProvingFault::KeysUri)),
        (signing(Method::PrivateKeyJwt, JwsAlgorithm::Hs256), Some(ProvingFault::Algorithm)),
        (signing(Method::ClientSecretJwt, JwsAlgorithm::Es256), Some(ProvingFault::Algorithm)),
        (signing(Method::ClientSecretBasic, JwsAlgorithm::Hs256), Some(ProvingFault::Algorithm)),
        (signing(Method::ClientSecretJwt, JwsAlgorithm::Hs512), None),
        (machine(Method::TlsClientAuth), Some(ProvingFault::NotOffered)),
        (machine(Method::SelfSignedTlsClientAuth), Some(ProvingFault::NotOffered)),
        (bound, Some(ProvingFault::NotOffered)),
    ] {
        let client = format!("app_{}", world.ctx.dice.short_text().unwrap());
        let made = register(&world.ctx, world, &client, AppKind::Machine, settings.clone());
        assert_eq!(made.err(), fault.map(Invalid::Proving), "{settings:?}");
    }
}
