//! The audit log: every security-relevant act is one row, written with the act.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::audit;
use diesel::prelude::*;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{AccountId, AppId, AuditId, Fault, TenantId, Timestamp};
use serde_json::{Map, Value};

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub audit: Audit,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit)]
struct Row {
    id: AuditId,
    tenant_id: Option<TenantId>,
    account_id: Option<AccountId>,
    app_id: Option<AppId>,
    event: AuditEvent,
    detail: Json<Map<String, Value>>,
    at: Timestamp,
}

impl From<Row> for AuditRow {
    fn from(row: Row) -> Self {
        let audit = Audit {
            event: row.event,
            tenant: row.tenant_id,
            account: row.account_id,
            app: row.app_id,
            detail: row.detail.0,
        };
        Self { id: row.id, at: row.at, audit }
    }
}

/// The audit log: all of it, or one tenant's.
pub struct AuditLog<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) only: Option<TenantId>,
}

impl AuditLog<'_> {
    /// Writes a line. Through a tenant's door it is that tenant's, whatever the line says.
    pub fn write(&mut self, id: AuditId, line: &Audit, now: Timestamp) -> Result<(), Fault> {
        let values = (
            (audit::id.eq(bind(id)), audit::tenant_id.eq(self.only.or(line.tenant))),
            (audit::account_id.eq(line.account), audit::app_id.eq(line.app), audit::event.eq(bind(line.event))),
            (audit::detail.eq(Json(&line.detail)), audit::at.eq(bind(now))),
        );
        on!(self.conn, c => diesel::insert_into(audit::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    /// The newest lines within reach, newest first.
    pub fn list(&mut self, limit: u32) -> Result<Vec<AuditRow>, Fault> {
        self.newest(None, limit)
    }

    /// The newest lines about an account within reach, newest first.
    pub fn about(&mut self, account: AccountId, limit: u32) -> Result<Vec<AuditRow>, Fault> {
        self.newest(Some(account), limit)
    }

    /// Each question has a text of its own, so that the index for it is used: this is the longest table.
    fn newest(&mut self, account: Option<AccountId>, limit: u32) -> Result<Vec<AuditRow>, Fault> {
        let only = self.only;
        let rows: Vec<Row> = on!(self.conn, c => {
            let mut query = audit::table.select(Row::as_select()).order(audit::id.desc()).limit(limit.into()).into_boxed();
            if only.is_some() {
                query = query.filter(audit::tenant_id.eq(only));
            }
            if account.is_some() {
                query = query.filter(audit::account_id.eq(account));
            }
            query.load(c)
        })
        .map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
