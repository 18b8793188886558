//! Window 1: relying apps, and the sign-in pages on the way to them. Each handler parses, calls one flow, and renders.

pub mod authorize;
pub mod consent;
pub mod endpoints;
pub mod language;
pub mod logout;
pub mod password;
pub mod register;
pub mod sign_in;

use portvakt_protocol::oauth::discovery::path;
use portvakt_web::csrf::Form;
use portvakt_web::paths;
use portvakt_web::route::{Access, Cors, From, Gives, Route, Verb};

/// Stands in the table for the tokens of registration: no person ever gets one, and in a deployment that is open to
/// everybody the first needs none.
pub const REGISTRATION: &str = "registration";

/// An app's own registration, below [`path::REGISTER`].
const OWN: &str = "/register/{client_id}";

/// The rows of this window.
pub fn routes() -> Vec<Route> {
    use Access::{Client, Handle, Public, Token};
    vec![
        // What programs read.
        Route::machine(Verb::Get, path::OPENID_CONFIGURATION, Public, Cors::Open, |v| {
            Box::pin(endpoints::discovery(v))
        }),
        Route::machine(Verb::Get, path::OAUTH_SERVER, Public, Cors::Open, |v| Box::pin(endpoints::discovery(v))),
        Route::machine(Verb::Get, path::JWKS, Public, Cors::Open, |v| Box::pin(endpoints::jwks(v))),
        // What apps call.
        Route::machine(Verb::Post, path::TOKEN, Client, Cors::Registered, |v| Box::pin(endpoints::token(v)))
            .giving(Gives::Tokens),
        Route::machine(Verb::Get, path::USERINFO, Token("openid"), Cors::Registered, |v| {
            Box::pin(endpoints::userinfo(v))
        })
        .giving(Gives::Data),
        Route::machine(Verb::Post, path::USERINFO, Token("openid"), Cors::Registered, |v| {
            Box::pin(endpoints::userinfo(v))
        })
        .giving(Gives::Data),
        Route::machine(Verb::Post, path::INTROSPECT, Client, Cors::Closed, |v| Box::pin(endpoints::introspect(v)))
            .giving(Gives::Data),
        Route::machine(Verb::Post, path::REVOKE, Client, Cors::Registered, |v| Box::pin(endpoints::revoke(v))),
        // What apps do with their own registration.
        Route::machine(Verb::Post, path::REGISTER, Token(REGISTRATION), Cors::Closed, |v| {
            Box::pin(register::register(v))
        })
        .giving(Gives::Secret),
        Route::machine(Verb::Get, OWN, Token(REGISTRATION), Cors::Closed, |v| Box::pin(register::read(v))),
        Route::machine(Verb::Put, OWN, Token(REGISTRATION), Cors::Closed, |v| Box::pin(register::update(v)))
            .giving(Gives::Secret),
        Route::machine(Verb::Delete, OWN, Token(REGISTRATION), Cors::Closed, |v| Box::pin(register::delete(v))),
        Route::page("/logo/{client_id}", Public, From::SameSite, |v| Box::pin(register::logo(v))),
        // Where apps send people.
        Route::page(path::AUTHORIZE, Public, From::CrossSite, |v| Box::pin(authorize::get(v))).giving(Gives::Tokens),
        Route {
            method: Verb::Post,
            ..Route::page(path::AUTHORIZE, Public, From::CrossSite, |v| Box::pin(authorize::post(v)))
        },
        Route::page(path::END_SESSION, Public, From::CrossSite, |v| Box::pin(logout::begin(v))),
        Route {
            method: Verb::Post,
            ..Route::page(path::END_SESSION, Public, From::CrossSite, |v| Box::pin(logout::begin_by_post(v)))
        },
        // The sign-in.
        Route::page(paths::RESUME, Handle, From::SameSite, |v| Box::pin(authorize::resume(v))).giving(Gives::Tokens),
        Route::page(paths::SIGN_IN, Handle, From::SameSite, |v| Box::pin(sign_in::address_page(v))),
        Route::form(paths::SIGN_IN, Handle, Form::Address, |v| Box::pin(sign_in::address(v))),
        Route::page(paths::CHOOSE, Handle, From::SameSite, |v| Box::pin(sign_in::choose_page(v))).giving(Gives::Data),
        Route::form(paths::CHOOSE, Handle, Form::Choose, |v| Box::pin(sign_in::choose(v))),
        Route::page(paths::PASSWORD, Handle, From::SameSite, |v| Box::pin(sign_in::password_page(v))),
        Route::form(paths::PASSWORD, Handle, Form::Password, |v| Box::pin(sign_in::password(v))).giving(Gives::Session),
        Route::page(paths::FORGOT, Handle, From::SameSite, |v| Box::pin(password::forgot_page(v))),
        Route::form(paths::FORGOT_RESET, Handle, Form::Forgot, |v| Box::pin(password::forgot_reset(v))),
        Route::form(paths::FORGOT_LINK, Handle, Form::Forgot, |v| Box::pin(password::forgot_link(v))),
        Route::page(paths::SIGN_IN_LINK, Handle, From::CrossSite, |v| Box::pin(password::sign_in_link_page(v))),
        Route::form(paths::SIGN_IN_LINK, Handle, Form::Link, |v| Box::pin(password::sign_in_link(v)))
            .giving(Gives::Session),
        Route::page(paths::PASSWORD_LINK, Handle, From::CrossSite, |v| Box::pin(password::link_page(v))),
        Route::form(paths::PASSWORD_LINK, Handle, Form::Link, |v| Box::pin(password::choose_page(v)))
            .giving(Gives::Data),
        Route::form(paths::PASSWORD_NEW, Handle, Form::NewPassword, |v| Box::pin(password::choose(v)))
            .giving(Gives::Password),
        Route::page(paths::CONSENT, Handle, From::SameSite, |v| Box::pin(consent::page(v))).giving(Gives::Data),
        Route::form(paths::CONSENT, Handle, Form::Consent, |v| Box::pin(consent::answer(v))).giving(Gives::Tokens),
        // The sign-out.
        Route::page(paths::LOGOUT, Public, From::SameSite, |v| Box::pin(logout::page(v))),
        Route::form(paths::LOGOUT, Public, Form::Logout, |v| Box::pin(logout::confirmed(v))),
        Route::page(path::CHECK_SESSION, Public, From::CrossSite, |v| Box::pin(logout::check_session(v))),
        Route::page(paths::LOGOUT_DONE, Public, From::SameSite, |v| Box::pin(logout::done(v))),
        // The language, everywhere.
        Route::page(paths::LANGUAGE, Public, From::SameSite, |v| Box::pin(language::choose(v))),
    ]
}
