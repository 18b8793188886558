//! Apps that register themselves, over HTTP, with the real program: what the conformance suite's dynamic clients do,
//! by the numbers of its checklist.

use portvakt_journeys::{Answer, Deployment, Failure, Setup, http::basic};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use url::Url;

const HOME: &str = "https://app.example/cb";
const ANNA: &str = "anna@nordvik.example";
const PASSWORD: &str = "correct horse battery staple";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct World {
    portvakt: Deployment,
}

impl World {
    fn start(registration: &str) -> Result<Self, Failure> {
        let configuration = format!("[legacy]\nresponse_types = true\n[registration]\n{registration}\n");
        Ok(Self { portvakt: Deployment::start_with(&Setup { configuration, ..Setup::default() })? })
    }

    fn send(&self, method: &str, url: &str, token: Option<&str>, body: &str) -> Result<Answer, Failure> {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.portvakt.http().send(method, url, &headers, body.to_owned())
    }

    fn register(&self, token: Option<&str>, members: &Value) -> Result<Answer, Failure> {
        let mut body = Map::from_iter([("redirect_uris".to_owned(), json!([HOME]))]);
        body.extend(members.as_object().cloned().unwrap_or_default());
        self.send("POST", &self.portvakt.url("/register"), token, &Value::Object(body).to_string())
    }

    fn initial(&self, uses: &str) -> Result<Value, Failure> {
        self.portvakt.cli(&["registration", "token", "create", "--name", "Suite", "--uses", uses])
    }
}

fn text(value: &Value, name: &str) -> Result<String, Failure> {
    let found = value.get(name).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no {name} in {value}")))
}

/// 400, JSON, a code of RFC 7591, and a description that may stand there.
fn assert_refused(answer: &Answer, code: &str) -> Result<(), Failure> {
    let body = answer.json()?;
    assert_eq!((answer.status, text(&body, "error")?.as_str()), (400, code), "{body}");
    let description = text(&body, "error_description")?;
    assert!(description.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'), "{description}");
    assert_eq!(answer.header("cache-control"), "no-store");
    Ok(())
}

/// Lines 80, 81, 84, 87, 88: 201 with everything that holds; unknown members dropped; read, removed, gone.
#[test]
fn a_stranger_s_app_registers_signs_somebody_in_and_cleans_up_after_itself() -> Result<(), Failure> {
    let world = World::start("mode = \"open\"")?;
    let portvakt = &world.portvakt;
    let discovery = portvakt.http().get(&portvakt.url("/.well-known/openid-configuration"), &[])?.json()?;
    assert_eq!(text(&discovery, "registration_endpoint")?, portvakt.url("/register"));
    let members = json!({
        "client_name": "Fieldreport",
        "client_name#sv": "Fältrapport",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "initiate_login_uri": "https://app.example/start",
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "contacts": ["ops@app.example"],
        "suite_made_this_up": { "a": [1] },
    });
    let answer = world.register(None, &members)?.expect(201)?;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    assert!(answer.header("content-type").starts_with("application/json"));
    let told = answer.json()?;
    for (name, value) in members.as_object().into_iter().flatten().filter(|(name, _)| *name != "suite_made_this_up") {
        assert_eq!(told[name], *value, "{name}");
    }
    assert_eq!(told.get("suite_made_this_up"), None);
    for (name, value) in [
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("application_type", json!("web")),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    let (client_id, secret) = (text(&told, "client_id")?, text(&told, "client_secret")?);
    let (own, token) = (text(&told, "registration_client_uri")?, text(&told, "registration_access_token")?);
    assert_eq!(own, portvakt.url(&format!("/register/{client_id}")));

    portvakt.account(ANNA, "Anna Svensson", PASSWORD)?;
    let mut url = Url::parse(&portvakt.url("/authorize"))?;
    url.query_pairs_mut()
        .append_pair("client_id", &client_id)
        .append_pair("redirect_uri", HOME)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .append_pair("ui_locales", "sv");
    let mut anna = portvakt.person()?;
    anna.sign_in(&portvakt.url("/account"), ANNA, PASSWORD)?;
    let consent = anna.open(url.as_str())?;
    assert!(consent.heading().contains("Fältrapport"), "{}", consent.heading());
    assert!(consent.answer.body.contains("har registrerat sig själv") && consent.answer.body.contains("app.example"));
    let allow = consent.form(|form| form.main)?;
    let back = anna.press(&consent, &allow, "answer", "allow")?;
    let code = back.parameter("code")?;
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", HOME),
        ("code_verifier", VERIFIER),
    ];
    let header = basic(&client_id, &secret);
    let tokens = portvakt.http().post(&portvakt.url("/token"), &[("authorization", &header)], &grant)?;
    assert!(tokens.expect(200)?.json()?["refresh_token"].is_string());

    let read = world.send("GET", &own, Some(&token), "")?.expect(200)?.json()?;
    assert_eq!(read["initiate_login_uri"], "https://app.example/start");
    let mut changed = members.clone();
    for (name, value) in
        [("client_id", json!(client_id)), ("redirect_uris", json!([HOME])), ("tos_uri", json!("https://app.example/t"))]
    {
        changed[name] = value;
    }
    let put = world.send("PUT", &own, Some(&token), &changed.to_string())?.expect(200)?.json()?;
    assert_eq!(put["tos_uri"], "https://app.example/t");

    for wrong in [None, Some("x"), Some(secret.as_str())] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = world.send(method, &own, wrong, if method == "PUT" { "{}" } else { "" })?;
            assert_eq!((answer.status, answer.json()?["error"].as_str()), (401, Some("invalid_token")), "{method}");
            assert!(answer.header("www-authenticate").starts_with("Bearer "), "{method}");
        }
    }
    assert_eq!(world.send("DELETE", &own, Some(&token), "")?.expect(204)?.body, "");
    assert_eq!(world.send("GET", &own, Some(&token), "")?.status, 401, "the token went with the app");
    Ok(())
}

/// Lines 82, 89: with an initial token, as often as it says, and two in a row.
#[test]
fn where_leave_is_asked_only_its_bearers_register() -> Result<(), Failure> {
    let world = World::start("mode = \"token\"")?;
    let refused = world.register(None, &json!({}))?;
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"Portvakt\""));
    let made = world.initial("2")?;
    let token = text(&made, "token")?;
    let ids: BTreeSet<String> = (0..2)
        .map(|_| text(&world.register(Some(&token), &json!({}))?.expect(201)?.json()?, "client_id"))
        .collect::<Result<_, _>>()?;
    assert_eq!(ids.len(), 2);
    assert_eq!(world.register(Some(&token), &json!({}))?.status, 401, "used up");
    let listed = world.portvakt.cli(&["registration", "token", "list"])?;
    assert_eq!((&listed[0]["uses_left"], listed[0].get("token")), (&json!(0), None));
    world.portvakt.cli(&["registration", "token", "revoke", &text(&made, "id")?])?;
    assert_eq!(world.portvakt.cli(&["registration", "token", "list"])?, json!([]));
    Ok(())
}

/// Lines 83, 85: what may not be registered, and the response types that may.
#[test]
fn each_wrong_wish_is_refused_by_its_own_code() -> Result<(), Failure> {
    let world = World::start("mode = \"open\"")?;
    for (members, code) in [
        (json!({ "redirect_uris": ["https://app.example/cb#fragment"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://app.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "initiate_login_uri": "http://app.example/start" }), "invalid_client_metadata"),
        // Nothing on this machine is fetched.
        (json!({ "sector_identifier_uri": "https://127.0.0.1/sector.json" }), "invalid_client_metadata"),
        (json!({ "id_token_signed_response_alg": "none" }), "invalid_client_metadata"),
    ] {
        assert_refused(&world.register(None, &members)?, code)?;
    }
    let register = world.portvakt.url("/register");
    let form = world.portvakt.http().post(&register, &[], &[("redirect_uris", HOME)])?;
    assert_refused(&form, "invalid_client_metadata")?;
    let (twice, rubbish) = (r#"{"redirect_uris":[],"redirect_uris":[]}"#, "{\"redirect_uris\":");
    for body in [twice, rubbish] {
        assert_refused(&world.send("POST", &register, None, body)?, "invalid_client_metadata")?;
    }
    for types in ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"] {
        let grants = json!(["authorization_code", "implicit"]);
        let told = world.register(None, &json!({ "response_types": [types], "grant_types": grants }))?.expect(201)?;
        assert_eq!(told.json()?["response_types"], json!([types]));
    }
    Ok(())
}

#[test]
fn by_default_nobody_registers_and_nothing_says_that_one_could() -> Result<(), Failure> {
    let world = World::start("")?;
    let portvakt = &world.portvakt;
    let discovery = portvakt.http().get(&portvakt.url("/.well-known/openid-configuration"), &[])?.json()?;
    assert_eq!(discovery.get("registration_endpoint"), None);
    assert_eq!(world.register(None, &json!({}))?.status, 404);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = world.send(method, &portvakt.url("/register/app_x"), Some("x"), "")?;
        assert_eq!(answer.status, 404, "{method}");
    }
    Ok(())
}

/// Anybody can register an app here: a link must not lead from our host to wherever its maker likes.
#[test]
fn a_stranger_s_app_gets_nobody_back_by_a_link_alone() -> Result<(), Failure> {
    const BYE: &str = "https://app.example/bye";
    let world = World::start("mode = \"open\"")?;
    let portvakt = &world.portvakt;
    let told = world.register(None, &json!({ "post_logout_redirect_uris": [BYE] }))?.expect(201)?.json()?;
    let asked = [("client_id", text(&told, "client_id")?), ("post_logout_redirect_uri", BYE.to_owned())];
    let link = Url::parse_with_params(&portvakt.url("/end-session"), &asked)?;
    let mut anna = portvakt.person()?;
    let page = anna.open(link.as_str())?;
    assert_eq!((page.answer.status, page.url.path()), (200, "/logout/done"));
    assert!(page.leaves_for.is_none() && page.goes_on_to().is_none(), "it goes nowhere by itself");
    assert!(page.links().iter().any(|link| link == BYE), "the person may");
    // What the address carries is this browser's: for another the page offers nothing.
    let page = portvakt.person()?.open(page.url.as_str())?;
    assert!(page.answer.status == 200 && !page.answer.body.contains(BYE));
    Ok(())
}
