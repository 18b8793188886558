//! The account chooser: whoever is chosen is who goes on to the app, and nobody else.

use crate::kit::{ANNA, Got, HRM, NILS, PASSWORD, Step, World, on_both};
use portvakt_flows::sign_in::choose::{self, Choice};
use portvakt_model::Seconds;
use serde_json::json;

on_both! {
    the_chooser_shows_who_is_signed_in_and_who_is_remembered,
    going_on_as_the_one_who_is_signed_in_asks_nothing,
    another_account_means_another_account,
    a_remembered_address_means_that_address,
    the_address_of_who_is_signed_in_asks_nothing,
    a_second_tab_goes_on_as_who_signed_in_meanwhile,
    only_what_the_person_wants_is_remembered,
    a_forgotten_address_is_not_shown_again,
}

const CHOOSE: &[(&str, &str)] = &[("prompt", "select_account")];

fn signed_in_and_remembered<'w>(world: &'w World, address: &str) -> crate::kit::Browser<'w> {
    let browser = world.browser();
    let page = browser.sent_by(HRM, &[]);
    let page = browser.types_address_to_remember(page.r(), address, true);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
    browser
}

fn the_chooser_shows_who_is_signed_in_and_who_is_remembered(world: &World) {
    let browser = signed_in_and_remembered(world, ANNA);
    let page = browser.sent_by(HRM, CHOOSE);
    let Step::Choose { remembered, signed_in, .. } = page else { panic!("{page:?}") };
    assert_eq!((remembered, signed_in), (vec![ANNA.to_owned()], Some(ANNA.to_owned())));
    browser.signs_out();
    let page = browser.sent_by(HRM, &[]);
    let Step::Choose { remembered, signed_in, .. } = page else { panic!("{page:?}") };
    assert_eq!((remembered, signed_in), (vec![ANNA.to_owned()], None));
}

fn going_on_as_the_one_who_is_signed_in_asks_nothing(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(HRM, CHOOSE);
    browser.chooses(page.r(), Choice::SignedIn).code();
}

/// Whoever types Nils's address and his password is Nils.
fn nils_signs_in(world: &World, browser: &crate::kit::Browser<'_>, page: &Step) {
    let Step::Password { r, address } = page else { panic!("{page:?}") };
    assert_eq!(address, NILS);
    let Got::In(Some(r)) = browser.types_password(r, PASSWORD) else { panic!("not signed in") };
    let tokens = world.redeem(&browser.open(&r).code()).unwrap();
    assert_eq!(tokens.id_claim("sub"), json!(world.account(NILS).sub));
}

fn another_account_means_another_account(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let page = browser.sent_by(HRM, CHOOSE);
    let page = browser.chooses(page.r(), Choice::Another);
    assert!(matches!(page, Step::Address { .. }), "{page:?}");
    let page = browser.types_address(page.r(), NILS);
    nils_signs_in(world, &browser, &page);
}

fn a_remembered_address_means_that_address(world: &World) {
    let browser = signed_in_and_remembered(world, NILS);
    browser.signs_out();
    browser.signs_in_as_chosen(ANNA);
    let page = browser.sent_by(HRM, CHOOSE);
    let page = browser.chooses(page.r(), Choice::Address(NILS.to_owned()));
    nils_signs_in(world, &browser, &page);
}

fn the_address_of_who_is_signed_in_asks_nothing(world: &World) {
    let browser = signed_in_and_remembered(world, ANNA);
    let page = browser.sent_by(HRM, CHOOSE);
    browser.chooses(page.r(), Choice::Address(ANNA.to_owned())).code();
}

fn a_second_tab_goes_on_as_who_signed_in_meanwhile(world: &World) {
    let browser = world.browser();
    let second = browser.sent_by(HRM, &[]);
    browser.signs_in_as(ANNA, HRM, &[]).code();
    browser.open(second.r()).code();
}

fn only_what_the_person_wants_is_remembered(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    assert!(matches!(browser.sent_by(HRM, &[]), Step::Address { .. }));
    world.policy(Some(crate::kit::NORDVIK), |document| document.remember_address = Some(false));
    let browser = signed_in_and_remembered(world, ANNA);
    browser.signs_out();
    assert!(matches!(browser.sent_by(HRM, &[]), Step::Address { .. }), "the organisation says no");
}

fn a_forgotten_address_is_not_shown_again(world: &World) {
    let browser = signed_in_and_remembered(world, ANNA);
    world.later(Seconds(5));
    browser.signs_out();
    world.run(choose::forget(&world.ctx, &browser.cookies(), ANNA));
    assert!(matches!(browser.sent_by(HRM, &[]), Step::Address { .. }));
}
