//! The languages that people can read Portvakt in.

use serde::{Deserialize, Serialize};

/// A language of pages and mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Swedish.
    Sv,
    /// Norwegian Bokmål.
    Nb,
    /// English.
    En,
}

impl Language {
    /// All of them, in the order in which a switcher lists them.
    pub const ALL: [Self; 3] = [Self::Sv, Self::Nb, Self::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::Nb => "nb",
            Self::En => "en",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Sv => "Svenska",
            Self::Nb => "Norsk bokmål",
            Self::En => "English",
        }
    }

    /// The language for one BCP 47 tag: its primary subtag decides; `no` and `nn` are read as Bokmål. `None` for a
    /// language we do not have.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "sv" => Some(Self::Sv),
            "nb" | "no" | "nn" => Some(Self::Nb),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The first language we have in a list of tags that stands in order of wish (`ui_locales`, OpenID Connect Core
    /// §3.1.2.1).
    pub fn first_of<'a>(tags: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        tags.into_iter().find_map(Self::of_tag)
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4): highest weight first, order decides
    /// among equals. At most 32 ranges are looked at.
    pub fn of_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        for range in header.split(',').take(32) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().map(str::trim).and_then(Self::of_tag) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// A quality value in thousandths; what cannot be read counts as zero.
fn thousandths(text: &str) -> u16 {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", Ok(_)) => 1000,
        ("0", Ok(value)) => value,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_by_their_primary_subtag() {
        assert_eq!(Language::of_tag("nb-NO"), Some(Language::Nb));
        assert_eq!(Language::of_tag("no"), Some(Language::Nb));
        assert_eq!(Language::of_tag("SV_se"), Some(Language::Sv));
        assert_eq!(Language::of_tag("se"), None, "Northern Sami is not Swedish");
        assert_eq!(Language::first_of(["fi", "en-GB", "sv"]), Some(Language::En));
    }

    #[test]
    fn the_browser_s_weights_decide() {
        for (header, wanted) in [
            ("sv-SE,sv;q=0.9,en;q=0.8", Some(Language::Sv)),
            ("de, en;q=0.5, nb;q=0.7", Some(Language::Nb)),
            ("en;q=0, de", None),
            ("", None),
            (";;;,,,q=1", None),
        ] {
            assert_eq!(Language::of_accept_language(header), wanted, "{header}");
        }
    }
}
