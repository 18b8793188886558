//! Texts in people's languages (OpenID Connect Registration §2.1).

use portvakt_model::Language;
use portvakt_model::app::AppSettings;

/// What was registered as `member` in that language: `client_name#sv`. `None`: the member itself is meant for all.
pub fn local<'a>(settings: &'a AppSettings, member: &str, language: Language) -> Option<&'a str> {
    let is_it = |name: &str| {
        let tag = name.strip_prefix(member).and_then(|rest| rest.strip_prefix('#'));
        tag.and_then(Language::of_tag) == Some(language)
    };
    settings.about.localized.iter().find(|(name, _)| is_it(name)).map(|(_, text)| text.as_str())
}
