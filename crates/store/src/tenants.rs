//! Tenants, as the operator makes and finds them. Their own rows are reached by entering one.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::{policy, tenant};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use portvakt_model::{Contact, Fault, Language, PolicyDocument, Slug, Tenant, TenantId, Timestamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tenant)]
pub(crate) struct TenantRow {
    id: TenantId,
    slug: Slug,
    name: String,
    language: Option<Language>,
    contact: Json<Contact>,
    mail_sender: Option<String>,
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<TenantRow> for Tenant {
    fn from(row: TenantRow) -> Self {
        Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            language: row.language,
            contact: row.contact.0,
            mail_sender: row.mail_sender,
            suspended_at: row.suspended_at,
            created_at: row.created_at,
        }
    }
}

/// Tenants.
pub struct Tenants<'t>(pub(crate) &'t mut Conn);

impl Tenants<'_> {
    /// Keeps a new tenant with an empty policy, version 1; `false` if its slug is taken.
    pub fn insert(&mut self, new: &Tenant) -> Result<bool, Fault> {
        let values = (
            (tenant::id.eq(bind(new.id)), tenant::slug.eq(bind(&new.slug)), tenant::name.eq(&new.name)),
            (tenant::language.eq(new.language), tenant::contact.eq(Json(&new.contact))),
            (tenant::mail_sender.eq(new.mail_sender.as_ref()), tenant::revision.eq(0_i64)),
            (tenant::suspended_at.eq(new.suspended_at), tenant::created_at.eq(bind(new.created_at))),
        );
        let inserted = on!(self.0, c => diesel::insert_into(tenant::table)
            .values(values)
            .on_conflict(tenant::slug)
            .do_nothing()
            .execute(c))
        .map_err(fault)?;
        if inserted == 0 {
            return Ok(false);
        }
        let first = (
            policy::owner.eq(bind(new.id)),
            policy::version.eq(1_i64),
            policy::document.eq(Json(PolicyDocument::default())),
            policy::changed_at.eq(bind(new.created_at)),
        );
        on!(self.0, c => diesel::insert_into(policy::table).values(first).execute(c)).map_err(fault)?;
        bump(self.0)?;
        Ok(true)
    }

    /// The tenant.
    pub fn find(&mut self, id: TenantId) -> Result<Option<Tenant>, Fault> {
        let query = tenant::table.filter(tenant::id.eq(bind(id)));
        let row = on!(self.0, c => query.select(TenantRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// The tenant of that short name.
    pub fn find_by_slug(&mut self, slug: &Slug) -> Result<Option<Tenant>, Fault> {
        let query = tenant::table.filter(tenant::slug.eq(bind(slug)));
        let row = on!(self.0, c => query.select(TenantRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Suspends a tenant at an instant, or lets it go on; `false` if it already was so. Whatever its people hold is judged
    /// again at its next use.
    pub fn set_suspended(&mut self, id: TenantId, at: Option<Timestamp>) -> Result<bool, Fault> {
        let other =
            tenant::table.filter(tenant::id.eq(bind(id))).filter(tenant::suspended_at.is_null().eq(at.is_some()));
        let change = (tenant::suspended_at.eq(at), tenant::revision.eq(tenant::revision + 1));
        let changed = on!(self.0, c => diesel::update(other).set(change).execute(c)).map_err(fault)? == 1;
        if changed {
            bump(self.0)?;
        }
        Ok(changed)
    }

    /// At most `limit` tenants in the order of their slugs, those behind `after`.
    pub fn list(&mut self, after: Option<&Slug>, limit: u32) -> Result<Vec<Tenant>, Fault> {
        let first = after.is_none().into_sql::<Nullable<Bool>>();
        let behind = tenant::slug.nullable().gt(after.cloned()).or(first);
        let query = tenant::table.filter(behind).order(tenant::slug).limit(limit.into());
        let rows: Vec<TenantRow> = on!(self.0, c => query.select(TenantRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
