//! Relying apps and their secrets.

use crate::columns::{Json, RowId, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::{app, app_secret};
use diesel::prelude::*;
use portvakt_model::app::{AppKind, AppSettings};
use portvakt_model::{App, AppId, AppSecret, Fault, SecretId, TenantId, Timestamp, TokenHash};
use std::collections::BTreeSet;

#[derive(Queryable, Selectable)]
#[diesel(table_name = app)]
struct AppRow {
    id: AppId,
    client_id: String,
    tenant_id: Option<TenantId>,
    name: String,
    kind: AppKind,
    settings: Json<AppSettings>,
    version: i64,
    created_at: Timestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = app_secret)]
struct SecretRow {
    id: SecretId,
    app_id: AppId,
    hash: TokenHash,
    created_at: Timestamp,
    sealed: Option<Vec<u8>>,
    expires_at: Option<Timestamp>,
}

/// Relying apps: all of them, or one tenant's own.
pub struct Apps<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) only: Option<TenantId>,
}

/// The rows within `$only`'s reach.
macro_rules! reach {
    ($only:expr) => {
        app::tenant_id.eq($only).or($only.is_none().into_sql::<diesel::sql_types::Nullable<diesel::sql_types::Bool>>())
    };
}

impl Apps<'_> {
    /// Registers an app with the secrets it has; `false` if its `client_id` is taken. A tenant's door registers for that
    /// tenant, whatever `new` says.
    pub fn insert(&mut self, new: &App) -> Result<bool, Fault> {
        let values = (
            (app::id.eq(bind(new.id)), app::client_id.eq(&new.client_id), app::tenant_id.eq(self.only.or(new.tenant))),
            (app::name.eq(&new.name), app::kind.eq(bind(new.kind)), app::settings.eq(Json(&new.settings))),
            (app::version.eq(new.version), app::created_at.eq(bind(new.created_at))),
            app::hears_logout.eq(hears_logout(&new.settings)),
        );
        let inserted = on!(self.conn, c => diesel::insert_into(app::table)
            .values(values)
            .on_conflict(app::client_id)
            .do_nothing()
            .execute(c))
        .map_err(fault)?
            == 1;
        if inserted {
            for secret in &new.secrets {
                self.keep_secret(new.id, secret)?;
            }
        }
        self.changed(inserted)
    }

    /// The app of that `client_id`, with its secrets, those that ran out too.
    pub fn find_by_client_id(&mut self, client_id: &str) -> Result<Option<App>, Fault> {
        let query = app::table.filter(app::client_id.eq(client_id)).filter(reach!(self.only));
        let row: Option<AppRow> =
            on!(self.conn, c => query.select(AppRow::as_select()).first(c).optional()).map_err(fault)?;
        let Some(row) = row else { return Ok(None) };
        let secrets = app_secret::table
            .filter(app_secret::app_id.eq(bind(row.id)))
            .order((app_secret::created_at, app_secret::id));
        let secrets: Vec<SecretRow> =
            on!(self.conn, c => secrets.select(SecretRow::as_select()).load(c)).map_err(fault)?;
        Ok(Some(whole(row, secrets)))
    }

    /// At most `limit` apps within reach, with their secrets, in the order of their `client_id`s, those behind `after`.
    pub fn list(&mut self, after: Option<&str>, limit: u32) -> Result<Vec<App>, Fault> {
        // No `client_id` is empty.
        let query = app::table
            .filter(app::client_id.gt(after.unwrap_or_default()))
            .filter(reach!(self.only))
            .order(app::client_id)
            .limit(limit.into());
        let rows = on!(self.conn, c => query.select(AppRow::as_select()).load(c)).map_err(fault)?;
        self.with_secrets(rows)
    }

    /// Those of the named apps that are within reach, with their secrets, in the order of their `client_id`s.
    pub fn named(&mut self, ids: &[AppId]) -> Result<Vec<App>, Fault> {
        let ids: Vec<RowId> = ids.iter().map(|id| RowId(id.0)).collect();
        let query = app::table.filter(app::id.eq_any(&ids)).filter(reach!(self.only)).order(app::client_id);
        let rows = on!(self.conn, c => query.select(AppRow::as_select()).load(c)).map_err(fault)?;
        self.with_secrets(rows)
    }

    /// Every origin that an app within reach registered, each once.
    pub fn origins(&mut self) -> Result<Vec<String>, Fault> {
        let query = app::table.filter(reach!(self.only)).select(app::settings);
        let settings: Vec<Json<AppSettings>> = on!(self.conn, c => query.load(c)).map_err(fault)?;
        let origins: BTreeSet<String> = settings.into_iter().flat_map(|settings| settings.0.origins).collect();
        Ok(origins.into_iter().collect())
    }

    fn with_secrets(&mut self, rows: Vec<AppRow>) -> Result<Vec<App>, Fault> {
        let ids: Vec<RowId> = rows.iter().map(|row| RowId(row.id.0)).collect();
        let secrets =
            app_secret::table.filter(app_secret::app_id.eq_any(&ids)).order((app_secret::created_at, app_secret::id));
        let mut secrets: Vec<SecretRow> =
            on!(self.conn, c => secrets.select(SecretRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let own = secrets.extract_if(.., |secret| secret.app_id == row.id).collect();
                whole(row, own)
            })
            .collect())
    }

    /// Removes an app with its secrets, consents and grants; `false` if it is not there.
    pub fn delete(&mut self, id: AppId) -> Result<bool, Fault> {
        let one = app::table.filter(app::id.eq(bind(id))).filter(reach!(self.only));
        let deleted = on!(self.conn, c => diesel::delete(one).execute(c)).map_err(fault)? == 1;
        self.changed(deleted)
    }

    /// Puts another registration in the place of what was registered, but for id, `client_id`, owner and secrets, and
    /// moves the app's version; `false` if it is not there.
    pub fn replace(&mut self, new: &App) -> Result<bool, Fault> {
        let one = app::table.filter(app::id.eq(bind(new.id))).filter(reach!(self.only));
        let change = (
            (app::name.eq(&new.name), app::kind.eq(bind(new.kind))),
            (app::settings.eq(Json(&new.settings)), app::hears_logout.eq(hears_logout(&new.settings))),
            app::version.eq(app::version + 1),
        );
        let replaced = on!(self.conn, c => diesel::update(one).set(change).execute(c)).map_err(fault)? == 1;
        self.changed(replaced)
    }

    /// Gives the app a further secret; `false` if the app is not there.
    pub fn add_secret(&mut self, id: AppId, secret: &AppSecret) -> Result<bool, Fault> {
        let there = self.is_there(id)?;
        if there {
            self.keep_secret(id, secret)?;
        }
        self.changed(there)
    }

    /// Lets all secrets of the app but one run out at `at`, unless they would before; says how many.
    pub fn expire_secrets(&mut self, id: AppId, except: SecretId, at: Timestamp) -> Result<usize, Fault> {
        if !self.is_there(id)? {
            return Ok(0);
        }
        let others = app_secret::table
            .filter(app_secret::app_id.eq(bind(id)).and(app_secret::id.ne(bind(except))))
            .filter(app_secret::expires_at.is_null().or(app_secret::expires_at.gt(Some(at))));
        let expired = on!(self.conn, c => diesel::update(others).set(app_secret::expires_at.eq(Some(at))).execute(c))
            .map_err(fault)?;
        self.changed(expired > 0)?;
        Ok(expired)
    }

    fn is_there(&mut self, id: AppId) -> Result<bool, Fault> {
        let query = app::table.filter(app::id.eq(bind(id))).filter(reach!(self.only)).count();
        on!(self.conn, c => query.get_result::<i64>(c)).map(|rows| rows == 1).map_err(fault)
    }

    fn keep_secret(&mut self, id: AppId, secret: &AppSecret) -> Result<(), Fault> {
        let values = (
            (
                app_secret::id.eq(bind(secret.id)),
                app_secret::app_id.eq(bind(id)),
                app_secret::hash.eq(bind(secret.hash)),
            ),
            (
                app_secret::created_at.eq(bind(secret.created_at)),
                app_secret::sealed.eq(&secret.sealed),
                app_secret::expires_at.eq(secret.expires_at),
            ),
        );
        on!(self.conn, c => diesel::insert_into(app_secret::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    fn changed(&mut self, changed: bool) -> Result<bool, Fault> {
        if changed {
            bump(self.conn)?;
        }
        Ok(changed)
    }
}

/// What SQL must know of the settings: whether the app is told that sessions end.
fn hears_logout(settings: &AppSettings) -> bool {
    settings.logout.back.is_some()
}

fn whole(row: AppRow, secrets: Vec<SecretRow>) -> App {
    App {
        id: row.id,
        client_id: row.client_id,
        tenant: row.tenant_id,
        name: row.name,
        kind: row.kind,
        settings: row.settings.0,
        secrets: secrets
            .into_iter()
            .map(|secret| AppSecret {
                id: secret.id,
                hash: secret.hash,
                created_at: secret.created_at,
                sealed: secret.sealed,
                expires_at: secret.expires_at,
            })
            .collect(),
        version: row.version,
        created_at: row.created_at,
    }
}
