//! Account Settings: what people see and change about themselves.

use super::Page;
use crate::layout::{Layout, initials};
use crate::paths;
use crate::samples::Sampler;
use crate::words::Words;
use askama::Template;
use portvakt_model::{Language, Timestamp};

/// The rooms of Account Settings, in the order of the side navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Overview.
    Overview,
    /// Signed-in browsers.
    Sessions,
    /// Password.
    Password,
    /// Language.
    Language,
    /// Signing out.
    SignOut,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Overview, Self::Sessions, Self::Password, Self::Language, Self::SignOut];

    /// Where it is.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Overview => paths::ACCOUNT,
            Self::Sessions => paths::ACCOUNT_SESSIONS,
            Self::Password => paths::ACCOUNT_PASSWORD,
            Self::Language => paths::ACCOUNT_LANGUAGE,
            Self::SignOut => paths::ACCOUNT_SIGN_OUT,
        }
    }

    /// What it is called.
    pub const fn label(self, words: &Words) -> &'static str {
        match self {
            Self::Overview => words.account_overview(),
            Self::Sessions => words.account_sessions(),
            Self::Password => words.account_password(),
            Self::Language => words.account_language(),
            Self::SignOut => words.account_sign_out(),
        }
    }
}

/// Whose settings they are.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The primary address.
    pub address: String,
}

impl Person {
    pub(super) fn initials(&self) -> String {
        initials(if self.name.is_empty() { &self.address } else { &self.name })
    }

    /// The name, or the address where there is none.
    fn called(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }

    /// For samples.
    pub(super) fn sample(sampler: &Sampler) -> Self {
        Self { name: sampler.text("Anna Svensson"), address: sampler.address() }
    }
}

/// What was just done, said at the top of the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A consent was withdrawn.
    Withdrawn,
    /// A browser was signed out.
    Ended,
    /// All other browsers were signed out.
    EndedOthers,
    /// The password was changed.
    Password,
    /// The password was not changed: somebody else changed it at the same moment.
    Overtaken,
    /// A link to choose the first password was mailed.
    LinkSent,
    /// The language was saved.
    Language,
}

impl Notice {
    /// Whether it tells of something done; else of something that was not.
    pub const fn is_good(self) -> bool {
        match self {
            Self::Withdrawn | Self::Ended | Self::EndedOthers | Self::Password | Self::LinkSent | Self::Language => {
                true
            }
            Self::Overtaken => false,
        }
    }

    /// What is said.
    pub const fn text(self, words: &Words) -> &'static str {
        match self {
            Self::Withdrawn => words.notice_withdrawn(),
            Self::Ended => words.notice_ended(),
            Self::EndedOthers => words.notice_ended_others(),
            Self::Password => words.notice_password(),
            Self::Overtaken => words.notice_overtaken(),
            Self::LinkSent => words.notice_link(),
            Self::Language => words.notice_language(),
        }
    }
}

/// The overview. Posts `withdraw` = an app's handle to [`paths::ACCOUNT`].
#[derive(Debug, Clone, Template)]
#[template(path = "account/overview.html")]
pub struct AccountOverview {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Account`].
    pub csrf: String,
    /// Whose it is.
    pub person: Person,
    /// What was just done.
    pub notice: Option<Notice>,
    /// The home organisation's name, if there is one.
    pub organisation: Option<String>,
    /// How the password stands.
    pub password: PasswordState,
    /// How many browsers are signed in, this one too.
    pub browsers: u32,
    /// The apps that were let in.
    pub apps: Vec<ConnectedApp>,
}

/// How an account's password stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordState {
    /// Set.
    Changed {
        /// When last.
        at: Timestamp,
    },
    /// Never chosen.
    None,
    /// The organisation doesn't use passwords here.
    Off,
}

/// An app that the person let in.
#[derive(Debug, Clone)]
pub struct ConnectedApp {
    /// What the form posts for it.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// Its host; may be empty.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether also while the person is away.
    pub away: bool,
}

impl ConnectedApp {
    fn initials(&self) -> String {
        initials(&self.name)
    }
}

impl AccountOverview {
    const HERE: Place = Place::Overview;

    fn has_times(&self) -> bool {
        !self.apps.is_empty() || matches!(self.password, PasswordState::Changed { .. })
    }
}

impl Page for AccountOverview {
    const NAME: &'static str = "account";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let at = Timestamp::from_seconds(1_768_385_700);
        let app = |handle: &str, name: &str, host: &str, away| ConnectedApp {
            handle: sampler.text(handle),
            name: sampler.text(name),
            host: sampler.text(host),
            since: at,
            away,
        };
        let page = Self {
            layout: sampler.bare(),
            csrf: sampler.csrf(),
            person: Person::sample(sampler),
            notice: None,
            organisation: Some(sampler.text("Nordvik kommun")),
            password: PasswordState::Changed { at },
            browsers: 2,
            apps: vec![app("1", "Fieldreport", "fieldreport.example", true), app("2", "Mobile", "", false)],
        };
        let new = Self { apps: vec![], browsers: 1, password: PasswordState::None, organisation: None, ..page.clone() };
        vec![
            ("apps", page.clone()),
            ("none", new),
            ("withdrawn", Self { notice: Some(Notice::Withdrawn), password: PasswordState::Off, ..page }),
        ]
    }
}

/// Signed-in browsers. Posts `end` = a row's handle, or `others` = `yes`, to [`paths::ACCOUNT_SESSIONS`].
#[derive(Debug, Clone, Template)]
#[template(path = "account/sessions.html")]
pub struct Sessions {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Account`].
    pub csrf: String,
    /// Whose they are.
    pub person: Person,
    /// What was just done.
    pub notice: Option<Notice>,
    /// The rows; this browser first, then the last used.
    pub sessions: Vec<SessionRow>,
}

/// One browser that is signed in.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// What the form posts for it.
    pub handle: String,
    /// Browser and system, as far as they can be told; may be empty.
    pub browser: String,
    /// When it was signed in.
    pub first: Timestamp,
    /// When it was last used.
    pub last: Timestamp,
    /// Whether it is this one.
    pub current: bool,
    /// Whether it stays signed in when it is closed.
    pub keep: bool,
}

impl SessionRow {
    /// What it is called on the page.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand references")]
    fn called(&self, words: &Words) -> &str {
        if self.browser.is_empty() { words.sessions_unknown() } else { &self.browser }
    }
}

impl Sessions {
    const HERE: Place = Place::Sessions;

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

impl Page for Sessions {
    const NAME: &'static str = "sessions";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let row = |handle: &str, browser: &str, current| SessionRow {
            handle: sampler.text(handle),
            browser: sampler.text(browser),
            first: Timestamp::from_seconds(1_795_000_000),
            last: Timestamp::from_seconds(1_795_269_900),
            current,
            keep: !current,
        };
        let page = Self {
            layout: sampler.bare(),
            csrf: sampler.csrf(),
            person: Person::sample(sampler),
            notice: None,
            sessions: vec![
                row("1", "Firefox · Windows", true),
                row("2", "Safari · iPhone", false),
                SessionRow { browser: String::new(), ..row("3", "", false) },
            ],
        };
        let one = Self {
            sessions: vec![row("1", "Firefox · Windows", true)],
            notice: Some(Notice::EndedOthers),
            ..page.clone()
        };
        vec![("many", page), ("one", one)]
    }
}

/// The language of pages and mails. Posts `language` = a tag, or empty for the browser's, to
/// [`paths::ACCOUNT_LANGUAGE`].
#[derive(Debug, Clone, Template)]
#[template(path = "account/language.html")]
pub struct LanguageChoice {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Account`].
    pub csrf: String,
    /// Whose it is.
    pub person: Person,
    /// What was just done.
    pub notice: Option<Notice>,
    /// What is chosen now.
    pub chosen: Option<Language>,
}

impl LanguageChoice {
    const HERE: Place = Place::Language;

    /// Whether `language` is the chosen one.
    pub fn is_chosen(&self, language: &Language) -> bool {
        self.chosen == Some(*language)
    }
}

impl Page for LanguageChoice {
    const NAME: &'static str = "language";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: sampler.bare(),
            csrf: sampler.csrf(),
            person: Person::sample(sampler),
            notice: None,
            chosen: None,
        };
        let saved = Self { notice: Some(Notice::Language), chosen: Some(sampler.words.language()), ..page.clone() };
        vec![("browser", page), ("saved", saved)]
    }
}

/// How far signing out shall reach. Posts `act` = `here` or `everywhere` to [`paths::LOGOUT`].
#[derive(Debug, Clone, Template)]
#[template(path = "account/sign_out.html")]
pub struct SignOut {
    /// The frame.
    pub layout: Layout,
    /// The form mark for [`crate::csrf::Form::Logout`].
    pub csrf: String,
    /// Whose it is.
    pub person: Person,
    /// What was just done.
    pub notice: Option<Notice>,
}

impl SignOut {
    const HERE: Place = Place::SignOut;
}

impl Page for SignOut {
    const NAME: &'static str = "account-sign-out";
    fn samples(sampler: &Sampler) -> Vec<(&'static str, Self)> {
        let person = Person::sample(sampler);
        vec![("ask", Self { layout: sampler.bare(), csrf: sampler.csrf(), person, notice: None })]
    }
}
