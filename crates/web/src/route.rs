//! The table of routes: every door with its lock. A row says who may enter, from where, and what it can give; the frame
//! keeps to it before a handler runs, and tests walk the table.

use crate::answer;
use crate::csrf::Form;
use crate::mutual;
use crate::pages::trouble::Trouble;
use crate::visit::{Frame, Visit};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use portvakt_flows::authorize::Scene;
use portvakt_model::Fault;
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::params::MOST_OCTETS;
use std::time::Duration;

/// Who may enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// An app, by its client authentication; the flow judges it.
    Client,
    /// Whoever brings an access token with this scope; the flow judges it.
    Token(&'static str),
    /// A person who is signed in and admitted; the frame judges it.
    Person,
    /// A program of the operator's, by its token of Portvakt's own API; the frame judges it.
    Operator,
    /// Whoever brings a sealed handle or a link of ours; the flow judges it.
    Handle,
}

/// From where a request may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Our own pages, or an address typed.
    SameSite,
    /// Other sites' pages too: apps send people here.
    CrossSite,
    /// Programs.
    Machine,
}

/// What a route can give at the most: the row of its verdict in the tests of the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Nothing that opens anything.
    Nothing,
    /// A session.
    Session,
    /// A code or tokens.
    Tokens,
    /// A password.
    Password,
    /// Data about a person.
    Data,
    /// A program's secret.
    Secret,
}

/// Which scripts of other origins may read the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cors {
    /// None.
    Closed,
    /// Those of any origin; the handler sets the header.
    Open,
    /// Those of origins that apps registered.
    Registered,
}

/// The kind of answer that a program or a person gets when something fails.
pub type Answered = LocalBoxFuture<'static, Result<HttpResponse, Fault>>;

/// A row.
#[derive(Clone, Copy)]
pub struct Route {
    /// The method; GET answers HEAD too.
    pub method: Verb,
    /// The path.
    pub path: &'static str,
    /// Who may enter.
    pub access: Access,
    /// From where.
    pub from: From,
    /// What it can give.
    pub gives: Gives,
    /// Which scripts may read it.
    pub cors: Cors,
    /// The form whose mark a POST from our own pages must carry.
    pub form: Option<Form>,
    /// What answers.
    pub handler: fn(Visit) -> Answered,
}

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// GET, and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Verb {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl Route {
    /// A page that shows something.
    pub const fn page(path: &'static str, access: Access, from: From, handler: fn(Visit) -> Answered) -> Self {
        Self { method: Verb::Get, path, access, from, gives: Gives::Nothing, cors: Cors::Closed, form: None, handler }
    }

    /// A form of one of our pages.
    pub const fn form(path: &'static str, access: Access, form: Form, handler: fn(Visit) -> Answered) -> Self {
        Self {
            method: Verb::Post,
            path,
            access,
            from: From::SameSite,
            gives: Gives::Nothing,
            cors: Cors::Closed,
            form: Some(form),
            handler,
        }
    }

    /// An endpoint that programs call.
    pub const fn machine(
        method: Verb,
        path: &'static str,
        access: Access,
        cors: Cors,
        handler: fn(Visit) -> Answered,
    ) -> Self {
        Self { method, path, access, from: From::Machine, gives: Gives::Nothing, cors, form: None, handler }
    }

    /// The most octets of a body: JSON of operators may be bigger than a form.
    fn most_octets(&self) -> usize {
        if self.access == Access::Operator { crate::json::MOST_OCTETS } else { MOST_OCTETS }
    }

    /// Says what it can give.
    #[must_use]
    pub const fn giving(self, gives: Gives) -> Self {
        Self { gives, ..self }
    }
}

/// Mounts a table.
pub fn mount(config: &mut web::ServiceConfig, frame: &Frame, routes: &[Route]) {
    let mut paths: Vec<&'static str> = routes.iter().map(|route| route.path).collect();
    paths.dedup();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let rows: Vec<Route> = routes.iter().filter(|route| route.path == path).copied().collect();
        let frame = frame.clone();
        let resource = web::resource(path).to(move |request: HttpRequest, body: web::Payload| {
            let (frame, rows) = (frame.clone(), rows.clone());
            async move { serve(&frame, &rows, request, body).await }
        });
        config.service(resource);
    }
    let frame = frame.clone();
    config.default_service(web::to(move |request: HttpRequest| {
        let frame = frame.clone();
        async move { nothing_here(&frame, &request) }
    }));
}

fn nothing_here(frame: &Frame, request: &HttpRequest) -> HttpResponse {
    match Visit::read(frame, request, &[]) {
        Ok(visit) => answer::not_found(&visit).unwrap_or_else(|fault| answer::fault_page(&visit, &fault)),
        Err(fault) => answer::fault_json(&fault),
    }
}

async fn serve(frame: &Frame, rows: &[Route], request: HttpRequest, body: web::Payload) -> HttpResponse {
    let verb = match *request.method() {
        Method::GET | Method::HEAD => Verb::Get,
        Method::POST => Verb::Post,
        Method::PUT => Verb::Put,
        Method::DELETE => Verb::Delete,
        Method::OPTIONS => return preflight(frame, rows, &request).await,
        _ => return not_allowed(rows),
    };
    let Some(row) = rows.iter().find(|row| row.method == verb) else { return not_allowed(rows) };
    if !mutual::is_served(&request, row) {
        return nothing_here(frame, &request);
    }
    let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = match collect(body, row.most_octets()).await {
        Ok(body) => body,
        Err((status, why)) => return unread(frame, row, &request, status, why),
    };
    let visit = match Visit::read(frame, &request, &body) {
        Ok(visit) => visit,
        Err(fault) => return answer::fault_json(&fault),
    };
    let mut answer = enter(row, visit, &request).await;
    if row.cors == Cors::Registered {
        allow_origin(frame, &mut answer, origin.as_deref()).await;
    }
    answer
}

/// The answer to a body that was not read to its end: a page for a person, JSON for a program.
fn unread(frame: &Frame, row: &Route, request: &HttpRequest, status: StatusCode, why: Why) -> HttpResponse {
    let answered = if row.from == From::Machine {
        answer::refusal(why.into())
    } else {
        Visit::read(frame, request, &[])
            .and_then(|visit| answer::trouble(&visit, &Scene::default(), Trouble::Unread, Some(why)))
    };
    let mut answer = answered.unwrap_or_else(|fault| answer::fault_json(&fault));
    if answer.status() == StatusCode::BAD_REQUEST {
        *answer.status_mut() = status;
    }
    answer
}

/// Keeps to the row, then lets the handler answer.
async fn enter(row: &Route, mut visit: Visit, request: &HttpRequest) -> HttpResponse {
    let stands_for_faults = Standing::of(row, &visit);
    if row.from == From::SameSite && row.method == Verb::Post && !is_same_site(&visit, request) {
        return stands_for_faults.refuse_form(&visit);
    }
    if row.form.is_some_and(|form| !visit.has_mark(form)) {
        return stands_for_faults.refuse_form(&visit);
    }
    if row.from != From::Machine
        && let Err(fault) = visit.notice_end().await
    {
        return stands_for_faults.fault(&visit, &fault);
    }
    if row.access == Access::Person {
        match portvakt_flows::settings::person(&visit.ctx, &visit.browser).await {
            Ok(Some(person)) => visit.person = Some(person),
            Ok(None) => return sign_in_first(&visit).await,
            Err(fault) => return stands_for_faults.fault(&visit, &fault),
        }
    }
    if row.access == Access::Operator {
        match portvakt_flows::operator::enter(&visit.ctx, &visit.caller(&visit.browser.source())).await {
            Ok(Ok(operator)) => tracing::info!(client = operator.client_id, "an operator's program"),
            Ok(Err(why)) => return answer::bearer_refusal(why).unwrap_or_else(|fault| answer::fault_json(&fault)),
            Err(fault) => return stands_for_faults.fault(&visit, &fault),
        }
    }
    let rest = stands_for_faults.with(&visit);
    match (row.handler)(visit).await {
        Ok(answer) => answer,
        Err(fault) => rest(&fault),
    }
}

/// How a row tells that something is wrong: on a page or in JSON.
#[derive(Clone, Copy)]
struct Standing {
    machine: bool,
}

impl Standing {
    fn of(row: &Route, _: &Visit) -> Self {
        Self { machine: row.from == From::Machine }
    }

    fn refuse_form(self, visit: &Visit) -> HttpResponse {
        let page = answer::trouble(visit, &Scene::default(), Trouble::Form, Some(Why::Malformed));
        page.unwrap_or_else(|fault| self.fault(visit, &fault))
    }

    fn fault(self, visit: &Visit, fault: &Fault) -> HttpResponse {
        if self.machine { answer::fault_json(fault) } else { answer::fault_page(visit, fault) }
    }

    /// The same for a visit that the handler has taken away.
    fn with(self, visit: &Visit) -> impl FnOnce(&Fault) -> HttpResponse + use<> {
        let stand_in = visit.stand_in();
        move |fault| self.fault(&stand_in, fault)
    }
}

/// A person's page without a person: to the sign-in, and back afterwards.
async fn sign_in_first(visit: &Visit) -> HttpResponse {
    let now = visit.ctx.clock.now();
    let back = visit.path().split('?').next().unwrap_or("/account").to_owned();
    let pending = portvakt_flows::pending::Pending::for_page(back, now);
    match pending.seal(&visit.ctx, &visit.browser).await {
        Ok(Some(r)) => answer::go(visit, &answer::with_r(crate::paths::RESUME, &r)),
        Ok(None) => answer::limited(visit, &Scene::default(), portvakt_flows::limits::PARKED_WINDOW)
            .unwrap_or_else(|fault| answer::fault_page(visit, &fault)),
        Err(fault) => answer::fault_page(visit, &fault),
    }
}

/// Whether a POST comes from our own pages, as far as the browser says. One that says nothing is judged by its mark
/// alone: no page of another site can read one.
fn is_same_site(visit: &Visit, request: &HttpRequest) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let fetched = text("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    fetched && text("origin").is_none_or(|origin| origin == origin_of(&visit.ctx.settings.issuer))
}

/// The origin of the issuer: what stands before its path.
fn origin_of(issuer: &str) -> &str {
    let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
    let end = issuer.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(issuer.len(), |at| after_scheme + at);
    issuer.get(..end).unwrap_or(issuer)
}

/// The longest that a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);

/// The body, within its bounds of size and time.
async fn collect(body: web::Payload, most: usize) -> Result<Vec<u8>, (StatusCode, Why)> {
    let late = Err((StatusCode::REQUEST_TIMEOUT, Why::Malformed));
    actix_web::rt::time::timeout(BODY_TIME, gather(body, most)).await.unwrap_or(late)
}

async fn gather(mut body: web::Payload, most: usize) -> Result<Vec<u8>, (StatusCode, Why)> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| (StatusCode::BAD_REQUEST, Why::Malformed))?;
        if bytes.len() + chunk.len() > most {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, Why::TooBig));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn not_allowed(rows: &[Route]) -> HttpResponse {
    let allowed: Vec<&str> = rows.iter().map(|row| row.method.name()).collect();
    let mut answer = HttpResponse::MethodNotAllowed();
    for (name, value) in crate::headers::empty() {
        answer.insert_header((name, value.into_owned()));
    }
    answer.insert_header((header::ALLOW, allowed.join(", "))).finish()
}

/// A preflight (Fetch §4.8): only rows that scripts may call, only origins that an app registered.
async fn preflight(frame: &Frame, rows: &[Route], request: &HttpRequest) -> HttpResponse {
    let Some(row) = rows.iter().find(|row| row.cors != Cors::Closed) else { return not_allowed(rows) };
    let mut answer = answer::done();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    match row.cors {
        Cors::Closed => {}
        Cors::Open => answer::put(&mut answer, "Access-Control-Allow-Origin", "*"),
        Cors::Registered => {
            let origin = request.headers().get(header::ORIGIN).and_then(|value| value.to_str().ok());
            allow_origin(frame, &mut answer, origin).await;
        }
    }
    if answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let methods: Vec<&str> = rows.iter().map(|row| row.method.name()).collect();
        answer::put(&mut answer, "Access-Control-Allow-Methods", &methods.join(", "));
        answer::put(&mut answer, "Access-Control-Allow-Headers", "authorization, content-type");
        answer::put(&mut answer, "Access-Control-Max-Age", "600");
    }
    answer
}

async fn allow_origin(frame: &Frame, answer: &mut HttpResponse, origin: Option<&str>) {
    answer::put(answer, "Vary", "Origin");
    let Some(origin) = origin else { return };
    let known = frame.ctx.keeper.origins().await.is_ok_and(|origins| origins.iter().any(|known| known == origin));
    if known {
        answer::put(answer, "Access-Control-Allow-Origin", origin);
        answer::put(answer, "Access-Control-Expose-Headers", "www-authenticate, retry-after");
        // Our own scripts aside, this answer is meant for another origin.
        answer.headers_mut().remove("cross-origin-resource-policy");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_s_origin_ends_before_its_path() {
        assert_eq!(origin_of("https://login.example"), "https://login.example");
        assert_eq!(origin_of("https://login.example:8443/idp"), "https://login.example:8443");
    }
}
