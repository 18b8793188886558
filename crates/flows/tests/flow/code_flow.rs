//! The code flow (RFC 6749 §4.1, OpenID Connect Core §3.1), and what becomes of a code that is used wrongly.

use crate::kit::{ANNA, Code, HRM, ISSUER, MOBILE, NOW, PORTAL, World, flipped, on_both, pairs_of};
use portvakt_model::Seconds;
use portvakt_model::audit::AuditEvent;
use portvakt_protocol::oauth::Why;
use serde_json::json;

on_both! {
    a_person_signs_in_and_the_app_knows_who_it_is,
    a_code_presented_twice_takes_back_everything_it_gave,
    a_code_presented_again_after_it_expired_takes_back_everything_it_gave,
    a_code_presented_again_after_sign_out_takes_back_what_outlived_it,
    another_client_another_address_and_another_verifier_burn_nothing_for_the_owner,
    a_stranger_with_an_old_code_of_a_public_app_ends_nothing,
    of_many_redemptions_at_once_exactly_one_wins,
    a_code_lives_a_minute,
    a_code_of_a_session_that_ended_gives_nothing,
    no_altered_code_opens,
    codes_and_refresh_tokens_cannot_be_guessed_from_others,
}

fn a_person_signs_in_and_the_app_knows_who_it_is(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let sub = world.account(ANNA).sub;
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("sub", json!(sub)),
        ("aud", json!(HRM)),
        ("nonce", json!("n-0S6_WzA2Mj")),
        ("auth_time", json!(NOW.seconds())),
        ("acr", json!("urn:portvakt:acr:one-factor")),
        ("amr", json!(["pwd"])),
        ("exp", json!(NOW.seconds() + 600)),
        ("sid", json!(world.sessions(ANNA)[0].id.to_string())),
    ] {
        assert_eq!(tokens.id_claim(name), value, "{name}");
    }
    assert!(tokens.id_claim("at_hash").is_string());
    assert_eq!(tokens.access_claim("aud"), json!(ISSUER));
    assert_eq!(tokens.access_claim("client_id"), json!(HRM));
    assert_eq!(tokens.scope, "openid profile email");
    let person = world.userinfo(&tokens.access).unwrap();
    assert_eq!((&person["sub"], &person["email"]), (&json!(sub), &json!(ANNA)));
    assert_eq!((&person["name"], &person["given_name"]), (&json!("Åsa Öberg"), &json!("Åsa")));
    assert_eq!(person["email_verified"], json!(true));
}

fn everything_is_taken_back(world: &World, tokens: &crate::kit::Tokens) {
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    assert_eq!(world.introspect(&tokens.client, &tokens.access), None);
    assert_eq!(world.refresh(&tokens.client, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.happened(AuditEvent::ReuseDetected), 1);
}

fn a_code_presented_twice_takes_back_everything_it_gave(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let other = world.redeem(&browser.sent_by(HRM, &[]).code()).unwrap();
    assert_eq!(world.redeem(&code).unwrap_err(), Why::CodeInvalid);
    everything_is_taken_back(world, &tokens);
    assert!(world.userinfo(&other.access).is_ok(), "what another code gave stays");
    assert!(browser.may_enter_settings(), "and so does the session");
}

fn a_code_presented_again_after_it_expired_takes_back_everything_it_gave(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.later(Seconds(300));
    assert!(world.userinfo(&tokens.access).is_ok());
    assert_eq!(world.redeem(&code).unwrap_err(), Why::CodeInvalid);
    everything_is_taken_back(world, &tokens);
}

fn a_code_presented_again_after_sign_out_takes_back_what_outlived_it(world: &World) {
    let (browser, code) = world.signed_in_asking(HRM, &[("scope", "openid offline_access")]);
    let tokens = world.redeem(&code).unwrap();
    browser.signs_out();
    assert!(world.refresh(HRM, tokens.refresh()).is_ok(), "offline access outlives the session");
    assert_eq!(world.redeem(&code).unwrap_err(), Why::CodeInvalid);
    everything_is_taken_back(world, &tokens);
}

fn another_client_another_address_and_another_verifier_burn_nothing_for_the_owner(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    for (wrong, why) in [
        (Code { client: PORTAL.to_owned(), ..code.clone() }, Why::CodeInvalid),
        (Code { client: MOBILE.to_owned(), ..code.clone() }, Why::CodeInvalid),
        (Code { redirect: "https://hrm.example/other".to_owned(), ..code.clone() }, Why::CodeInvalid),
        (Code { redirect: String::new(), ..code.clone() }, Why::CodeInvalid),
        (Code { verifier: "x".repeat(43), ..code.clone() }, Why::VerifierInvalid),
        (Code { verifier: String::new(), ..code.clone() }, Why::VerifierInvalid),
    ] {
        assert_eq!(world.redeem(&wrong).unwrap_err(), why, "{wrong:?}");
    }
    let resource = [&pairs_of(&code)[..], &[("resource", "https://elsewhere.example")]].concat();
    assert_eq!(world.token(HRM, &resource).unwrap_err(), Why::ResourceUnknown);
    assert!(world.redeem(&code).is_ok());
}

fn a_stranger_with_an_old_code_of_a_public_app_ends_nothing(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let tokens = world.redeem(&code).unwrap();
    world.later(Seconds(90));
    let stolen = Code { verifier: "x".repeat(43), ..code };
    assert_eq!(world.redeem(&stolen).unwrap_err(), Why::CodeInvalid);
    assert!(world.userinfo(&tokens.access).is_ok());
}

fn of_many_redemptions_at_once_exactly_one_wins(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let results = world.at_once((0..24).map(|_| world.asking(&code.client, &pairs_of(&code))));
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 23));
    assert!(lost.iter().all(|answer| matches!(answer, Err(Why::CodeInvalid))));
    let tokens = won.into_iter().next().unwrap().unwrap();
    everything_is_taken_back(world, &tokens);
}

fn a_code_lives_a_minute(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    world.later(Seconds(59));
    assert!(world.redeem(&code).is_ok());
    let late = browser.sent_by(HRM, &[]).code();
    world.later(Seconds(60));
    assert_eq!(world.redeem(&late).unwrap_err(), Why::CodeInvalid);
}

fn a_code_of_a_session_that_ended_gives_nothing(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    browser.signs_out();
    assert_eq!(world.redeem(&code).unwrap_err(), Why::CodeInvalid);
}

fn no_altered_code_opens(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    for text in flipped(&code.text) {
        assert_eq!(world.redeem(&Code { text, ..code.clone() }).unwrap_err(), Why::CodeInvalid);
    }
    assert!(world.redeem(&code).is_ok());
}

/// As the foundation's suite estimates it: the entropy of each character, times the length.
fn bits(text: &str) -> f64 {
    let length = f64::from(u32::try_from(text.len()).unwrap());
    let mut counts = std::collections::BTreeMap::new();
    for byte in text.bytes() {
        *counts.entry(byte).or_insert(0_u32) += 1;
    }
    let share = |count: &u32| f64::from(*count) / length;
    counts.values().map(|count| -share(count) * share(count).log2()).sum::<f64>() * length
}

fn codes_and_refresh_tokens_cannot_be_guessed_from_others(world: &World) {
    let (browser, first) = world.signed_in_to(HRM);
    let second = browser.signs_on_to(HRM);
    let tokens = [&first, &second].map(|code| world.redeem(code).unwrap());
    for (one, other) in
        [(&first.text, &second.text), (&tokens[0].refresh().to_owned(), &tokens[1].refresh().to_owned())]
    {
        assert!(bits(one) > 128.0 && bits(other) > 128.0);
        // Beyond the time that both begin with, nothing of one says anything of the other.
        let alike = one.bytes().zip(other.bytes()).filter(|(a, b)| a == b).count();
        assert!(alike * 4 < one.len(), "{alike} of {} characters are the same", one.len());
    }
}
