//! The authorization endpoint, asked by a browser that nobody has signed in with. All that a test app asks has
//! `prompt=none`, so that nothing is begun that somebody would have to end.

use super::browser::{Browser, Stop};
use super::check::{App, Check};
use super::finding::{Demand, Finding};
use super::page::{error_code, goes_on_to};
use crate::outbound::http::{Asked, Seen};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

static UNKNOWN_CLIENT: Demand = Demand::new(
    "authorize.unknown-client",
    "an unknown client is told on a page, never by redirect",
    "RFC 6749 §4.1.2.1",
);
static NO_CLIENT: Demand =
    Demand::new("authorize.no-client", "a request without a client is told on a page too", "RFC 6749 §4.1.2.1");
static POST: Demand = Demand::new("authorize.post", "a request may come by POST", "OIDC Core §3.1.2.1");
static FRAMES: Demand = Demand::new("authorize.frames", "pages can stand in no other site's frame", "RFC 9700 §4.16");
static KEPT: Demand = Demand::new("authorize.no-store", "nobody may keep the pages", "RFC 9700 §4.3.1");
static NO_SESSION: Demand =
    Demand::new("authorize.prompt-none", "prompt=none without a session is refused to the app", "OIDC Core §3.1.2.6");
static NO_TYPE: Demand =
    Demand::new("authorize.no-response-type", "a request without response_type is refused", "RFC 6749 §3.1.1");
static ODD_TYPE: Demand =
    Demand::new("authorize.response-type", "an unknown response_type is refused", "RFC 6749 §4.1.2.1");
static TWICE: Demand = Demand::new("authorize.repeated", "a parameter that stands twice is refused", "RFC 6749 §3.1");
static PROMPTS: Demand =
    Demand::new("authorize.prompt-none-login", "prompt=none with another value is refused", "OIDC Core §3.1.2.1");
static UNSIGNED: Demand =
    Demand::new("authorize.unsigned-request", "an unsigned request object is refused, never ignored", "OIDC Core §6.1");

static OF_APP: [&Demand; 6] = [&NO_SESSION, &NO_TYPE, &ODD_TYPE, &TWICE, &PROMPTS, &UNSIGNED];

/// Errors that say that somebody would have to be asked (OpenID Connect Core §3.1.2.6).
pub(super) const SOMEBODY: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// Whether an answer is a page that sends nobody anywhere.
pub(super) fn page(demand: &'static Demand, seen: &Result<Seen, String>) -> Finding {
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => return demand.judge(false, why.as_str()),
    };
    let to = match (seen.header("location"), goes_on_to(&seen.body)) {
        ("", None) => None,
        ("", Some(to)) => Some(to),
        (to, _) => Some(to.to_owned()),
    };
    if let Some(to) = to {
        return demand.judge(false, format!("{}, sent to {to}", seen.status));
    }
    let is_page = seen.header("content-type").starts_with("text/html") && seen.status < 500;
    demand.judge(is_page, format!("a page, {} {}", seen.status, error_code(&seen.body).unwrap_or_default()))
}

/// Requests of nobody.
pub(super) async fn strangers(check: &mut Check<'_>) -> Result<(), String> {
    let nobody = format!("app_self_check_{}", check.random()?.replace(['-', '_'], "x"));
    let away = "https://self-check.example/callback";
    let stranger =
        App { client_id: nobody, secret: None, redirect_uri: away.to_owned(), post_logout_redirect_uri: None };
    let ask = check.ask_briefly(&stranger, &[])?;
    let url = match check.address(&ask) {
        Ok(url) => url,
        Err(why) => {
            check.skip(&[&UNKNOWN_CLIENT, &NO_CLIENT, &POST, &FRAMES, &KEPT], &why);
            return Ok(());
        }
    };
    let seen = check.http.send(Asked::get(&url, &[])).await;
    check.push(page(&UNKNOWN_CLIENT, &seen));
    if let Ok(seen) = &seen {
        check.push(frames(seen));
        let keep = seen.header("cache-control");
        check.push(KEPT.judge(keep.contains("no-store"), if keep.is_empty() { "no Cache-Control" } else { keep }));
    }
    let ask = check.ask_briefly(&stranger, &[("client_id", "")])?;
    let seen = check.http.send(Asked::get(&check.address(&ask)?, &[])).await;
    check.push(page(&NO_CLIENT, &seen));
    let ask = check.ask_briefly(&stranger, &[])?;
    let seen = check.post("authorization_endpoint", &[], &ask.pairs()).await;
    let taken = seen.map(|seen| (seen.status != 405 && seen.status < 500, format!("read, {}", seen.status)));
    check.push(match taken {
        Ok((taken, seen)) => POST.judge(taken, seen),
        Err(why) => POST.judge(false, why),
    });
    Ok(())
}

fn frames(seen: &Seen) -> Finding {
    let policy = seen.header("content-security-policy");
    let ancestors = policy.split(';').map(str::trim).find(|one| one.starts_with("frame-ancestors"));
    let old = seen.header("x-frame-options");
    let closed = ancestors.is_some_and(|one| one.ends_with("'none'") || one.ends_with("'self'"))
        || old.eq_ignore_ascii_case("deny")
        || old.eq_ignore_ascii_case("sameorigin");
    FRAMES.judge(closed, ancestors.unwrap_or(if old.is_empty() { "no frame-ancestors" } else { old }))
}

/// Requests of the test app.
pub(super) async fn with_app(check: &mut Check<'_>, app: Option<&App>) -> Result<(), String> {
    let Some(app) = app else {
        check.skip(&OF_APP, "needs --client-id and --redirect-uri");
        return Ok(());
    };
    let session = refused(check, app, &[], &SOMEBODY).await?;
    check.push(match session {
        // There is nobody to sign in: only the app can be told.
        Ok((seen, true)) => NO_SESSION.judge(true, seen),
        Ok((seen, false)) | Err(seen) => NO_SESSION.judge(false, seen),
    });
    let unsigned = {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "client_id": app.client_id, "iss": app.client_id, "aud": check.issuer });
        format!("{}.{}.", part(json!({ "alg": "none" })), part(claims))
    };
    let types = ["invalid_request", "unsupported_response_type"];
    let objects = ["request_not_supported", "invalid_request_object", "invalid_request"];
    let asked: [(&'static Demand, (&str, &str), &[&str]); 4] = [
        (&NO_TYPE, ("response_type", ""), &types),
        (&ODD_TYPE, ("response_type", "self_check"), &types),
        (&PROMPTS, ("prompt", "none login"), &["invalid_request"]),
        (&UNSIGNED, ("request", &unsigned), &objects),
    ];
    for (demand, change, errors) in asked {
        let seen = refused(check, app, &[change], errors).await?;
        check.push(demand.told(seen.map(|(seen, _)| seen)));
    }
    let mut twice = check.ask_briefly(app, &[("prompt", "none")])?;
    twice.fields.push(("nonce".to_owned(), "another".to_owned()));
    let seen = judged(check, app, &twice, &["invalid_request"]).await;
    check.push(TWICE.told(seen.map(|(seen, _)| seen)));
    Ok(())
}

/// Asks with `prompt=none`; the answer shall be one of `errors`, told to the app, or a page. Says which, and whether the
/// app was told.
async fn refused(
    check: &mut Check<'_>,
    app: &App,
    changes: &[(&str, &str)],
    errors: &[&str],
) -> Result<Result<(String, bool), String>, String> {
    let changes = [&[("prompt", "none")], changes].concat();
    let ask = check.ask(app, &changes)?;
    Ok(judged(check, app, &ask, errors).await)
}

async fn judged(
    check: &mut Check<'_>,
    app: &App,
    ask: &super::check::Ask,
    errors: &[&str],
) -> Result<(String, bool), String> {
    let url = check.address(ask)?;
    let stop = Browser::new(check.http, &app.redirect_uri).open(url).await?;
    match &stop {
        Stop::Away(_, parameters) => {
            let parameters = parameters.clone();
            check.note_answer(&parameters, ask);
            let error = stop.get("error").unwrap_or("no error");
            if errors.contains(&error) { Ok((error.to_owned(), true)) } else { Err(error.to_owned()) }
        }
        Stop::Page(_, seen) if (400..500).contains(&seen.status) => Ok((stop.brief(), false)),
        Stop::Page(..) => Err(stop.brief()),
    }
}
