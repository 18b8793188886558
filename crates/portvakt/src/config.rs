//! Configuration: a TOML file, then environment variables `PORTVAKT__SECTION__KEY`. Every setting is a row of one
//! table, from which the manual page is made; unknown keys are refused, and all faults are told at once.

mod mutual;
mod settings;
mod value;

pub use mutual::{Mutual, Way};
pub use settings::{BY_FILE, SETTINGS, Setting};

use crate::outbound::http::{Exception, Guard};
use portvakt_credentials::password::Parameters;
use portvakt_flows::limits::Budgets;
use portvakt_flows::registration::{Mode, Registration};
use portvakt_model::Seconds;
use portvakt_protocol::jose::RsaSize;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_protocol::oauth::registration::Rules;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use value::Values;

/// A deployment's configuration, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The issuer URL, without a slash at its end.
    pub issuer: String,
    /// What the deployment calls itself.
    pub name: String,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate chain and key, where Portvakt ends TLS itself.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Proxies whose word on addresses is taken.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long readiness is off before a stop, on SIGTERM.
    pub grace: Duration,
    /// Where researchers report weaknesses, for `security.txt`.
    pub security_contact: Option<String>,
    /// Where clients can bring a certificate.
    pub mutual_tls: Option<Mutual>,
    /// The database.
    pub database_url: String,
    /// Database threads.
    pub database_threads: u32,
    /// Whether to bring the schema up to date at start.
    pub migrate: bool,
    /// Where the master key lies.
    pub keys_directory: PathBuf,
    /// The size of RSA keys.
    pub rsa: RsaSize,
    /// The mail server, as lettre reads it.
    pub smtp_url: Option<String>,
    /// The sender of mails.
    pub sender: String,
    /// What requests to others are allowed beyond the rule.
    pub outbound: Guard,
    /// What a password hash costs.
    pub hashing: Parameters,
    /// Hashing threads.
    pub hashing_threads: usize,
    /// Whether logs are JSON.
    pub log_json: bool,
    /// What is logged.
    pub log_level: String,
    /// The budgets of strangers.
    pub limits: Budgets,
    /// What the deployment offers beyond what all do.
    pub offers: Offers,
    /// Apps that register themselves.
    pub registration: Registration,
    /// The settings as they were understood, for `config print`; passwords in them are not shown.
    pub effective: Vec<(&'static str, String)>,
}

impl Config {
    /// Reads the file (where there is one) and the environment. Relative paths are meant from the file's folder.
    ///
    /// # Errors
    /// Every fault, each a sentence.
    pub fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        let mut values = Values::load(file)?;
        let config = Self::read(&mut values, file);
        if values.faults.is_empty() { config.ok_or_else(|| values.faults.clone()) } else { Err(values.faults) }
    }

    fn read(values: &mut Values, file: Option<&Path>) -> Option<Self> {
        let base = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let issuer = values.checked("server.issuer", value::issuer);
        let listen = values.checked("server.listen", |text| text.parse().map_err(|_| "is not ADDRESS:PORT".to_owned()));
        let tls = (values.optional("server.tls_certificate"), values.optional("server.tls_key"));
        let tls = match tls {
            (Some(certificate), Some(key)) => Some((base.join(certificate), base.join(key))),
            (None, None) => None,
            _ => {
                values.fault("server.tls_certificate and server.tls_key", "go together: set both or neither");
                None
            }
        };
        let trusted_proxies = values.checked("server.trusted_proxies", value::networks);
        let around = mutual::Around {
            base: &base,
            issuer: issuer.as_deref(),
            listen,
            tls: tls.as_ref(),
            has_proxies: trusted_proxies.as_ref().is_some_and(|proxies| !proxies.is_empty()),
        };
        let mutual_tls = mutual::read(values, &around);
        let workers = values.number("server.workers", 0..=64);
        let grace = values.number("server.grace_seconds", 0..=60);
        let threads = values.number("database.threads", 1..=64);
        let migrate = values.checked("database.migrate", value::boolean);
        let database = values.checked("database.url", |text| value::database(text, &base));
        let rsa = values.checked("keys.rsa_bits", |text| match text {
            "2048" => Ok(RsaSize::Bits2048),
            "3072" => Ok(RsaSize::Bits3072),
            _ => Err("is 2048 or 3072".to_owned()),
        });
        let smtp_url = values.optional("mail.smtp_url");
        if let Some(Err(why)) = smtp_url.as_deref().map(value::smtp) {
            values.fault("mail.smtp_url", &why);
        }
        let sender = values.checked("mail.sender", value::sender);
        let outbound = Self::outbound(values, &base);
        let hashing = Self::hashing(values);
        let hashing_threads = values.number("hashing.threads", 0..=64);
        let log_json = values.checked("log.format", |text| match text {
            "json" => Ok(true),
            "text" => Ok(false),
            _ => Err("is text or json".to_owned()),
        });
        let limits = Self::limits(values);
        let offers = Self::offers(values);
        let registration = Self::registration(values);
        let memory = hashing.map_or(19_456, Parameters::memory_kib);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let own_threads = cores.min(usize::try_from(262_144 / memory).unwrap_or(1)).max(1);
        Some(Self {
            issuer: issuer?,
            name: values.text("server.name"),
            listen: listen?,
            tls,
            trusted_proxies: trusted_proxies?,
            workers: workers.filter(|count| *count > 0).map_or(cores, |count| usize::try_from(count).unwrap_or(1)),
            grace: Duration::from_secs(grace?),
            security_contact: values.optional("server.security_contact"),
            mutual_tls: mutual_tls.ok()?,
            database_url: database?,
            database_threads: u32::try_from(threads?).unwrap_or(4),
            migrate: migrate?,
            keys_directory: base.join(values.text("keys.directory")),
            rsa: rsa?,
            smtp_url,
            sender: sender?,
            outbound: outbound?,
            hashing: hashing?,
            hashing_threads: hashing_threads
                .filter(|count| *count > 0)
                .map_or(own_threads, |count| usize::try_from(count).unwrap_or(1)),
            log_json: log_json?,
            log_level: values.text("log.level"),
            limits: limits?,
            offers: Offers { registration: registration.as_ref()?.mode != Mode::Off, ..offers? },
            registration: registration?,
            effective: values.effective(),
        })
    }

    fn outbound(values: &mut Values, base: &Path) -> Option<Guard> {
        let allow = values.checked("outbound.allow", |text| value::list(text).map(Exception::parse).collect());
        let trust_anchors = values.text("outbound.trust_anchors");
        let trust_anchors = value::list(&trust_anchors).map(|file| base.join(file)).collect();
        let allow_registered = values.checked("outbound.allow_registered", value::boolean);
        Some(Guard { allow: allow?, allow_registered: allow_registered?, trust_anchors })
    }

    fn hashing(values: &mut Values) -> Option<Parameters> {
        let memory = values.number("hashing.memory_kib", 0..=u64::from(u32::MAX));
        let passes = values.number("hashing.passes", 0..=64);
        let (memory, passes) = (u32::try_from(memory?).ok()?, u32::try_from(passes?).ok()?);
        if let Ok(parameters) = Parameters::new(memory, passes, 1) {
            Some(parameters)
        } else {
            values.fault(
                "hashing.memory_kib and hashing.passes",
                "lie below what is safe (19456 KiB and 2 passes) or above what is usable (262144 KiB, 16 passes)",
            );
            None
        }
    }

    fn offers(values: &mut Values) -> Option<Offers> {
        let mut switch = |key| values.checked(key, value::boolean);
        let front_channel_types = switch("legacy.response_types");
        let no_pkce = switch("legacy.no_pkce");
        let session_management = switch("legacy.session_management");
        let frontchannel_logout = switch("legacy.frontchannel_logout");
        Some(Offers {
            front_channel_types: front_channel_types?,
            no_pkce: no_pkce?,
            session_management: session_management?,
            frontchannel_logout: frontchannel_logout?,
            mutual_tls: None,
            registration: false,
        })
    }

    fn registration(values: &mut Values) -> Option<Registration> {
        let mode = values.checked("registration.mode", |text| match text {
            "off" => Ok(Mode::Off),
            "token" => Ok(Mode::Token),
            "open" => Ok(Mode::Open),
            _ => Err("is off, token or open".to_owned()),
        });
        let most = values.number("registration.most_apps", 1..=100_000);
        let unused = values.number("registration.unused_days", 1..=3650);
        let redirect_hosts = values.checked("registration.redirect_hosts", value::hosts);
        let refresh = values.checked("registration.refresh", value::boolean);
        let rules = Rules { redirect_hosts: redirect_hosts?, refresh: refresh? };
        let unused = Seconds::days(u32::try_from(unused?).ok()?);
        Some(Registration { mode: mode?, most: i64::try_from(most?).ok()?, unused, rules })
    }

    fn limits(values: &mut Values) -> Option<Budgets> {
        let mut budget = |key| values.number(key, 1..=1_000_000).and_then(|count| i64::try_from(count).ok());
        let account_quick_tries = budget("limits.account_quick_tries");
        let account_tries = budget("limits.account_tries");
        let source_quick_tries = budget("limits.source_quick_tries");
        let source_tries = budget("limits.source_tries");
        let source_addresses = budget("limits.source_addresses");
        let address_mails = budget("limits.address_mails");
        let source_mails = budget("limits.source_mails");
        let client_failures = budget("limits.client_failures");
        let registrations = budget("limits.registrations");
        let all_registrations = budget("limits.all_registrations");
        let source_parked = budget("limits.source_parked");
        let source_fetches = budget("limits.source_fetches");
        // NIST SP 800-63B-4 §3.2.2 allows no more.
        let password_failures = values.number("limits.password_failures", 10..=100);
        Some(Budgets {
            account_quick_tries: account_quick_tries?,
            account_tries: account_tries?,
            password_failures: i32::try_from(password_failures?).ok()?,
            source_quick_tries: source_quick_tries?,
            source_tries: source_tries?,
            source_addresses: source_addresses?,
            address_mails: address_mails?,
            source_mails: source_mails?,
            client_failures: client_failures?,
            registrations: registrations?,
            all_registrations: all_registrations?,
            source_parked: source_parked?,
            source_fetches: source_fetches?,
        })
    }
}

/// The manual page of the configuration, made from the table.
pub fn manual() -> String {
    let mut page = String::from(
        "# Configuration\n\nA TOML file (`portvakt --config FILE`), then environment variables `PORTVAKT__SECTION__KEY`, \
         which win. Unknown keys are refused; all faults are told at once (`portvakt config check`). Relative paths are \
         meant from the file's folder. A value that holds a password need not stand in the file: `database.url_file` and \
         `mail.smtp_url_file` name a file that does, and that only its owner may read. This page is made from the program (`portvakt config manual`), and a test keeps \
         it true.\n",
    );
    let mut section = "";
    for setting in SETTINGS {
        let (name, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if name != section {
            page += format!("\n## [{name}]\n\n| key | default | what it is |\n|---|---|---|\n").as_str();
            section = name;
        }
        let default = setting.default.map_or_else(|| "–".to_owned(), |default| format!("`{default}`"));
        page += format!("| `{key}` | {default} | {} |\n", setting.about).as_str();
    }
    page
}

#[cfg(test)]
mod tests;
