//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2): read once into a [`Request`] that leaves
//! nothing to check again, then decided.

use super::discovery::Offers;
use super::params::Params;
use super::redirect;
use super::respond::ResponseMode;
use super::rfc6749;
use super::why::Why;
use super::{claims_parameter, scope};
use portvakt_model::app::metadata::ResponseType;
use portvakt_model::{Api, App, AppKind, ClaimsRequest, Demand, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// Bounds of single parameters, in octets.
const MOST_STATE: usize = 2048;
const MOST_NONCE: usize = 512;
const MOST_RESOURCES: usize = 8;

/// The parameters of an authorization request that are read here. All others are ignored (RFC 6749 §3.1), `request` and
/// `request_uri` are read before ([`super::request_object`]).
pub(super) const PARAMETERS: [&str; 19] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "resource",
    "id_token_hint",
    "login_hint",
    "ui_locales",
    "tenant",
    "registration",
];

/// A valid authorization request. It travels sealed in the page's own handle, so its members have short names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The app's `client_id`.
    #[serde(rename = "c")]
    pub client_id: String,
    /// Where the answer goes.
    #[serde(rename = "u")]
    pub redirect_uri: String,
    /// Whether the request named it, so that the token request must name it too (RFC 6749 §4.1.3).
    #[serde(rename = "v")]
    pub redirect_sent: bool,
    /// What it asks for.
    #[serde(default, rename = "y")]
    pub response: ResponseType,
    /// How the answer travels.
    #[serde(rename = "o")]
    pub mode: ResponseMode,
    /// `state`, to be given back as it came.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "s")]
    pub state: Option<String>,
    /// `nonce`, for the `id_token`.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "n")]
    pub nonce: Option<String>,
    /// Scopes that this app may have of those it asked for, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "x")]
    pub scopes: Vec<String>,
    /// Identifiers of the APIs it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "r")]
    pub apis: Vec<String>,
    /// PKCE challenge, S256.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "h")]
    pub challenge: Option<String>,
    /// `prompt`.
    #[serde(default, rename = "p")]
    pub prompt: Prompt,
    /// What it demands of the sign-in.
    #[serde(default, rename = "d")]
    pub demand: Demand,
    /// `acr` values it wishes for, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "a")]
    pub acr_values: Vec<String>,
    /// `claims`.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty", rename = "q")]
    pub claims: ClaimsRequest,
    /// `login_hint`, for the address field.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "l")]
    pub login_hint: Option<String>,
    /// The `sub`s of which one will do, by a verified `id_token_hint` or by `claims`; empty: anybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "i")]
    pub wanted_subs: Vec<String>,
    /// `ui_locales`.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "g")]
    pub ui_locales: Option<String>,
    /// `tenant`: a slug or an id.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "t")]
    pub tenant: Option<String>,
    /// When the request came in.
    #[serde(rename = "z")]
    pub at: Timestamp,
}

/// `prompt` (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prompt {
    /// Show nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "n")]
    pub none: bool,
    /// Ask for the sign-in again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "l")]
    pub login: bool,
    /// Ask for consent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "c")]
    pub consent: bool,
    /// Let the person choose an account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", rename = "s")]
    pub select_account: bool,
}

/// A request that is refused, and where that may be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// On a page of ours: the app or its redirect URI is not known, so nobody may be sent anywhere (RFC 9700 §4.11).
    Page(Why),
    /// To the app, at a redirect URI that is registered.
    ToApp(Box<ToApp>),
}

/// Where a refusal goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToApp {
    /// The registered redirect URI.
    pub redirect_uri: String,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// `state` as it came.
    pub state: Option<String>,
    /// Why.
    pub why: Why,
}

/// Whom an `id_token_hint` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hinted {
    /// The person that this app knows by this `sub`.
    Sub(String),
    /// Nobody any more: no key of ours could have signed it, as far back as we keep them.
    Lapsed,
    /// Nobody: it is no `id_token` of ours for this app.
    Wrong,
}

/// What a request names of the world: looked up by the flow, so that this room needs no database.
pub struct World<'a> {
    /// The app with the `client_id`.
    pub app: &'a App,
    /// The API with an identifier, if there is one.
    pub api: &'a dyn Fn(&str) -> Option<Api>,
    /// Whom an `id_token_hint` names.
    pub hint: &'a dyn Fn(&str) -> Hinted,
    /// What the deployment offers.
    pub offers: &'a Offers,
}

/// The `client_id` of a request, which decides everything else.
pub fn client_id(params: &Params) -> Result<&str, Why> {
    params.bounded("client_id", 200)?.ok_or(Why::ClientMissing)
}

/// A request that is refused before it could be read whole: to the app, where the parameters name a registered address.
pub fn refuse(params: &Params, world: &World<'_>, why: Why) -> Refused {
    let Ok((redirect_uri, _)) = redirect_uri(params, world.app) else { return Refused::Page(why) };
    let Ok(state) = params.bounded("state", MOST_STATE) else { return Refused::Page(why) };
    let response = response_type(params, world).unwrap_or_default();
    let mode = response_mode(params, world, response).unwrap_or(ResponseMode::usual(response));
    Refused::ToApp(Box::new(ToApp { redirect_uri, mode, state: state.map(str::to_owned), why }))
}

/// Reads an authorization request of a known app.
pub fn read(params: &Params, world: &World<'_>, now: Timestamp) -> Result<Request, Refused> {
    let (redirect_uri, redirect_sent) = redirect_uri(params, world.app).map_err(Refused::Page)?;
    let state = params.bounded("state", MOST_STATE).map_err(Refused::Page)?.map(str::to_owned);
    // From here on the app itself is told: in the mode it asked for, else in the one that its response type has.
    let response = response_type(params, world);
    let usual = response.map_or(ResponseMode::Query, ResponseMode::usual);
    let mode = response_mode(params, world, response.unwrap_or_default());
    let answer = |why| {
        let (redirect_uri, state) = (redirect_uri.clone(), state.clone());
        Refused::ToApp(Box::new(ToApp { redirect_uri, mode: mode.unwrap_or(usual), state, why }))
    };
    rest(params, world, response, now)
        .and_then(|request| Ok(Request { mode: mode?, ..request }))
        .map(|request| Request { redirect_uri: redirect_uri.clone(), redirect_sent, state: state.clone(), ..request })
        .map_err(answer)
}

fn redirect_uri(params: &Params, app: &App) -> Result<(String, bool), Why> {
    let registered = &app.settings.redirect_uris;
    match (params.bounded("redirect_uri", redirect::MOST_OCTETS)?, registered.as_slice()) {
        (Some(given), _) if redirect::is_registered(app.kind, registered, given) => Ok((given.to_owned(), true)),
        (Some(_), _) => Err(Why::RedirectUnknown),
        // Only without openid, where RFC 6749 §3.1.2.3 lets a single registered URI be meant.
        (None, [only]) if !asks_openid(params) => Ok((only.clone(), false)),
        (None, _) => Err(Why::RedirectMissing),
    }
}

fn asks_openid(params: &Params) -> bool {
    params.all("scope").any(|scope| scope.split(' ').any(|token| token == "openid"))
}

/// What the app asks for, if the deployment offers it. Whether this app may is asked later: the type alone says how a
/// refusal travels.
fn response_type(params: &Params, world: &World<'_>) -> Result<ResponseType, Why> {
    let name = params.one("response_type")?.ok_or(Why::ResponseTypeMissing)?;
    let known = ResponseType::of_name(name).ok_or(Why::ResponseTypeUnknown)?;
    world.offers.response_types().find(|offered| *offered == known).ok_or(Why::ResponseTypeUnknown)
}

/// How the answer travels. What the browser carries to the app's server in a query also lands in logs and in
/// `Referer`: tokens never go that way (OAuth 2.0 Multiple Response Type Encoding Practices §3, §5).
fn response_mode(params: &Params, world: &World<'_>, response: ResponseType) -> Result<ResponseMode, Why> {
    let Some(name) = params.one("response_mode")? else { return Ok(ResponseMode::usual(response)) };
    match ResponseMode::of_name(name) {
        Some(ResponseMode::Query) if response.is_front_channel() => Err(Why::ResponseModeQuery),
        Some(mode) if world.offers.response_modes().any(|offered| offered == mode) => Ok(mode),
        Some(_) | None => Err(Why::ResponseModeUnknown),
    }
}

fn rest(
    params: &Params,
    world: &World<'_>,
    response: Result<ResponseType, Why>,
    now: Timestamp,
) -> Result<Request, Why> {
    if params.has_repeats(&["resource"]) {
        return Err(Why::Repeated);
    }
    // Request objects were opened before this: one that is still here was not.
    for (name, why) in
        [("request", Why::RequestObject), ("request_uri", Why::RequestUri), ("registration", Why::Registration)]
    {
        if params.one(name)?.is_some() {
            return Err(why);
        }
    }
    let response = response?;
    if world.app.kind == AppKind::Machine {
        return Err(Why::NotForThisClient);
    }
    // An app whose tokens shall be worth nothing without its key gets none where nobody proves one (RFC 8705 §3).
    let unbound = response.has_token() && world.app.settings.proving.bound_tokens;
    if unbound || !world.app.settings.response_types.contains(&response) {
        return Err(Why::ResponseTypeNotForClient);
    }
    let asked = scope::parse(params.one("scope")?.unwrap_or_default())?;
    let (apis, api_scopes) = apis(params, world)?;
    // The one access token that comes without a token request has one audience.
    if response.has_token() && apis.len() > 1 {
        return Err(Why::ResourceMany);
    }
    let scopes = allowed_scopes(asked, world.app, &api_scopes, response);
    let nonce = params.bounded("nonce", MOST_NONCE)?.map(str::to_owned);
    if response.has_id_token() {
        // What the browser brings could be somebody else's: the nonce is what ties it to this browser (Core §3.2.2.1).
        if !scopes.iter().any(|scope| scope == "openid") {
            return Err(Why::OpenidMissing);
        }
        if nonce.is_none() {
            return Err(Why::NonceMissing);
        }
    }
    let claims = params.one("claims")?.map_or(Ok(ClaimsRequest::default()), claims_parameter::parse)?;
    let prompt = prompt(params)?;
    let wanted_subs = wanted_subs(params, world, &claims, prompt)?;
    let request = Request {
        client_id: world.app.client_id.clone(),
        redirect_uri: String::new(),
        redirect_sent: true,
        response,
        mode: ResponseMode::Query,
        state: None,
        nonce,
        challenge: challenge(params, world, response)?,
        demand: demand(params, world.app, &claims, prompt, now)?,
        acr_values: acr_values(params, world.app, &claims)?,
        login_hint: params.bounded("login_hint", 254)?.map(str::to_owned),
        ui_locales: params.bounded("ui_locales", 200)?.map(str::to_owned),
        tenant: params.bounded("tenant", 64)?.map(str::to_owned),
        scopes,
        apis,
        prompt,
        claims,
        wanted_subs,
        at: now,
    };
    // The machine has the last word on what RFC 6749 itself asks of a request for a code; it knows no other.
    if response.has_code() {
        rfc6749::accept_authorization(&request)?;
    }
    Ok(request)
}

/// The person that `id_token_hint` names. One so old that nobody can say whether it was ours names nobody: without a page
/// that person is then not known to be here, which is `login_required` (Core §3.1.2.1, §3.1.2.2); with one it was a wish to
/// spare them a question, and is passed over.
fn hinted_sub(params: &Params, world: &World<'_>, prompt: Prompt) -> Result<Option<String>, Why> {
    let Some(hint) = params.bounded("id_token_hint", 16 * 1024)? else { return Ok(None) };
    match (world.hint)(hint) {
        Hinted::Sub(sub) => Ok(Some(sub)),
        Hinted::Lapsed if prompt.none => Err(Why::LoginRequired),
        Hinted::Lapsed => Ok(None),
        Hinted::Wrong => Err(Why::HintInvalid),
    }
}

/// The APIs that are asked for, with all scopes they know (RFC 8707 §2.1); the app's default one where none is named.
fn apis(params: &Params, world: &World<'_>) -> Result<(Vec<String>, Vec<String>), Why> {
    let mut named: Vec<&str> = params.all("resource").collect();
    if named.is_empty() {
        named.extend(world.app.settings.default_api.as_deref());
    }
    if named.len() > MOST_RESOURCES {
        return Err(Why::ResourceUnknown);
    }
    let (mut identifiers, mut scopes) = (Vec::new(), Vec::new());
    for identifier in named {
        let api = (world.api)(identifier).filter(|api| api.admits(world.app)).ok_or(Why::ResourceUnknown)?;
        scopes.extend(api.settings.scopes);
        identifiers.push(api.identifier);
    }
    Ok((identifiers, scopes))
}

/// Scopes nobody knows are left out, as RFC 6749 §3.3 and OpenID Connect Core §3.1.2.1 allow; the token answer says
/// which were granted. Without a code there is no way to come back while the person is away (Core §11).
fn allowed_scopes(asked: Vec<String>, app: &App, api_scopes: &[String], response: ResponseType) -> Vec<String> {
    let allowed = |name: &String| match name.as_str() {
        "offline_access" => app.settings.refresh && response.has_code(),
        name if scope::STANDARD.contains(&name) => true,
        name => api_scopes.iter().any(|known| known == name),
    };
    asked.into_iter().filter(allowed).collect()
}

/// The PKCE challenge. It guards a code, so only where one is asked for must it be there.
fn challenge(params: &Params, world: &World<'_>, response: ResponseType) -> Result<Option<String>, Why> {
    let method = params.one("code_challenge_method")?;
    match params.one("code_challenge")? {
        None if method.is_some() => Err(Why::ChallengeMissing),
        None if response.has_code() && must_use_pkce(world) => Err(Why::ChallengeMissing),
        None => Ok(None),
        Some(_) if method != Some("S256") => Err(Why::ChallengeMethod),
        Some(challenge) if is_pkce_text(challenge) => Ok(Some(challenge.to_owned())),
        Some(_) => Err(Why::ChallengeMalformed),
    }
}

/// Whether the app's own switch demands PKCE, or the deployment does: whoever keeps no secret, or came by open
/// registration, is let off only where that is offered.
fn must_use_pkce(world: &World<'_>) -> bool {
    let is_trusted = world.app.kind.is_confidential() && !world.app.settings.self_registered;
    world.app.settings.require_pkce || !(is_trusted || world.offers.no_pkce)
}

/// Whether `text` has the form of a PKCE challenge or verifier (RFC 7636 §4.1, §4.2).
pub fn is_pkce_text(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn prompt(params: &Params) -> Result<Prompt, Why> {
    let mut prompt = Prompt::default();
    for value in params.one("prompt")?.unwrap_or_default().split(' ').filter(|value| !value.is_empty()) {
        match value {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(Why::PromptMalformed),
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(Why::PromptMalformed);
    }
    Ok(prompt)
}

/// The persons of whom one will do: the hint's, or those that `claims` asks for by value, which mean them and nobody else
/// (Core §3.1.2.2, §5.5.1). Where both are there, both must hold.
fn wanted_subs(params: &Params, world: &World<'_>, claims: &ClaimsRequest, prompt: Prompt) -> Result<Vec<String>, Why> {
    let asked = claims.id_token.get("sub").map(|wish| wish.values.clone()).unwrap_or_default();
    let Some(hinted) = hinted_sub(params, world, prompt)? else { return Ok(asked) };
    if asked.is_empty() || asked.contains(&hinted) { Ok(vec![hinted]) } else { Err(Why::HintContradicted) }
}

fn demand(params: &Params, app: &App, claims: &ClaimsRequest, prompt: Prompt, now: Timestamp) -> Result<Demand, Why> {
    let max_age = match params.one("max_age")? {
        None => app.settings.default_max_age,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            // A number too big to hold is a wish for "any age".
            Some(Seconds(text.parse().unwrap_or(u32::MAX)))
        }
        Some(_) => return Err(Why::MaxAgeMalformed),
    };
    let essential_acr = match claims.id_token.get("acr") {
        Some(wish) if wish.essential => wish.values.clone(),
        _ => Vec::new(),
    };
    // max_age=0 is the same wish as prompt=login (OpenID Connect Core §3.1.2.1).
    let login = prompt.login || max_age == Some(Seconds(0));
    Ok(Demand { max_age: max_age.filter(|age| age.0 > 0), login_after: login.then_some(now), essential_acr })
}

fn acr_values(params: &Params, app: &App, claims: &ClaimsRequest) -> Result<Vec<String>, Why> {
    let asked = params.bounded("acr_values", 1000)?.map(|text| text.split(' ').map(str::to_owned).collect());
    let in_claims = claims.id_token.get("acr").map(|wish| wish.values.clone()).unwrap_or_default();
    let mut values: Vec<String> = asked.unwrap_or_else(|| app.settings.default_acr_values.clone());
    values.splice(0..0, in_claims);
    values.retain(|value| !value.is_empty());
    Ok(values)
}

/// How the browser's person stands, as the flow has found by asking the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is signed in, or their session is over.
    Nobody,
    /// Somebody is signed in whom the gate would admit after a fresh proof.
    MustProveAgain,
    /// Somebody is signed in whom no proof of theirs would help: policy, suspension.
    Barred,
    /// What the app insists on cannot be reached by this person.
    Unmet,
    /// Somebody is signed in and admitted.
    Admitted,
}

/// What else decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// How the person stands.
    pub standing: Standing,
    /// Whether the person is one of those that the request names (true where it names nobody).
    pub is_wanted: bool,
    /// Whether the person has chosen the account on the page for it, for this request.
    pub has_chosen: bool,
    /// Whether an earlier consent covers the request.
    pub consent_covers: bool,
    /// When consent was last given, for `prompt=consent`.
    pub consented_at: Option<Timestamp>,
    /// Whether the app belongs to the house.
    pub first_party: bool,
}

/// What shall happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Ask which account.
    Choose,
    /// Ask for a sign-in.
    SignIn,
    /// Ask for consent.
    Consent,
    /// Give the code.
    Grant,
    /// Say no to the app.
    Refuse(Why),
}

/// Decides a valid request in a state.
pub fn decide(request: &Request, state: &State) -> Decision {
    let ask = |decision, why| if request.prompt.none { Decision::Refuse(why) } else { decision };
    if request.prompt.select_account && !state.has_chosen {
        return Decision::Choose;
    }
    match state.standing {
        // Where somebody is barred, another account of the same browser may pass: so a page is shown for all three.
        Standing::Nobody | Standing::MustProveAgain | Standing::Barred => {
            return ask(Decision::SignIn, Why::LoginRequired);
        }
        Standing::Unmet => {
            return Decision::Refuse(if request.prompt.none { Why::InteractionRequired } else { Why::Unmet });
        }
        Standing::Admitted => {}
    }
    if !state.is_wanted {
        return ask(Decision::SignIn, Why::LoginRequired);
    }
    let asked_again = request.prompt.consent && state.consented_at.is_none_or(|given| given < request.at);
    if asked_again || !(state.first_party || state.consent_covers) {
        return ask(Decision::Consent, Why::ConsentRequired);
    }
    Decision::Grant
}

#[cfg(test)]
pub(crate) mod tests;
