//! Refresh tokens (RFC 6749 §6, RFC 9700 §4.14).

use crate::kit::{ANNA, HRM, LEDGER, MOBILE, PORTAL, TIMESHEETS, World, flipped, on_both};
use portvakt_flows::api;
use portvakt_flows::jobs::sweep;
use portvakt_model::Seconds;
use portvakt_model::audit::AuditEvent;
use portvakt_protocol::oauth::Why;
use serde_json::json;

on_both! {
    a_public_apps_token_is_replaced_at_each_use,
    a_replaced_token_used_again_ends_the_chain,
    a_concurrent_twin_gets_the_same_successor,
    many_twins_at_once_get_one_successor,
    after_ten_seconds_a_twin_is_reuse,
    a_twin_that_comes_after_the_successor_was_used_is_reuse,
    a_confidential_app_keeps_its_token,
    another_client_or_an_altered_token_ends_nothing,
    without_offline_access_the_chain_ends_at_sign_out,
    with_offline_access_the_chain_outlives_sign_out,
    using_a_chain_keeps_it_alive_up_to_its_sessions_end,
    a_chain_that_is_used_outlives_sweeping,
    an_offline_chain_ends_unused_and_at_its_age,
    fewer_scopes_may_be_asked_for_and_never_more,
    one_of_several_apis_is_named_in_each_request,
    an_api_that_is_gone_costs_no_token,
    a_refreshed_id_token_says_when_the_person_was_really_asked,
    an_app_without_refresh_gets_none,
}

const OFFLINE: &[(&str, &str)] = &[("scope", "openid offline_access")];

fn a_public_apps_token_is_replaced_at_each_use(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let mut tokens = world.redeem(&code).unwrap();
    for _ in 0..3 {
        world.later(Seconds(60));
        let next = world.refresh(MOBILE, tokens.refresh()).unwrap();
        assert_ne!(next.refresh, tokens.refresh);
        assert!(world.userinfo(&next.access).is_ok());
        tokens = next;
    }
}

fn a_replaced_token_used_again_ends_the_chain(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let second = world.refresh(MOBILE, first.refresh()).unwrap();
    let third = world.refresh(MOBILE, second.refresh()).unwrap();
    world.later(Seconds(60));
    assert_eq!(world.refresh(MOBILE, first.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.refresh(MOBILE, third.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.userinfo(&third.access), Err(Why::BearerInvalid));
    assert_eq!(world.happened(AuditEvent::ReuseDetected), 1);
}

fn a_concurrent_twin_gets_the_same_successor(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let second = world.refresh(MOBILE, first.refresh()).unwrap();
    world.later(Seconds(9));
    let twin = world.refresh(MOBILE, first.refresh()).unwrap();
    assert_eq!(twin.refresh, second.refresh);
    assert!(world.refresh(MOBILE, twin.refresh()).is_ok());
}

fn many_twins_at_once_get_one_successor(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let asking = || world.asking(MOBILE, &[("grant_type", "refresh_token"), ("refresh_token", first.refresh())]);
    let mut given: Vec<_> =
        world.at_once((0..12).map(|_| asking())).into_iter().map(|got| got.unwrap().refresh).collect();
    given.dedup();
    assert_eq!(given.len(), 1);
    assert!(world.refresh(MOBILE, given[0].as_deref().unwrap()).is_ok());
}

fn after_ten_seconds_a_twin_is_reuse(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let second = world.refresh(MOBILE, first.refresh()).unwrap();
    world.later(Seconds(10));
    assert_eq!(world.refresh(MOBILE, first.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.refresh(MOBILE, second.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn a_twin_that_comes_after_the_successor_was_used_is_reuse(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let second = world.refresh(MOBILE, first.refresh()).unwrap();
    let third = world.refresh(MOBILE, second.refresh()).unwrap();
    assert_eq!(world.refresh(MOBILE, first.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.refresh(MOBILE, third.refresh()).unwrap_err(), Why::RefreshInvalid);
}

fn a_confidential_app_keeps_its_token(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let first = world.redeem(&code).unwrap();
    for _ in 0..3 {
        world.later(Seconds(60));
        assert_eq!(world.refresh(HRM, first.refresh()).unwrap().refresh, first.refresh);
    }
}

fn another_client_or_an_altered_token_ends_nothing(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let second = world.refresh(MOBILE, first.refresh()).unwrap();
    world.later(Seconds(60));
    assert_eq!(world.refresh(PORTAL, first.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.refresh(PORTAL, second.refresh()).unwrap_err(), Why::RefreshInvalid);
    for altered in flipped(first.refresh()) {
        assert_eq!(world.refresh(MOBILE, &altered).unwrap_err(), Why::RefreshInvalid);
    }
    assert!(world.refresh(MOBILE, second.refresh()).is_ok());
}

fn without_offline_access_the_chain_ends_at_sign_out(world: &World) {
    for client in [HRM, MOBILE] {
        let (browser, code) = world.signed_in_to(client);
        let tokens = world.redeem(&code).unwrap();
        browser.signs_out();
        assert_eq!(world.refresh(client, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
        assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    }
}

fn with_offline_access_the_chain_outlives_sign_out(world: &World) {
    for client in [HRM, MOBILE] {
        let (browser, code) = world.signed_in_asking(client, OFFLINE);
        let tokens = world.redeem(&code).unwrap();
        browser.signs_out();
        world.later(Seconds::days(10));
        let next = world.refresh(client, tokens.refresh()).unwrap();
        assert!(world.userinfo(&next.access).is_ok());
    }
}

fn using_a_chain_keeps_it_alive_up_to_its_sessions_end(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    for _ in 0..11 {
        world.later(Seconds::hours(2));
        assert!(world.refresh(HRM, tokens.refresh()).is_ok());
    }
    world.later(Seconds::hours(2));
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert!(!browser.may_enter_settings());
}

fn a_chain_that_is_used_outlives_sweeping(world: &World) {
    world.policy(None, |document| document.session_absolute = Some(Seconds::days(30)));
    let (_, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    for _ in 0..4 {
        world.later(Seconds::hours(23));
        world.run(sweep::run(&world.ctx));
        assert!(world.refresh(HRM, tokens.refresh()).is_ok());
    }
}

fn an_offline_chain_ends_unused_and_at_its_age(world: &World) {
    let (_, code) = world.signed_in_asking(HRM, OFFLINE);
    let used = world.redeem(&code).unwrap();
    let unused = world.redeem(&world.signed_in_asking(HRM, OFFLINE).1).unwrap();
    for _ in 0..8 {
        world.later(Seconds::days(11));
        world.run(sweep::run(&world.ctx));
        assert!(world.refresh(HRM, used.refresh()).is_ok());
    }
    assert_eq!(world.refresh(HRM, unused.refresh()).unwrap_err(), Why::RefreshInvalid);
    world.later(Seconds::days(2));
    assert_eq!(world.refresh(HRM, used.refresh()).unwrap_err(), Why::RefreshInvalid, "ninety days are the most");
}

fn fewer_scopes_may_be_asked_for_and_never_more(world: &World) {
    let (_, code) = world.signed_in_to(MOBILE);
    let first = world.redeem(&code).unwrap();
    let ask = |token: &str, scope: &str| {
        world.token(MOBILE, &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)])
    };
    assert_eq!(ask(first.refresh(), "openid phone").unwrap_err(), Why::ScopeBeyond);
    let fewer = ask(first.refresh(), "openid").unwrap();
    assert_eq!(fewer.scope, "openid");
    assert_eq!(world.userinfo(&fewer.access).unwrap().keys().collect::<Vec<_>>(), ["sub"]);
    let all = world.refresh(MOBILE, fewer.refresh()).unwrap();
    assert_eq!(all.scope, "openid profile email");
}

fn one_of_several_apis_is_named_in_each_request(world: &World) {
    let ledger = LEDGER;
    let scope = ("scope", "openid time:read ledger:read");
    let (_, code) = world.signed_in_asking(HRM, &[scope, ("resource", TIMESHEETS), ("resource", ledger)]);
    let tokens = world.redeem(&code).unwrap();
    assert_eq!(tokens.access_claim("aud"), json!([TIMESHEETS, crate::kit::ISSUER]));
    assert_eq!(tokens.scope, "openid time:read");
    let of = |api: &str| {
        let grant = ("grant_type", "refresh_token");
        world.token(HRM, &[grant, ("refresh_token", tokens.refresh()), ("resource", api)])
    };
    assert_eq!(of(ledger).unwrap().scope, "openid ledger:read");
    assert_eq!(of(crate::kit::DEPOT).unwrap_err(), Why::ResourceUnknown);
}

/// The request is refused before anything is spent: the app may ask for another API with the same token.
fn an_api_that_is_gone_costs_no_token(world: &World) {
    let both = [("scope", "openid time:read ledger:read"), ("resource", TIMESHEETS), ("resource", LEDGER)];
    let (_, code) = world.signed_in_asking(MOBILE, &both);
    let tokens = world.redeem(&code).unwrap();
    world.run(api::delete(&world.ctx, TIMESHEETS)).unwrap();
    let asks = |api| [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("resource", api)];
    assert_eq!(world.token(MOBILE, &asks(TIMESHEETS)).unwrap_err(), Why::ResourceUnknown);
    assert_eq!(world.refresh(MOBILE, tokens.refresh()).unwrap_err(), Why::ResourceUnknown, "the first API is meant");
    // A token that was spent would be reuse by now, and end the chain.
    world.later(Seconds(11));
    let next = world.token(MOBILE, &asks(LEDGER)).unwrap();
    assert_ne!(next.refresh, tokens.refresh);
    assert_eq!(world.happened(AuditEvent::ReuseDetected), 0);
}

fn a_refreshed_id_token_says_when_the_person_was_really_asked(world: &World) {
    let (_, code) = world.signed_in_to(HRM);
    let first = world.redeem(&code).unwrap();
    world.later(Seconds(1000));
    let next = world.refresh(HRM, first.refresh()).unwrap();
    for name in ["sub", "sid", "auth_time", "acr", "amr", "iss", "aud"] {
        assert_eq!(next.id_claim(name), first.id_claim(name), "{name}");
    }
    assert_eq!(next.id_claim("nonce"), json!(null));
    assert_eq!(world.sessions(ANNA).len(), 1);
}

fn an_app_without_refresh_gets_none(world: &World) {
    world.write(move |tx| {
        let mut app = tx.apps().find_by_client_id(HRM)?.unwrap();
        app.settings.refresh = false;
        tx.apps().replace(&app)
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
    let (_, code) = world.signed_in_asking(HRM, OFFLINE);
    let tokens = world.redeem(&code).unwrap();
    assert_eq!((tokens.refresh, tokens.scope.as_str()), (None, "openid"));
}
