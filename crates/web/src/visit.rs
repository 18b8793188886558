//! A visit: one request, read. Handlers are handed this and nothing else.

use crate::client::Proxies;
use crate::cookies::{self, Cookie};
use crate::csrf::{self, Form};
use crate::face;
use crate::layout::{Layout, TenantFace};
use crate::mutual::{self, ProxyHeader};
use crate::words::Words;
use actix_web::HttpRequest;
use actix_web::http::{Method, header};
use portvakt_flows::authorize::{self, Scene};
use portvakt_flows::{Browser, Caller, Ctx};
use portvakt_model::{Fault, Handle, Language};
use portvakt_protocol::certificate::ClientCertificate;
use portvakt_protocol::oauth::{Params, Why};
use std::sync::Arc;

/// What every handler shares.
#[derive(Clone)]
pub struct Frame {
    /// What flows may use.
    pub ctx: Ctx,
    /// Whose word on addresses is taken.
    pub proxies: Arc<Proxies>,
    /// The header in which trusted proxies pass on a client's certificate, if they do.
    pub certificate_header: Option<ProxyHeader>,
}

/// One request.
pub struct Visit {
    /// What flows may use.
    pub ctx: Ctx,
    /// The browser it came from.
    pub browser: Browser,
    /// The parameters in the address.
    pub query: Result<Params, Why>,
    /// The parameters in a form body; empty where there is none.
    pub form: Result<Params, Why>,
    /// The nonce for the answer's scripts.
    pub nonce: String,
    /// The person, on routes that only a signed-in person may enter.
    pub person: Option<portvakt_flows::settings::Person>,
    json: Option<Vec<u8>>,
    path: String,
    authorization: Option<String>,
    certificate: Option<Arc<ClientCertificate>>,
    new_flow: bool,
    new_state: bool,
    is_post: bool,
}

impl Visit {
    /// Reads a request. A browser without a flow cookie is given one: the answer sets it.
    pub fn read(frame: &Frame, request: &HttpRequest, body: &[u8]) -> Result<Self, Fault> {
        let ctx = frame.ctx.clone();
        let cookies = || request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
        let flow = Cookie::Flow.read(cookies());
        let new_flow = flow.is_none();
        let flow = flow.map_or_else(|| ctx.dice.handle(), Ok)?;
        let watched = ctx.settings.offers.session_management;
        let state = Cookie::State.read(cookies()).filter(|_| watched);
        let new_state = watched && state.is_none();
        let state = if new_state { Some(ctx.dice.handle()?) } else { state };
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let forwarded: Vec<&str> =
            request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
        let forwarded = forwarded.join(",");
        let address = request.peer_addr().map(|peer| frame.proxies.client(peer.ip(), Some(&forwarded)));
        let language = cookies::language(cookies())
            .or_else(|| text(header::ACCEPT_LANGUAGE).and_then(Language::of_accept_language))
            .unwrap_or(Language::En);
        let browser = Browser {
            session: Cookie::Session.read(cookies()),
            device: Cookie::Device.read(cookies()),
            flow: Some(flow),
            state,
            language,
            address,
            description: describe(text(header::USER_AGENT).unwrap_or_default()),
        };
        let kind = text(header::CONTENT_TYPE).map(|value| value.split(';').next().unwrap_or_default().trim());
        let is = |wanted: &str| kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
        let form = match body {
            [] => Ok(Params::default()),
            body if is("application/x-www-form-urlencoded") => Params::parse(body),
            _ => Err(Why::Malformed),
        };
        let json = is("application/json").then(|| body.to_vec());
        let nonce = ctx.dice.short_text()?;
        Ok(Self {
            browser,
            query: Params::parse(request.query_string().as_bytes()),
            form,
            nonce,
            person: None,
            json,
            path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            authorization: text(header::AUTHORIZATION).map(str::to_owned),
            certificate: mutual::certificate(
                request,
                &frame.proxies,
                frame.certificate_header.as_ref(),
                ctx.clock.now(),
            ),
            new_flow,
            new_state,
            is_post: request.method() == Method::POST,
            ctx,
        })
    }

    /// Gives the browser another state where its session ended elsewhere (another browser, an operator, time), so that
    /// pages of apps that watch see it. Asks nothing where no page may watch.
    pub(crate) async fn notice_end(&mut self) -> Result<(), Fault> {
        if self.browser.state.is_some() && !self.new_state && authorize::is_over(&self.ctx, &self.browser).await? {
            self.browser.state = Some(self.ctx.dice.handle()?);
            self.new_state = true;
        }
        Ok(())
    }

    /// What is left of a visit for an error page, once a handler has taken it.
    pub(crate) fn stand_in(&self) -> Self {
        Self {
            ctx: self.ctx.clone(),
            browser: self.browser.clone(),
            query: Ok(Params::default()),
            form: Ok(Params::default()),
            nonce: self.nonce.clone(),
            person: None,
            json: None,
            path: self.path.clone(),
            authorization: None,
            certificate: None,
            new_flow: self.new_flow,
            new_state: self.new_state,
            is_post: self.is_post,
        }
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }

    /// The program that calls, if it is one; `source` is [`Browser::source`].
    pub fn caller<'a>(&'a self, source: &'a str) -> Caller<'a> {
        Caller { authorization: self.authorization(), certificate: self.certificate.as_deref(), source }
    }

    /// The body, where the request says that it is JSON; see [`crate::json::read`].
    pub(crate) fn json(&self) -> Option<&[u8]> {
        self.json.as_deref()
    }

    /// Whether the request has no body, of whatever kind.
    pub fn is_bodiless(&self) -> bool {
        self.json.as_ref().is_none_or(Vec::is_empty) && self.form.as_ref().is_ok_and(Params::is_empty)
    }

    /// The segment of the path at `place`, counted from 0 behind the first slash; empty where there is none. As it was
    /// sent: no percent-encoding is undone.
    pub fn segment(&self, place: usize) -> &str {
        self.path.split('?').next().unwrap_or_default().split('/').nth(place + 1).unwrap_or_default()
    }

    /// Path and query of this request.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The flow cookie to set, if this browser had none. A POST never sets one: from another site it comes without the
    /// cookie that the browser has, and the answer would put a new one in its place.
    pub(crate) fn fresh_flow(&self) -> Option<&Handle> {
        self.browser.flow.as_ref().filter(|_| self.new_flow && !self.is_post)
    }

    /// The state cookie to set, if apps may watch the browser's state and it had none, or its session is over.
    pub(crate) fn fresh_state(&self) -> Option<&Handle> {
        self.browser.state.as_ref().filter(|_| self.new_state)
    }

    /// Whether this browser brought a flow cookie: one that did not keeps no cookies, or has been away for long.
    pub fn has_flow(&self) -> bool {
        !self.new_flow
    }

    /// A form field; empty where it is absent, repeated or unreadable.
    pub fn field(&self, name: &str) -> &str {
        self.form.as_ref().ok().and_then(|form| form.one(name).ok().flatten()).unwrap_or_default()
    }

    /// A query parameter; empty where it is absent, repeated or unreadable.
    pub fn parameter(&self, name: &str) -> &str {
        self.query.as_ref().ok().and_then(|query| query.one(name).ok().flatten()).unwrap_or_default()
    }

    /// The mark for a form on the page that answers this visit.
    pub fn mark(&self, form: Form) -> String {
        match self.bound_to(form) {
            Some(cookie) => csrf::mark(self.ctx.keeper.keys().mark(), cookie, form),
            None => String::new(),
        }
    }

    /// Whether the form that was posted was made for this browser.
    pub fn has_mark(&self, form: Form) -> bool {
        let presented = self.field("csrf");
        self.bound_to(form).is_some_and(|cookie| csrf::is_right(self.ctx.keeper.keys().mark(), cookie, form, presented))
    }

    /// What a form's mark is bound to: the session in Account Settings and at sign-out, where there is one; the flow
    /// cookie in a sign-in, during which the session changes.
    fn bound_to(&self, form: Form) -> Option<&Handle> {
        let session = self.browser.session.as_ref();
        match form {
            Form::Account => session,
            Form::Logout => session.or(self.browser.flow.as_ref()),
            Form::Address
            | Form::Password
            | Form::Choose
            | Form::Forgot
            | Form::Link
            | Form::NewPassword
            | Form::Consent => self.browser.flow.as_ref(),
        }
    }

    /// The language for a page: what the app asks for, else what the person chose or the browser says.
    pub fn language(&self, ui_locales: Option<&str>) -> Language {
        ui_locales.and_then(|tags| Language::first_of(tags.split(' '))).unwrap_or(self.browser.language)
    }

    /// The frame of a page.
    pub fn layout(&self, scene: &Scene, r: &str, path: &str) -> Layout {
        let back = if r.is_empty() { path.to_owned() } else { format!("{path}?r={r}") };
        let tenant = scene.tenant.as_ref().map_or_else(
            || TenantFace { name: self.ctx.settings.name.clone(), ..TenantFace::default() },
            |tenant| TenantFace { name: tenant.name.clone(), contact: tenant.contact.clone() },
        );
        let language = self.language(scene.ui_locales.as_deref());
        let (words, app) = (Words::of(language), face::of(scene, language));
        Layout { words, tenant, app, r: r.to_owned(), back, nonce: self.nonce.clone() }
    }

    /// The frame of a page outside any sign-in.
    pub fn bare_layout(&self) -> Layout {
        self.layout(&Scene::default(), "", self.path().split('?').next().unwrap_or("/"))
    }
}

/// Browser and system, as far as a `User-Agent` tells, for people to recognise: never for decisions.
pub fn describe(agent: &str) -> String {
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Order matters: most browsers name others too.
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_so_that_its_owner_knows_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0";
        assert_eq!(describe(edge), "Edge, Windows");
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Safari/604.1";
        assert_eq!(describe(phone), "Safari, iPhone");
        assert_eq!(describe("curl/8"), "");
    }
}
