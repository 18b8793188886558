//! Every guarded update, raced: of any number of attempts on two nodes exactly one wins.

use crate::kit::{
    NOW, World, account, address, admitted, admitted_at, app, challenge, hash, new_grant, new_session, on_both, run,
    tenant, unique,
};
use portvakt_model::app::{Api, ApiSettings};
use portvakt_model::challenge::ChallengePurpose;
use portvakt_model::key::{Algorithm, DataKeyRow, Purpose, SigningKeyRow};
use portvakt_model::{
    AccountId, ApiId, Consent, DeviceId, Fault, Language, OutboxId, PolicyDocument, Seconds, Secret, TokenForm,
};
use portvakt_store::{Deployment, NewMail, PasswordRow, Renewal, Sighting, Spend, Taken, Tx};
use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

const ROUNDS: usize = 8;
const RACERS: usize = 6;

/// What racers do; the number tells them apart.
type Act<T> = Arc<dyn Fn(&mut Tx<'_, Deployment>, usize) -> Result<T, Fault> + Send + Sync>;

/// Lets racers on two nodes do the same at once and says what each got.
fn race<T: Send + 'static>(world: &World, act: &Act<T>) -> Vec<T> {
    let nodes = [world.store().clone(), world.node()];
    let start = Arc::new(Barrier::new(RACERS));
    let racers: Vec<_> = (0..RACERS)
        .map(|racer| {
            let (store, act, start) = (nodes[racer % 2].clone(), Arc::clone(act), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                run(store.write(move |tx| act(tx, racer))).unwrap()
            })
        })
        .collect();
    racers.into_iter().map(|racer| racer.join().unwrap()).collect()
}

/// Races what `prepare` makes, again and again: one racer is told that it won.
fn one_winner(world: &World, what: &str, prepare: impl Fn(&World) -> Act<bool>) {
    for round in 0..ROUNDS {
        let act = prepare(world);
        let won = race(world, &act).into_iter().filter(|won| *won).count();
        assert_eq!(won, 1, "{what}, round {round}");
    }
}

/// Turns a closure into an act.
fn act<T>(act: impl Fn(&mut Tx<'_, Deployment>, usize) -> Result<T, Fault> + Send + Sync + 'static) -> Act<T> {
    Arc::new(act)
}

fn word() -> String {
    format!("w{}", u128::from_be_bytes(unique()))
}

fn a_code_is_redeemed_once_and_everybody_else_learns_that_it_was(world: &World) {
    for _ in 0..ROUNDS {
        let person = world.person(&format!("{}@nordvik.se", word()));
        let new = new_grant(person.session.id, person.app);
        let spent = race(world, &act(move |tx, _| tx.grants().open(&admitted(person.account), &new, NOW)));
        assert_eq!(spent.iter().filter(|spend| matches!(spend, Spend::Won(_))).count(), 1);
        assert_eq!(spent.iter().filter(|spend| **spend == Spend::Replay).count(), RACERS - 1);
    }
}

fn a_refresh_token_is_rotated_once(world: &World) {
    one_winner(world, "rotate", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        let (account, new) = (person.account, new_grant(person.session.id, person.app));
        let Spend::Won(grant) = world.write(move |tx| tx.grants().open(&admitted(account), &new, NOW)) else {
            unreachable!()
        };
        act(move |tx, racer| {
            let sealed = [u8::try_from(racer).unwrap()];
            tx.grants().rotate(&admitted(account), &grant, &sealed, NOW)
        })
    });
}

fn what_ends_ends_once(world: &World) {
    one_winner(world, "revoke a grant", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        let new = new_grant(person.session.id, person.app);
        let id = new.id;
        world.write(move |tx| tx.grants().open(&admitted(person.account), &new, NOW));
        act(move |tx, _| tx.grants().revoke(id, NOW))
    });
    one_winner(world, "revoke a token", |_| {
        let jti = uuid::Uuid::from_bytes(unique());
        act(move |tx, _| tx.grants().revoke_token(jti, NOW))
    });
    one_winner(world, "end a session", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        act(move |tx, _| tx.sessions().end(person.session.id, NOW))
    });
    one_winner(world, "end a session or renew it", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        act(move |tx, racer| {
            if racer == 0 {
                return tx.sessions().end(person.session.id, NOW);
            }
            // Whoever comes after the end gets nothing; whoever came before it won nothing that lasts.
            let renewal = Renewal { handle: hash(), proofs: crate::kit::proofs(), keep: false };
            tx.sessions().renew(&admitted(person.account), person.session.id, &renewal, NOW)?;
            Ok(false)
        })
    });
    one_winner(world, "switch an account off", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        act(move |tx, _| tx.accounts().set_disabled(person.account, Some(NOW)))
    });
    one_winner(world, "withdraw consent", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        let consent = Consent {
            account: person.account,
            app: person.app,
            scopes: vec!["email".to_owned()],
            claims: Vec::new(),
            apis: Vec::new(),
            given_at: NOW,
        };
        world.write(move |tx| tx.consents().give(&consent));
        act(move |tx, _| tx.consents().withdraw(person.account, person.app))
    });
    one_winner(world, "retire a key", |world| {
        let kid = word();
        let row = SigningKeyRow {
            kid: kid.clone(),
            algorithm: Algorithm::Es256,
            sealed: vec![1],
            created_at: NOW,
            active_from: NOW,
            retired_at: None,
        };
        world.write(move |tx| tx.keys().insert_signing_key(&row));
        act(move |tx, _| tx.keys().retire_signing_key(&kid, NOW))
    });
    one_winner(world, "make a key's successor", |world| {
        let newest = NOW.after(Seconds(u32::try_from(u128::from_be_bytes(unique())).unwrap()));
        let key = |active_from| SigningKeyRow {
            kid: word(),
            algorithm: Algorithm::EdDsa,
            sealed: vec![1],
            created_at: NOW,
            active_from,
            retired_at: None,
        };
        let first = key(newest);
        world.write(move |tx| tx.keys().insert_signing_key(&first));
        act(move |tx, _| tx.keys().insert_next_signing_key(&key(newest.after(Seconds(1))), newest))
    });
    one_winner(world, "delete an app", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        act(move |tx, _| tx.apps().delete(person.app))
    });
}

fn a_link_is_spent_once(world: &World) {
    one_winner(world, "spend", |world| {
        let challenge = challenge(&format!("{}@nordvik.se", word()));
        let handle = challenge.handle;
        world.write(move |tx| tx.challenges().insert(&challenge));
        act(move |tx, _| Ok(tx.challenges().spend(&handle, ChallengePurpose::ResetPassword, NOW)?.is_some()))
    });
}

fn what_may_be_there_once_is_there_once(world: &World) {
    one_winner(world, "an address", |world| {
        let lookup = format!("{}@nordvik.se", word());
        let people: Vec<_> = (0..RACERS).map(|_| account()).collect();
        let ids: Vec<_> = people.iter().map(|person| person.id).collect();
        world.write(move |tx| people.iter().try_for_each(|person| tx.accounts().insert(person)));
        act(move |tx, racer| tx.accounts().add_address(&address(ids[racer], &lookup), NOW))
    });
    one_winner(world, "a client_id", |_| {
        let client_id = format!("app_{}", word());
        act(move |tx, _| tx.apps().insert(&portvakt_model::App { client_id: client_id.clone(), ..app() }))
    });
    one_winner(world, "a slug", |_| {
        let slug = word();
        act(move |tx, _| tx.tenants().insert(&tenant(&slug)))
    });
    one_winner(world, "a domain", |world| {
        let tenants: Vec<_> = (0..RACERS).map(|_| tenant(&word())).collect();
        let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id).collect();
        world.write(move |tx| tenants.iter().try_for_each(|tenant| tx.tenants().insert(tenant).map(|_| ())));
        let name = format!("{}.se", word());
        act(move |tx, racer| tx.enter(ids[racer]).domains().add(&name, Some(NOW), NOW))
    });
    one_winner(world, "an API", |_| {
        let identifier = format!("https://{}.example", word());
        act(move |tx, _| {
            tx.apis().insert(&Api {
                id: ApiId::random(unique()),
                identifier: identifier.clone(),
                tenant: None,
                name: "API".to_owned(),
                settings: ApiSettings {
                    scopes: vec!["read".to_owned()],
                    form: TokenForm::Jwt,
                    alg: Algorithm::Es256,
                    lifetime: Seconds::minutes(10),
                    client: None,
                    apps: Vec::new(),
                },
                created_at: NOW,
            })
        })
    });
    world.write(|tx| tx.epoch().bump());
    let version = std::sync::atomic::AtomicI16::new(1);
    one_winner(world, "a data key", |_| {
        let version = version.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        act(move |tx, racer| {
            let wrapped = vec![u8::try_from(racer).unwrap()];
            tx.keys().insert_data_key(&DataKeyRow { purpose: Purpose::Seal, version, wrapped, created_at: NOW })
        })
    });
    one_winner(world, "a browser's first sign-in", |world| {
        let person = world.person(&format!("{}@nordvik.se", word()));
        let device = world.write(|tx| tx.devices().touch(&hash(), DeviceId::random(unique()), NOW));
        act(move |tx, _| {
            let sighting = Sighting { device, account: person.account, address: "a@nordvik.se", remember: true };
            tx.devices().saw(sighting, NOW)
        })
    });
    for _ in 0..ROUNDS {
        let handle = hash();
        let same = race(world, &act(move |tx, _| tx.devices().touch(&handle, DeviceId::random(unique()), NOW)));
        assert_eq!(same.into_iter().collect::<BTreeSet<_>>().len(), 1, "one browser, one row");
    }
}

fn nothing_that_counts_is_counted_twice(world: &World) {
    for round in 0..ROUNDS {
        // Each racer names the keys in another order: they must not wait for each other in a ring.
        let keys = [format!("a{round}"), format!("b{round}"), format!("c{round}")];
        let counts = race(
            world,
            &act(move |tx, racer| {
                let mut mine: Vec<_> = keys.iter().map(|key| (key.clone(), Seconds(60))).collect();
                mine.rotate_left(racer % 3);
                tx.limits().hit(&mine, NOW)
            }),
        );
        let firsts: BTreeSet<i64> = counts.iter().map(|counts| counts[0]).collect();
        assert_eq!(counts.iter().map(Vec::len).collect::<BTreeSet<_>>(), BTreeSet::from([3]));
        assert!(firsts.len() >= RACERS / 3, "{counts:?}");
        let wanted: i64 = (1..=i64::try_from(RACERS).unwrap()).sum();
        assert_eq!(counts.iter().flatten().sum::<i64>(), 3 * wanted, "every count from one on, under every key");
    }
    let versions = race(world, &act(|tx, _| tx.policies().set(&PolicyDocument::default(), NOW)));
    assert_eq!(versions.into_iter().collect::<BTreeSet<_>>(), (1..=i64::try_from(RACERS).unwrap()).collect());
}

fn of_guesses_at_once_no_more_are_taken_than_may_be(world: &World) {
    for round in 0..ROUNDS {
        let key = format!("guess{round}");
        // Whoever takes the third holds the counter, as the flow does, in the transaction that counted it.
        let tries = race(
            world,
            &act(move |tx, _| {
                let taken = tx.limits().take(&key, Seconds(60), NOW)?;
                if matches!(taken, Taken::Counted { count: 3, .. }) {
                    tx.limits().hold(&key, NOW.after(Seconds(30)))?;
                }
                Ok(taken)
            }),
        );
        let mut counts = Vec::new();
        for taken in &tries {
            match taken {
                Taken::Counted { count, .. } => counts.push(*count),
                Taken::Held { until } => assert_eq!(*until, NOW.after(Seconds(30))),
            }
        }
        counts.sort_unstable();
        assert_eq!(counts, [1, 2, 3], "of {RACERS} in round {round}");
    }
    for _ in 0..ROUNDS {
        let id = account_with_password(world);
        race(
            world,
            &act(move |tx, _| {
                let seen = tx.passwords().find(id)?;
                tx.passwords().failed(seen.as_ref(), 5, NOW)
            }),
        );
        let row = world.read(move |tx| tx.passwords().find(id)).unwrap();
        assert_eq!((row.failures, row.disabled_at), (5, Some(NOW)), "each counts, and the fifth ends it");
    }
}

/// A sign-in after failed tries takes password and account, and so does a change of password: in one order, or one of the
/// two would be ended as a ring.
fn signing_in_and_changing_the_password_at_once_wait_for_each_other_in_no_ring(world: &World) {
    for _ in 0..ROUNDS {
        let id = account_with_password(world);
        let mut seen = world.read(move |tx| tx.passwords().find(id)).unwrap();
        world.write({
            let seen = seen.clone();
            move |tx| tx.passwords().failed(Some(&seen), 100, NOW)
        });
        seen.failures = 1;
        let facts = world.read(move |tx| tx.accounts().find(id)).unwrap().facts_version;
        let new = PasswordRow { set_at: NOW.after(Seconds(1)), ..seen.clone() };
        let done = race(
            world,
            &act(move |tx, racer| {
                let admitted = admitted_at(id, facts);
                if racer < RACERS / 2 {
                    return tx.passwords().set(&admitted, &new);
                }
                let is_right = tx.passwords().succeeded(&seen)?;
                Ok(is_right && tx.sessions().open(&admitted, new_session(), NOW)?.is_some())
            }),
        );
        let (changed, signed_in) = done.split_at(RACERS / 2);
        assert_eq!(changed.iter().filter(|done| **done).count(), 1, "one change is made, whoever signs in meanwhile");
        let row = world.read(move |tx| tx.passwords().find(id)).unwrap();
        assert_eq!((row.failures, row.set_at), (0, NOW.after(Seconds(1))));
        let live = world.read(move |tx| tx.sessions().list(id, NOW));
        let opened = signed_in.iter().filter(|done| **done).count();
        assert_eq!(live.len(), opened + 1, "who got in did so before the change");
    }
}

fn account_with_password(world: &World) -> AccountId {
    let id = world.person(&format!("{}@nordvik.se", word())).account;
    let row = PasswordRow {
        account: id,
        hash: Secret::new("hash".to_owned()),
        pepper_version: 1,
        length_class: 15,
        rule: 15,
        set_at: NOW,
        failures: 0,
        disabled_at: None,
    };
    world.write(move |tx| tx.passwords().set(&admitted(id), &row));
    id
}

fn a_mail_is_claimed_by_one_worker_and_settled_once(world: &World) {
    const MAILS: usize = 30;
    world.write(|tx| {
        (0..MAILS).try_for_each(|_| {
            tx.outbox().push(
                &NewMail {
                    id: OutboxId::ordered(NOW, &unique()[6..].try_into().unwrap()),
                    account: None,
                    tenant: None,
                    recipient: "anna@nordvik.se".to_owned(),
                    language: Language::Sv,
                    sealed: vec![1, 2, 3],
                    void: false,
                    expires_at: NOW.after(Seconds::days(1)),
                },
                NOW,
            )
        })
    });
    let mut claimed = Vec::new();
    while claimed.len() < MAILS {
        let before = claimed.len();
        for rows in race(world, &act(|tx, _| tx.outbox().claim(NOW, Seconds(60), 4))) {
            claimed.extend(rows.into_iter().map(|row| row.id));
        }
        assert!(claimed.len() > before, "somebody claims something");
    }
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), MAILS, "nobody claims what another has");
    assert!(world.write(|tx| tx.outbox().claim(NOW, Seconds(60), 100)).is_empty());

    let id = claimed[0];
    let settled = race(world, &act(move |tx, _| tx.outbox().delivered(id, NOW)));
    assert_eq!(settled.into_iter().filter(|settled| *settled).count(), 1);
    let later = NOW.after(Seconds(61));
    let again = world.write(move |tx| tx.outbox().claim(later, Seconds(60), 100));
    assert_eq!(again.len(), MAILS - 1, "a dead worker's mails are sent by another");
    assert!(again.iter().all(|row| row.attempts == 2 && row.sealed.is_some() && row.id != id));
}

fn apps_can_be_made_while_others_are(world: &World) {
    let made = race(world, &act(|tx, _| tx.apps().insert(&app())));
    assert_eq!(made.len(), RACERS);
    assert_eq!(world.read(|tx| tx.epoch().value()), 1 + i64::try_from(RACERS).unwrap(), "no bump is lost");
}

on_both! {
    a_code_is_redeemed_once_and_everybody_else_learns_that_it_was,
    a_refresh_token_is_rotated_once,
    what_ends_ends_once,
    a_link_is_spent_once,
    what_may_be_there_once_is_there_once,
    nothing_that_counts_is_counted_twice,
    of_guesses_at_once_no_more_are_taken_than_may_be,
    signing_in_and_changing_the_password_at_once_wait_for_each_other_in_no_ring,
    a_mail_is_claimed_by_one_worker_and_settled_once,
    apps_can_be_made_while_others_are,
}
