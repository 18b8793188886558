//! Leaving for the app. Both pages answer 200: a form of ours never leaves the site by redirect, for Chromium applies
//! `form-action` to the whole chain.

use super::Page;
use crate::layout::Layout;
use crate::samples::Sampler;
use askama::Template;

/// Goes on by itself (`<meta http-equiv="refresh">`), or by one button: private-use schemes may need the press.
#[derive(Debug, Clone, Template)]
#[template(path = "going.html")]
pub struct Going {
    /// The frame; it must have an app.
    pub layout: Layout,
    /// Where to: a registered redirect URI with the answer. Nothing else may ever be put here.
    pub url: String,
}

impl Page for Going {
    const NAME: &'static str = "going";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let url = sampler.text("https://hrm.example/callback?code=c&state=s");
        vec![("on", Self { layout: sampler.layout(), url })]
    }
}

/// `response_mode=form_post` (OAuth 2.0 Form Post Response Mode): posts the answer to the app by one nonce script, or by
/// a button where there is no script. Needs [`crate::headers::form_post`].
#[derive(Debug, Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPost {
    /// The frame; it must have an app.
    pub layout: Layout,
    /// The registered redirect URI.
    pub url: String,
    /// The answer's parameters.
    pub fields: Vec<(String, String)>,
}

impl Page for FormPost {
    const NAME: &'static str = "form-post";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let fields = vec![(sampler.text("code"), sampler.text("c")), (sampler.text("state"), sampler.text("s"))];
        vec![("on", Self { layout: sampler.layout(), url: sampler.text("https://hrm.example/callback"), fields })]
    }
}
