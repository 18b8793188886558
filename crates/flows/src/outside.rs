//! The two doors to the world that flows go through; `portvakt` implements them.

use portvakt_model::{Language, Message, Secret};
use std::future::Future;
use std::pin::Pin;

/// The master key: wraps data keys and nothing else. It lives in a file, and later in a module or a service.
pub trait MasterKey: Send + Sync {
    /// Wraps a data key; `context` says what it is for, and unwrapping it as anything else fails.
    fn wrap(&self, context: &str, key: &[u8; 32], nonce: [u8; 12]) -> Vec<u8>;
    /// Unwraps a data key; `None` if it was wrapped by another master key or for another context.
    fn unwrap(&self, context: &str, wrapped: &[u8]) -> Option<Secret<[u8; 32]>>;
}

/// A mail that is to go out now.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Where to: the stored form of the address.
    pub recipient: String,
    /// The person's name.
    pub name: String,
    /// The person's language.
    pub language: Language,
    /// Who is asking: the tenant, or the deployment.
    pub organisation: String,
    /// The tenant's own sender, if it has one.
    pub sender: Option<String>,
    /// What it says.
    pub message: Message,
    /// The same for every try to deliver this letter.
    pub idempotency: String,
}

/// Why a mail did not go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFault {
    /// Try again later.
    Passing(String),
    /// Trying again is useless: the address or the letter is refused.
    Lasting(String),
}

/// The outside world.
pub trait Outside: Send + Sync {
    /// Hands a letter to the mail server; done when the server has taken it.
    fn post(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Result<(), MailFault>> + Send + '_>>;
}
