//! Browsers we know: who was seen on them, and which addresses they shall remember.

use crate::columns::bind;
use crate::conn::{Conn, on};
use crate::fault::fault;
use crate::schema::{account, device, device_account};
use diesel::prelude::*;
use diesel::upsert::excluded;
use portvakt_model::{AccountId, DeviceId, Fault, Timestamp, TokenHash};

/// A sign-in, as the browser shall know it later.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    /// Where.
    pub device: DeviceId,
    /// Who.
    pub account: AccountId,
    /// With which address, as it was typed; shown again by the account chooser.
    pub address: &'a str,
    /// Whether the browser shall remember the address.
    pub remember: bool,
}

/// An address that a browser remembers.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Remembered {
    /// The address as it was typed.
    pub address: String,
    /// The person's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// When it last signed in here.
    pub last_at: Timestamp,
}

/// How many addresses one browser offers.
const REMEMBERED: i64 = 8;

/// Browsers.
pub struct Devices<'t>(pub(crate) &'t mut Conn);

impl Devices<'_> {
    /// The browser of this handle, made with `new` as its id if it was never seen.
    pub fn touch(&mut self, handle: &TokenHash, new: DeviceId, now: Timestamp) -> Result<DeviceId, Fault> {
        let values = (
            device::id.eq(bind(new)),
            device::handle_hash.eq(bind(handle)),
            device::created_at.eq(bind(now)),
            device::seen_at.eq(bind(now)),
        );
        on!(self.0, c => diesel::insert_into(device::table)
            .values(values)
            .on_conflict(device::handle_hash)
            .do_update()
            .set(device::seen_at.eq(excluded(device::seen_at)))
            .returning(device::id)
            .get_result(c))
        .map_err(fault)
    }

    /// Keeps that an account signed in on a browser; `true` if it never had there.
    pub fn saw(&mut self, sighting: Sighting<'_>, now: Timestamp) -> Result<bool, Fault> {
        if self.saw_again(sighting, now)? {
            return Ok(false);
        }
        let values = (
            device_account::device_id.eq(bind(sighting.device)),
            device_account::account_id.eq(bind(sighting.account)),
            device_account::address.eq(sighting.address),
            device_account::remembered.eq(sighting.remember),
            device_account::first_at.eq(bind(now)),
            device_account::last_at.eq(bind(now)),
        );
        let inserted = on!(self.0, c => diesel::insert_into(device_account::table)
            .values(values)
            .on_conflict_do_nothing()
            .execute(c))
        .map_err(fault)?;
        if inserted == 0 {
            // Another tab was faster.
            self.saw_again(sighting, now)?;
        }
        Ok(inserted == 1)
    }

    fn saw_again(&mut self, sighting: Sighting<'_>, now: Timestamp) -> Result<bool, Fault> {
        let row = device_account::table
            .filter(device_account::device_id.eq(bind(sighting.device)))
            .filter(device_account::account_id.eq(bind(sighting.account)));
        let change = (
            device_account::address.eq(sighting.address),
            device_account::remembered.eq(sighting.remember),
            device_account::last_at.eq(bind(now)),
        );
        on!(self.0, c => diesel::update(row).set(change).execute(c)).map(|rows| rows == 1).map_err(fault)
    }

    /// Whether the account has signed in on this browser before.
    pub fn known(&mut self, handle: &TokenHash, account: AccountId) -> Result<bool, Fault> {
        let query = device_account::table
            .inner_join(device::table.on(device::id.eq(device_account::device_id)))
            .filter(device::handle_hash.eq(bind(handle)))
            .filter(device_account::account_id.eq(bind(account)))
            .count();
        on!(self.0, c => query.get_result::<i64>(c)).map(|rows| rows > 0).map_err(fault)
    }

    /// The browser, if the account has signed in on it before. One statement also where there is no account.
    pub fn known_as(&mut self, handle: &TokenHash, account: Option<AccountId>) -> Result<Option<DeviceId>, Fault> {
        let nobody = AccountId(uuid::Uuid::nil());
        let query = device_account::table
            .inner_join(device::table.on(device::id.eq(device_account::device_id)))
            .filter(device::handle_hash.eq(bind(handle)))
            .filter(device_account::account_id.eq(bind(account.unwrap_or(nobody))))
            .select(device::id);
        on!(self.0, c => query.first(c).optional()).map_err(fault)
    }

    /// The addresses that this browser remembers, newest first, at most eight.
    pub fn remembered(&mut self, handle: &TokenHash) -> Result<Vec<Remembered>, Fault> {
        let query = device_account::table
            .inner_join(device::table.on(device::id.eq(device_account::device_id)))
            .inner_join(account::table.on(account::id.eq(device_account::account_id)))
            .filter(device::handle_hash.eq(bind(handle)))
            .filter(device_account::remembered)
            .order((device_account::last_at.desc(), device_account::account_id))
            .limit(REMEMBERED)
            .select((device_account::address, account::name, account::id, device_account::last_at));
        on!(self.0, c => query.load(c)).map_err(fault)
    }

    /// Makes the browser forget an address, given as it is remembered; `false` if it did not remember it.
    pub fn forget(&mut self, handle: &TokenHash, address: &str) -> Result<bool, Fault> {
        let here = device::table.filter(device::handle_hash.eq(bind(handle))).select(device::id);
        let row = device_account::table
            .filter(device_account::device_id.eq_any(here))
            .filter(device_account::address.eq(address))
            .filter(device_account::remembered);
        on!(self.0, c => diesel::update(row).set(device_account::remembered.eq(false)).execute(c))
            .map(|rows| rows > 0)
            .map_err(fault)
    }
}
