//! What slows and ends guessing: counters that are held, and passwords that count their failures.

use crate::kit::{NOW, World, account, address, admitted_at, on_both, tenant};
use portvakt_model::{Account, AccountId, DeclaredNetwork, Network, Seconds, Secret, Timestamp};
use portvakt_store::{PasswordRow, Taken};

const WINDOW: Seconds = Seconds::minutes(15);

fn taken(count: i64, begun: Timestamp) -> Taken {
    Taken::Counted { count, window_end: begun.after(WINDOW) }
}

fn a_counter_that_is_held_takes_no_try(world: &World) {
    let later = |seconds| NOW.after(Seconds(seconds));
    let take = |now| world.write(move |tx| tx.limits().take("k", WINDOW, now));
    assert_eq!(take(NOW), taken(1, NOW));
    assert_eq!(take(later(1)), taken(2, NOW), "further tries do not move the window");
    world.write(move |tx| tx.limits().hold("k", later(5)));
    assert_eq!(take(later(4)), Taken::Held { until: later(5) });
    assert_eq!(world.read(move |tx| tx.limits().read(&["k".to_owned()], later(4))), [2], "it was not counted");
    assert_eq!(world.read(move |tx| tx.limits().held(&["other", "k"], later(4))), Some(later(5)));
    assert_eq!(world.read(move |tx| tx.limits().held(&["other", "k"], later(5))), None);
    assert_eq!(take(later(5)), taken(3, NOW));
    world.write(move |tx| {
        tx.limits().give_back("k")?;
        tx.limits().give_back("unknown")
    });
    assert_eq!(take(later(6)), taken(3, NOW), "one was given back");

    // A hold outlives its window, and the sweeper.
    world.write(move |tx| tx.limits().hold("k", later(7200)));
    world.write(move |tx| tx.sweep(later(3600)));
    assert_eq!(take(later(7199)), Taken::Held { until: later(7200) });
    assert_eq!(take(later(7200)), taken(1, later(7200)), "the window after it begins anew");

    let keys = ["k".to_owned(), "unknown".to_owned()];
    assert_eq!(world.write(move |tx| tx.limits().clear(&keys)), ["k"], "it says what there was");
    assert_eq!(take(later(7201)), taken(1, later(7201)));
    world.write(|tx| (0..3).try_for_each(|_| tx.limits().give_back("k")));
    assert_eq!(take(later(7202)), taken(1, later(7201)), "nobody has tries to their credit");
}

fn row(account: AccountId, set_at: Timestamp) -> PasswordRow {
    PasswordRow {
        account,
        hash: Secret::new("hash".to_owned()),
        pepper_version: 1,
        length_class: 15,
        rule: 15,
        set_at,
        failures: 0,
        disabled_at: None,
    }
}

/// An account with a password.
fn person(world: &World, lookup: &'static str) -> Account {
    let person = account();
    let kept = person.clone();
    world.write(move |tx| {
        tx.accounts().insert(&kept)?;
        tx.accounts().add_address(&address(kept.id, lookup), NOW)?;
        // Adding the address moved the facts on.
        assert!(tx.passwords().set(&admitted_at(kept.id, 2), &row(kept.id, NOW))?);
        Ok(())
    });
    person
}

fn failures_in_a_row_disable_a_password_until_there_is_another(world: &World) {
    let id = person(world, "anna@nordvik.se").id;
    let find = || world.read(move |tx| tx.passwords().find(id)).unwrap();
    let fail = |seen: PasswordRow, now| world.write(move |tx| tx.passwords().failed(Some(&seen), 3, now));
    let succeed = |seen: PasswordRow| world.write(move |tx| tx.passwords().succeeded(&seen));
    let later = NOW.after(Seconds(60));
    let first = find();

    fail(first.clone(), later);
    fail(first.clone(), later);
    assert_eq!((find().failures, find().disabled_at), (2, None));
    assert!(succeed(find()), "a success begins the row anew");
    assert_eq!(find().failures, 0);
    for _ in 0..5 {
        fail(first.clone(), later);
    }
    assert_eq!((find().failures, find().disabled_at), (3, Some(later)), "the third ended it, and none after counts");
    assert!(!succeed(first.clone()), "whoever was quick with the right one is too late");

    assert!(world.write(move |tx| tx.passwords().set(&admitted_at(id, 3), &row(id, later))));
    assert_eq!((find().failures, find().disabled_at), (0, None));
    fail(first.clone(), later);
    assert_eq!(find().failures, 0, "a guess at the old one says nothing about the new");
    assert!(!succeed(first), "nor does knowing the old one");
    // Where there is no password the same statement finds nothing.
    let ((), known) = world.cost(|world| world.write(move |tx| tx.passwords().failed(Some(&row(id, NOW)), 3, NOW)));
    let ((), unknown) = world.cost(|world| world.write(move |tx| tx.passwords().failed(None, 3, NOW)));
    assert_eq!(known, unknown);
}

fn each_mark_is_told_once_and_to_those_who_may_sign_in(world: &World) {
    const MARKS: [i32; 3] = [2, 4, 6];
    let (anna, off) = (person(world, "anna@nordvik.se").id, person(world, "off@nordvik.se").id);
    world.write(move |tx| tx.accounts().set_disabled(off, Some(NOW)));
    let due = || world.read(|tx| tx.passwords().guessed(MARKS, 10));
    let fail = |times| {
        world.write(move |tx| {
            for id in [anna, off] {
                (0..times).try_for_each(|_| tx.passwords().failed(Some(&row(id, NOW)), MARKS[2], NOW))?;
            }
            Ok(())
        });
    };
    fail(1);
    assert_eq!(due(), []);
    for (times, failures, mark) in [(2, 3, 2), (1, 4, 4), (2, 6, 6)] {
        fail(times);
        let found = due().remove(0);
        assert_eq!((found.account.id, found.address.as_str(), due().len()), (anna, "anna@nordvik.se", 1));
        assert_eq!((found.failures, found.is_disabled), (failures, failures == 6));
        let again = found.clone();
        assert!(world.write(move |tx| tx.passwords().warned(&found, mark)));
        assert!(!world.write(move |tx| tx.passwords().warned(&again, mark)), "another worker was faster");
        assert_eq!(due(), []);
    }
}

fn a_tenant_declares_its_own_networks_and_no_other_s(world: &World) {
    let (nordvik, fjord) = (tenant("nordvik"), tenant("fjord"));
    let (mine, other) = (nordvik.id, fjord.id);
    let network = |text| Network::parse(text).unwrap();
    let (office, mast) = (network("203.0.113.0/24"), network("2001:db8:7::/48"));
    world.write(move |tx| {
        assert!(tx.tenants().insert(&nordvik)? && tx.tenants().insert(&fjord)?);
        let before = tx.epoch().value()?;
        tx.enter(mine).networks().put(office, 10, NOW)?;
        tx.enter(mine).networks().put(office, 5000, NOW)?;
        tx.enter(mine).networks().put(mast, 7, NOW)?;
        tx.enter(other).networks().put(office, 30, NOW)?;
        assert!(!tx.enter(other).networks().remove(mast)?);
        assert_eq!(tx.epoch().value()?, before + 4, "nodes that keep them in memory see every change");
        let declared = |tenant, network, people| DeclaredNetwork { tenant, network, people };
        let own = [declared(mine, mast, 7), declared(mine, office, 5000)];
        assert_eq!(tx.enter(mine).networks().list()?, own);
        assert_eq!(tx.enter(other).networks().list()?, [declared(other, office, 30)]);
        assert_eq!(tx.networks().all()?.len(), 3);
        assert!(tx.enter(mine).networks().remove(office)? && !tx.enter(mine).networks().remove(office)?);
        assert_eq!(tx.enter(other).networks().list()?.len(), 1);
        Ok(())
    });
}

on_both! {
    a_counter_that_is_held_takes_no_try,
    failures_in_a_row_disable_a_password_until_there_is_another,
    each_mark_is_told_once_and_to_those_who_may_sign_in,
    a_tenant_declares_its_own_networks_and_no_other_s,
}
