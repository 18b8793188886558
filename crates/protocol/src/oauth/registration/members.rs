//! The members of the metadata, each read as what it has to be. One that is `null` is not there (RFC 7592 §2.2).

use super::MOST_OCTETS;
use crate::jose::Object;
use crate::json;
use crate::oauth::why::Why;
use portvakt_model::text;
use serde_json::{Map, Value};

/// The most entries of a list, unless it says otherwise.
pub(super) const MOST_ENTRIES: usize = 20;

/// The metadata as it came.
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn read(body: &[u8]) -> Result<Self, Why> {
        if body.len() > MOST_OCTETS {
            return Err(Why::TooBig);
        }
        let Object(members) = json::parse(body).map_err(|_| Why::MetadataUnreadable)?;
        Ok(Self(members))
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Every member that is a text in some language: `name#tag` (OpenID Connect Registration §2.1).
    pub(super) fn localized(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(_, value)| !value.is_null()).filter_map(|(whole, _)| {
            let (name, tag) = whole.split_once('#')?;
            is_tag(tag).then_some((whole.as_str(), name))
        })
    }

    /// A text of at most `most` octets that could be shown.
    pub(super) fn text(&self, name: &str, most: usize) -> Result<Option<&str>, Why> {
        self.value(name).map(|value| fit(value, most)).transpose()
    }

    /// A list of such texts, each once.
    pub(super) fn texts(&self, name: &str, most: usize) -> Result<Option<Vec<&str>>, Why> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let entries = value.as_array().filter(|entries| entries.len() <= MOST_ENTRIES).ok_or(Why::MetadataMalformed)?;
        let mut texts = Vec::new();
        for entry in entries {
            let text = fit(entry, most)?;
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(Some(texts))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Why> {
        match self.value(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or(Why::MetadataMalformed),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, Why> {
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        self.value(name).map(|value| number(value).ok_or(Why::MetadataMalformed)).transpose()
    }

    /// One of the words that are offered.
    pub(super) fn word<T: Copy + PartialEq>(
        &self,
        name: &str,
        of_name: impl Fn(&str) -> Option<T>,
        offered: &[T],
    ) -> Result<Option<T>, Why> {
        let Some(word) = self.text(name, 100)? else { return Ok(None) };
        of_name(word).filter(|one| offered.contains(one)).map(Some).ok_or(Why::MetadataNotOffered)
    }
}

fn fit(value: &Value, most: usize) -> Result<&str, Why> {
    let fits = |text: &&str| !text.is_empty() && text.len() <= most && text::is_showable(text);
    value.as_str().filter(fits).ok_or(Why::MetadataMalformed)
}

/// Whether a text has the form of a language tag (BCP 47).
fn is_tag(text: &str) -> bool {
    (1..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
