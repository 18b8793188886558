//! What is done over and over, and what must be right each time.

use crate::world::{API, REDIRECT, SIGNED_OUT, World};
use portvakt_journeys::{Answer, Failure, Person};
use serde_json::{Value, json};
use url::form_urlencoded;

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A machine's token: one request.
    ClientCredentials,
    /// A sign-in with a live session: authorize and token, two requests.
    CodeFlow,
    /// The same, by a signed request object that holds the whole request.
    RequestObject,
    /// A refresh token used: one request.
    Refresh,
    /// Userinfo: one request.
    Userinfo,
    /// An app's logout request with a hint, from a browser in which nobody is signed in: what any stranger can cause.
    EndSession,
    /// A stranger's app comes, and goes again: two requests.
    Registration,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ClientCredentials,
        Self::CodeFlow,
        Self::RequestObject,
        Self::Refresh,
        Self::Userinfo,
        Self::EndSession,
        Self::Registration,
    ];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials ES256",
            Self::CodeFlow => "code flow ES256",
            Self::RequestObject => "code flow, request object",
            Self::Refresh => "refresh ES256",
            Self::Userinfo => "userinfo",
            Self::EndSession => "end_session with a hint",
            Self::Registration => "registration and its end",
        }
    }
}

/// What one worker needs: a signed-in browser and tokens of its own.
pub struct Worker<'a> {
    world: &'a World,
    person: Person,
    access: String,
    refresh: String,
    id_token: String,
}

impl<'a> Worker<'a> {
    /// Signs in and redeems a first code.
    pub fn start(world: &'a World) -> Result<Self, Failure> {
        let person = world.signed_in()?;
        let mut worker = Self { world, person, access: String::new(), refresh: String::new(), id_token: String::new() };
        worker.code_flow(&authorize(world))?;
        Ok(worker)
    }

    /// Does one operation and checks what came.
    pub fn run(&mut self, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::ClientCredentials => self.client_credentials(),
            Operation::CodeFlow => self.code_flow(&authorize(self.world)),
            Operation::RequestObject => self.code_flow(&by_object(self.world)?),
            Operation::Refresh => self.refresh(),
            Operation::Userinfo => self.userinfo(),
            Operation::EndSession => self.end_session(),
            Operation::Registration => self.registration(),
        }
    }

    fn token(&self, who: &str, fields: &[(&str, &str)]) -> Result<Value, Failure> {
        let portvakt = &self.world.portvakt;
        let answer = portvakt.http().post(&portvakt.url("/token"), &[("authorization", who)], fields)?;
        right(&answer)?;
        answer.json()
    }

    fn client_credentials(&self) -> Result<(), Failure> {
        let body = self.token(&self.world.timeclock, &[("grant_type", "client_credentials"), ("resource", API)])?;
        let claims = self.world.keys.claims(text(&body, "access_token")?, &self.world.portvakt.issuer)?;
        expect(claims["aud"] == API && claims["scope"] == "read", &claims)
    }

    fn code_flow(&mut self, address: &str) -> Result<(), Failure> {
        let page = self.person.open(address)?;
        let (code, state) = (page.parameter("code")?, page.parameter("state")?);
        expect(state == "a state", &Value::from(state))?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let body = self.token(&self.world.hrm, &fields)?;
        let claims = self.world.keys.claims(text(&body, "id_token")?, &self.world.portvakt.issuer)?;
        expect(claims["nonce"] == "a nonce" && claims["aud"] == self.world.client_id.as_str(), &claims)?;
        text(&body, "access_token")?.clone_into(&mut self.access);
        text(&body, "refresh_token")?.clone_into(&mut self.refresh);
        text(&body, "id_token")?.clone_into(&mut self.id_token);
        Ok(())
    }

    fn refresh(&mut self) -> Result<(), Failure> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        let body = self.token(&self.world.hrm, &fields)?;
        let claims = self.world.keys.claims(text(&body, "access_token")?, &self.world.portvakt.issuer)?;
        expect(claims["client_id"] == self.world.client_id.as_str(), &claims)?;
        text(&body, "access_token")?.clone_into(&mut self.access);
        text(&body, "refresh_token")?.clone_into(&mut self.refresh);
        Ok(())
    }

    fn userinfo(&self) -> Result<(), Failure> {
        let portvakt = &self.world.portvakt;
        let bearer = format!("Bearer {}", self.access);
        let answer = portvakt.http().get(&portvakt.url("/userinfo"), &[("authorization", &bearer)])?;
        right(&answer)?;
        let claims = answer.json()?;
        expect(claims["name"] == "Anna Svensson", &claims)
    }

    fn end_session(&self) -> Result<(), Failure> {
        let portvakt = &self.world.portvakt;
        let hint = &self.id_token;
        let path = format!("/end-session?id_token_hint={hint}&post_logout_redirect_uri={SIGNED_OUT}&state=a");
        let answer = portvakt.http().get(&portvakt.url(&path), &[])?;
        right(&answer)?;
        let onward = format!("url={SIGNED_OUT}?state=a\"");
        expect(answer.body.contains(&onward), &Value::from(answer.body.clone()))
    }

    fn registration(&self) -> Result<(), Failure> {
        let (portvakt, json) = (&self.world.portvakt, ("content-type", "application/json"));
        let members =
            json!({ "client_name": "Fieldreport", "redirect_uris": [REDIRECT], "contacts": ["ops@hrm.example"] });
        let made = portvakt.http().send("POST", &portvakt.url("/register"), &[json], members.to_string())?;
        let told = made.expect(201)?.json()?;
        expect(told["client_name"] == "Fieldreport" && told["redirect_uris"] == json!([REDIRECT]), &told)?;
        text(&told, "client_secret")?;
        let bearer = format!("Bearer {}", text(&told, "registration_access_token")?);
        let address = text(&told, "registration_client_uri")?;
        portvakt.http().send("DELETE", address, &[("authorization", &bearer)], String::new())?.expect(204)?;
        Ok(())
    }
}

/// The app's request.
pub fn authorize(world: &World) -> String {
    format!(
        "{}/authorize?client_id={}&redirect_uri={REDIRECT}&response_type=code&scope=openid+profile&state=a+state\
         &nonce=a+nonce&code_challenge={CHALLENGE}&code_challenge_method=S256",
        world.portvakt.issuer, world.client_id
    )
}

/// The app's request as a request object (RFC 9101 §4); around it stands what OAuth wants to see in the open.
fn by_object(world: &World) -> Result<String, Failure> {
    let (client, issuer) = (&world.client_id, &world.portvakt.issuer);
    let object = world.key.sign(&json!({
        "iss": client, "aud": issuer, "client_id": client, "redirect_uri": REDIRECT, "response_type": "code",
        "scope": "openid profile", "state": "a state", "nonce": "a nonce", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }))?;
    let fields = [("client_id", client.as_str()), ("response_type", "code"), ("scope", "openid"), ("request", &object)];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Ok(format!("{issuer}/authorize?{query}"))
}

fn right(answer: &Answer) -> Result<(), Failure> {
    if answer.status == 200 { Ok(()) } else { Err(Failure::new(format!("{}: {}", answer.status, answer.body))) }
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, Failure> {
    value[key].as_str().ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

fn expect(right: bool, what: &Value) -> Result<(), Failure> {
    if right { Ok(()) } else { Err(Failure::new(format!("not what was asked for: {what}"))) }
}
