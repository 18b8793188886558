//! The token endpoint, asked by nobody and by the test app, without a code of anybody's.

use super::check::{App, Check, basic, brief, member};
use super::finding::{Demand, Finding};
use crate::outbound::http::Seen;

static STRANGER: Demand =
    Demand::new("token.unknown-client", "an unknown client gets 401 invalid_client, as JSON", "RFC 6749 §5.2");
static CHALLENGE: Demand =
    Demand::new("token.challenge", "whoever used Basic is answered with WWW-Authenticate", "RFC 6749 §5.2");
static GET: Demand = Demand::new("token.get", "GET is not taken", "RFC 6749 §3.2");
static SECRET: Demand = Demand::new("token.wrong-secret", "a wrong secret gets 401 invalid_client", "RFC 6749 §5.2");
static GRANT: Demand =
    Demand::new("token.unknown-grant", "an unknown grant gets unsupported_grant_type", "RFC 6749 §5.2");
static CODE: Demand = Demand::new("token.unknown-code", "a code that nobody gave gets invalid_grant", "RFC 6749 §5.2");
static REFRESH: Demand =
    Demand::new("token.unknown-refresh", "a refresh token that nobody gave gets invalid_grant", "RFC 6749 §5.2");

/// Whether an answer is that refusal: JSON, with one of these statuses and codes.
pub(super) fn refused(
    demand: &'static Demand,
    seen: &Result<Seen, String>,
    statuses: &[u16],
    errors: &[&str],
) -> Finding {
    match seen {
        Err(why) => demand.judge(false, why.as_str()),
        Ok(seen) => {
            let right = statuses.contains(&seen.status)
                && seen.header("content-type").starts_with("application/json")
                && member(seen, "error").is_some_and(|error| errors.contains(&error.as_str()));
            demand.judge(right, brief(seen))
        }
    }
}

pub(super) async fn run(check: &mut Check<'_>, app: Option<&App>) -> Result<(), String> {
    let code = check.random()?;
    let redirect_uri = app.map_or("https://self-check.example/callback", |app| app.redirect_uri.as_str());
    let verifier = check.random()?;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier.as_str()),
    ];
    let nobody = format!("app_self_check_{}", check.random()?.replace(['-', '_'], "x"));
    let stranger = App {
        client_id: nobody,
        secret: Some(check.random()?),
        redirect_uri: redirect_uri.to_owned(),
        post_logout_redirect_uri: None,
    };
    let seen = check.token(Some(&stranger), &exchange).await;
    check.push(refused(&STRANGER, &seen, &[401], &["invalid_client"]));
    if let Ok(seen) = &seen {
        let challenge = seen.header("www-authenticate");
        check.push(CHALLENGE.judge(
            challenge.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic")),
            if challenge.is_empty() { "none" } else { challenge },
        ));
    }
    let seen = check.get("token_endpoint", &[("authorization", &basic(&stranger.client_id, "x"))]).await;
    check.push(match seen {
        Ok(seen) => GET.judge((400..500).contains(&seen.status), brief(&seen)),
        Err(why) => GET.judge(false, why),
    });
    let Some(app) = app else {
        check.skip(&[&SECRET, &GRANT, &CODE, &REFRESH], "needs --client-id");
        return Ok(());
    };
    if app.secret.is_some() {
        let wrong = App {
            client_id: app.client_id.clone(),
            secret: Some(check.random()?),
            redirect_uri: app.redirect_uri.clone(),
            post_logout_redirect_uri: None,
        };
        let seen = check.token(Some(&wrong), &exchange).await;
        check.push(refused(&SECRET, &seen, &[401], &["invalid_client"]));
    } else {
        check.push(SECRET.not_applicable("needs --client-secret-file"));
    }
    let seen = check.token(Some(app), &[("grant_type", "urn:example:self-check")]).await;
    check.push(refused(&GRANT, &seen, &[400], &["unsupported_grant_type"]));
    let seen = check.token(Some(app), &exchange).await;
    check.push(refused(&CODE, &seen, &[400], &["invalid_grant"]));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", code.as_str())];
    let seen = check.token(Some(app), &refresh).await;
    // An app that may have none may hear just that.
    check.push(refused(&REFRESH, &seen, &[400], &["invalid_grant", "unauthorized_client"]));
    Ok(())
}
