//! The keys in memory: data keys, one ring per purpose, and parsed signing keys.

use crate::dice::Dice;
use crate::outside::MasterKey;
use portvakt_credentials::password::Peppers;
use portvakt_model::key::{DataKeyRow, PastKeyRow, Purpose, SigningKeyRow, VOUCHES};
use portvakt_model::{Algorithm, Fault, Seconds, TenantId, Timestamp};
use portvakt_protocol::jose::{
    Claims, Expect, Jwk, Jwks, PublicKey, Refused, RsaSize, SigningKey, VerifyingKey, verify,
};
use portvakt_protocol::seal::{Cell, Keyring, Sealer};
use portvakt_store::Store;
use std::collections::BTreeMap;

/// How long a retired key stays published: longer than any token it signed.
pub const RETIRED_STAYS: Seconds = Seconds::hours(24);

/// A signing key that is in use, to come, or retired but published.
pub struct LiveKey {
    /// The parsed key.
    pub key: SigningKey,
    /// From when it signs.
    pub active_from: Timestamp,
    /// Since when it does not.
    pub retired_at: Option<Timestamp>,
}

/// All keys of the deployment.
pub struct Keys {
    seal: Sealer,
    rest: Sealer,
    refresh: Keyring,
    peppers: Peppers,
    mark: Keyring,
    sector: Keyring,
    signing: Vec<(Algorithm, LiveKey)>,
    verifying: Vec<VerifyingKey>,
    past: Vec<(Timestamp, VerifyingKey)>,
}

impl Keys {
    pub(super) async fn load(store: &Store, master: &dyn MasterKey, dice: &Dice) -> Result<Self, Fault> {
        let (data, signing, past) =
            store.read(|tx| Ok((tx.keys().data_keys()?, tx.keys().signing_keys()?, tx.keys().past_keys()?))).await?;
        let mut rings: BTreeMap<Purpose, Keyring> = BTreeMap::new();
        for purpose in Purpose::ALL {
            rings.insert(purpose, ring(purpose, &data, master)?);
        }
        let mut take = |purpose| rings.remove(&purpose).ok_or_else(|| Fault::broken("a data key is missing"));
        let rest = Sealer::new(&take(Purpose::Rest)?)?;
        let mut live = Vec::new();
        for row in signing {
            let pkcs8 = rest.open_row(&cell(&row.kid), &row.sealed).map_err(|_| {
                Fault::broken(format_args!("signing key {} cannot be opened: is it from another deployment?", row.kid))
            })?;
            let key = SigningKey::from_pkcs8(row.algorithm, pkcs8.reveal(), dice.source())?;
            live.push((row.algorithm, LiveKey { key, active_from: row.active_from, retired_at: row.retired_at }));
        }
        live.sort_by_key(|(_, key)| std::cmp::Reverse(key.active_from));
        let verifying = live.iter().map(|(_, key)| key.key.verifying_key()).collect::<Result<_, _>>()?;
        let past = past.iter().map(past_key).collect::<Result<_, _>>()?;
        Ok(Self {
            seal: Sealer::new(&take(Purpose::Seal)?)?,
            refresh: take(Purpose::Refresh)?,
            peppers: peppers(&data, master)?,
            mark: take(Purpose::Mark)?,
            sector: take(Purpose::Sector)?,
            rest,
            signing: live,
            verifying,
            past,
        })
    }

    /// Seals a travelling handle.
    pub fn seal(
        &self,
        kind: &'static str,
        bound: &[u8],
        until: Timestamp,
        plain: &[u8],
        nonce: [u8; 12],
    ) -> Result<String, Fault> {
        self.seal.seal(kind, bound, until, plain, nonce)
    }

    /// Opens a travelling handle; `None` for whatever is not ours, not for this, or too old.
    pub fn open(&self, kind: &'static str, bound: &[u8], text: &str, now: Timestamp) -> Option<Vec<u8>> {
        self.seal.open(kind, bound, text, now).ok()
    }

    /// Seals values at rest.
    pub fn rest(&self) -> &Sealer {
        &self.rest
    }

    /// The keys that make and read refresh tokens.
    pub fn refresh(&self) -> &Keyring {
        &self.refresh
    }

    /// The keys of the step before password hashing.
    pub fn peppers(&self) -> &Peppers {
        &self.peppers
    }

    /// The key of short marks (CSRF tokens).
    pub fn mark(&self) -> &[u8; 32] {
        self.mark.current().1
    }

    /// The key behind the `sub` of each sector: the first there was, whatever came after it.
    pub fn sector(&self) -> Result<&[u8; 32], Fault> {
        self.sector.key(1).ok_or_else(|| Fault::broken("the key of the sectors is missing"))
    }

    /// The key that signs with `algorithm` at `now`.
    pub fn signer(&self, algorithm: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        self.signing
            .iter()
            .filter(|(of, key)| *of == algorithm && key.active_from <= now && key.retired_at.is_none_or(|at| now < at))
            .map(|(_, key)| &key.key)
            .next()
    }

    /// All signing keys, newest first, with what they sign with.
    pub fn signing(&self) -> &[(Algorithm, LiveKey)] {
        &self.signing
    }

    /// The keys that verify what we signed.
    pub fn verifying(&self) -> &[VerifyingKey] {
        &self.verifying
    }

    /// Verifies an `id_token` that comes back as a hint, for longer than its key is published: it gives no access, and
    /// only says of whom somebody speaks.
    ///
    /// # Errors
    /// Why it is no hint of ours; an unknown key may be one of ours that is long gone.
    pub fn verify_hint(&self, hint: &str, issuer: &str, now: Timestamp) -> Result<Claims, Refused> {
        let expect = Expect::id_token_hint(issuer);
        match verify(hint, &self.verifying, &expect, now) {
            Err(Refused::UnknownKey) => {
                let vouching = self.past.iter().filter(|(retired_at, _)| now < retired_at.after(VOUCHES));
                let keys: Vec<VerifyingKey> = vouching.map(|(_, key)| key.clone()).collect();
                verify(hint, &keys, &expect, now)
            }
            known => known,
        }
    }

    /// The published key set at `now`: to come, signing, and retired ones until their last token has run out.
    pub fn jwks(&self, now: Timestamp) -> Jwks {
        let published = |key: &LiveKey| key.retired_at.is_none_or(|at| now < at.after(RETIRED_STAYS));
        Jwks {
            keys: self.signing.iter().filter(|(_, key)| published(key)).map(|(_, key)| key.key.public_jwk()).collect(),
        }
    }
}

fn ring(purpose: Purpose, rows: &[DataKeyRow], master: &dyn MasterKey) -> Result<Keyring, Fault> {
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.purpose == purpose) {
        let version = u8::try_from(row.version).map_err(Fault::broken)?;
        let key = master.unwrap(&context(purpose, row.version), &row.wrapped).ok_or_else(|| {
            Fault::broken(
                "the master key does not open this database's keys; put back the key file that this database was made with",
            )
        })?;
        keys.push((version, key));
    }
    let current =
        keys.iter().map(|(version, _)| *version).max().ok_or_else(|| Fault::broken("a data key is missing"))?;
    Keyring::new(current, keys)
}

fn peppers(rows: &[DataKeyRow], master: &dyn MasterKey) -> Result<Peppers, Fault> {
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.purpose == Purpose::Pepper) {
        let key = master.unwrap(&context(Purpose::Pepper, row.version), &row.wrapped);
        keys.push((row.version, key.ok_or_else(|| Fault::broken("the master key does not open the pepper"))?));
    }
    let current = keys.iter().map(|(version, _)| *version).max().unwrap_or(0);
    Peppers::new(current, keys.iter().map(|(version, key)| (*version, key)))
}

fn context(purpose: Purpose, version: i16) -> String {
    format!("portvakt data key {} {version}", purpose.name())
}

fn past_key(row: &PastKeyRow) -> Result<(Timestamp, VerifyingKey), Fault> {
    let public: PublicKey = serde_json::from_str(&row.public_key).map_err(Fault::broken)?;
    let key = VerifyingKey::from_jwk(&Jwk::new(public)).filter(|key| key.kid() == row.kid);
    Ok((row.retired_at, key.ok_or_else(|| Fault::broken(format_args!("past key {} does not read", row.kid)))?))
}

fn cell(kid: &str) -> Cell<'_> {
    Cell { tenant: TenantId::DEPLOYMENT, table: "signing_key", row: kid.as_bytes(), column: "sealed" }
}

/// Makes what is missing: data keys for each purpose, and signing keys for RS256 and ES256. Several nodes that start at
/// once each try; the first one's keys stay.
pub async fn ensure(
    store: &Store,
    master: &dyn MasterKey,
    dice: &Dice,
    rsa: RsaSize,
    now: Timestamp,
) -> Result<(), Fault> {
    let have = store.read(|tx| tx.keys().data_keys()).await?;
    let mut missing = Vec::new();
    for purpose in Purpose::ALL {
        if !have.iter().any(|row| row.purpose == purpose) {
            let key: [u8; 32] = dice.bytes()?;
            let wrapped = master.wrap(&context(purpose, 1), &key, dice.bytes()?);
            missing.push(DataKeyRow { purpose, version: 1, wrapped, created_at: now });
        }
    }
    if !missing.is_empty() {
        store
            .write(move |tx| {
                for row in &missing {
                    tx.keys().insert_data_key(row)?;
                }
                Ok(())
            })
            .await?;
    }
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let rows = store.read(|tx| tx.keys().signing_keys()).await?;
        if !rows.iter().any(|row| row.algorithm == algorithm && row.retired_at.is_none()) {
            let made = make(store, master, dice, (algorithm, rsa), (now, now)).await?;
            store.write(move |tx| tx.keys().insert_signing_key(&made)).await?;
        }
    }
    Ok(())
}

/// Makes a signing key, sealed; `times` are now and from when it signs.
pub async fn make(
    store: &Store,
    master: &dyn MasterKey,
    dice: &Dice,
    what: (Algorithm, RsaSize),
    times: (Timestamp, Timestamp),
) -> Result<SigningKeyRow, Fault> {
    let data = store.read(|tx| tx.keys().data_keys()).await?;
    let rest = Sealer::new(&ring(Purpose::Rest, &data, master)?)?;
    let (key, pkcs8) = SigningKey::generate(what.0, what.1, dice.source())?;
    let sealed = rest.seal_row(&cell(key.kid()), pkcs8.reveal(), dice.bytes()?)?;
    Ok(SigningKeyRow {
        kid: key.kid().to_owned(),
        algorithm: what.0,
        sealed,
        created_at: times.0,
        active_from: times.1,
        retired_at: None,
    })
}
