//! The dice: the only place that draws randomness (but for RSA keys, whose library draws its own).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Fault, Handle};
use ring::rand::{SecureRandom, SystemRandom};

/// The operating system's randomness.
#[derive(Debug, Clone)]
pub struct Dice(SystemRandom);

impl Default for Dice {
    #[expect(clippy::disallowed_methods, reason = "these are the dice that everybody else is handed")]
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Dice {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).map_err(|_| Fault::broken("the system gives no randomness"))?;
        Ok(bytes)
    }

    /// A new 256-bit handle.
    pub fn handle(&self) -> Result<Handle, Fault> {
        self.bytes().map(Handle::new)
    }

    /// 22 base64url characters: 128 random bits.
    pub fn short_text(&self) -> Result<String, Fault> {
        Ok(URL_SAFE_NO_PAD.encode(self.bytes::<16>()?))
    }

    /// For the libraries that want the source itself.
    pub fn source(&self) -> &dyn SecureRandom {
        &self.0
    }
}
