use super::*;
use crate::jose::Claims;
use crate::oauth::authorize::tests::app;
use portvakt_model::AppKind;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const ISSUER: &str = "https://login.example";

fn outer(query: &str) -> Params {
    Params::parse(query.as_bytes()).unwrap()
}

fn signed(claims: &Value) -> Signed {
    let claims = Claims::unsigned(claims.to_string().as_bytes()).unwrap();
    Signed { algorithm: JwsAlgorithm::Es256, typ: None, claims }
}

fn merged(query: &str, claims: &Value, change: impl FnOnce(&mut AppSettings)) -> Result<Params, Why> {
    let mut app = app(AppKind::Web);
    change(&mut app.settings);
    merge(&outer(query), signed(claims), &app, ISSUER, NOW)
}

#[test]
fn what_is_inside_wins_and_what_it_is_silent_on_stays() {
    let inside = json!({
        "iss": "app_hrm", "aud": ISSUER, "redirect_uri": "https://hrm.example/cb", "state": "in", "max_age": 60,
        "claims": { "userinfo": { "name": null } }, "resource": ["https://a", "https://b"],
    });
    let query = "client_id=app_hrm&response_type=code&redirect_uri=https://evil.example&state=out&nonce=n&request=x";
    let params = merged(query, &inside, |_| {}).unwrap();
    for (name, expected) in [
        ("redirect_uri", "https://hrm.example/cb"),
        ("state", "in"),
        ("max_age", "60"),
        ("claims", r#"{"userinfo":{"name":null}}"#),
        ("nonce", "n"),
        ("response_type", "code"),
        ("client_id", "app_hrm"),
    ] {
        assert_eq!(params.one(name), Ok(Some(expected)), "{name}");
    }
    assert_eq!(params.all("resource").collect::<Vec<_>>(), ["https://a", "https://b"]);
    for gone in ["request", "request_uri", "iss", "aud"] {
        assert_eq!(params.one(gone), Ok(None), "{gone}");
    }
}

#[test]
fn members_that_nobody_knows_are_ignored_whatever_they_are() {
    let inside = json!({
        "state": "in", "x": true, "y": null, "z": ["a", "a"], "authorization_details": [{ "type": "payment" }],
        "trust_framework": { "deep": [1] },
    });
    let params = merged("client_id=app_hrm&response_type=code", &inside, |_| {}).unwrap();
    let names: Vec<&str> = params.pairs().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["state", "client_id", "response_type"]);
}

/// The names in the source are the names in the table: a parameter that is read could else be left out of objects.
#[test]
fn every_parameter_that_is_read_may_stand_in_an_object() {
    let source = include_str!("../authorize.rs");
    let after = ["params.one(\"", "params.bounded(\"", "params.all(\""].map(|call| source.split(call).skip(1));
    let mut read: Vec<&str> = after.into_iter().flatten().filter_map(|rest| rest.split('"').next()).collect();
    read.push("registration");
    read.sort_unstable();
    read.dedup();
    let mut known = PARAMETERS.to_vec();
    known.sort_unstable();
    assert_eq!(read, known);
    for name in PARAMETERS {
        let params = merged("", &json!({ name: "app_1" }), |settings| settings.request_objects.required = true);
        assert!(name == "client_id" || params.unwrap().one(name) == Ok(Some("app_1")), "{name}");
    }
}

#[test]
fn for_a_client_that_must_sign_only_what_is_signed_counts() {
    let required = |settings: &mut AppSettings| settings.request_objects.required = true;
    let params =
        merged("client_id=app_hrm&state=out&nonce=out&request=x", &json!({ "state": "in" }), required).unwrap();
    assert_eq!((params.one("state"), params.one("nonce")), (Ok(Some("in")), Ok(None)));
    assert_eq!(params.one("client_id"), Ok(Some("app_hrm")));
    let mut settings = app(AppKind::Web).settings;
    assert_eq!(named(&outer("client_id=app_hrm"), &settings), Ok(None));
    settings.request_objects.required = true;
    assert_eq!(named(&outer("client_id=app_hrm"), &settings), Err(Why::RequestMissing));
}

#[test]
fn an_object_of_another_for_another_or_of_another_time_is_refused() {
    let at = |seconds: i64| json!(NOW.seconds() + seconds);
    for (name, value, right) in [
        ("iss", json!("app_hrm"), true),
        ("iss", json!("app_other"), false),
        ("iss", json!(1), false),
        ("client_id", json!("app_hrm"), true),
        ("client_id", json!("app_other"), false),
        ("response_type", json!("code"), true),
        ("response_type", json!("id_token"), false),
        ("aud", json!(ISSUER), true),
        ("aud", json!(["https://other.example", ISSUER]), true),
        ("aud", json!("https://other.example"), false),
        ("aud", json!([]), false),
        ("aud", json!(null), false),
        ("sub", json!("app_hrm"), false),
        ("sub", json!("somebody"), true),
        ("exp", at(1), true),
        ("exp", at(-9), true),
        ("exp", at(-10), false),
        ("exp", json!("tomorrow"), false),
        ("nbf", at(10), true),
        ("nbf", at(61), false),
        ("iat", at(10), true),
        ("iat", at(61), false),
        ("request", json!("x"), false),
        ("request_uri", json!("https://hrm.example/r"), false),
        ("state", json!(true), false),
        ("state", json!(null), false),
        ("resource", json!([1]), false),
    ] {
        let inside = json!({ name: value });
        let got = merged("client_id=app_hrm&response_type=code", &inside, |_| {});
        assert_eq!(got.is_ok(), right, "{inside}");
        assert!(right || got.is_err_and(|why| why == Why::RequestClaims), "{inside}");
    }
}

#[test]
fn a_token_of_another_kind_is_no_request() {
    for (typ, right) in [
        ("JWT", true),
        ("oauth-authz-req+jwt", true),
        ("application/oauth-authz-req+jwt", true),
        ("at+jwt", false),
        ("logout+jwt", false),
        ("", false),
    ] {
        let one = Signed { typ: Some(typ.to_owned()), ..signed(&json!({})) };
        let got = merge(&outer("client_id=app_hrm"), one, &app(AppKind::Web), ISSUER, NOW);
        assert_eq!(got.is_ok(), right, "{typ}");
    }
}

#[test]
fn a_reference_is_registered_to_the_letter_and_fetched_without_its_fragment() {
    let mut settings = app(AppKind::Web).settings;
    settings.request_objects.uris = vec!["https://hrm.example/r#abc".to_owned()];
    let ask = |uri: &str| named(&outer(&format!("client_id=app_hrm&request_uri={uri}")), &settings).is_ok();
    assert!(ask("https%3A%2F%2Fhrm.example%2Fr%23abc"));
    for wrong in ["https%3A%2F%2Fhrm.example%2Fr", "https%3A%2F%2Fhrm.example%2Fr%23abcd", "urn:x"] {
        assert!(!ask(wrong), "{wrong}");
    }
    assert_eq!(fetched_from("https://hrm.example/r#abc"), "https://hrm.example/r");
    assert_eq!(fetched_from("https://hrm.example/r"), "https://hrm.example/r");
    let both = outer("client_id=app_hrm&request=x&request_uri=https%3A%2F%2Fhrm.example%2Fr%23abc");
    assert_eq!(named(&both, &settings), Err(Why::RequestTwice));
}

#[test]
fn an_unsigned_object_is_refused_by_name() {
    // {"alg":"none"}.{}.
    let settings = app(AppKind::Web).settings;
    assert_eq!(algorithms("eyJhbGciOiJub25lIn0.e30.", &settings), Err(Why::RequestUnsigned));
    let all = algorithms("x", &settings).unwrap();
    assert!(all.iter().all(|one| !one.is_symmetric()));
    let only = AppSettings {
        request_objects: portvakt_model::app::metadata::RequestObjects {
            signing_alg: Some(JwsAlgorithm::Rs256),
            ..Default::default()
        },
        ..settings
    };
    assert_eq!(algorithms("x", &only), Ok(vec![JwsAlgorithm::Rs256]));
}
