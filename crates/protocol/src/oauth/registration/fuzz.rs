//! The fuzz entry of this folder, and terms under which everything is offered.

use super::{Rules, Subjects, Terms, Wish, document, lists_all, read, read_update};
use crate::fuzz::has_nul;
use crate::jose::ClientKeys;
use crate::oauth::discovery::Offers;
use crate::oauth::redirect;
use crate::oauth::why::Why;
use portvakt_model::app::metadata::{ContentEncryption, JwsAlgorithm, KeyManagement, KeySource, ResponseType};
use portvakt_model::{Algorithm, App, AppId, ClientAuthMethod, Timestamp};
use serde_json::{Value, json};
use url::Url;

/// Terms under which all is offered that can be registered at all.
pub(super) fn everything(subjects: Subjects, rules: Rules) -> Terms {
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
    Terms::of(&document, &Offers::default(), rules, subjects)
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

/// The one host, and the one domain, of the third of the terms that are tried.
const HOST: &str = "app.example";
const BELOW: &str = ".apps.example";

/// Any bytes as the metadata of a client, new and in place of what is there, and as the list of its sector.
///
/// # Panics
/// If a client is taken that no rule would let in, one that asks for nobody's consent, one that would be on another host
/// than the deployment allows, or what is given back for it reads as something else than what was registered.
pub fn fuzz_registration(data: &[u8]) {
    let strict = Rules { redirect_hosts: vec![HOST.to_owned(), BELOW.to_owned()], refresh: false };
    for (subjects, rules) in
        [(Subjects::AsAsked, Rules::default()), (Subjects::Pairwise, Rules::default()), (Subjects::Pairwise, strict)]
    {
        let terms = everything(subjects, rules);
        let updated = read_update(data, "app_new", &terms);
        let Ok(wish) = read(data, &terms) else {
            assert!(updated.is_err(), "an update takes what may not be registered");
            continue;
        };
        if let Ok(update) = updated {
            assert_eq!(update.wish, wish, "an update reads something else");
            assert!(update.secret.is_none_or(|secret| !secret.reveal().is_empty()));
        }
        assert_right(&wish, &terms);
        let told = document(&app_of(wish.clone()));
        let text = Value::Object(told).to_string();
        assert_eq!(read(text.as_bytes(), &terms).as_ref(), Ok(&wish), "{text}");
        let again = read_update(text.as_bytes(), "app_new", &terms);
        assert_eq!(again.err(), Some(Why::UpdateMembers), "when its id was given is ours to say");
    }
    let listed = lists_all(data, &["https://a.example/cb".to_owned()]);
    assert!(!listed || data.windows(2).any(|two| two == b"a." || two == b"\\u"), "an address out of nothing");
}

/// What holds for whatever was taken.
fn assert_right(wish: &Wish, terms: &Terms) {
    let settings = &wish.settings;
    assert!(!settings.redirect_uris.is_empty() && !settings.response_types.is_empty());
    for uri in settings.redirect_uris.iter().chain(&settings.post_logout_redirect_uris) {
        assert!(redirect::check(wish.kind, uri).is_ok(), "{uri}");
        assert!(terms.rules.redirect_hosts.is_empty() || is_within(uri), "{uri} is on a host that is not allowed");
    }
    assert!(settings.origins.iter().all(|origin| redirect::is_origin(origin)), "{:?}", settings.origins);
    assert!(settings.self_registered && !settings.first_party && settings.require_pkce);
    assert!(settings.own_scopes.is_empty() && settings.default_api.is_none());
    assert!(terms.rules.refresh || !settings.refresh);
    assert!((1..=320).contains(&wish.name.len()));
    if let Some(KeySource::Jwks(set)) = &settings.keys {
        assert!(ClientKeys::of_value(set).is_ok());
    }
    let kept = serde_json::to_value(settings).unwrap_or_default();
    assert!(!has_nul(&kept), "one of the databases cannot keep it");
    assert_eq!(serde_json::from_value(kept).ok().as_ref(), Some(settings), "it does not survive being kept");
}

/// Whether a browser goes to a host that the strict terms allow; read as a browser reads it, not as the rule does.
fn is_within(uri: &str) -> bool {
    let url = Url::parse(uri).ok();
    let web = url.as_ref().filter(|url| matches!(url.scheme(), "http" | "https"));
    web.and_then(Url::host_str).is_some_and(|host| host == HOST || host.ends_with(BELOW))
}
