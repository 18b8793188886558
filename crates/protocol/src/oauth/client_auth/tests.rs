use super::*;
use portvakt_model::{AppKind, AppSecret, SecretId};

fn presented(header: Option<&str>, body: &str) -> Result<Presented, Why> {
    read(header, &Params::parse(body.as_bytes()).unwrap(), false)
}

fn basic_of(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

/// The body's two members for an assertion.
fn asserted(jws: &str) -> String {
    format!("client_assertion_type={}&client_assertion={jws}", assertion::TYPE)
}

/// An assertion that says it is `sub`'s; nobody signed it.
fn unsigned(sub: &str) -> String {
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"ES256"}"#), part(&format!(r#"{{"sub":"{sub}"}}"#)), part("signature"))
}

#[test]
fn both_halves_of_basic_are_form_decoded() {
    let got = presented(Some(&basic_of("app%5Fx:a%2Bb+c")), "client_id=app_x").unwrap();
    assert_eq!((got.client_id.as_str(), got.proof), ("app_x", Proof::Secret(Secret::new("a+b c".to_owned()))));
}

#[test]
fn one_way_only() {
    let assertion = asserted("a.b.c");
    for (header, body) in [
        (Some(basic_of("a:b")), "client_id=a&client_secret=b".to_owned()),
        (Some(basic_of("a:b")), "client_id=c".to_owned()),
        (Some(basic_of("a:b")), format!("client_id=a&{assertion}")),
        (None, format!("client_id=a&client_secret=b&{assertion}")),
    ] {
        assert_eq!(presented(header.as_deref(), &body), Err(Why::ClientTwice), "{body}");
    }
    assert_eq!(presented(None, ""), Err(Why::ClientInvalid));
    for header in ["Basic", "Basic !!!", "Bearer x", "Basic YQ=="] {
        assert_eq!(presented(Some(header), "client_id=a"), Err(Why::ClientInvalid), "{header}");
    }
}

#[test]
fn an_assertion_says_whose_it_is_where_nothing_else_does() {
    let jws = unsigned("app_hrm");
    let alone = presented(None, &asserted(&jws)).unwrap();
    assert_eq!(alone.client_id, "app_hrm");
    assert_eq!(alone.proof, Proof::Assertion(Secret::new(jws.clone())));
    let beside = presented(None, &format!("client_id=app_other&{}", asserted(&jws))).unwrap();
    assert_eq!(beside.client_id, "app_other", "who was named is who must have signed");
    for wrong in ["a.b.c", &unsigned(&"a".repeat(201))] {
        assert_eq!(presented(None, &asserted(wrong)), Err(Why::ClientInvalid));
    }
}

#[test]
fn an_assertion_comes_with_its_type_and_within_bounds() {
    let jws = unsigned("a");
    for (body, why) in [
        (format!("client_id=a&client_assertion={jws}"), Why::AssertionPair),
        (format!("client_id=a&client_assertion_type={}", assertion::TYPE), Why::AssertionPair),
        (
            format!(
                "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:saml2-bearer&client_assertion={jws}"
            ),
            Why::AssertionType,
        ),
        (asserted(&"a".repeat(assertion::MAX_ASSERTION + 1)), Why::TooLong),
        (format!("{}&client_assertion={jws}", asserted(&jws)), Why::Repeated),
    ] {
        assert_eq!(presented(None, &body), Err(why), "{body}");
    }
}

#[test]
fn a_certificate_is_the_proof_only_where_nothing_else_is() {
    let with = |body: &str| read(None, &Params::parse(body.as_bytes()).unwrap(), true).unwrap().proof;
    assert_eq!(with("client_id=a"), Proof::Certificate);
    assert!(matches!(with("client_id=a&client_secret=b"), Proof::Secret(_)));
    assert!(matches!(with(&asserted(&unsigned("a"))), Proof::Assertion(_)));
}

#[test]
fn each_method_takes_its_own_proof_and_no_other() {
    use ClientAuthMethod as Method;
    let mut app = crate::oauth::authorize::tests::app(AppKind::Web);
    let (secret, jws) = (Secret::new("s".to_owned()), Secret::new("j".to_owned()));
    let proofs = [Proof::None, Proof::Secret(secret.clone()), Proof::Assertion(jws), Proof::Certificate];
    for method in Method::ALL {
        app.settings.auth_method = method;
        let taken: Vec<Way<'_>> = proofs.iter().filter_map(|proof| way(&app, proof).ok()).collect();
        let right: &[Way<'_>] = match method {
            Method::None => &[Way::Nothing, Way::Nothing],
            Method::ClientSecretBasic | Method::ClientSecretPost => &[Way::Secret(&secret)],
            Method::ClientSecretJwt => &[Way::SharedKey("j")],
            Method::PrivateKeyJwt => &[Way::OwnKey("j")],
            Method::TlsClientAuth => &[Way::CertificateName],
            Method::SelfSignedTlsClientAuth => &[Way::CertificateKey],
        };
        assert_eq!(taken, right, "{method:?}");
    }
}

#[test]
fn a_secret_is_good_until_its_end() {
    let now = Timestamp::from_seconds(100);
    let mut app = crate::oauth::authorize::tests::app(AppKind::Web);
    let secret = |hash, expires_at| AppSecret {
        id: SecretId::random([hash; 16]),
        hash: TokenHash([hash; 32]),
        created_at: now,
        sealed: None,
        expires_at,
    };
    app.secrets = vec![secret(1, Some(now)), secret(2, Some(Timestamp(now.0 + 1))), secret(3, None)];
    let good: Vec<u8> = (1..=4).filter(|hash| has_secret(&app, TokenHash([*hash; 32]), now)).collect();
    assert_eq!(good, [2, 3]);
}
