//! The first steps: which address, which password, which account; and the organisation that signs people in itself.

use super::Page;
use crate::layout::{Layout, initials};
use crate::samples::Sampler;
use crate::words::Words;
use askama::Template;
use portvakt_model::Seconds;

/// "What is your e-mail address?" Posts `login`, `remember`, and `act` = `continue` or `cancel` to
/// [`crate::paths::SIGN_IN`].
#[derive(Debug, Clone, Template)]
#[template(path = "address.html")]
pub struct Address {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Address`].
    pub csrf: String,
    /// What is filled in: `login_hint`, or what was typed.
    pub address: String,
    /// Whether "remember my address" is ticked.
    pub remember: bool,
    /// What has to be mended, if anything.
    pub wrong: Option<AddressWrong>,
}

/// Why an address cannot be taken. None of these says whether an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressWrong {
    /// Nothing was typed.
    Empty,
    /// It has not the form of an address.
    Form,
    /// Too many tries from there.
    Limited {
        /// After how many minutes it is worth trying again.
        minutes: u32,
    },
}

impl AddressWrong {
    /// What stands at the field.
    pub fn text(self, words: Words) -> String {
        match self {
            Self::Empty => words.address_wrong_empty().to_owned(),
            Self::Form => words.address_wrong_form().to_owned(),
            Self::Limited { minutes } => words.address_wrong_limited(words.minutes(minutes)),
        }
    }
}

impl Address {
    fn wrong(&self) -> Option<String> {
        self.wrong.map(|wrong| wrong.text(self.layout.words))
    }
}

impl Page for Address {
    const NAME: &'static str = "address";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.layout(),
            csrf: sampler.csrf(),
            address: String::new(),
            remember: true,
            wrong: None,
        };
        let typed = sampler.text("anna.svensson");
        vec![
            ("empty", page.clone()),
            ("filled", Self { address: sampler.address(), ..page.clone() }),
            ("wrong", Self { address: typed.clone(), wrong: Some(AddressWrong::Form), ..page.clone() }),
            ("nothing", Self { wrong: Some(AddressWrong::Empty), ..page.clone() }),
            ("limited", Self { address: typed, wrong: Some(AddressWrong::Limited { minutes: 15 }), ..page.clone() }),
            ("unchecked", Self { layout: sampler.stranger(), ..page.clone() }),
            ("no-app", Self { layout: sampler.bare(), ..page }),
        ]
    }
}

/// "Type your password". Posts `login` (hidden, for password managers), `password`, `keep`, and `act` = `sign-in` or
/// `cancel` to [`crate::paths::PASSWORD`].
#[derive(Debug, Clone, Template)]
#[template(path = "password.html")]
pub struct Password {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Password`].
    pub csrf: String,
    /// The address that was given.
    pub address: String,
    /// Whether "keep me signed in" is offered and ticked; `None` if the policy has none.
    pub keep: Option<bool>,
    /// What has to be mended, if anything.
    pub wrong: Option<PasswordWrong>,
}

/// Why a password was not taken. The same for known and unknown addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordWrong {
    /// Nothing was typed.
    Empty,
    /// Address and password don't belong together.
    Wrong,
    /// Too many tries: this one was not looked at.
    Limited {
        /// After how long it is worth trying again.
        wait: Seconds,
    },
}

/// Up to here a wait is told in seconds.
const SOON: Seconds = Seconds(90);

impl Password {
    fn wrong(&self) -> Option<String> {
        let words = self.layout.words;
        self.wrong.map(|wrong| match wrong {
            PasswordWrong::Empty => words.password_wrong_empty().to_owned(),
            PasswordWrong::Wrong => words.password_wrong().to_owned(),
            PasswordWrong::Limited { wait } if wait <= SOON => words.password_wrong_soon(words.seconds(wait.0)),
            PasswordWrong::Limited { wait } => words.password_wrong_limited(words.minutes(wait.0.div_ceil(60))),
        })
    }
}

impl Page for Password {
    const NAME: &'static str = "password";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.layout(),
            csrf: sampler.csrf(),
            address: sampler.address(),
            keep: Some(false),
            wrong: None,
        };
        vec![
            ("empty", page.clone()),
            ("wrong", Self { wrong: Some(PasswordWrong::Wrong), ..page.clone() }),
            ("nothing", Self { wrong: Some(PasswordWrong::Empty), ..page.clone() }),
            ("soon", Self { wrong: Some(PasswordWrong::Limited { wait: Seconds(4) }), ..page.clone() }),
            ("limited", Self { wrong: Some(PasswordWrong::Limited { wait: Seconds::minutes(15) }), ..page.clone() }),
            ("no-keep", Self { keep: None, ..page }),
        ]
    }
}

/// "Choose an account". Posts one of `account` = a choice's handle, `other` = `yes`, `forget` = a choice's handle to
/// [`crate::paths::CHOOSE`].
#[derive(Debug, Clone, Template)]
#[template(path = "choose.html")]
pub struct ChooseAccount {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Choose`].
    pub csrf: String,
    /// The addresses this browser remembers; the signed-in one first.
    pub choices: Vec<Choice>,
}

/// An account that can be chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What the form posts for it.
    pub handle: String,
    /// Its address.
    pub address: String,
    /// The person's name; known only where somebody is signed in.
    pub name: Option<String>,
    /// Whether it is the one that is signed in.
    pub signed_in: bool,
}

impl Choice {
    fn initials(&self) -> String {
        initials(self.name.as_ref().unwrap_or(&self.address))
    }
}

impl Page for ChooseAccount {
    const NAME: &'static str = "choose";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let anna = Choice {
            handle: sampler.text("1"),
            address: sampler.address(),
            name: Some(sampler.text("Anna Svensson")),
            signed_in: true,
        };
        let other = Choice {
            handle: sampler.text("2"),
            address: sampler.text("anna@svensson.example"),
            name: None,
            signed_in: false,
        };
        let long = Choice {
            handle: sampler.text("3"),
            address: sampler.text("bartholomeus.montgomery-andersson@timanstallda.barn-och-utbildning.nordvik.example"),
            name: None,
            signed_in: false,
        };
        let page = Self { layout: sampler.layout(), csrf: sampler.csrf(), choices: vec![anna.clone(), other.clone()] };
        vec![
            ("two", page.clone()),
            ("one", Self { choices: vec![other.clone()], ..page.clone() }),
            ("long", Self { choices: vec![anna, other, long], ..page }),
        ]
    }
}

/// Own sign-in is off for this address's organisation: how to go on, and whom to ask.
#[derive(Debug, Clone, Template)]
#[template(path = "organisation.html")]
pub struct OrganisationSignIn {
    /// The frame.
    pub layout: Layout,
    /// The address that was given.
    pub address: String,
    /// The organisation's name.
    pub organisation: String,
}

impl Page for OrganisationSignIn {
    const NAME: &'static str = "organisation";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let organisation = sampler.text("Nordvik kommun");
        vec![("off", Self { layout: sampler.layout(), address: sampler.address(), organisation })]
    }
}
