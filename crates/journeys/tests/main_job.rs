//! The main job over HTTP, by hand: every step that a relying app and a browser without script take.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portvakt_journeys::{Answer, App, Database, Deployment, Failure, Page, Setup, http::basic};
use serde_json::Value;
use url::Url;

const PASSWORD: &str = "correct horse battery staple";
const HRM: &str = "https://hrm.nordvik.example/callback";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct World {
    portvakt: Deployment,
    hrm: App,
}

impl World {
    fn start(database: Database) -> Result<Self, Failure> {
        let portvakt = Deployment::start_with(&Setup { database, ..Setup::default() })?;
        portvakt.cli(&["tenant", "create", "--slug", "nordvik", "--name", "Nordvik kommun", "--language", "sv"])?;
        portvakt.cli(&["tenant", "domain", "add", "--tenant", "nordvik", "--domain", "nordvik.example"])?;
        let hrm = portvakt.app("HRM", "web", &["--redirect-uri", HRM, "--first-party", "--refresh"])?;
        portvakt.account("anna@nordvik.example", "Anna Svensson", PASSWORD)?;
        Ok(Self { portvakt, hrm })
    }

    fn authorize(&self, more: &[(&str, &str)]) -> Result<String, Failure> {
        let mut url = Url::parse(&self.portvakt.url("/authorize"))?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.hrm.client_id)
            .append_pair("redirect_uri", HRM)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid profile email")
            .append_pair("state", "a state")
            .append_pair("nonce", "a nonce")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(more);
        Ok(url.into())
    }

    fn token(&self, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        let login = basic(&self.hrm.client_id, &self.hrm.client_secret);
        self.portvakt.http().post(&self.portvakt.url("/token"), &[("authorization", &login)], fields)
    }

    fn redeem(&self, code: &str) -> Result<Answer, Failure> {
        let fields =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", HRM), ("code_verifier", VERIFIER)];
        self.token(&fields)
    }

    fn refresh(&self, token: &str) -> Result<Answer, Failure> {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    fn userinfo(&self, token: &str) -> Result<Answer, Failure> {
        let bearer = format!("Bearer {token}");
        self.portvakt.http().get(&self.portvakt.url("/userinfo"), &[("authorization", &bearer)])
    }

    fn signed_in(&self) -> Result<Page, Failure> {
        self.portvakt.person()?.sign_in(&self.authorize(&[])?, "anna@nordvik.example", PASSWORD)
    }
}

fn text(value: &Value, key: &str) -> Result<String, Failure> {
    let found = value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

fn claims(token: &str) -> Result<Value, Failure> {
    let body = token.split('.').nth(1).ok_or_else(|| Failure::new("not a JWT"))?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body)?)?)
}

#[test]
fn a_person_signs_in_to_hrm_and_hrm_learns_who_it_is() -> Result<(), Failure> {
    for database in Database::all() {
        let world = World::start(database)?;
        let back = world.signed_in()?;
        assert_eq!(back.parameter("state")?, "a state");
        assert_eq!(back.parameter("iss")?, world.portvakt.issuer);

        let tokens = world.redeem(&back.parameter("code")?)?.expect(200)?;
        assert_eq!(tokens.header("cache-control"), "no-store");
        let tokens = tokens.json()?;
        let id = claims(&text(&tokens, "id_token")?)?;
        assert_eq!(text(&id, "iss")?, world.portvakt.issuer);
        assert_eq!(text(&id, "aud")?, world.hrm.client_id);
        assert_eq!(text(&id, "nonce")?, "a nonce");

        let person = world.userinfo(&text(&tokens, "access_token")?)?.expect(200)?.json()?;
        assert_eq!(text(&person, "sub")?, text(&id, "sub")?);
        assert_eq!(text(&person, "email")?, "anna@nordvik.example");
        assert_eq!(text(&person, "name")?, "Anna Svensson");

        let next = world.refresh(&text(&tokens, "refresh_token")?)?.expect(200)?.json()?;
        world.userinfo(&text(&next, "access_token")?)?.expect(200)?;
    }
    Ok(())
}

#[test]
fn a_code_presented_twice_takes_back_everything_it_gave() -> Result<(), Failure> {
    for database in Database::all() {
        let world = World::start(database)?;
        let code = world.signed_in()?.parameter("code")?;
        let tokens = world.redeem(&code)?.expect(200)?.json()?;
        assert_eq!(text(&world.redeem(&code)?.expect(400)?.json()?, "error")?, "invalid_grant");
        world.userinfo(&text(&tokens, "access_token")?)?.expect(401)?;
        let refused = world.refresh(&text(&tokens, "refresh_token")?)?.expect(400)?.json()?;
        assert_eq!(text(&refused, "error")?, "invalid_grant");
    }
    Ok(())
}

#[test]
fn who_is_signed_in_already_is_asked_nothing() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let mut anna = world.portvakt.person()?;
    anna.sign_in(&world.authorize(&[])?, "anna@nordvik.example", PASSWORD)?.parameter("code")?;
    anna.open(&world.authorize(&[("prompt", "none")])?)?.parameter("code")?;
    let stranger = world.portvakt.person()?.open(&world.authorize(&[("prompt", "none")])?)?;
    assert_eq!(stranger.parameter("error")?, "login_required");
    Ok(())
}

#[test]
fn a_wrong_password_and_an_unknown_address_get_the_same_words() -> Result<(), Failure> {
    let world = World::start(Database::Sqlite)?;
    let mut said = Vec::new();
    for address in ["anna@nordvik.example", "nobody@nordvik.example"] {
        let page = world.portvakt.person()?.sign_in(&world.authorize(&[])?, address, "a wrong password, and long")?;
        assert!(page.leaves_for.is_none());
        said.push((page.answer.status, page.heading()));
    }
    assert_eq!(said.first(), said.last());
    Ok(())
}

#[test]
fn what_was_acknowledged_survives_a_crash() -> Result<(), Failure> {
    for database in Database::all() {
        let mut world = World::start(database)?;
        let code = world.signed_in()?.parameter("code")?;
        let tokens = world.redeem(&code)?.expect(200)?.json()?;
        world.portvakt.crash()?;
        world.portvakt.run()?;
        world.userinfo(&text(&tokens, "access_token")?)?.expect(200)?;
        assert_eq!(text(&world.redeem(&code)?.expect(400)?.json()?, "error")?, "invalid_grant");
    }
    Ok(())
}
