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
use portvakt_model::{Demand, Email, Fault, Handle, Seconds, Secret};
use portvakt_store::PasswordRow;

/// What became of a change of password.
pub enum Changed {
    /// It holds; the other sessions and all apps' access ended, and this one goes on under a new handle.
    Saved(Renewed),
    /// The current password is wrong.
    WrongCurrent,
    /// The new one breaks these rules.
    Broken(Vec<Fails>),
    /// The new one is the current one.
    Same,
    /// Too many tries: not looked at, and worth another try after so long.
    Limited(Seconds),
    /// Own sign-in is off: there is no password to change.
    OrganisationSignIn,
    /// Somebody was faster: meanwhile the session ended, or the password became another one. Nothing was done.
    Overtaken,
}

/// The session in which a password was changed, under its new handle: whoever had the old one has nothing left.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// The session cookie.
    pub session: Handle,
    /// Whether the browser keeps it when it is closed.
    pub keep: bool,
}

/// How a person's password stands.
pub enum Password {
    /// There is one; a new one has at least so many characters.
    Set(u16),
    /// There is none; a mailed link lets them choose one.
    None,
    /// There is one that too many wrong guesses disabled; a mailed link lets them choose another.
    Disabled,
    /// Own sign-in is off: there is nothing to change.
    OrganisationSignIn,
}

/// How the person's password stands.
pub async fn password(ctx: &Ctx, person: &Person) -> Result<Password, Fault> {
    let Some(min_length) = password_rule(person) else { return Ok(Password::OrganisationSignIn) };
    let account = person.view.account.account.id;
    Ok(match ctx.store.read(move |tx| tx.passwords().find(account)).await? {
        Some(row) if row.disabled_at.is_some() => Password::Disabled,
        Some(_) => Password::Set(min_length),
        None => Password::None,
    })
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

/// Mails somebody without a password, or whose password is disabled, a link to choose one. The mails are counted for the person, so that strangers who
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
    if view.password.as_ref().is_some_and(|row| row.disabled_at.is_none()) {
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
    let (key, budget) = (format!("pw:c:{}", account.id), ctx.settings.limits.address());
    let keys = [key.clone()];
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let (held, found) = ctx
        .store
        .write(move |tx| Ok((limits::pace(tx, &key, budget, now)?, tx.sign_in().by_address(&lookup, &domain)?)))
        .await?;
    if let Some(until) = held {
        return Ok(Changed::Limited(limits::wait(until, now)));
    }
    let (lane, is_same) = (account.home, new.0 == current);
    if !verify(ctx, lane, found.password.as_ref(), current).await? {
        // Whoever found an open session must not guess there for ever either.
        let most = ctx.settings.limits.password_failures;
        ctx.store.write(move |tx| tx.passwords().failed(found.password.as_ref(), most, now)).await?;
        return Ok(Changed::WrongCurrent);
    }
    let Some((_, address)) = found.account else { return Err(Fault::broken("an account without its address")) };
    let fails = judge(ctx, &account, &address, &limit, &new, person.view.tenant.as_ref());
    if is_same || !fails.is_empty() {
        // They know the password: what they have to mend is not a guess.
        ctx.store.write(move |tx| tx.limits().clear(&keys)).await?;
        return Ok(if fails.is_empty() { Changed::Same } else { Changed::Broken(fails) });
    }
    let row = hash(ctx, &account, limit, lane, new.0).await?;
    let change = Change::prepare(ctx, browser.language, &account, &address, false)?;
    let (session, proved) = (browser.session.as_ref().map(Ctx::hash), found.password);
    let handle = ctx.dice.handle()?;
    ctx.store
        .write(move |tx| {
            // Hashing took its time: what was read before it may be true no more.
            let view = match &session {
                Some(handle) => tx.sessions().find(handle, None)?,
                None => None,
            };
            let admitted = admit(view.as_ref(), None, &Demand::default(), now);
            let (Some(view), Ok(admitted)) = (view, admitted) else { return Ok(Changed::Overtaken) };
            link::still_enough(&gate::rules(&view.policies).limit(), &limit)?;
            let hash_of = |row: Option<PasswordRow>| row.filter(|row| row.disabled_at.is_none()).map(|row| row.hash);
            if hash_of(tx.passwords().find(account.id)?) != hash_of(proved) {
                return Ok(Changed::Overtaken);
            }
            if change.carry_out(tx, &admitted, &row, Some(view.session.id), now)?.is_none() {
                return Ok(Changed::Overtaken);
            }
            // Had the session ended at this very moment, its new handle would be worth no more than the old one.
            tx.sessions().rename(&admitted, view.session.id, &Ctx::hash(&handle), now)?;
            tx.limits().clear(&keys)?;
            Ok(Changed::Saved(Renewed { session: handle, keep: view.session.keep }))
        })
        .await
}
