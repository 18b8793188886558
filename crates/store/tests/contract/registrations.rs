//! Apps that registered themselves: who may change one, and how often a token lets one in.

use crate::kit::{NOW, World, app, hash, on_both, unique};
use portvakt_model::app::AppSettings;
use portvakt_model::{App, AppKind, InitialToken, InitialTokenId, Seconds, Timestamp};
use portvakt_store::Registration;

fn token(uses_left: i64, expires_at: Timestamp) -> InitialToken {
    let (id, name) = (InitialTokenId::random(unique()), "for the test".to_owned());
    InitialToken { id, name, tenant: None, uses_left, expires_at, created_at: NOW }
}

fn only_its_own_token_leads_to_an_app_and_ends_with_it(world: &World) {
    let (one, other) = (app(), app());
    let (key, other_key) = (hash(), hash());
    world.write(move |tx| {
        for (app, key, vouched) in [(&one, &key, true), (&other, &other_key, false)] {
            tx.apps().insert(app)?;
            tx.registrations().insert(Registration { app: app.id, vouched }, key, NOW)?;
        }
        assert_eq!((tx.registrations().count(true)?, tx.registrations().count(false)?), (1, 1));
        let found = tx.registrations().find(&one.client_id, &key)?;
        assert_eq!(found, Some(Registration { app: one.id, vouched: true }));
        assert_eq!(tx.registrations().find(&one.client_id, &other_key)?, None);
        assert_eq!(tx.registrations().find("app_nobody", &key)?, None);
        assert!(tx.registrations().touch(one.id, &key, NOW)?);
        assert!(!tx.registrations().touch(one.id, &other_key, NOW)?);

        let settings = AppSettings { refresh: true, ..one.settings.clone() };
        let new = App { name: "Another".to_owned(), kind: AppKind::Browser, settings, ..one.clone() };
        let epoch = tx.epoch().value()?;
        assert!(tx.apps().replace(&new)?);
        let kept = tx.apps().find_by_client_id(&one.client_id)?.unwrap();
        assert_eq!(kept, App { version: one.version + 1, ..new.clone() });
        assert!(tx.epoch().value()? > epoch, "every node hears of it");

        assert!(tx.apps().delete(one.id)?);
        assert!(!tx.apps().replace(&new)?);
        assert_eq!(tx.registrations().find(&one.client_id, &key)?, None);
        assert!(!tx.registrations().touch(one.id, &key, NOW)?);
        assert_eq!((tx.registrations().count(true)?, tx.registrations().count(false)?), (0, 1));
        Ok(())
    });
}

fn a_token_lets_in_as_many_as_it_says_until_it_ends(world: &World) {
    let end = NOW.after(Seconds(60));
    let (two, none) = (token(2, end), token(0, end));
    let (key, other) = (hash(), hash());
    world.write(move |tx| {
        tx.registrations().add_token(&two, &key)?;
        tx.registrations().add_token(&none, &other)?;
        assert_eq!(tx.registrations().find_token(&key)?, Some(two.clone()));
        assert_eq!(tx.registrations().tokens()?.len(), 2);
        assert!(tx.registrations().use_token(two.id, NOW)?);
        assert!(!tx.registrations().use_token(two.id, end)?, "it has ended");
        assert!(tx.registrations().use_token(two.id, NOW)?);
        assert!(!tx.registrations().use_token(two.id, NOW)?, "it is used up");
        assert!(!tx.registrations().use_token(none.id, NOW)?);
        assert_eq!(tx.registrations().find_token(&key)?.unwrap().uses_left, 0);
        assert!(tx.registrations().remove_token(two.id)?);
        assert!(!tx.registrations().remove_token(two.id)?);
        assert_eq!(tx.registrations().find_token(&key)?, None);
        Ok(())
    });
}

fn a_token_that_nobody_can_use_is_forgotten_after_a_month(world: &World) {
    let month = NOW.after(Seconds::days(30));
    let (good, used, ended) = (token(1, month.after(Seconds(1))), token(0, month), token(1, NOW));
    let (last, day) = (good.id, month.after(Seconds(1)));
    world.write(move |tx| {
        for row in [&good, &used, &ended] {
            tx.registrations().add_token(row, &hash())?;
        }
        assert_eq!((tx.sweep(month.before(Seconds(1)))?, tx.sweep(month)?), (0, 2));
        assert_eq!(tx.registrations().tokens()?.iter().map(|token| token.id).collect::<Vec<_>>(), [last]);
        assert_eq!((tx.sweep(day)?, tx.sweep(day.after(Seconds::days(30)))?), (0, 1));
        Ok(())
    });
}

on_both! {
    only_its_own_token_leads_to_an_app_and_ends_with_it,
    a_token_lets_in_as_many_as_it_says_until_it_ends,
    a_token_that_nobody_can_use_is_forgotten_after_a_month,
}
