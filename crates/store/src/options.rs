//! Which database, and how hard it may be leaned on.

use crate::conn::Conn;
use crate::counts::{Counts, listener};
use crate::fault::{fault, unreachable};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, SqliteConnection};
use portvakt_model::Fault;
use std::sync::Arc;
use std::time::Duration;

/// How to open a [`crate::Store`].
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://user@host/name`. TLS to PostgreSQL is not linked in: `sslmode=require` is refused.
    pub url: String,
    /// Threads, and connections, that read; on PostgreSQL as many again that write. SQLite has one writer.
    pub threads: u32,
    /// How many reads may wait in line before further ones are refused.
    pub read_queue: usize,
    /// How many writes may wait in line before further ones are refused.
    pub write_queue: usize,
    /// How long one request may wait in line before it is refused; also for a lock in SQLite and for a new connection.
    pub wait: Duration,
    /// How long PostgreSQL may work on one statement. SQLite has nothing like it within diesel's reach: there only the
    /// wait for its lock is bounded, and every statement of ours finds its rows by an index.
    pub statement_timeout: Duration,
    /// The most pages an SQLite file may have: the way to test a full disk.
    pub sqlite_page_limit: Option<u32>,
    /// Counts statements and commits.
    pub observer: Option<Arc<Counts>>,
}

impl Options {
    /// The usual bounds for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            threads: 4,
            read_queue: 4096,
            write_queue: 4096,
            wait: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            sqlite_page_limit: None,
            observer: None,
        }
    }

    /// The path behind `sqlite:`; `None` for PostgreSQL.
    fn sqlite_path(&self) -> Result<Option<&str>, Fault> {
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            return Ok(None);
        }
        match self.url.strip_prefix("sqlite:") {
            // Each connection would have a memory of its own.
            Some("" | ":memory:") => Err(Fault::broken("the database must be a file: sqlite:PATH")),
            Some(path) => Ok(Some(path)),
            None => Err(Fault::broken("the database's address must begin with sqlite: or postgres://")),
        }
    }

    pub(crate) fn is_sqlite(&self) -> Result<bool, Fault> {
        Ok(self.sqlite_path()?.is_some())
    }
}

/// What a connection may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Reading only: the database itself refuses a write.
    Read,
    /// Reading and writing.
    Write,
}

/// Opens connections for one kind of use.
#[derive(Debug)]
pub(crate) struct Opener {
    pub(crate) options: Options,
    pub(crate) r#use: Use,
}

impl Opener {
    /// Opens and prepares one connection.
    pub(crate) fn open(&self) -> Result<Conn, Fault> {
        let conn = match self.options.sqlite_path()? {
            Some(path) => Conn::Sqlite(self.sqlite(path)?),
            None => Conn::Postgres(self.postgres()?),
        };
        Ok(conn)
    }

    fn sqlite(&self, path: &str) -> Result<SqliteConnection, Fault> {
        make_private(path)?;
        let mut conn = SqliteConnection::establish(path).map_err(|error| unreachable(&error))?;
        let wait = self.options.wait.as_millis();
        // FULL: NORMAL may lose the last commits at power failure, and a spent code would come back to life.
        let mut pragmas = format!(
            "pragma busy_timeout = {wait}; pragma journal_mode = wal; pragma synchronous = full; \
             pragma foreign_keys = on; pragma trusted_schema = off;"
        );
        if let Some(pages) = self.options.sqlite_page_limit {
            pragmas += " pragma max_page_count = ";
            pragmas += &pages.to_string();
            pragmas.push(';');
        }
        if self.r#use == Use::Read {
            pragmas += " pragma query_only = on;";
        }
        conn.batch_execute(&pragmas).map_err(fault)?;
        if let Some(counts) = &self.options.observer {
            conn.set_instrumentation(listener(Arc::clone(counts)));
        }
        Ok(conn)
    }

    fn postgres(&self) -> Result<PgConnection, Fault> {
        let url = &self.options.url;
        let with_timeout = if url.contains("connect_timeout=") {
            url.clone()
        } else {
            // libpq would wait for a silent host as long as TCP does.
            let seconds = self.options.wait.as_secs().max(2);
            format!("{url}{}connect_timeout={seconds}", if url.contains('?') { '&' } else { '?' })
        };
        let mut conn = PgConnection::establish(&with_timeout).map_err(|error| unreachable(&error))?;
        let timeout = self.options.statement_timeout.as_millis();
        let read_only = if self.r#use == Use::Read { "on" } else { "off" };
        // A transaction of ours never waits between two statements longer than one statement may take.
        let settings = format!(
            "set statement_timeout = {timeout}; set idle_in_transaction_session_timeout = {timeout}; \
             set default_transaction_isolation = 'read committed'; set default_transaction_read_only = {read_only};"
        );
        conn.batch_execute(&settings).map_err(fault)?;
        if let Some(counts) = &self.options.observer {
            conn.set_instrumentation(listener(Arc::clone(counts)));
        }
        Ok(conn)
    }
}

impl r2d2::ManageConnection for Opener {
    type Connection = Conn;
    type Error = Fault;

    fn connect(&self) -> Result<Conn, Fault> {
        self.open()
    }
    fn is_valid(&self, conn: &mut Conn) -> Result<(), Fault> {
        conn.ping().map_err(fault)
    }
    fn has_broken(&self, conn: &mut Conn) -> bool {
        conn.is_broken()
    }
}

/// Makes a new SQLite file readable by its owner only; SQLite gives the files beside it the same rights.
#[cfg(unix)]
fn make_private(path: &str) -> Result<(), Fault> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Fault::Unavailable(format!("cannot make the database file {path}: {error}"))),
    }
}

/// Elsewhere the folder's rights decide.
#[cfg(not(unix))]
fn make_private(_: &str) -> Result<(), Fault> {
    Ok(())
}
