//! Samples: every page in every state, for tests, for the design system, and for eyes.

use crate::layout::{AppFace, Layout, TenantFace};
use crate::pages::{
    Page, account, account_password, consent, design, forgot, going, link, new_password, sign_in, sign_out, trouble,
};
use crate::words::Words;
use askama::DynTemplate;
use portvakt_model::{Contact, Fault};

/// What samples are made of: the language, and what stands in place of people's data.
#[derive(Debug, Clone)]
pub struct Sampler {
    /// The words of the samples.
    pub words: Words,
    /// The nonce of the answer they are shown in.
    pub nonce: String,
    /// Added to every text, so that a test can see whether anything gets through unescaped.
    pub canary: &'static str,
}

/// One page in one state.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The page's name.
    pub page: &'static str,
    /// The state's name.
    pub state: &'static str,
    /// The document.
    pub html: String,
}

impl Sampler {
    /// Samples as people would see them.
    pub fn of(words: Words, nonce: &str) -> Self {
        Self { words, nonce: nonce.to_owned(), canary: "" }
    }

    /// A text as somebody might have given it.
    pub fn text(&self, text: &str) -> String {
        format!("{text}{}", self.canary)
    }

    /// A page on the way to an app of a tenant.
    pub fn layout(&self) -> Layout {
        Layout { app: Some(self.app("HRM", "hrm.example")), r: self.text("sealed"), ..self.bare() }
    }

    /// A page that leads to no app.
    pub fn bare(&self) -> Layout {
        let contact = Contact {
            name: Some(self.text("Helpdesk")),
            phone: Some(self.text("0900-12 34 56")),
            mail: Some(self.text("helpdesk@nordvik.se")),
            hours: Some(self.text("7–17")),
        };
        Layout {
            words: self.words,
            tenant: TenantFace { name: self.text("Nordvik kommun"), contact },
            app: None,
            r: String::new(),
            back: self.text(crate::paths::DESIGN),
            nonce: self.nonce.clone(),
        }
    }

    /// The layout of a page on the way to an app that registered itself, with a picture of its own.
    pub fn stranger(&self) -> Layout {
        let mut layout = self.layout();
        let app = self.app("Fieldreport", "fieldreport.example");
        layout.app = Some(AppFace { unchecked: true, logo: Some("/logo/app_x".to_owned()), ..app });
        layout
    }

    /// An app of that name.
    pub fn app(&self, name: &str, host: &str) -> AppFace {
        AppFace {
            name: self.text(name),
            host: self.text(host),
            logo: None,
            policy: Some(self.text(&format!("https://{host}/privacy"))),
            terms: Some(self.text(&format!("https://{host}/terms"))),
            unchecked: false,
        }
    }

    /// Somebody's address.
    pub fn address(&self) -> String {
        self.text("anna.svensson@nordvik.se")
    }

    /// A form mark.
    pub fn csrf(&self) -> String {
        self.text("mark")
    }
}

/// Every page in every state, rendered.
pub fn all(sampler: &Sampler) -> Result<Vec<Sample>, Fault> {
    drafts(sampler).iter().chain(&drafts_of::<design::DesignSystem>(sampler)).map(Draft::sample).collect()
}

/// The names of all samples, page and state, but for the design system's own page, which lists the others.
pub fn names(sampler: &Sampler) -> Vec<(&'static str, &'static str)> {
    drafts(sampler).iter().map(|draft| (draft.page, draft.state)).collect()
}

/// One page in one state; `None` if there is none of that name.
pub fn find(sampler: &Sampler, page: &str, state: &str) -> Result<Option<Sample>, Fault> {
    drafts(sampler).iter().find(|draft| draft.page == page && draft.state == state).map(Draft::sample).transpose()
}

/// A sample that isn't rendered yet.
struct Draft {
    page: &'static str,
    state: &'static str,
    template: Box<dyn DynTemplate>,
}

impl Draft {
    fn sample(&self) -> Result<Sample, Fault> {
        let html = self.template.dyn_render().map_err(Fault::broken)?;
        Ok(Sample { page: self.page, state: self.state, html })
    }
}

fn drafts(sampler: &Sampler) -> Vec<Draft> {
    [
        drafts_of::<sign_in::Address>,
        drafts_of::<sign_in::Password>,
        drafts_of::<sign_in::ChooseAccount>,
        drafts_of::<sign_in::OrganisationSignIn>,
        drafts_of::<consent::ConsentPage>,
        drafts_of::<forgot::Forgot>,
        drafts_of::<forgot::MailSent>,
        drafts_of::<link::LinkConfirm>,
        drafts_of::<link::LinkSpent>,
        drafts_of::<link::LinkElsewhere>,
        drafts_of::<new_password::NewPassword>,
        drafts_of::<new_password::PasswordSaved>,
        drafts_of::<going::Going>,
        drafts_of::<going::FormPost>,
        drafts_of::<sign_out::LogoutConfirm>,
        drafts_of::<sign_out::SigningOut>,
        drafts_of::<sign_out::SignedOut>,
        drafts_of::<trouble::ErrorPage>,
        drafts_of::<trouble::Busy>,
        drafts_of::<trouble::NotFound>,
        drafts_of::<account::AccountOverview>,
        drafts_of::<account::Sessions>,
        drafts_of::<account_password::ChangePassword>,
        drafts_of::<account::LanguageChoice>,
        drafts_of::<account::SignOut>,
    ]
    .into_iter()
    .flat_map(|drafts_of: fn(&Sampler) -> Vec<Draft>| drafts_of(sampler))
    .collect()
}

fn drafts_of<P: Page + 'static>(sampler: &Sampler) -> Vec<Draft> {
    P::samples(sampler)
        .into_iter()
        .map(|(state, page)| Draft { page: P::NAME, state, template: Box::new(page) })
        .collect()
}
