//! The `claims` request parameter (OpenID Connect Core §5.5), parsed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which claims were asked for by name, and where they shall go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Asked for in the `id_token`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "i")]
    pub id_token: BTreeMap<String, ClaimWish>,
    /// Asked for at userinfo.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "u")]
    pub userinfo: BTreeMap<String, ClaimWish>,
}

impl ClaimsRequest {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }
}

/// How one claim was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimWish {
    /// `essential`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "e")]
    pub essential: bool,
    /// `value` or `values`, as texts, of the claims for which they decide something; empty for all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "v")]
    pub values: Vec<String>,
}
