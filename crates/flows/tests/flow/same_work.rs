//! A stranger learns nothing about who has an account: not from an answer, nor from the work behind it.

use crate::kit::{ANNA, Browser, Got, HRM, KARI, NILS, NORDVIK, STRANGER, Step, World, off, on_both};
use portvakt_flows::account;
use portvakt_flows::password::Wish;
use portvakt_model::{Profile, Seconds};

on_both! {
    a_wrong_password_costs_the_same_for_everybody,
    on_a_browser_that_somebody_used_too,
    a_wish_for_a_link_costs_the_same_for_everybody,
    the_page_after_the_address_is_the_same_for_everybody,
    limits_stop_known_and_unknown_alike,
    an_organisation_with_its_own_sign_in_shows_nobody,
}

/// What an observer could measure.
#[derive(Debug, PartialEq, Eq)]
struct Work {
    got: Got,
    hashes: u64,
    statements: u64,
    commits: u64,
    audited: usize,
    mailed: usize,
}

fn work(world: &World, act: impl FnOnce() -> Got) -> Work {
    world.letters();
    let (hashes, audited) = (world.ctx.hashing.count(), world.audited());
    let (got, (statements, commits)) = world.cost(act);
    let (hashes, audited) = (world.ctx.hashing.count() - hashes, world.audited() - audited);
    Work { got, hashes, statements, commits, audited, mailed: world.worker() }
}

/// One of each: with an account, without, switched off, invited; at home somewhere and not.
fn people(world: &World) -> [&'static str; 6] {
    world.disable(KARI, true);
    let invited = account::New {
        address: "ola@nordvik.example".to_owned(),
        name: "Ola Berg".to_owned(),
        language: None,
        verified: true,
        profile: Profile::default(),
    };
    world.run(account::create(&world.ctx, invited)).unwrap();
    [ANNA, NILS, KARI, STRANGER, "nobody@nordvik.example", "ola@nordvik.example"]
}

fn a_wrong_password_costs_the_same_for_everybody(world: &World) {
    let works = people(world).map(|address| {
        let browser = world.browser();
        let page = browser.password_page(HRM, address);
        work(world, || browser.types_password(page.r(), "not the right one"))
    });
    for work in &works {
        assert_eq!(*work, works[0]);
    }
    assert_eq!((works[0].got.clone(), works[0].hashes, works[0].audited), (Got::Wrong, 1, 1));
}

fn on_a_browser_that_somebody_used_too(world: &World) {
    let used = || {
        let (browser, _) = world.signed_in_to(HRM);
        browser.signs_out();
        browser
    };
    // Anna has signed in here before, which moves her to a budget of her own: that much only this browser can see.
    let works = [NILS, STRANGER].map(|address| {
        let browser = used();
        let page = browser.password_page(HRM, address);
        work(world, || browser.types_password(page.r(), "not the right one"))
    });
    assert_eq!(works[0], works[1]);
}

fn a_wish_for_a_link_costs_the_same_for_everybody(world: &World) {
    let people = people(world);
    for wish in [Wish::Reset, Wish::SignInLink] {
        let works = people.map(|address| {
            let browser = world.browser();
            let page = browser.password_page(HRM, address);
            work(world, || browser.wants(page.r(), address, wish))
        });
        for work in &works {
            assert_eq!(*work, works[0]);
        }
        assert_eq!((works[0].got.clone(), works[0].audited, works[0].mailed), (Got::Sent, 1, 1));
        world.later(Seconds::hours(2));
    }
}

fn the_page_after_the_address_is_the_same_for_everybody(world: &World) {
    for address in people(world) {
        let browser = world.browser();
        let page = browser.sent_by(HRM, &[]);
        let (page, cost) = world.cost(|| browser.types_address(page.r(), address));
        assert!(matches!(&page, Step::Password { address: shown, .. } if shown == address), "{page:?}");
        assert_eq!(cost, (1, 0), "{address}");
    }
}

fn limits_stop_known_and_unknown_alike(world: &World) {
    let answers = |address: &str, act: &dyn Fn(&Browser<'_>, &str) -> Got| -> Vec<Got> {
        let browser = world.browser();
        let page = browser.password_page(HRM, address);
        (0..12).map(|_| act(&browser, page.r())).collect()
    };
    let guess = |browser: &Browser<'_>, r: &str| browser.types_password(r, "not the right one");
    assert_eq!(answers(NILS, &guess), answers(STRANGER, &guess));
    let ask = |address: &'static str| move |browser: &Browser<'_>, r: &str| browser.wants(r, address, Wish::Reset);
    let known = answers(NILS, &ask(NILS));
    world.later(Seconds::hours(1));
    assert_eq!(known, answers(STRANGER, &ask(STRANGER)));
}

fn an_organisation_with_its_own_sign_in_shows_nobody(world: &World) {
    let browsers = [ANNA, "nobody@nordvik.example"].map(|address| {
        let browser = world.browser();
        let page = browser.password_page(HRM, address);
        (browser, page, address)
    });
    world.policy(Some(NORDVIK), off);
    let guesses = browsers.each_ref().map(|(browser, page, _)| work(world, || browser.types_password(page.r(), "no")));
    assert_eq!(guesses[0], guesses[1]);
    let wishes = browsers
        .each_ref()
        .map(|(browser, page, address)| work(world, || browser.wants(page.r(), address, Wish::Reset)));
    assert_eq!(wishes[0], wishes[1]);
}
