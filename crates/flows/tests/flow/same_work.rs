//! A stranger learns nothing about who has an account: not from an answer, nor from the work behind it.

use crate::kit::{ANNA, Browser, Got, HRM, KARI, NILS, NORDVIK, STRANGER, Step, World, hashing_at, off, on_both};
use portvakt_credentials::password::Parameters;
use portvakt_flows::password::Wish;
use portvakt_flows::sign_in::password;
use portvakt_flows::{Ctx, account};
use portvakt_model::{Profile, Seconds, Secret};

on_both! {
    a_wrong_password_costs_the_same_for_everybody,
    a_dearer_hash_costs_the_same_for_everybody_from_its_first_day,
    on_a_browser_that_somebody_used_too,
    a_wish_for_a_link_costs_the_same_for_everybody,
    the_page_after_the_address_is_the_same_for_everybody,
    limits_stop_known_and_unknown_alike,
    a_long_row_of_tries_costs_the_same_for_everybody,
    a_source_that_tries_a_list_does_the_same_work_for_everybody_on_it,
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

/// The hashes in the database are still of yesterday's cost: nobody can tell by the time that there is one.
fn a_dearer_hash_costs_the_same_for_everybody_from_its_first_day(world: &World) {
    let today = Parameters::new(24_576, 3, 1).unwrap();
    let node = Ctx { hashing: hashing_at(today), ..world.ctx.clone() };
    let works = people(world).map(|address| {
        let browser = world.browser();
        let page = browser.password_page(HRM, address);
        let before = node.hashing.worked();
        let typed = Secret::new("not the right one".to_owned());
        let outcome = world.run(password::post(&node, &browser.cookies(), page.r(), typed, false));
        assert!(matches!(outcome, password::Outcome::Wrong));
        node.hashing.worked() - before
    });
    node.hashing.close();
    assert_eq!(works, [today.work(); 6]);
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

fn a_long_row_of_tries_costs_the_same_for_everybody(world: &World) {
    let works: Vec<Vec<Work>> = people(world)
        .iter()
        .zip(1..)
        .map(|(address, source)| {
            let browser = world.browser().at(&format!("203.0.113.{source}"));
            let page = browser.password_page(HRM, address);
            // Half of them come too early, and all after the tenth of a window.
            (0..24)
                .map(|_| {
                    world.later(Seconds(16));
                    work(world, || browser.types_password(page.r(), "not the right one"))
                })
                .collect()
        })
        .collect();
    for row in &works {
        assert_eq!(*row, works[0]);
    }
    let looked_at = works[0].iter().filter(|work| work.got == Got::Wrong).count();
    assert!(works[0].iter().all(|work| u64::from(work.got == Got::Wrong) == work.hashes));
    assert!((8..=10).contains(&looked_at), "{looked_at}");
}

fn a_source_that_tries_a_list_does_the_same_work_for_everybody_on_it(world: &World) {
    let people = people(world);
    // The one looked at comes as the first, in the middle, as the one that shuts the source out, and after that.
    let works: Vec<[Work; 4]> = people
        .iter()
        .zip(1..)
        .map(|(address, source)| {
            [0, 8, 14, 15].map(|before| {
                world.later(Seconds::hours(1));
                let source = format!("203.{before}.113.{source}");
                let guess = |address: &str| {
                    let browser = world.browser().at(&source);
                    let page = browser.password_page(HRM, address);
                    work(world, || browser.types_password(page.r(), "not the right one"))
                };
                for number in 0..before {
                    guess(&format!("nobody-{before}-{number}@partner.example"));
                }
                guess(address)
            })
        })
        .collect();
    for row in &works {
        assert_eq!(*row, works[0]);
    }
    assert_eq!(works[0].each_ref().map(|work| work.got.clone()), [Got::Wrong, Got::Wrong, Got::Wrong, Got::Wait(3600)]);
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
