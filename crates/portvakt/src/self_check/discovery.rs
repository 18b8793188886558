//! The discovery document against what the profiles demand. No network here: what was fetched is judged.

mod registered;

use super::Profile;
use super::finding::{Demand, Finding};
use registered::REGISTERED;
use serde_json::Value;
use url::Url;

static ISSUER: Demand =
    Demand::new("discovery.issuer", "the issuer is the URL that was asked, to the letter", "OIDC Discovery §4.3");
static MEMBERS: Demand = Demand::new("discovery.members", "every member that is needed is there", "OIDC Discovery §3");
static KNOWN: Demand = Demand::new("discovery.known", "every member is a registered one", "RFC 8414 §7.1");
static HTTPS: Demand = Demand::new("discovery.https", "every endpoint is https, without a fragment", "RFC 8414 §2");
static PLACE: Demand =
    Demand::new("discovery.place", "every endpoint is under the issuer, or an announced alias", "RFC 8414 §6.2");
static RS256: Demand = Demand::new("discovery.rs256", "id_tokens can be signed with RS256", "OIDC Discovery §3");
static NONE: Demand = Demand::new("discovery.no-none", "no list of algorithms holds none", "RFC 8725 §3.2");
static CODE: Demand =
    Demand::new("discovery.code", "response type code and grant authorization_code are offered", "OIDC Discovery §3");
static IMPLICIT: Demand =
    Demand::new("discovery.implicit", "response types id_token and id_token token are offered", "OIDC Core §3.2");
static HYBRID: Demand =
    Demand::new("discovery.hybrid", "the three hybrid response types are offered", "OIDC Core §3.3");
static FORM_POST: Demand =
    Demand::new("discovery.form-post", "response mode form_post is offered", "OAuth Form Post §2");
static SUBJECTS: Demand = Demand::new("discovery.subjects", "subject types are public or pairwise", "OIDC Core §8");
static SCOPES: Demand = Demand::new("discovery.scopes", "scopes hold openid", "OIDC Discovery §3");
static CLAIMS: Demand = Demand::new("discovery.claims", "claims are listed, and hold sub", "OIDC Discovery §3");
static ACRS: Demand = Demand::new("discovery.acr", "acr values are listed", "OIDC Discovery §3");
static PKCE: Demand = Demand::new("discovery.pkce", "PKCE is offered with S256, and not with plain", "RFC 9700 §2.1.1");
static ISS: Demand = Demand::new("discovery.iss", "answers are announced to name their issuer", "RFC 9207 §3");
static FLAGS: Demand =
    Demand::new("discovery.request-flags", "what becomes of request objects is written out", "OIDC Discovery §3");
static AUTH: Demand =
    Demand::new("discovery.client-auth", "clients may authenticate with client_secret_basic", "OIDC Discovery §3");
static LOCALES: Demand = Demand::new("discovery.locales", "languages are language tags", "RFC 5646 §2.1");
static LOGOUT: Demand =
    Demand::new("discovery.logout", "there is an end_session_endpoint", "OIDC RP-Initiated Logout §2.1");
static BACK: Demand =
    Demand::new("discovery.back-channel", "back-channel logout is offered, with sid", "OIDC Back-Channel Logout §2.1");
static FRONT: Demand =
    Demand::new("discovery.front-channel", "front-channel logout is offered, with sid", "OIDC Front-Channel Logout §3");
static SESSION: Demand =
    Demand::new("discovery.session", "there is a check_session_iframe", "OIDC Session Management §3.3");
static REGISTRATION: Demand =
    Demand::new("discovery.registration", "there is a registration_endpoint", "OIDC Discovery §3");
static OBJECTS: Demand = Demand::new(
    "discovery.request-uri",
    "request_uri is supported, and request objects with RS256",
    "OIDC Discovery §3",
);
static COPY: Demand =
    Demand::new("discovery.oauth-copy", "the document at RFC 8414's address is the same", "RFC 8414 §3");

/// Members that a provider must have, and the userinfo endpoint, which the suite wants of all.
const NEEDED: [&str; 7] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
];

/// A list of texts; empty if it is none.
pub(super) fn list<'a>(document: &'a Value, member: &str) -> Vec<&'a str> {
    document.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn holds(document: &Value, member: &str, wanted: &[&str]) -> bool {
    let all = list(document, member);
    wanted.iter().all(|one| all.contains(one))
}

fn is_true(document: &Value, members: &[&str]) -> bool {
    members.iter().all(|member| document.get(*member) == Some(&Value::Bool(true)))
}

fn shown(document: &Value, members: &[&str]) -> String {
    let one = |member: &&str| match document.get(*member) {
        None => format!("no {member}"),
        Some(Value::Array(_)) => list(document, member).join(", "),
        Some(Value::String(text)) => text.clone(),
        Some(value) => format!("{member} {value}"),
    };
    members.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Judges the document of `issuer`.
pub fn judge_discovery(document: &Value, issuer: &str, profiles: &[Profile]) -> Vec<Finding> {
    let has = |demand: &'static Demand, member: &str, wanted: &[&str]| {
        demand.judge(holds(document, member, wanted), shown(document, &[member]))
    };
    let said = document.get("issuer").and_then(Value::as_str);
    let mut found = vec![
        ISSUER.judge(said == Some(issuer), said.unwrap_or("no issuer")),
        members(document),
        known(document),
        https(document, issuer),
        place(document, issuer),
        has(&RS256, "id_token_signing_alg_values_supported", &["RS256"]),
        no_none(document),
        CODE.judge(
            holds(document, "response_types_supported", &["code"])
                && (document.get("grant_types_supported").is_none()
                    || holds(document, "grant_types_supported", &["authorization_code"])),
            shown(document, &["response_types_supported", "grant_types_supported"]),
        ),
        subjects(document),
        has(&SCOPES, "scopes_supported", &["openid"]),
        has(&CLAIMS, "claims_supported", &["sub"]),
        ACRS.judge(!list(document, "acr_values_supported").is_empty(), shown(document, &["acr_values_supported"])),
        PKCE.judge(
            holds(document, "code_challenge_methods_supported", &["S256"])
                && !holds(document, "code_challenge_methods_supported", &["plain"]),
            shown(document, &["code_challenge_methods_supported"]),
        ),
        ISS.judge(
            is_true(document, &["authorization_response_iss_parameter_supported"]),
            shown(document, &["authorization_response_iss_parameter_supported"]),
        ),
        flags(document),
        has(&AUTH, "token_endpoint_auth_methods_supported", &["client_secret_basic"]),
        locales(document),
    ];
    found.extend(profiles.iter().flat_map(|profile| of_profile(document, *profile)));
    found
}

/// What one profile asks for beyond what all do.
fn of_profile(document: &Value, profile: Profile) -> Vec<Finding> {
    let has = |demand: &'static Demand, member: &str, wanted: &[&str]| {
        demand.judge(holds(document, member, wanted), shown(document, &[member]))
    };
    let on =
        |demand: &'static Demand, members: &[&str]| demand.judge(is_true(document, members), shown(document, members));
    let there = |demand: &'static Demand, member: &str| {
        demand.judge(document.get(member).is_some_and(Value::is_string), shown(document, &[member]))
    };
    let implicit = || has(&IMPLICIT, "response_types_supported", &["id_token", "id_token token"]);
    match profile {
        Profile::Config | Profile::Basic => Vec::new(),
        Profile::Implicit => vec![implicit()],
        Profile::Hybrid => {
            vec![has(&HYBRID, "response_types_supported", &["code id_token", "code token", "code id_token token"])]
        }
        Profile::Formpost => vec![has(&FORM_POST, "response_modes_supported", &["form_post"])],
        Profile::Dynamic => vec![
            there(&REGISTRATION, "registration_endpoint"),
            // The suite's dynamic plan: a provider without the implicit flow does not pass it.
            implicit(),
            OBJECTS.judge(
                is_true(document, &["request_uri_parameter_supported"])
                    && holds(document, "request_object_signing_alg_values_supported", &["RS256"]),
                shown(document, &["request_uri_parameter_supported", "request_object_signing_alg_values_supported"]),
            ),
        ],
        Profile::Logout => vec![there(&LOGOUT, "end_session_endpoint")],
        Profile::Backchannel => {
            vec![on(&BACK, &["backchannel_logout_supported", "backchannel_logout_session_supported"])]
        }
        Profile::Frontchannel => {
            vec![on(&FRONT, &["frontchannel_logout_supported", "frontchannel_logout_session_supported"])]
        }
        Profile::Session => vec![there(&SESSION, "check_session_iframe")],
    }
}

/// Judges the document at RFC 8414's address, which programs of plain OAuth read.
pub fn judge_copy(document: &Value, copy: Result<Value, String>) -> Finding {
    COPY.told(copy.and_then(|copy| {
        if copy == *document {
            return Ok("the same".to_owned());
        }
        let members = |of: &Value| of.as_object().map(|of| of.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut all = [members(document), members(&copy)].concat();
        all.retain(|member| document.get(member) != copy.get(member));
        all.sort_unstable();
        all.dedup();
        Err(format!("other {}", all.join(", ")))
    }))
}

fn members(document: &Value) -> Finding {
    let missing: Vec<&str> = NEEDED.into_iter().filter(|member| document.get(*member).is_none()).collect();
    MEMBERS.judge(
        missing.is_empty(),
        if missing.is_empty() { "all".to_owned() } else { format!("no {}", missing.join(", ")) },
    )
}

fn known(document: &Value) -> Finding {
    let all: Vec<&str> = document.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let unknown: Vec<&str> = all.iter().copied().filter(|name| !REGISTERED.contains(name)).collect();
    KNOWN.judge(
        unknown.is_empty(),
        if unknown.is_empty() { format!("{} members", all.len()) } else { unknown.join(", ") },
    )
}

/// Every member that is an endpoint of the provider, and its value. The pages that a document may point people to
/// (`op_policy_uri` …) are none.
fn endpoints(document: &Value) -> impl Iterator<Item = (&str, Option<Url>)> {
    let all = document.as_object().into_iter().flatten();
    let is_one = |name: &str| {
        name.ends_with("_endpoint") || matches!(name, "jwks_uri" | "signed_jwks_uri" | "check_session_iframe")
    };
    all.filter(move |(name, _)| is_one(name))
        .map(|(name, value)| (name.as_str(), value.as_str().and_then(|text| Url::parse(text).ok())))
}

/// The aliases for clients with certificates, which have a host of their own (RFC 8705 §5).
fn aliases(document: &Value) -> impl Iterator<Item = (&str, Option<Url>)> {
    document.get("mtls_endpoint_aliases").into_iter().flat_map(endpoints)
}

fn https(document: &Value, issuer: &str) -> Finding {
    // On a developer's machine there is no certificate: then all of it is http, and on loopback.
    let scheme = if issuer.starts_with("http://") { "http" } else { "https" };
    let right = |url: &Option<Url>| url.as_ref().is_some_and(|url| url.scheme() == scheme && url.fragment().is_none());
    let all: Vec<_> = endpoints(document).chain(aliases(document)).collect();
    let wrong: Vec<&str> = all.iter().filter(|(_, url)| !right(url)).map(|(name, _)| *name).collect();
    HTTPS.judge(
        wrong.is_empty() && !all.is_empty(),
        if wrong.is_empty() { format!("{} endpoints, {scheme}", all.len()) } else { wrong.join(", ") },
    )
}

/// The scheme is judged by [`https`].
fn place(document: &Value, issuer: &str) -> Finding {
    let Ok(base) = Url::parse(issuer) else { return PLACE.judge(false, "the issuer is no URL") };
    let path = format!("{}/", base.path().trim_end_matches('/'));
    let right = |url: &Option<Url>| {
        url.as_ref().is_some_and(|url| {
            url.host() == base.host()
                && (url.port_or_known_default() == base.port_or_known_default() || url.scheme() != base.scheme())
                && url.path().starts_with(&path)
        })
    };
    let wrong: Vec<&str> = endpoints(document).filter(|(_, url)| !right(url)).map(|(name, _)| name).collect();
    let seen = match (wrong.is_empty(), aliases(document).count()) {
        (true, 0) => "under the issuer".to_owned(),
        (true, count) => format!("under the issuer, and {count} aliases"),
        (false, _) => wrong.join(", "),
    };
    PLACE.judge(wrong.is_empty(), seen)
}

fn no_none(document: &Value) -> Finding {
    let lists = document.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let with: Vec<&str> = lists.filter(|name| name.contains("_alg_") && holds(document, name, &["none"])).collect();
    NONE.judge(with.is_empty(), if with.is_empty() { "none nowhere".to_owned() } else { with.join(", ") })
}

fn subjects(document: &Value) -> Finding {
    let all = list(document, "subject_types_supported");
    let right = !all.is_empty() && all.iter().all(|one| matches!(*one, "public" | "pairwise"));
    SUBJECTS.judge(right, shown(document, &["subject_types_supported"]))
}

/// Left out, `request_uri_parameter_supported` would mean yes and the others no: whoever reads it should not have to
/// know.
fn flags(document: &Value) -> Finding {
    let names = ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"];
    let missing: Vec<&str> =
        names.into_iter().filter(|name| !document.get(*name).is_some_and(Value::is_boolean)).collect();
    FLAGS.judge(
        missing.is_empty(),
        if missing.is_empty() { shown(document, &names) } else { format!("no {}", missing.join(", ")) },
    )
}

fn locales(document: &Value) -> Finding {
    let all: Vec<&str> = ["ui_locales_supported", "claims_locales_supported"]
        .into_iter()
        .flat_map(|member| list(document, member))
        .collect();
    let is_tag = |tag: &&str| {
        let mut parts = tag.split('-');
        parts
            .next()
            .is_some_and(|first| (2..=8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic()))
            && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    if all.is_empty() {
        return LOCALES.not_applicable("none are listed");
    }
    LOCALES.judge(all.iter().all(is_tag), all.join(", "))
}

#[cfg(test)]
mod tests;
