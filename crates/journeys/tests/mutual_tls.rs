//! Programs with certificates, over real TLS: the listener that asks for them, and the one that never does.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use portvakt_journeys::certificates::{ClientAuthority, ClientCertificate};
use portvakt_journeys::deployment::free_port;
use portvakt_journeys::{App, Deployment, Failure, Http, Setup};
use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, SignatureScheme, Stream,
    SupportedProtocolVersion, version,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

const SPA: &str = "https://wallet.nordvik.example/callback";
const PASSWORD: &str = "correct horse battery staple";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const API: &str = "https://ledger.nordvik.example/api";

struct World {
    portvakt: Deployment,
    /// The port that asks for certificates, and the base of its aliases.
    port: u16,
    mutual: String,
    authority: ClientAuthority,
    bank: App,
    /// Of the authorities' file: gone with the world.
    _folder: TempDir,
}

impl World {
    fn start() -> Result<Self, Failure> {
        let authority = ClientAuthority::make()?;
        let port = free_port()?;
        let mutual = format!("https://localhost:{port}");
        let folder = TempDir::with_prefix("portvakt-clients-")?;
        let client_ca = folder.path().join("clients.pem");
        std::fs::write(&client_ca, authority.pem())?;
        let configuration = format!(
            "[mtls]\nlisten = \"127.0.0.1:{port}\"\nurl = \"{mutual}\"\nclient_ca = \"{}\"\n",
            client_ca.display()
        );
        let portvakt = Deployment::start_with(&Setup { https: true, configuration, ..Setup::default() })?;
        portvakt.cli(&["api", "create", "--identifier", API, "--name", "Ledger", "--scope", "ledger:read"])?;
        let scope = format!("{API}#ledger:read");
        let bank = portvakt.app(
            "Bank",
            "machine",
            &[
                "--auth-method",
                "tls_client_auth",
                "--certificate-subject-dn",
                "CN=Bank",
                "--certificate-bound-tokens",
                "--own-scope",
                &scope,
            ],
        )?;
        Ok(Self { portvakt, port, mutual, authority, bank, _folder: folder })
    }

    fn asks(&self, http: &Http, base: &str) -> Result<portvakt_journeys::Answer, Failure> {
        let fields = [("grant_type", "client_credentials"), ("client_id", self.bank.client_id.as_str())];
        http.post(&format!("{base}/token"), &[], &fields)
    }
}

fn text(value: &Value, key: &str) -> Result<String, Failure> {
    let found = value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

fn claims(token: &str) -> Result<Value, Failure> {
    let body = token.split('.').nth(1).ok_or_else(|| Failure::new("not a JWT"))?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body)?)?)
}

#[test]
fn a_program_proves_itself_by_its_certificate_where_it_is_asked_for_one() -> Result<(), Failure> {
    let world = World::start()?;
    let discovery = world.portvakt.http().get(&world.portvakt.url("/.well-known/openid-configuration"), &[])?.json()?;
    let aliases = discovery.get("mtls_endpoint_aliases").cloned().unwrap_or_default();
    assert_eq!(text(&aliases, "token_endpoint")?, format!("{}/token", world.mutual));
    assert_eq!(discovery.get("tls_client_certificate_bound_access_tokens"), Some(&Value::Bool(true)));
    let methods = discovery.get("token_endpoint_auth_methods_supported").map(Value::to_string).unwrap_or_default();
    assert!(methods.contains("tls_client_auth") && methods.contains("self_signed_tls_client_auth"));

    let own = world.authority.certify("Bank")?;
    let with_own = world.portvakt.http_with(&own)?;
    let answer = world.asks(&with_own, &world.mutual)?.expect(200)?.json()?;
    let claims = claims(&text(&answer, "access_token")?)?;
    assert_eq!(claims.pointer("/cnf/x5t#S256").and_then(Value::as_str).map(str::len), Some(43));

    let others = [world.authority.certify("Shop")?, ClientAuthority::make()?.certify("Bank")?];
    for other in others {
        let answer = world.asks(&world.portvakt.http_with(&other)?, &world.mutual)?.expect(401)?;
        assert_eq!(text(&answer.json()?, "error")?, "invalid_client");
    }
    world.asks(world.portvakt.http(), &world.mutual)?.expect(401)?;
    // At the browsers' listener nobody asks for it, so it proves nothing there.
    world.asks(&with_own, &world.portvakt.issuer)?.expect(401)?;
    // Nor does a header that anybody can write.
    let header = [("x-client-certificate", own.certificate.replace('\n', "%0A"))];
    let header: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let fields = [("grant_type", "client_credentials"), ("client_id", world.bank.client_id.as_str())];
    world.portvakt.http().post(&world.portvakt.url("/token"), &header, &fields)?.expect(401)?;
    Ok(())
}

#[test]
fn the_listener_of_programs_serves_no_page() -> Result<(), Failure> {
    let world = World::start()?;
    for path in ["/", "/account", "/authorize", "/sign-in", "/.well-known/openid-configuration"] {
        let status = world.portvakt.http().get(&format!("{}{path}", world.mutual), &[])?.status;
        assert_eq!(status, 404, "{path}");
    }
    world.portvakt.http().get(&format!("{}/userinfo", world.mutual), &[])?.expect(401)?;
    Ok(())
}

#[test]
fn an_operator_s_program_with_bound_tokens_calls_the_api_with_its_certificate() -> Result<(), Failure> {
    let world = World::start()?;
    let api = format!("{}/api", world.portvakt.issuer);
    let scope = format!("{api}#operator");
    let robot = world.portvakt.app(
        "Robot",
        "machine",
        &[
            "--auth-method",
            "tls_client_auth",
            "--certificate-subject-dn",
            "CN=Robot",
            "--certificate-bound-tokens",
            "--own-scope",
            &scope,
        ],
    )?;
    let own = world.portvakt.http_with(&world.authority.certify("Robot")?)?;
    let other = world.portvakt.http_with(&world.authority.certify("Robot")?)?;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", robot.client_id.as_str()),
        ("resource", api.as_str()),
        ("scope", "operator"),
    ];
    let tokens = own.post(&format!("{}/token", world.mutual), &[], &fields)?.expect(200)?.json()?;
    let bearer = format!("Bearer {}", text(&tokens, "access_token")?);
    let asks = |http: &Http, base: &str| -> Result<u16, Failure> {
        Ok(http.get(&format!("{base}/api/v1/apps"), &[("authorization", &bearer)])?.status)
    };
    assert_eq!(asks(&own, &world.mutual)?, 200);
    assert_eq!(asks(&other, &world.mutual)?, 401, "another certificate");
    assert_eq!(asks(world.portvakt.http(), &world.mutual)?, 401, "no certificate");
    assert_eq!(asks(&own, &world.portvakt.issuer)?, 401, "nobody asked for it there");
    Ok(())
}

/// Says whether it was asked for a certificate; it has none.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::SeqCst);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// What a handshake came to: the version, the suite, and whether a certificate was asked for.
fn shakes(
    world: &World,
    port: u16,
    versions: &[&'static SupportedProtocolVersion],
    may: fn(CipherSuite) -> bool,
) -> Result<(ProtocolVersion, CipherSuite, bool), Failure> {
    let mut provider: CryptoProvider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.retain(|suite| may(suite.suite()));
    let mut roots = RootCertStore::empty();
    let pem = world.portvakt.authority().unwrap_or_default();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|why| Failure::new(why.to_string()))?)?;
    let asked = Arc::new(Asked::default());
    let mut config = ClientConfig::builder_with_provider(provider.into())
        .with_protocol_versions(versions)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.client_auth_cert_resolver = Arc::<Asked>::clone(&asked);
    let mut connection = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
    let mut socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    stream.write_all(b"GET /userinfo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    // Who closes without saying so has answered all the same.
    stream.read_to_end(&mut answer).ok();
    if !answer.starts_with(b"HTTP/1.1 401") {
        return Err(Failure::new(format!("answered {}", String::from_utf8_lossy(&answer))));
    }
    let version = connection.protocol_version().ok_or_else(|| Failure::new("no version"))?;
    let suite = connection.negotiated_cipher_suite().ok_or_else(|| Failure::new("no suite"))?.suite();
    Ok((version, suite, asked.0.load(Ordering::SeqCst)))
}

const ANY: fn(CipherSuite) -> bool = |_| true;

#[test]
fn the_listener_of_browsers_never_asks_for_a_certificate_and_that_of_programs_always_does() -> Result<(), Failure> {
    let world = World::start()?;
    let browsers = portvakt_port(&world)?;
    for (versions, spoken) in [
        (&[&version::TLS13][..], ProtocolVersion::TLSv1_3),
        (&[&version::TLS12], ProtocolVersion::TLSv1_2),
        (&[&version::TLS12, &version::TLS13], ProtocolVersion::TLSv1_3),
    ] {
        for (port, wanted) in [(browsers, false), (world.port, true)] {
            let (version, _, asked) = shakes(&world, port, versions, ANY)?;
            assert_eq!((version, asked), (spoken, wanted), "port {port}");
        }
    }
    Ok(())
}

#[test]
fn old_versions_and_weak_suites_are_refused_by_a_clean_alert() -> Result<(), Failure> {
    let world = World::start()?;
    for port in [portvakt_port(&world)?, world.port] {
        let only_chacha: fn(CipherSuite) -> bool = |suite| {
            matches!(
                suite,
                CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
                    | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
            )
        };
        let refused = shakes(&world, port, &[&version::TLS12], only_chacha).map(drop);
        assert!(refused.is_err_and(|why| format!("{why:?}").contains("HandshakeFailure")), "an alert says why");
        // A ClientHello of TLS 1.1: handshake_failure (40) or protocol_version (70), fatal.
        let mut hello = vec![0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0xc0, 0x13, 0, 0x2f, 1, 0]);
        let mut socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        socket.write_all(&hello)?;
        let mut alert = [0; 7];
        socket.read_exact(&mut alert)?;
        assert!(matches!(alert, [0x15, 3, _, 0, 2, 2, 40 | 70]), "{alert:?}");
    }
    Ok(())
}

fn portvakt_port(world: &World) -> Result<u16, Failure> {
    let port = world.portvakt.issuer.rsplit(':').next().and_then(|port| port.parse().ok());
    port.ok_or_else(|| Failure::new("the issuer has no port"))
}

/// The host on which the proxy asks for certificates.
const PROGRAMS: &str = "programs.nordvik.example";

/// A deployment behind a proxy: this test is the proxy, if `proxies` says so.
fn behind_a_proxy(proxies: &str) -> Result<(Deployment, App), Failure> {
    let setup = Setup {
        server: format!("trusted_proxies = \"{proxies}\"\n"),
        configuration: "[mtls]\nproxy_header = \"X-Client-Certificate\"\nurl = \"https://programs.nordvik.example\"\n"
            .to_owned(),
        ..Setup::default()
    };
    let portvakt = Deployment::start_with(&setup)?;
    portvakt.account("anna@nordvik.example", "Anna Svensson", PASSWORD)?;
    let wallet = portvakt.app(
        "Wallet",
        "browser",
        &["--redirect-uri", SPA, "--first-party", "--refresh", "--certificate-bound-tokens"],
    )?;
    Ok((portvakt, wallet))
}

fn header_of(program: &ClientCertificate) -> String {
    program.certificate.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02X}"))
}

#[test]
fn a_trusted_proxy_passes_certificates_on_and_bound_tokens_need_them() -> Result<(), Failure> {
    let (portvakt, wallet) = behind_a_proxy("127.0.0.0/8")?;
    let programs = ClientAuthority::make()?;
    let (own, other) = (header_of(&programs.certify("Wallet")?), header_of(&programs.certify("Wallet")?));
    let code = sign_in(&portvakt, &wallet)?;
    let token = |fields: &[(&str, &str)], certificate: Option<&str>| {
        let mut headers = vec![("host", PROGRAMS)];
        headers.extend(certificate.iter().map(|value| ("x-client-certificate", *value)));
        let fields = [fields, &[("client_id", wallet.client_id.as_str())]].concat();
        portvakt.http().post(&portvakt.url("/token"), &headers, &fields)
    };
    let redeem = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SPA),
        ("code_verifier", VERIFIER),
    ];
    token(&redeem, None)?.expect(400)?;
    let tokens = token(&redeem, Some(&own))?.expect(200)?.json()?;
    let bearer = format!("Bearer {}", text(&tokens, "access_token")?);
    let looks = |certificate: Option<&str>| -> Result<u16, Failure> {
        let mut headers = vec![("host", PROGRAMS), ("authorization", bearer.as_str())];
        headers.extend(certificate.iter().map(|value| ("x-client-certificate", *value)));
        Ok(portvakt.http().get(&portvakt.url("/userinfo"), &headers)?.status)
    };
    assert_eq!([looks(Some(&own))?, looks(Some(&other))?, looks(None)?], [200, 401, 401]);
    let refresh_token = text(&tokens, "refresh_token")?;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
    token(&refresh, Some(&other))?.expect(400)?;
    token(&refresh, Some(&own))?.expect(200)?;
    Ok(())
}

#[test]
fn nobody_else_s_header_is_believed() -> Result<(), Failure> {
    let (portvakt, wallet) = behind_a_proxy("192.0.2.0/24")?;
    let own = header_of(&ClientAuthority::make()?.certify("Wallet")?);
    let code = sign_in(&portvakt, &wallet)?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SPA),
        ("code_verifier", VERIFIER),
        ("client_id", wallet.client_id.as_str()),
    ];
    let answer = portvakt.http().post(
        &portvakt.url("/token"),
        &[("host", PROGRAMS), ("x-client-certificate", &own)],
        &fields,
    )?;
    assert_eq!(text(&answer.expect(400)?.json()?, "error")?, "invalid_request");
    Ok(())
}

/// The browsers' host, whose proxy forgot to take the header away.
#[test]
fn no_header_is_believed_on_the_browsers_host() -> Result<(), Failure> {
    let (portvakt, wallet) = behind_a_proxy("127.0.0.0/8")?;
    let own = header_of(&ClientAuthority::make()?.certify("Wallet")?);
    let code = sign_in(&portvakt, &wallet)?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", SPA),
        ("code_verifier", VERIFIER),
        ("client_id", wallet.client_id.as_str()),
    ];
    let from = |headers: &[(&str, &str)]| {
        let headers = [headers, &[("x-client-certificate", own.as_str())]].concat();
        portvakt.http().post(&portvakt.url("/token"), &headers, &fields)
    };
    for headers in [&[][..], &[("x-forwarded-host", PROGRAMS)], &[("host", "programs.nordvik.example.evil.example")]] {
        assert_eq!(text(&from(headers)?.expect(400)?.json()?, "error")?, "invalid_request", "{headers:?}");
    }
    from(&[("host", PROGRAMS)])?.expect(200)?;
    Ok(())
}

fn sign_in(portvakt: &Deployment, app: &App) -> Result<String, Failure> {
    let mut url = Url::parse(&portvakt.url("/authorize"))?;
    url.query_pairs_mut()
        .append_pair("client_id", &app.client_id)
        .append_pair("redirect_uri", SPA)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid")
        .append_pair("state", "s")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256");
    portvakt.person()?.sign_in(url.as_str(), "anna@nordvik.example", PASSWORD)?.parameter("code")
}
