//! Accounts and their addresses.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{account, address};
use diesel::prelude::*;
use portvakt_model::{Account, AccountId, Address, Fault, Language, Profile, TenantId, Timestamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = account)]
pub(crate) struct AccountRow {
    pub(crate) id: AccountId,
    sub: String,
    pub(crate) home_id: Option<TenantId>,
    name: String,
    language: Option<Language>,
    profile: Json<Profile>,
    facts_version: i64,
    disabled_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            sub: row.sub,
            home: row.home_id,
            name: row.name,
            language: row.language,
            profile: row.profile.0,
            facts_version: row.facts_version,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = address)]
pub(crate) struct AddressRow {
    lookup: String,
    account_id: AccountId,
    stored: String,
    verified_at: Option<Timestamp>,
    is_primary: bool,
}

impl From<AddressRow> for Address {
    fn from(row: AddressRow) -> Self {
        Self {
            account: row.account_id,
            lookup: row.lookup,
            stored: row.stored,
            verified_at: row.verified_at,
            primary: row.is_primary,
        }
    }
}

/// Accounts of the whole deployment.
pub struct Accounts<'t>(pub(crate) &'t mut Conn);

impl Accounts<'_> {
    /// Keeps a new account.
    pub fn insert(&mut self, new: &Account) -> Result<(), Fault> {
        let values = (
            (account::id.eq(bind(new.id)), account::sub.eq(&new.sub), account::home_id.eq(new.home)),
            (account::name.eq(&new.name), account::language.eq(new.language), account::profile.eq(Json(&new.profile))),
            (account::facts_version.eq(new.facts_version), account::revision.eq(0_i64)),
            (account::disabled_at.eq(new.disabled_at), account::created_at.eq(bind(new.created_at))),
        );
        on!(self.0, c => diesel::insert_into(account::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    /// Gives an account an address, and moves its facts version; `false` if the address is somebody's already. A
    /// second primary address of one account is a fault.
    pub fn add_address(&mut self, new: &Address, now: Timestamp) -> Result<bool, Fault> {
        let values = (
            address::lookup.eq(&new.lookup),
            address::account_id.eq(bind(new.account)),
            address::stored.eq(&new.stored),
            address::verified_at.eq(new.verified_at),
            address::is_primary.eq(new.primary),
            address::created_at.eq(bind(now)),
        );
        let added = on!(self.0, c => diesel::insert_into(address::table)
            .values(values)
            .on_conflict(address::lookup)
            .do_nothing()
            .execute(c))
        .map_err(fault)?
            == 1;
        Ok(added && self.bump_facts(new.account)?)
    }

    /// The account.
    pub fn find(&mut self, id: AccountId) -> Result<Option<Account>, Fault> {
        let query = account::table.filter(account::id.eq(bind(id)));
        let row = on!(self.0, c => query.select(AccountRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// The account that has this address, by its look-up form.
    pub fn find_by_address(&mut self, lookup: &str) -> Result<Option<(Account, Address)>, Fault> {
        let query = account::table
            .inner_join(address::table.on(address::account_id.eq(account::id)))
            .filter(address::lookup.eq(lookup));
        let row: Option<(AccountRow, AddressRow)> =
            on!(self.0, c => query.select((AccountRow::as_select(), AddressRow::as_select())).first(c).optional())
                .map_err(fault)?;
        Ok(row.map(|(account, address)| (account.into(), address.into())))
    }

    /// Its addresses, the primary one first.
    pub fn addresses(&mut self, id: AccountId) -> Result<Vec<Address>, Fault> {
        let query = address::table
            .filter(address::account_id.eq(bind(id)))
            .order((address::is_primary.desc(), address::lookup.asc()));
        let rows: Vec<AddressRow> = on!(self.0, c => query.select(AddressRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// At most `limit` accounts in the order of their ids, those behind `after`.
    pub fn list(&mut self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, Fault> {
        let query = account::table
            .filter(account::id.gt(bind(after.unwrap_or(AccountId(uuid::Uuid::nil())))))
            .order(account::id)
            .limit(limit.into());
        let rows: Vec<AccountRow> = on!(self.0, c => query.select(AccountRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Switches the account off at an instant, or on again, and moves its facts version; `false` if it already was.
    pub fn set_disabled(&mut self, id: AccountId, at: Option<Timestamp>) -> Result<bool, Fault> {
        let other =
            account::table.filter(account::id.eq(bind(id))).filter(account::disabled_at.is_null().eq(at.is_some()));
        let change = (account::disabled_at.eq(at), account::facts_version.eq(account::facts_version + 1));
        on!(self.0, c => diesel::update(other).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Keeps that an address's mailbox was proved, and gives an account without a home the one that follows from it;
    /// moves its facts version. `false` if it was proved before, or is not this account's.
    pub fn verify(
        &mut self,
        id: AccountId,
        lookup: &str,
        home: Option<TenantId>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let unproved = address::table
            .filter(address::lookup.eq(lookup).and(address::account_id.eq(bind(id))))
            .filter(address::verified_at.is_null());
        let proved = on!(self.0, c => diesel::update(unproved).set(address::verified_at.eq(Some(now))).execute(c))
            .map_err(fault)?
            == 1;
        if !proved {
            return Ok(false);
        }
        let homeless = account::table.filter(account::id.eq(bind(id)).and(account::home_id.is_null()));
        on!(self.0, c => diesel::update(homeless).set(account::home_id.eq(home)).execute(c)).map_err(fault)?;
        self.bump_facts(id)
    }

    /// Gives every account without a home that has a proved address in `domain` the home that owns it, and moves its
    /// facts version; says how many. An account that has a home keeps it.
    pub fn adopt(&mut self, domain: &str, home: TenantId) -> Result<usize, Fault> {
        // A domain in its normal form holds no character that LIKE reads as anything else.
        let there = address::table
            .filter(address::lookup.like(format!("%@{domain}")))
            .filter(address::verified_at.is_not_null())
            .select(address::account_id);
        let homeless = account::table.filter(account::home_id.is_null()).filter(account::id.eq_any(there));
        let change = (account::home_id.eq(Some(home)), account::facts_version.eq(account::facts_version + 1));
        on!(self.0, c => diesel::update(homeless).set(change).execute(c)).map_err(fault)
    }

    /// Keeps the language that the person chose; `false` if there is no such account.
    pub fn set_language(&mut self, id: AccountId, language: Option<Language>) -> Result<bool, Fault> {
        let one = account::table.filter(account::id.eq(bind(id)));
        on!(self.0, c => diesel::update(one).set(account::language.eq(language)).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// Says that the facts behind admission changed: every session and grant is judged again at its next use.
    /// `false` if there is no such account.
    pub fn bump_facts(&mut self, id: AccountId) -> Result<bool, Fault> {
        let one = account::table.filter(account::id.eq(bind(id)));
        let change = account::facts_version.eq(account::facts_version + 1);
        on!(self.0, c => diesel::update(one).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }
}

/// The accounts at home in one tenant.
pub struct HomeAccounts<'t> {
    pub(crate) conn: &'t mut Conn,
    pub(crate) home: TenantId,
}

impl HomeAccounts<'_> {
    /// The account, if it is at home here.
    pub fn find(&mut self, id: AccountId) -> Result<Option<Account>, Fault> {
        let query = account::table.filter(account::id.eq(bind(id))).filter(account::home_id.eq(Some(self.home)));
        let row = on!(self.conn, c => query.select(AccountRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// At most `limit` accounts in the order of their ids, those behind `after`.
    pub fn list(&mut self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, Fault> {
        let query = account::table
            .filter(account::home_id.eq(Some(self.home)))
            .filter(account::id.gt(bind(after.unwrap_or(AccountId(uuid::Uuid::nil())))))
            .order(account::id)
            .limit(limit.into());
        let rows: Vec<AccountRow> =
            on!(self.conn, c => query.select(AccountRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
