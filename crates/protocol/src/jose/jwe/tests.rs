use super::*;
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::key_wrap::{self, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};

#[expect(clippy::disallowed_methods, reason = "a test has no flow that could hand the dice in")]
fn dice() -> impl SecureRandom {
    ring::rand::SystemRandom::new()
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits.chunks(2).map(|two| u8::from_str_radix(&two.iter().collect::<String>(), 16).unwrap()).collect()
}

#[test]
fn keys_are_derived_as_rfc_7518_appendix_c_does() {
    let shared = [
        158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49, 110, 163, 218, 128, 106,
        72, 246, 218, 167, 121, 140, 254, 144, 196,
    ];
    let derived = concat_kdf(&shared, "A128GCM", [b"Alice", b"Bob"], 16);
    assert_eq!(b64(derived), "VqqN6vgjbSBcIijNcacQGg");
    // Two rounds where one hash is too short; the size is part of what is hashed, so no prefix of the other.
    let long = concat_kdf(&shared, "A256CBC-HS512", [&[], &[]], 64);
    assert_eq!(long.len(), 64);
    assert_ne!(long[..32], concat_kdf(&shared, "A256CBC-HS512", [&[], &[]], 32)[..]);
}

#[test]
fn content_is_encrypted_as_rfc_7518_appendix_b_does() {
    let plain = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
    let header = b"The second principle of Auguste Kerckhoffs";
    let iv: [u8; 16] = hex("1af38c2dc2b96ffdd86694092341bc04").try_into().unwrap();
    let key: Vec<u8> = (0..64).collect();
    let short = cbc(hmac::HMAC_SHA256, &key[..32], header, plain, iv).unwrap();
    assert_eq!(short.text[..16], hex("c80edfa32ddf39d5ef00c0b468834279"));
    assert_eq!(short.tag, hex("652c3fa36b0a7c5b3219fab3a30bc1c4"));
    let long = cbc(hmac::HMAC_SHA512, &key, header, plain, iv).unwrap();
    assert_eq!(long.text[..16], hex("4affaaadb78c31c5da4b1b590d10ffbd"));
    assert_eq!(long.tag, hex("4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"));
}

/// The other side: opens what was encrypted, with its own reading of RFC 7516.
struct Theirs {
    keys: ClientKeys,
    rsa: Vec<u8>,
    ec: aws_lc_rs::agreement::PrivateKey,
}

impl Theirs {
    fn new() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let rsa = pair.as_der().unwrap().as_ref().to_vec();
        let public = ring::rsa::KeyPair::from_pkcs8(&rsa).unwrap();
        let n = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(public.public()).n;
        let ec = aws_lc_rs::agreement::PrivateKey::generate(&aws_lc_rs::agreement::ECDH_P256).unwrap();
        let point = ec.compute_public_key().unwrap().as_ref().to_vec();
        let keys = json!({ "keys": [
            { "kty": "RSA", "use": "sig", "kid": "not-this", "n": b64(&n), "e": "AQAB" },
            { "kty": "RSA", "use": "enc", "kid": "rsa", "n": b64(&n), "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "x": b64(&point[1..33]), "y": b64(&point[33..]) },
        ]});
        Self { keys: ClientKeys::of_value(&keys).unwrap(), rsa, ec }
    }

    fn open(&self, jwe: &str) -> (Value, Vec<u8>) {
        let parts: Vec<&str> = jwe.split('.').collect();
        let header: Value = serde_json::from_slice(&unb64(parts[0])).unwrap();
        let (alg, enc) = (header["alg"].as_str().unwrap(), header["enc"].as_str().unwrap());
        let size = match enc {
            "A128GCM" => 16,
            "A256CBC-HS512" => 64,
            _ => 32,
        };
        let wrapped = unb64(parts[1]);
        let key = match alg {
            "RSA-OAEP" | "RSA-OAEP-256" => self.rsa_key(alg, &wrapped),
            "ECDH-ES" => self.agreed(&header, enc, size),
            "ECDH-ES+A128KW" => unwrap(&key_wrap::AES_128, &self.agreed(&header, alg, 16), &wrapped),
            _ => unwrap(&key_wrap::AES_256, &self.agreed(&header, alg, 32), &wrapped),
        };
        assert_eq!(key.len(), size);
        let (iv, mut text, tag) = (unb64(parts[2]), unb64(parts[3]), unb64(parts[4]));
        let plain = if enc.ends_with("GCM") {
            let algorithm = if size == 16 { &aead::AES_128_GCM } else { &aead::AES_256_GCM };
            let key = aead::LessSafeKey::new(aead::UnboundKey::new(algorithm, &key).unwrap());
            text.extend_from_slice(&tag);
            let nonce = aead::Nonce::try_assume_unique_for_key(&iv).unwrap();
            key.open_in_place(nonce, aead::Aad::from(parts[0].as_bytes()), &mut text).unwrap().to_vec()
        } else {
            let (mac_key, own) = key.split_at(size / 2);
            let mac = if size == 32 { hmac::HMAC_SHA256 } else { hmac::HMAC_SHA512 };
            let mut input = parts[0].as_bytes().to_vec();
            input.extend_from_slice(&iv);
            input.extend_from_slice(&text);
            input.extend_from_slice(&(parts[0].len() as u64 * 8).to_be_bytes());
            let whole = hmac::sign(&hmac::Key::new(mac, mac_key), &input);
            assert_eq!(whole.as_ref()[..size / 2], tag[..]);
            let algorithm = if own.len() == 16 { &AES_128 } else { &AES_256 };
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, own).unwrap()).unwrap();
            let iv: [u8; 16] = iv.try_into().unwrap();
            key.decrypt(&mut text, DecryptionContext::Iv128(iv.into())).unwrap().to_vec()
        };
        (header, plain)
    }

    fn rsa_key(&self, alg: &str, wrapped: &[u8]) -> Vec<u8> {
        let private = PrivateDecryptingKey::from_pkcs8(&self.rsa).unwrap();
        let key = OaepPrivateDecryptingKey::new(private).unwrap();
        let algorithm = if alg == "RSA-OAEP" { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 };
        let mut out = vec![0; key.min_output_size()];
        key.decrypt(algorithm, wrapped, &mut out, None).unwrap().to_vec()
    }

    fn agreed(&self, header: &Value, name: &str, size: usize) -> Vec<u8> {
        let epk = &header["epk"];
        let point = [&[4][..], &unb64(epk["x"].as_str().unwrap()), &unb64(epk["y"].as_str().unwrap())].concat();
        let theirs = aws_lc_rs::agreement::UnparsedPublicKey::new(&aws_lc_rs::agreement::ECDH_P256, point);
        aws_lc_rs::agreement::agree(&self.ec, theirs, (), |shared| Ok(concat_kdf(shared, name, [&[], &[]], size)))
            .unwrap()
    }
}

fn unwrap(cipher: &'static key_wrap::AesBlockCipher, key: &[u8], wrapped: &[u8]) -> Vec<u8> {
    let mut out = vec![0; wrapped.len()];
    AesKek::new(cipher, key).unwrap().unwrap(wrapped, &mut out).unwrap().to_vec()
}

#[test]
fn an_app_opens_what_was_encrypted_to_it_whatever_it_chose() {
    let theirs = Theirs::new();
    for alg in KeyManagement::ALL {
        for enc in ContentEncryption::ALL {
            let encryption = Encryption { alg, enc };
            let key = key_for(&theirs.keys, encryption).expect("a key fits");
            let encrypt =
                || prepare(key, encryption, &dice()).unwrap().unwrap().encrypt(b"eyJhbGciOi...", true, &dice());
            let jwe = encrypt().unwrap();
            let (header, plain) = theirs.open(&jwe);
            assert_eq!(plain, b"eyJhbGciOi...", "{encryption:?}");
            let kid = if alg.name().starts_with("RSA") { "rsa" } else { "ec" };
            assert_eq!((header["kid"].as_str(), header["cty"].as_str()), (Some(kid), Some("JWT")));
            assert!(header.get("zip").is_none());
            let again = encrypt().unwrap();
            assert_ne!(jwe, again, "nothing is used twice");
        }
    }
}

#[test]
fn no_key_is_made_to_fit() {
    let only_signing = json!({ "keys": [{ "kty": "RSA", "use": "sig", "n": b64([0xff; 256]), "e": "AQAB" }] });
    let keys = ClientKeys::of_value(&only_signing).unwrap();
    for alg in KeyManagement::ALL {
        assert_eq!(key_for(&keys, Encryption { alg, enc: ContentEncryption::default() }), None);
    }
    // A point that is not on the curve is found when it is used.
    let off = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": b64([1; 32]), "y": b64([2; 32]) }] });
    let keys = ClientKeys::of_value(&off).unwrap();
    let encryption = Encryption { alg: KeyManagement::EcdhEs, enc: ContentEncryption::default() };
    let key = key_for(&keys, encryption).unwrap();
    assert!(prepare(key, encryption, &dice()).unwrap().is_none());
}
