//! Limits: what strangers may cause, counted before it is done, and never at the cost of a browser that a person uses.

use crate::kit::{ANNA, Got, HRM, NILS, PASSWORD, World, on_both, params};
use portvakt_flows::password::Wish;
use portvakt_flows::{sign_in, token};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Seconds, Secret};
use portvakt_protocol::oauth::Why;

on_both! {
    guesses_at_once_do_not_pass_the_budget,
    a_known_browser_has_a_budget_of_its_own,
    a_known_browser_is_no_way_to_guess_for_ever,
    the_budget_comes_back_with_time,
    a_success_gives_the_budget_back,
    one_source_cannot_try_everybody,
    a_source_that_is_stopped_uses_up_nobody_elses_budget,
    three_mails_an_hour_for_one_address,
    ten_mails_an_hour_from_one_source,
    a_client_that_keeps_failing_is_told_to_wait,
}

fn guesses(world: &World, browsers: &[crate::kit::Browser<'_>], typed: &str) -> (usize, usize, usize) {
    let tries: Vec<_> = browsers
        .iter()
        .map(|browser| {
            let page = browser.password_page(HRM, ANNA);
            let (ctx, cookies, r) = (world.ctx.clone(), browser.cookies(), page.r().to_owned());
            let typed = Secret::new(typed.to_owned());
            async move { sign_in::password::post(&ctx, &cookies, &r, typed, false).await }
        })
        .collect();
    let outcomes = world.at_once(tries);
    let count = |is: fn(&sign_in::password::Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    (
        count(|outcome| matches!(outcome, sign_in::password::Outcome::SignedIn(..))),
        count(|outcome| matches!(outcome, sign_in::password::Outcome::Wrong)),
        count(|outcome| matches!(outcome, sign_in::password::Outcome::Limited)),
    )
}

fn guesses_at_once_do_not_pass_the_budget(world: &World) {
    let browsers: Vec<_> = (1..=30).map(|n| world.browser().at(&format!("203.0.113.{n}"))).collect();
    let hashes = world.ctx.hashing.count();
    assert_eq!(guesses(world, &browsers, "not the right one"), (0, 10, 20));
    assert_eq!(world.ctx.hashing.count() - hashes, 10, "what is over the budget is not hashed");
    assert_eq!(guesses(world, &browsers[..1], PASSWORD), (0, 0, 1), "and the right one is not looked at");
}

fn use_up(world: &World) {
    let stranger = world.browser().at("203.0.113.9");
    let page = stranger.password_page(HRM, ANNA);
    for _ in 0..10 {
        assert_eq!(stranger.types_password(page.r(), "not the right one"), Got::Wrong);
    }
    assert_eq!(stranger.types_password(page.r(), "not the right one"), Got::Limited);
}

fn a_known_browser_has_a_budget_of_its_own(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    use_up(world);
    let page = browser.password_page(HRM, ANNA);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (0, 0, 1), "which gives no stranger anything");
}

fn a_known_browser_is_no_way_to_guess_for_ever(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    let page = browser.password_page(HRM, ANNA);
    for _ in 0..10 {
        assert_eq!(browser.types_password(page.r(), "not the right one"), Got::Wrong);
    }
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Limited);
    // Nils was never on it: there it is a stranger's.
    let page = browser.password_page(HRM, NILS);
    assert_eq!(browser.types_password(page.r(), "not the right one"), Got::Wrong);
}

fn the_budget_comes_back_with_time(world: &World) {
    use_up(world);
    world.later(Seconds::minutes(15));
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (1, 0, 0));
}

fn a_success_gives_the_budget_back(world: &World) {
    for _ in 0..3 {
        let browser = world.browser();
        let page = browser.password_page(HRM, ANNA);
        for _ in 0..9 {
            assert_eq!(browser.types_password(page.r(), "not the right one"), Got::Wrong);
        }
        assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
    }
}

fn one_source_cannot_try_everybody(world: &World) {
    let now = world.ctx.clock.now();
    // Three hundred tries at other addresses would take the test a while: they are counted, not made.
    world.write(move |tx| {
        for _ in 0..300 {
            tx.limits().hit(&[("pw:s:192.0.2.7".to_owned(), Seconds::minutes(10))], now)?;
        }
        Ok(())
    });
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (0, 0, 1));
    assert_eq!(guesses(world, &[world.browser().at("192.0.2.8")], PASSWORD), (1, 0, 0));
}

fn three_mails_an_hour_for_one_address(world: &World) {
    let ask = |n: u8, wish| {
        let browser = world.browser().at(&format!("203.0.113.{n}"));
        let page = browser.password_page(HRM, ANNA);
        browser.wants(page.r(), ANNA, wish)
    };
    for (n, wish) in [(1, Wish::Reset), (2, Wish::SignInLink), (3, Wish::Reset)] {
        assert_eq!(ask(n, wish), Got::Sent);
    }
    assert_eq!(ask(4, Wish::SignInLink), Got::Limited);
    assert_eq!(world.letters().len(), 3);
    world.later(Seconds::hours(1));
    assert_eq!(ask(5, Wish::Reset), Got::Sent);
}

fn ten_mails_an_hour_from_one_source(world: &World) {
    let ask = |n: usize| {
        let browser = world.browser();
        let page = browser.password_page(HRM, NILS);
        browser.wants(page.r(), &format!("somebody-{n}@free.example"), Wish::Reset)
    };
    assert!((0..10).all(|n| ask(n) == Got::Sent));
    assert_eq!(ask(10), Got::Limited);
    let elsewhere = world.browser().at("203.0.113.1");
    let page = elsewhere.password_page(HRM, NILS);
    assert_eq!(elsewhere.wants(page.r(), NILS, Wish::Reset), Got::Sent);
}

fn a_client_that_keeps_failing_is_told_to_wait(world: &World) {
    let body = params(&[
        ("grant_type", "client_credentials"),
        ("client_id", crate::kit::TIMECLOCK),
        ("client_secret", "not the right one"),
    ]);
    let ask = |source: &str| world.run(token::post(&world.ctx, None, &body, source)).unwrap_err().why;
    for _ in 0..20 {
        assert_eq!(ask("203.0.113.1"), Why::ClientInvalid);
    }
    assert_eq!(ask("203.0.113.1"), Why::TooMany);
    assert_eq!(world.happened(AuditEvent::ClientFailed), 20);
    assert_eq!(ask("203.0.113.2"), Why::ClientInvalid);
    assert!(world.machine(crate::kit::TIMECLOCK, &[]).is_ok(), "whoever has the secret is not kept out");
    world.later(Seconds(60));
    assert_eq!(ask("203.0.113.1"), Why::ClientInvalid);
}

fn a_source_that_is_stopped_uses_up_nobody_elses_budget(world: &World) {
    let most = world.ctx.settings.limits;
    let attacker = world.browser().at("203.0.113.9");
    for number in 0..=most.source_tries {
        let page = attacker.password_page(HRM, &format!("nobody{number}@partner.example"));
        attacker.types_password(page.r(), "a guess that is wrong");
    }
    for _ in 0..=most.account_tries {
        let page = attacker.password_page(HRM, ANNA);
        assert!(matches!(attacker.types_password(page.r(), "a guess that is wrong"), Got::Limited));
    }
    let page = world.browser().at("198.51.100.7").signs_in_as(ANNA, HRM, &[]);
    page.code();
}
