//! The design system: every component in its states, and a link to a sample of every page.

use super::Page;
use crate::layout::Layout;
use crate::samples::{Sampler, names};
use askama::Template;

/// For those who build pages. Shows nobody's data.
#[derive(Debug, Clone, Template)]
#[template(path = "design.html")]
pub struct DesignSystem {
    /// The frame.
    pub layout: Layout,
    /// Page and state of every sample.
    pub samples: Vec<(&'static str, &'static str)>,
}

impl Page for DesignSystem {
    const NAME: &'static str = "design";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        vec![("all", Self { layout: sampler.bare(), samples: names(sampler) })]
    }
}
