//! The code flow with the test app and the test person: one sign-in by our own pages, the code, and what it gives. What
//! goes on from there is in `session`.

use super::Profile;
use super::browser::{Browser, Stop};
use super::check::{App, Check, Person, brief, member};
use super::finding::{Demand, Finding};
use super::front_channel;
use super::id_token::{Expect, claims, judge_id_token};
use super::{logout, session, userinfo};
use crate::outbound::http::Seen;
use serde_json::{Map, Value};

static CODE: Demand = Demand::new("authorize.code", "the person signs in, and a code comes back", "OIDC Core §3.1.2.5");
static ANSWER: Demand =
    Demand::new("token.answer", "a code gets JSON with Bearer, expires_in and an id_token", "OIDC Core §3.1.3.3");
static ENTROPY: Demand = Demand::new("token.entropy", "codes and tokens cannot be guessed", "RFC 6749 §10.10");

static OWN: [&Demand; 9] = [
    &CODE,
    &ANSWER,
    &ENTROPY,
    &userinfo::ANSWER,
    &userinfo::SUB,
    &userinfo::TYPES,
    &userinfo::POST,
    &userinfo::BODY,
    &logout::ENDS,
];

pub(super) async fn run(
    check: &mut Check<'_>,
    app: Option<&App>,
    person: Option<&Person>,
    profiles: &[Profile],
) -> Result<(), String> {
    let (Some(app), Some(person)) = (app, person) else {
        let missing =
            if app.is_none() { "needs --client-id, --redirect-uri and --person-file" } else { "needs --person-file" };
        check.skip(&demands(profiles), missing);
        return Ok(());
    };
    let mut browser = Browser::new(check.http, &app.redirect_uri);
    if let Some(first) = sign_in(check, &mut browser, app, person).await? {
        session::Flow { check: &mut *check, browser: &mut browser, app, first: &first }.run(profiles).await?;
    }
    check.skip(&demands(profiles), "not come to: see what failed before");
    Ok(())
}

fn demands(profiles: &[Profile]) -> Vec<&'static Demand> {
    let by_browser = profiles.iter().any(|profile| matches!(profile, Profile::Implicit | Profile::Hybrid));
    let mut all: Vec<&'static Demand> = OWN.into_iter().chain(session::ALL).collect();
    if by_browser {
        all.extend([&front_channel::FRAGMENT, &front_channel::NO_NONCE, &front_channel::QUERY]);
    }
    if profiles.contains(&Profile::Formpost) {
        all.push(&front_channel::FORM_POST);
    }
    if profiles.contains(&Profile::Logout) {
        all.extend(logout::OF_PERSON);
    }
    if profiles.contains(&Profile::Session) {
        all.push(&session::SESSION_STATE);
    }
    all
}

/// What the first code gave.
pub(super) struct First {
    pub(super) code: String,
    pub(super) verifier: String,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: String,
    claims: Map<String, Value>,
}

impl First {
    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }
}

async fn sign_in(
    check: &mut Check<'_>,
    browser: &mut Browser<'_>,
    app: &App,
    person: &Person,
) -> Result<Option<First>, String> {
    let scope = "openid profile email address phone offline_access";
    let ask = check.ask(app, &[("scope", scope), ("prompt", "consent")])?;
    let stop = match check.address(&ask) {
        Ok(url) => browser.sign_in(url, person).await,
        Err(why) => Err(why),
    };
    let stop = match stop {
        Ok(stop) => stop,
        Err(why) => {
            check.push(CODE.judge(false, why));
            return Ok(None);
        }
    };
    if let Stop::Away(_, parameters) = &stop {
        check.note_answer(parameters, &ask);
    }
    check.push(CODE.judge(stop.get("code").is_some(), stop.brief()));
    let Some(code) = stop.get("code").map(str::to_owned) else { return Ok(None) };
    let seen = exchange(check, app, &code, Some(&ask.verifier), &app.redirect_uri).await;
    let Some((access_token, id_token)) = answer(check, &seen) else { return Ok(None) };
    let refresh_token = seen.as_ref().ok().and_then(|seen| member(seen, "refresh_token"));
    for secret in [Some(&code), Some(&access_token), refresh_token.as_ref()].into_iter().flatten() {
        check.push(judge_entropy(secret));
    }
    id_token_of(check, app, &id_token, &access_token, Some(&ask.nonce), Kind::First).await;
    let claims = claims(&id_token).unwrap_or_default();
    Ok(Some(First { code, verifier: ask.verifier, access_token, refresh_token, id_token, claims }))
}

pub(super) async fn exchange(
    check: &mut Check<'_>,
    app: &App,
    code: &str,
    verifier: Option<&str>,
    redirect_uri: &str,
) -> Result<Seen, String> {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    check.token(Some(app), &form).await
}

/// Judges a token answer; gives the access token and the `id_token`.
pub(super) fn answer(check: &mut Check<'_>, seen: &Result<Seen, String>) -> Option<(String, String)> {
    let seen = match seen {
        Ok(seen) => seen,
        Err(why) => {
            check.push(ANSWER.judge(false, why.as_str()));
            return None;
        }
    };
    let body: Value = serde_json::from_str(&seen.body).unwrap_or_default();
    let tokens = member(seen, "access_token").zip(member(seen, "id_token"));
    let is_bearer = member(seen, "token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    let expires = body.get("expires_in").is_some_and(Value::is_u64);
    let is_json = seen.header("content-type").starts_with("application/json");
    let right = seen.status == 200 && is_json && is_bearer && expires && tokens.is_some();
    let names = body.as_object().map(|body| body.keys().map(String::as_str).collect::<Vec<_>>().join(", "));
    check.push(ANSWER.judge(right, if seen.status == 200 { names.unwrap_or_default() } else { brief(seen) }));
    tokens
}

/// Which `id_token` it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    First,
    WithMaxAge,
    Refreshed,
}

pub(super) async fn id_token_of(
    check: &mut Check<'_>,
    app: &App,
    jwt: &str,
    access_token: &str,
    nonce: Option<&str>,
    kind: Kind,
) {
    check.look_for_key(jwt).await;
    let algorithms = super::discovery::list(check.document, "id_token_signing_alg_values_supported");
    let expect = Expect {
        issuer: check.issuer,
        client_id: &app.client_id,
        algorithms: &algorithms,
        nonce,
        access_token: Some(access_token),
        code: None,
        by_browser: false,
        auth_time: kind == Kind::WithMaxAge,
        refreshed: kind == Kind::Refreshed,
        now: check.clock.now(),
    };
    let found = judge_id_token(jwt, &check.keys, &expect);
    check.findings.extend(found);
}

/// Estimates what a guesser does not know, character by character (RFC 6749 §10.10 asks for 128 bits).
fn judge_entropy(secret: &str) -> Finding {
    let length = f64::from(u32::try_from(secret.len()).unwrap_or(u32::MAX));
    let mut counts = [0_u32; 256];
    for byte in secret.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    let bits = shares.map(|share| -share * share.log2()).sum::<f64>() * length;
    ENTROPY.judge(bits >= 128.0, if bits >= 128.0 { "128 bits and more".to_owned() } else { format!("{bits:.0} bits") })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    #[test]
    fn what_can_be_guessed_is_told_from_what_cannot() {
        for (secret, right) in [
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", true),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("12345678", false),
            ("", false),
        ] {
            assert_eq!(judge_entropy(secret).outcome == Outcome::Passed, right, "{secret}");
        }
    }

    #[test]
    fn only_what_the_profiles_ask_for_is_missed() {
        let ids = |profiles: &[Profile]| demands(profiles).iter().map(|demand| demand.id).collect::<Vec<_>>();
        assert!(!ids(&[Profile::Basic]).contains(&"answer.fragment"));
        assert!(ids(&[Profile::Hybrid]).contains(&"answer.fragment"));
        assert!(ids(&[Profile::Formpost]).contains(&"answer.form-post"));
        assert!(!ids(&[Profile::Session]).contains(&"logout.back"));
        assert!(ids(&[Profile::Logout]).contains(&"logout.back"));
        assert!(ids(&[Profile::Session]).contains(&"answer.session-state"));
    }
}
