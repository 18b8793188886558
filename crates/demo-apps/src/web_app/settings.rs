//! What one web app is: its looks, fixed by its program, and its settings, from the environment.

use crate::environment;
use crate::fault::Fault;
use crate::relying_party::Registration;
use std::net::SocketAddr;
use url::Url;

/// What tells one app from the others.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// Its name, unless `APP_NAME` says another.
    pub name: &'static str,
    /// The colour's class in the style sheet.
    pub colour: &'static str,
    /// Its room for signed-in people, as a path.
    pub room: &'static str,
    /// Which words it uses.
    pub words: Kind,
    /// Scopes asked for beside those of `API_SCOPES`, unless `SCOPES` says others.
    pub scopes: &'static str,
}

/// Which app's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The HR system.
    Hrm,
    /// The staff portal.
    StaffPortal,
    /// A third party's app.
    Fieldreport,
}

impl Looks {
    /// The HR system, which also hosts an API.
    pub const HRM: Self =
        Self { name: "HRM", colour: "teal", room: "/employees", words: Kind::Hrm, scopes: "openid profile email" };
    /// The staff portal: a second first-party app, to show single sign-on.
    pub const STAFF_PORTAL: Self = Self {
        name: "Staff portal",
        colour: "plum",
        room: "/notices",
        words: Kind::StaffPortal,
        scopes: "openid profile email",
    };
    /// A third party's app: the person is asked for consent.
    pub const FIELDREPORT: Self = Self {
        name: "Fieldreport",
        colour: "amber",
        room: "/reports",
        words: Kind::Fieldreport,
        scopes: "openid profile email offline_access",
    };
}

/// A running app's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its looks.
    pub looks: Looks,
    /// Its name on its pages.
    pub name: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its address from outside, without a slash at the end.
    pub base_url: String,
    /// What it is at its issuer.
    pub registration: Registration,
    /// The identifier and scope of the API that it hosts, if any.
    pub api: Option<(String, String)>,
    /// Names and addresses of the apps beside it.
    pub links: Vec<(String, String)>,
    /// Certificate chain and key (PEM files), where it speaks https itself.
    pub tls: Option<(String, String)>,
}

impl Settings {
    /// Reads the variables that each web app's program documents.
    pub fn from_environment(looks: Looks) -> Result<Self, Fault> {
        let identifier = environment::optional("API_IDENTIFIER");
        let api_scopes = environment::words("API_SCOPES");
        let scopes = environment::optional("SCOPES").unwrap_or_else(|| looks.scopes.to_owned());
        let registration = Registration {
            issuer: environment::required("ISSUER")?,
            client_id: environment::required("CLIENT_ID")?,
            client_secret: environment::secret("CLIENT_SECRET")?,
            scopes: scopes.split_whitespace().map(str::to_owned).chain(api_scopes.iter().cloned()).collect(),
            resource: identifier.clone(),
        };
        Ok(Self {
            name: environment::optional("APP_NAME").unwrap_or_else(|| looks.name.to_owned()),
            listen: environment::listen("LISTEN")?,
            base_url: environment::url("BASE_URL")?.as_str().trim_end_matches('/').to_owned(),
            api: identifier.zip(api_scopes.first().cloned()),
            links: links()?,
            tls: environment::optional("TLS_CERT_FILE").zip(environment::optional("TLS_KEY_FILE")),
            registration,
            looks,
        })
    }

    /// Where the issuer sends people back to after sign-in.
    pub fn redirect_uri(&self) -> String {
        format!("{}/callback", self.base_url)
    }

    /// Where the issuer sends people back to after sign-out.
    pub fn signed_out_uri(&self) -> String {
        format!("{}/signed-out", self.base_url)
    }

    /// Whether browsers reach it by https.
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https:")
    }

    /// The session cookie's name. Cookies know no ports, so apps on one host need names of their own.
    pub fn cookie_name(&self) -> String {
        let app = self.looks.colour;
        if self.is_https() { format!("__Host-{app}_session") } else { format!("{app}_session") }
    }
}

/// Only web addresses, as they become links on the page.
fn links() -> Result<Vec<(String, String)>, Fault> {
    let links = environment::pairs("LINKS")?;
    for (name, address) in &links {
        let url = Url::parse(address).map_err(Fault::doing(format!("LINKS gives {name} no URL")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Fault::new(format!("LINKS gives {name} an address that is neither http nor https.")));
        }
    }
    Ok(links)
}
