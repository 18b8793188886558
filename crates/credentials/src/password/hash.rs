//! How a password is kept: HMAC-SHA256 under a key that lies outside the database (the pepper), then argon2id.
//!
//! One [`Hasher`] per thread: its memory is allocated once, used again for each hash and wiped after it. A fresh
//! allocation per hash fragments the heap to several times the budget. The hash takes as long as it takes: never call
//! it inside a transaction or on a thread that answers requests.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use portvakt_model::secret::same;
use portvakt_model::{Fault, Secret};
use ring::hmac;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::Zeroize as _;

use super::normal;
use super::phc::Phc;

/// What one hash costs. Never below the floor, never above what a node can bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// A cost below the floor (19 MiB, two passes, one lane) or above the bounds (256 MiB, sixteen passes, four lanes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds;

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("password hashing takes 19456 to 262144 KiB, 2 to 16 passes and 1 to 4 lanes")
    }
}

impl std::error::Error for OutOfBounds {}

impl Parameters {
    /// 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet): the default, and the least there is.
    pub const FLOOR: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    /// Memory in KiB, passes and lanes of argon2id (RFC 9106 §3.1: m, t, p).
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, OutOfBounds> {
        let within = (Self::FLOOR.memory_kib..=262_144).contains(&memory_kib)
            && (Self::FLOOR.passes..=16).contains(&passes)
            && (Self::FLOOR.lanes..=4).contains(&lanes);
        if within { Ok(Self { memory_kib, passes, lanes }) } else { Err(OutOfBounds) }
    }

    /// Memory of one hash, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }
    /// Passes over it.
    pub const fn passes(self) -> u32 {
        self.passes
    }
    /// Lanes.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }
    /// What a hash takes, in KiB of memory passed over: as good as its time.
    pub fn work(self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.passes)
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::FLOOR
    }
}

/// The key of the step before argon2id: without it a stolen table can't be guessed at.
#[derive(Clone)]
pub struct Pepper(hmac::Key);

impl Pepper {
    /// From a data key of that purpose.
    pub fn new(key: &Secret<[u8; 32]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.reveal()))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[pepper]")
    }
}

/// All peppers by version: a stored hash needs the one it was made with, kept in the row beside it.
#[derive(Debug, Clone)]
pub struct Peppers {
    current: (i16, Pepper),
    older: BTreeMap<i16, Pepper>,
}

impl Peppers {
    /// From all versions and the number of the one to use from now on.
    ///
    /// # Errors
    /// [`Fault::Broken`] if there is no key of that version.
    pub fn new<'a>(current: i16, keys: impl IntoIterator<Item = (i16, &'a Secret<[u8; 32]>)>) -> Result<Self, Fault> {
        let mut all: BTreeMap<i16, Pepper> =
            keys.into_iter().map(|(version, key)| (version, Pepper::new(key))).collect();
        let pepper = all.remove(&current).ok_or_else(|| Fault::broken("the current pepper is missing"))?;
        Ok(Self { current: (current, pepper), older: all })
    }

    /// The version and pepper to use from now on.
    pub const fn current(&self) -> (i16, &Pepper) {
        (self.current.0, &self.current.1)
    }

    /// The pepper of a version; `None` if there is none.
    pub fn of(&self, version: i16) -> Option<&Pepper> {
        if version == self.current.0 { Some(&self.current.1) } else { self.older.get(&version) }
    }
}

/// Hashes and verifies, one at a time, in memory of its own.
pub struct Hasher {
    parameters: Parameters,
    blocks: Vec<Block>,
    computed: u64,
    worked: u64,
}

impl Hasher {
    /// Allocates the memory of one hash.
    ///
    /// # Errors
    /// [`Fault::Busy`] if there is not so much memory.
    pub fn new(parameters: Parameters) -> Result<Self, Fault> {
        let mut hasher = Self { parameters, blocks: Vec::new(), computed: 0, worked: 0 };
        hasher.make_room(parameters)?;
        Ok(hasher)
    }

    /// What a new hash costs.
    pub const fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// How many hashes it has computed, whatever for.
    pub const fn computed(&self) -> u64 {
        self.computed
    }

    /// How much work those were: see [`Parameters::work`].
    pub const fn worked(&self) -> u64 {
        self.worked
    }

    /// The PHC text to store; `salt` is fresh and random. The row keeps the pepper's version beside it.
    ///
    /// # Errors
    /// [`Fault::Broken`] for a password that is too long: [`super::check`] comes first.
    pub fn hash(&mut self, password: &Secret<String>, salt: [u8; 16], pepper: &Pepper) -> Result<String, Fault> {
        let password = normal(password).ok_or_else(|| Fault::broken("a password to be stored is too long"))?;
        let parameters = self.parameters;
        let hash = self.compute(&password, &salt, parameters, pepper)?;
        Ok(Phc { parameters, salt, hash }.text())
    }

    /// Whether `password` is the one that `stored` was made from. Takes the same time whichever byte differs, and no less
    /// than [`Hasher::dummy`]: what a hash of older configuration costs less than one of today's is worked off, so that
    /// nobody can tell by the time that somebody has an account and has not signed in since.
    ///
    /// # Errors
    /// [`Fault::Broken`] if `stored` is no hash of ours.
    pub fn verify(&mut self, password: &Secret<String>, stored: &str, pepper: &Pepper) -> Result<bool, Fault> {
        let phc = Phc::parse(stored).ok_or_else(|| Fault::broken("a stored password hash does not read"))?;
        // Nobody ever set one that is too long; the dummy answers as fast.
        let Some(password) = normal(password) else { return Ok(false) };
        let hash = self.compute(&password, &phc.salt, phc.parameters, pepper)?;
        self.work_off(phc.parameters)?;
        Ok(same(&hash, &phc.hash))
    }

    /// The work of [`Hasher::verify`] for nobody: an unknown account, or one without a password, costs the same.
    ///
    /// # Errors
    /// Those of the engine only.
    pub fn dummy(&mut self, password: &Secret<String>, pepper: &Pepper) -> Result<(), Fault> {
        let Some(password) = normal(password) else { return Ok(()) };
        let hash = self.compute(&password, &[0; 16], self.parameters, pepper)?;
        // Compared as well, and kept from being thought useless.
        std::hint::black_box(same(&hash, &[0; 32]));
        Ok(())
    }

    /// Whether `stored` was made at another cost than today's, so that it is made anew at the next sign-in. The
    /// pepper's version is compared by who keeps it.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        Phc::parse(stored).is_none_or(|phc| phc.parameters != self.parameters)
    }

    /// Does the work that a hash of today's cost takes more than one of `spent`: whole passes over today's memory, then
    /// one over a part of it.
    fn work_off(&mut self, spent: Parameters) -> Result<(), Fault> {
        let memory = u64::from(self.parameters.memory_kib);
        let missing = self.parameters.work().saturating_sub(spent.work());
        for (memory_kib, passes) in [(memory, missing / memory), (missing % memory, 1)] {
            let (memory_kib, passes) = (u32::try_from(memory_kib), u32::try_from(passes));
            let (memory_kib, passes) = (memory_kib.map_err(Fault::broken)?, passes.map_err(Fault::broken)?);
            if memory_kib >= Params::MIN_M_COST && passes > 0 {
                let hash = self.argon2id(&[0; 32], &[0; 16], Parameters { memory_kib, passes, lanes: 1 })?;
                std::hint::black_box(hash);
            }
        }
        Ok(())
    }

    fn compute(
        &mut self,
        password: &Secret<String>,
        salt: &[u8],
        parameters: Parameters,
        pepper: &Pepper,
    ) -> Result<[u8; 32], Fault> {
        let keyed = hmac::sign(&pepper.0, password.reveal().as_bytes());
        self.argon2id(keyed.as_ref(), salt, parameters)
    }

    fn argon2id(&mut self, input: &[u8], salt: &[u8], parameters: Parameters) -> Result<[u8; 32], Fault> {
        let params = self.make_room(parameters)?;
        self.computed = self.computed.saturating_add(1);
        self.worked = self.worked.saturating_add(parameters.work());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; 32];
        let outcome = argon2.hash_password_into_with_memory(input, salt, &mut hash, &mut self.blocks);
        self.blocks.iter_mut().for_each(Block::zeroize);
        outcome.map_err(|error| Fault::broken(format_args!("argon2id failed: {error}")))?;
        Ok(hash)
    }

    /// Enough blocks for `parameters`: more than usual only while hashes of a dearer configuration remain.
    fn make_room(&mut self, parameters: Parameters) -> Result<Params, Fault> {
        let Parameters { memory_kib, passes, lanes } = parameters;
        let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(Fault::broken)?;
        let missing = params.block_count().saturating_sub(self.blocks.len());
        self.blocks.try_reserve_exact(missing).map_err(|_| Fault::Busy("no memory for a password hash"))?;
        self.blocks.extend(std::iter::repeat_n(Block::new(), missing));
        Ok(params)
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hasher({:?})", self.parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn pepper(byte: u8) -> Pepper {
        Pepper::new(&Secret::new([byte; 32]))
    }

    fn hasher() -> Hasher {
        Hasher::new(Parameters::FLOOR).unwrap()
    }

    #[test]
    fn argon2id_gives_the_known_answer() {
        // The reference implementation's own test: version 19, t=2, m=65536, p=1.
        let hash = hasher().argon2id(b"password", b"somesalt", Parameters::new(65_536, 2, 1).unwrap()).unwrap();
        let known = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
        let known: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&known[2 * at..2 * at + 2], 16).unwrap()).collect();
        assert_eq!(hash.as_slice(), known);
    }

    #[test]
    fn the_right_password_verifies_and_no_other() {
        let mut hasher = hasher();
        let stored = hasher.hash(&secret("korrekt häst batteri"), [7; 16], &pepper(1)).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"));
        assert!(hasher.verify(&secret("korrekt häst batteri"), &stored, &pepper(1)).unwrap());
        // The same password from a keyboard that types the dots apart.
        assert!(hasher.verify(&secret("korrekt ha\u{308}st batteri"), &stored, &pepper(1)).unwrap());
        for wrong in ["korrekt häst batterI", "korrekt häst batteri ", "", "korrekt häst batteri\0"] {
            assert!(!hasher.verify(&secret(wrong), &stored, &pepper(1)).unwrap(), "{wrong}");
        }
        assert!(!hasher.verify(&secret("korrekt häst batteri"), &stored, &pepper(2)).unwrap());
    }

    #[test]
    fn every_character_of_the_longest_password_counts() {
        let mut hasher = hasher();
        let longest = "x".repeat(256);
        let stored = hasher.hash(&secret(&longest), [0; 16], &pepper(1)).unwrap();
        assert!(hasher.verify(&secret(&longest), &stored, &pepper(1)).unwrap());
        assert!(!hasher.verify(&secret(&longest[1..]), &stored, &pepper(1)).unwrap());
        assert!(!hasher.verify(&secret(&(longest.clone() + "x")), &stored, &pepper(1)).unwrap());
        assert!(hasher.hash(&secret(&(longest + "x")), [0; 16], &pepper(1)).is_err());
    }

    #[test]
    fn salt_and_pepper_make_equal_passwords_differ() {
        let mut hasher = hasher();
        let mut all: Vec<String> = [([1; 16], 1), ([2; 16], 1), ([1; 16], 2)]
            .into_iter()
            .map(|(salt, byte)| hasher.hash(&secret("same password"), salt, &pepper(byte)).unwrap())
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn memory_is_reused_and_wiped() {
        let mut hasher = hasher();
        let before = hasher.blocks.as_ptr();
        hasher.dummy(&secret("anything at all"), &pepper(1)).unwrap();
        assert_eq!(hasher.blocks.as_ptr(), before);
        assert!(hasher.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
    }

    #[test]
    fn a_cheaper_or_dearer_hash_is_made_anew_and_one_below_the_floor_never() {
        let mut dearer = Hasher::new(Parameters::new(20_480, 2, 1).unwrap()).unwrap();
        let old = hasher().hash(&secret("same password"), [1; 16], &pepper(1)).unwrap();
        assert!(!hasher().needs_rehash(&old));
        assert!(dearer.needs_rehash(&old));
        assert!(dearer.verify(&secret("same password"), &old, &pepper(1)).unwrap());
        let new = dearer.hash(&secret("same password"), [1; 16], &pepper(1)).unwrap();
        assert!(hasher().verify(&secret("same password"), &new, &pepper(1)).unwrap());
        for (memory, passes, lanes) in
            [(19_455, 2, 1), (19_456, 1, 1), (19_456, 2, 0), (262_145, 2, 1), (19_456, 17, 1), (19_456, 2, 5)]
        {
            assert_eq!(Parameters::new(memory, passes, lanes), Err(OutOfBounds));
        }
    }

    #[test]
    fn an_older_hash_and_nobodys_take_the_same_work() {
        let old = hasher().hash(&secret("same password"), [1; 16], &pepper(1)).unwrap();
        // Dearer by a part of a pass, by a whole pass, and by both.
        for dearer in [(20_480, 2, 1), (19_456, 3, 1), (24_576, 3, 1), (20_480, 2, 2)] {
            let mut hasher = Hasher::new(Parameters::new(dearer.0, dearer.1, dearer.2).unwrap()).unwrap();
            let mut cost = |act: &mut dyn FnMut(&mut Hasher)| {
                let before = hasher.worked();
                act(&mut hasher);
                hasher.worked() - before
            };
            let nobodys = cost(&mut |hasher| hasher.dummy(&secret("not the one"), &pepper(1)).unwrap());
            let wrong = cost(&mut |hasher| assert!(!hasher.verify(&secret("not the one"), &old, &pepper(1)).unwrap()));
            let right = cost(&mut |hasher| assert!(hasher.verify(&secret("same password"), &old, &pepper(1)).unwrap()));
            assert_eq!((wrong, right), (nobodys, nobodys), "{dearer:?}");
            assert_eq!(nobodys, u64::from(dearer.0) * u64::from(dearer.1));
        }
    }

    #[test]
    fn a_stored_text_that_is_no_hash_of_ours_is_a_fault() {
        assert!(hasher().verify(&secret("x"), "$2b$12$abcdefghijklmnopqrstuv", &pepper(1)).is_err());
        assert!(hasher().needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
    }

    #[test]
    fn peppers_are_found_by_the_version_in_the_row() {
        let (one, two) = (Secret::new([1; 32]), Secret::new([2; 32]));
        let peppers = Peppers::new(2, [(1, &one), (2, &two)]).unwrap();
        let mut hasher = hasher();
        let stored = hasher.hash(&secret("same password"), [1; 16], &pepper(1)).unwrap();
        assert_eq!(peppers.current().0, 2);
        assert!(hasher.verify(&secret("same password"), &stored, peppers.of(1).unwrap()).unwrap());
        assert!(!hasher.verify(&secret("same password"), &stored, peppers.current().1).unwrap());
        assert!(peppers.of(3).is_none());
        assert!(Peppers::new(3, [(1, &one)]).is_err());
        assert_eq!(format!("{:?}", pepper(1)), "[pepper]");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn whatever_may_be_a_password_verifies(password in ".{8,40}", salt in any::<[u8; 16]>()) {
            let mut hasher = hasher();
            let stored = hasher.hash(&secret(&password), salt, &pepper(1)).unwrap();
            prop_assert!(hasher.verify(&secret(&password), &stored, &pepper(1)).unwrap());
        }
    }
}
