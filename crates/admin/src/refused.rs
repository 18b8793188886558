//! How this window says no: a code of a closed list, a sentence, and for wrong values each member that is wrong.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use portvakt_model::Fault;
use portvakt_web::answer;
use portvakt_web::json::{self, BodyFault, Unread};
use portvakt_web::visit::Visit;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The body is no JSON, by its own word.
    Kind,
    /// These members of body or query are wrong.
    Invalid(BodyFault),
    /// What the path names is not there.
    Unknown,
    /// What this member names is taken.
    Taken(&'static str),
    /// The policy is another edition than the one that was to be replaced.
    Moved,
    /// Values that no policy may hold.
    Policy(Vec<BodyFault>),
}

/// Why a handler ends before its answer.
pub(crate) enum Stop {
    /// We are sure of it.
    Refused(Refused),
    /// It is on us.
    Fault(Fault),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Kind => Self::Kind,
            Unread::Fault(fault) => Self::Invalid(fault),
        }
    }
}

impl Refused {
    /// A wrong value in `field`.
    pub(crate) fn wrong(field: &str, description: &str) -> Self {
        Self::Invalid(BodyFault::new(field, description))
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Kind => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::Policy(_) => StatusCode::BAD_REQUEST,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Taken(_) | Self::Moved => StatusCode::CONFLICT,
        }
    }

    /// The code and a sentence.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Kind => ("unsupported_media_type", "The body must be application/json."),
            Self::Invalid(_) | Self::Policy(_) => ("invalid_request", "The request holds something wrong."),
            Self::Unknown => ("not_found", "There is nothing of that name."),
            Self::Taken(_) => ("already_exists", "That name is taken."),
            Self::Moved => ("version_conflict", "The policy was changed meanwhile; read it again."),
        }
    }

    fn faults(&self) -> Vec<BodyFault> {
        match self {
            Self::Invalid(fault) => vec![fault.clone()],
            Self::Policy(faults) => faults.clone(),
            Self::Taken(field) => vec![BodyFault::new(field, "it is taken")],
            Self::Moved => vec![BodyFault::new("version", "it is not the current one")],
            Self::Kind | Self::Unknown => Vec::new(),
        }
    }

    /// The answer.
    pub(crate) fn answer(&self) -> Result<HttpResponse, Fault> {
        let (code, description) = self.words();
        let body = json!({ "error": code, "error_description": description, "faults": self.faults() });
        answer::json(self.status(), &body)
    }
}

/// The body.
pub(crate) fn read<T: DeserializeOwned>(visit: &Visit) -> Result<T, Refused> {
    Ok(json::read(visit)?)
}

/// The body where there need not be one.
pub(crate) fn read_or_default<T: DeserializeOwned + Default>(visit: &Visit) -> Result<T, Refused> {
    if visit.is_bodiless() { Ok(T::default()) } else { read(visit) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_plain_ascii_and_says_nothing_of_the_house() {
        let all = [
            Refused::Kind,
            Refused::wrong("slug", "å"),
            Refused::Unknown,
            Refused::Taken("slug"),
            Refused::Moved,
            Refused::Policy(vec![BodyFault::new("document.session_idle", "it is wrong")]),
        ];
        for refused in all {
            let (code, description) = refused.words();
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code}");
            assert!(description.is_ascii());
            assert!(refused.faults().iter().all(|fault| fault.description.is_ascii()));
            assert!(refused.status().is_client_error());
        }
    }
}
