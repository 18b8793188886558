//! Sweeping: what has run out goes, in slices that hold no lock for long.

use crate::columns::{RowHash, RowId, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{challenge, grants, limit_counter, outbox, parked_request, revoked_token, session};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use portvakt_model::{Fault, Seconds, Timestamp};

/// Rows of one table that one sweep takes at most.
const SLICE: i64 = 1000;

/// How long ended sessions and grants stay to be looked at. Far longer than a code lives: while a code can be tried,
/// the row that says it was spent must be there.
const GRACE: Seconds = Seconds::days(1);

/// How long a settled mail's row stays (its text is erased at once), and a challenge that ran out, so that its link
/// can say so.
const MEMORY: Seconds = Seconds::days(30);

/// Deletes the rows of a table that fit a condition, at most [`SLICE`] of them. The condition stands in both
/// statements: what changed in between stays.
macro_rules! slice {
    ($conn:expr, $table:ident.$key:ident: $type:ty, $over:expr) => {{
        let keys: Vec<$type> =
            on!($conn, c => $table::table.filter($over).select($table::$key).limit(SLICE).load(c)).map_err(fault)?;
        if keys.is_empty() {
            0
        } else {
            let rows = $table::table.filter($table::$key.eq_any(&keys)).filter($over);
            on!($conn, c => diesel::delete(rows).execute(c)).map_err(fault)?
        }
    }};
}

/// Deletes one slice of every table and says how many rows went. Every condition begins with an indexed instant; what
/// was ended by an act goes when its idle clock would have ended it.
pub(crate) fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize, Fault> {
    let (gone, old) = (now.before(GRACE), now.before(MEMORY));
    let settled = || outbox::delivered_at.is_not_null().or(outbox::failed_at.is_not_null());
    let mut swept = slice!(conn, revoked_token.jti: RowId, revoked_token::expires_at.le(bind(now)));
    swept += slice!(conn, grants.id: RowId, grants::idle_until.le(bind(gone)));
    // A session that nobody uses may still carry a chain that an app uses: it stays until it would have ended anyway.
    let carries = || {
        let chains = grants::table.filter(grants::session_id.eq(session::id).and(grants::revoked_at.is_null()));
        exists(chains.filter(grants::offline.eq(false).and(grants::idle_until.gt(bind(now)))))
    };
    let over = || session::ended_at.is_not_null().or(session::expires_at.le(bind(gone))).or(not(carries()));
    swept += slice!(conn, session.id: RowId, session::idle_until.le(bind(gone)).and(over()));
    swept += slice!(conn, challenge.id: RowId, challenge::expires_at.le(bind(old)));
    swept += slice!(conn, parked_request.handle_hash: RowHash, parked_request::expires_at.le(bind(now)));
    swept += slice!(conn, limit_counter.key: String, limit_counter::window_end.le(bind(now)));
    swept += slice!(conn, outbox.id: RowId, outbox::expires_at.le(bind(old)).and(settled()));
    Ok(swept)
}
