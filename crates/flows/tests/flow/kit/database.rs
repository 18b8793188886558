//! A database for each test, copied from one that was prepared once per run.

use portvakt_store::{Counts, Options, Store};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

/// How many of a node's threads read, and on a server how many write.
pub const THREADS: u32 = 3;

/// One test's own database; it goes with the test.
pub struct Database {
    pub counts: Arc<Counts>,
    url: String,
    place: Place,
}

enum Place {
    File(PathBuf),
    Server { server: String, name: String },
}

/// What a prepared SQLite file is: nobody writes to it, so file and journal together are whole.
pub struct Prepared {
    file: Vec<u8>,
    journal: Vec<u8>,
}

/// A number for a name that nobody else has.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

impl Database {
    /// A new SQLite file with nothing in it.
    pub fn empty_file() -> Self {
        let name = format!("flow-{}-{}.db", std::process::id(), number());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        Self::new(format!("sqlite:{}", path.display()), Place::File(path))
    }

    /// A copy of a prepared file.
    pub fn copied_file(prepared: &Prepared) -> Self {
        let copy = Self::empty_file();
        if let Place::File(path) = &copy.place {
            std::fs::write(path, &prepared.file).unwrap();
            std::fs::write(beside(path, "-wal"), &prepared.journal).unwrap();
        }
        copy
    }

    /// What stands in this file now.
    pub fn prepared(&self) -> Prepared {
        let Place::File(path) = &self.place else { panic!("a database on a server is no file") };
        let journal = std::fs::read(beside(path, "-wal")).unwrap_or_default();
        Prepared { file: std::fs::read(path).unwrap(), journal }
    }

    /// The PostgreSQL server that tests may make databases on; `None` if PostgreSQL is left out on purpose.
    pub fn server() -> Option<String> {
        let Ok(server) = std::env::var("PORTVAKT_TEST_POSTGRES") else {
            assert_eq!(
                std::env::var("PORTVAKT_TEST_SQLITE_ONLY").as_deref(),
                Ok("1"),
                "set PORTVAKT_TEST_POSTGRES to a server, or PORTVAKT_TEST_SQLITE_ONLY=1 to leave PostgreSQL out"
            );
            return None;
        };
        Some(server.strip_suffix("/postgres").unwrap_or(&server).to_owned())
    }

    /// A new database on a server: empty, or a copy of one that nobody is connected to.
    pub fn on_server(server: &str, template: Option<&str>) -> Self {
        let name = format!("portvakt_flow_{}_{}", std::process::id(), number());
        let from = template.map_or_else(String::new, |template| format!(" template {template}"));
        let create = format!("create database {name}{from}");
        // The threads that prepared the template leave it a moment after their store was dropped.
        let made = (0..200).any(|_| {
            let made = psql(server, &create);
            if !made {
                sleep(Duration::from_millis(50));
            }
            made
        });
        assert!(made, "no database could be made: is psql there, and may the user make databases?");
        Self::new(format!("{server}/{name}"), Place::Server { server: server.to_owned(), name })
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        match &self.place {
            Place::File(_) => panic!("a file has no name on a server"),
            Place::Server { name, .. } => name,
        }
    }

    /// Lets it stay when this value goes: the server is thrown away after the tests.
    pub fn left(self) {
        std::mem::forget(self);
    }

    fn new(url: String, place: Place) -> Self {
        Self { counts: Arc::new(Counts::default()), url, place }
    }

    /// A node on it.
    pub fn open(&self) -> Store {
        // Patient, as the machine may do much else.
        let wait = Duration::from_secs(20);
        let observer = Some(Arc::clone(&self.counts));
        Store::open(Options { threads: THREADS, wait, observer, ..Options::new(self.url.clone()) }).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.place {
            Place::File(path) => {
                for end in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(beside(path, end));
                }
            }
            Place::Server { server, name } => {
                drop_later(server, name);
            }
        }
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", path.display()))
}

/// Lets the server drop a database while the next test runs: it waits for a checkpoint, most of a second.
fn drop_later(server: &str, name: &str) {
    let mut command = asking(server, &format!("drop database {name} with (force)"));
    drop(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn());
}

fn psql(server: &str, sql: &str) -> bool {
    asking(server, sql).output().is_ok_and(|run| run.status.success())
}

fn asking(server: &str, sql: &str) -> Command {
    let mut command = Command::new("psql");
    command.args(["--no-psqlrc", "--quiet", "--dbname", &format!("{server}/postgres"), "--command", sql]);
    command
}
