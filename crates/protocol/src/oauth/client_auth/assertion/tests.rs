use super::*;
use proptest::prelude::*;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://login.example";

fn claims() -> Value {
    let now = NOW.seconds();
    json!({ "iss": "app_hrm", "sub": "app_hrm", "aud": ISSUER, "jti": "j", "iat": now, "exp": now + 60 })
}

fn judged_as(typ: Option<&str>, claims: &Value, audience: AssertionAudience) -> Result<Once, Why> {
    let claims = Claims::unsigned(claims.to_string().as_bytes()).unwrap();
    let signed = Signed { algorithm: JwsAlgorithm::Es256, typ: typ.map(str::to_owned), claims };
    let endpoints = [format!("{ISSUER}/token"), format!("{ISSUER}/introspect")];
    judge(&signed, &Expected { client_id: "app_hrm", issuer: ISSUER, endpoints: &endpoints, audience }, NOW)
}

fn judged(claims: &Value) -> Result<Once, Why> {
    judged_as(None, claims, AssertionAudience::IssuerOrEndpoint)
}

fn with(name: &str, value: Value) -> Value {
    let mut all = claims();
    if value.is_null() {
        all.as_object_mut().unwrap().remove(name);
    } else {
        all[name] = value;
    }
    all
}

#[test]
fn a_right_one_is_remembered_until_its_own_dates_refuse_it() {
    let until = NOW.after(Seconds(60)).after(CLOCKS);
    assert_eq!(judged(&claims()), Ok(Once { jti: "j".to_owned(), until }));
}

#[test]
fn issuer_and_subject_are_the_client() {
    for name in ["iss", "sub"] {
        for value in [json!("app_other"), json!(null), json!(["app_hrm"]), json!("APP_HRM")] {
            assert_eq!(judged(&with(name, value.clone())), Err(Why::ClientInvalid), "{name} {value}");
        }
    }
}

#[test]
fn the_audience_is_the_client_s_own_property() {
    let endpoint = format!("{ISSUER}/token");
    for (aud, usual, strict) in [
        (json!(ISSUER), true, true),
        (json!([ISSUER]), true, false),
        (json!(endpoint), true, false),
        (json!(format!("{ISSUER}/introspect")), true, false),
        (json!(["https://other.example", endpoint]), true, false),
        (json!(format!("{ISSUER}/")), false, false),
        (json!("https://other.example"), false, false),
        (json!([]), false, false),
        (json!([ISSUER, 1]), false, false),
        (json!(null), false, false),
    ] {
        let all = with("aud", aud.clone());
        assert_eq!(judged_as(None, &all, AssertionAudience::IssuerOrEndpoint).is_ok(), usual, "{aud}");
        assert_eq!(judged_as(None, &all, AssertionAudience::IssuerOnly).is_ok(), strict, "{aud}");
    }
    assert_eq!(judged(&with("aud", json!("x"))), Err(Why::AssertionAudience));
}

#[test]
fn a_clock_may_be_ten_seconds_ahead_and_not_a_minute() {
    let now = NOW.seconds();
    for name in ["nbf", "iat"] {
        for (ahead, right) in [(-100_000, true), (0, true), (8, true), (10, true), (61, false), (3600, false)] {
            assert_eq!(judged(&with(name, json!(now + ahead))).is_ok(), right, "{name} {ahead}");
        }
        assert!(judged(&with(name, json!(null))).is_ok());
        assert_eq!(judged(&with(name, json!("soon"))), Err(Why::AssertionTime));
    }
}

#[test]
fn it_ends_and_not_too_far_from_now() {
    let now = NOW.seconds();
    for (ahead, usual, strict) in [
        (-300, false, false),
        (-60, false, false),
        (1, true, true),
        (300, true, true),
        (3600, true, false),
        (3700, false, false),
        (i64::MAX - 1_800_000_000, false, false),
    ] {
        let all = with("exp", json!(now + ahead));
        assert_eq!(judged_as(None, &all, AssertionAudience::IssuerOrEndpoint).is_ok(), usual, "{ahead}");
        assert_eq!(judged_as(None, &all, AssertionAudience::IssuerOnly).is_ok(), strict, "{ahead}");
    }
    assert!(judged(&with("exp", json!(1_800_000_059.5))).is_ok(), "fractions are dates");
    for wrong in [json!(null), json!("1800000060"), json!(1e300), json!(-1e300), json!(u64::MAX), json!(true)] {
        assert_eq!(judged(&with("exp", wrong.clone())), Err(Why::AssertionTime), "{wrong}");
    }
}

#[test]
fn it_has_an_id_of_its_own_within_bounds() {
    for (jti, right) in [
        (json!("x".repeat(256)), true),
        (json!("x".repeat(257)), false),
        (json!(""), false),
        (json!(7), false),
        (json!(null), false),
    ] {
        assert_eq!(judged(&with("jti", jti.clone())).is_ok(), right, "{jti}");
    }
}

#[test]
fn a_token_of_another_type_is_none() {
    for (typ, right) in [
        (None, true),
        (Some("JWT"), true),
        (Some("application/client-authentication+jwt"), true),
        (Some("at+jwt"), false),
        (Some("logout+jwt"), false),
        (Some("application/application/jwt"), false),
        (Some(""), false),
    ] {
        assert_eq!(judged_as(typ, &claims(), AssertionAudience::IssuerOrEndpoint).is_ok(), right, "{typ:?}");
    }
}

#[test]
fn no_method_takes_both_secrets_and_public_keys() {
    for method in ClientAuthMethod::ALL {
        let all = algorithms(method);
        assert!(all.iter().all(|one| one.is_symmetric()) || !all.iter().any(|one| one.is_symmetric()), "{method:?}");
    }
    let only = |alg| Proving { signing_alg: Some(alg), ..Proving::default() };
    assert_eq!(allowed(ClientAuthMethod::PrivateKeyJwt, &only(JwsAlgorithm::Ps256)), [JwsAlgorithm::Ps256]);
    assert_eq!(allowed(ClientAuthMethod::PrivateKeyJwt, &only(JwsAlgorithm::Hs256)), []);
    assert_eq!(allowed(ClientAuthMethod::ClientSecretJwt, &Proving::default()), JwsAlgorithm::SYMMETRIC);
    assert_eq!(allowed(ClientAuthMethod::ClientSecretBasic, &Proving::default()), []);
}

proptest! {
    #[test]
    fn whatever_the_dates_what_is_taken_can_be_remembered(exp in any::<i64>(), nbf in any::<i64>(), iat in any::<f64>()) {
        let mut all = claims();
        all["exp"] = json!(exp);
        all["nbf"] = json!(nbf);
        all["iat"] = json!(iat);
        fuzz_assertion(all.to_string().as_bytes());
        let _ = judged(&all);
    }

    #[test]
    fn dates_near_now_are_judged_as_they_stand(exp in -120_i64..4000, nbf in -120_i64..120) {
        let mut all = with("nbf", json!(NOW.seconds() + nbf));
        all["exp"] = json!(NOW.seconds() + exp);
        prop_assert_eq!(judged(&all).is_ok(), exp > -30 && exp <= 3630 && nbf <= 30);
    }
}
