//! Networks that tenants' people come from, as the operator declares them.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::network;
use diesel::prelude::*;
use diesel::upsert::excluded;
use portvakt_model::{DeclaredNetwork, Fault, Network, TenantId, Timestamp};

type Row = (TenantId, String, i32);

/// A row as it was declared. One that does not read back is a fault: nobody's budget may rest on half a row.
fn declared((tenant, network, people): Row) -> Result<DeclaredNetwork, Fault> {
    let network = Network::parse(&network).ok_or_else(|| Fault::broken("a declared network that is none"))?;
    Ok(DeclaredNetwork { tenant, network, people: u32::try_from(people).map_err(Fault::broken)? })
}

/// Every tenant's networks.
pub struct Networks<'t>(pub(crate) &'t mut Conn);

impl Networks<'_> {
    /// All of them.
    pub fn all(&mut self) -> Result<Vec<DeclaredNetwork>, Fault> {
        let query = network::table.order((network::cidr, network::tenant_id)).select((
            network::tenant_id,
            network::cidr,
            network::people,
        ));
        let rows: Vec<Row> = on!(self.0, c => query.load(c)).map_err(fault)?;
        rows.into_iter().map(declared).collect()
    }
}

/// One tenant's networks.
pub struct NetworksOf<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) tenant: TenantId,
}

impl NetworksOf<'_> {
    /// Declares a network, or another number of people for one that is declared.
    pub fn put(&mut self, cidr: Network, people: u32, now: Timestamp) -> Result<(), Fault> {
        let values = (
            network::tenant_id.eq(bind(self.tenant)),
            network::cidr.eq(cidr.to_string()),
            network::people.eq(i32::try_from(people).map_err(Fault::broken)?),
            network::created_at.eq(bind(now)),
        );
        on!(self.conn, c => diesel::insert_into(network::table)
            .values(values)
            .on_conflict((network::tenant_id, network::cidr))
            .do_update()
            .set(network::people.eq(excluded(network::people)))
            .execute(c))
        .map_err(fault)?;
        bump(self.conn)
    }

    /// Takes a declared network back; `false` if it was none of this tenant's.
    pub fn remove(&mut self, cidr: Network) -> Result<bool, Fault> {
        let row =
            network::table.filter(network::tenant_id.eq(bind(self.tenant))).filter(network::cidr.eq(cidr.to_string()));
        let removed = on!(self.conn, c => diesel::delete(row).execute(c)).map_err(fault)? == 1;
        if removed {
            bump(self.conn)?;
        }
        Ok(removed)
    }

    /// This tenant's, in the order of their text.
    pub fn list(&mut self) -> Result<Vec<DeclaredNetwork>, Fault> {
        let query = network::table.filter(network::tenant_id.eq(bind(self.tenant))).order(network::cidr).select((
            network::tenant_id,
            network::cidr,
            network::people,
        ));
        let rows: Vec<Row> = on!(self.conn, c => query.load(c)).map_err(fault)?;
        rows.into_iter().map(declared).collect()
    }
}
