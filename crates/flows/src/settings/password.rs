//! The person's password: changed by who knows it, chosen by a mailed link by who has none.

use super::Person;
use crate::authorize::admit;
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use crate::limits::{self, Spend};
use crate::password::{self as link, Begun, Change, Fails, Wish, hash, judge};
use crate::sign_in::password::verify;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{Demand, Email, Fault, Secret};
use portvakt_store::PasswordRow;

/// What became of a change of password.
pub enum Changed {
    /// It holds; the other sessions and all apps' access ended.
    Saved,
    /// The current password is wrong.
    WrongCurrent,
    /// The new one breaks these rules.
    Broken(Vec<Fails>),
    /// The new one is the current one.
    Same,
    /// Too many tries.
    Limited,
    /// Own sign-in is off: there is no password to change.
    OrganisationSignIn,
    /// Somebody was faster: meanwhile the session ended, or the password became another one. Nothing was done.
    Overtaken,
}

/// How a person's password stands.
pub enum Password {
    /// There is one; a new one has at least so many characters.
    Set(u16),
    /// There is none; a mailed link lets them choose one.
    None,
    /// Own sign-in is off: there is nothing to change.
    OrganisationSignIn,
}

/// How the person's password stands.
pub async fn password(ctx: &Ctx, person: &Person) -> Result<Password, Fault> {
    let Some(min_length) = password_rule(person) else { return Ok(Password::OrganisationSignIn) };
    let account = person.view.account.account.id;
    let is_set = ctx.store.read(move |tx| Ok(tx.passwords().find(account)?.is_some())).await?;
    Ok(if is_set { Password::Set(min_length) } else { Password::None })
}

/// The words of the person's own that a password should not be made of: for the live list of rules.
pub fn personal_words(person: &Person) -> Vec<String> {
    let account = &person.view.account;
    let address = account.email.as_ref().map_or("", |(address, _)| address.as_str());
    link::personal(&account.account.name, address, person.view.tenant.as_ref())
}

fn primary(person: &Person) -> Result<Email, Fault> {
    let address = person.view.account.email.as_ref().and_then(|(email, _)| Email::parse(email).ok());
    address.ok_or_else(|| Fault::broken("an account without an address"))
}

/// What became of the wish for a link to choose the first password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAsked {
    /// A mail is on its way.
    Sent,
    /// Too many mails.
    Limited,
    /// There is a password already: it is changed by whoever knows it.
    HasOne,
    /// Own sign-in is off.
    OrganisationSignIn,
}

/// Mails somebody without a password a link to choose one. The mails are counted for the person, so that strangers who
/// ask for links to the same address cannot use them up.
pub async fn send_password_link(ctx: &Ctx, browser: &Browser, person: &Person) -> Result<LinkAsked, Fault> {
    let now = ctx.clock.now();
    if password_rule(person).is_none() {
        return Ok(LinkAsked::OrganisationSignIn);
    }
    let email = primary(person)?;
    let account = &person.view.account.account;
    let (id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let view = ctx.store.read(move |tx| tx.sign_in().by_address(&lookup, &domain)).await?;
    if view.password.is_some() {
        return Ok(LinkAsked::HasOne);
    }
    let handle = ctx.dice.handle()?;
    let begun = Begun { email: &email, wish: Wish::Reset, request: None, handle: &handle, browser: Some(browser) };
    let (challenge, letter) = link::begin(ctx, &view, begun, browser.language, now)?;
    let spend = [Spend::new(format!("ml:p:{id}"), limits::MAIL_WINDOW, ctx.settings.limits.address_mails)];
    ctx.store
        .write(move |tx| {
            if !limits::reserve(tx, &spend, now)? {
                return Ok(LinkAsked::Limited);
            }
            tx.challenges().insert(&challenge)?;
            tx.outbox().push(&letter, now)?;
            tx.audit().write(audit, &Audit::new(AuditEvent::ResetRequested).account(id, home), now)?;
            Ok(LinkAsked::Sent)
        })
        .await
}

/// The least length of a password for this person, and whether they may have one.
pub fn password_rule(person: &Person) -> Option<u16> {
    let limit = gate::rules(&person.view.policies).limit();
    limit.own_sign_in.then_some(limit.password_min_length)
}

/// Changes the password of somebody who knows the current one.
pub async fn change_password(
    ctx: &Ctx,
    browser: &Browser,
    person: &Person,
    current: Secret<String>,
    new: (Secret<String>, Secret<String>),
) -> Result<Changed, Fault> {
    let now = ctx.clock.now();
    let limit = gate::rules(&person.view.policies).limit();
    if !limit.own_sign_in {
        return Ok(Changed::OrganisationSignIn);
    }
    let account = person.view.account.account.clone();
    let email = primary(person)?;
    let spend = [Spend::new(format!("pw:c:{}", account.id), limits::ACCOUNT_WINDOW, ctx.settings.limits.account_tries)];
    let keys: Vec<String> = spend.iter().map(|spend| spend.key.clone()).collect();
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let (within, found) = ctx
        .store
        .write(move |tx| Ok((limits::reserve(tx, &spend, now)?, tx.sign_in().by_address(&lookup, &domain)?)))
        .await?;
    if !within {
        return Ok(Changed::Limited);
    }
    let (lane, is_same) = (account.home, new.0 == current);
    if !verify(ctx, lane, found.password.as_ref(), current).await? {
        return Ok(Changed::WrongCurrent);
    }
    let Some((_, address)) = found.account else { return Err(Fault::broken("an account without its address")) };
    let fails = judge(ctx, &account, &address, &limit, &new, person.view.tenant.as_ref());
    if !fails.is_empty() {
        return Ok(Changed::Broken(fails));
    }
    if is_same {
        return Ok(Changed::Same);
    }
    let row = hash(ctx, &account, limit, lane, new.0).await?;
    let change = Change::prepare(ctx, browser.language, &account, &address, false)?;
    let (session, proved) = (browser.session.as_ref().map(Ctx::hash), found.password);
    ctx.store
        .write(move |tx| {
            // Hashing took its time: what was read before it may be true no more.
            let view = match &session {
                Some(handle) => tx.sessions().find(handle, None)?,
                None => None,
            };
            let admitted = admit(view.as_ref(), None, &Demand::default(), now);
            let (Some(view), Ok(admitted)) = (view, admitted) else { return Ok(Changed::Overtaken) };
            let hash_of = |row: Option<PasswordRow>| row.map(|row| row.hash);
            if hash_of(tx.passwords().find(account.id)?) != hash_of(proved) {
                return Ok(Changed::Overtaken);
            }
            change.carry_out(tx, &admitted, &row, Some(view.session.id), now)?;
            tx.limits().clear(&keys)?;
            Ok(Changed::Saved)
        })
        .await
}
