//! Delivers what waits in the outbox: at least once, with a longer pause after each failure, and never past its time.

use crate::ctx::Ctx;
use crate::outside::{Letter, MailFault};
use portvakt_model::{Fault, Message, Seconds, TenantId, Timestamp};
use portvakt_protocol::seal::Cell;
use portvakt_store::OutboxRow;

/// How long a slice may take before another worker takes its rows.
const LEASE: Seconds = Seconds(60);
/// How many are taken at once.
const SLICE: u32 = 20;
/// After so many tries a mail is given up.
const MOST_TRIES: i32 = 12;

/// Where an outbox payload stands: it opens nowhere else.
pub fn cell(tenant: Option<TenantId>, row: &[u8; 16]) -> Cell<'_> {
    Cell { tenant: tenant.unwrap_or(TenantId::DEPLOYMENT), table: "outbox", row, column: "sealed" }
}

/// Delivers one slice; gives how many rows were taken.
pub async fn run(ctx: &Ctx) -> Result<usize, Fault> {
    let now = ctx.clock.now();
    let rows = ctx.store.write(move |tx| tx.outbox().claim(now, LEASE, SLICE)).await?;
    let taken = rows.len();
    for row in rows {
        deliver(ctx, row).await?;
    }
    Ok(taken)
}

async fn deliver(ctx: &Ctx, row: OutboxRow) -> Result<(), Fault> {
    let now = ctx.clock.now();
    let (id, attempts) = (row.id, row.attempts);
    // Nobody has that address: the row was written so that nobody could tell, and ends here.
    if row.void {
        return ctx.store.write(move |tx| tx.outbox().delivered(id, now).map(|_| ())).await;
    }
    if row.expires_at <= now {
        return ctx
            .store
            .write(move |tx| tx.outbox().failed(id, "expired before it could be delivered", now).map(|_| ()))
            .await;
    }
    let letter = match letter(ctx, row).await {
        Ok(letter) => letter,
        Err(fault) => {
            tracing::error!(%fault, outbox = %id, "a mail cannot be read");
            return ctx.store.write(move |tx| tx.outbox().failed(id, "unreadable", now).map(|_| ())).await;
        }
    };
    let answer = ctx.outside.post(letter).await;
    let now = ctx.clock.now();
    match answer {
        Ok(()) => ctx.store.write(move |tx| tx.outbox().delivered(id, now).map(|_| ())).await,
        Err(MailFault::Passing(why)) if attempts < MOST_TRIES => {
            tracing::warn!(outbox = %id, attempts, why, "a mail waits for another try");
            let next = pause(attempts, now);
            ctx.store.write(move |tx| tx.outbox().retry(id, next, &why).map(|_| ())).await
        }
        Err(MailFault::Passing(why) | MailFault::Lasting(why)) => {
            tracing::error!(outbox = %id, attempts, why, "a mail was given up");
            ctx.store.write(move |tx| tx.outbox().failed(id, &why, now).map(|_| ())).await
        }
    }
}

/// Five seconds after the first failure, twice as long after each, some forty minutes at most.
fn pause(attempts: i32, now: Timestamp) -> Timestamp {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    now.after(Seconds(5 << doublings))
}

async fn letter(ctx: &Ctx, row: OutboxRow) -> Result<Letter, Fault> {
    let sealed = row.sealed.ok_or_else(|| Fault::broken("an outbox row without its payload"))?;
    let bytes = row.id.0.into_bytes();
    let keys = ctx.keeper.keys();
    let plain = keys
        .rest()
        .open_row(&cell(row.tenant, &bytes), &sealed)
        .map_err(|_| Fault::broken("a payload that does not open"))?;
    let message: Message = serde_json::from_slice(plain.reveal()).map_err(Fault::broken)?;
    let account = match row.account {
        Some(id) => ctx.store.read(move |tx| tx.accounts().find(id)).await?,
        None => None,
    };
    let tenant = match row.tenant {
        Some(id) => ctx.keeper.tenant(&id.to_string()).await?,
        None => None,
    };
    Ok(Letter {
        recipient: row.recipient,
        name: account.map(|account| account.name).unwrap_or_default(),
        language: row.language,
        organisation: tenant.as_ref().map_or_else(|| ctx.settings.name.clone(), |tenant| tenant.name.clone()),
        sender: tenant.and_then(|tenant| tenant.mail_sender.clone()),
        message,
        idempotency: row.id.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_a_bound() {
        let now = Timestamp::from_seconds(0);
        let seconds: Vec<i64> = [1, 2, 3, 10, 100].map(|tries| pause(tries, now).seconds()).to_vec();
        assert_eq!(seconds, [5, 10, 20, 2560, 2560]);
    }
}
