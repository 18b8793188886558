//! Portvakt started from `conformance/`, with the clients that the foundation's suite is told of: what its Config and
//! Basic plans ask for first. The suite itself runs outside; this keeps its configuration true.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portvakt_journeys::{Deployment, Failure, Setup, http::basic};
use serde_json::Value;
use std::path::Path;
use url::Url;

const TESTER: &str = "tester@conformance.example";
const PASSWORD: &str = "correct horse battery staple";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn file(name: &str) -> Result<String, Failure> {
    Ok(std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name))?)
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Failure> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

/// The sections of the suite's configuration that the kit does not write itself.
fn more_configuration() -> Result<String, Failure> {
    let whole = file("portvakt.toml")?;
    let at = whole.find("[limits]").ok_or_else(|| Failure::new("conformance/portvakt.toml has no [limits]"))?;
    Ok(whole.get(at..).unwrap_or_default().to_owned())
}

fn started() -> Result<Deployment, Failure> {
    let setup = Setup { https: true, configuration: more_configuration()?, ..Setup::default() };
    let portvakt = Deployment::start_with(&setup)?;
    portvakt.account(TESTER, "Conformance Tester", PASSWORD)?;
    Ok(portvakt)
}

#[test]
fn every_setting_of_the_suite_s_configuration_is_one_of_ours() -> Result<(), Failure> {
    let portvakt = Deployment::start()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/portvakt.toml");
    let path = folder.to_str().ok_or_else(|| Failure::new("a path that is no text"))?;
    let checked = portvakt.command(&["config", "check"]).args(["--config", path]).output()?;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    Ok(())
}

#[test]
fn discovery_and_keys_are_what_the_config_plan_asks_for() -> Result<(), Failure> {
    let portvakt = started()?;
    let url = text(&serde_json::from_str::<Value>(&file("config.json")?)?["server"], "discoveryUrl")?.to_owned();
    let path = Url::parse(&url)?.path().to_owned();
    let document = portvakt.http().get(&portvakt.url(&path), &[])?.json()?;
    assert_eq!(text(&document, "issuer")?, portvakt.issuer);
    for endpoint in
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"]
    {
        assert!(text(&document, endpoint)?.starts_with("https://"), "{endpoint}");
    }
    let list = |key: &str| -> Vec<&str> {
        document[key].as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    };
    assert!(list("id_token_signing_alg_values_supported").contains(&"RS256"));
    assert!(!list("id_token_signing_alg_values_supported").contains(&"none"));
    assert!(list("scopes_supported").contains(&"openid"));
    assert!(list("response_types_supported").contains(&"code"));
    assert!(!list("claims_supported").is_empty() && !list("subject_types_supported").is_empty());
    for flag in ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"] {
        assert_eq!(document[flag], Value::Bool(true), "{flag} is written out");
    }
    let keys = portvakt.http().get(text(&document, "jwks_uri")?, &[])?.json()?;
    let keys = keys["keys"].as_array().cloned().unwrap_or_default();
    let mut kids: Vec<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
    assert_eq!(kids.len(), keys.len(), "every key has a kid");
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), keys.len(), "no two have the same");
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} is private");
        }
    }
    Ok(())
}

#[test]
fn the_basic_plan_s_clients_sign_the_tester_in() -> Result<(), Failure> {
    let portvakt = started()?;
    let plan: Value = serde_json::from_str(&file("basic.json")?)?;
    for client in ["client", "client2", "client_secret_post"] {
        let (id, redirect) = (text(&plan[client], "client_id")?, text(&plan[client], "redirect_uri")?);
        let made = portvakt.app(client, "web", &["--client-id", id, "--redirect-uri", redirect, "--refresh"])?;
        assert_eq!(made.client_id, id);
        let mut url = Url::parse(&portvakt.url("/authorize"))?;
        url.query_pairs_mut()
            .append_pair("client_id", id)
            .append_pair("redirect_uri", redirect)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("state", &"s".repeat(128))
            .append_pair("nonce", "n-0S6_WzA2Mj")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        let page = portvakt.person()?.sign_in(url.as_str(), TESTER, PASSWORD)?;
        assert_eq!(page.parameter("state")?.len(), 128);
        assert_eq!(page.parameter("iss")?, portvakt.issuer);
        let code = page.parameter("code")?;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
        ];
        let (token, header) = (portvakt.url("/token"), basic(id, &made.client_secret));
        let answer = if client == "client_secret_post" {
            let mut fields = grant.to_vec();
            fields.extend([("client_id", id), ("client_secret", made.client_secret.as_str())]);
            portvakt.http().post(&token, &[], &fields)?
        } else {
            portvakt.http().post(&token, &[("authorization", &header)], &grant)?
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json()?;
        assert_eq!(text(&body, "token_type")?, "Bearer");
        let claims = text(&body, "id_token")?.split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part));
        let claims: Value = serde_json::from_slice(&claims.ok_or_else(|| Failure::new("no JWT"))??)?;
        assert_eq!(text(&claims, "nonce")?, "n-0S6_WzA2Mj");
        assert_eq!(text(&claims, "aud")?, id);
    }
    Ok(())
}
