//! Typed ids: sixteen bytes each. No id is a secret or a proof.
//!
//! What lasts and is shown (tenant, account, app, API) is random; what is appended (grant, session, challenge, outbox,
//! audit) is time-ordered (UUID version 7, RFC 9562 §5.7), so that an index of 10^7 rows grows at its end. The bytes
//! are handed in: this crate throws no dice.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A random id (UUID version 4) from sixteen random bytes.
            pub fn random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// A time-ordered id (UUID version 7) from the instant and ten random bytes.
            pub fn ordered(now: Timestamp, bytes: &[u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(now.millis(), bytes).into_uuid())
            }

            /// Reads the hyphenated or plain hexadecimal form; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )+};
}

ids! {
    /// A customer organisation.
    TenantId,
    /// One person's sign-in.
    AccountId,
    /// A relying app (its row; on the wire it is known by its `client_id`).
    AppId,
    /// One of an app's client secrets.
    SecretId,
    /// A token that lets programs register apps.
    InitialTokenId,
    /// A resource server.
    ApiId,
    /// One customer's own installation of a shared app.
    InstanceId,
    /// A person's record in a tenant's directory.
    MemberId,
    /// A browser's signed-in state; also `sid` in `id_tokens` of apps that know people by their public `sub`.
    SessionId,
    /// What one redeemed code gave; equal to the id of that code.
    GrantId,
    /// A browser we know.
    DeviceId,
    /// Anything one-time: a link, a typed code, a ceremony.
    ChallengeId,
    /// One message that waits to be delivered.
    OutboxId,
    /// One line of the audit log.
    AuditId,
}

impl TenantId {
    /// The owner of what belongs to the whole deployment (its default policy): the nil UUID, never a tenant's id.
    pub const DEPLOYMENT: Self = Self(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_ids_sort_by_the_instant_they_were_made() {
        let early = GrantId::ordered(Timestamp::from_seconds(1_000), &[255; 10]);
        let late = GrantId::ordered(Timestamp::from_seconds(1_001), &[0; 10]);
        assert!(early < late);
    }

    #[test]
    fn an_id_reads_back_what_it_shows() {
        let id = AccountId::random([7; 16]);
        assert_eq!(AccountId::parse(&id.to_string()), Some(id));
        assert_eq!(AccountId::parse("not an id"), None);
    }
}
