//! Tells people that their password is guessed at, and that it is disabled. A job and no part of the sign-in: so a try
//! at an address that somebody has costs the same as one at an address that nobody has.

use crate::ctx::Ctx;
use crate::limits::{self, Spend};
use crate::sign_in::session::{Recipient, mail};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Fault, Language, Message};
use portvakt_policy::guessing;
use portvakt_store::Guessed;

/// How many people one slice tells at most.
const SLICE: i64 = 50;

/// Tells one slice; gives how many were told.
pub async fn run(ctx: &Ctx) -> Result<usize, Fault> {
    let marks = guessing::warnings(ctx.settings.limits.password_failures);
    let due = ctx.store.read(move |tx| tx.passwords().guessed(marks, SLICE)).await?;
    let mut told = 0;
    for guessed in due {
        told += usize::from(tell(ctx, guessed, marks).await?);
    }
    Ok(told)
}

/// Tells one person; `false` if they had their mails of this hour, or somebody else told them.
async fn tell(ctx: &Ctx, guessed: Guessed, marks: [i32; 3]) -> Result<bool, Fault> {
    let now = ctx.clock.now();
    let Some(mark) = marks.into_iter().filter(|mark| *mark <= guessed.failures).max() else { return Ok(false) };
    let count = |number: i32| u32::try_from(number).unwrap_or_default();
    let (failures, most) = (count(guessed.failures), count(ctx.settings.limits.password_failures));
    let is_disabled = guessed.is_disabled;
    let message = if is_disabled {
        Message::PasswordDisabled { at: now, failures }
    } else {
        Message::PasswordGuessed { at: now, failures, most }
    };
    let home = match guessed.account.home {
        Some(id) => ctx.keeper.tenant(&id.to_string()).await?,
        None => None,
    };
    let language = home.and_then(|tenant| tenant.language).unwrap_or(Language::En);
    let to = Recipient { account: &guessed.account, address: &guessed.address, language };
    let (letter, audit) = (mail(ctx, &to, &message, now)?, ctx.audit_id(now)?);
    // A budget of its own: what strangers ask for at this address must not keep the warning back.
    let key = format!("ml:w:{}", guessed.account.id);
    let spend = [Spend::new(key, limits::MAIL_WINDOW, ctx.settings.limits.address_mails)];
    ctx.store
        .write(move |tx| {
            if !limits::reserve(tx, &spend, now)? || !tx.passwords().warned(&guessed, mark)? {
                return Ok(false);
            }
            tx.outbox().push(&letter, now)?;
            if is_disabled {
                let line = Audit::new(AuditEvent::PasswordDisabled).account(guessed.account.id, guessed.account.home);
                tx.audit().write(audit, &line.with("failures", failures.to_string()), now)?;
            }
            Ok(true)
        })
        .await
}
