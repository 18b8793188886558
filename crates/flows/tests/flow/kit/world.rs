//! [`World`]: one deployment, and what operators and apps do in it.

use super::browser::Browser;
use super::database::{Database, THREADS};
use super::outside::{Letterbox, TestKey};
use super::template::{self, ISSUER, Known, NOW};
use portvakt_credentials::password::{Hasher, Parameters};
use portvakt_flows::hashing::Hashing;
use portvakt_flows::keeper::Keeper;
use portvakt_flows::outside::{Fetch, FetchFault, Fetched, Letter, MailFault, Outside};
use portvakt_flows::{Clock, Ctx, Dice, Settings, account, jobs, tenant};
use portvakt_model::audit::AuditEvent;
use portvakt_model::{Account, Fault, Message, PolicyDocument, Seconds, Session, Tenant};
use portvakt_protocol::jose::RsaSize;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_store::{Counted, Deployment, Tx};
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::task::{Context, Wake, Waker};
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

/// Rings when a flow that waits may go on.
struct Bell(Sender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Later rings are heard by nobody.
        let _ = self.0.send(());
    }
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
    hashing_at(Parameters::FLOOR)
}

/// One hashing thread whose hashes cost that much.
pub fn hashing_at(parameters: Parameters) -> Hashing {
    Hashing::start(vec![Hasher::new(parameters).unwrap()]).unwrap()
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

    /// Another node of the same deployment, which knows what there is now.
    pub fn another_node(&self) -> Ctx {
        let (store, dice) = (self.ctx.store.clone(), Dice::default());
        let keeper = Keeper::open(store, Arc::new(TestKey), &dice, RsaSize::default(), NOW);
        Ctx { keeper: self.run(keeper), ..self.ctx.clone() }
    }

    /// The same deployment, with more on offer.
    pub fn offering(mut self, offers: Offers) -> Self {
        let mut settings = Settings::new(ISSUER.to_owned(), "Portvakt".to_owned());
        settings.offers = offers;
        self.ctx.settings = Arc::new(settings);
        self
    }

    /// Ends the deployment and keeps its database.
    pub(super) fn close(self) -> Database {
        self.database
    }

    /// Waits for a flow, and expects no fault.
    pub fn run<T>(&self, flow: impl Future<Output = Result<T, Fault>>) -> T {
        self.runtime.block_on(flow).unwrap()
    }

    /// Runs a flow, and lets `meanwhile` happen once its first look at the database is done and before it goes on:
    /// what it then acts on is true no more.
    pub fn overtaken<T>(&self, flow: impl Future<Output = Result<T, Fault>>, meanwhile: impl FnOnce()) -> T {
        let (bell, rung) = channel();
        let waker = Waker::from(Arc::new(Bell(bell)));
        let mut flow = pin!(flow);
        {
            let _inside = self.runtime.enter();
            // While every reading thread is held, no look can be done before it was begun.
            let held = Arc::new(Barrier::new(THREADS as usize + 1));
            let mut held_up: Vec<_> = (0..THREADS)
                .map(|_| {
                    let held = Arc::clone(&held);
                    Box::pin(self.ctx.store.read(move |_| {
                        held.wait();
                        Ok(())
                    }))
                })
                .collect();
            for one in &mut held_up {
                assert!(one.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
            assert!(flow.as_mut().poll(&mut Context::from_waker(&waker)).is_pending(), "it never looks");
            held.wait();
            rung.recv().unwrap();
        }
        meanwhile();
        self.run(flow)
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

    /// The job that tells people of guesses at their passwords does all it has to; gives how many were told.
    pub fn warnings(&self) -> usize {
        std::iter::from_fn(|| Some(self.run(jobs::warnings::run(&self.ctx))).filter(|told| *told > 0)).sum()
    }

    /// For how many seconds a counter is held.
    pub fn held(&self, key: &'static str) -> u32 {
        let now = self.ctx.clock.now();
        let until = self.read(move |tx| tx.limits().held(&[key], now));
        until.map_or(0, |until| portvakt_flows::limits::wait(until, now).0)
    }

    /// Makes the mail server refuse the next letter.
    pub fn mail_fails(&self, fault: MailFault) {
        self.letterbox.fail(fault);
    }

    /// A JSON document stands at `url` from now on.
    pub fn serve_json(&self, url: &str, document: &serde_json::Value) {
        let (content_type, body) = (Some("application/json".to_owned()), document.to_string().into_bytes());
        self.serve(url, Ok(Fetched { status: 200, content_type, max_age: None, body }));
    }

    /// Says which text stands at `url` from now on.
    pub fn serve_text(&self, url: &str, text: &str) {
        let (content_type, body) = (Some("text/plain".to_owned()), text.as_bytes().to_vec());
        self.serve(url, Ok(Fetched { status: 200, content_type, max_age: None, body }));
    }

    /// Says what stands at `url` from now on. Where nothing was said, nobody answers.
    pub fn serve(&self, url: &str, answer: Result<Fetched, FetchFault>) {
        self.letterbox.serve(url, answer);
    }

    /// Lets whoever asks for `url` wait until it is let go.
    pub fn hold(&self, url: &str) {
        self.letterbox.hold(url);
    }

    /// Ends the waiting.
    pub fn let_go(&self, url: &str) {
        self.letterbox.let_go(url);
    }

    /// What was asked of the web since the last look.
    pub fn fetches(&self) -> Vec<Fetch> {
        self.letterbox.fetches()
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
        Message::PasswordGuessed { .. }
        | Message::PasswordDisabled { .. }
        | Message::PasswordChanged { .. }
        | Message::NewDevice { .. }
        | Message::OrganisationSignIn => None,
    }
}

/// Turns own sign-in off.
pub fn off(document: &mut PolicyDocument) {
    document.own_sign_in = Some(false);
}
