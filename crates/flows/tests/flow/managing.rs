//! An app reads, replaces and removes what it registered (RFC 7592).

use crate::kit::program::asks;
use crate::kit::registering::{
    HOME, Own, SECTOR, allows, app, by_token, goes_to, initial, open, register, signs_in, text, with,
};
use crate::kit::{Code, HRM, NORDVIK, Step, World, on_both, pairs_of};
use portvakt_flows::app as apps;
use portvakt_flows::client::Caller;
use portvakt_flows::registration::{self, Refused};
use portvakt_model::AppKind;
use portvakt_model::audit::AuditEvent;
use portvakt_protocol::oauth::Why;
use serde_json::json;

on_both! {
    an_update_replaces_everything,
    an_update_that_needs_a_secret_brings_one_and_ends_the_old,
    people_are_asked_anew_when_an_app_is_another_to_them,
    a_code_made_for_the_app_as_it_was_gives_nothing,
    an_app_cannot_go_over_to_another_sector,
    a_suspended_tenant_s_app_changes_nothing,
    only_an_app_s_own_token_leads_to_it,
    a_removed_app_is_gone_with_its_token_and_its_grants,
    of_changes_and_a_removal_at_once_none_brings_the_app_back,
}

fn an_update_replaces_everything(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 1, None);
    let first = json!({ "client_name": "Old", "tos_uri": "https://app.example/t", "contacts": ["a@app.example"] });
    let told = register(world, &ctx, Some(&token), &with(&first)).unwrap();
    let own = Own::of(world, &ctx, &told);
    let new = own.update(&json!({ "client_name": "New", "client_secret": told["client_secret"] })).unwrap();
    assert_eq!((&new["client_name"], new.get("tos_uri"), new.get("contacts")), (&json!("New"), None, None));
    assert_eq!(new["registration_access_token"], told["registration_access_token"]);
    assert!(!new.contains_key("client_secret"), "it stays as it is");
    let kept = app(world, &told);
    assert_eq!((kept.name.as_str(), kept.version, kept.secrets.len()), ("New", 2, 1));
    assert_eq!(world.happened(AuditEvent::AppChanged), 1);
    for (members, why) in [
        (json!({ "client_secret": "mine" }), Why::UpdateSecret),
        (json!({ "registration_client_uri": "https://login.example/register/x" }), Why::UpdateMembers),
        (json!({ "redirect_uris": [] }), Why::RedirectUrisMissing),
        (json!({ "sector_identifier_uri": SECTOR }), Why::SectorRefused),
    ] {
        assert_eq!(own.update(&members), Err(Refused::Metadata(why)), "{members}");
    }
    let header = format!("Bearer {}", own.token);
    let caller = Caller { authorization: Some(&header), certificate: None, source: "x" };
    let body = with(&json!({ "client_id": "app_another", "client_name": "Evil" })).to_string();
    let update = registration::update(&ctx, &caller, &own.client_id, Some(body.as_bytes()));
    assert_eq!(world.run(update), Err(Refused::Metadata(Why::UpdateClientId)));
    assert_eq!(app(world, &told).name, "New", "nothing that was refused has changed anything");
}

fn an_update_that_needs_a_secret_brings_one_and_ends_the_old(world: &World) {
    let ctx = open(world);
    let told = register(world, &ctx, None, &with(&json!({ "token_endpoint_auth_method": "none" }))).unwrap();
    assert!(!told.contains_key("client_secret"));
    let own = Own::of(world, &ctx, &told);
    let basic = own.update(&json!({})).unwrap();
    assert_eq!((text(&basic, "client_secret").len(), &basic["client_secret_expires_at"]), (43, &json!(0)));
    let sealed = own.update(&json!({ "token_endpoint_auth_method": "client_secret_jwt" })).unwrap();
    assert_ne!(sealed["client_secret"], basic["client_secret"], "one that can be computed with");
    assert_eq!(text(&sealed, "client_secret").len(), 86, "as long as HS512 wants its key");
    let now = world.ctx.clock.now();
    let good = |world: &World| {
        let app = app(world, &told);
        app.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| now < end)).count()
    };
    assert_eq!(good(world), 1);
    let kept = own.update(&json!({ "token_endpoint_auth_method": "client_secret_post" })).unwrap();
    assert!(!kept.contains_key("client_secret") && good(world) == 1, "that one does for this too");
    let public = own.update(&json!({ "token_endpoint_auth_method": "none" })).unwrap();
    assert!(!public.contains_key("client_secret") && good(world) == 0);
    assert_eq!(app(world, &told).kind, AppKind::Browser);
}

fn people_are_asked_anew_when_an_app_is_another_to_them(world: &World) {
    let ctx = open(world);
    let named = |name: &str, more: &str| {
        let grants = ["authorization_code", "refresh_token"];
        json!({ "client_name": name, "software_version": more, "grant_types": grants })
    };
    let told = register(world, &ctx, None, &with(&named("Fieldreport", "1"))).unwrap();
    let own = Own::of(world, &ctx, &told);
    let browser = world.browser();
    let asked = signs_in(&browser, &told);
    let tokens = allows(world, &browser, &asked, &told);
    let is_asked = || matches!(goes_to(&browser, &told), Step::Consent { .. });
    assert!(!is_asked(), "it is remembered");
    own.update(&named("Fieldreport", "2")).unwrap();
    assert!(!is_asked(), "nobody sees a version");
    assert!(world.userinfo(&tokens.access).is_ok(), "and what was given stays");
    own.update(&named("Nordvik kommun", "2")).unwrap();
    assert!(is_asked());
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid), "what the old one was given");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let own_proof = [("client_id", text(&told, "client_id")), ("client_secret", text(&told, "client_secret"))];
    assert_eq!(world.run(asks(&ctx, None, &[refresh, own_proof].concat())).err(), Some(Why::RefreshInvalid));
}

fn a_code_made_for_the_app_as_it_was_gives_nothing(world: &World) {
    let ctx = open(world);
    let told = register(world, &ctx, None, &with(&json!({}))).unwrap();
    let browser = world.browser();
    let asked = signs_in(&browser, &told);
    let code = Code { redirect: HOME.to_owned(), ..browser.consents(asked.r(), true).code() };
    Own::of(world, &ctx, &told).update(&json!({ "client_name": "Nordvik kommun" })).unwrap();
    let proof = [("client_id", text(&told, "client_id")), ("client_secret", text(&told, "client_secret"))];
    let redeemed = world.run(asks(&ctx, None, &[&pairs_of(&code)[..], &proof].concat()));
    assert_eq!(redeemed.err(), Some(Why::CodeInvalid));
}

fn a_suspended_tenant_s_app_changes_nothing(world: &World) {
    let ctx = by_token(world);
    let told = register(world, &ctx, Some(&initial(world, 1, Some(NORDVIK))), &with(&json!({}))).unwrap();
    let own = Own::of(world, &ctx, &told);
    let (nordvik, now) = (world.tenant(NORDVIK).id, world.ctx.clock.now());
    for at in [Some(now), None] {
        world.write(move |tx| tx.tenants().set_suspended(nordvik, at));
        world.run(world.ctx.keeper.refresh(&world.ctx.dice));
        let changed = own.update(&json!({ "client_name": "Late" })).map(drop);
        assert_eq!(changed, if at.is_some() { Err(Refused::Token(Why::BearerInvalid)) } else { Ok(()) });
        assert!(own.read().is_ok(), "it may look");
    }
    world.write(move |tx| tx.tenants().set_suspended(nordvik, Some(now)));
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
    assert_eq!(world.run(own.deleting()), Ok(()), "and go");
}

fn an_app_cannot_go_over_to_another_sector(world: &World) {
    let ctx = open(world);
    let told = register(world, &ctx, None, &with(&json!({}))).unwrap();
    let own = Own::of(world, &ctx, &told);
    let moved = json!({ "redirect_uris": ["https://bank.example/cb"] });
    assert_eq!(own.update(&moved), Err(Refused::Metadata(Why::SectorMoved)));
    assert!(own.update(&json!({ "redirect_uris": ["https://app.example/other"] })).is_ok());
    // Nor by way of the other type, which who was let in may choose: a `sub` stays what it is within a grant.
    let ctx = by_token(world);
    let token = initial(world, 2, None);
    for (first, other) in [("pairwise", "public"), ("public", "pairwise")] {
        let told = register(world, &ctx, Some(&token), &with(&json!({ "subject_type": first }))).unwrap();
        let own = Own::of(world, &ctx, &told);
        let turned = json!({ "subject_type": other });
        assert_eq!(own.update(&turned), Err(Refused::Metadata(Why::SectorMoved)), "{first}");
        assert!(own.update(&json!({ "subject_type": first, "client_name": "Same" })).is_ok());
    }
}

fn only_an_app_s_own_token_leads_to_it(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 2, None);
    let [one, other] = [(); 2].map(|()| register(world, &ctx, Some(&token), &with(&json!({}))).unwrap());
    let invalid = Refused::Token(Why::BearerInvalid);
    let strange = Own { client_id: text(&one, "client_id").to_owned(), ..Own::of(world, &ctx, &other) };
    let initial = Own { token, ..Own::of(world, &ctx, &one) };
    let nobody = Own { client_id: "app_nobody".to_owned(), ..Own::of(world, &ctx, &one) };
    let operators = Own { client_id: HRM.to_owned(), ..Own::of(world, &ctx, &one) };
    for wrong in [&strange, &initial, &nobody, &operators] {
        assert_eq!(wrong.read(), Err(invalid));
        assert_eq!(wrong.update(&json!({})), Err(invalid));
        assert_eq!(world.run(wrong.deleting()), Err(invalid));
    }
    let caller = Caller { authorization: None, certificate: None, source: "x" };
    let without = world.run(registration::read(&ctx, &caller, text(&one, "client_id")));
    assert_eq!(without, Err(Refused::Token(Why::BearerMissing)));
    for told in [&one, &other] {
        assert!(Own::of(world, &ctx, told).read().is_ok(), "nothing was touched");
    }
}

fn a_removed_app_is_gone_with_its_token_and_its_grants(world: &World) {
    let ctx = open(world);
    let told = register(world, &ctx, None, &with(&json!({}))).unwrap();
    let own = Own::of(world, &ctx, &told);
    let browser = world.browser();
    let asked = signs_in(&browser, &told);
    let tokens = allows(world, &browser, &asked, &told);
    assert!(world.userinfo(&tokens.access).is_ok());
    assert_eq!(world.run(own.deleting()), Ok(()));
    assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
    let invalid = Refused::Token(Why::BearerInvalid);
    assert_eq!((own.read(), world.run(own.deleting())), (Err(invalid), Err(invalid)));
    assert!(world.run(apps::find(&world.ctx, &own.client_id)).is_none());
    assert_eq!(world.happened(AuditEvent::AppDeleted), 1);
}

fn of_changes_and_a_removal_at_once_none_brings_the_app_back(world: &World) {
    let ctx = open(world);
    let told = register(world, &ctx, None, &with(&json!({ "token_endpoint_auth_method": "none" }))).unwrap();
    let own = Own::of(world, &ctx, &told);
    let updates = (0..8).map(|at| own.updating(&json!({ "client_name": format!("Name {at}") })));
    let done = world.at_once(updates).into_iter().flatten().count();
    assert_eq!(done, 8);
    let now = world.ctx.clock.now();
    let app = app(world, &told);
    let good = app.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| now < end)).count();
    assert_eq!((app.version, good), (9, 1), "one after the other, and the first made the one secret");

    let both: Vec<std::pin::Pin<Box<dyn Future<Output = _> + Send>>> = vec![
        Box::pin(own.updating(&json!({}))),
        Box::pin(own.deleting()),
        Box::pin(own.updating(&json!({ "client_name": "Late" }))),
        Box::pin(own.deleting()),
    ];
    world.at_once(both);
    assert_eq!(own.read(), Err(Refused::Token(Why::BearerInvalid)));
    assert_eq!(world.happened(AuditEvent::AppDeleted), 1);
}
