//! The authorization endpoint and the way through its pages: read the request, see how the person stands, and say what
//! comes next. Opening a handle twice is fine (tabs, back): every page decides again from the request and the session.

mod grant;
mod request_object;

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate::{self, InUse};
pub use crate::limits::PARKED_WINDOW;
use crate::pending::Pending;
use crate::settings::keep_alive;
use crate::sign_in;
use crate::subject;
use portvakt_model::{Api, App, Demand, Fault, Tenant, Timestamp};
use portvakt_policy::{Admitted, Entering, Refused};
use portvakt_protocol::jose;
use portvakt_protocol::oauth::authorize::{self as rule, Decision, Hinted, Request, Standing, State, World};
use portvakt_protocol::oauth::respond::{Outcome, ResponseMode, parameters};
use portvakt_protocol::oauth::{Params, Why, claims, redirect};
use portvakt_store::{Remembered, SessionView};
use std::collections::HashMap;
use std::sync::Arc;

/// What seals a code.
pub const CODE_KIND: &str = "code";

/// What a page shows of where the person is going and who is asking.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The app, if one sent the person here.
    pub app: Option<Arc<App>>,
    /// The tenant whose name and contact card stand on the page, if one is known.
    pub tenant: Option<Tenant>,
    /// Where the app asks that the answer goes; registered.
    pub redirect_uri: Option<String>,
    /// The languages that the app asks for, best first.
    pub ui_locales: Option<String>,
}

/// An answer for the app.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The app, for the page that goes on to it.
    pub app: Arc<App>,
    /// The registered redirect URI.
    pub redirect_uri: String,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// The response parameters.
    pub parameters: Vec<(&'static str, String)>,
    /// Whether it carries a code or tokens.
    pub is_grant: bool,
}

/// What comes next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Ask for the address.
    Address(AskAddress),
    /// Let the person choose among the addresses this browser remembers.
    Choose(AskChoice),
    /// Ask for the password.
    Password(AskPassword),
    /// Own sign-in is off: say so, and whom to ask.
    OrganisationSignIn(Organisation),
    /// Ask for consent.
    Consent(Box<AskConsent>),
    /// Tell the app.
    Answer(Box<Answer>),
    /// Go on to a page of ours.
    Back(String),
    /// The request cannot go on, and nobody may be sent anywhere: a page.
    Refused(Why),
    /// The handle is too old or another browser's.
    Stale,
    /// From here too many requests are kept that are too long for an address line: wait for [`PARKED_WINDOW`].
    Limited,
}

/// The address page.
#[derive(Debug, Clone)]
pub struct AskAddress {
    /// The sealed sign-in.
    pub r: String,
    /// What stands in the field at first.
    pub hint: Option<String>,
    /// Where the person is going.
    pub scene: Scene,
}

/// The page to choose an account.
#[derive(Debug, Clone)]
pub struct AskChoice {
    /// The sealed sign-in.
    pub r: String,
    /// What this browser remembers, newest first.
    pub remembered: Vec<Remembered>,
    /// Name and address of the person who is signed in here.
    pub signed_in: Option<(String, String)>,
    /// Where the person is going.
    pub scene: Scene,
}

/// The password page.
#[derive(Debug, Clone)]
pub struct AskPassword {
    /// The sealed sign-in.
    pub r: String,
    /// The address as it was given.
    pub address: String,
    /// Whether "keep me signed in" may be offered.
    pub may_keep: bool,
    /// Where the person is going.
    pub scene: Scene,
}

/// The page that says that the organisation signs in elsewhere.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// The sealed sign-in.
    pub r: String,
    /// The address as it was given.
    pub address: String,
    /// Where the person is going; its tenant is the organisation.
    pub scene: Scene,
}

/// The consent page.
#[derive(Debug, Clone)]
pub struct AskConsent {
    /// The sealed sign-in.
    pub r: String,
    /// The person.
    pub account: portvakt_model::AccountFacts,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Names of the claims that the app would see.
    pub claims: Vec<String>,
    /// Names of the APIs it would reach.
    pub apis: Vec<String>,
    /// Where the person is going.
    pub scene: Scene,
}

/// A request to the authorization endpoint, once it was read.
pub enum Begun {
    /// It is valid.
    Valid(Box<Pending>),
    /// The app is told no.
    Answer(Box<Answer>),
    /// A page says no.
    Refused(Why),
}

/// Reads an authorization request. `browser` is where it comes from, and no more than that.
pub async fn begin(ctx: &Ctx, browser: &Browser, params: &Params) -> Result<Begun, Fault> {
    let now = ctx.clock.now();
    let client_id = match rule::client_id(params) {
        Ok(client_id) => client_id,
        Err(why) => return Ok(Begun::Refused(why)),
    };
    let Some(app) = ctx.keeper.app(client_id).await? else { return Ok(Begun::Refused(Why::ClientUnknown)) };
    let opened = request_object::open(ctx, &app, browser, params, now).await?;
    let apis = named_apis(ctx, opened.as_deref().unwrap_or(params), &app).await?;
    let api = |identifier: &str| apis.get(identifier).map(|api| Api::clone(api));
    let hint = |hint: &str| hinted(ctx, hint, &app.client_id, now);
    let world = World { app: &app, api: &api, hint: &hint, offers: &ctx.settings.offers };
    let read = match &opened {
        Ok(params) => rule::read(params, &world, now),
        Err(why) => Err(rule::refuse(params, &world, *why)),
    };
    Ok(match read {
        Ok(request) => Begun::Valid(Box::new(Pending::for_app(request))),
        Err(rule::Refused::Page(why)) => Begun::Refused(why),
        Err(rule::Refused::ToApp(to)) => {
            let outcome = Outcome::Refused(to.why);
            let parameters = parameters(&outcome, to.state.as_deref(), &ctx.settings.issuer);
            let answer = Answer { app, redirect_uri: to.redirect_uri, mode: to.mode, parameters, is_grant: false };
            Begun::Answer(Box::new(answer))
        }
    })
}

async fn named_apis(ctx: &Ctx, params: &Params, app: &App) -> Result<HashMap<String, Arc<Api>>, Fault> {
    let mut apis = HashMap::new();
    // Eight at most are taken by the rule; asking for more is refused there without having cost anything here.
    for name in params.all("resource").chain(app.settings.default_api.as_deref()).take(9) {
        // Portvakt's own API is no person's to enter, whatever the table of APIs says.
        if crate::own_api::is_own(&ctx.settings.issuer, name) {
            continue;
        }
        if let Some(api) = ctx.keeper.api(name).await? {
            apis.insert(name.to_owned(), api);
        }
    }
    Ok(apis)
}

/// Whom an `id_token` of ours for this app names; one that has run out is good enough for a hint.
fn hinted(ctx: &Ctx, hint: &str, client_id: &str, now: Timestamp) -> Hinted {
    let claims = match ctx.keeper.keys().verify_hint(hint, &ctx.settings.issuer, now) {
        Ok(claims) => claims,
        Err(jose::Refused::UnknownKey) => return Hinted::Lapsed,
        Err(_) => return Hinted::Wrong,
    };
    match (claims.audience(), claims.text("sub")) {
        (Some(audience), Some(sub)) if audience.contains(&client_id) => Hinted::Sub(sub.to_owned()),
        _ => Hinted::Wrong,
    }
}

/// Opens a handle and says what comes next.
pub async fn resume(ctx: &Ctx, browser: &Browser, r: &str) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let pending = match Pending::open(ctx, browser, r, now).await? {
        Some(pending) => Some(pending),
        None => Pending::open_unbound(ctx, r, now).await?,
    };
    match pending {
        Some(pending) => proceed(ctx, browser, pending, now).await,
        None => Ok(Step::Stale),
    }
}

/// The address page for a handle, also to change an address that was given: [`Step::Address`], [`Step::Stale`] or
/// [`Step::Limited`].
pub async fn ask_address(ctx: &Ctx, browser: &Browser, r: &str) -> Result<Step, Fault> {
    let now = ctx.clock.now();
    let Some(mut pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Step::Stale) };
    let given = pending.address.take();
    pending.chosen = true;
    let app = app_of(ctx, &pending).await?;
    let way = Way { ctx, browser, pending, app, view: None, now };
    Ok(way.address_step().await?.map_or(Step::Limited, |ask| {
        let hint = given.or(ask.hint);
        Step::Address(AskAddress { hint, ..ask })
    }))
}

/// Where a sign-in under way is going: for pages beside its steps.
pub async fn scene(ctx: &Ctx, browser: &Browser, r: &str) -> Result<Scene, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Scene::default()) };
    let app = app_of(ctx, &pending).await?;
    let way = Way { ctx, browser, pending, app, view: None, now };
    let tenant = way.likely_tenant().await?;
    Ok(way.scene(tenant))
}

/// The person goes back to the app without signing in.
pub async fn cancel(ctx: &Ctx, browser: &Browser, r: &str, why: Why) -> Result<Step, Fault> {
    match Pending::open(ctx, browser, r, ctx.clock.now()).await? {
        Some(pending) => refuse(ctx, &pending, why).await,
        None => Ok(Step::Stale),
    }
}

/// The app to which an answer may go, or why to nobody. A page may stay open for long: what was registered when the
/// request was read may be so no more, and then the address may be somebody else's (RFC 9700 §4.1).
async fn addressee(ctx: &Ctx, request: &Request) -> Result<Result<Arc<App>, Why>, Fault> {
    let Some(app) = ctx.keeper.app(&request.client_id).await? else { return Ok(Err(Why::ClientUnknown)) };
    let is_registered = redirect::is_registered(app.kind, &app.settings.redirect_uris, &request.redirect_uri);
    Ok(if is_registered { Ok(app) } else { Err(Why::RedirectUnknown) })
}

async fn app_of(ctx: &Ctx, pending: &Pending) -> Result<Option<Arc<App>>, Fault> {
    match &pending.request {
        Some(request) => ctx.keeper.app(&request.client_id).await,
        None => Ok(None),
    }
}

/// Says what comes next for a sign-in under way.
pub async fn proceed(ctx: &Ctx, browser: &Browser, pending: Pending, now: Timestamp) -> Result<Step, Fault> {
    let app = match &pending.request {
        None => None,
        Some(request) => match addressee(ctx, request).await? {
            Ok(app) => Some(app),
            Err(why) => return Ok(Step::Refused(why)),
        },
    };
    let view = session_view(ctx, browser, app.as_deref()).await?.filter(|view| view.session.is_live(now));
    let demand = pending.request.as_ref().map_or_else(Demand::default, |request| request.demand.clone());
    let admitted = if pending.is_for_another_than(view.as_ref()) {
        Err(Refused::NoProof)
    } else {
        admit(view.as_ref(), app.as_deref(), &demand, now)
    };
    let way = Way { ctx, browser, pending, app, view, now };
    let (Some(request), Some(app)) = (way.pending.request.clone(), way.app.clone()) else {
        return match admitted {
            Ok(_) => Ok(Step::Back(way.pending.back.clone().unwrap_or_else(|| "/account".to_owned()))),
            Err(_) => way.sign_in(&admitted).await,
        };
    };
    match rule::decide(&request, &way.state(&request, &app, &admitted)?) {
        Decision::Choose => way.choose().await,
        Decision::SignIn => way.sign_in(&admitted).await,
        Decision::Consent => way.consent(&request).await,
        Decision::Grant => match (admitted, &way.view) {
            (Ok(admitted), Some(view)) => {
                keep_alive(ctx, view, &admitted).await?;
                way.grant(&request, &app, view, &admitted).await
            }
            _ => Err(Fault::broken("a code was decided for nobody")),
        },
        Decision::Refuse(why) => Ok(way.answer(&request, app, &Outcome::Refused(why))),
    }
}

/// The session behind the browser's cookie, with what the gate needs.
pub async fn session_view(ctx: &Ctx, browser: &Browser, app: Option<&App>) -> Result<Option<SessionView>, Fault> {
    let Some(handle) = &browser.session else { return Ok(None) };
    let (hash, app) = (Ctx::hash(handle), app.map(|app| app.id));
    ctx.store.read(move |tx| tx.sessions().find(&hash, app)).await
}

/// Whether the browser brings a session that is over for good. One that was only left idle may be taken up again.
pub async fn is_over(ctx: &Ctx, browser: &Browser) -> Result<bool, Fault> {
    if browser.session.is_none() {
        return Ok(false);
    }
    let (now, view) = (ctx.clock.now(), session_view(ctx, browser, None).await?);
    Ok(view.is_none_or(|view| view.session.ended_at.is_some() || view.session.expires_at <= now))
}

/// Asks the gate for the person of a session.
pub fn admit(
    view: Option<&SessionView>,
    app: Option<&App>,
    demand: &Demand,
    now: Timestamp,
) -> Result<Admitted, Refused> {
    let view = view.ok_or(Refused::NoProof)?;
    let in_use = InUse {
        account: &view.account,
        home_suspended: view.tenant.as_ref().is_some_and(|tenant| tenant.suspended_at.is_some()),
        session: Some(&view.session),
        proofs: &view.session.proofs,
        chain: None,
        app_version: view.app_version.or(app.map(|app| app.version)).unwrap_or(0),
    };
    if !view.session.is_live(now) {
        return Err(Refused::SessionOver);
    }
    in_use.admit(&view.policies, demand, Entering::Nothing, now)
}

/// One way through the pages: everything that was found for it.
struct Way<'a> {
    ctx: &'a Ctx,
    browser: &'a Browser,
    pending: Pending,
    app: Option<Arc<App>>,
    view: Option<SessionView>,
    now: Timestamp,
}

impl Way<'_> {
    fn state(&self, request: &Request, app: &App, admitted: &Result<Admitted, Refused>) -> Result<State, Fault> {
        let consent = self.view.as_ref().and_then(|view| view.consent.as_ref());
        let account = self.view.as_ref().map(|view| &view.account.account);
        let sub = account.map(|account| subject::of(self.ctx, app, account)).transpose()?;
        Ok(State {
            standing: gate::standing(admitted),
            is_wanted: request.wanted_subs.is_empty()
                || request.wanted_subs.iter().any(|wanted| Some(wanted.as_str()) == sub.as_deref()),
            has_chosen: self.pending.chosen,
            consent_covers: consent
                .is_some_and(|consent| consent.covers(&request.scopes, &asked_claims(request), &request.apis)),
            consented_at: consent.map(|consent| consent.given_at),
            first_party: app.settings.first_party,
        })
    }

    fn scene(&self, tenant: Option<Tenant>) -> Scene {
        let request = self.pending.request.as_ref();
        Scene {
            app: self.app.clone(),
            tenant,
            redirect_uri: request.map(|request| request.redirect_uri.clone()),
            ui_locales: request.and_then(|request| request.ui_locales.clone()),
        }
    }

    /// The tenant whose name stands on a page before the person is known: the one that the app names, else its owner.
    async fn likely_tenant(&self) -> Result<Option<Tenant>, Fault> {
        let named = self.pending.request.as_ref().and_then(|request| request.tenant.clone());
        let name = named.or_else(|| self.app.as_ref().and_then(|app| app.tenant).map(|id| id.to_string()));
        match name {
            Some(name) => Ok(self.ctx.keeper.tenant(&name).await?.map(|tenant| Tenant::clone(&tenant))),
            None => Ok(None),
        }
    }

    async fn seal(&self, pending: &Pending) -> Result<Option<String>, Fault> {
        pending.seal(self.ctx, self.browser).await
    }

    async fn remembered(&self) -> Result<Vec<Remembered>, Fault> {
        let Some(device) = &self.browser.device else { return Ok(Vec::new()) };
        let hash = Ctx::hash(device);
        self.ctx.store.read(move |tx| tx.devices().remembered(&hash)).await
    }

    async fn choose(&self) -> Result<Step, Fault> {
        let remembered = self.remembered().await?;
        // A cookie whose session is over, or of somebody who may not come in, says nothing about its person.
        let is_signed_in = |view: &&SessionView| {
            let standing = gate::standing(&admit(Some(view), self.app.as_deref(), &Demand::default(), self.now));
            matches!(standing, Standing::Admitted | Standing::MustProveAgain)
        };
        let signed_in = self.view.as_ref().filter(is_signed_in).map(|view| {
            let address = view.account.email.as_ref().map_or_else(String::new, |(address, _)| address.clone());
            (view.account.account.name.clone(), address)
        });
        if remembered.is_empty() && signed_in.is_none() {
            return self.ask_address().await;
        }
        let tenant = self.likely_tenant().await?;
        let Some(r) = self.seal(&self.pending).await? else { return Ok(Step::Limited) };
        Ok(Step::Choose(AskChoice { r, remembered, signed_in, scene: self.scene(tenant) }))
    }

    async fn ask_address(&self) -> Result<Step, Fault> {
        Ok(self.address_step().await?.map_or(Step::Limited, Step::Address))
    }

    async fn address_step(&self) -> Result<Option<AskAddress>, Fault> {
        let tenant = self.likely_tenant().await?;
        let Some(r) = self.seal(&self.pending).await? else { return Ok(None) };
        let hint = self.pending.request.as_ref().and_then(|request| request.login_hint.clone());
        Ok(Some(AskAddress { r, hint, scene: self.scene(tenant) }))
    }

    /// The sign-in itself: address first, as it decides what follows.
    async fn sign_in(&self, answer: &Result<Admitted, Refused>) -> Result<Step, Fault> {
        // Whoever must prove again, or is kept out by their organisation, need not say again who they are.
        let is_again =
            matches!(answer, Err(Refused::FreshProofNeeded | Refused::OwnSignInOff | Refused::PolicyUnsound));
        let of_session =
            || self.view.as_ref().and_then(|view| view.account.email.as_ref()).map(|(email, _)| email.clone());
        let address = match &self.pending.address {
            Some(address) => Some(address.clone()),
            None if is_again && !self.pending.chosen => of_session(),
            None => None,
        };
        let has_hint = self.pending.request.as_ref().is_some_and(|request| request.login_hint.is_some());
        match address {
            None if !self.pending.chosen && !has_hint && !self.remembered().await?.is_empty() => self.choose().await,
            None => self.ask_address().await,
            Some(address) => {
                let pending = Pending { address: Some(address.clone()), ..self.pending.clone() };
                let Some(email) = pending.email() else { return self.ask_address().await };
                let found = sign_in::look_up(self.ctx, &email).await?;
                let tenant = match found.tenant {
                    Some(tenant) => Some(tenant),
                    None => self.likely_tenant().await?,
                };
                let rules = gate::rules(&found.policies);
                let Some(r) = self.seal(&pending).await? else { return Ok(Step::Limited) };
                match portvakt_policy::first_step(&rules) {
                    portvakt_policy::FirstStep::OrganisationSignIn => {
                        Ok(Step::OrganisationSignIn(Organisation { r, address, scene: self.scene(tenant) }))
                    }
                    portvakt_policy::FirstStep::Password => Ok(Step::Password(AskPassword {
                        r,
                        address,
                        may_keep: rules.limit().keep_signed_in,
                        scene: self.scene(tenant),
                    })),
                }
            }
        }
    }

    async fn consent(&self, request: &Request) -> Result<Step, Fault> {
        let Some(view) = &self.view else { return Err(Fault::broken("consent was asked of nobody")) };
        let mut apis = Vec::new();
        for identifier in &request.apis {
            if let Some(api) = self.ctx.keeper.api(identifier).await? {
                apis.push(api.name.clone());
            }
        }
        let pending = Pending { shown_to: Some(view.account.account.id), ..self.pending.clone() };
        let Some(r) = self.seal(&pending).await? else { return Ok(Step::Limited) };
        Ok(Step::Consent(Box::new(AskConsent {
            r,
            account: view.account.clone(),
            scopes: request.scopes.clone(),
            claims: asked_claims(request),
            apis,
            scene: self.scene(view.tenant.clone()),
        })))
    }

    fn answer(&self, request: &Request, app: Arc<App>, outcome: &Outcome) -> Step {
        let parameters = parameters(outcome, request.state.as_deref(), &self.ctx.settings.issuer);
        Step::Answer(Box::new(Answer {
            app,
            redirect_uri: request.redirect_uri.clone(),
            mode: request.mode,
            parameters,
            is_grant: matches!(outcome, Outcome::Granted(_)),
        }))
    }
}

/// The app's no, when the person says no on one of our pages.
pub async fn refuse(ctx: &Ctx, pending: &Pending, why: Why) -> Result<Step, Fault> {
    let Some(request) = &pending.request else { return Ok(Step::Back("/".to_owned())) };
    let app = match addressee(ctx, request).await? {
        Ok(app) => app,
        Err(why) => return Ok(Step::Refused(why)),
    };
    let parameters = parameters(&Outcome::Refused(why), request.state.as_deref(), &ctx.settings.issuer);
    let answer =
        Answer { app, redirect_uri: request.redirect_uri.clone(), mode: request.mode, parameters, is_grant: false };
    Ok(Step::Answer(Box::new(answer)))
}

/// The names of claims that a request would show to the app beside what its scopes say.
pub fn asked_claims(request: &Request) -> Vec<String> {
    let by_name = request.claims.id_token.keys().chain(request.claims.userinfo.keys());
    let mut names: Vec<String> = claims::asked(&[], by_name).into_iter().map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}
