//! The discovery document (OpenID Connect Discovery 1.0 §3; the same at RFC 8414's path).

use super::access_token::ID_TOKEN_ALGORITHMS;
use super::respond::ResponseMode;
use super::token::GRANT_TYPES;
use super::{claims, scope};
use portvakt_model::app::metadata::ResponseType;
use portvakt_model::{Acr, ClientAuthMethod, Language};
use serde_json::{Value, json};

/// Paths of the endpoints under the issuer.
pub mod path {
    /// OpenID Connect Discovery.
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    /// RFC 8414.
    pub const OAUTH_SERVER: &str = "/.well-known/oauth-authorization-server";
    /// The public keys.
    pub const JWKS: &str = "/jwks";
    /// Authorization.
    pub const AUTHORIZE: &str = "/authorize";
    /// Token.
    pub const TOKEN: &str = "/token";
    /// Userinfo.
    pub const USERINFO: &str = "/userinfo";
    /// RFC 7662.
    pub const INTROSPECT: &str = "/introspect";
    /// RFC 7009.
    pub const REVOKE: &str = "/revoke";
    /// RP-initiated logout.
    pub const END_SESSION: &str = "/end-session";
}

/// What a deployment offers beyond what all of them do. All off by default, and then not in the document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offers {
    /// Implicit and hybrid response types, for the clients that registered them.
    pub front_channel_types: bool,
    /// Public and self-registered clients may leave PKCE out where their switch says so.
    pub no_pkce: bool,
    /// OpenID Connect Session Management 1.0.
    pub session_management: bool,
    /// OpenID Connect Front-Channel Logout 1.0.
    pub frontchannel_logout: bool,
}

impl Offers {
    /// The response types that a client may register here.
    pub fn response_types(&self) -> impl Iterator<Item = ResponseType> {
        let all = self.front_channel_types;
        ResponseType::ALL.into_iter().filter(move |one| all || !one.is_front_channel())
    }
}

/// The document for an issuer, with the scopes that its APIs know.
pub fn document(issuer: &str, api_scopes: &[String], offers: &Offers) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let auth: Vec<&str> = ClientAuthMethod::ALL.iter().map(|method| method.name()).collect();
    let secrets: Vec<&str> = auth.iter().copied().filter(|name| *name != "none").collect();
    let mut scopes: Vec<&str> = scope::STANDARD.to_vec();
    for known in api_scopes.iter().map(String::as_str) {
        if !scopes.contains(&known) {
            scopes.push(known);
        }
    }
    let mut claims_supported = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid"];
    claims_supported.extend(claims::supported());
    json!({
        "issuer": issuer,
        "authorization_endpoint": at(path::AUTHORIZE),
        "token_endpoint": at(path::TOKEN),
        "userinfo_endpoint": at(path::USERINFO),
        "jwks_uri": at(path::JWKS),
        "introspection_endpoint": at(path::INTROSPECT),
        "revocation_endpoint": at(path::REVOKE),
        "end_session_endpoint": at(path::END_SESSION),
        "scopes_supported": scopes,
        "response_types_supported": offers.response_types().map(ResponseType::name).collect::<Vec<_>>(),
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::name),
        "grant_types_supported": GRANT_TYPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ID_TOKEN_ALGORITHMS.map(portvakt_model::Algorithm::name),
        "token_endpoint_auth_methods_supported": auth,
        "introspection_endpoint_auth_methods_supported": secrets,
        "revocation_endpoint_auth_methods_supported": auth,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": Acr::SUPPORTED,
        "claim_types_supported": ["normal"],
        "claims_supported": claims_supported,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
        "authorization_response_iss_parameter_supported": true,
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": Language::ALL.map(Language::tag),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_promises_what_there_is() {
        let document = document("https://login.example", &["read".to_owned(), "openid".to_owned()], &Offers::default());
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["token_endpoint"], "https://login.example/token");
        let scopes = document["scopes_supported"].as_array().unwrap();
        assert_eq!(scopes.iter().filter(|scope| *scope == "openid").count(), 1);
        assert!(!document.to_string().contains("\"none\",\"RS256\""));
        assert!(document["id_token_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));
    }
}
