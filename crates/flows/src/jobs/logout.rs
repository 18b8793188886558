//! Tells apps by the back channel that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.5): at least once, with
//! a longer pause after each failure, for a day. Nobody waits for it, and an app that is slow delays no other.

use crate::access;
use crate::ctx::Ctx;
use crate::outside::{Behalf, Fetch, FetchFault, FetchPurpose};
use crate::protect::{self, Content};
use crate::subject;
use portvakt_model::{App, AppId, Fault, Seconds, Timestamp};
use portvakt_protocol::jose::TokenType;
use portvakt_protocol::oauth::logout::{LogoutToken, logout_token};
use portvakt_protocol::oauth::params;
use portvakt_store::LogoutNotice;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How many are told at the same moment, by one node.
const MOST: u32 = 32;
/// How many of them may be one app's, so that the others' never wait for it.
const MOST_OF_ONE: usize = 4;
/// How many that are due are looked at, to find some for every app.
const LOOK: u32 = 256;
/// How long one may take before another worker takes its row: longer than any request may last.
const LEASE: Seconds = Seconds(60);
/// How long after each failure the next try comes; after the last of them every hour.
const PAUSES: [Seconds; 5] = [Seconds(5), Seconds(30), Seconds::minutes(2), Seconds::minutes(10), Seconds::minutes(60)];

/// Carries the news. Cheap to clone; the clones share what is under way.
#[derive(Debug, Clone)]
pub struct Courier {
    slots: Arc<Semaphore>,
    busy: Arc<Mutex<HashMap<AppId, usize>>>,
}

impl Default for Courier {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(MOST as usize)), busy: Arc::default() }
    }
}

/// One app that is being told; over when it is dropped.
struct Trip {
    busy: Arc<Mutex<HashMap<AppId, usize>>>,
    app: AppId,
    _slot: OwnedSemaphorePermit,
}

impl Drop for Trip {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.app) {
            *count = count.saturating_sub(1);
        }
        busy.retain(|_, count| *count > 0);
    }
}

impl Courier {
    /// Sends what is due on its way, as far as there are hands, and does not wait for what comes of it. Gives how many
    /// went out. While all hands are full it waits for one.
    ///
    /// # Errors
    /// What the database says; nothing is lost by it.
    pub async fn run(&self, ctx: &Ctx) -> Result<usize, Fault> {
        drop(self.slots.acquire().await.map_err(Fault::broken)?);
        let now = ctx.clock.now();
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let full: Vec<AppId> = busy.iter().filter(|(_, count)| **count >= MOST_OF_ONE).map(|(app, _)| *app).collect();
        let due = ctx.store.read(move |tx| tx.logout_notices().due(now, &full, LOOK)).await?;
        let chosen = choose(due, busy, self.slots.available_permits());
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
            let trip = self.set_out(notice.app).await?;
            tokio::spawn(carry(ctx.clone(), notice, trip));
        }
        Ok(count)
    }

    /// Waits until nothing is under way.
    pub async fn rest(&self) {
        // The semaphore is never closed.
        let _all = self.slots.acquire_many(MOST).await;
    }

    async fn set_out(&self, app: AppId) -> Result<Trip, Fault> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(Fault::broken)?;
        *self.busy.lock().unwrap_or_else(PoisonError::into_inner).entry(app).or_default() += 1;
        Ok(Trip { busy: Arc::clone(&self.busy), app, _slot: slot })
    }
}

/// Those of the due that go out now: at most `most`, and no app's beyond what is its own.
fn choose(due: Vec<LogoutNotice>, mut busy: HashMap<AppId, usize>, most: usize) -> Vec<LogoutNotice> {
    let mut chosen = Vec::new();
    for notice in due {
        let count = busy.entry(notice.app).or_default();
        if chosen.len() < most && *count < MOST_OF_ONE {
            *count += 1;
            chosen.push(notice);
        }
    }
    chosen
}

/// What came of one try.
enum Outcome {
    /// The app has heard.
    Heard,
    /// There is nobody to tell any more.
    Moot,
    /// Trying again may help.
    Passing(String),
    /// Trying again is useless.
    Lasting(String),
}

async fn carry(ctx: Ctx, notice: LogoutNotice, trip: Trip) {
    if let Err(fault) = tell(&ctx, &notice).await {
        // The lease runs out, and the app is told then.
        tracing::warn!(client_id = notice.client_id, %fault, "an app could not be told now that a session ended");
    }
    drop(trip);
}

async fn tell(ctx: &Ctx, notice: &LogoutNotice) -> Result<(), Fault> {
    let outcome = if notice.expires_at <= ctx.clock.now() {
        Outcome::Lasting(notice.last_error.clone().unwrap_or_else(|| "expired".to_owned()))
    } else {
        attempt(ctx, notice).await?
    };
    let (now, row) = (ctx.clock.now(), notice.clone());
    let (client_id, attempts) = (&notice.client_id, notice.attempts.saturating_add(1));
    match outcome {
        Outcome::Heard | Outcome::Moot => {
            tracing::debug!(client_id, attempts, "an app was told that a session ended");
            ctx.store.write(move |tx| tx.logout_notices().settle(&row).map(|_| ())).await
        }
        Outcome::Passing(why) => {
            let next = pause(attempts, now);
            if next >= notice.expires_at {
                return give_up(ctx, row, why, now).await;
            }
            tracing::warn!(client_id, attempts, why, "an app that is to hear of a session's end is tried again later");
            ctx.store.write(move |tx| tx.logout_notices().retry(&row, next, &why).map(|_| ())).await
        }
        Outcome::Lasting(why) => give_up(ctx, row, why, now).await,
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
        session: notice.session,
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
    use portvakt_model::{AccountId, SessionId};

    fn notice(app: u128, session: u128) -> LogoutNotice {
        let at = Timestamp::from_seconds(0);
        LogoutNotice {
            session: SessionId(Uuid::from_u128(session)),
            app: AppId(Uuid::from_u128(app)),
            client_id: format!("app_{app}"),
            account: AccountId(Uuid::from_u128(9)),
            attempts: 0,
            next_at: at,
            created_at: at,
            expires_at: Timestamp::FAR,
            failed_at: None,
            last_error: None,
        }
    }

    #[test]
    fn each_failure_waits_longer_up_to_an_hour() {
        let now = Timestamp::from_seconds(0);
        let seconds = [0, 1, 2, 3, 4, 5, 6, i32::MAX].map(|tries| pause(tries, now).seconds());
        assert_eq!(seconds, [5, 5, 30, 120, 600, 3600, 3600, 3600]);
    }

    #[test]
    fn one_app_takes_a_few_hands_and_leaves_the_others_to_the_others() {
        let due: Vec<_> = (0..100).map(|session| notice(1, session)).chain([notice(2, 200)]).collect();
        let count = |chosen: &[LogoutNotice], app| chosen.iter().filter(|one| one.client_id == app).count();
        let chosen = choose(due.clone(), HashMap::new(), 32);
        assert_eq!((count(&chosen, "app_1"), count(&chosen, "app_2")), (MOST_OF_ONE, 1));
        let busy = HashMap::from([(AppId(Uuid::from_u128(1)), MOST_OF_ONE - 1)]);
        assert_eq!(count(&choose(due.clone(), busy, 32), "app_1"), 1, "what is under way counts");
        assert_eq!(choose(due, HashMap::new(), 2).len(), 2, "never more than there are hands");
    }
}
