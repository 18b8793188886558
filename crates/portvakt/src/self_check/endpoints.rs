//! What else answers strangers: userinfo, registration, the iframe of session management.

use super::Profile;
use super::check::{Check, brief, member};
use super::finding::Demand;
use super::userinfo::query;
use crate::outbound::http::Asked;
use serde_json::json;

static NO_TOKEN: Demand =
    Demand::new("userinfo.no-token", "without a token: 401, and a Bearer challenge without error", "RFC 6750 §3.1");
static BAD_TOKEN: Demand =
    Demand::new("userinfo.bad-token", "a token that nobody gave: 401 invalid_token", "RFC 6750 §3.1");
static FRAGMENT: Demand =
    Demand::new("registration.fragment", "a redirect URI with a fragment is not registered", "RFC 7591 §3.2.2");
static IFRAME: Demand = Demand::new(
    "logout.iframe",
    "the session iframe is a page that may stand in frames",
    "OIDC Session Management §3.3",
);

static TOLD: Demand =
    Demand::new("logout.back-channel", "an app's server is told that a session ended", "OIDC Back-Channel Logout §2.5");
static FRAMED: Demand = Demand::new(
    "logout.front-channel",
    "the page after sign-out frames the apps that know the session",
    "OIDC Front-Channel Logout §3",
);
static WATCHED: Demand = Demand::new(
    "logout.iframe-answers",
    "the session iframe tells the app's page when the state changed",
    "OIDC Session Management §3.2",
);

pub(super) async fn run(check: &mut Check<'_>, profiles: &[Profile]) -> Result<(), String> {
    let challenge = |header: &str| header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let seen = check.get("userinfo_endpoint", &[]).await;
    check.push(match &seen {
        Ok(seen) => {
            let said = seen.header("www-authenticate");
            let right = seen.status == 401 && challenge(said) && !said.contains("error=");
            NO_TOKEN.judge(right, format!("{} {said}", seen.status))
        }
        Err(why) => NO_TOKEN.judge(false, why.as_str()),
    });
    let made_up = check.random()?;
    let seen = check.get("userinfo_endpoint", &[("authorization", &format!("Bearer {made_up}"))]).await;
    check.push(match &seen {
        Ok(seen) => {
            let said = seen.header("www-authenticate");
            let right = seen.status == 401 && challenge(said) && said.contains("invalid_token");
            BAD_TOKEN.judge(right, format!("{} {said}", seen.status))
        }
        Err(why) => BAD_TOKEN.judge(false, why.as_str()),
    });
    query(check, &made_up).await;
    if profiles.contains(&Profile::Dynamic) {
        registration(check).await;
    }
    if profiles.contains(&Profile::Session) {
        iframe(check).await;
        check.push(WATCHED.not_applicable("not asked: needs a browser that runs scripts"));
    }
    if profiles.contains(&Profile::Backchannel) {
        check.push(TOLD.not_applicable("not asked: needs a listening app"));
    }
    if profiles.contains(&Profile::Frontchannel) {
        check.push(FRAMED.not_applicable("not asked: needs a listening app"));
    }
    Ok(())
}

/// Asks for nothing that could be given: whatever registers this is wrong.
async fn registration(check: &mut Check<'_>) {
    let url = match check.endpoint("registration_endpoint") {
        Ok(url) => url,
        Err(why) => return check.push(FRAGMENT.not_applicable(why)),
    };
    let body = json!({ "redirect_uris": ["https://self-check.example/callback#fragment"] }).to_string();
    let seen = check.http.send(Asked { url: &url, headers: &[], form: None, json: Some(body) }).await;
    if let Ok(seen) = &seen {
        check.note_error(seen);
    }
    check.push(match seen {
        Ok(seen) if matches!(seen.status, 401 | 403) => {
            FRAGMENT.not_applicable(format!("{}: only with a token", brief(&seen)))
        }
        Ok(seen) => {
            let error = member(&seen, "error").unwrap_or_default();
            let right =
                seen.status == 400 && matches!(error.as_str(), "invalid_redirect_uri" | "invalid_client_metadata");
            FRAGMENT.judge(right, brief(&seen))
        }
        Err(why) => FRAGMENT.judge(false, why),
    });
}

async fn iframe(check: &mut Check<'_>) {
    if check.document.get("check_session_iframe").is_none() {
        return check.push(IFRAME.not_applicable("no check_session_iframe"));
    }
    let seen = check.get("check_session_iframe", &[]).await;
    check.push(match seen {
        Ok(seen) => {
            let policy = seen.header("content-security-policy");
            let closed = ["frame-ancestors 'none'", "frame-ancestors 'self'"].iter().any(|one| policy.contains(one))
                || !seen.header("x-frame-options").is_empty();
            let right = seen.status == 200 && seen.header("content-type").starts_with("text/html") && !closed;
            IFRAME.judge(right, format!("{}{}", brief(&seen), if closed { ", closed to frames" } else { "" }))
        }
        Err(why) => IFRAME.judge(false, why),
    });
}
