//! A deployment of its own for each test: fresh folder, fresh database, free port, the real program.

use std::{
    env, fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    Failure, Http, Mailbox, Person,
    certificates::{Certificates, ClientCertificate},
    program,
};

/// Which database a deployment keeps things in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// The default: a file beside the program.
    Sqlite,
    /// A database of its own on the server that `PORTVAKT_TEST_POSTGRES` names.
    Postgres,
}

impl Database {
    /// The databases there are to test on here: PostgreSQL only where `make test` has started one.
    pub fn all() -> Vec<Self> {
        let postgres = env::var_os("PORTVAKT_TEST_POSTGRES").map(|_| Self::Postgres);
        [Some(Self::Sqlite), postgres].into_iter().flatten().collect()
    }
}

/// What may differ between deployments.
pub struct Setup {
    /// Whether the server does TLS itself, with a certificate of a throw-away authority.
    pub https: bool,
    /// Where it keeps things.
    pub database: Database,
    /// More configuration, TOML: whole sections that the kit doesn't write itself.
    pub configuration: String,
    /// More lines of `[server]`.
    pub server: String,
    /// The proxy that stands before it, by its URL and its certificate's authority: then that is the issuer.
    pub front: Option<(String, String)>,
    /// Where to listen; without: a free port.
    pub port: Option<u16>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            https: false,
            database: Database::Sqlite,
            configuration: String::new(),
            server: String::new(),
            front: None,
            port: None,
        }
    }
}

/// What `app create` gave.
#[derive(Debug, Clone)]
pub struct App {
    /// Its `client_id`.
    pub client_id: String,
    /// Its `client_secret`; empty for a public client.
    pub client_secret: String,
}

/// A running Portvakt with its mailbox. Stopped, and its files removed, when dropped.
pub struct Deployment {
    /// The issuer URL.
    pub issuer: String,
    /// Where its mail goes.
    pub mailbox: Mailbox,
    http: Http,
    authority: Option<String>,
    program: PathBuf,
    configuration: PathBuf,
    log: PathBuf,
    server: Option<Child>,
    // Last: the folder goes when nobody writes there any more.
    folder: TempDir,
}

impl Deployment {
    /// Plain http on loopback, SQLite.
    pub fn start() -> Result<Self, Failure> {
        Self::start_with(&Setup::default())
    }

    /// Writes the configuration, makes the keys' folder, starts the server and waits until it is ready.
    pub fn start_with(setup: &Setup) -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("portvakt-journey-")?;
        let mailbox = Mailbox::open()?;
        let port = setup.port.map_or_else(free_port, Ok)?;
        let scheme = if setup.https { "https" } else { "http" };
        let (issuer, front) = match &setup.front {
            Some((url, authority)) => (url.clone(), Some(authority.clone())),
            None => (format!("{scheme}://localhost:{port}"), None),
        };
        let database = match setup.database {
            Database::Sqlite => format!("sqlite:{}", folder.path().join("portvakt.db").display()),
            Database::Postgres => postgres_database()?,
        };
        let certificates =
            setup.https.then(|| Certificates::make(folder.path(), &["localhost", "127.0.0.1"])).transpose()?;
        let tls = certificates.as_ref().map_or_else(String::new, |made| {
            let (certificate, key) = (made.certificate.display(), made.key.display());
            format!("tls_certificate = \"{certificate}\"\ntls_key = \"{key}\"\n")
        });
        let keys = folder.path().join("keys");
        private_folder(&keys)?;
        let configuration = folder.path().join("portvakt.toml");
        fs::write(
            &configuration,
            format!(
                "[server]\nissuer = \"{issuer}\"\nlisten = \"127.0.0.1:{port}\"\n{tls}{}\n[database]\nurl = \
                 \"{database}\"\n\n[keys]\ndirectory = \"{}\"\n\n[mail]\nsmtp_url = \"{}\"\nsender = \"Portvakt \
                 <no-reply@portvakt.example>\"\n\n{}",
                setup.server,
                keys.display(),
                mailbox.url(),
                setup.configuration,
            ),
        )?;
        let authority = front.or_else(|| certificates.as_ref().map(|made| made.authority.clone()));
        let mut deployment = Self {
            http: Http::new(authority.as_deref())?,
            authority,
            program: program::portvakt()?,
            log: folder.path().join("portvakt.log"),
            server: None,
            issuer,
            mailbox,
            configuration,
            folder,
        };
        deployment.run()?;
        Ok(deployment)
    }

    /// The server's process id, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.server.as_ref().map(Child::id)
    }

    /// A client that trusts this deployment.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// A program that brings a certificate to whoever asks for one.
    pub fn http_with(&self, program: &ClientCertificate) -> Result<Http, Failure> {
        Http::with_certificate(self.authority.as_deref(), program)
    }

    /// The authority of its own certificate, PEM, where it does TLS itself.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Somebody who has never been here.
    pub fn person(&self) -> Result<Person, Failure> {
        Person::new(self.http.clone(), &self.issuer)
    }

    /// The address of one of its paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The deployment's own folder: database, keys, configuration, log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `portvakt --config … ARGUMENTS --json`, and the JSON it printed.
    pub fn cli(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let done = self.command(arguments).arg("--json").output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        if !done.status.success() {
            let why = String::from_utf8_lossy(&done.stderr);
            return Err(Failure::new(format!("portvakt {} failed: {why}{said}", arguments.join(" "))));
        }
        serde_json::from_str(&said)
            .map_err(|error| Failure::new(format!("portvakt {}: {error} in {said}", arguments.join(" "))))
    }

    /// The program with this deployment's configuration and nothing of the tester's environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PORTVAKT") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder.path()).arg("--config").arg(&self.configuration).args(arguments);
        command
    }

    /// `app create` with more arguments, the secret (if any) in the answer.
    pub fn app(&self, name: &str, kind: &str, arguments: &[&str]) -> Result<App, Failure> {
        let mut all = vec!["app", "create", "--name", name, "--kind", kind];
        all.extend_from_slice(arguments);
        let made = self.cli(&all)?;
        let text = |key: &str| made.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(App { client_id: text("client_id"), client_secret: text("client_secret") })
    }

    /// An account with a verified address whose password has been chosen as people do: by the link.
    pub fn account(&self, address: &str, name: &str, password: &str) -> Result<Value, Failure> {
        let made =
            self.cli(&["account", "create", "--address", address, "--name", name, "--verified", "--print-link"])?;
        let link = made.get("set_password_link").and_then(Value::as_str);
        let link = link.ok_or_else(|| Failure::new(format!("no set_password_link in {made}")))?;
        self.person()?.choose_password(link, password)?;
        Ok(made)
    }

    /// Stops the server as an operator does (SIGTERM, graceful drain) and waits for its end.
    pub fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        // The standard library can only kill; a shell's builtin asks first.
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", server.id())]).status()?;
        if !asked.success() {
            server.kill()?;
        }
        server.wait()?;
        Ok(())
    }

    /// Ends the server at once, as a crash or a power cut would.
    pub fn crash(&mut self) -> Result<(), Failure> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
            server.wait()?;
        }
        Ok(())
    }

    /// Starts the server, on the same data if it ran before, and waits until it is ready.
    pub fn run(&mut self) -> Result<(), Failure> {
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let errors = log.try_clone()?;
        let mut server = self
            .command(&["serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors))
            .spawn()?;
        let ready = self.url("/healthz/ready");
        // A minute at most: a first start makes keys, which a debug build on a busy machine takes its time for.
        for _ in 0..1200 {
            if let Some(status) = server.try_wait()? {
                return Err(Failure::new(format!("portvakt ended with {status} at its start:\n{}", self.log())));
            }
            if self.http.get(&ready, &[]).is_ok_and(|answer| answer.status == 200) {
                self.server = Some(server);
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        server.kill()?;
        server.wait()?;
        Err(Failure::new(format!("portvakt was not ready within a minute:\n{}", self.log())))
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        // A failed test shows what the server said about it.
        if thread::panicking() {
            std::io::stderr().write_all(self.log().as_bytes()).ok();
        }
        self.crash().ok();
    }
}

/// A port that nobody listens on just now.
pub fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The server refuses a keys folder or key that others may read.
fn private_folder(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)?;
    Ok(())
}

/// Makes an empty database on the test's PostgreSQL. It goes with the server, which is thrown away after the tests.
fn postgres_database() -> Result<String, Failure> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = env::var("PORTVAKT_TEST_POSTGRES")
        .map_err(|_| Failure::new("PORTVAKT_TEST_POSTGRES is not set: `make test` starts a PostgreSQL and sets it"))?;
    let name = format!("journey_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--dbname", &server, "--command", &format!("create database {name}")])
        .output()?;
    if !made.status.success() {
        return Err(Failure::new(format!("psql: {}", String::from_utf8_lossy(&made.stderr))));
    }
    let (base, _) = server.rsplit_once('/').ok_or_else(|| Failure::new("PORTVAKT_TEST_POSTGRES names no database"))?;
    Ok(format!("{base}/{name}"))
}
