//! Leave to register apps, as operators hand it out (RFC 7591 §1.2: initial access tokens).

use crate::id::{InitialTokenId, TenantId};
use crate::time::Timestamp;

/// A token with which programs register apps. The text is shown once; its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitialToken {
    /// The row's id.
    pub id: InitialTokenId,
    /// What it is for, in the operator's words.
    pub name: String,
    /// The tenant that owns what is registered with it; `None`: the operator.
    pub tenant: Option<TenantId>,
    /// How many apps can still be registered with it.
    pub uses_left: i64,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl InitialToken {
    /// Whether an app can be registered with it.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.uses_left > 0 && now < self.expires_at
    }
}
