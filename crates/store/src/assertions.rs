//! Assertions of clients, each good once (RFC 7523 §3).

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::used_assertion;
use diesel::prelude::*;
use portvakt_model::{Fault, Timestamp, TokenHash};

/// Assertions that were used.
pub struct Assertions<'t>(pub(crate) &'t mut Conn);

impl Assertions<'_> {
    /// Uses one up: `hash` is of its client and its `jti`, and after `until` nobody takes it for its own dates. Of many
    /// at once one wins; `false` for all others.
    pub fn spend(&mut self, hash: TokenHash, until: Timestamp) -> Result<bool, Fault> {
        let values = (used_assertion::hash.eq(bind(hash)), used_assertion::expires_at.eq(bind(until)));
        on!(self.0, c => diesel::insert_into(used_assertion::table)
            .values(values)
            .on_conflict(used_assertion::hash)
            .do_nothing()
            .execute(c))
        .map(|rows| rows == 1)
        .map_err(fault)
    }
}
