//! Links from mails. Opening one does nothing (mail programs open links too); a button does.

use super::Page;
use crate::layout::Layout;
use crate::samples::Sampler;
use askama::Template;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To sign in.
    SignIn,
    /// To choose a password.
    Password,
}

/// A link that still is good. Posts `handle` to [`crate::paths::SIGN_IN_LINK`] or [`crate::paths::PASSWORD_LINK`].
#[derive(Debug, Clone, Template)]
#[template(path = "link_confirm.html")]
pub struct LinkConfirm {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Link`].
    pub csrf: String,
    /// The link's handle.
    pub handle: String,
    /// The address it was sent to.
    pub address: String,
    /// What it is for.
    pub purpose: LinkPurpose,
}

impl LinkConfirm {
    fn is_sign_in(&self) -> bool {
        self.purpose == LinkPurpose::SignIn
    }
}

impl Page for LinkConfirm {
    const NAME: &'static str = "link";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.layout(),
            csrf: sampler.csrf(),
            handle: sampler.text("handle"),
            address: sampler.address(),
            purpose: LinkPurpose::SignIn,
        };
        let password = Self { purpose: LinkPurpose::Password, layout: sampler.bare(), ..page.clone() };
        vec![("sign-in", page), ("password", password)]
    }
}

/// A link that is used, replaced or too old. Leads to [`crate::paths::FORGOT`] for a new one.
#[derive(Debug, Clone, Template)]
#[template(path = "link_spent.html")]
pub struct LinkSpent {
    /// The frame.
    pub layout: Layout,
    /// The reference to read out, in groups of four; `None` if nothing was noted.
    pub reference: Option<String>,
}

impl Page for LinkSpent {
    const NAME: &'static str = "link-spent";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        vec![("spent", Self { layout: sampler.bare(), reference: Some(sampler.text("3WX9-HT7C")) })]
    }
}

/// A sign-in link that was opened in another browser than the one that asked.
#[derive(Debug, Clone, Template)]
#[template(path = "link_elsewhere.html")]
pub struct LinkElsewhere {
    /// The frame.
    pub layout: Layout,
}

impl Page for LinkElsewhere {
    const NAME: &'static str = "link-elsewhere";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        vec![("elsewhere", Self { layout: sampler.bare() })]
    }
}
