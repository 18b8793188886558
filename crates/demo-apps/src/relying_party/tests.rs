//! A relying app against an issuer that lies on demand.

use super::*;
use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Made for tests alone: RFC 8032 §7.1, test 1, as PKCS#8.
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";
const ACCESS: &str = "an-access-token";

/// What the issuer does; each test changes one thing.
#[derive(Default)]
struct Script {
    /// Claims that stand instead of the honest ones.
    lies: HashMap<&'static str, Value>,
    /// The id of the key that signs and is published.
    kid: String,
    /// What the last authorization request said.
    nonce: String,
    /// How often the keys were fetched.
    fetched: u32,
    /// What the token endpoint was sent last.
    asked: HashMap<String, String>,
}

struct Issuer {
    url: String,
    script: Arc<Mutex<Script>>,
    server: ServerHandle,
}

type Shared = web::Data<Mutex<Script>>;

impl Issuer {
    fn start() -> Self {
        let script = Arc::new(Mutex::new(Script { kid: "first".to_owned(), ..Script::default() }));
        let shared = web::Data::from(Arc::clone(&script));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .route("/.well-known/openid-configuration", web::get().to(discovery))
                .route("/jwks", web::get().to(jwks))
                .route("/token", web::post().to(token))
        })
        .workers(1)
        .bind("127.0.0.1:0")
        .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let running = server.disable_signals().run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self { url, script, server: handle }
    }

    fn party(&self) -> RelyingParty {
        let registration = Registration {
            issuer: self.url.clone(),
            client_id: "app_hrm".to_owned(),
            client_secret: Some("secret".to_owned()),
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            resource: Some("https://hrm.example/api".to_owned()),
        };
        crate::http::install_crypto();
        RelyingParty::new(registration, crate::http::client().unwrap()).unwrap()
    }

    /// Goes through a sign-in up to its verdict.
    async fn sign_in(&self, party: &RelyingParty) -> Result<SignedIn, Refusal> {
        let begun = party.begin("http://127.0.0.1:1/callback", &[]).await?;
        let nonce = begun.url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
        self.script.lock().unwrap().nonce = nonce;
        let answer = self.answer(&begun);
        party.finish(begun, answer).await
    }

    fn answer(&self, begun: &Begun) -> Answer {
        Answer {
            code: Some("a-code".to_owned()),
            state: Some(begun.state.clone()),
            iss: Some(self.url.clone()),
            ..Answer::default()
        }
    }

    fn lie(&self, claim: &'static str, value: Value) {
        self.script.lock().unwrap().lies.insert(claim, value);
    }
}

fn key(kid: &str) -> CoreEdDsaPrivateSigningKey {
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(PEM, Some(JsonWebKeyId::new(kid.to_owned()))).unwrap()
}

async fn discovery(request: actix_web::HttpRequest) -> HttpResponse {
    let url = format!("http://{}", request.connection_info().host());
    HttpResponse::Ok().json(json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"], "authorization_response_iss_parameter_supported": true,
    }))
}

async fn jwks(script: Shared) -> HttpResponse {
    let mut script = script.lock().unwrap();
    script.fetched += 1;
    HttpResponse::Ok().json(CoreJsonWebKeySet::new(vec![key(&script.kid).as_verification_key()]))
}

async fn token(
    script: Shared,
    request: actix_web::HttpRequest,
    form: web::Form<HashMap<String, String>>,
) -> HttpResponse {
    let mut script = script.lock().unwrap();
    script.asked = form.into_inner();
    let now = clock::unix_seconds();
    let public = key(&script.kid).as_verification_key();
    let hash =
        AccessTokenHash::from_token(&AccessToken::new(ACCESS.to_owned()), &CoreJwsSigningAlgorithm::EdDsa, &public);
    let mut claims = json!({
        "iss": format!("http://{}", request.connection_info().host()), "sub": "anna", "aud": "app_hrm",
        "exp": now + 300, "iat": now, "nonce": script.nonce, "at_hash": hash.unwrap(),
        "email": "anna.svensson@nordvik.example", "tenant_id": "nordvik",
    });
    for (claim, value) in &script.lies {
        claims[claim] = value.clone();
    }
    let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": script.kid });
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = key(&script.kid).sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
    HttpResponse::Ok().json(json!({
        "access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "refresh_token": "a-refresh-token",
        "id_token": format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)),
    }))
}

fn doubted(verdict: Result<SignedIn, Refusal>) -> String {
    match verdict {
        Err(Refusal::Doubt(why)) => why,
        Err(other) => panic!("another refusal: {other:?}"),
        Ok(_) => panic!("it was believed"),
    }
}

#[actix_web::test]
async fn a_sign_in_ends_with_verified_claims_those_of_portvakt_among_them() {
    let issuer = Issuer::start();
    let signed_in = issuer.sign_in(&issuer.party()).await.unwrap();
    assert_eq!((signed_in.subject.as_str(), &signed_in.claims["tenant_id"]), ("anna", &json!("nordvik")));
    assert_eq!(signed_in.tokens.refresh.as_deref(), Some("a-refresh-token"));
    let asked = issuer.script.lock().unwrap().asked.clone();
    assert_eq!(asked["resource"], "https://hrm.example/api");
    assert_eq!(asked["code_verifier"].len(), 43);
    issuer.server.stop(false).await;
}

#[actix_web::test]
async fn the_request_carries_pkce_state_and_nonce_and_asks_for_the_api() {
    let issuer = Issuer::start();
    let wishes = [("prompt".to_owned(), "login".to_owned())];
    let begun = issuer.party().begin("http://127.0.0.1:1/callback", &wishes).await.unwrap();
    let sent: HashMap<String, String> = begun.url.query_pairs().into_owned().collect();
    assert_eq!((sent["code_challenge_method"].as_str(), sent["response_type"].as_str()), ("S256", "code"));
    assert_eq!((sent["scope"].as_str(), sent["prompt"].as_str()), ("openid email", "login"));
    assert_eq!((sent["resource"].as_str(), &sent["state"]), ("https://hrm.example/api", &begun.state));
    assert!(sent["nonce"].len() >= 43 && sent["state"].len() >= 43);
    issuer.server.stop(false).await;
}

#[actix_web::test]
async fn an_id_token_with_a_false_word_is_not_believed() {
    let lies = [
        ("nonce", json!("another")),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("aud", json!("app_other")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(clock::unix_seconds() - 3600)),
    ];
    for (claim, lie) in lies {
        let issuer = Issuer::start();
        issuer.lie(claim, lie);
        let why = doubted(issuer.sign_in(&issuer.party()).await);
        assert!(why.contains("not to be believed"), "{claim}: {why}");
        issuer.server.stop(false).await;
    }
}

#[actix_web::test]
async fn an_answer_with_another_state_or_from_another_issuer_is_refused_before_the_code_is_sent() {
    let issuer = Issuer::start();
    let party = issuer.party();
    let begun = party.begin("http://127.0.0.1:1/callback", &[]).await.unwrap();
    let answer = Answer { state: Some("theirs".to_owned()), ..issuer.answer(&begun) };
    assert!(doubted(party.finish(begun, answer).await).contains("state"));
    for iss in [None, Some("https://evil.example".to_owned())] {
        let begun = party.begin("http://127.0.0.1:1/callback", &[]).await.unwrap();
        let answer = Answer { iss, ..issuer.answer(&begun) };
        assert!(doubted(party.finish(begun, answer).await).contains("answer"));
    }
    assert!(issuer.script.lock().unwrap().asked.is_empty());
    issuer.server.stop(false).await;
}

#[actix_web::test]
async fn a_refreshed_id_token_about_somebody_else_is_refused() {
    let issuer = Issuer::start();
    let party = issuer.party();
    let signed_in = issuer.sign_in(&party).await.unwrap();
    assert!(party.refresh(&signed_in).await.is_ok());
    issuer.lie("sub", json!("kari"));
    assert!(doubted(party.refresh(&signed_in).await).contains("somebody else"));
    issuer.server.stop(false).await;
}

#[actix_web::test]
async fn a_rotated_key_is_fetched_and_an_unknown_one_not_again_and_again() {
    let issuer = Issuer::start();
    let party = issuer.party().with_cool_down(0);
    issuer.sign_in(&party).await.unwrap();
    issuer.script.lock().unwrap().kid = "second".to_owned();
    assert!(issuer.sign_in(&party).await.is_ok());
    let patient = issuer.party();
    issuer.sign_in(&patient).await.unwrap();
    issuer.script.lock().unwrap().kid = "third".to_owned();
    let before = issuer.script.lock().unwrap().fetched;
    for _ in 0..5 {
        assert!(doubted(issuer.sign_in(&patient).await).contains("not to be believed"));
    }
    assert_eq!(issuer.script.lock().unwrap().fetched, before);
    issuer.server.stop(false).await;
}
