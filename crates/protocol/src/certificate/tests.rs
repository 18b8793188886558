use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType,
};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// C=SE, O=Example AB, OU=Pay, CN=Payroll   app, in a certificate's own order; and a name of each other kind.
fn params() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "SE");
    params.distinguished_name.push(DnType::OrganizationName, "Example, AB");
    params.distinguished_name.push(DnType::CommonName, "Payroll   Åpp");
    params.subject_alt_names = vec![
        SanType::DnsName("other.example".try_into().unwrap()),
        SanType::DnsName("Payroll.example".try_into().unwrap()),
        SanType::URI("spiffe://example/payroll".try_into().unwrap()),
        SanType::IpAddress("192.0.2.7".parse().unwrap()),
        SanType::IpAddress("2001:db8::7".parse().unwrap()),
        SanType::Rfc822Name("Payroll@Example.test".try_into().unwrap()),
    ];
    params
}

fn of(certificate: &Certificate) -> ClientCertificate {
    ClientCertificate::of_chain([certificate.der().to_vec()]).unwrap()
}

fn self_signed() -> (ClientCertificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    (of(&params().self_signed(&key).unwrap()), key)
}

fn trusting(authority: &Authority) -> Authorities {
    Authorities::parse(authority.pem().as_bytes()).unwrap()
}

#[test]
fn only_a_trusted_authority_vouches_and_only_for_its_own() {
    let (ours, other) = (authority("Ours"), authority("Other"));
    let key = KeyPair::generate().unwrap();
    let signed = of(&params().signed_by(&key, &ours).unwrap());
    assert!(signed.is_vouched_for(&trusting(&ours), NOW));
    assert!(!signed.is_vouched_for(&trusting(&other), NOW));
    assert!(!signed.is_vouched_for(&Authorities::default(), NOW));
    // The same name makes no authority the same.
    assert!(!signed.is_vouched_for(&trusting(&authority("Ours")), NOW));
    assert!(!self_signed().0.is_vouched_for(&trusting(&ours), NOW));
}

#[test]
fn an_intermediate_authority_is_sent_along_or_trusted_itself() {
    let root = authority("Root");
    let mut between = CertificateParams::new(Vec::<String>::new()).unwrap();
    between.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    between.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    between.distinguished_name.push(DnType::CommonName, "Between");
    let between = CertifiedIssuer::signed_by(between, KeyPair::generate().unwrap(), &root).unwrap();
    let leaf = params().signed_by(&KeyPair::generate().unwrap(), &between).unwrap().der().to_vec();
    let chain = [leaf.clone(), between.der().to_vec()];
    assert!(ClientCertificate::of_chain(chain).unwrap().is_vouched_for(&trusting(&root), NOW));
    let alone = ClientCertificate::of_chain([leaf]).unwrap();
    assert!(!alone.is_vouched_for(&trusting(&root), NOW));
    let both = Authorities::parse(format!("{}{}", root.pem(), between.pem()).as_bytes()).unwrap();
    assert!(alone.is_vouched_for(&both, NOW));
}

#[test]
fn a_certificate_out_of_its_dates_or_for_servers_is_nobody_s() {
    let ours = authority("Ours");
    let signed = |params: CertificateParams| of(&params.signed_by(&KeyPair::generate().unwrap(), &ours).unwrap());
    let mut dated = params();
    dated.not_before = rcgen::date_time_ymd(2020, 1, 1);
    dated.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let old = signed(dated.clone());
    assert!(!old.is_current(NOW) && !old.is_vouched_for(&trusting(&ours), NOW));
    let then = Timestamp::from_seconds(1_600_000_000);
    assert!(old.is_current(then) && old.is_vouched_for(&trusting(&ours), then));
    dated.not_before = rcgen::date_time_ymd(2040, 1, 1);
    dated.not_after = rcgen::date_time_ymd(2041, 1, 1);
    let to_come = signed(dated);
    assert!(!to_come.is_current(NOW) && !to_come.is_vouched_for(&trusting(&ours), NOW));
    for (purpose, right) in [(ExtendedKeyUsagePurpose::ClientAuth, true), (ExtendedKeyUsagePurpose::ServerAuth, false)]
    {
        let mut purposed = params();
        purposed.extended_key_usages = vec![purpose];
        assert_eq!(signed(purposed).is_vouched_for(&trusting(&ours), NOW), right);
    }
    // A critical extension that nobody here keeps to.
    let mut strange = params();
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    extension.set_criticality(true);
    strange.custom_extensions = vec![extension];
    assert!(!signed(strange).is_vouched_for(&trusting(&ours), NOW));
}

#[test]
fn authorities_are_certificates() {
    for wrong in ["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn a_subject_is_compared_part_for_part() {
    let (certificate, _) = self_signed();
    let is = |text: &str| certificate.has_name(&CertificateName::SubjectDn(text.to_owned()));
    for right in [
        r"CN=Payroll   Åpp,O=Example\, AB,C=SE",
        r"cn=payroll åpp, o=example\2c ab, c=se",
        r"2.5.4.3=Payroll \C3\85pp,2.5.4.10=Example\, AB,2.5.4.6=SE",
        r"CN=Payroll Åpp,O=Example\, AB,2.5.4.6=#0C025345",
    ] {
        assert!(is(right), "{right}");
    }
    for wrong in [
        r"CN=Payroll Åpp",
        r"C=SE,O=Example\, AB,CN=Payroll Åpp",
        r"CN=Payroll Åpp,O=Example\, AB,C=NO",
        r"CN=Payroll Åpp+O=Example\, AB,C=SE",
        r"CN=Payroll Åpp,O=Example,C=SE",
        r"CN=Payroll App,O=Example\, AB,C=SE",
        r"OU=Payroll Åpp,O=Example\, AB,C=SE",
        r"CN=Payroll Åpp,O=Example\, AB,2.5.4.6=#13025345",
        r"CN=Payroll Åpp,O=Example\, AB,C=SE,",
        "",
    ] {
        assert!(!is(wrong), "{wrong}");
    }
}

#[test]
fn alternative_names_are_compared_as_their_kind_is() {
    let (certificate, _) = self_signed();
    let dns = |text: &str| CertificateName::SanDns(text.to_owned());
    let uri = |text: &str| CertificateName::SanUri(text.to_owned());
    let ip = |text: &str| CertificateName::SanIp(text.to_owned());
    let email = |text: &str| CertificateName::SanEmail(text.to_owned());
    for (name, right) in [
        (dns("payroll.EXAMPLE"), true),
        (dns("a.payroll.example"), false),
        (dns("*.example"), false),
        (uri("spiffe://example/payroll"), true),
        (uri("spiffe://example/PAYROLL"), false),
        (uri("Payroll.example"), false),
        (ip("192.0.2.7"), true),
        (ip("2001:DB8:0::7"), true),
        (ip("::ffff:192.0.2.7"), false),
        (ip("192.0.2.8"), false),
        (email("Payroll@example.TEST"), true),
        (email("payroll@example.test"), false),
        (email("example.test"), false),
        (dns("192.0.2.7"), false),
    ] {
        assert_eq!(certificate.has_name(&name), right, "{name:?}");
    }
}

#[test]
fn a_name_that_no_certificate_could_have_is_not_registered() {
    let dn = |text: &str| check(&CertificateName::SubjectDn(text.to_owned()));
    assert_eq!(dn("CN=a"), Ok(()));
    assert_eq!(dn(""), Err(NameFault::Length));
    assert_eq!(dn(&format!("CN={}", "a".repeat(1000))), Err(NameFault::Length));
    let many = vec!["CN=a"; 33].join(",");
    for wrong in
        ["a", "CN=", "=a", "NOPE=a", "CN=a,", "CN=a;O=b", r"CN=\zz", r"CN=a\", "CN=#1", "CN=#", "1..2=a", &many]
    {
        assert_eq!(dn(wrong), Err(NameFault::DistinguishedName), "{wrong}");
    }
    for (name, fault) in [
        (CertificateName::SanDns("a b".to_owned()), NameFault::Host),
        (CertificateName::SanUri("/relative".to_owned()), NameFault::Uri),
        (CertificateName::SanIp("192.0.2".to_owned()), NameFault::Address),
        (CertificateName::SanEmail("@a.example".to_owned()), NameFault::Mail),
    ] {
        assert_eq!(check(&name), Err(fault));
    }
}

#[test]
fn a_key_is_the_client_s_only_if_it_is_registered_and_for_signatures() {
    let (certificate, key) = self_signed();
    let point = key.der_bytes();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let set = |usage: &str, x: &str| {
        let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": usage, "x": x, "y": y }] });
        ClientKeys::of_value(&keys).unwrap()
    };
    assert!(certificate.has_key_of(&set("sig", &x)));
    assert!(!certificate.has_key_of(&set("enc", &x)));
    assert!(!certificate.has_key_of(&set("sig", &URL_SAFE_NO_PAD.encode([1; 32]))));
    assert!(!certificate.has_key_of(&ClientKeys::default()));
    let (other, _) = self_signed();
    assert!(!other.has_key_of(&set("sig", &x)));
}

#[test]
fn keys_of_each_kind_are_found_again() {
    let ed = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(ed.der_bytes()) }] });
    let certificate = of(&params().self_signed(&ed).unwrap());
    assert!(certificate.has_key_of(&ClientKeys::of_value(&keys).unwrap()));
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let point = p384.der_bytes();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..49]), URL_SAFE_NO_PAD.encode(&point[49..]));
    let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-384", "x": x, "y": y }] });
    let certificate = of(&params().self_signed(&p384).unwrap());
    assert!(certificate.has_key_of(&ClientKeys::of_value(&keys).unwrap()));
}

#[test]
fn the_thumbprint_is_of_the_whole_certificate() {
    let (certificate, _) = self_signed();
    let hash = digest(&SHA256, certificate.leaf());
    assert_eq!(certificate.sender_key().thumbprint(), URL_SAFE_NO_PAD.encode(hash));
    assert_ne!(certificate.sender_key(), self_signed().0.sender_key());
}

#[test]
fn every_spelling_of_proxies_is_read_and_nothing_else() {
    let key = KeyPair::generate().unwrap();
    let made = params().self_signed(&key).unwrap();
    let (pem, base64) = (made.pem(), STANDARD.encode(made.der()));
    let escaped = utf8_percent_encode(&pem, NON_ALPHANUMERIC).to_string();
    // AWS leaves `+`, `=` and `/` as they are.
    let halfway = pem.replace('\n', "%0A").replace(' ', "%20");
    for right in [escaped.clone(), halfway, base64.clone(), format!(":{base64}:"), format!(" :{base64}: ")] {
        assert_eq!(ClientCertificate::of_header(&right), Some(of(&made)), "{right}");
    }
    for wrong in [
        String::new(),
        "(null)".to_owned(),
        format!(":{base64}"),
        format!("{base64}AAAA"),
        utf8_percent_encode(&key.serialize_pem(), NON_ALPHANUMERIC).to_string(),
        "%".repeat(100_000),
    ] {
        assert_eq!(ClientCertificate::of_header(&wrong), None, "{wrong}");
    }
}

/// What AWS passes through and Envoy writes: the client's own certificate, and what leads to an authority.
#[test]
fn a_proxy_may_pass_the_whole_chain_on() {
    let root = authority("Root");
    let mut between = CertificateParams::new(Vec::<String>::new()).unwrap();
    between.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    between.distinguished_name.push(DnType::CommonName, "Between");
    let between = CertifiedIssuer::signed_by(between, KeyPair::generate().unwrap(), &root).unwrap();
    let own = params().signed_by(&KeyPair::generate().unwrap(), &between).unwrap();
    let escape = |pem: &str| utf8_percent_encode(pem, NON_ALPHANUMERIC).to_string();
    let (one, chain) = (escape(&own.pem()), escape(&format!("{}{}", own.pem(), between.pem())));
    let whole = ClientCertificate::of_chain([own.der().to_vec(), between.der().to_vec()]);
    let around = "By=spiffe://mesh/portvakt;Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688";
    let subject = r#"Subject="CN=\"a\", b;Cert=c=,O=d";URI=spiffe://mesh/a;DNS=a.example;DNS=b.example"#;
    for (value, read) in [
        (chain.clone(), whole.clone()),
        (format!("{around};{subject};Cert=\"{one}\""), Some(of(&own))),
        (format!("Cert=\"{one}\""), Some(of(&own))),
        (format!("cert={one};{subject}"), Some(of(&own))),
        (format!("{around};Chain=\"{chain}\""), whole.clone()),
        (format!("{around};Cert=\"{one}\";Chain=\"{chain}\""), whole.clone()),
        // Two hops, two certificates, one beside another's chain, and none.
        (format!("{around};Cert=\"{one}\",{around};Cert=\"{one}\""), None),
        (format!("Cert=\"{one}\",By=x"), None),
        (format!("Cert=\"{one}\";Cert=\"{one}\""), None),
        (format!("Cert=\"{chain}\""), None),
        (format!("Cert=\"{}\";Chain=\"{chain}\"", escape(&root.pem())), None),
        (format!("{around};{subject}"), None),
        (format!("{around};Cert=\"{one}"), None),
        (format!("{around};Cert=\"{one}\"x"), None),
        (format!("{around};Cert=\"\""), None),
        (escape(&format!("{}-----BEGIN CERTIFICATE-----\n!", own.pem())), None),
        (escape(&"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".repeat(MAX_CHAIN + 1)), None),
    ] {
        assert_eq!(ClientCertificate::of_header(&value), read, "{value}");
    }
    assert!(whole.unwrap().is_vouched_for(&trusting(&root), NOW), "so that the root alone must be known");
}

#[test]
fn what_is_too_long_or_no_certificate_is_none() {
    let (certificate, _) = self_signed();
    let der = certificate.leaf().to_vec();
    assert!(ClientCertificate::of_chain(vec![der.clone(); MAX_CHAIN]).is_some());
    assert!(ClientCertificate::of_chain(vec![der.clone(); MAX_CHAIN + 1]).is_none());
    assert!(ClientCertificate::of_chain([der.clone(), vec![0; MAX_CERTIFICATE + 1]]).is_none());
    assert!(ClientCertificate::of_chain([[der.as_slice(), &[0]].concat()]).is_none());
    assert!(ClientCertificate::of_chain(Vec::<Vec<u8>>::new()).is_none());
    for cut in 0..der.len() {
        assert!(ClientCertificate::of_chain([der[..cut].to_vec()]).is_none(), "{cut}");
        fuzz_certificate(&der[..cut]);
    }
    fuzz_certificate(&der);
}
