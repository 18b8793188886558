//! Password hashes.

use crate::accounts::AccountRow;
use crate::columns::{Instant, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{account, address, password};
use crate::sessions::unchanged;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::Nullable;
use diesel::upsert::excluded;
use portvakt_model::{Account, AccountId, Fault, Secret, Timestamp};
use portvakt_policy::Admitted;

/// Nobody has this id: it stands in where there is no password.
const NOBODY: AccountId = AccountId(uuid::Uuid::nil());

/// An account's password as it is kept. The clear text is nowhere; what the hash cannot say later stands beside it.
#[derive(Debug, Clone)]
pub struct PasswordRow {
    /// Whose.
    pub account: AccountId,
    /// The argon2id hash in PHC form, over the keyed pre-hash.
    pub hash: Secret<String>,
    /// The version of the pepper that went in before.
    pub pepper_version: i16,
    /// Whether it was long enough to stand alone.
    pub length_class: i16,
    /// Which edition of the rules it met.
    pub rule: i16,
    /// When it was set.
    pub set_at: Timestamp,
    /// Failures in a row; [`Passwords::set`] begins at 0, whatever stands here.
    pub failures: i32,
    /// Since when it opens nothing any more, as too many failures came in a row. Only a new one does.
    pub disabled_at: Option<Timestamp>,
}

/// A password that was guessed at, and its owner not yet told how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guessed {
    /// Whose.
    pub account: Account,
    /// Where they are reached: the primary address, as it is kept.
    pub address: String,
    /// Failures in a row.
    pub failures: i32,
    /// The number of failures that they were last told of.
    pub warned: i32,
    /// Whether the password is disabled.
    pub is_disabled: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = password)]
pub(crate) struct Row {
    account_id: AccountId,
    hash: String,
    pepper_version: i16,
    length_class: i16,
    rule: i16,
    set_at: Timestamp,
    failures: i32,
    disabled_at: Option<Timestamp>,
}

impl From<Row> for PasswordRow {
    fn from(row: Row) -> Self {
        Self {
            account: row.account_id,
            hash: Secret::new(row.hash),
            pepper_version: row.pepper_version,
            length_class: row.length_class,
            rule: row.rule,
            set_at: row.set_at,
            failures: row.failures,
            disabled_at: row.disabled_at,
        }
    }
}

/// Password hashes.
pub struct Passwords<'t>(pub(crate) &'t mut Conn);

impl Passwords<'_> {
    /// The account's password, if it has one.
    pub fn find(&mut self, account: AccountId) -> Result<Option<PasswordRow>, Fault> {
        let query = password::table.filter(password::account_id.eq(bind(account)));
        let row: Option<Row> = on!(self.0, c => query.select(Row::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Sets or replaces the password of who was admitted, if the facts that they were admitted by still stand, and moves
    /// those on; `false` if they have moved already: somebody was faster, and nothing was done. The new one has no
    /// failures. Until the transaction ends every sign-in to the account and every other change of its facts waits. The
    /// caller says what happens to its sessions. Another account's row is a fault.
    pub fn set(&mut self, admitted: &Admitted, new: &PasswordRow) -> Result<bool, Fault> {
        if admitted.account() != new.account {
            return Err(Fault::broken("a password for another account than the one admitted"));
        }
        let change = account::facts_version.eq(account::facts_version + 1);
        let moved = on!(self.0, c => diesel::update(unchanged!(admitted)).set(change).execute(c)).map_err(fault)?;
        if moved == 0 {
            return Ok(false);
        }
        let values = (
            (password::account_id.eq(bind(new.account)), password::hash.eq(new.hash.reveal())),
            (password::pepper_version.eq(new.pepper_version), password::length_class.eq(new.length_class)),
            (password::rule.eq(new.rule), password::set_at.eq(bind(new.set_at))),
            (password::failures.eq(0), password::warned.eq(0), password::disabled_at.eq(None::<Timestamp>)),
        );
        on!(self.0, c => diesel::insert_into(password::table)
            .values(values)
            .on_conflict(password::account_id)
            .do_update()
            .set((
                password::hash.eq(excluded(password::hash)),
                password::pepper_version.eq(excluded(password::pepper_version)),
                password::length_class.eq(excluded(password::length_class)),
                password::rule.eq(excluded(password::rule)),
                password::set_at.eq(excluded(password::set_at)),
                (password::failures.eq(0), password::warned.eq(0), password::disabled_at.eq(None::<Timestamp>)),
            ))
            .execute(c))
        .map_err(fault)?;
        Ok(true)
    }

    /// Replaces the hash of the same password by one of newer cost or pepper; `false` if the password was changed in
    /// between. No fact changes.
    pub fn rehash(&mut self, seen: &PasswordRow, new: &PasswordRow) -> Result<bool, Fault> {
        let same = password::table
            .filter(password::account_id.eq(bind(seen.account)))
            .filter(password::hash.eq(seen.hash.reveal()));
        let change = (password::hash.eq(new.hash.reveal()), password::pepper_version.eq(new.pepper_version));
        on!(self.0, c => diesel::update(same).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Counts a failure against the password that was compared with, and disables it with the `most`th in a row. One
    /// statement also where there is no password, so that an unknown address costs as much. A password that was changed
    /// meanwhile, or is disabled already, counts nothing.
    pub fn failed(&mut self, seen: Option<&PasswordRow>, most: i32, now: Timestamp) -> Result<(), Fault> {
        let (account, set_at) = seen.map_or((NOBODY, now), |row| (row.account, row.set_at));
        let same = password::table
            .filter(password::account_id.eq(bind(account)))
            .filter(password::set_at.eq(bind(set_at)))
            .filter(password::disabled_at.is_null());
        let end = case_when((password::failures + 1).ge(most), Some(now).into_sql::<Nullable<Instant>>())
            .otherwise(password::disabled_at);
        let change = (password::failures.eq(password::failures + 1), password::disabled_at.eq(end));
        on!(self.0, c => diesel::update(same).set(change).execute(c)).map(|_| ()).map_err(fault)
    }

    /// Forgets the failures in a row, as somebody knew the password; `false` if it was changed or disabled since it was
    /// read, and so proves nothing any more.
    pub fn succeeded(&mut self, seen: &PasswordRow) -> Result<bool, Fault> {
        let whose = account::table.filter(account::id.eq(bind(seen.account))).select(account::id);
        let change = (password::failures.eq(0), password::warned.eq(0));
        // On PostgreSQL the account's row is taken first, as a change of password takes it, and as the session that is opened
        // after this does: two that meet then wait for each other in no ring. SQLite has one writer.
        macro_rules! forget {
            ($c:expr, $whose:expr) => {{
                let same = password::table
                    .filter(password::account_id.eq_any($whose))
                    .filter(password::set_at.eq(bind(seen.set_at)))
                    .filter(password::disabled_at.is_null());
                diesel::update(same).set(change).execute($c)
            }};
        }
        match self.0 {
            Conn::Sqlite(c) => forget!(c, whose),
            Conn::Postgres(c) => forget!(c, whose.for_share()),
        }
        .map(|rows| rows == 1)
        .map_err(fault)
    }

    /// Passwords whose owners, if they may sign in, must be told that one of `marks` was reached; `most_rows` at most.
    pub fn guessed(&mut self, marks: [i32; 3], most_rows: i64) -> Result<Vec<Guessed>, Fault> {
        let [first, second, third] = marks;
        let due = |mark: i32| password::failures.ge(mark).and(password::warned.lt(mark));
        let query = password::table
            .inner_join(account::table.on(account::id.eq(password::account_id)))
            .inner_join(address::table.on(address::account_id.eq(account::id).and(address::is_primary)))
            .filter(password::failures.ge(first))
            .filter(due(first).or(due(second)).or(due(third)))
            .filter(account::disabled_at.is_null())
            .order(password::failures.desc())
            .limit(most_rows);
        let rows: Vec<(AccountRow, String, i32, i32, Option<Timestamp>)> = on!(self.0, c => query
            .select((AccountRow::as_select(), address::stored, password::failures, password::warned, password::disabled_at))
            .load(c))
        .map_err(fault)?;
        let guessed = |(account, address, failures, warned, disabled_at): (AccountRow, _, _, _, Option<Timestamp>)| {
            Guessed { account: account.into(), address, failures, warned, is_disabled: disabled_at.is_some() }
        };
        Ok(rows.into_iter().map(guessed).collect())
    }

    /// Keeps that the owner was told of `mark` failures; `false` if somebody else did so first, or it is true no more.
    pub fn warned(&mut self, seen: &Guessed, mark: i32) -> Result<bool, Fault> {
        let same = password::table
            .filter(password::account_id.eq(bind(seen.account.id)))
            .filter(password::warned.eq(seen.warned))
            .filter(password::failures.ge(mark));
        on!(self.0, c => diesel::update(same).set(password::warned.eq(mark)).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }
}
