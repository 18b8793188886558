use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinSet;

const TERMS: Terms = Terms {
    fresh: (Seconds(60), Seconds(900)),
    usually: Seconds(300),
    stale: Seconds(3600),
    cool_down: (Seconds(5), Seconds(300)),
    rush: Seconds(30),
    most: 4,
    most_octets: 100,
};

impl Reason for &'static str {
    const BUSY: Self = "busy";
}

/// A server that counts, and serves the number of the version that it has.
struct World {
    larder: Arc<Larder<u64, &'static str>>,
    clock: Clock,
    asked: Arc<AtomicUsize>,
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        Self {
            larder: Arc::new(Larder::new(TERMS)),
            clock: Clock::fixed(Timestamp::from_seconds(1_800_000_000)),
            asked: Arc::default(),
            runtime: Builder::new_current_thread().build().unwrap(),
        }
    }

    fn load(
        &self,
        outcome: Result<(u64, Option<u32>), &'static str>,
    ) -> impl Future<Output = Result<Loaded<u64>, &'static str>> + Send + use<> {
        let asked = Arc::clone(&self.asked);
        async move {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            outcome.map(|(thing, age)| Loaded { thing, octets: 30, max_age: age.map(Seconds) })
        }
    }

    /// Asks for `name`, wanting at least version `least`, where the server answers `outcome`.
    fn ask_for(
        &self,
        name: &str,
        least: u64,
        outcome: Result<(u64, Option<u32>), &'static str>,
    ) -> Result<u64, &'static str> {
        let got = self.larder.get(name, &self.clock, |thing| **thing >= least, self.load(outcome));
        self.runtime.block_on(got).unwrap().map(|thing| *thing)
    }

    fn ask(&self, outcome: Result<u64, &'static str>) -> Result<u64, &'static str> {
        self.ask_for("a", 0, outcome.map(|version| (version, None)))
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn size(&self) -> (usize, usize, usize) {
        lock(&self.larder.shelves).size()
    }

    fn later(&self, seconds: u32) {
        self.clock.advance(Seconds(seconds));
    }
}

#[test]
fn a_hundred_who_wait_for_one_thing_make_one_request() {
    let world = World::new();
    for outcome in [Err("down"), Ok((7, None))] {
        let all = world.runtime.block_on(async {
            let mut set = JoinSet::new();
            for _ in 0..100 {
                let (larder, clock, load) = (Arc::clone(&world.larder), world.clock.clone(), world.load(outcome));
                set.spawn(async move { larder.get("a", &clock, |_| true, load).await.unwrap().map(|thing| *thing) });
            }
            set.join_all().await
        });
        assert_eq!(all, vec![outcome.map(|(version, _)| version); 100]);
        assert_eq!(world.asked(), 1);
        world.later(5);
    }
}

#[test]
fn a_thing_is_fetched_again_when_it_is_old_and_its_server_says_only_within_bounds_when() {
    for (says, fresh) in [(None, 300), (Some(0), 60), (Some(61), 61), (Some(u32::MAX), 900)] {
        let world = World::new();
        assert_eq!(world.ask_for("a", 0, Ok((1, says))), Ok(1));
        world.later(fresh - 1);
        assert_eq!((world.ask(Ok(2)), world.asked()), (Ok(1), 1), "{says:?}");
        world.later(1);
        assert_eq!((world.ask(Ok(2)), world.asked()), (Ok(2), 1), "{says:?}");
    }
}

#[test]
fn what_cannot_be_had_is_left_alone_for_longer_and_longer() {
    let world = World::new();
    for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
        assert_eq!((world.ask(Err("down")), world.asked()), (Err("down"), 1), "{pause}");
        world.later(pause - 1);
        assert_eq!((world.ask(Ok(1)), world.asked()), (Err("down"), 0), "{pause}");
        world.later(1);
    }
    assert_eq!((world.ask(Ok(1)), world.asked()), (Ok(1), 1));
    world.later(300);
    assert_eq!((world.ask(Err("down")), world.asked()), (Ok(1), 1), "the old one, for now");
    world.later(5);
    assert_eq!((world.ask(Ok(2)), world.asked()), (Ok(2), 1), "a success forgets the failures before it");
}

#[test]
fn an_old_thing_is_given_out_for_an_hour_and_no_longer() {
    let world = World::new();
    world.ask(Ok(1)).unwrap();
    world.later(3599);
    assert_eq!(world.ask(Err("down")), Ok(1));
    world.later(1);
    assert_eq!((world.ask(Ok(2)), world.asked()), (Err("down"), 2), "it cools down, and what was there is too old");
}

#[test]
fn a_version_that_does_not_suit_is_looked_for_at_once_and_then_not_as_often_as_somebody_likes() {
    let world = World::new();
    world.ask(Ok(1)).unwrap();
    assert_eq!((world.ask_for("a", 2, Ok((2, None))), world.asked()), (Ok(2), 2), "at once");
    assert_eq!((world.ask_for("a", 3, Ok((3, None))), world.asked()), (Ok(2), 0), "too soon");
    world.later(29);
    assert_eq!((world.ask_for("a", 3, Ok((3, None))), world.asked()), (Ok(2), 0));
    world.later(1);
    assert_eq!((world.ask_for("a", 3, Err("down")), world.asked()), (Ok(2), 1), "the server is down: what there is");
    world.later(29);
    assert_eq!((world.ask_for("a", 3, Ok((3, None))), world.asked()), (Ok(2), 0));
    world.later(1);
    assert_eq!((world.ask_for("a", 3, Ok((3, None))), world.asked()), (Ok(3), 1), "the next rotation, within a minute");
    assert_eq!((world.ask_for("a", 3, Ok((4, None))), world.asked()), (Ok(3), 0));
}

#[test]
fn the_larder_is_bounded_in_number_and_weight_and_drops_what_was_not_used() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.ask_for(name, 0, Ok((1, None))).unwrap();
    }
    assert_eq!((world.size(), world.asked()), ((3, 90, 0), 3));
    world.ask_for("a", 0, Ok((1, None))).unwrap();
    world.ask_for("d", 0, Ok((1, None))).unwrap();
    assert_eq!((world.size(), world.asked()), ((3, 90, 0), 1), "four weigh too much");
    world.ask_for("a", 0, Ok((1, None))).unwrap();
    assert_eq!(world.asked(), 0, "it was used");
    world.ask_for("b", 0, Ok((1, None))).unwrap();
    assert_eq!(world.asked(), 1, "it was not");
    for number in 0..100 {
        world.ask_for(&number.to_string(), 0, Err("down")).unwrap_err();
    }
    assert_eq!(world.size(), (3, 90, 4), "what fails crowds out nothing");
    world.asked();
    assert_eq!((world.ask(Err("down")), world.asked()), (Ok(1), 0));
}

#[test]
fn whoever_hangs_up_does_not_get_round_the_cool_down() {
    let world = World::new();
    world.runtime.block_on(async {
        let (larder, clock, load) = (Arc::clone(&world.larder), world.clock.clone(), world.load(Err("down")));
        let hurried = tokio::spawn(async move { larder.get("a", &clock, |_| true, load).await.map(drop) });
        tokio::task::yield_now().await;
        hurried.abort();
        assert!(hurried.await.unwrap_err().is_cancelled());
    });
    assert_eq!((world.ask(Ok(1)), world.asked()), (Err("down"), 1));
}

#[test]
fn a_failure_is_remembered_although_other_things_come() {
    let world = World::new();
    world.ask(Err("down")).unwrap_err();
    for number in 0..50 {
        world.ask_for(&number.to_string(), 0, Ok((1, None))).unwrap();
    }
    world.asked();
    assert_eq!((world.ask(Ok(1)), world.asked()), (Err("down"), 0));
}

#[test]
fn that_we_were_too_busy_to_ask_is_held_against_nobody() {
    let world = World::new();
    for _ in 0..3 {
        assert_eq!(
            (world.ask(Err("busy")), world.asked()),
            (Err("busy"), 1),
            "nobody was asked, so nobody is left alone"
        );
    }
    assert_eq!((world.ask(Ok(1)), world.asked()), (Ok(1), 1));
    assert_eq!((world.ask_for("a", 2, Err("busy")), world.asked()), (Ok(1), 1));
    assert_eq!((world.ask_for("a", 2, Ok((2, None))), world.asked()), (Ok(2), 1), "nor for who wants a newer one");
    world.later(300);
    assert_eq!((world.ask(Err("busy")), world.asked()), (Ok(2), 1), "what there is, for now");
    assert_eq!((world.ask(Ok(3)), world.asked()), (Ok(3), 1));
}

/// A fetch that goes on until it is let go.
async fn held(let_go: Arc<Notify>, version: u64) -> Result<Loaded<u64>, &'static str> {
    let_go.notified().await;
    Ok(Loaded { thing: version, octets: 30, max_age: None })
}

#[test]
fn so_many_fetches_are_under_way_and_no_two_for_one_thing() {
    let world = World::new();
    let let_go = Arc::new(Notify::new());
    world.runtime.block_on(async {
        let ask = |name: &'static str| {
            let (larder, clock, load) = (Arc::clone(&world.larder), world.clock.clone(), held(Arc::clone(&let_go), 1));
            tokio::spawn(async move { larder.get(name, &clock, |_| true, load).await.unwrap().map(|thing| *thing) })
        };
        let first: Vec<_> = ["a", "b", "c", "d"].map(ask).into();
        // Each is asked for before the fifth comes, and on its way before all are let go.
        let fifth = ask("e").await.unwrap();
        assert_eq!(fifth, Err("busy"));
        let again = ask("a");
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        for _ in 0..4 {
            let_go.notify_one();
        }
        for asked in first {
            assert_eq!(asked.await.unwrap(), Ok(1));
        }
        assert_eq!(again.await.unwrap(), Ok(1), "with the first: four were let go, and no fifth was under way");
    });
}

#[test]
fn who_finds_what_suits_does_not_wait_for_who_wants_another() {
    let world = World::new();
    world.ask(Ok(1)).unwrap();
    let let_go = Arc::new(Notify::new());
    world.runtime.block_on(async {
        let (larder, clock, load) = (Arc::clone(&world.larder), world.clock.clone(), held(Arc::clone(&let_go), 2));
        let newer = tokio::spawn(async move { larder.get("a", &clock, |thing| **thing >= 2, load).await });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let suits = world.larder.get("a", &world.clock, |_| true, world.load(Err("never asked")));
        let mut suits = std::pin::pin!(suits);
        let at_once = std::future::poll_fn(|context| std::task::Poll::Ready(suits.as_mut().poll(context))).await;
        let std::task::Poll::Ready(Ok(Ok(thing))) = at_once else { panic!("it waits") };
        assert_eq!(*thing, 1);
        let_go.notify_one();
        assert_eq!(newer.await.unwrap().unwrap().map(|thing| *thing), Ok(2));
    });
}

#[test]
fn strangers_crowd_out_nobody_else_and_nobody_sees_what_was_fetched_for_those_with_more_leave() {
    let world = World::new();
    let larders = Larders::new(TERMS);
    let stranger = Behalf::Stranger("app_1".to_owned());
    let ask = |behalf: &Behalf, name: &str, outcome: Result<u64, &'static str>| {
        let got = larders.get(behalf, name, &world.clock, |_| true, world.load(outcome.map(|thing| (thing, None))));
        world.runtime.block_on(got).unwrap().map(|thing| *thing)
    };
    for (version, behalf) in [Behalf::Operator, Behalf::Vouched, stranger.clone()].iter().enumerate() {
        let version = u64::try_from(version).unwrap();
        assert_eq!((ask(behalf, "a", Ok(version)), world.asked()), (Ok(version), 1), "{behalf:?}");
        assert_eq!((ask(behalf, "a", Err("down")), world.asked()), (Ok(version), 0), "{behalf:?}");
    }
    for number in 0..100 {
        ask(&stranger, &number.to_string(), Ok(1)).unwrap();
        ask(&stranger, &format!("down {number}"), Err("down")).unwrap_err();
    }
    world.asked();
    for (version, behalf) in [(0, Behalf::Operator), (1, Behalf::Vouched)] {
        assert_eq!((ask(&behalf, "a", Err("down")), world.asked()), (Ok(version), 0), "{behalf:?}");
    }
}
