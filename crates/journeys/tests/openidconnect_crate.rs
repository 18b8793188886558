//! The public `openidconnect` crate against a running Portvakt: whoever writes a relying app in Rust needs no more than
//! what that crate does, and nobody here wrote it. Over https, as it gives no token back to an issuer on http.

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGrantType, CoreIdToken, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreSubjectIdentifierType,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::http::Response;
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl,
    LogoutProviderMetadata, LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl, RefreshToken, RequestTokenError, RevocationUrl, Scope,
    StandardErrorResponse, TokenIntrospectionResponse, TokenResponse,
};
use portvakt_journeys::{App, Deployment, Failure, Http, Person, Setup};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

const PASSWORD: &str = "correct horse battery staple";
const ANNA: &str = "anna@nordvik.example";
const HRM: &str = "https://hrm.nordvik.example/callback";
const BYE: &str = "https://hrm.nordvik.example/signed-out";
const API: &str = "https://hrm.nordvik.example/api";
const SCOPE: &str = "hours:write";

/// What discovery says beyond OpenID Connect Discovery (RFC 8414).
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Endpoints {
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
}
impl AdditionalProviderMetadata for Endpoints {}

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<Endpoints>,
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

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why the token endpoint gave nothing.
type TokenError = RequestTokenError<NotSent, StandardErrorResponse<CoreErrorResponseType>>;

/// The crate wants an error that is one.
#[derive(Debug)]
struct NotSent(Failure);
impl fmt::Display for NotSent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}", self.0)
    }
}
impl std::error::Error for NotSent {}

/// Carries the crate's requests.
fn carry(http: &Http) -> impl Fn(HttpRequest) -> Result<HttpResponse, NotSent> {
    let http = http.clone();
    move |request| {
        let headers: Vec<(&str, &str)> =
            request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let answer =
            http.send(request.method().as_str(), &request.uri().to_string(), &headers, body).map_err(NotSent)?;
        let mut response = Response::new(answer.body.into_bytes());
        *response.status_mut() = answer.status.try_into().map_err(|error| NotSent(Failure::new(format!("{error}"))))?;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

struct World {
    portvakt: Deployment,
    metadata: Metadata,
    hrm: App,
    timeclock: App,
}

/// A sign-in that came to its end.
struct SignedIn {
    browser: Person,
    tokens: CoreTokenResponse,
    id_token: CoreIdToken,
    subject: String,
}

static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());

impl World {
    /// The deployment that runs already, or a new one. The last test that holds it stops it.
    fn shared() -> Result<Arc<Self>, Failure> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = shared.upgrade() {
            return Ok(world);
        }
        let world = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&world);
        Ok(world)
    }

    fn start() -> Result<Self, Failure> {
        let portvakt = Deployment::start_with(&Setup { https: true, ..Setup::default() })?;
        portvakt.cli(&["tenant", "create", "--slug", "nordvik", "--name", "Nordvik kommun"])?;
        portvakt.cli(&["tenant", "domain", "add", "--tenant", "nordvik", "--domain", "nordvik.example"])?;
        let own = ["--redirect-uri", HRM, "--post-logout-redirect-uri", BYE, "--first-party", "--refresh"];
        let hrm = portvakt.app("HRM", "web", &own)?;
        let api = ["api", "create", "--identifier", API, "--name", "HRM API", "--scope", SCOPE, "--form", "jwt"];
        portvakt.cli(&[&api[..], &["--client", &hrm.client_id]].concat())?;
        let timeclock = portvakt.app("Timeclock", "machine", &["--own-scope", &format!("{API}#{SCOPE}")])?;
        portvakt.account(ANNA, "Anna Svensson", PASSWORD)?;
        let issuer = IssuerUrl::new(portvakt.issuer.clone())?;
        let metadata = Metadata::discover(&issuer, &carry(portvakt.http()))?;
        Ok(Self { portvakt, metadata, hrm, timeclock })
    }

    fn http(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, NotSent> {
        carry(self.portvakt.http())
    }

    fn endpoints(&self) -> &Endpoints {
        &self.metadata.additional_metadata().additional_metadata
    }

    fn client(&self, app: &App) -> Result<Client, Failure> {
        let secret = Some(ClientSecret::new(app.client_secret.clone()));
        let client =
            CoreClient::from_provider_metadata(self.metadata.clone(), ClientId::new(app.client_id.clone()), secret);
        let Endpoints { introspection_endpoint, revocation_endpoint } = self.endpoints().clone();
        let client = client.set_introspection_url(introspection_endpoint).set_revocation_url(revocation_endpoint);
        Ok(client.set_redirect_uri(RedirectUrl::new(HRM.to_owned())?))
    }

    /// The code with which Anna comes back, and what proves that it is this app's.
    fn code(&self, browser: &mut Person) -> Result<(AuthorizationCode, PkceCodeVerifier, Nonce), Failure> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = self
            .client(&self.hrm)?
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let back = browser.sign_in(url.as_str(), ANNA, PASSWORD)?;
        assert_eq!(&back.parameter("state")?, state.secret());
        Ok((AuthorizationCode::new(back.parameter("code")?), verifier, nonce))
    }

    fn sign_in(&self) -> Result<SignedIn, Failure> {
        let mut browser = self.portvakt.person()?;
        let (code, verifier, nonce) = self.code(&mut browser)?;
        let client = self.client(&self.hrm)?;
        let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request(&self.http())?;
        let id_token = tokens.id_token().cloned().ok_or_else(|| Failure::new("no id_token"))?;
        let trust = client.id_token_verifier();
        let claims = id_token.claims(&trust, &nonce)?;
        // OpenID Connect Core §3.1.3.6: the access token is the one that the id_token speaks of.
        if let Some(expected) = claims.access_token_hash() {
            let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&trust)?);
            assert_eq!(&AccessTokenHash::from_token(tokens.access_token(), algorithm, key)?, expected);
        }
        let subject = claims.subject().to_string();
        Ok(SignedIn { browser, tokens, id_token, subject })
    }

    fn refresh(&self, token: &RefreshToken) -> Result<Result<CoreTokenResponse, TokenError>, Failure> {
        Ok(self.client(&self.hrm)?.exchange_refresh_token(token)?.request(&self.http()))
    }

    fn userinfo(&self, token: &AccessToken, subject: &str) -> Result<CoreUserInfoClaims, Failure> {
        let expected = openidconnect::SubjectIdentifier::new(subject.to_owned());
        let client = self.client(&self.hrm)?;
        Ok(client.user_info(token.clone(), Some(expected))?.request(&self.http())?)
    }
}

fn is_invalid_grant(answer: &Result<CoreTokenResponse, TokenError>) -> bool {
    match answer {
        Err(RequestTokenError::ServerResponse(said)) => *said.error() == CoreErrorResponseType::InvalidGrant,
        _ => false,
    }
}

fn kept(tokens: &CoreTokenResponse) -> Result<RefreshToken, Failure> {
    tokens.refresh_token().cloned().ok_or_else(|| Failure::new("no refresh token"))
}

#[test]
fn discovery_says_where_everything_is() -> Result<(), Failure> {
    let world = World::shared()?;
    let (metadata, more) = (&world.metadata, world.endpoints());
    assert_eq!(metadata.issuer().as_str(), world.portvakt.issuer);
    assert!(!metadata.jwks().keys().is_empty());
    let logout = metadata.additional_metadata().end_session_endpoint.as_ref().map(|url| url.as_str());
    for endpoint in [
        Some(metadata.authorization_endpoint().as_str()),
        metadata.token_endpoint().map(|url| url.as_str()),
        metadata.userinfo_endpoint().map(|url| url.as_str()),
        Some(more.introspection_endpoint.as_str()),
        Some(more.revocation_endpoint.as_str()),
        logout,
    ] {
        assert!(endpoint.is_some_and(|url| url.starts_with(&world.portvakt.issuer)), "{endpoint:?}");
    }
    Ok(())
}

#[test]
fn code_with_pkce_gives_an_id_token_and_userinfo_speaks_of_the_same_person() -> Result<(), Failure> {
    let world = World::shared()?;
    let signed_in = world.sign_in()?;
    let person = world.userinfo(signed_in.tokens.access_token(), &signed_in.subject)?;
    assert_eq!(person.email().map(|email| email.as_str()), Some(ANNA));
    let name = person.name().and_then(|name| name.get(None)).map(|name| name.as_str());
    assert_eq!(name, Some("Anna Svensson"));
    Ok(())
}

#[test]
fn a_code_is_worth_nothing_to_whoever_did_not_begin_the_sign_in() -> Result<(), Failure> {
    let world = World::shared()?;
    let (code, ..) = world.code(&mut world.portvakt.person()?)?;
    let (_, another) = PkceCodeChallenge::new_random_sha256();
    let client = world.client(&world.hrm)?;
    let refused = client.exchange_code(code)?.set_pkce_verifier(another).request(&world.http());
    assert!(is_invalid_grant(&refused), "{refused:?}");
    Ok(())
}

#[test]
fn a_refresh_token_gives_new_tokens_for_the_same_person() -> Result<(), Failure> {
    let world = World::shared()?;
    let signed_in = world.sign_in()?;
    let next = world.refresh(&kept(&signed_in.tokens)?)??;
    assert_ne!(next.access_token().secret(), signed_in.tokens.access_token().secret());
    world.userinfo(next.access_token(), &signed_in.subject)?;
    if let Some(id_token) = next.id_token() {
        // OpenID Connect Core §12.2: about the same person, and not bound to the first request's nonce.
        let client = world.client(&world.hrm)?;
        let claims = id_token.claims(&client.id_token_verifier(), |_: Option<&Nonce>| Ok(()))?;
        assert_eq!(claims.subject().as_str(), signed_in.subject);
    }
    Ok(())
}

#[test]
fn client_credentials_give_a_token_for_the_api_and_the_api_may_ask_about_it() -> Result<(), Failure> {
    let world = World::shared()?;
    let timeclock = world.client(&world.timeclock)?;
    let request = timeclock.exchange_client_credentials()?.add_scope(Scope::new(SCOPE.to_owned()));
    let token = request.add_extra_param("resource", API).request(&world.http())?;
    let told = world.client(&world.hrm)?.introspect(token.access_token()).request(&world.http())?;
    assert!(told.active());
    assert_eq!(told.client_id().map(|id| id.as_str()), Some(world.timeclock.client_id.as_str()));
    let scopes: Vec<&str> = told.scopes().into_iter().flatten().map(|scope| scope.as_str()).collect();
    assert_eq!(scopes, [SCOPE]);
    assert!(told.aud().is_some_and(|audience| audience.iter().any(|one| one == API)));
    // It is no business of the machine's own.
    assert!(!timeclock.introspect(token.access_token()).request(&world.http())?.active());
    Ok(())
}

#[test]
fn introspection_says_that_a_token_lives_and_after_its_revocation_that_it_does_not() -> Result<(), Failure> {
    let world = World::shared()?;
    let SignedIn { tokens, subject, .. } = world.sign_in()?;
    let (client, access) = (world.client(&world.hrm)?, tokens.access_token());
    let told = client.introspect(access).request(&world.http())?;
    assert_eq!((told.active(), told.sub()), (true, Some(subject.as_str())));
    client.revoke_token(CoreRevocableToken::AccessToken(access.clone()))?.request(&world.http())?;
    assert!(!client.introspect(access).request(&world.http())?.active());
    assert!(world.userinfo(access, &subject).is_err());
    Ok(())
}

#[test]
fn a_refresh_token_that_was_given_back_gives_nothing_more() -> Result<(), Failure> {
    let world = World::shared()?;
    let SignedIn { tokens, subject, .. } = world.sign_in()?;
    let (client, refresh) = (world.client(&world.hrm)?, kept(&tokens)?);
    client.revoke_token(CoreRevocableToken::RefreshToken(refresh.clone()))?.request(&world.http())?;
    let refused = world.refresh(&refresh)?;
    assert!(is_invalid_grant(&refused), "{refused:?}");
    assert!(world.userinfo(tokens.access_token(), &subject).is_err());
    Ok(())
}

#[test]
fn logout_ends_the_session_and_leads_back_to_the_app() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut signed_in = world.sign_in()?;
    let endpoint = world.metadata.additional_metadata().end_session_endpoint.clone();
    let endpoint = endpoint.ok_or_else(|| Failure::new("no end_session_endpoint"))?;
    let url = LogoutRequest::from(endpoint)
        .set_id_token_hint(&signed_in.id_token)
        .set_client_id(ClientId::new(world.hrm.client_id.clone()))
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(BYE.to_owned())?)
        .set_state(CsrfToken::new("bye".to_owned()))
        .http_get_url();
    let page = signed_in.browser.open(url.as_str())?;
    assert_eq!(page.leaves_for.map(String::from), Some(format!("{BYE}?state=bye")));
    assert_eq!(signed_in.browser.open("/account")?.url.path(), "/sign-in");
    Ok(())
}
