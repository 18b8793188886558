//! Running an operation for a while, and what it cost.

use crate::operations::{Operation, Worker};
use crate::world::World;
use portvakt_journeys::Failure;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What an operation cost.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// How many were done, each checked.
    pub done: u64,
    /// Over how long.
    pub over: Duration,
    /// CPU time of the server, user and system.
    pub cpu: Duration,
}

impl Figures {
    /// CPU per operation, in microseconds.
    pub fn cpu_each(&self) -> u128 {
        self.cpu.as_micros() / u128::from(self.done.max(1))
    }

    /// Operations a second.
    pub fn per_second(&self) -> u128 {
        u128::from(self.done) * 1_000 / self.over.as_millis().max(1)
    }
}

/// Runs an operation with `workers` connections until each has done `at_least` and `length` is over. The first wrong
/// answer ends the run.
#[expect(clippy::disallowed_methods, reason = "a load generator measures real time")]
pub fn measure(
    world: &World,
    operation: Operation,
    workers: usize,
    at_least: u64,
    length: Duration,
) -> Result<Figures, Failure> {
    let mut ready = Vec::new();
    for _ in 0..workers {
        ready.push(Worker::start(world)?);
    }
    let done = AtomicU64::new(0);
    let (before, start) = (cpu(world)?, Instant::now());
    let answers: Vec<Result<(), Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = ready
            .iter_mut()
            .map(|worker| {
                let done = &done;
                scope.spawn(move || {
                    let mut own = 0;
                    while own < at_least || start.elapsed() < length {
                        worker.run(operation)?;
                        own += 1;
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Failure::new("a worker panicked"))))
            .collect()
    });
    answers.into_iter().collect::<Result<Vec<()>, Failure>>()?;
    Ok(Figures { done: done.load(Ordering::SeqCst), over: start.elapsed(), cpu: cpu(world)?.saturating_sub(before) })
}

/// User and system time of the server so far, in clock ticks of a hundredth of a second (proc(5)).
fn cpu(world: &World) -> Result<Duration, Failure> {
    let id = world.portvakt.process().ok_or_else(|| Failure::new("the server does not run"))?;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The program's name stands in parentheses and may hold blanks; what follows does not.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}
