//! Challenges: anything one-time that somebody must come back with.

use crate::id::{AccountId, ChallengeId};
use crate::secret::TokenHash;
use crate::time::{Seconds, Timestamp};

/// What a challenge is for. Each purpose is consumed by its own flow and by no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengePurpose {
    /// A link that lets the person choose a new password; works anywhere, signs nobody in.
    ResetPassword,
    /// The same for an account that never had one.
    SetPassword,
    /// A link that signs in the browser that asked for it.
    SignInLink,
}

impl ChallengePurpose {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::SetPassword => "set_password",
            Self::SignInLink => "sign_in_link",
        }
    }
    /// The purpose for a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::ResetPassword, Self::SetPassword, Self::SignInLink].into_iter().find(|purpose| purpose.word() == word)
    }
    /// How long such a challenge is good.
    pub const fn lifetime(self) -> Seconds {
        match self {
            Self::ResetPassword | Self::SignInLink => Seconds::minutes(30),
            Self::SetPassword => Seconds::days(14),
        }
    }
}

/// A challenge as it is kept. For an unknown address the same row is written with no account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its id.
    pub id: ChallengeId,
    /// What it is for.
    pub purpose: ChallengePurpose,
    /// Hash of the 256-bit handle in the link.
    pub handle: TokenHash,
    /// The account it is for; `None` if the address is nobody's.
    pub account: Option<AccountId>,
    /// Look-up form of the address it was sent to.
    pub address: String,
    /// Hash of the flow cookie of the browser that began it; a sign-in link finishes only there.
    pub browser: Option<TokenHash>,
    /// The sealed authorization request that the person was in the middle of, if any.
    pub request: Option<String>,
    /// The account's facts version when it was begun: a change of address or suspension kills the link.
    pub facts: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// When it was used, replaced or called off.
    pub spent_at: Option<Timestamp>,
}
