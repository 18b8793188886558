//! Portvakt started from `conformance/`, with its settings, its clients, their certificates and its person: what the plans ask
//! for first. The suite itself runs outside; this keeps what it is told of true.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portvakt_journeys::certificates::ClientAuthority;
use portvakt_journeys::deployment::free_port;
use portvakt_journeys::http::{Answer, basic};
use portvakt_journeys::{App, Deployment, Failure, Setup};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use url::Url;

const PASSWORD: &str = "correct horse battery staple";
const EVERYTHING: &str = "openid profile email address phone";
/// Every claim of OpenID Connect Core §5.1.
const STANDARD: [&str; 20] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance").join(name)
}

fn file(name: &str) -> Result<Value, Failure> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path(name))?)?)
}

fn member<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Failure> {
    member(value, key).as_str().ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    member(value, key).as_array().map(|all| all.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Whose budgets hold.
#[derive(Clone, Copy)]
enum Limits {
    Suite,
    Default,
}

struct World {
    portvakt: Deployment,
    seeds: Value,
    apps: BTreeMap<String, App>,
    /// Of the clients' certificates, and the base of the addresses where they are asked for.
    authority: ClientAuthority,
    mutual: String,
    /// Of the authority's file: gone with the world.
    _folder: TempDir,
}

impl World {
    /// `conformance/portvakt.toml` on a port of its own, and everything of `seeds.json` and `person.json` in it.
    fn start(limits: Limits) -> Result<Self, Failure> {
        let (authority, folder, port) =
            (ClientAuthority::make()?, TempDir::with_prefix("portvakt-clients-")?, free_port()?);
        let trusted = folder.path().join("authority.pem");
        std::fs::write(&trusted, authority.pem())?;
        let mutual = format!("https://localhost:{port}");
        let whole = std::fs::read_to_string(path("portvakt.toml"))?
            .replace("tls/authority.pem", &trusted.display().to_string())
            .replace("https://op.portvakt.test:8445", &mutual)
            .replace("127.0.0.1:8445", &format!("127.0.0.1:{port}"));
        let (server, rest) = cut(&whole, "[outbound]")?;
        let configuration = match limits {
            Limits::Suite => rest.to_owned(),
            Limits::Default => {
                let (before, budgets) = cut(rest, "[limits]")?;
                format!("{before}{}", cut(budgets, "[registration]")?.1)
            }
        };
        // The kit writes addresses, database and keys itself.
        let kept = server.lines().filter(|line| line.starts_with("name ") || line.starts_with("grace_seconds "));
        let server = kept.flat_map(|line| [line, "\n"]).collect();
        let portvakt = Deployment::start_with(&Setup { https: true, server, configuration, ..Setup::default() })?;
        let seeds = file("seeds.json")?;
        let mut apps = BTreeMap::new();
        for client in member(&seeds, "clients").as_array().into_iter().flatten() {
            let (id, name) = (text(client, "client_id")?, text(client, "name")?);
            let mut all = vec!["app", "create", "--client-id", id, "--name", name];
            all.extend(list(client, "arguments"));
            let made = portvakt.cli(&all)?;
            let client_secret = member(&made, "client_secret").as_str().unwrap_or_default().to_owned();
            apps.insert(id.to_owned(), App { client_id: text(&made, "client_id")?.to_owned(), client_secret });
        }
        let world = Self { portvakt, seeds, apps, authority, mutual, _folder: folder };
        let profile = path("person.json").display().to_string();
        let made = world.portvakt.cli(
            &[
                &[
                    "account",
                    "create",
                    "--address",
                    world.tester()?,
                    "--name",
                    text(member(&world.seeds, "person"), "name")?,
                ][..],
                &["--language", "en", "--profile", &profile, "--verified", "--print-link"],
            ]
            .concat(),
        )?;
        world.portvakt.person()?.choose_password(text(&made, "set_password_link")?, PASSWORD)?;
        Ok(world)
    }

    fn tester(&self) -> Result<&str, Failure> {
        text(member(&self.seeds, "person"), "address")
    }

    fn app(&self, id: &str) -> Result<&App, Failure> {
        self.apps.get(id).ok_or_else(|| Failure::new(format!("seeds.json has no {id}")))
    }

    /// A browser that was never here signs the tester in, as the suite's does; the code of it.
    fn code(&self, client: &Value, scope: &str) -> Result<String, Failure> {
        let mut url = Url::parse(&self.portvakt.url("/authorize"))?;
        url.query_pairs_mut()
            .append_pair("client_id", text(client, "client_id")?)
            .append_pair("redirect_uri", text(client, "redirect_uri")?)
            .append_pair("response_type", "code")
            .append_pair("scope", scope)
            .append_pair("state", &"s".repeat(384))
            .append_pair("nonce", "n-0S6_WzA2Mj");
        let page = self.portvakt.person()?.sign_in(url.as_str(), self.tester()?, PASSWORD)?;
        assert_eq!(page.parameter("state")?.len(), 384);
        assert_eq!(page.parameter("iss")?, self.portvakt.issuer);
        page.parameter("code")
    }

    /// Redeems it with a secret in the header.
    fn redeemed(&self, client: &Value, code: &str) -> Result<Value, Failure> {
        let id = text(client, "client_id")?;
        let header = basic(id, &self.app(id)?.client_secret);
        let fields = grant(code, text(client, "redirect_uri")?);
        whole(&self.portvakt.http().post(&self.portvakt.url("/token"), &[("authorization", &header)], &fields)?)
    }
}

/// The parts before and from a mark on.
fn cut<'a>(text: &'a str, mark: &str) -> Result<(&'a str, &'a str), Failure> {
    let none = || Failure::new(format!("conformance/portvakt.toml has no {mark}"));
    text.find(mark).and_then(|at| text.split_at_checked(at)).ok_or_else(none)
}

fn grant<'a>(code: &'a str, redirect: &'a str) -> [(&'a str, &'a str); 3] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect)]
}

/// An answer of the token endpoint with all that it must have.
fn whole(answer: &Answer) -> Result<Value, Failure> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert!(answer.header("content-type").starts_with("application/json"));
    let body = answer.json()?;
    assert_eq!(text(&body, "token_type")?, "Bearer");
    assert!(member(&body, "expires_in").as_u64().is_some_and(|seconds| seconds > 0), "{body}");
    assert!(!text(&body, "scope")?.is_empty());
    Ok(body)
}

/// The claims of the ID token.
fn claims(body: &Value) -> Result<Value, Failure> {
    let payload = text(body, "id_token")?.split('.').nth(1).map(|part| URL_SAFE_NO_PAD.decode(part));
    Ok(serde_json::from_slice(&payload.ok_or_else(|| Failure::new("no JWT"))??)?)
}

#[test]
fn every_setting_of_the_suite_s_configuration_is_one_of_ours() -> Result<(), Failure> {
    let portvakt = Deployment::start()?;
    let path = path("portvakt.toml").display().to_string();
    let checked = portvakt.command(&["config", "check"]).args(["--config", &path]).output()?;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    Ok(())
}

#[test]
fn discovery_and_keys_are_what_the_config_plan_asks_for() -> Result<(), Failure> {
    let world = World::start(Limits::Suite)?;
    let portvakt = &world.portvakt;
    let plan = file("config.json")?;
    let path = Url::parse(text(&plan["server"], "discoveryUrl")?)?.path().to_owned();
    let document = portvakt.http().get(&portvakt.url(&path), &[])?.json()?;
    assert_eq!(text(&document, "issuer")?, portvakt.issuer);
    for endpoint in
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"]
    {
        assert!(text(&document, endpoint)?.starts_with("https://"), "{endpoint}");
    }
    assert!(list(&document, "id_token_signing_alg_values_supported").contains(&"RS256"));
    assert!(list(&document, "scopes_supported").contains(&"openid"));
    assert!(list(&document, "response_types_supported").contains(&"code"));
    for several in ["acr_values_supported", "subject_types_supported"] {
        assert!(!list(&document, several).is_empty(), "{several}");
    }
    for claim in STANDARD {
        assert!(list(&document, "claims_supported").contains(&claim), "{claim}");
    }
    let algorithms = document.as_object().into_iter().flatten().filter(|(name, _)| name.contains("_alg_values_"));
    for (name, _) in algorithms {
        assert!(!list(&document, name).contains(&"none"), "{name}");
    }
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
fn the_clients_of_the_seeds_are_those_of_the_plans_and_sign_the_tester_in() -> Result<(), Failure> {
    let world = World::start(Limits::Suite)?;
    let plan = file("basic.json")?;
    for client in ["client", "client2", "client_secret_post"] {
        let (client, by_post) = (&plan[client], client == "client_secret_post");
        let (id, code) = (text(client, "client_id")?, world.code(client, "openid")?);
        let body = if by_post {
            let mut fields = grant(&code, text(client, "redirect_uri")?).to_vec();
            fields.extend([("client_id", id), ("client_secret", world.app(id)?.client_secret.as_str())]);
            whole(&world.portvakt.http().post(&world.portvakt.url("/token"), &[], &fields)?)?
        } else {
            world.redeemed(client, &code)?
        };
        let claims = claims(&body)?;
        assert_eq!((text(&claims, "nonce")?, text(&claims, "aud")?), ("n-0S6_WzA2Mj", id));
    }
    let plan = file("everything-mtls.json")?;
    for (client, certificate) in ["client", "client2"].into_iter().zip(list(&world.seeds, "certificates")) {
        let (client, program) = (&plan[client], world.portvakt.http_with(&world.authority.certify(certificate)?)?);
        let (id, code) = (text(client, "client_id")?, world.code(client, "openid")?);
        let fields = [&grant(&code, text(client, "redirect_uri")?)[..], &[("client_id", id)]].concat();
        let body = whole(&program.post(&format!("{}/token", world.mutual), &[], &fields)?)?;
        assert_eq!(text(&claims(&body)?, "aud")?, id);
    }
    Ok(())
}

#[test]
fn userinfo_tells_every_standard_claim_of_the_tester_in_its_type() -> Result<(), Failure> {
    let world = World::start(Limits::Suite)?;
    let client = &file("basic.json")?["client"];
    let tokens = world.redeemed(client, &world.code(client, EVERYTHING)?)?;
    let bearer = format!("Bearer {}", text(&tokens, "access_token")?);
    let told = world.portvakt.http().get(&world.portvakt.url("/userinfo"), &[("authorization", &bearer)])?.json()?;
    for claim in STANDARD {
        assert!(!told[claim].is_null(), "{claim} is missing: {told}");
    }
    let mut wanted = file("person.json")?;
    let seeded = [
        ("sub", claims(&tokens)?["sub"].clone()),
        ("email", json!(world.tester()?)),
        ("email_verified", json!(true)),
        ("name", world.seeds["person"]["name"].clone()),
    ];
    for (claim, value) in seeded {
        wanted[claim] = value;
    }
    assert_eq!(told, wanted);
    assert!(told["updated_at"].is_u64(), "a number: {told}");
    let digits: String =
        text(&told, "birthdate")?.chars().map(|one| if one.is_ascii_digit() { '9' } else { one }).collect();
    assert_eq!(digits, "9999-99-99");
    let mut left = vec![&told];
    while let Some(value) = left.pop() {
        assert!(!value.is_null() && value.as_str() != Some(""), "nothing is empty: {told}");
        left.extend(value.as_object().into_iter().flat_map(|members| members.values()));
    }
    Ok(())
}

#[test]
fn forty_sign_ins_in_a_row_meet_no_riddle_and_no_limit_also_by_default() -> Result<(), Failure> {
    let world = World::start(Limits::Default)?;
    let client = &file("basic.json")?["client"];
    for turn in 1..=40 {
        let code = world.code(client, "openid").map_err(|error| Failure::new(format!("the {turn}th: {error:?}")))?;
        world.redeemed(client, &code)?;
    }
    Ok(())
}

#[test]
fn a_refresh_without_client_authentication_is_refused_in_json() -> Result<(), Failure> {
    let world = World::start(Limits::Suite)?;
    let client = &file("basic.json")?["client"];
    let tokens = world.redeemed(client, &world.code(client, "openid offline_access")?)?;
    let (id, url) = (text(client, "client_id")?, world.portvakt.url("/token"));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token")?)];
    for fields in [refresh.to_vec(), [&refresh[..], &[("client_id", id)]].concat()] {
        let answer = world.portvakt.http().post(&url, &[], &fields)?;
        assert!(answer.header("content-type").starts_with("application/json"), "{fields:?}");
        assert_eq!((answer.status, text(&answer.json()?, "error")?), (401, "invalid_client"), "{fields:?}");
    }
    let header = basic(id, &world.app(id)?.client_secret);
    whole(&world.portvakt.http().post(&url, &[("authorization", &header)], &refresh)?)?;
    Ok(())
}

#[test]
fn cookies_and_headers_on_loopback_are_those_of_every_other_host() -> Result<(), Failure> {
    let (plain, client) = (Deployment::start()?, "https://app.nordvik.example/callback");
    let app = plain.app("App", "web", &["--redirect-uri", client])?;
    let question = format!(
        "/authorize?client_id={}&redirect_uri={client}&response_type=code&scope=openid&code_challenge={}&\
         code_challenge_method=S256",
        app.client_id,
        "c".repeat(43)
    );
    let answer = plain.http().get(&plain.url(&question), &[])?;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().filter_map(|one| one.to_str().ok()).collect();
    assert!(!cookies.is_empty(), "{answer:?}");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    }
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    Ok(())
}
