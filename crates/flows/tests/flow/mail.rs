//! The outbox: a letter goes out at least once, is tried again with longer pauses, and leaves nothing behind.

use crate::kit::{ANNA, HRM, ISSUER, NILS, NOW, STRANGER, World, on_both};
use portvakt_flows::outside::{Letter, MailFault};
use portvakt_flows::password::{self, Wish};
use portvakt_model::{Language, Message, Seconds};

on_both! {
    a_letter_says_who_asks_and_leads_to_the_issuer,
    a_letter_that_fails_is_tried_again_later_each_time,
    a_letter_that_keeps_failing_is_given_up,
    a_letter_that_is_refused_for_good_is_not_tried_again,
    nobody_posts_what_is_for_nobody,
    a_letter_is_posted_once_however_many_workers_there_are,
    a_new_browser_is_told_of_and_a_known_one_is_not,
    a_new_password_is_told_of,
    a_letter_too_late_to_be_of_use_is_not_posted,
}

fn asked(world: &World, address: &str) {
    let browser = world.browser();
    let page = browser.password_page(HRM, address);
    browser.wants(page.r(), address, Wish::Reset);
}

fn passing() -> MailFault {
    MailFault::Passing("421 later".to_owned())
}

fn a_letter_says_who_asks_and_leads_to_the_issuer(world: &World) {
    for (address, organisation) in [(ANNA, "Nordvik AS"), (NILS, "Portvakt")] {
        asked(world, address);
        let letters = world.letters();
        let [Letter { recipient, name, language, organisation: whose, message, .. }] = &letters[..] else {
            panic!("{letters:?}")
        };
        assert_eq!((recipient.as_str(), name.as_str(), *language), (address, "Åsa Öberg", Language::Sv));
        assert_eq!(whose, organisation);
        let Message::PasswordLink { link, until, first } = message else { panic!("{message:?}") };
        assert!(link.starts_with(&format!("{ISSUER}{}?h=", password::NEW_PASSWORD_PATH)), "{link}");
        assert_eq!((*until, *first), (NOW.after(Seconds::minutes(30)), false));
    }
}

fn a_letter_that_fails_is_tried_again_later_each_time(world: &World) {
    asked(world, ANNA);
    for pause in [5, 10, 20, 40] {
        world.mail_fails(passing());
        assert_eq!(world.worker(), 1);
        world.later(Seconds(pause - 1));
        assert_eq!(world.worker(), 0, "not before {pause} seconds");
        world.later(Seconds(1));
    }
    let letters = world.letters();
    assert_eq!(letters.len(), 1);
    world.later(Seconds::days(1));
    assert_eq!(world.worker(), 0, "once it was taken it is done");
}

fn a_letter_that_keeps_failing_is_given_up(world: &World) {
    asked(world, ANNA);
    let link = world.mailed_link().unwrap();
    world.browser().sets_password(&link, "en helt annen setning 93");
    let mut tries = 0;
    for _ in 0..20 {
        world.mail_fails(passing());
        tries += world.worker();
        world.later(Seconds::hours(1));
    }
    assert_eq!(tries, 12);
}

fn a_letter_that_is_refused_for_good_is_not_tried_again(world: &World) {
    asked(world, ANNA);
    world.mail_fails(MailFault::Lasting("550 no such user".to_owned()));
    assert_eq!(world.worker(), 1);
    world.later(Seconds::days(1));
    assert_eq!(world.worker(), 0);
    assert!(world.letters().is_empty());
}

fn nobody_posts_what_is_for_nobody(world: &World) {
    asked(world, STRANGER);
    assert_eq!(world.worker(), 1, "the row is there, as for anybody");
    assert!(world.letters().is_empty());
    world.later(Seconds::hours(1));
    assert_eq!(world.worker(), 0);
}

fn a_letter_is_posted_once_however_many_workers_there_are(world: &World) {
    for address in [ANNA, NILS] {
        asked(world, address);
    }
    let workers = (0..6).map(|_| {
        let ctx = world.ctx.clone();
        async move { portvakt_flows::jobs::outbox::run(&ctx).await }
    });
    assert_eq!(world.at_once(workers).iter().sum::<usize>(), 2);
    assert_eq!(world.letters().len(), 2);
}

fn a_new_browser_is_told_of_and_a_known_one_is_not(world: &World) {
    let browser = world.browser();
    browser.signs_in_as(ANNA, HRM, &[]).code();
    let letters = world.letters();
    let [Letter { message: Message::NewDevice { at, browser: which }, .. }] = &letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!((*at, which.as_str()), (NOW, "Firefox on Linux"));
    browser.signs_out();
    browser.signs_in_as(ANNA, HRM, &[]).code();
    assert!(world.letters().is_empty());
}

fn a_new_password_is_told_of(world: &World) {
    asked(world, ANNA);
    let link = world.mailed_link().unwrap();
    world.browser().sets_password(&link, "en helt annen setning 93");
    let letters = world.letters();
    assert!(matches!(&letters[..], [Letter { message: Message::PasswordChanged { .. }, .. }]), "{letters:?}");
}

fn a_letter_too_late_to_be_of_use_is_not_posted(world: &World) {
    asked(world, ANNA);
    world.later(Seconds::minutes(30));
    assert_eq!(world.worker(), 1, "it is settled");
    assert!(world.letters().is_empty(), "its link is good no more");
}
