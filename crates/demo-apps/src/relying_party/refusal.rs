//! Why a relying app goes without.

use super::provider::TokenError;
use crate::fault::{Fault, with_causes};
use openidconnect::RequestTokenError;

/// Why an app got no answer that it can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The issuer said no: its error code, and its description or nothing.
    Issuer(String, String),
    /// Something came that may not be believed, or nothing came at all.
    Doubt(String),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Issuer(code, text) if text.is_empty() => Self::new(format!("The issuer refused: {code}.")),
            Refusal::Issuer(code, text) => Self::new(format!("The issuer refused: {code} ({text}).")),
            Refusal::Doubt(text) => Self::new(text),
        }
    }
}

/// Something came, or failed to come, for this library's reason.
pub fn doubt<E: std::error::Error>(what: &'static str) -> impl Fn(E) -> Refusal {
    move |error| Refusal::Doubt(format!("{what}: {}", with_causes(&error)))
}

/// What the token endpoint's answer means.
pub fn refused<E: std::error::Error>(error: TokenError<E>) -> Refusal {
    match error {
        RequestTokenError::ServerResponse(said) => {
            Refusal::Issuer(said.error().to_string(), said.error_description().cloned().unwrap_or_default())
        }
        RequestTokenError::Request(cause) => {
            Refusal::Doubt(format!("The issuer can't be reached: {}", with_causes(&cause)))
        }
        RequestTokenError::Parse(cause, _) => Refusal::Doubt(format!("The issuer's answer makes no sense: {cause}")),
        RequestTokenError::Other(text) => Refusal::Doubt(text),
    }
}
