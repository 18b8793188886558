//! The biggest requests there may be go all the way, and bigger ones are refused, never a fault.

use crate::kit::{ANNA, Got, HRM, ISSUER, LEDGER, PASSWORD, Step, TIMESHEETS, World, on_both};

on_both! {
    a_big_request_goes_all_the_way,
    a_request_full_of_everything_is_answered,
    a_big_state_comes_back_as_it_went,
    a_handle_of_another_browser_opens_nothing,
    a_sign_in_takes_half_an_hour_at_most,
}

fn claims(count: usize, of: usize) -> String {
    let one = |n: usize| format!(r#""{}{n}":{{"values":["{}"]}}"#, "x".repeat(10), "y".repeat(of));
    format!(r#"{{"userinfo":{{{}}}}}"#, (0..count).map(one).collect::<Vec<_>>().join(","))
}

fn a_big_request_goes_all_the_way(world: &World) {
    let browser = world.browser();
    let (claims, nonce) = (claims(20, 20), "n".repeat(500));
    let more = [
        ("claims", claims.as_str()),
        ("nonce", &nonce),
        ("resource", TIMESHEETS),
        ("resource", LEDGER),
        ("login_hint", ANNA),
    ];
    let page = browser.sent_by(HRM, &more);
    assert!(page.r().len() <= 2048, "what is longer is parked");
    let page = browser.types_address(page.r(), ANNA);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("not signed in") };
    let code = browser.open(&r).code();
    assert!(world.redeem(&code).is_ok());
}

fn a_request_full_of_everything_is_answered(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let fresh = world.browser();
    for claims in [claims(60, 100), claims(64, 90), claims(1, 8000), "[".repeat(8000)] {
        for browser in [&browser, &fresh] {
            match browser.sent_by(HRM, &[("claims", &claims), ("acr_values", &"a ".repeat(490))]) {
                Step::Code(code) => assert!(world.redeem(&code).is_ok(), "a code that was given can be redeemed"),
                Step::Error(code) => assert_eq!(code, "invalid_request"),
                Step::Address { r, .. } => {
                    let page = browser.types_address(&r, ANNA);
                    assert!(matches!(page, Step::Password { .. }), "{page:?}");
                }
                Step::Choose { .. } | Step::Password { .. } | Step::Organisation { .. } | Step::Consent { .. } => {
                    panic!("this page was not asked for")
                }
                Step::Tokens | Step::Back(_) | Step::Page(_) | Step::Stale | Step::Limited => {
                    panic!("a request that may be was refused")
                }
            }
        }
    }
}

fn a_big_state_comes_back_as_it_went(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    // The kit looks at a state of one letter; here it is looked at directly.
    for state in ["é".repeat(1024), "\u{1}".repeat(2048), "\"".repeat(2048)] {
        let body = crate::kit::params(&[
            ("response_type", "code"),
            ("client_id", HRM),
            ("redirect_uri", "https://hrm.example/callback"),
            ("scope", "openid"),
            ("state", &state),
            ("prompt", "select_account"),
            ("code_challenge", &"c".repeat(43)),
            ("code_challenge_method", "S256"),
        ]);
        let ctx = &world.ctx;
        let portvakt_flows::authorize::Begun::Valid(pending) =
            world.run(portvakt_flows::authorize::begin(ctx, &browser.cookies(), &body))
        else {
            panic!("not a valid request")
        };
        let step = world.run(portvakt_flows::authorize::proceed(ctx, &browser.cookies(), *pending, ctx.clock.now()));
        let portvakt_flows::authorize::Step::Choose(ask) = step else { panic!("{step:?}") };
        let choice = portvakt_flows::sign_in::choose::Choice::SignedIn;
        let chosen = world.run(portvakt_flows::sign_in::choose::post(ctx, &browser.cookies(), &ask.r, choice));
        let portvakt_flows::sign_in::choose::Outcome::GoOn(r) = chosen else { panic!("{chosen:?}") };
        let step = world.run(portvakt_flows::authorize::resume(ctx, &browser.cookies(), &r));
        let portvakt_flows::authorize::Step::Answer(answer) = step else { panic!("{step:?}") };
        assert!(answer.parameters.contains(&("state", state)));
        assert!(answer.parameters.contains(&("iss", ISSUER.to_owned())));
    }
}

fn a_handle_of_another_browser_opens_nothing(world: &World) {
    let (browser, other) = (world.browser(), world.browser());
    let page = browser.sent_by(HRM, &[]);
    let big = browser.sent_by(HRM, &[("claims", &claims(20, 90))]);
    for page in [&page, &big] {
        assert_eq!(other.open(page.r()), Step::Stale);
        assert_eq!(other.types_address(page.r(), ANNA), Step::Stale);
        assert_eq!(other.types_password(page.r(), PASSWORD), Got::Stale);
        assert_eq!(other.consents(page.r(), true), Step::Stale);
    }
    for altered in crate::kit::flipped(page.r()) {
        assert_eq!(browser.open(&altered), Step::Stale);
    }
    assert!(matches!(browser.open(page.r()), Step::Address { .. }));
}

fn a_sign_in_takes_half_an_hour_at_most(world: &World) {
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    world.later(portvakt_model::Seconds::minutes(30));
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Stale);
    assert_eq!(browser.open(page.r()), Step::Stale);
}
