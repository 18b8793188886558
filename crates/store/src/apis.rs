//! APIs: resource servers.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::api;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use portvakt_model::app::ApiSettings;
use portvakt_model::{Api, ApiId, Fault, TenantId, Timestamp};
use std::collections::BTreeSet;

#[derive(Queryable, Selectable)]
#[diesel(table_name = api)]
struct ApiRow {
    id: ApiId,
    identifier: String,
    tenant_id: Option<TenantId>,
    name: String,
    settings: Json<ApiSettings>,
    created_at: Timestamp,
}

impl From<ApiRow> for Api {
    fn from(row: ApiRow) -> Self {
        Self {
            id: row.id,
            identifier: row.identifier,
            tenant: row.tenant_id,
            name: row.name,
            settings: row.settings.0,
            created_at: row.created_at,
        }
    }
}

/// APIs: all of them, or one tenant's own.
pub struct Apis<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) only: Option<TenantId>,
}

impl Apis<'_> {
    /// Registers an API; `false` if its identifier is taken. A tenant's door registers for that tenant, whatever `new`
    /// says.
    pub fn insert(&mut self, new: &Api) -> Result<bool, Fault> {
        let values = (
            (api::id.eq(bind(new.id)), api::identifier.eq(&new.identifier)),
            (api::tenant_id.eq(self.only.or(new.tenant)), api::name.eq(&new.name)),
            (api::settings.eq(Json(&new.settings)), api::created_at.eq(bind(new.created_at))),
        );
        let inserted = on!(self.conn, c => diesel::insert_into(api::table)
            .values(values)
            .on_conflict(api::identifier)
            .do_nothing()
            .execute(c))
        .map_err(fault)?;
        self.changed(inserted == 1)
    }

    /// The API of that identifier URI.
    pub fn find(&mut self, identifier: &str) -> Result<Option<Api>, Fault> {
        let within = api::tenant_id.eq(self.only).or(self.only.is_none().into_sql::<Nullable<Bool>>());
        let query = api::table.filter(api::identifier.eq(identifier)).filter(within);
        let row: Option<ApiRow> =
            on!(self.conn, c => query.select(ApiRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// The API of that id.
    pub fn find_by_id(&mut self, id: ApiId) -> Result<Option<Api>, Fault> {
        let within = api::tenant_id.eq(self.only).or(self.only.is_none().into_sql::<Nullable<Bool>>());
        let query = api::table.filter(api::id.eq(bind(id))).filter(within);
        let row: Option<ApiRow> =
            on!(self.conn, c => query.select(ApiRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// At most `limit` APIs within reach, in the order of their identifiers, those behind `after`.
    pub fn list(&mut self, after: Option<&str>, limit: u32) -> Result<Vec<Api>, Fault> {
        let within = api::tenant_id.eq(self.only).or(self.only.is_none().into_sql::<Nullable<Bool>>());
        // No identifier is empty.
        let query = api::table
            .filter(api::identifier.gt(after.unwrap_or_default()))
            .filter(within)
            .order(api::identifier)
            .limit(limit.into());
        let rows: Vec<ApiRow> = on!(self.conn, c => query.select(ApiRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Every scope of the operator's APIs within reach, each once.
    pub fn operators_scopes(&mut self) -> Result<Vec<String>, Fault> {
        let within = api::tenant_id.eq(self.only).or(self.only.is_none().into_sql::<Nullable<Bool>>());
        let query = api::table.filter(within).filter(api::tenant_id.is_null()).select(api::settings);
        let settings: Vec<Json<ApiSettings>> = on!(self.conn, c => query.load(c)).map_err(fault)?;
        let scopes: BTreeSet<String> = settings.into_iter().flat_map(|settings| settings.0.scopes).collect();
        Ok(scopes.into_iter().collect())
    }

    /// Removes an API; `false` if it is not there. Grants go on naming it and get no more tokens for it.
    pub fn delete(&mut self, id: ApiId) -> Result<bool, Fault> {
        let within = api::tenant_id.eq(self.only).or(self.only.is_none().into_sql::<Nullable<Bool>>());
        let one = api::table.filter(api::id.eq(bind(id))).filter(within);
        let deleted = on!(self.conn, c => diesel::delete(one).execute(c)).map_err(fault)?;
        self.changed(deleted == 1)
    }

    fn changed(&mut self, changed: bool) -> Result<bool, Fault> {
        if changed {
            bump(self.conn)?;
        }
        Ok(changed)
    }
}
