//! Counters of tries, one per key and window, shared by all nodes.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::limit_counter;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use portvakt_model::{Fault, Seconds, Timestamp};
use std::collections::BTreeMap;

/// Counters of tries.
pub struct Limits<'t>(pub(crate) &'t mut Conn);

impl Limits<'_> {
    /// Counts one more try under each key and says the counts after it, in the order asked: in one statement. A
    /// counter whose window has ended begins again at 1; a window is not moved by further tries.
    pub fn hit(&mut self, keys: &[(String, Seconds)], now: Timestamp) -> Result<Vec<i64>, Fault> {
        // In one order whoever asks: two requests that count under the same keys must not wait for each other. And
        // each key once, as one statement cannot count a row twice.
        let distinct: BTreeMap<&str, Seconds> = keys.iter().map(|(key, window)| (key.as_str(), *window)).collect();
        if distinct.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = distinct
            .iter()
            .map(|(key, window)| {
                (
                    limit_counter::key.eq(*key),
                    limit_counter::count.eq(1_i64),
                    limit_counter::window_end.eq(bind(now.after(*window))),
                )
            })
            .collect();
        let over = limit_counter::window_end.le(bind(now));
        let counts: Vec<(String, i64)> = on!(self.0, c => diesel::insert_into(limit_counter::table)
            .values(&rows)
            .on_conflict(limit_counter::key)
            .do_update()
            .set((
                limit_counter::count.eq(case_when(over, 1_i64.into_sql::<BigInt>()).otherwise(limit_counter::count + 1)),
                limit_counter::window_end.eq(
                    case_when(over, excluded(limit_counter::window_end)).otherwise(limit_counter::window_end)
                ),
            ))
            .returning((limit_counter::key, limit_counter::count))
            .get_results(c))
        .map_err(fault)?;
        Ok(in_order(keys.iter().map(|(key, _)| key), counts))
    }

    /// The counts in their current windows, in the order asked; counts nothing.
    pub fn read(&mut self, keys: &[String], now: Timestamp) -> Result<Vec<i64>, Fault> {
        let query = limit_counter::table
            .filter(limit_counter::key.eq_any(keys))
            .filter(limit_counter::window_end.gt(bind(now)))
            .select((limit_counter::key, limit_counter::count));
        let counts: Vec<(String, i64)> = on!(self.0, c => query.load(c)).map_err(fault)?;
        Ok(in_order(keys.iter(), counts))
    }

    /// Forgets what was counted under these keys.
    pub fn clear(&mut self, keys: &[String]) -> Result<(), Fault> {
        let rows = limit_counter::table.filter(limit_counter::key.eq_any(keys));
        on!(self.0, c => diesel::delete(rows).execute(c)).map(|_| ()).map_err(fault)
    }
}

fn in_order<'k>(keys: impl Iterator<Item = &'k String>, counts: Vec<(String, i64)>) -> Vec<i64> {
    let counts: BTreeMap<String, i64> = counts.into_iter().collect();
    keys.map(|key| counts.get(key).copied().unwrap_or(0)).collect()
}
