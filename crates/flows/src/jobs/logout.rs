//! Tells apps by the back channel that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.5): at least once, with
//! a longer pause after each failure, for a day. Nobody waits for it, and an app that is slow delays no other.

mod hands;

use crate::access;
use crate::ctx::Ctx;
use crate::outside::{Behalf, Fetch, FetchFault, FetchPurpose};
use crate::protect::{self, Content};
use crate::subject;
use hands::{Hands, Trip};
use portvakt_model::{App, Fault, Seconds, Timestamp};
use portvakt_protocol::jose::TokenType;
use portvakt_protocol::oauth::logout::{LogoutToken, logout_token};
use portvakt_protocol::oauth::params;
use portvakt_store::LogoutNotice;
use uuid::Uuid;

/// How many that are due are looked at, to find some for every app.
const LOOK: u32 = 256;
/// How long one may take before another worker takes its row: longer than any request may last.
const LEASE: Seconds = Seconds(60);
/// How long after each failure the next try comes; after the last of them every hour.
const PAUSES: [Seconds; 5] = [Seconds(5), Seconds(30), Seconds::minutes(2), Seconds::minutes(10), Seconds::minutes(60)];

/// Carries the news. Cheap to clone; the clones share what is under way, and what they know of the apps.
#[derive(Debug, Clone, Default)]
pub struct Courier(Hands);

impl Courier {
    /// Sends what is due on its way, as far as there are hands, and does not wait for what comes of it. Gives how many
    /// went out. While all hands are full it waits for one.
    ///
    /// # Errors
    /// What the database says; nothing is lost by it.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, Fault> {
        self.0.one_free().await?;
        let now = ctx.clock.now();
        let full = self.0.full();
        let due = ctx.store.read(move |tx| tx.logout_notices().due(now, &full, LOOK)).await?;
        let chosen = self.0.choose(due);
        if chosen.is_empty() {
            return Ok(0);
        }
        let claimed = ctx
            .store
            .write(move |tx| {
                let mut claimed = Vec::new();
                for notice in chosen {
                    if tx.logout_notices().lease(&notice, now, LEASE)? {
                        claimed.push(notice);
                    }
                }
                Ok(claimed)
            })
            .await?;
        let count = claimed.len();
        for notice in claimed {
            let trip = self.0.set_out(notice.app, now).await?;
            tokio::spawn(carry(ctx.clone(), notice, trip));
        }
        Ok(count)
    }

    /// Waits until nothing is under way.
    pub async fn rest(&self) {
        self.0.all_free().await;
    }
}

/// What came of one try.
enum Outcome {
    /// The app has heard.
    Heard,
    /// There is nobody to tell any more.
    Moot,
    /// All our own lines were in use: nobody was asked.
    Unasked,
    /// Trying again may help.
    Passing(String),
    /// Trying again is useless.
    Lasting(String),
}

async fn carry(ctx: Ctx, notice: LogoutNotice, trip: Trip) {
    match tell(&ctx, &notice).await {
        Ok(Some(answered)) => trip.back(answered, ctx.clock.now()),
        // Nobody was asked, so nothing is known of how the app behaves.
        Ok(None) => drop(trip),
        // The lease runs out, and the app is told then.
        Err(fault) => {
            tracing::warn!(client_id = notice.client_id, %fault, "an app could not be told now that a session ended");
        }
    }
}

/// One try; whether the app's answer settled the matter, if it was asked.
async fn tell(ctx: &Ctx, notice: &LogoutNotice) -> Result<Option<bool>, Fault> {
    let (now, row) = (ctx.clock.now(), notice.clone());
    if notice.expires_at <= now {
        let why = notice.last_error.clone().unwrap_or_else(|| "expired".to_owned());
        return give_up(ctx, row, why, now).await.map(|()| None);
    }
    let outcome = attempt(ctx, notice).await?;
    let now = ctx.clock.now();
    let (client_id, attempts) = (&notice.client_id, notice.attempts.saturating_add(1));
    match outcome {
        Outcome::Heard | Outcome::Moot => {
            tracing::debug!(client_id, attempts, "an app was told that a session ended");
            ctx.store.write(move |tx| tx.logout_notices().settle(&row)).await?;
            Ok(Some(true))
        }
        // The lease runs out, and the app is told then.
        Outcome::Unasked => Ok(None),
        Outcome::Passing(why) => {
            let next = pause(attempts, now);
            if next >= notice.expires_at {
                give_up(ctx, row, why, now).await?;
            } else {
                tracing::warn!(
                    client_id,
                    attempts,
                    why,
                    "an app that is to hear of a session's end is tried again later"
                );
                ctx.store.write(move |tx| tx.logout_notices().retry(&row, next, &why)).await?;
            }
            Ok(Some(false))
        }
        Outcome::Lasting(why) => give_up(ctx, row, why, now).await.map(|()| Some(true)),
    }
}

async fn give_up(ctx: &Ctx, row: LogoutNotice, why: String, now: Timestamp) -> Result<(), Fault> {
    let (client_id, session) = (&row.client_id, row.session);
    tracing::error!(client_id, %session, why, "an app was not told that a session ended, and was given up");
    ctx.store.write(move |tx| tx.logout_notices().give_up(&row, &why, now).map(|_| ())).await
}

async fn attempt(ctx: &Ctx, notice: &LogoutNotice) -> Result<Outcome, Fault> {
    // Both may be gone since, or the app may have stopped listening.
    let Some(app) = ctx.keeper.app(&notice.client_id).await? else { return Ok(Outcome::Moot) };
    let Some(uri) = app.settings.logout.back.clone() else { return Ok(Outcome::Moot) };
    let token = match token(ctx, &app, notice).await? {
        Some(Ok(token)) => token,
        Some(Err(why)) => return Ok(Outcome::Passing(why)),
        None => return Ok(Outcome::Moot),
    };
    let form = params::join(&[("logout_token", &token)]);
    let answer = ctx.outside.fetch(Fetch::form(&uri, FetchPurpose::BackChannelLogout, Behalf::of(&app), form)).await;
    Ok(match answer {
        Ok(fetched) => judge(fetched.status),
        Err(FetchFault::Busy) => Outcome::Unasked,
        Err(fault) if fault.is_lasting() => Outcome::Lasting(said(fault)),
        Err(fault) => Outcome::Passing(said(fault)),
    })
}

/// What an app's answer means (§2.8): any success is one, 400 says that it will not take this token at any time.
fn judge(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Heard,
        400 => Outcome::Lasting("status_400".to_owned()),
        other => Outcome::Passing(format!("status_{other}")),
    }
}

fn said(fault: FetchFault) -> String {
    fault.name().to_owned()
}

/// A logout token of its own for each try (§2.4), signed as the app's `id_tokens` are and encrypted where they are;
/// `None` if the account is gone, the inner error if the app's key for that can't be had.
async fn token(ctx: &Ctx, app: &App, notice: &LogoutNotice) -> Result<Option<Result<String, String>>, Fault> {
    let account = notice.account;
    let Some(account) = ctx.store.read(move |tx| tx.accounts().find(account)).await? else { return Ok(None) };
    let Ok(sealing) = protect::id_tokens(ctx, app).await? else { return Ok(Some(Err("client_keys".to_owned()))) };
    let now = ctx.clock.now();
    let claims = logout_token(&LogoutToken {
        issuer: &ctx.settings.issuer,
        client_id: &app.client_id,
        sub: &subject::of(ctx, app, &account)?,
        sid: &subject::sid(ctx, app, notice.session)?,
        jti: Uuid::from_bytes(ctx.dice.bytes()?),
        now,
    });
    let signed = access::sign(ctx, app.settings.id_token_alg, TokenType::LogoutToken, &claims, now).await?;
    match sealing {
        Some(sealing) => sealing.seal(ctx, &Content::Jwt(signed)).map(|sealed| Some(Ok(sealed))),
        None => Ok(Some(Ok(signed))),
    }
}

/// When the next try comes after so many.
fn pause(attempts: i32, now: Timestamp) -> Timestamp {
    let place = usize::try_from(attempts.max(1) - 1).unwrap_or_default();
    let [.., longest] = PAUSES;
    now.after(PAUSES.get(place).copied().unwrap_or(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_an_hour() {
        let now = Timestamp::from_seconds(0);
        let seconds = [0, 1, 2, 3, 4, 5, 6, i32::MAX].map(|tries| pause(tries, now).seconds());
        assert_eq!(seconds, [5, 5, 30, 120, 600, 3600, 3600, 3600]);
    }
}
