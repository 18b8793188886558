//! Choosing a password: the rules stand there before anything is typed, and turn green one by one.

use super::Page;
use crate::layout::Layout;
use crate::samples::Sampler;
use crate::words::Words;
use askama::Template;

/// What a new password must meet, and what the last try did not.
#[derive(Debug, Clone)]
pub struct Choosing {
    /// Fewest characters.
    pub minimum: u32,
    /// Most characters.
    pub maximum: u32,
    /// The person's and the organisation's own words, which must not be in it. Sent to the page for the live list.
    pub personal: Vec<String>,
    /// What the last try broke; empty on a first visit.
    pub broken: Vec<PasswordRule>,
}

/// A rule for new passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordRule {
    /// Too short.
    Short,
    /// Too long.
    Long,
    /// Common or leaked.
    Common,
    /// Holds the person's name, address or organisation.
    Personal,
    /// The one that is already set.
    Reused,
    /// The two fields differ.
    Different,
}

impl Choosing {
    /// The person's words, one on each line.
    pub(super) fn personal_lines(&self) -> String {
        self.personal.join("\n")
    }

    /// What stands at the first field.
    pub fn wrong_new(&self, words: &Words) -> Option<String> {
        let at_first: Vec<String> = self
            .broken
            .iter()
            .filter(|rule| **rule != PasswordRule::Different)
            .map(|rule| self.text(*rule, *words))
            .collect();
        (!at_first.is_empty()).then(|| at_first.join(" "))
    }

    /// What stands at the second field.
    pub fn wrong_again(&self, words: &Words) -> Option<String> {
        self.broken.contains(&PasswordRule::Different).then(|| self.text(PasswordRule::Different, *words))
    }

    /// Whether there is anything for the summary.
    pub(super) fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    fn text(&self, rule: PasswordRule, words: Words) -> String {
        match rule {
            PasswordRule::Short => words.new_wrong_length(self.minimum),
            PasswordRule::Long => words.new_wrong_long(self.maximum),
            PasswordRule::Common => words.new_wrong_common().to_owned(),
            PasswordRule::Personal => words.new_wrong_personal().to_owned(),
            PasswordRule::Reused => words.new_wrong_reused().to_owned(),
            PasswordRule::Different => words.new_wrong_same().to_owned(),
        }
    }

    /// For samples.
    pub(super) fn sample(sampler: &Sampler, broken: &[PasswordRule]) -> Self {
        let personal = vec![sampler.text("Anna"), sampler.text("Svensson"), sampler.text("Nordvik")];
        Self { minimum: 15, maximum: 256, personal, broken: broken.to_vec() }
    }
}

/// "Choose a password." Posts `handle`, `password`, `again` to [`crate::paths::PASSWORD_NEW`].
#[derive(Debug, Clone, Template)]
#[template(path = "new_password.html")]
pub struct NewPassword {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::NewPassword`].
    pub csrf: String,
    /// The link's handle.
    pub handle: String,
    /// The account's address.
    pub address: String,
    /// Whether the account never had a password.
    pub first: bool,
    /// The rules.
    pub choosing: Choosing,
}

impl Page for NewPassword {
    const NAME: &'static str = "new-password";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.bare(),
            csrf: sampler.csrf(),
            handle: sampler.text("handle"),
            address: sampler.address(),
            first: false,
            choosing: Choosing::sample(sampler, &[]),
        };
        let broken = [PasswordRule::Short, PasswordRule::Personal, PasswordRule::Different];
        let others = [PasswordRule::Common, PasswordRule::Reused, PasswordRule::Long];
        vec![
            ("empty", page.clone()),
            ("first", Self { first: true, ..page.clone() }),
            ("broken", Self { choosing: Choosing::sample(sampler, &broken), ..page.clone() }),
            ("common", Self { choosing: Choosing::sample(sampler, &others), ..page }),
        ]
    }
}

/// The password is saved. Nobody was signed in by it.
#[derive(Debug, Clone, Template)]
#[template(path = "password_saved.html")]
pub struct PasswordSaved {
    /// The frame.
    pub layout: Layout,
    /// How many browsers were signed out.
    pub ended: u32,
}

impl Page for PasswordSaved {
    const NAME: &'static str = "password-saved";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self { layout: sampler.bare(), ended: 0 };
        vec![("none", page.clone()), ("one", Self { ended: 1, ..page.clone() }), ("many", Self { ended: 4, ..page })]
    }
}
