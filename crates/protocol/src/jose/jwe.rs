//! JWE in its compact form (RFC 7516), to an app's own key: `id_tokens` and userinfo of apps that registered for it.
//! We only encrypt: nothing that comes from outside is ever decrypted here.
//!
//! No `zip`, no passwords, no `RSA1_5`, no `dir` (`security`: what is not there cannot be got wrong).

use super::aws_lc::{self, AesKeyWrap};
use super::client_keys::{ClientKey, ClientKeys, KeyMaterial};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::Fault;
use portvakt_model::app::metadata::{ContentEncryption, Encryption, KeyManagement};
use ring::rand::SecureRandom;
use ring::{aead, agreement, digest, hmac};
use serde_json::{Map, Value, json};

/// The key of theirs that fits, if there is one: the first of [`keys_for`].
pub fn key_for(keys: &ClientKeys, encryption: Encryption) -> Option<&ClientKey> {
    keys_for(keys, encryption).next()
}

/// Those of their keys that fit: of the right type, for encryption, for that algorithm.
pub fn keys_for(keys: &ClientKeys, encryption: Encryption) -> impl Iterator<Item = &ClientKey> {
    let is_rsa = match encryption.alg {
        KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => true,
        KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => false,
    };
    keys.for_encryption(encryption.alg.name(), move |material| match material {
        KeyMaterial::Rsa { .. } => is_rsa,
        KeyMaterial::P256(_) | KeyMaterial::P384(_) => !is_rsa,
        KeyMaterial::Ed25519(_) => false,
    })
}

/// A key for one content, made and wrapped: from here on nothing depends on the receiver's key any more.
pub struct Prepared {
    header: Map<String, Value>,
    enc: ContentEncryption,
    content_key: Vec<u8>,
    wrapped: Vec<u8>,
}

/// Makes the key for one content, and wraps it to a key that [`key_for`] gave. `None` where the engine refuses theirs: a
/// point off its curve, above all, which only its use shows.
///
/// # Errors
/// A fault where our own half fails.
pub fn prepare(key: &ClientKey, encryption: Encryption, dice: &dyn SecureRandom) -> Result<Option<Prepared>, Fault> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), Value::from(encryption.alg.name()));
    header.insert("enc".to_owned(), Value::from(encryption.enc.name()));
    header.extend(key.kid.as_ref().map(|kid| ("kid".to_owned(), Value::from(kid.as_str()))));
    let made = content_key(key, encryption, &mut header, dice)?;
    Ok(made.map(|(content_key, wrapped)| Prepared { header, enc: encryption.enc, content_key, wrapped }))
}

impl Prepared {
    /// Encrypts `payload`. `is_jwt`: what is inside is a signed JWT itself, which the header then says (RFC 7519 §5.2).
    ///
    /// # Errors
    /// A fault where the engine fails.
    pub fn encrypt(self, payload: &[u8], is_jwt: bool, dice: &dyn SecureRandom) -> Result<String, Fault> {
        let Self { mut header, enc, content_key, wrapped } = self;
        if is_jwt {
            header.insert("cty".to_owned(), Value::from("JWT"));
        }
        let header = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
        let sealed = seal(enc, &content_key, header.as_bytes(), payload, dice)?;
        let parts = [&wrapped, &sealed.iv, &sealed.text, &sealed.tag].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok([header].into_iter().chain(parts).collect::<Vec<_>>().join("."))
    }
}

/// A content's key, and how it travels.
type Wrapped = (Vec<u8>, Vec<u8>);

/// Makes a content's key; `None` where their key is no good.
fn content_key(
    key: &ClientKey,
    encryption: Encryption,
    header: &mut Map<String, Value>,
    dice: &dyn SecureRandom,
) -> Result<Option<Wrapped>, Fault> {
    let size = key_size(encryption.enc);
    let (alg, wrap) = match (encryption.alg, &key.material) {
        (alg @ (KeyManagement::RsaOaep | KeyManagement::RsaOaep256), KeyMaterial::Rsa { n, e }) => {
            let fresh = random(size, dice)?;
            let wrapped = aws_lc::oaep(n, e, alg == KeyManagement::RsaOaep256, &fresh);
            return Ok(wrapped.map(|wrapped| (fresh, wrapped)));
        }
        (KeyManagement::EcdhEs, _) => (encryption.enc.name(), None),
        (KeyManagement::EcdhEsA128Kw, _) => (encryption.alg.name(), Some(AesKeyWrap::Aes128)),
        (KeyManagement::EcdhEsA256Kw, _) => (encryption.alg.name(), Some(AesKeyWrap::Aes256)),
        (KeyManagement::RsaOaep | KeyManagement::RsaOaep256, _) => return Ok(None),
    };
    let agreed_size = wrap.map_or(size, AesKeyWrap::key_size);
    let agreed = agree(&key.material, header, dice, |shared| concat_kdf(shared, alg, [&[], &[]], agreed_size))?;
    let Some(agreed) = agreed else { return Ok(None) };
    match wrap {
        // ECDH-ES alone: what was agreed is the key, and nothing travels (RFC 7518 §4.6).
        None => Ok(Some((agreed, Vec::new()))),
        Some(wrap) => {
            let fresh = random(size, dice)?;
            let wrapped = aws_lc::wrap(wrap, &agreed, &fresh)?;
            Ok(Some((fresh, wrapped)))
        }
    }
}

/// Ephemeral-static ECDH; our half goes into the header as `epk` (RFC 7518 §4.6.1.1). `None` where theirs is no point of
/// the curve.
fn agree(
    material: &KeyMaterial,
    header: &mut Map<String, Value>,
    dice: &dyn SecureRandom,
    derive: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<Option<Vec<u8>>, Fault> {
    let (curve, name, theirs) = match material {
        KeyMaterial::P256(point) => (&agreement::ECDH_P256, "P-256", point),
        KeyMaterial::P384(point) => (&agreement::ECDH_P384, "P-384", point),
        KeyMaterial::Rsa { .. } | KeyMaterial::Ed25519(_) => return Ok(None),
    };
    let failed = |_| Fault::broken("a key could not be agreed on");
    let own = agreement::EphemeralPrivateKey::generate(curve, dice).map_err(failed)?;
    let public = own.compute_public_key().map_err(failed)?;
    let coordinates = public.as_ref().get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let epk = json!({ "kty": "EC", "crv": name, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) });
    header.insert("epk".to_owned(), epk);
    Ok(agreement::agree_ephemeral(own, &agreement::UnparsedPublicKey::new(curve, theirs), derive).ok())
}

/// The Concat KDF of NIST SP 800-56A with SHA-256 (RFC 7518 §4.6.2). We name no parties: both their infos are empty.
fn concat_kdf(shared: &[u8], algorithm: &str, parties: [&[u8]; 2], size: usize) -> Vec<u8> {
    let length = |octets: usize| u32::try_from(octets).unwrap_or(u32::MAX).to_be_bytes();
    let mut derived = Vec::with_capacity(size.next_multiple_of(32));
    for round in 1_u32.. {
        let mut hash = digest::Context::new(&digest::SHA256);
        for part in [&round.to_be_bytes()[..], shared, &length(algorithm.len()), algorithm.as_bytes()] {
            hash.update(part);
        }
        for party in parties {
            hash.update(&length(party.len()));
            hash.update(party);
        }
        // SuppPubInfo: the size in bits; SuppPrivInfo: nothing.
        hash.update(&length(size * 8));
        derived.extend_from_slice(hash.finish().as_ref());
        if derived.len() >= size {
            break;
        }
    }
    derived.truncate(size);
    derived
}

struct Sealed {
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

/// Encrypts the content under its key; the header is authenticated with it.
fn seal(
    enc: ContentEncryption,
    key: &[u8],
    header: &[u8],
    payload: &[u8],
    dice: &dyn SecureRandom,
) -> Result<Sealed, Fault> {
    match enc {
        ContentEncryption::A128Gcm => gcm(&aead::AES_128_GCM, key, header, payload, dice),
        ContentEncryption::A256Gcm => gcm(&aead::AES_256_GCM, key, header, payload, dice),
        ContentEncryption::A128CbcHs256 => cbc(hmac::HMAC_SHA256, key, header, payload, array(dice)?),
        ContentEncryption::A256CbcHs512 => cbc(hmac::HMAC_SHA512, key, header, payload, array(dice)?),
    }
}

fn gcm(
    algorithm: &'static aead::Algorithm,
    key: &[u8],
    header: &[u8],
    payload: &[u8],
    dice: &dyn SecureRandom,
) -> Result<Sealed, Fault> {
    let failed = |_| Fault::broken("content could not be encrypted");
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, key).map_err(failed)?);
    let iv: [u8; 12] = array(dice)?;
    let mut text = payload.to_vec();
    let nonce = aead::Nonce::assume_unique_for_key(iv);
    let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::from(header), &mut text).map_err(failed)?;
    Ok(Sealed { iv: iv.to_vec(), text, tag: tag.as_ref().to_vec() })
}

/// AES-CBC with HMAC, encrypt-then-MAC (RFC 7518 §5.2.2.1): the first half of the key is for the MAC.
fn cbc(mac: hmac::Algorithm, key: &[u8], header: &[u8], payload: &[u8], iv: [u8; 16]) -> Result<Sealed, Fault> {
    let (mac_key, own_key) = key.split_at(key.len() / 2);
    let text = aws_lc::cbc(own_key, iv, payload)?;
    let bits = u64::try_from(header.len()).unwrap_or(u64::MAX).saturating_mul(8);
    let mut context = hmac::Context::with_key(&hmac::Key::new(mac, mac_key));
    for part in [header, &iv, &text, &bits.to_be_bytes()] {
        context.update(part);
    }
    let whole = context.sign();
    let (tag, _) = whole.as_ref().split_at(mac_key.len());
    Ok(Sealed { iv: iv.to_vec(), text, tag: tag.to_vec() })
}

/// The size of the content's key, in octets.
const fn key_size(enc: ContentEncryption) -> usize {
    match enc {
        ContentEncryption::A128Gcm => 16,
        ContentEncryption::A256Gcm | ContentEncryption::A128CbcHs256 => 32,
        ContentEncryption::A256CbcHs512 => 64,
    }
}

fn random(size: usize, dice: &dyn SecureRandom) -> Result<Vec<u8>, Fault> {
    let mut bytes = vec![0; size];
    dice.fill(&mut bytes).map_err(|_| Fault::broken("the system gives no randomness"))?;
    Ok(bytes)
}

fn array<const N: usize>(dice: &dyn SecureRandom) -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    dice.fill(&mut bytes).map_err(|_| Fault::broken("the system gives no randomness"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
