//! What operators do at the same moment, on several nodes: one wins, and everybody is told the truth.

use crate::kit::{ANNA, Got, HRM, NORDVIK, NOW, PASSWORD, World, on_both};
use portvakt_flows::app::{self, Invalid};
use portvakt_flows::{Ctx, access, account, password, signing_keys, tenant};
use portvakt_model::app::AppSettings;
use portvakt_model::{Algorithm, AppKind, Contact, Profile, Seconds, Secret};
use portvakt_protocol::jose::{TokenType, claimed_kid};
use serde_json::json;
use std::collections::BTreeMap;

on_both! {
    a_chosen_client_id_is_given_once_and_everybody_else_is_told,
    a_key_gets_one_successor_however_many_nodes_tend_it,
    an_app_made_on_one_node_gets_tokens_by_its_algorithm_s_first_key_on_every_other,
    an_account_made_while_its_domain_is_given_away_is_at_home_there,
    a_mailbox_proved_while_its_domain_is_given_away_is_at_home_there,
    pages_and_contacts_are_looked_at_before_they_are_kept,
}

fn settings(json: &str) -> AppSettings {
    serde_json::from_str(json).unwrap()
}

fn new_app(client_id: Option<&str>, settings: AppSettings) -> app::New {
    app::New {
        name: "Sky".to_owned(),
        kind: AppKind::Machine,
        tenant: None,
        client_id: client_id.map(str::to_owned),
        settings,
    }
}

fn a_chosen_client_id_is_given_once_and_everybody_else_is_told(world: &World) {
    for round in 0..10 {
        let client_id = format!("app_chosen_{round}");
        let makings = (0..6).map(|_| {
            let (ctx, new) = (world.ctx.clone(), new_app(Some(&client_id), settings("{}")));
            async move { app::create(&ctx, new).await }
        });
        let made = world.at_once(makings);
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
        assert_eq!(made.iter().filter(|made| matches!(made, Err(Invalid::Taken))).count(), 5);
    }
}

fn a_key_gets_one_successor_however_many_nodes_tend_it(world: &World) {
    let count = || {
        let mut each = BTreeMap::new();
        for row in world.run(signing_keys::list(&world.ctx)) {
            *each.entry(row.algorithm.name()).or_insert(0) += 1;
        }
        each
    };
    assert_eq!(count(), BTreeMap::from([("ES256", 1), ("RS256", 1)]));
    world.later(signing_keys::PERIOD);
    let tend = |ctx: Ctx| async move { signing_keys::tend(&ctx).await };
    world.at_once((0..3).map(|_| tend(world.ctx.clone())));
    assert_eq!(count(), BTreeMap::from([("ES256", 2), ("RS256", 2)]));
    world.run(signing_keys::tend(&world.ctx));
    assert_eq!(count(), BTreeMap::from([("ES256", 2), ("RS256", 2)]));
    // Whoever asks for a key gets one, whatever time would say.
    world.run(signing_keys::rotate(&world.ctx, Algorithm::Es256, true));
    assert_eq!(count(), BTreeMap::from([("ES256", 3), ("RS256", 2)]));
}

fn an_app_made_on_one_node_gets_tokens_by_its_algorithm_s_first_key_on_every_other(world: &World) {
    let other = world.another_node();
    let (made, now) = (world.run(app::create(&world.ctx, new_app(None, settings(r#"{"id_token_alg":"EdDSA"}"#)))), NOW);
    assert!(made.is_ok());
    let token = world.run(access::sign(&other, Algorithm::EdDsa, TokenType::Jwt, &json!({"sub": "x"}), now));
    let here = world.ctx.keeper.keys().signer(Algorithm::EdDsa, now).unwrap().kid().to_owned();
    assert_eq!(claimed_kid(&token), Some(here));
}

fn new_account(address: String, verified: bool) -> account::New {
    account::New { address, name: "Ola Berg".to_owned(), language: None, verified, profile: Profile::default() }
}

const ROUNDS: usize = 20;

fn an_account_made_while_its_domain_is_given_away_is_at_home_there(world: &World) {
    let home = world.tenant(NORDVIK).id;
    for round in 0..ROUNDS {
        let (address, domain) = (format!("ola@new{round}.example"), format!("new{round}.example"));
        let (one, other) = (world.ctx.clone(), world.ctx.clone());
        let new = new_account(address.clone(), true);
        world.run(async {
            let making = tokio::spawn(async move { account::create(&one, new).await.map(|made| made.map(|_| ())) });
            let giving = tokio::spawn(async move { tenant::add_domain(&other, NORDVIK, &domain).await });
            assert!(making.await.unwrap()?.is_ok());
            assert!(giving.await.unwrap()?.is_ok());
            Ok(())
        });
        assert_eq!(world.account(&address).home, Some(home), "round {round}");
    }
}

fn a_mailbox_proved_while_its_domain_is_given_away_is_at_home_there(world: &World) {
    let home = world.tenant(NORDVIK).id;
    for round in 0..ROUNDS {
        let (address, domain) = (format!("per@new{round}.example"), format!("new{round}.example"));
        let made = world.run(account::create(&world.ctx, new_account(address.clone(), false))).unwrap();
        let link = made.link.split_once("?h=").unwrap().1.to_owned();
        let (one, other, cookies) = (world.ctx.clone(), world.ctx.clone(), world.browser().cookies());
        world.run(async {
            let typed = (Secret::new(PASSWORD.to_owned()), Secret::new(PASSWORD.to_owned()));
            let proving = tokio::spawn(async move { password::set(&one, &cookies, &link, typed).await });
            let giving = tokio::spawn(async move { tenant::add_domain(&other, NORDVIK, &domain).await });
            assert!(giving.await.unwrap()?.is_ok());
            assert!(matches!(proving.await.unwrap()?, password::Set::Saved(..)));
            Ok(())
        });
        assert_eq!(world.account(&address).home, Some(home), "round {round}");
        world.later(Seconds(1));
    }
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
}

fn pages_and_contacts_are_looked_at_before_they_are_kept(world: &World) {
    for member in ["client_uri", "policy_uri", "tos_uri"] {
        for wrong in ["javascript:alert(1)", "http://a.example", "https://", "https://a.example/ b"] {
            let refused =
                world.run(app::create(&world.ctx, new_app(None, settings(&format!(r#"{{"{member}": "{wrong}"}}"#)))));
            assert!(matches!(refused, Err(Invalid::Page(named, _)) if named == member), "{member}: {wrong}");
        }
        let right = settings(&format!(r#"{{"{member}": "https://a.example/x"}}"#));
        assert!(world.run(app::create(&world.ctx, new_app(None, right))).is_ok());
    }
    let make = |contact: Contact, mail_sender: Option<&str>| {
        let (slug, name) = (format!("t{}", world.audited()), "Sky".to_owned());
        let mail_sender = mail_sender.map(str::to_owned);
        world.run(tenant::create(&world.ctx, tenant::New { slug, name, language: None, contact, mail_sender }))
    };
    let some = |text: &str| Some(text.to_owned());
    for (contact, member) in [
        (Contact { mail: some("nobody"), ..Contact::default() }, "mail"),
        (Contact { name: some(""), ..Contact::default() }, "name"),
        (Contact { phone: some("1\n2"), ..Contact::default() }, "phone"),
        (Contact { hours: some(&"x".repeat(121)), ..Contact::default() }, "hours"),
    ] {
        assert_eq!(make(contact, None).unwrap_err(), tenant::Invalid::Contact(member));
    }
    for wrong in ["nobody", "Sky, IT <a@b.example>", "a@b.example\r\nBcc: c@d.example"] {
        assert_eq!(make(Contact::default(), Some(wrong)).unwrap_err(), tenant::Invalid::MailSender);
    }
    let contact =
        Contact { name: some("IT"), phone: some("+46 8 1"), mail: some("it@sky.example"), hours: some("8-16") };
    let made = make(contact.clone(), Some("Sky kommun <no-reply@sky.example>")).unwrap();
    assert_eq!(made.contact, contact);
}
