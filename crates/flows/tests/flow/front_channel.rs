//! Implicit and hybrid answers (OpenID Connect Core §3.2, §3.3): what each response type brings to the app, that its
//! hashes fit, and that its access token is as much under the gate as any other.

use crate::kit::{
    ANNA, Brought, Browser, Code, DESK, HRM, ISSUER, NORDVIK, NOW, Step, TIMESHEETS, Tokens, World, off, on_both,
    pairs_of, params,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_flows::app::{self, Invalid, New};
use portvakt_flows::{Ctx, Settings, authorize, consent, end_session};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{ContentEncryption, Encryption, KeyManagement, KeySource, ResponseType};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Algorithm, AppKind, Fault, Seconds};
use portvakt_protocol::jose::{Expect, verify};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_protocol::oauth::redirect::RedirectFault;
use portvakt_protocol::oauth::respond::ResponseMode;
use ring::digest::{SHA256, SHA512, digest};
use serde_json::{Map, Value, json};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

on_both! {
    offering LEGACY;
    every_type_brings_what_it_names_in_every_mode_it_may,
    what_is_brought_is_whole_and_ties_itself_to_the_code_and_the_token,
    refusals_travel_as_the_answer_would_have,
    only_whoever_gets_no_access_token_finds_the_scopes_claims_in_the_id_token,
    the_code_of_a_hybrid_answer_gives_the_same_person_again,
    a_code_presented_twice_ends_the_token_beside_it_too,
    a_token_through_the_browser_ends_alone_when_it_is_revoked,
    a_token_through_the_browser_ends_with_its_session,
    no_token_slips_out_beside_a_sign_out,
    a_token_through_the_browser_never_outlives_the_policy_that_let_it_out,
    a_token_through_the_browser_is_for_the_api_that_was_asked_for,
    nobody_who_is_kept_out_meanwhile_gets_a_token,
    nobody_who_is_kept_out_while_it_is_made_gets_a_token,
    a_public_app_gets_no_code_without_pkce,
    an_id_token_through_the_browser_is_encrypted_for_an_app_that_registered_so,
    only_fit_apps_may_register_for_tokens_through_the_browser,
    what_was_asked_before_the_switch_fell_gives_nothing_after,
}

mod switched_off {
    use super::*;
    on_both! { where_they_are_not_offered_nothing_of_it_exists }
}

static LEGACY: LazyLock<Offers> = LazyLock::new(|| Offers { front_channel_types: true, ..Offers::default() });

/// The house's app that takes every response type.
const SPA: &str = "app_spa";

fn settings(redirect: &str) -> AppSettings {
    AppSettings {
        redirect_uris: vec![redirect.to_owned()],
        first_party: true,
        refresh: true,
        response_types: ResponseType::ALL.to_vec(),
        ..AppSettings::default()
    }
}

fn register(ctx: &Ctx, world: &World, kind: AppKind, settings: AppSettings) -> Result<(), Invalid> {
    let new = New { name: "Spa".to_owned(), kind, tenant: None, client_id: Some(SPA.to_owned()), settings };
    world.run(app::create(ctx, new)).map(drop)
}

/// Anna, signed in at HRM, with the app registered beside it.
fn prepared(world: &World, change: impl FnOnce(&mut AppSettings)) -> Browser<'_> {
    let mut settings = settings("https://spa.example/callback");
    change(&mut settings);
    register(&world.ctx, world, AppKind::Browser, settings).unwrap();
    world.signed_in_to(HRM).0
}

/// The app asks for a type, and gets its answer.
fn asks(browser: &Browser<'_>, response: ResponseType, more: &[(&str, &str)]) -> (Step, Brought) {
    let step = browser.sent_by(SPA, &[&[("response_type", response.name())], more].concat());
    (step, browser.brought())
}

fn granted(browser: &Browser<'_>, response: ResponseType, more: &[(&str, &str)]) -> Brought {
    let (step, brought) = asks(browser, response, more);
    assert_eq!(matches!(step, Step::Code(_)), response.has_code(), "{response:?}: {step:?}");
    assert_eq!(brought.get("error"), None, "{response:?}");
    brought
}

/// The claims of an `id_token` whose signature was looked at.
fn verified(world: &World, jwt: &str) -> Map<String, Value> {
    let keys = world.ctx.keeper.keys();
    let expect = Expect::id_token_hint(ISSUER);
    verify(jwt, keys.verifying(), &expect, world.ctx.clock.now()).unwrap().into_map()
}

/// The left half, computed by the letter of Core §3.1.3.6 and apart from the code that is tested.
fn half(algorithm: Algorithm, text: &str) -> Value {
    let (kind, length) = match algorithm {
        Algorithm::Rs256 | Algorithm::Es256 => (&SHA256, 16),
        Algorithm::EdDsa => (&SHA512, 32),
    };
    json!(URL_SAFE_NO_PAD.encode(&digest(kind, text.as_bytes()).as_ref()[..length]))
}

fn every_type_brings_what_it_names_in_every_mode_it_may(world: &World) {
    use ResponseMode::{FormPost, Fragment, Query};
    let browser = prepared(world, |_| {});
    for response in ResponseType::ALL {
        let usual = if response == ResponseType::Code { Query } else { Fragment };
        for (mode, wanted) in [(None, usual), (Some("fragment"), Fragment), (Some("form_post"), FormPost)] {
            let more: Vec<_> = mode.map(|mode| ("response_mode", mode)).into_iter().collect();
            let brought = granted(&browser, response, &more);
            assert_eq!(brought.mode, wanted, "{response:?} {mode:?}");
            let mut names = Vec::new();
            names.extend(response.has_code().then_some("code"));
            names.extend(
                response
                    .has_token()
                    .then_some(["access_token", "token_type", "expires_in", "scope"])
                    .into_iter()
                    .flatten(),
            );
            names.extend(response.has_id_token().then_some("id_token"));
            names.extend(["state", "iss"]);
            assert_eq!(brought.names(), names, "{response:?}");
        }
        let (step, brought) = asks(&browser, response, &[("response_mode", "query")]);
        if response == ResponseType::Code {
            assert_eq!(brought.mode, Query);
        } else {
            assert_eq!((step, brought.mode), (Step::Error("invalid_request".to_owned()), Fragment), "{response:?}");
        }
    }
}

fn what_is_brought_is_whole_and_ties_itself_to_the_code_and_the_token(world: &World) {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let browser = prepared(world, |settings| settings.id_token_alg = algorithm);
        let (sub, sid) = (world.account(ANNA).sub, world.sessions(ANNA)[0].id.to_string());
        for response in ResponseType::ALL.into_iter().filter(|one| one.has_id_token()) {
            let brought = granted(&browser, response, &[]);
            let jwt = brought.get("id_token").unwrap();
            let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&header).unwrap()["alg"], algorithm.name());
            let claims = verified(world, jwt);
            let hash = |name: &str| brought.get(name).map_or(Value::Null, |value| half(algorithm, value));
            for (name, value) in [
                ("sub", json!(sub)),
                ("aud", json!(SPA)),
                ("nonce", json!("n-0S6_WzA2Mj")),
                ("auth_time", json!(NOW.seconds())),
                ("acr", json!("urn:portvakt:acr:one-factor")),
                ("amr", json!(["pwd"])),
                ("exp", json!(NOW.seconds() + 600)),
                ("sid", json!(sid)),
                ("c_hash", hash("code")),
                ("at_hash", hash("access_token")),
            ] {
                assert_eq!(claims.get(name).cloned().unwrap_or_default(), value, "{algorithm:?} {response:?} {name}");
            }
        }
        browser.signs_out();
        world.run(app::delete(&world.ctx, SPA)).unwrap();
    }
}

fn refusals_travel_as_the_answer_would_have(world: &World) {
    let browser = prepared(world, |settings| settings.first_party = false);
    for response in ResponseType::ALL {
        for (mode, wanted) in [(None, ResponseMode::usual(response)), (Some("form_post"), ResponseMode::FormPost)] {
            let mut more: Vec<_> = mode.map(|mode| ("response_mode", mode)).into_iter().collect();
            more.push(("prompt", "none"));
            let (step, brought) = asks(&browser, response, &more);
            assert_eq!((step, brought.mode), (Step::Error("consent_required".to_owned()), wanted), "{response:?}");
            assert_eq!(brought.names(), ["error", "error_description", "state", "iss"]);
            let page = browser.sent_by(SPA, &[&[("response_type", response.name())], &more[..more.len() - 1]].concat());
            assert_eq!(browser.consents(page.r(), false), Step::Error("access_denied".to_owned()), "{response:?}");
            assert_eq!(browser.brought().mode, wanted, "{response:?}");
        }
    }
}

fn only_whoever_gets_no_access_token_finds_the_scopes_claims_in_the_id_token(world: &World) {
    let browser = prepared(world, |_| {});
    for response in ResponseType::ALL.into_iter().filter(|one| one.has_id_token()) {
        let claims = verified(world, granted(&browser, response, &[]).get("id_token").unwrap());
        let wanted = (response == ResponseType::IdToken).then(|| json!(ANNA));
        assert_eq!(claims.get("email").cloned(), wanted, "{response:?}");
        let by_name = r#"{"id_token":{"given_name":{"essential":true}}}"#;
        let asked = granted(&browser, response, &[("scope", "openid"), ("claims", by_name)]);
        let claims = verified(world, asked.get("id_token").unwrap());
        assert_eq!((claims.get("given_name"), claims.get("email")), (Some(&json!("Åsa")), None), "{response:?}");
    }
}

fn the_code_of_a_hybrid_answer_gives_the_same_person_again(world: &World) {
    let browser = prepared(world, |_| {});
    for response in ResponseType::ALL.into_iter().filter(|one| one.has_code()) {
        let (step, brought) = asks(&browser, response, &[("scope", "openid profile email offline_access")]);
        let tokens = world.redeem(&step.code()).unwrap();
        let again = verified(world, tokens.id_token.as_deref().unwrap());
        assert_eq!(again["at_hash"], half(Algorithm::Rs256, &tokens.access));
        if let Some(first) = brought.get("id_token") {
            let first = verified(world, first);
            for name in ["iss", "sub", "aud", "nonce", "auth_time", "sid"] {
                assert_eq!(first[name], again[name], "{response:?} {name}");
            }
        }
        assert!(tokens.scope.contains("offline_access"), "the code still gives what outlives the session");
        if let Some(scope) = brought.get("scope") {
            assert_eq!(scope, "openid profile email", "and the browser does not");
            assert!(world.userinfo(brought.get("access_token").unwrap()).is_ok());
        }
    }
}

/// An answer with a code and a token, and the tokens that the code gave.
fn hybrid(world: &World, browser: &Browser<'_>) -> (Code, String, Tokens) {
    let (step, brought) = asks(browser, ResponseType::CodeIdTokenToken, &[]);
    let code = step.code();
    let front = brought.get("access_token").unwrap().to_owned();
    let tokens = world.redeem(&code).unwrap();
    assert!(world.userinfo(&front).is_ok() && world.userinfo(&tokens.access).is_ok());
    (code, front, tokens)
}

fn a_code_presented_twice_ends_the_token_beside_it_too(world: &World) {
    let browser = prepared(world, |_| {});
    let (code, front, tokens) = hybrid(world, &browser);
    let (_, other, _) = hybrid(world, &browser);
    assert_eq!(world.redeem(&code).unwrap_err(), Why::CodeInvalid);
    assert_eq!(world.userinfo(&front), Err(Why::BearerInvalid));
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    assert!(world.userinfo(&other).is_ok(), "what came with another code stays");
    assert_eq!(world.happened(AuditEvent::ReuseDetected), 1);
    // A first use that comes too late is nobody's replay.
    let (step, brought) = asks(&browser, ResponseType::CodeToken, &[]);
    world.later(Seconds(61));
    assert_eq!(world.redeem(&step.code()).unwrap_err(), Why::CodeInvalid);
    assert!(world.userinfo(brought.get("access_token").unwrap()).is_ok());
}

fn a_token_through_the_browser_ends_alone_when_it_is_revoked(world: &World) {
    let browser = prepared(world, |_| {});
    let (_, front, tokens) = hybrid(world, &browser);
    assert!(world.introspect(DESK, &front).is_none(), "no other client may look");
    world.revoke(SPA, &front);
    assert_eq!(world.userinfo(&front), Err(Why::BearerInvalid));
    assert!(world.userinfo(&tokens.access).is_ok());
}

fn a_token_through_the_browser_ends_with_its_session(world: &World) {
    let browser = prepared(world, |_| {});
    let (_, brought) = asks(&browser, ResponseType::IdTokenToken, &[("scope", "openid email offline_access")]);
    let front = brought.get("access_token").unwrap();
    assert_eq!(brought.get("scope"), Some("openid email"), "nothing outlives the session without a code");
    assert!(world.userinfo(front).is_ok());
    browser.signs_out();
    assert_eq!(world.userinfo(front), Err(Why::BearerInvalid));
    let (step, _) = asks(&browser, ResponseType::IdTokenToken, &[("prompt", "none")]);
    assert_eq!(step, Step::Error("login_required".to_owned()));
}

/// What the app asks for, as it stands in the address.
const ASKED: [(&str, &str); 5] = [
    ("client_id", SPA),
    ("redirect_uri", "https://spa.example/callback"),
    ("response_type", "id_token token"),
    ("scope", "openid"),
    ("nonce", "n"),
];

/// Whatever comes first, a session that ended leaves no token behind.
fn no_token_slips_out_beside_a_sign_out(world: &World) {
    let browser = prepared(world, |_| {});
    let asking = (0..8).map(|_| {
        let (ctx, cookies, params) = (world.ctx.clone(), browser.cookies(), params(&ASKED));
        let given: Giving = Box::pin(async move {
            let authorize::Begun::Valid(pending) = authorize::begin(&ctx, &cookies, &params).await? else {
                return Ok(None);
            };
            let step = authorize::proceed(&ctx, &cookies, *pending, ctx.clock.now()).await?;
            let authorize::Step::Answer(answer) = step else { return Ok(None) };
            let token = answer.parameters.into_iter().find(|(name, _)| *name == "access_token");
            Ok(token.map(|(_, token)| token))
        });
        given
    });
    let (ctx, cookies) = (world.ctx.clone(), browser.cookies());
    let leaving: Giving = Box::pin(async move {
        end_session::confirmed(&ctx, &cookies, None, false).await?;
        Ok(None)
    });
    for token in world.at_once(asking.chain([leaving])).into_iter().flatten() {
        assert_eq!(world.userinfo(&token), Err(Why::BearerInvalid));
    }
}

/// The access token that a flow gives, if it does.
type Giving = Pin<Box<dyn Future<Output = Result<Option<String>, Fault>> + Send>>;

fn a_token_through_the_browser_never_outlives_the_policy_that_let_it_out(world: &World) {
    let browser = prepared(world, |_| {});
    let front = granted(&browser, ResponseType::IdTokenToken, &[]).get("access_token").unwrap().to_owned();
    assert!(world.userinfo(&front).is_ok());
    world.policy(Some(NORDVIK), off);
    assert_eq!(world.userinfo(&front), Err(Why::BearerInvalid));
    for response in ResponseType::ALL {
        assert!(browser.sent_by(SPA, &[("response_type", response.name())]).asks_to_sign_in(), "{response:?}");
        let (step, _) = asks(&browser, response, &[("prompt", "none")]);
        assert_eq!(step, Step::Error("login_required".to_owned()), "{response:?}");
    }
}

fn a_token_through_the_browser_is_for_the_api_that_was_asked_for(world: &World) {
    let browser = prepared(world, |_| {});
    let more = [("scope", "openid time:read offline_access"), ("resource", TIMESHEETS)];
    let brought = granted(&browser, ResponseType::CodeIdTokenToken, &more);
    let token = brought.get("access_token").unwrap();
    let seen = world.introspect(HRM, token).unwrap();
    assert_eq!((&seen["aud"], &seen["client_id"]), (&json!([TIMESHEETS, ISSUER]), &json!(SPA)));
    assert_eq!((&seen["scope"], &brought.get("scope")), (&json!("openid time:read"), &Some("openid time:read")));
    assert_eq!(brought.get("expires_in"), Some("600"));
    let (step, _) = asks(&browser, ResponseType::IdTokenToken, &[("resource", "https://elsewhere.example")]);
    assert_eq!(step, Step::Error("invalid_target".to_owned()));
    world.later(Seconds(600));
    assert!(world.introspect(HRM, token).is_none());
}

fn nobody_who_is_kept_out_meanwhile_gets_a_token(world: &World) {
    let browser = prepared(world, |settings| settings.first_party = false);
    let page = browser.sent_by(SPA, &[("response_type", "id_token token")]);
    let issued = world.happened(AuditEvent::TokenIssued);
    world.disable(ANNA, true);
    assert!(browser.consents(page.r(), true).asks_to_sign_in());
    assert_eq!(world.happened(AuditEvent::TokenIssued), issued);
    world.disable(ANNA, false);
}

fn nobody_who_is_kept_out_while_it_is_made_gets_a_token(world: &World) {
    let browser = prepared(world, |_| {});
    let cookies = browser.cookies();
    let ask = || {
        let begun = world.run(authorize::begin(&world.ctx, &cookies, &params(&ASKED)));
        let authorize::Begun::Valid(pending) = begun else { panic!("the request is not valid") };
        authorize::proceed(&world.ctx, &cookies, *pending, world.ctx.clock.now())
    };
    let issued = world.happened(AuditEvent::TokenIssued);
    // The gate let them in, and then the policy changed.
    let step = world.overtaken(ask(), || world.policy(Some(NORDVIK), off));
    assert!(!matches!(step, authorize::Step::Answer(_)));
    assert_eq!(world.happened(AuditEvent::TokenIssued), issued);
    world.policy(Some(NORDVIK), |document| document.own_sign_in = None);
    let step = world.overtaken(ask(), || ());
    assert!(matches!(step, authorize::Step::Answer(_)), "and with nothing in between they get it");
    assert_eq!(world.happened(AuditEvent::TokenIssued), issued + 1);
}

fn a_public_app_gets_no_code_without_pkce(world: &World) {
    let browser = prepared(world, |_| {});
    let bare = [("code_challenge", ""), ("code_challenge_method", "")];
    for response in ResponseType::ALL {
        let (step, _) = asks(&browser, response, &bare);
        assert_eq!(step == Step::Error("invalid_request".to_owned()), response.has_code(), "{response:?}: {step:?}");
    }
    let (step, _) = asks(&browser, ResponseType::CodeIdToken, &[]);
    let code = step.code();
    let stolen = Code { verifier: String::new(), ..code.clone() };
    assert_eq!(world.token(SPA, &pairs_of(&stolen)).unwrap_err(), Why::VerifierInvalid);
    assert!(world.redeem(&code).is_ok());
}

fn an_id_token_through_the_browser_is_encrypted_for_an_app_that_registered_so(world: &World) {
    let encryption = Encryption { alg: KeyManagement::EcdhEsA256Kw, enc: ContentEncryption::A256Gcm };
    let url = "https://spa.example/jwks";
    let browser = prepared(world, |settings| {
        settings.keys = Some(KeySource::JwksUri(url.to_owned()));
        settings.protection.id_token = Some(encryption);
    });
    let issued = world.happened(AuditEvent::TokenIssued);
    let (step, brought) = asks(&browser, ResponseType::IdTokenToken, &[]);
    assert_eq!((step, brought.mode), (Step::Error("temporarily_unavailable".to_owned()), ResponseMode::Fragment));
    assert_eq!(world.happened(AuditEvent::TokenIssued), issued, "nothing was given that could not be told");
    // P-256 of RFC 7515 appendix A.3.
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "enc-1", "use": "enc", "x": x, "y": y });
    world.serve_json(url, &json!({ "keys": [key] }));
    world.later(Seconds(60));
    for response in ResponseType::ALL.into_iter().filter(|one| one.has_id_token()) {
        let brought = granted(&browser, response, &[]);
        assert_eq!(brought.get("id_token").unwrap().split('.').count(), 5, "{response:?}");
    }
}

fn only_fit_apps_may_register_for_tokens_through_the_browser(world: &World) {
    for local in ["http://127.0.0.1:3000/callback", "https://localhost/callback", "https://127.0.0.1/callback"] {
        let refused = register(&world.ctx, world, AppKind::Web, settings(local));
        assert_eq!(refused, Err(Invalid::Redirect(local.to_owned(), RedirectFault::Tokens)));
        let only_code = AppSettings { response_types: vec![ResponseType::Code], ..settings(local) };
        assert_eq!(register(&world.ctx, world, AppKind::Web, only_code), Ok(()), "{local}");
        world.run(app::delete(&world.ctx, SPA)).unwrap();
    }
    let native = register(&world.ctx, world, AppKind::Native, settings("https://spa.example/callback"));
    assert_eq!(native, Err(Invalid::ResponseType(ResponseType::IdToken)));
    let none = AppSettings { response_types: Vec::new(), ..settings("https://spa.example/callback") };
    assert_eq!(register(&world.ctx, world, AppKind::Web, none), Err(Invalid::NoResponseType));
    assert_eq!(register(&world.ctx, world, AppKind::Browser, settings("https://spa.example/callback")), Ok(()));
}

/// The same deployment with other offers.
fn elsewise(world: &World, offers: Offers) -> Ctx {
    let mut settings = Settings::new(ISSUER.to_owned(), "Portvakt".to_owned());
    settings.offers = offers;
    Ctx { settings: Arc::new(settings), ..world.ctx.clone() }
}

fn what_was_asked_before_the_switch_fell_gives_nothing_after(world: &World) {
    let browser = prepared(world, |settings| settings.first_party = false);
    let off = elsewise(world, Offers::default());
    for response in ResponseType::ALL {
        world.later(Seconds(1));
        let page = browser.sent_by(SPA, &[("response_type", response.name()), ("prompt", "consent")]);
        let step = world.run(consent::answer(&off, &browser.cookies(), page.r(), true));
        let authorize::Step::Answer(answer) = step else { panic!("{step:?}") };
        assert_eq!(answer.is_grant, response == ResponseType::Code, "{response:?}");
        assert!(answer.parameters.iter().all(|(name, _)| !["access_token", "id_token"].contains(name)));
    }
}

/// An app that was registered while the switch was on gets nothing of it once it is off.
fn where_they_are_not_offered_nothing_of_it_exists(world: &World) {
    let redirect = "https://spa.example/callback";
    let refused = register(&world.ctx, world, AppKind::Browser, settings(redirect));
    assert_eq!(refused, Err(Invalid::ResponseType(ResponseType::IdToken)));
    register(&elsewise(world, LEGACY.clone()), world, AppKind::Browser, settings(redirect)).unwrap();
    let (browser, _) = world.signed_in_to(HRM);
    for response in ResponseType::ALL.into_iter().filter(|one| *one != ResponseType::Code) {
        for more in [&[][..], &[("response_mode", "form_post")], &[("response_mode", "query")]] {
            let (step, brought) = asks(&browser, response, more);
            assert_eq!(step, Step::Error("unsupported_response_type".to_owned()), "{response:?}");
            assert_ne!(brought.mode, ResponseMode::Fragment);
        }
    }
    let (step, brought) = asks(&browser, ResponseType::Code, &[("response_mode", "fragment")]);
    assert_eq!((step, brought.mode), (Step::Error("invalid_request".to_owned()), ResponseMode::Query));
    let (step, brought) = asks(&browser, ResponseType::Code, &[]);
    assert_eq!((brought.mode, brought.names()), (ResponseMode::Query, vec!["code", "state", "iss"]));
    assert!(world.redeem(&step.code()).is_ok());
}
