//! The epoch: goes up with every change that nodes keep in memory (apps, APIs, tenants, domains, policies, keys).

use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::epoch;
use diesel::prelude::*;
use portvakt_model::Fault;

/// The epoch.
pub struct Epoch<'t>(pub(crate) &'t mut Conn);

impl Epoch<'_> {
    /// Its value now.
    pub fn value(&mut self) -> Result<i64, Fault> {
        let query = epoch::table.filter(epoch::id.eq(1)).select(epoch::value);
        on!(self.0, c => query.first(c)).map_err(fault)
    }

    /// Holds what nodes keep in memory as it is, until this transaction ends: who would change it waits. For a rule whose
    /// answer must still be true when it is written down (which tenant owns a domain). Others may hold it at the same time.
    pub fn hold(&mut self) -> Result<(), Fault> {
        let query = epoch::table.filter(epoch::id.eq(1)).select(epoch::value);
        // SQLite has one writer, and this is its transaction.
        let held: QueryResult<i64> = match self.0 {
            Conn::Sqlite(c) => query.first(c),
            Conn::Postgres(c) => query.for_share().first(c),
        };
        held.map(|_| ()).map_err(fault)
    }

    /// Moves it. Until this transaction ends, other changes of what nodes keep in memory wait: so this also serves as
    /// the lock for a rule over several such rows (the first keys of a new deployment).
    pub fn bump(&mut self) -> Result<(), Fault> {
        bump(self.0)
    }
}

pub(crate) fn bump(conn: &mut Conn) -> Result<(), Fault> {
    let one = epoch::table.filter(epoch::id.eq(1));
    on!(conn, c => diesel::update(one).set(epoch::value.eq(epoch::value + 1)).execute(c)).map(|_| ()).map_err(fault)
}
