//! One-time links.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::challenge;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use portvakt_model::challenge::{Challenge, ChallengePurpose};
use portvakt_model::{AccountId, ChallengeId, Fault, Timestamp, TokenHash};

#[derive(Queryable, Selectable)]
#[diesel(table_name = challenge)]
struct ChallengeRow {
    id: ChallengeId,
    purpose: ChallengePurpose,
    handle_hash: TokenHash,
    account_id: Option<AccountId>,
    address: String,
    browser_hash: Option<TokenHash>,
    request: Option<String>,
    facts: i64,
    created_at: Timestamp,
    expires_at: Timestamp,
    spent_at: Option<Timestamp>,
}

impl From<ChallengeRow> for Challenge {
    fn from(row: ChallengeRow) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            handle: row.handle_hash,
            account: row.account_id,
            address: row.address,
            browser: row.browser_hash,
            request: row.request,
            facts: row.facts,
            created_at: row.created_at,
            expires_at: row.expires_at,
            spent_at: row.spent_at,
        }
    }
}

/// One-time links.
pub struct Challenges<'t>(pub(crate) &'t mut Conn);

impl Challenges<'_> {
    /// Keeps a new challenge; older ones of the same address, purpose and browser are spent by it (or of no browser, where
    /// it has none itself: those are the operator's). What another browser asked for stays good: whoever types somebody's
    /// address must not end the link that they wait for.
    pub fn insert(&mut self, new: &Challenge) -> Result<(), Fault> {
        let nobodys = new.browser.is_none().into_sql::<Nullable<Bool>>();
        let older = challenge::table
            .filter(challenge::address.eq(&new.address).and(challenge::purpose.eq(bind(new.purpose))))
            .filter(challenge::browser_hash.eq(new.browser).or(challenge::browser_hash.is_null().and(nobodys)))
            .filter(challenge::spent_at.is_null());
        on!(self.0, c => diesel::update(older).set(challenge::spent_at.eq(Some(new.created_at))).execute(c))
            .map_err(fault)?;
        let values = (
            (challenge::id.eq(bind(new.id)), challenge::purpose.eq(bind(new.purpose))),
            (challenge::handle_hash.eq(bind(new.handle)), challenge::account_id.eq(new.account)),
            (challenge::address.eq(&new.address), challenge::browser_hash.eq(new.browser)),
            (challenge::request.eq(new.request.as_ref()), challenge::facts.eq(new.facts)),
            (challenge::created_at.eq(bind(new.created_at)), challenge::expires_at.eq(bind(new.expires_at))),
            challenge::spent_at.eq(new.spent_at),
        );
        on!(self.0, c => diesel::insert_into(challenge::table).values(values).execute(c)).map(|_| ()).map_err(fault)
    }

    /// The challenge of a handle, whatever has become of it; spends nothing.
    pub fn peek(&mut self, handle: &TokenHash, purpose: ChallengePurpose) -> Result<Option<Challenge>, Fault> {
        let query = challenge::table
            .filter(challenge::handle_hash.eq(bind(handle)))
            .filter(challenge::purpose.eq(bind(purpose)));
        let row: Option<ChallengeRow> =
            on!(self.0, c => query.select(ChallengeRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Spends a challenge that is still good, once; `None` for everybody else.
    pub fn spend(
        &mut self,
        handle: &TokenHash,
        purpose: ChallengePurpose,
        now: Timestamp,
    ) -> Result<Option<Challenge>, Fault> {
        let good = challenge::table
            .filter(challenge::handle_hash.eq(bind(handle)))
            .filter(challenge::purpose.eq(bind(purpose)))
            .filter(challenge::spent_at.is_null().and(challenge::expires_at.gt(bind(now))));
        let row: Option<ChallengeRow> = on!(self.0, c => diesel::update(good)
            .set(challenge::spent_at.eq(Some(now)))
            .returning(ChallengeRow::as_returning())
            .get_result(c)
            .optional())
        .map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Calls off everything that was begun with an address, whatever it was for; says how many.
    pub fn call_off(&mut self, address: &str, now: Timestamp) -> Result<usize, Fault> {
        let open = challenge::table.filter(challenge::address.eq(address)).filter(challenge::spent_at.is_null());
        on!(self.0, c => diesel::update(open).set(challenge::spent_at.eq(Some(now))).execute(c)).map_err(fault)
    }
}
