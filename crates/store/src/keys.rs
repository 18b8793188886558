//! Data keys, wrapped, signing keys, sealed, and what stays of those that were removed.

use crate::columns::{Instant, bind};
use crate::conn::{Conn, on};
use crate::epoch::bump;
use crate::fault::fault;
use crate::schema::{data_key, epoch, past_key, signing_key};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable, Text};
use portvakt_model::key::{Algorithm, DataKeyRow, PastKeyRow, Purpose, SigningKeyRow};
use portvakt_model::{Fault, Timestamp};

#[derive(Queryable, Selectable)]
#[diesel(table_name = signing_key)]
struct SigningRow {
    kid: String,
    algorithm: Algorithm,
    sealed: Vec<u8>,
    created_at: Timestamp,
    active_from: Timestamp,
    retired_at: Option<Timestamp>,
}

impl From<SigningRow> for SigningKeyRow {
    fn from(row: SigningRow) -> Self {
        Self {
            kid: row.kid,
            algorithm: row.algorithm,
            sealed: row.sealed,
            created_at: row.created_at,
            active_from: row.active_from,
            retired_at: row.retired_at,
        }
    }
}

/// Keys.
pub struct Keys<'t>(pub(crate) &'t mut Conn);

impl Keys<'_> {
    /// All data keys, by purpose and version.
    pub fn data_keys(&mut self) -> Result<Vec<DataKeyRow>, Fault> {
        let query = data_key::table.order((data_key::purpose, data_key::version)).select((
            data_key::purpose,
            data_key::version,
            data_key::wrapped,
            data_key::created_at,
        ));
        let rows: Vec<(Purpose, i16, Vec<u8>, Timestamp)> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(rows
            .into_iter()
            .map(|(purpose, version, wrapped, created_at)| DataKeyRow { purpose, version, wrapped, created_at })
            .collect())
    }

    /// Keeps a data key; `false` if its purpose has that version already: another node was faster, and its key counts.
    pub fn insert_data_key(&mut self, new: &DataKeyRow) -> Result<bool, Fault> {
        let values = (
            data_key::purpose.eq(bind(new.purpose)),
            data_key::version.eq(new.version),
            data_key::wrapped.eq(&new.wrapped),
            data_key::created_at.eq(bind(new.created_at)),
        );
        let inserted = on!(self.0, c => diesel::insert_into(data_key::table)
            .values(values)
            .on_conflict((data_key::purpose, data_key::version))
            .do_nothing()
            .execute(c))
        .map_err(fault)?;
        self.changed(inserted == 1)
    }

    /// All signing keys, oldest first.
    pub fn signing_keys(&mut self) -> Result<Vec<SigningKeyRow>, Fault> {
        let query = signing_key::table.order((signing_key::created_at, signing_key::kid));
        let rows: Vec<SigningRow> = on!(self.0, c => query.select(SigningRow::as_select()).load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Keeps a signing key.
    pub fn insert_signing_key(&mut self, new: &SigningKeyRow) -> Result<(), Fault> {
        let values = (
            (signing_key::kid.eq(&new.kid), signing_key::algorithm.eq(bind(new.algorithm))),
            (signing_key::sealed.eq(&new.sealed), signing_key::created_at.eq(bind(new.created_at))),
            (signing_key::active_from.eq(bind(new.active_from)), signing_key::retired_at.eq(new.retired_at)),
        );
        on!(self.0, c => diesel::insert_into(signing_key::table).values(values).execute(c)).map_err(fault)?;
        bump(self.0)
    }

    /// Keeps a signing key, if its algorithm has none that begins to sign later than `newest`, which was the newest when
    /// this one was made; `false` if it has: another node was faster, and its key counts. Counted in one insert, under the
    /// epoch's lock, so that of any number of nodes one wins.
    pub fn insert_next_signing_key(&mut self, new: &SigningKeyRow, newest: Timestamp) -> Result<bool, Fault> {
        bump(self.0)?;
        let newer = signing_key::table
            .filter(signing_key::algorithm.eq(bind(new.algorithm)))
            .filter(signing_key::active_from.gt(bind(newest)));
        let values = epoch::table.filter(epoch::id.eq(1)).filter(not(exists(newer))).select((
            (new.kid.as_str().into_sql::<Text>(), bind(new.algorithm)),
            (new.sealed.as_slice().into_sql::<Binary>(), bind(new.created_at)),
            (bind(new.active_from), new.retired_at.into_sql::<Nullable<Instant>>()),
        ));
        let inserted = on!(self.0, c => diesel::insert_into(signing_key::table)
            .values(values)
            .into_columns((
                (signing_key::kid, signing_key::algorithm),
                (signing_key::sealed, signing_key::created_at),
                (signing_key::active_from, signing_key::retired_at),
            ))
            .execute(c))
        .map_err(fault)?;
        Ok(inserted == 1)
    }

    /// Lets a key sign no more from `at` on; `false` if it was to stop no later than that anyway.
    pub fn retire_signing_key(&mut self, kid: &str, at: Timestamp) -> Result<bool, Fault> {
        let later = signing_key::retired_at.is_null().or(signing_key::retired_at.gt(Some(at)));
        let one = signing_key::table.filter(signing_key::kid.eq(kid)).filter(later);
        let retired = on!(self.0, c => diesel::update(one).set(signing_key::retired_at.eq(Some(at))).execute(c))
            .map_err(fault)?;
        self.changed(retired == 1)
    }

    /// Removes a retired key, so that it is published no more, and keeps its public half; `false` if there is none.
    pub fn remove_signing_key(&mut self, kid: &str, public_key: &str) -> Result<bool, Fault> {
        let one = signing_key::table.filter(signing_key::kid.eq(kid)).filter(signing_key::retired_at.is_not_null());
        let retired_at: Option<Option<Timestamp>> = on!(self.0, c => diesel::delete(one)
            .returning(signing_key::retired_at)
            .get_result(c)
            .optional())
        .map_err(fault)?;
        let Some(retired_at) = retired_at.flatten() else { return Ok(false) };
        let values =
            (past_key::kid.eq(kid), past_key::public_key.eq(public_key), past_key::retired_at.eq(bind(retired_at)));
        on!(self.0, c => diesel::insert_into(past_key::table)
            .values(values)
            .on_conflict(past_key::kid)
            .do_nothing()
            .execute(c))
        .map_err(fault)?;
        self.changed(true)
    }

    /// What stays of the keys that were removed.
    pub fn past_keys(&mut self) -> Result<Vec<PastKeyRow>, Fault> {
        let query = past_key::table.order((past_key::retired_at, past_key::kid)).select((
            past_key::kid,
            past_key::public_key,
            past_key::retired_at,
        ));
        let rows: Vec<(String, String, Timestamp)> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(rows.into_iter().map(|(kid, public_key, retired_at)| PastKeyRow { kid, public_key, retired_at }).collect())
    }

    fn changed(&mut self, changed: bool) -> Result<bool, Fault> {
        if changed {
            bump(self.0)?;
        }
        Ok(changed)
    }
}
