//! Counters of tries, one per key and window, shared by all nodes. A counter may be held: until then no try under its
//! key is taken.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::limit_counter;
use diesel::dsl::{case_when, max};
use diesel::prelude::*;
use diesel::query_dsl::methods;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use portvakt_model::{Fault, Seconds, Timestamp};
use std::collections::BTreeMap;

/// What became of a try that was to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is counted.
    Counted {
        /// The count after it.
        count: i64,
        /// When its window ends.
        window_end: Timestamp,
    },
    /// The counter is held, and nothing was counted.
    Held {
        /// Until when.
        until: Timestamp,
    },
}

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
                    limit_counter::held_until.eq(bind(now)),
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

    /// Counts one more try under the key, unless it is held: one statement, and a second where it is. Of tries that
    /// come at once each gets a count of its own, and none is taken after the one that held the counter.
    pub fn take(&mut self, key: &str, window: Seconds, now: Timestamp) -> Result<Taken, Fault> {
        let values = (
            limit_counter::key.eq(key),
            limit_counter::count.eq(1_i64),
            limit_counter::window_end.eq(bind(now.after(window))),
            limit_counter::held_until.eq(bind(now)),
        );
        let over = limit_counter::window_end.le(bind(now));
        let free = limit_counter::held_until.le(bind(now));
        // Named in full: the `filter` of a query is not the one of an upsert.
        let counted: Option<(i64, Timestamp)> = on!(self.0, c => methods::FilterDsl::filter(
            diesel::insert_into(limit_counter::table)
                .values(values)
                .on_conflict(limit_counter::key)
                .do_update()
                .set((
                    limit_counter::count
                        .eq(case_when(over, 1_i64.into_sql::<BigInt>()).otherwise(limit_counter::count + 1)),
                    limit_counter::window_end.eq(
                        case_when(over, excluded(limit_counter::window_end)).otherwise(limit_counter::window_end)
                    ),
                )),
            free,
        )
        .returning((limit_counter::count, limit_counter::window_end))
        .get_result(c)
        .optional())
        .map_err(fault)?;
        match counted {
            Some((count, window_end)) => Ok(Taken::Counted { count, window_end }),
            None => Ok(Taken::Held { until: self.held(&[key], now)?.unwrap_or(now) }),
        }
    }

    /// Until when the longest hold on any of these keys lasts, if one is held.
    pub fn held(&mut self, keys: &[&str], now: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let query = limit_counter::table
            .filter(limit_counter::key.eq_any(keys))
            .filter(limit_counter::held_until.gt(bind(now)))
            .select(max(limit_counter::held_until));
        on!(self.0, c => query.first(c)).map_err(fault)
    }

    /// Holds a counter: no try is taken under its key until then, and its count stays at least as long.
    pub fn hold(&mut self, key: &str, until: Timestamp) -> Result<(), Fault> {
        let ends_before = limit_counter::window_end.lt(bind(until));
        let change = (
            limit_counter::held_until.eq(bind(until)),
            limit_counter::window_end.eq(case_when(ends_before, bind(until)).otherwise(limit_counter::window_end)),
        );
        let row = limit_counter::table.filter(limit_counter::key.eq(key));
        on!(self.0, c => diesel::update(row).set(change).execute(c)).map(|_| ()).map_err(fault)
    }

    /// Takes one try back, as it turned out not to be one.
    pub fn give_back(&mut self, key: &str) -> Result<(), Fault> {
        let row = limit_counter::table.filter(limit_counter::key.eq(key)).filter(limit_counter::count.gt(0));
        on!(self.0, c => diesel::update(row).set(limit_counter::count.eq(limit_counter::count - 1)).execute(c))
            .map(|_| ())
            .map_err(fault)
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

    /// Forgets what was counted under these keys, and says under which of them anything was.
    pub fn clear(&mut self, keys: &[String]) -> Result<Vec<String>, Fault> {
        let rows = limit_counter::table.filter(limit_counter::key.eq_any(keys));
        on!(self.0, c => diesel::delete(rows).returning(limit_counter::key).get_results(c)).map_err(fault)
    }
}

fn in_order<'k>(keys: impl Iterator<Item = &'k String>, counts: Vec<(String, i64)>) -> Vec<i64> {
    let counts: BTreeMap<String, i64> = counts.into_iter().collect();
    keys.map(|key| counts.get(key).copied().unwrap_or(0)).collect()
}
