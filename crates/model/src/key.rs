//! Signing algorithms and the rows of signing keys.

use crate::time::{Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A JWS algorithm that Portvakt signs with (RFC 7518 §3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every OpenID Connect client understands.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The name in a JWS header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name; `None` for any other, `none` above all.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A signing key as it is kept: the private half sealed under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Key id, in JWS headers and the JWKS.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// PKCS#8 of the private key, sealed; table, row and column are its associated data.
    pub sealed: Vec<u8>,
    /// When it was made; published from then on.
    pub created_at: Timestamp,
    /// From when it signs.
    pub active_from: Timestamp,
    /// Since when it no longer signs; still published until its last token has run out.
    pub retired_at: Option<Timestamp>,
}

/// What stays of a signing key that was removed: its public half, unpublished, by which a hint is still known as ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastKeyRow {
    /// Its id.
    pub kid: String,
    /// Its public members, a JSON object (RFC 7518 §6).
    pub public_key: String,
    /// Since when it no longer signs.
    pub retired_at: Timestamp,
}

/// How long after it stopped signing a key still vouches for hints: longer than anybody keeps an `id_token` to sign out by.
pub const VOUCHES: Seconds = Seconds::days(400);

/// What a data key is for: one random key per purpose, never derived from the master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// Sealing handles that travel: requests, codes, opaque tokens.
    Seal,
    /// Sealing what rests in the database: private keys, payloads.
    Rest,
    /// HMAC of typed codes.
    Code,
    /// The keyed step before password hashing.
    Pepper,
    /// MAC of refresh tokens.
    Refresh,
    /// CSRF tokens and other short marks that pages carry.
    Mark,
    /// The `sub` of a person in each sector: never replaced, as every app has such a `sub` in its tables.
    Sector,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Seal, Self::Rest, Self::Code, Self::Pepper, Self::Refresh, Self::Mark, Self::Sector];

    /// The name in the database; part of what the wrapped key is bound to.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Rest => "rest",
            Self::Code => "code",
            Self::Pepper => "pepper",
            Self::Refresh => "refresh",
            Self::Mark => "mark",
            Self::Sector => "sector",
        }
    }

    /// The purpose of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// A data key as it is kept: wrapped under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyRow {
    /// What it is for.
    pub purpose: Purpose,
    /// Its version; each sealed or keyed value names the version it was made with.
    pub version: i16,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}
