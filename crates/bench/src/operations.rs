//! What is done over and over, and what must be right each time.

use crate::world::{API, REDIRECT, SIGNED_OUT, World};
use portvakt_journeys::{Answer, Failure, Person};
use serde_json::Value;

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
    /// A refresh token used: one request.
    Refresh,
    /// Userinfo: one request.
    Userinfo,
    /// An app's logout request with a hint, from a browser in which nobody is signed in: what any stranger can cause.
    EndSession,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ClientCredentials, Self::CodeFlow, Self::Refresh, Self::Userinfo, Self::EndSession];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials ES256",
            Self::CodeFlow => "code flow ES256",
            Self::Refresh => "refresh ES256",
            Self::Userinfo => "userinfo",
            Self::EndSession => "end_session with a hint",
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
        worker.code_flow()?;
        Ok(worker)
    }

    /// Does one operation and checks what came.
    pub fn run(&mut self, operation: Operation) -> Result<(), Failure> {
        match operation {
            Operation::ClientCredentials => self.client_credentials(),
            Operation::CodeFlow => self.code_flow(),
            Operation::Refresh => self.refresh(),
            Operation::Userinfo => self.userinfo(),
            Operation::EndSession => self.end_session(),
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

    fn code_flow(&mut self) -> Result<(), Failure> {
        let page = self.person.open(&authorize(self.world))?;
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
}

/// The app's request.
pub fn authorize(world: &World) -> String {
    format!(
        "{}/authorize?client_id={}&redirect_uri={REDIRECT}&response_type=code&scope=openid+profile&state=a+state\
         &nonce=a+nonce&code_challenge={CHALLENGE}&code_challenge_method=S256",
        world.portvakt.issuer, world.client_id
    )
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
