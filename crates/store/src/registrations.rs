//! Apps that registered themselves (RFC 7591, RFC 7592): the tokens that let them in, and those they are managed with.

use crate::columns::{RowId, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::{app, app_registration, consent, grants, initial_token};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use portvakt_model::{AppId, Fault, InitialToken, InitialTokenId, TenantId, Timestamp, TokenHash};

#[derive(Queryable, Selectable)]
#[diesel(table_name = initial_token)]
struct Row {
    id: InitialTokenId,
    name: String,
    tenant_id: Option<TenantId>,
    uses_left: i64,
    expires_at: Timestamp,
    created_at: Timestamp,
}

impl From<Row> for InitialToken {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            tenant: row.tenant_id,
            uses_left: row.uses_left,
            expires_at: row.expires_at,
            created_at: row.created_at,
        }
    }
}

/// An app that registered itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Registration {
    /// The app.
    pub app: AppId,
    /// Whether somebody here let it in, by a token; else it is a stranger's.
    pub vouched: bool,
}

/// Strangers' apps that nobody uses, as [`Registrations::unused`] says it.
macro_rules! unused {
    ($before:expr) => {{
        let strangers = app_registration::table.filter(app_registration::app_id.eq(app::id));
        let old = app_registration::vouched.eq(false).and(app_registration::changed_at.le(bind($before)));
        let consented = consent::table.filter(consent::app_id.eq(app::id));
        let granted = grants::table.filter(grants::app_id.eq(app::id));
        exists(strangers.filter(old)).and(not(exists(consented))).and(not(exists(granted)))
    }};
}

/// Apps that registered themselves, and leave to do so.
pub struct Registrations<'t>(pub(crate) &'t mut Conn);

impl Registrations<'_> {
    /// Keeps the token with which an app is managed.
    pub fn insert(&mut self, new: Registration, token: &TokenHash, now: Timestamp) -> Result<(), Fault> {
        let values = (
            app_registration::app_id.eq(bind(new.app)),
            app_registration::token_hash.eq(bind(token)),
            app_registration::vouched.eq(new.vouched),
            app_registration::changed_at.eq(bind(now)),
        );
        on!(self.0, c => diesel::insert_into(app_registration::table).values(values).execute(c))
            .map(|_| ())
            .map_err(fault)
    }

    /// The app of that `client_id`, if this is the token that it is managed with.
    pub fn find(&mut self, client_id: &str, token: &TokenHash) -> Result<Option<Registration>, Fault> {
        let query = app_registration::table
            .inner_join(app::table.on(app::id.eq(app_registration::app_id)))
            .filter(app::client_id.eq(client_id).and(app_registration::token_hash.eq(bind(token))))
            .select((app::id, app_registration::vouched));
        on!(self.0, c => query.first(c).optional()).map_err(fault)
    }

    /// Takes the app's registration for a change, if this is the token that it is managed with; whoever else changes
    /// or removes it waits until this transaction ends. `false`: it is another token, or the app is gone.
    pub fn touch(&mut self, app: AppId, token: &TokenHash, now: Timestamp) -> Result<bool, Fault> {
        let one = app_registration::table
            .filter(app_registration::app_id.eq(bind(app)).and(app_registration::token_hash.eq(bind(token))));
        let change = app_registration::changed_at.eq(bind(now));
        on!(self.0, c => diesel::update(one).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// How many apps there are that registered themselves: those that somebody here let in, or strangers'.
    pub fn count(&mut self, vouched: bool) -> Result<i64, Fault> {
        let those = app_registration::table.filter(app_registration::vouched.eq(vouched));
        on!(self.0, c => those.count().get_result(c)).map_err(fault)
    }

    /// At most `limit` strangers' apps that were neither registered nor changed after `before`, and that nobody lets have
    /// anything: no consent, no grant.
    pub fn unused(&mut self, before: Timestamp, limit: u32) -> Result<Vec<AppId>, Fault> {
        let query = app::table.filter(unused!(before)).order(app::client_id).limit(limit.into()).select(app::id);
        on!(self.0, c => query.load(c)).map_err(fault)
    }

    /// Removes those of the apps that are still unused; gives them with their `client_id`s.
    pub fn remove_unused(&mut self, apps: &[AppId], before: Timestamp) -> Result<Vec<(AppId, String)>, Fault> {
        let ids: Vec<RowId> = apps.iter().map(|id| RowId(id.0)).collect();
        let rows = app::table.filter(app::id.eq_any(&ids)).filter(unused!(before));
        let removed: Vec<(AppId, String)> =
            on!(self.0, c => diesel::delete(rows).returning((app::id, app::client_id)).get_results(c))
                .map_err(fault)?;
        if !removed.is_empty() {
            bump(self.0)?;
        }
        Ok(removed)
    }

    /// Keeps a token that lets apps in.
    pub fn add_token(&mut self, new: &InitialToken, token: &TokenHash) -> Result<(), Fault> {
        let values = (
            (initial_token::id.eq(bind(new.id)), initial_token::token_hash.eq(bind(token))),
            (initial_token::name.eq(&new.name), initial_token::tenant_id.eq(new.tenant)),
            (initial_token::uses_left.eq(new.uses_left), initial_token::expires_at.eq(bind(new.expires_at))),
            initial_token::created_at.eq(bind(new.created_at)),
        );
        on!(self.0, c => diesel::insert_into(initial_token::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    /// The token that lets apps in, used up and run out ones too.
    pub fn find_token(&mut self, token: &TokenHash) -> Result<Option<InitialToken>, Fault> {
        let query = initial_token::table.filter(initial_token::token_hash.eq(bind(token)));
        let row: Option<Row> = on!(self.0, c => query.select(Row::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Uses a token once; `false` if it is used up, has run out or was taken back.
    pub fn use_token(&mut self, id: InitialTokenId, now: Timestamp) -> Result<bool, Fault> {
        let good = initial_token::table
            .filter(initial_token::id.eq(bind(id)))
            .filter(initial_token::uses_left.gt(0).and(initial_token::expires_at.gt(bind(now))));
        let change = initial_token::uses_left.eq(initial_token::uses_left - 1);
        on!(self.0, c => diesel::update(good).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// All tokens that let apps in, newest first.
    pub fn tokens(&mut self) -> Result<Vec<InitialToken>, Fault> {
        let query = initial_token::table.order((initial_token::created_at.desc(), initial_token::id));
        let rows: Vec<Row> = on!(self.0, c => query.select(Row::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Takes a token back; `false` if it is not there. What was registered with it stays.
    pub fn remove_token(&mut self, id: InitialTokenId) -> Result<bool, Fault> {
        let one = initial_token::table.filter(initial_token::id.eq(bind(id)));
        on!(self.0, c => diesel::delete(one).execute(c)).map(|rows| rows == 1).map_err(fault)
    }
}
