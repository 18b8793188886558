//! The hashing threads: a fixed number, each with one block of memory that it uses again; a bounded line that is fair
//! between tenants; a bounded wait. Past either bound the answer is "busy", and nothing was hashed.

use portvakt_credentials::password::Hasher;
use portvakt_model::{Fault, TenantId};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The most that may wait.
const LINE: usize = 64;
/// The most of one tenant (or of those without) that may wait: nobody fills the whole line alone.
const LANE: usize = LINE / 2;
/// The longest that one waits for a thread.
const WAIT: Duration = Duration::from_secs(2);

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct Hashing(Arc<Shared>);

struct Shared {
    lines: Mutex<Lines>,
    wake: Condvar,
    done: AtomicU64,
    worked: AtomicU64,
}

/// One line per tenant (and one for those without), served in turn.
#[derive(Default)]
struct Lines {
    waiting: HashMap<Option<TenantId>, VecDeque<Job>>,
    turn: VecDeque<Option<TenantId>>,
    count: usize,
    closed: bool,
}

impl Lines {
    fn push(&mut self, lane: Option<TenantId>, job: Job) {
        let line = self.waiting.entry(lane).or_default();
        if line.is_empty() {
            self.turn.push_back(lane);
        }
        line.push_back(job);
        self.count += 1;
    }

    fn pop(&mut self) -> Option<Job> {
        let lane = self.turn.pop_front()?;
        let line = self.waiting.get_mut(&lane)?;
        let job = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&lane);
        } else {
            self.turn.push_back(lane);
        }
        self.count -= usize::from(job.is_some());
        job
    }
}

impl Hashing {
    /// Starts a thread for each of `hashers`.
    pub fn start(hashers: Vec<Hasher>) -> Result<Self, Fault> {
        let shared = Arc::new(Shared {
            lines: Mutex::new(Lines::default()),
            wake: Condvar::new(),
            done: AtomicU64::new(0),
            worked: AtomicU64::new(0),
        });
        for (number, mut hasher) in hashers.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("hashing-{number}"))
                .spawn(move || serve(&shared, &mut hasher))
                .map_err(Fault::broken)?;
        }
        Ok(Self(shared))
    }

    /// How many hashes were computed.
    pub fn count(&self) -> u64 {
        self.0.done.load(Ordering::SeqCst)
    }

    /// How much work they were, in KiB of memory passed over: what "the same work" is measured by.
    pub fn worked(&self) -> u64 {
        self.0.worked.load(Ordering::SeqCst)
    }

    /// Runs `job` on a hashing thread when its turn comes; `lane` is the person's home tenant.
    pub async fn run<T: Send + 'static>(
        &self,
        lane: Option<TenantId>,
        job: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let (answer, wait) = oneshot::channel();
        let given_up = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&given_up);
        let done = Arc::clone(&self.0);
        let job: Job = Box::new(move |hasher| {
            if !flag.load(Ordering::SeqCst) {
                let (computed, worked) = (hasher.computed(), hasher.worked());
                let value = job(hasher);
                done.done.fetch_add(hasher.computed().saturating_sub(computed), Ordering::SeqCst);
                done.worked.fetch_add(hasher.worked().saturating_sub(worked), Ordering::SeqCst);
                // The one who asked may be gone; then nobody wants the answer.
                drop(answer.send(value));
            }
        });
        {
            let mut lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.count >= LINE || lines.waiting.get(&lane).is_some_and(|line| line.len() >= LANE) {
                return Err(Fault::Busy("the hashing line is full"));
            }
            lines.push(lane, job);
        }
        self.0.wake.notify_one();
        match tokio::time::timeout(WAIT, wait).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => Err(Fault::broken("a hashing thread stopped")),
            Err(_) => {
                given_up.store(true, Ordering::SeqCst);
                Err(Fault::Busy("no hashing thread became free in time"))
            }
        }
    }

    /// Lets the threads end when their line is empty.
    pub fn close(&self) {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.wake.notify_all();
    }
}

fn serve(shared: &Shared, hasher: &mut Hasher) {
    loop {
        let job = {
            let mut lines = shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if let Some(job) = lines.pop() {
                    break job;
                }
                if lines.closed {
                    return;
                }
                lines = shared.wake.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
        };
        // A panic in one job must not take the thread away from all the others.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(hasher))).is_err() {
            tracing::error!("a hashing job panicked");
        }
    }
}
