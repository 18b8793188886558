//! The database threads: closures come in by a bounded line, results go back when they are durable.

use crate::conn::Conn;
use crate::options::Opener;
use crossbeam_channel::{Receiver, Sender, TrySendError};
use portvakt_model::Fault;
use r2d2::{Pool, PooledConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// A closure in line. It is given a connection, or told why there is none; `None` if nobody waits for it any more.
pub(crate) type Job = Box<dyn FnOnce(Result<&mut Conn, &Fault>) -> Option<Reply> + Send>;

/// Hands the result back, once it is known whether it is durable.
pub(crate) type Reply = Box<dyn FnOnce(Result<(), &Fault>) + Send>;

/// How many closures may share one commit: enough for every fsync to be shared, few enough to be answered soon.
const GROUP: usize = 256;

/// Puts `work` in line and waits for its result.
///
/// Whoever first sets the mark decides: the thread that begins the work, or the request that gave up or went away
/// before it began. So a refused closure has surely not run.
pub(crate) async fn submit<T: Send + 'static>(
    line: &Sender<Job>,
    wait: Duration,
    work: impl FnOnce(&mut Conn) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let (answer, mut result) = oneshot::channel();
    let mark = Mark(Arc::new(AtomicBool::new(false)));
    let claim = Mark(Arc::clone(&mark.0));
    let job: Job = Box::new(move |conn| {
        if !claim.set() {
            return None;
        }
        let outcome = match conn {
            Ok(conn) => work(conn),
            Err(why) => Err(why.clone()),
        };
        Some(Box::new(move |durable: Result<(), &Fault>| {
            let answered = outcome.and_then(|value| durable.map(|()| value).map_err(Clone::clone));
            let _ = answer.send(answered); // the request may have gone away
        }))
    });
    line.try_send(job).map_err(|refused| match refused {
        TrySendError::Full(_) => Fault::Busy("the database's line is full"),
        TrySendError::Disconnected(_) => lost(),
    })?;
    let answered = match tokio::time::timeout(wait, &mut result).await {
        Ok(answered) => answered,
        Err(_) if mark.set() => return Err(Fault::Busy("the database's line is slow")),
        Err(_) => result.await,
    };
    answered.unwrap_or_else(|_| Err(lost()))
}

fn lost() -> Fault {
    Fault::Unavailable("a database thread ended".to_owned())
}

/// Set by whoever comes first; a request that goes away sets it too.
struct Mark(Arc<AtomicBool>);

impl Mark {
    fn set(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A thread's connection: kept while it is sound, replaced from the pool when it broke.
struct Held {
    pool: Pool<Opener>,
    conn: Option<PooledConnection<Opener>>,
}

impl Held {
    fn conn(&mut self) -> Result<&mut Conn, Fault> {
        let held = match self.conn.take() {
            Some(held) => held,
            None => self.pool.get().map_err(|error| Fault::Unavailable(error.to_string()))?,
        };
        Ok(&mut *self.conn.insert(held))
    }

    /// Gives a broken connection back to the pool, which closes it and opens another.
    fn settle(&mut self) {
        if self.conn.as_mut().is_some_and(|conn| conn.is_broken()) {
            self.conn = None;
        }
    }
}

/// Serves closures one by one. A write's closure brings its own transaction.
pub(crate) fn serve(pool: Pool<Opener>, jobs: &Receiver<Job>) {
    let mut held = Held { pool, conn: None };
    for job in jobs {
        let reply = match held.conn() {
            Ok(conn) => job(Ok(conn)),
            Err(why) => job(Err(&why)),
        };
        held.settle();
        if let Some(reply) = reply {
            reply(Ok(()));
        }
    }
}

/// Serves SQLite's writes: everything that came into line during the last fsync shares the next one, each closure in
/// its own savepoint. If the group cannot be committed nobody is told that it was.
pub(crate) fn serve_grouped(pool: Pool<Opener>, jobs: &Receiver<Job>) {
    let mut held = Held { pool, conn: None };
    for first in jobs {
        match held.conn() {
            Ok(conn) => group(conn, first, jobs),
            Err(why) => {
                if let Some(reply) = first(Err(&why)) {
                    reply(Ok(()));
                }
            }
        }
        held.settle();
    }
}

fn group(conn: &mut Conn, first: Job, jobs: &Receiver<Job>) {
    if let Err(error) = conn.begin() {
        conn.condemn();
        let why = crate::fault::fault(error);
        if let Some(reply) = first(Err(&why)) {
            reply(Ok(()));
        }
        return;
    }
    let mut replies = Vec::new();
    let mut next = Some(first);
    while let Some(job) = next {
        replies.extend(job(Ok(&mut *conn)));
        // The savepoint is gone and the transaction stands, or the whole group is lost.
        let whole = conn.depth() == Some(1);
        next = if whole && replies.len() < GROUP { jobs.try_recv().ok() } else { None };
    }
    let durable = match conn.depth() {
        Some(1) => conn.commit().map_err(crate::fault::fault),
        _ => Err(Fault::Unavailable("the database took back the transaction".to_owned())),
    };
    if durable.is_err() {
        let _ = conn.rollback();
        conn.condemn();
    }
    for reply in replies {
        reply(durable.as_ref().copied());
    }
}
