//! "Let this app see this about you?"

use super::Page;
use crate::layout::Layout;
use crate::samples::Sampler;
use askama::Template;

/// What an app asks, for the person to allow or not. Posts `answer` = `allow` or `deny` to [`crate::paths::CONSENT`].
/// The layout must have an app; it is shown with its host, policy and terms.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Consent`].
    pub csrf: String,
    /// The address of the account that is asked.
    pub address: String,
    /// What is asked, in the order in which it is shown.
    pub asks: Vec<Ask>,
}

/// One thing that an app asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `openid` alone: that it is the same person next time.
    Identity,
    /// The name.
    Name {
        /// As it would be told.
        value: String,
    },
    /// `profile` beyond the name.
    Profile,
    /// `email`.
    Mail {
        /// The address as it would be told.
        value: String,
    },
    /// `phone`.
    Phone {
        /// The number as it would be told; empty if there is none.
        value: String,
    },
    /// `address`.
    Postal,
    /// `offline_access`.
    Away,
    /// An API's scope.
    Api {
        /// What it is called.
        name: String,
    },
    /// A scope that we have no words for.
    Other {
        /// The scope itself.
        scope: String,
    },
}

impl Page for ConsentPage {
    const NAME: &'static str = "consent";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let mut layout = sampler.layout();
        layout.app = Some(sampler.app("Fieldreport", "fieldreport.example"));
        let name = Ask::Name { value: sampler.text("Anna Svensson") };
        let mail = Ask::Mail { value: sampler.address() };
        let page = Self {
            layout,
            csrf: sampler.csrf(),
            address: sampler.address(),
            asks: vec![name.clone(), mail.clone(), Ask::Away],
        };
        let many = vec![
            name,
            Ask::Profile,
            mail,
            Ask::Phone { value: sampler.text("+46 70 123 45 67") },
            Ask::Postal,
            Ask::Api { name: sampler.text("Nordvik HR API") },
            Ask::Other { scope: sampler.text("urn:fieldreport:forms") },
            Ask::Away,
        ];
        let mut stranger = page.clone();
        if let Some(app) = &mut stranger.layout.app {
            app.unchecked = true;
        }
        vec![
            ("some", page.clone()),
            ("unchecked", stranger),
            ("many", Self { asks: many, ..page.clone() }),
            ("identity", Self { asks: vec![Ask::Identity], ..page }),
        ]
    }
}
