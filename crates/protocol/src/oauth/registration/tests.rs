use super::fuzz::{self, app_of};
use super::*;
use crate::oauth::discovery::{self, Offers};
use portvakt_model::ClientAuthMethod;
use portvakt_model::app::metadata::{CertificateName, ResponseType, SubjectType};
use portvakt_model::{Algorithm, Seconds};
use proptest::prelude::*;
use serde_json::{Value, json};

const HOME: &str = "https://app.example/cb";

mod refusals;

/// The smallest registration, with these members besides.
fn with(members: &Value) -> Value {
    let mut all = json!({ "redirect_uris": [HOME] });
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

fn ask_under(terms: &Terms, members: &Value) -> Result<Wish, Why> {
    read(with(members).to_string().as_bytes(), terms)
}

fn everything(subjects: Subjects) -> Terms {
    fuzz::everything(subjects, Rules::default())
}

fn ask(members: &Value) -> Result<Wish, Why> {
    ask_under(&everything(Subjects::AsAsked), members)
}

fn key() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

/// One for encryption: the point of RFC 7515 appendix A.3.
fn curve_key() -> Value {
    json!({
        "kty": "EC", "crv": "P-256", "use": "enc",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

#[test]
fn who_asks_for_nothing_gets_what_the_specifications_say() {
    let wish = ask(&json!({})).unwrap();
    assert_eq!((wish.kind, wish.name.as_str()), (AppKind::Web, "app.example"));
    let settings = &wish.settings;
    assert_eq!(settings.auth_method, ClientAuthMethod::ClientSecretBasic);
    assert_eq!(settings.response_types, [ResponseType::Code]);
    assert_eq!((settings.id_token_alg, settings.subject_type), (Algorithm::Rs256, SubjectType::Public));
    assert!(settings.self_registered && !settings.first_party && !settings.refresh && settings.require_pkce);
    let told = document(&app_of(wish));
    assert_eq!(told["grant_types"], json!(["authorization_code"]));
    assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(told["application_type"], "web");
    for absent in ["jwks", "logo_uri", "request_uris", "require_auth_time", "client_secret"] {
        assert!(!told.contains_key(absent), "{absent}");
    }
}

#[test]
fn everything_that_is_registered_is_given_back_and_nothing_else() {
    let whole = json!({
        "redirect_uris": [HOME, "https://app.example/other?x=1"],
        "response_types": ["code", "token id_token code"],
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "application_type": "web",
        "contacts": ["ops@app.example"],
        "client_name": "Fieldreport",
        "client_name#sv": "Fältrapport",
        "client_name#nb-NO": "Feltrapport",
        "logo_uri": "https://app.example/logo.png",
        "logo_uri#sv": "https://app.example/logga.png",
        "client_uri": "https://app.example/",
        "policy_uri": "https://app.example/terms#privacy",
        "tos_uri": "https://app.example/terms",
        "jwks": { "keys": [key(), curve_key()] },
        "sector_identifier_uri": "https://app.example/sector.json",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "id_token_encrypted_response_alg": "ECDH-ES",
        "userinfo_signed_response_alg": "RS256",
        "userinfo_encrypted_response_alg": "ECDH-ES+A256KW",
        "userinfo_encrypted_response_enc": "A256GCM",
        "request_object_signing_alg": "PS256",
        "request_uris": ["https://app.example/ro#hash"],
        "require_signed_request_object": true,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "EdDSA",
        "default_max_age": 3600,
        "require_auth_time": true,
        "default_acr_values": ["urn:portvakt:acr:two-factor"],
        "initiate_login_uri": "https://app.example/start",
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://app.example/front?a=b",
        "frontchannel_logout_session_required": true,
        "software_id": "4NRB1",
        "software_version": "2.1",
    });
    let mut sent = whole.clone();
    for (unknown, value) in [("software_statement", json!("e30.e30.")), ("scope", json!("all")), ("x", json!({}))] {
        sent[unknown] = value;
    }
    let wish = ask(&sent).unwrap();
    assert_eq!(wish.settings.default_max_age, Some(Seconds(3600)));
    let mut told = document(&app_of(wish));
    // What we say beside it, and a default that was left out.
    for ours in ["client_id", "client_id_issued_at"] {
        assert!(told.remove(ours).is_some(), "{ours}");
    }
    let mut whole = whole;
    whole["response_types"] = json!(["code", "code id_token token"]);
    whole["id_token_encrypted_response_enc"] = json!("A128CBC-HS256");
    assert_eq!(Value::Object(told), whole);
}

#[test]
fn what_is_no_object_or_means_two_things_is_refused() {
    let terms = everything(Subjects::AsAsked);
    for body in ["", "[]", "null", "{", r#"{"redirect_uris":[],"redirect_uris":[]}"#, r#"{"a":{"b":1,"b":2}}"#] {
        assert_eq!(read(body.as_bytes(), &terms), Err(Why::MetadataUnreadable), "{body}");
    }
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    assert_eq!(read(deep.as_bytes(), &terms), Err(Why::MetadataUnreadable));
    assert_eq!(read(&vec![b' '; MOST_OCTETS + 1], &terms), Err(Why::TooBig));
}

#[test]
fn the_kind_follows_from_the_type_and_from_whether_it_authenticates() {
    for (members, kind, method) in [
        (json!({}), AppKind::Web, "client_secret_basic"),
        (json!({ "token_endpoint_auth_method": "none" }), AppKind::Browser, "none"),
        (json!({ "application_type": "native", "redirect_uris": ["com.app:/cb"] }), AppKind::Native, "none"),
        (
            json!({ "application_type": "native", "redirect_uris": ["http://localhost/cb"],
            "token_endpoint_auth_method": "client_secret_post" }),
            AppKind::Native,
            "none",
        ),
    ] {
        let wish = ask(&members).unwrap();
        assert_eq!((wish.kind, wish.settings.auth_method.name()), (kind, method), "{members}");
    }
    let page = ask(&json!({ "token_endpoint_auth_method": "none" })).unwrap();
    assert_eq!(page.settings.origins, ["https://app.example"], "its scripts may call the token endpoint");
    assert!(ask(&json!({})).unwrap().settings.origins.is_empty());
}

#[test]
fn what_discovery_does_not_list_cannot_be_registered() {
    let offers = Offers::default();
    let plain = discovery::document("https://login.example", &[], &offers);
    let terms = Terms::of(&plain, &offers, Rules::default(), Subjects::AsAsked);
    for types in ["id_token", "code id_token", "code token"] {
        assert_eq!(ask_under(&terms, &json!({ "response_types": [types] })), Err(Why::FlowsNotOffered), "{types}");
    }
    let nothing = Terms::of(&json!({}), &offers, Rules::default(), Subjects::AsAsked);
    let basic = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    assert_eq!(ask_under(&nothing, &basic), Err(Why::MetadataNotOffered));
    let listed = json!({ "response_types_supported": ["code"], "token_endpoint_auth_methods_supported": ["none"] });
    let little = Terms::of(&listed, &offers, Rules::default(), Subjects::AsAsked);
    let channels = json!({
        "token_endpoint_auth_method": "none",
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://app.example/front",
        "request_uris": ["https://app.example/ro"],
    });
    let wish = ask_under(&little, &channels).unwrap();
    let told = document(&app_of(wish));
    assert!(!told.keys().any(|name| name.contains("channel") || name == "request_uris"), "{told:?}");
    let bound = json!({ "token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": true });
    assert_eq!(
        ask_under(&little, &bound),
        Err(Why::MetadataNotOffered),
        "a client that wants more safety is not fooled"
    );
}

#[test]
fn the_deployment_s_rules_hold() {
    let offers = Offers { no_pkce: true, ..Offers::default() };
    let document = discovery::document("https://login.example", &[], &offers);
    let rules = Rules { redirect_hosts: vec!["app.example".to_owned(), ".apps.example".to_owned()], refresh: false };
    let terms = Terms::of(&document, &offers, rules, Subjects::AsAsked);
    let all = json!({ "grant_types": ["authorization_code", "refresh_token"] });
    let wish = ask_under(&terms, &all).unwrap();
    assert!(!wish.settings.refresh && !wish.settings.require_pkce);
    for (uri, right) in [
        ("https://app.example:8443/cb", true),
        ("https://a.apps.example/cb", true),
        ("https://apps.example/cb", false),
        ("https://evilapps.example/cb", false),
        ("https://xapp.example/cb", false),
        ("https://app.example.evil.example/cb", false),
        ("http://127.0.0.1/cb", false),
        ("https://A.Apps.Example/cb", true),
    ] {
        let asked = ask_under(&terms, &json!({ "redirect_uris": [uri] }));
        assert_eq!(asked.err(), (!right).then_some(Why::RedirectUriHost), "{uri}");
    }
    let native = |uri: &str| json!({ "application_type": "native", "redirect_uris": [uri] });
    for uri in ["com.evil.app://app.example/cb", "com.evil.app://a.apps.example/cb", "com.evil.app:/cb"] {
        assert_eq!(ask_under(&terms, &native(uri)).err(), Some(Why::RedirectUriHost), "{uri}");
        assert!(ask(&native(uri)).is_ok(), "{uri}: where any host may be");
    }
    let elsewhere =
        json!({ "application_type": "native", "post_logout_redirect_uris": ["com.evil.app://app.example/"] });
    assert_eq!(ask_under(&terms, &elsewhere).err(), Some(Why::PostLogoutUri));
    let bye = json!({ "post_logout_redirect_uris": ["https://other.example/bye"] });
    assert_eq!(ask_under(&terms, &bye), Err(Why::PostLogoutUri));
}

#[test]
fn refresh_tokens_come_with_a_code_and_only_to_who_asks() {
    for (members, refresh) in [
        (json!({ "grant_types": ["authorization_code", "refresh_token"] }), true),
        (json!({ "grant_types": ["authorization_code"] }), false),
        (json!({}), false),
        (json!({ "response_types": ["id_token"], "grant_types": ["implicit", "refresh_token"] }), false),
    ] {
        assert_eq!(ask(&members).unwrap().settings.refresh, refresh, "{members}");
    }
}

#[test]
fn strangers_see_a_subject_of_their_own_whatever_they_ask() {
    let terms = everything(Subjects::Pairwise);
    for members in [json!({}), json!({ "subject_type": "public" }), json!({ "subject_type": "pairwise" })] {
        assert_eq!(ask_under(&terms, &members).unwrap().settings.subject_type, SubjectType::Pairwise, "{members}");
    }
    let two = json!({ "redirect_uris": [HOME, "https://other.example/cb"] });
    assert_eq!(ask_under(&terms, &two), Err(Why::SectorNeeded));
    let listed = json!({ "redirect_uris": [HOME, "https://other.example/cb"],
        "sector_identifier_uri": "https://app.example/s.json" });
    assert!(ask_under(&terms, &listed).is_ok());
}

#[test]
fn a_certificate_has_one_name() {
    let members = json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=app" });
    let mut bound = members.clone();
    bound["tls_client_certificate_bound_access_tokens"] = json!(true);
    let told = document(&app_of(ask(&bound).unwrap()));
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(told["tls_client_auth_subject_dn"], "CN=app");
    bound["response_types"] = json!(["code token"]);
    assert_eq!(ask(&bound), Err(Why::MetadataNotOffered), "what passes through the browser is bound to nothing");
    let wish = ask(&members).unwrap();
    assert_eq!(wish.settings.proving.certificate, Some(CertificateName::SubjectDn("CN=app".to_owned())));
}

#[test]
fn an_update_is_for_its_own_client_and_brings_nothing_of_ours_back() {
    let terms = everything(Subjects::AsAsked);
    let update = |members: &Value| read_update(with(members).to_string().as_bytes(), "app_new", &terms);
    let read = update(&json!({ "client_id": "app_new", "client_secret": "s" })).unwrap();
    assert_eq!(read.secret.map(|secret| secret.reveal().clone()).as_deref(), Some("s"));
    for members in [json!({}), json!({ "client_id": "app_other" }), json!({ "client_id": null })] {
        assert_eq!(update(&members), Err(Why::UpdateClientId), "{members}");
    }
    for ours in OURS {
        assert_eq!(update(&json!({ "client_id": "app_new", ours: 1 })), Err(Why::UpdateMembers), "{ours}");
    }
}

#[test]
fn a_sector_lists_every_address_octet_by_octet() {
    let uris = ["https://a.example/cb".to_owned(), "https://b.example/cb".to_owned()];
    let lists = |text: &str| lists_all(text.as_bytes(), &uris);
    assert!(lists(r#"["https://x.example/", "https://b.example/cb", "https://a.example/cb"]"#));
    for wrong in [
        r#"["https://a.example/cb"]"#,
        r#"["https://a.example/cb", "https://b.example/cb/"]"#,
        r#"{"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]}"#,
        r#"["https://a.example/cb", "https://b.example/cb", 1]"#,
        "",
        "<html>",
    ] {
        assert!(!lists(wrong), "{wrong}");
    }
    let endless: Vec<String> = uris.iter().cloned().chain((0..2_000).map(|at| at.to_string())).collect();
    assert!(!lists(&json!(endless).to_string()));
}

proptest! {
    #[test]
    fn whatever_a_member_holds_it_is_refused_or_given_back(
        name in prop::sample::select(vec![
            "redirect_uris", "response_types", "grant_types", "application_type", "client_name", "client_name#sv",
            "logo_uri", "jwks", "jwks_uri", "sector_identifier_uri", "subject_type", "id_token_signed_response_alg",
            "token_endpoint_auth_method", "default_max_age", "require_auth_time", "request_uris", "contacts",
            "initiate_login_uri", "post_logout_redirect_uris", "backchannel_logout_uri", "frontchannel_logout_uri",
        ]),
        value in prop::sample::select(vec![
            json!(null), json!(true), json!(7), json!(""), json!("code"), json!("https://app.example/x"), json!([]),
            json!(["code"]), json!(["https://app.example/x", "https://app.example/y"]), json!({}), json!({ "keys": [] }),
            json!("RS256"), json!("none"), json!("native"), json!("pairwise"), json!(["authorization_code", "implicit"]),
        ]),
    ) {
        fuzz_registration(with(&json!({ name: value })).to_string().as_bytes());
    }
}
