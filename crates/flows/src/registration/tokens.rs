//! Leave to register apps, as operators hand it out (RFC 7591 §1.2).

use crate::ctx::Ctx;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Fault, InitialToken, InitialTokenId, Seconds, text};

/// A token to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// What it is for, in the operator's words.
    pub name: String,
    /// The tenant that will own what is registered with it, by slug or id; `None`: the operator.
    pub tenant: Option<String>,
    /// How many apps can be registered with it.
    pub uses: i64,
    /// For how many days it is good.
    pub days: u32,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// No name that can be shown, or longer than 120 characters.
    Name,
    /// There is no such tenant.
    Tenant,
    /// Not 1 to 100,000.
    Uses,
    /// Not 1 to 3650.
    Days,
    /// There is no such token.
    Unknown,
}

/// Makes a token. Its text is shown this once.
pub async fn create(ctx: &Ctx, new: New) -> Result<Result<(InitialToken, String), Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(name) = text::name(&new.name, 120) else { return Ok(Err(Invalid::Name)) };
    if !(1..=100_000).contains(&new.uses) {
        return Ok(Err(Invalid::Uses));
    }
    if !(1..=3650).contains(&new.days) {
        return Ok(Err(Invalid::Days));
    }
    let tenant = match &new.tenant {
        None => None,
        Some(name) => match ctx.keeper.tenant(name).await? {
            Some(tenant) => Some(tenant.id),
            None => return Ok(Err(Invalid::Tenant)),
        },
    };
    let token = InitialToken {
        id: InitialTokenId::random(ctx.dice.bytes()?),
        name,
        tenant,
        uses_left: new.uses,
        expires_at: now.after(Seconds::days(new.days)),
        created_at: now,
    };
    let handle = ctx.dice.handle()?;
    let (hash, row, audit) = (Ctx::hash(&handle), token.clone(), ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            tx.registrations().add_token(&row, &hash)?;
            let line = Audit::new(AuditEvent::InitialTokenCreated).tenant(row.tenant);
            let line = line.with("token", row.id.to_string()).with("name", row.name);
            tx.audit().write(audit, &line.with("uses", row.uses_left.to_string()), now)
        })
        .await?;
    Ok(Ok((token, handle.text())))
}

/// All tokens, newest first; those that are used up or have ended too.
pub async fn list(ctx: &Ctx) -> Result<Vec<InitialToken>, Fault> {
    ctx.store.read(|tx| tx.registrations().tokens()).await
}

/// Takes a token back. What was registered with it stays.
pub async fn revoke(ctx: &Ctx, id: &str) -> Result<Result<(), Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some(id) = InitialTokenId::parse(id) else { return Ok(Err(Invalid::Unknown)) };
    let audit = ctx.audit_id(now)?;
    let was_there = ctx
        .store
        .write(move |tx| {
            if !tx.registrations().remove_token(id)? {
                return Ok(false);
            }
            let line = Audit::new(AuditEvent::InitialTokenRevoked).with("token", id.to_string());
            tx.audit().write(audit, &line, now)?;
            Ok(true)
        })
        .await?;
    Ok(if was_there { Ok(()) } else { Err(Invalid::Unknown) })
}
