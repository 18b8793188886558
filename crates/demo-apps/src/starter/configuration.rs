//! Portvakt's configuration for the demo, and what a first start leaves in the data folder.

use crate::demo_file::Ports;
use crate::fault::Fault;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

const MARKER: &str = "first-start-is-under-way";

/// Marks that a first start is under way. If the mark was there already, the one before did not come to its end: what it
/// made is removed.
pub fn begin_anew(data: &Path) -> Result<(), Fault> {
    let marker = data.join(MARKER);
    if marker.exists() {
        for name in ["portvakt.toml", "portvakt.sqlite", "portvakt.sqlite-wal", "portvakt.sqlite-shm"] {
            remove(&data.join(name))?;
        }
    } else if data.join("portvakt.sqlite").exists() {
        return Err(Fault::new(format!(
            "{} holds a database, but no demo.json with its passwords: choose another folder with --data DIR.",
            data.display()
        )));
    }
    fs::write(&marker, "").map_err(Fault::doing(format!("Writing {}", marker.display())))
}

/// Takes the mark away.
pub fn first_start_done(data: &Path) -> Result<(), Fault> {
    remove(&data.join(MARKER))
}

fn remove(path: &Path) -> Result<(), Fault> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Fault::doing(format!("Removing {}", path.display()))(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes the configuration, and makes the folder for the master key.
pub fn write(path: &Path, data: &Path, ports: &Ports) -> Result<(), Fault> {
    let keys = data.join("keys");
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&keys)
        .map_err(Fault::doing(format!("Making the folder {}", keys.display())))?;
    let text = text(data, ports)?;
    fs::write(path, text).map_err(Fault::doing(format!("Writing {}", path.display())))
}

fn text(data: &Path, ports: &Ports) -> Result<String, Fault> {
    let database = quoted(&format!("sqlite:{}", utf8(&data.join("portvakt.sqlite"))?))?;
    let keys = quoted(utf8(&data.join("keys"))?)?;
    let issuer = ports.issuer_url();
    let Ports { issuer: issuer_port, smtp, .. } = ports;
    Ok(format!(
        r#"# Portvakt's configuration for the demo, written at its first start. Remove the folder to begin anew.

[server]
issuer = "{issuer}"
listen = "127.0.0.1:{issuer_port}"

[database]
url = {database}

[keys]
directory = {keys}

[mail]
smtp_url = "smtp://127.0.0.1:{smtp}"
sender = "Portvakt demo <no-reply@login.example>"

[log]
format = "text"
"#
    ))
}

fn utf8(path: &Path) -> Result<&str, Fault> {
    path.to_str().ok_or_else(|| Fault::new(format!("The folder {} is not UTF-8: choose another.", path.display())))
}

/// A TOML basic string; JSON escapes what TOML must have escaped, and in the same way.
fn quoted(text: &str) -> Result<String, Fault> {
    serde_json::to_string(text).map_err(Fault::doing("Writing the configuration"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_issuer_database_keys_and_mail() {
        let ports = Ports { issuer: 1, hrm: 2, staff_portal: 3, fieldreport: 4, mailbox: 5, smtp: 6 };
        let text = text(Path::new("/tmp/a \"b\""), &ports).unwrap();
        for line in [
            "issuer = \"http://localhost:1\"",
            "listen = \"127.0.0.1:1\"",
            "url = \"sqlite:/tmp/a \\\"b\\\"/portvakt.sqlite\"",
            "directory = \"/tmp/a \\\"b\\\"/keys\"",
            "smtp_url = \"smtp://127.0.0.1:6\"",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
    }

    #[test]
    fn a_first_start_that_broke_off_leaves_nothing_to_the_next() {
        let data = std::env::temp_dir().join(format!("portvakt-demo-configuration-{}", std::process::id()));
        fs::create_dir_all(&data).unwrap();
        begin_anew(&data).unwrap();
        fs::write(data.join("portvakt.sqlite"), "half").unwrap();
        begin_anew(&data).unwrap();
        assert!(!data.join("portvakt.sqlite").exists());
        fs::write(data.join("portvakt.sqlite"), "whole").unwrap();
        first_start_done(&data).unwrap();
        assert!(begin_anew(&data).unwrap_err().to_string().contains("--data"));
        assert!(data.join("portvakt.sqlite").exists());
        fs::remove_dir_all(&data).unwrap();
    }
}
