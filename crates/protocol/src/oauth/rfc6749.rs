//! oxide-auth: the machines of RFC 6749, driven step by step on loaded state. The only file that names it.
//!
//! A machine fixes the order of the steps (authenticate, recover, compare, extend, issue) and that none is left out.
//! It is handed only what is parsed and authenticated already, reads a clock of its own (so grants get a far `until`;
//! expiry is ours to judge), and its closed errors are mapped to ours. What it can't carry, and why it is used all the
//! same, is in `docs/decisions/0003`.

use super::authorize::{Request, is_pkce_text};
use super::code::{Redemption, SealedCode};
use super::why::Why;
use oxide_auth::code_grant::accesstoken::{self, AccessToken, Authorization as CodeClient};
use oxide_auth::code_grant::authorization::{self, Authorization};
use oxide_auth::code_grant::client_credentials::{self, ClientCredentials};
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::code_grant::refresh::{self, Refresh};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::registrar::{BoundClient, PreGrant, RegisteredUrl};
use oxide_auth::primitives::scope::Scope;
use std::borrow::Cow;
use url::Url;

/// More rounds than any machine takes; a machine that goes on is broken, and then the answer is no.
const MOST_STEPS: usize = 16;

/// Passes a read authorization request through RFC 6749 §4.1.1's machine.
pub fn accept_authorization(request: &Request) -> Result<(), Why> {
    struct Asked<'a>(&'a Request);
    impl authorization::Request for Asked<'_> {
        fn valid(&self) -> bool {
            true
        }
        fn client_id(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(&self.0.client_id))
        }
        fn scope(&self) -> Option<Cow<'_, str>> {
            (!self.0.scopes.is_empty()).then(|| Cow::Owned(self.0.scopes.join(" ")))
        }
        fn redirect_uri(&self) -> Option<Cow<'_, str>> {
            // Compared octet by octet before; the machine's URL type would only normalise it.
            None
        }
        fn state(&self) -> Option<Cow<'_, str>> {
            None
        }
        fn response_type(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("code"))
        }
        fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
            None
        }
    }
    let asked = Asked(request);
    let client = bound(&request.client_id)?;
    let mut machine = Authorization::new(&asked);
    let mut input = authorization::Input::None;
    for _ in 0..MOST_STEPS {
        input = match machine.advance(input) {
            authorization::Output::Bind { .. } => {
                authorization::Input::Bound { request: &asked, bound_client: client.clone() }
            }
            authorization::Output::Extend => {
                let method = request.challenge.as_ref().map(|_| Cow::Borrowed("S256"));
                let challenge = request.challenge.as_deref().map(Cow::Borrowed);
                Pkce::optional().challenge(method, challenge).map_err(|()| Why::ChallengeMalformed)?;
                authorization::Input::Extended(Extensions::new())
            }
            authorization::Output::Negotiate { bound_client, scope } => {
                let scope = scope.map_or_else(|| scope_of(&[]), Ok)?;
                authorization::Input::Negotiated { pre_grant: negotiated(bound_client, scope), state: None }
            }
            authorization::Output::Ok { .. } => return Ok(()),
            authorization::Output::Err(_) => return Err(Why::ScopeMalformed),
        };
    }
    Err(Why::ServerError)
}

/// Passes a redemption through RFC 6749 §4.1.3's machine with RFC 7636's extension. Reaching `Issue` is the yes;
/// spending the code is the flow's, afterwards.
pub fn redeem(code: &SealedCode, redemption: &Redemption<'_>) -> Result<(), Why> {
    struct Redeemed<'a>(&'a str);
    impl accesstoken::Request for Redeemed<'_> {
        fn valid(&self) -> bool {
            true
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("code"))
        }
        fn authorization(&self) -> CodeClient<'_> {
            CodeClient::Username(Cow::Borrowed(self.0))
        }
        fn client_id(&self) -> Option<Cow<'_, str>> {
            None
        }
        fn redirect_uri(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(STAND_IN))
        }
        fn grant_type(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("authorization_code"))
        }
        fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
            None
        }
    }
    let pkce = Pkce::optional();
    let mut machine = AccessToken::new(&Redeemed(redemption.client_id));
    let mut input = accesstoken::Input::None;
    for _ in 0..MOST_STEPS {
        input = match machine.advance(input) {
            accesstoken::Output::Authenticate { .. } => accesstoken::Input::Authenticated,
            accesstoken::Output::Recover { .. } => {
                let mut grant = grant(&code.client_id, &code.scopes)?;
                let challenge = code.challenge.as_deref().map(Cow::Borrowed);
                let method = challenge.as_ref().map(|_| Cow::Borrowed("S256"));
                let kept = pkce.challenge(method, challenge).map_err(|()| Why::CodeInvalid)?;
                if let Some(kept) = kept {
                    grant.extensions.set(&pkce, kept);
                }
                accesstoken::Input::Recovered(Some(Box::new(grant)))
            }
            accesstoken::Output::Extend { extensions } => {
                let challenge = extensions.remove(&pkce);
                verifier_fits(&pkce, challenge.is_some(), redemption.verifier)?;
                let verifier = redemption.verifier.map(Cow::Borrowed);
                pkce.verify(challenge, verifier).map_err(|()| Why::VerifierInvalid)?;
                accesstoken::Input::Extended { access_extensions: std::mem::take(extensions) }
            }
            accesstoken::Output::Issue { .. } => return Ok(()),
            accesstoken::Output::Ok(_) | accesstoken::Output::Err(_) => return Err(Why::CodeInvalid),
        };
    }
    Err(Why::ServerError)
}

/// What the extension itself lets pass: a verifier without a challenge (RFC 9700 §2.1.1's downgrade), and verifiers
/// that are none.
fn verifier_fits(_: &Pkce, has_challenge: bool, verifier: Option<&str>) -> Result<(), Why> {
    match verifier {
        Some(_) if !has_challenge => Err(Why::VerifierInvalid),
        Some(text) if !is_pkce_text(text) => Err(Why::VerifierInvalid),
        Some(_) | None => Ok(()),
    }
}

/// Passes a refresh through RFC 6749 §6's machine: `asked` may only narrow `granted`. Gives the scopes of the new
/// access token, in the order of the grant.
pub fn refresh(client_id: &str, granted: &[String], asked: Option<&[String]>) -> Result<Vec<String>, Why> {
    struct Refreshing<'a>(&'a str, Option<String>);
    impl refresh::Request for Refreshing<'_> {
        fn valid(&self) -> bool {
            true
        }
        fn refresh_token(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("token"))
        }
        fn scope(&self) -> Option<Cow<'_, str>> {
            self.1.as_deref().map(Cow::Borrowed)
        }
        fn grant_type(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("refresh_token"))
        }
        fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
            Some((Cow::Borrowed(self.0), Cow::Borrowed(&[])))
        }
        fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
            None
        }
    }
    let request = Refreshing(client_id, asked.map(|scopes| scopes.join(" ")));
    let mut machine = Refresh::new(&request);
    let mut input = refresh::Input::None;
    for _ in 0..MOST_STEPS {
        let scope = request.1.as_deref().map(Cow::Borrowed);
        input = match machine.advance(input) {
            refresh::Output::Unauthenticated { .. } => refresh::Input::Authenticated { scope },
            refresh::Output::RecoverRefresh { .. } => {
                refresh::Input::Recovered { scope, grant: Some(Box::new(grant(client_id, granted)?)) }
            }
            refresh::Output::Refresh { grant, .. } => {
                let kept: Vec<&str> = grant.scope.iter().collect();
                return Ok(granted.iter().filter(|scope| kept.contains(&scope.as_str())).cloned().collect());
            }
            refresh::Output::Ok(_) | refresh::Output::Err(_) => return Err(Why::ScopeBeyond),
        };
    }
    Err(Why::ServerError)
}

/// Passes a machine's request through RFC 6749 §4.4's machine: `asked` must lie within `allowed`; nothing asked means
/// all that is allowed. Gives the scopes of the access token.
pub fn client_credentials(client_id: &str, allowed: &[String], asked: &[String]) -> Result<Vec<String>, Why> {
    struct Machine<'a>(&'a str, Option<String>);
    impl client_credentials::Request for Machine<'_> {
        fn valid(&self) -> bool {
            true
        }
        fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
            Some((Cow::Borrowed(self.0), Cow::Borrowed(&[])))
        }
        fn scope(&self) -> Option<Cow<'_, str>> {
            self.1.as_deref().map(Cow::Borrowed)
        }
        fn grant_type(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed("client_credentials"))
        }
        fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
            None
        }
    }
    let request = Machine(client_id, (!asked.is_empty()).then(|| asked.join(" ")));
    let client = bound(client_id)?;
    let mut machine = ClientCredentials::new(&request);
    let mut input = client_credentials::Input::None;
    for _ in 0..MOST_STEPS {
        input = match machine.advance(input) {
            client_credentials::Output::Authenticate { .. } => client_credentials::Input::Authenticated,
            client_credentials::Output::Binding { .. } => {
                client_credentials::Input::Bound { bound_client: client.clone() }
            }
            client_credentials::Output::Extend => client_credentials::Input::Extended { extensions: Extensions::new() },
            client_credentials::Output::Negotiate { bound_client, scope } => {
                let all = scope_of(allowed)?;
                let scope = scope.unwrap_or_else(|| all.clone());
                if !all.priviledged_to(&scope) {
                    return Err(Why::ScopeBeyond);
                }
                client_credentials::Input::Negotiated { pre_grant: negotiated(bound_client, scope) }
            }
            client_credentials::Output::Ok { pre_grant, .. } => {
                let kept: Vec<&str> = pre_grant.scope.iter().collect();
                return Ok(allowed.iter().filter(|scope| kept.contains(&scope.as_str())).cloned().collect());
            }
            client_credentials::Output::Err(_) => return Err(Why::ScopeBeyond),
        };
    }
    Err(Why::ServerError)
}

/// The machines want a URL where ours are compared as text, before. One that never leaves this file.
const STAND_IN: &str = "https://redirect.invalid/";

fn stand_in() -> Result<Url, Why> {
    Url::parse(STAND_IN).map_err(|_| Why::ServerError)
}

fn bound(client_id: &str) -> Result<BoundClient<'static>, Why> {
    let redirect_uri = Cow::Owned(RegisteredUrl::Semantic(stand_in()?));
    Ok(BoundClient { client_id: Cow::Owned(client_id.to_owned()), redirect_uri })
}

fn negotiated(client: &BoundClient<'static>, scope: Scope) -> PreGrant {
    PreGrant {
        client_id: client.client_id.clone().into_owned(),
        redirect_uri: client.redirect_uri.clone().into_owned(),
        scope,
    }
}

fn scope_of(scopes: &[String]) -> Result<Scope, Why> {
    scopes.join(" ").parse().map_err(|_| Why::ScopeMalformed)
}

fn grant(client_id: &str, scopes: &[String]) -> Result<Grant, Why> {
    Ok(Grant {
        owner_id: String::new(),
        client_id: client_id.to_owned(),
        scope: scope_of(scopes)?,
        redirect_uri: stand_in()?,
        until: far()?,
        extensions: Extensions::new(),
    })
}

/// A date that the machine's own clock does not reach.
fn far() -> Result<chrono::DateTime<chrono::Utc>, Why> {
    chrono::DateTime::from_timestamp(253_402_300_799, 0).ok_or(Why::ServerError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn refreshing_narrows_and_never_widens() {
        let granted = scopes("openid profile read");
        assert_eq!(refresh("app_x", &granted, None), Ok(granted.clone()));
        assert_eq!(refresh("app_x", &granted, Some(&scopes("read openid"))), Ok(scopes("openid read")));
        assert_eq!(refresh("app_x", &granted, Some(&scopes("write"))), Err(Why::ScopeBeyond));
        assert_eq!(refresh("app_x", &[], None), Ok(Vec::new()));
    }

    #[test]
    fn a_machine_gets_what_it_was_given_and_no_more() {
        let allowed = scopes("read write");
        assert_eq!(client_credentials("app_t", &allowed, &[]), Ok(allowed.clone()));
        assert_eq!(client_credentials("app_t", &allowed, &scopes("write")), Ok(scopes("write")));
        assert_eq!(client_credentials("app_t", &allowed, &scopes("write admin")), Err(Why::ScopeBeyond));
        assert_eq!(client_credentials("app_t", &[], &scopes("read")), Err(Why::ScopeBeyond));
    }
}
