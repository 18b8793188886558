//! A database per test, nodes on it, and nouns to put in.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection, sql_query};
use portvakt_model::app::{AppSettings, RefreshRotation};
use portvakt_model::challenge::{Challenge, ChallengePurpose};
use portvakt_model::key::Algorithm;
use portvakt_model::{
    Account, AccountId, Address, App, AppId, AppKind, ChallengeId, ClaimsRequest, ClientAuthMethod, Contact, Demand,
    Fault, GrantId, Method, PolicyDocument, Profile, Proof, Seconds, Secret, SenderKey, Session, SessionId,
    SignInFacts, Slug, Tenant, TenantId, Timestamp, TokenHash,
};
use portvakt_policy::{Admitted, Binding, Entering, Facts, Rules, admit};
use portvakt_store::{Counted, Counts, Deployment, NewGrant, NewSession, Options, PasswordRow, Store, Tx};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The instant at which tests happen.
pub const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// Runs the named tests on both databases, each in a world of its own.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test(&crate::kit::World::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $test() { if let Some(world) = crate::kit::World::postgres() { super::$test(&world); } })+
        }
    };
}
pub(crate) use on_both;

/// A number that no other row has, as bytes.
pub fn unique() -> [u8; 16] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// A hash that no other handle has.
pub fn hash() -> TokenHash {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&unique());
    TokenHash(bytes)
}

/// Waits for a future on a runtime of its own.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// One database with one node on it.
pub struct World {
    pub options: Options,
    pub counts: Arc<Counts>,
    store: Option<Store>,
    place: Place,
}

enum Place {
    File(PathBuf),
    Database { server: String, name: String },
}

impl World {
    /// A new SQLite file with the schema.
    pub fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let (world, copy) = (Self::empty_sqlite(), Self::empty_sqlite());
            world.node().migrate().unwrap();
            world.sql(&format!("vacuum into '{}'", copy.path().display()));
            std::fs::read(copy.path()).unwrap()
        });
        let world = Self::empty_sqlite();
        std::fs::write(world.path(), template).unwrap();
        world.opened()
    }

    fn path(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Database { .. } => panic!("a database on a server is no file"),
        }
    }

    /// A new SQLite file with nothing in it, not opened yet.
    pub fn empty_sqlite() -> Self {
        let name = format!("contract-{}-{}.db", std::process::id(), u128::from_be_bytes(unique()));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self::new(format!("sqlite:{}", path.display()), Place::File(path))
    }

    /// A new PostgreSQL database with the schema; `None` if PostgreSQL is left out on purpose.
    pub fn postgres() -> Option<Self> {
        Self::on_server(Some("portvakt_contract_template")).map(Self::opened)
    }

    /// A new PostgreSQL database with nothing in it, not opened yet.
    pub fn empty_postgres() -> Option<Self> {
        Self::on_server(None)
    }

    fn on_server(template: Option<&str>) -> Option<Self> {
        static TEMPLATE: Mutex<bool> = Mutex::new(false);
        let Ok(server) = std::env::var("PORTVAKT_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("PORTVAKT_TEST_SQLITE_ONLY").as_deref(),
                Ok("1"),
                "set PORTVAKT_TEST_POSTGRES to a server, or PORTVAKT_TEST_SQLITE_ONLY=1 to leave PostgreSQL out"
            );
            return None;
        };
        let server = server.strip_suffix("/postgres").unwrap_or(&server).to_owned();
        let name = format!("portvakt_contract_{}_{}", std::process::id(), u128::from_be_bytes(unique()));
        let mut admin = PgConnection::establish(&format!("{server}/postgres")).unwrap();
        let mut made = TEMPLATE.lock().unwrap();
        // Other test programs on this server wait here: nobody may be connected to a template that is copied.
        sql_query("select pg_advisory_lock(1)").execute(&mut admin).unwrap();
        if let Some(template) = template {
            if !*made {
                admin.batch_execute(&format!("drop database if exists {template} with (force)")).unwrap();
                admin.batch_execute(&format!("create database {template}")).unwrap();
                Store::open(Options::new(format!("{server}/{template}"))).unwrap().migrate().unwrap();
                *made = true;
            }
            let others = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{template}'");
            let copy = format!("create database {name} template {template}");
            let copied = (0..100).any(|_| {
                sql_query(&others).execute(&mut admin).unwrap();
                sql_query(&copy).execute(&mut admin).is_ok()
            });
            assert!(copied, "somebody holds on to the template");
        } else {
            admin.batch_execute(&format!("create database {name}")).unwrap();
        }
        Some(Self::new(format!("{server}/{name}"), Place::Database { server, name }))
    }

    fn new(url: String, place: Place) -> Self {
        let counts = Arc::new(Counts::default());
        let options = Options { threads: 3, observer: Some(Arc::clone(&counts)), ..Options::new(url) };
        Self { options, counts, store: None, place }
    }

    fn opened(mut self) -> Self {
        self.store = Some(self.node());
        self
    }

    /// Another node on the same database.
    pub fn node(&self) -> Store {
        Store::open(self.options.clone()).unwrap()
    }

    /// The node.
    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::File(_))
    }

    /// Writes, and expects no fault.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        run(self.store().write(work)).unwrap()
    }

    /// Reads, and expects no fault.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        run(self.store().read(work)).unwrap()
    }

    /// What `work` cost.
    pub fn cost<T>(&self, work: impl FnOnce(&Self) -> T) -> (T, Counted) {
        let before = self.counts.snapshot();
        let value = work(self);
        (value, self.counts.since(before))
    }

    /// Runs SQL past the store.
    pub fn sql(&self, sql: &str) {
        match &self.place {
            Place::File(path) => {
                let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
                // A node that was dropped a moment ago may still be closing the file.
                conn.batch_execute("pragma busy_timeout = 20000").unwrap();
                conn.batch_execute(sql).unwrap();
            }
            Place::Database { .. } => PgConnection::establish(&self.options.url).unwrap().batch_execute(sql).unwrap(),
        }
    }

    /// The texts that a query gives, past the store.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let lines: Vec<Line> = match &self.place {
            Place::File(path) => {
                sql_query(sql).load(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap()).unwrap()
            }
            Place::Database { .. } => {
                sql_query(sql).load(&mut PgConnection::establish(&self.options.url).unwrap()).unwrap()
            }
        };
        lines.into_iter().map(|line| line.line).collect()
    }

    /// Cuts every connection that the nodes have; PostgreSQL only.
    pub fn cut_connections(&self) {
        if let Place::Database { server, name } = &self.place {
            let mut admin = PgConnection::establish(&format!("{server}/postgres")).unwrap();
            sql_query(format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"))
                .execute(&mut admin)
                .unwrap();
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.store = None;
        match &self.place {
            Place::File(path) => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{end}", path.display()));
                }
            }
            Place::Database { server, name } => {
                let admin = PgConnection::establish(&format!("{server}/postgres"));
                let _ = admin.map(|mut admin| admin.batch_execute(&format!("drop database {name} with (force)")));
            }
        }
    }
}

/// An account without a home.
pub fn account() -> Account {
    let id = AccountId::random(unique());
    Account {
        id,
        sub: format!("sub-{id}"),
        home: None,
        name: "Åsa Öberg".to_owned(),
        language: None,
        profile: Profile::default(),
        facts_version: 1,
        disabled_at: None,
        created_at: NOW,
    }
}

/// A verified primary address of an account.
pub fn address(account: AccountId, lookup: &str) -> Address {
    Address { account, lookup: lookup.to_owned(), stored: lookup.to_owned(), verified_at: Some(NOW), primary: true }
}

/// A tenant.
pub fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId::random(unique()),
        slug: Slug::parse(slug).unwrap(),
        name: slug.to_owned(),
        language: None,
        contact: Contact::default(),
        mail_sender: None,
        suspended_at: None,
        created_at: NOW,
    }
}

/// A relying app of the operator.
pub fn app() -> App {
    let id = AppId::random(unique());
    App {
        id,
        client_id: format!("app_{id}"),
        tenant: None,
        name: "HRM".to_owned(),
        kind: AppKind::Web,
        settings: settings(),
        secrets: Vec::new(),
        version: 1,
        created_at: NOW,
    }
}

/// What such an app registers.
pub fn settings() -> AppSettings {
    AppSettings {
        auth_method: ClientAuthMethod::ClientSecretBasic,
        redirect_uris: vec!["https://hrm.example/callback".to_owned()],
        post_logout_redirect_uris: Vec::new(),
        origins: Vec::new(),
        first_party: true,
        refresh: true,
        rotation: RefreshRotation::Rotate,
        id_token_alg: Algorithm::Rs256,
        require_pkce: true,
        default_api: None,
        own_scopes: Vec::new(),
        default_acr_values: Vec::new(),
        default_max_age: Some(Seconds(3600)),
        client_uri: None,
        policy_uri: None,
        tos_uri: None,
        ..AppSettings::default()
    }
}

/// A one-time link to an address.
pub fn challenge(address: &str) -> Challenge {
    Challenge {
        id: ChallengeId::ordered(NOW, &unique()[6..].try_into().unwrap()),
        purpose: ChallengePurpose::ResetPassword,
        handle: hash(),
        account: None,
        address: address.to_owned(),
        browser: Some(hash()),
        request: Some("sealed".to_owned()),
        facts: 1,
        created_at: NOW,
        expires_at: NOW.after(Seconds::minutes(30)),
        spent_at: None,
    }
}

/// Who passed the gate with a password, under a deployment's policy.
pub fn admitted_under(account: AccountId, document: PolicyDocument) -> Admitted {
    admitted_by(account, document, 1)
}

/// Who passed the gate with a password when the account's facts were of this version.
pub fn admitted_at(account: AccountId, facts_version: i64) -> Admitted {
    admitted_by(account, PolicyDocument::default(), facts_version)
}

fn admitted_by(account: AccountId, document: PolicyDocument, facts_version: i64) -> Admitted {
    let rules = Rules { deployment: Binding { version: 4, document }, home: None };
    let facts = Facts {
        account,
        facts_version,
        disabled: false,
        home_suspended: false,
        app_version: 1,
        session: None,
        chain: None,
    };
    admit(&rules, &facts, &proofs(), &Demand::default(), Entering::Nothing, NOW).unwrap()
}

/// Who passed the gate with a password, under the built-in policy.
pub fn admitted(account: AccountId) -> Admitted {
    admitted_under(account, PolicyDocument::default())
}

/// A password, just given.
pub fn proofs() -> Vec<Proof> {
    vec![Proof::new(Method::Password, NOW)]
}

/// A password as it is kept.
pub fn password(account: AccountId, hash: &str) -> PasswordRow {
    PasswordRow {
        account,
        hash: Secret::new(hash.to_owned()),
        pepper_version: 1,
        length_class: 8,
        rule: 2,
        set_at: NOW,
        failures: 0,
        disabled_at: None,
    }
}

/// A session to be opened.
pub fn new_session() -> NewSession {
    NewSession {
        id: SessionId::ordered(NOW, &unique()[6..].try_into().unwrap()),
        handle: hash(),
        device: None,
        proofs: proofs(),
        keep: false,
        description: "Firefox, Windows".to_owned(),
    }
}

/// A grant to be opened.
pub fn new_grant(session: SessionId, app: AppId) -> NewGrant {
    NewGrant {
        id: GrantId::ordered(NOW, &unique()[6..].try_into().unwrap()),
        session,
        app,
        tenant: None,
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        apis: vec!["https://api.example".to_owned()],
        facts: SignInFacts {
            auth_time: NOW,
            acr: "urn:portvakt:acr:one-factor".to_owned(),
            amr: vec!["pwd".to_owned()],
            nonce: Some("n".to_owned()),
            claims: ClaimsRequest::default(),
        },
        sender_key: Some(SenderKey::Certificate([9; 32])),
        offline: false,
        refreshable: true,
        until: NOW.after(Seconds::minutes(10)),
    }
}

/// An account with an address, a session and an app: what most tests begin with.
pub struct Person {
    pub account: AccountId,
    pub session: Session,
    pub handle: TokenHash,
    pub app: AppId,
}

impl World {
    /// Signs somebody in who has this address.
    pub fn person(&self, lookup: &str) -> Person {
        let lookup = lookup.to_owned();
        self.write(move |tx| {
            // Adding the address moves the facts to version 1, which is what `admitted` has seen.
            let (account, app, new) = (Account { facts_version: 0, ..account() }, app(), new_session());
            tx.accounts().insert(&account)?;
            assert!(tx.accounts().add_address(&address(account.id, &lookup), NOW)?);
            tx.apps().insert(&app)?;
            let handle = new.handle;
            let session = tx.sessions().open(&admitted(account.id), new, NOW)?.unwrap();
            Ok(Person { account: account.id, session, handle, app: app.id })
        })
    }
}

/// Long enough for a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(20);
