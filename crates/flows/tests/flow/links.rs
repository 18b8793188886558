//! Links by mail. One signs in, and only the browser that asked; the other sets a password, and signs nobody in.

use crate::kit::{ANNA, Got, HRM, NILS, PASSWORD, Step, World, on_both};
use portvakt_flows::account;
use portvakt_flows::password::{self, Wish};
use portvakt_flows::sign_in::link;
use portvakt_model::{Profile, Seconds, Secret};
use serde_json::json;

on_both! {
    a_one_time_link_signs_in_only_the_browser_that_asked,
    a_one_time_link_goes_on_to_the_app_that_sent_the_person,
    a_one_time_link_works_once,
    of_many_clicks_at_once_one_signs_in,
    looking_at_a_link_spends_nothing,
    a_reset_link_works_anywhere_once_and_signs_nobody_in,
    a_reset_link_dies_when_the_password_changes,
    a_newer_link_replaces_the_older_of_the_same_browser,
    a_link_that_somebody_else_asks_for_ends_none_of_the_persons,
    an_operators_newer_link_replaces_the_operators_older,
    links_live_half_an_hour,
    an_invitation_lives_two_weeks_and_no_stranger_ends_it,
    a_link_is_for_its_own_purpose_only,
    no_altered_link_is_good,
    a_password_that_breaks_the_rules_costs_no_link,
    a_mailed_link_proves_the_mailbox,
}

const NEW: &str = "en helt annen setning 93";

fn asked<'w>(world: &'w World, address: &str, wish: Wish) -> (crate::kit::Browser<'w>, String) {
    let browser = world.browser();
    let page = browser.password_page(HRM, address);
    assert_eq!(browser.wants(page.r(), address, wish), Got::Sent);
    let link = world.mailed_link().unwrap();
    (browser, link)
}

fn a_one_time_link_signs_in_only_the_browser_that_asked(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    let (other, known) = (world.browser(), world.signed_in_to(HRM).0);
    known.signs_out();
    for elsewhere in [&other, &known] {
        assert_eq!(elsewhere.follows(&link), Got::Elsewhere);
        assert!(!elsewhere.may_enter_settings());
        let look = world.run(link::look(&world.ctx, &elsewhere.cookies(), &link));
        assert!(matches!(look, link::Look::Elsewhere));
    }
    assert!(matches!(browser.follows(&link), Got::In(_)));
    assert!(browser.may_enter_settings());
}

fn a_one_time_link_goes_on_to_the_app_that_sent_the_person(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    let Got::In(Some(r)) = browser.follows(&link) else { panic!("not signed in") };
    let tokens = world.redeem(&browser.open(&r).code()).unwrap();
    assert_eq!(tokens.id_claim("sub"), json!(world.account(ANNA).sub));
    assert_eq!(tokens.id_claim("amr"), json!(["otp"]));
}

fn a_one_time_link_works_once(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    assert!(matches!(browser.follows(&link), Got::In(_)));
    assert_eq!(browser.follows(&link), Got::Spent);
    assert_eq!(world.sessions(ANNA).len(), 1);
}

fn of_many_clicks_at_once_one_signs_in(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    let clicks = (0..12).map(|_| {
        let (ctx, cookies, link) = (world.ctx.clone(), browser.cookies(), link.clone());
        async move { link::post(&ctx, &cookies, &link).await }
    });
    let outcomes = world.at_once(clicks);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, link::Outcome::SignedIn(..))).count(), 1);
    assert_eq!(world.sessions(ANNA).len(), 1);
    let (_, link) = asked(world, ANNA, Wish::Reset);
    let sets = (0..4).map(|n| {
        let (ctx, cookies, link) = (world.ctx.clone(), browser.cookies(), link.clone());
        let typed = format!("{NEW}{n}");
        async move { password::set(&ctx, &cookies, &link, (Secret::new(typed.clone()), Secret::new(typed))).await }
    });
    let outcomes = world.at_once(sets);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, password::Set::Saved(..))).count(), 1);
}

/// What the page behind a good link shows.
fn looked(world: &World, link: &str) -> password::Choosing {
    match world.run(password::look(&world.ctx, link)) {
        password::Look::Choose(chosen) => *chosen,
        other @ (password::Look::Spent | password::Look::Refused(_)) => panic!("{other:?}"),
    }
}

fn looking_at_a_link_spends_nothing(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    let (_, reset) = asked(world, NILS, Wish::Reset);
    for _ in 0..3 {
        let look = world.run(link::look(&world.ctx, &browser.cookies(), &link));
        assert!(matches!(look, link::Look::Confirm(address, _) if address == ANNA));
        assert_eq!(looked(world, &reset).address, NILS);
    }
    assert!(matches!(browser.follows(&link), Got::In(_)));
    assert_eq!(world.browser().sets_password(&reset, NEW), Got::Saved);
}

fn a_reset_link_works_anywhere_once_and_signs_nobody_in(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::Reset);
    let elsewhere = world.browser();
    assert_eq!(elsewhere.sets_password(&link, NEW), Got::Saved);
    assert!(world.sessions(ANNA).is_empty());
    for again in [&browser, &elsewhere] {
        assert!(!again.may_enter_settings());
        assert_eq!(again.sets_password(&link, NEW), Got::Spent);
    }
    assert!(matches!(world.run(password::look(&world.ctx, &link)), password::Look::Spent));
}

fn a_reset_link_dies_when_the_password_changes(world: &World) {
    let (_, first) = asked(world, ANNA, Wish::Reset);
    let operators = world.run(account::send_reset(&world.ctx, ANNA)).unwrap();
    let (_, second) = operators.split_once("?h=").unwrap();
    let (browser, sign_in) = asked(world, ANNA, Wish::SignInLink);
    assert_eq!(browser.sets_password(second, NEW), Got::Saved);
    assert_eq!(browser.sets_password(&first, PASSWORD), Got::Spent);
    assert_eq!(browser.follows(&sign_in), Got::Spent);
}

fn used(browser: &crate::kit::Browser<'_>, link: &str, wish: Wish) -> Got {
    match wish {
        Wish::Reset => browser.sets_password(link, PASSWORD),
        Wish::SignInLink => browser.follows(link),
    }
}

fn a_newer_link_replaces_the_older_of_the_same_browser(world: &World) {
    for wish in [Wish::Reset, Wish::SignInLink] {
        let (browser, older) = asked(world, ANNA, wish);
        let page = browser.password_page(HRM, ANNA);
        assert_eq!(browser.wants(page.r(), ANNA, wish), Got::Sent);
        let newer = world.mailed_link().unwrap();
        assert_eq!(used(&browser, &older, wish), Got::Spent);
        let new = used(&browser, &newer, wish);
        assert!(matches!(new, Got::Saved | Got::In(_)), "{new:?}");
        world.later(Seconds::hours(1));
    }
}

/// Whoever types somebody's address makes a mail, and ends nothing.
fn a_link_that_somebody_else_asks_for_ends_none_of_the_persons(world: &World) {
    for wish in [Wish::Reset, Wish::SignInLink] {
        let (browser, own) = asked(world, ANNA, wish);
        let (_, strangers) = asked(world, ANNA, wish);
        let operators = world.run(account::send_reset(&world.ctx, ANNA)).unwrap();
        let operators = operators.split_once("?h=").unwrap().1;
        looked(world, operators);
        let got = used(&browser, &own, wish);
        assert!(matches!(got, Got::Saved | Got::In(_)), "{got:?}");
        if wish == Wish::Reset {
            assert_eq!(browser.sets_password(&strangers, NEW), Got::Spent, "a new password ends them all");
            assert_eq!(browser.sets_password(operators, NEW), Got::Spent);
        }
        world.later(Seconds::hours(1));
    }
}

fn an_operators_newer_link_replaces_the_operators_older(world: &World) {
    let [older, newer] = [(), ()].map(|()| {
        let link = world.run(account::send_reset(&world.ctx, ANNA)).unwrap();
        link.split_once("?h=").unwrap().1.to_owned()
    });
    let browser = world.browser();
    assert_eq!(browser.sets_password(&older, NEW), Got::Spent);
    assert_eq!(browser.sets_password(&newer, NEW), Got::Saved);
}

fn links_live_half_an_hour(world: &World) {
    let (browser, sign_in) = asked(world, ANNA, Wish::SignInLink);
    let (_, reset) = asked(world, NILS, Wish::Reset);
    world.later(Seconds::minutes(30));
    assert_eq!(browser.follows(&sign_in), Got::Spent);
    assert_eq!(browser.sets_password(&reset, NEW), Got::Spent);
}

fn invite(world: &World, address: &str, verified: bool) -> String {
    let new = account::New {
        address: address.to_owned(),
        name: "Ola Berg".to_owned(),
        language: None,
        verified,
        profile: Profile::default(),
    };
    let made = world.run(account::create(&world.ctx, new)).unwrap();
    world.letters();
    made.link.split_once("?h=").unwrap().1.to_owned()
}

fn an_invitation_lives_two_weeks_and_no_stranger_ends_it(world: &World) {
    let invited = "ola@nordvik.example";
    let link = invite(world, invited, true);
    assert!(looked(world, &link).first);
    asked(world, invited, Wish::Reset);
    asked(world, invited, Wish::SignInLink);
    world.later(Seconds(14 * 86_400 - 1));
    let browser = world.browser();
    assert_eq!(browser.sets_password(&link, PASSWORD), Got::Saved);
    assert!(matches!(browser.signs_in_as(invited, HRM, &[]), Step::Code(_)));
    let late = invite(world, "eva@nordvik.example", true);
    world.later(Seconds::days(14));
    assert_eq!(browser.sets_password(&late, PASSWORD), Got::Spent);
}

fn a_link_is_for_its_own_purpose_only(world: &World) {
    let (browser, sign_in) = asked(world, ANNA, Wish::SignInLink);
    let (other, reset) = asked(world, NILS, Wish::Reset);
    assert_eq!(browser.sets_password(&sign_in, NEW), Got::Spent);
    assert_eq!(other.follows(&reset), Got::Spent);
    assert!(matches!(browser.follows(&sign_in), Got::In(_)));
    assert_eq!(other.sets_password(&reset, NEW), Got::Saved);
}

fn no_altered_link_is_good(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::SignInLink);
    for altered in crate::kit::flipped(&link) {
        assert_eq!(browser.follows(&altered), Got::Spent);
        assert_eq!(browser.sets_password(&altered, NEW), Got::Spent);
    }
    assert!(matches!(browser.follows(&link), Got::In(_)));
}

fn a_password_that_breaks_the_rules_costs_no_link(world: &World) {
    let (browser, link) = asked(world, ANNA, Wish::Reset);
    let try_with = |first: &str, second: &str| {
        let typed = (Secret::new(first.to_owned()), Secret::new(second.to_owned()));
        world.run(password::set(&world.ctx, &browser.cookies(), &link, typed))
    };
    for (first, second) in [("kort", "kort"), ("passordpassord123", "passordpassord123"), (NEW, PASSWORD)] {
        assert!(matches!(try_with(first, second), password::Set::Broken(..)), "{first}");
    }
    assert!(matches!(try_with(NEW, NEW), password::Set::Saved(..)));
}

/// An account that nobody vouched for: whoever sets its password by the mailed link has shown that the mailbox is
/// theirs, and is at home where its domain is proved.
fn a_mailed_link_proves_the_mailbox(world: &World) {
    let invited = "per@nordvik.example";
    let link = invite(world, invited, false);
    assert_eq!(world.account(invited).home, None);
    let browser = world.browser();
    assert_eq!(browser.sets_password(&link, PASSWORD), Got::Saved);
    assert_eq!(world.account(invited).home, Some(world.tenant(crate::kit::NORDVIK).id));
    let tokens = world.redeem(&browser.signs_in_as(invited, HRM, &[]).code()).unwrap();
    assert_eq!(world.userinfo(&tokens.access).unwrap()["email_verified"], json!(true));
    world.policy(Some(crate::kit::NORDVIK), crate::kit::off);
    assert!(!browser.may_enter_settings());
    assert!(world.refresh(HRM, tokens.refresh()).is_err());
}
