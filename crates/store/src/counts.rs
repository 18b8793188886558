//! How many statements and commits an operation costs: what a fast service watches most.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts statements and commits on all connections of a store.
///
/// Not counted are `BEGIN`, `COMMIT`, `ROLLBACK`, savepoints and the audit insert, as every operation has those alike;
/// a group commit counts once. Counting reads the text of each statement, so a server in production has none.
#[derive(Debug, Default)]
pub struct Counts {
    statements: AtomicU64,
    commits: AtomicU64,
}

/// What [`Counts`] had counted at one moment, or between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Statements sent.
    pub statements: u64,
    /// Transactions made durable.
    pub commits: u64,
}

impl Counts {
    /// What has been counted so far.
    pub fn snapshot(&self) -> Counted {
        Counted { statements: self.statements.load(Ordering::SeqCst), commits: self.commits.load(Ordering::SeqCst) }
    }

    /// What has been counted since `earlier`.
    pub fn since(&self, earlier: Counted) -> Counted {
        let now = self.snapshot();
        Counted { statements: now.statements - earlier.statements, commits: now.commits - earlier.commits }
    }

    fn statement(&self, text: &str) {
        let uncounted =
            ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "INSERT INTO `audit`", "INSERT INTO \"audit\""];
        if !uncounted.iter().any(|start| text.starts_with(start)) {
            self.statements.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The listener for one connection.
pub(crate) fn listener(counts: Arc<Counts>) -> impl Instrumentation {
    move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            counts.statement(&query.to_string());
        } else if let InstrumentationEvent::CommitTransaction { depth, .. } = event
            && depth.get() == 1
        {
            counts.commits.fetch_add(1, Ordering::SeqCst);
        }
    }
}
