//! Words: what pages and mails say, in each language, as one typed function per message.
//!
//! The texts are in `words/*.ftl`. The build reads them, refuses any difference between the languages, and makes the
//! functions below; a word that is missing, or is asked for without its variables, does not compile. Words never hold
//! HTML: they are escaped like everything else.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use portvakt_model::Language;
use std::borrow::Borrow;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// The words of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    language: Language,
}

impl Words {
    /// The words of `language`.
    pub const fn of(language: Language) -> Self {
        Self { language }
    }

    /// Which language they are in.
    pub const fn language(self) -> Language {
        self.language
    }

    const fn pick(self, sv: &'static str, nb: &'static str, en: &'static str) -> &'static str {
        match self.language {
            Language::Sv => sv,
            Language::Nb => nb,
            Language::En => en,
        }
    }

    fn formatted<const N: usize>(self, id: &str, values: [(&'static str, FluentValue<'_>); N]) -> String {
        let bundle = match self.language {
            Language::Sv => &SV,
            Language::Nb => &NB,
            Language::En => &EN,
        };
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
            // The build compared the files with these functions, so there is none without a message.
            return id.to_owned();
        };
        let arguments: FluentArgs<'_> = values.into_iter().collect();
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

type Bundle = LazyLock<FluentBundle<FluentResource>>;

static SV: Bundle = LazyLock::new(|| bundle(Language::Sv, include_str!("../words/sv.ftl")));
static NB: Bundle = LazyLock::new(|| bundle(Language::Nb, include_str!("../words/nb.ftl")));
static EN: Bundle = LazyLock::new(|| bundle(Language::En, include_str!("../words/en.ftl")));

fn bundle(language: Language, source: &str) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Isolating marks would stand invisibly in attributes, subjects and mails.
    bundle.set_use_isolating(false);
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source.to_owned());
    bundle.add_resource_overriding(resource);
    bundle
}

include!(concat!(env!("OUT_DIR"), "/words.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_choose_their_form_in_each_language() {
        let sv = Words::of(Language::Sv);
        assert_eq!(sv.minutes(1), "en minut");
        assert_eq!(sv.minutes(30), "30 minuter");
        assert_eq!(Words::of(Language::Nb).minutes(1), "ett minutt");
        assert_eq!(Words::of(Language::En).saved_ended(0), "No other browser was signed in.");
        assert_eq!(Words::of(Language::En).saved_ended(3), "3 other browsers were signed out.");
    }

    #[test]
    fn what_people_gave_us_stands_as_they_gave_it() {
        let said = Words::of(Language::En).back_to_app("{ $app } & <b>");
        assert_eq!(said, "Back to { $app } & <b>");
        assert!(said.is_ascii(), "no invisible marks around it");
    }
}
