//! One tenant's domains.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::domain;
use diesel::prelude::*;
use portvakt_model::{Domain, Fault, TenantId, Timestamp};

/// One tenant's domains.
pub struct Domains<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) tenant: TenantId,
}

impl Domains<'_> {
    /// Gives this tenant a domain, in its normal form, proved or only claimed; `false` if it has an owner already.
    pub fn add(&mut self, name: &str, verified_at: Option<Timestamp>, now: Timestamp) -> Result<bool, Fault> {
        let values = (
            domain::name.eq(name),
            domain::tenant_id.eq(bind(self.tenant)),
            domain::verified_at.eq(verified_at),
            domain::created_at.eq(bind(now)),
        );
        let added = on!(self.conn, c => diesel::insert_into(domain::table)
            .values(values)
            .on_conflict(domain::name)
            .do_nothing()
            .execute(c))
        .map_err(fault)?
            == 1;
        if added {
            bump(self.conn)?;
        }
        Ok(added)
    }

    /// Its domains, by name.
    pub fn list(&mut self) -> Result<Vec<Domain>, Fault> {
        let query = domain::table.filter(domain::tenant_id.eq(bind(self.tenant))).order(domain::name).select((
            domain::tenant_id,
            domain::name,
            domain::verified_at,
        ));
        let rows: Vec<(TenantId, String, Option<Timestamp>)> = on!(self.conn, c => query.load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(|(tenant, name, verified_at)| Domain { tenant, name, verified_at }).collect())
    }
}
