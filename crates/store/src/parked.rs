//! Authorization requests that are too big to travel in an address.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::parked_request;
use diesel::prelude::*;
use portvakt_model::{Fault, Timestamp, TokenHash};

/// Big authorization requests.
pub struct Parked<'t>(pub(crate) &'t mut Conn);

impl Parked<'_> {
    /// Keeps a sealed request under a new handle.
    pub fn put(&mut self, handle: &TokenHash, sealed: &[u8], expires_at: Timestamp) -> Result<(), Fault> {
        let values = (
            parked_request::handle_hash.eq(bind(handle)),
            parked_request::sealed.eq(sealed),
            parked_request::expires_at.eq(bind(expires_at)),
        );
        on!(self.0, c => diesel::insert_into(parked_request::table).values(values).execute(c))
            .map(|_| ())
            .map_err(fault)
    }

    /// How many are kept, those that ran out and were not swept yet too.
    pub fn count(&mut self) -> Result<i64, Fault> {
        on!(self.0, c => parked_request::table.count().get_result(c)).map_err(fault)
    }

    /// The request of a handle, until it runs out. Opening it twice is fine: it gives nothing by itself.
    pub fn get(&mut self, handle: &TokenHash, now: Timestamp) -> Result<Option<Vec<u8>>, Fault> {
        let query = parked_request::table
            .filter(parked_request::handle_hash.eq(bind(handle)))
            .filter(parked_request::expires_at.gt(bind(now)))
            .select(parked_request::sealed);
        on!(self.0, c => query.first(c).optional()).map_err(fault)
    }
}
