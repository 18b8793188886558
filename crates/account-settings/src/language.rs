//! The language of pages and mails.

use crate::room::{Room, to};
use actix_web::HttpResponse;
use portvakt_flows::settings;
use portvakt_model::{Fault, Language};
use portvakt_web::pages::account::{LanguageChoice, Notice};
use portvakt_web::visit::Visit;
use portvakt_web::{answer, cookies, paths};

/// `GET /account/language`.
pub(crate) fn get(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let page = LanguageChoice {
        layout: room.layout(paths::ACCOUNT_LANGUAGE),
        csrf: room.mark(),
        person: room.face(),
        notice: room.notice(),
        chosen: room.account().language,
    };
    answer::page(&room.visit, &page)
}

/// `POST /account/language`. This browser remembers the choice too, so that the sign-in pages agree before they know
/// who comes.
pub(crate) async fn post(visit: Visit) -> Result<HttpResponse, Fault> {
    let room = Room::enter(visit)?;
    let Ok(choice) = choice(room.visit.field("language")) else {
        return Ok(room.done(paths::ACCOUNT_LANGUAGE, None));
    };
    settings::set_language(&room.visit.ctx, &room.person, choice).await?;
    let cookie = choice.map_or_else(cookies::clear_language, cookies::set_language);
    Ok(answer::go_with(&room.visit, &to(paths::ACCOUNT_LANGUAGE, Some(Notice::Language)), &[cookie]))
}

/// What was chosen: a language of ours, or none ("as the browser asks") by an empty value. `Err` for anything else.
fn choice(tag: &str) -> Result<Option<Language>, NoLanguage> {
    if tag.is_empty() {
        return Ok(None);
    }
    Language::ALL.into_iter().find(|language| language.tag() == tag).map(Some).ok_or(NoLanguage)
}

/// Not a language that we have.
#[derive(Debug, PartialEq, Eq)]
struct NoLanguage;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_of_ours_or_the_browser_s_can_be_chosen_and_nothing_else() {
        assert_eq!(choice("nb"), Ok(Some(Language::Nb)));
        assert_eq!(choice(""), Ok(None));
        for other in ["de", "SV", "sv-SE"] {
            assert_eq!(choice(other), Err(NoLanguage), "{other}");
        }
    }
}
