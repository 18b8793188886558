//! What an app's settings need of each other: the same for whoever registers it, an operator or the app itself.

use super::host::host;
use crate::jose::{ClientKeys, KeyUse, jwe};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{Encryption, JwsAlgorithm, KeySource, SubjectType};

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
    let takes = |encryption: Option<Encryption>| {
        encryption.is_none_or(|encryption| has_key(keys, |keys| jwe::key_for(keys, encryption).is_some()))
    };
    if objects.required && !has_key(keys, verifies) {
        return Err(NeedFault::RequestObjectKeys);
    }
    if !takes(protection.id_token) {
        return Err(NeedFault::IdTokenKeys);
    }
    if !takes(protection.userinfo) {
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

/// Whether there are keys; and where they are known already, whether they are such as are needed.
pub(crate) fn has_key(keys: Option<&KeySource>, are_right: impl FnOnce(&ClientKeys) -> bool) -> bool {
    match keys {
        Some(KeySource::JwksUri(_)) => true,
        Some(KeySource::Jwks(set)) => ClientKeys::of_value(set).is_ok_and(|keys| are_right(&keys)),
        None => false,
    }
}

/// Whether a signature could be verified by one of them.
pub(crate) fn verifies(keys: &ClientKeys) -> bool {
    keys.keys().iter().any(|key| key.usage != KeyUse::Encryption)
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
        // RFC 7515, appendix A.3.
        let key = |usage: &str| {
            json!({ "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "use": usage,
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }] } })
        };
        let elsewhere = json!({ "jwks_uri": "https://app.example/jwks" });
        for (settings, usage, other, fault) in [
            (json!({ "request_objects": { "required": true } }), "sig", "enc", NeedFault::RequestObjectKeys),
            (json!({ "protection": { "id_token": { "alg": "ECDH-ES" } } }), "enc", "sig", NeedFault::IdTokenKeys),
            (json!({ "protection": { "userinfo": { "alg": "ECDH-ES" } } }), "enc", "sig", NeedFault::UserinfoKeys),
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
        let other = json!({ "protection": { "id_token": { "alg": "RSA-OAEP-256" } }, "keys": key("enc") });
        assert_eq!(checked(&other), Err(NeedFault::IdTokenKeys), "a key of another type");
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
