//! `demo.json`: what the starter drew and was given at first start, so that the next start goes on with it.

use crate::fault::Fault;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where everything listens, all on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// Portvakt.
    pub issuer: u16,
    /// HRM.
    pub hrm: u16,
    /// The staff portal.
    pub staff_portal: u16,
    /// Fieldreport.
    pub fieldreport: u16,
    /// The mailbox's page.
    pub mailbox: u16,
    /// The mailbox's SMTP.
    pub smtp: u16,
}

impl Ports {
    /// The issuer: on `localhost`, so that it is another site than the apps, which are on `127.0.0.1`.
    pub fn issuer_url(&self) -> String {
        format!("http://localhost:{}", self.issuer)
    }
}

/// The address of an app of the demo.
pub fn app_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// An app's registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret, unless it is public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoPerson {
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub address: String,
    /// The password that was drawn.
    pub password: String,
    /// The tenant's name, if the address belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoFile {
    /// Fixed at first start, as registered redirect URIs name them.
    pub ports: Ports,
    /// The identifier of HRM's API.
    pub api: String,
    /// HRM.
    pub hrm: AppCredentials,
    /// The staff portal.
    pub staff_portal: AppCredentials,
    /// Fieldreport.
    pub fieldreport: AppCredentials,
    /// Mobile.
    pub mobile: AppCredentials,
    /// Timeclock.
    pub timeclock: AppCredentials,
    /// Who can sign in.
    pub people: Vec<DemoPerson>,
}

impl DemoFile {
    /// Where it lies in a data folder.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join("demo.json")
    }

    /// Reads it; `None` before the first start has come to its end.
    pub fn read(folder: &Path) -> Result<Option<Self>, Fault> {
        let path = Self::path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(Fault::doing(format!("Reading {}", path.display())))?;
        serde_json::from_str(&text).map(Some).map_err(Fault::doing(format!("Reading {}", path.display())))
    }

    /// Reads it, or says that the demo has to be started first.
    pub fn read_started(folder: &Path) -> Result<Self, Fault> {
        Self::read(folder)?.ok_or_else(|| {
            Fault::new(format!("There is no demo in {} yet: start it with `make demo` first.", folder.display()))
        })
    }

    /// Writes it for its owner alone.
    pub fn write(&self, folder: &Path) -> Result<(), Fault> {
        let path = Self::path(folder);
        let text = serde_json::to_string_pretty(self).map_err(Fault::doing("Writing demo.json"))?;
        write_private(&path, &(text + "\n"))
    }
}

/// Writes a file that only its owner may read: whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), Fault> {
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        // A left-over might have other rights.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(Fault::doing(format!("Writing {}", path.display())))
}
