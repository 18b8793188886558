use super::super::finding::Outcome;
use super::registered::REGISTERED;
use super::*;
use portvakt_protocol::oauth::discovery::{MutualTls, Offers, document};
use serde_json::json;

const HERE: &str = "https://login.example";
const ALL: [Profile; 2] = [Profile::Config, Profile::Basic];

fn ours() -> Value {
    let mutual_tls = Some(MutualTls { url: "https://mtls.login.example".to_owned(), authorities: true });
    document(HERE, &[], &Offers { registration: true, mutual_tls, ..Offers::default() })
}

fn failed(document: &Value, profiles: &[Profile]) -> Vec<&'static str> {
    let found = judge_discovery(document, HERE, profiles);
    found.iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.demand.id).collect()
}

#[test]
fn what_portvakt_announces_keeps_every_demand() {
    assert_eq!(failed(&ours(), &ALL), Vec::<&str>::new());
    assert_eq!(judge_copy(&ours(), Ok(ours())).outcome, Outcome::Passed);
    let whole = document(HERE, &[], &Offers { front_channel_types: true, registration: true, ..Offers::default() });
    let profiles = [Profile::Implicit, Profile::Hybrid, Profile::Formpost, Profile::Dynamic, Profile::Logout];
    assert_eq!(failed(&whole, &profiles), Vec::<&str>::new());
}

#[test]
fn one_thing_that_is_wrong_is_one_failure_with_its_name() {
    for (member, value, wanted) in [
        ("issuer", json!("https://login.example/"), "discovery.issuer"),
        ("issuer", Value::Null, "discovery.issuer"),
        ("portvakt_version", json!("1"), "discovery.known"),
        ("revocation_endpoint", json!("http://login.example/revoke"), "discovery.https"),
        ("revocation_endpoint", json!("https://login.example/revoke#a"), "discovery.https"),
        ("revocation_endpoint", json!("https://evil.example/revoke"), "discovery.place"),
        ("revocation_endpoint", json!("https://login.example:444/revoke"), "discovery.place"),
        ("id_token_signing_alg_values_supported", json!(["ES256"]), "discovery.rs256"),
        ("request_object_signing_alg_values_supported", json!(["none", "RS256"]), "discovery.no-none"),
        ("response_types_supported", json!(["id_token"]), "discovery.code"),
        ("grant_types_supported", json!(["refresh_token"]), "discovery.code"),
        ("subject_types_supported", json!(["private"]), "discovery.subjects"),
        ("scopes_supported", json!(["profile"]), "discovery.scopes"),
        ("claims_supported", json!([]), "discovery.claims"),
        ("acr_values_supported", json!([]), "discovery.acr"),
        ("code_challenge_methods_supported", json!(["S256", "plain"]), "discovery.pkce"),
        ("code_challenge_methods_supported", json!([]), "discovery.pkce"),
        ("authorization_response_iss_parameter_supported", json!(false), "discovery.iss"),
        ("require_request_uri_registration", json!("yes"), "discovery.request-flags"),
        ("token_endpoint_auth_methods_supported", json!(["none"]), "discovery.client-auth"),
        ("ui_locales_supported", json!(["Svenska!"]), "discovery.locales"),
    ] {
        let mut changed = ours();
        changed[member] = value.clone();
        assert_eq!(failed(&changed, &ALL), [wanted], "{member}: {value}");
        assert_eq!(judge_copy(&ours(), Ok(changed)).outcome, Outcome::Failed);
    }
    let mut without = ours();
    without.as_object_mut().unwrap().remove("userinfo_endpoint");
    assert_eq!(failed(&without, &ALL), ["discovery.members"]);
    let mut alias = ours();
    alias["mtls_endpoint_aliases"]["token_endpoint"] = json!("http://mtls.login.example/token");
    assert_eq!(failed(&alias, &ALL), ["discovery.https"]);
}

#[test]
fn a_profile_that_is_not_offered_fails_by_its_name() {
    let bare = document(HERE, &[], &Offers::default());
    for (profile, wanted) in [
        (Profile::Implicit, "discovery.implicit"),
        (Profile::Hybrid, "discovery.hybrid"),
        (Profile::Session, "discovery.session"),
    ] {
        assert_eq!(failed(&bare, &[profile]), [wanted]);
        assert!(failed(&bare, &ALL).is_empty(), "only where it was chosen");
    }
    let dynamic = failed(&bare, &[Profile::Dynamic]);
    assert_eq!(dynamic, ["discovery.registration", "discovery.implicit"]);
}

#[test]
fn the_list_of_registered_members_is_in_order_and_has_none_twice() {
    assert!(REGISTERED.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn any_json_can_be_judged() {
    for odd in [json!(null), json!([]), json!({"issuer": 1, "jwks_uri": [], "mtls_endpoint_aliases": "x"})] {
        assert!(!failed(&odd, &ALL).is_empty());
    }
}
