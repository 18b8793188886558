//! Sign-out as a page of ours: nobody is signed out by a link, and what is asked can be read in another language.

use crate::kit::{ANNA, Browser, Got, HRM, KARI, MOBILE, PASSWORD, Step, Tokens, World, on_both};
use portvakt_flows::end_session::{self, Onward, Step as End};
use portvakt_flows::jobs::sweep;
use portvakt_flows::signing_keys;
use portvakt_model::app::AppSettings;
use portvakt_model::{Algorithm, Language, Seconds};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::end_session::Request;

on_both! {
    a_link_signs_nobody_out_who_was_away_for_an_hour,
    the_cookie_of_a_session_that_was_ended_ends_no_other,
    signing_in_again_after_an_hour_throws_nobody_out_of_their_apps,
    after_an_hour_somebody_else_begins_a_session_of_their_own,
    an_id_token_is_a_hint_long_after_its_key_was_removed,
    an_app_that_registered_itself_is_a_button_and_no_redirect,
    the_question_can_be_read_again_in_another_language,
    nobody_is_led_to_an_address_that_was_taken_away_meanwhile,
}

const BYE: &str = "https://hrm.example/bye";
const AWAY: Seconds = Seconds::minutes(61);

fn ask(world: &World, browser: &Browser<'_>, request: Request) -> End {
    world.run(end_session::begin(&world.ctx, &browser.cookies(), request))
}

fn by_link() -> Request {
    Request {
        client_id: Some(HRM.to_owned()),
        post_logout_redirect_uri: Some(BYE.to_owned()),
        state: Some("s".to_owned()),
        ui_locales: Some("sv".to_owned()),
        ..Request::default()
    }
}

fn by_hint(tokens: &Tokens) -> Request {
    Request { id_token_hint: tokens.id_token.clone(), ..Request::default() }
}

fn confirms(world: &World, browser: &Browser<'_>, r: Option<&str>, everywhere: bool) -> End {
    world.run(end_session::confirmed(&world.ctx, &browser.cookies(), r, everywhere))
}

fn a_link_signs_nobody_out_who_was_away_for_an_hour(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let End::Confirm { address, .. } = ask(world, &browser, by_link()) else { panic!("nobody was asked") };
    assert_eq!(address.as_deref(), Some(ANNA));
    world.later(AWAY);
    assert!(!browser.may_enter_settings(), "the idle hour is over");
    for request in [by_link(), Request::default()] {
        let End::Confirm { address, .. } = ask(world, &browser, request) else { panic!("nobody was asked") };
        assert_eq!(address, None, "whoever sits there now is not told who it was");
    }
    let tokens = world.refresh(HRM, tokens.refresh()).unwrap();
    let End::Confirm { r, .. } = ask(world, &browser, by_link()) else { panic!("nobody was asked") };
    confirms(world, &browser, Some(&r), false);
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);

    // The app's own person needs not be asked, even then.
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.later(AWAY);
    assert!(matches!(ask(world, &browser, by_hint(&tokens)), End::Ended { .. }));
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn the_cookie_of_a_session_that_was_ended_ends_no_other(world: &World) {
    let (other, _) = world.signed_in_to(HRM);
    let (browser, _) = world.signed_in_to(MOBILE);
    let kept = browser.copy();
    browser.signs_out();
    confirms(world, &kept, None, true);
    assert!(other.may_enter_settings(), "an old cookie is worth nothing");
    let (browser, _) = world.signed_in_to(MOBILE);
    confirms(world, &browser, None, true);
    assert!(!other.may_enter_settings(), "a good one is");
}

/// Types address and password on the way to an app, whatever the browser remembers.
fn signs_in_again(browser: &Browser<'_>, address: &str) {
    let page = browser.sent_by(MOBILE, &[]);
    assert!(page.asks_to_sign_in(), "{page:?}");
    let page = if matches!(page, Step::Password { .. }) { page } else { browser.types_address(page.r(), address) };
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
}

fn signing_in_again_after_an_hour_throws_nobody_out_of_their_apps(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let before = world.sessions(ANNA)[0].id;
    world.later(AWAY);
    signs_in_again(&browser, ANNA);
    let tokens = world.refresh(HRM, tokens.refresh()).unwrap();
    assert_eq!(world.sessions(ANNA).iter().map(|session| session.id).collect::<Vec<_>>(), [before]);
    // What was ended stays ended, whoever signs in afterwards with its cookie.
    let kept = browser.copy();
    browser.signs_out();
    signs_in_again(&kept, ANNA);
    assert!(world.sessions(ANNA).iter().all(|session| session.id != before));
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn after_an_hour_somebody_else_begins_a_session_of_their_own(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.later(AWAY);
    signs_in_again(&browser, KARI);
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn an_id_token_is_a_hint_long_after_its_key_was_removed(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let old = world.redeem(&code).unwrap();
    let hint = old.id_token.clone().unwrap();
    world.run(signing_keys::rotate(&world.ctx, Algorithm::Rs256, true));
    let kids = |world: &World| world.run(signing_keys::list(&world.ctx)).len();
    let before = kids(world);
    world.later(Seconds::days(2));
    world.run(signing_keys::tend(&world.ctx));
    assert_eq!(kids(world), before - 1, "the private half is gone");
    let keys = world.ctx.keeper.keys();
    assert_eq!((keys.verifying().len(), keys.jwks(world.ctx.clock.now()).keys.len()), (before - 1, before - 1));

    let (browser, code) = world.signed_in_to(HRM);
    world.redeem(&code).unwrap();
    let silently = |hint: &str| browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", hint)]);
    silently(&hint).code();
    // Of her, but of a session that is over.
    assert!(matches!(ask(world, &browser, by_hint(&old)), End::Confirm { .. }));
    let forged = format!("{}A{}", &hint[..hint.len() - 9], &hint[hint.len() - 8..]);
    let forged = if forged == hint { hint.replace(&hint[hint.len() - 9..], "BAAAAAAAA") } else { forged };
    assert_eq!(silently(&forged), Step::Error("invalid_request".to_owned()), "a signature that is wrong is wrong");
    assert_eq!(browser.sent_by(HRM, &[("id_token_hint", &forged)]), Step::Error("invalid_request".to_owned()));
    let request = Request { id_token_hint: Some(forged), ..Request::default() };
    assert!(matches!(ask(world, &browser, request), End::Refused(Why::HintInvalid)));
    // Another node reads it from the database.
    let other = world.another_node();
    let step = world.run(end_session::begin(&other, &browser.cookies(), by_hint(&old)));
    assert!(matches!(step, End::Confirm { .. }));

    world.later(Seconds::days(398));
    let (browser, _) = world.signed_in_to(HRM);
    let silently = browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", &hint)]);
    assert_eq!(silently, Step::Error("login_required".to_owned()));
    browser.sent_by(HRM, &[("id_token_hint", &hint)]).code();
    assert!(matches!(ask(world, &browser, by_hint(&old)), End::Refused(Why::HintInvalid)));
    while world.run(sweep::run(&world.ctx)) > 0 {}
    assert_eq!(world.read(|tx| tx.keys().past_keys()), []);
}

fn an_app_that_registered_itself_is_a_button_and_no_redirect(world: &World) {
    world.write(|tx| {
        let mut app = tx.apps().find_by_client_id(HRM)?.unwrap();
        app.settings.self_registered = true;
        tx.apps().replace(&app)
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
    let stranger = world.browser();
    let End::Ended { onward: Onward::Page(Some(r)), .. } = ask(world, &stranger, by_link()) else {
        panic!("a link leads anywhere")
    };
    let offered = |browser: &Browser<'_>| world.run(end_session::offered(&world.ctx, &browser.cookies(), &r));
    let (url, app) = offered(&stranger).unwrap();
    assert_eq!((url, app.client_id.as_str()), (format!("{BYE}?state=s"), HRM));
    assert!(offered(&world.browser()).is_none(), "another browser's");

    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let End::Confirm { r, .. } = ask(world, &browser, by_link()) else { panic!("nobody was asked") };
    let step = confirms(world, &browser, Some(&r), false);
    assert!(matches!(step, End::Ended { onward: Onward::Page(Some(_)), .. }), "a yes to us is none to them");
    let hinted = Request { id_token_hint: tokens.id_token, ..by_link() };
    assert!(matches!(ask(world, &browser, hinted.clone()), End::Ended { onward: Onward::Page(Some(_)), .. }));
    let (browser, code) = world.signed_in_to(HRM);
    let hinted = Request { id_token_hint: world.redeem(&code).unwrap().id_token, ..hinted };
    let step = ask(world, &browser, hinted);
    assert!(matches!(step, End::Ended { onward: Onward::App(url, _), .. } if url == format!("{BYE}?state=s")));
}

fn nobody_is_led_to_an_address_that_was_taken_away_meanwhile(world: &World) {
    let change = |change: fn(&mut AppSettings)| {
        world.write(move |tx| {
            let mut app = tx.apps().find_by_client_id(HRM)?.unwrap();
            change(&mut app.settings);
            tx.apps().replace(&app)
        });
        world.run(world.ctx.keeper.refresh(&world.ctx.dice));
    };
    let (browser, _) = world.signed_in_to(HRM);
    let End::Confirm { r, .. } = ask(world, &browser, by_link()) else { panic!("nobody was asked") };
    change(|settings| settings.self_registered = true);
    let stranger = world.browser();
    let End::Ended { onward: Onward::Page(Some(button)), .. } = ask(world, &stranger, by_link()) else {
        panic!("a link leads anywhere")
    };
    change(|settings| settings.post_logout_redirect_uris.clear());
    let step = confirms(world, &browser, Some(&r), false);
    assert!(matches!(step, End::Ended { onward: Onward::Page(None), .. }));
    assert!(world.run(end_session::offered(&world.ctx, &stranger.cookies(), &button)).is_none());
}

fn the_question_can_be_read_again_in_another_language(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let End::Confirm { r, scene, .. } = ask(world, &browser, by_link()) else { panic!("nobody was asked") };
    assert_eq!(scene.ui_locales.as_deref(), Some("sv"));
    let switched = end_session::in_language(&world.ctx, &browser.cookies(), &r, Language::En).unwrap();
    let again = |browser: &Browser<'_>, r: &str| world.run(end_session::ask_again(&world.ctx, &browser.cookies(), r));
    let End::Confirm { r: same, scene, address } = again(&browser, &switched) else { panic!("not asked again") };
    assert_eq!((same.as_str(), scene.ui_locales.as_deref(), address.as_deref()), (&*switched, Some("en"), Some(ANNA)));
    assert_eq!(scene.app.unwrap().client_id, HRM);
    assert!(matches!(again(&world.browser(), &switched), End::Stale), "another browser's");
    assert!(browser.may_enter_settings(), "reading ends nothing");
    let step = confirms(world, &browser, Some(&same), false);
    assert!(matches!(step, End::Ended { onward: Onward::App(..), .. }));
    assert!(matches!(again(&browser, &switched), End::Ended { onward: Onward::App(..), .. }), "ended in another tab");
}
