//! What is put in comes out as it was; what has run out goes.

use crate::kit::{
    NOW, World, account, address, admitted, admitted_at, app, challenge, hash, new_grant, new_session, on_both,
    password, proofs, settings, tenant, unique,
};
use portvakt_model::app::{Api, ApiSettings};
use portvakt_model::challenge::ChallengePurpose;
use portvakt_model::key::{Algorithm, DataKeyRow, PastKeyRow, Purpose, SigningKeyRow, VOUCHES};
use portvakt_model::{
    Account, AccountId, Address, ApiId, App, AppSecret, DeviceId, Language, OutboxId, Profile, Seconds, SecretId, Slug,
    Timestamp, TokenForm,
};
use portvakt_store::{NewGrant, NewMail, Renewal, Sighting, Spend};

fn accounts_and_addresses_come_out_as_they_went_in(world: &World) {
    let person = Account {
        name: "Åsa \"Ö\" O'Berg 🦉".to_owned(),
        language: Some(Language::Nb),
        profile: Profile { given_name: Some("Åsa".to_owned()), updated_at: Some(1), ..Profile::default() },
        disabled_at: Some(Timestamp(1)),
        created_at: Timestamp(-1),
        ..account()
    };
    let id = person.id;
    world.write(move |tx| {
        tx.accounts().insert(&person)?;
        assert_eq!(tx.accounts().find(id)?, Some(person.clone()));
        let second =
            Address { primary: false, verified_at: None, stored: "A@x.se".to_owned(), ..address(id, "a@x.se") };
        assert!(tx.accounts().add_address(&address(id, "b@x.se"), NOW)?);
        assert!(tx.accounts().add_address(&second, NOW)?);
        assert!(!tx.accounts().add_address(&second, NOW)?);
        assert_eq!(tx.accounts().addresses(id)?, [address(id, "b@x.se"), second.clone()]);
        let (found, by) = tx.accounts().find_by_address("a@x.se")?.unwrap();
        assert_eq!((found.id, found.facts_version, by), (id, 3, second));

        assert!(!tx.accounts().set_disabled(id, Some(NOW))?, "off is off");
        assert!(tx.accounts().set_disabled(id, None)?);
        assert!(!tx.accounts().set_disabled(id, None)?);
        assert!(tx.accounts().set_language(id, Some(Language::En))?);
        assert!(tx.accounts().bump_facts(id)?);
        let changed = tx.accounts().find(id)?.unwrap();
        assert_eq!((changed.facts_version, changed.language, changed.disabled_at), (5, Some(Language::En), None));

        let row = |hash: &str| password(id, hash);
        assert!(tx.passwords().set(&admitted_at(id, 5), &row("one"))?);
        assert!(!tx.passwords().set(&admitted_at(id, 5), &row("late"))?, "the facts have moved");
        assert!(tx.passwords().set(&admitted_at(id, 6), &row("two"))?);
        assert!(
            tx.passwords().set(&admitted(AccountId::random(unique())), &row("four")).is_err(),
            "nobody sets another's"
        );
        assert!(!tx.passwords().rehash(&row("one"), &row("three"))?, "the password was changed in between");
        assert!(tx.passwords().rehash(&row("two"), &row("three"))?);
        let kept = tx.passwords().find(id)?.unwrap();
        assert_eq!((kept.hash.reveal().as_str(), kept.length_class, kept.rule), ("three", 8, 2));
        assert_eq!(tx.accounts().find(id)?.unwrap().facts_version, 7);
        assert_eq!(tx.accounts().list(None, 10)?.len(), 1);
        assert!(tx.accounts().list(Some(id), 10)?.is_empty());
        Ok(())
    });
    let twice =
        portvakt_store::Store::write(world.store(), move |tx| tx.accounts().add_address(&address(id, "c@x.se"), NOW));
    assert!(crate::kit::run(twice).is_err(), "an account has one primary address");
}

fn apps_apis_and_keys_come_out_as_they_went_in_and_move_the_epoch(world: &World) {
    world.write(|tx| {
        let secret = |expires_at| AppSecret {
            id: SecretId::random(unique()),
            hash: hash(),
            created_at: NOW,
            sealed: Some(vec![7]),
            expires_at,
        };
        let first = secret(None);
        let new = App { secrets: vec![first.clone()], ..app() };
        tx.apps().insert(&new)?;
        assert_eq!(tx.apps().find_by_client_id(&new.client_id)?, Some(new.clone()));
        let second = secret(Some(Timestamp::FAR));
        assert!(tx.apps().add_secret(new.id, &second)?);
        assert_eq!(tx.apps().expire_secrets(new.id, second.id, NOW)?, 1);
        assert!(tx.apps().replace(&App { name: "New name".to_owned(), settings: settings(), ..new.clone() })?);
        let changed = tx.apps().list(None, 10)?.remove(0);
        assert_eq!((changed.name.as_str(), changed.version), ("New name", 2));
        assert_eq!(changed.secrets, [AppSecret { expires_at: Some(NOW), ..first }, second]);

        let api = Api {
            id: ApiId::random(unique()),
            identifier: "https://api.example".to_owned(),
            tenant: None,
            name: "API".to_owned(),
            settings: ApiSettings {
                scopes: vec!["read".to_owned()],
                form: TokenForm::Opaque,
                alg: Algorithm::EdDsa,
                lifetime: Seconds(60),
                client: Some("app_x".to_owned()),
                apps: Vec::new(),
            },
            created_at: NOW,
        };
        assert!(tx.apis().insert(&api)?);
        assert_eq!(tx.apis().find(&api.identifier)?, Some(api.clone()));
        assert!(tx.apis().delete(api.id)? && !tx.apis().delete(api.id)?);

        let key = SigningKeyRow {
            kid: "k1".to_owned(),
            algorithm: Algorithm::EdDsa,
            sealed: vec![0, 255],
            created_at: NOW,
            active_from: NOW,
            retired_at: None,
        };
        tx.keys().insert_signing_key(&key)?;
        assert_eq!(tx.keys().signing_keys()?, [key]);
        assert!(!tx.keys().remove_signing_key("k1", "{}")?, "what still signs stays");
        assert!(tx.keys().retire_signing_key("k1", NOW)? && tx.keys().remove_signing_key("k1", "{}")?);
        assert!(!tx.keys().remove_signing_key("k1", "{}")? && tx.keys().signing_keys()?.is_empty());
        let past = PastKeyRow { kid: "k1".to_owned(), public_key: "{}".to_owned(), retired_at: NOW };
        assert_eq!(tx.keys().past_keys()?, [past], "its public half stays");
        tx.sweep(NOW.after(VOUCHES).before(Seconds(1)))?;
        assert_eq!(tx.keys().past_keys()?.len(), 1);
        assert_eq!(tx.sweep(NOW.after(VOUCHES))?, 1);
        assert_eq!(tx.keys().past_keys()?, [], "for as long as it vouches");
        let data = DataKeyRow { purpose: Purpose::Pepper, version: 1, wrapped: vec![1], created_at: NOW };
        assert!(tx.keys().insert_data_key(&data)?);
        assert_eq!(tx.keys().data_keys()?, [data]);
        assert_eq!(tx.epoch().value()?, 1 + 4 + 2 + 3 + 1, "every one of these is seen by all nodes");
        assert_eq!(tx.tenants().find_by_slug(&Slug::parse("nobody").unwrap())?, None);
        Ok(())
    });
}

fn lists_are_read_page_by_page_and_apps_by_name(world: &World) {
    world.write(|tx| {
        for name in ["d", "b", "e", "a", "c"] {
            let secret = AppSecret {
                id: SecretId::random(unique()),
                hash: hash(),
                created_at: NOW,
                sealed: None,
                expires_at: None,
            };
            let new = App { client_id: format!("app_{name}"), secrets: vec![secret.clone()], ..app() };
            assert!(tx.apps().insert(&new)?);
            let other = AppSecret { id: SecretId::random(unique()), ..secret };
            let twin = App { client_id: new.client_id.clone(), secrets: vec![other], ..app() };
            assert!(!tx.apps().insert(&twin)?, "a client_id is given once");
            let settings = ApiSettings {
                scopes: vec![format!("{name}:read"), "read".to_owned()],
                form: TokenForm::Jwt,
                alg: Algorithm::Es256,
                lifetime: Seconds(60),
                client: None,
                apps: Vec::new(),
            };
            let identifier = format!("https://{name}.example");
            let new = Api {
                id: ApiId::random(unique()),
                identifier,
                tenant: None,
                name: "API".to_owned(),
                settings,
                created_at: NOW,
            };
            assert!(tx.apis().insert(&new)?);
            assert_eq!(tx.apis().find_by_id(new.id)?, Some(new));
            assert!(tx.tenants().insert(&tenant(&format!("{name}-as")))?);
        }
        Ok(())
    });
    let order = ["a", "b", "c", "d", "e"];
    let page = |read: &dyn Fn(Option<String>) -> Vec<String>, wanted: &[String]| {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = read(after);
            assert!(page.len() <= 2);
            after = page.last().cloned();
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, wanted);
    };
    page(
        &|after| {
            world
                .read(move |tx| Ok(tx.apps().list(after.as_deref(), 2)?.into_iter().map(|app| app.client_id).collect()))
        },
        &order.map(|name| format!("app_{name}")),
    );
    page(
        &|after| {
            world.read(move |tx| {
                Ok(tx.apis().list(after.as_deref(), 2)?.into_iter().map(|api| api.identifier).collect())
            })
        },
        &order.map(|name| format!("https://{name}.example")),
    );
    page(
        &|after| {
            let after = after.map(|slug| Slug::parse(&slug).unwrap());
            world.read(move |tx| {
                Ok(tx.tenants().list(after.as_ref(), 2)?.into_iter().map(|tenant| tenant.slug.to_string()).collect())
            })
        },
        &order.map(|name| format!("{name}-as")),
    );
    world.read(|tx| {
        let all = tx.apps().list(None, 10)?;
        assert!(all.iter().all(|app| app.secrets.len() == 1), "each with its own secret");
        let [one, other] = [&all[3], &all[1]];
        assert_eq!(tx.apps().named(&[one.id, other.id, one.id])?, [other.clone(), one.clone()]);
        assert!(tx.apps().named(&[])?.is_empty());
        assert_eq!(tx.apis().operators_scopes()?, ["a:read", "b:read", "c:read", "d:read", "e:read", "read"]);
        assert!(tx.apps().origins()?.is_empty());
        Ok(())
    });
}

fn a_session_gets_a_new_handle_while_it_lives(world: &World) {
    let person = world.person("anna@nordvik.se");
    let other = world.person("bo@nordvik.se").account;
    let (id, old, me) = (person.session.id, person.handle, person.account);
    world.write(move |tx| {
        let [new, late] = [hash(), hash()];
        assert!(!tx.sessions().rename(&admitted(other), id, &new, NOW)?, "nobody renames another's");
        assert!(tx.sessions().rename(&admitted(me), id, &new, NOW)?);
        assert_eq!(tx.sessions().find(&old, None)?, None);
        assert_eq!(tx.sessions().find(&new, None)?.unwrap().session, person.session, "all else stays");
        tx.sessions().end(id, NOW)?;
        assert!(!tx.sessions().rename(&admitted(me), id, &late, NOW)?);
        Ok(())
    });
}

fn an_app_goes_with_everything_it_was_given(world: &World) {
    let person = world.person("anna@nordvik.se");
    let new = new_grant(person.session.id, person.app);
    let (id, app) = (new.id, person.app);
    world.write(move |tx| tx.grants().open(&admitted(person.account), &new, NOW));
    assert!(world.write(move |tx| tx.apps().delete(app)));
    assert_eq!(world.read(move |tx| tx.grants().view(id, None)), None);
}

fn a_newer_link_replaces_the_older_and_links_can_be_called_off(world: &World) {
    world.write(|tx| {
        let (old, strangers) = (challenge("anna@nordvik.se"), challenge("anna@nordvik.se"));
        let new = portvakt_model::challenge::Challenge { browser: old.browser, ..challenge("anna@nordvik.se") };
        let [operators, newer] =
            [(); 2].map(|()| portvakt_model::challenge::Challenge { browser: None, ..challenge("anna@nordvik.se") });
        for each in [&operators, &old, &strangers, &new] {
            tx.challenges().insert(each)?;
        }
        let spent = |tx: &mut portvakt_store::Tx<'_, portvakt_store::Deployment>| {
            [&operators, &old, &strangers, &new]
                .map(|each| tx.challenges().peek(&each.handle, each.purpose).unwrap().unwrap().spent_at.is_some())
        };
        assert_eq!(spent(tx), [false, true, false, false], "only the same browser's");
        tx.challenges().insert(&newer)?;
        assert_eq!(spent(tx), [true, true, false, false], "and only the operator's by the operator's");
        let purpose = ChallengePurpose::ResetPassword;
        let seen = tx.challenges().peek(&old.handle, purpose)?.unwrap();
        assert_eq!(seen.spent_at, Some(NOW));
        assert_eq!(tx.challenges().spend(&old.handle, purpose, NOW)?, None);
        assert_eq!(tx.challenges().peek(&new.handle, purpose)?, Some(new.clone()));
        assert_eq!(tx.challenges().spend(&new.handle, ChallengePurpose::SignInLink, NOW)?, None, "another purpose");
        assert_eq!(tx.challenges().spend(&new.handle, purpose, new.expires_at)?, None, "too late");
        let other = portvakt_model::challenge::Challenge {
            purpose: ChallengePurpose::SignInLink,
            ..challenge("anna@nordvik.se")
        };
        tx.challenges().insert(&other)?;
        assert_eq!(
            tx.challenges().call_off("anna@nordvik.se", NOW)?,
            4,
            "the new, the other, a stranger's, the operator's"
        );
        assert_eq!(tx.challenges().spend(&new.handle, purpose, NOW)?, None);
        Ok(())
    });
}

fn a_browser_remembers_what_it_was_told_to(world: &World) {
    let person = world.person("anna@nordvik.se");
    world.write(move |tx| {
        let handle = hash();
        let device = tx.devices().touch(&handle, DeviceId::random(unique()), NOW)?;
        let saw = |remember| Sighting { device, account: person.account, address: "Anna@Nordvik.se", remember };
        assert!(!tx.devices().known(&handle, person.account)?);
        assert!(tx.devices().saw(saw(false), NOW)?);
        assert!(tx.devices().known(&handle, person.account)?);
        assert_eq!(tx.devices().known_as(&handle, Some(person.account))?, Some(device));
        assert_eq!(tx.devices().known_as(&handle, None)?, None);
        assert_eq!(tx.devices().known_as(&hash(), Some(person.account))?, None);
        assert!(tx.devices().remembered(&handle)?.is_empty());
        let later = NOW.after(Seconds(1));
        assert!(!tx.devices().saw(saw(true), later)?);
        let remembered = tx.devices().remembered(&handle)?;
        assert_eq!((remembered[0].address.as_str(), remembered[0].last_at), ("Anna@Nordvik.se", later));
        assert_eq!((remembered[0].name.as_str(), remembered[0].account), ("Åsa Öberg", person.account));
        assert!(tx.devices().forget(&handle, "Anna@Nordvik.se")?);
        assert!(!tx.devices().forget(&handle, "Anna@Nordvik.se")?);
        assert!(tx.devices().known(&handle, person.account)?, "forgetting an address forgets no sign-in");
        Ok(())
    });
}

fn what_has_run_out_is_swept_and_what_lives_is_not(world: &World) {
    let person = world.person("anna@nordvik.se");
    let (me, app, handle) = (person.account, person.app, person.handle);
    let day = Seconds::days(1);
    world.write(move |tx| {
        let bound = new_grant(person.session.id, app);
        let offline = NewGrant { offline: true, ..new_grant(person.session.id, app) };
        let Spend::Won(bound) = tx.grants().open(&admitted(me), &bound, NOW)? else { panic!() };
        let Spend::Won(offline) = tx.grants().open(&admitted(me), &offline, NOW)? else { panic!() };
        tx.grants().revoke_token(uuid::Uuid::from_bytes(unique()), NOW.after(Seconds(600)))?;
        let assertion = hash();
        assert!(tx.assertions().spend(assertion, NOW.after(Seconds(60)))?);
        assert!(!tx.assertions().spend(assertion, NOW.after(Seconds(90)))?, "once is once");
        tx.parked().put(&handle, &[1], NOW.after(Seconds(60)))?;
        assert_eq!(tx.parked().get(&handle, NOW)?, Some(vec![1]));
        assert_eq!(tx.parked().get(&handle, NOW.after(Seconds(60)))?, None);
        tx.limits().hit(&[("k".to_owned(), Seconds(60))], NOW)?;
        tx.challenges().insert(&challenge("anna@nordvik.se"))?;
        let mail = OutboxId::random(unique());
        let new = NewMail {
            id: mail,
            account: Some(me),
            tenant: None,
            recipient: "anna@nordvik.se".to_owned(),
            language: Language::Sv,
            sealed: vec![1],
            void: true,
            expires_at: NOW.after(Seconds(60)),
        };
        tx.outbox().push(&new, NOW)?;
        assert_eq!(tx.outbox().claim(NOW, Seconds(60), 1)?[0].attempts, 1);
        assert!(tx.outbox().retry(mail, NOW.after(Seconds(30)), "4xx")?);
        assert!(tx.outbox().claim(NOW, Seconds(60), 1)?.is_empty());

        assert_eq!(tx.sweep(NOW)?, 0, "nothing has run out");
        assert_eq!(tx.sweep(NOW.after(Seconds(600)))?, 4, "the counter, the parked request, the token, the assertion");
        assert_eq!(
            tx.sweep(person.session.idle_until.after(Seconds(600)))?,
            0,
            "what ended can be looked at for a day"
        );
        let end = person.session.expires_at;
        assert_eq!(tx.sweep(end.before(Seconds(1)))?, 0, "a session that a chain hangs on stays to its end");
        assert_eq!(tx.sweep(end)?, 1, "it ends");
        assert_eq!(tx.sweep(end.after(day).before(Seconds(1)))?, 0, "and can be looked at for a day");
        assert_eq!(tx.sweep(end.after(day))?, 1, "the session");
        assert!(tx.sessions().find(&handle, None)?.is_none());
        assert!(tx.grants().view(bound.id, None)?.is_none(), "its grants went with it");
        assert_eq!(tx.grants().view(offline.id, None)?.unwrap().session, None, "an offline grant outlives it");

        let much_later = NOW.after(Seconds::days(400));
        assert_eq!(tx.sweep(much_later)?, 3, "two grants, the link; a mail that nobody settled stays");
        assert!(tx.outbox().failed(mail, "5xx", NOW)?);
        assert!(!tx.outbox().retry(mail, NOW, "again")?);
        assert_eq!(tx.sweep(much_later)?, 1);
        assert_eq!(tx.sweep(much_later)?, 0);
        Ok(())
    });
}

fn a_session_is_opened_only_by_the_facts_that_were_seen(world: &World) {
    let person = world.person("anna@nordvik.se");
    world.write(move |tx| {
        let me = person.account;
        assert!(tx.accounts().bump_facts(me)?);
        assert_eq!(tx.sessions().open(&admitted(me), new_session(), NOW)?, None);
        let renewal = Renewal { handle: hash(), proofs: proofs(), keep: false };
        assert_eq!(tx.sessions().renew(&admitted(me), person.session.id, &renewal, NOW)?, None);
        assert_eq!(tx.sessions().list(me, NOW)?.len(), 1);
        Ok(())
    });
}

fn a_proved_address_gives_a_home_once(world: &World) {
    world.write(|tx| {
        let (nordvik, fjell) = (tenant("nordvik"), tenant("fjell"));
        assert!(tx.tenants().insert(&nordvik)? && tx.tenants().insert(&fjell)?);
        let account = account();
        tx.accounts().insert(&account)?;
        for (lookup, primary) in [("anna@nordvik.se", true), ("anna@fjell.no", false)] {
            let new = Address { verified_at: None, primary, ..address(account.id, lookup) };
            assert!(tx.accounts().add_address(&new, NOW)?);
        }
        let before = tx.accounts().find(account.id)?.unwrap().facts_version;
        assert!(tx.accounts().verify(account.id, "anna@nordvik.se", Some(nordvik.id), NOW)?);
        assert!(!tx.accounts().verify(account.id, "anna@nordvik.se", Some(fjell.id), NOW)?);
        assert!(tx.accounts().verify(account.id, "anna@fjell.no", Some(fjell.id), NOW)?);
        assert!(!tx.accounts().verify(AccountId::random(unique()), "anna@fjell.no", None, NOW)?);
        let after = tx.accounts().find(account.id)?.unwrap();
        assert_eq!((after.home, after.facts_version), (Some(nordvik.id), before + 2));
        assert!(tx.accounts().addresses(account.id)?.iter().all(|address| address.verified_at == Some(NOW)));
        Ok(())
    });
}

fn a_tenant_is_suspended_once_and_goes_on_once(world: &World) {
    world.write(|tx| {
        let nordvik = tenant("nordvik");
        assert!(tx.tenants().insert(&nordvik)?);
        let epoch = tx.epoch().value()?;
        for (at, changed) in [(Some(NOW), true), (Some(NOW), false), (None, true), (None, false)] {
            assert_eq!(tx.tenants().set_suspended(nordvik.id, at)?, changed);
            assert_eq!(tx.tenants().find(nordvik.id)?.unwrap().suspended_at, at);
        }
        assert_eq!(tx.epoch().value()?, epoch + 2, "every node hears of it");
        Ok(())
    });
}

on_both! {
    a_session_is_opened_only_by_the_facts_that_were_seen,
    a_proved_address_gives_a_home_once,
    a_tenant_is_suspended_once_and_goes_on_once,
    accounts_and_addresses_come_out_as_they_went_in,
    apps_apis_and_keys_come_out_as_they_went_in_and_move_the_epoch,
    lists_are_read_page_by_page_and_apps_by_name,
    a_session_gets_a_new_handle_while_it_lives,
    an_app_goes_with_everything_it_was_given,
    a_newer_link_replaces_the_older_and_links_can_be_called_off,
    a_browser_remembers_what_it_was_told_to,
    what_has_run_out_is_swept_and_what_lives_is_not,
}
