//! Account Settings: changing the password.

use super::Page;
use super::account::{Notice, Person, Place};
use super::new_password::{Choosing, PasswordRule};
use crate::layout::Layout;
use crate::samples::Sampler;
use askama::Template;

/// Changing the password. With one it posts `current`, `password`, `again`, without one `act` = `send`, to
/// [`crate::paths::ACCOUNT_PASSWORD`].
#[derive(Debug, Clone, Template)]
#[template(path = "account/password.html")]
pub struct ChangePassword {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Account`].
    pub csrf: String,
    /// Whose it is.
    pub person: Person,
    /// What was just done.
    pub notice: Option<Notice>,
    /// What can be done.
    pub may: MayChange,
    /// Whether the password given as the present one was not it.
    pub wrong_now: bool,
    /// The rules, and what the last try broke.
    pub choosing: Choosing,
}

/// What somebody can do about their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MayChange {
    /// Change it.
    Change,
    /// Choose the first one, by mail.
    First,
    /// Choose another one, by mail: too many wrong tries switched it off.
    Disabled,
    /// Nothing: the organisation doesn't use passwords here.
    Off {
        /// Its name.
        organisation: String,
    },
}

impl ChangePassword {
    const HERE: Place = Place::Password;

    /// Why a mailed link is the way to a password.
    fn by_mail(&self) -> &'static str {
        let words = self.layout.words;
        if self.may == MayChange::Disabled { words.change_disabled_text() } else { words.change_none_text() }
    }

    fn wrong_current(&self) -> Option<String> {
        self.wrong_now.then(|| self.layout.words.change_wrong_now().to_owned())
    }
}

impl Page for ChangePassword {
    const NAME: &'static str = "change-password";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.bare(),
            csrf: sampler.csrf(),
            person: Person::sample(sampler),
            notice: None,
            may: MayChange::Change,
            wrong_now: false,
            choosing: Choosing::sample(sampler, &[]),
        };
        let broken = Choosing::sample(sampler, &[PasswordRule::Short]);
        vec![
            ("empty", page.clone()),
            ("broken", Self { wrong_now: true, choosing: broken, ..page.clone() }),
            ("changed", Self { notice: Some(Notice::Password), ..page.clone() }),
            ("overtaken", Self { notice: Some(Notice::Overtaken), ..page.clone() }),
            ("first", Self { may: MayChange::First, ..page.clone() }),
            ("disabled", Self { may: MayChange::Disabled, ..page.clone() }),
            ("sent", Self { may: MayChange::First, notice: Some(Notice::LinkSent), ..page.clone() }),
            ("off", Self { may: MayChange::Off { organisation: sampler.text("Nordvik kommun") }, ..page }),
        ]
    }
}
