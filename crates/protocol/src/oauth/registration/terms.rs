//! What may be registered here: what discovery lists, within the deployment's rules. The discovery document itself is
//! the source, so that a client can never register what we don't announce, nor the other way round.

use crate::oauth::discovery::Offers;
use portvakt_model::app::metadata::{ContentEncryption, JwsAlgorithm, KeyManagement, ResponseType};
use portvakt_model::{Algorithm, ClientAuthMethod};
use serde_json::Value;

/// What the deployment's configuration says about clients that register themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Hosts that redirect and post-logout URIs may be on; one that begins with a dot stands for all below it. Empty:
    /// any.
    pub redirect_hosts: Vec<String>,
    /// Whether they may have refresh tokens.
    pub refresh: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { redirect_hosts: Vec::new(), refresh: true }
    }
}

/// Which `sub` a client may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subjects {
    /// As it asks; the same for all if it doesn't: for clients that somebody here let in.
    AsAsked,
    /// One for each sector, whatever it asks: strangers shall not tell each other whom they saw.
    Pairwise,
}

/// What may be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub(super) response_types: Vec<ResponseType>,
    pub(super) auth_methods: Vec<ClientAuthMethod>,
    pub(super) client_algs: Vec<JwsAlgorithm>,
    pub(super) id_token_algs: Vec<Algorithm>,
    pub(super) id_token_encryption: (Vec<KeyManagement>, Vec<ContentEncryption>),
    pub(super) userinfo_algs: Vec<Algorithm>,
    pub(super) userinfo_encryption: (Vec<KeyManagement>, Vec<ContentEncryption>),
    pub(super) request_objects: bool,
    pub(super) request_object_algs: Vec<JwsAlgorithm>,
    pub(super) request_uris: bool,
    pub(super) bound_tokens: bool,
    pub(super) back_channel: bool,
    pub(super) front_channel: bool,
    pub(super) require_pkce: bool,
    pub(super) subjects: Subjects,
    pub(super) rules: Rules,
}

impl Terms {
    /// From the discovery document that [`crate::oauth::discovery::document`] made for the same offers.
    pub fn of(document: &Value, offers: &Offers, rules: Rules, subjects: Subjects) -> Self {
        let encryption = |of: &str| {
            (
                list(document, &format!("{of}_encryption_alg_values_supported"), KeyManagement::of_name),
                list(document, &format!("{of}_encryption_enc_values_supported"), ContentEncryption::of_name),
            )
        };
        let is_on = |name: &str| document.get(name).and_then(Value::as_bool).unwrap_or(false);
        Self {
            response_types: list(document, "response_types_supported", ResponseType::of_name),
            auth_methods: list(document, "token_endpoint_auth_methods_supported", ClientAuthMethod::of_name),
            client_algs: list(document, "token_endpoint_auth_signing_alg_values_supported", JwsAlgorithm::of_name),
            id_token_algs: list(document, "id_token_signing_alg_values_supported", Algorithm::of_name),
            id_token_encryption: encryption("id_token"),
            userinfo_algs: list(document, "userinfo_signing_alg_values_supported", Algorithm::of_name),
            userinfo_encryption: encryption("userinfo"),
            request_objects: is_on("request_parameter_supported"),
            request_object_algs: list(document, "request_object_signing_alg_values_supported", JwsAlgorithm::of_name),
            request_uris: is_on("request_uri_parameter_supported"),
            bound_tokens: is_on("tls_client_certificate_bound_access_tokens"),
            back_channel: is_on("backchannel_logout_supported"),
            front_channel: is_on("frontchannel_logout_supported"),
            require_pkce: !offers.no_pkce,
            subjects,
            rules,
        }
    }
}

fn list<T>(document: &Value, name: &str, of_name: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let words = document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(Value::as_str).filter_map(of_name).collect()
}
