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
