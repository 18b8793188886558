//! Answers that bring tokens through the browser, and answers by form post: asked silently, with the session of the test
//! person.

use super::Profile;
use super::browser::{Browser, By, Stop};
use super::check::{App, Ask, Check};
use super::finding::Demand;
use super::id_token::{Expect, judge_id_token};

pub(super) static FORM_POST: Demand =
    Demand::new("answer.form-post", "form_post answers by a form that is posted", "OAuth Form Post §2");
pub(super) static FRAGMENT: Demand =
    Demand::new("answer.fragment", "tokens come in the fragment, all that were asked for", "OIDC Core §3.2.2.5");
pub(super) static NO_NONCE: Demand =
    Demand::new("authorize.front-nonce", "an id_token by the browser needs a nonce", "OIDC Core §3.2.2.1");
pub(super) static QUERY: Demand =
    Demand::new("authorize.front-query", "no token comes in the query", "OAuth Multiple Response Types §3");

const IMPLICIT: [&str; 2] = ["id_token", "id_token token"];
const HYBRID: [&str; 3] = ["code id_token", "code token", "code id_token token"];

/// What the chosen profiles ask for.
pub(super) async fn run(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    profiles: &[Profile],
) -> Result<(), String> {
    let mut types: Vec<&str> = Vec::new();
    if profiles.contains(&Profile::Implicit) {
        types.extend(IMPLICIT);
    }
    if profiles.contains(&Profile::Hybrid) {
        types.extend(HYBRID);
    }
    for response_type in types {
        fragment(check, browser, app, response_type).await?;
    }
    if profiles.contains(&Profile::Formpost) {
        let ask = check.ask_briefly(app, &[("prompt", "none"), ("response_mode", "form_post")])?;
        let found = match silent(check, browser, &ask).await {
            Ok(stop) => {
                let posted = matches!(stop, Stop::Away(By::FormPost, _)) && stop.get("code").is_some();
                FORM_POST.judge(posted, stop.brief())
            }
            Err(why) => FORM_POST.judge(false, why),
        };
        check.push(found);
    }
    Ok(())
}

/// Sends a request with the person's session; what comes back to the app is looked at.
pub(super) async fn silent(check: &mut Check<'_>, browser: &mut Browser<'_>, ask: &Ask) -> Result<Stop, String> {
    let stop = browser.open(check.address(ask)?).await?;
    if let Stop::Away(_, parameters) = &stop {
        check.note_answer(parameters, ask);
    }
    Ok(stop)
}

async fn fragment(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    response_type: &str,
) -> Result<(), String> {
    let wanted: Vec<&str> = response_type.split(' ').collect();
    let mut changes = vec![("prompt", "none"), ("response_type", response_type)];
    if !wanted.contains(&"code") {
        changes.extend([("code_challenge", ""), ("code_challenge_method", "")]);
    }
    let ask = check.ask_briefly(app, &changes)?;
    let stop = match silent(check, browser, &ask).await {
        Ok(stop) => stop,
        Err(why) => {
            check.push(FRAGMENT.judge(false, why));
            return Ok(());
        }
    };
    if matches!(stop.get("error"), Some("unauthorized_client" | "unsupported_response_type")) {
        check.push(FRAGMENT.not_applicable(format!("the test app is not registered for {response_type}")));
        return Ok(());
    }
    let of = |name: &str| match name {
        "token" => stop.get("access_token"),
        other => stop.get(other),
    };
    let whole = matches!(stop, Stop::Away(By::Fragment, _)) && wanted.iter().all(|name| of(name).is_some());
    check.push(FRAGMENT.judge(whole, format!("{response_type}: {}", stop.brief())));
    if let Some(jwt) = stop.get("id_token") {
        check.look_for_key(jwt).await;
        let algorithms = super::discovery::list(check.document, "id_token_signing_alg_values_supported");
        let expect = Expect {
            issuer: check.issuer,
            client_id: &app.client_id,
            algorithms: &algorithms,
            nonce: Some(&ask.nonce),
            access_token: stop.get("access_token"),
            code: stop.get("code"),
            by_browser: true,
            auth_time: false,
            refreshed: false,
            now: check.clock.now(),
        };
        let found = judge_id_token(jwt, &check.keys, &expect);
        check.findings.extend(found);
    }
    if wanted.contains(&"id_token") {
        let without = [changes.as_slice(), &[("nonce", "")]].concat();
        refused(check, browser, app, &NO_NONCE, &without).await?;
    }
    refused(check, browser, app, &QUERY, &[changes.as_slice(), &[("response_mode", "query")]].concat()).await
}

/// A request that brings nothing: an error to the app, or a page.
async fn refused(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    demand: &'static Demand,
    changes: &[(&str, &str)],
) -> Result<(), String> {
    let ask = check.ask_briefly(app, changes)?;
    let found = match silent(check, browser, &ask).await {
        Ok(Stop::Page(url, seen)) => {
            demand.judge((400..500).contains(&seen.status), format!("a page, {} {}", seen.status, url.path()))
        }
        Ok(stop) => demand.judge(stop.get("error") == Some("invalid_request"), stop.brief()),
        Err(why) => demand.judge(false, why),
    };
    check.push(found);
    Ok(())
}
