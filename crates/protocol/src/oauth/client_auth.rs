//! How an app says who it is at the token endpoint and its neighbours (RFC 6749 §2.3, RFC 7521 §4.2, RFC 8705 §2), and
//! which of the ways is good for whom.

pub mod assertion;

use super::params::{Params, decode};
use super::why::Why;
use crate::jose::claimed;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portvakt_model::{App, ClientAuthMethod, Secret, Timestamp, TokenHash};

/// The longest `client_id` that is looked at, in octets.
const MAX_CLIENT_ID: usize = 200;

/// What an app presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The `client_id`: as it was sent, else as its assertion says; nothing is proved by it.
    pub client_id: String,
    /// What is to prove it.
    pub proof: Proof,
    /// Whether HTTP Basic was used, so that a refusal names the scheme (RFC 6749 §5.2).
    pub by_basic: bool,
}

/// What is to prove that an app is who it says. One proof a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Nothing.
    None,
    /// A secret that travelled.
    Secret(Secret<String>),
    /// A JWT that it signed (RFC 7523 §2.2), not read yet.
    Assertion(Secret<String>),
    /// Nothing but the certificate of its connection.
    Certificate,
}

/// Reads what an app presented: `authorization` is the header's value, if there is one; `has_certificate`, whether its
/// connection proved one. Basic with an equal `client_id` in the body is one way, not two: common clients send it so. A
/// certificate beside a secret or an assertion is none either: it may be there for the tokens' sake.
pub fn read(authorization: Option<&str>, params: &Params, has_certificate: bool) -> Result<Presented, Why> {
    let in_body = params.bounded("client_id", MAX_CLIENT_ID)?;
    let secret = params.bounded("client_secret", 200)?;
    let assertion = assertion::read(params)?;
    let header = match authorization.map(basic) {
        Some(None) => return Err(Why::ClientInvalid),
        Some(Some(pair)) => Some(pair),
        None => None,
    };
    match (header, secret, assertion) {
        (Some((client_id, password)), None, None) if in_body.is_none_or(|id| id == client_id) => {
            Ok(Presented { client_id, proof: Proof::Secret(Secret::new(password)), by_basic: true })
        }
        (None, secret, None) => {
            let client_id = in_body.ok_or(Why::ClientInvalid)?.to_owned();
            let proof = match secret {
                Some(text) => Proof::Secret(Secret::new(text.to_owned())),
                None if has_certificate => Proof::Certificate,
                None => Proof::None,
            };
            Ok(Presented { client_id, proof, by_basic: false })
        }
        // Without a client_id beside it the assertion itself says whose it is (RFC 7521 §4.2).
        (None, None, Some(jws)) => {
            let said = || claimed(jws, "sub").filter(|sub| sub.len() <= MAX_CLIENT_ID);
            let client_id = in_body.map(str::to_owned).or_else(said).ok_or(Why::ClientInvalid)?;
            Ok(Presented { client_id, proof: Proof::Assertion(Secret::new(jws.to_owned())), by_basic: false })
        }
        _ => Err(Why::ClientTwice),
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

/// How the proof that was presented has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// There is nothing to look at: a public app says no more than its name.
    Nothing,
    /// The secret is one of the app's: see [`has_secret`].
    Secret(&'a Secret<String>),
    /// The assertion is signed under one of the app's secrets.
    SharedKey(&'a str),
    /// The assertion is signed with one of the app's own keys.
    OwnKey(&'a str),
    /// The certificate has the registered name, and an authority vouches for it.
    CertificateName,
    /// The certificate has one of the registered keys.
    CertificateKey,
}

/// The way in which this app may prove itself, if what was presented is of that kind: an app that registered better than
/// a secret that travels is never taken for one. (Both ways of sending a secret are equally good; which one an app's
/// library prefers is its own.) A public app may bring a certificate for its tokens.
pub fn way<'a>(app: &App, proof: &'a Proof) -> Result<Way<'a>, Why> {
    match (app.settings.auth_method, proof) {
        (ClientAuthMethod::None, Proof::None | Proof::Certificate) => Ok(Way::Nothing),
        (ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost, Proof::Secret(secret)) => {
            Ok(Way::Secret(secret))
        }
        (ClientAuthMethod::ClientSecretJwt, Proof::Assertion(jws)) => Ok(Way::SharedKey(jws.reveal())),
        (ClientAuthMethod::PrivateKeyJwt, Proof::Assertion(jws)) => Ok(Way::OwnKey(jws.reveal())),
        (ClientAuthMethod::TlsClientAuth, Proof::Certificate) => Ok(Way::CertificateName),
        (ClientAuthMethod::SelfSignedTlsClientAuth, Proof::Certificate) => Ok(Way::CertificateKey),
        _ => Err(Why::ClientInvalid),
    }
}

/// Whether a secret of that SHA-256 is one of the app's, and still good.
pub fn has_secret(app: &App, hash: TokenHash, now: Timestamp) -> bool {
    app.secrets.iter().any(|secret| secret.hash == hash && secret.expires_at.is_none_or(|expires_at| now < expires_at))
}

#[cfg(test)]
mod tests;
