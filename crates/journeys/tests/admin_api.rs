//! Portvakt's own API: a program of the operator's does over HTTP what the command line does on the node, and nobody
//! else gets in.

use portvakt::routes::{Access, Route, all};
use portvakt_journeys::{Answer, App, Database, Deployment, Failure, Setup, http::basic};
use serde_json::{Value, json};
use url::Url;

const PASSWORD: &str = "correct horse battery staple";
const CALLBACK: &str = "https://hrm.nordvik.example/callback";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct World {
    portvakt: Deployment,
    robot: App,
    token: String,
}

impl World {
    /// A deployment whose first operator's client was made on the node, as `docs/guides/admin-api.md` has it.
    fn start(database: Database) -> Result<Self, Failure> {
        let portvakt = Deployment::start_with(&Setup { database, ..Setup::default() })?;
        let robot = portvakt.app("Robot", "machine", &["--own-scope", &format!("{}/api#operator", portvakt.issuer)])?;
        let mut world = Self { portvakt, robot, token: String::new() };
        world.token = text(&world.ask_token(&world.robot, &[])?.expect(200)?.json()?, "access_token")?;
        Ok(world)
    }

    fn own_api(&self) -> String {
        self.portvakt.url("/api")
    }

    fn ask_token(&self, app: &App, more: &[(&str, &str)]) -> Result<Answer, Failure> {
        let login = basic(&app.client_id, &app.client_secret);
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend_from_slice(more);
        self.portvakt.http().post(&self.portvakt.url("/token"), &[("authorization", &login)], &fields)
    }

    /// A call without a body, with somebody's token.
    fn call_as(&self, token: &str, method: &str, path: &str) -> Result<Answer, Failure> {
        let bearer = format!("Bearer {token}");
        self.portvakt.http().send(method, &self.portvakt.url(path), &[("authorization", &bearer)], String::new())
    }

    fn call(&self, method: &str, path: &str) -> Result<Answer, Failure> {
        self.call_as(&self.token, method, path)
    }

    /// A call with any body of any kind.
    fn send_raw(&self, method: &str, path: &str, kind: &str, body: String) -> Result<Answer, Failure> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        self.portvakt.http().send(method, &self.portvakt.url(path), &headers, body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send_raw(method, path, "application/json", body.to_string())
    }

    fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send("POST", path, body)
    }

    fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call("GET", path)?.expect(200)?.json()
    }

    fn authorize(&self, app: &App, more: &[(&str, &str)]) -> Result<String, Failure> {
        let mut url = Url::parse(&self.portvakt.url("/authorize"))?;
        url.query_pairs_mut()
            .append_pair("client_id", &app.client_id)
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid operator")
            .append_pair("state", "a state")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(more);
        Ok(url.into())
    }
}

fn text(value: &Value, key: &str) -> Result<String, Failure> {
    let found = value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

fn at<'v>(value: &'v Value, pointer: &str) -> Result<&'v Value, Failure> {
    value.pointer(pointer).ok_or_else(|| Failure::new(format!("no {pointer} in {value}")))
}

fn error(answer: &Answer) -> Result<String, Failure> {
    text(&answer.json()?, "error")
}

/// The one member that a refusal names.
fn wrong_field(answer: Answer) -> Result<String, Failure> {
    let body = answer.expect(400)?.json()?;
    assert_eq!(text(&body, "error")?, "invalid_request");
    text(at(&body, "/faults/0")?, "field")
}

#[test]
fn an_operator_s_program_sets_up_a_customer() -> Result<(), Failure> {
    for database in Database::all() {
        let world = World::start(database)?;
        let made =
            world.post("/api/v1/tenants", &json!({ "slug": "nordvik", "name": "Nordvik kommun", "language": "sv" }))?;
        assert_eq!(made.header("cache-control"), "no-store");
        let tenant = text(&made.expect(201)?.json()?, "id")?;
        world.post("/api/v1/tenants/nordvik/domains", &json!({ "domain": "Nordvik.example" }))?.expect(201)?;

        let policy = world.get("/api/v1/tenants/nordvik/policy")?;
        let next = json!({ "version": at(&policy, "/version")?, "document": { "session_idle": 1800 } });
        let path = format!("/api/v1/tenants/{tenant}/policy");
        assert_eq!(
            world.send("PUT", &path, &next)?.expect(200)?.json()?.pointer("/document/session_idle"),
            Some(&json!(1800))
        );
        let shown = world.get("/api/v1/tenants/nordvik")?;
        assert_eq!(at(&shown, "/domains")?, &json!(["nordvik.example"]));
        assert_eq!(at(&shown, "/policy/document")?, &json!({ "session_idle": 1800 }));

        let api =
            json!({ "identifier": "https://hrm.example/api", "name": "HRM", "settings": { "scopes": ["hours"] } });
        let api = text(&world.post("/api/v1/apis", &api)?.expect(201)?.json()?, "api_id")?;
        let clock = json!({
            "name": "Timeclock", "kind": "machine", "settings": { "own_scopes": ["https://hrm.example/api#hours"] },
        });
        let clock = world.post("/api/v1/apps", &clock)?.expect(201)?.json()?;
        let clock = App { client_id: text(&clock, "client_id")?, client_secret: text(&clock, "client_secret")? };
        assert_eq!(text(&world.ask_token(&clock, &[])?.expect(200)?.json()?, "scope")?, "hours");

        let anna = json!({ "address": "anna@nordvik.example", "name": "Anna Svensson", "verified": true });
        let anna = world.post("/api/v1/accounts", &anna)?.expect(201)?.json()?;
        assert_eq!(text(&anna, "home_tenant_id")?, tenant);
        assert_eq!(text(at(&anna, "/addresses/0")?, "address")?, "anna@nordvik.example");

        // What the API made is what the command line sees, in the same shape.
        for (path, command) in [
            (format!("/api/v1/tenants/{tenant}"), ["tenant", "show", "nordvik"]),
            (format!("/api/v1/apps/{}", clock.client_id), ["app", "show", &clock.client_id]),
        ] {
            assert_eq!(world.get(&path)?, world.portvakt.cli(&command)?);
        }

        world.call("DELETE", &format!("/api/v1/apps/{}", clock.client_id))?.expect(204)?;
        world.call("GET", &format!("/api/v1/apps/{}", clock.client_id))?.expect(404)?;
        world.ask_token(&clock, &[])?.expect(401)?;
        world.call("DELETE", &format!("/api/v1/apis/{api}"))?.expect(204)?;
        world.call("DELETE", &format!("/api/v1/apis/{api}"))?.expect(404)?;
    }
    Ok(())
}

#[test]
fn a_tenant_s_networks_are_declared_and_taken_back() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    world.post("/api/v1/tenants", &json!({ "slug": "nordvik", "name": "Nordvik kommun" }))?.expect(201)?;
    let path = "/api/v1/tenants/nordvik/networks";
    let declared = |network: &str, people: u32| json!({ "network": network, "people": people });
    let office = world.post(path, &declared("203.0.113.7/24", 50))?.expect(201)?.json()?;
    assert_eq!(office, declared("203.0.113.0/24", 50), "in its shortest form");
    world.post(path, &declared("203.0.113.0/24", 80))?.expect(201)?;
    world.post(path, &declared("2001:db8::/48", 5))?.expect(201)?;

    let all = json!([declared("2001:db8::/48", 5), declared("203.0.113.0/24", 80)]);
    assert_eq!(at(&world.get(path)?, "/items")?, &all, "another number replaced the one before");
    let first = world.get(&format!("{path}?limit=1"))?;
    assert_eq!(first, json!({ "items": [all[0]], "next": "2001:db8::/48" }));
    let second = world.get(&format!("{path}?limit=1&after=2001:db8::%2F48"))?;
    assert_eq!(second, json!({ "items": [all[1]], "next": null }));
    let shown = world.get("/api/v1/tenants/nordvik")?;
    assert_eq!(at(&shown, "/networks")?.as_array().map(Vec::len), Some(2));
    assert_eq!(shown, world.portvakt.cli(&["tenant", "show", "nordvik"])?);

    assert_eq!(wrong_field(world.post(path, &declared("0.0.0.0/0", 5))?)?, "network");
    assert_eq!(wrong_field(world.post(path, &declared("203.0.113.0/24", 0))?)?, "people");
    assert_eq!(wrong_field(world.call("DELETE", path)?)?, "network");
    let office = format!("{path}?network=203.0.113.0%2F24");
    world.call("DELETE", &office)?.expect(204)?;
    world.call("DELETE", &office)?.expect(404)?;
    assert_eq!(at(&world.get(path)?, "/items")?, &json!([all[0]]));
    for (method, path) in
        [("GET", "/api/v1/tenants/nobody/networks"), ("DELETE", "/api/v1/tenants/nobody/networks?network=::1")]
    {
        world.call(method, path)?.expect(404)?;
    }
    Ok(())
}

#[test]
fn nobody_chooses_another_s_password() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let new = json!({ "address": "anna@nordvik.example", "name": "Anna Svensson", "verified": true });
    let made = world.post("/api/v1/accounts", &new)?.expect(201)?;
    assert!(!made.body.contains("link"), "{}", made.body);
    let account = format!("/api/v1/accounts/{}", text(&made.json()?, "account_id")?);
    let letter = world.portvakt.mailbox.wait_for("anna@nordvik.example", 1)?;
    let link = letter.links().into_iter().find(|link| link.contains("/password/"));
    let link = link.ok_or_else(|| Failure::new(format!("no link in {}", letter.text())))?;
    world.portvakt.person()?.choose_password(&link, PASSWORD)?;

    let sent = world.call("POST", &format!("{account}/send-reset"))?.expect(202)?.json()?;
    assert_eq!(sent, json!({ "mailed_to": "anna@nordvik.example" }));

    let off = world.call("POST", &format!("{account}/disable"))?.expect(200)?.json()?;
    assert!(at(&off, "/disabled_at")?.is_string());
    let on = world.call("POST", &format!("{account}/enable"))?.expect(200)?.json()?;
    assert!(at(&on, "/disabled_at")?.is_null());

    let found = world.get("/api/v1/accounts?address=Anna%40nordvik.example")?;
    assert_eq!(at(&found, "/items/0/account_id")?, at(&made.json()?, "/account_id")?);
    assert_eq!(world.get("/api/v1/accounts?address=nobody%40nordvik.example")?, json!({ "items": [], "next": null }));
    assert_eq!(error(&world.post("/api/v1/accounts", &new)?.expect(409)?)?, "already_exists");
    Ok(())
}

#[test]
fn lists_are_read_page_by_page() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    for slug in ["cc", "aa", "bb"] {
        world.post("/api/v1/tenants", &json!({ "slug": slug, "name": slug }))?.expect(201)?;
        let address = format!("{slug}@nordvik.example");
        world.post("/api/v1/accounts", &json!({ "address": address, "name": slug }))?.expect(201)?;
    }
    for (path, key) in [("/api/v1/tenants", "slug"), ("/api/v1/accounts", "account_id")] {
        let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = world.get(&format!("{path}{query}"))?;
            for item in at(&page, "/items")?.as_array().into_iter().flatten() {
                seen.push(text(item, key)?);
            }
            let Some(next) = at(&page, "/next")?.as_str() else { break };
            query = format!("?limit=2&after={next}");
        }
        assert_eq!(seen.len(), 3, "{path}");
        assert!(seen.is_sorted(), "{path}: {seen:?}");
    }
    for wrong in ["limit=0", "limit=1001", "limit=x", "limit=1&limit=2"] {
        assert_eq!(wrong_field(world.call("GET", &format!("/api/v1/tenants?{wrong}"))?)?, "limit");
    }
    Ok(())
}

#[test]
fn pages_and_senders_that_nobody_should_see_are_named_as_wrong() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    for member in ["client_uri", "policy_uri", "tos_uri"] {
        let app = json!({ "name": "A", "kind": "machine", "settings": { member: "javascript:alert(1)" } });
        assert_eq!(wrong_field(world.post("/api/v1/apps", &app)?)?, format!("settings.{member}"));
    }
    for (more, field) in [
        (json!({ "mail_sender": "Sky, IT <a@b.example>" }), "mail_sender"),
        (json!({ "contact": { "mail": "nobody" } }), "contact.mail"),
        (json!({ "contact": { "phone": "" } }), "contact.phone"),
    ] {
        let mut tenant = json!({ "slug": "sky", "name": "Sky" });
        tenant
            .as_object_mut()
            .into_iter()
            .for_each(|tenant| tenant.extend(more.as_object().cloned().unwrap_or_default()));
        assert_eq!(wrong_field(world.post("/api/v1/tenants", &tenant)?)?, field);
    }
    Ok(())
}

#[test]
fn a_policy_that_was_changed_meanwhile_is_not_overwritten() -> Result<(), Failure> {
    for database in Database::all() {
        let world = World::start(database)?;
        let before = world.get("/api/v1/policy")?;
        let first = json!({ "version": at(&before, "/version")?, "document": { "own_sign_in": false } });
        let second = json!({ "version": at(&before, "/version")?, "document": { "session_idle": 1800 } });
        world.send("PUT", "/api/v1/policy", &first)?.expect(200)?;
        assert_eq!(error(&world.send("PUT", "/api/v1/policy", &second)?.expect(409)?)?, "version_conflict");
        let after = world.get("/api/v1/policy")?;
        assert_eq!(at(&after, "/document")?, &json!({ "own_sign_in": false }));
        let wrong = json!({ "version": at(&after, "/version")?, "document": { "session_idle": 1 } });
        assert_eq!(wrong_field(world.send("PUT", "/api/v1/policy", &wrong)?)?, "document.session_idle");
    }
    Ok(())
}

#[test]
fn keys_and_secrets_are_turned() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let key = world.post("/api/v1/keys/rotate", &json!({ "alg": "ES256" }))?.expect(201)?.json()?;
    let keys = world.call("GET", "/api/v1/keys")?.expect(200)?;
    assert!(keys.body.contains(&text(&key, "kid")?) && !keys.body.contains("sealed"), "{}", keys.body);

    let path = format!("/api/v1/apps/{}/rotate-secret", world.robot.client_id);
    let turned = world.call("POST", &path)?.expect(200)?.json()?;
    let new = App { client_secret: text(&turned, "client_secret")?, ..world.robot.clone() };
    for app in [&new, &world.robot] {
        world.ask_token(app, &[])?.expect(200)?;
    }
    world.post(&path, &json!({ "now": true }))?.expect(200)?;
    world.ask_token(&new, &[])?.expect(401)?;
    Ok(())
}

/// Every door of the table that asks for the operator, with names that nobody has.
fn doors() -> impl Iterator<Item = (&'static str, String)> {
    let path = |row: &Route| {
        let segments = row.path.split('/').map(|segment| if segment.starts_with('{') { "x" } else { segment });
        segments.collect::<Vec<_>>().join("/")
    };
    all().into_iter().filter(|row| row.access == Access::Operator).map(move |row| (row.method.name(), path(&row)))
}

#[test]
fn nobody_but_the_operator_s_programs_gets_in() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let portvakt = &world.portvakt;
    portvakt.cli(&[
        "api",
        "create",
        "--identifier",
        "https://hrm.example/api",
        "--name",
        "HRM",
        "--scope",
        "operator",
    ])?;
    let other = portvakt.app("Other", "machine", &["--own-scope", "https://hrm.example/api#operator"])?;
    let other = text(&world.ask_token(&other, &[])?.expect(200)?.json()?, "access_token")?;

    let web = portvakt.app("HRM", "web", &["--redirect-uri", CALLBACK, "--first-party"])?;
    portvakt.account("anna@nordvik.example", "Anna Svensson", PASSWORD)?;
    let code = portvakt
        .person()?
        .sign_in(&world.authorize(&web, &[])?, "anna@nordvik.example", PASSWORD)?
        .parameter("code")?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let login = basic(&web.client_id, &web.client_secret);
    let tokens = portvakt.http().post(&portvakt.url("/token"), &[("authorization", &login)], &fields)?;
    let tokens = tokens.expect(200)?.json()?;
    let (person, id_token) = (text(&tokens, "access_token")?, text(&tokens, "id_token")?);

    // The last letter of a signature holds bits that count for nothing; the tenth from the end counts whole.
    let mut forged = world.token.clone();
    let place = forged.len() - 10;
    let flipped = if forged.get(place..=place) == Some("A") { "B" } else { "A" };
    forged.replace_range(place..=place, flipped);

    for (method, path) in doors() {
        let none = portvakt.http().send(method, &portvakt.url(&path), &[], String::new())?.expect(401)?;
        assert_eq!(none.header("www-authenticate"), "Bearer realm=\"Portvakt\"", "{method} {path}");
        for token in [other.as_str(), &person, &id_token, &forged, "garbage", ""] {
            let refused = world.call_as(token, method, &path)?.expect(401)?;
            assert_eq!(error(&refused)?, "invalid_token", "{method} {path}");
        }
        world.call(method, &path).and_then(|answer| match answer.status {
            401 | 403 | 405 | 500.. => Err(Failure::new(format!("{method} {path}: {}", answer.status))),
            _ => Ok(()),
        })?;
    }
    let basic = [("authorization", login.as_str())];
    portvakt.http().get(&portvakt.url("/api/v1/tenants"), &basic)?.expect(401)?;
    // Not in the query, where it would be logged (RFC 6750 §2.3).
    let in_query = portvakt.url(&format!("/api/v1/tenants?access_token={}", world.token));
    portvakt.http().get(&in_query, &[])?.expect(401)?;
    Ok(())
}

#[test]
fn only_machines_of_the_operator_s_can_be_given_the_scope() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let portvakt = &world.portvakt;
    let (api, scope) = (world.own_api(), format!("{}#operator", world.own_api()));
    portvakt.cli(&["tenant", "create", "--slug", "nordvik", "--name", "Nordvik kommun"])?;

    let of_tenant = json!({
        "name": "Theirs", "kind": "machine", "tenant": "nordvik", "settings": { "own_scopes": [scope] },
    });
    assert_eq!(wrong_field(world.post("/api/v1/apps", &of_tenant)?)?, "settings.own_scopes");
    let web = json!({
        "name": "Web", "kind": "web", "settings": { "redirect_uris": [CALLBACK], "own_scopes": [scope] },
    });
    assert_eq!(wrong_field(world.post("/api/v1/apps", &web)?)?, "settings.own_scopes");
    let by_default =
        json!({ "name": "Web", "kind": "web", "settings": { "redirect_uris": [CALLBACK], "default_api": api } });
    assert_eq!(wrong_field(world.post("/api/v1/apps", &by_default)?)?, "settings.default_api");

    // A machine without the scope comes as far as a token that opens nothing; a tenant's gets none.
    let plain = portvakt.app("Plain", "machine", &[])?;
    let refused = world.ask_token(&plain, &[("resource", &api), ("scope", "operator")])?.expect(400)?;
    assert_eq!(error(&refused)?, "invalid_scope");
    let empty = text(&world.ask_token(&plain, &[("resource", &api)])?.expect(200)?.json()?, "access_token")?;
    for (method, path) in doors() {
        let refused = world.call_as(&empty, method, &path)?.expect(403)?;
        assert_eq!(error(&refused)?, "insufficient_scope", "{method} {path}");
    }
    let theirs = portvakt.app("Theirs", "machine", &["--tenant", "nordvik"])?;
    let refused = world.ask_token(&theirs, &[("resource", &api), ("scope", "operator")])?.expect(400)?;
    assert_eq!(error(&refused)?, "invalid_target");

    // No app asks for it in a person's name.
    let hrm = portvakt.app("HRM", "web", &["--redirect-uri", CALLBACK, "--first-party"])?;
    let back = portvakt.person()?.open(&world.authorize(&hrm, &[("resource", &api)])?)?;
    assert_eq!(back.parameter("error")?, "invalid_target");

    // Nobody registers an API in its place, and there is none to delete.
    for identifier in [api.clone(), format!("{api}/"), portvakt.issuer.clone()] {
        let shadow = json!({ "identifier": identifier, "name": "Shadow", "settings": {} });
        assert_eq!(wrong_field(world.post("/api/v1/apis", &shadow)?)?, "identifier");
    }
    assert!(portvakt.cli(&["api", "delete", &api]).is_err());
    let discovery = portvakt.http().get(&portvakt.url("/.well-known/openid-configuration"), &[])?.json()?;
    assert!(!at(&discovery, "/scopes_supported")?.to_string().contains("operator"));
    Ok(())
}

#[test]
fn a_deleted_app_and_a_revoked_token_are_out_at_once() -> Result<(), Failure> {
    for database in Database::all() {
        let world = World::start(database)?;
        let second = text(&world.ask_token(&world.robot, &[])?.expect(200)?.json()?, "access_token")?;
        let login = basic(&world.robot.client_id, &world.robot.client_secret);
        let revoke = world.portvakt.url("/revoke");
        world.portvakt.http().post(&revoke, &[("authorization", &login)], &[("token", &second)])?.expect(200)?;
        world.call_as(&second, "GET", "/api/v1/tenants")?.expect(401)?;
        world.call("GET", "/api/v1/tenants")?.expect(200)?;

        world.portvakt.cli(&["app", "delete", &world.robot.client_id])?;
        assert_eq!(error(&world.call("GET", "/api/v1/tenants")?.expect(401)?)?, "invalid_token");
    }
    Ok(())
}

#[test]
fn bodies_that_nobody_can_mean_are_refused() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let deep = format!("{{\"slug\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let deepest = "[".repeat(100_000);
    for body in ["", "{", "null", "[]", "\"x\"", "{} {}", "\u{0}", &deep, &deepest] {
        let refused = world.send_raw("POST", "/api/v1/tenants", "application/json", body.to_owned())?.expect(400)?;
        assert_eq!(error(&refused)?, "invalid_request", "{body:.20}");
        assert!(refused.body.is_ascii());
    }
    let big = json!({ "slug": "nordvik", "name": "N".repeat(300 * 1024) });
    world.post("/api/v1/tenants", &big)?.expect(413)?;

    let good = json!({ "slug": "nordvik", "name": "Nordvik kommun" });
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let refused = world.send_raw("POST", "/api/v1/tenants", kind, good.to_string())?.expect(415)?;
        assert_eq!(error(&refused)?, "unsupported_media_type");
    }
    for (body, field) in [
        (json!({ "slug": "Nordvik", "name": "Nordvik" }), "slug"),
        (json!({ "slug": "nordvik", "name": "" }), "name"),
        (json!({ "slug": "nordvik", "name": "a\u{202e}b" }), "name"),
        (json!({ "slug": "nordvik", "name": "N", "id": "x" }), "id"),
        (json!({ "slug": "nordvik", "name": "N", "contact": { "fax": "1" } }), "contact.fax"),
    ] {
        assert_eq!(wrong_field(world.post("/api/v1/tenants", &body)?)?, field);
    }
    let twice = "{\"slug\":\"nordvik\",\"slug\":\"other\",\"name\":\"N\"}".to_owned();
    world.send_raw("POST", "/api/v1/tenants", "application/json", twice)?.expect(400)?;

    world.post("/api/v1/tenants", &good)?.expect(201)?;
    assert_eq!(error(&world.post("/api/v1/tenants", &good)?.expect(409)?)?, "already_exists");
    for path in ["/api/v1/tenants/nobody", "/api/v1/tenants/nobody/policy", "/api/v1/accounts/x", "/api/v1/apis/x"] {
        assert_eq!(error(&world.call("GET", path)?.expect(404)?)?, "not_found");
    }
    let refused = world.call("DELETE", "/api/v1/tenants")?.expect(405)?;
    assert!(refused.header("allow").contains("POST"));
    Ok(())
}
