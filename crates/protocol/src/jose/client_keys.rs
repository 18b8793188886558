//! Public keys of others: what an app registers or serves as its JWKS (RFC 7517), read once and bounded.
//!
//! A key that we cannot use (another type, curve or size, or without a member that it needs) is passed over, as RFC
//! 7517 §5 asks. A set that holds anything private is refused as a whole: whoever publishes that has to hear of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::app::metadata::JwsAlgorithm;
use serde_json::{Map, Value};

use super::json::Object;
use crate::json;

/// The longest set that is looked at, in octets.
pub const MAX_KEY_SET: usize = 64 * 1024;
/// The most keys of a set.
pub const MAX_KEYS: usize = 32;
/// The longest key id, in octets.
pub const MAX_KID: usize = 256;

/// Sizes of RSA moduli that we take, in bits: the least by RFC 7518 §3.3, the most by what the engine takes.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// Members that only a private or a shared key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a set of keys is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeysRefused {
    /// Longer than [`MAX_KEY_SET`].
    TooLong,
    /// No JSON object with an array `keys` of objects, or a name that stands twice.
    Form,
    /// More than [`MAX_KEYS`] keys.
    TooMany,
    /// A private or a shared key is among them.
    Private,
}

impl KeysRefused {
    /// A sentence for whoever registered it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TooLong => "the key set is longer than 64 KiB",
            Self::Form => "the key set is no JSON object with an array of keys",
            Self::TooMany => "the key set has more than 32 keys",
            Self::Private => "the key set holds a private or shared key, which must be replaced now",
        }
    }
}

/// What a key says that it is for (`use`, else `key_ops`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Nothing said: both.
    Any,
    /// Signatures.
    Signing,
    /// Encryption.
    Encryption,
}

/// The key itself. Whether a point lies on its curve is checked by the engine at each use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyMaterial {
    /// RSA of 2048 to 8192 bits.
    Rsa {
        /// Modulus, big-endian, without leading zeros.
        n: Vec<u8>,
        /// Exponent, likewise; odd, at least 3 and below 2³³.
        e: Vec<u8>,
    },
    /// A point of P-256: `04`, X, Y; 65 octets.
    P256(Vec<u8>),
    /// A point of P-384: `04`, X, Y; 97 octets.
    P384(Vec<u8>),
    /// Ed25519; 32 octets.
    Ed25519(Vec<u8>),
}

/// One public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// Its id, if it has one.
    pub kid: Option<String>,
    /// What it is for.
    pub usage: KeyUse,
    /// The only algorithm that it is for, if it says so: of a signature or of a key's encryption.
    pub alg: Option<String>,
    /// The key.
    pub material: KeyMaterial,
}

impl ClientKey {
    /// Whether it may verify what was signed with the algorithm of that name, as [`JwsAlgorithm::name`] has it.
    pub fn is_for_signing(&self, algorithm: &str) -> bool {
        let is_own = |own: &str| JwsAlgorithm::of_name(own).is_some_and(|own| own.name() == algorithm);
        self.usage != KeyUse::Encryption && self.alg.as_deref().is_none_or(is_own)
    }

    /// Whether something may be encrypted to it with the algorithm of that name.
    pub fn is_for_encryption(&self, algorithm: &str) -> bool {
        self.usage != KeyUse::Signing && self.alg.as_deref().is_none_or(|own| own == algorithm)
    }
}

/// The public keys of an app that we can use, in the order in which it wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientKeys {
    keys: Vec<ClientKey>,
    passed_over: usize,
}

impl ClientKeys {
    /// Reads a JWKS document.
    pub fn parse(bytes: &[u8]) -> Result<Self, KeysRefused> {
        if bytes.len() > MAX_KEY_SET {
            return Err(KeysRefused::TooLong);
        }
        let Object(set) = json::parse(bytes).map_err(|_| KeysRefused::Form)?;
        Self::of_members(&set)
    }

    /// Reads a set that stands inside another document, which was read by [`json::parse`].
    pub fn of_value(set: &Value) -> Result<Self, KeysRefused> {
        Self::of_members(set.as_object().ok_or(KeysRefused::Form)?)
    }

    fn of_members(set: &Map<String, Value>) -> Result<Self, KeysRefused> {
        let all = set.get("keys").and_then(Value::as_array).ok_or(KeysRefused::Form)?;
        if all.len() > MAX_KEYS {
            return Err(KeysRefused::TooMany);
        }
        let mut read = Self::default();
        for one in all {
            let members = one.as_object().ok_or(KeysRefused::Form)?;
            if PRIVATE.iter().any(|name| members.contains_key(*name)) {
                return Err(KeysRefused::Private);
            }
            match key(members) {
                Some(key) => read.keys.push(key),
                None => read.passed_over += 1,
            }
        }
        Ok(read)
    }

    /// All of them.
    pub fn keys(&self) -> &[ClientKey] {
        &self.keys
    }

    /// How many keys of the set cannot be used here.
    pub const fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// Whether a key of that id is here.
    pub fn has_kid(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The first key that something may be encrypted to with that algorithm, and that fits `right`.
    pub fn for_encryption(
        &self,
        algorithm: &str,
        right: impl Fn(&KeyMaterial) -> bool,
    ) -> impl Iterator<Item = &ClientKey> {
        self.keys.iter().filter(move |key| key.is_for_encryption(algorithm) && right(&key.material))
    }
}

/// One key; `None` if it is none that we can use.
fn key(members: &Map<String, Value>) -> Option<ClientKey> {
    let text = |name: &str| members.get(name).map(|value| value.as_str().filter(|text| text.len() <= MAX_KID));
    // A member that is there has to be a text: a `kid` that is a number would be another key's to somebody else.
    let optional = |name: &str| match text(name) {
        None => Some(None),
        Some(Some(text)) => Some(Some(text.to_owned())),
        Some(None) => None,
    };
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok();
    let material = match (text("kty")??, text("crv").flatten()) {
        ("RSA", _) => rsa(bytes("n")?, bytes("e")?)?,
        ("EC", Some("P-256")) => KeyMaterial::P256(point(&bytes("x")?, &bytes("y")?, 32)?),
        ("EC", Some("P-384")) => KeyMaterial::P384(point(&bytes("x")?, &bytes("y")?, 48)?),
        ("OKP", Some("Ed25519")) => KeyMaterial::Ed25519(bytes("x").filter(|x| x.len() == 32)?),
        _ => return None,
    };
    Some(ClientKey { kid: optional("kid")?, usage: usage(members)?, alg: optional("alg")?, material })
}

/// `use` decides; without it `key_ops` does (RFC 7517 §4.2, §4.3). `None` if it is for neither.
fn usage(members: &Map<String, Value>) -> Option<KeyUse> {
    match members.get("use") {
        Some(usage) => match usage.as_str()? {
            "sig" => Some(KeyUse::Signing),
            "enc" => Some(KeyUse::Encryption),
            _ => None,
        },
        None => match members.get("key_ops") {
            None => Some(KeyUse::Any),
            Some(operations) => {
                let operations = operations.as_array()?;
                let has =
                    |names: &[&str]| operations.iter().any(|one| one.as_str().is_some_and(|n| names.contains(&n)));
                match (has(&["verify"]), has(&["encrypt", "wrapKey", "deriveKey", "deriveBits"])) {
                    (true, true) => Some(KeyUse::Any),
                    (true, false) => Some(KeyUse::Signing),
                    (false, true) => Some(KeyUse::Encryption),
                    (false, false) => None,
                }
            }
        },
    }
}

fn rsa(n: Vec<u8>, e: Vec<u8>) -> Option<KeyMaterial> {
    let (first, last) = (n.first()?, n.last()?);
    // Leading zeros are not of the form (RFC 7518 §6.3.1.1), and would make a modulus look longer than it is.
    let bits = n.len() * 8 - usize::try_from(first.leading_zeros()).ok()?;
    let is_modulus = *first != 0 && last % 2 == 1 && RSA_BITS.contains(&bits);
    // What the engine takes: below 2³³.
    let exponent = e.iter().try_fold(0_u64, |sum, byte| Some(sum.checked_mul(256)? | u64::from(*byte)))?;
    let is_exponent = *e.first()? != 0 && exponent % 2 == 1 && (3..1 << 33).contains(&exponent);
    (is_modulus && is_exponent).then_some(KeyMaterial::Rsa { n, e })
}

/// The uncompressed point (SEC 1 §2.3.3). Each coordinate has its whole length (RFC 7518 §6.2.1.2).
fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}

/// Fuzz entry: any bytes as the key set of an app.
///
/// # Panics
/// If more is taken than we look at, a key is too weak or too long, or a set with something private is taken.
pub fn fuzz_client_keys(data: &[u8]) {
    let Ok(set) = ClientKeys::parse(data) else { return };
    assert!(data.len() <= MAX_KEY_SET && set.keys.len() + set.passed_over <= MAX_KEYS);
    for key in &set.keys {
        assert!([&key.kid, &key.alg].into_iter().flatten().all(|text| text.len() <= MAX_KID));
        match &key.material {
            KeyMaterial::Rsa { n, e } => assert!((256..=1024).contains(&n.len()) && (1..=5).contains(&e.len())),
            KeyMaterial::P256(point) => assert!(point.len() == 65 && point.first() == Some(&4)),
            KeyMaterial::P384(point) => assert!(point.len() == 97 && point.first() == Some(&4)),
            KeyMaterial::Ed25519(key) => assert_eq!(key.len(), 32),
        }
    }
    // The oracle reads with another parser.
    let value: Value = serde_json::from_slice(data).unwrap_or_default();
    let all = value.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    assert!(all.iter().all(|one| PRIVATE.iter().all(|name| one.get(name).is_none())), "a private key was taken");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn b64(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn rsa_of(bits: usize) -> Value {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= (8 - bits % 8) % 8;
        json!({ "kty": "RSA", "kid": "r", "n": b64(&n), "e": "AQAB" })
    }

    fn ed() -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(&[7; 32]) })
    }

    fn read(keys: &[Value]) -> Result<ClientKeys, KeysRefused> {
        ClientKeys::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn takes(key: Value) -> bool {
        read(&[key]).unwrap().keys().len() == 1
    }

    #[test]
    fn keys_of_each_type_are_read_and_strange_ones_are_passed_over() {
        let set = read(&[
            rsa_of(2048),
            json!({ "kty": "EC", "crv": "P-256", "x": b64(&[1; 32]), "y": b64(&[2; 32]), "use": "sig", "alg": "ES256" }),
            json!({ "kty": "EC", "crv": "P-384", "x": b64(&[1; 48]), "y": b64(&[2; 48]), "use": "enc" }),
            ed(),
            json!({ "kty": "EC", "crv": "secp256k1", "x": b64(&[1; 32]), "y": b64(&[2; 32]) }),
            json!({ "kty": "AKP", "pub": "AA" }),
            json!({}),
        ])
        .unwrap();
        assert_eq!((set.keys().len(), set.passed_over()), (4, 3));
        assert!(set.has_kid("r") && !set.has_kid("") && !set.has_kid("R"));
        assert!(set.keys()[1].is_for_signing("ES256") && !set.keys()[1].is_for_signing("ES384"));
        assert!(!set.keys()[2].is_for_signing("ES384") && set.keys()[2].is_for_encryption("ECDH-ES"));
        let is_curve = |key: &KeyMaterial| matches!(key, KeyMaterial::P256(_) | KeyMaterial::P384(_));
        let wanted: Vec<_> = set.for_encryption("ECDH-ES", is_curve).collect();
        assert_eq!(wanted.first(), Some(&&set.keys()[2]), "the one before it is for signatures");
        assert_eq!(read(&[]), Ok(ClientKeys::default()));
    }

    #[test]
    fn weak_and_endless_rsa_keys_are_passed_over() {
        for (bits, right) in [(1024, false), (2047, false), (2048, true), (3072, true), (8192, true), (8200, false)] {
            assert_eq!(takes(rsa_of(bits)), right, "{bits}");
        }
        let mut padded = vec![0_u8; 129];
        padded.extend([0xff; 127]);
        assert!(!takes(with(rsa_of(2048), "n", json!(b64(&padded)))), "1016 bits that look like 2048");
        let mut even = vec![0xff_u8; 256];
        even[255] = 0xfe;
        assert!(!takes(with(rsa_of(2048), "n", json!(b64(&even)))));
        for (e, right) in [
            (&[3_u8][..], true),
            (&[1, 0, 1], true),
            (&[1, 0xff, 0xff, 0xff, 0xff], true),
            (&[], false),
            (&[0], false),
            (&[1], false),
            (&[2], false),
            (&[0, 1, 0, 1], false),
            (&[2, 0, 0, 0, 1], false),
            (&[0xff; 256], false),
        ] {
            assert_eq!(takes(with(rsa_of(2048), "e", json!(b64(e)))), right, "{e:?}");
        }
    }

    #[test]
    fn members_of_the_wrong_form_make_a_key_useless() {
        let long = "k".repeat(MAX_KID);
        for (name, value, right) in [
            ("kid", json!(long), true),
            ("kid", json!(format!("{long}k")), false),
            ("kid", json!(1), false),
            ("alg", json!(null), false),
            ("use", json!("sig"), true),
            ("use", json!("tls"), false),
            ("use", json!(["sig"]), false),
            ("key_ops", json!(["verify"]), true),
            ("key_ops", json!(["deriveBits"]), true),
            ("key_ops", json!(["sign"]), false),
            ("key_ops", json!("verify"), false),
            ("x", json!(b64(&[7; 31])), false),
            ("x", json!(format!("{}=", b64(&[7; 32]))), false),
            ("crv", json!("ed25519"), false),
            ("kty", json!("EC"), false),
            ("x5c", json!(["whatever"]), true),
        ] {
            assert_eq!(takes(with(ed(), name, value.clone())), right, "{name} {value}");
        }
        let short = json!({ "kty": "EC", "crv": "P-256", "x": b64(&[1; 31]), "y": b64(&[2; 32]) });
        assert!(!takes(short));
    }

    #[test]
    fn a_set_with_anything_private_is_refused_as_a_whole() {
        for name in PRIVATE {
            assert_eq!(read(&[ed(), with(ed(), name, json!("AA"))]), Err(KeysRefused::Private), "{name}");
        }
        assert_eq!(read(&[json!({ "kty": "oct", "k": "AA" })]), Err(KeysRefused::Private));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for wrong in [r"", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#, "\u{1}"] {
            assert_eq!(ClientKeys::parse(wrong.as_bytes()), Err(KeysRefused::Form), "{wrong}");
        }
        assert!(read(&vec![ed(); MAX_KEYS]).is_ok());
        assert_eq!(read(&vec![ed(); MAX_KEYS + 1]), Err(KeysRefused::TooMany));
        assert_eq!(ClientKeys::parse(&vec![b' '; MAX_KEY_SET + 1]), Err(KeysRefused::TooLong));
        assert_eq!(ClientKeys::of_value(&json!({ "keys": [ed()] })), read(&[ed()]));
        assert_eq!(ClientKeys::of_value(&json!([ed()])), Err(KeysRefused::Form));
    }

    proptest! {
        #[test]
        fn whatever_the_members_hold_only_whole_keys_are_taken(
            kty in prop::sample::select(vec!["RSA", "EC", "OKP", "oct"]),
            crv in prop::sample::select(vec!["P-256", "P-384", "P-521", "Ed25519", "X25519"]),
            x in prop::collection::vec(any::<u8>(), 30..50),
            y in prop::collection::vec(any::<u8>(), 30..50),
            n in prop::collection::vec(any::<u8>(), 250..260),
        ) {
            let key = json!({ "kty": kty, "crv": crv, "x": b64(&x), "y": b64(&y), "n": b64(&n), "e": "AQAB" });
            let text = json!({ "keys": [key] }).to_string();
            fuzz_client_keys(text.as_bytes());
            let right = match (kty, crv) {
                ("RSA", _) => n.len() >= 256 && n[0] != 0 && n[n.len() - 1] % 2 == 1 && (n.len() > 256 || n[0] >= 128),
                ("EC", "P-256") => x.len() == 32 && y.len() == 32,
                ("EC", "P-384") => x.len() == 48 && y.len() == 48,
                ("OKP", "Ed25519") => x.len() == 32,
                _ => false,
            };
            prop_assert_eq!(ClientKeys::parse(text.as_bytes()).unwrap().keys().len() == 1, right);
        }
    }
}
