//! The self-check: a live deployment asked from outside, as a relying app and a browser would, and held against what
//! OpenID Connect's profiles demand. It knows the deployment by its URL alone: no database, no configuration.
//!
//! Judging (`judge_*`) is apart from asking: what came back goes in, findings come out. Everything is asked through
//! [`Direct`], which goes to the one origin that the operator typed.

mod answers;
mod authorize;
mod browser;
mod check;
mod discovery;
mod endpoints;
mod finding;
mod flow;
mod front_channel;
mod id_token;
mod keys;
mod logout;
mod page;
mod redirects;
mod report;
mod session;
mod tokens;
mod userinfo;

pub use check::{App, Person};
pub use discovery::{judge_copy, judge_discovery};
pub use finding::{Demand, Finding, Outcome};
pub use id_token::{Expect, judge_id_token};
pub use keys::judge_keys;
pub use report::Report;

use crate::outbound::http::{Asked, Direct, Seen, TlsVersion};
use check::Check;
use portvakt_flows::clock::Clock;
use portvakt_protocol::oauth::discovery::path::{OAUTH_SERVER, OPENID_CONFIGURATION};
use serde_json::Value;
use std::path::PathBuf;
use url::{Host, Url};

/// What a deployment is held against: the foundation's certification profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Discovery and keys
    Config,
    /// The code flow
    Basic,
    /// `id_token` and `id_token token`
    Implicit,
    /// `code id_token`, `code token`, `code id_token token`
    Hybrid,
    /// Answers by form post
    Formpost,
    /// Apps that register themselves
    Dynamic,
    /// Sign-out asked for by an app
    Logout,
    /// Sign-out told to apps' servers
    Backchannel,
    /// Sign-out told to apps through the browser
    Frontchannel,
    /// Session management by an iframe
    Session,
}

impl Profile {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Basic => "basic",
            Self::Implicit => "implicit",
            Self::Hybrid => "hybrid",
            Self::Formpost => "formpost",
            Self::Dynamic => "dynamic",
            Self::Logout => "logout",
            Self::Backchannel => "backchannel",
            Self::Frontchannel => "frontchannel",
            Self::Session => "session",
        }
    }
}

/// What to check, and with what.
pub struct Plan {
    /// The deployment: [`issuer`] has read it.
    pub issuer: Url,
    /// What it is held against.
    pub profiles: Vec<Profile>,
    /// PEM files of further authorities.
    pub trust_anchors: Vec<PathBuf>,
    /// A test app.
    pub app: Option<App>,
    /// A test person.
    pub person: Option<Person>,
}

static ANSWER: Demand =
    Demand::new("discovery.answer", "the discovery document is JSON, at its address", "OIDC Discovery §4.2");
static TLS_13: Demand = Demand::new("tls.1-3", "TLS 1.3 is offered", "RFC 9325 §3.1.1");
static TLS_12: Demand = Demand::new("tls.1-2", "TLS 1.2 is offered to programs without 1.3", "RFC 9325 §3.1.1");

/// Reads an issuer as an operator types it: https, or http on this machine.
///
/// # Errors
/// What is wrong, to stand behind the option's name.
pub fn issuer(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is no URL".to_owned())?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
        return Err("is https (http on loopback addresses only)".to_owned());
    }
    let is_bare =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if is_bare { Ok(url) } else { Err("has no query, fragment or user name".to_owned()) }
}

/// Asks everything that the plan allows, and reports.
///
/// # Errors
/// A sentence, if nothing could be asked at all.
pub async fn run(plan: &Plan) -> Result<Report, String> {
    let clock = Clock::System;
    // Without a path, the slash is only how a URL is written.
    let issuer =
        if plan.issuer.path() == "/" { plan.issuer.as_str().trim_end_matches('/') } else { plan.issuer.as_str() };
    let http = Direct::new(&plan.issuer, &plan.trust_anchors, TlsVersion::Any)?;
    let address = Url::parse(&format!("{}{OPENID_CONFIGURATION}", issuer.trim_end_matches('/')))
        .map_err(|why| format!("{issuer}: {why}"))?;
    let seen = http.send(Asked::get(&address, &[])).await.map_err(|why| format!("{address}: {why}."))?;
    let mut findings = versions(plan, &address).await;
    let document = json(&seen);
    findings.push(ANSWER.told(document.clone().map(|_| "200, JSON".to_owned())));
    if let Ok(document) = document {
        findings.extend(judge_discovery(&document, issuer, &plan.profiles));
        findings.push(judge_copy(&document, copy(&http, &plan.issuer).await));
        let set = key_set(&http, &document).await;
        findings.extend(judge_keys(set.as_ref().unwrap_or(&Value::Null)));
        let keys = keys::verifying(&set.unwrap_or_default());
        let mut check = Check::new(&http, issuer, &document, keys, clock.clone());
        everything(&mut check, plan).await?;
        findings.extend(check.findings);
    }
    Ok(Report {
        issuer: issuer.to_owned(),
        profiles: plan.profiles.clone(),
        at: portvakt_web::dates::machine(clock.now()),
        findings: finding::merge(findings),
    })
}

/// What is asked of the endpoints, strangers' requests first.
async fn everything(check: &mut Check<'_>, plan: &Plan) -> Result<(), String> {
    let (app, person) = (plan.app.as_ref(), plan.person.as_ref());
    authorize::strangers(check).await?;
    redirects::run(check, app).await?;
    authorize::with_app(check, app).await?;
    tokens::run(check, app).await?;
    endpoints::run(check, &plan.profiles).await?;
    logout::strangers(check, app, &plan.profiles).await?;
    flow::run(check, app, person, &plan.profiles).await
}

/// A JSON object that came with 200.
fn json(seen: &Seen) -> Result<Value, String> {
    let kind = seen.header("content-type");
    if seen.status != 200 || !kind.starts_with("application/json") {
        return Err(format!("{} {kind}", seen.status));
    }
    let value: Value = serde_json::from_str(&seen.body).map_err(|_| "no JSON".to_owned())?;
    if value.is_object() { Ok(value) } else { Err("JSON, but no object".to_owned()) }
}

/// The document where RFC 8414 §3.1 has it: before the issuer's path.
async fn copy(http: &Direct, issuer: &Url) -> Result<Value, String> {
    let mut address = issuer.clone();
    address.set_path(&format!("{OAUTH_SERVER}{}", issuer.path().trim_end_matches('/')));
    json(&http.send(Asked::get(&address, &[])).await?)
}

async fn key_set(http: &Direct, document: &Value) -> Option<Value> {
    let address = Url::parse(document.get("jwks_uri")?.as_str()?).ok()?;
    json(&http.send(Asked::get(&address, &[])).await.ok()?).ok()
}

async fn versions(plan: &Plan, address: &Url) -> Vec<Finding> {
    if plan.issuer.scheme() == "http" {
        return [&TLS_13, &TLS_12].map(|demand| demand.not_applicable("plain http on loopback")).to_vec();
    }
    let speaks = async |version| -> Result<String, String> {
        let client = Direct::new(&plan.issuer, &plan.trust_anchors, version)?;
        client.send(Asked::get(address, &[])).await.map(|_| "spoken".to_owned())
    };
    let old = match speaks(TlsVersion::V12).await {
        Ok(seen) => TLS_12.judge(true, seen),
        Err(why) => TLS_12.not_applicable(format!("1.3 alone, which is allowed ({why})")),
    };
    vec![TLS_13.told(speaks(TlsVersion::V13).await), old]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for right in
            ["https://login.example", "https://login.example/tenant", "http://localhost:8080", "http://[::1]:1"]
        {
            assert!(issuer(right).is_ok(), "{right}");
        }
        for wrong in [
            "login.example",
            "http://login.example",
            "http://localhost.example",
            "ftp://localhost",
            "https://login.example?a=b",
            "https://login.example#a",
            "https://anna@login.example",
        ] {
            assert!(issuer(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_profile_is_named_as_it_is_chosen() {
        use clap::ValueEnum as _;
        for profile in Profile::value_variants() {
            assert_eq!(
                profile.to_possible_value().map(|value| value.get_name().to_owned()),
                Some(profile.name().to_owned())
            );
        }
    }
}
