//! What is kept in memory, bounded: parsed keys, apps, APIs, tenants, their networks. The database's `epoch` goes up with every
//! change to any of them; a node that sees a newer one starts afresh. Own changes are seen at once, those of other nodes
//! within a second. What decides over admission is read in the transaction all the same.

pub mod documents;
pub mod keys;
mod larder;
pub mod pictures;
mod shelf;

use crate::dice::Dice;
use crate::outside::MasterKey;
use documents::Documents;
use keys::Keys;
use pictures::Pictures;
use portvakt_model::{Api, App, DeclaredNetwork, Fault, Tenant, Timestamp};
use portvakt_protocol::jose::RsaSize;
use portvakt_store::Store;
use shelf::Shelf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The most apps, APIs and tenants in memory, each.
const MOST: usize = 10_000;

/// The keeper. Cheap to clone.
#[derive(Clone)]
pub struct Keeper(Arc<Inner>);

struct Inner {
    store: Store,
    master: Arc<dyn MasterKey>,
    keys: RwLock<Arc<Keys>>,
    apps: Shelf<App>,
    apis: Shelf<Api>,
    all_apis: Shelf<Vec<String>>,
    origins: Shelf<Vec<String>>,
    tenants: Shelf<Tenant>,
    networks: RwLock<Arc<Vec<DeclaredNetwork>>>,
    documents: Documents,
    pictures: Pictures,
    epoch: AtomicI64,
}

impl Keeper {
    /// Loads the keys, making those that are missing: data keys for each purpose, RS256 and ES256 signing keys.
    pub async fn open(
        store: Store,
        master: Arc<dyn MasterKey>,
        dice: &Dice,
        rsa: RsaSize,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        keys::ensure(&store, master.as_ref(), dice, rsa, now).await?;
        let epoch = store.read(|tx| tx.epoch().value()).await?;
        let keys = Keys::load(&store, master.as_ref(), dice).await?;
        let networks = store.read(|tx| tx.networks().all()).await?;
        Ok(Self(Arc::new(Inner {
            store,
            master,
            keys: RwLock::new(Arc::new(keys)),
            apps: Shelf::new(MOST),
            apis: Shelf::new(MOST),
            all_apis: Shelf::new(1),
            origins: Shelf::new(1),
            tenants: Shelf::new(MOST),
            networks: RwLock::new(Arc::new(networks)),
            documents: Documents::default(),
            pictures: Pictures::default(),
            epoch: AtomicI64::new(epoch),
        })))
    }

    /// The keys of now.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.0.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The networks that tenants' people come from: loaded beforehand, so that no request pays for them.
    pub fn networks(&self) -> Arc<Vec<DeclaredNetwork>> {
        Arc::clone(&self.0.networks.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The master key.
    pub fn master(&self) -> &dyn MasterKey {
        self.0.master.as_ref()
    }

    /// Looks whether anything changed, here or on another node, and forgets what is old.
    pub async fn refresh(&self, dice: &Dice) -> Result<(), Fault> {
        let epoch = self.0.store.read(|tx| tx.epoch().value()).await?;
        if self.0.epoch.load(Ordering::SeqCst) != epoch {
            let keys = Keys::load(&self.0.store, self.0.master.as_ref(), dice).await?;
            let networks = self.0.store.read(|tx| tx.networks().all()).await?;
            *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            *self.0.networks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(networks);
            self.0.apps.clear();
            self.0.apis.clear();
            self.0.all_apis.clear();
            self.0.origins.clear();
            self.0.tenants.clear();
            // Last: had anything above failed, the next look must try again.
            self.0.epoch.store(epoch, Ordering::SeqCst);
        }
        Ok(())
    }

    /// What apps serve: their key sets above all. No row of ours, so no epoch clears it; it ages by itself.
    pub fn documents(&self) -> &Documents {
        &self.0.documents
    }

    /// Pictures of apps, likewise.
    pub fn pictures(&self) -> &Pictures {
        &self.0.pictures
    }

    /// The app of that `client_id`.
    pub async fn app(&self, client_id: &str) -> Result<Option<Arc<App>>, Fault> {
        let name = client_id.to_owned();
        self.0.apps.get(client_id, || self.0.store.read(move |tx| tx.apps().find_by_client_id(&name))).await
    }

    /// The API of that identifier.
    pub async fn api(&self, identifier: &str) -> Result<Option<Arc<Api>>, Fault> {
        let name = identifier.to_owned();
        self.0.apis.get(identifier, || self.0.store.read(move |tx| tx.apis().find(&name))).await
    }

    /// The API of that identifier, if it is in memory: for who stands in a transaction and reads it there otherwise.
    pub fn api_in_memory(&self, identifier: &str) -> Option<Arc<Api>> {
        self.0.apis.peek(identifier)
    }

    /// Every scope that the operator's APIs know: for discovery.
    pub async fn api_scopes(&self) -> Result<Arc<Vec<String>>, Fault> {
        let load = || self.0.store.read(|tx| tx.apis().operators_scopes().map(Some));
        Ok(self.0.all_apis.get("", load).await?.unwrap_or_default())
    }

    /// Every origin that an app registered: for preflights, which name no app.
    pub async fn origins(&self) -> Result<Arc<Vec<String>>, Fault> {
        let load = || self.0.store.read(|tx| tx.apps().origins().map(Some));
        Ok(self.0.origins.get("", load).await?.unwrap_or_default())
    }

    /// The tenant of that slug or id.
    pub async fn tenant(&self, name: &str) -> Result<Option<Arc<Tenant>>, Fault> {
        let wanted = name.to_owned();
        let load = move || {
            self.0.store.read(move |tx| match portvakt_model::TenantId::parse(&wanted) {
                Some(id) => tx.tenants().find(id),
                None => match portvakt_model::Slug::parse(&wanted) {
                    Some(slug) => tx.tenants().find_by_slug(&slug),
                    None => Ok(None),
                },
            })
        };
        self.0.tenants.get(name, load).await
    }
}
