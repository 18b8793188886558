//! One running deployment for all tests of the doors, with a few apps and as many people as tests need.

use crate::carried;
use crate::raw::{Ask, Got};
use portvakt_journeys::{App, Deployment, Failure, Mail, Page, Person, Setup};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use url::Url;

pub const PASSWORD: &str = "correct horse battery staple";
pub const HOME: &str = "https://hrm.nordvik.example/callback";
pub const BYE: &str = "https://hrm.nordvik.example/bye";
/// The response type with everything in it.
pub const FRONT: &str = "code id_token token";
pub const OTHER_HOME: &str = "https://shop.example/callback?from=portvakt";
// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct World {
    pub portvakt: Deployment,
    port: u16,
    /// Belongs to the house, keeps a secret, has refresh tokens.
    pub hrm: App,
    /// Must ask for consent.
    pub shop: App,
    /// On a phone: its loopback port is its own.
    pub mobile: App,
    /// Of the house, and old: gets a code and tokens by way of the browser.
    pub kiosk: App,
}

/// Somebody with an account and a browser that is signed in.
pub struct Visitor {
    pub person: Person,
    pub address: String,
    pub name: String,
}

static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());

impl World {
    /// The deployment that runs already, or a new one. The last test that holds it stops it.
    pub fn shared() -> Result<Arc<Self>, Failure> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(world) = shared.upgrade() {
            return Ok(world);
        }
        let world = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&world);
        Ok(world)
    }

    fn start() -> Result<Self, Failure> {
        // With everything on offer there is more to try at each door.
        let configuration = "[legacy]\nresponse_types = true\n[registration]\nmode = \"token\"\n".to_owned();
        let portvakt = Deployment::start_with(&Setup { configuration, ..Setup::default() })?;
        let tenants = [("nordvik", "Nordvik kommun"), ("sjovik", "Sjövik kommun"), ("fjordby", "Fjordby kommune")];
        for (slug, name) in tenants {
            portvakt.cli(&["tenant", "create", "--slug", slug, "--name", name])?;
            let domain = format!("{slug}.example");
            portvakt.cli(&["tenant", "domain", "add", "--tenant", slug, "--domain", &domain])?;
        }
        let own = ["--redirect-uri", HOME, "--post-logout-redirect-uri", BYE, "--first-party", "--refresh"];
        let hrm = portvakt.app("HRM", "web", &own)?;
        let shop = portvakt.app("Shop", "web", &["--redirect-uri", OTHER_HOME])?;
        let loopback = ["--redirect-uri", "http://127.0.0.1/cb", "--redirect-uri", "http://[::1]/cb"];
        let mobile = portvakt.app("Mobile", "native", &loopback)?;
        let old = ["--redirect-uri", HOME, "--first-party", "--response-type", FRONT];
        let kiosk = portvakt.app("Kiosk", "web", &old)?;
        let port = Url::parse(&portvakt.issuer)?.port().ok_or_else(|| Failure::new("the issuer has no port"))?;
        Ok(Self { portvakt, port, hrm, shop, mobile, kiosk })
    }

    /// What a request is answered with. Wherever it comes from and whatever it says, nothing breaks and every header is
    /// there.
    pub fn knock(&self, ask: &Ask) -> Result<Got, Failure> {
        let got = ask.send(self.port)?;
        let shown = || format!("{} {} -> {} {}", ask.method, ask.target, got.status, got.body);
        assert!(got.status < 500, "{}", shown());
        let faults = carried::faults(ask, &got);
        assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), shown());
        Ok(got)
    }

    /// The same, for what never reaches a route: a request that is no HTTP.
    pub fn knock_on_the_wire(&self, ask: &Ask) -> Result<Got, Failure> {
        ask.send(self.port)
    }

    /// Somebody new in a tenant, not signed in.
    pub fn newcomer(&self, tag: &str, tenant: &str) -> Result<Visitor, Failure> {
        let (address, name) = (format!("{tag}@{tenant}.example"), format!("Vera {tag} Dörr"));
        self.portvakt.account(&address, &name, PASSWORD)?;
        Ok(Visitor { person: self.portvakt.person()?, address, name })
    }

    /// Somebody new who has signed in to HRM.
    pub fn visitor(&self, tag: &str, tenant: &str) -> Result<Visitor, Failure> {
        let mut visitor = self.newcomer(tag, tenant)?;
        let page = visitor.sign_in(&self.authorize(&self.hrm, &[]))?;
        code_of(&page)?;
        Ok(visitor)
    }

    /// The path of an authorization request of an app.
    pub fn authorize(&self, app: &App, more: &[(&str, &str)]) -> String {
        let home = if app.client_id == self.shop.client_id { OTHER_HOME } else { HOME };
        let usual = [
            ("client_id", app.client_id.as_str()),
            ("redirect_uri", home),
            ("response_type", "code"),
            ("scope", "openid profile email offline_access"),
            ("state", "a state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        format!("/authorize?{}", query.extend_pairs(kept.chain(more.iter().copied())).finish())
    }

    /// The path of a request for everything that the browser can bring.
    pub fn front(&self) -> String {
        self.authorize(&self.kiosk, &[("response_type", FRONT), ("nonce", "n-0S6_WzA2Mj")])
    }

    /// A request to an endpoint that programs call, as HRM.
    pub fn as_hrm(&self, path: &str, fields: &[(&str, &str)]) -> Ask {
        Self::as_app(&self.hrm, path, fields)
    }

    /// The same as another app that keeps a secret.
    pub fn as_app(app: &App, path: &str, fields: &[(&str, &str)]) -> Ask {
        let proof = portvakt_journeys::http::basic(&app.client_id, &app.client_secret);
        Ask::form(path, fields).with("authorization", &proof)
    }

    /// The link to a page of ours that somebody asked for and was mailed, after the one that came with the account.
    pub fn mailed_link(&self, address: &str, page: &str) -> Result<(Mail, String), Failure> {
        let start = self.portvakt.url(page);
        for count in 2..=4 {
            let mail = self.portvakt.mailbox.wait_for(address, count)?;
            if let Some(link) = mail.links().into_iter().find(|link| link.starts_with(&start)) {
                return Ok((mail, link));
            }
        }
        Err(Failure::new(format!("nobody mailed {address} a link to {page}")))
    }

    /// What a code of HRM's is worth.
    pub fn redeem(&self, code: &str) -> Ask {
        let grant = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", HOME)];
        self.as_hrm("/token", &[&grant[..], &[("code_verifier", VERIFIER)]].concat())
    }
}

impl Visitor {
    /// Does what the pages ask from there on.
    pub fn sign_in(&mut self, from: &str) -> Result<Page, Failure> {
        self.person.sign_in(from, &self.address, PASSWORD)
    }

    /// The request with this browser's cookies.
    pub fn cookies(&self, ask: Ask) -> Ask {
        let named = ["__Host-pv_s", "__Host-pv_f", "__Host-pv_d"].map(|name| (name, self.person.cookie(name)));
        let pairs = named.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        ask.with("cookie", &pairs.collect::<Vec<_>>().join("; "))
    }
}

/// The code with which the browser leaves for the app.
pub fn code_of(page: &Page) -> Result<String, Failure> {
    let url = page.leaves_for.as_ref().ok_or_else(|| page.unexpected("the way to the app"))?;
    let code = url.query_pairs().find(|(name, _)| name == "code").map(|(_, value)| value.into_owned());
    code.ok_or_else(|| Failure::new(format!("no code in {url}")))
}

/// A parameter behind the `#` of the address with which the browser leaves for the app.
pub fn in_fragment(page: &Page, name: &str) -> Result<String, Failure> {
    let url = page.leaves_for.as_ref().ok_or_else(|| page.unexpected("the way to the app"))?;
    let pairs: Vec<_> = url::form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()).collect();
    let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone().into_owned());
    found.ok_or_else(|| Failure::new(format!("no {name} behind the # of {url}")))
}

/// A member of a JSON object.
pub fn text(value: &Value, key: &str) -> Result<String, Failure> {
    let found = value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("no {key} in {value}")))
}

/// The sealed sign-in in an address or a `Location`.
pub fn handle_in(address: &str) -> Result<String, Failure> {
    let after = address.split_once("?r=").map(|(_, r)| r.split('&').next().unwrap_or_default().to_owned());
    after.filter(|r| !r.is_empty()).ok_or_else(|| Failure::new(format!("no handle in {address:?}")))
}
