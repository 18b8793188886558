//! Tenants: customer organisations, and the domains they proved to be theirs.

use crate::id::TenantId;
use crate::language::Language;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A customer organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The row's id.
    pub id: TenantId,
    /// Its short name in `tenant=` and on the command line.
    pub slug: Slug,
    /// Its name as people know it.
    pub name: String,
    /// The language its people are met in when nothing else is known.
    pub language: Option<Language>,
    /// Whom people turn to; on every sign-in page.
    pub contact: Contact,
    /// The sender of mails to its people, `Name <address>`; the deployment's own where absent.
    pub mail_sender: Option<String>,
    /// When it was suspended, if it is.
    pub suspended_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A tenant's short name: 2 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Reads a slug; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let right = (2..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        right.then(|| Self(text.to_owned()))
    }
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a slug is 2 to 40 of a-z, 0-9 and '-', beginning with a letter")
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A tenant's contact card: whom to ask. Every field is shown as it stands, escaped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What the helpdesk calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone number, as people write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// When somebody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

/// A domain that a tenant claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Whose claim it is.
    pub tenant: TenantId,
    /// The normal form of the name; one owner in the deployment.
    pub name: String,
    /// When the claim was proved; only then it makes a home.
    pub verified_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_plain() {
        assert!(Slug::parse("nordvik").is_some());
        assert!(Slug::parse("nordvik-2").is_some());
        for wrong in ["", "n", "Nordvik", "2nord", "nord vik", "nordvik-", "nörd", &"n".repeat(41)] {
            assert_eq!(Slug::parse(wrong), None, "{wrong:?}");
        }
    }
}
