//! Passwords: what may be one ([`rules`]), and how one is kept ([`hash`]).
//!
//! NIST SP 800-63B-4 §3.1.1: length counts, composition does not; every character may stand in it, and the whole is
//! compared. It is brought to NFKC before anything else, so that two keyboards type the same password.

mod common;
pub mod hash;
mod phc;
pub mod rules;

pub use hash::{Hasher, OutOfBounds, Parameters, Pepper, Peppers};
pub use rules::{Broken, Rules, Word, check};

use portvakt_model::Secret;
use unicode_normalization::UnicodeNormalization as _;

/// The most bytes a password may have; a longer one is refused, never cut.
pub const MAX_BYTES: usize = 1024;

/// The most characters (code points) a password may have, likewise.
pub const MAX_CHARACTERS: usize = 256;

/// How long a password was when it was set: what its hash can't say later. It decides whether it may stand alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthClass {
    /// 8 to 14 characters: only beside a second factor.
    Short,
    /// 15 characters or more: may be the only factor.
    Long,
}

impl LengthClass {
    /// The least number of characters of the class; also what the database keeps.
    pub const fn least(self) -> u16 {
        match self {
            Self::Short => 8,
            Self::Long => 15,
        }
    }

    /// The class that the database kept.
    pub fn of_least(least: u16) -> Option<Self> {
        [Self::Short, Self::Long].into_iter().find(|class| class.least() == least)
    }

    /// The class of a password; `None` for one that is too short or too long for any.
    pub fn of(password: &Secret<String>) -> Option<Self> {
        let length = normal(password)?.reveal().chars().count();
        [Self::Long, Self::Short].into_iter().find(|class| length >= usize::from(class.least()))
    }
}

/// The password in NFKC; `None` if it is too long before or after.
fn normal(password: &Secret<String>) -> Option<Secret<String>> {
    let typed = password.reveal();
    if typed.len() > MAX_BYTES {
        return None;
    }
    // Room for the worst case of NFKC (U+FDFA: three bytes become thirty-three), so that the copy is never moved and
    // no part of it is left behind in memory.
    let mut text = String::with_capacity(if typed.is_ascii() { typed.len() } else { typed.len() * 11 });
    text.extend(typed.nfkc());
    let text = Secret::new(text);
    let fits = text.reveal().len() <= MAX_BYTES && text.reveal().chars().count() <= MAX_CHARACTERS;
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn length_is_counted_in_characters_of_the_normal_form() {
        assert_eq!(LengthClass::of(&secret("1234567")), None);
        assert_eq!(LengthClass::of(&secret("åäöåäöåä")), Some(LengthClass::Short));
        // Eight letters, each with its ring typed apart.
        assert_eq!(LengthClass::of(&secret(&"a\u{30a}".repeat(8))), Some(LengthClass::Short));
        assert_eq!(LengthClass::of(&secret(&"x".repeat(14))), Some(LengthClass::Short));
        assert_eq!(LengthClass::of(&secret(&"x".repeat(15))), Some(LengthClass::Long));
        assert_eq!(LengthClass::of(&secret(&"x".repeat(256))), Some(LengthClass::Long));
    }

    #[test]
    fn too_long_is_refused_and_never_cut() {
        for long in ["x".repeat(257), "x".repeat(1025), "\u{1f600}".repeat(257), "\u{fdfa}".repeat(31)] {
            assert_eq!(LengthClass::of(&secret(&long)), None);
        }
    }

    #[test]
    fn the_kept_class_reads_back() {
        for class in [LengthClass::Short, LengthClass::Long] {
            assert_eq!(LengthClass::of_least(class.least()), Some(class));
        }
        assert_eq!(LengthClass::of_least(9), None);
    }
}
