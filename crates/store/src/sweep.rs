//! Sweeping: what has run out goes, in slices that hold no lock for long.

use crate::columns::{RowHash, RowId, bind};
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::logout_notices;
use crate::schema::{
    challenge, grants, initial_token, limit_counter, logout_notice, outbox, parked_request, past_key, revoked_token,
    session, session_app, used_assertion,
};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use portvakt_model::key::VOUCHES;
use portvakt_model::{Fault, Seconds, Timestamp};

/// Rows of one table that one sweep takes at most.
const SLICE: i64 = 1000;

/// How long ended sessions and grants stay to be looked at. Far longer than a code lives: while a code can be tried,
/// the row that says it was spent must be there.
const GRACE: Seconds = Seconds::days(1);

/// How long a settled mail's row stays (its text is erased at once), and a challenge that ran out, so that its link
/// can say so; and leave to register apps that is used up or has ended.
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

/// A session that nobody uses may still carry a chain that an app uses: it stays until it would have ended anyway.
macro_rules! carries {
    ($now:expr) => {{
        let chains = grants::table.filter(grants::session_id.eq(session::id).and(grants::revoked_at.is_null()));
        exists(chains.filter(grants::offline.eq(false).and(grants::idle_until.gt(bind($now)))))
    }};
}

/// Deletes one slice of every table and says how many rows went. Every condition begins with an indexed instant; what
/// was ended by an act goes when its idle clock would have ended it.
pub(crate) fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize, Fault> {
    let (gone, old) = (now.before(GRACE), now.before(MEMORY));
    let settled = || outbox::delivered_at.is_not_null().or(outbox::failed_at.is_not_null());
    let mut swept = slice!(conn, revoked_token.jti: RowId, revoked_token::expires_at.le(bind(now)));
    swept += slice!(conn, used_assertion.hash: RowHash, used_assertion::expires_at.le(bind(now)));
    swept += forget_grants(conn, gone)?;
    swept += end_sessions(conn, now)?;
    let over = || session::idle_until.le(bind(gone)).and(session::ended_at.le(Some(gone)));
    swept += slice!(conn, session.id: RowId, over());
    swept += slice!(conn, challenge.id: RowId, challenge::expires_at.le(bind(old)));
    swept += slice!(conn, parked_request.handle_hash: RowHash, parked_request::expires_at.le(bind(now)));
    swept += slice!(conn, limit_counter.key: String, limit_counter::window_end.le(bind(now)));
    swept += slice!(conn, outbox.id: RowId, outbox::expires_at.le(bind(old)).and(settled()));
    swept += forget_notices(conn, old)?;
    // A handful of rows, so without an index.
    swept += slice!(conn, past_key.kid: String, past_key::retired_at.le(bind(now.before(VOUCHES))));
    let spent = || initial_token::uses_left.le(0).and(initial_token::created_at.le(bind(old)));
    swept += slice!(conn, initial_token.id: RowId, initial_token::expires_at.le(bind(old)).or(spent()));
    Ok(swept)
}

/// Deletes a slice of the notices that were given up before `old`. A key is two columns, and no text can name pairs of them
/// on both databases: so a slice is the sessions that have one.
fn forget_notices(conn: &mut Conn, old: Timestamp) -> Result<usize, Fault> {
    let over = || logout_notice::failed_at.le(Some(old));
    let of: Vec<RowId> =
        on!(conn, c => logout_notice::table.filter(over()).select(logout_notice::session_id).limit(SLICE).load(c))
            .map_err(fault)?;
    if of.is_empty() {
        return Ok(0);
    }
    let rows = logout_notice::table.filter(logout_notice::session_id.eq_any(&of)).filter(over());
    on!(conn, c => diesel::delete(rows).execute(c)).map_err(fault)
}

/// Deletes a slice of the grants that ran out before `gone`. That an app knows a session is remembered for as long as
/// the session is open, since it is still to be told of its end.
fn forget_grants(conn: &mut Conn, gone: Timestamp) -> Result<usize, Fault> {
    let over = || grants::idle_until.le(bind(gone));
    let keys: Vec<RowId> =
        on!(conn, c => grants::table.filter(over()).select(grants::id).limit(SLICE).load(c)).map_err(fault)?;
    if keys.is_empty() {
        return Ok(0);
    }
    let known = grants::table
        .inner_join(session::table.on(session::id.eq(grants::session_id)))
        .filter(grants::id.eq_any(&keys).and(session::ended_at.is_null()))
        .select((grants::session_id, grants::app_id))
        .distinct();
    on!(conn, c => diesel::insert_into(session_app::table)
        .values(known)
        .into_columns((session_app::session_id, session_app::app_id))
        .on_conflict_do_nothing()
        .execute(c))
    .map_err(fault)?;
    let rows = grants::table.filter(grants::id.eq_any(&keys)).filter(over());
    on!(conn, c => diesel::delete(rows).execute(c)).map_err(fault)
}

/// Ends a slice of the sessions that ran out by themselves, so that their apps hear of it.
fn end_sessions(conn: &mut Conn, now: Timestamp) -> Result<usize, Fault> {
    let over = || {
        let idle = session::ended_at.is_null().and(session::idle_until.le(bind(now)));
        idle.and(session::expires_at.le(bind(now)).or(not(carries!(now))))
    };
    let keys: Vec<RowId> =
        on!(conn, c => session::table.filter(over()).select(session::id).limit(SLICE).load(c)).map_err(fault)?;
    if keys.is_empty() {
        return Ok(0);
    }
    let open = session::table.filter(session::id.eq_any(&keys)).filter(over());
    let ended: Vec<RowId> = on!(conn, c => diesel::update(open)
        .set(session::ended_at.eq(Some(now)))
        .returning(session::id)
        .get_results(c))
    .map_err(fault)?;
    logout_notices::write(conn, &ended, now)?;
    Ok(ended.len())
}
