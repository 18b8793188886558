//! Apps that register themselves: what their programs send, and the people who use them.

use super::program::asks;
use super::{ANNA, Browser, Code, Got, ISSUER, PASSWORD, Step, Tokens, World, pairs_of};
use portvakt_flows::client::Caller;
use portvakt_flows::registration::tokens::{self, New};
use portvakt_flows::registration::{self, Mode, Refused, Registration, Told};
use portvakt_flows::{Ctx, Settings, app as apps};
use portvakt_model::{App, Fault};
use portvakt_protocol::oauth::discovery::Offers;
use serde_json::{Value, json};
use std::sync::Arc;

pub const HOME: &str = "https://app.example/cb";
pub const SECTOR: &str = "https://app.example/sector.json";

/// The deployment's flows where that mode is on.
pub fn under(world: &World, mode: Mode, change: impl FnOnce(&mut Settings)) -> Ctx {
    let mut settings = Settings::new(ISSUER.to_owned(), "Portvakt".to_owned());
    settings.registration = Registration { mode, ..Registration::default() };
    settings.offers = Offers { registration: true, ..Offers::default() };
    change(&mut settings);
    Ctx { settings: Arc::new(settings), ..world.ctx.clone() }
}

pub fn open(world: &World) -> Ctx {
    under(world, Mode::Open, |_| {})
}

pub fn by_token(world: &World) -> Ctx {
    under(world, Mode::Token, |_| {})
}

/// A program that brings this token, or none.
pub async fn asking(ctx: Ctx, token: Option<String>, body: Value) -> Result<Result<Told, Refused>, Fault> {
    let header = token.map(|token| format!("Bearer {token}"));
    let caller = Caller { authorization: header.as_deref(), certificate: None, source: "198.51.100.9" };
    registration::register(&ctx, &caller, Some(body.to_string().as_bytes())).await
}

pub fn register(world: &World, ctx: &Ctx, token: Option<&str>, body: &Value) -> Result<Told, Refused> {
    world.run(asking(ctx.clone(), token.map(str::to_owned), body.clone()))
}

/// The smallest registration, with these members besides.
pub fn with(members: &Value) -> Value {
    let mut all = json!({ "redirect_uris": [HOME] });
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

pub fn initial(world: &World, uses: i64, tenant: Option<&str>) -> String {
    let new = New { name: "Partners".to_owned(), tenant: tenant.map(str::to_owned), uses, days: 1 };
    world.run(tokens::create(&world.ctx, new)).unwrap().1
}

pub fn text<'t>(told: &'t Told, name: &str) -> &'t str {
    told[name].as_str().unwrap()
}

pub fn app(world: &World, told: &Told) -> Arc<App> {
    world.run(apps::find(&world.ctx, text(told, "client_id"))).unwrap()
}

/// Anna signs in on the way to the app.
pub fn signs_in(browser: &Browser<'_>, told: &Told) -> Step {
    let page = goes_to(browser, told);
    let page = browser.types_address(page.r(), ANNA);
    let Got::In(Some(r)) = browser.types_password(page.r(), PASSWORD) else { panic!("Anna was not signed in") };
    browser.open(&r)
}

pub fn goes_to(browser: &Browser<'_>, told: &Told) -> Step {
    browser.sent_by(text(told, "client_id"), &[("redirect_uri", HOME)])
}

/// She says yes, and the app redeems its code.
pub fn allows(world: &World, browser: &Browser<'_>, asked: &Step, told: &Told) -> Tokens {
    let code = Code { redirect: HOME.to_owned(), ..browser.consents(asked.r(), true).code() };
    let proof = [("client_id", text(told, "client_id")), ("client_secret", text(told, "client_secret"))];
    world.run(asks(&world.ctx, None, &[&pairs_of(&code)[..], &proof].concat())).unwrap()
}

/// Who manages: an app's address and the token that is brought.
pub struct Own<'w> {
    pub world: &'w World,
    pub ctx: Ctx,
    pub client_id: String,
    pub token: String,
}

impl<'w> Own<'w> {
    pub fn of(world: &'w World, ctx: &Ctx, told: &Told) -> Self {
        let (client_id, token) =
            (text(told, "client_id").to_owned(), text(told, "registration_access_token").to_owned());
        Self { world, ctx: ctx.clone(), client_id, token }
    }

    pub fn read(&self) -> Result<Told, Refused> {
        let header = format!("Bearer {}", self.token);
        let caller = Caller { authorization: Some(&header), certificate: None, source: "198.51.100.9" };
        self.world.run(registration::read(&self.ctx, &caller, &self.client_id))
    }

    pub fn updating(&self, members: &Value) -> impl Future<Output = Result<Result<(), Refused>, Fault>> + Send + use<> {
        let (ctx, client_id, header) = (self.ctx.clone(), self.client_id.clone(), format!("Bearer {}", self.token));
        let mut body = with(members);
        body["client_id"] = json!(client_id);
        async move {
            let caller = Caller { authorization: Some(&header), certificate: None, source: "198.51.100.9" };
            let told = registration::update(&ctx, &caller, &client_id, Some(body.to_string().as_bytes())).await?;
            Ok(told.map(drop))
        }
    }

    pub fn update(&self, members: &Value) -> Result<Told, Refused> {
        let header = format!("Bearer {}", self.token);
        let caller = Caller { authorization: Some(&header), certificate: None, source: "198.51.100.9" };
        let mut body = with(members);
        body["client_id"] = json!(self.client_id);
        let body = body.to_string();
        self.world.run(registration::update(&self.ctx, &caller, &self.client_id, Some(body.as_bytes())))
    }

    pub fn deleting(&self) -> impl Future<Output = Result<Result<(), Refused>, Fault>> + Send + use<> {
        let (ctx, client_id, header) = (self.ctx.clone(), self.client_id.clone(), format!("Bearer {}", self.token));
        async move {
            let caller = Caller { authorization: Some(&header), certificate: None, source: "198.51.100.9" };
            registration::delete(&ctx, &caller, &client_id).await
        }
    }
}
