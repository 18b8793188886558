//! What every page carries: the language, who asks, where the person is going, and the way back.

use crate::words::Words;
use portvakt_model::{Contact, Language};

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The words of the person's language.
    pub words: Words,
    /// Who is asking: the tenant where one is known, else the deployment itself.
    pub tenant: TenantFace,
    /// Where the person is going, if to an app.
    pub app: Option<AppFace>,
    /// The sealed authorization request, carried as hidden field and query parameter `r`; empty where there is none.
    pub r: String,
    /// The page's own path with its query, same site: where the language switch comes back to.
    pub back: String,
    /// The nonce of this answer's content security policy, base64.
    pub nonce: String,
}

/// A tenant as pages show it.
#[derive(Debug, Clone, Default)]
pub struct TenantFace {
    /// Its name.
    pub name: String,
    /// Whom to ask.
    pub contact: Contact,
}

/// A relying app as pages show it.
#[derive(Debug, Clone, Default)]
pub struct AppFace {
    /// Its name.
    pub name: String,
    /// The host that it sends people back to; empty where it has none.
    pub host: String,
    /// Path of its logo on our own site, if we keep one. Pages load nothing from other hosts. Of an app that nobody has
    /// looked at only the consent page shows it.
    pub logo: Option<String>,
    /// URL of its privacy policy, if registered.
    pub policy: Option<String>,
    /// URL of its terms of use, if registered.
    pub terms: Option<String>,
    /// Whether it registered itself, and nobody here has looked at it.
    pub unchecked: bool,
}

impl Layout {
    /// The text of `<title>`: the page, then the app or the tenant.
    pub fn title(&self, page: impl AsRef<str>) -> String {
        let place = self.app.as_ref().map_or(&self.tenant.name, |app| &app.name);
        self.words.page_title(page, place)
    }

    /// `path` with the sealed request, if there is one.
    pub fn link(&self, path: &str) -> String {
        if self.r.is_empty() { path.to_owned() } else { format!("{path}?r={}", self.r) }
    }

    /// The languages that the switch offers.
    pub fn languages(&self) -> [Language; 3] {
        Language::ALL
    }

    /// Whether `language` is the page's own.
    pub fn is(&self, language: &Language) -> bool {
        self.words.language() == *language
    }

    /// The app's name, or the tenant's where there is no app.
    pub fn app_name(&self) -> &str {
        self.app.as_ref().map_or(&self.tenant.name, |app| &app.name)
    }
}

impl TenantFace {
    /// The phone number as a `tel:` URL has it (RFC 3966): digits and a leading plus.
    pub fn dial(&self) -> String {
        let phone = self.contact.phone.as_deref().unwrap_or_default();
        phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect()
    }
}

impl AppFace {
    /// The privacy policy, if it is a web page.
    pub fn policy_link(&self) -> Option<&str> {
        web(self.policy.as_deref())
    }
    /// The terms of use, if they are a web page.
    pub fn terms_link(&self) -> Option<&str> {
        web(self.terms.as_deref())
    }
    /// What stands in its tile where there is no logo.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }
}

/// Only what opens as a page: a link must never run (`javascript:`).
fn web(url: Option<&str>) -> Option<&str> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

/// Two letters for a name or address: the beginnings of its first two words, or of its only one.
pub fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let letters: String = match (words.next(), words.next()) {
        (Some(first), Some(second)) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        (Some(only), None) => only.chars().take(2).collect(),
        (None, _) => "?".to_owned(),
    };
    letters.to_uppercase()
}

/// An address in two, so that a long one breaks behind its `@`.
pub fn halves(address: &str) -> (&str, &str) {
    address.find('@').and_then(|at| address.split_at_checked(at + 1)).unwrap_or((address, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_shows_two_letters_of_whatever_it_is_given() {
        for (name, letters) in
            [("HRM", "HR"), ("Anna Svensson", "AS"), ("anna.svensson@nordvik.se", "AS"), ("Åsa", "ÅS"), ("  –  ", "?")]
        {
            assert_eq!(initials(name), letters);
        }
    }

    #[test]
    fn a_policy_link_never_runs() {
        let app = AppFace { policy: Some("javascript:alert(1)".to_owned()), ..AppFace::default() };
        assert_eq!(app.policy_link(), None);
    }
}
