//! Signing keys are turned: apps have a new one before it signs, and an old one as long as a token of its own may live.

use crate::kit::{HRM, Tokens, World, on_both};
use portvakt_flows::{keeper, signing_keys};
use portvakt_model::{Algorithm, Seconds};
use portvakt_protocol::jose::claimed_kid;

on_both! {
    a_new_key_is_published_a_day_before_it_signs,
    an_operator_s_new_key_signs_at_once,
    a_retired_key_stays_published_for_a_day_and_then_goes,
}

/// The names of the published keys.
fn published(world: &World) -> Vec<String> {
    let jwks = serde_json::to_value(world.ctx.keeper.keys().jwks(world.ctx.clock.now())).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    keys.iter().filter_map(|key| key["kid"].as_str()).map(str::to_owned).collect()
}

/// The name of the key that signs ID tokens by RS256 now, as an app sees it.
fn signer(world: &World) -> String {
    let (_, code) = world.signed_in_to(HRM);
    kid(&world.redeem(&code).unwrap())
}

fn kid(tokens: &Tokens) -> String {
    claimed_kid(tokens.id_token.as_deref().unwrap()).unwrap()
}

fn a_new_key_is_published_a_day_before_it_signs(world: &World) {
    let old = signer(world);
    let new = world.run(signing_keys::rotate(&world.ctx, Algorithm::Rs256, false)).kid;
    assert!(published(world).contains(&new), "at once");
    assert_eq!(signer(world), old);
    world.later(Seconds(Seconds::days(1).0 - 1));
    assert_eq!(signer(world), old);
    world.later(Seconds(1));
    assert_eq!(signer(world), new);
    assert!(published(world).contains(&old), "what it signed a moment ago is still good");
}

fn an_operator_s_new_key_signs_at_once(world: &World) {
    let old = signer(world);
    let new = world.run(signing_keys::rotate(&world.ctx, Algorithm::Rs256, true)).kid;
    assert_ne!(new, old);
    assert_eq!(signer(world), new);
    assert!(published(world).contains(&new) && published(world).contains(&old));
}

fn a_retired_key_stays_published_for_a_day_and_then_goes(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let before = world.redeem(&code).unwrap();
    let old = kid(&before);
    world.run(signing_keys::rotate(&world.ctx, Algorithm::Rs256, true));
    // An app may still send an ID token of the old key: as a hint.
    let hint = before.id_token.as_deref().unwrap();
    browser.sent_by(HRM, &[("prompt", "none"), ("id_token_hint", hint)]).code();
    let longest = before.access_claim("exp").as_i64().unwrap() - before.access_claim("iat").as_i64().unwrap();
    assert!(longest < i64::from(keeper::keys::RETIRED_STAYS.0), "every token that it signed has run out by then");
    world.later(Seconds(keeper::keys::RETIRED_STAYS.0 - 1));
    world.run(signing_keys::tend(&world.ctx));
    assert!(published(world).contains(&old));
    world.later(Seconds(1));
    assert!(!published(world).contains(&old), "the moment is kept whether or not the work was done");
    world.run(signing_keys::tend(&world.ctx));
    let rows = world.run(signing_keys::list(&world.ctx));
    assert!(rows.iter().all(|row| row.kid != old), "and the key itself is gone");
}
