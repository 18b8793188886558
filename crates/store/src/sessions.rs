//! Sessions: opened and extended only for somebody who passed the gate.

use crate::columns::{Document, Json, RowId, Uid, bind};
use crate::conn::{Conn, on};
use crate::consents::ConsentRow;
use crate::fault::fault;
use crate::logout_notices;
use crate::schema::{account, address, app, consent, grants, policy, session, session_app, tenant};
use crate::view::{BASE, HolderRow, OWN, Policies, holder, join_holder};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use portvakt_model::{
    AccountFacts, AccountId, AppId, Consent, DeviceId, Fault, Proof, Session, SessionId, Stamp, Tenant, TenantId,
    Timestamp, TokenHash,
};
use portvakt_policy::Admitted;

#[derive(Queryable, Selectable)]
#[diesel(table_name = session)]
pub(crate) struct SessionRow {
    id: SessionId,
    account_id: AccountId,
    device_id: Option<DeviceId>,
    proofs: Json<Vec<Proof>>,
    stamp_deployment: i64,
    stamp_tenant: i64,
    stamp_facts: i64,
    stamp_until: Timestamp,
    auth_time: Timestamp,
    created_at: Timestamp,
    seen_at: Timestamp,
    idle_until: Timestamp,
    expires_at: Timestamp,
    keep: bool,
    description: Option<String>,
    ended_at: Option<Timestamp>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            device: row.device_id,
            proofs: row.proofs.0,
            stamp: Stamp {
                deployment: row.stamp_deployment,
                tenant: row.stamp_tenant,
                facts: row.stamp_facts,
                app: 0,
                until: row.stamp_until,
            },
            auth_time: row.auth_time,
            created_at: row.created_at,
            seen_at: row.seen_at,
            idle_until: row.idle_until,
            expires_at: row.expires_at,
            keep: row.keep,
            description: row.description.unwrap_or_default(),
            ended_at: row.ended_at,
        }
    }
}

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Hash of the handle in its cookie.
    pub handle: TokenHash,
    /// The browser.
    pub device: Option<DeviceId>,
    /// The proofs just given; at least one.
    pub proofs: Vec<Proof>,
    /// Whether the person wants it kept when the browser is closed; policy may say no.
    pub keep: bool,
    /// What its person recognises the browser by; the first [`MOST_DESCRIBED`] characters are kept.
    pub description: String,
}

/// The most characters of a browser's description.
pub const MOST_DESCRIBED: usize = 80;

/// What a fresh sign-in changes in a session that lives already.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// Hash of the new handle; the old one is worth nothing from then on (session fixation).
    pub handle: TokenHash,
    /// The proofs that count now; at least one.
    pub proofs: Vec<Proof>,
    /// Whether the person wants it kept when the browser is closed; policy may say no.
    pub keep: bool,
}

/// A session with everything that using it must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session; whether it lives is the reader's to judge.
    pub session: Session,
    /// Whose it is.
    pub account: AccountFacts,
    /// The policies that bind now.
    pub policies: Policies,
    /// The account's home.
    pub tenant: Option<Tenant>,
    /// What the account lets the app have, if an app was named.
    pub consent: Option<Consent>,
    /// The app's current version, if an app was named and is there.
    pub app_version: Option<i64>,
}

/// The rows that are open at `$now`, used lately or not.
macro_rules! open {
    ($now:expr) => {
        session::ended_at.is_null().and(session::expires_at.gt(bind($now)))
    };
}

/// The rows that live at `$now`.
macro_rules! live {
    ($now:expr) => {
        session::ended_at.is_null().and(session::idle_until.gt(bind($now))).and(session::expires_at.gt(bind($now)))
    };
}
pub(crate) use live;

/// The account that was admitted, if the facts that it was admitted by still stand.
macro_rules! unchanged {
    ($admitted:expr) => {
        account::table
            .filter(account::id.eq(bind($admitted.account())).and(account::facts_version.eq($admitted.stamp().facts)))
    };
}
pub(crate) use unchanged;

/// Sessions.
pub struct Sessions<'t>(pub(crate) &'t mut Conn);

impl Sessions<'_> {
    /// Opens a session for who was admitted, in one insert from the account's row; `None` if the facts that they were
    /// admitted by (password, suspension) have changed since, or the account is gone.
    pub fn open(&mut self, admitted: &Admitted, new: NewSession, now: Timestamp) -> Result<Option<Session>, Fault> {
        let (stamp, (idle_until, expires_at)) = (admitted.stamp(), clocks(admitted, now, Timestamp::FAR));
        let opened = Session {
            id: new.id,
            account: admitted.account(),
            device: new.device,
            auth_time: newest(&new.proofs)?,
            proofs: new.proofs,
            stamp: Stamp { app: 0, ..stamp },
            created_at: now,
            seen_at: now,
            idle_until,
            expires_at,
            keep: new.keep && admitted.may_keep(),
            description: new.description.chars().take(MOST_DESCRIBED).collect(),
            ended_at: None,
        };
        let described = Some(opened.description.as_str()).filter(|text| !text.is_empty());
        let from_account = unchanged!(admitted).select((
            (bind(opened.id), bind(new.handle), account::id),
            (opened.device.into_sql::<Nullable<Uid>>(), Json(&opened.proofs).into_sql::<Document>()),
            (stamp.deployment.into_sql::<BigInt>(), stamp.tenant.into_sql::<BigInt>()),
            (stamp.facts.into_sql::<BigInt>(), bind(stamp.until)),
            (bind(opened.auth_time), bind(now), bind(now)),
            (bind(opened.idle_until), bind(opened.expires_at)),
            (opened.keep.into_sql::<Bool>(), described.into_sql::<Nullable<Text>>()),
        ));
        // On PostgreSQL the account's row is held until the commit: a change of password that runs at the same time waits,
        // and then finds this session to end. SQLite has one writer.
        macro_rules! insert {
            ($c:expr, $from:expr) => {
                diesel::insert_into(session::table)
                    .values($from)
                    .into_columns((
                        (session::id, session::handle_hash, session::account_id),
                        (session::device_id, session::proofs),
                        (session::stamp_deployment, session::stamp_tenant),
                        (session::stamp_facts, session::stamp_until),
                        (session::auth_time, session::created_at, session::seen_at),
                        (session::idle_until, session::expires_at),
                        (session::keep, session::description),
                    ))
                    .execute($c)
            };
        }
        let inserted = match self.0 {
            Conn::Sqlite(c) => insert!(c, from_account),
            Conn::Postgres(c) => insert!(c, from_account.for_share()),
        }
        .map_err(fault)?;
        Ok((inserted == 1).then_some(opened))
    }

    /// Puts fresh proofs and a new handle into an open session of the same account; `None` if it is over, or the account's
    /// facts have changed since. It may have been idle: all that it says is proved anew. Id and beginning stay, its clocks
    /// start anew.
    pub fn renew(
        &mut self,
        admitted: &Admitted,
        id: SessionId,
        new: &Renewal,
        now: Timestamp,
    ) -> Result<Option<Session>, Fault> {
        let (stamp, (idle_until, expires_at)) = (admitted.stamp(), clocks(admitted, now, Timestamp::FAR));
        let own = session::table
            .filter(session::id.eq(bind(id)).and(session::account_id.eq_any(unchanged!(admitted).select(account::id))))
            .filter(open!(now));
        let change = (
            (session::handle_hash.eq(bind(new.handle)), session::proofs.eq(Json(&new.proofs))),
            (session::stamp_deployment.eq(stamp.deployment), session::stamp_tenant.eq(stamp.tenant)),
            (session::stamp_facts.eq(stamp.facts), session::stamp_until.eq(bind(stamp.until))),
            (session::auth_time.eq(bind(newest(&new.proofs)?)), session::seen_at.eq(bind(now))),
            session::idle_until.eq(bind(idle_until)),
            session::expires_at.eq(bind(expires_at)),
            session::keep.eq(new.keep && admitted.may_keep()),
        );
        let row: Option<SessionRow> = on!(self.0, c => diesel::update(own)
            .set(change)
            .returning(SessionRow::as_returning())
            .get_result(c)
            .optional())
        .map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Gives a live session of who was admitted a new handle, whose hash this is; the old one is worth nothing from then
    /// on. Proofs and clocks stay. `false` if it lives no more.
    pub fn rename(
        &mut self,
        admitted: &Admitted,
        id: SessionId,
        handle: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let own = session::table
            .filter(session::id.eq(bind(id)).and(session::account_id.eq(bind(admitted.account()))))
            .filter(live!(now));
        on!(self.0, c => diesel::update(own).set(session::handle_hash.eq(bind(handle))).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// The session of a handle, its account with the policies that bind now, and, if an app is named, what the account
    /// lets it have: in one statement.
    pub fn find(&mut self, handle: &TokenHash, app: Option<AppId>) -> Result<Option<SessionView>, Fault> {
        let query = join_holder!(session::table.inner_join(account::table.on(account::id.eq(session::account_id))))
            .left_join(
                consent::table.on(consent::account_id.eq(session::account_id).and(consent::app_id.nullable().eq(app))),
            )
            .left_join(app::table.on(app::id.nullable().eq(app)))
            .filter(session::handle_hash.eq(bind(handle)));
        let parts: Option<(SessionRow, HolderRow, Option<ConsentRow>, Option<i64>)> = on!(self.0, c => query
            .select((
                SessionRow::as_select(),
                HolderRow::as_select(),
                Option::<ConsentRow>::as_select(),
                app::version.nullable(),
            ))
            .first(c)
            .optional())
        .map_err(fault)?;
        Ok(parts.map(|(session, row, consent, app_version)| {
            let (account, policies, tenant) = holder(row);
            let consent = consent.map(Into::into);
            SessionView { session: session.into(), account, policies, tenant, consent, app_version }
        }))
    }

    /// Keeps that the session, as it was read, was admitted again under newer rules; `false` if it lives no more. Its
    /// idle clock starts anew; when it ends at the latest may come nearer, never go farther.
    pub fn restamp(&mut self, admitted: &Admitted, seen: &Session, now: Timestamp) -> Result<bool, Fault> {
        let limit = seen.auth_time.after(admitted.lifetimes().session_absolute);
        let (stamp, (idle_until, expires_at)) = (admitted.stamp(), clocks(admitted, now, seen.expires_at.min(limit)));
        let own = session::table
            .filter(session::id.eq(bind(seen.id)).and(session::account_id.eq(bind(admitted.account()))))
            .filter(live!(now));
        let change = (
            (session::stamp_deployment.eq(stamp.deployment), session::stamp_tenant.eq(stamp.tenant)),
            (session::stamp_facts.eq(stamp.facts), session::stamp_until.eq(bind(stamp.until))),
            (session::seen_at.eq(bind(now)), session::idle_until.eq(bind(idle_until))),
            session::expires_at.eq(bind(expires_at)),
        );
        on!(self.0, c => diesel::update(own).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Keeps that the session, as it was read, was used: its idle clock starts anew. `false` if it lives no more.
    /// Meant to be called at most every five minutes.
    pub fn touch(&mut self, admitted: &Admitted, seen: &Session, now: Timestamp) -> Result<bool, Fault> {
        let (idle_until, _) = clocks(admitted, now, seen.expires_at);
        let own = session::table
            .filter(session::id.eq(bind(seen.id)).and(session::account_id.eq(bind(admitted.account()))))
            .filter(live!(now));
        let change = (session::seen_at.eq(bind(now)), session::idle_until.eq(bind(idle_until)));
        on!(self.0, c => diesel::update(own).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Ends the session; `false` if it was ended before. Its grants end with it without a write: whoever uses one
    /// looks at the session. The apps that know it are to be told from this commit on.
    pub fn end(&mut self, id: SessionId, now: Timestamp) -> Result<bool, Fault> {
        let open = session::table.filter(session::id.eq(bind(id))).filter(session::ended_at.is_null());
        let ended = on!(self.0, c => diesel::update(open).set(session::ended_at.eq(Some(now))).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)?;
        if ended {
            logout_notices::write(self.0, &[RowId(id.0)], now)?;
        }
        Ok(ended)
    }

    /// Ends the account's sessions, but for one, and has their apps told; says how many.
    pub fn end_all(&mut self, account: AccountId, except: Option<SessionId>, now: Timestamp) -> Result<usize, Fault> {
        // No session has the nil id.
        let open = session::table
            .filter(session::account_id.eq(bind(account)))
            .filter(session::ended_at.is_null())
            .filter(session::id.ne(bind(except.unwrap_or(SessionId(uuid::Uuid::nil())))));
        let ended: Vec<RowId> = on!(self.0, c => diesel::update(open)
            .set(session::ended_at.eq(Some(now)))
            .returning(session::id)
            .get_results(c))
        .map_err(fault)?;
        logout_notices::write(self.0, &ended, now)?;
        Ok(ended.len())
    }

    /// Keeps that an app knows the session, where no grant says so; `false` if the session lives no more. Held until
    /// the commit like a grant: whoever ends the session at the same moment waits, and then finds the app.
    pub fn knows(&mut self, id: SessionId, app: AppId, now: Timestamp) -> Result<bool, Fault> {
        let living = session::table.filter(session::id.eq(bind(id))).filter(live!(now));
        let from = living.select((session::id, bind(app)));
        macro_rules! insert {
            ($c:expr, $from:expr) => {
                diesel::insert_into(session_app::table)
                    .values($from)
                    .into_columns((session_app::session_id, session_app::app_id))
                    .on_conflict_do_nothing()
                    .execute($c)
            };
        }
        let inserted = match self.0 {
            Conn::Sqlite(c) => insert!(c, from),
            Conn::Postgres(c) => insert!(c, from.for_share()),
        }
        .map_err(fault)?;
        if inserted == 1 {
            return Ok(true);
        }
        // It was known before, unless the session is over.
        on!(self.0, c => living.count().get_result::<i64>(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// The `client_id`s of the apps that know the session, ended or not.
    pub fn apps(&mut self, id: SessionId) -> Result<Vec<String>, Fault> {
        let by_grant = grants::table.filter(grants::session_id.eq(bind(id))).select(grants::app_id);
        let by_itself = session_app::table.filter(session_app::session_id.eq(bind(id))).select(session_app::app_id);
        let query = app::table
            .filter(app::id.eq_any(by_grant).or(app::id.eq_any(by_itself)))
            .order(app::client_id)
            .select(app::client_id);
        on!(self.0, c => query.load(c)).map_err(fault)
    }

    /// The account's live sessions, last used first.
    pub fn list(&mut self, account: AccountId, now: Timestamp) -> Result<Vec<Session>, Fault> {
        let query = session::table
            .filter(session::account_id.eq(bind(account)))
            .filter(live!(now))
            .order((session::seen_at.desc(), session::id));
        let rows: Vec<SessionRow> = on!(self.0, c => query.select(SessionRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// When a session used at `now` ends unused and at the latest, which is not after `most`. The first never lies behind
/// the second, so that sweeping needs to look at one of them only.
fn clocks(admitted: &Admitted, now: Timestamp, most: Timestamp) -> (Timestamp, Timestamp) {
    let lifetimes = admitted.lifetimes();
    let expires_at = now.after(lifetimes.session_absolute).min(most);
    (now.after(lifetimes.session_idle).min(expires_at), expires_at)
}

/// `auth_time`: when the newest proof was given.
fn newest(proofs: &[Proof]) -> Result<Timestamp, Fault> {
    proofs.iter().map(|proof| proof.at).max().ok_or_else(|| Fault::broken("a session without a proof"))
}
