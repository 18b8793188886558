//! The answer that the browser brings back from the issuer.

use super::Refusal;
use openidconnect::IssuerUrl;
use serde::Deserialize;

/// What the issuer sends back to the redirect URI (RFC 6749 §4.1.2, RFC 9207).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// The authorization code.
    pub code: Option<String>,
    /// What [`super::Begun::state`] was.
    pub state: Option<String>,
    /// Who answers.
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// The same for people who build apps.
    pub error_description: Option<String>,
}

/// RFC 9207 §2.4: the answer must come from the issuer that was asked, and say so if that issuer always does.
pub fn check_issuer(answer: &Answer, issuer: &IssuerUrl, always_named: bool) -> Result<(), Refusal> {
    match answer.iss.as_deref() {
        Some(iss) if iss == issuer.as_str() => Ok(()),
        Some(iss) => Err(Refusal::Doubt(format!("The answer is from {iss}, which we did not ask."))),
        None if always_named => Err(Refusal::Doubt("The answer does not say which issuer it is from.".to_owned())),
        None => Ok(()),
    }
}
