//! What the usual operations cost the database, warm: statements and commits, exactly. More is a fault, and less is a
//! reason to write the better number here.

use crate::kit::{ANNA, DESK, Got, HRM, LEDGER, MOBILE, PASSWORD, TIMECLOCK, TIMESHEETS, World, on_both};
use portvakt_model::Seconds;

on_both! {
    a_machine_costs_nothing,
    a_code_flow_with_a_session_costs_three_statements_and_one_commit,
    a_refresh_costs_two_statements_and_one_commit,
    userinfo_costs_one_statement,
    introspection_costs_one_statement,
    a_password_sign_in_on_a_known_browser_costs_seven_statements_and_two_commits,
}

fn a_machine_costs_nothing(world: &World) {
    world.machine(TIMECLOCK, &[]).unwrap();
    let (tokens, cost) = world.cost(|| world.machine(TIMECLOCK, &[("scope", "time:write")]));
    assert!(tokens.is_ok());
    assert_eq!(cost, (0, 0));
}

fn a_code_flow_with_a_session_costs_three_statements_and_one_commit(world: &World) {
    for client in [HRM, MOBILE] {
        let (browser, _) = world.signed_in_to(client);
        let (tokens, cost) = world.cost(|| world.redeem(&browser.sent_by(client, &[]).code()));
        assert!(tokens.is_ok());
        assert_eq!(cost, (3, 1), "{client}");
    }
}

fn a_refresh_costs_two_statements_and_one_commit(world: &World) {
    for client in [HRM, MOBILE] {
        let tokens = world.redeem(&world.signed_in_to(client).1).unwrap();
        let (next, cost) = world.cost(|| world.refresh(client, tokens.refresh()));
        assert!(next.is_ok());
        assert_eq!(cost, (2, 1), "{client}");
    }
}

const AT: [&[(&str, &str)]; 3] = [
    &[],
    &[("scope", "openid time:read"), ("resource", TIMESHEETS)],
    &[("scope", "openid ledger:read"), ("resource", LEDGER)],
];

fn userinfo_costs_one_statement(world: &World) {
    for more in AT {
        let tokens = world.redeem(&world.signed_in_asking(HRM, more).1).unwrap();
        let (person, cost) = world.cost(|| world.userinfo(&tokens.access));
        assert!(person.is_ok());
        assert_eq!(cost, (1, 0));
    }
}

fn introspection_costs_one_statement(world: &World) {
    for (more, client) in AT.into_iter().zip([HRM, HRM, DESK]) {
        let tokens = world.redeem(&world.signed_in_asking(HRM, more).1).unwrap();
        world.introspect(client, &tokens.access);
        let (seen, cost) = world.cost(|| world.introspect(client, &tokens.access));
        assert!(seen.is_some());
        assert_eq!(cost, (1, 0));
        let (seen, cost) = world.cost(|| world.introspect(HRM, tokens.refresh()));
        assert!(seen.is_some());
        assert_eq!(cost, (1, 0));
    }
    let machine = world.machine(TIMECLOCK, &[]).unwrap();
    let (seen, cost) = world.cost(|| world.introspect(HRM, &machine.access));
    assert!(seen.is_some());
    assert_eq!(cost, (1, 0));
}

/// From the address page's answer to the new session.
fn a_password_sign_in_on_a_known_browser_costs_seven_statements_and_two_commits(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    browser.signs_out();
    browser.forgets_session();
    world.later(Seconds(60));
    let page = browser.sent_by(HRM, &[]);
    let (got, cost) = world.cost(|| {
        let page = browser.types_address(page.r(), ANNA);
        browser.types_password(page.r(), PASSWORD)
    });
    assert!(matches!(got, Got::In(_)));
    assert_eq!(cost, (7, 2));
}
