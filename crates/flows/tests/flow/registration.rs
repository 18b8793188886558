//! Apps that register themselves (OpenID Connect Dynamic Client Registration 1.0, RFC 7591, RFC 7592).

use crate::kit::registering::{
    HOME, Own, SECTOR, allows, app, asking, by_token, initial, open, register, signs_in, text, under, with,
};
use crate::kit::{ANNA, Got, ISSUER, PASSWORD, Step, TIMESHEETS, World, on_both};
use portvakt_flows::api;
use portvakt_flows::app::{self as apps, Invalid as Refusal};
use portvakt_flows::client::Caller;
use portvakt_flows::outside::{Behalf, FetchFault, FetchPurpose};
use portvakt_flows::registration::tokens::{self, Invalid, New};
use portvakt_flows::registration::{self, Mode, Refused};
use portvakt_model::app::ApiSettings;
use portvakt_model::app::metadata::SubjectType;
use portvakt_model::audit::AuditEvent;
use portvakt_model::{AppKind, Seconds};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::app_uris::PageFault;
use portvakt_protocol::oauth::needs::NeedFault;
use portvakt_protocol::oauth::subject::sector;
use serde_json::json;

on_both! {
    what_is_registered_works_and_is_given_back,
    strangers_register_where_everybody_may_and_people_are_asked,
    without_leave_nothing_is_registered,
    a_token_lets_in_as_many_as_it_says_however_many_come_at_once,
    a_token_of_a_tenant_makes_the_tenant_s_apps,
    what_is_refused_uses_no_token,
    a_source_registers_so_many_an_hour_and_two_in_a_row_always,
    strangers_fill_up_their_own_places_and_nobody_else_s,
    all_strangers_together_do_so_much_an_hour,
    one_source_does_not_use_up_what_all_strangers_have,
    a_stranger_s_app_that_nobody_uses_goes_and_the_place_is_free,
    a_token_that_is_spent_makes_nobody_fetch_for_long,
    a_sector_s_list_is_fetched_and_must_hold_every_address,
    no_operator_s_api_is_open_to_an_app_that_registered_itself,
    an_operator_s_door_asks_as_much_of_what_is_registered,
    where_registration_is_off_there_is_nothing,
}

fn what_is_registered_works_and_is_given_back(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 1, None);
    let refreshing = json!({ "grant_types": ["authorization_code", "refresh_token"], "client_name": "Fieldreport" });
    let told = register(world, &ctx, Some(&token), &with(&refreshing)).unwrap();
    assert_eq!(told["client_secret_expires_at"], 0);
    assert_eq!(told["client_id_issued_at"], world.ctx.clock.now().seconds());
    let address = format!("{ISSUER}/register/{}", text(&told, "client_id"));
    assert_eq!(told["registration_client_uri"], address);
    assert!(text(&told, "client_id").starts_with("app_") && text(&told, "client_secret").len() == 43);
    assert_eq!(told["grant_types"], json!(["authorization_code", "refresh_token"]));

    let kept = app(world, &told);
    assert_eq!((kept.kind, kept.tenant, kept.settings.subject_type), (AppKind::Web, None, SubjectType::Public));
    assert!(kept.settings.self_registered && !kept.settings.first_party && kept.settings.require_pkce);

    let own = Own::of(world, &ctx, &told);
    let mut again = own.read().unwrap();
    for secret in ["client_secret", "client_secret_expires_at"] {
        assert!(!again.contains_key(secret), "only the hash is kept");
        again.insert(secret.to_owned(), told[secret].clone());
    }
    assert_eq!(again, told);
    assert_eq!(world.happened(AuditEvent::AppCreated), 6, "five of the kit's, and this one");
}

fn strangers_register_where_everybody_may_and_people_are_asked(world: &World) {
    let told = register(world, &open(world), None, &with(&json!({ "subject_type": "public" }))).unwrap();
    assert_eq!(told["subject_type"], "pairwise", "strangers see a subject of their own");
    let browser = world.browser();
    let asked = signs_in(&browser, &told);
    assert!(matches!(asked, Step::Consent { .. }), "{asked:?}");
    let tokens = allows(world, &browser, &asked, &told);
    let sub = tokens.id_claim("sub");
    assert_ne!(sub, json!(world.account(ANNA).sub));
    assert_eq!(world.userinfo(&tokens.access).unwrap()["sub"], sub);
}

fn without_leave_nothing_is_registered(world: &World) {
    let ctx = by_token(world);
    let all = with(&json!({}));
    assert_eq!(register(world, &ctx, None, &all), Err(Refused::Token(Why::BearerMissing)));
    let good = initial(world, 1, None);
    for wrong in ["x", "", &"A".repeat(43), &format!("{good}="), &good[1..]] {
        let refused = register(world, &ctx, Some(wrong), &all).unwrap_err();
        assert!(matches!(refused, Refused::Token(_)), "{wrong}: {refused:?}");
    }
    assert!(world.happened(AuditEvent::ClientFailed) > 0, "a wrong token is written down");
    assert_eq!(
        register(world, &open(world), Some("x"), &all),
        Err(Refused::Token(Why::BearerInvalid)),
        "not even here"
    );
    // A token that has run out, and one that was taken back.
    world.later(Seconds::days(1));
    assert_eq!(register(world, &ctx, Some(&good), &all), Err(Refused::Token(Why::BearerInvalid)));
    let taken = initial(world, 1, None);
    let id = world.run(tokens::list(&ctx))[0].id.to_string();
    assert_eq!(world.run(tokens::revoke(&ctx, &id)), Ok(()));
    assert_eq!(world.run(tokens::revoke(&ctx, &id)), Err(Invalid::Unknown));
    assert_eq!(register(world, &ctx, Some(&taken), &all), Err(Refused::Token(Why::BearerInvalid)));
    // Past the budget nobody looks at wrong ones any more, and right ones still work.
    for _ in 0..30 {
        register(world, &ctx, Some(&"A".repeat(43)), &all).unwrap_err();
    }
    assert_eq!(register(world, &ctx, Some(&"A".repeat(43)), &all), Err(Refused::Metadata(Why::TooMany)));
    assert!(register(world, &ctx, Some(&initial(world, 1, None)), &all).is_ok());
}

fn a_token_lets_in_as_many_as_it_says_however_many_come_at_once(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 3, None);
    let all = (0..12).map(|_| asking(ctx.clone(), Some(token.clone()), with(&json!({}))));
    let (done, refused): (Vec<_>, Vec<_>) = world.at_once(all).into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refused.len()), (3, 9));
    assert!(refused.iter().all(|refused| *refused == Err(Refused::Token(Why::BearerInvalid))));
    assert_eq!(world.read(|tx| tx.registrations().count(true)), 3);
    assert_eq!(world.run(tokens::list(&ctx))[0].uses_left, 0);
}

fn a_token_of_a_tenant_makes_the_tenant_s_apps(world: &World) {
    let token = initial(world, 1, Some("nordvik"));
    let told = register(world, &by_token(world), Some(&token), &with(&json!({}))).unwrap();
    assert_eq!(app(world, &told).tenant, Some(world.tenant("nordvik").id));
    let new = |tenant: Option<&str>, uses, days| {
        world.run(tokens::create(
            &world.ctx,
            New { name: "x".to_owned(), tenant: tenant.map(str::to_owned), uses, days },
        ))
    };
    assert_eq!(new(Some("nobody"), 1, 1).err(), Some(Invalid::Tenant));
    assert_eq!(new(None, 0, 1).err(), Some(Invalid::Uses));
    assert_eq!(new(None, 1, 0).err(), Some(Invalid::Days));
}

fn what_is_refused_uses_no_token(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 1, None);
    for (members, why) in [
        (json!({ "redirect_uris": ["https://app.example/cb#x"] }), Why::RedirectUriRefused),
        (json!({ "initiate_login_uri": "http://app.example/" }), Why::MetadataUri),
        (json!({ "sector_identifier_uri": SECTOR }), Why::SectorRefused),
        (json!({ "jwks": { "keys": [{ "kty": "AKP", "x\0": "y" }] } }), Why::MetadataUnreadable),
        (json!({ "jwks": { "keys": [], "note": ["\0"] } }), Why::MetadataUnreadable),
    ] {
        assert_eq!(register(world, &ctx, Some(&token), &with(&members)), Err(Refused::Metadata(why)));
    }
    let caller = Caller { authorization: Some(&format!("Bearer {token}")), certificate: None, source: "x" };
    let no_json = world.run(registration::register(&ctx, &caller, None));
    assert_eq!(no_json, Err(Refused::Metadata(Why::MetadataUnreadable)));
    assert_eq!(world.run(tokens::list(&ctx))[0].uses_left, 1);
    assert_eq!(world.read(|tx| tx.registrations().count(true)), 0);
    assert!(register(world, &ctx, Some(&token), &with(&json!({}))).is_ok());
}

fn a_source_registers_so_many_an_hour_and_two_in_a_row_always(world: &World) {
    let ctx = open(world);
    for at in 0..20 {
        assert!(register(world, &ctx, None, &with(&json!({}))).is_ok(), "{at}");
    }
    assert_eq!(register(world, &ctx, None, &with(&json!({}))), Err(Refused::Metadata(Why::RegistrationsTooMany)));
    let token = initial(world, 1, None);
    assert!(
        register(world, &ctx, Some(&token), &with(&json!({}))).is_ok(),
        "who has leave does not stand in that line"
    );
    world.later(Seconds::hours(1));
    assert!(register(world, &ctx, None, &with(&json!({}))).is_ok());
}

fn strangers_fill_up_their_own_places_and_nobody_else_s(world: &World) {
    let ctx = under(world, Mode::Open, |settings| settings.registration.most = 2);
    let one = register(world, &ctx, None, &with(&json!({}))).unwrap();
    assert!(register(world, &ctx, None, &with(&json!({}))).is_ok());
    let token = initial(world, 3, None);
    let full = Err(Refused::Metadata(Why::RegistrationsFull));
    assert_eq!(register(world, &ctx, None, &with(&json!({}))), full);
    for _ in 0..2 {
        assert!(
            register(world, &ctx, Some(&token), &with(&json!({}))).is_ok(),
            "who has leave has places of their own"
        );
    }
    assert_eq!(register(world, &ctx, Some(&token), &with(&json!({}))), full);
    world.run(Own::of(world, &ctx, &one).deleting()).unwrap();
    assert!(register(world, &ctx, None, &with(&json!({}))).is_ok());
    assert_eq!(world.run(tokens::list(&ctx))[0].uses_left, 1, "what is refused uses no token");
}

fn all_strangers_together_do_so_much_an_hour(world: &World) {
    let ctx = under(world, Mode::Open, |settings| settings.limits.all_registrations = 3);
    let vouched = register(world, &ctx, Some(&initial(world, 1, None)), &with(&json!({}))).unwrap();
    let [one, two] = [(), ()].map(|()| register(world, &ctx, None, &with(&json!({}))).unwrap());
    assert!(Own::of(world, &ctx, &one).update(&json!({ "client_name": "Another" })).is_ok());
    let over = Refused::Metadata(Why::RegistrationsTooMany);
    assert_eq!(register(world, &ctx, None, &with(&json!({}))), Err(over));
    assert_eq!(Own::of(world, &ctx, &two).update(&json!({})), Err(over));
    assert_eq!(world.run(Own::of(world, &ctx, &two).deleting()), Ok(()), "to end one is never too much");
    let own = Own::of(world, &ctx, &vouched);
    assert!(own.update(&json!({})).is_ok());
    assert_eq!(world.run(own.deleting()), Ok(()), "who was let in does not stand in that line");
    world.later(Seconds::hours(1));
    assert!(Own::of(world, &ctx, &one).update(&json!({})).is_ok());
}

fn one_source_does_not_use_up_what_all_strangers_have(world: &World) {
    let ctx = under(world, Mode::Open, |settings| settings.limits.registrations = 3);
    let [one, two] = [(), ()].map(|()| register(world, &ctx, None, &with(&json!({}))).unwrap());
    for app in [&one, &one, &two] {
        assert!(Own::of(world, &ctx, app).update(&json!({})).is_ok());
    }
    let over = Refused::Metadata(Why::RegistrationsTooMany);
    assert_eq!(Own::of(world, &ctx, &two).update(&json!({})), Err(over));
    assert_eq!(world.run(Own::of(world, &ctx, &two).deleting()), Ok(()));
}

fn a_stranger_s_app_that_nobody_uses_goes_and_the_place_is_free(world: &World) {
    let ctx = under(world, Mode::Open, |settings| settings.registration.most = 3);
    let [unused, used, changed] = [(), (), ()].map(|()| register(world, &ctx, None, &with(&json!({}))).unwrap());
    let vouched = register(world, &ctx, Some(&initial(world, 1, None)), &with(&json!({}))).unwrap();
    let browser = world.browser();
    allows(world, &browser, &signs_in(&browser, &used), &used);
    let sweep = || while world.run(portvakt_flows::jobs::sweep::run(&ctx)) > 0 {};
    let is_there = |told| Own::of(world, &ctx, told).read().is_ok();
    world.later(Seconds::days(29));
    assert!(Own::of(world, &ctx, &changed).update(&json!({})).is_ok());
    sweep();
    assert!(is_there(&unused), "not yet");
    world.later(Seconds::days(1));
    let gone = world.happened(AuditEvent::AppDeleted);
    sweep();
    assert_eq!([&unused, &used, &changed, &vouched].map(is_there), [false, true, true, true]);
    assert_eq!(world.happened(AuditEvent::AppDeleted), gone + 1);
    assert!(register(world, &ctx, None, &with(&json!({}))).is_ok());
}

fn a_token_that_is_spent_makes_nobody_fetch_for_long(world: &World) {
    let ctx = by_token(world);
    let token = initial(world, 1, None);
    let sector = |number| json!({ "sector_identifier_uri": format!("https://app.example/{number}") });
    let tries: Vec<_> =
        (0..30).map(|number| register(world, &ctx, Some(&token), &with(&sector(number))).unwrap_err()).collect();
    assert_eq!(world.fetches().len(), 20);
    let (before, past) = tries.split_at(20);
    assert!(before.iter().all(|why| *why == Refused::Metadata(Why::SectorRefused)));
    assert!(past.iter().all(|why| *why == Refused::Metadata(Why::RegistrationsTooMany)));
    assert!(register(world, &ctx, Some(&token), &with(&json!({}))).is_ok(), "it was not used, and nothing is fetched");
    // Who registers many that have a list is held up by nothing but the token.
    let token = initial(world, 25, None);
    world.serve_json(SECTOR, &json!([HOME]));
    for _ in 0..25 {
        assert!(register(world, &ctx, Some(&token), &with(&json!({ "sector_identifier_uri": SECTOR }))).is_ok());
    }
}

fn a_sector_s_list_is_fetched_and_must_hold_every_address(world: &World) {
    let ctx = open(world);
    let two = json!({ "redirect_uris": [HOME, "https://other.example/cb"], "sector_identifier_uri": SECTOR });
    let ask = || register(world, &ctx, None, &two);
    let refused = Err(Refused::Metadata(Why::SectorRefused));
    assert_eq!(ask(), refused, "nobody answers");
    let lists = [json!([HOME]), json!({ "redirect_uris": [HOME, "https://other.example/cb"] }), json!("x")];
    for list in lists {
        world.later(Seconds::minutes(10));
        world.serve_json(SECTOR, &list);
        assert_eq!(ask(), refused, "{list}");
    }
    world.later(Seconds::minutes(10));
    world.serve(SECTOR, Err(FetchFault::Redirect));
    assert_eq!(ask(), refused);
    world.later(Seconds::minutes(10));
    world.serve_json(SECTOR, &json!(["https://other.example/cb", HOME]));
    world.fetches();
    let told = ask().unwrap();
    let fetches = world.fetches();
    assert_eq!((fetches.len(), fetches[0].purpose), (1, FetchPurpose::SectorIdentifier));
    assert_eq!(fetches[0].behalf, Behalf::Stranger("198.51.100.9".to_owned()), "it is no app yet");
    assert_eq!(sector(&app(world, &told).settings), Some("app.example"));
    let without = json!({ "redirect_uris": [HOME, "https://other.example/cb"] });
    assert_eq!(register(world, &ctx, None, &without), Err(Refused::Metadata(Why::SectorNeeded)));
}

fn no_operator_s_api_is_open_to_an_app_that_registered_itself(world: &World) {
    let ctx = by_token(world);
    let told = register(world, &ctx, Some(&initial(world, 1, None)), &with(&json!({}))).unwrap();
    let browser = world.browser();
    let ask = |api: &str| {
        let more = [("redirect_uri", HOME), ("scope", "openid time:read"), ("resource", api)];
        browser.sent_by(text(&told, "client_id"), &more)
    };
    assert_eq!(ask(TIMESHEETS), Step::Error("invalid_target".to_owned()), "it must be named");
    let named = "https://named.example/api";
    let settings = json!({ "scopes": ["time:read"], "apps": [told["client_id"]] });
    let settings: ApiSettings = serde_json::from_value(settings).unwrap();
    let new = api::New { identifier: named.to_owned(), name: "Named".to_owned(), tenant: None, settings };
    world.run(api::create(&world.ctx, new)).unwrap();
    assert!(ask(named).asks_to_sign_in());
    let page = browser.types_address(ask(named).r(), ANNA);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("Anna was not signed in") };
    let tokens = allows(world, &browser, &browser.open(&r), &told);
    assert_eq!(tokens.access_claim("aud")[0], json!(named));
}

fn an_operator_s_door_asks_as_much_of_what_is_registered(world: &World) {
    let two = ["https://a.example/cb", "https://b.example/cb"];
    for (members, wanted) in [
        (json!({}), None),
        (json!({ "request_objects": { "required": true } }), Some(Refusal::Needs(NeedFault::RequestObjectKeys))),
        (
            json!({ "request_objects": { "signing_alg": "HS256" } }),
            Some(Refusal::Needs(NeedFault::RequestObjectAlgorithm)),
        ),
        (json!({ "protection": { "id_token": { "alg": "RSA-OAEP" } } }), Some(Refusal::Needs(NeedFault::IdTokenKeys))),
        (json!({ "protection": { "userinfo": { "alg": "ECDH-ES" } } }), Some(Refusal::Needs(NeedFault::UserinfoKeys))),
        (json!({ "subject_type": "pairwise", "redirect_uris": two }), Some(Refusal::Needs(NeedFault::Sector))),
        (json!({ "subject_type": "pairwise", "redirect_uris": two, "sector_identifier_uri": SECTOR }), None),
        (
            json!({ "sector_identifier_uri": "http://app.example/s" }),
            Some(Refusal::Page("sector_identifier_uri", PageFault::Scheme)),
        ),
        (json!({ "self_registered": true }), Some(Refusal::SelfRegistered)),
    ] {
        let settings = serde_json::from_value(with(&members)).unwrap();
        let new = apps::New { name: "HRM".to_owned(), kind: AppKind::Web, tenant: None, client_id: None, settings };
        assert_eq!(world.run(apps::create(&world.ctx, new)).err(), wanted, "{members}");
    }
}

fn where_registration_is_off_there_is_nothing(world: &World) {
    let told = register(world, &open(world), None, &with(&json!({}))).unwrap();
    let own = Own::of(world, &world.ctx, &told);
    assert_eq!(register(world, &world.ctx, None, &with(&json!({}))), Err(Refused::NotOffered));
    assert_eq!(own.read(), Err(Refused::NotOffered));
    assert_eq!(own.update(&json!({})), Err(Refused::NotOffered));
    assert_eq!(world.run(own.deleting()), Err(Refused::NotOffered));
}
