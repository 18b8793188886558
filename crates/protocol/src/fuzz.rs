//! Entries for fuzzing: one for each parser of foreign bytes. Each takes any bytes, must not panic of itself, and
//! asserts what has to hold whatever was read. `cargo test` drives them with the files in `fuzz/corpus` and a bounded
//! number of mutations, `make fuzz` for as long as one likes.

use crate::certificate::{fuzz_certificate, fuzz_distinguished_name};
use crate::jose::{Claims, Signed, fuzz_client_jws, fuzz_client_keys, fuzz_jws};
use crate::json;
use crate::oauth::authorize::{self, Refused, World};
use crate::oauth::client_auth::Proof;
use crate::oauth::client_auth::assertion::fuzz_assertion;
use crate::oauth::discovery::Offers;
use crate::oauth::params::{self, Params};
use crate::oauth::registration::fuzz_registration;
use crate::oauth::respond::{self, Granted, Outcome, ResponseMode};
use crate::oauth::token::{self, TokenRequest};
use crate::oauth::{access_token, claims_parameter, client_auth, end_session, redirect, request_object, scope};
use crate::picture::fuzz_picture;
use crate::refresh_token::fuzz_refresh_token;
use crate::seal::fuzz_seal;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{JwsAlgorithm, ResponseType};
use portvakt_model::{App, AppId, AppKind, Email, Handle, Language, Timestamp};
use url::{Host, Url};

/// A target: its name, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every entry of this crate, under its name: that of the function behind `fuzz_`, and of its folder in `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("accept_language", fuzz_accept_language),
    ("assertion", fuzz_assertion),
    ("authorize", fuzz_authorize),
    ("bearer", fuzz_bearer),
    ("certificate", fuzz_certificate),
    ("claims_parameter", fuzz_claims_parameter),
    ("client_auth", fuzz_client_auth),
    ("client_jws", fuzz_client_jws),
    ("client_keys", fuzz_client_keys),
    ("distinguished_name", fuzz_distinguished_name),
    ("email", fuzz_email),
    ("end_session", fuzz_end_session),
    ("handle", fuzz_handle),
    ("json", fuzz_json),
    ("jws", fuzz_jws),
    ("params", fuzz_params),
    ("picture", fuzz_picture),
    ("redirect", fuzz_redirect),
    ("refresh_token", fuzz_refresh_token),
    ("registration", fuzz_registration),
    ("request_object", fuzz_request_object),
    ("scope", fuzz_scope),
    ("seal", fuzz_seal),
    ("token", fuzz_token),
];

/// Any bytes as a query or a form.
///
/// # Panics
/// If what was read is more than we take, holds a NUL, or reads differently once it is written again.
pub fn fuzz_params(data: &[u8]) {
    let Ok(read) = Params::parse(data) else { return };
    assert!(data.len() <= params::MOST_OCTETS && read.pairs().len() <= params::MOST_PARAMETERS);
    let pairs: Vec<(&str, &str)> = read.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(pairs.iter().all(|(name, value)| !value.is_empty() && !name.contains('\0') && !value.contains('\0')));
    let written = params::join(&pairs);
    assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{written:?}");
    if written.len() <= params::MOST_OCTETS {
        assert!(Params::parse(written.as_bytes()).is_ok_and(|again| again.pairs() == read.pairs()), "{written:?}");
    }
}

/// Any query as an authorization request, of an app that keeps a secret and of one that does not, where only the code
/// is offered and where all response types are.
///
/// # Panics
/// If anything but a registered address is answered to, a request is taken that lacks what this app must send, one
/// that was taken does not survive being sealed, or tokens could leave in a query or where they are not offered.
pub fn fuzz_authorize(data: &[u8]) {
    let Ok(params) = Params::parse(data) else { return };
    for (kind, all) in [(AppKind::Web, false), (AppKind::Native, false), (AppKind::Web, true)] {
        let Some(mut app) = app(kind) else { return };
        let offers = Offers { front_channel_types: all, ..Offers::default() };
        app.settings.response_types = ResponseType::ALL.to_vec();
        let world = World { app: &app, api: &|_| None, hint: &|_| authorize::Hinted::Wrong, offers: &offers };
        let (uri, mode, state) = match authorize::read(&params, &world, NOW) {
            Ok(request) => {
                let response = request.response;
                assert!(all || !response.is_front_channel(), "{response:?} is not offered");
                assert!(!response.is_front_channel() || request.mode != ResponseMode::Query, "tokens in a query");
                assert!(!response.has_id_token() || request.nonce.is_some(), "a nonce is demanded");
                let is_guarded = request.challenge.as_deref().is_some_and(authorize::is_pkce_text);
                assert!(is_guarded || !response.has_code(), "PKCE is demanded");
                assert!(request.wanted_subs.is_empty() || params.all("claims").next().is_some());
                assert!(request.scopes.len() <= scope::MOST && request.apis.is_empty());
                let sealed = serde_json::to_vec(&request).ok();
                let opened = sealed.and_then(|text| serde_json::from_slice::<authorize::Request>(&text).ok());
                assert_eq!(opened.as_ref(), Some(&request), "a request does not survive being sealed");
                (request.redirect_uri, request.mode, request.state)
            }
            Err(Refused::ToApp(refused)) => (refused.redirect_uri, refused.mode, refused.state),
            Err(Refused::Page(_)) => continue,
        };
        assert_right(kind, &app.settings.redirect_uris, &uri);
        assert!(all || mode != ResponseMode::Fragment, "the fragment is not offered");
        let outcome = Outcome::Granted(Granted { code: Some("code".to_owned()), ..Granted::default() });
        let parameters = respond::parameters(&outcome, state.as_deref(), "https://issuer.test");
        let to = match mode {
            ResponseMode::Fragment => respond::fragment(&uri, &parameters),
            ResponseMode::Query | ResponseMode::FormPost => respond::location(&uri, &parameters),
        };
        assert!(to.starts_with(&uri) && to.bytes().all(|byte| byte.is_ascii_graphic()), "{to:?}");
    }
}

/// Any bytes as the claims of a request object that was signed rightly.
///
/// # Panics
/// If the merged request is of another client, names a request object still, or holds what only the object may say.
pub fn fuzz_request_object(data: &[u8]) {
    let Some(mut app) = app(AppKind::Web) else { return };
    let outer = [("client_id", app.client_id.as_str()), ("state", "outside-the-object"), ("request", "x")];
    let outer = Params::of(outer.map(|(name, value)| (name.to_owned(), value.to_owned())));
    for required in [false, true] {
        app.settings.request_objects.required = required;
        let Some(claims) = Claims::unsigned(data) else { return };
        let signed = Signed { algorithm: JwsAlgorithm::Es256, typ: None, claims };
        if let Ok(merged) = request_object::merge(&outer, signed, &app, "https://issuer.test", NOW) {
            assert_eq!(merged.one("client_id"), Ok(Some(app.client_id.as_str())));
            assert!(merged.all("request").next().is_none() && merged.all("request_uri").next().is_none());
            let outside = merged.all("state").any(|state| state == "outside-the-object");
            let inside = data.windows(18).any(|part| part == b"outside-the-object");
            assert!(!required || !outside || inside, "only what is signed counts");
            fuzz_authorize(params::join(&merged_pairs(&merged)).as_bytes());
        }
    }
}

fn merged_pairs(params: &Params) -> Vec<(&str, &str)> {
    params.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Any form as a token request.
///
/// # Panics
/// If a request is taken whose secret is empty, or whose address is longer than any that is registered.
pub fn fuzz_token(data: &[u8]) {
    let Ok(params) = Params::parse(data) else { return };
    match token::read(&params) {
        Ok(TokenRequest::Code(code)) => {
            assert!(!code.code.reveal().is_empty());
            assert!(code.redirect_uri.is_none_or(|uri| uri.len() <= redirect::MOST_OCTETS));
        }
        Ok(TokenRequest::Refresh(refresh)) => assert!(!refresh.token.reveal().is_empty()),
        Ok(TokenRequest::ClientCredentials(machine)) => assert!(machine.scopes.len() <= scope::MOST),
        Err(_) => {}
    }
}

/// Any text as an `Authorization` header, a line feed, and any form, as an app's proof of itself.
///
/// # Panics
/// If an app is taken without a name, or one way of proving for the other.
pub fn fuzz_client_auth(data: &[u8]) {
    let Some((header, params)) = header_and_form(data) else { return };
    for has_certificate in [false, true] {
        let Ok(presented) = client_auth::read(header, &params, has_certificate) else { continue };
        assert_eq!(presented.by_basic, header.is_some());
        assert!(presented.by_basic || !presented.client_id.is_empty());
        match presented.proof {
            Proof::None => assert!(!has_certificate),
            Proof::Certificate => assert!(has_certificate),
            Proof::Secret(_) => assert!(params.all("client_assertion").next().is_none()),
            Proof::Assertion(jws) => assert!(jws.reveal().len() <= client_auth::assertion::MAX_ASSERTION),
        }
    }
}

/// Any text as an `Authorization` header, a line feed, and any form, as the bearer of an access token.
///
/// # Panics
/// If an empty token is taken, or one of two.
pub fn fuzz_bearer(data: &[u8]) {
    let Some((header, params)) = header_and_form(data) else { return };
    if let Ok(token) = access_token::bearer(header, &params) {
        assert!(!token.is_empty());
        assert_ne!(header.is_some(), params.all("access_token").next().is_some(), "one way only");
    }
}

/// Any text as the `claims` parameter.
///
/// # Panics
/// If more is taken than we look at, or what was taken does not survive being sealed.
pub fn fuzz_claims_parameter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(request) = claims_parameter::parse(text) else { return };
    assert!(text.len() <= claims_parameter::MOST_OCTETS);
    assert!(request.id_token.len().max(request.userinfo.len()) <= claims_parameter::MOST_CLAIMS);
    let sealed = serde_json::to_vec(&request).ok();
    assert_eq!(sealed.and_then(|text| serde_json::from_slice(&text).ok()), Some(request));
}

/// Any text as a `scope`.
///
/// # Panics
/// If what was read is no list of tokens, holds one twice, or reads differently once it is written again.
pub fn fuzz_scope(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(scopes) = scope::parse(text) else { return };
    assert!(scopes.len() <= scope::MOST && scopes.iter().all(|token| scope::is_token(token)));
    assert!(scopes.iter().enumerate().all(|(at, token)| !scopes.iter().skip(at + 1).any(|other| other == token)));
    assert_eq!(scope::parse(&scope::join(&scopes)), Ok(scopes));
}

/// Lines: registered addresses, and a given one as the last. Those that may not be registered are left out.
///
/// # Panics
/// If an address is accepted that is neither a registered one octet by octet nor, for a native app, one on the loopback
/// interface but for its port, as a browser reads it.
pub fn fuzz_redirect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (before, given) = text.rsplit_once('\n').unwrap_or(("", text));
    let _ = (redirect::is_origin(given), redirect::is_resource(given));
    for kind in [AppKind::Web, AppKind::Browser, AppKind::Native] {
        let registered: Vec<String> =
            before.split('\n').filter(|uri| redirect::check(kind, uri).is_ok()).map(str::to_owned).collect();
        if redirect::is_registered(kind, &registered, given) {
            assert_right(kind, &registered, given);
        }
        assert!(registered.iter().all(|uri| redirect::is_registered(kind, &registered, uri)));
    }
}

/// Any form as a logout request.
///
/// # Panics
/// If the address with its `state` is another address.
pub fn fuzz_end_session(data: &[u8]) {
    let Ok(request) = Params::parse(data).and_then(|params| end_session::read(&params)) else { return };
    let target = "https://hrm.example/bye?a=1";
    let to = end_session::location(target, request.state.as_deref());
    assert!(to.starts_with(target) && to.bytes().all(|byte| byte.is_ascii_graphic()), "{to:?}");
}

/// Any text as an e-mail address.
///
/// # Panics
/// If what was read could break a mail's header, or its forms are not the forms of one address.
pub fn fuzz_email(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(email) = Email::parse(text) else { return };
    for form in [email.stored(), email.lookup()] {
        assert!(!form.chars().any(|c| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c)), "{form:?}");
        // A form can be longer than what was typed; then it is no address to be typed again.
        if form.len() <= 254 && form.rsplit_once('@').is_some_and(|(local, _)| local.len() <= 64) {
            let again = Email::parse(form);
            assert_eq!(again.as_ref().map(Email::lookup), Ok(email.lookup()), "{form:?}");
        }
    }
    assert!(email.lookup().ends_with(&format!("@{}", email.domain())));
}

/// Any bytes as the JSON body of a program, read as an app's settings.
///
/// # Panics
/// If what was read is more or deeper than we take, or holds NUL, or a refusal could not stand in an answer.
pub fn fuzz_json(data: &[u8]) {
    if let Ok(value) = json::parse::<serde_json::Value>(data) {
        assert!(data.len() <= json::MOST_OCTETS && depth(&value) <= json::MOST_DEPTH && !has_nul(&value));
    }
    if let Err(fault) = json::parse::<AppSettings>(data) {
        assert!([&fault.field, &fault.description].iter().all(|text| text.bytes().all(|b| (b' '..=b'~').contains(&b))));
    }
}

/// Any text as an `Accept-Language` header.
///
/// # Panics
/// If a language is read out of nothing that names it.
pub fn fuzz_accept_language(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(language) = Language::of_accept_language(text) {
        let lower = text.to_ascii_lowercase();
        assert!(lower.contains(language.tag()) || (language == Language::Nb && lower.contains('n')), "{text:?}");
    }
}

/// Any text as a random handle: a cookie, a link, a client secret.
///
/// # Panics
/// If a handle has two spellings.
pub fn fuzz_handle(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(handle) = Handle::parse(text) {
        assert_eq!(handle.text(), text, "a handle has two spellings");
    }
}

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// An app that must use PKCE, with a plain address, one with a query, and one on the loopback interface.
fn app(kind: AppKind) -> Option<App> {
    let settings: AppSettings = serde_json::from_str(
        r#"{ "auth_method": "none", "refresh": true,
            "redirect_uris": ["https://hrm.example/cb", "https://hrm.example/cb?a=1", "http://127.0.0.1:8401/cb"] }"#,
    )
    .ok()?;
    Some(App {
        id: AppId::random([3; 16]),
        client_id: "app_hrm".to_owned(),
        tenant: None,
        name: "HRM".to_owned(),
        kind,
        settings,
        secrets: Vec::new(),
        version: 1,
        created_at: NOW,
    })
}

fn depth(value: &serde_json::Value) -> usize {
    let of_items = value.as_array().map(|items| items.iter().map(depth).max());
    let of_members = value.as_object().map(|members| members.values().map(depth).max());
    of_items.or(of_members).map_or(0, |below| 1 + below.unwrap_or(0))
}

/// Whether a text or a name at any depth holds NUL, which one of the databases cannot keep.
pub(crate) fn has_nul(value: &serde_json::Value) -> bool {
    let of_items = || value.as_array().is_some_and(|items| items.iter().any(has_nul));
    let of_members = || {
        let has = |(name, value): (&String, &serde_json::Value)| name.contains('\0') || has_nul(value);
        value.as_object().is_some_and(|members| members.iter().any(has))
    };
    value.as_str().is_some_and(|text| text.contains('\0')) || of_items() || of_members()
}

/// What stands before the first line feed, if anything does, and the form behind it.
fn header_and_form(data: &[u8]) -> Option<(Option<&str>, Params)> {
    let text = std::str::from_utf8(data).ok()?;
    let (header, form) = text.split_once('\n').unwrap_or((text, ""));
    Some(((!header.is_empty()).then_some(header), Params::parse(form.as_bytes()).ok()?))
}

/// The oracle for addresses; it reads them as browsers do, not as the rule does.
fn assert_right(kind: AppKind, registered: &[String], given: &str) {
    if registered.iter().any(|uri| uri == given) {
        return;
    }
    assert_eq!(kind, AppKind::Native, "{given:?} is not registered");
    let given_url = Url::parse(given);
    assert!(given_url.is_ok(), "no browser can go to {given:?}");
    let differ_in_port = |url: &Url| registered.iter().any(|uri| Url::parse(uri).is_ok_and(|uri| but_port(&uri, url)));
    assert!(given_url.is_ok_and(|url| differ_in_port(&url)), "{given:?} is not registered");
}

fn but_port(registered: &Url, given: &Url) -> bool {
    let is_loopback = match given.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    is_loopback
        && (given.scheme(), given.username(), given.password()) == ("http", "", None)
        && (given.host(), given.path(), given.query(), given.fragment())
            == (registered.host(), registered.path(), registered.query(), registered.fragment())
}
