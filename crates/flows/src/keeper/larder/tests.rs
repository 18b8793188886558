use super::*;
use tokio::runtime::{Builder, Runtime};
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
    assert_eq!((world.larder.size(), world.asked()), ((3, 90), 3));
    world.ask_for("a", 0, Ok((1, None))).unwrap();
    world.ask_for("d", 0, Ok((1, None))).unwrap();
    assert_eq!((world.larder.size(), world.asked()), ((3, 90), 1), "four weigh too much");
    world.ask_for("a", 0, Ok((1, None))).unwrap();
    assert_eq!(world.asked(), 0, "it was used");
    world.ask_for("b", 0, Ok((1, None))).unwrap();
    assert_eq!(world.asked(), 1, "it was not");
    for number in 0..100 {
        world.ask_for(&number.to_string(), 0, Err("down")).unwrap_err();
    }
    assert_eq!(world.larder.size(), (4, 0));
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
