//! What else a client can register (OpenID Connect Dynamic Client Registration 1.0 §2, RFC 7591, RFC 8705, the logout
//! specifications): closed choices, so that nothing else in the house compares texts.

use crate::key::Algorithm;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What an authorization request asks for (OAuth 2.0 Multiple Response Type Encoding Practices).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ResponseType {
    /// A code: the way that everybody should go.
    #[default]
    #[serde(rename = "code")]
    Code,
    /// An `id_token` by way of the browser.
    #[serde(rename = "id_token")]
    IdToken,
    /// An `id_token` and an access token by way of the browser.
    #[serde(rename = "id_token token")]
    IdTokenToken,
    /// A code, and an `id_token` by way of the browser.
    #[serde(rename = "code id_token")]
    CodeIdToken,
    /// A code, and an access token by way of the browser.
    #[serde(rename = "code token")]
    CodeToken,
    /// All three.
    #[serde(rename = "code id_token token")]
    CodeIdTokenToken,
}

impl ResponseType {
    /// All of them. Bare `token` is not among them: it proves nobody's sign-in.
    pub const ALL: [Self; 6] =
        [Self::Code, Self::IdToken, Self::IdTokenToken, Self::CodeIdToken, Self::CodeToken, Self::CodeIdTokenToken];

    /// The name on the wire, its words in the order in which the specifications write them.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }

    /// The type of that name; the order of its words means nothing (RFC 6749 §3.1.1).
    pub fn of_name(name: &str) -> Option<Self> {
        let mut words: Vec<&str> = name.split(' ').collect();
        words.sort_unstable();
        Self::ALL.into_iter().find(|one| {
            let mut own: Vec<&str> = one.name().split(' ').collect();
            own.sort_unstable();
            own == words
        })
    }

    /// Whether a code is part of the answer.
    pub const fn has_code(self) -> bool {
        match self {
            Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken => true,
            Self::IdToken | Self::IdTokenToken => false,
        }
    }

    /// Whether an `id_token` comes from the authorization endpoint.
    pub const fn has_id_token(self) -> bool {
        match self {
            Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken => true,
            Self::Code | Self::CodeToken => false,
        }
    }

    /// Whether an access token comes from the authorization endpoint.
    pub const fn has_token(self) -> bool {
        match self {
            Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken => true,
            Self::Code | Self::IdToken | Self::CodeIdToken => false,
        }
    }

    /// Whether tokens pass through the browser: implicit or hybrid.
    pub const fn is_front_channel(self) -> bool {
        self.has_id_token() || self.has_token()
    }
}

/// A JWS algorithm that a client may sign with (RFC 7518 §3.1, RFC 8037). `none` is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JwsAlgorithm {
    /// HMAC with SHA-256, under the client's secret.
    Hs256,
    /// HMAC with SHA-384, under the client's secret.
    Hs384,
    /// HMAC with SHA-512, under the client's secret.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl JwsAlgorithm {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Those with a public key: for `private_key_jwt` and request objects.
    pub const ASYMMETRIC: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Those under the client's secret: for `client_secret_jwt`.
    pub const SYMMETRIC: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The name in a JWS header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name; `None` for any other, `none` above all. `Ed25519` is the same as `EdDSA` here, where
    /// there is one curve (RFC 9864 §2.2), and what newer libraries write.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = if name == "Ed25519" { Self::EdDsa.name() } else { name };
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether it works under a shared secret.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

impl fmt::Display for JwsAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a key for encryption is agreed on or wrapped (RFC 7518 §4.1). No `RSA1_5`, no `dir`, no passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyManagement {
    /// RSAES OAEP with SHA-1's parameters, as older libraries know it; unharmed by SHA-1's collisions.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// RSAES OAEP with SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Ephemeral ECDH on P-256 or P-384, used directly.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// Ephemeral ECDH, wrapping with AES-128.
    #[serde(rename = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    /// Ephemeral ECDH, wrapping with AES-256.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

impl KeyManagement {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// The name in a JWE header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }

    /// The algorithm of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// What encrypts the content (RFC 7518 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-128-CBC with HMAC-SHA-256: what registration means where it names none.
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256-CBC with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    /// AES-128-GCM.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256-GCM.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl ContentEncryption {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The name in a JWE header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The encryption of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encryption| encryption.name() == name)
    }
}

/// How something is encrypted to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// For the key.
    pub alg: KeyManagement,
    /// For the content.
    #[serde(default)]
    pub enc: ContentEncryption,
}

/// A client's public keys: by value or by reference, never both (RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// `jwks`: the set itself, checked when it was registered.
    Jwks(Value),
    /// `jwks_uri`: where the set is fetched.
    JwksUri(String),
}

/// Whether every client sees the same `sub` of a person (OpenID Connect Core §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// The same for all.
    #[default]
    Public,
    /// One for each sector.
    Pairwise,
}

impl SubjectType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }

    /// The type of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What `aud` of a client's assertions may be: the profiles contradict each other, so it is the client's property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer or the address of the endpoint, alone or in an array (OpenID Connect Core §9, RFC 7523 §3).
    #[default]
    IssuerOrEndpoint,
    /// The issuer as one text, and nothing else (FAPI 2.0).
    IssuerOnly,
}

/// Which certificate proves a client with `tls_client_auth`: exactly one of these (RFC 8705 §2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateName {
    /// `tls_client_auth_subject_dn`: RFC 4514 text of the subject.
    SubjectDn(String),
    /// `tls_client_auth_san_dns`.
    SanDns(String),
    /// `tls_client_auth_san_uri`.
    SanUri(String),
    /// `tls_client_auth_san_ip`.
    SanIp(String),
    /// `tls_client_auth_san_email`.
    SanEmail(String),
}

/// How a client proves itself by more than a secret that travels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proving {
    /// `token_endpoint_auth_signing_alg`: the only algorithm its assertions may have; any fitting one if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<JwsAlgorithm>,
    /// What `aud` of its assertions may be.
    #[serde(default)]
    pub audience: AssertionAudience,
    /// Its certificate's name, for `tls_client_auth`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateName>,
    /// `tls_client_certificate_bound_access_tokens`: its tokens are good with its certificate only (RFC 8705 §3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bound_tokens: bool,
}

/// Request objects (RFC 9101, OpenID Connect Core §6).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestObjects {
    /// `request_object_signing_alg`: the only algorithm they may have; any asymmetric one if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<JwsAlgorithm>,
    /// `request_uris`: exactly these may be named, fragment and all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uris: Vec<String>,
    /// `require_signed_request_object` (RFC 9101 §10.5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

/// How answers to a client are protected beyond the `id_token`'s signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// `id_token_encrypted_response_alg` and `…_enc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Encryption>,
    /// `userinfo_signed_response_alg`: userinfo as a JWT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signing: Option<Algorithm>,
    /// `userinfo_encrypted_response_alg` and `…_enc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo: Option<Encryption>,
}

/// How a client is told that a session ended (OpenID Connect Back-Channel and Front-Channel Logout 1.0 §2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogoutChannels {
    /// `backchannel_logout_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<String>,
    /// `backchannel_logout_session_required`: its logout tokens must name the session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub back_session: bool,
    /// `frontchannel_logout_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<String>,
    /// `frontchannel_logout_session_required`: its frame must be told issuer and session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub front_session: bool,
}

/// What a client says of itself that nothing is decided by; shown, or only given back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// `logo_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// `contacts`: addresses of the people responsible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// `initiate_login_uri`: where others may begin a sign-in (OpenID Connect Core §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// `software_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// `software_version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// Texts in other languages, by their whole member name: `client_name#sv`.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub localized: std::collections::BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_a_response_types_words_means_nothing() {
        for one in ResponseType::ALL {
            let turned: Vec<&str> = one.name().split(' ').rev().collect();
            assert_eq!(ResponseType::of_name(&turned.join(" ")), Some(one));
        }
        for wrong in ["", "token", "none", "code  id_token", "code code", "id_token code token x", "Code"] {
            assert_eq!(ResponseType::of_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_lead_back_and_none_is_no_algorithm() {
        assert!(JwsAlgorithm::ALL.into_iter().all(|one| JwsAlgorithm::of_name(one.name()) == Some(one)));
        assert!(KeyManagement::ALL.into_iter().all(|one| KeyManagement::of_name(one.name()) == Some(one)));
        assert!(ContentEncryption::ALL.into_iter().all(|one| ContentEncryption::of_name(one.name()) == Some(one)));
        assert_eq!(JwsAlgorithm::of_name("Ed25519"), Some(JwsAlgorithm::EdDsa));
        for wrong in ["none", "None", "NONE", "Ed448", "RSA1_5", "dir", "PBES2-HS256+A128KW", ""] {
            assert!(JwsAlgorithm::of_name(wrong).is_none() && KeyManagement::of_name(wrong).is_none());
        }
        for one in JwsAlgorithm::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
            assert_ne!(JwsAlgorithm::ASYMMETRIC.contains(&one), one.is_symmetric());
        }
    }
}
