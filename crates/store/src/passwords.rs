//! Password hashes.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{account, password};
use diesel::prelude::*;
use diesel::upsert::excluded;
use portvakt_model::{AccountId, Fault, Secret, Timestamp};
use portvakt_policy::Admitted;

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

    /// Sets or replaces the password of who was admitted, and moves the account's facts version. The caller says what
    /// happens to its sessions. Another account's row is a fault.
    pub fn set(&mut self, admitted: &Admitted, new: &PasswordRow) -> Result<(), Fault> {
        if admitted.account() != new.account {
            return Err(Fault::broken("a password for another account than the one admitted"));
        }
        let values = (
            (password::account_id.eq(bind(new.account)), password::hash.eq(new.hash.reveal())),
            (password::pepper_version.eq(new.pepper_version), password::length_class.eq(new.length_class)),
            (password::rule.eq(new.rule), password::set_at.eq(bind(new.set_at))),
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
            ))
            .execute(c))
        .map_err(fault)?;
        let one = account::table.filter(account::id.eq(bind(new.account)));
        let change = account::facts_version.eq(account::facts_version + 1);
        on!(self.0, c => diesel::update(one).set(change).execute(c)).map(|_| ()).map_err(fault)
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
}
