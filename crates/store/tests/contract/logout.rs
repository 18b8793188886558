//! Whoever knows a session hears of its end, whatever ends it: the notices are there with the commit, and each is given
//! to one worker at a time.

use crate::kit::{NOW, Person, World, admitted, app, new_grant, new_session, on_both, password, run};
use portvakt_model::app::metadata::LogoutChannels;
use portvakt_model::{App, AppId, Seconds, SessionId, Timestamp};
use portvakt_store::{LogoutNotice, Spend, Untold};
use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

on_both! {
    every_way_to_end_a_session_tells_the_apps_that_know_it,
    a_session_that_ran_out_is_ended_and_told,
    an_app_is_remembered_for_as_long_as_the_session_is_open,
    an_id_token_alone_makes_an_app_known,
    whether_an_app_hears_is_what_it_registered_last,
    a_notice_is_one_workers_at_a_time_and_goes_when_it_is_heard,
    what_was_given_up_is_seen_for_a_month,
    what_was_given_up_goes_in_slices,
    what_ended_last_is_read_first_and_one_app_alone,
    an_app_that_is_gone_is_owed_nothing,
    no_token_slips_out_beside_a_sign_out_untold,
}

/// An app that hears by the back channel.
fn hearing() -> App {
    let mut app = app();
    app.settings.logout =
        LogoutChannels { back: Some("https://hrm.example/out".to_owned()), ..LogoutChannels::default() };
    app
}

/// Gives the apps a token each in a session.
fn give(world: &World, person: &Person, session: SessionId, apps: &[AppId]) {
    let (account, apps) = (person.account, apps.to_vec());
    world.write(move |tx| {
        for app in apps {
            let spent = tx.grants().open(&admitted(account), &new_grant(session, app), NOW)?;
            assert!(matches!(spent, Spend::Won(_)));
        }
        Ok(())
    });
}

fn register(world: &World, app: &App) -> AppId {
    let row = app.clone();
    world.write(move |tx| tx.apps().insert(&row));
    app.id
}

fn all(world: &World) -> Vec<LogoutNotice> {
    world.read(|tx| tx.logout_notices().list(false, None, 1000))
}

fn due(world: &World, now: Timestamp) -> Vec<LogoutNotice> {
    world.read(move |tx| tx.logout_notices().due(now, &[], 1000))
}

/// Session and app of each notice.
fn told(world: &World) -> BTreeSet<(SessionId, AppId)> {
    all(world).iter().map(|notice| (notice.session, notice.app)).collect()
}

fn every_way_to_end_a_session_tells_the_apps_that_know_it(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (deaf, one, other) = (person.app, register(world, &hearing()), register(world, &hearing()));
    let account = person.account;
    let second = world.write(move |tx| tx.sessions().open(&admitted(account), new_session(), NOW)).unwrap();
    let third = world.write(move |tx| tx.sessions().open(&admitted(account), new_session(), NOW)).unwrap();
    let (first, second, third) = (person.session.id, second.id, third.id);
    // Twice to the same app: it hears once.
    give(world, &person, first, &[deaf, one, one, other]);
    give(world, &person, second, &[other]);
    give(world, &person, third, &[one]);

    assert!(world.write(move |tx| tx.sessions().end(first, NOW)));
    assert_eq!(
        told(world),
        BTreeSet::from([(first, one), (first, other)]),
        "and the app that doesn't hear is not told"
    );
    assert!(!world.write(move |tx| tx.sessions().end(first, NOW)));
    assert_eq!(world.write(move |tx| tx.sessions().end_all(account, Some(third), NOW)), 1);
    assert_eq!(told(world), BTreeSet::from([(first, one), (first, other), (second, other)]));
    world.write(move |tx| {
        tx.passwords().set(&admitted(account), &password(account, "new"))?;
        tx.sessions().end_all(account, None, NOW)
    });
    assert!(told(world).contains(&(third, one)));
    let notice = all(world).into_iter().find(|notice| notice.session == first && notice.app == one).unwrap();
    assert_eq!((notice.account, notice.attempts, notice.created_at), (account, 0, NOW));
    assert_eq!(notice.expires_at, NOW.after(Seconds::days(1)));
}

fn a_session_that_ran_out_is_ended_and_told(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (one, session, account) = (register(world, &hearing()), person.session.clone(), person.account);
    let idle = session.idle_until;
    // A chain that an app uses carries the session beyond its own idle clock.
    let mut carried = new_grant(session.id, one);
    carried.until = idle.after(Seconds::hours(1));
    carried.refreshable = false;
    world.write(move |tx| tx.grants().open(&admitted(account), &carried, NOW));
    let sweep = |now| while world.write(move |tx| tx.sweep(now)) > 0 {};
    sweep(idle.before(Seconds(1)));
    sweep(idle);
    assert_eq!(told(world), BTreeSet::new(), "the chain carries it");
    let over = idle.after(Seconds::hours(1));
    sweep(over);
    assert_eq!(told(world), BTreeSet::from([(session.id, one)]));
    assert_eq!(all(world)[0].created_at, over);
    let handle = person.handle;
    let ended = world.read(move |tx| tx.sessions().find(&handle, None)).unwrap().session.ended_at;
    assert_eq!(ended, Some(over));
    sweep(over);
    assert_eq!(told(world).len(), 1, "it ends once");
}

fn an_app_is_remembered_for_as_long_as_the_session_is_open(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (one, id) = (register(world, &hearing()), person.session.id);
    let (account, session) = (person.account, person.session.clone());
    let mut short = new_grant(id, one);
    (short.refreshable, short.until) = (false, NOW.after(Seconds::minutes(10)));
    let grant = short.id;
    world.write(move |tx| tx.grants().open(&admitted(account), &short, NOW));
    // The person is here every day; the grant ran out long ago and is swept.
    let later = NOW.after(Seconds::minutes(11)).after(Seconds::days(1));
    world.write(move |tx| {
        let mut seen = session.clone();
        seen.expires_at = Timestamp::FAR;
        assert!(tx.sessions().touch(&admitted(account), &seen, NOW.after(Seconds::minutes(5)))?);
        Ok(())
    });
    world.sql(if world.options.url.starts_with("sqlite") {
        "update session set idle_until = idle_until * 2, expires_at = expires_at * 2"
    } else {
        "update session set idle_until = idle_until + interval '1 year', expires_at = expires_at + interval '1 year'"
    });
    while world.write(move |tx| tx.sweep(later)) > 0 {}
    assert_eq!(world.read(move |tx| tx.grants().view(grant, None)), None, "the grant is swept");
    assert_eq!(world.read(move |tx| tx.sessions().apps(id)).len(), 1, "the app is still known");
    assert!(world.write(move |tx| tx.sessions().end(id, later)));
    assert_eq!(told(world), BTreeSet::from([(id, one)]));
}

fn an_id_token_alone_makes_an_app_known(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (one, id) = (register(world, &hearing()), person.session.id);
    assert!(world.write(move |tx| tx.sessions().knows(id, one, NOW)));
    assert!(world.write(move |tx| tx.sessions().knows(id, one, NOW)), "known before");
    give(world, &person, id, &[one]);
    assert_eq!(world.read(move |tx| tx.sessions().apps(id)).len(), 1);
    assert!(world.write(move |tx| tx.sessions().end(id, NOW)));
    assert_eq!(told(world), BTreeSet::from([(id, one)]), "once, though it is known twice over");
    let other = register(world, &hearing());
    assert!(!world.write(move |tx| tx.sessions().knows(id, one, NOW)), "known of a session that is over is nothing");
    assert!(!world.write(move |tx| tx.sessions().knows(id, other, NOW)));
    assert_eq!(world.read(move |tx| tx.sessions().apps(id)).len(), 1);
}

fn whether_an_app_hears_is_what_it_registered_last(world: &World) {
    let person = world.person("asa@nordvik.example");
    let account = person.account;
    let (mut was_deaf, mut was_hearing) = (app(), hearing());
    let (one, other) = (register(world, &was_deaf), register(world, &was_hearing));
    give(world, &person, person.session.id, &[one, other]);
    std::mem::swap(&mut was_deaf.settings, &mut was_hearing.settings);
    assert!(world.write(move |tx| tx.apps().replace(&was_deaf)));
    assert!(world.write(move |tx| tx.apps().replace(&was_hearing)));
    world.write(move |tx| tx.sessions().end_all(account, None, NOW));
    assert_eq!(told(world), BTreeSet::from([(person.session.id, one)]));
}

fn a_notice_is_one_workers_at_a_time_and_goes_when_it_is_heard(world: &World) {
    const LEASE: Seconds = Seconds(60);
    let person = world.person("asa@nordvik.example");
    let (one, other) = (register(world, &hearing()), register(world, &hearing()));
    give(world, &person, person.session.id, &[one, other]);
    let id = person.session.id;
    world.write(move |tx| tx.sessions().end(id, NOW));
    assert_eq!(due(world, NOW.before(Seconds(1))), []);
    let notices = due(world, NOW);
    assert_eq!(notices.len(), 2);
    assert_eq!(world.read(move |tx| tx.logout_notices().due(NOW, &[one], 10)).len(), 1, "apps can be passed by");

    // Many hands reach for one.
    let notice = notices.into_iter().find(|notice| notice.app == one).unwrap();
    let (start, nodes) = (Arc::new(Barrier::new(6)), [world.store().clone(), world.node()]);
    let hands: Vec<_> = (0..6)
        .map(|hand| {
            let (node, start, notice) = (nodes[hand % 2].clone(), Arc::clone(&start), notice.clone());
            std::thread::spawn(move || {
                start.wait();
                run(node.write(move |tx| tx.logout_notices().lease(&notice, NOW, LEASE))).unwrap()
            })
        })
        .collect();
    assert_eq!(hands.into_iter().map(|hand| hand.join().unwrap()).filter(|won| *won).count(), 1);
    assert_eq!(due(world, NOW).len(), 1);
    let again = NOW.after(LEASE);
    assert_eq!(due(world, again).len(), 2, "whoever died had it for a minute");

    let (retried, next) = (notice.clone(), NOW.after(Seconds(300)));
    assert!(world.write(move |tx| tx.logout_notices().retry(&retried, next, "status_503")));
    assert_eq!(due(world, again).len(), 1);
    let waiting = due(world, next).into_iter().find(|notice| notice.app == one).unwrap();
    assert_eq!((waiting.attempts, waiting.last_error.as_deref()), (1, Some("status_503")));
    assert_eq!(world.read(move |tx| tx.logout_notices().untold(one)), Untold { waiting: 1, failed: 0 });

    let settled = notice.clone();
    assert!(world.write(move |tx| tx.logout_notices().settle(&settled)));
    assert!(!world.write(move |tx| tx.logout_notices().settle(&notice)));
    assert_eq!(told(world), BTreeSet::from([(id, other)]));
}

fn what_was_given_up_is_seen_for_a_month(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (one, other) = (register(world, &hearing()), register(world, &hearing()));
    give(world, &person, person.session.id, &[one, other]);
    let id = person.session.id;
    world.write(move |tx| tx.sessions().end(id, NOW));
    let lost = all(world).into_iter().find(|notice| notice.app == one).unwrap();
    let row = lost.clone();
    assert!(world.write(move |tx| tx.logout_notices().give_up(&row, "status_400", NOW)));
    let row = lost.clone();
    assert!(!world.write(move |tx| tx.logout_notices().give_up(&row, "again", NOW)));
    assert!(!world.write(move |tx| tx.logout_notices().settle(&lost)));
    let failed = world.read(|tx| tx.logout_notices().list(true, None, 10));
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].failed_at, failed[0].last_error.as_deref()), (Some(NOW), Some("status_400")));
    assert_eq!(world.read(move |tx| tx.logout_notices().untold(one)), Untold { waiting: 0, failed: 1 });

    // Read in pages, nothing is left out.
    let first = world.read(|tx| tx.logout_notices().list(false, None, 1)).remove(0);
    let second = world.read(move |tx| tx.logout_notices().list(false, Some((first.session, first.app)), 1)).remove(0);
    assert_ne!(first.app, second.app);

    let month = NOW.after(Seconds::days(30));
    world.write(move |tx| tx.sweep(month.before(Seconds(1))));
    assert_eq!(told(world).len(), 2);
    world.write(move |tx| tx.sweep(month));
    assert_eq!(told(world), BTreeSet::from([(id, other)]), "what is still owed is the worker's to give up");
}

fn what_was_given_up_goes_in_slices(world: &World) {
    let person = world.person("asa@nordvik.example");
    let one = register(world, &hearing());
    give(world, &person, person.session.id, &[one]);
    let id = person.session.id;
    world.write(move |tx| tx.sessions().end(id, NOW));
    let lost = all(world).remove(0);
    assert!(world.write(move |tx| tx.logout_notices().give_up(&lost, "status_400", NOW)));
    let drawn = if world.options.url.starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
    world.sql(&format!(
        "insert into logout_notice (session_id, app_id, account_id, attempts, next_at, created_at, expires_at, failed_at) \
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500) \
         select {drawn}, app_id, account_id, attempts, next_at, created_at, expires_at, failed_at from logout_notice, n"
    ));
    let sweep = || world.write(|tx| tx.sweep(NOW.after(Seconds::days(30))));
    let left = || world.read(|tx| tx.logout_notices().latest(None, true, 5000)).len();
    assert_eq!(left(), 1501);
    sweep();
    assert_eq!(left(), 501, "no more at once than others wait for");
    sweep();
    assert_eq!(left(), 0);
}

fn what_ended_last_is_read_first_and_one_app_alone(world: &World) {
    let person = world.person("asa@nordvik.example");
    let (one, other) = (register(world, &hearing()), register(world, &hearing()));
    let account = person.account;
    let second = world.write(move |tx| tx.sessions().open(&admitted(account), new_session(), NOW)).unwrap();
    let (first, second) = (person.session.id, second.id);
    give(world, &person, first, &[one, other]);
    give(world, &person, second, &[one]);
    // The one that began last ended first.
    world.write(move |tx| Ok(tx.sessions().end(second, NOW)? && tx.sessions().end(first, NOW.after(Seconds(60)))?));
    let latest = |app, failed_only, most| {
        let found = world.read(move |tx| tx.logout_notices().latest(app, failed_only, most));
        found.iter().map(|notice| (notice.session, notice.app)).collect::<Vec<_>>()
    };
    assert_eq!(latest(Some(one), false, 10), [(first, one), (second, one)]);
    assert_eq!(latest(Some(other), false, 10), [(first, other)]);
    assert_eq!((latest(None, false, 10).len(), latest(None, false, 2).len()), (3, 2));
    assert_eq!(latest(None, false, 3)[2], (second, one));
    assert_eq!(latest(None, true, 10), []);
}

fn an_app_that_is_gone_is_owed_nothing(world: &World) {
    let person = world.person("asa@nordvik.example");
    let one = register(world, &hearing());
    let id = person.session.id;
    assert!(world.write(move |tx| tx.sessions().knows(id, one, NOW)));
    world.write(move |tx| tx.sessions().end(id, NOW));
    assert_eq!(told(world).len(), 1);
    assert!(world.write(move |tx| tx.apps().delete(one)));
    assert_eq!(told(world).len(), 0);
}

fn no_token_slips_out_beside_a_sign_out_untold(world: &World) {
    let one = register(world, &hearing());
    let nodes = [world.store().clone(), world.node()];
    let mut slipped = 0;
    for round in 0..200_usize {
        let person = world.person(&format!("p{round}@nordvik.example"));
        let (account, id, start) = (person.account, person.session.id, Arc::new(Barrier::new(2)));
        let (node, gate) = (nodes[round % 2].clone(), Arc::clone(&start));
        let redeems = std::thread::spawn(move || {
            gate.wait();
            if round % 4 < 2 {
                return run(node.write(move |tx| tx.sessions().knows(id, one, NOW))).unwrap();
            }
            let spent = run(node.write(move |tx| tx.grants().open(&admitted(account), &new_grant(id, one), NOW)));
            matches!(spent.unwrap(), Spend::Won(_))
        });
        let node = nodes[(round + 1) % 2].clone();
        start.wait();
        assert!(run(node.write(move |tx| tx.sessions().end(id, NOW))).unwrap());
        let given = redeems.join().unwrap();
        assert_eq!(told(world).contains(&(id, one)), given, "round {round}: who was given something is told");
        slipped += usize::from(given);
        world.write(move |tx| {
            let notices = tx.logout_notices().due(NOW, &[], 10)?;
            notices.iter().try_for_each(|notice| tx.logout_notices().settle(notice).map(drop))
        });
    }
    assert!(slipped > 0, "it never came close");
}
