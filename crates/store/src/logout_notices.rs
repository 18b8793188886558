//! Apps that are still to be told that a session ended (OpenID Connect Back-Channel Logout 1.0). A row is written in
//! the transaction that ends the session, whatever ends it, and goes when its app has heard.

use crate::columns::{RowId, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{app, grants, logout_notice, session, session_app};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer};
use portvakt_model::{AccountId, AppId, Fault, Seconds, SessionId, Timestamp};
use uuid::Uuid;

/// How long an app that can't be reached is tried.
pub const LIFETIME: Seconds = Seconds::days(1);

/// An app that is to be told, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The session that ended.
    pub session: SessionId,
    /// The app.
    pub app: AppId,
    /// Its name on the wire.
    pub client_id: String,
    /// Whose session it was.
    pub account: AccountId,
    /// How many times it was tried before.
    pub attempts: i32,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// When the session ended.
    pub created_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
    /// When it was given up.
    pub failed_at: Option<Timestamp>,
    /// Why the last try failed; a word of ours.
    pub last_error: Option<String>,
}

/// How many sessions' ends an app hasn't heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Untold {
    /// Those it is still to be told of.
    pub waiting: i64,
    /// Those that were given up in the last 30 days.
    pub failed: i64,
}

/// The columns of a [`LogoutNotice`], of the table joined with its apps.
macro_rules! columns {
    () => {
        (
            (logout_notice::session_id, logout_notice::app_id, app::client_id, logout_notice::account_id),
            (logout_notice::attempts, logout_notice::next_at, logout_notice::created_at, logout_notice::expires_at),
            (logout_notice::failed_at, logout_notice::last_error),
        )
    };
}

type Row = (
    (SessionId, AppId, String, AccountId),
    (i32, Timestamp, Timestamp, Timestamp),
    (Option<Timestamp>, Option<String>),
);

/// The table with its apps.
macro_rules! joined {
    () => {
        logout_notice::table.inner_join(app::table.on(app::id.eq(logout_notice::app_id)))
    };
}

/// The rows that may be claimed at `$now`.
macro_rules! waiting {
    ($now:expr) => {
        logout_notice::failed_at
            .is_null()
            .and(logout_notice::next_at.le(bind($now)))
            .and(logout_notice::lease_until.is_null().or(logout_notice::lease_until.le(Some($now))))
    };
}

/// The row of a notice, while nobody has given it up.
macro_rules! open {
    ($notice:expr) => {
        logout_notice::table
            .filter(logout_notice::session_id.eq(bind($notice.session)))
            .filter(logout_notice::app_id.eq(bind($notice.app)))
            .filter(logout_notice::failed_at.is_null())
    };
}

impl From<Row> for LogoutNotice {
    fn from(row: Row) -> Self {
        let ((session, app, client_id, account), (attempts, next_at, created_at, expires_at), (failed_at, last_error)) =
            row;
        Self { session, app, client_id, account, attempts, next_at, created_at, expires_at, failed_at, last_error }
    }
}

/// Writes who is to be told that these sessions ended, in the transaction that ended them: every app that hears, and
/// was given a token in one of them, or is known to know it.
pub(crate) fn write(conn: &mut Conn, ended: &[RowId], now: Timestamp) -> Result<(), Fault> {
    if ended.is_empty() {
        return Ok(());
    }
    macro_rules! insert {
        ($from:expr, $session:expr, $app:expr) => {{
            let told = $from
                .inner_join(session::table.on(session::id.eq($session)))
                .inner_join(app::table.on(app::id.eq($app)))
                .filter($session.eq_any(ended).and(app::hears_logout))
                .select((
                    (session::id, app::id, session::account_id),
                    (0.into_sql::<Integer>(), bind(now), bind(now), bind(now.after(LIFETIME))),
                ))
                .distinct();
            on!(conn, c => diesel::insert_into(logout_notice::table)
                .values(told)
                .into_columns((
                    (logout_notice::session_id, logout_notice::app_id, logout_notice::account_id),
                    (
                        logout_notice::attempts,
                        logout_notice::next_at,
                        logout_notice::created_at,
                        logout_notice::expires_at,
                    ),
                ))
                .on_conflict_do_nothing()
                .execute(c))
            .map_err(fault)?;
        }};
    }
    insert!(grants::table, grants::session_id, grants::app_id);
    insert!(session_app::table, session_app::session_id, session_app::app_id);
    Ok(())
}

/// Apps that are to be told that a session ended.
pub struct LogoutNotices<'t>(pub(crate) &'t mut Conn);

impl LogoutNotices<'_> {
    /// What is due, longest waiting first, but for the apps in `but`; at most `most`.
    pub fn due(&mut self, now: Timestamp, but: &[AppId], most: u32) -> Result<Vec<LogoutNotice>, Fault> {
        let but: Vec<RowId> = but.iter().map(|app| RowId(app.0)).collect();
        let query = joined!()
            .filter(waiting!(now))
            .filter(logout_notice::app_id.ne_all(&but))
            .order((logout_notice::next_at, logout_notice::session_id, logout_notice::app_id))
            .limit(most.into())
            .select(columns!());
        let rows: Vec<Row> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Claims a notice that is due, for as long as `lease`; `false` if somebody was faster. A worker that dies loses its
    /// claim when the lease ends, and the app is told again.
    pub fn lease(&mut self, notice: &LogoutNotice, now: Timestamp, lease: Seconds) -> Result<bool, Fault> {
        let change = (
            logout_notice::lease_until.eq(Some(now.after(lease))),
            logout_notice::attempts.eq(logout_notice::attempts + 1),
        );
        let due = open!(notice).filter(waiting!(now));
        on!(self.0, c => diesel::update(due).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// The app has heard, or need not any more: the row goes; `false` if it was settled.
    pub fn settle(&mut self, notice: &LogoutNotice) -> Result<bool, Fault> {
        on!(self.0, c => diesel::delete(open!(notice)).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Lets a notice wait until `next` for another try; `false` if it is settled.
    pub fn retry(&mut self, notice: &LogoutNotice, next: Timestamp, error: &str) -> Result<bool, Fault> {
        let change = (
            logout_notice::next_at.eq(bind(next)),
            logout_notice::last_error.eq(error),
            logout_notice::lease_until.eq(None::<Timestamp>),
        );
        on!(self.0, c => diesel::update(open!(notice)).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Gives a notice up; `false` if it is settled. The row stays 30 days for operators to see.
    pub fn give_up(&mut self, notice: &LogoutNotice, error: &str, now: Timestamp) -> Result<bool, Fault> {
        let change = (
            logout_notice::failed_at.eq(Some(now)),
            logout_notice::last_error.eq(error),
            logout_notice::lease_until.eq(None::<Timestamp>),
        );
        on!(self.0, c => diesel::update(open!(notice)).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// What apps haven't heard, in the order of the sessions' beginnings, behind `after` and at most `most`;
    /// `failed_only`: what was given up.
    pub fn list(
        &mut self,
        failed_only: bool,
        after: Option<(SessionId, AppId)>,
        most: i64,
    ) -> Result<Vec<LogoutNotice>, Fault> {
        // Nothing has the nil id.
        let (session, app) = after.unwrap_or((SessionId(Uuid::nil()), AppId(Uuid::nil())));
        let same = logout_notice::session_id.eq(bind(session)).and(logout_notice::app_id.gt(bind(app)));
        let query = joined!()
            .filter(logout_notice::failed_at.is_not_null().or((!failed_only).into_sql::<Bool>()))
            .filter(logout_notice::session_id.gt(bind(session)).or(same))
            .order((logout_notice::session_id, logout_notice::app_id))
            .limit(most)
            .select(columns!());
        let rows: Vec<Row> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// What apps haven't heard, or one of them, of the sessions that ended last; at most `most`. `failed_only`: what was
    /// given up.
    pub fn latest(&mut self, app: Option<AppId>, failed_only: bool, most: i64) -> Result<Vec<LogoutNotice>, Fault> {
        let of = logout_notice::app_id.eq(bind(app.unwrap_or(AppId(Uuid::nil()))));
        let query = joined!()
            .filter(logout_notice::failed_at.is_not_null().or((!failed_only).into_sql::<Bool>()))
            .filter(of.or(app.is_none().into_sql::<Bool>()))
            .order((logout_notice::created_at.desc(), logout_notice::session_id, logout_notice::app_id))
            .limit(most)
            .select(columns!());
        let rows: Vec<Row> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// How many sessions' ends the app hasn't heard of.
    pub fn untold(&mut self, app: AppId) -> Result<Untold, Fault> {
        let own = logout_notice::table.filter(logout_notice::app_id.eq(bind(app)));
        let waiting = own.filter(logout_notice::failed_at.is_null()).count();
        let failed = own.filter(logout_notice::failed_at.is_not_null()).count();
        Ok(Untold {
            waiting: on!(self.0, c => waiting.get_result(c)).map_err(fault)?,
            failed: on!(self.0, c => failed.get_result(c)).map_err(fault)?,
        })
    }
}
