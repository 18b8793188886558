//! What apps and APIs do: the endpoints for programs.

use super::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use portvakt_flows::{Caller, introspect, revoke, token, userinfo};
use portvakt_model::Fault;
use portvakt_protocol::oauth::access_token::TokenAnswer;
use portvakt_protocol::oauth::{Params, Why};
use serde_json::{Map, Value};

const SOURCE: &str = "198.51.100.1";

/// A code as the app has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub text: String,
    pub client: String,
    pub verifier: String,
    pub redirect: String,
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub client: String,
    pub access: String,
    pub refresh: Option<String>,
    pub id_token: Option<String>,
    pub scope: String,
}

impl Tokens {
    pub fn of(client: &str, answer: TokenAnswer) -> Self {
        Self {
            client: client.to_owned(),
            access: answer.access_token,
            refresh: answer.refresh_token,
            id_token: answer.id_token,
            scope: answer.scope,
        }
    }

    /// The refresh token.
    pub fn refresh(&self) -> &str {
        self.refresh.as_deref().unwrap()
    }

    /// A claim of the `id_token`.
    pub fn id_claim(&self, name: &str) -> Value {
        claims(self.id_token.as_deref().unwrap()).get(name).cloned().unwrap_or_default()
    }

    /// A claim of the access token, where that is a JWT.
    pub fn access_claim(&self, name: &str) -> Value {
        claims(&self.access).get(name).cloned().unwrap_or_default()
    }
}

/// The claims of a JWT, its signature not looked at.
pub fn claims(jwt: &str) -> Map<String, Value> {
    let payload = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

pub fn params(pairs: &[(&str, &str)]) -> Params {
    Params::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// A program without a certificate.
pub fn caller(authorization: Option<&str>) -> Caller<'_> {
    Caller { authorization, certificate: None, source: SOURCE }
}

impl World {
    /// How a client says who it is: the header, and what else stands in the body.
    pub fn credentials(&self, client: &str) -> (Option<String>, Option<(String, String)>) {
        match self.known.secrets.get(client) {
            Some(secret) => (Some(format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))), None),
            None => (None, Some(("client_id".to_owned(), client.to_owned()))),
        }
    }

    fn with_client(&self, client: &str, pairs: &[(&str, &str)]) -> (Option<String>, Params) {
        let (header, body) = self.credentials(client);
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        (header, Params::of(pairs.chain(body)))
    }

    /// A token request, to be awaited beside others.
    pub fn asking(
        &self,
        client: &str,
        pairs: &[(&str, &str)],
    ) -> impl Future<Output = Result<Result<Tokens, Why>, Fault>> + Send + use<> {
        let (header, params) = self.with_client(client, pairs);
        let (ctx, client) = (self.ctx.clone(), client.to_owned());
        async move {
            let answer = token::post(&ctx, &caller(header.as_deref()), &params).await?;
            Ok(answer.map(|answer| Tokens::of(&client, answer)).map_err(|refusal| refusal.why))
        }
    }

    /// A token request.
    pub fn token(&self, client: &str, pairs: &[(&str, &str)]) -> Result<Tokens, Why> {
        self.run(self.asking(client, pairs))
    }

    /// The app redeems its code.
    pub fn redeem(&self, code: &Code) -> Result<Tokens, Why> {
        self.token(&code.client, &pairs_of(code))
    }

    /// The app uses a refresh token.
    pub fn refresh(&self, client: &str, token: &str) -> Result<Tokens, Why> {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// A machine asks for itself.
    pub fn machine(&self, client: &str, pairs: &[(&str, &str)]) -> Result<Tokens, Why> {
        self.token(client, &[&[("grant_type", "client_credentials")], pairs].concat())
    }

    /// What userinfo says about the person of a token.
    pub fn userinfo(&self, access: &str) -> Result<Map<String, Value>, Why> {
        self.userinfo_answer(access).map(|answer| match answer {
            userinfo::Answer::Claims(claims) => claims,
            userinfo::Answer::Jwt(_) => panic!("this app registered for plain claims"),
        })
    }

    /// What userinfo answers, in the form that the app registered for.
    pub fn userinfo_answer(&self, access: &str) -> Result<userinfo::Answer, Why> {
        self.run(userinfo::get(&self.ctx, &caller(Some(&format!("Bearer {access}"))), &Params::default()))
    }

    /// What introspection says to a client: `None` for `active: false`.
    pub fn introspect(&self, client: &str, token: &str) -> Option<Value> {
        let (header, params) = self.with_client(client, &[("token", token)]);
        let answer = self.run(introspect::post(&self.ctx, &caller(header.as_deref()), &params)).unwrap();
        if answer["active"] == Value::Bool(true) {
            return Some(answer);
        }
        assert_eq!(answer, serde_json::json!({ "active": false }), "no more is said about a token that isn't good");
        None
    }

    /// A client revokes a token.
    pub fn revoke(&self, client: &str, token: &str) {
        let (header, params) = self.with_client(client, &[("token", token)]);
        self.run(revoke::post(&self.ctx, &caller(header.as_deref()), &params)).unwrap();
    }
}

/// The token request for a code.
pub fn pairs_of(code: &Code) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", &code.text),
        ("redirect_uri", &code.redirect),
        ("code_verifier", &code.verifier),
    ]
}

/// A text with one character changed, in every place that a test has time for, and too short and too long ones.
pub fn flipped(text: &str) -> Vec<String> {
    let step = (text.len() / 60).max(1);
    let mut all: Vec<String> = (0..text.len())
        .filter(|at| at % step == 0 || *at + 1 == text.len())
        .map(|at| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    all.extend([text[1..].to_owned(), text[..text.len() - 1].to_owned(), format!("{text}A"), format!("A{text}")]);
    all
}
