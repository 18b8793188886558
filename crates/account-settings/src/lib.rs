//! Window 2: Account Settings. People see and change their own sign-in here, and nobody else's: the frame lets in only
//! who is signed in and admitted, and every handler works on that person alone. Each parses, calls one flow, renders.

mod language;
mod overview;
mod password;
mod room;
mod sessions;
mod sign_out;

use portvakt_web::csrf::Form;
use portvakt_web::paths;
use portvakt_web::route::{Access, Answered, From, Gives, Route};
use portvakt_web::visit::Visit;
use std::future::ready;

/// The rows of this window.
pub const ROUTES: &[Route] = &[
    page(paths::ACCOUNT, |visit| Box::pin(overview::get(visit))),
    form(paths::ACCOUNT, |visit| Box::pin(overview::post(visit))),
    page(paths::ACCOUNT_SESSIONS, |visit| Box::pin(sessions::get(visit))),
    form(paths::ACCOUNT_SESSIONS, |visit| Box::pin(sessions::post(visit))),
    page(paths::ACCOUNT_PASSWORD, |visit| Box::pin(password::get(visit))),
    form(paths::ACCOUNT_PASSWORD, |visit| Box::pin(password::post(visit))).giving(Gives::Password),
    page(paths::ACCOUNT_LANGUAGE, |visit| Box::pin(ready(language::get(visit)))),
    form(paths::ACCOUNT_LANGUAGE, |visit| Box::pin(language::post(visit))),
    page(paths::ACCOUNT_SIGN_OUT, |visit| Box::pin(ready(sign_out::get(visit)))),
];

type Handler = fn(Visit) -> Answered;

/// Every page shows whose it is.
const fn page(path: &'static str, handler: Handler) -> Route {
    Route::page(path, Access::Person, From::SameSite, handler).giving(Gives::Data)
}

const fn form(path: &'static str, handler: Handler) -> Route {
    Route::form(path, Access::Person, Form::Account, handler)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_web::pages::account::Place;
    use portvakt_web::route::{Cors, Verb};

    #[test]
    fn every_door_asks_for_the_person_and_every_form_for_its_mark() {
        for row in ROUTES {
            assert_eq!(row.access, Access::Person, "{}", row.path);
            assert_eq!((row.from, row.cors), (From::SameSite, Cors::Closed), "{}", row.path);
            assert_eq!(row.form, (row.method == Verb::Post).then_some(Form::Account), "{}", row.path);
        }
    }

    #[test]
    fn every_place_in_the_menu_has_its_page() {
        for place in Place::ALL {
            assert!(ROUTES.iter().any(|row| row.method == Verb::Get && row.path == place.path()), "{}", place.path());
        }
    }
}
