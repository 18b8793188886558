//! Two acts on one account that must not pass each other by, raced on two nodes a thousand times: whichever comes first,
//! what both leave behind is what one of the two orders would.

use crate::kit::{
    NOW, World, account, address, admitted, app, hash, new_grant, new_session, on_both, password, proofs, run, tenant,
};
use portvakt_model::{Account, AccountId, AppId, Fault, Grant, Session, TenantId};
use portvakt_store::{Deployment, Renewal, Spend, Store, Tx};
use std::sync::{Arc, Barrier};

const ROUNDS: usize = 1_000;
/// How many people are made in one transaction.
const BATCH: usize = 100;

/// Somebody who is signed in, and an app that has a refresh token of theirs.
struct Person {
    account: AccountId,
    session: Session,
    app: AppId,
    grant: Grant,
}

/// So many people, made in one transaction.
fn people(world: &World) -> Vec<Arc<Person>> {
    world.write(|tx| {
        let app = app();
        tx.apps().insert(&app)?;
        let one = |_| {
            let account = Account { facts_version: 1, ..account() };
            tx.accounts().insert(&account)?;
            let session = tx.sessions().open(&admitted(account.id), new_session(), NOW)?.unwrap();
            let Spend::Won(grant) = tx.grants().open(&admitted(account.id), &new_grant(session.id, app.id), NOW)?
            else {
                unreachable!()
            };
            Ok(Arc::new(Person { account: account.id, session, app: app.id, grant: *grant }))
        };
        (0..BATCH).map(one).collect()
    })
}

/// Lets `one` and `other` happen at once for each of a thousand people, on a node each, and shows `after` what they got.
fn pairs<A: Send + 'static, B: Send + 'static>(
    world: &World,
    one: impl Fn(&mut Tx<'_, Deployment>, &Person) -> Result<A, Fault> + Send + Sync + 'static,
    other: impl Fn(&mut Tx<'_, Deployment>, &Person) -> Result<B, Fault> + Send + Sync + 'static,
    after: impl Fn(&World, usize, &Person, A, B),
) {
    let (nodes, one, other) = ([world.store().clone(), world.node()], Arc::new(one), Arc::new(other));
    for batch in 0..ROUNDS / BATCH {
        let people = people(world);
        let start = Arc::new(Barrier::new(2));
        let first = racer(nodes[batch % 2].clone(), &people, &start, &one);
        let second = racer(nodes[(batch + 1) % 2].clone(), &people, &start, &other);
        let (first, second) = (first.join().unwrap(), second.join().unwrap());
        for (round, ((a, b), person)) in first.into_iter().zip(second).zip(&people).enumerate() {
            after(world, batch * BATCH + round, person, a, b);
        }
    }
}

/// Does the same to each of `people`, in step with another racer; a fault is none of the ways in which it may end.
fn racer<T: Send + 'static, F>(
    node: Store,
    people: &[Arc<Person>],
    start: &Arc<Barrier>,
    act: &Arc<F>,
) -> std::thread::JoinHandle<Vec<T>>
where
    F: Fn(&mut Tx<'_, Deployment>, &Person) -> Result<T, Fault> + Send + Sync + 'static,
{
    let (people, start, act) = (people.to_vec(), Arc::clone(start), Arc::clone(act));
    std::thread::spawn(move || {
        let each = people.into_iter().map(|person| {
            let act = Arc::clone(&act);
            start.wait();
            run(node.write(move |tx| act(tx, &person))).unwrap()
        });
        each.collect()
    })
}

/// What a change of password does to everything that was opened by the old one.
fn change(tx: &mut Tx<'_, Deployment>, person: &Person, to: &str) -> Result<bool, Fault> {
    if !tx.passwords().set(&admitted(person.account), &password(person.account, to))? {
        return Ok(false);
    }
    tx.sessions().end_all(person.account, None, NOW)?;
    tx.grants().revoke_all(person.account, NOW)?;
    Ok(true)
}

fn of_two_changes_of_one_password_one_holds(world: &World) {
    let act = |to: &'static str| move |tx: &mut Tx<'_, Deployment>, person: &Person| change(tx, person, to);
    pairs(world, act("one"), act("other"), |world, round, person, one, other| {
        assert_ne!(one, other, "round {round}: one wins, and the other is told");
        let account = person.account;
        let kept = world.read(move |tx| tx.passwords().find(account)).unwrap();
        assert_eq!(kept.hash.reveal(), if one { "one" } else { "other" }, "round {round}");
    });
}

fn no_sign_in_by_the_old_password_outlives_the_new_one(world: &World) {
    let sign_in = |tx: &mut Tx<'_, Deployment>, person: &Person| {
        // By turns a new session, and the one that the browser has under a new name.
        if person.account.0.as_bytes()[15].is_multiple_of(2) {
            return Ok(tx.sessions().open(&admitted(person.account), new_session(), NOW)?.is_some());
        }
        let renewal = Renewal { handle: hash(), proofs: proofs(), keep: false };
        Ok(tx.sessions().renew(&admitted(person.account), person.session.id, &renewal, NOW)?.is_some())
    };
    pairs(
        world,
        |tx, person| change(tx, person, "new"),
        sign_in,
        |world, round, person, changed, _| {
            assert!(changed, "round {round}");
            let account = person.account;
            assert_eq!(world.read(move |tx| tx.sessions().list(account, NOW)), [], "round {round}");
            let late = world.write(move |tx| tx.sessions().open(&admitted(account), new_session(), NOW));
            assert_eq!(late, None, "round {round}");
        },
    );
}

fn redeem(tx: &mut Tx<'_, Deployment>, person: &Person) -> Result<bool, Fault> {
    let new = portvakt_store::NewGrant { offline: true, ..new_grant(person.session.id, person.app) };
    Ok(matches!(tx.grants().open(&admitted(person.account), &new, NOW)?, Spend::Won(_)))
}

fn a_code_is_redeemed_before_its_session_ends_or_not_at_all(world: &World) {
    // Signing out looks at what was given: a grant that it does not see must not come to be.
    let sign_out = |tx: &mut Tx<'_, Deployment>, person: &Person| {
        assert!(tx.sessions().end(person.session.id, NOW)?);
        Ok(tx.grants().list(person.account, NOW)?.len())
    };
    pairs(world, sign_out, redeem, |_, round, _, seen, redeemed| {
        assert_eq!(seen, 1 + usize::from(redeemed), "round {round}");
    });
}

fn a_code_gives_nothing_that_outlives_the_accounts_being_switched_off(world: &World) {
    let disable = |tx: &mut Tx<'_, Deployment>, person: &Person| {
        assert!(tx.accounts().set_disabled(person.account, Some(NOW))?);
        tx.sessions().end_all(person.account, None, NOW)?;
        tx.grants().revoke_all(person.account, NOW)
    };
    pairs(world, disable, redeem, |world, round, person, _, _| {
        let account = person.account;
        assert_eq!(world.read(move |tx| tx.grants().list(account, NOW)), [], "round {round}");
    });
}

fn a_refresh_and_a_new_password_wait_for_each_other_in_no_ring(world: &World) {
    let refresh = |tx: &mut Tx<'_, Deployment>, person: &Person| {
        let passed = admitted(person.account);
        tx.sessions().touch(&passed, &person.session, NOW)?;
        tx.grants().rotate(&passed, &person.grant, b"sealed", NOW)
    };
    pairs(
        world,
        |tx, person| change(tx, person, "new"),
        refresh,
        |world, round, person, changed, _| {
            assert!(changed, "round {round}");
            let account = person.account;
            assert_eq!(world.read(move |tx| tx.grants().list(account, NOW)), [], "round {round}");
        },
    );
}

/// The address's domain is given to a tenant while the account is made: it is at home there, whichever came first.
fn an_account_is_at_home_where_its_domain_is_given_meanwhile(world: &World) {
    let home = tenant("nordvik");
    let id = home.id;
    world.write(move |tx| tx.tenants().insert(&home));
    let domain = |person: &Person| format!("d{}.example", person.account);
    let give = move |tx: &mut Tx<'_, Deployment>, person: &Person| {
        assert!(tx.enter(id).domains().add(&domain(person), Some(NOW), NOW)?);
        tx.accounts().adopt(&domain(person), id)
    };
    let make = move |tx: &mut Tx<'_, Deployment>, person: &Person| {
        tx.epoch().hold()?;
        let (domain, lookup) = (domain(person), format!("ola@{}", domain(person)));
        let owner: Option<TenantId> = tx.sign_in().by_address(&lookup, &domain)?.tenant.map(|tenant| tenant.id);
        let new = Account { home: owner, ..account() };
        tx.accounts().insert(&new)?;
        assert!(tx.accounts().add_address(&address(new.id, &lookup), NOW)?);
        Ok(new.id)
    };
    pairs(world, give, make, move |world, round, _, _, made| {
        assert_eq!(world.read(move |tx| tx.accounts().find(made)).unwrap().home, Some(id), "round {round}");
    });
}

on_both! {
    of_two_changes_of_one_password_one_holds,
    no_sign_in_by_the_old_password_outlives_the_new_one,
    a_code_is_redeemed_before_its_session_ends_or_not_at_all,
    a_code_gives_nothing_that_outlives_the_accounts_being_switched_off,
    a_refresh_and_a_new_password_wait_for_each_other_in_no_ring,
    an_account_is_at_home_where_its_domain_is_given_meanwhile,
}
