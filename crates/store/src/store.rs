//! [`Store`]: the way to the database.

use crate::conn::{Conn, caught};
use crate::jobs::{Job, serve, serve_grouped, submit};
use crate::migrate;
use crate::options::{Opener, Options, Use};
use crate::tx::{Deployment, Tx};
use crossbeam_channel::{Receiver, Sender, bounded};
use portvakt_model::Fault;
use r2d2::{NopErrorHandler, Pool};
use std::time::Duration;

/// The database of this deployment. Cheap to clone; its threads end when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Store {
    reads: Sender<Job>,
    writes: Sender<Job>,
    wait: Duration,
    options: Options,
}

impl Store {
    /// Opens the database and starts its threads. The schema is neither looked at nor changed.
    ///
    /// # Errors
    /// `Unavailable` if the database cannot be reached, `Broken` if the address is none.
    pub fn open(options: Options) -> Result<Self, Fault> {
        let threads = options.threads.max(1);
        let (reads, read_jobs) = bounded(options.read_queue);
        let (writes, write_jobs) = bounded(options.write_queue);
        // Writers first: in a new SQLite file they switch the journal to WAL, which a reader must not.
        if options.is_sqlite()? {
            start("write", 1, &pool(&options, Use::Write, 1)?, &write_jobs, serve_grouped)?;
        } else {
            // PostgreSQL groups commits by itself.
            start("write", threads, &pool(&options, Use::Write, threads)?, &write_jobs, serve)?;
        }
        start("read", threads, &pool(&options, Use::Read, threads)?, &read_jobs, serve)?;
        Ok(Self { reads, writes, wait: options.wait, options })
    }

    /// Brings the schema to this program's edition, and names the migrations that ran. Nodes that start together wait
    /// for each other. Blocks: for the start of the program and the command line.
    ///
    /// # Errors
    /// `Broken` if the schema is newer than this program, or a migration failed; nothing of that one is kept.
    pub fn migrate(&self) -> Result<Vec<String>, Fault> {
        migrate::run(&mut self.own_connection()?)
    }

    /// Whether the schema is exactly this program's. Blocks.
    ///
    /// # Errors
    /// `Broken`, saying what to do, if it is older or newer.
    pub fn check_schema(&self) -> Result<(), Fault> {
        migrate::check(&mut self.own_connection()?)
    }

    /// Reads. Each statement sees the newest commit; the database refuses to write.
    ///
    /// # Errors
    /// `Busy` if the line is full or slow: then `work` has not run. What `work` or the database says otherwise.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        submit(&self.reads, self.wait, move |conn| {
            let result = caught(|| work(&mut Tx::new(conn)));
            condemn_after(conn, &result);
            result
        })
        .await
    }

    /// Writes in one transaction, and answers when it is durable. A refusal is an `Ok` value and commits; `Err` takes
    /// back what `work` did. `work` must not be slow: on SQLite all writes of the deployment pass one thread.
    ///
    /// # Errors
    /// `Busy` if the line is full or slow: then `work` has not run. `Unavailable` if the commit failed. What `work` or
    /// the database says otherwise.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        submit(&self.writes, self.wait, move |conn| {
            let outermost = conn.depth() == Some(0);
            let result = conn.transaction(|conn| work(&mut Tx::new(conn)));
            // Inside a group the group looks after the connection.
            if outermost {
                condemn_after(conn, &result);
            }
            result
        })
        .await
    }

    fn own_connection(&self) -> Result<Conn, Fault> {
        // Migrations may take longer than a request's statement.
        let options = Options { statement_timeout: Duration::ZERO, observer: None, ..self.options.clone() };
        Opener { options, r#use: Use::Write }.open()
    }
}

/// After a passing failure the connection itself is in doubt: the next closure gets another.
fn condemn_after<T>(conn: &mut Conn, result: &Result<T, Fault>) {
    if let Err(Fault::Unavailable(_)) = result {
        conn.condemn();
    }
}

fn pool(options: &Options, r#use: Use, size: u32) -> Result<Pool<Opener>, Fault> {
    Pool::builder()
        .max_size(size)
        .connection_timeout(options.wait.max(Duration::from_secs(1)))
        .test_on_check_out(false) // a connection is taken once and kept; a broken one is noticed when it breaks
        .idle_timeout(None)
        .max_lifetime(None)
        .error_handler(Box::new(NopErrorHandler)) // the request that meets the failure tells of it
        .build(Opener { options: options.clone(), r#use })
        .map_err(|error| Fault::Unavailable(format!("cannot open the database: {error}")))
}

fn start(
    name: &str,
    threads: u32,
    pool: &Pool<Opener>,
    jobs: &Receiver<Job>,
    serve: fn(Pool<Opener>, &Receiver<Job>),
) -> Result<(), Fault> {
    for number in 1..=threads {
        let (pool, jobs) = (pool.clone(), jobs.clone());
        std::thread::Builder::new()
            .name(format!("store-{name}-{number}"))
            .spawn(move || serve(pool, &jobs))
            .map_err(|error| Fault::Unavailable(format!("cannot start a database thread: {error}")))?;
    }
    Ok(())
}
