//! A relying app's side of OpenID Connect, on the public `openidconnect` crate: discovery, authorization code with
//! PKCE, refresh, userinfo, sign-out, revocation, client credentials.
//!
//! It believes nothing it hasn't verified: an answer's `state` and `iss` (RFC 9207), an `id_token`'s signature, issuer,
//! audience, times and nonce, and `at_hash` where there is one.

mod answer;
mod provider;
mod refusal;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use provider::{IdToken, Metadata, OtherClaims, TokenAnswer};
pub use refusal::Refusal;

use crate::clock;
use crate::fault::{Fault, with_causes};
use answer::check_issuer;
use openidconnect::core::{CoreAuthenticationFlow, CoreGenderClaim};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    IdTokenClaims, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, RedirectUrl, RefreshToken, Scope, SignatureVerificationError, SubjectIdentifier,
    TokenResponse, UserInfoClaims,
};
use provider::{Provider, Providers};
use refusal::{doubt, refused};
use serde_json::Value;
use url::Url;

/// What an app knows about itself and its issuer.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The issuer, exactly as its discovery document and its tokens name it.
    pub issuer: String,
    /// The app's id at the issuer.
    pub client_id: String,
    /// Its secret; `None` for a public app.
    pub client_secret: Option<String>,
    /// Scopes to ask for, `openid` among them or not (it is asked for anyway).
    pub scopes: Vec<String>,
    /// The API that the access token shall be for (RFC 8707).
    pub resource: Option<String>,
}

/// A sign-in that has begun: to be kept until the answer comes, for its one use.
#[derive(Debug)]
pub struct Begun {
    /// Where to send the browser.
    pub url: Url,
    /// Ties the answer to this browser.
    pub state: String,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
    redirect_uri: String,
}

/// What an app holds after a sign-in or a refresh. Secrets: never shown, never logged.
#[derive(Clone)]
pub struct Tokens {
    /// For the API and for userinfo.
    pub access: String,
    /// When the access token ends, in seconds since 1970, as far as the issuer said.
    pub access_ends_at: Option<i64>,
    /// For new tokens without the person.
    pub refresh: Option<String>,
    /// The scopes given, if they differ from those asked for.
    pub scopes: Option<Vec<String>>,
    /// The `id_token` as it came: the hint at sign-out.
    pub id_token: Option<IdToken>,
}

/// A signed-in person: the tokens, and the `id_token`'s claims, verified.
pub struct SignedIn {
    /// The person, for this issuer and app.
    pub subject: String,
    /// Every claim of the `id_token`.
    pub claims: Value,
    /// What was given.
    pub tokens: Tokens,
}

/// An app's connection to its issuer.
pub struct RelyingParty {
    registration: Registration,
    http: reqwest::Client,
    providers: Providers,
}

impl RelyingParty {
    /// Says nothing to the issuer yet: discovery happens at first need.
    pub fn new(registration: Registration, http: reqwest::Client) -> Result<Self, Fault> {
        let issuer = IssuerUrl::new(registration.issuer.clone()).map_err(Fault::doing("The issuer is not a URL"))?;
        let client_id = ClientId::new(registration.client_id.clone());
        let client_secret = registration.client_secret.clone().map(ClientSecret::new);
        Ok(Self { providers: Providers::new(issuer, client_id, client_secret), registration, http })
    }

    /// The same, but a missing key may cause a new look at the issuer's keys after this many seconds already.
    #[must_use]
    pub fn with_cool_down(mut self, seconds: i64) -> Self {
        self.providers.set_cool_down(seconds);
        self
    }

    /// What the app was registered with.
    pub const fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Begins a sign-in. `wishes` are further parameters of the request, such as `prompt` or `ui_locales`.
    pub async fn begin(&self, redirect_uri: &str, wishes: &[(String, String)]) -> Result<Begun, Refusal> {
        let provider = self.provider().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = provider.client.clone().set_redirect_uri(redirect_url(redirect_uri)?);
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(32),
                || Nonce::new_random_len(32),
            )
            .set_pkce_challenge(challenge)
            .add_scopes(self.scopes().filter(|scope| scope.as_str() != "openid"));
        if let Some(resource) = &self.registration.resource {
            request = request.add_extra_param("resource", resource.clone());
        }
        for (name, value) in wishes {
            request = request.add_extra_param(name.clone(), value.clone());
        }
        let (url, state, nonce) = request.url();
        Ok(Begun { url, state: state.into_secret(), nonce, verifier, redirect_uri: redirect_uri.to_owned() })
    }

    /// Ends a sign-in: checks the answer, redeems the code, verifies the `id_token`.
    pub async fn finish(&self, begun: Begun, answer: Answer) -> Result<SignedIn, Refusal> {
        let provider = self.provider().await?;
        check_issuer(&answer, provider.metadata.issuer(), provider.names_itself())?;
        if answer.state.as_deref() != Some(begun.state.as_str()) {
            return Err(Refusal::Doubt("The answer belongs to another sign-in: its state is not ours.".to_owned()));
        }
        if let Some(code) = answer.error {
            return Err(Refusal::Issuer(code, answer.error_description.unwrap_or_default()));
        }
        let code = answer.code.ok_or_else(|| Refusal::Doubt("The answer has neither code nor error.".to_owned()))?;
        let client = provider.client.clone().set_redirect_uri(redirect_url(&begun.redirect_uri)?);
        let mut request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(doubt("The issuer has no token endpoint"))?
            .set_pkce_verifier(begun.verifier);
        if let Some(resource) = &self.registration.resource {
            request = request.add_extra_param("resource", resource.clone());
        }
        let answer = request.request_async(&self.http).await.map_err(refused)?;
        self.verified(&answer, Some(&begun.nonce)).await
    }

    /// Takes a new set of tokens. `now` is what the app holds; a successor refresh token replaces the one in it, and an
    /// `id_token` that comes along must be about the same person (OpenID Connect Core §12.2).
    pub async fn refresh(&self, now: &SignedIn) -> Result<SignedIn, Refusal> {
        let refresh =
            now.tokens.refresh.clone().ok_or_else(|| {
                Refusal::Doubt("There is no refresh token: the issuer gave none at sign-in.".to_owned())
            })?;
        let mut fresh = self.refresh_with(&refresh).await?;
        if fresh.tokens.id_token.is_none() {
            fresh.subject.clone_from(&now.subject);
            fresh.claims = now.claims.clone();
            fresh.tokens.id_token.clone_from(&now.tokens.id_token);
        } else if fresh.subject != now.subject {
            return Err(Refusal::Doubt("The refreshed id_token is about somebody else.".to_owned()));
        }
        Ok(fresh)
    }

    /// Takes tokens for a refresh token that was kept from an earlier run.
    pub async fn refresh_with(&self, refresh: &str) -> Result<SignedIn, Refusal> {
        let provider = self.provider().await?;
        let token = RefreshToken::new(refresh.to_owned());
        let mut request =
            provider.client.exchange_refresh_token(&token).map_err(doubt("The issuer has no token endpoint"))?;
        if let Some(resource) = &self.registration.resource {
            request = request.add_extra_param("resource", resource.clone());
        }
        let answer = request.request_async(&self.http).await.map_err(refused)?;
        let mut fresh = if answer.id_token().is_some() {
            self.verified(&answer, None).await?
        } else {
            SignedIn { subject: String::new(), claims: Value::Null, tokens: tokens(&answer) }
        };
        fresh.tokens.refresh.get_or_insert_with(|| refresh.to_owned());
        Ok(fresh)
    }

    /// Asks userinfo; `subject` is who the `id_token` said it would be about (OpenID Connect Core §5.3.2).
    pub async fn userinfo(&self, access: &str, subject: &str) -> Result<Value, Refusal> {
        let provider = self.provider().await?;
        let subject = (!subject.is_empty()).then(|| SubjectIdentifier::new(subject.to_owned()));
        let claims: UserInfoClaims<OtherClaims, CoreGenderClaim> = provider
            .client
            .user_info(AccessToken::new(access.to_owned()), subject)
            .map_err(doubt("The issuer has no userinfo endpoint"))?
            .request_async(&self.http)
            .await
            .map_err(|error| Refusal::Doubt(format!("Userinfo gave nothing: {}", with_causes(&error))))?;
        serde_json::to_value(&claims).map_err(doubt("The claims can't be shown"))
    }

    /// Where to send the browser to sign out at the issuer too (RP-Initiated Logout §2); `None` if the issuer has no
    /// such place. `back` is where the person returns to, and the state that comes along.
    pub async fn sign_out_url(
        &self,
        id_token: Option<&IdToken>,
        back: Option<(&str, &str)>,
    ) -> Result<Option<Url>, Refusal> {
        let provider = self.provider().await?;
        let Some(endpoint) = provider.metadata.additional_metadata().end_session_endpoint.clone() else {
            return Ok(None);
        };
        let mut request =
            LogoutRequest::from(endpoint).set_client_id(ClientId::new(self.registration.client_id.clone()));
        if let Some(id_token) = id_token {
            request = request.set_id_token_hint(id_token);
        }
        if let Some((address, state)) = back {
            let address = PostLogoutRedirectUrl::new(address.to_owned()).map_err(doubt("The way back is not a URL"))?;
            request = request.set_post_logout_redirect_uri(address).set_state(CsrfToken::new(state.to_owned()));
        }
        Ok(Some(request.http_get_url()))
    }

    /// Gives a refresh token back (RFC 7009). False if the issuer has no place for that.
    ///
    /// By hand, as the library's own call refuses an issuer on http, which the demo's is.
    pub async fn revoke(&self, refresh: &str) -> Result<bool, Refusal> {
        let provider = self.provider().await?;
        let Some(endpoint) = &provider.extra().revocation_endpoint else { return Ok(false) };
        let client_id = self.registration.client_id.as_str();
        let mut form = vec![("token", refresh), ("token_type_hint", "refresh_token")];
        let mut request = self.http.post(endpoint.url().clone());
        match &self.registration.client_secret {
            Some(secret) => request = request.basic_auth(client_id, Some(secret)),
            None => form.push(("client_id", client_id)),
        }
        let answer = request.form(&form).send().await.map_err(doubt("The issuer can't be reached"))?;
        if answer.status().is_success() {
            Ok(true)
        } else {
            Err(Refusal::Issuer(format!("revocation answered {}", answer.status()), String::new()))
        }
    }

    /// Takes a token for the app itself (RFC 6749 §4.4).
    pub async fn own_token(&self) -> Result<Tokens, Refusal> {
        let provider = self.provider().await?;
        let mut request = provider
            .client
            .exchange_client_credentials()
            .map_err(doubt("The issuer has no token endpoint"))?
            .add_scopes(self.scopes());
        if let Some(resource) = &self.registration.resource {
            request = request.add_extra_param("resource", resource.clone());
        }
        request.request_async(&self.http).await.map(|answer| tokens(&answer)).map_err(refused)
    }

    /// The issuer's keys, fetched anew if `missing` and if that isn't too soon after the last time.
    pub async fn keys(&self, missing: bool) -> Result<openidconnect::core::CoreJsonWebKeySet, Refusal> {
        let provider = if missing { self.providers.renewed(&self.http).await } else { self.provider().await };
        provider.map(|provider| provider.metadata.jwks().clone())
    }

    async fn provider(&self) -> Result<std::sync::Arc<Provider>, Refusal> {
        self.providers.current(&self.http).await
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.registration.scopes.iter().cloned().map(Scope::new)
    }

    /// Verifies the `id_token` of an answer; with a key that we don't know yet, once more with the issuer's newest keys.
    async fn verified(&self, answer: &TokenAnswer, nonce: Option<&Nonce>) -> Result<SignedIn, Refusal> {
        let id_token = answer.id_token().ok_or_else(|| Refusal::Doubt("The answer has no id_token.".to_owned()))?;
        let provider = self.provider().await?;
        let claims = match verify(&provider, answer, id_token, nonce) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                verify(&*self.providers.renewed(&self.http).await?, answer, id_token, nonce)
            }
            verdict => verdict,
        };
        let claims = claims.map_err(doubt("The id_token is not to be believed"))?;
        Ok(SignedIn {
            subject: claims.subject().to_string(),
            claims: serde_json::to_value(&claims).map_err(doubt("The claims can't be shown"))?,
            tokens: tokens(answer),
        })
    }
}

fn verify(
    provider: &Provider,
    answer: &TokenAnswer,
    id_token: &IdToken,
    nonce: Option<&Nonce>,
) -> Result<IdTokenClaims<OtherClaims, CoreGenderClaim>, ClaimsVerificationError> {
    let verifier = provider.client.id_token_verifier();
    let claims = match nonce {
        Some(nonce) => id_token.claims(&verifier, nonce)?,
        None => id_token.claims(&verifier, |_: Option<&Nonce>| Ok(()))?,
    };
    if let Some(expected) = claims.access_token_hash() {
        let other = |text: String| ClaimsVerificationError::Other(text);
        let algorithm = id_token.signing_alg().map_err(|error| other(error.to_string()))?;
        let key = id_token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
        let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key)
            .map_err(|error| other(error.to_string()))?;
        if actual != *expected {
            return Err(other("at_hash belongs to another access token".to_owned()));
        }
    }
    Ok(claims.clone())
}

fn tokens(answer: &TokenAnswer) -> Tokens {
    let lifetime = answer.expires_in().and_then(|lifetime| i64::try_from(lifetime.as_secs()).ok());
    Tokens {
        access: answer.access_token().secret().clone(),
        access_ends_at: lifetime.map(|seconds| clock::unix_seconds().saturating_add(seconds)),
        refresh: answer.refresh_token().map(|token| token.secret().clone()),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
        id_token: answer.id_token().cloned(),
    }
}

fn redirect_url(text: &str) -> Result<RedirectUrl, Refusal> {
    RedirectUrl::new(text.to_owned()).map_err(doubt("The redirect URI is not a URL"))
}
