//! Accounts, as operators (and later directories) see them. Nobody ever chooses another's password: an account that is
//! made gets a link to choose its own.

use crate::ctx::Ctx;
use crate::password::{Begun, NEW_PASSWORD_PATH, Wish, begin, link};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Account, AccountId, Address, Email, Fault, Language, Profile, TenantId, text};
use portvakt_store::SignInView;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct New {
    /// Its first address.
    pub address: String,
    /// The person's name.
    pub name: String,
    /// Their language, if known.
    pub language: Option<Language>,
    /// Whether whoever makes the account vouches for the address.
    pub verified: bool,
    /// Standard claims.
    pub profile: Profile,
}

/// An account that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its row.
    pub account: Account,
    /// The link to choose its password; in the mail as well.
    pub link: String,
}

/// What is wrong with an account to be made or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// Not an address.
    Address,
    /// No name that can be shown.
    Name,
    /// Somebody has the address.
    Taken,
    /// Nobody has the address.
    Unknown,
}

/// How often an operator's act is judged anew because a policy or domain changed while it was under way.
const JUDGED: usize = 3;

/// What became of one try.
enum Tried<T> {
    /// It holds.
    Done(T),
    /// What it was judged by is true no more.
    Moved,
}

/// Makes an account and sends the link to choose its password.
pub async fn create(ctx: &Ctx, new: New) -> Result<Result<Made, Invalid>, Fault> {
    let Ok(email) = Email::parse(&new.address) else { return Ok(Err(Invalid::Address)) };
    let Some(name) = text::name(&new.name, 120) else { return Ok(Err(Invalid::Name)) };
    let new = New { name, ..new };
    for _ in 0..JUDGED {
        let before = crate::sign_in::look_up(ctx, &email).await?;
        if before.account.is_some() {
            return Ok(Err(Invalid::Taken));
        }
        match make(ctx, &new, &email, before).await {
            Ok(Tried::Done(made)) => return Ok(Ok(made)),
            Ok(Tried::Moved) => {}
            Err(fault) => {
                // Somebody may have taken the address at the same moment: then nothing failed, they were faster.
                let is_taken = crate::sign_in::look_up(ctx, &email).await?.account.is_some();
                return if is_taken { Ok(Err(Invalid::Taken)) } else { Err(fault) };
            }
        }
    }
    Err(Fault::Busy("policies or domains were changed at the same moment"))
}

/// Makes the account as `before` says: at home there, and with the mail that its policy lets it have. The transaction
/// looks again, and holds what it saw.
async fn make(ctx: &Ctx, new: &New, email: &Email, before: SignInView) -> Result<Tried<Made>, Fault> {
    let now = ctx.clock.now();
    let home: Option<TenantId> = before.tenant.as_ref().filter(|_| new.verified).map(|tenant| tenant.id);
    let account = Account {
        id: AccountId::random(ctx.dice.bytes()?),
        sub: ctx.dice.short_text()?,
        home,
        name: new.name.clone(),
        language: new.language,
        profile: new.profile.clone(),
        facts_version: 1,
        disabled_at: None,
        created_at: now,
    };
    let address = Address {
        account: account.id,
        lookup: email.lookup().to_owned(),
        stored: email.stored().to_owned(),
        verified_at: new.verified.then_some(now),
        primary: true,
    };
    let language = new.language.or(before.tenant.as_ref().and_then(|tenant| tenant.language)).unwrap_or(Language::En);
    let handle = ctx.dice.handle()?;
    // The challenge is begun with the facts as they will stand after the insert.
    let after = SignInView { account: Some((account.clone(), address.clone())), ..before.clone() };
    let begun = Begun { email, wish: Wish::Reset, request: None, handle: &handle, browser: None };
    let (challenge, letter) = begin(ctx, &after, begun, language, now)?;
    let audit = ctx.audit_id(now)?;
    let (row, domain) = (account.clone(), email.domain().to_owned());
    let tried = ctx
        .store
        .write(move |tx| {
            tx.epoch().hold()?;
            if !is_same(&tx.sign_in().by_address(&address.lookup, &domain)?, &before) {
                return Ok(Tried::Moved);
            }
            tx.accounts().insert(&row)?;
            if !tx.accounts().add_address(&address, now)? {
                return Err(Fault::broken("somebody took the address at the same moment"));
            }
            // Adding the address moved the facts on; the link must fit what stands now.
            let facts = tx.accounts().find(row.id)?.map_or(challenge.facts, |row| row.facts_version);
            tx.challenges().insert(&portvakt_model::challenge::Challenge { facts, ..challenge.clone() })?;
            tx.outbox().push(&letter, now)?;
            tx.audit().write(audit, &Audit::new(AuditEvent::AccountCreated).account(row.id, row.home), now)?;
            Ok(Tried::Done(()))
        })
        .await?;
    Ok(match tried {
        Tried::Done(()) => Tried::Done(Made { account, link: link(ctx, NEW_PASSWORD_PATH, &handle) }),
        Tried::Moved => Tried::Moved,
    })
}

/// Whether what was judged by is still so: account, policies and tenant.
fn is_same(now: &SignInView, before: &SignInView) -> bool {
    (&now.account, &now.policies, &now.tenant) == (&before.account, &before.policies, &before.tenant)
}

/// Sends a link to choose a new password (or the first) to an account's address.
pub async fn send_reset(ctx: &Ctx, address: &str) -> Result<Result<String, Invalid>, Fault> {
    let Ok(email) = Email::parse(address) else { return Ok(Err(Invalid::Address)) };
    for _ in 0..JUDGED {
        let view = crate::sign_in::look_up(ctx, &email).await?;
        let Some((account, _)) = &view.account else { return Ok(Err(Invalid::Unknown)) };
        let account = account.clone();
        if let Tried::Done(link) = mail_reset(ctx, &email, &account, view).await? {
            return Ok(Ok(link));
        }
    }
    Err(Fault::Busy("policies or domains were changed at the same moment"))
}

async fn mail_reset(ctx: &Ctx, email: &Email, account: &Account, view: SignInView) -> Result<Tried<String>, Fault> {
    let now = ctx.clock.now();
    let (id, home) = (account.id, account.home);
    let language = view.tenant.as_ref().and_then(|tenant| tenant.language).unwrap_or(Language::En);
    let handle = ctx.dice.handle()?;
    let begun = Begun { email, wish: Wish::Reset, request: None, handle: &handle, browser: None };
    let (challenge, letter) = begin(ctx, &view, begun, language, now)?;
    let audit = ctx.audit_id(now)?;
    let domain = email.domain().to_owned();
    let tried = ctx
        .store
        .write(move |tx| {
            tx.epoch().hold()?;
            if !is_same(&tx.sign_in().by_address(&challenge.address, &domain)?, &view) {
                return Ok(Tried::Moved);
            }
            tx.challenges().insert(&challenge)?;
            tx.outbox().push(&letter, now)?;
            tx.audit().write(
                audit,
                &Audit::new(AuditEvent::ResetRequested).account(id, home).with("by", "operator"),
                now,
            )?;
            Ok(Tried::Done(()))
        })
        .await?;
    Ok(match tried {
        Tried::Done(()) => Tried::Done(link(ctx, NEW_PASSWORD_PATH, &handle)),
        Tried::Moved => Tried::Moved,
    })
}

/// Switches an account off or on. Off, its sessions and all apps' access end at their next use; on, they must sign in.
pub async fn set_disabled(ctx: &Ctx, address: &str, disabled: bool) -> Result<Result<Account, Invalid>, Fault> {
    let now = ctx.clock.now();
    let Some((account, _)) = find(ctx, address).await? else { return Ok(Err(Invalid::Unknown)) };
    let audit = ctx.audit_id(now)?;
    let (id, home) = (account.id, account.home);
    let after = ctx
        .store
        .write(move |tx| {
            if tx.accounts().set_disabled(id, disabled.then_some(now))? {
                if disabled {
                    tx.sessions().end_all(id, None, now)?;
                    tx.grants().revoke_all(id, now)?;
                }
                let event = if disabled { AuditEvent::AccountDisabled } else { AuditEvent::AccountEnabled };
                tx.audit().write(audit, &Audit::new(event).account(id, home), now)?;
            }
            tx.accounts().find(id)
        })
        .await?;
    Ok(after.ok_or(Invalid::Unknown))
}

/// The account with that address.
pub async fn find(ctx: &Ctx, address: &str) -> Result<Option<(Account, Vec<Address>)>, Fault> {
    let Ok(email) = Email::parse(address) else { return Ok(None) };
    let lookup = email.lookup().to_owned();
    ctx.store
        .read(move |tx| match tx.accounts().find_by_address(&lookup)? {
            None => Ok(None),
            Some((account, _)) => {
                let addresses = tx.accounts().addresses(account.id)?;
                Ok(Some((account, addresses)))
            }
        })
        .await
}

/// The account of that id.
pub async fn find_by_id(ctx: &Ctx, id: AccountId) -> Result<Option<(Account, Vec<Address>)>, Fault> {
    ctx.store
        .read(move |tx| match tx.accounts().find(id)? {
            None => Ok(None),
            Some(account) => Ok(Some((account, tx.accounts().addresses(id)?))),
        })
        .await
}

/// Accounts in the order of their ids, behind `after`.
pub async fn list(ctx: &Ctx, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>, Fault> {
    ctx.store.read(move |tx| tx.accounts().list(after, limit)).await
}
