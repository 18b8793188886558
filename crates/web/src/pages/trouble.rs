//! When something stops: what happened, what to do about it in order, a way on, and a reference to read out.

use super::Page;
use crate::dates::machine;
use crate::layout::Layout;
use crate::paths;
use crate::samples::Sampler;
use askama::Template;
use portvakt_model::Timestamp;

/// An error page. It says the same to strangers whether or not an account exists.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub layout: Layout,
    /// What happened.
    pub trouble: Trouble,
    /// The protocol's name for it (`invalid_request`), in an element with `id=error-code`.
    pub code: Option<String>,
    /// The reference under which we noted it; shown in groups of four. Empty if nothing was noted.
    pub reference: String,
    /// When it happened.
    pub at: Timestamp,
    /// Where the button leads; `None` where trying again has no sense.
    pub again: Option<String>,
}

/// What can stop somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The app's request breaks the rules.
    Request,
    /// The app isn't registered, or is switched off.
    UnknownApp,
    /// The redirect URI isn't registered.
    ReturnAddress,
    /// The page was open too long.
    Expired,
    /// The form's mark or origin is not ours.
    Form,
    /// What was sent is too big, broke off, or came too slowly.
    Unread,
    /// The browser kept no cookie.
    Cookies,
    /// Too many tries.
    Limited {
        /// After how many minutes it is worth trying again.
        minutes: u32,
    },
    /// The account is switched off. Only after it was proved.
    Suspended,
    /// The tenant's policy doesn't admit this.
    Policy,
    /// The app demands more than the account can give.
    Unmet,
    /// Our own fault: 500.
    Broken,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Request,
        Self::UnknownApp,
        Self::ReturnAddress,
        Self::Expired,
        Self::Form,
        Self::Unread,
        Self::Cookies,
        Self::Limited { minutes: 15 },
        Self::Suspended,
        Self::Policy,
        Self::Unmet,
        Self::Broken,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::UnknownApp => "unknown-app",
            Self::ReturnAddress => "return-address",
            Self::Expired => "expired",
            Self::Form => "form",
            Self::Unread => "unread",
            Self::Cookies => "cookies",
            Self::Limited { .. } => "limited",
            Self::Suspended => "suspended",
            Self::Policy => "policy",
            Self::Unmet => "unmet",
            Self::Broken => "broken",
        }
    }
}

impl ErrorPage {
    fn title(&self) -> &'static str {
        let words = self.layout.words;
        match self.trouble {
            Trouble::Request => words.trouble_request(),
            Trouble::UnknownApp => words.trouble_app(),
            Trouble::ReturnAddress => words.trouble_return(),
            Trouble::Expired => words.trouble_expired(),
            Trouble::Form => words.trouble_form(),
            Trouble::Unread => words.trouble_unread(),
            Trouble::Cookies => words.trouble_cookies(),
            Trouble::Limited { .. } => words.trouble_limited(),
            Trouble::Suspended => words.trouble_suspended(),
            Trouble::Policy => words.trouble_policy(),
            Trouble::Unmet => words.trouble_unmet(),
            Trouble::Broken => words.trouble_broken(),
        }
    }

    fn text(&self) -> String {
        let words = self.layout.words;
        let app = self.layout.app_name();
        match self.trouble {
            Trouble::Request => words.trouble_request_text(app),
            Trouble::UnknownApp => words.trouble_app_text().to_owned(),
            Trouble::ReturnAddress => words.trouble_return_text(app),
            Trouble::Expired => words.trouble_expired_text().to_owned(),
            Trouble::Form => words.trouble_form_text().to_owned(),
            Trouble::Unread => words.trouble_unread_text().to_owned(),
            Trouble::Cookies => words.trouble_cookies_text().to_owned(),
            Trouble::Limited { minutes } => words.trouble_limited_text(words.minutes(minutes)),
            Trouble::Suspended => words.trouble_suspended_text().to_owned(),
            Trouble::Policy => words.trouble_policy_text(&self.layout.tenant.name),
            Trouble::Unmet => words.trouble_unmet_text(app),
            Trouble::Broken => words.trouble_broken_text().to_owned(),
        }
    }

    /// What to do, the likeliest first.
    fn cures(&self) -> Vec<String> {
        let words = self.layout.words;
        let ask = words.cure_ask(&self.layout.tenant.name);
        let cures = match self.trouble {
            Trouble::Request | Trouble::ReturnAddress => vec![words.cure_app_again(), words.cure_tell_app()],
            Trouble::UnknownApp => vec![words.cure_link()],
            Trouble::Expired => vec![words.cure_app_again()],
            Trouble::Form => vec![words.cure_reload(), words.cure_cookies()],
            Trouble::Unread => vec![words.cure_reload()],
            Trouble::Cookies => vec![words.cure_cookies(), words.cure_app_again()],
            Trouble::Limited { .. } | Trouble::Suspended => vec![],
            Trouble::Policy | Trouble::Unmet => vec![words.cure_other_way()],
            Trouble::Broken => vec![words.cure_wait()],
        };
        cures.into_iter().map(str::to_owned).chain([ask]).collect()
    }

    /// The reference as it is read out.
    fn grouped(&self) -> String {
        groups_of_four(&self.reference)
    }

    fn machine_time(&self) -> String {
        machine(self.at)
    }
}

/// `7QK4M2RD` as `7QK4-M2RD`.
pub fn groups_of_four(reference: &str) -> String {
    let plain: Vec<char> = reference.chars().filter(|c| *c != '-').collect();
    plain.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

impl Page for ErrorPage {
    const NAME: &'static str = "error";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = |trouble| Self {
            layout: sampler.layout(),
            trouble,
            code: Some(sampler.text("invalid_request")),
            reference: sampler.text("7QK4M2RD"),
            at: Timestamp::from_seconds(1_795_269_900),
            again: Some(sampler.text(paths::SIGN_IN)),
        };
        let mut states: Vec<_> = Trouble::ALL.into_iter().map(|trouble| (trouble.name(), page(trouble))).collect();
        let bare = Self {
            layout: sampler.bare(),
            code: None,
            again: None,
            reference: String::new(),
            ..page(Trouble::UnknownApp)
        };
        states.push(("bare", bare));
        states
    }
}

/// 503: too busy for now. The button asks for the same page again.
#[derive(Debug, Clone, Template)]
#[template(path = "busy.html")]
pub struct Busy {
    /// The frame; the button leads to its `back`.
    pub layout: Layout,
    /// After how many seconds; also in `Retry-After`.
    pub seconds: u32,
}

impl Page for Busy {
    const NAME: &'static str = "busy";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        vec![("busy", Self { layout: sampler.bare(), seconds: 5 })]
    }
}

/// 404, also for what somebody may not see.
#[derive(Debug, Clone, Template)]
#[template(path = "not_found.html")]
pub struct NotFound {
    /// The frame.
    pub layout: Layout,
}

impl Page for NotFound {
    const NAME: &'static str = "not-found";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        vec![("nothing", Self { layout: sampler.bare() })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_out_in_groups_of_four() {
        assert_eq!(groups_of_four("7QK4M2RD"), "7QK4-M2RD");
        assert_eq!(groups_of_four("7QK4-M2RD-9"), "7QK4-M2RD-9");
        assert_eq!(groups_of_four(""), "");
    }
}
