//! What tokens are good for, and for whom: userinfo, introspection (RFC 7662), revocation (RFC 7009), machines.

use crate::kit::{
    ANNA, DEPOT, DESK, HRM, LEDGER, MOBILE, PORTAL, Step, TIMECLOCK, TIMESHEETS, World, flipped, on_both,
};
use portvakt_model::Seconds;
use portvakt_protocol::oauth::Why;
use serde_json::json;

on_both! {
    revoking_a_refresh_token_ends_all_its_code_gave,
    revoking_an_access_token_ends_that_token_only,
    revoking_somebody_elses_token_ends_nothing,
    only_an_apis_own_client_may_look_at_its_tokens,
    a_token_for_portvakt_alone_is_shown_to_the_app_that_has_it,
    a_refresh_token_is_shown_to_the_app_that_has_it,
    an_opaque_token_works_like_any_other,
    no_altered_access_token_is_taken,
    no_token_is_taken_for_another_kind,
    an_access_token_lives_ten_minutes,
    a_machine_has_its_own_scopes_and_no_others,
    only_machines_ask_for_themselves,
    a_machines_token_is_no_persons,
    a_machines_token_can_be_revoked,
}

const AT_TIMESHEETS: &[(&str, &str)] = &[("scope", "openid time:read"), ("resource", TIMESHEETS)];
const AT_LEDGER: &[(&str, &str)] = &[("scope", "openid email ledger:read"), ("resource", LEDGER)];

fn revoking_a_refresh_token_ends_all_its_code_gave(world: &World) {
    for client in [HRM, MOBILE] {
        let (_, code) = world.signed_in_to(client);
        let tokens = world.redeem(&code).unwrap();
        world.revoke(client, tokens.refresh());
        assert_eq!(world.refresh(client, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
        assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    }
}

fn revoking_an_access_token_ends_that_token_only(world: &World) {
    for more in [AT_TIMESHEETS, AT_LEDGER] {
        let (_, code) = world.signed_in_asking(HRM, more);
        let tokens = world.redeem(&code).unwrap();
        world.revoke(HRM, &tokens.access);
        assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
        assert_eq!(world.introspect(HRM, &tokens.access), None);
        assert_eq!(world.introspect(DESK, &tokens.access), None);
        let next = world.refresh(HRM, tokens.refresh()).unwrap();
        assert!(world.userinfo(&next.access).is_ok());
    }
}

fn revoking_somebody_elses_token_ends_nothing(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.revoke(PORTAL, &tokens.access);
    world.revoke(PORTAL, tokens.refresh());
    world.revoke(PORTAL, "nothing of ours");
    assert!(world.userinfo(&tokens.access).is_ok());
    assert!(world.refresh(HRM, tokens.refresh()).is_ok());
}

fn only_an_apis_own_client_may_look_at_its_tokens(world: &World) {
    for (more, own, api) in [(AT_TIMESHEETS, HRM, TIMESHEETS), (AT_LEDGER, DESK, LEDGER)] {
        let (_, code) = world.signed_in_asking(PORTAL, more);
        let tokens = world.redeem(&code).unwrap();
        let seen = world.introspect(own, &tokens.access).unwrap();
        assert_eq!((&seen["sub"], &seen["client_id"]), (&json!(world.account(ANNA).sub), &json!(PORTAL)));
        assert_eq!(seen["aud"][0], json!(api));
        for other in [HRM, DESK, PORTAL, TIMECLOCK].into_iter().filter(|client| *client != own) {
            assert_eq!(world.introspect(other, &tokens.access), None, "{other}");
        }
    }
    let machine = world.machine(TIMECLOCK, &[]).unwrap();
    assert_eq!(world.introspect(HRM, &machine.access).unwrap()["scope"], json!("time:write"));
    assert_eq!(world.introspect(TIMECLOCK, &machine.access), None);
}

fn a_token_for_portvakt_alone_is_shown_to_the_app_that_has_it(world: &World) {
    let tokens = world.redeem(&world.signed_in_to(HRM).1).unwrap();
    assert!(world.introspect(HRM, &tokens.access).is_some());
    assert_eq!(world.introspect(PORTAL, &tokens.access), None);
}

fn a_refresh_token_is_shown_to_the_app_that_has_it(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    assert_eq!(world.introspect(HRM, tokens.refresh()).unwrap()["scope"], json!("openid profile email"));
    assert_eq!(world.introspect(PORTAL, tokens.refresh()), None);
    browser.signs_out();
    assert_eq!(world.introspect(HRM, tokens.refresh()), None);
}

fn an_opaque_token_works_like_any_other(world: &World) {
    let (browser, code) = world.signed_in_asking(HRM, AT_LEDGER);
    let tokens = world.redeem(&code).unwrap();
    assert!(!tokens.access.contains('.'));
    assert_eq!(world.userinfo(&tokens.access).unwrap()["email"], json!(ANNA));
    assert_eq!(world.introspect(DESK, &tokens.access).unwrap()["scope"], json!("openid email ledger:read"));
    browser.signs_out();
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    assert_eq!(world.introspect(DESK, &tokens.access), None);
}

fn no_altered_access_token_is_taken(world: &World) {
    for (more, own) in [(AT_TIMESHEETS, HRM), (AT_LEDGER, DESK)] {
        let (_, code) = world.signed_in_asking(HRM, more);
        let tokens = world.redeem(&code).unwrap();
        for altered in flipped(&tokens.access) {
            assert_eq!(world.userinfo(&altered), Err(Why::BearerInvalid), "{altered}");
            assert_eq!(world.introspect(own, &altered), None);
        }
    }
}

fn no_token_is_taken_for_another_kind(world: &World) {
    let (browser, code) = world.signed_in_asking(HRM, AT_LEDGER);
    let tokens = world.redeem(&code).unwrap();
    let fresh = browser.sent_by(HRM, &[]).code();
    let Step::Password { r, .. } = world.browser().password_page(HRM, ANNA) else { panic!("no password page") };
    let id_token = tokens.id_token.clone().unwrap();
    for bearer in [id_token.as_str(), tokens.refresh(), &fresh.text, &r] {
        assert_eq!(world.userinfo(bearer), Err(Why::BearerInvalid));
    }
    for refresh in [id_token.as_str(), &tokens.access, &fresh.text, &r] {
        assert_eq!(world.refresh(HRM, refresh).unwrap_err(), Why::RefreshInvalid);
    }
    for text in [id_token, tokens.access.clone(), tokens.refresh().to_owned(), r] {
        assert_eq!(world.redeem(&crate::kit::Code { text, ..fresh.clone() }).unwrap_err(), Why::CodeInvalid);
    }
    assert_eq!(browser.open(&fresh.text), Step::Stale);
    assert_eq!(browser.open(&tokens.access), Step::Stale);
    assert!(world.redeem(&fresh).is_ok());
}

fn an_access_token_lives_ten_minutes(world: &World) {
    for more in [AT_TIMESHEETS, AT_LEDGER] {
        let tokens = world.redeem(&world.signed_in_asking(HRM, more).1).unwrap();
        world.later(Seconds(599));
        assert!(world.userinfo(&tokens.access).is_ok());
        world.later(Seconds(1));
        assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    }
}

fn a_machine_has_its_own_scopes_and_no_others(world: &World) {
    let tokens = world.machine(TIMECLOCK, &[]).unwrap();
    assert_eq!((tokens.scope.as_str(), tokens.refresh, tokens.id_token), ("time:write", None, None));
    let asked = world.machine(TIMECLOCK, &[("scope", "time:write"), ("resource", TIMESHEETS)]).unwrap();
    for (name, value) in [("sub", TIMECLOCK), ("client_id", TIMECLOCK), ("aud", TIMESHEETS), ("scope", "time:write")] {
        assert_eq!(asked.access_claim(name), json!(value), "{name}");
    }
    for scope in ["time:read", "openid", "time:write time:read", "offline_access"] {
        assert_eq!(world.machine(TIMECLOCK, &[("scope", scope)]).unwrap_err(), Why::ScopeBeyond, "{scope}");
    }
    for api in [DEPOT, "https://nowhere.example"] {
        assert_eq!(world.machine(TIMECLOCK, &[("resource", api)]).unwrap_err(), Why::ResourceUnknown, "{api}");
    }
}

fn only_machines_ask_for_themselves(world: &World) {
    for client in [HRM, PORTAL, MOBILE] {
        assert_eq!(world.machine(client, &[]).unwrap_err(), Why::NotForThisClient, "{client}");
    }
    let asked = world.browser().sent_by(TIMECLOCK, &[]);
    assert_eq!(asked, Step::Page(Why::RedirectUnknown));
}

fn a_machines_token_is_no_persons(world: &World) {
    let tokens = world.machine(TIMECLOCK, &[]).unwrap();
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
}

fn a_machines_token_can_be_revoked(world: &World) {
    let tokens = world.machine(TIMECLOCK, &[]).unwrap();
    world.revoke(TIMECLOCK, &tokens.access);
    assert_eq!(world.introspect(HRM, &tokens.access), None);
}
