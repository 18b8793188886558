//! [`Tx`]: one unit of work, and the two kinds of it.

use crate::conn::Conn;
use crate::{
    accounts, apis, apps, assertions, audit, challenges, consents, devices, domains, epoch, grants, keys, limits,
    logout_notices, networks, outbox, parked, passwords, policies, registrations, sessions, sign_in, sweep, tenants,
};
use portvakt_model::{Fault, TenantId, Timestamp};

/// A unit of work. `S` is what it reaches: the [`Deployment`], or one [`Tenant`] whose queries all filter by it.
pub struct Tx<'c, S> {
    conn: &'c mut Conn,
    reach: S,
}

/// Reaches what belongs to nobody's organisation: accounts, sessions, grants, the operator's apps, keys, limits.
#[derive(Debug, Clone, Copy)]
pub struct Deployment(());

/// Reaches one tenant's own rows and no other's: domains, policy, its apps and APIs, the accounts at home there, its
/// audit log.
#[derive(Debug, Clone, Copy)]
pub struct Tenant(TenantId);

macro_rules! doors {
    ($($(#[$doc:meta])* $name:ident: $kind:ident::$door:ident),+ $(,)?) => {$(
        $(#[$doc])*
        pub fn $name(&mut self) -> $kind::$door<'_> {
            $kind::$door(&mut *self.conn)
        }
    )+};
}

impl<'c> Tx<'c, Deployment> {
    pub(crate) fn new(conn: &'c mut Conn) -> Self {
        Self { conn, reach: Deployment(()) }
    }

    /// Enters a tenant: what is reached from there is its own and nobody else's.
    pub fn enter(&mut self, tenant: TenantId) -> Tx<'_, Tenant> {
        Tx { conn: &mut *self.conn, reach: Tenant(tenant) }
    }

    doors! {
        /// Accounts and their addresses.
        accounts: accounts::Accounts,
        /// What a sign-in must know of an address.
        sign_in: sign_in::SignIn,
        /// Password hashes.
        passwords: passwords::Passwords,
        /// Sessions.
        sessions: sessions::Sessions,
        /// Browsers.
        devices: devices::Devices,
        /// Tenants, as the operator makes them.
        tenants: tenants::Tenants,
        /// What accounts let apps have.
        consents: consents::Consents,
        /// What redeemed codes gave.
        grants: grants::Grants,
        /// Assertions that clients used.
        assertions: assertions::Assertions,
        /// One-time links.
        challenges: challenges::Challenges,
        /// Counters of tries.
        limits: limits::Limits,
        /// Every tenant's networks.
        networks: networks::Networks,
        /// Apps that registered themselves, and leave to do so.
        registrations: registrations::Registrations,
        /// Mails that wait.
        outbox: outbox::Outbox,
        /// Apps that are to be told that a session ended.
        logout_notices: logout_notices::LogoutNotices,
        /// Data keys and signing keys.
        keys: keys::Keys,
        /// Big authorization requests.
        parked: parked::Parked,
        /// The number that goes up when something changes that nodes keep in memory.
        epoch: epoch::Epoch,
    }

    /// All relying apps.
    pub fn apps(&mut self) -> apps::Apps<'_> {
        apps::Apps { conn: &mut *self.conn, only: None }
    }

    /// All APIs.
    pub fn apis(&mut self) -> apis::Apis<'_> {
        apis::Apis { conn: &mut *self.conn, only: None }
    }

    /// The deployment's default policy.
    pub fn policies(&mut self) -> policies::PolicyOf<'_> {
        policies::PolicyOf { conn: &mut *self.conn, owner: TenantId::DEPLOYMENT }
    }

    /// The audit log.
    pub fn audit(&mut self) -> audit::AuditLog<'_> {
        audit::AuditLog { conn: &mut *self.conn, only: None }
    }

    /// Deletes what has run out, at most a thousand rows a table. Says how many: while it is not zero there may be
    /// more.
    pub fn sweep(&mut self, now: Timestamp) -> Result<usize, Fault> {
        sweep::sweep(self.conn, now)
    }
}

impl Tx<'_, Tenant> {
    /// Whose.
    pub fn tenant(&self) -> TenantId {
        self.reach.0
    }

    /// The accounts at home in this tenant.
    pub fn accounts(&mut self) -> accounts::HomeAccounts<'_> {
        accounts::HomeAccounts { conn: &mut *self.conn, home: self.reach.0 }
    }

    /// Its domains.
    pub fn domains(&mut self) -> domains::Domains<'_> {
        domains::Domains { conn: &mut *self.conn, tenant: self.reach.0 }
    }

    /// The networks that its people come from.
    pub fn networks(&mut self) -> networks::NetworksOf<'_> {
        networks::NetworksOf { conn: &mut *self.conn, tenant: self.reach.0 }
    }

    /// Its policy.
    pub fn policies(&mut self) -> policies::PolicyOf<'_> {
        policies::PolicyOf { conn: &mut *self.conn, owner: self.reach.0 }
    }

    /// Its own relying apps.
    pub fn apps(&mut self) -> apps::Apps<'_> {
        apps::Apps { conn: &mut *self.conn, only: Some(self.reach.0) }
    }

    /// Its own APIs.
    pub fn apis(&mut self) -> apis::Apis<'_> {
        apis::Apis { conn: &mut *self.conn, only: Some(self.reach.0) }
    }

    /// Its audit log.
    pub fn audit(&mut self) -> audit::AuditLog<'_> {
        audit::AuditLog { conn: &mut *self.conn, only: Some(self.reach.0) }
    }
}
