//! What is measured: a deployment with a person, an app, an API and a machine.

use crate::app_key::AppKey;
use crate::checked::Keys;
use portvakt_journeys::{App, Deployment, Failure, Person, Setup, http::basic};
use std::fs;

/// The app's redirect URI; nothing listens there.
pub const REDIRECT: &str = "https://hrm.example/callback";
/// Where the app has people go after sign-out.
pub const SIGNED_OUT: &str = "https://hrm.example/bye";
/// The API that the machine calls.
pub const API: &str = "https://hrm.example/api";
const ADDRESS: &str = "anna@nordvik.example";
const PASSWORD: &str = "correct horse battery staple";

/// A deployment to be measured.
pub struct World {
    /// The server.
    pub portvakt: Deployment,
    /// The app, as `Authorization` header.
    pub hrm: String,
    /// The app's `client_id`.
    pub client_id: String,
    /// What the app signs its request objects with.
    pub key: AppKey,
    /// The machine, as `Authorization` header.
    pub timeclock: String,
    /// The keys that answers are checked by.
    pub keys: Keys,
}

impl World {
    /// Starts and seeds it. Budgets are wide: what is measured is the work, not the brakes.
    pub fn start() -> Result<Self, Failure> {
        let limits = ["account_quick_tries", "account_tries", "source_quick_tries", "source_tries", "source_addresses"];
        let limits: String = limits.map(|limit| format!("{limit} = 1000000\n")).concat();
        let limits = format!("{limits}registrations = 1000000\nall_registrations = 1000000\n");
        let configuration = format!("[limits]\n{limits}[registration]\nmode = \"open\"\n[log]\nlevel = \"warn\"\n");
        let portvakt = Deployment::start_with(&Setup { configuration, ..Setup::default() })?;
        portvakt.cli(&["api", "create", "--identifier", API, "--name", "HRM API", "--scope", "read"])?;
        let key = AppKey::new()?;
        let file = portvakt.folder().join("hrm-keys.json");
        fs::write(&file, key.set()?.to_string())?;
        let jwks = file.to_str().ok_or_else(|| Failure::new("a path that is no text"))?;
        let addresses = ["--redirect-uri", REDIRECT, "--post-logout-redirect-uri", SIGNED_OUT];
        let web =
            [addresses.as_slice(), &["--first-party", "--refresh", "--id-token-alg", "ES256", "--jwks", jwks]].concat();
        let hrm = portvakt.app("HRM", "web", &web)?;
        let timeclock = portvakt.app("Timeclock", "machine", &["--own-scope", &format!("{API}#read")])?;
        portvakt.account(ADDRESS, "Anna Svensson", PASSWORD)?;
        let keys = Keys::fetch(&portvakt)?;
        let header = |app: &App| basic(&app.client_id, &app.client_secret);
        Ok(Self {
            hrm: header(&hrm),
            client_id: hrm.client_id.clone(),
            timeclock: header(&timeclock),
            key,
            keys,
            portvakt,
        })
    }

    /// A browser in which Anna is signed in.
    pub fn signed_in(&self) -> Result<Person, Failure> {
        let mut person = self.portvakt.person()?;
        person.sign_in(&crate::operations::authorize(self), ADDRESS, PASSWORD)?;
        Ok(person)
    }
}
