//! Access tokens (RFC 9068) and `id_tokens` (OpenID Connect Core §2): their claims, and how a token reaches us.

use super::params::Params;
use super::why::Why;
use portvakt_model::{Algorithm, GrantId, SenderKey, SignInFacts, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The claims of an access token: of a JWT, or sealed inside an opaque one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer.
    pub iss: String,
    /// The person's `sub`, or the machine's `client_id`.
    pub sub: String,
    /// Whom it is for.
    pub aud: Audience,
    /// The app it was given to.
    pub client_id: String,
    /// When it ends, seconds since 1970.
    pub exp: i64,
    /// When it was made, seconds since 1970.
    pub iat: i64,
    /// Its own id, by which it can be revoked alone.
    pub jti: Uuid,
    /// The scopes, divided by blanks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The grant it belongs to; a machine's token belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<GrantId>,
    /// When the person was last really asked, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The authentication context reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The methods used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The tenant whose data it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// The key that whoever uses it must prove (RFC 7800).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

/// `cnf`: the thumbprint of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// SHA-256 of the client's certificate, base64url (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
}

impl Confirmation {
    /// What a token says that is bound to `key`.
    pub fn new(key: SenderKey) -> Self {
        match key {
            SenderKey::Certificate(_) => Self { x5t_s256: key.thumbprint() },
        }
    }
}

/// `aud`: one text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// The audience for an API (or none) with these scopes: with `openid` the issuer is in it too, so that userinfo
    /// takes the token; without any API it is the issuer alone.
    pub fn new(api: Option<&str>, scopes: &[String], issuer: &str) -> Self {
        match api {
            None => Self::One(issuer.to_owned()),
            Some(api) if scopes.iter().any(|scope| scope == "openid") => {
                Self::Many(vec![api.to_owned(), issuer.to_owned()])
            }
            Some(api) => Self::One(api.to_owned()),
        }
    }

    /// Whether `name` is in it.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }
}

impl AccessClaims {
    /// Whether it has the scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }

    /// Whether whoever proved `key` may use it: anybody may, where it is bound to nothing.
    pub fn is_for_sender(&self, key: Option<SenderKey>) -> bool {
        self.cnf.as_ref().is_none_or(|bound| key.is_some_and(|key| Confirmation::new(key) == *bound))
    }

    /// When it ends.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.exp)
    }
}

/// What an `id_token` is made from.
#[derive(Debug, Clone, Copy)]
pub struct IdToken<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The person.
    pub sub: &'a str,
    /// The app.
    pub client_id: &'a str,
    /// What is said about the sign-in.
    pub facts: &'a SignInFacts,
    /// The session, as this app knows it.
    pub sid: &'a str,
    /// `at_hash` for the access token that comes with it.
    pub at_hash: Option<&'a str>,
    /// `c_hash` for the code that comes with it.
    pub c_hash: Option<&'a str>,
    /// When it is made.
    pub now: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The claims of an `id_token`: lean, as userinfo has the rest; `more` is what was asked for by name.
pub fn id_token(from: &IdToken<'_>, is_refresh: bool, more: Map<String, Value>) -> Map<String, Value> {
    let mut claims = more;
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    set("iss", from.issuer.into());
    set("sub", from.sub.into());
    set("aud", from.client_id.into());
    set("iat", from.now.seconds().into());
    set("exp", from.expires_at.seconds().into());
    set("auth_time", from.facts.auth_time.seconds().into());
    set("acr", from.facts.acr.clone().into());
    set("amr", from.facts.amr.clone().into());
    set("sid", from.sid.into());
    // A refreshed id_token should not repeat the nonce (Core §12.2).
    if let (Some(nonce), false) = (&from.facts.nonce, is_refresh) {
        set("nonce", nonce.clone().into());
    }
    if let Some(hash) = from.at_hash {
        set("at_hash", hash.into());
    }
    if let Some(hash) = from.c_hash {
        set("c_hash", hash.into());
    }
    claims
}

/// The token in an `Authorization` header or a form body (RFC 6750 §2); in a query never.
pub fn bearer(authorization: Option<&str>, body: &Params) -> Result<String, Why> {
    let in_header = match authorization.map(|header| header.split_once(' ').unwrap_or((header, ""))) {
        None => None,
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some(_) => return Err(Why::BearerMissing),
    };
    let in_body = body.bounded("access_token", 16 * 1024)?.map(str::to_owned);
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Why::BearerTwice),
        (Some(token), None) | (None, Some(token)) if !token.is_empty() => Ok(token),
        _ => Err(Why::BearerMissing),
    }
}

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenAnswer {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// How long it lives, in seconds.
    pub expires_in: u32,
    /// The scopes it has.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// The refresh token, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The `id_token`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// The algorithms that `id_tokens` may be signed with; discovery lists them from here.
pub const ID_TOKEN_ALGORITHMS: [Algorithm; 3] = Algorithm::ALL;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_in_the_audience_where_userinfo_shall_take_the_token() {
        let openid = ["openid".to_owned()];
        let issuer = "https://login.example";
        assert_eq!(Audience::new(None, &openid, issuer), Audience::One(issuer.to_owned()));
        assert!(Audience::new(Some("https://api"), &openid, issuer).holds(issuer));
        assert!(!Audience::new(Some("https://api"), &[], issuer).holds(issuer));
    }

    #[test]
    fn a_token_comes_in_one_way_only() {
        let none = Params::default();
        let body = Params::parse(b"access_token=b").unwrap();
        assert_eq!(bearer(Some("bearer a"), &none), Ok("a".to_owned()));
        assert_eq!(bearer(None, &body), Ok("b".to_owned()));
        assert_eq!(bearer(Some("Bearer a"), &body), Err(Why::BearerTwice));
        assert_eq!(bearer(None, &none), Err(Why::BearerMissing));
        assert_eq!(bearer(Some("Basic a"), &none), Err(Why::BearerMissing));
        assert_eq!(bearer(Some("Bearer "), &none), Err(Why::BearerMissing));
    }
}
