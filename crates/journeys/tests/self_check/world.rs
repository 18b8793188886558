//! A Portvakt behind a proxy that a test can meddle with, a test app and a test person.

use portvakt_journeys::deployment::free_port;
use portvakt_journeys::{App, Deployment, Failure, Front, Setup};
use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The redirect URI of the test app; nobody answers there.
pub const CALLBACK: &str = "https://hrm.nordvik.example/callback";
/// The address after sign-out of the test app; nobody answers there either.
pub const BYE: &str = "https://hrm.nordvik.example/bye";
/// The test person's password.
pub const PASSWORD: &str = "correct horse battery staple";
const ANNA: &str = "anna@nordvik.example";

/// All of it.
pub struct World {
    portvakt: Deployment,
    /// The proxy: its URL is the issuer.
    pub front: Front,
    /// The test app.
    pub app: App,
    files: TempDir,
}

impl World {
    /// One whose tokens a test can sign anew: `EdDSA` needs no dice for that.
    pub fn start(configuration: &str) -> Result<Self, Failure> {
        Self::with(configuration, &["--kind", "web", "--refresh", "--id-token-alg", "EdDSA"])
    }

    /// One with another test app.
    pub fn with(configuration: &str, app: &[&str]) -> Result<Self, Failure> {
        let files = TempDir::with_prefix("portvakt-front-")?;
        let port = free_port()?;
        let front = Front::open(files.path(), &format!("http://localhost:{port}"))?;
        let portvakt = Deployment::start_with(&Setup {
            // One test signs the same person in dozens of times.
            configuration: format!("[limits]\nclient_failures = 1000\naddress_mails = 1000\n{configuration}"),
            front: Some((front.url.clone(), front.authority.clone())),
            port: Some(port),
            ..Setup::default()
        })?;
        portvakt.account(ANNA, "Anna Berg", PASSWORD)?;
        let mut arguments = vec!["app", "create", "--name", "Self-check", "--redirect-uri", CALLBACK];
        arguments.extend(["--post-logout-redirect-uri", BYE]);
        arguments.extend(app);
        if configuration.contains("response_types = true") {
            for one in ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"] {
                arguments.extend(["--response-type", one]);
            }
        }
        let made = portvakt.cli(&arguments)?;
        let text = |key: &str| made.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let app = App { client_id: text("client_id"), client_secret: text("client_secret") };
        for (name, text) in [
            ("authority.pem", front.authority.clone()),
            ("secret", format!("{}\n", app.client_secret)),
            ("person", format!("{ANNA}\n{PASSWORD}\n")),
        ] {
            fs::write(files.path().join(name), text)?;
        }
        Ok(Self { portvakt, front, app, files })
    }

    /// Runs the self-check with the app and the person.
    pub fn check(&self, more: &[&str]) -> Result<Checked, Failure> {
        let mut command = self.portvakt.command(&["conformance", "self-check", "--json"]);
        let file = |name: &str| self.files.path().join(name);
        command.args(["--issuer", &self.front.url, "--client-id", &self.app.client_id, "--redirect-uri", CALLBACK]);
        if !self.app.client_secret.is_empty() {
            command.arg("--client-secret-file").arg(file("secret"));
        }
        command.arg("--person-file").arg(file("person"));
        command.arg("--trust-anchor").arg(file("authority.pem")).args(more);
        Checked::of(command)
    }
}

/// What came out.
pub struct Checked {
    /// The exit code.
    pub code: i32,
    /// The report as programs read it.
    pub report: Value,
}

impl Checked {
    pub fn of(mut command: Command) -> Result<Self, Failure> {
        let done = command.output()?;
        let said = String::from_utf8_lossy(&done.stdout);
        let report = serde_json::from_str(&said)
            .map_err(|why| Failure::new(format!("{why}: {said}{}", String::from_utf8_lossy(&done.stderr))))?;
        Ok(Self { code: done.status.code().unwrap_or(-1), report })
    }

    /// The demands that were not kept.
    pub fn failed(&self) -> Vec<String> {
        let failed = self.findings().filter(|one| one["outcome"] == "failed");
        failed.filter_map(|one| Some(one["id"].as_str()?.to_owned())).collect()
    }

    /// How one came out.
    pub fn outcome(&self, id: &str) -> &str {
        self.findings().find(|one| one["id"] == id).and_then(|one| one["outcome"].as_str()).unwrap_or("not there")
    }

    fn findings(&self) -> impl Iterator<Item = &Value> {
        self.report.get("findings").and_then(Value::as_array).into_iter().flatten()
    }
}
