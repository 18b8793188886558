//! What every page here begins with: the person, their language, and what was just done.

use actix_web::HttpResponse;
use portvakt_flows::authorize::Scene;
use portvakt_flows::settings::Person;
use portvakt_model::{Account, Fault, Tenant};
use portvakt_web::csrf::Form;
use portvakt_web::pages::account::{self, Notice};
use portvakt_web::visit::Visit;
use portvakt_web::{Layout, answer};

/// The query parameter that says what was just done.
const DONE: &str = "done";

/// A visit whose person is known.
pub(crate) struct Room {
    pub(crate) visit: Visit,
    pub(crate) person: Person,
}

impl Room {
    /// Takes the person that the frame let in, and meets them in the language they chose.
    pub(crate) fn enter(mut visit: Visit) -> Result<Self, Fault> {
        let person = visit.person.take().ok_or_else(|| Fault::broken("a person's page without a person"))?;
        if let Some(language) = person.view.account.account.language {
            visit.browser.language = language;
        }
        Ok(Self { visit, person })
    }

    pub(crate) fn account(&self) -> &Account {
        &self.person.view.account.account
    }

    /// The organisation whose people they are, if any.
    pub(crate) fn home(&self) -> Option<&Tenant> {
        self.person.view.tenant.as_ref()
    }

    /// The organisation's name; the deployment's for somebody who has none.
    pub(crate) fn organisation(&self) -> String {
        self.home().map_or_else(|| self.visit.ctx.settings.name.clone(), |tenant| tenant.name.clone())
    }

    /// Where the person is: among their own people, on the way to no app.
    pub(crate) fn scene(&self) -> Scene {
        Scene { tenant: self.home().cloned(), ..Scene::default() }
    }

    pub(crate) fn layout(&self, path: &str) -> Layout {
        self.visit.layout(&self.scene(), "", path)
    }

    /// The mark for the forms here.
    pub(crate) fn mark(&self) -> String {
        self.visit.mark(Form::Account)
    }

    pub(crate) fn face(&self) -> account::Person {
        let address = self.person.view.account.email.as_ref().map_or_else(String::new, |(address, _)| address.clone());
        account::Person { name: self.account().name.clone(), address }
    }

    /// What was just done, if the address says so.
    pub(crate) fn notice(&self) -> Option<Notice> {
        read(self.visit.parameter(DONE))
    }

    /// To the page at `path`, which says what was done; it says nothing where nothing was.
    pub(crate) fn done(&self, path: &str, notice: Option<Notice>) -> HttpResponse {
        answer::go(&self.visit, &to(path, notice))
    }
}

/// `path`, with what was done.
pub(crate) fn to(path: &str, notice: Option<Notice>) -> String {
    notice.map_or_else(|| path.to_owned(), |notice| format!("{path}?{DONE}={}", word(notice)))
}

const ALL: [Notice; 7] = [
    Notice::Withdrawn,
    Notice::Ended,
    Notice::EndedOthers,
    Notice::Password,
    Notice::Overtaken,
    Notice::LinkSent,
    Notice::Language,
];

const fn word(notice: Notice) -> &'static str {
    match notice {
        Notice::Withdrawn => "withdrawn",
        Notice::Ended => "ended",
        Notice::EndedOthers => "others",
        Notice::Password => "password",
        Notice::Overtaken => "overtaken",
        Notice::LinkSent => "link",
        Notice::Language => "language",
    }
}

/// Nothing but a word of ours is believed: an address that somebody was sent says nothing of its own.
fn read(text: &str) -> Option<Notice> {
    ALL.into_iter().find(|notice| word(*notice) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_read_back_and_nothing_else_is() {
        for notice in ALL {
            assert_eq!(read(word(notice)), Some(notice));
        }
        for other in ["", "Ended", "<b>", "ended ", "your account is closed"] {
            assert_eq!(read(other), None, "{other:?}");
        }
        assert_eq!(to("/account", Some(Notice::Withdrawn)), "/account?done=withdrawn");
        assert_eq!(to("/account", None), "/account");
    }
}
