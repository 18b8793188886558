use super::*;
use std::io::Write as _;

fn load(text: &str) -> Result<Config, Vec<String>> {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let path = std::env::temp_dir().join(format!("portvakt-config-{}-{number}.toml", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    let loaded = Config::load(Some(&path));
    std::fs::remove_file(&path).unwrap();
    loaded
}

#[test]
fn a_small_file_is_enough() {
    let config = load("[server]\nissuer = \"https://login.example\"\n").unwrap();
    assert_eq!(config.issuer, "https://login.example");
    assert_eq!(config.listen.port(), 8400);
    assert!(config.database_url.starts_with("sqlite:") && config.database_url.ends_with("portvakt.db"));
}

#[test]
fn all_faults_are_told_at_once() {
    let faults = load(
        "[server]\nissuer = \"http://login.example\"\nlisten = \"here\"\ncolour = \"blue\"\n\
         [hashing]\nmemory_kib = 1024\n[mail]\nsmtp_url = \"smtp://mail.example\"\n[database]\nurl = \"mysql://x\"\n",
    )
    .unwrap_err();
    for part in
        ["server.colour", "server.issuer", "server.listen", "hashing.memory_kib", "mail.smtp_url", "database.url"]
    {
        assert!(faults.iter().any(|fault| fault.contains(part)), "{part} in {faults:?}");
    }
    assert_eq!(faults.len(), 6, "{faults:?}");
}

#[test]
fn requests_to_others_are_allowed_nothing_unless_it_is_said() {
    let bare = load("[server]\nissuer = \"https://login.example\"\n").unwrap().outbound;
    assert!(bare.allow.is_empty() && bare.trust_anchors.is_empty());
    let text = |allow: &str| {
        format!(
            "[server]\nissuer = \"https://login.example\"\n[outbound]\nallow = {allow}\ntrust_anchors = [\"ca.pem\", \"/b.pem\"]\n"
        )
    };
    let said = load(&text(r#"["suite.test:8443", "http://10.0.0.1"]"#)).unwrap().outbound;
    assert_eq!(said.allow.iter().map(ToString::to_string).collect::<Vec<_>>(), ["suite.test:8443", "http://10.0.0.1"]);
    assert_eq!(said.trust_anchors, [std::env::temp_dir().join("ca.pem"), PathBuf::from("/b.pem")]);
    let faults = load(&text("\"suite.test, *.test\"")).unwrap_err();
    assert!(faults.len() == 1 && faults[0].contains("outbound.allow") && faults[0].contains("*.test"), "{faults:?}");
}

#[test]
fn who_may_register_apps_is_one_of_three_and_hosts_are_hosts() {
    let under =
        |section: &str| load(&format!("[server]\nissuer = \"https://login.example\"\n[registration]\n{section}\n"));
    let config = under("").unwrap();
    assert_eq!((config.registration.mode, config.offers.registration), (Mode::Off, false));
    let config =
        under("mode = \"open\"\nredirect_hosts = [\"app.example\", \".apps.example\"]\nmost_apps = 5").unwrap();
    assert_eq!((config.registration.mode, config.offers.registration), (Mode::Open, true));
    assert_eq!(config.registration.rules.redirect_hosts, ["app.example", ".apps.example"]);
    assert_eq!(config.registration.most, 5);
    for wrong in ["mode = \"yes\"", "redirect_hosts = \"https://app.example\"", "redirect_hosts = \"*.a.example\""] {
        let faults = under(wrong).unwrap_err();
        assert!(faults.len() == 1 && faults[0].starts_with("registration."), "{wrong}: {faults:?}");
    }
}

#[test]
fn certificates_come_in_one_way_and_all_of_it_is_set() {
    let under = |server: &str, mtls: &str| {
        load(&format!("[server]\nissuer = \"https://login.example\"\n{server}\n[mtls]\n{mtls}\n"))
    };
    let tls = "tls_certificate = \"c.pem\"\ntls_key = \"k.pem\"";
    let url = "url = \"https://mtls.login.example\"";
    assert!(under("", "").unwrap().mutual_tls.is_none());
    let own = under(tls, &format!("listen = \"127.0.0.1:8443\"\n{url}\nclient_ca = \"/ca.pem\"")).unwrap();
    let own = own.mutual_tls.unwrap();
    assert_eq!((own.url.as_str(), own.client_ca), ("https://mtls.login.example", Some(PathBuf::from("/ca.pem"))));
    assert!(matches!(own.way, Way::Listener { tls: (certificate, _), .. } if certificate.ends_with("c.pem")));
    let proxied = under("trusted_proxies = \"10.0.0.0/8\"", &format!("proxy_header = \"X-Client-Cert\"\n{url}"));
    assert!(matches!(proxied.unwrap().mutual_tls.unwrap().way, Way::Proxy { header } if header == "x-client-cert"));
    for (server, mtls, part) in [
        ("", url.to_owned(), "mtls.url"),
        ("", "client_ca = \"/ca.pem\"".to_owned(), "mtls.client_ca"),
        (tls, "listen = \"127.0.0.1:8443\"".to_owned(), "mtls.url"),
        (tls, format!("listen = \"there\"\n{url}"), "mtls.listen"),
        (tls, format!("listen = \"127.0.0.1:8400\"\n{url}"), "a port other than"),
        (tls, "listen = \"127.0.0.1:8443\"\nurl = \"https://login.example\"".to_owned(), "never the issuer"),
        (tls, format!("listen = \"127.0.0.1:8443\"\n{url}\ntls_key = \"k.pem\""), "go together"),
        ("", format!("listen = \"127.0.0.1:8443\"\n{url}"), "mtls.tls_certificate"),
        ("", format!("proxy_header = \"X-Client-Cert\"\n{url}"), "server.trusted_proxies"),
        ("trusted_proxies = \"::1/128\"", format!("proxy_header = \"a b\"\n{url}"), "mtls.proxy_header"),
        (tls, format!("listen = \"127.0.0.1:8443\"\nproxy_header = \"X-C\"\n{url}"), "two ways"),
    ] {
        let faults = under(server, &mtls).unwrap_err();
        assert!(faults.len() == 1 && faults[0].contains(part), "{mtls}: {faults:?}");
    }
}

#[test]
fn an_issuer_is_a_bare_https_origin() {
    for (text, right) in [
        ("https://login.example", true),
        ("https://login.example:8443", true),
        ("http://localhost:8400", true),
        ("http://127.0.0.1:8400", true),
        ("http://login.example", false),
        ("https://login.example/idp", false),
        ("https://Login.example", false),
        ("https://a@login.example", false),
        ("login.example", false),
        ("", false),
    ] {
        assert_eq!(value::issuer(text).is_ok(), right, "{text}");
    }
}

#[test]
fn passwords_in_urls_are_not_printed() {
    let config = load(
        "[server]\nissuer = \"https://login.example\"\n[mail]\nsmtp_url = \"smtps://user:hemligt@mail.example\"\n",
    )
    .unwrap();
    assert!(!format!("{:?}", config.effective).contains("hemligt"));
}

#[test]
fn the_manual_page_is_the_one_in_the_documents() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations/configuration.md");
    assert_eq!(
        std::fs::read_to_string(page).unwrap(),
        manual(),
        "write it anew: portvakt config manual > docs/operations/configuration.md"
    );
}

#[test]
fn a_password_can_stand_in_a_file_that_nobody_else_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::temp_dir().join(format!("portvakt-smtp-{}", std::process::id()));
    std::fs::write(&path, "smtps://user:hemligt@mail.example\n").unwrap();
    let text =
        format!("[server]\nissuer = \"https://login.example\"\n[mail]\nsmtp_url_file = \"{}\"\n", path.display());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load(&text).unwrap_err().iter().any(|fault| fault.contains("chmod 600")));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(load(&text).unwrap().smtp_url.as_deref(), Some("smtps://user:hemligt@mail.example"));
    std::fs::remove_file(&path).unwrap();
}
