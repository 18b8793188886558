//! [`Browser`]: a person at a browser. It keeps its cookies and goes where the pages lead.

use super::template::{ANNA, HRM, MOBILE};
use super::wire::Code;
use super::world::World;
use portvakt_flows::authorize::{self, Begun};
use portvakt_flows::password::{self, Asked, Set, Wish};
use portvakt_flows::sign_in::choose::{self, Choice};
use portvakt_flows::sign_in::session::Opened;
use portvakt_flows::sign_in::{address, link, password as password_step};
use portvakt_flows::{Browser as Cookies, consent, end_session, settings};
use portvakt_model::{Handle, Language, Secret};
use portvakt_policy::Refused;
use portvakt_protocol::oauth::respond::ResponseMode;
use portvakt_protocol::oauth::{Params, Why};
use ring::digest::{SHA256, digest};
use std::cell::{Cell, RefCell};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Everybody's password.
pub const PASSWORD: &str = "ormbunke tvättstuga 47 segel";

/// A person at a browser.
pub struct Browser<'w> {
    world: &'w World,
    cookies: RefCell<Cookies>,
    asked: Cell<u32>,
    last: RefCell<(String, String, String)>,
    brought: RefCell<Option<Brought>>,
}

/// What the browser brought to the app, whole.
#[derive(Debug, Clone)]
pub struct Brought {
    pub mode: ResponseMode,
    pub parameters: Vec<(&'static str, String)>,
}

impl Brought {
    /// A parameter, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    /// The names of all parameters, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.parameters.iter().map(|pair| pair.0).collect()
    }
}

/// What the browser shows, or brings to the app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The address page.
    Address { r: String, hint: Option<String> },
    /// The account chooser.
    Choose { r: String, remembered: Vec<String>, signed_in: Option<String> },
    /// The password page.
    Password { r: String, address: String },
    /// "Your organisation uses its own sign-in": whose.
    Organisation { address: String, tenant: Option<String> },
    /// The consent page.
    Consent { r: String, scopes: Vec<String>, apis: Vec<String> },
    /// Back at the app, with a code.
    Code(Code),
    /// Back at the app, with tokens and no code.
    Tokens,
    /// Back at the app, with an error.
    Error(String),
    /// A page of ours.
    Back(String),
    /// A page that says no.
    Page(Why),
    /// "Begin again."
    Stale,
    /// "Too many from here."
    Limited,
}

impl Step {
    /// The handle in the page.
    pub fn r(&self) -> &str {
        match self {
            Self::Address { r, .. } | Self::Choose { r, .. } | Self::Password { r, .. } | Self::Consent { r, .. } => r,
            Self::Organisation { .. }
            | Self::Code(_)
            | Self::Tokens
            | Self::Error(_)
            | Self::Back(_)
            | Self::Page(_)
            | Self::Stale
            | Self::Limited => {
                panic!("{self:?} has no handle")
            }
        }
    }

    /// The code that the app got.
    pub fn code(self) -> Code {
        let Self::Code(code) = self else { panic!("{self:?} is no code") };
        code
    }

    /// Whether the person is asked to sign in, or told that they can't here.
    pub fn asks_to_sign_in(&self) -> bool {
        matches!(self, Self::Address { .. } | Self::Choose { .. } | Self::Password { .. } | Self::Organisation { .. })
    }
}

/// What became of something that might have signed somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A session; the next page has this handle.
    In(Option<String>),
    Wrong,
    Limited,
    /// Too early: nothing was looked at, and the page says to wait so many seconds.
    Wait(u32),
    OrganisationSignIn,
    Refused(Refused),
    Stale,
    Spent,
    Elsewhere,
    /// A password was set.
    Saved,
    /// A mail is under way.
    Sent,
    Invalid,
}

impl<'w> Browser<'w> {
    pub fn new(world: &'w World) -> Self {
        let cookies = Cookies {
            session: None,
            device: None,
            flow: Some(world.ctx.dice.handle().unwrap()),
            state: None,
            language: Language::Nb,
            address: "192.0.2.7".parse().ok(),
            description: "Firefox on Linux".to_owned(),
        };
        let (asked, last, brought) = (Cell::new(0), RefCell::default(), RefCell::default());
        Self { world, cookies: RefCell::new(cookies), asked, last, brought }
    }

    /// What it brought to the app last.
    pub fn brought(&self) -> Brought {
        self.brought.borrow().clone().unwrap()
    }

    /// What it sends with each request.
    pub fn cookies(&self) -> Cookies {
        self.cookies.borrow().clone()
    }

    /// Gives it the state that apps' pages watch.
    pub fn is_in_state(&self, state: &Handle) {
        self.cookies.borrow_mut().state = Some(state.clone());
    }

    /// Moves it to another network.
    pub fn at(self, address: &str) -> Self {
        self.cookies.borrow_mut().address = address.parse().ok();
        self
    }

    /// Another browser with the same cookies: stolen, or kept from before.
    pub fn copy(&self) -> Self {
        let copy = Self::new(self.world);
        *copy.cookies.borrow_mut() = self.cookies();
        *copy.last.borrow_mut() = self.last.borrow().clone();
        copy
    }

    fn keep(&self, opened: &Opened) {
        let mut cookies = self.cookies.borrow_mut();
        cookies.session = Some(opened.session.clone());
        cookies.device = Some(opened.device.clone());
    }

    /// An app sends the person here. `more` adds to what apps usually ask, or replaces it; an empty text leaves it out.
    pub fn sent_by(&self, client: &str, more: &[(&str, &str)]) -> Step {
        let ctx = &self.world.ctx;
        self.asked.set(self.asked.get() + 1);
        let verifier = format!("{:-<43}", format!("verifier-{}-", self.asked.get()));
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let redirect = redirect_of(client);
        let usual = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect.as_str()),
            ("scope", "openid profile email"),
            ("state", "s"),
            ("nonce", "n-0S6_WzA2Mj"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = usual.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let kept: Vec<_> = kept.chain(more).collect();
        let params = Params::of(kept.into_iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        *self.last.borrow_mut() = (client.to_owned(), verifier, redirect);
        match self.world.run(authorize::begin(ctx, &self.cookies(), &params)) {
            Begun::Valid(pending) => {
                let cookies = self.cookies();
                self.shown(self.world.run(authorize::proceed(ctx, &cookies, *pending, ctx.clock.now())))
            }
            Begun::Answer(answer) => self.shown(authorize::Step::Answer(answer)),
            Begun::Refused(why) => Step::Page(why),
        }
    }

    /// Opens a page of ours again: back, reload, another tab.
    pub fn open(&self, r: &str) -> Step {
        self.shown(self.world.run(authorize::resume(&self.world.ctx, &self.cookies(), r)))
    }

    /// Types an address into the address page.
    pub fn types_address(&self, r: &str, typed: &str) -> Step {
        self.types_address_to_remember(r, typed, false)
    }

    /// Types an address, and says whether this browser shall remember it.
    pub fn types_address_to_remember(&self, r: &str, typed: &str, remember: bool) -> Step {
        match self.world.run(address::post(&self.world.ctx, &self.cookies(), r, typed, remember)) {
            address::Outcome::GoOn(r) => self.open(&r),
            address::Outcome::Stale => Step::Stale,
            address::Outcome::Limited => Step::Limited,
            address::Outcome::Invalid(why) => panic!("{why:?}"),
        }
    }

    /// Types a password into the password page.
    pub fn types_password(&self, r: &str, typed: &str) -> Got {
        self.enters(r, typed, false)
    }

    /// Types a password and wants to stay signed in.
    pub fn types_password_to_stay(&self, r: &str, typed: &str) -> Got {
        self.enters(r, typed, true)
    }

    fn enters(&self, r: &str, typed: &str, keep: bool) -> Got {
        let typed = Secret::new(typed.to_owned());
        match self.world.run(password_step::post(&self.world.ctx, &self.cookies(), r, typed, keep)) {
            password_step::Outcome::SignedIn(opened, r) => {
                self.keep(&opened);
                Got::In(Some(r))
            }
            password_step::Outcome::Wrong => Got::Wrong,
            password_step::Outcome::Limited(wait) => Got::Wait(wait.0),
            password_step::Outcome::OrganisationSignIn => Got::OrganisationSignIn,
            password_step::Outcome::Refused(why) => Got::Refused(why),
            password_step::Outcome::Stale => Got::Stale,
        }
    }

    /// Chooses on the account chooser.
    pub fn chooses(&self, r: &str, choice: Choice) -> Step {
        match self.world.run(choose::post(&self.world.ctx, &self.cookies(), r, choice)) {
            choose::Outcome::GoOn(r) => self.open(&r),
            choose::Outcome::Stale => Step::Stale,
            choose::Outcome::Limited => Step::Limited,
        }
    }

    /// Says yes or no on the consent page.
    pub fn consents(&self, r: &str, allows: bool) -> Step {
        self.shown(self.world.run(consent::answer(&self.world.ctx, &self.cookies(), r, allows)))
    }

    /// Has forgotten the password, or wants a link instead.
    pub fn wants(&self, r: &str, typed: &str, wish: Wish) -> Got {
        match self.world.run(password::ask(&self.world.ctx, &self.cookies(), r, typed, wish)) {
            Asked::Sent(..) => Got::Sent,
            Asked::Limited => Got::Limited,
            Asked::Invalid => Got::Invalid,
            Asked::Stale => Got::Stale,
        }
    }

    /// Presses the button behind a link to choose a password.
    pub fn sets_password(&self, handle: &str, typed: &str) -> Got {
        let typed = (Secret::new(typed.to_owned()), Secret::new(typed.to_owned()));
        match self.world.run(password::set(&self.world.ctx, &self.cookies(), handle, typed)) {
            Set::Saved(_, device) => {
                self.cookies.borrow_mut().device = Some(device);
                Got::Saved
            }
            Set::Broken(_, fails) => panic!("{fails:?}"),
            Set::Spent => Got::Spent,
            Set::Refused(why) => Got::Refused(why),
        }
    }

    /// Presses the button behind a one-time link.
    pub fn follows(&self, handle: &str) -> Got {
        match self.world.run(link::post(&self.world.ctx, &self.cookies(), handle)) {
            link::Outcome::SignedIn(opened, r) => {
                self.keep(&opened);
                Got::In(r)
            }
            link::Outcome::Elsewhere => Got::Elsewhere,
            link::Outcome::Spent => Got::Spent,
            link::Outcome::Refused(why) => Got::Refused(why),
        }
    }

    /// Changes the password in Account Settings; the session goes on under the handle that the answer gave.
    pub fn changes_password(&self, current: &str, new: &str) -> settings::Changed {
        let (person, cookies) = (self.person().unwrap(), self.cookies());
        let secret = |text: &str| Secret::new(text.to_owned());
        let typed = (secret(new), secret(new));
        let change = settings::change_password(&self.world.ctx, &cookies, &person, secret(current), typed);
        let changed = self.world.run(change);
        if let settings::Changed::Saved(renewed) = &changed {
            self.cookies.borrow_mut().session = Some(renewed.session.clone());
        }
        changed
    }

    /// Whether Account Settings let this browser in.
    pub fn may_enter_settings(&self) -> bool {
        self.person().is_some()
    }

    /// Whom Account Settings see.
    pub fn person(&self) -> Option<settings::Person> {
        self.world.run(settings::person(&self.world.ctx, &self.cookies()))
    }

    /// The password page of an address, on the way to an app.
    pub fn password_page(&self, client: &str, address: &str) -> Step {
        let step = self.sent_by(client, &[]);
        let step = if let Step::Choose { r, .. } = &step { self.chooses(r, Choice::Another) } else { step };
        self.types_address(step.r(), address)
    }

    /// Signs somebody in by the chooser's "another account".
    pub fn signs_in_as_chosen(&self, address: &str) {
        let page = self.password_page(HRM, address);
        assert!(matches!(self.types_password(page.r(), PASSWORD), Got::In(_)));
    }

    /// Goes to another app with the session there is, and says yes to what it wants.
    pub fn signs_on_to(&self, client: &str) -> Code {
        self.consenting(self.sent_by(client, &[])).code()
    }

    /// Drops the session cookie, as an app's browser does when it is closed.
    pub fn forgets_session(&self) {
        self.cookies.borrow_mut().session = None;
    }

    fn consenting(&self, step: Step) -> Step {
        if let Step::Consent { r, .. } = &step { self.consents(r, true) } else { step }
    }

    /// Signs out by the button on a page of ours.
    pub fn signs_out(&self) {
        self.world.run(end_session::confirmed(&self.world.ctx, &self.cookies(), None, false));
    }

    /// Signs somebody in to an app, with whatever the app asks.
    pub fn signs_in_as(&self, address: &str, client: &str, more: &[(&str, &str)]) -> Step {
        let page = self.sent_by(client, more);
        let page = self.types_address(page.r(), address);
        let got = self.types_password(page.r(), PASSWORD);
        let Got::In(Some(r)) = got else { panic!("{address} was not signed in: {got:?}") };
        self.consenting(self.open(&r))
    }

    fn shown(&self, step: authorize::Step) -> Step {
        match step {
            authorize::Step::Address(ask) => Step::Address { r: ask.r, hint: ask.hint },
            authorize::Step::Choose(ask) => {
                let remembered = ask.remembered.into_iter().map(|one| one.address).collect();
                Step::Choose { r: ask.r, remembered, signed_in: ask.signed_in.map(|(_, address)| address) }
            }
            authorize::Step::Password(ask) => Step::Password { r: ask.r, address: ask.address },
            authorize::Step::OrganisationSignIn(page) => {
                let tenant = page.scene.tenant.map(|tenant| tenant.slug.to_string());
                Step::Organisation { address: page.address, tenant }
            }
            authorize::Step::Consent(ask) => Step::Consent { r: ask.r, scopes: ask.scopes, apis: ask.apis },
            authorize::Step::Answer(answer) => {
                let get = |name: &str| answer.parameters.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
                assert_eq!(get("state").as_deref(), Some("s"), "state comes back as it went");
                assert_eq!(get("iss").as_deref(), Some(super::ISSUER), "every answer names the issuer (RFC 9207)");
                let (client, verifier, redirect) = self.last.borrow().clone();
                let step = match (get("code"), get("error")) {
                    (Some(text), _) => Step::Code(Code { text, client, verifier, redirect }),
                    (None, Some(error)) => Step::Error(error),
                    (None, None) => Step::Tokens,
                };
                *self.brought.borrow_mut() = Some(Brought { mode: answer.mode, parameters: answer.parameters });
                step
            }
            authorize::Step::Back(path) => Step::Back(path),
            authorize::Step::Refused(why) => Step::Page(why),
            authorize::Step::Stale => Step::Stale,
            authorize::Step::Limited => Step::Limited,
        }
    }
}

fn redirect_of(client: &str) -> String {
    match client {
        // Native apps choose the port (RFC 8252 §7.3).
        MOBILE => "http://127.0.0.1:49152/callback".to_owned(),
        other => format!("https://{}.example/callback", other.trim_start_matches("app_")),
    }
}

impl World {
    /// Anna in a browser of hers, signed in to an app that got a code.
    pub fn signed_in_to(&self, client: &str) -> (Browser<'_>, Code) {
        self.signed_in_asking(client, &[])
    }

    /// The same, with what the app asks.
    pub fn signed_in_asking(&self, client: &str, more: &[(&str, &str)]) -> (Browser<'_>, Code) {
        let browser = self.browser();
        let code = browser.signs_in_as(ANNA, client, more).code();
        self.letters();
        (browser, code)
    }
}
