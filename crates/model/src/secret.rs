//! Secrets have no face: nothing here prints, compares early or outlives its use.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize;

/// A value that must never be shown: no `Display`, `[secret]` in `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Hides `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }
    /// The value itself, for the one place that must use it.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A 256-bit random handle as a browser or program carries it (cookie, link, client secret). Stored only as its
/// [`TokenHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Handle([u8; 32]);

impl Handle {
    /// From thirty-two random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Reads the 43-character base64url form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
    /// The base64url form that goes on the wire.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
    /// The raw bytes, for hashing.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[handle]")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// SHA-256 of a handle: what the database keeps and is asked by. `==` takes the same time for every pair.
#[derive(Clone, Copy, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The first eight bytes in hexadecimal: enough to tell lines of a log apart, too little to look anything up by.
    pub fn short_text(&self) -> String {
        use std::fmt::Write as _;
        self.0.iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash]")
    }
}

/// Constant-time comparison of two byte strings: the only one allowed for secrets.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing() {
        let secret = Secret::new(String::from("hemligt"));
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(format!("{:?} {:?}", Handle::new([1; 32]), TokenHash([1; 32])), "[handle] [hash]");
    }

    #[test]
    fn a_handle_reads_back_only_its_own_form() {
        let handle = Handle::new([9; 32]);
        assert_eq!(Handle::parse(&handle.text()), Some(handle.clone()));
        for wrong in [String::new(), handle.text() + "A", handle.text().replacen('C', "%", 1), "é".repeat(21) + "x"] {
            assert_eq!(Handle::parse(&wrong), None);
        }
        // The last character carries two bits that must be zero: otherwise one handle would have several spellings.
        let mut other = handle.text();
        other.pop();
        assert_eq!(Handle::parse(&(other + "l")), None);
    }

    #[test]
    fn comparison_sees_every_byte() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
