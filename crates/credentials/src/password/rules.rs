//! What may be a password, and what to tell the person who chose one that may not.

use portvakt_model::Secret;

use super::common::{self, Folded};
use super::normal;

/// The least length that any rule may ask for.
const LEAST: u16 = 8;

/// Words shorter than this are found in too many innocent passwords.
const SHORTEST_WORD: usize = 4;

/// Whose word it is that an attacker would try first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// The person's name.
    Name,
    /// A part of the person's address.
    Address,
    /// The organisation's name or domain.
    Organisation,
    /// The product's name.
    Product,
}

/// What a password must meet. No composition rules: they make passwords worse (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    min_length: u16,
    words: Vec<(Word, String)>,
}

/// Why a password is refused; each has its sentence on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// Fewer characters than `min`.
    TooShort {
        /// The least number of characters.
        min: u16,
    },
    /// More than 1024 bytes or 256 characters.
    TooLong,
    /// One that many have chosen, or that follows a pattern anybody tries.
    Common,
    /// Too little is left when this word, which anybody could guess, is taken out.
    Contains(Word),
}

impl Rules {
    /// At least `min_length` characters, never fewer than eight whatever is asked for.
    pub fn new(min_length: u16) -> Self {
        Self { min_length: min_length.max(LEAST), words: Vec::new() }
    }

    /// The least number of characters.
    pub const fn min_length(&self) -> u16 {
        self.min_length
    }

    /// Adds a text whose words are no secret: a name, an address, an organisation, a product. A word that is known
    /// already keeps the meaning it was first given.
    #[must_use]
    pub fn with(mut self, word: Word, text: &str) -> Self {
        for part in text.split(|c: char| !c.is_alphanumeric()) {
            let folded = Folded::of(part).plain();
            let known = self.words.iter().any(|(_, old)| *old == folded);
            if folded.chars().count() >= SHORTEST_WORD && !known {
                self.words.push((word, folded));
            }
        }
        self
    }
}

/// Everything that is wrong with a password; nothing if it may be used.
///
/// Names count for nothing: with the person's and the organisation's words taken out, the rest must still be long
/// enough. So `Nordvik2026!` is refused, and a long sentence that names the town is not.
pub fn check(password: &Secret<String>, rules: &Rules) -> Vec<Broken> {
    let Some(password) = normal(password) else { return vec![Broken::TooLong] };
    let length = password.reveal().chars().count();
    let least = usize::from(rules.min_length);
    let mut broken = Vec::new();
    if length < least {
        broken.push(Broken::TooShort { min: rules.min_length });
    }
    let folded = Folded::of(password.reveal());
    if common::is_common(password.reveal(), &folded, rules.words.iter().map(|(_, word)| word.as_str())) {
        broken.push(Broken::Common);
    }
    let found: Vec<(Word, usize)> = rules.words.iter().map(|(word, text)| (*word, folded.covered_by(text))).collect();
    let covered: usize = found.iter().map(|(_, characters)| characters).sum();
    if covered > 0 && length.saturating_sub(covered) < least && length >= least {
        let mut words: Vec<Word> =
            found.into_iter().filter(|(_, characters)| *characters > 0).map(|(word, _)| word).collect();
        words.sort_unstable();
        words.dedup();
        broken.extend(words.into_iter().map(Broken::Contains));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(min: u16) -> Rules {
        Rules::new(min)
            .with(Word::Name, "Åsa Öberg-Lindqvist")
            .with(Word::Organisation, "Nordvik Kommun AB")
            .with(Word::Product, "Portvakt")
            .with(Word::Address, "asa.oberg@nordvik.se")
    }

    fn judged(password: &str, min: u16) -> Vec<Broken> {
        check(&Secret::new(password.to_owned()), &rules(min))
    }

    #[test]
    fn good_passwords_pass_whatever_they_are_made_of() {
        for good in [
            "korrekt häst batteri häftstift",
            "vaktmästaren cyklar baklänges",
            "fjällräven äter smörgåstårta",
            "kQ7vR2mZx9Lp4Wd",
            "正しい馬の電池とホッチキスの針です",
            "i nordvik bor det en glad brevbärare",
            "🐴🔋📎🧷🪴🎺🦑🪁🧀🚲🌋🪵🦉🧦🛶",
        ] {
            assert_eq!(judged(good, 15), [], "{good}");
        }
        assert_eq!(judged("gX4tq9vB", 8), []);
    }

    #[test]
    fn lengths_outside_the_rule_are_named() {
        assert_eq!(judged("gX4tq9v", 8), [Broken::TooShort { min: 8 }]);
        assert_eq!(judged("kQ7vR2mZx9Lp4W", 15), [Broken::TooShort { min: 15 }]);
        assert_eq!(judged(&"kQ7vR2mZ".repeat(40), 15), [Broken::TooLong]);
        assert!(judged("", 15).contains(&Broken::TooShort { min: 15 }));
        assert_eq!(Rules::new(1).min_length(), 8);
    }

    #[test]
    fn what_everybody_chooses_is_refused() {
        for common in [
            "password",
            "Password1!",
            "P@ssw0rd2026",
            "12345678",
            "qwertyuiop",
            "aaaaaaaaaaaaaaaa",
            "iloveyou123",
            "Sommar2026!",
            "sommar2026",
            "S0mm4r2026!",
            "Lösenord123",
            "losenord",
            "Välkommen1",
            "Hammarby1915",
            "Stockholm2026!",
            "passord123",
            "Velkommen2026",
            "Sommer2026!",
            "Adgangskode1",
            "København2026",
            "Salasana123",
            "Kesä2026!!!",
            "HejHej123",
            "sommarvinter",
            "Januari2026",
            "2026Januari!",
            "Måndag2026",
            "abc123abc123abc123",
            "1234567890123456",
            "qwertyqwertyqwerty",
        ] {
            assert!(judged(common, 8).contains(&Broken::Common), "{common}");
        }
    }

    #[test]
    fn names_count_for_nothing() {
        assert_eq!(judged("Nordvik-zq7xkw", 15), [Broken::TooShort { min: 15 }]);
        assert_eq!(judged("Nordvik-zq7xkw#d", 15), [Broken::Contains(Word::Organisation)]);
        assert_eq!(judged("n0rdv1k-zq7xkw#d", 15), [Broken::Contains(Word::Organisation)]);
        assert_eq!(judged("öberg kQ7vR2mZx9", 15), [Broken::Contains(Word::Name)]);
        assert_eq!(judged("LINDQVIST kQ7vR2mZ", 15), [Broken::Contains(Word::Name)]);
        assert!(judged("portvaktnordvik!kQ7", 15).contains(&Broken::Contains(Word::Product)));
        assert_eq!(judged("nordvik kQ7vR2mZx9Lp4Wd", 15), []);
    }

    #[test]
    fn a_password_typed_on_two_keyboards_is_judged_alike() {
        let (composed, apart) = ("öberg kQ7vR2mZx9", "o\u{308}berg kQ7vR2mZx9");
        assert_eq!(judged(composed, 15), judged(apart, 15));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_a_strict_rule_lets_pass_a_milder_one_does_too(password in ".{0,60}", min in 8_u16..40, less in 0_u16..32) {
            prop_assert!(!judged(&password, min).is_empty() || judged(&password, min.saturating_sub(less)).is_empty());
        }

        #[test]
        fn fifteen_random_characters_pass(password in "[a-zA-Z0-9]{15}") {
            let plain = Rules::new(15);
            prop_assert_eq!(check(&Secret::new(password), &plain), vec![]);
        }
    }
}
