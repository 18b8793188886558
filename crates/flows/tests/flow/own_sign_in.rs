//! With own sign-in off nobody at home in that tenant gets in, by whatever way and however far they had come. Each way
//! is walked to its end twice: the switch on, so that the walk is known to lead in; and switched off in the middle.

use crate::kit::{ANNA, Browser, Got, HRM, KARI, MOBILE, NILS, NORDVIK, PASSWORD, PORTAL, Step, World, off, on_both};
use portvakt_flows::password::Wish;
use portvakt_flows::sign_in::choose::Choice;
use portvakt_flows::{account, settings};
use portvakt_model::{Seconds, Secret};

on_both! {
    each_way_leads_in_while_own_sign_in_is_on,
    no_way_leads_in_once_own_sign_in_is_off,
    it_is_off_for_those_at_home_there_and_nobody_else,
    the_page_names_the_organisation_and_no_mail_has_a_link,
    a_way_begun_while_it_was_off_leads_nowhere_later,
    switched_on_again_what_had_not_ended_goes_on,
    a_change_of_password_under_way_when_it_is_switched_off_sets_nothing,
}

/// One way in: walks it, calling the switch in the middle, and says whether it led in.
type Way = fn(&World, &dyn Fn()) -> bool;

const WAYS: [(&str, Way); 17] = [
    ("password", password),
    ("address typed before", half_finished),
    ("reset link", reset_link),
    ("set-password link from the operator", operators_link),
    ("one-time link", one_time_link),
    ("old session at an app", old_session),
    ("old session, silently", silently),
    ("old session in Account Settings", account_settings),
    ("change of password by an open page", change_password),
    ("refresh token", refresh_token),
    ("rotating refresh token", rotating_refresh_token),
    ("offline refresh token", offline_refresh_token),
    ("code not redeemed yet", unredeemed_code),
    ("access token at userinfo", old_access_token),
    ("second tab", second_tab),
    ("consent page left open", consent_page),
    ("account chooser left open", chooser),
];

fn walk(world: &World, switch: &dyn Fn(), back: &dyn Fn()) -> Vec<(&'static str, bool)> {
    let walked = WAYS.map(|(name, way)| {
        // Far enough apart that no budget and no clock of one way matters to the next.
        world.later(Seconds::days(2));
        let led_in = way(world, switch);
        back();
        (name, led_in)
    });
    walked.to_vec()
}

fn each_way_leads_in_while_own_sign_in_is_on(world: &World) {
    let expected: Vec<_> = WAYS.iter().map(|(name, _)| (*name, true)).collect();
    assert_eq!(walk(world, &|| (), &|| ()), expected);
}

fn no_way_leads_in_once_own_sign_in_is_off(world: &World) {
    let on = || world.policy(Some(NORDVIK), |document| document.own_sign_in = None);
    let expected: Vec<_> = WAYS.iter().map(|(name, _)| (*name, false)).collect();
    assert_eq!(walk(world, &|| world.policy(Some(NORDVIK), off), &on), expected);
    // The same by the deployment's default, which binds every tenant.
    let on = || world.policy(None, |document| document.own_sign_in = None);
    assert_eq!(walk(world, &|| world.policy(None, off), &on), expected);
}

/// Whether this browser is signed in now: at an app, and in Account Settings.
fn is_in(browser: &Browser<'_>) -> bool {
    let at_app = matches!(browser.sent_by(HRM, &[]), Step::Code(_));
    assert_eq!(at_app, browser.may_enter_settings());
    at_app
}

fn password(world: &World, switch: &dyn Fn()) -> bool {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    switch();
    let got = browser.types_password(page.r(), PASSWORD);
    matches!(got, Got::In(Some(r)) if matches!(browser.open(&r), Step::Code(_))) && is_in(&browser)
}

fn half_finished(world: &World, switch: &dyn Fn()) -> bool {
    let browser = world.browser();
    let page = browser.sent_by(HRM, &[]);
    switch();
    let Step::Password { r, .. } = browser.types_address(page.r(), ANNA) else { return false };
    matches!(browser.types_password(&r, PASSWORD), Got::In(_)) && is_in(&browser)
}

fn reset_link(world: &World, switch: &dyn Fn()) -> bool {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    browser.wants(page.r(), ANNA, Wish::Reset);
    let link = world.mailed_link().unwrap();
    switch();
    browser.sets_password(&link, PASSWORD) == Got::Saved
}

fn operators_link(world: &World, switch: &dyn Fn()) -> bool {
    let link = world.run(account::send_reset(&world.ctx, ANNA)).unwrap();
    let (_, handle) = link.split_once("?h=").unwrap();
    switch();
    world.browser().sets_password(handle, PASSWORD) == Got::Saved
}

fn one_time_link(world: &World, switch: &dyn Fn()) -> bool {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    browser.wants(page.r(), ANNA, Wish::SignInLink);
    let link = world.mailed_link().unwrap();
    switch();
    let got = browser.follows(&link);
    matches!(got, Got::In(Some(r)) if matches!(browser.open(&r), Step::Code(_))) && is_in(&browser)
}

fn old_session(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    switch();
    is_in(&browser)
}

fn silently(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    switch();
    matches!(browser.sent_by(HRM, &[("prompt", "none")]), Step::Code(_))
}

fn account_settings(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    switch();
    browser.may_enter_settings()
}

fn change_password(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    switch();
    if browser.person().is_none() {
        return false;
    }
    let new = "en helt annen setning 93";
    let changed = matches!(browser.changes_password(PASSWORD, new), settings::Changed::Saved(_));
    if changed {
        assert!(matches!(browser.changes_password(new, PASSWORD), settings::Changed::Saved(_)));
    }
    changed
}

fn refreshes(world: &World, client: &str, more: &[(&str, &str)], switch: &dyn Fn()) -> bool {
    let (_, code) = world.signed_in_asking(client, more);
    let tokens = world.redeem(&code).unwrap();
    switch();
    world.refresh(client, tokens.refresh()).is_ok()
}

fn refresh_token(world: &World, switch: &dyn Fn()) -> bool {
    refreshes(world, HRM, &[], switch)
}

fn rotating_refresh_token(world: &World, switch: &dyn Fn()) -> bool {
    refreshes(world, MOBILE, &[], switch)
}

fn offline_refresh_token(world: &World, switch: &dyn Fn()) -> bool {
    refreshes(world, MOBILE, &[("scope", "openid offline_access")], switch)
}

fn unredeemed_code(world: &World, switch: &dyn Fn()) -> bool {
    let (_, code) = world.signed_in_to(HRM);
    switch();
    world.redeem(&code).is_ok()
}

fn old_access_token(world: &World, switch: &dyn Fn()) -> bool {
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    switch();
    let taken = world.userinfo(&tokens.access).is_ok();
    assert_eq!(taken, world.introspect(HRM, &tokens.access).is_some());
    taken
}

fn second_tab(world: &World, switch: &dyn Fn()) -> bool {
    let browser = world.browser();
    let second = browser.password_page(HRM, ANNA);
    browser.signs_in_as(ANNA, HRM, &[]).code();
    switch();
    let at_once = matches!(browser.open(second.r()), Step::Code(_));
    let typed = matches!(browser.types_password(second.r(), PASSWORD), Got::In(_));
    assert_eq!(at_once, typed);
    at_once
}

fn consent_page(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(PORTAL, &[("prompt", "consent")]);
    assert!(matches!(page, Step::Consent { .. }), "{page:?}");
    switch();
    matches!(browser.consents(page.r(), true), Step::Code(_))
}

fn chooser(world: &World, switch: &dyn Fn()) -> bool {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(HRM, &[("prompt", "select_account")]);
    switch();
    matches!(browser.chooses(page.r(), Choice::SignedIn), Step::Code(_))
}

fn it_is_off_for_those_at_home_there_and_nobody_else(world: &World) {
    world.policy(Some(NORDVIK), off);
    for address in [KARI, NILS] {
        let browser = world.browser();
        let code = browser.signs_in_as(address, HRM, &[]).code();
        let tokens = world.redeem(&code).unwrap();
        assert!(world.refresh(HRM, tokens.refresh()).is_ok());
        assert!(is_in(&browser));
    }
}

fn the_page_names_the_organisation_and_no_mail_has_a_link(world: &World) {
    let before = world.browser();
    let (typed, page) = (world.browser(), before.password_page(HRM, ANNA));
    let (signed_in, _) = world.signed_in_to(HRM);
    world.policy(Some(NORDVIK), off);
    let nordviks = |address: &str| Step::Organisation { address: address.to_owned(), tenant: Some(NORDVIK.to_owned()) };
    // The address decides, whether or not anybody has it.
    assert_eq!(typed.password_page(HRM, ANNA), nordviks(ANNA));
    assert_eq!(typed.password_page(HRM, "nobody@nordvik.example"), nordviks("nobody@nordvik.example"));
    assert_eq!(before.types_password(page.r(), PASSWORD), Got::OrganisationSignIn);
    assert_eq!(signed_in.sent_by(HRM, &[]), nordviks(ANNA), "whoever is still signed in is told why");
    for wish in [Wish::Reset, Wish::SignInLink] {
        assert_eq!(before.wants(page.r(), ANNA, wish), Got::Sent);
        let letters = world.letters();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].message, portvakt_model::Message::OrganisationSignIn);
    }
}

fn a_way_begun_while_it_was_off_leads_nowhere_later(world: &World) {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    world.policy(Some(NORDVIK), off);
    browser.wants(page.r(), ANNA, Wish::Reset);
    world.run(account::send_reset(&world.ctx, ANNA)).unwrap();
    world.policy(Some(NORDVIK), |document| document.own_sign_in = None);
    assert_eq!(world.mailed_link(), None);
}

fn switched_on_again_what_had_not_ended_goes_on(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.policy(Some(NORDVIK), off);
    assert!(world.refresh(HRM, tokens.refresh()).is_err());
    world.policy(Some(NORDVIK), |document| document.own_sign_in = None);
    assert!(is_in(&browser));
    assert!(world.refresh(HRM, tokens.refresh()).is_ok());
}

fn a_change_of_password_under_way_when_it_is_switched_off_sets_nothing(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    // The page has let the person in, and what follows takes its time.
    let person = browser.person().unwrap();
    world.policy(Some(NORDVIK), off);
    let (cookies, secret) = (browser.cookies(), |text: &str| Secret::new(text.to_owned()));
    let new = (secret("en helt annen setning 93"), secret("en helt annen setning 93"));
    let change = settings::change_password(&world.ctx, &cookies, &person, secret(PASSWORD), new);
    assert!(matches!(world.run(change), settings::Changed::Overtaken));
    world.policy(Some(NORDVIK), |document| document.own_sign_in = None);
    assert!(matches!(world.browser().signs_in_as(ANNA, HRM, &[]), Step::Code(_)), "the old password is the password");
}
