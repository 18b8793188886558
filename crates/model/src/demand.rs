//! What an app demands of a sign-in (OpenID Connect Core §3.1.2.1).

use crate::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// An app's demand; it meets the tenant's limit, and only ever asks for more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Demand {
    /// `max_age`: the newest proof may be at most this old.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "m")]
    pub max_age: Option<Seconds>,
    /// `prompt=login`: a proof given at or after this instant, the one at which the request came in.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "l")]
    pub login_after: Option<Timestamp>,
    /// `acr` asked for as an essential claim: one of these must be met.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "e")]
    pub essential_acr: Vec<String>,
}
