//! The fuzz entry of this folder, and terms under which everything is offered.

use super::{Rules, Subjects, Terms, Wish, document, lists_all, read};
use crate::jose::ClientKeys;
use crate::oauth::discovery::Offers;
use crate::oauth::redirect;
use portvakt_model::app::metadata::{ContentEncryption, JwsAlgorithm, KeyManagement, KeySource, ResponseType};
use portvakt_model::{Algorithm, App, AppId, ClientAuthMethod, Timestamp};
use serde_json::{Value, json};

/// Terms under which all is offered that can be registered at all.
pub(super) fn everything(subjects: Subjects) -> Terms {
    let encryption = (KeyManagement::ALL.map(KeyManagement::name), ContentEncryption::ALL.map(ContentEncryption::name));
    let document = json!({
        "response_types_supported": ResponseType::ALL.map(ResponseType::name),
        "token_endpoint_auth_methods_supported": ClientAuthMethod::ALL.map(ClientAuthMethod::name),
        "token_endpoint_auth_signing_alg_values_supported": JwsAlgorithm::ALL.map(JwsAlgorithm::name),
        "id_token_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
        "id_token_encryption_alg_values_supported": encryption.0,
        "id_token_encryption_enc_values_supported": encryption.1,
        "userinfo_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
        "userinfo_encryption_alg_values_supported": encryption.0,
        "userinfo_encryption_enc_values_supported": encryption.1,
        "request_object_signing_alg_values_supported": JwsAlgorithm::ASYMMETRIC.map(JwsAlgorithm::name),
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "tls_client_certificate_bound_access_tokens": true,
        "backchannel_logout_supported": true,
        "frontchannel_logout_supported": true,
    });
    Terms::of(&document, &Offers::default(), Rules::default(), subjects)
}

/// The app that a wish becomes.
pub(super) fn app_of(wish: Wish) -> App {
    App {
        id: AppId::random([5; 16]),
        client_id: "app_new".to_owned(),
        tenant: None,
        name: wish.name,
        kind: wish.kind,
        settings: wish.settings,
        secrets: Vec::new(),
        version: 1,
        created_at: Timestamp::from_seconds(1_800_000_000),
    }
}

/// Any bytes as the metadata of a client, and as the list of its sector.
///
/// # Panics
/// If a client is taken that no rule would let in, one that asks for nobody's consent, or what is given back for it
/// reads as something else than what was registered.
pub fn fuzz_registration(data: &[u8]) {
    for subjects in [Subjects::AsAsked, Subjects::Pairwise] {
        let terms = everything(subjects);
        let Ok(wish) = read(data, &terms) else { continue };
        let settings = &wish.settings;
        assert!(!settings.redirect_uris.is_empty() && !settings.response_types.is_empty());
        assert!(settings.redirect_uris.iter().all(|uri| redirect::check(wish.kind, uri).is_ok()));
        assert!(settings.origins.iter().all(|origin| redirect::is_origin(origin)), "{:?}", settings.origins);
        assert!(settings.self_registered && !settings.first_party && settings.require_pkce);
        assert!(settings.own_scopes.is_empty() && settings.default_api.is_none());
        assert!((1..=320).contains(&wish.name.len()));
        if let Some(KeySource::Jwks(set)) = &settings.keys {
            assert!(ClientKeys::of_value(set).is_ok());
        }
        let kept = serde_json::to_vec(settings).ok().and_then(|text| serde_json::from_slice(&text).ok());
        assert_eq!(kept.as_ref(), Some(settings), "what is registered does not survive being kept");
        let told = Value::Object(document(&app_of(wish.clone()))).to_string();
        assert_eq!(read(told.as_bytes(), &terms), Ok(wish), "{told}");
    }
    let listed = lists_all(data, &["https://a.example/cb".to_owned()]);
    assert!(!listed || data.windows(2).any(|two| two == b"a." || two == b"\\u"), "an address out of nothing");
}
