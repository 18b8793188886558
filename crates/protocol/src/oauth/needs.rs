//! What an app's settings need of each other: the same for whoever registers it, an operator or the app itself.

use super::host::host;
use crate::jose::{ClientKeys, KeyUse};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{JwsAlgorithm, KeySource, SubjectType};

/// What is not there, or does not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedFault {
    /// Its request objects must be signed, and no key is registered that could verify one.
    RequestObjectKeys,
    /// Request objects are signed with the app's own key, never under a shared secret.
    RequestObjectAlgorithm,
    /// Its `id_tokens` are to be encrypted, and no key is registered that they could be encrypted to.
    IdTokenKeys,
    /// The same for userinfo.
    UserinfoKeys,
    /// Pairwise subjects and redirect URIs on several hosts, but no list that says they belong together (OpenID Connect
    /// Core §8.1).
    Sector,
}

impl NeedFault {
    /// The member at which it lies, by its name in the settings.
    pub const fn member(self) -> &'static str {
        match self {
            Self::RequestObjectKeys => "request_objects.required",
            Self::RequestObjectAlgorithm => "request_objects.signing_alg",
            Self::IdTokenKeys => "protection.id_token",
            Self::UserinfoKeys => "protection.userinfo",
            Self::Sector => "sector_identifier_uri",
        }
    }

    /// A sentence's end for whoever registers the app.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::RequestObjectKeys => "it needs public keys (jwks or jwks_uri) that can verify signatures",
            Self::RequestObjectAlgorithm => "request objects are signed with the app's own key: no HS*",
            Self::IdTokenKeys | Self::UserinfoKeys => "it needs public keys (jwks or jwks_uri) to encrypt to",
            Self::Sector => "pairwise subjects for redirect URIs on several hosts need it",
        }
    }
}

/// Checks what the settings need of each other.
///
/// # Errors
/// The first thing that is not there.
pub fn check(settings: &AppSettings) -> Result<(), NeedFault> {
    let keys = settings.keys.as_ref();
    let (objects, protection) = (&settings.request_objects, &settings.protection);
    if objects.signing_alg.is_some_and(JwsAlgorithm::is_symmetric) {
        return Err(NeedFault::RequestObjectAlgorithm);
    }
    if objects.required && !has_key(keys, KeyUse::Encryption) {
        return Err(NeedFault::RequestObjectKeys);
    }
    if protection.id_token.is_some() && !has_key(keys, KeyUse::Signing) {
        return Err(NeedFault::IdTokenKeys);
    }
    if protection.userinfo.is_some() && !has_key(keys, KeyUse::Signing) {
        return Err(NeedFault::UserinfoKeys);
    }
    if settings.subject_type == SubjectType::Pairwise && settings.sector_identifier_uri.is_none() {
        let mut hosts = settings.redirect_uris.iter().map(|uri| host(uri).map(str::to_ascii_lowercase));
        let first = hosts.next();
        if hosts.any(|host| Some(host) != first) {
            return Err(NeedFault::Sector);
        }
    }
    Ok(())
}

/// Whether there are keys; and where they are known already, one that can be used and is not for something else alone.
pub(crate) fn has_key(keys: Option<&KeySource>, not_for: KeyUse) -> bool {
    match keys {
        Some(KeySource::JwksUri(_)) => true,
        Some(KeySource::Jwks(set)) => {
            ClientKeys::of_value(set).is_ok_and(|keys| keys.keys().iter().any(|key| key.usage != not_for))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(settings: &Value) -> Result<(), NeedFault> {
        check(&serde_json::from_value(settings.clone()).unwrap())
    }

    #[test]
    fn what_is_asked_for_brings_what_it_needs() {
        let key = |usage: &str| {
            json!({ "jwks": { "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": usage,
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] } })
        };
        let elsewhere = json!({ "jwks_uri": "https://app.example/jwks" });
        for (settings, usage, other, fault) in [
            (json!({ "request_objects": { "required": true } }), "sig", "enc", NeedFault::RequestObjectKeys),
            (json!({ "protection": { "id_token": { "alg": "RSA-OAEP" } } }), "enc", "sig", NeedFault::IdTokenKeys),
            (json!({ "protection": { "userinfo": { "alg": "RSA-OAEP" } } }), "enc", "sig", NeedFault::UserinfoKeys),
        ] {
            let with = |keys: &Value| {
                let mut settings = settings.clone();
                settings["keys"] = keys.clone();
                checked(&settings)
            };
            assert_eq!(checked(&settings), Err(fault));
            assert_eq!(with(&key(other)), Err(fault));
            assert_eq!((with(&key(usage)), with(&elsewhere)), (Ok(()), Ok(())), "{settings}");
        }
        let alg = |name: &str| checked(&json!({ "request_objects": { "signing_alg": name } }));
        assert_eq!((alg("ES256"), alg("HS256")), (Ok(()), Err(NeedFault::RequestObjectAlgorithm)));
    }

    #[test]
    fn pairwise_subjects_are_of_one_host_or_of_a_list() {
        let of = |uris: &[&str], list: Option<&str>| {
            checked(&json!({ "subject_type": "pairwise", "redirect_uris": uris, "sector_identifier_uri": list }))
        };
        assert_eq!(of(&["https://a.example/cb", "https://A.example:8443/other"], None), Ok(()));
        assert_eq!(of(&["com.a.app:/cb", "com.a.app:/other"], None), Ok(()));
        for two in [["https://a.example/cb", "https://b.example/cb"], ["com.a.app:/cb", "https://b.example/cb"]] {
            assert_eq!(of(&two, None), Err(NeedFault::Sector), "{two:?}");
            assert_eq!(of(&two, Some("https://b.example/list.json")), Ok(()));
        }
        let public = json!({ "redirect_uris": ["https://a.example/cb", "https://b.example/cb"] });
        assert_eq!(checked(&public), Ok(()));
    }
}
