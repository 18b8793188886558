//! The world outside, scripted: a mail server that is a list, a web that is a map, and a master key that is a constant.

use portvakt_flows::outside::{Answer, Fetch, FetchFault, Fetched, Letter, MailFault, MasterKey, Outside};
use portvakt_model::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use tokio::sync::Notify;

/// A mail server that keeps what it took, and fails when it is told to; and a web of scripted pages.
#[derive(Default)]
pub struct Letterbox {
    taken: Mutex<Vec<Letter>>,
    faults: Mutex<VecDeque<MailFault>>,
    pages: Mutex<HashMap<String, Result<Fetched, FetchFault>>>,
    fetched: Mutex<Vec<Fetch>>,
    held: Mutex<HashSet<String>>,
    moved: Notify,
}

impl Letterbox {
    /// What was taken since the last look.
    pub fn empty(&self) -> Vec<Letter> {
        std::mem::take(&mut *self.taken.lock().unwrap())
    }

    /// Makes the next try fail.
    pub fn fail(&self, fault: MailFault) {
        self.faults.lock().unwrap().push_back(fault);
    }

    /// Says what stands at `url` from now on. Where nothing stands, nobody answers.
    pub fn serve(&self, url: &str, answer: Result<Fetched, FetchFault>) {
        self.pages.lock().unwrap().insert(url.to_owned(), answer);
    }

    /// Lets whoever asks for `url` wait until it is let go.
    pub fn hold(&self, url: &str) {
        self.held.lock().unwrap().insert(url.to_owned());
    }

    /// Ends the waiting.
    pub fn let_go(&self, url: &str) {
        self.held.lock().unwrap().remove(url);
        self.moved.notify_waiters();
    }

    async fn passes(&self, url: &str) {
        loop {
            let moved = self.moved.notified();
            if !self.held.lock().unwrap().contains(url) {
                return;
            }
            moved.await;
        }
    }

    /// What was asked for since the last look.
    pub fn fetches(&self) -> Vec<Fetch> {
        std::mem::take(&mut *self.fetched.lock().unwrap())
    }
}

impl Outside for Letterbox {
    /// Answers only after others had their turn, as a network does.
    fn fetch(&self, request: Fetch) -> Answer<'_, Fetched, FetchFault> {
        Box::pin(async move {
            let answer = self.pages.lock().unwrap().get(&request.url).cloned();
            let url = request.url.clone();
            self.fetched.lock().unwrap().push(request);
            tokio::task::yield_now().await;
            self.passes(&url).await;
            answer.unwrap_or(Err(FetchFault::Connect))
        })
    }

    fn post(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Result<(), MailFault>> + Send + '_>> {
        let fault = self.faults.lock().unwrap().pop_front();
        if fault.is_none() {
            self.taken.lock().unwrap().push(letter);
        }
        let answer = fault.map_or(Ok(()), Err);
        Box::pin(std::future::ready(answer))
    }
}

/// A master key that every test has.
pub struct TestKey;

impl TestKey {
    fn key() -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap())
    }
}

impl MasterKey for TestKey {
    fn wrap(&self, context: &str, key: &[u8; 32], nonce: [u8; 12]) -> Vec<u8> {
        let mut sealed = key.to_vec();
        let (aad, at) = (Aad::from(context.as_bytes()), Nonce::assume_unique_for_key(nonce));
        Self::key().seal_in_place_append_tag(at, aad, &mut sealed).unwrap();
        [nonce.as_slice(), &sealed].concat()
    }

    fn unwrap(&self, context: &str, wrapped: &[u8]) -> Option<Secret<[u8; 32]>> {
        let (nonce, sealed) = wrapped.split_first_chunk::<12>()?;
        let (aad, at) = (Aad::from(context.as_bytes()), Nonce::assume_unique_for_key(*nonce));
        let mut sealed = sealed.to_vec();
        let plain = Self::key().open_in_place(at, aad, &mut sealed).ok()?;
        Some(Secret::new((&*plain).try_into().ok()?))
    }
}
