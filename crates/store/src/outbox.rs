//! Mails that wait to be sent: written with the act they tell of, delivered at least once.

use crate::columns::{RowId, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::outbox;
use diesel::prelude::*;
use portvakt_model::{AccountId, Fault, Language, OutboxId, Seconds, TenantId, Timestamp};

/// A mail to be sent.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id.
    pub id: OutboxId,
    /// The account it is for.
    pub account: Option<AccountId>,
    /// The tenant in whose name it goes.
    pub tenant: Option<TenantId>,
    /// The address it goes to, stored form.
    pub recipient: String,
    /// Its language.
    pub language: Language,
    /// The message, sealed.
    pub sealed: Vec<u8>,
    /// Whether nobody shall get it: the row that is written for an unknown address.
    pub void: bool,
    /// When it is no use any more.
    pub expires_at: Timestamp,
}

/// A mail in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct OutboxRow {
    /// Its id.
    pub id: OutboxId,
    /// The account it is for.
    #[diesel(column_name = account_id)]
    pub account: Option<AccountId>,
    /// The tenant in whose name it goes.
    #[diesel(column_name = tenant_id)]
    pub tenant: Option<TenantId>,
    /// The address it goes to.
    pub recipient: String,
    /// Its language.
    pub language: Language,
    /// The message, sealed; erased once it was delivered or given up.
    pub sealed: Option<Vec<u8>>,
    /// Whether nobody shall get it.
    pub void: bool,
    /// How many times it was claimed, this one included.
    pub attempts: i32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is no use any more.
    pub expires_at: Timestamp,
}

/// The rows that may be claimed at `$now`.
macro_rules! waiting {
    ($now:expr) => {
        outbox::delivered_at
            .is_null()
            .and(outbox::failed_at.is_null())
            .and(outbox::next_at.le(bind($now)))
            .and(outbox::lease_until.is_null().or(outbox::lease_until.le(Some($now))))
    };
}

/// Mails that wait.
pub struct Outbox<'t>(pub(crate) &'t mut Conn);

impl Outbox<'_> {
    /// Puts a mail in, to be sent as soon as this transaction is durable.
    pub fn push(&mut self, new: &NewMail, now: Timestamp) -> Result<(), Fault> {
        let values = (
            (outbox::id.eq(bind(new.id)), outbox::account_id.eq(new.account), outbox::tenant_id.eq(new.tenant)),
            (
                outbox::recipient.eq(&new.recipient),
                outbox::language.eq(bind(new.language)),
                outbox::sealed.eq(&new.sealed),
            ),
            (outbox::void.eq(new.void), outbox::attempts.eq(0), outbox::next_at.eq(bind(now))),
            (outbox::created_at.eq(bind(now)), outbox::expires_at.eq(bind(new.expires_at))),
        );
        on!(self.0, c => diesel::insert_into(outbox::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    /// Claims at most `most` mails that are due, for as long as `lease`; whoever claims one first has it. A worker that
    /// dies loses its claim when the lease ends, and the mail is sent again.
    pub fn claim(&mut self, now: Timestamp, lease: Seconds, most: u32) -> Result<Vec<OutboxRow>, Fault> {
        let due = outbox::table
            .filter(waiting!(now))
            .order((outbox::next_at, outbox::id))
            .limit(most.into())
            .select(outbox::id);
        let ids: Vec<RowId> = match &mut *self.0 {
            Conn::Sqlite(c) => due.load(c),
            // Rows that another node is claiming are left to it.
            Conn::Postgres(c) => due.for_update().skip_locked().load(c),
        }
        .map_err(fault)?;
        let change = (outbox::lease_until.eq(Some(now.after(lease))), outbox::attempts.eq(outbox::attempts + 1));
        let mut rows: Vec<OutboxRow> = on!(self.0, c =>
            diesel::update(outbox::table.filter(outbox::id.eq_any(&ids)).filter(waiting!(now)))
                .set(change)
                .returning(OutboxRow::as_returning())
                .get_results(c))
        .map_err(fault)?;
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }

    /// Keeps that a mail was delivered and erases what it said; `false` if that was known.
    pub fn delivered(&mut self, id: OutboxId, now: Timestamp) -> Result<bool, Fault> {
        let change = (
            outbox::delivered_at.eq(Some(now)),
            outbox::sealed.eq(None::<Vec<u8>>),
            outbox::lease_until.eq(None::<Timestamp>),
        );
        on!(self.0, c => diesel::update(outbox::table.filter(outbox::id.eq(bind(id))).filter(open())).set(change).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// Lets a mail wait until `next` for another try; `false` if it is settled.
    pub fn retry(&mut self, id: OutboxId, next: Timestamp, error: &str) -> Result<bool, Fault> {
        let change =
            (outbox::next_at.eq(bind(next)), outbox::last_error.eq(error), outbox::lease_until.eq(None::<Timestamp>));
        on!(self.0, c => diesel::update(outbox::table.filter(outbox::id.eq(bind(id))).filter(open())).set(change).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }

    /// Gives a mail up and erases what it said; `false` if it is settled.
    pub fn failed(&mut self, id: OutboxId, error: &str, now: Timestamp) -> Result<bool, Fault> {
        let change = (
            outbox::failed_at.eq(Some(now)),
            outbox::last_error.eq(error),
            outbox::sealed.eq(None::<Vec<u8>>),
            outbox::lease_until.eq(None::<Timestamp>),
        );
        on!(self.0, c => diesel::update(outbox::table.filter(outbox::id.eq(bind(id))).filter(open())).set(change).execute(c))
            .map(|rows| rows == 1)
            .map_err(fault)
    }
}

/// Neither delivered nor given up.
#[diesel::dsl::auto_type]
fn open() -> _ {
    outbox::delivered_at.is_null().and(outbox::failed_at.is_null())
}
