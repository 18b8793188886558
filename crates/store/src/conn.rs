//! One connection to either database, and transactions on it.

use crate::fault::fault;
use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};
use diesel::r2d2::R2D2Connection as _;
use diesel::result::Error;
use diesel::{PgConnection, QueryResult, SqliteConnection};
use portvakt_model::Fault;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A connection to the one database of this deployment.
pub(crate) enum Conn {
    /// An SQLite file.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// Runs one diesel statement on whichever database is open: written once, type-checked once per database.
macro_rules! on {
    ($conn:expr, $c:ident => $query:expr) => {
        match &mut *$conn {
            $crate::conn::Conn::Sqlite($c) => $query,
            $crate::conn::Conn::Postgres($c) => $query,
        }
    };
}
pub(crate) use on;

impl Conn {
    /// Runs `work` in a transaction of its own, or in a savepoint inside the one that is open. Any `Err`, and a panic,
    /// takes back what `work` did and nothing else.
    pub(crate) fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.begin().map_err(fault)?;
        match caught(|| work(self)) {
            Ok(value) => self.commit().map(|()| value).map_err(fault),
            Err(why) => {
                // A failure to take back shows in `depth`; whoever opened the transaction looks there.
                let _ = self.rollback();
                Err(why)
            }
        }
    }

    /// Begins a transaction, or a savepoint inside one.
    ///
    /// On SQLite a transaction takes the write lock at once: one that read first and then wrote could find that
    /// somebody else wrote in between, and would fail where it should have waited.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
            Self::Sqlite(c) => match AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE") {
                Err(Error::AlreadyInTransaction) => AnsiTransactionManager::begin_transaction(c),
                begun => begun,
            },
        }
    }

    /// Commits the innermost transaction or savepoint.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        on!(self, c => AnsiTransactionManager::commit_transaction(c))
    }

    /// Takes back the innermost transaction or savepoint.
    pub(crate) fn rollback(&mut self) -> QueryResult<()> {
        on!(self, c => AnsiTransactionManager::rollback_transaction(c))
    }

    /// How many transactions and savepoints are open; `None` when that cannot be said any more. On a full disk or an
    /// I/O error SQLite may take back the whole transaction by itself, and this is how we learn of it.
    pub(crate) fn depth(&mut self) -> Option<u32> {
        let status = on!(self, c => AnsiTransactionManager::transaction_manager_status_mut(c));
        match status {
            TransactionManagerStatus::Valid(state) => Some(state.transaction_depth().map_or(0, u32::from)),
            TransactionManagerStatus::InError => None,
        }
    }

    /// Marks the connection as not to be used again.
    pub(crate) fn condemn(&mut self) {
        on!(self, c => AnsiTransactionManager::transaction_manager_status_mut(c)).set_in_error();
    }

    /// Whether it must not be used again: condemned, or left inside a transaction.
    pub(crate) fn is_broken(&mut self) -> bool {
        self.depth() != Some(0)
    }

    /// Asks the database for a sign of life.
    pub(crate) fn ping(&mut self) -> QueryResult<()> {
        on!(self, c => c.ping())
    }
}

/// Turns a panic into a fault: the thread and the other requests in its group go on.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What a panic can leave half done is the database's transaction, and that is taken back.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Fault::broken("a panic inside a database closure")))
}
