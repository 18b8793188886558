//! Sign-out asked for by an app (OpenID Connect RP-Initiated Logout 1.0).

use super::Profile;
use super::authorize::{SOMEBODY, page};
use super::browser::{Browser, Stop};
use super::check::{App, Check};
use super::finding::{Demand, Finding};
use super::front_channel::silent;
use super::page::form_of;
use crate::outbound::http::{Asked, Seen};
use url::Url;

static BAD_HINT: Demand = Demand::new(
    "logout.bad-hint",
    "an id_token_hint that nobody signed sends nobody anywhere, and ends nothing",
    "OIDC RP-Initiated Logout §4",
);
static BAD_URI: Demand = Demand::new(
    "logout.redirect",
    "an address that no app registered is gone to by nobody",
    "OIDC RP-Initiated Logout §3",
);
static BARE: Demand =
    Demand::new("logout.bare", "a request without parameters is answered by a page", "OIDC RP-Initiated Logout §2");
static BACK: Demand = Demand::new(
    "logout.back",
    "a hint and a registered address lead back, with state and nothing else",
    "OIDC RP-Initiated Logout §3",
);
static BY_POST: Demand = Demand::new("logout.post", "a request may come by POST", "OIDC RP-Initiated Logout §2");
pub(super) static ENDS: Demand =
    Demand::new("logout.ends", "after sign-out, prompt=none is refused", "OIDC RP-Initiated Logout §2");

/// What needs a person who is signed in.
pub(super) static OF_PERSON: [&Demand; 3] = [&BAD_HINT, &BACK, &BY_POST];

const NO_ADDRESS: &str = "needs --post-logout-redirect-uri";

/// What strangers can ask for.
pub(super) async fn strangers(check: &mut Check<'_>, app: Option<&App>, profiles: &[Profile]) -> Result<(), String> {
    if !profiles.contains(&Profile::Logout) {
        return Ok(());
    }
    let away = "https://self-check.example/signed-out";
    let hint = format!("{}.{}.{}", check.random()?, check.random()?, check.random()?);
    let mut with_uri = vec![("post_logout_redirect_uri", away)];
    with_uri.extend(app.map(|app| ("client_id", app.client_id.as_str())));
    let mut asked: Vec<(&'static Demand, Vec<(&str, &str)>)> = vec![(&BARE, Vec::new()), (&BAD_URI, with_uri)];
    // Only at an address that is right does it show whether the hint is looked at.
    match app.and_then(|app| Some((app.client_id.as_str(), app.post_logout_redirect_uri.as_deref()?))) {
        Some((client_id, uri)) => {
            let all = [("id_token_hint", hint.as_str()), ("client_id", client_id), ("post_logout_redirect_uri", uri)];
            asked.push((&BAD_HINT, all.to_vec()));
        }
        None => check.push(BAD_HINT.not_applicable(NO_ADDRESS)),
    }
    for (demand, parameters) in asked {
        let seen = match address(check, &parameters) {
            Ok(url) => here(check, url).await,
            Err(why) => {
                check.push(demand.not_applicable(why));
                continue;
            }
        };
        check.push(page(demand, &seen));
    }
    Ok(())
}

fn address(check: &Check<'_>, parameters: &[(&str, &str)]) -> Result<Url, String> {
    let mut url = check.endpoint("end_session_endpoint")?;
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
    Ok(url)
}

/// The page behind redirects on the deployment's own origin; those elsewhere are shown as they are.
async fn here(check: &Check<'_>, mut url: Url) -> Result<Seen, String> {
    for _ in 0..5 {
        let seen = check.http.send(Asked::get(&url, &[])).await?;
        let target = url.join(seen.header("location")).ok();
        match target.filter(|target| !seen.header("location").is_empty() && check.http.is_for(target)) {
            Some(target) => url = target,
            None => return Ok(seen),
        }
    }
    Err("redirects without end".to_owned())
}

/// Ends the test person's session; then nothing is silent any more.
pub(super) async fn ends(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    id_token: &str,
    profiles: &[Profile],
) -> Result<(), String> {
    let is_asked = profiles.contains(&Profile::Logout);
    match app.post_logout_redirect_uri.as_deref() {
        Some(uri) if is_asked => {
            let found = bad_hint(check, browser, app, id_token, uri).await?;
            check.push(found);
            let found = back(check, browser, id_token, uri).await?;
            check.push(found);
        }
        None if is_asked => check.push(BACK.not_applicable(NO_ADDRESS)),
        Some(_) | None => {}
    }
    let url = match address(check, &[("id_token_hint", id_token)]) {
        Ok(url) => url,
        Err(why) => {
            check.push(ENDS.not_applicable(why));
            return Ok(());
        }
    };
    let signed_out = sign_out(browser, url).await;
    let ask = check.ask_briefly(app, &[("prompt", "none")])?;
    let after = match (signed_out, check.address(&ask)) {
        (Ok(()), Ok(url)) => browser.open(url).await,
        (Err(why), _) | (_, Err(why)) => Err(why),
    };
    check.push(match after {
        Ok(stop) => ENDS.judge(stop.get("error").is_some_and(|error| SOMEBODY.contains(&error)), stop.brief()),
        Err(why) => ENDS.judge(false, why),
    });
    if is_asked {
        let found = by_post(check, browser, id_token).await;
        check.push(found);
    }
    Ok(())
}

/// The person's own `id_token` under another signature, with all else right.
async fn bad_hint(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    id_token: &str,
    uri: &str,
) -> Result<Finding, String> {
    let hint = broken(id_token);
    let asked = [("id_token_hint", hint.as_str()), ("client_id", &app.client_id), ("post_logout_redirect_uri", uri)];
    let stop = match address(check, &asked) {
        Ok(url) => browser.leaving_for(uri, url).await,
        Err(why) => return Ok(BAD_HINT.not_applicable(why)),
    };
    let seen = match stop {
        Ok(stop @ Stop::Page(..)) => stop.brief(),
        Ok(stop) => return Ok(BAD_HINT.judge(false, format!("sent back with {}", stop.brief()))),
        Err(why) => return Ok(BAD_HINT.judge(false, why)),
    };
    let ask = check.ask_briefly(app, &[("prompt", "none")])?;
    let after = silent(check, browser, &ask).await;
    Ok(match after {
        Ok(stop) if stop.get("code").is_none() => BAD_HINT.judge(false, format!("signed out: {}", stop.brief())),
        Ok(_) => BAD_HINT.judge(true, seen),
        Err(why) => BAD_HINT.judge(false, why),
    })
}

/// The same token, signed by nobody.
fn broken(jwt: &str) -> String {
    match jwt.rsplit_once('.') {
        Some((signed, signature)) => format!("{signed}.{}", "A".repeat(signature.len())),
        None => String::new(),
    }
}

async fn back(check: &Check<'_>, browser: &mut Browser<'_>, id_token: &str, uri: &str) -> Result<Finding, String> {
    let state = check.random()?;
    let asked = [("id_token_hint", id_token), ("post_logout_redirect_uri", uri), ("state", &state)];
    let stop = match address(check, &asked) {
        Ok(url) => browser.leaving_for(uri, url).await,
        Err(why) => return Ok(BACK.not_applicable(why)),
    };
    Ok(match stop {
        Ok(Stop::Away(_, all)) => {
            let right = all.len() == 1 && all.iter().all(|(name, value)| name == "state" && *value == state);
            let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
            BACK.judge(
                right,
                format!("back, with {}", if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }),
            )
        }
        Ok(stop) => BACK.judge(false, stop.brief()),
        Err(why) => BACK.judge(false, why),
    })
}

/// Nobody is signed in any more: what counts is that it is taken.
async fn by_post(check: &Check<'_>, browser: &mut Browser<'_>, id_token: &str) -> Finding {
    let stop = match check.endpoint("end_session_endpoint") {
        Ok(url) => browser.post(url, &[("id_token_hint", id_token)]).await,
        Err(why) => return BY_POST.not_applicable(why),
    };
    match stop {
        Ok(stop) => {
            let taken = matches!(&stop, Stop::Page(_, seen) if seen.status < 400);
            BY_POST.judge(taken, stop.brief())
        }
        Err(why) => BY_POST.judge(false, why),
    }
}

async fn sign_out(browser: &mut Browser<'_>, url: Url) -> Result<(), String> {
    let stop = browser.open(url).await?;
    if let Stop::Page(url, seen) = &stop
        && let Some(form) = form_of(&seen.body, "logout-confirm")
    {
        browser.submit(&url.clone(), &form.action, &form.pressed("logout-confirm", &[])).await?;
    }
    Ok(())
}
