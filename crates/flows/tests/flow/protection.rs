//! What an app registered for its answers: another `sub` for each sector (OpenID Connect Core §8), userinfo as a JWT
//! (§5.3.2), and encryption to the app's own key (§10.2).

use crate::kit::{ANNA, HRM, MOBILE, PORTAL, Step, TIMECLOCK, World, claims, flipped, on_both};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_flows::outside::FetchFault;
use portvakt_flows::userinfo::Answer;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{
    ContentEncryption, Encryption, JwsAlgorithm, KeyManagement, KeySource, SubjectType,
};
use portvakt_model::{Algorithm, Seconds};
use portvakt_protocol::jose::{ClientKeys, verify_with};
use portvakt_protocol::oauth::Why;
use serde_json::{Value, json};

on_both! {
    a_pairwise_app_sees_one_sub_everywhere_and_another_than_its_neighbours,
    an_app_finds_its_person_again_by_the_sub_it_knows,
    userinfo_is_signed_for_an_app_that_registered_for_it,
    what_is_encrypted_can_be_opened_with_the_apps_key_only,
    a_code_is_not_spent_where_the_answer_cannot_be_encrypted,
    a_key_that_cannot_be_used_is_found_before_anything_is_spent,
    what_has_no_id_token_needs_no_key,
    a_new_key_to_encrypt_to_is_found,
}

/// P-256 of RFC 7515 appendix A.3, as a key for encryption.
fn keys() -> Value {
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "enc-1", "use": "enc",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }]})
}

const TO_KEY: Encryption = Encryption { alg: KeyManagement::EcdhEsA256Kw, enc: ContentEncryption::A256Gcm };

fn registers(world: &World, client: &'static str, change: impl FnOnce(&mut AppSettings) + Send + 'static) {
    world.write(move |tx| {
        let mut app = tx.apps().find_by_client_id(client)?.unwrap();
        change(&mut app.settings);
        tx.apps().replace(&app)
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
}

fn pairwise(settings: &mut AppSettings) {
    settings.subject_type = SubjectType::Pairwise;
}

fn a_pairwise_app_sees_one_sub_everywhere_and_another_than_its_neighbours(world: &World) {
    registers(world, HRM, pairwise);
    registers(world, PORTAL, pairwise);
    let public = world.account(ANNA).sub;
    let subs = [HRM, PORTAL, MOBILE].map(|client| {
        let (_, code) = world.signed_in_to(client);
        let tokens = world.redeem(&code).unwrap();
        let sub = tokens.id_claim("sub");
        assert_eq!(tokens.access_claim("sub"), sub);
        assert_eq!(world.userinfo(&tokens.access).unwrap()["sub"], sub);
        let refreshed = world.refresh(client, tokens.refresh()).unwrap();
        assert_eq!(refreshed.id_claim("sub"), sub);
        if client != MOBILE {
            assert_eq!(world.introspect(client, refreshed.refresh()).unwrap()["sub"], sub);
        }
        sub
    });
    assert_eq!(subs[2], public.as_str(), "the native app registered nothing");
    assert!(subs[0] != subs[1] && subs[0] != subs[2] && subs[1] != subs[2]);
    // One sector: the list that both are in is on one host.
    let list = Some("https://hrm.example/sector.json".to_owned());
    registers(world, PORTAL, move |settings| settings.sector_identifier_uri = list);
    let (_, code) = world.signed_in_to(PORTAL);
    assert_eq!(world.redeem(&code).unwrap().id_claim("sub"), subs[0]);
}

fn an_app_finds_its_person_again_by_the_sub_it_knows(world: &World) {
    registers(world, HRM, pairwise);
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let hint = tokens.id_token.clone().unwrap();
    let again = browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(matches!(again, Step::Code(_)), "the hint is of the person who is signed in");
    let named = |sub: &str| format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    let sub = tokens.id_claim("sub");
    let by_sub = browser.sent_by(HRM, &[("prompt", "none"), ("claims", &named(sub.as_str().unwrap()))]);
    assert!(matches!(by_sub, Step::Code(_)));
    let by_public = browser.sent_by(HRM, &[("prompt", "none"), ("claims", &named(&world.account(ANNA).sub))]);
    assert_eq!(by_public, Step::Error("login_required".to_owned()), "the public sub is nobody to this app");
}

fn userinfo_is_signed_for_an_app_that_registered_for_it(world: &World) {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        registers(world, HRM, move |settings| settings.protection.userinfo_signing = Some(algorithm));
        let (_, code) = world.signed_in_to(HRM);
        let tokens = world.redeem(&code).unwrap();
        let Ok(Answer::Jwt(jwt)) = world.userinfo_answer(&tokens.access) else { panic!("no JWT came") };
        let issuer = &world.ctx.settings.issuer;
        // As an app does it: by the published keys, and its own reading of them.
        let published = serde_json::to_vec(&world.ctx.keeper.keys().jwks(world.ctx.clock.now())).unwrap();
        let published = ClientKeys::parse(&published).unwrap();
        let alg = JwsAlgorithm::of_name(algorithm.name()).unwrap();
        let verified = verify_with(&published, &jwt, &[alg]).unwrap();
        let claimed = claims(&jwt);
        assert_eq!(verified.claims.text("sub"), claimed["sub"].as_str());
        for forged in flipped(&jwt) {
            assert!(verify_with(&published, &forged, &[alg]).is_err(), "{forged}");
        }
        assert_eq!((claimed["iss"].as_str(), claimed["aud"].as_str()), (Some(issuer.as_str()), Some(HRM)));
        assert_eq!(claimed["sub"], tokens.id_claim("sub"));
        assert!(claimed.get("nonce").is_none());
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header["alg"], algorithm.name());
    }
}

fn what_is_encrypted_can_be_opened_with_the_apps_key_only(world: &World) {
    registers(world, HRM, |settings| {
        settings.keys = Some(KeySource::JwksUri("https://hrm.example/jwks".to_owned()));
        settings.protection.id_token = Some(TO_KEY);
        settings.protection.userinfo = Some(TO_KEY);
    });
    world.serve_json("https://hrm.example/jwks", &keys());
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let id_token = tokens.id_token.clone().unwrap();
    let Ok(Answer::Jwt(userinfo)) = world.userinfo_answer(&tokens.access) else { panic!("nothing encrypted came") };
    for (jwe, is_nested) in [(&id_token, true), (&userinfo, false)] {
        assert_eq!(jwe.split('.').count(), 5);
        let header: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwe.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header["kid"], "enc-1");
        assert_eq!((header["alg"].as_str(), header["enc"].as_str()), (Some("ECDH-ES+A256KW"), Some("A256GCM")));
        assert_eq!(header.get("cty").is_some(), is_nested, "a signed token is nested, plain claims are not");
    }
    // One fetch serves them all.
    assert_eq!(world.fetches().len(), 1);
}

fn a_code_is_not_spent_where_the_answer_cannot_be_encrypted(world: &World) {
    registers(world, HRM, |settings| {
        settings.keys = Some(KeySource::JwksUri("https://hrm.example/jwks".to_owned()));
        settings.protection.id_token = Some(TO_KEY);
    });
    world.serve("https://hrm.example/jwks", Err(FetchFault::Timeout));
    let (_, code) = world.signed_in_to(HRM);
    assert_eq!(world.redeem(&code).unwrap_err(), Why::ClientKeys);
    world.serve_json("https://hrm.example/jwks", &keys());
    world.later(Seconds(30));
    assert!(world.redeem(&code).is_ok(), "the same code, once the keys can be had");
}

/// Off its curve: only the use of a key shows it.
fn a_key_that_cannot_be_used_is_found_before_anything_is_spent(world: &World) {
    let mut off = keys();
    off["keys"][0]["x"] = off["keys"][0]["y"].clone();
    registers(world, HRM, |settings| {
        settings.keys = Some(KeySource::JwksUri("https://hrm.example/jwks".to_owned()));
        settings.protection.id_token = Some(TO_KEY);
    });
    world.serve_json("https://hrm.example/jwks", &off);
    let (_, code) = world.signed_in_to(HRM);
    assert_eq!(world.redeem(&code).unwrap_err(), Why::ClientKeys);
    registers(world, HRM, |settings| settings.keys = Some(KeySource::Jwks(keys())));
    let tokens = world.redeem(&code).unwrap();
    let mut both = off.clone();
    both["keys"].as_array_mut().unwrap().push(keys()["keys"][0].clone());
    registers(world, HRM, move |settings| settings.keys = Some(KeySource::Jwks(off)));
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::ClientKeys);
    registers(world, HRM, move |settings| settings.keys = Some(KeySource::Jwks(both)));
    assert!(world.refresh(HRM, tokens.refresh()).is_ok(), "the same refresh token, by the good key behind the other");
}

fn what_has_no_id_token_needs_no_key(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    for client in [HRM, TIMECLOCK] {
        registers(world, client, |settings| settings.protection.id_token = Some(TO_KEY));
    }
    assert!(world.machine(TIMECLOCK, &[]).is_ok());
    let asked = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("scope", "profile")];
    assert!(world.token(HRM, &asked).is_ok());
}

fn a_new_key_to_encrypt_to_is_found(world: &World) {
    registers(world, HRM, |settings| {
        settings.keys = Some(KeySource::JwksUri("https://hrm.example/jwks".to_owned()));
        settings.protection.id_token = Some(TO_KEY);
    });
    let (_, code) = world.signed_in_to(HRM);
    world.serve_json("https://hrm.example/jwks", &json!({ "keys": [] }));
    assert_eq!(world.redeem(&code).err(), Some(Why::ClientKeys));
    // The set without it is fresh for minutes, and a new code is asked for long before.
    world.later(Seconds(30));
    world.serve_json("https://hrm.example/jwks", &keys());
    world.fetches();
    assert!(world.redeem(&code).is_ok());
    assert_eq!(world.fetches().len(), 1);
}
