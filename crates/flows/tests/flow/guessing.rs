//! Guessing: slowed, counted, and ended, whoever guesses and wherever; and never at the cost of the browser that the
//! person themselves uses.

use crate::kit::{ANNA, Browser, Got, HRM, KARI, NILS, NORDVIK, PASSWORD, STRANGER, World, on_both, person};
use portvakt_flows::password::Wish;
use portvakt_flows::settings::{self, Changed, LinkAsked, Password};
use portvakt_flows::{account, network};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Message, Profile, Seconds, Secret};

on_both! {
    the_delay_grows_with_each_failure,
    a_try_that_comes_too_early_is_not_looked_at,
    a_stranger_slows_no_browser_that_the_person_uses,
    a_hundred_failures_in_a_row_disable_the_password_and_tell_the_person,
    a_new_password_ends_the_disablement,
    a_success_begins_the_row_anew,
    a_disabled_password_blocks_no_other_way_in,
    guessing_in_account_settings_counts_too,
    warnings_keep_to_a_budget_that_strangers_cannot_use_up,
    a_source_that_fails_at_many_addresses_is_shut_out,
    a_network_of_ipv6_addresses_is_one_source,
    people_who_mistype_and_get_in_are_not_taken_for_a_list,
    a_source_that_fails_often_is_slowed,
    a_crowd_behind_one_address_sets_its_first_passwords_while_a_stuffing_run_is_stopped,
    a_network_is_declared_for_people_and_taken_back,
}

const WRONG: &str = "not the right one";

/// Types a password, and waits as long as the page says as often as it does.
fn patiently(world: &World, browser: &Browser<'_>, address: &str, typed: &str) -> Got {
    loop {
        let page = browser.password_page(HRM, address);
        let got = browser.types_password(page.r(), typed);
        let Got::Wait(seconds) = got else { return got };
        world.later(Seconds(seconds));
    }
}

/// Fails so many times in a row, from a source that nothing else comes from.
fn fail(world: &World, address: &str, times: usize) {
    for number in 0..times {
        let browser = world.browser().at(&format!("198.51.100.{}", number % 250));
        assert_eq!(patiently(world, &browser, address, WRONG), Got::Wrong);
    }
}

/// What the person was told since the last look.
fn told(world: &World) -> Vec<Message> {
    world.warnings();
    world.letters().into_iter().map(|letter| letter.message).collect()
}

fn the_delay_grows_with_each_failure(world: &World) {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    let waits: Vec<u32> = (0..10)
        .map(|_| {
            assert_eq!(browser.types_password(page.r(), WRONG), Got::Wrong);
            let held = world.held("pw:a:anna@nordvik.example");
            world.later(Seconds(held));
            held
        })
        .collect();
    // The tenth ends the window, which began 63 seconds before.
    assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 15 * 60 - 63]);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
}

fn a_try_that_comes_too_early_is_not_looked_at(world: &World) {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    for _ in 0..4 {
        assert_eq!(browser.types_password(page.r(), WRONG), Got::Wrong);
    }
    let hashes = world.ctx.hashing.count();
    let audited = world.audited();
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Wait(1), "even the right one");
    assert_eq!((world.ctx.hashing.count(), world.audited()), (hashes, audited));
    // The page is as good as before, and what came too early made nothing longer.
    world.later(Seconds(1));
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
}

fn a_stranger_slows_no_browser_that_the_person_uses(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    fail(world, ANNA, 9);
    let stranger = world.browser().at("203.0.113.9");
    let page = stranger.password_page(HRM, ANNA);
    assert!(matches!(stranger.types_password(page.r(), PASSWORD), Got::Wait(_)));
    let page = browser.password_page(HRM, ANNA);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
}

fn a_hundred_failures_in_a_row_disable_the_password_and_tell_the_person(world: &World) {
    fail(world, ANNA, 9);
    assert_eq!(told(world), []);
    for (more, failures) in [(1, 10), (40, 50)] {
        fail(world, ANNA, more);
        let at = world.ctx.clock.now();
        assert_eq!(told(world), [Message::PasswordGuessed { at, failures, most: 100 }]);
        assert_eq!(told(world), [], "once");
        world.later(Seconds::hours(1));
    }
    fail(world, ANNA, 49);
    assert_eq!((told(world), world.happened(AuditEvent::PasswordDisabled)), (vec![], 0));
    // She comes in by a link, which says nothing about the password.
    let own = world.browser();
    let page = own.password_page(HRM, ANNA);
    assert_eq!(own.wants(page.r(), ANNA, Wish::SignInLink), Got::Sent);
    assert!(matches!(own.follows(&world.mailed_link().unwrap()), Got::In(_)));
    world.letters();
    fail(world, ANNA, 1);
    let at = world.ctx.clock.now();
    assert_eq!(told(world), [Message::PasswordDisabled { at, failures: 100 }]);
    assert_eq!(world.happened(AuditEvent::PasswordDisabled), 1);
    // The right one gets the answer that every wrong one gets, wherever it is typed; open sessions stay.
    let stranger = world.browser().at("203.0.113.9");
    assert_eq!(patiently(world, &stranger, ANNA, PASSWORD), Got::Wrong);
    assert!(own.may_enter_settings());
    own.signs_out();
    assert_eq!(patiently(world, &own, ANNA, PASSWORD), Got::Wrong);
    fail(world, ANNA, 12);
    assert_eq!(told(world), [], "there is nothing more to say");
    assert!(matches!(patiently(world, &stranger, NILS, PASSWORD), Got::In(_)), "nobody else is concerned");
}

/// Disables Anna's password.
fn disable(world: &World) {
    fail(world, ANNA, 100);
    told(world);
    world.later(Seconds::hours(1));
}

fn a_new_password_ends_the_disablement(world: &World) {
    const NEW: &str = "havtorn skruvstäd 91 vinterdäck";
    disable(world);
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert_eq!(browser.wants(page.r(), ANNA, Wish::Reset), Got::Sent);
    assert_eq!(browser.sets_password(&world.mailed_link().unwrap(), NEW), Got::Saved);
    assert!(matches!(patiently(world, &world.browser(), ANNA, NEW), Got::In(_)));
    world.letters();
    fail(world, ANNA, 9);
    assert_eq!(told(world), [], "its row of failures began with it");
    fail(world, ANNA, 1);
    assert!(matches!(told(world)[..], [Message::PasswordGuessed { failures: 10, .. }]));
}

fn a_success_begins_the_row_anew(world: &World) {
    for known in [true, false] {
        let (browser, _) = world.signed_in_to(HRM);
        browser.signs_out();
        let browser = if known { browser } else { world.browser().at("203.0.113.77") };
        fail(world, ANNA, 9);
        assert!(matches!(patiently(world, &browser, ANNA, PASSWORD), Got::In(_)));
        browser.signs_out();
        world.letters();
        fail(world, ANNA, 9);
        assert_eq!(told(world), []);
        assert!(matches!(patiently(world, &browser, ANNA, PASSWORD), Got::In(_)));
        browser.signs_out();
        world.letters();
        world.later(Seconds::minutes(15));
    }
}

fn a_disabled_password_blocks_no_other_way_in(world: &World) {
    disable(world);
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert_eq!(browser.wants(page.r(), ANNA, Wish::SignInLink), Got::Sent);
    assert!(matches!(browser.follows(&world.mailed_link().unwrap()), Got::In(_)));
    // Having come in by the link, they see that it is disabled, and get a link to choose another.
    let person = browser.person().unwrap();
    assert!(matches!(world.run(settings::password(&world.ctx, &person)), Password::Disabled));
    let asked = world.run(settings::send_password_link(&world.ctx, &browser.cookies(), &person));
    assert_eq!(asked, LinkAsked::Sent);
    browser.signs_out();
    assert_eq!(patiently(world, &browser, ANNA, PASSWORD), Got::Wrong, "a link says nothing about the password");
}

fn change(world: &World, browser: &Browser<'_>, current: &str) -> Changed {
    let secret = |text: &str| Secret::new(text.to_owned());
    let new = "havtorn skruvstäd 91 vinterdäck";
    let person = browser.person().unwrap();
    let (cookies, new) = (browser.cookies(), (secret(new), secret(new)));
    world.run(settings::change_password(&world.ctx, &cookies, &person, secret(current), new))
}

fn guessing_in_account_settings_counts_too(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let mut wrong = 0;
    while wrong < 10 {
        let changed = change(world, &browser, WRONG);
        wrong += usize::from(matches!(changed, Changed::WrongCurrent));
        assert!(matches!(changed, Changed::WrongCurrent | Changed::Limited(_)));
        if let Changed::Limited(wait) = changed {
            world.later(wait);
        }
    }
    assert!(matches!(told(world)[..], [Message::PasswordGuessed { failures: 10, .. }]));
    let Changed::Limited(wait) = change(world, &browser, PASSWORD) else { panic!("the tenth ends the window") };
    world.later(wait);
    assert!(matches!(change(world, &browser, PASSWORD), Changed::Saved(_)));
}

fn warnings_keep_to_a_budget_that_strangers_cannot_use_up(world: &World) {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    for _ in 0..3 {
        assert_eq!(browser.wants(page.r(), ANNA, Wish::Reset), Got::Sent);
    }
    world.letters();
    let own = world.browser().at("203.0.113.77");
    assert!(matches!(patiently(world, &own, ANNA, PASSWORD), Got::In(_)));
    own.signs_out();
    world.letters();
    let mut warned = 0;
    let begun = world.ctx.clock.now();
    // Ten failures and a success, again and again: each ten would be worth a mail.
    for _ in 0..4 {
        fail(world, ANNA, 10);
        warned += told(world).len();
        assert!(matches!(patiently(world, &own, ANNA, PASSWORD), Got::In(_)));
        own.signs_out();
    }
    assert!(world.ctx.clock.now() < begun.after(Seconds::hours(1)), "all of it in one hour");
    assert_eq!(warned, 3);
}

fn a_source_that_fails_at_many_addresses_is_shut_out(world: &World) {
    let (known, _) = world.signed_in_to(HRM);
    known.signs_out();
    let from = |address: &str| world.browser().at(address);
    // Half of them are somebody's: it makes no difference.
    let list = |number: usize| match number {
        0 => NILS.to_owned(),
        1 => KARI.to_owned(),
        number => format!("nobody-{number}@partner.example"),
    };
    for number in 0..15 {
        let browser = from("192.0.2.7");
        let page = browser.password_page(HRM, &list(number));
        assert_eq!(browser.types_password(page.r(), WRONG), Got::Wrong, "{number}");
    }
    assert_eq!(world.happened(AuditEvent::LimitReached), 1);
    let hashes = world.ctx.hashing.count();
    for address in [NILS, STRANGER, ANNA] {
        let browser = from("192.0.2.7");
        let page = browser.password_page(HRM, address);
        assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Wait(3600), "{address}");
    }
    assert_eq!(world.ctx.hashing.count(), hashes);
    // A browser that Anna was signed in on goes on, from that very source; and so does everybody elsewhere.
    let page = known.password_page(HRM, ANNA);
    assert!(matches!(known.types_password(page.r(), PASSWORD), Got::In(_)));
    assert!(matches!(patiently(world, &from("192.0.2.8"), NILS, PASSWORD), Got::In(_)));
    world.later(Seconds(3599));
    let browser = from("192.0.2.7");
    let page = browser.password_page(HRM, KARI);
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Wait(1));
    world.later(Seconds(1));
    assert!(matches!(patiently(world, &browser, KARI, PASSWORD), Got::In(_)));
}

fn a_network_of_ipv6_addresses_is_one_source(world: &World) {
    for number in 0..15 {
        let browser = world.browser().at(&format!("2001:db8:1:2::{number:x}"));
        let page = browser.password_page(HRM, &format!("nobody-{number}@partner.example"));
        assert_eq!(browser.types_password(page.r(), WRONG), Got::Wrong);
    }
    let tries = |address: &str| {
        let browser = world.browser().at(address);
        let page = browser.password_page(HRM, NILS);
        browser.types_password(page.r(), PASSWORD)
    };
    assert_eq!(tries("2001:db8:1:2:ffff::1"), Got::Wait(3600));
    assert!(matches!(tries("2001:db8:1:3::1"), Got::In(_)));
}

fn people_who_mistype_and_get_in_are_not_taken_for_a_list(world: &World) {
    for number in 0..18 {
        let address = format!("person-{number}@nordvik.example");
        person(world, &address);
        let browser = world.browser();
        assert_eq!(patiently(world, &browser, &address, WRONG), Got::Wrong);
        assert!(matches!(patiently(world, &browser, &address, PASSWORD), Got::In(_)), "{number}");
    }
    assert_eq!(world.happened(AuditEvent::LimitReached), 0);
}

fn a_source_that_fails_often_is_slowed(world: &World) {
    // Three addresses ten times each: too few to be a list, and thirty failures.
    for address in [NILS, KARI, STRANGER] {
        for _ in 0..10 {
            assert_eq!(patiently(world, &world.browser(), address, WRONG), Got::Wrong);
        }
    }
    let tries = |typed| {
        let browser = world.browser();
        let page = browser.password_page(HRM, ANNA);
        browser.types_password(page.r(), typed)
    };
    assert_eq!(tries(PASSWORD), Got::Wait(1));
    world.later(Seconds(1));
    assert_eq!(tries(WRONG), Got::Wrong);
    assert_eq!(tries(PASSWORD), Got::Wait(1), "one a second");
    world.later(Seconds(1));
    assert!(matches!(tries(PASSWORD), Got::In(_)));
}

/// The address that everybody comes from.
const OFFICE: &str = "203.0.113.50";

fn a_crowd_behind_one_address_sets_its_first_passwords_while_a_stuffing_run_is_stopped(world: &World) {
    const PEOPLE: usize = 40;
    // Of 200 people, 20 may be stuck at a time; of them 40 come within this hour.
    world.run(network::declare(&world.ctx, NORDVIK, OFFICE, 200)).unwrap();
    let begun = world.ctx.clock.now();
    let mut guessed = 0;
    for number in 0..PEOPLE {
        let address = format!("person-{number}@nordvik.example");
        let new = account::New {
            address: address.clone(),
            name: "Åsa Öberg".to_owned(),
            language: None,
            verified: true,
            profile: Profile::default(),
        };
        world.run(account::create(&world.ctx, new)).unwrap();
        world.later(Seconds(60));
        let browser = world.browser().at(OFFICE);
        let page = browser.password_page(HRM, &address);
        assert_eq!(browser.wants(page.r(), &address, Wish::Reset), Got::Sent, "{number}");
        assert_eq!(browser.sets_password(&world.mailed_link().unwrap(), PASSWORD), Got::Saved);
        let page = browser.password_page(HRM, &address);
        assert_eq!(browser.types_password(page.r(), WRONG), Got::Wrong, "everybody mistypes once");
        let page = browser.password_page(HRM, &address);
        assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)), "{number}");
        // In the middle of it somebody there tries a list, as fast as they are let.
        if number >= PEOPLE / 2 {
            for line in 0..5 {
                let robot = world.browser().at(OFFICE);
                let page = robot.password_page(HRM, &format!("leaked-{number}-{line}@nordvik.example"));
                guessed += usize::from(robot.types_password(page.r(), "the leaked one") == Got::Wrong);
            }
        }
    }
    assert!(world.ctx.clock.now() < begun.after(Seconds::hours(1)));
    assert_eq!(guessed, 20, "of a hundred");
    assert_eq!(world.happened(AuditEvent::LimitReached), 1);
}

fn a_network_is_declared_for_people_and_taken_back(world: &World) {
    let declare = |network, people| world.run(network::declare(&world.ctx, NORDVIK, network, people));
    for (network, people, why) in [
        ("0.0.0.0/0", 10, network::Invalid::Network),
        ("office", 10, network::Invalid::Network),
        ("203.0.113.0/24", 0, network::Invalid::People),
        ("203.0.113.0/24", 1_000_001, network::Invalid::People),
    ] {
        assert_eq!(declare(network, people).unwrap_err(), why);
    }
    let nobody = world.run(network::declare(&world.ctx, "nobody", "203.0.113.0/24", 10));
    assert_eq!(nobody.unwrap_err(), network::Invalid::Unknown);
    declare("203.0.113.0/24", 10).unwrap();
    let declared = declare("203.0.113.0/24", 5000).unwrap();
    assert_eq!(world.run(network::list(&world.ctx, NORDVIK)).unwrap(), [declared]);
    assert_eq!(world.run(network::list(&world.ctx, "fjell")).unwrap(), []);

    // Mails: a stranger's source is stopped after ten, this one is not.
    let ask = |number: usize| {
        let browser = world.browser().at(OFFICE);
        let page = browser.password_page(HRM, NILS);
        browser.wants(page.r(), &format!("somebody-{number}@free.example"), Wish::Reset)
    };
    assert!((0..12).all(|number| ask(number) == Got::Sent));
    let foreign = world.run(network::remove(&world.ctx, "fjell", "203.0.113.0/24"));
    assert_eq!(foreign.unwrap_err(), network::Invalid::NotDeclared, "nobody takes back another's");
    world.run(network::remove(&world.ctx, NORDVIK, "203.0.113.0/24")).unwrap();
    assert!((0..10).all(|number| ask(number) == Got::Sent) && ask(10) == Got::Limited, "a stranger's again");
    let declared = (world.happened(AuditEvent::NetworkDeclared), world.happened(AuditEvent::NetworkRemoved));
    assert_eq!(declared, (2, 1));
}
