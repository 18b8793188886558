//! What goes on from the first code: silent requests on the session that it came with, what a code needs beside itself,
//! and at the end the replay that takes everything back.

use super::Profile;
use super::authorize::SOMEBODY;
use super::browser::{Browser, Stop};
use super::check::{App, Ask, Check, brief, member};
use super::finding::Demand;
use super::flow::{First, Kind, answer, exchange, id_token_of};
use super::front_channel::{self, silent};
use super::id_token::claims;
use super::tokens::refused;
use super::{logout, userinfo};
use serde_json::{Map, Value};

static SILENT: Demand =
    Demand::new("authorize.silent", "prompt=none is silent then, for the same sub and auth_time", "OIDC Core §3.1.2.1");
static HINT: Demand = Demand::new("authorize.id-token-hint", "an id_token_hint is taken", "OIDC Core §3.1.2.1");
static UNKNOWN: Demand = Demand::new(
    "authorize.unknown-parameter",
    "unknown parameters, languages and hints are no error",
    "OIDC Core §3.1.2.1",
);
static BY_POST: Demand =
    Demand::new("authorize.post-silent", "a silent request may come by POST", "OIDC Core §3.1.2.1");
static AGE: Demand = Demand::new("authorize.max-age", "max_age that is not over is silent", "OIDC Core §3.1.2.1");
static OLD: Demand = Demand::new("authorize.max-age-over", "max_age that is over asks again", "OIDC Core §3.1.2.1");
static LOGIN: Demand = Demand::new("authorize.prompt-login", "prompt=login asks again", "OIDC Core §3.1.2.1");
static NO_NONCE: Demand = Demand::new("authorize.no-nonce", "a code needs no nonce", "OIDC Core §3.1.2.1");
static PKCE: Demand = Demand::new("token.pkce", "a code needs its own code_verifier", "RFC 7636 §4.6");
static REDIRECT: Demand = Demand::new("token.redirect-uri", "a code needs its own redirect_uri", "OIDC Core §3.1.3.2");
static REFRESH: Demand = Demand::new("token.refresh", "a refresh token gives an access token", "RFC 6749 §6");
static REFRESHED: Demand =
    Demand::new("token.refreshed-id-token", "a refreshed id_token has the same sub and auth_time", "OIDC Core §12.2");
static ONCE: Demand = Demand::new("token.code-once", "a code is good once", "RFC 6749 §4.1.2");
static REVOKES: Demand =
    Demand::new("token.code-revokes", "a code's second use takes back what it gave", "RFC 6749 §4.1.2");

pub(super) static SESSION_STATE: Demand =
    Demand::new("answer.session-state", "an answer with a code has session_state", "OIDC Session Management §2");

pub(super) static ALL: [&Demand; 14] = [
    &SILENT, &HINT, &UNKNOWN, &BY_POST, &AGE, &OLD, &LOGIN, &NO_NONCE, &PKCE, &REDIRECT, &REFRESH, &REFRESHED, &ONCE,
    &REVOKES,
];

/// Everything that goes on from the first code.
pub(super) struct Flow<'c, 'a, 'b> {
    pub(super) check: &'c mut Check<'a>,
    pub(super) browser: &'c mut Browser<'b>,
    pub(super) app: &'c App,
    pub(super) first: &'c First,
}

impl Flow<'_, '_, '_> {
    pub(super) async fn run(mut self, profiles: &[Profile]) -> Result<(), String> {
        let sub = self.first.text("sub").unwrap_or_default();
        userinfo::run(self.check, &self.first.access_token, sub).await?;
        self.refresh().await;
        self.again().await?;
        self.asks_again().await?;
        self.proofs().await?;
        front_channel::run(self.check, self.browser, self.app, profiles).await?;
        if profiles.contains(&Profile::Session) {
            self.watched().await?;
        }
        self.replay().await;
        logout::ends(self.check, self.browser, self.app, &self.first.id_token, profiles).await
    }

    /// A silent request, and its code.
    async fn code(&mut self, changes: &[(&str, &str)]) -> Result<(Ask, Result<String, String>), String> {
        let changes = [&[("prompt", "none")], changes].concat();
        let ask = self.check.ask_briefly(self.app, &changes)?;
        let stop = silent(self.check, self.browser, &ask).await;
        let code = stop.and_then(|stop| stop.get("code").map(str::to_owned).ok_or_else(|| stop.brief()));
        Ok((ask, code))
    }

    /// The same, and what its `id_token` says.
    async fn whole(
        &mut self,
        changes: &[(&str, &str)],
        kind: Kind,
    ) -> Result<Result<Map<String, Value>, String>, String> {
        let (ask, code) = self.code(changes).await?;
        let code = match code {
            Ok(code) => code,
            Err(why) => return Ok(Err(why)),
        };
        let seen = exchange(self.check, self.app, &code, Some(&ask.verifier), &self.app.redirect_uri).await;
        let Some((access_token, jwt)) = answer(self.check, &seen) else { return Ok(Err("no tokens".to_owned())) };
        id_token_of(self.check, self.app, &jwt, &access_token, ask.get("nonce"), kind).await;
        Ok(claims(&jwt).ok_or_else(|| "an id_token that cannot be read".to_owned()))
    }

    fn same(&self, claims: &Map<String, Value>) -> Result<String, String> {
        let other: Vec<&str> =
            ["sub", "auth_time"].into_iter().filter(|name| claims.get(*name) != self.first.claim(name)).collect();
        if other.is_empty() { Ok("the same".to_owned()) } else { Err(format!("another {}", other.join(" and "))) }
    }

    async fn refresh(&mut self) {
        let Some(token) = &self.first.refresh_token else {
            return self.check.skip(&[&REFRESH, &REFRESHED], "the test app gets no refresh token");
        };
        let seen = self.check.token(Some(self.app), &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
        let seen = match seen {
            Ok(seen) => seen,
            Err(why) => return self.check.push(REFRESH.judge(false, why)),
        };
        let access_token = member(&seen, "access_token").filter(|_| seen.status == 200);
        self.check.push(REFRESH.judge(access_token.is_some(), brief(&seen)));
        let Some((access_token, jwt)) = access_token.zip(member(&seen, "id_token")) else {
            return self.check.push(REFRESHED.not_applicable("no id_token came with it, which is allowed"));
        };
        id_token_of(self.check, self.app, &jwt, &access_token, self.first.text("nonce"), Kind::Refreshed).await;
        let same = claims(&jwt).ok_or_else(|| "cannot be read".to_owned()).and_then(|claims| self.same(&claims));
        self.check.push(REFRESHED.told(same));
    }

    /// Requests that need nobody any more.
    async fn again(&mut self) -> Result<(), String> {
        let silent = self.whole(&[], Kind::First).await?.and_then(|claims| self.same(&claims));
        self.check.push(SILENT.told(silent));
        let age = self.whole(&[("max_age", "10000")], Kind::WithMaxAge).await?.and_then(|claims| self.same(&claims));
        self.check.push(AGE.told(age));
        let bare = self.whole(&[("nonce", "")], Kind::First).await?.map(|_| "an id_token without nonce".to_owned());
        self.check.push(NO_NONCE.told(bare));
        let came = |code: Result<String, String>| code.map(|_| "a code".to_owned());
        let (_, hinted) = self.code(&[("id_token_hint", &self.first.id_token)]).await?;
        self.check.push(HINT.told(came(hinted)));
        let odd = [
            ("self_check", "yes"),
            ("ui_locales", "se"),
            ("claims_locales", "se"),
            ("display", "popup"),
            ("acr_values", "urn:example:unknown"),
            ("login_hint", "nobody@self-check.example"),
        ];
        let (_, code) = self.code(&odd).await?;
        self.check.push(UNKNOWN.told(came(code)));
        let ask = self.check.ask_briefly(self.app, &[("prompt", "none")])?;
        let posted = match self.check.endpoint("authorization_endpoint") {
            Ok(url) => self.browser.post(url, &ask.pairs()).await,
            Err(why) => Err(why),
        };
        if let Ok(Stop::Away(_, parameters)) = &posted {
            self.check.note_answer(parameters, &ask);
        }
        let posted = posted.and_then(|stop| stop.get("code").map(str::to_owned).ok_or_else(|| stop.brief()));
        self.check.push(BY_POST.told(came(posted)));
        Ok(())
    }

    /// Requests that need the person again.
    async fn asks_again(&mut self) -> Result<(), String> {
        let ask = self.check.ask_briefly(self.app, &[("prompt", "none"), ("max_age", "0")])?;
        let old = silent(self.check, self.browser, &ask).await;
        self.check.push(match old {
            Ok(stop) => OLD.judge(stop.get("error").is_some_and(|error| SOMEBODY.contains(&error)), stop.brief()),
            Err(why) => OLD.judge(false, why),
        });
        let ask = self.check.ask_briefly(self.app, &[("prompt", "login")])?;
        let login = silent(self.check, self.browser, &ask).await;
        self.check.push(match login {
            Ok(stop) => LOGIN.judge(matches!(&stop, Stop::Page(_, seen) if seen.status == 200), stop.brief()),
            Err(why) => LOGIN.judge(false, why),
        });
        Ok(())
    }

    /// What the app's page can watch (§2: it holds no space).
    async fn watched(&mut self) -> Result<(), String> {
        let ask = self.check.ask_briefly(self.app, &[("prompt", "none")])?;
        let stop = silent(self.check, self.browser, &ask).await;
        self.check.push(match stop {
            Ok(stop) => {
                let right = stop.get("session_state").is_some_and(|state| !state.is_empty() && !state.contains(' '));
                SESSION_STATE.judge(right, stop.brief())
            }
            Err(why) => SESSION_STATE.judge(false, why),
        });
        Ok(())
    }

    /// What a code needs beside itself.
    async fn proofs(&mut self) -> Result<(), String> {
        let other = self.check.random()?;
        for verifier in [Some(other.as_str()), None] {
            let (_, code) = self.code(&[]).await?;
            let seen = match code {
                Ok(code) => exchange(self.check, self.app, &code, verifier, &self.app.redirect_uri).await,
                Err(why) => Err(why),
            };
            self.check.push(refused(&PKCE, &seen, &[400], &["invalid_grant", "invalid_request"]));
        }
        let (ask, code) = self.code(&[]).await?;
        let seen = match code {
            Ok(code) => {
                let elsewhere = format!("{}/more", self.app.redirect_uri);
                exchange(self.check, self.app, &code, Some(&ask.verifier), &elsewhere).await
            }
            Err(why) => Err(why),
        };
        self.check.push(refused(&REDIRECT, &seen, &[400], &["invalid_grant", "invalid_request"]));
        Ok(())
    }

    /// The first code once more.
    async fn replay(&mut self) {
        let First { code, verifier, access_token, .. } = self.first;
        let seen = exchange(self.check, self.app, code, Some(verifier), &self.app.redirect_uri).await;
        self.check.push(refused(&ONCE, &seen, &[400], &["invalid_grant"]));
        let bearer = format!("Bearer {access_token}");
        let seen = self.check.get("userinfo_endpoint", &[("authorization", &bearer)]).await;
        self.check.push(match seen {
            Ok(seen) => REVOKES.judge(seen.status == 401, brief(&seen)),
            Err(why) => REVOKES.judge(false, why),
        });
    }
}
