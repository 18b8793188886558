//! [`World`]: one deployment, and what operators and apps do in it.

use super::browser::Browser;
use super::database::Database;
use super::outside::{Letterbox, TestKey};
use super::template::{self, ISSUER, Known, NOW};
use portvakt_credentials::password::{Hasher, Parameters};
use portvakt_flows::hashing::Hashing;
use portvakt_flows::keeper::Keeper;
use portvakt_flows::outside::{Letter, MailFault, Outside};
use portvakt_flows::{Clock, Ctx, Dice, Settings, account, jobs, tenant};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Account, Fault, Message, PolicyDocument, Seconds, Session, Tenant};
use portvakt_protocol::jose::RsaSize;
use portvakt_store::{Counted, Deployment, Tx};
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// One deployment.
pub struct World {
    pub ctx: Ctx,
    pub(super) known: Known,
    letterbox: Arc<Letterbox>,
    runtime: Runtime,
    _threads: Threads,
    pub(super) database: Database,
}

/// Ends the hashing threads with the world.
struct Threads(Hashing);

impl Drop for Threads {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// One hashing thread.
pub fn hashing() -> Hashing {
    Hashing::start(vec![Hasher::new(Parameters::FLOOR).unwrap()]).unwrap()
}

impl World {
    /// A furnished deployment on SQLite.
    pub fn sqlite() -> Self {
        let (database, known) = template::file();
        Self::on(database, known)
    }

    /// A furnished deployment on PostgreSQL; `None` if PostgreSQL is left out on purpose.
    pub fn postgres() -> Option<Self> {
        template::on_server().map(|(database, known)| Self::on(database, known))
    }

    pub(super) fn on(database: Database, known: Known) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let store = database.open();
        store.migrate().unwrap();
        let (clock, dice, letterbox) = (Clock::fixed(NOW), Dice::default(), Arc::new(Letterbox::default()));
        let keeper = Keeper::open(store.clone(), Arc::new(TestKey), &dice, RsaSize::default(), NOW);
        let keeper = runtime.block_on(keeper).unwrap();
        let hashing = Hashing::start(vec![Hasher::new(Parameters::FLOOR).unwrap()]).unwrap();
        let settings = Settings::new(ISSUER.to_owned(), "Portvakt".to_owned());
        let threads = Threads(hashing.clone());
        let outside: Arc<dyn Outside> = Arc::<Letterbox>::clone(&letterbox);
        let ctx = Ctx { store, clock, dice, keeper, hashing, outside, settings: Arc::new(settings) };
        Self { ctx, known, letterbox, runtime, _threads: threads, database }
    }

    /// Ends the deployment and keeps its database.
    pub(super) fn close(self) -> Database {
        self.database
    }

    /// Waits for a flow, and expects no fault.
    pub fn run<T>(&self, flow: impl Future<Output = Result<T, Fault>>) -> T {
        self.runtime.block_on(flow).unwrap()
    }

    /// Runs flows at the same time, and expects no fault.
    pub fn at_once<T: Send + 'static, F: Future<Output = Result<T, Fault>> + Send + 'static>(
        &self,
        flows: impl IntoIterator<Item = F>,
    ) -> Vec<T> {
        self.runtime.block_on(async {
            let mut set: JoinSet<Result<T, Fault>> = flows.into_iter().collect();
            let mut results = Vec::new();
            while let Some(result) = set.join_next().await {
                results.push(result.unwrap().unwrap());
            }
            results
        })
    }

    /// Writes past the flows.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.run(self.ctx.store.write(work))
    }

    /// Reads past the flows.
    pub fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_, Deployment>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.run(self.ctx.store.read(work))
    }

    /// What `work` cost: statements and commits.
    pub fn cost<T>(&self, work: impl FnOnce() -> T) -> (T, (u64, u64)) {
        let before = self.database.counts.snapshot();
        let value = work();
        let Counted { statements, commits } = self.database.counts.since(before);
        (value, (statements, commits))
    }

    /// Time goes by.
    pub fn later(&self, length: Seconds) {
        self.ctx.clock.advance(length);
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// The account with that address.
    pub fn account(&self, address: &str) -> Account {
        self.run(account::find(&self.ctx, address)).unwrap().0
    }

    /// Switches an account off or on.
    pub fn disable(&self, address: &str, disabled: bool) {
        self.run(account::set_disabled(&self.ctx, address, disabled)).unwrap();
    }

    /// The tenant of that slug.
    pub fn tenant(&self, slug: &str) -> Arc<Tenant> {
        self.run(tenant::find(&self.ctx, slug)).unwrap()
    }

    /// Changes a tenant's policy, or the deployment's.
    pub fn policy(&self, tenant: Option<&str>, change: impl FnOnce(&mut PolicyDocument) + Send + 'static) {
        let change = |mut document: PolicyDocument| {
            change(&mut document);
            document
        };
        self.run(tenant::set_policy(&self.ctx, tenant, change)).unwrap();
    }

    /// The account's live sessions.
    pub fn sessions(&self, address: &str) -> Vec<Session> {
        let (id, now) = (self.account(address).id, self.ctx.clock.now());
        self.read(move |tx| tx.sessions().list(id, now))
    }

    /// How many lines the audit log has.
    pub fn audited(&self) -> usize {
        self.read(|tx| tx.audit().list(100_000)).len()
    }

    /// How often something happened, as the audit log has it.
    pub fn happened(&self, event: AuditEvent) -> usize {
        self.read(|tx| tx.audit().list(100_000)).iter().filter(|row| row.audit.event == event).count()
    }

    /// The outbox's worker does one slice; gives how many rows it took.
    pub fn worker(&self) -> usize {
        self.run(jobs::outbox::run(&self.ctx))
    }

    /// Makes the mail server refuse the next letter.
    pub fn mail_fails(&self, fault: MailFault) {
        self.letterbox.fail(fault);
    }

    /// Everything that waits is delivered: what came since the last look.
    pub fn letters(&self) -> Vec<Letter> {
        while self.worker() > 0 {}
        self.letterbox.empty()
    }

    /// The handle of the link in the newest letter that has one.
    pub fn mailed_link(&self) -> Option<String> {
        self.letters().iter().rev().find_map(|letter| handle_of(&letter.message))
    }
}

/// The handle in a message's link.
fn handle_of(message: &Message) -> Option<String> {
    match message {
        Message::PasswordLink { link, .. } | Message::SignInLink { link, .. } => {
            link.split_once("?h=").map(|(_, handle)| handle.to_owned())
        }
        Message::PasswordChanged { .. } | Message::NewDevice { .. } | Message::OrganisationSignIn => None,
    }
}

/// Turns own sign-in off.
pub fn off(document: &mut PolicyDocument) {
    document.own_sign_in = Some(false);
}
