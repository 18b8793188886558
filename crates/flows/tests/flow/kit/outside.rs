//! The world outside, scripted: a mail server that is a list, and a master key that is a constant.

use portvakt_flows::outside::{Letter, MailFault, MasterKey, Outside};
use portvakt_model::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

/// A mail server that keeps what it took, and fails when it is told to.
#[derive(Default)]
pub struct Letterbox {
    taken: Mutex<Vec<Letter>>,
    faults: Mutex<VecDeque<MailFault>>,
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
}

impl Outside for Letterbox {
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
