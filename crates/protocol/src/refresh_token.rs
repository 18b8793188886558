//! Refresh tokens: base64url of key version ‖ grant ‖ generation ‖ 32 random bytes ‖ MAC.
//!
//! The MAC tells a token of ours with an old generation, which is reuse and ends the grant, from noise, which touches
//! nothing: nobody can end another's grant by guessing its id. It is no proof that the grant lives; the row says that.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::{Fault, GrantId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use crate::seal::Keyring;

const BODY: usize = 1 + 16 + 8 + 32;
const MAC: usize = 32;
/// Length of the text: no other is looked at.
const TEXT: usize = (BODY + MAC) * 4 / 3 + 1;

/// The label in front of goes into the MAC: the key signs nothing else that could be taken for a token.
const LABEL: &[u8] = b"portvakt refresh token 1";

/// What a token of ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    /// The grant it refreshes.
    pub grant: GrantId,
    /// Which one it is in the grant's chain; only the newest may be used.
    pub generation: i64,
}

/// Makes the token of `grant`'s `generation`; `random` is fresh for each.
pub fn mint(grant: GrantId, generation: i64, random: [u8; 32], keyring: &Keyring) -> String {
    let (version, key) = keyring.current();
    let mut token = Vec::with_capacity(BODY + MAC);
    token.push(version);
    token.extend_from_slice(grant.0.as_bytes());
    token.extend_from_slice(&generation.to_be_bytes());
    token.extend_from_slice(&random);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &labelled(&token));
    token.extend_from_slice(tag.as_ref());
    URL_SAFE_NO_PAD.encode(token)
}

/// Reads a token; `None` for everything that we did not make, whatever is wrong with it.
pub fn read(text: &str, keyring: &Keyring) -> Option<Presented> {
    if text.len() != TEXT {
        return None;
    }
    let token = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, tag) = token.split_at_checked(BODY)?;
    let (version, rest) = body.split_first()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, keyring.key(*version)?);
    hmac::verify(&key, &labelled(body), tag).ok()?;
    let (grant, rest) = rest.split_first_chunk::<16>()?;
    let (generation, _) = rest.split_first_chunk::<8>()?;
    let grant = GrantId(uuid::Uuid::from_bytes(*grant));
    Some(Presented { grant, generation: i64::from_be_bytes(*generation) })
}

fn labelled(body: &[u8]) -> Vec<u8> {
    [LABEL, body].concat()
}

/// Seals the token that replaced `predecessor` so that only its holder can open it: a concurrent twin gets the same
/// successor, and the database alone gives nothing.
pub fn seal_successor(predecessor: &str, successor: &str) -> Result<Vec<u8>, Fault> {
    let failed = |_| Fault::broken("a successor could not be sealed");
    let keys = Keys::of(predecessor).ok_or_else(|| Fault::broken("a successor's keys could not be derived"))?;
    // The nonce follows from the plaintext, so that sealing twice (a transaction tried again with another successor)
    // never puts two plaintexts under one nonce. A token is random enough to say nothing through it.
    let tag = hmac::sign(&keys.nonce, successor.as_bytes());
    let (nonce, _) = tag.as_ref().split_first_chunk::<12>().ok_or_else(|| Fault::broken("a MAC is too short"))?;
    let mut body = successor.as_bytes().to_vec();
    let body_tag = keys
        .seal
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut body)
        .map_err(failed)?;
    Ok([nonce.as_slice(), &body, body_tag.as_ref()].concat())
}

/// Opens what [`seal_successor`] made for the same predecessor; `None` for anything else.
pub fn open_successor(predecessor: &str, sealed: &[u8]) -> Option<String> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<12>()?;
    let mut body = ciphertext.to_vec();
    let keys = Keys::of(predecessor)?;
    let plain = keys.seal.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut body).ok()?;
    std::str::from_utf8(plain).ok().map(str::to_owned)
}

/// Keys that only the holder of a token has: HKDF-SHA256 (RFC 5869) of its text, never of its stored hash.
struct Keys {
    seal: LessSafeKey,
    nonce: hmac::Key,
}

impl Keys {
    fn of(predecessor: &str) -> Option<Self> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, LABEL).extract(predecessor.as_bytes());
        let seal: UnboundKey = secret.expand(&[b"successor seal"], &AES_256_GCM).ok()?.into();
        let nonce: hmac::Key = secret.expand(&[b"successor nonce"], hmac::HMAC_SHA256).ok()?.into();
        Some(Self { seal: LessSafeKey::new(seal), nonce })
    }
}

/// Fuzz entry: any bytes as a token and as a sealed successor. Must not panic, and nothing may be read.
///
/// # Panics
/// If anything reads that was not made.
pub fn fuzz_refresh_token(data: &[u8]) {
    let Ok(keyring) = Keyring::new(1, [(1, portvakt_model::Secret::new([7; 32]))]) else { return };
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(read(text, &keyring), None, "a token that nobody made was read");
    }
    assert_eq!(open_successor("predecessor", data), None, "a successor that nobody sealed was opened");
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{Secret, Timestamp};
    use proptest::prelude::*;

    fn keyring(current: u8) -> Keyring {
        Keyring::new(current, [(1, Secret::new([1; 32])), (2, Secret::new([2; 32]))]).unwrap()
    }

    fn grant() -> GrantId {
        GrantId::ordered(Timestamp::from_seconds(1_800_000_000), &[5; 10])
    }

    #[test]
    fn a_token_says_its_grant_and_generation_under_old_and_new_keys() {
        let text = mint(grant(), 7, [9; 32], &keyring(1));
        assert_eq!(text.len(), TEXT);
        for current in [1, 2] {
            assert_eq!(read(&text, &keyring(current)), Some(Presented { grant: grant(), generation: 7 }));
        }
        let only_new = Keyring::new(2, [(2, Secret::new([2; 32]))]).unwrap();
        assert_eq!(read(&text, &only_new), None);
        let other_key = Keyring::new(1, [(1, Secret::new([3; 32]))]).unwrap();
        assert_eq!(read(&text, &other_key), None);
    }

    #[test]
    fn a_twin_gets_the_successor_and_nobody_else_does() {
        let (first, second) = (mint(grant(), 0, [1; 32], &keyring(1)), mint(grant(), 1, [2; 32], &keyring(1)));
        let sealed = seal_successor(&first, &second).unwrap();
        assert_eq!(open_successor(&first, &sealed).as_deref(), Some(second.as_str()));
        assert_eq!(open_successor(&second, &sealed), None);
        assert_eq!(open_successor("", &sealed), None);
        let third = mint(grant(), 1, [3; 32], &keyring(1));
        // Another successor of the same predecessor gets another nonce.
        assert_ne!(seal_successor(&first, &third).unwrap()[..12], sealed[..12]);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open_successor(&first, &changed), None);
            assert_eq!(open_successor(&first, &sealed[..at]), None);
        }
    }

    proptest! {
        #[test]
        fn any_cut_change_or_suffix_is_refused(
            id in any::<[u8; 16]>(), generation in any::<i64>(), random in any::<[u8; 32]>(),
            at in any::<prop::sample::Index>(), bit in 0_u8..8, suffix in "[A-Za-z0-9_=-]{1,4}",
        ) {
            let keyring = keyring(2);
            let text = mint(GrantId(uuid::Uuid::from_bytes(id)), generation, random, &keyring);
            prop_assert_eq!(read(&text, &keyring).map(|token| token.generation), Some(generation));
            let at = at.index(text.len());
            prop_assert_eq!(read(&text[..at], &keyring), None);
            prop_assert_eq!(read(&[&text[..at], &text[at + 1..]].concat(), &keyring), None);
            prop_assert_eq!(read(&(text.clone() + &suffix), &keyring), None);
            let mut changed = text.into_bytes();
            changed[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(changed) {
                prop_assert_eq!(read(&changed, &keyring), None);
            }
        }

        #[test]
        fn noise_reads_as_nothing(data in prop::collection::vec(any::<u8>(), 0..200)) {
            fuzz_refresh_token(&data);
        }
    }
}
