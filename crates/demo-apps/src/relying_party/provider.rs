//! What the issuer says of itself (discovery and JWKS), kept for a while and fetched anew when a key is missing.

use super::Refusal;
use crate::clock;
use crate::fault::with_causes;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields, IssuerUrl, LogoutProviderMetadata, ProviderMetadata,
    RequestTokenError, RevocationUrl, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use tokio::sync::Mutex;

/// How long discovery and keys are used before they are fetched anew, in seconds.
const KEEP: i64 = 600;
/// How soon after the last fetch a missing key may cause another, in seconds: tokens with made-up key ids must not turn
/// an app into a hammer on its issuer.
const COOL_DOWN: i64 = 10;

/// Claims beyond the standard ones, `tenant_id` for instance: kept as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherClaims {
    #[serde(flatten)]
    claims: Map<String, Value>,
}
impl AdditionalClaims for OtherClaims {}

/// What discovery says beyond OpenID Connect Discovery: RFC 8414 and RFC 9207.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtraMetadata {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    /// Where tokens are given back.
    pub revocation_endpoint: Option<RevocationUrl>,
}
impl AdditionalProviderMetadata for ExtraMetadata {}

/// A discovery document with the keys that it names.
pub type Metadata = ProviderMetadata<
    LogoutProviderMetadata<ExtraMetadata>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

type IdFields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// An `id_token` with every claim that may be in it.
pub type IdToken =
    openidconnect::IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// The token endpoint's answer.
pub type TokenAnswer = StandardTokenResponse<IdFields, CoreTokenType>;

/// Why the token endpoint gave nothing.
pub type TokenError<E> = RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>;

type DiscoveredClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The issuer as discovered at one instant.
pub struct Provider {
    pub metadata: Metadata,
    pub client: DiscoveredClient,
    fetched_at: i64,
}

impl Provider {
    pub fn extra(&self) -> &ExtraMetadata {
        &self.metadata.additional_metadata().additional_metadata
    }

    /// Whether each of its answers carries `iss` (RFC 9207 §3).
    pub fn names_itself(&self) -> bool {
        self.extra().authorization_response_iss_parameter_supported
    }
}

/// The newest [`Provider`], fetched at first need.
pub struct Providers {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    cool_down: i64,
    newest: Mutex<Option<Arc<Provider>>>,
}

impl Providers {
    pub fn new(issuer: IssuerUrl, client_id: ClientId, client_secret: Option<ClientSecret>) -> Self {
        Self { issuer, client_id, client_secret, cool_down: COOL_DOWN, newest: Mutex::new(None) }
    }

    pub const fn set_cool_down(&mut self, seconds: i64) {
        self.cool_down = seconds;
    }

    /// The issuer as known, or discovered now.
    pub async fn current(&self, http: &reqwest::Client) -> Result<Arc<Provider>, Refusal> {
        self.younger_than(KEEP, http).await
    }

    /// The issuer discovered anew, because a key was missing.
    pub async fn renewed(&self, http: &reqwest::Client) -> Result<Arc<Provider>, Refusal> {
        self.younger_than(self.cool_down, http).await
    }

    /// Holds the lock while it fetches, so that many requests at once cause one fetch.
    async fn younger_than(&self, age: i64, http: &reqwest::Client) -> Result<Arc<Provider>, Refusal> {
        let mut newest = self.newest.lock().await;
        let now = clock::unix_seconds();
        if let Some(provider) = newest.as_ref().filter(|provider| now.saturating_sub(provider.fetched_at) < age) {
            return Ok(Arc::clone(provider));
        }
        let metadata = Metadata::discover_async(self.issuer.clone(), http).await.map_err(|error| {
            Refusal::Doubt(format!("The issuer {} can't be discovered: {}", self.issuer.as_str(), with_causes(&error)))
        })?;
        let client =
            Client::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.client_secret.clone());
        let provider = Arc::new(Provider { metadata, client, fetched_at: now });
        *newest = Some(Arc::clone(&provider));
        drop(newest);
        Ok(provider)
    }
}
