//! Sealing: AES-256-GCM under versioned data keys, for handles that travel and for values at rest.
//!
//! What a sealed value is for, what it is bound to and when it ends are associated data: a value opens only where it
//! was meant to, whole, and in time. Nonces are random and handed in; one key must not seal more than 2^32 values
//! (NIST SP 800-38D §8.3), so the seal key is turned long before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Fault, Secret, TenantId, Timestamp};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::collections::BTreeMap;
use std::fmt;

/// The most that a travelling handle may hold, in bytes; what is bigger becomes a row.
pub const MAX_HANDLE: usize = 32 * 1024;

/// The most that a sealed value at rest may hold, in bytes.
pub const MAX_ROW: usize = 1024 * 1024;

const TAG: usize = 16;
/// Version, expiry, nonce.
const HANDLE_HEAD: usize = 1 + 8 + NONCE_LEN;
/// Version, nonce.
const ROW_HEAD: usize = 1 + NONCE_LEN;

/// The data keys of one purpose, by version. New values are made under the current one, old ones name theirs.
pub struct Keyring {
    current: (u8, Secret<[u8; 32]>),
    older: BTreeMap<u8, Secret<[u8; 32]>>,
}

impl Keyring {
    /// From all versions and the number of the one to use from now on.
    ///
    /// # Errors
    /// [`Fault::Broken`] if there is no key of that version, or a version is there twice.
    pub fn new(current: u8, keys: impl IntoIterator<Item = (u8, Secret<[u8; 32]>)>) -> Result<Self, Fault> {
        let mut all = BTreeMap::new();
        for (version, key) in keys {
            if all.insert(version, key).is_some() {
                return Err(Fault::broken("a data key's version is there twice"));
            }
        }
        let key = all.remove(&current).ok_or_else(|| Fault::broken("the current data key is missing"))?;
        Ok(Self { current: (current, key), older: all })
    }

    /// The version and key to use from now on.
    pub fn current(&self) -> (u8, &[u8; 32]) {
        (self.current.0, self.current.1.reveal())
    }

    /// The key of a version; `None` if there is none.
    pub fn key(&self, version: u8) -> Option<&[u8; 32]> {
        if version == self.current.0 {
            Some(self.current.1.reveal())
        } else {
            self.older.get(&version).map(Secret::reveal)
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring(current {})", self.current.0)
    }
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// Not what we sealed for this use: cut, changed, bound to something else, of an unknown key, or too long.
    Malformed,
    /// Ours and whole, but its time is over.
    Expired,
}

/// Where a value at rest stands. It opens nowhere else: nobody who can write the database can move it.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Whose row it is; [`TenantId::DEPLOYMENT`] where no tenant has it.
    pub tenant: TenantId,
    /// The table's name.
    pub table: &'static str,
    /// The row's primary key, as bytes.
    pub row: &'a [u8],
    /// The column's name.
    pub column: &'static str,
}

/// Seals and opens under one purpose's keys, expanded once.
pub struct Sealer {
    current: (u8, LessSafeKey),
    older: BTreeMap<u8, LessSafeKey>,
}

impl Sealer {
    /// Expands the keys.
    pub fn new(keyring: &Keyring) -> Result<Self, Fault> {
        let (version, key) = keyring.current();
        let older = keyring.older.iter().map(|(version, key)| Ok((*version, expand(key.reveal())?)));
        Ok(Self { current: (version, expand(key)?), older: older.collect::<Result<_, Fault>>()? })
    }

    /// Seals `plaintext` into a text that travels: base64url of version ‖ expiry ‖ nonce ‖ ciphertext.
    ///
    /// `kind` says what it is, `bound` what it belongs to beside (a hash of the browser's flow cookie; empty if
    /// nothing). `nonce` is fresh and random for each call.
    ///
    /// # Errors
    /// [`Fault::Broken`] if it is longer than [`MAX_HANDLE`].
    pub fn seal(
        &self,
        kind: &'static str,
        bound: &[u8],
        expires_at: Timestamp,
        plaintext: &[u8],
        nonce: [u8; 12],
    ) -> Result<String, Fault> {
        if plaintext.len() > MAX_HANDLE {
            return Err(Fault::broken(format_args!("{kind} is too long to be sealed into a handle")));
        }
        let (version, key) = &self.current;
        let expiry = expires_at.0.to_be_bytes();
        let associated = associated(b"handle", *version, &[&expiry, kind.as_bytes(), bound]);
        let mut sealed = Vec::with_capacity(HANDLE_HEAD + plaintext.len() + TAG);
        sealed.push(*version);
        sealed.extend_from_slice(&expiry);
        close(key, sealed, &associated, plaintext, nonce).map(|sealed| URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what [`Sealer::seal`] made for the same `kind` and `bound`, before its expiry.
    pub fn open(&self, kind: &'static str, bound: &[u8], text: &str, now: Timestamp) -> Result<Vec<u8>, SealError> {
        if text.len() > (HANDLE_HEAD + MAX_HANDLE + TAG).div_ceil(3) * 4 {
            return Err(SealError::Malformed);
        }
        // One spelling only: no padding, no stray bits (the engine's own rule).
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Malformed)?;
        let (version, rest) = sealed.split_first().ok_or(SealError::Malformed)?;
        let (expiry, rest) = rest.split_first_chunk::<8>().ok_or(SealError::Malformed)?;
        let associated = associated(b"handle", *version, &[expiry, kind.as_bytes(), bound]);
        let plaintext = self.reopen(*version, &associated, rest)?;
        // Looked at last: of a value that is not ours, nothing is said.
        if now >= Timestamp(i64::from_be_bytes(*expiry)) { Err(SealError::Expired) } else { Ok(plaintext) }
    }

    /// Seals a value at rest: version ‖ nonce ‖ ciphertext. `nonce` is fresh and random for each call.
    ///
    /// # Errors
    /// [`Fault::Broken`] if it is longer than [`MAX_ROW`].
    pub fn seal_row(&self, cell: &Cell<'_>, plaintext: &[u8], nonce: [u8; 12]) -> Result<Vec<u8>, Fault> {
        if plaintext.len() > MAX_ROW {
            return Err(Fault::broken(format_args!("{}.{} is too long to be sealed", cell.table, cell.column)));
        }
        let (version, key) = &self.current;
        let mut sealed = Vec::with_capacity(ROW_HEAD + plaintext.len() + TAG);
        sealed.push(*version);
        close(key, sealed, &in_place(cell, *version), plaintext, nonce)
    }

    /// Opens a value at rest that was sealed for this very place.
    pub fn open_row(&self, cell: &Cell<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        if sealed.len() > ROW_HEAD + MAX_ROW + TAG {
            return Err(SealError::Malformed);
        }
        let (version, rest) = sealed.split_first().ok_or(SealError::Malformed)?;
        self.reopen(*version, &in_place(cell, *version), rest).map(Secret::new)
    }

    /// The key version that a value at rest was sealed under, to find those of an old key.
    pub fn row_version(sealed: &[u8]) -> Option<u8> {
        sealed.first().copied()
    }

    fn reopen(&self, version: u8, associated: &[u8], rest: &[u8]) -> Result<Vec<u8>, SealError> {
        let (current, key) = &self.current;
        let key = if version == *current { key } else { self.older.get(&version).ok_or(SealError::Malformed)? };
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Malformed)?;
        let mut plaintext = ciphertext.to_vec();
        let opened = key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(associated), &mut plaintext)
            .map_err(|_| SealError::Malformed)?
            .len();
        plaintext.truncate(opened);
        Ok(plaintext)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(current {})", self.current.0)
    }
}

fn expand(key: &[u8; 32]) -> Result<LessSafeKey, Fault> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| Fault::broken("a data key is no AES-256 key"))?;
    Ok(LessSafeKey::new(key))
}

/// Appends nonce and ciphertext to `head`, in one allocation.
fn close(
    key: &LessSafeKey,
    mut head: Vec<u8>,
    associated: &[u8],
    plaintext: &[u8],
    nonce: [u8; 12],
) -> Result<Vec<u8>, Fault> {
    head.extend_from_slice(&nonce);
    let start = head.len();
    head.extend_from_slice(plaintext);
    let (_, body) = head.split_at_mut(start);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated), body)
        .map_err(|_| Fault::broken("sealing failed"))?;
    head.extend_from_slice(tag.as_ref());
    Ok(head)
}

fn in_place(cell: &Cell<'_>, version: u8) -> Vec<u8> {
    let tenant = cell.tenant.0.into_bytes();
    associated(b"row", version, &[&tenant, cell.table.as_bytes(), cell.row, cell.column.as_bytes()])
}

/// Each part with its length before it, so that no two lists of parts give the same bytes.
fn associated(label: &[u8], version: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut all = vec![version];
    for part in std::iter::once(&label).chain(parts) {
        all.extend_from_slice(&(part.len() as u64).to_be_bytes());
        all.extend_from_slice(part);
    }
    all
}

/// Fuzz entry: any bytes as a handle and as a value at rest. Must not panic, and nothing may open.
///
/// # Panics
/// If anything opens that was not sealed.
pub fn fuzz_seal(data: &[u8]) {
    let Ok(sealer) = Keyring::new(1, [(1, Secret::new([7; 32]))]).and_then(|keyring| Sealer::new(&keyring)) else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(sealer.open("fuzz", b"", text, Timestamp(0)).is_err(), "a handle that nobody sealed was opened");
    }
    let cell = Cell { tenant: TenantId::DEPLOYMENT, table: "t", row: b"r", column: "c" };
    assert!(sealer.open_row(&cell, data).is_err(), "a value that nobody sealed was opened");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(100);
    const LATER: Timestamp = Timestamp::from_seconds(160);

    fn sealer(current: u8) -> Sealer {
        let keys = [(1, Secret::new([1; 32])), (2, Secret::new([2; 32]))];
        Sealer::new(&Keyring::new(current, keys).unwrap()).unwrap()
    }

    #[test]
    fn a_handle_opens_only_for_its_use_its_browser_and_in_time() {
        let sealer = sealer(1);
        let text = sealer.seal("code", b"cookie", LATER, b"hemligt", [9; 12]).unwrap();
        assert_eq!(sealer.open("code", b"cookie", &text, NOW), Ok(b"hemligt".to_vec()));
        assert_eq!(sealer.open("code", b"cookie", &text, Timestamp(LATER.0 - 1)), Ok(b"hemligt".to_vec()));
        assert_eq!(sealer.open("code", b"cookie", &text, LATER), Err(SealError::Expired));
        for (kind, bound) in [("request", &b"cookie"[..]), ("code", b""), ("code", b"cookie2"), ("codec", b"ookie")] {
            assert_eq!(sealer.open(kind, bound, &text, LATER), Err(SealError::Malformed));
        }
    }

    #[test]
    fn what_an_older_key_sealed_still_opens_and_new_values_name_the_new_key() {
        let old = sealer(1).seal("code", b"", LATER, b"x", [0; 12]).unwrap();
        assert_eq!(sealer(2).open("code", b"", &old, NOW), Ok(b"x".to_vec()));
        let cell = Cell { tenant: TenantId::DEPLOYMENT, table: "signing_key", row: b"k", column: "sealed" };
        let sealed = sealer(2).seal_row(&cell, b"x", [0; 12]).unwrap();
        assert_eq!(Sealer::row_version(&sealed), Some(2));
        let only_new = Sealer::new(&Keyring::new(2, [(2, Secret::new([2; 32]))]).unwrap()).unwrap();
        assert_eq!(only_new.open("code", b"", &old, NOW), Err(SealError::Malformed));
        assert_eq!(only_new.open_row(&cell, &sealed).unwrap().reveal(), b"x");
    }

    #[test]
    fn a_value_at_rest_opens_in_its_own_place_only() {
        let sealer = sealer(1);
        let home = Cell { tenant: TenantId::random([1; 16]), table: "outbox", row: b"row", column: "payload" };
        let kept = sealer.seal_row(&home, b"hemligt", [3; 12]).unwrap();
        assert_eq!(sealer.open_row(&home, &kept).unwrap().reveal(), b"hemligt");
        for elsewhere in [
            Cell { tenant: TenantId::random([2; 16]), ..home },
            Cell { table: "outboxr", row: b"ow", ..home },
            Cell { row: b"rox", ..home },
            Cell { column: "payloa", ..home },
        ] {
            assert_eq!(sealer.open_row(&elsewhere, &kept).unwrap_err(), SealError::Malformed);
        }
    }

    #[test]
    fn lengths_are_bounded_both_ways() {
        let sealer = sealer(1);
        let most = vec![0; MAX_HANDLE];
        let text = sealer.seal("k", b"", LATER, &most, [0; 12]).unwrap();
        assert_eq!(sealer.open("k", b"", &text, NOW), Ok(most));
        assert!(sealer.seal("k", b"", LATER, &vec![0; MAX_HANDLE + 1], [0; 12]).is_err());
        assert_eq!(sealer.open("k", b"", &"A".repeat(100_000), NOW), Err(SealError::Malformed));
        let empty = sealer.seal("k", b"", LATER, b"", [0; 12]).unwrap();
        assert_eq!(sealer.open("k", b"", &empty, NOW), Ok(vec![]));
    }

    #[test]
    fn a_keyring_has_its_current_key_and_each_version_once() {
        assert!(Keyring::new(3, [(1, Secret::new([1; 32]))]).is_err());
        assert!(Keyring::new(1, [(1, Secret::new([1; 32])), (1, Secret::new([2; 32]))]).is_err());
        let keyring = Keyring::new(1, [(1, Secret::new([1; 32])), (2, Secret::new([2; 32]))]).unwrap();
        assert_eq!((keyring.key(1), keyring.key(2), keyring.key(3)), (Some(&[1; 32]), Some(&[2; 32]), None));
        assert_eq!(format!("{keyring:?} {:?}", Sealer::new(&keyring).unwrap()), "Keyring(current 1) Sealer(current 1)");
    }

    proptest! {
        #[test]
        fn any_cut_change_or_suffix_is_refused(
            plaintext in prop::collection::vec(any::<u8>(), 0..200),
            nonce in any::<[u8; 12]>(),
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
            suffix in "[A-Za-z0-9_=. -]{1,4}",
        ) {
            let sealer = sealer(1);
            let text = sealer.seal("code", b"b", LATER, &plaintext, nonce).unwrap();
            prop_assert_eq!(sealer.open("code", b"b", &text, NOW), Ok(plaintext.clone()));
            let at = at.index(text.len());
            prop_assert!(sealer.open("code", b"b", &text[..at], NOW).is_err());
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(changed) {
                prop_assert!(sealer.open("code", b"b", &changed, NOW).is_err());
            }
            let longer = format!("{text}{suffix}");
            prop_assert!(sealer.open("code", b"b", &longer, NOW).is_err());
            let cell = Cell { tenant: TenantId::DEPLOYMENT, table: "t", row: b"r", column: "c" };
            let mut row = sealer.seal_row(&cell, &plaintext, nonce).unwrap();
            let at = at % row.len();
            prop_assert!(sealer.open_row(&cell, &row[..at]).is_err());
            row[at] ^= 1 << bit;
            prop_assert!(sealer.open_row(&cell, &row).is_err());
        }

        #[test]
        fn nothing_that_we_did_not_seal_opens(data in prop::collection::vec(any::<u8>(), 0..100)) {
            fuzz_seal(&data);
        }
    }
}
