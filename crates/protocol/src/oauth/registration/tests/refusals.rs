//! What is refused, and by which code.

use super::{HOME, Why, ask, curve_key, key};
use serde_json::{Value, json};

fn assert_refused(rows: &[(Value, Why)]) {
    for (members, why) in rows {
        assert_eq!(ask(members), Err(*why), "{members}");
        let is_redirect = why.description().to_lowercase().contains("redirect uri") || *why == Why::RedirectUrisMissing;
        let code = why.code().name();
        assert!(code == "invalid_client_metadata" || (code == "invalid_redirect_uri" && is_redirect), "{members}");
    }
}

#[test]
fn a_redirect_uri_that_may_not_be_is_refused_by_its_own_code() {
    let many: Vec<String> = (0..21).map(|at| format!("https://app.example/{at}")).collect();
    assert_refused(&[
        (json!({ "redirect_uris": [] }), Why::RedirectUrisMissing),
        (json!({ "redirect_uris": null }), Why::RedirectUrisMissing),
        (json!({ "redirect_uris": HOME }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": [1] }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": many }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": ["https://app.example/cb#x"] }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": [HOME, "http://app.example/cb"] }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), Why::RedirectUriRefused),
        (json!({ "redirect_uris": ["app.example:/cb"] }), Why::RedirectUriRefused),
        (
            json!({ "response_types": ["id_token"], "grant_types": ["implicit"],
            "redirect_uris": ["http://127.0.0.1/cb"] }),
            Why::RedirectUriImplicit,
        ),
        (
            json!({ "response_types": ["code id_token"], "redirect_uris": ["https://localhost/cb"] }),
            Why::RedirectUriImplicit,
        ),
    ]);
}

#[test]
fn what_cannot_be_offered_or_contradicts_itself_is_refused() {
    assert_refused(&[
        (json!({ "response_types": ["token"] }), Why::FlowsNotOffered),
        (json!({ "response_types": [] }), Why::FlowsNotOffered),
        (json!({ "grant_types": ["password"] }), Why::FlowsNotOffered),
        (json!({ "grant_types": ["client_credentials"] }), Why::FlowsNotOffered),
        (json!({ "grant_types": ["implicit"] }), Why::FlowsContradict),
        (json!({ "grant_types": [] }), Why::FlowsContradict),
        (json!({ "response_types": ["code id_token"], "grant_types": ["authorization_code"] }), Why::FlowsContradict),
        (json!({ "application_type": "desktop" }), Why::MetadataNotOffered),
        (json!({ "token_endpoint_auth_method": "client_secret_hat" }), Why::MetadataNotOffered),
        (json!({ "id_token_signed_response_alg": "none" }), Why::MetadataNotOffered),
        (json!({ "id_token_signed_response_alg": "HS256" }), Why::MetadataNotOffered),
        (json!({ "userinfo_signed_response_alg": "none" }), Why::MetadataNotOffered),
        (json!({ "request_object_signing_alg": "none" }), Why::MetadataNotOffered),
        (json!({ "request_object_signing_alg": "HS256" }), Why::MetadataNotOffered),
        (json!({ "request_object_encryption_alg": "RSA-OAEP" }), Why::MetadataNotOffered),
        (
            json!({ "token_endpoint_auth_method": "client_secret_jwt",
            "token_endpoint_auth_signing_alg": "RS256" }),
            Why::MetadataNotOffered,
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key()] },
            "token_endpoint_auth_signing_alg": "HS256" }),
            Why::MetadataNotOffered,
        ),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), Why::KeysMissing),
        (json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [] } }), Why::KeysMissing),
        (json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }), Why::KeysMissing),
        (json!({ "id_token_encrypted_response_alg": "RSA-OAEP" }), Why::KeysMissing),
        // Keys that are there, and none that the algorithm could use.
        (
            json!({ "id_token_encrypted_response_alg": "RSA-OAEP-256", "jwks": { "keys": [curve_key()] } }),
            Why::KeysMissing,
        ),
        (json!({ "userinfo_encrypted_response_alg": "ECDH-ES", "jwks": { "keys": [key()] } }), Why::KeysMissing),
        (json!({ "userinfo_encrypted_response_alg": "RSA-OAEP" }), Why::KeysMissing),
        (json!({ "require_signed_request_object": true }), Why::KeysMissing),
        (json!({ "id_token_encrypted_response_enc": "A128GCM" }), Why::MetadataNotOffered),
        (json!({ "id_token_encrypted_response_alg": "RSA1_5", "jwks": { "keys": [key()] } }), Why::MetadataNotOffered),
        (json!({ "jwks": { "keys": [] }, "jwks_uri": "https://app.example/jwks" }), Why::KeysBoth),
        (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AA" }] } }), Why::KeysRefused),
        (json!({ "jwks": "keys" }), Why::KeysRefused),
    ]);
}

#[test]
fn each_member_of_the_wrong_form_is_refused() {
    let long = "n".repeat(81);
    assert_refused(&[
        (json!({ "jwks_uri": "http://app.example/jwks" }), Why::MetadataUri),
        (json!({ "jwks_uri": "https://app.example/jwks#k" }), Why::MetadataUri),
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), Why::CertificateName),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example",
            "tls_client_auth_san_ip": "192.0.2.1" }),
            Why::CertificateName,
        ),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "app" }),
            Why::CertificateName,
        ),
        (json!({ "application_type": "native", "response_types": ["id_token"] }), Why::FlowsNotOffered),
        (json!({ "subject_type": "secret" }), Why::MetadataNotOffered),
        (json!({ "subject_type": "pairwise", "redirect_uris": [HOME, "https://other.example/cb"] }), Why::SectorNeeded),
        (json!({ "sector_identifier_uri": "http://app.example/s" }), Why::MetadataUri),
        (json!({ "initiate_login_uri": "http://app.example/start" }), Why::MetadataUri),
        (json!({ "logo_uri": "http://app.example/logo.png" }), Why::MetadataUri),
        (json!({ "logo_uri": "data:image/png;base64,AA" }), Why::MetadataUri),
        (json!({ "policy_uri": "javascript:alert(1)" }), Why::MetadataUri),
        (json!({ "tos_uri#sv": "//app.example/x" }), Why::MetadataUri),
        (json!({ "client_uri": "https://app.example\\@evil.example" }), Why::MetadataUri),
        (json!({ "client_uri": "https://a:b@app.example" }), Why::MetadataUri),
        (json!({ "client_uri": "https:app.example" }), Why::MetadataUri),
        (json!({ "request_uris": ["http://app.example/ro"] }), Why::MetadataUri),
        (json!({ "backchannel_logout_uri": "http://app.example/back" }), Why::MetadataUri),
        (json!({ "frontchannel_logout_uri": "https://elsewhere.example/front" }), Why::FrontChannelUri),
        (json!({ "frontchannel_logout_uri": "https://app.example:8443/front" }), Why::FrontChannelUri),
        (json!({ "post_logout_redirect_uris": ["http://app.example/bye"] }), Why::PostLogoutUri),
        (json!({ "client_name": long }), Why::MetadataName),
        (json!({ "client_name#sv": "  " }), Why::MetadataName),
        (json!({ "client_name": "a\u{202e}b" }), Why::MetadataMalformed),
        (json!({ "client_name": ["a"] }), Why::MetadataMalformed),
        (json!({ "contacts": "ops@app.example" }), Why::MetadataMalformed),
        (json!({ "contacts": ["a\nb"] }), Why::MetadataMalformed),
        (json!({ "require_auth_time": "yes" }), Why::MetadataMalformed),
        (json!({ "default_max_age": -1 }), Why::MetadataMalformed),
        (json!({ "default_max_age": 1.5 }), Why::MetadataMalformed),
        (json!({ "software_id": "" }), Why::MetadataMalformed),
        (
            json!({ "application_type": "native", "redirect_uris": ["com.app:/cb"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks" }),
            Why::NativeAuthentication,
        ),
    ]);
}
