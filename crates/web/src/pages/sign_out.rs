//! Signing out: asked when we can't be sure that the person wants it, said when it is done.

use super::Page;
use crate::layout::Layout;
use crate::samples::Sampler;
use askama::Template;

/// "Sign out?" Posts `act` = `here`, with the sealed request, to [`crate::paths::LOGOUT`].
#[derive(Debug, Clone, Template)]
#[template(path = "logout.html")]
pub struct LogoutConfirm {
    /// The frame; its app, if any, is the one that asks.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Logout`].
    pub csrf: String,
    /// The address of the account that is signed in.
    pub address: String,
}

impl Page for LogoutConfirm {
    const NAME: &'static str = "logout";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self { layout: sampler.bare(), csrf: sampler.csrf(), address: sampler.address() };
        vec![("by-person", page.clone()), ("by-app", Self { layout: sampler.layout(), ..page })]
    }
}

/// "You are signed out", here or everywhere.
#[derive(Debug, Clone, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut {
    /// The frame.
    pub layout: Layout,
    /// Whether every browser was signed out.
    pub everywhere: bool,
}

impl Page for SignedOut {
    const NAME: &'static str = "signed-out";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self { layout: sampler.bare(), everywhere: false };
        vec![("here", page.clone()), ("everywhere", Self { everywhere: true, ..page })]
    }
}
