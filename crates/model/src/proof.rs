//! Proofs: what a person has shown in a session, and the words for it on the wire.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A way to prove who one is. First steps open a session; second steps strengthen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The account's password.
    Password,
    /// A link sent by mail that signs in the browser which asked for it.
    OneTimeLink,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Password, Self::OneTimeLink];

    /// Authentication method references (RFC 8176 §2). A mailed link is out-of-band possession of a mailbox, for which
    /// the registry has `otp` at the closest.
    pub const fn amr(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::OneTimeLink => "otp",
        }
    }

    /// Whether it is one of Portvakt's own first steps, which the portal's switch turns off together.
    pub const fn is_own_sign_in(self) -> bool {
        match self {
            Self::Password | Self::OneTimeLink => true,
        }
    }

    /// How strong it is by itself.
    pub const fn strength(self) -> Strength {
        match self {
            Self::Password | Self::OneTimeLink => Strength::OneFactor,
        }
    }
}

/// How much proofs are worth together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// One thing that only this person knows or has.
    OneFactor,
    /// Two of different kinds.
    TwoFactors,
}

/// One proof given in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How.
    pub method: Method,
    /// When.
    pub at: Timestamp,
    /// What it is worth.
    pub strength: Strength,
}

impl Proof {
    /// A proof by `method` at `at`, with that method's own strength.
    pub fn new(method: Method, at: Timestamp) -> Self {
        Self { method, at, strength: method.strength() }
    }
}

/// The strength that a set of proofs reaches: the strongest single one. (Two different first steps are one factor
/// still: both stand on the mailbox.)
pub fn strength(proofs: &[Proof]) -> Option<Strength> {
    proofs.iter().map(|proof| proof.strength).max()
}

/// Authentication context class references that Portvakt asserts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acr {
    /// `urn:portvakt:acr:one-factor`.
    OneFactor,
    /// `urn:portvakt:acr:two-factor`; known also as `https://refeds.org/profile/mfa`.
    TwoFactor,
}

impl Acr {
    /// What a wished or demanded value names; `None` for values of others.
    pub fn of_value(value: &str) -> Option<Self> {
        match value {
            "urn:portvakt:acr:one-factor" => Some(Self::OneFactor),
            "urn:portvakt:acr:two-factor" | "https://refeds.org/profile/mfa" => Some(Self::TwoFactor),
            _ => None,
        }
    }

    /// The value asserted when nobody asked for another name of it.
    pub const fn value(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:portvakt:acr:one-factor",
            Self::TwoFactor => "urn:portvakt:acr:two-factor",
        }
    }

    /// Whether proofs of `strength` meet it.
    pub fn is_met_by(self, strength: Strength) -> bool {
        match self {
            Self::OneFactor => true,
            Self::TwoFactor => strength >= Strength::TwoFactors,
        }
    }

    /// The strongest one that `strength` reaches.
    pub const fn of_strength(strength: Strength) -> Self {
        match strength {
            Strength::OneFactor => Self::OneFactor,
            Strength::TwoFactors => Self::TwoFactor,
        }
    }

    /// The values of `acr_values_supported`: only what can be reached.
    pub const SUPPORTED: [&'static str; 1] = ["urn:portvakt:acr:one-factor"];

    /// The `acr` to assert: the first asked value that the proofs meet, else the strongest reached.
    pub fn asserted(asked: &[String], strength: Strength) -> String {
        asked
            .iter()
            .find(|value| Self::of_value(value).is_some_and(|acr| acr.is_met_by(strength)))
            .cloned()
            .unwrap_or_else(|| Self::of_strength(strength).value().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asserted_acr_states_only_what_was_proved() {
        let asked = ["https://refeds.org/profile/mfa".to_owned(), "urn:portvakt:acr:one-factor".to_owned()];
        assert_eq!(Acr::asserted(&asked, Strength::OneFactor), "urn:portvakt:acr:one-factor");
        assert_eq!(Acr::asserted(&asked, Strength::TwoFactors), "https://refeds.org/profile/mfa");
        assert_eq!(Acr::asserted(&["0".to_owned()], Strength::OneFactor), "urn:portvakt:acr:one-factor");
    }
}
