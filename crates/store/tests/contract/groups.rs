//! Transactions, groups of them, full lines, full disks and lost servers.

use crate::kit::{NOW, PATIENCE, World, account, hash, on_both, run};
use portvakt_model::{Fault, Timestamp};
use portvakt_store::{Options, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use tokio::task::JoinSet;

fn one_that_fails_takes_nothing_of_the_others_with_it(world: &World) {
    const WRITES: usize = 300;
    let (kept, cost) = world.cost(|world| {
        run(async {
            let mut writes = JoinSet::new();
            for number in 0..WRITES {
                let store = world.store().clone();
                writes.spawn(async move {
                    store
                        .write(move |tx| {
                            tx.accounts().insert(&account())?;
                            match number % 10 {
                                3 => Err(Fault::broken("refused after the insert")),
                                7 => panic!("a panic after the insert"),
                                _ => Ok(()),
                            }
                        })
                        .await
                        .is_ok()
                });
            }
            writes.join_all().await.into_iter().filter(|kept| *kept).count()
        })
    });
    assert_eq!(kept, WRITES / 10 * 8);
    assert_eq!(world.read(|tx| tx.accounts().list(None, 1000)).len(), kept, "what failed left nothing");
    if world.is_sqlite() {
        assert!(cost.commits < 100, "{} commits for {WRITES} writes: they share", cost.commits);
    }
}

fn a_read_cannot_write(world: &World) {
    let refused = run(world.store().read(|tx| tx.accounts().insert(&account())));
    assert!(matches!(refused, Err(Fault::Broken(_))), "{refused:?}");
    assert!(world.read(|tx| tx.accounts().list(None, 10)).is_empty());
}

fn a_full_line_refuses_at_once_and_a_slow_one_after_its_time(world: &World) {
    let wait = Duration::from_millis(200);
    let options = Options { threads: 1, write_queue: 1, wait, ..world.options.clone() };
    let store = Store::open(options).unwrap();
    let (go, gate) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let blocking = {
        let store = store.clone();
        std::thread::spawn(move || {
            run(store.write(move |_| {
                begun.send(()).unwrap();
                gate.recv_timeout(PATIENCE).map_err(Fault::broken)
            }))
        })
    };
    begins.recv_timeout(PATIENCE).unwrap();
    let ran = Arc::new(AtomicBool::new(false));
    let waiting = {
        let (store, ran) = (store.clone(), Arc::clone(&ran));
        std::thread::spawn(move || {
            run(store.write(move |_| {
                ran.store(true, Ordering::SeqCst);
                Ok(())
            }))
        })
    };
    // The one place in the line is taken sooner or later, by that write or by one of these.
    let refused = (0..1000).find_map(|_| match run(store.write(|_| Ok(()))) {
        Err(Fault::Busy(why)) => Some(why),
        _ => None,
    });
    assert!(refused.is_some());
    assert!(matches!(waiting.join().unwrap(), Err(Fault::Busy(_))));
    go.send(()).unwrap();
    assert_eq!(blocking.join().unwrap(), Ok(()), "what had begun is finished, however long it took");
    let free = (0..1000).any(|_| run(store.write(|_| Ok(()))).is_ok());
    assert!(free, "the line moves again");
    assert!(!ran.load(Ordering::SeqCst), "what was refused has not run");
}

fn a_request_that_went_away_is_not_begun(world: &World) {
    let store = Store::open(Options { threads: 1, ..world.options.clone() }).unwrap();
    let (go, gate) = mpsc::channel::<()>();
    let (begun, begins) = mpsc::channel();
    let ran = Arc::new(AtomicUsize::new(0));
    let blocking = {
        let store = store.clone();
        std::thread::spawn(move || {
            run(store.write(move |_| {
                begun.send(()).unwrap();
                gate.recv_timeout(PATIENCE).map_err(Fault::broken)
            }))
        })
    };
    begins.recv_timeout(PATIENCE).unwrap();
    run(async {
        let ran = Arc::clone(&ran);
        let gone = store.write(move |_| {
            ran.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        // Polled once, so that it stands in line, then dropped.
        assert!(tokio::time::timeout(Duration::from_millis(1), gone).await.is_err());
    });
    go.send(()).unwrap();
    blocking.join().unwrap().unwrap();
    run(store.write(|_| Ok(()))).unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

fn a_lost_server_is_a_passing_fault_and_is_found_again(world: &World) {
    world.person("anna@nordvik.se");
    world.cut_connections();
    let mut lost = 0;
    for _ in 0..20 {
        for answer in [
            run(world.store().write(|tx| tx.epoch().bump())),
            run(world.store().read(|tx| tx.epoch().value().map(|_| ()))),
        ] {
            match answer {
                Ok(()) => {}
                Err(Fault::Unavailable(_)) => lost += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!(lost > 0, !world.is_sqlite(), "{lost} lost");
    assert!(lost <= 2 * world.options.threads, "each thread loses its connection once, {lost} did");
    world.write(|tx| tx.epoch().bump());
}

on_both! {
    one_that_fails_takes_nothing_of_the_others_with_it,
    a_read_cannot_write,
    a_full_line_refuses_at_once_and_a_slow_one_after_its_time,
    a_request_that_went_away_is_not_begun,
    a_lost_server_is_a_passing_fault_and_is_found_again,
}

#[test]
fn a_full_disk_is_a_passing_fault_and_what_was_told_durable_is_there() {
    let world = World::sqlite();
    let store = Store::open(Options { sqlite_page_limit: Some(140), ..world.options.clone() }).unwrap();
    let park = |store: &Store, expires_at: Timestamp| {
        let store = store.clone();
        let handle = hash();
        async move { store.write(move |tx| tx.parked().put(&handle, &[0; 2000], expires_at)).await.map(|()| handle) }
    };
    let (mut there, mut refused) = (Vec::new(), 0);
    for _ in 0..40 {
        let answers = run(async {
            let mut group = JoinSet::new();
            for _ in 0..10 {
                group.spawn(park(&store, NOW));
            }
            group.join_all().await
        });
        for answer in answers {
            match answer {
                Ok(handle) => there.push(handle),
                Err(Fault::Unavailable(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(refused > 0 && !there.is_empty(), "{refused} refused, {} there", there.len());
    let early = Timestamp(0);
    for handle in there {
        assert!(run(store.read(move |tx| tx.parked().get(&handle, early))).unwrap().is_some());
    }
    // Room is made, and it works again.
    while run(store.write(|tx| tx.sweep(NOW))).unwrap() > 0 {}
    assert!(run(park(&store, NOW)).is_ok());
}
