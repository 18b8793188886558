//! Values as they come from file and environment, and how each kind is read.

use super::settings::{BY_FILE, SETTINGS};
use config::{Environment, File, FileFormat};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use url::{Host, Url};

/// All values that were given, and the faults found so far.
pub(super) struct Values {
    given: BTreeMap<String, String>,
    pub(super) faults: Vec<String>,
}

impl Values {
    pub(super) fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        let mut builder = config::Config::builder();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file)
                .map_err(|why| vec![format!("The configuration file {} cannot be read: {why}.", file.display())])?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let environment = Environment::with_prefix("PORTVAKT").prefix_separator("__").separator("__");
        let loaded = builder
            .add_source(environment)
            .build()
            .map_err(|why| vec![format!("The configuration cannot be read: {why}.")])?;
        let tables = loaded
            .try_deserialize::<BTreeMap<String, config::Value>>()
            .map_err(|why| vec![format!("The configuration cannot be read: {why}.")])?;
        let base = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let mut values = Self { given: BTreeMap::new(), faults: Vec::new() };
        for (section, value) in tables {
            match value.into_table() {
                Ok(table) => {
                    for (key, value) in table {
                        values.take(&format!("{section}.{key}"), value, &base);
                    }
                }
                Err(_) => values.faults.push(format!("{section} is a section: its settings stand under [{section}].")),
            }
        }
        Ok(values)
    }

    fn take(&mut self, key: &str, value: config::Value, base: &Path) {
        if let Some(secret) = key.strip_suffix("_file").filter(|secret| BY_FILE.contains(secret)) {
            let path = base.join(value.into_string().unwrap_or_default());
            return match own_file(&path) {
                Ok(_) if self.given.contains_key(secret) => {
                    self.fault(key, "stands beside the setting itself: one of them is enough");
                }
                Ok(text) => drop(self.given.insert(secret.to_owned(), text)),
                Err(why) => self.fault(key, &why),
            };
        }
        if !SETTINGS.iter().any(|setting| setting.key == key) {
            self.faults
                .push(format!("{key} is no setting of Portvakt's; docs/operations/configuration.md lists them."));
            return;
        }
        let text = match value.clone().into_array() {
            Ok(items) => items
                .into_iter()
                .map(config::Value::into_string)
                .collect::<Result<Vec<_>, _>>()
                .map(|all| all.join(", ")),
            Err(_) => value.into_string(),
        };
        match text {
            Ok(text) => drop(self.given.insert(key.to_owned(), text)),
            Err(_) => self.faults.push(format!("{key} is not a single value.")),
        }
    }

    pub(super) fn fault(&mut self, key: &str, why: &str) {
        self.faults.push(format!("{key} {why}."));
    }

    /// The value, or its default.
    pub(super) fn text(&self, key: &str) -> String {
        let default = || SETTINGS.iter().find(|setting| setting.key == key).and_then(|setting| setting.default);
        self.given.get(key).cloned().unwrap_or_else(|| default().unwrap_or_default().to_owned())
    }

    pub(super) fn optional(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn checked<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        match read(self.text(key).trim()) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(key, &why);
                None
            }
        }
    }

    pub(super) fn number(&mut self, key: &str, within: RangeInclusive<u64>) -> Option<u64> {
        let wanted = format!("is not a whole number from {} to {}", within.start(), within.end());
        self.checked(key, |text| text.parse().ok().filter(|number| within.contains(number)).ok_or(wanted))
    }

    /// What each setting is understood as. A password in a URL is not shown.
    pub(super) fn effective(&self) -> Vec<(&'static str, String)> {
        SETTINGS.iter().map(|setting| (setting.key, without_password(&self.text(setting.key)))).collect()
    }
}

/// What a file holds that only its owner may read.
fn own_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mode = std::fs::metadata(path)
        .map_err(|why| format!("names {shown}, which cannot be read: {why}"))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(format!("names {shown}, which others than its owner can read; run: chmod 600 {shown}"));
    }
    let text = std::fs::read_to_string(path).map_err(|why| format!("names {shown}, which cannot be read: {why}"))?;
    Ok(text.trim().to_owned())
}

fn without_password(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("***")) {
            Ok(()) => url.to_string(),
            Err(()) => "***".to_owned(),
        },
        _ => text.to_owned(),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Hosts of schemes that the URL standard doesn't know are kept as text.
fn is_loopback_host(url: &Url) -> bool {
    is_loopback(url) || url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1"))
}

pub(super) fn issuer(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("must be set: the https URL under which Portvakt is reached".to_owned());
    }
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    let is_bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    let has_host = url.host().is_some() && (url.path() == "/" || url.path().is_empty());
    if !is_bare || !has_host {
        return Err("is scheme, host and port only: no path, query or user name".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err("is https (http on loopback addresses only)".to_owned()),
    }
    let origin = url.origin().ascii_serialization();
    if origin == text.trim_end_matches('/') { Ok(origin) } else { Err(format!("is written {origin}")) }
}

/// Items divided by commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

pub(super) fn networks(text: &str) -> Result<Vec<ipnet::IpNet>, String> {
    list(text)
        .map(|item| item.parse().map_err(|_| format!("holds {item}, which is no network like 10.0.0.0/8")))
        .collect()
}

/// Names of hosts, or with a dot before it, of all below one. In the form in which URLs are compared.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    let host = |item: &str| {
        let (dot, name) = item.strip_prefix('.').map_or(("", item), |name| (".", name));
        match Host::parse(name) {
            // A star is a host to the URL standard, and a wish for "any" to whoever writes one here.
            Ok(host) if name == host.to_string() && !name.contains('*') => Ok(format!("{dot}{host}")),
            _ => Err(format!("holds {item}, which is no host as it stands in a URL: app.example or .apps.example")),
        }
    };
    list(text).map(host).collect()
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "is true or false".to_owned())
}

pub(super) fn database(text: &str, base: &Path) -> Result<String, String> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return if path.is_empty() {
            Err("names no file".to_owned())
        } else {
            Ok(format!("sqlite:{}", base.join(path).display()))
        };
    }
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Ok(text.to_owned());
    }
    Err("is sqlite:PATH or postgres://user@host/name".to_owned())
}

/// Mails carry links that open accounts: without TLS they go to this machine only.
pub(super) fn smtp(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    let requires_tls = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    match url.scheme() {
        "smtps" => Ok(()),
        "smtp" if requires_tls || is_loopback_host(&url) => Ok(()),
        "smtp" => Err("has no TLS: write smtps://, or ?tls=required behind it".to_owned()),
        _ => Err("is smtps://… or smtp://…".to_owned()),
    }
}

pub(super) fn sender(text: &str) -> Result<String, String> {
    match text.parse::<lettre::message::Mailbox>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("is no sender like Name <address@host.example>".to_owned()),
    }
}
