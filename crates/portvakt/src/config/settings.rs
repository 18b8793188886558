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
    unset(
        "mtls.listen",
        "Address and port of a listener of its own that asks programs for a certificate (RFC 8705). The listener of browsers never does.",
    ),
    unset(
        "mtls.proxy_header",
        "Instead: the header in which a proxy of `server.trusted_proxies` passes a program's certificate on (percent-encoded PEM, base64 of DER, RFC 9440, or Envoy's form). Believed on the host of `mtls.url` alone; the proxy must remove it everywhere else.",
    ),
    unset(
        "mtls.url",
        "The https URL under which programs reach it: the base of `mtls_endpoint_aliases`, and the host of `mtls.proxy_header`. Must be set with either.",
    ),
    unset(
        "mtls.client_ca",
        "PEM file of the authorities that may vouch for programs' certificates. Unset: there is no `tls_client_auth`.",
    ),
    unset("mtls.tls_certificate", "PEM file of the listener's own certificate chain; unset: that of `[server]`."),
    unset("mtls.tls_key", "PEM file of its private key; not readable by everybody."),
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
    setting(
        "outbound.allow",
        "",
        "Hosts that Portvakt may fetch from, for apps that operators registered, although their addresses are not public, divided by commas: `host` or `host:port`, and `http://host:port` for one without TLS. All others are reached by https on public addresses only, on port 443 or from 1024 up. Told in the log at every start.",
    ),
    setting(
        "outbound.allow_registered",
        "false",
        "Whether `outbound.allow` holds for apps that registered themselves too. They choose the addresses: with this, whoever may register can make Portvakt send requests to these hosts. Told in the log at every start.",
    ),
    setting(
        "outbound.trust_anchors",
        "",
        "PEM files of authorities whose certificates are taken besides the system's when Portvakt fetches, divided by commas. Told in the log at every start.",
    ),
    setting("hashing.memory_kib", "19456", "Memory of one password hash (argon2id), in KiB; not below 19456."),
    setting("hashing.passes", "2", "Passes of one password hash; not below 2."),
    setting("hashing.threads", "0", "Hashes computed at a time; 0: one for each core, within 256 MiB."),
    setting("log.format", "text", "`text` or `json`."),
    setting("log.level", "info", "`error`, `warn`, `info`, `debug`, or a filter such as `info,portvakt_flows=debug`."),
    setting(
        "limits.account_quick_tries",
        "3",
        "Password tries per address in fifteen minutes before there is a growing delay between them: 1, 2, 4 to 60 seconds.",
    ),
    setting("limits.account_tries", "10", "Password tries per address in fifteen minutes."),
    setting(
        "limits.password_failures",
        "100",
        "Wrong passwords in a row that disable an account's password until a new one is chosen: 10 to 100. The person is warned by mail at a tenth and at half.",
    ),
    setting(
        "limits.source_quick_tries",
        "30",
        "Wrong passwords per network address in ten minutes before there is a second between tries.",
    ),
    setting(
        "limits.source_tries",
        "300",
        "Wrong passwords per network address in ten minutes before it is shut out for an hour. A browser that the account was signed in on goes on.",
    ),
    setting(
        "limits.source_addresses",
        "15",
        "E-mail addresses at which a network address may fail in an hour, and not get in, before it is shut out for an hour.",
    ),
    setting("limits.address_mails", "3", "Mails that strangers can cause, per address and hour."),
    setting("limits.source_mails", "10", "Mails that strangers can cause, per network address and hour."),
    setting(
        "limits.source_parked",
        "300",
        "Requests too long for an address line that are kept, per network address in ten minutes. One sign-in takes up to five.",
    ),
    setting(
        "limits.source_fetches",
        "30",
        "Request objects (`request_uri`) of apps that strangers registered that are fetched, per network address in ten minutes.",
    ),
    setting("limits.client_failures", "20", "Failed client authentications per app and network address in a minute."),
    setting(
        "limits.registrations",
        "20",
        "Apps that strangers register per network address and hour, and changes of one app that registered itself in an hour.",
    ),
    setting(
        "limits.all_registrations",
        "300",
        "Apps that strangers register and change in an hour, from all network addresses together. Each makes every node read its apps anew.",
    ),
    setting(
        "registration.mode",
        "off",
        "Who may register apps at `/register` (RFC 7591): `off`: operators alone, by the command line or Portvakt's own API; `token`: programs with a token of `portvakt registration token create`; `open`: everybody. The last is warned of at every start.",
    ),
    setting(
        "registration.most_apps",
        "1000",
        "Apps that registered themselves, at a time: so many of strangers', and so many that were let in by a token.",
    ),
    setting(
        "registration.unused_days",
        "30",
        "After so many days a stranger's app is removed if nobody lets it have anything and it was not changed.",
    ),
    setting(
        "registration.redirect_hosts",
        "",
        "Hosts that such apps may send people back to, divided by commas; one that begins with a dot stands for all below it (`.apps.example`). Empty: any. If there is one, apps with a scheme of their own (`com.example.app:`) are refused, as no host vouches for them.",
    ),
    setting("registration.refresh", "true", "Whether such apps may have refresh tokens."),
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
