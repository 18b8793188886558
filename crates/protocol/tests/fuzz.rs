//! The fuzz targets on stable Rust: every file of the corpus, and a bounded number of mutations of each, always the
//! same ones.

use portvakt_protocol::fuzz::TARGETS;
use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Mutations of each target. All targets together take a second or two.
const ROUNDS: usize = 3_000;
const SEED: u64 = 0x0070_6f72_7476_616b;

/// Octets that mean something to one parser or another.
const TOKENS: &[&[u8]] = &[
    b"%",
    b"%0",
    b"%00",
    b"%0d%0a",
    b"%2e",
    b"%2f",
    b"%C3",
    b"%FF",
    b"+",
    b"&",
    b"=",
    b"&&",
    b"?",
    b"#",
    b"\0",
    b"\r\n",
    b"\t",
    b" ",
    b".",
    b"..",
    b"/",
    b"//",
    b"\\",
    b":",
    b":0",
    b":65536",
    b"@",
    b"*",
    b"\"",
    b"{",
    b"}",
    b"[]",
    b"null",
    b"-1",
    b"1e999",
    b"\xff",
    b"\xc3\xa5",
    b"\xe2\x80\xae",
    b"\xc4\xb0",
    b"\xc7\x85",
    b"\xef\xbc\xa1",
    b"\xcc\x81",
    b"http://",
    b"https://",
    b"localhost",
    b"127.0.0.1",
    b"[::1]",
    b"0x7f.1",
    b"xn--",
    b"&state=",
    b"&prompt=none",
    b"&scope=openid",
    b"&redirect_uri=",
    b"&resource=",
    b"Basic ",
    b"Bearer ",
    b"q=",
    b"eyJ",
    b"AAAA",
    b"_-",
];

#[test]
fn every_target_has_a_corpus_and_every_corpus_a_target() -> io::Result<()> {
    let named: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named.len(), TARGETS.len(), "a name stands twice");
    let folders = fs::read_dir(corpus())?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    assert_eq!(named, folders.collect::<io::Result<BTreeSet<String>>>()?);
    Ok(())
}

#[test]
fn every_entry_in_the_code_is_a_target() -> io::Result<()> {
    let mut written = BTreeSet::new();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))? {
        let text = fs::read_to_string(file)?;
        let entries = text.lines().filter_map(|line| line.strip_prefix("pub fn fuzz_")?.split_once('('));
        written.extend(entries.map(|(name, _)| name.to_owned()));
    }
    assert_eq!(written, TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect());
    Ok(())
}

#[test]
fn no_bytes_break_a_parser_or_get_past_it() -> io::Result<()> {
    let mut dice = Dice(SEED);
    for (name, target) in TARGETS {
        let files = files(&corpus().join(name))?;
        let seeds = files.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
        assert!(!seeds.is_empty(), "{name} has no corpus");
        let mutated = (0..ROUNDS).map(|_| mutated(&seeds, &mut dice));
        for data in [Vec::new()].into_iter().chain(seeds.clone()).chain(mutated) {
            let broken = catch_unwind(|| target(&data)).is_err();
            assert!(!broken, "{name} breaks on {data:?}, that is {:?}", String::from_utf8_lossy(&data));
        }
    }
    Ok(())
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// All files below, in a settled order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

/// Xorshift (Marsaglia 2003): nothing here needs better dice.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % most.max(1)
    }

    /// One of a list; nothing of an empty one.
    fn of<'a, T: AsRef<[u8]>>(&mut self, list: &'a [T]) -> &'a [u8] {
        list.get(self.below(list.len())).map_or(&[], AsRef::as_ref)
    }
}

/// One of the seeds with one to six changes.
fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut data = dice.of(seeds).to_vec();
    for _ in 0..=dice.below(6) {
        let (from, to) = (dice.below(data.len() + 1), dice.below(data.len() + 1));
        let (from, to) = (from.min(to), from.max(to));
        match dice.below(8) {
            0 => data.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
            1 => drop(data.drain(from..to)),
            2 => data.truncate(from),
            3 => {
                // Twice the same piece: repeats are what parsers disagree about.
                let piece: Vec<u8> = data.drain(from..to).collect();
                data.splice(from..from, piece.repeat(2));
            }
            4 => {
                let other = dice.of(seeds);
                let end = other.iter().skip(dice.below(other.len() + 1)).copied();
                data.splice(from..to, end);
            }
            5 => drop(data.splice(from..to, dice.of(TOKENS).iter().copied())),
            _ => drop(data.splice(from..from, dice.of(TOKENS).iter().copied())),
        }
    }
    // A corpus file ends with a line feed that editors put there; targets shall see both.
    if dice.below(2) == 0 && data.last() == Some(&b'\n') {
        data.pop();
    }
    data
}
