//! What accounts let apps have.

use crate::columns::{Json, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::consent;
use diesel::prelude::*;
use diesel::upsert::excluded;
use portvakt_model::{AccountId, AppId, Consent, Fault, Timestamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = consent)]
pub(crate) struct ConsentRow {
    account_id: AccountId,
    app_id: AppId,
    scopes: Json<Vec<String>>,
    claims: Json<Vec<String>>,
    apis: Json<Vec<String>>,
    given_at: Timestamp,
}

impl From<ConsentRow> for Consent {
    fn from(row: ConsentRow) -> Self {
        Self {
            account: row.account_id,
            app: row.app_id,
            scopes: row.scopes.0,
            claims: row.claims.0,
            apis: row.apis.0,
            given_at: row.given_at,
        }
    }
}

/// What accounts let apps have.
pub struct Consents<'t>(pub(crate) &'t mut Conn);

impl Consents<'_> {
    /// What the account lets the app have.
    pub fn find(&mut self, account: AccountId, app: AppId) -> Result<Option<Consent>, Fault> {
        let query = consent::table.filter(consent::account_id.eq(bind(account)).and(consent::app_id.eq(bind(app))));
        let row: Option<ConsentRow> =
            on!(self.0, c => query.select(ConsentRow::as_select()).first(c).optional()).map_err(fault)?;
        Ok(row.map(Into::into))
    }

    /// Keeps a consent in place of the one before; joining the two is the caller's business.
    pub fn give(&mut self, new: &Consent) -> Result<(), Fault> {
        let values = (
            (consent::account_id.eq(bind(new.account)), consent::app_id.eq(bind(new.app))),
            (consent::scopes.eq(Json(&new.scopes)), consent::claims.eq(Json(&new.claims))),
            (consent::apis.eq(Json(&new.apis)), consent::given_at.eq(bind(new.given_at))),
        );
        on!(self.0, c => diesel::insert_into(consent::table)
            .values(values)
            .on_conflict((consent::account_id, consent::app_id))
            .do_update()
            .set((
                consent::scopes.eq(excluded(consent::scopes)),
                consent::claims.eq(excluded(consent::claims)),
                consent::apis.eq(excluded(consent::apis)),
                consent::given_at.eq(excluded(consent::given_at)),
            ))
            .execute(c))
        .map(|_| ())
        .map_err(fault)
    }

    /// Takes a consent back; `false` if there was none. What was granted under it is the caller's to revoke.
    pub fn withdraw(&mut self, account: AccountId, app: AppId) -> Result<bool, Fault> {
        let one = consent::table.filter(consent::account_id.eq(bind(account)).and(consent::app_id.eq(bind(app))));
        on!(self.0, c => diesel::delete(one).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Forgets what everybody lets the app have: they are asked anew. Says who they are; what was granted under it is the
    /// caller's to revoke.
    pub fn forget_app(&mut self, app: AppId) -> Result<Vec<AccountId>, Fault> {
        let all = consent::table.filter(consent::app_id.eq(bind(app)));
        on!(self.0, c => diesel::delete(all).returning(consent::account_id).get_results(c)).map_err(fault)
    }

    /// All that the account lets apps have, newest first.
    pub fn list(&mut self, account: AccountId) -> Result<Vec<Consent>, Fault> {
        let query = consent::table
            .filter(consent::account_id.eq(bind(account)))
            .order((consent::given_at.desc(), consent::app_id));
        let rows: Vec<ConsentRow> = on!(self.0, c => query.select(ConsentRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
