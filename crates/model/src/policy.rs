//! What a tenant's policy says, as it is kept. A document may only narrow what the deployment's default allows; the
//! meaning lives in the policy crate.

use crate::time::Seconds;
use serde::{Deserialize, Serialize};

/// Which edition of a policy: goes up by one with every change.
pub type PolicyVersion = i64;

/// A policy. Absent means "as the deployment's default says"; in the default itself absent means the built-in value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// Whether Portvakt's own sign-in (every built-in first step together) is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_sign_in: Option<bool>,
    /// The least number of characters of a password; never below what the factors call for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_min_length: Option<u16>,
    /// Whether a browser may be kept signed in after it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_signed_in: Option<bool>,
    /// Whether a browser may remember addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remember_address: Option<bool>,
    /// How long a session lives unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_idle: Option<Seconds>,
    /// How long a session lives at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_absolute: Option<Seconds>,
    /// How long a refresh chain lives unused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_idle: Option<Seconds>,
    /// How long a refresh chain lives at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_absolute: Option<Seconds>,
}
