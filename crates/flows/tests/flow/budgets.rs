//! Limits: what strangers may cause, counted before it is done, and never at the cost of a browser that a person uses.

use crate::kit::{ANNA, Browser, Got, HRM, NILS, PASSWORD, Step, World, caller, on_both, params};
use portvakt_flows::password::Wish;
use portvakt_flows::{Caller, sign_in, token};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Seconds, Secret};
use portvakt_protocol::oauth::Why;

on_both! {
    of_two_hundred_guesses_at_once_no_more_than_the_budget_are_looked_at,
    of_right_passwords_at_once_no_more_than_the_budget_are_looked_at,
    a_known_browser_has_a_budget_of_its_own,
    a_known_browser_is_no_way_to_guess_for_ever,
    the_budget_comes_back_with_time,
    a_success_gives_the_budget_back,
    one_source_cannot_try_everybody,
    a_source_that_is_stopped_uses_up_nobody_elses_budget,
    three_mails_an_hour_for_one_address,
    a_known_browser_has_mails_of_its_own,
    requests_too_long_for_an_address_line_are_counted_per_source,
    ten_mails_an_hour_from_one_source,
    a_client_that_keeps_failing_is_told_to_wait,
}

/// Guesses at once, each on a page of its own: how many got in, were wrong, and came too early.
fn guesses<'w: 'b, 'b>(
    world: &World,
    browsers: impl IntoIterator<Item = &'b Browser<'w>>,
    typed: &str,
) -> (usize, usize, usize) {
    let tries: Vec<_> = browsers
        .into_iter()
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
        count(|outcome| matches!(outcome, sign_in::password::Outcome::Limited(_))),
    )
}

/// Types a wrong password, and waits as long as the page says.
fn fails(world: &World, browser: &Browser<'_>, r: &str) {
    loop {
        let got = browser.types_password(r, "not the right one");
        let Got::Wait(seconds) = got else { return assert_eq!(got, Got::Wrong) };
        world.later(Seconds(seconds));
    }
}

fn of_two_hundred_guesses_at_once_no_more_than_the_budget_are_looked_at(world: &World) {
    let browsers: Vec<_> = (1..=20).map(|n| world.browser().at(&format!("203.0.113.{n}"))).collect();
    let two_hundred = || browsers.iter().cycle().take(200);
    let hashes = || world.ctx.hashing.count();
    let before = hashes();
    // Four come before the first delay; then one each time that it is over, until the window's ten are used up.
    assert_eq!(guesses(world, two_hundred(), "not the right one"), (0, 4, 196));
    assert_eq!(hashes() - before, 4, "what comes too early is not hashed");
    assert_eq!(guesses(world, two_hundred().take(1), PASSWORD), (0, 0, 1), "and the right one is not looked at");
    for pause in [1, 2, 4, 8, 16, 32] {
        world.later(Seconds(pause));
        assert_eq!(guesses(world, two_hundred(), "not the right one"), (0, 1, 199));
    }
    world.later(Seconds::minutes(13));
    assert_eq!(guesses(world, two_hundred(), "not the right one"), (0, 0, 200));
    assert_eq!(hashes() - before, 10, "ten in a quarter of an hour, however many come");
}

fn of_right_passwords_at_once_no_more_than_the_budget_are_looked_at(world: &World) {
    let browsers: Vec<_> = (1..=20).map(|n| world.browser().at(&format!("203.0.113.{n}"))).collect();
    let hashes = world.ctx.hashing.count();
    let (signed_in, wrong, early) = guesses(world, &browsers, PASSWORD);
    assert!(signed_in >= 1 && wrong == 0 && signed_in + early == 20, "{signed_in} {early}");
    assert_eq!(world.ctx.hashing.count() - hashes, u64::try_from(signed_in).unwrap());
}

fn use_up(world: &World) {
    let stranger = world.browser().at("203.0.113.9");
    let page = stranger.password_page(HRM, ANNA);
    for _ in 0..10 {
        fails(world, &stranger, page.r());
    }
    assert!(matches!(stranger.types_password(page.r(), "not the right one"), Got::Wait(600..)));
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
        fails(world, &browser, page.r());
    }
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::Wait(600..)));
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
            fails(world, &browser, page.r());
        }
        world.later(Seconds(32));
        assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
    }
}

fn one_source_cannot_try_everybody(world: &World) {
    let now = world.ctx.clock.now();
    // Three hundred tries at other addresses would take the test a while: all but the last are counted, not made.
    world.write(move |tx| {
        for _ in 0..299 {
            tx.limits().hit(&[("pw:s:192.0.2.7".to_owned(), Seconds::minutes(10))], now)?;
        }
        Ok(())
    });
    assert_eq!(guesses(world, &[world.browser()], "not the right one"), (0, 1, 0));
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (0, 0, 1));
    assert_eq!(guesses(world, &[world.browser().at("192.0.2.8")], PASSWORD), (1, 0, 0));
    world.later(Seconds(3599));
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (0, 0, 1), "for an hour");
    world.later(Seconds(1));
    assert_eq!(guesses(world, &[world.browser()], PASSWORD), (1, 0, 0));
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

fn a_known_browser_has_mails_of_its_own(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    let stranger = world.browser().at("203.0.113.9");
    let page = stranger.password_page(HRM, ANNA);
    for n in 0..4 {
        let got = stranger.wants(page.r(), ANNA, Wish::Reset);
        assert_eq!(got, if n < 3 { Got::Sent } else { Got::Limited });
    }
    let page = browser.password_page(HRM, ANNA);
    for n in 0..4 {
        let got = browser.wants(page.r(), ANNA, Wish::SignInLink);
        assert_eq!(got, if n < 3 { Got::Sent } else { Got::Limited }, "and it is a budget as well");
    }
    // Nils was never on it: there it is a stranger's, and is counted for its source too.
    let page = browser.password_page(HRM, NILS);
    for _ in 0..3 {
        assert_eq!(browser.wants(page.r(), NILS, Wish::Reset), Got::Sent);
    }
    assert_eq!(browser.wants(page.r(), NILS, Wish::Reset), Got::Limited);
}

fn requests_too_long_for_an_address_line_are_counted_per_source(world: &World) {
    let values = vec![format!(r#""{}""#, "y".repeat(150)); 16].join(",");
    let claims = format!(r#"{{"userinfo":{{"acr":{{"values":[{values}]}}}}}}"#);
    let big = [("claims", claims.as_str())];
    let (signed_in, _) = world.signed_in_to(HRM);
    let browser = world.browser();
    let page = browser.sent_by(HRM, &big);
    assert_eq!(page.r().len(), 43, "it is kept under a handle: {page:?}");
    let now = world.ctx.clock.now();
    world.write(move |tx| {
        for _ in 0..300 {
            tx.limits().hit(&[("pk:s:192.0.2.7".to_owned(), Seconds::minutes(10))], now)?;
        }
        Ok(())
    });
    let rows = || world.read(|tx| tx.parked().count());
    let before = rows();
    assert_eq!(browser.sent_by(HRM, &big), Step::Limited);
    assert_eq!(browser.open(page.r()), Step::Limited, "going on makes such a row too");
    assert_eq!(browser.types_address(page.r(), ANNA), Step::Limited);
    assert_eq!(signed_in.sent_by(HRM, &big), Step::Limited, "and so does a code");
    assert_eq!(rows(), before);
    assert!(matches!(browser.sent_by(HRM, &[]), Step::Address { .. }), "what fits into an address is not counted");
    assert!(matches!(world.browser().at("192.0.2.8").sent_by(HRM, &big), Step::Address { .. }));
    world.later(Seconds::minutes(10));
    assert!(matches!(browser.sent_by(HRM, &big), Step::Address { .. }));
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
    let ask =
        |source: &str| world.run(token::post(&world.ctx, &Caller { source, ..caller(None) }, &body)).unwrap_err().why;
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
        assert!(matches!(attacker.types_password(page.r(), "a guess that is wrong"), Got::Wait(_)));
    }
    let page = world.browser().at("198.51.100.7").signs_in_as(ANNA, HRM, &[]);
    page.code();
}
