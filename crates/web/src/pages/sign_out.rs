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
    /// The address of the account that is signed in; nobody's where its person was away for too long.
    pub address: Option<String>,
}

impl Page for LogoutConfirm {
    const NAME: &'static str = "logout";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self { layout: sampler.bare(), csrf: sampler.csrf(), address: Some(sampler.address()) };
        vec![
            ("by-person", page.clone()),
            ("by-app", Self { layout: sampler.layout(), ..page.clone() }),
            ("by-unchecked", Self { layout: sampler.stranger(), ..page.clone() }),
            ("idle", Self { address: None, ..page }),
        ]
    }
}

/// Frames the apps that hear of a sign-out by the front channel (OpenID Connect Front-Channel Logout 1.0 §2), and goes on:
/// when all frames are there, after a few seconds, or by one button. Needs [`crate::headers::framing`].
#[derive(Debug, Clone, Template)]
#[template(path = "signing_out.html")]
pub struct SigningOut {
    /// The frame of the page.
    pub layout: Layout,
    /// The apps' addresses: registered, and nothing else.
    pub frames: Vec<String>,
    /// Where to go on to: a registered post-logout redirect URI, or our own page.
    pub onward: String,
}

impl SigningOut {
    /// How long the page waits for frames without a script, and at the most.
    pub const SECONDS: u32 = 3;
}

impl Page for SigningOut {
    const NAME: &'static str = "signing-out";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let frames = vec![sampler.text("https://hrm.example/out?sid=s"), sampler.text("https://time.example/out")];
        vec![("on", Self { layout: sampler.bare(), frames, onward: sampler.text("https://hrm.example/bye?state=s") })]
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
    /// Where the frame's app asks to go on to, for the person to decide: registered, and nothing else.
    pub onward: Option<String>,
}

impl Page for SignedOut {
    const NAME: &'static str = "signed-out";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self { layout: sampler.bare(), everywhere: false, onward: None };
        let onward = Some(sampler.text("https://hrm.example/bye?state=s"));
        vec![
            ("here", page.clone()),
            ("everywhere", Self { everywhere: true, ..page.clone() }),
            ("offered", Self { layout: sampler.layout(), onward, ..page }),
        ]
    }
}
