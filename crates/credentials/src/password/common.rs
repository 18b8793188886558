//! Passwords that many choose.
//!
//! Two judges. Our own list of Nordic and everyday words ([`WORDS`]) takes what people here are known to choose: a
//! season, month, town, club or name, with a year and an exclamation mark. zxcvbn, with its thirty thousand leaked
//! passwords, takes keyboard walks, repetitions, sequences, dates and English words. (zxcvbn asks the wall clock, for
//! the year that dates are near to and for its own stopwatch. Nothing else here does.)

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use zxcvbn::zxcvbn;

/// Folded, sorted, one a line, all our own.
const WORDS: &str = include_str!("words.txt");

/// How many characters around a common word add nothing: a year, a date, a few signs.
const DECORATION: usize = 8;

/// Fewer guesses than this are within reach of somebody who may only guess online.
const GUESSES: u64 = 1_000_000;

/// Longer than any two words of the list, in bytes.
const TWO_WORDS: usize = 48;

/// How many characters zxcvbn is given at once. Its work grows with the square of the length and doubles with each sign
/// that could be a letter: whole, one crafted password took a quarter of a second.
const PIECE: usize = 20;

/// A text as guessers see it: lower case, without accents; as letters stand, and with signs read as the letters they
/// look like.
pub(super) struct Folded {
    plain: Vec<char>,
    /// `1` and `!` read as `i`.
    spelled: Vec<char>,
    /// `1` and `!` read as `l`.
    spelled_l: Vec<char>,
}

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        let plain: Vec<char> =
            text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).map(base).collect();
        let spelled: Vec<char> = plain.iter().map(|c| letter(*c)).collect();
        let ones = plain.iter().zip(&spelled).map(|(plain, read)| if matches!(plain, '1' | '!') { 'l' } else { *read });
        Self { spelled_l: ones.collect(), spelled, plain }
    }

    /// The letters as they stand.
    pub(super) fn plain(&self) -> String {
        self.plain.iter().collect()
    }

    /// How many characters stand in occurrences of `word`, in the reading that has most.
    pub(super) fn covered_by(&self, word: &str) -> usize {
        let word: Vec<char> = word.chars().collect();
        self.readings().map(|text| occurrences(text, &word) * word.len()).max().unwrap_or(0)
    }

    fn has_decorated_word(&self) -> bool {
        self.readings().any(|reading| is_decorated_word(&self.plain, reading))
    }

    fn readings(&self) -> impl Iterator<Item = &[char]> {
        [self.plain.as_slice(), self.spelled.as_slice(), self.spelled_l.as_slice()].into_iter()
    }
}

/// Whether many people would have chosen it. `context` are folded words that belong to the person.
pub(super) fn is_common<'a>(password: &str, folded: &Folded, context: impl Iterator<Item = &'a str>) -> bool {
    folded.has_decorated_word() || guesses(password, &context.collect::<Vec<_>>()) < GUESSES
}

/// About how many guesses a password takes: the product of its pieces, as far as it matters.
fn guesses(password: &str, context: &[&str]) -> u64 {
    let (mut all, mut rest) = (1_u64, unit(password));
    while !rest.is_empty() && all < GUESSES {
        let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(at, _)| at);
        let (piece, behind) = rest.split_at(end);
        all = all.saturating_mul(zxcvbn(piece, context).guesses().max(1));
        rest = behind;
    }
    all
}

/// What a password repeats from its first to its last character, or the whole of it.
fn unit(password: &str) -> &str {
    let repeated = |at: &usize| {
        password.split_at_checked(*at).is_some_and(|(unit, rest)| {
            let tail = rest.trim_start_matches(unit);
            tail.len() < rest.len() && unit.starts_with(tail)
        })
    };
    let end = password.char_indices().map(|(at, _)| at).skip(1).take(PIECE).find(repeated);
    end.and_then(|end| password.get(..end)).unwrap_or(password)
}

/// One or two words of the list, with little before, between and behind them. Where signs end and a spelled word
/// begins (`$0mm4r!`, but `sommar10`) can't be known, so every place is tried.
fn is_decorated_word(plain: &[char], reading: &[char]) -> bool {
    let decoration = |c: &&char| !c.is_alphabetic();
    let before = plain.iter().take_while(decoration).count().min(DECORATION);
    let behind = plain.iter().rev().take_while(decoration).count().min(DECORATION);
    (0..=before).any(|start| {
        (0..=behind).filter_map(|end| reading.get(start..reading.len().checked_sub(end)?)).any(|core| {
            let letters: String = core.iter().filter(|c| c.is_alphabetic()).collect();
            let added = reading.len().saturating_sub(letters.chars().count());
            added <= DECORATION && letters.len() <= TWO_WORDS && is_one_or_two_words(&letters)
        })
    })
}

fn is_one_or_two_words(letters: &str) -> bool {
    let pair =
        |at: usize| letters.split_at_checked(at).is_some_and(|(first, second)| is_word(first) && is_word(second));
    is_word(letters) || (1..letters.len()).any(pair)
}

fn is_word(word: &str) -> bool {
    // The list is sorted; a line's start is found by halving.
    let (mut low, mut high) = (0, WORDS.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let start = WORDS.get(..middle).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let Some(line) = WORDS.get(start..).and_then(|rest| rest.lines().next()) else { return false };
        match line.cmp(word) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// Letters that no decomposition takes apart, each by the one that people type in its place.
fn base(c: char) -> char {
    match c {
        'ø' => 'o',
        'æ' => 'a',
        'ð' | 'đ' => 'd',
        'ł' => 'l',
        'þ' => 't',
        'ß' => 's',
        other => other,
    }
}

fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

fn occurrences(text: &[char], word: &[char]) -> usize {
    let (mut found, mut rest) = (0, text);
    while rest.len() >= word.len() && !word.is_empty() {
        let hit = rest.starts_with(word);
        found += usize::from(hit);
        rest = rest.get(if hit { word.len() } else { 1 }..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_folded_sorted_and_found_whole() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert!(words.len() > 1_000);
        assert!(words.iter().all(|word| 2 * word.len() <= TWO_WORDS));
        assert!(words.is_sorted_by(|a, b| a < b));
        for word in &words {
            assert_eq!(Folded::of(word).plain(), *word);
            assert!(word.chars().all(char::is_alphabetic) && word.len() >= 3, "{word}");
            assert!(is_word(word), "{word}");
            assert!(!is_word(&format!("{word}zq")) && !is_word(&format!("0{word}")));
        }
        for wrong in ["", "\n", "som\nvar", "zzzzzz", "åäö"] {
            assert!(!is_word(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn accents_case_and_signs_do_not_hide_a_word() {
        assert_eq!(Folded::of("ÅÄÖøæÉ").plain(), "aaooae");
        for hidden in
            ["sommar", "SOMMAR2026!", "S0mm4r", "2026sommar", "sommar-vinter", "1985sommar!", "$0MM@R!!", "!!sommar!!"]
        {
            assert!(Folded::of(hidden).has_decorated_word(), "{hidden}");
        }
        for other in ["sommarzq", "", "2026", "sommar 8273645192837465", "sommar höst vinter vår"] {
            assert!(!Folded::of(other).has_decorated_word(), "{other}");
        }
    }

    #[test]
    fn what_is_only_repeated_counts_once() {
        for (text, once) in
            [("aaaa", "a"), ("abcabcab", "abc"), ("åäöåäö", "åäö"), ("abcd", "abcd"), ("aab", "aab"), ("", "")]
        {
            assert_eq!(unit(text), once);
        }
        for weak in ["a".repeat(256), "password1".repeat(20), "1a2".repeat(80), "x7kQ".repeat(6)] {
            assert!(guesses(&weak, &[]) < GUESSES, "{weak}");
        }
        assert!(guesses(&"kQ7vR2mZx9Lp4Wd".repeat(2), &[]) >= GUESSES);
    }

    #[test]
    fn words_are_counted_without_overlap() {
        assert_eq!(Folded::of("nordviknordvik").covered_by("nordvik"), 14);
        assert_eq!(Folded::of("aaaaa").covered_by("aa"), 4);
        assert_eq!(Folded::of("n0rdv!k").covered_by("nordvik"), 7);
        assert_eq!(Folded::of("x").covered_by("nordvik"), 0);
    }
}
