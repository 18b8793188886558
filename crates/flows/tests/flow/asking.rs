//! What an app may ask of a sign-in: `prompt`, `max_age`, hints, `acr`, consent (OpenID Connect Core §3.1.2.1).

use crate::kit::{ANNA, Got, HRM, KARI, NILS, NOW, PASSWORD, PORTAL, Step, World, on_both};
use portvakt_flows::sign_in::choose::Choice;
use portvakt_flows::{authorize, consent};
use portvakt_model::Seconds;
use portvakt_protocol::oauth::Why;
use serde_json::json;

on_both! {
    silently_means_silently,
    who_is_signed_in_is_not_asked_again,
    prompt_login_asks_again_and_nothing_less_will_do,
    signing_in_again_keeps_what_other_apps_were_given,
    signing_in_as_somebody_else_ends_the_session_before,
    a_sign_in_that_is_too_old_is_renewed,
    only_the_person_of_the_hint_will_do,
    a_person_asked_for_by_value_is_that_person,
    a_hint_never_makes_up_for_a_person_that_was_asked_for,
    a_demand_that_cannot_be_read_is_refused_and_never_dropped,
    nothing_goes_to_an_address_that_was_taken_away_meanwhile,
    a_hint_that_ran_out_is_still_a_hint,
    the_login_hint_stands_in_the_address_field,
    wishes_for_languages_and_looks_are_never_an_error,
    consent_is_asked_once_and_remembered,
    consent_of_one_person_is_not_that_of_another,
    consent_to_one_thing_is_not_consent_to_another,
    prompt_consent_asks_again_also_for_the_house,
    who_says_no_is_not_let_through,
    consent_withdrawn_ends_what_the_app_has,
    consent_withdrawn_ends_a_code_under_way,
    only_who_was_asked_can_consent,
    a_wished_acr_is_stated_only_if_it_was_reached,
    an_essential_acr_that_cannot_be_reached_refuses,
    sso_reaches_a_second_app_without_a_page,
}

fn error(step: Step) -> String {
    let Step::Error(code) = step else { panic!("{step:?} is no error") };
    code
}

fn silently_means_silently(world: &World) {
    let none = &[("prompt", "none")];
    let browser = world.browser();
    assert_eq!(error(browser.sent_by(HRM, none)), "login_required");
    browser.signs_in_as(ANNA, HRM, &[]).code();
    let tokens = world.redeem(&browser.sent_by(HRM, none).code()).unwrap();
    assert_eq!(tokens.id_claim("sub"), json!(world.account(ANNA).sub));
    assert_eq!(error(browser.sent_by(PORTAL, none)), "consent_required");
    for both in ["none login", "none consent", "none select_account"] {
        assert_eq!(error(browser.sent_by(HRM, &[("prompt", both)])), "invalid_request");
    }
}

fn who_is_signed_in_is_not_asked_again(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.sent_by(HRM, &[]).code();
    world.later(Seconds(3599));
    browser.sent_by(HRM, &[]).code();
    world.later(Seconds(3599));
    browser.sent_by(HRM, &[]).code();
    world.later(Seconds(3600));
    assert!(browser.sent_by(HRM, &[]).asks_to_sign_in(), "an hour unused is the most");
}

fn prompt_login_asks_again_and_nothing_less_will_do(world: &World) {
    for ask in [("prompt", "login"), ("max_age", "0")] {
        let (browser, _) = world.signed_in_to(HRM);
        world.later(Seconds(30));
        let page = browser.sent_by(HRM, &[ask]);
        let Step::Password { r, address } = &page else { panic!("{page:?}") };
        assert_eq!(address, ANNA);
        assert!(browser.open(r).asks_to_sign_in(), "opening the page again is no sign-in");
        world.later(Seconds(30));
        let Got::In(Some(r)) = browser.types_password(r, PASSWORD) else { panic!("not signed in") };
        let tokens = world.redeem(&browser.open(&r).code()).unwrap();
        assert_eq!(tokens.id_claim("auth_time"), json!(world.ctx.clock.now().seconds()));
    }
}

fn signing_in_again_keeps_what_other_apps_were_given(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let before = world.redeem(&code).unwrap();
    let old = browser.copy();
    world.later(Seconds(60));
    let page = browser.sent_by(HRM, &[("prompt", "login")]);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("not signed in") };
    let after = world.redeem(&browser.open(&r).code()).unwrap();
    assert_eq!(after.id_claim("sid"), before.id_claim("sid"), "it is the same session");
    assert!(world.refresh(HRM, before.refresh()).is_ok());
    assert!(!old.may_enter_settings(), "under a new name (session fixation)");
    assert_eq!(world.sessions(ANNA).len(), 1);
}

fn signing_in_as_somebody_else_ends_the_session_before(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let annas = world.redeem(&code).unwrap();
    let page = browser.sent_by(HRM, &[("prompt", "select_account")]);
    let page = browser.chooses(page.r(), Choice::Another);
    let page = browser.types_address(page.r(), NILS);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("not signed in") };
    browser.open(&r).code();
    assert!(world.sessions(ANNA).is_empty());
    assert_eq!(world.refresh(HRM, annas.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn a_sign_in_that_is_too_old_is_renewed(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    world.later(Seconds(60));
    browser.sent_by(HRM, &[("max_age", "60")]).code();
    world.later(Seconds(1));
    assert_eq!(error(browser.sent_by(HRM, &[("max_age", "60"), ("prompt", "none")])), "login_required");
    let page = browser.sent_by(HRM, &[("max_age", "60")]);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("not signed in") };
    let tokens = world.redeem(&browser.open(&r).code()).unwrap();
    assert_eq!(tokens.id_claim("auth_time"), json!(NOW.seconds() + 61));
}

fn only_the_person_of_the_hint_will_do(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let annas = world.redeem(&code).unwrap().id_token.unwrap();
    let silently = |hint: &str| browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", hint)]);
    silently(&annas).code();
    let karis = world.browser().signs_in_as(KARI, HRM, &[]).code();
    let karis = world.redeem(&karis).unwrap().id_token.unwrap();
    assert_eq!(error(silently(&karis)), "login_required");
    assert!(browser.sent_by(HRM, &[("id_token_hint", &karis)]).asks_to_sign_in());
    assert_eq!(error(silently("no token")), "invalid_request");
    let portals = world.redeem(&browser.signs_on_to(PORTAL)).unwrap().id_token.unwrap();
    assert_eq!(error(silently(&portals)), "invalid_request", "another app's");
}

fn a_person_asked_for_by_value_is_that_person(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let asking = |address: &str| format!(r#"{{"id_token":{{"sub":{{"value":"{}"}}}}}}"#, world.account(address).sub);
    browser.sent_by(HRM, &[("prompt", "none"), ("claims", &asking(ANNA))]).code();
    assert_eq!(error(browser.sent_by(HRM, &[("prompt", "none"), ("claims", &asking(KARI))])), "login_required");
    let among = |addresses: [&str; 2]| {
        let subs = addresses.map(|address| world.account(address).sub);
        json!({ "id_token": { "sub": { "values": subs } } }).to_string()
    };
    browser.sent_by(HRM, &[("prompt", "none"), ("claims", &among([KARI, ANNA]))]).code();
    let others = among([KARI, NILS]);
    assert_eq!(error(browser.sent_by(HRM, &[("prompt", "none"), ("claims", &others)])), "login_required");
}

/// OpenID Connect Core §3.1.2.2: nobody is answered for but the person that was asked for, by whichever of the two.
fn a_hint_never_makes_up_for_a_person_that_was_asked_for(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let annas = world.redeem(&code).unwrap().id_token.unwrap();
    let asks = |sub: &serde_json::Value| {
        let claims = json!({ "id_token": { "sub": sub } }).to_string();
        browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", &annas), ("claims", &claims)])
    };
    asks(&json!({ "value": world.account(ANNA).sub })).code();
    assert_eq!(error(asks(&json!({ "value": world.account(KARI).sub }))), "invalid_request");
}

fn a_demand_that_cannot_be_read_is_refused_and_never_dropped(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let asks = |acr: &serde_json::Value| {
        let claims = json!({ "id_token": { "acr": acr } }).to_string();
        error(browser.sent_by(HRM, &[("prompt", "none"), ("claims", &claims)]))
    };
    assert_eq!(asks(&json!({ "essential": true, "value": "phrh" })), "interaction_required");
    assert_eq!(asks(&json!({ "essential": true, "value": ["phrh"] })), "invalid_request");
    assert_eq!(asks(&json!({ "essential": true, "value": "phrh", "values": ["phrh"] })), "invalid_request");
}

/// The app's redirect URI is given up while a page is open: no code and no error goes there, on no way through the pages.
fn nothing_goes_to_an_address_that_was_taken_away_meanwhile(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let asked = browser.sent_by(PORTAL, &[]);
    let Step::Consent { .. } = &asked else { panic!("{asked:?}") };
    let typing = world.browser();
    let password = typing.password_page(HRM, ANNA);
    let choosing = browser.sent_by(HRM, &[("prompt", "select_account")]);
    for client in [HRM, PORTAL] {
        world.write(move |tx| {
            let mut app = tx.apps().find_by_client_id(client)?.unwrap();
            app.settings.redirect_uris = vec![format!("{}/moved", app.settings.redirect_uris[0])];
            tx.apps().replace(&app)
        });
    }
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
    let gone = Step::Page(Why::RedirectUnknown);
    assert_eq!(browser.open(choosing.r()), gone);
    let Got::In(Some(r)) = typing.types_password(password.r(), PASSWORD) else { panic!("not signed in") };
    assert_eq!(typing.open(&r), gone);
    assert_eq!(browser.consents(asked.r(), false), gone);
    assert_eq!(browser.consents(asked.r(), true), gone);
    let cookies = typing.cookies();
    let cancelled = world.run(authorize::cancel(&world.ctx, &cookies, password.r(), Why::PersonRefused));
    assert!(matches!(cancelled, authorize::Step::Refused(Why::RedirectUnknown)));
}

fn a_hint_that_ran_out_is_still_a_hint(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let hint = world.redeem(&code).unwrap().id_token.unwrap();
    world.later(Seconds(3000));
    browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", &hint)]).code();
}

fn the_login_hint_stands_in_the_address_field(world: &World) {
    let page = world.browser().sent_by(HRM, &[("login_hint", ANNA)]);
    let Step::Address { hint, .. } = page else { panic!("{page:?}") };
    assert_eq!(hint.as_deref(), Some(ANNA));
}

fn wishes_for_languages_and_looks_are_never_an_error(world: &World) {
    for wish in [
        ("ui_locales", "sv nb en"),
        ("ui_locales", "se"),
        ("ui_locales", "!? -- xx-unknown"),
        ("claims_locales", "se fr-CA"),
        ("claims_locales", "!?"),
        ("display", "page"),
        ("display", "popup"),
        ("display", "touch"),
        ("display", "wap"),
        ("display", "hologram"),
    ] {
        let (browser, _) = world.signed_in_to(HRM);
        browser.sent_by(HRM, &[wish]).code();
        assert!(world.browser().sent_by(HRM, &[wish]).asks_to_sign_in(), "{wish:?}");
    }
}

fn consent_is_asked_once_and_remembered(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(PORTAL, &[]);
    let Step::Consent { r, scopes, .. } = &page else { panic!("{page:?}") };
    assert_eq!(scopes, &["openid", "profile", "email"]);
    browser.consents(r, true).code();
    browser.sent_by(PORTAL, &[]).code();
    browser.sent_by(PORTAL, &[("prompt", "none")]).code();
    browser.sent_by(PORTAL, &[("scope", "openid")]).code();
    // Another browser of the same person.
    let other = world.browser();
    let page = other.sent_by(PORTAL, &[]);
    let page = other.types_address(page.r(), ANNA);
    let Got::In(Some(r)) = other.types_password(page.r(), PASSWORD) else { panic!("not signed in") };
    other.open(&r).code();
}

fn consent_of_one_person_is_not_that_of_another(world: &World) {
    world.signed_in_to(PORTAL);
    let browser = world.browser();
    browser.signs_in_as(KARI, HRM, &[]).code();
    assert_eq!(error(browser.sent_by(PORTAL, &[("prompt", "none")])), "consent_required");
    let page = browser.sent_by(PORTAL, &[]);
    assert!(matches!(page, Step::Consent { .. }), "{page:?}");
}

fn consent_to_one_thing_is_not_consent_to_another(world: &World) {
    let (browser, _) = world.signed_in_to(PORTAL);
    for more in [
        ("scope", "openid profile email phone"),
        ("scope", "openid offline_access"),
        ("resource", crate::kit::TIMESHEETS),
        ("claims", r#"{"userinfo":{"birthdate":null}}"#),
    ] {
        let page = browser.sent_by(PORTAL, &[more]);
        assert!(matches!(page, Step::Consent { .. }), "{more:?}: {page:?}");
        assert_eq!(error(browser.sent_by(PORTAL, &[more, ("prompt", "none")])), "consent_required");
    }
}

fn prompt_consent_asks_again_also_for_the_house(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    for _ in 0..2 {
        world.later(Seconds(10));
        let page = browser.sent_by(HRM, &[("prompt", "consent")]);
        assert!(matches!(page, Step::Consent { .. }), "{page:?}");
        assert!(matches!(browser.open(page.r()), Step::Consent { .. }));
        browser.consents(page.r(), true).code();
    }
}

fn who_says_no_is_not_let_through(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(PORTAL, &[]);
    assert_eq!(error(browser.consents(page.r(), false)), "access_denied");
    assert!(matches!(browser.sent_by(PORTAL, &[]), Step::Consent { .. }));
}

fn consent_withdrawn_ends_what_the_app_has(world: &World) {
    let (browser, code) = world.signed_in_asking(PORTAL, &[("scope", "openid offline_access")]);
    let tokens = world.redeem(&code).unwrap();
    let (person, app) = (browser.person().unwrap(), world.run(world.ctx.keeper.app(PORTAL)).unwrap().id);
    assert!(world.run(consent::withdraw(&world.ctx, &person, app)));
    assert_eq!(world.refresh(PORTAL, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    assert!(matches!(browser.sent_by(PORTAL, &[]), Step::Consent { .. }));
}

const ONE: &str = "urn:portvakt:acr:one-factor";
const TWO: &str = "urn:portvakt:acr:two-factor";

fn a_wished_acr_is_stated_only_if_it_was_reached(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    for (wish, stated) in [(TWO, ONE), ("https://refeds.org/profile/mfa", ONE), (ONE, ONE), ("whatever", ONE)] {
        let code = browser.sent_by(HRM, &[("acr_values", wish)]).code();
        assert_eq!(world.redeem(&code).unwrap().id_claim("acr"), json!(stated), "{wish}");
    }
    let voluntary = format!(r#"{{"id_token":{{"acr":{{"values":["{TWO}"]}}}}}}"#);
    let code = browser.sent_by(HRM, &[("claims", &voluntary)]).code();
    assert_eq!(world.redeem(&code).unwrap().id_claim("acr"), json!(ONE));
}

fn an_essential_acr_that_cannot_be_reached_refuses(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let claims = |acr: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":["{acr}"]}}}}}}"#);
    assert_eq!(error(browser.sent_by(HRM, &[("claims", &claims(TWO))])), "unmet_authentication_requirements");
    let silently = browser.sent_by(HRM, &[("claims", &claims(TWO)), ("prompt", "none")]);
    assert_eq!(error(silently), "interaction_required");
    browser.sent_by(HRM, &[("claims", &claims(ONE))]).code();
}

fn sso_reaches_a_second_app_without_a_page(world: &World) {
    let (browser, first) = world.signed_in_to(PORTAL);
    let (first, second) = (world.redeem(&first).unwrap(), world.redeem(&browser.sent_by(HRM, &[]).code()).unwrap());
    assert_eq!(first.id_claim("sub"), second.id_claim("sub"));
    assert_eq!(first.id_claim("sid"), second.id_claim("sid"));
}

fn consent_withdrawn_ends_a_code_under_way(world: &World) {
    let (browser, _) = world.signed_in_to(PORTAL);
    let code = browser.sent_by(PORTAL, &[]).code();
    let (person, app) = (browser.person().unwrap(), world.run(world.ctx.keeper.app(PORTAL)).unwrap().id);
    assert!(world.run(consent::withdraw(&world.ctx, &person, app)));
    assert_eq!(world.redeem(&code).err(), Some(Why::CodeInvalid));
}

fn only_who_was_asked_can_consent(world: &World) {
    let browser = world.browser();
    browser.signs_in_as(ANNA, HRM, &[]).code();
    let annas = browser.sent_by(PORTAL, &[]);
    // In another tab of the same browser.
    let page = browser.sent_by(HRM, &[("prompt", "select_account")]);
    let page = browser.chooses(page.r(), Choice::Another);
    let page = browser.types_address(page.r(), KARI);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
    let answer = browser.consents(annas.r(), true);
    assert!(matches!(answer, Step::Consent { .. }), "Kari is asked for herself: {answer:?}");
    assert!(
        world
            .run(world.ctx.store.read({
                let (kari, app) = (world.account(KARI).id, world.run(world.ctx.keeper.app(PORTAL)).unwrap().id);
                move |tx| tx.consents().find(kari, app)
            }))
            .is_none()
    );
}
