//! Grants: what redeemed codes gave, and the refresh chains that hang on them.

use crate::columns::{Document, Json, RowId, Uid, Word, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{account, address, app, grants, policy, revoked_token, session, tenant};
use crate::sessions::{SessionRow, live};
use crate::view::{BASE, HolderRow, OWN, Policies, holder, join_holder};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use portvakt_model::grant::Successor;
use portvakt_model::{
    AccountFacts, AccountId, AppId, Fault, Grant, GrantId, SenderKey, Session, SessionId, SignInFacts, Stamp, Tenant,
    TenantId, Timestamp,
};
use portvakt_policy::Admitted;
use uuid::Uuid;

#[derive(Queryable, Selectable)]
#[diesel(table_name = grants)]
struct GrantRow {
    id: GrantId,
    account_id: AccountId,
    session_id: SessionId,
    app_id: AppId,
    tenant_id: Option<TenantId>,
    scopes: Json<Vec<String>>,
    apis: Json<Vec<String>>,
    facts: Json<SignInFacts>,
    sender_key: Option<SenderKey>,
    stamp_deployment: i64,
    stamp_tenant: i64,
    stamp_facts: i64,
    stamp_app: i64,
    stamp_until: Timestamp,
    generation: i64,
    offline: bool,
    refreshable: bool,
    created_at: Timestamp,
    used_at: Timestamp,
    successor: Option<Vec<u8>>,
    successor_at: Option<Timestamp>,
    idle_until: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<GrantRow> for Grant {
    fn from(row: GrantRow) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            session: row.session_id,
            app: row.app_id,
            tenant: row.tenant_id,
            scopes: row.scopes.0,
            apis: row.apis.0,
            facts: row.facts.0,
            sender_key: row.sender_key,
            stamp: Stamp {
                deployment: row.stamp_deployment,
                tenant: row.stamp_tenant,
                facts: row.stamp_facts,
                app: row.stamp_app,
                until: row.stamp_until,
            },
            generation: row.generation,
            offline: row.offline,
            refreshable: row.refreshable,
            created_at: row.created_at,
            used_at: row.used_at,
            successor: row.successor.zip(row.successor_at).map(|(sealed, at)| Successor { sealed, at }),
            idle_until: row.idle_until,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// What a code gives when it is redeemed.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The code's id.
    pub id: GrantId,
    /// The session that the code was made in.
    pub session: SessionId,
    /// The app that redeems it.
    pub app: AppId,
    /// The tenant that is entered.
    pub tenant: Option<TenantId>,
    /// The scopes granted.
    pub scopes: Vec<String>,
    /// The APIs that tokens may be asked for.
    pub apis: Vec<String>,
    /// What tokens say about the sign-in.
    pub facts: SignInFacts,
    /// The key that every use of its refresh token must prove.
    pub sender_key: Option<SenderKey>,
    /// Whether it outlives the session.
    pub offline: bool,
    /// Whether it has a refresh token.
    pub refreshable: bool,
    /// When the last token given with the code runs out. A grant without a refresh token ends then; and none may end
    /// before the code itself would, or its row could go while the code can still be tried.
    pub until: Timestamp,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spend {
    /// It was spent now, and gave this.
    Won(Box<Grant>),
    /// It was spent before, or somebody was faster: what it gave then is to be taken back.
    Replay,
    /// Its session lives no more, or is another account's. Nothing was spent.
    SessionGone,
}

/// A grant with everything that using one of its tokens must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantView {
    /// The grant; whether it lives is the reader's to judge.
    pub grant: Grant,
    /// The session it came from. `None` only for an offline grant, whose session may be long forgotten.
    pub session: Option<Session>,
    /// Whose it is.
    pub account: AccountFacts,
    /// The policies that bind now.
    pub policies: Policies,
    /// The account's home.
    pub tenant: Option<Tenant>,
    /// The app's current version.
    pub app_version: i64,
    /// Whether the one access token that was asked about has been revoked.
    pub token_revoked: bool,
}

/// What redeeming a code must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeeming {
    /// The session that the code was made in; whether it lives is the reader's to judge.
    pub session: Session,
    /// Whose it is.
    pub account: AccountFacts,
    /// The policies that bind now.
    pub policies: Policies,
    /// The account's home.
    pub tenant: Option<Tenant>,
    /// The app's current version.
    pub app_version: i64,
}

/// The columns of [`Grants::view`].
type ViewRow = (GrantRow, Option<SessionRow>, HolderRow, i64, Option<RowId>);

/// The chains that live at `$now`.
macro_rules! live_grant {
    ($now:expr) => {
        grants::revoked_at.is_null().and(grants::idle_until.gt(bind($now))).and(grants::expires_at.gt(bind($now)))
    };
}

/// The row of `$seen`, if it is still of that generation and of who was admitted.
macro_rules! own {
    ($admitted:expr, $seen:expr) => {
        grants::table
            .filter(grants::id.eq(bind($seen.id)).and(grants::account_id.eq(bind($admitted.account()))))
            .filter(grants::generation.eq($seen.generation))
    };
}

/// What every use of a refresh token changes.
macro_rules! used {
    ($admitted:expr, $seen:expr, $now:expr) => {{
        let (stamp, ends) = ($admitted.stamp(), ends($admitted, $seen));
        (
            (grants::stamp_deployment.eq(stamp.deployment), grants::stamp_tenant.eq(stamp.tenant)),
            (grants::stamp_facts.eq(stamp.facts), grants::stamp_app.eq(stamp.app)),
            (grants::stamp_until.eq(bind(stamp.until)), grants::used_at.eq(bind($now))),
            grants::idle_until.eq(bind($now.after($admitted.lifetimes().refresh_idle).min(ends))),
            grants::expires_at.eq(bind(ends)),
        )
    }};
}

/// Grants.
pub struct Grants<'t>(pub(crate) &'t mut Conn);

impl Grants<'_> {
    /// What redeeming a code of this session and app must know, in one statement; `None` if either is gone.
    pub fn redeeming(&mut self, session: SessionId, app: AppId) -> Result<Option<Redeeming>, Fault> {
        let query = join_holder!(
            session::table
                .inner_join(account::table.on(account::id.eq(session::account_id)))
                .inner_join(app::table.on(app::id.eq(bind(app))))
        )
        .filter(session::id.eq(bind(session)));
        let parts: Option<(SessionRow, HolderRow, i64)> = on!(self.0, c => query
            .select((SessionRow::as_select(), HolderRow::as_select(), app::version))
            .first(c)
            .optional())
        .map_err(fault)?;
        Ok(parts.map(|(session, row, app_version)| {
            let (account, policies, tenant) = holder(row);
            Redeeming { session: session.into(), account, policies, tenant, app_version }
        }))
    }

    /// Spends a code and keeps what it gives, for who was admitted: one insert from the session's row, counted. The
    /// grant's key is the code's id, so of any number of attempts one wins.
    pub fn open(&mut self, admitted: &Admitted, new: &NewGrant, now: Timestamp) -> Result<Spend, Fault> {
        let opened = opened(admitted, new, now);
        let (id, stamp) = (opened.id, opened.stamp);
        let from_session = session::table
            .filter(session::id.eq(bind(new.session)).and(session::account_id.eq(bind(admitted.account()))))
            .filter(live!(now))
            .select((
                (bind(id), session::account_id, session::id),
                bind(new.app),
                new.tenant.into_sql::<Nullable<Uid>>(),
                Json(&new.scopes).into_sql::<Document>(),
                Json(&new.apis).into_sql::<Document>(),
                (Json(&new.facts).into_sql::<Document>(), new.sender_key.into_sql::<Nullable<Word>>()),
                (stamp.deployment.into_sql::<BigInt>(), stamp.tenant.into_sql::<BigInt>()),
                (stamp.facts.into_sql::<BigInt>(), stamp.app.into_sql::<BigInt>()),
                bind(stamp.until),
                (0_i64.into_sql::<BigInt>(), new.offline.into_sql::<Bool>(), new.refreshable.into_sql::<Bool>()),
                (bind(now), bind(now)),
                bind(opened.idle_until),
                bind(opened.expires_at),
            ));
        // On PostgreSQL the session's row is held until the commit: whatever ends it at the same time waits, and then finds
        // this grant to end as well. SQLite has one writer.
        macro_rules! insert {
            ($c:expr, $from:expr) => {
                diesel::insert_into(grants::table)
                    .values($from)
                    .into_columns((
                        (grants::id, grants::account_id, grants::session_id),
                        grants::app_id,
                        grants::tenant_id,
                        grants::scopes,
                        grants::apis,
                        (grants::facts, grants::sender_key),
                        (grants::stamp_deployment, grants::stamp_tenant),
                        (grants::stamp_facts, grants::stamp_app),
                        grants::stamp_until,
                        (grants::generation, grants::offline, grants::refreshable),
                        (grants::created_at, grants::used_at),
                        grants::idle_until,
                        grants::expires_at,
                    ))
                    .on_conflict(grants::id)
                    .do_nothing()
                    .execute($c)
            };
        }
        let inserted = match self.0 {
            Conn::Sqlite(c) => insert!(c, from_session),
            Conn::Postgres(c) => insert!(c, from_session.for_share()),
        }
        .map_err(fault)?;
        if inserted == 1 {
            return Ok(Spend::Won(Box::new(opened)));
        }
        let spent = grants::table.filter(grants::id.eq(bind(id))).count();
        let spent = on!(self.0, c => spent.get_result::<i64>(c)).map_err(fault)? == 1;
        Ok(if spent { Spend::Replay } else { Spend::SessionGone })
    }

    /// The grant with everything that using one of its tokens must know, in one statement. `jti` names the access
    /// token that is presented, if it is one. A grant that ends with its session is not there if that is gone.
    pub fn view(&mut self, id: GrantId, jti: Option<Uuid>) -> Result<Option<GrantView>, Fault> {
        let query = join_holder!(
            grants::table
                .inner_join(account::table.on(account::id.eq(grants::account_id)))
                .inner_join(app::table.on(app::id.eq(grants::app_id)))
                .left_join(session::table.on(session::id.eq(grants::session_id)))
        )
        .left_join(revoked_token::table.on(revoked_token::jti.nullable().eq(jti.map(RowId))))
        .filter(grants::id.eq(bind(id)));
        let parts: Option<ViewRow> = on!(self.0, c => query
            .select((
                GrantRow::as_select(),
                Option::<SessionRow>::as_select(),
                HolderRow::as_select(),
                app::version,
                revoked_token::jti.nullable(),
            ))
            .first(c)
            .optional())
        .map_err(fault)?;
        let parts = parts.filter(|(grant, session, ..)| grant.offline || session.is_some());
        Ok(parts.map(|(grant, session, row, app_version, revoked)| {
            let (account, policies, tenant) = holder(row);
            GrantView {
                grant: grant.into(),
                session: session.map(Into::into),
                account,
                policies,
                tenant,
                app_version,
                token_revoked: revoked.is_some(),
            }
        }))
    }

    /// Replaces the refresh token of the generation that `seen` has, which is the one presented; `false` if somebody
    /// was faster or the chain lives no more. The successor is kept sealed for a twin of the same request.
    pub fn rotate(
        &mut self,
        admitted: &Admitted,
        seen: &Grant,
        successor: &[u8],
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let change = (
            used!(admitted, seen, now),
            grants::generation.eq(grants::generation + 1),
            grants::successor.eq(successor),
            grants::successor_at.eq(Some(now)),
        );
        let own = own!(admitted, seen).filter(live_grant!(now)).filter(grants::refreshable);
        on!(self.0, c => diesel::update(own).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Uses a refresh token that stays the same; `false` if the chain lives no more.
    pub fn use_kept(&mut self, admitted: &Admitted, seen: &Grant, now: Timestamp) -> Result<bool, Fault> {
        let own = own!(admitted, seen).filter(live_grant!(now)).filter(grants::refreshable);
        on!(self.0, c => diesel::update(own).set(used!(admitted, seen, now)).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// Keeps that the grant, as it was read, was admitted again under newer rules; `false` if it lives no more. Its
    /// clocks may become shorter, never longer than they were.
    pub fn restamp(&mut self, admitted: &Admitted, seen: &Grant, now: Timestamp) -> Result<bool, Fault> {
        let (stamp, ends) = (admitted.stamp(), ends(admitted, seen));
        let change = (
            (grants::stamp_deployment.eq(stamp.deployment), grants::stamp_tenant.eq(stamp.tenant)),
            (grants::stamp_facts.eq(stamp.facts), grants::stamp_app.eq(stamp.app)),
            (grants::stamp_until.eq(bind(stamp.until)), grants::expires_at.eq(bind(ends))),
            grants::idle_until.eq(bind(seen.idle_until.min(ends))),
        );
        let own = own!(admitted, seen).filter(live_grant!(now));
        on!(self.0, c => diesel::update(own).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Ends a grant; `false` if it was ended before.
    pub fn revoke(&mut self, id: GrantId, now: Timestamp) -> Result<bool, Fault> {
        let open = grants::table.filter(grants::id.eq(bind(id))).filter(grants::revoked_at.is_null());
        on!(self.0, c => diesel::update(open).set(grants::revoked_at.eq(Some(now))).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// Whether one access token was revoked.
    pub fn is_revoked(&mut self, jti: Uuid) -> Result<bool, Fault> {
        let query = revoked_token::table.filter(revoked_token::jti.eq(RowId(jti))).count();
        on!(self.0, c => query.get_result::<i64>(c)).map(|rows| rows > 0).map_err(fault)
    }

    /// Ends all that an account gave an app; says how many.
    pub fn revoke_of(&mut self, account: AccountId, app: AppId, now: Timestamp) -> Result<usize, Fault> {
        let open = grants::table
            .filter(grants::account_id.eq(bind(account)).and(grants::app_id.eq(bind(app))))
            .filter(grants::revoked_at.is_null());
        on!(self.0, c => diesel::update(open).set(grants::revoked_at.eq(Some(now))).execute(c)).map_err(fault)
    }

    /// Ends all that these accounts gave an app; says how many.
    pub fn revoke_for(&mut self, accounts: &[AccountId], app: AppId, now: Timestamp) -> Result<usize, Fault> {
        let mut ended = 0;
        // By account, as that is what grants are found by; and some at a time, as a statement takes only so many values.
        for some in accounts.chunks(1000) {
            let some: Vec<RowId> = some.iter().map(|account| RowId(account.0)).collect();
            let open = grants::table
                .filter(grants::account_id.eq_any(some).and(grants::app_id.eq(bind(app))))
                .filter(grants::revoked_at.is_null());
            ended += on!(self.0, c => diesel::update(open).set(grants::revoked_at.eq(Some(now))).execute(c))
                .map_err(fault)?;
        }
        Ok(ended)
    }

    /// Ends all that an account gave; says how many.
    pub fn revoke_all(&mut self, account: AccountId, now: Timestamp) -> Result<usize, Fault> {
        let open = grants::table.filter(grants::account_id.eq(bind(account))).filter(grants::revoked_at.is_null());
        on!(self.0, c => diesel::update(open).set(grants::revoked_at.eq(Some(now))).execute(c)).map_err(fault)
    }

    /// The account's live grants, last used first. The sessions of those that are not offline are not looked at.
    pub fn list(&mut self, account: AccountId, now: Timestamp) -> Result<Vec<Grant>, Fault> {
        let query = grants::table
            .filter(grants::account_id.eq(bind(account)))
            .filter(live_grant!(now))
            .order((grants::used_at.desc(), grants::id));
        let rows: Vec<GrantRow> = on!(self.0, c => query.select(GrantRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Ends one access token, whose own end is `until`; `false` if it was ended before.
    pub fn revoke_token(&mut self, jti: Uuid, until: Timestamp) -> Result<bool, Fault> {
        let values = (revoked_token::jti.eq(RowId(jti)), revoked_token::expires_at.eq(bind(until)));
        on!(self.0, c => diesel::insert_into(revoked_token::table)
            .values(values)
            .on_conflict(revoked_token::jti)
            .do_nothing()
            .execute(c))
        .map(|rows| rows == 1)
        .map_err(fault)
    }
}

/// The grant that a code gives.
fn opened(admitted: &Admitted, new: &NewGrant, now: Timestamp) -> Grant {
    let lifetimes = admitted.lifetimes();
    let chain = |length| if new.refreshable { now.after(length).max(new.until) } else { new.until };
    let expires_at = chain(lifetimes.refresh_absolute);
    Grant {
        id: new.id,
        account: admitted.account(),
        session: new.session,
        app: new.app,
        tenant: new.tenant,
        scopes: new.scopes.clone(),
        apis: new.apis.clone(),
        facts: new.facts.clone(),
        sender_key: new.sender_key,
        stamp: admitted.stamp(),
        generation: 0,
        offline: new.offline,
        refreshable: new.refreshable,
        created_at: now,
        used_at: now,
        successor: None,
        // Never behind `expires_at`: sweeping looks at this one only.
        idle_until: chain(lifetimes.refresh_idle).min(expires_at),
        expires_at,
        revoked_at: None,
    }
}

/// When the grant ends under the lifetimes of now: a policy may have shortened them, never lengthens what is out.
fn ends(admitted: &Admitted, seen: &Grant) -> Timestamp {
    let limit = seen.created_at.after(admitted.lifetimes().refresh_absolute);
    if seen.refreshable { seen.expires_at.min(limit) } else { seen.expires_at }
}
