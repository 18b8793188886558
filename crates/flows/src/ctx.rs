//! [`Ctx`]: all that a flow may use.

use crate::clock::Clock;
use crate::dice::Dice;
use crate::hashing::Hashing;
use crate::keeper::Keeper;
use crate::outside::Outside;
use portvakt_model::{
    AuditId, ChallengeId, DeviceId, Fault, GrantId, Handle, OutboxId, Seconds, SessionId, Timestamp, TokenHash,
};
use portvakt_protocol::certificate::Authorities;
use portvakt_protocol::jose::RsaSize;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_store::Store;
use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the deployment's configuration says to flows.
#[derive(Debug)]
pub struct Settings {
    /// The issuer: `https://login.example`, without a slash at its end.
    pub issuer: String,
    /// What the deployment calls itself where no tenant is known.
    pub name: String,
    /// The budgets of `limits`.
    pub limits: crate::limits::Budgets,
    /// The size of new RSA signing keys.
    pub rsa: RsaSize,
    /// What the deployment offers beyond what all do.
    pub offers: Offers,
    /// Who may vouch for clients' certificates.
    pub authorities: Authorities,
    /// Apps that register themselves.
    pub registration: crate::registration::Registration,
    /// Where weaknesses are reported.
    pub security_contact: Option<String>,
    stopping: AtomicBool,
}

impl Settings {
    /// For an issuer and the deployment's name; budgets as they are by default.
    pub fn new(issuer: String, name: String) -> Self {
        let limits = crate::limits::Budgets::default();
        Self {
            issuer,
            name,
            limits,
            rsa: RsaSize::default(),
            offers: Offers::default(),
            authorities: Authorities::default(),
            registration: crate::registration::Registration::default(),
            security_contact: None,
            stopping: AtomicBool::new(false),
        }
    }

    /// Somebody asked us to stop: from now on we are not ready.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked us to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// Everything a flow may use. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub dice: Dice,
    /// What is kept in memory: keys, apps, APIs, tenants.
    pub keeper: Keeper,
    /// The password hashing threads.
    pub hashing: Hashing,
    /// The world.
    pub outside: Arc<dyn Outside>,
    /// The configuration.
    pub settings: Arc<Settings>,
}

impl Ctx {
    /// SHA-256 of a handle, as the database knows it.
    pub fn hash(handle: &Handle) -> TokenHash {
        Self::hash_bytes(handle.bytes())
    }

    /// SHA-256 of any secret text that has 256 bits of its own.
    pub fn hash_bytes(bytes: &[u8]) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
        TokenHash(hash)
    }

    /// Seals a value into a handle that travels: `kind` and `bound` must be the same to open it.
    pub fn seal<T: Serialize>(
        &self,
        kind: &'static str,
        bound: &[u8],
        until: Timestamp,
        value: &T,
    ) -> Result<String, Fault> {
        let plain = serde_json::to_vec(value).map_err(Fault::broken)?;
        self.keeper.keys().seal(kind, bound, until, &plain, self.dice.bytes()?)
    }

    /// Opens a sealed handle; `None` for anything that was not sealed here, for this, or is too old.
    pub fn open<T: DeserializeOwned>(&self, kind: &'static str, bound: &[u8], text: &str, now: Timestamp) -> Option<T> {
        let plain = self.keeper.keys().open(kind, bound, text, now)?;
        serde_json::from_slice(&plain).ok()
    }

    /// A time-ordered id for a grant.
    pub fn grant_id(&self, now: Timestamp) -> Result<GrantId, Fault> {
        Ok(GrantId::ordered(now, &self.dice.bytes()?))
    }
    /// A time-ordered id for a session.
    pub fn session_id(&self, now: Timestamp) -> Result<SessionId, Fault> {
        Ok(SessionId::ordered(now, &self.dice.bytes()?))
    }
    /// A time-ordered id for an audit row.
    pub fn audit_id(&self, now: Timestamp) -> Result<AuditId, Fault> {
        Ok(AuditId::ordered(now, &self.dice.bytes()?))
    }
    /// A time-ordered id for an outbox row.
    pub fn outbox_id(&self, now: Timestamp) -> Result<OutboxId, Fault> {
        Ok(OutboxId::ordered(now, &self.dice.bytes()?))
    }
    /// A time-ordered id for a challenge.
    pub fn challenge_id(&self, now: Timestamp) -> Result<ChallengeId, Fault> {
        Ok(ChallengeId::ordered(now, &self.dice.bytes()?))
    }
    /// A random id for a device.
    pub fn device_id(&self) -> Result<DeviceId, Fault> {
        Ok(DeviceId::random(self.dice.bytes()?))
    }
}

/// How long a person may take over a sign-in, from the app's request to its end.
pub const FLOW_LIFETIME: Seconds = Seconds::minutes(30);
/// How long a code is good.
pub const CODE_LIFETIME: Seconds = Seconds(60);
/// How long `id_tokens` are good, and access tokens that no API sets a lifetime for.
pub const TOKEN_LIFETIME: Seconds = Seconds::minutes(10);
