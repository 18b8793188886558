//! With empty hands: choose how to come in, then look in the inbox. Nothing here says whether an account exists.

use super::Page;
use super::sign_in::AddressWrong;
use crate::layout::Layout;
use crate::paths;
use crate::samples::Sampler;
use askama::Template;

/// "How do you want to come in?" Posts `login` to [`paths::FORGOT_RESET`] or [`paths::FORGOT_LINK`].
#[derive(Debug, Clone, Template)]
#[template(path = "forgot.html")]
pub struct Forgot {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Forgot`].
    pub csrf: String,
    /// The address, as far as it is known.
    pub address: String,
    /// Whether a password can be chosen by mail.
    pub reset: bool,
    /// Whether a link that signs in can be mailed.
    pub link: bool,
    /// What has to be mended, if anything.
    pub wrong: Option<AddressWrong>,
}

impl Forgot {
    fn wrong(&self) -> Option<String> {
        self.wrong.map(|wrong| wrong.text(self.layout.words))
    }
}

impl Page for Forgot {
    const NAME: &'static str = "forgot";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.layout(),
            csrf: sampler.csrf(),
            address: sampler.address(),
            reset: true,
            link: true,
            wrong: None,
        };
        vec![
            ("both", page.clone()),
            ("reset-only", Self { link: false, ..page.clone() }),
            ("wrong", Self { address: String::new(), wrong: Some(AddressWrong::Empty), ..page }),
        ]
    }
}

/// "Look in your inbox." The same for known and unknown addresses. "Send a new one" posts `login` to where it came from.
#[derive(Debug, Clone, Template)]
#[template(path = "mail_sent.html")]
pub struct MailSent {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Forgot`].
    pub csrf: String,
    /// The address that was given.
    pub address: String,
    /// What was asked for.
    pub kind: MailKind,
    /// How many minutes the link is good.
    pub minutes: u32,
}

/// Which link was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// To choose a password.
    Reset,
    /// To sign in.
    Link,
}

impl MailSent {
    fn text(&self) -> String {
        let words = self.layout.words;
        let wait = words.minutes(self.minutes);
        match self.kind {
            MailKind::Reset => words.sent_reset(&self.address, wait),
            MailKind::Link => words.sent_link(&self.address, wait),
        }
    }

    fn again(&self) -> &'static str {
        match self.kind {
            MailKind::Reset => paths::FORGOT_RESET,
            MailKind::Link => paths::FORGOT_LINK,
        }
    }
}

impl Page for MailSent {
    const NAME: &'static str = "mail-sent";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.layout(),
            csrf: sampler.csrf(),
            address: sampler.address(),
            kind: MailKind::Reset,
            minutes: 30,
        };
        vec![("reset", page.clone()), ("link", Self { kind: MailKind::Link, ..page })]
    }
}
