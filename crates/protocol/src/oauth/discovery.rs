//! The discovery document (OpenID Connect Discovery 1.0 §3; the same at RFC 8414's path).

use super::access_token::ID_TOKEN_ALGORITHMS;
use super::respond::ResponseMode;
use super::token::GRANT_TYPES;
use super::{claims, scope};
use portvakt_model::app::metadata::{ContentEncryption, JwsAlgorithm, KeyManagement, ResponseType, SubjectType};
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
    /// OpenID Connect Session Management: the frame that apps' pages ask.
    pub const CHECK_SESSION: &str = "/check-session";
    /// RFC 7591; a client's own address (RFC 7592) lies below.
    pub const REGISTER: &str = "/register";
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
    /// Clients that register themselves (RFC 7591).
    pub registration: bool,
    /// Mutual TLS (RFC 8705).
    pub mutual_tls: Option<MutualTls>,
}

/// Where clients can bring a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualTls {
    /// The base of the endpoints that ask for one (`mtls_endpoint_aliases`), without a slash at its end.
    pub url: String,
    /// Whether there are authorities that may vouch for clients: without any there is no `tls_client_auth`.
    pub authorities: bool,
}

/// The endpoints that can be called with a certificate: their members in the document, and their paths. The listener
/// that asks for certificates serves these and no page.
pub const ALIASED: [(&str, &str); 4] = [
    ("token_endpoint", path::TOKEN),
    ("userinfo_endpoint", path::USERINFO),
    ("introspection_endpoint", path::INTROSPECT),
    ("revocation_endpoint", path::REVOKE),
];

impl Offers {
    /// The ways in which a client may prove itself here.
    pub fn auth_methods(&self) -> impl Iterator<Item = ClientAuthMethod> {
        let certificates = self.mutual_tls.is_some();
        let authorities = self.mutual_tls.as_ref().is_some_and(|one| one.authorities);
        ClientAuthMethod::ALL.into_iter().filter(move |method| match method {
            ClientAuthMethod::TlsClientAuth => authorities,
            ClientAuthMethod::SelfSignedTlsClientAuth => certificates,
            ClientAuthMethod::None
            | ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::ClientSecretJwt
            | ClientAuthMethod::PrivateKeyJwt => true,
        })
    }

    /// The response types that a client may register here.
    pub fn response_types(&self) -> impl Iterator<Item = ResponseType> {
        let all = self.front_channel_types;
        ResponseType::ALL.into_iter().filter(move |one| all || !one.is_front_channel())
    }

    /// The ways in which an answer may travel. The fragment is there for the response types that need it.
    pub fn response_modes(&self) -> impl Iterator<Item = ResponseMode> {
        let all = self.front_channel_types;
        ResponseMode::ALL.into_iter().filter(move |mode| all || *mode != ResponseMode::Fragment)
    }

    /// The grants: those of the token endpoint, and `implicit` where the authorization endpoint gives tokens.
    pub fn grant_types(&self) -> impl Iterator<Item = &'static str> {
        GRANT_TYPES.into_iter().chain(self.front_channel_types.then_some("implicit"))
    }
}

/// The document for an issuer, with the scopes that its APIs know.
pub fn document(issuer: &str, api_scopes: &[String], offers: &Offers) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let auth: Vec<&str> = offers.auth_methods().map(ClientAuthMethod::name).collect();
    let assertion_algs = JwsAlgorithm::ALL.map(JwsAlgorithm::name);
    let secrets: Vec<&str> = auth.iter().copied().filter(|name| *name != "none").collect();
    let mut scopes: Vec<&str> = scope::STANDARD.to_vec();
    for known in api_scopes.iter().map(String::as_str) {
        if !scopes.contains(&known) {
            scopes.push(known);
        }
    }
    let mut claims_supported = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid"];
    claims_supported.extend(claims::supported());
    let mut document = json!({
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
        "response_modes_supported": offers.response_modes().map(ResponseMode::name).collect::<Vec<_>>(),
        "grant_types_supported": offers.grant_types().collect::<Vec<_>>(),
        "subject_types_supported": SubjectType::ALL.map(SubjectType::name),
        "id_token_signing_alg_values_supported": ID_TOKEN_ALGORITHMS.map(portvakt_model::Algorithm::name),
        "id_token_encryption_alg_values_supported": KeyManagement::ALL.map(KeyManagement::name),
        "id_token_encryption_enc_values_supported": ContentEncryption::ALL.map(ContentEncryption::name),
        "userinfo_signing_alg_values_supported": ID_TOKEN_ALGORITHMS.map(portvakt_model::Algorithm::name),
        "userinfo_encryption_alg_values_supported": KeyManagement::ALL.map(KeyManagement::name),
        "userinfo_encryption_enc_values_supported": ContentEncryption::ALL.map(ContentEncryption::name),
        "token_endpoint_auth_methods_supported": auth,
        "introspection_endpoint_auth_methods_supported": secrets,
        "revocation_endpoint_auth_methods_supported": auth,
        "token_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": Acr::SUPPORTED,
        "claim_types_supported": ["normal"],
        "claims_supported": claims_supported,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "request_object_signing_alg_values_supported": JwsAlgorithm::ASYMMETRIC.map(JwsAlgorithm::name),
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "display_values_supported": ["page"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": Language::ALL.map(Language::tag),
    });
    if let (Some(document), Some(mutual_tls)) = (document.as_object_mut(), &offers.mutual_tls) {
        let alias =
            |(member, path): (&str, &str)| (member.to_owned(), Value::from(format!("{}{path}", mutual_tls.url)));
        document.insert("mtls_endpoint_aliases".to_owned(), ALIASED.into_iter().map(alias).collect());
        document.insert("tls_client_certificate_bound_access_tokens".to_owned(), Value::Bool(true));
    }
    if let (Some(document), true) = (document.as_object_mut(), offers.session_management) {
        document.insert("check_session_iframe".to_owned(), Value::from(at(path::CHECK_SESSION)));
    }
    if let (Some(document), true) = (document.as_object_mut(), offers.frontchannel_logout) {
        for member in ["frontchannel_logout_supported", "frontchannel_logout_session_supported"] {
            document.insert(member.to_owned(), Value::Bool(true));
        }
    }
    if let (Some(document), true) = (document.as_object_mut(), offers.registration) {
        document.insert("registration_endpoint".to_owned(), Value::from(at(path::REGISTER)));
    }
    document
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

    #[test]
    fn tokens_by_way_of_the_browser_are_announced_where_they_are_offered_and_nowhere_else() {
        let said = |offers: &Offers| {
            let document = document("https://login.example", &[], offers);
            ["response_types_supported", "response_modes_supported", "grant_types_supported"]
                .map(|member| document[member].clone())
        };
        let usual = json!(["authorization_code", "refresh_token", "client_credentials"]);
        assert_eq!(said(&Offers::default()), [json!(["code"]), json!(["query", "form_post"]), usual]);
        let [types, modes, grants] = said(&Offers { front_channel_types: true, ..Offers::default() });
        let all = ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];
        assert_eq!((types, modes), (json!(all), json!(["query", "fragment", "form_post"])));
        assert!(grants.as_array().unwrap().contains(&json!("implicit")));
    }

    #[test]
    fn certificates_are_announced_where_they_can_be_brought_and_nowhere_else() {
        let of = |mutual_tls| document("https://login.example", &[], &Offers { mutual_tls, ..Offers::default() });
        let methods = |document: &Value| {
            let names = document["token_endpoint_auth_methods_supported"].as_array().unwrap();
            names.iter().filter(|name| name.as_str().unwrap().contains("tls")).count()
        };
        let without = of(None);
        assert_eq!((methods(&without), without.get("mtls_endpoint_aliases")), (0, None));
        assert_eq!(without.get("tls_client_certificate_bound_access_tokens"), None);
        let url = "https://mtls.login.example".to_owned();
        let bare = of(Some(MutualTls { url: url.clone(), authorities: false }));
        assert_eq!(methods(&bare), 1);
        let whole = of(Some(MutualTls { url, authorities: true }));
        assert_eq!((methods(&whole), &whole["tls_client_certificate_bound_access_tokens"]), (2, &json!(true)));
        let aliases = whole["mtls_endpoint_aliases"].as_object().unwrap();
        assert_eq!(aliases["token_endpoint"], "https://mtls.login.example/token");
        for (member, path) in ALIASED {
            assert_eq!(whole[member], format!("https://login.example{path}"), "an alias of what there is");
        }
    }

    #[test]
    fn registration_is_announced_where_it_is_offered_and_nowhere_else() {
        let of = |registration| document("https://login.example", &[], &Offers { registration, ..Offers::default() });
        assert_eq!(of(false).get("registration_endpoint"), None);
        assert_eq!(of(true)["registration_endpoint"], "https://login.example/register");
    }

    #[test]
    fn the_back_channel_is_always_announced_and_what_needs_a_browser_only_where_it_is_offered() {
        let of = |session_management, frontchannel_logout| {
            let offers = Offers { session_management, frontchannel_logout, ..Offers::default() };
            let document = document("https://login.example", &[], &offers);
            assert_eq!(document["backchannel_logout_supported"], true);
            assert_eq!(document["backchannel_logout_session_supported"], true);
            ["check_session_iframe", "frontchannel_logout_supported", "frontchannel_logout_session_supported"]
                .map(|member| document.get(member).cloned())
        };
        let frame = Some(json!("https://login.example/check-session"));
        let yes = || Some(Value::Bool(true));
        assert_eq!(of(false, false), [None, None, None]);
        assert_eq!(of(true, false), [frame, None, None]);
        assert_eq!(of(false, true), [None, yes(), yes()]);
    }

    #[test]
    fn no_assertion_may_be_unsigned() {
        let document = document("https://login.example", &[], &Offers::default());
        for endpoint in ["token", "introspection", "revocation"] {
            let algorithms = &document[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
            let algorithms = algorithms.as_array().unwrap();
            assert!(algorithms.contains(&json!("ES256")) && algorithms.contains(&json!("HS256")));
            assert!(!algorithms.contains(&json!("none")));
        }
    }
}
