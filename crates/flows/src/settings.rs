//! Account Settings: what people do about their own sign-in.

use crate::authorize::{admit, session_view};
use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use crate::limits::{self, Spend};
use crate::password::{self, Begun, Change, Fails, Wish, hash, judge};
use crate::sign_in::password::verify;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{App, AppId, Consent, Demand, Email, Fault, Grant, Language, Secret, Session, SessionId, Timestamp};
use portvakt_policy::Admitted;
use portvakt_store::{PasswordRow, SessionView};
use std::collections::HashMap;

/// The person behind a page of Account Settings: somebody whom the gate lets in.
pub struct Person {
    /// What was read.
    pub view: SessionView,
    /// That the gate was passed.
    pub admitted: Admitted,
}

/// Who is signed in here and may enter; `None`: they must sign in.
pub async fn person(ctx: &Ctx, browser: &Browser) -> Result<Option<Person>, Fault> {
    let now = ctx.clock.now();
    let view = session_view(ctx, browser, None).await?;
    let admitted = admit(view.as_ref(), None, &Demand::default(), now);
    match (view, admitted) {
        (Some(view), Ok(admitted)) => {
            keep_alive(ctx, &view, &admitted).await?;
            Ok(Some(Person { view, admitted }))
        }
        _ => Ok(None),
    }
}

/// Moves the idle clock of a session in use, at most every five minutes.
pub async fn keep_alive(ctx: &Ctx, view: &SessionView, admitted: &Admitted) -> Result<(), Fault> {
    let now = ctx.clock.now();
    if now < view.session.seen_at.after(portvakt_model::Seconds::minutes(5)) {
        return Ok(());
    }
    let (session, admitted) = (view.session.clone(), admitted.clone());
    ctx.store.write(move |tx| tx.sessions().touch(&admitted, &session, now).map(|_| ())).await
}

/// What the first page of Account Settings tells.
pub struct Overview {
    /// When the password was set; `None`: there is none.
    pub password_set_at: Option<Timestamp>,
    /// How many sessions live, this one too.
    pub sessions: usize,
    /// What apps were let in, the newest first.
    pub connected: Vec<Connected>,
}

/// An app that was let in.
pub struct Connected {
    /// Which.
    pub app: App,
    /// Since when.
    pub since: Timestamp,
    /// Whether it gets in while the person is away: a grant of it outlives sign-out.
    pub away: bool,
}

/// What the first page tells.
pub async fn overview(ctx: &Ctx, person: &Person) -> Result<Overview, Fault> {
    let (account, now) = (person.view.account.account.id, ctx.clock.now());
    ctx.store
        .read(move |tx| {
            let consents = tx.consents().list(account)?;
            let grants = tx.grants().list(account, now)?;
            Ok(Overview {
                password_set_at: tx.passwords().find(account)?.map(|row| row.set_at),
                sessions: tx.sessions().list(account, now)?.len(),
                connected: connected(tx.apps().list()?, &consents, &grants),
            })
        })
        .await
}

/// The apps with a consent, and those of the house that need none but may come while the person is away.
fn connected(apps: Vec<App>, consents: &[Consent], grants: &[Grant]) -> Vec<Connected> {
    let mut away: HashMap<AppId, Timestamp> = HashMap::new();
    for grant in grants.iter().filter(|grant| grant.offline) {
        let since = away.entry(grant.app).or_insert(grant.created_at);
        *since = grant.created_at.min(*since);
    }
    let agreed: HashMap<AppId, Timestamp> = consents.iter().map(|consent| (consent.app, consent.given_at)).collect();
    let mut connected: Vec<Connected> = apps
        .into_iter()
        .filter_map(|app| {
            let since = agreed.get(&app.id).or(away.get(&app.id)).copied()?;
            Some(Connected { away: away.contains_key(&app.id), since, app })
        })
        .collect();
    connected.sort_by_key(|connected| std::cmp::Reverse(connected.since));
    connected
}

/// The person's live sessions, last used first.
pub async fn sessions(ctx: &Ctx, person: &Person) -> Result<Vec<Session>, Fault> {
    let (account, now) = (person.view.account.account.id, ctx.clock.now());
    ctx.store.read(move |tx| tx.sessions().list(account, now)).await
}

/// Ends one of the person's sessions. Another person's is as unknown as one that never was.
pub async fn end_session(ctx: &Ctx, person: &Person, id: SessionId) -> Result<bool, Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (account_id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            let is_theirs = tx.sessions().list(account_id, now)?.iter().any(|session| session.id == id);
            let ended = is_theirs && tx.sessions().end(id, now)?;
            if ended {
                let line = Audit::new(AuditEvent::SessionEnded).account(account_id, home).with("session", id.to_string());
                tx.audit().write(audit, &line, now)?;
            }
            Ok(ended)
        })
        .await
}

/// Ends all of the person's sessions: the others, or all of them. Gives how many.
pub async fn end_sessions(ctx: &Ctx, person: &Person, this_too: bool) -> Result<usize, Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (account_id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    let keep = (!this_too).then_some(person.view.session.id);
    ctx.store
        .write(move |tx| {
            let ended = tx.sessions().end_all(account_id, keep, now)?;
            let line = Audit::new(AuditEvent::SessionEnded).account(account_id, home).with("count", ended.to_string());
            tx.audit().write(audit, &line, now)?;
            Ok(ended)
        })
        .await
}

/// Chooses the person's language; `None`: as the browser asks.
pub async fn set_language(ctx: &Ctx, person: &Person, language: Option<Language>) -> Result<(), Fault> {
    let now = ctx.clock.now();
    let account = &person.view.account.account;
    let (id, home, audit) = (account.id, account.home, ctx.audit_id(now)?);
    ctx.store
        .write(move |tx| {
            if tx.accounts().set_language(id, language)? {
                let tag = language.map_or("browser", Language::tag);
                let line = Audit::new(AuditEvent::LanguageChanged).account(id, home).with("language", tag);
                tx.audit().write(audit, &line, now)?;
            }
            Ok(())
        })
        .await
}

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
    password::personal(&account.account.name, address, person.view.tenant.as_ref())
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
    let (challenge, letter) = password::begin(ctx, &view, begun, browser.language, now)?;
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
    if is_same {
        return Ok(Changed::Same);
    }
    let fails = judge(ctx, &account, &address, &limit, &new, person.view.tenant.as_ref());
    if !fails.is_empty() {
        return Ok(Changed::Broken(fails));
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
