//! Sign-out asked for by an app (OpenID Connect RP-Initiated Logout 1.0).

use super::Profile;
use super::authorize::{SOMEBODY, page};
use super::browser::{Browser, Stop};
use super::check::{App, Check};
use super::finding::Demand;
use super::page::form_of;
use crate::outbound::http::{Asked, Seen};
use url::Url;

static BAD_HINT: Demand =
    Demand::new("logout.bad-hint", "a made-up id_token_hint sends nobody anywhere", "OIDC RP-Initiated Logout §4");
static BAD_URI: Demand = Demand::new(
    "logout.redirect",
    "an address that no app registered is gone to by nobody",
    "OIDC RP-Initiated Logout §3",
);
static BARE: Demand =
    Demand::new("logout.bare", "a request without parameters is answered by a page", "OIDC RP-Initiated Logout §2");
pub(super) static ENDS: Demand =
    Demand::new("logout.ends", "after sign-out, prompt=none is refused", "OIDC RP-Initiated Logout §2");

/// What strangers can ask for.
pub(super) async fn strangers(check: &mut Check<'_>, app: Option<&App>, profiles: &[Profile]) -> Result<(), String> {
    if !profiles.contains(&Profile::Logout) {
        return Ok(());
    }
    let away = "https://self-check.example/signed-out";
    let hint = format!("{}.{}.{}", check.random()?, check.random()?, check.random()?);
    let mut with_uri = vec![("post_logout_redirect_uri", away)];
    with_uri.extend(app.map(|app| ("client_id", app.client_id.as_str())));
    let asked: [(&'static Demand, Vec<(&str, &str)>); 3] = [
        (&BARE, Vec::new()),
        (&BAD_URI, with_uri),
        (&BAD_HINT, vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", away)]),
    ];
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
) -> Result<(), String> {
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
    Ok(())
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
