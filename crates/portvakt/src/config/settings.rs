//! The table of settings.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// `section.key`.
    pub key: &'static str,
    /// What holds where nothing is set; `None`: nothing, or it must be set (as `about` says).
    pub default: Option<&'static str>,
    /// What it is, for the manual.
    pub about: &'static str,
}

/// Settings that may hold a password: each can be given as `KEY_file` instead, the path of a file that holds it.
pub const BY_FILE: [&str; 2] = ["database.url", "mail.smtp_url"];

const fn setting(key: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting { key, default: Some(default), about }
}

const fn unset(key: &'static str, about: &'static str) -> Setting {
    Setting { key, default: None, about }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    unset(
        "server.issuer",
        "The issuer: the https URL under which browsers and apps reach Portvakt. Must be set, and never changed later: it stands in every token. `http` is taken for loopback addresses only.",
    ),
    setting("server.name", "Portvakt", "What pages and mails call the deployment where no organisation is known."),
    setting("server.listen", "127.0.0.1:8400", "Address and port to listen on."),
    unset("server.tls_certificate", "PEM file of the certificate chain, where Portvakt ends TLS itself."),
    unset("server.tls_key", "PEM file of its private key; not readable by everybody."),
    setting(
        "server.trusted_proxies",
        "",
        "Networks of proxies whose `X-Forwarded-For` is believed, divided by commas (`10.0.0.0/8, ::1/128`). Empty: nobody's.",
    ),
    setting("server.workers", "0", "Threads that serve requests; 0: one for each core."),
    setting("server.grace_seconds", "5", "How long `/healthz/ready` says no before the listener closes, on SIGTERM."),
    unset(
        "server.security_contact",
        "Where weaknesses are reported (`mailto:` or `https:`), for `/.well-known/security.txt`.",
    ),
    setting("database.url", "sqlite:portvakt.db", "`sqlite:PATH`, or `postgres://user@host/name`."),
    setting("database.threads", "4", "Database threads, each with a connection."),
    setting(
        "database.migrate",
        "true",
        "Whether `serve` brings the schema up to date. With `false`, run `portvakt migrate`.",
    ),
    setting(
        "keys.directory",
        "keys",
        "Folder of the master key (`master.key`), made at the first start; nobody else may read it.",
    ),
    setting("keys.rsa_bits", "2048", "Size of new RSA signing keys: 2048 or 3072."),
    unset(
        "mail.smtp_url",
        "The mail server: `smtps://user:password@host`, or `smtp://host?tls=required`. Without TLS on loopback only. Unset: mails wait.",
    ),
    setting(
        "mail.sender",
        "Portvakt <no-reply@localhost.localdomain>",
        "The sender of mails that no organisation sends.",
    ),
    setting("hashing.memory_kib", "19456", "Memory of one password hash (argon2id), in KiB; not below 19456."),
    setting("hashing.passes", "2", "Passes of one password hash; not below 2."),
    setting("hashing.threads", "0", "Hashes computed at a time; 0: one for each core, within 256 MiB."),
    setting("log.format", "text", "`text` or `json`."),
    setting("log.level", "info", "`error`, `warn`, `info`, `debug`, or a filter such as `info,portvakt_flows=debug`."),
    setting("limits.account_tries", "10", "Password tries per address in fifteen minutes."),
    setting("limits.source_tries", "300", "Password tries per network address in ten minutes."),
    setting("limits.address_mails", "3", "Mails that strangers can cause, per address and hour."),
    setting("limits.source_mails", "10", "Mails that strangers can cause, per network address and hour."),
    setting("limits.client_failures", "20", "Failed client authentications per app and network address in a minute."),
    setting(
        "legacy.response_types",
        "false",
        "Offers implicit and hybrid response types to the apps that registered them: tokens then pass through the browser's address line. For old apps and for certification only.",
    ),
    setting(
        "legacy.no_pkce",
        "false",
        "Lets public and self-registered apps leave PKCE out where their own switch says so. For certification only.",
    ),
    setting(
        "legacy.session_management",
        "false",
        "Offers OpenID Connect Session Management. It cannot work in browsers that block third parties' cookies; back-channel logout does.",
    ),
    setting(
        "legacy.frontchannel_logout",
        "false",
        "Offers OpenID Connect Front-Channel Logout. It cannot work in browsers that block third parties' cookies; back-channel logout does.",
    ),
];
