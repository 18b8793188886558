//! Policies: the deployment's default, or one tenant's.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::policy;
use diesel::prelude::*;
use diesel::upsert::excluded;
use portvakt_model::{Fault, PolicyDocument, PolicyVersion, TenantId, Timestamp};

/// One owner's policy.
pub struct PolicyOf<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) owner: TenantId,
}

impl PolicyOf<'_> {
    /// Its current edition; version 0 of the empty one if none was ever set.
    pub fn get(&mut self) -> Result<(PolicyVersion, PolicyDocument), Fault> {
        let query =
            policy::table.filter(policy::owner.eq(bind(self.owner))).select((policy::version, policy::document));
        let row: Option<(PolicyVersion, Json<PolicyDocument>)> =
            on!(self.conn, c => query.first(c).optional()).map_err(fault)?;
        Ok(row.map_or_else(Default::default, |(version, document)| (version, document.0)))
    }

    /// Sets a new edition and says its version. Whatever was admitted under the old one is judged again at its next
    /// use.
    pub fn set(&mut self, document: &PolicyDocument, now: Timestamp) -> Result<PolicyVersion, Fault> {
        let values = (
            policy::owner.eq(bind(self.owner)),
            policy::version.eq(1_i64),
            policy::document.eq(Json(document)),
            policy::changed_at.eq(bind(now)),
        );
        let version = on!(self.conn, c => diesel::insert_into(policy::table)
            .values(values)
            .on_conflict(policy::owner)
            .do_update()
            .set((
                policy::version.eq(policy::version + 1),
                policy::document.eq(excluded(policy::document)),
                policy::changed_at.eq(excluded(policy::changed_at)),
            ))
            .returning(policy::version)
            .get_result(c))
        .map_err(fault)?;
        bump(self.conn)?;
        Ok(version)
    }
}
