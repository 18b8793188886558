//! A policy holds from its commit, for what is to come and for what is already out.

use crate::kit::{ANNA, Got, HRM, KARI, NILS, NORDVIK, PASSWORD, Step, World, on_both};
use portvakt_flows::settings;
use portvakt_model::{PolicyDocument, Seconds, TenantId};
use portvakt_protocol::oauth::Why;

on_both! {
    a_shortened_session_ends_at_once,
    a_shortened_idle_time_counts_at_once,
    a_short_idle_time_ends_no_session_in_use,
    a_shortened_refresh_chain_ends_at_once,
    a_lengthened_lifetime_revives_nothing,
    a_tenant_cannot_widen_what_the_deployment_allows,
    a_longer_password_is_asked_of_the_next_one,
    a_document_that_makes_no_sense_cannot_be_saved,
    a_document_that_makes_no_sense_denies,
    a_default_that_makes_no_sense_denies_everybody,
    a_browser_is_kept_only_where_policy_allows,
}

fn a_shortened_session_ends_at_once(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    let (open, unredeemed) = (browser.sent_by(HRM, &[("prompt", "consent")]), browser.sent_by(HRM, &[]).code());
    world.later(Seconds(59));
    world.policy(Some(NORDVIK), |document| document.session_absolute = Some(Seconds(60)));
    assert!(browser.may_enter_settings(), "one second is left");
    world.later(Seconds(1));
    assert!(browser.sent_by(HRM, &[]).asks_to_sign_in());
    assert!(!browser.may_enter_settings());
    assert!(browser.consents(open.r(), true).asks_to_sign_in());
    assert_eq!(world.redeem(&unredeemed).unwrap_err(), Why::CodeInvalid);
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    let karis = world.browser().signs_in_as(KARI, HRM, &[]).code();
    world.later(Seconds(50));
    assert!(world.redeem(&karis).is_ok(), "another tenant's people are not bound");
}

fn a_shortened_idle_time_counts_at_once(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    world.later(Seconds::minutes(10));
    world.policy(Some(NORDVIK), |document| document.session_idle = Some(Seconds::minutes(10)));
    assert!(browser.sent_by(HRM, &[]).asks_to_sign_in());
    assert!(!browser.may_enter_settings());
}

fn a_short_idle_time_ends_no_session_in_use(world: &World) {
    world.policy(Some(NORDVIK), |document| document.session_idle = Some(Seconds(60)));
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    for _ in 0..5 {
        world.later(Seconds(40));
        browser.sent_by(HRM, &[]).code();
        world.later(Seconds(40));
        assert!(browser.may_enter_settings());
        world.later(Seconds(40));
        assert!(world.refresh(HRM, tokens.refresh()).is_ok());
    }
    world.later(Seconds(60));
    assert!(!browser.may_enter_settings());
}

fn a_shortened_refresh_chain_ends_at_once(world: &World) {
    for (idle, absolute) in [(Some(Seconds::hours(1)), None), (None, Some(Seconds::hours(1)))] {
        let (_, code) = world.signed_in_asking(HRM, &[("scope", "openid offline_access")]);
        let tokens = world.redeem(&code).unwrap();
        world.later(Seconds::hours(1));
        world.policy(Some(NORDVIK), move |document| {
            (document.refresh_idle, document.refresh_absolute) = (idle, absolute);
        });
        assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
        world.policy(Some(NORDVIK), |document| *document = PolicyDocument::default());
    }
}

fn a_lengthened_lifetime_revives_nothing(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    world.later(Seconds::hours(25));
    world.policy(None, |document| {
        document.session_idle = Some(Seconds::days(30));
        document.session_absolute = Some(Seconds::days(30));
    });
    assert!(browser.sent_by(HRM, &[]).asks_to_sign_in());
    assert!(!browser.may_enter_settings());
}

fn a_tenant_cannot_widen_what_the_deployment_allows(world: &World) {
    world.policy(None, crate::kit::off);
    world.policy(Some(NORDVIK), |document| {
        document.own_sign_in = Some(true);
        document.session_absolute = Some(Seconds::days(30));
    });
    let browser = world.browser();
    assert!(matches!(browser.password_page(HRM, ANNA), Step::Organisation { .. }));
    world.policy(None, |document| document.own_sign_in = None);
    let (browser, _) = world.signed_in_to(HRM);
    world.later(Seconds::hours(24));
    assert!(!browser.may_enter_settings());
}

fn a_longer_password_is_asked_of_the_next_one(world: &World) {
    world.policy(Some(NORDVIK), |document| document.password_min_length = Some(40));
    let (browser, _) = world.signed_in_to(HRM);
    let person = browser.person().unwrap();
    assert_eq!(settings::password_rule(&person), Some(40));
    let change = |new: &str| browser.changes_password(PASSWORD, new);
    assert!(matches!(change("en helt annen setning 93"), settings::Changed::Broken(_)));
    assert!(matches!(change(&format!("{PASSWORD} og noe mer til den")), settings::Changed::Saved(_)));
}

fn unsound() -> PolicyDocument {
    PolicyDocument { session_idle: Some(Seconds(0)), ..PolicyDocument::default() }
}

fn a_document_that_makes_no_sense_cannot_be_saved(world: &World) {
    for tenant in [None, Some(NORDVIK)] {
        let set = portvakt_flows::tenant::set_policy(&world.ctx, tenant, |_| unsound());
        assert!(matches!(world.run(set), Err(portvakt_flows::tenant::Invalid::Policy(_))));
    }
}

/// Puts a document into the database past all rules.
fn break_policy(world: &World, tenant: Option<TenantId>, document: PolicyDocument) {
    let now = world.ctx.clock.now();
    world.write(move |tx| match tenant {
        None => tx.policies().set(&document, now),
        Some(tenant) => tx.enter(tenant).policies().set(&document, now),
    });
}

fn a_document_that_makes_no_sense_denies(world: &World) {
    let (browser, code) = world.signed_in_asking(HRM, &[("scope", "openid offline_access")]);
    let tokens = world.redeem(&code).unwrap();
    let (fresh, page) = (world.browser(), world.browser());
    let typed = page.password_page(HRM, ANNA);
    let unredeemed = browser.sent_by(HRM, &[]).code();
    break_policy(world, Some(world.tenant(NORDVIK).id), unsound());
    assert!(fresh.password_page(HRM, ANNA).asks_to_sign_in());
    assert_eq!(page.types_password(typed.r(), PASSWORD), Got::OrganisationSignIn);
    assert!(browser.sent_by(HRM, &[]).asks_to_sign_in());
    assert!(!browser.may_enter_settings());
    assert_eq!(world.redeem(&unredeemed).unwrap_err(), Why::CodeInvalid);
    assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    world.browser().signs_in_as(KARI, HRM, &[]).code();
    break_policy(world, Some(world.tenant(NORDVIK).id), PolicyDocument::default());
    assert!(world.userinfo(&tokens.access).is_ok());
}

fn a_default_that_makes_no_sense_denies_everybody(world: &World) {
    break_policy(world, None, PolicyDocument { password_min_length: Some(1), ..PolicyDocument::default() });
    for address in [ANNA, KARI, NILS] {
        let page = world.browser().password_page(HRM, address);
        assert!(matches!(page, Step::Organisation { .. }), "{page:?}");
    }
}

fn a_browser_is_kept_only_where_policy_allows(world: &World) {
    world.policy(Some(NORDVIK), |document| document.keep_signed_in = Some(false));
    for (address, may) in [(ANNA, false), (NILS, true)] {
        let browser = world.browser();
        let page = browser.password_page(HRM, address);
        browser.types_password_to_stay(page.r(), PASSWORD);
        assert_eq!(world.sessions(address)[0].keep, may, "{address}");
    }
}
