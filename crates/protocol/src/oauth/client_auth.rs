//! How an app says who it is at the token endpoint and its neighbours (RFC 6749 §2.3).

use super::params::{Params, decode};
use super::why::Why;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portvakt_model::{App, ClientAuthMethod, Secret, Timestamp, TokenHash};

/// What an app presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The `client_id`.
    pub client_id: String,
    /// The secret, if one was sent.
    pub secret: Option<Secret<String>>,
    /// Whether HTTP Basic was used, so that a refusal names the scheme (RFC 6749 §5.2).
    pub by_basic: bool,
}

/// Reads what an app presented: `authorization` is the header's value, if there is one. Basic with an equal
/// `client_id` in the body is one way, not two: common clients send it so.
pub fn read(authorization: Option<&str>, params: &Params) -> Result<Presented, Why> {
    let in_body = params.bounded("client_id", 200)?;
    let secret = params.bounded("client_secret", 200)?;
    match authorization.map(basic) {
        Some(Some((client_id, password))) => {
            if secret.is_some() || in_body.is_some_and(|id| id != client_id) {
                return Err(Why::ClientTwice);
            }
            Ok(Presented { client_id, secret: Some(Secret::new(password)), by_basic: true })
        }
        Some(None) => Err(Why::ClientInvalid),
        None => {
            let client_id = in_body.ok_or(Why::ClientInvalid)?.to_owned();
            let secret = secret.map(|text| Secret::new(text.to_owned()));
            Ok(Presented { client_id, secret, by_basic: false })
        }
    }
}

/// `Basic` credentials, each half form-decoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 1000 {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    let at = pair.iter().position(|byte| *byte == b':')?;
    let (id, password) = pair.split_at(at);
    Some((decode(id).ok()?, decode(password.get(1..)?).ok()?))
}

/// Whether what was presented proves this app. `hash` is SHA-256 of the presented secret.
pub fn decide(app: &App, presented: &Presented, hash: Option<TokenHash>, now: Timestamp) -> Result<(), Why> {
    match (app.settings.auth_method, &presented.secret, hash) {
        (ClientAuthMethod::None, None, _) => Ok(()),
        // Both ways of sending the same secret are equally good proof; which one an app's library prefers is its own.
        (ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost, Some(_), Some(hash)) => {
            let is_good = |secret: &&portvakt_model::AppSecret| {
                secret.hash == hash && secret.expires_at.is_none_or(|expires_at| now < expires_at)
            };
            app.secrets.iter().find(is_good).map(|_| ()).ok_or(Why::ClientInvalid)
        }
        _ => Err(Why::ClientInvalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{AppKind, AppSecret, SecretId};

    fn presented(header: Option<&str>, body: &str) -> Result<Presented, Why> {
        read(header, &Params::parse(body.as_bytes()).unwrap())
    }

    fn basic_of(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn both_halves_of_basic_are_form_decoded() {
        let got = presented(Some(&basic_of("app%5Fx:a%2Bb+c")), "client_id=app_x").unwrap();
        assert_eq!((got.client_id.as_str(), got.secret.unwrap().reveal().as_str()), ("app_x", "a+b c"));
    }

    #[test]
    fn one_way_only() {
        assert_eq!(presented(Some(&basic_of("a:b")), "client_id=a&client_secret=b"), Err(Why::ClientTwice));
        assert_eq!(presented(Some(&basic_of("a:b")), "client_id=c"), Err(Why::ClientTwice));
        assert_eq!(presented(None, ""), Err(Why::ClientInvalid));
        for header in ["Basic", "Basic !!!", "Bearer x", "Basic YQ=="] {
            assert_eq!(presented(Some(header), "client_id=a"), Err(Why::ClientInvalid), "{header}");
        }
    }

    #[test]
    fn only_a_secret_that_is_still_good_proves_a_confidential_app() {
        let now = Timestamp::from_seconds(100);
        let mut app = crate::oauth::authorize::tests::app(AppKind::Web);
        let secret = |hash, expires_at| AppSecret {
            id: SecretId::random([hash; 16]),
            hash: TokenHash([hash; 32]),
            created_at: now,
            sealed: None,
            expires_at,
        };
        app.secrets = vec![secret(1, Some(now)), secret(2, Some(Timestamp(now.0 + 1))), secret(3, None)];
        let by_secret = presented(None, "client_id=app_hrm&client_secret=x").unwrap();
        let ask = |hash| decide(&app, &by_secret, Some(TokenHash([hash; 32])), now);
        assert_eq!(ask(1), Err(Why::ClientInvalid));
        assert_eq!(ask(2), Ok(()));
        assert_eq!(ask(3), Ok(()));
        assert_eq!(ask(4), Err(Why::ClientInvalid));
        let bare = presented(None, "client_id=app_hrm").unwrap();
        assert_eq!(decide(&app, &bare, None, now), Err(Why::ClientInvalid));
        app.settings.auth_method = ClientAuthMethod::None;
        assert_eq!(decide(&app, &bare, None, now), Ok(()));
        assert_eq!(decide(&app, &by_secret, Some(TokenHash([3; 32])), now), Err(Why::ClientInvalid));
    }
}
