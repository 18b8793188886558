//! Setting a password without one: forgotten, or never chosen. Nobody chooses another's password; a mailed link opens a
//! page, and only the page's button spends it.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use crate::limits::{self, Source, Spend};
use crate::pending::Pending;
use crate::sign_in::session::{Owner, Recipient, mail, prove, sealed_mail};
pub use portvakt_credentials::password::{Broken, MAX_CHARACTERS};
use portvakt_credentials::password::{LengthClass, Rules, Word};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::challenge::{Challenge, ChallengePurpose};
use portvakt_model::{
    Account, Address, Demand, DeviceId, Email, Fault, Handle, Language, Message, Method, Proof, Secret, Timestamp,
};
use portvakt_policy::{Admitted, Entering, FirstStep, Limit, Refused};
use portvakt_store::{Deployment, NewMail, PasswordRow, Policies, Sighting, SignInView, Tx};

/// Where a link to choose a password leads.
pub const NEW_PASSWORD_PATH: &str = "/password/link";
/// Where a sign-in link leads.
pub const SIGN_IN_LINK_PATH: &str = "/sign-in/link";

/// What somebody who cannot get in asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A link to choose a new password.
    Reset,
    /// A link that signs in here.
    SignInLink,
}

/// What became of the wish: the same for known and unknown addresses.
pub enum Asked {
    /// If somebody has the address, a mail is on its way.
    Sent(String),
    /// Too many, for this address or from here.
    Limited,
    /// Not an address.
    Invalid,
    /// The handle is too old or another browser's.
    Stale,
}

/// Takes the wish. Unknown addresses get the same rows: a challenge for nobody, and a mail that nobody sends.
pub async fn ask(ctx: &Ctx, browser: &Browser, r: &str, typed: &str, wish: Wish) -> Result<Asked, Fault> {
    let now = ctx.clock.now();
    let Some(pending) = Pending::open(ctx, browser, r, now).await? else { return Ok(Asked::Stale) };
    let Ok(email) = Email::parse(typed) else { return Ok(Asked::Invalid) };
    let handle = ctx.dice.handle()?;
    // The sign-in goes on from the link in the same browser, so it travels with the challenge.
    let request = match wish {
        Wish::SignInLink => match pending.signed_in().seal(ctx, browser).await? {
            Some(request) => Some(request),
            None => return Ok(Asked::Limited),
        },
        Wish::Reset => None,
    };
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let device = browser.device.as_ref().map(Ctx::hash);
    let (view, known) = ctx
        .store
        .read(move |tx| {
            let view = tx.sign_in().by_address(&lookup, &domain)?;
            let account = view.account.as_ref().map(|(account, _)| account.id);
            let known = match &device {
                Some(device) => tx.devices().known_as(device, account)?,
                None => None,
            };
            Ok((view, known))
        })
        .await?;
    let spends = budgets(ctx, browser, &email, known);
    let begun = Begun { email: &email, wish, request, handle: &handle, browser: Some(browser) };
    let (challenge, letter) = begin(ctx, &view, begun, browser.language, now)?;
    let audit = ctx.audit_id(now)?;
    let within = ctx
        .store
        .write(move |tx| {
            if !limits::reserve(tx, &spends, now)? {
                return Ok(false);
            }
            tx.challenges().insert(&challenge)?;
            tx.outbox().push(&letter, now)?;
            let event = match wish {
                Wish::Reset => AuditEvent::ResetRequested,
                Wish::SignInLink => AuditEvent::LinkRequested,
            };
            let mut line = Audit::new(event);
            line.account = challenge.account;
            tx.audit().write(audit, &line, now)?;
            Ok(true)
        })
        .await?;
    Ok(if within { Asked::Sent(email.stored().to_owned()) } else { Asked::Limited })
}

/// What a mail to `email` is counted against. A browser on which this account was signed in before has a budget of its
/// own, so that nobody can use up a person's mails where they sign in.
fn budgets(ctx: &Ctx, browser: &Browser, email: &Email, known: Option<DeviceId>) -> Vec<Spend> {
    let (most, lookup, source) = (ctx.settings.limits, email.lookup(), Source::of(ctx, browser));
    let spend = |key, most| Spend::new(key, limits::MAIL_WINDOW, most);
    match known {
        Some(device) => vec![spend(format!("ml:d:{device}:{lookup}"), most.address_mails)],
        None => vec![
            spend(format!("ml:s:{}", source.key), most.source(&source).mails),
            spend(format!("ml:a:{lookup}"), most.address_mails),
        ],
    }
}

/// What a challenge is begun with.
pub(crate) struct Begun<'a> {
    pub(crate) email: &'a Email,
    pub(crate) wish: Wish,
    pub(crate) request: Option<String>,
    pub(crate) handle: &'a Handle,
    pub(crate) browser: Option<&'a Browser>,
}

/// The challenge and the mail for a wish. Where the organisation uses its own sign-in the mail says so, and the
/// challenge is nobody's.
pub(crate) fn begin(
    ctx: &Ctx,
    view: &SignInView,
    begun: Begun<'_>,
    language: Language,
    now: Timestamp,
) -> Result<(Challenge, NewMail), Fault> {
    let account = view.account.as_ref().map(|(account, _)| account);
    let is_open = portvakt_policy::first_step(&gate::rules(&view.policies)) == FirstStep::Password;
    let purpose = match (begun.wish, view.password.is_some()) {
        (Wish::SignInLink, _) => ChallengePurpose::SignInLink,
        (Wish::Reset, true) => ChallengePurpose::ResetPassword,
        // A stranger causes the short-lived kind; only an invitation by an admin lives for two weeks.
        (Wish::Reset, false) => {
            if begun.browser.is_some() {
                ChallengePurpose::ResetPassword
            } else {
                ChallengePurpose::SetPassword
            }
        }
    };
    let expires_at = now.after(purpose.lifetime());
    let message = match (is_open, begun.wish) {
        (false, _) => Message::OrganisationSignIn,
        (true, Wish::SignInLink) => {
            Message::SignInLink { link: link(ctx, SIGN_IN_LINK_PATH, begun.handle), until: expires_at }
        }
        (true, Wish::Reset) => Message::PasswordLink {
            link: link(ctx, NEW_PASSWORD_PATH, begun.handle),
            until: expires_at,
            first: view.password.is_none(),
        },
    };
    let usable = account.filter(|account| is_open && account.disabled_at.is_none());
    let letter = match (account, &view.account) {
        (Some(account), Some((_, address))) if account.disabled_at.is_none() => {
            mail(ctx, &Recipient { account, address: &address.stored, language }, &message, now)?
        }
        _ => sealed_mail(ctx, Owner { account: None, tenant: None }, (begun.email.stored(), language), &message, now)?,
    };
    let challenge = Challenge {
        id: ctx.challenge_id(now)?,
        purpose,
        handle: Ctx::hash(begun.handle),
        account: usable.map(|account| account.id),
        address: begun.email.lookup().to_owned(),
        browser: begun.browser.and_then(|browser| browser.flow.as_ref()).map(Ctx::hash),
        request: begun.request,
        facts: usable.map_or(0, |account| account.facts_version),
        created_at: now,
        expires_at,
        spent_at: None,
    };
    Ok((challenge, letter))
}

/// The whole link: always under the issuer, never from what a request said of itself.
pub(crate) fn link(ctx: &Ctx, path: &str, handle: &Handle) -> String {
    format!("{}{path}?h={}", ctx.settings.issuer, handle.text())
}

/// What the page to choose a password shows.
#[derive(Debug, Clone)]
pub struct Choosing {
    /// Whose password.
    pub address: String,
    /// The least length.
    pub min_length: u16,
    /// Whether it is the first.
    pub first: bool,
    /// Words of their own that it should not be made of: for the live list of rules.
    pub personal: Vec<String>,
    /// Their tenant, for the page.
    pub tenant: Option<portvakt_model::Tenant>,
}

/// What a link is worth.
#[derive(Debug, Clone)]
pub enum Look {
    /// Show the page.
    Choose(Box<Choosing>),
    /// Used, too old, or never made.
    Spent,
    /// The gate is shut, and would be for the password too.
    Refused(Refused),
}

/// Looks at a link without spending it. The gate is asked as it will be when the password is given, so that nobody thinks
/// one out for nothing.
pub async fn look(ctx: &Ctx, handle: &str) -> Result<Look, Fault> {
    let now = ctx.clock.now();
    let Some(found) = find(ctx, handle, now).await? else { return Ok(Look::Spent) };
    Ok(match admit(&found.account, &found.view.policies, found.view.tenant.as_ref(), now) {
        Ok(_) => Look::Choose(Box::new(choosing(found))),
        Err(refused) => Look::Refused(refused),
    })
}

/// Whether who came by a mailed link may choose a password.
fn admit(
    account: &Account,
    policies: &Policies,
    tenant: Option<&portvakt_model::Tenant>,
    now: Timestamp,
) -> Result<Admitted, Refused> {
    let facts = gate::facts(account, tenant.is_some_and(|tenant| tenant.suspended_at.is_some()));
    let proofs = [Proof::new(Method::OneTimeLink, now)];
    portvakt_policy::admit(&gate::rules(policies), &facts, &proofs, &Demand::default(), Entering::Settings, now)
}

fn choosing(found: FoundLink) -> Choosing {
    let tenant = found.view.tenant;
    let personal = personal(&found.account.name, &found.address.stored, tenant.as_ref());
    Choosing {
        address: found.address.stored,
        min_length: found.limit.password_min_length,
        first: found.is_first,
        personal,
        tenant,
    }
}

/// The words of somebody's own that their password should not be made of.
pub(crate) fn personal(name: &str, address: &str, tenant: Option<&portvakt_model::Tenant>) -> Vec<String> {
    let mailbox = address.split('@').next();
    [Some(name), mailbox, tenant.map(|tenant| tenant.name.as_str())].into_iter().flatten().map(str::to_owned).collect()
}

struct FoundLink {
    challenge: Challenge,
    account: Account,
    address: Address,
    limit: Limit,
    is_first: bool,
    view: SignInView,
}

async fn find(ctx: &Ctx, handle: &str, now: Timestamp) -> Result<Option<FoundLink>, Fault> {
    let Some(handle) = Handle::parse(handle) else { return Ok(None) };
    let hash = Ctx::hash(&handle);
    let found = ctx
        .store
        .read(move |tx| {
            for purpose in [ChallengePurpose::ResetPassword, ChallengePurpose::SetPassword] {
                if let Some(challenge) = tx.challenges().peek(&hash, purpose)? {
                    let domain = challenge.address.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
                    let view = tx.sign_in().by_address(&challenge.address, &domain)?;
                    return Ok(Some((challenge, view)));
                }
            }
            Ok(None)
        })
        .await?;
    let Some((challenge, mut view)) = found else { return Ok(None) };
    let Some((account, address)) = view.account.take() else { return Ok(None) };
    let is_good = challenge.spent_at.is_none()
        && now < challenge.expires_at
        && challenge.account == Some(account.id)
        && challenge.facts == account.facts_version;
    let rules = gate::rules(&view.policies);
    if !is_good || portvakt_policy::first_step(&rules) != FirstStep::Password {
        return Ok(None);
    }
    let is_first = view.password.is_none();
    Ok(Some(FoundLink { challenge, account, address, limit: rules.limit(), is_first, view }))
}

/// What became of the new password.
pub enum Set {
    /// It holds; so many sessions ended. The browser is known by this device cookie from now on.
    Saved(u32, Handle),
    /// It breaks these rules; the link is as good as before.
    Broken(Box<Choosing>, Vec<Fails>),
    /// The link is used, too old, or was never made.
    Spent,
    /// The gate stays shut.
    Refused(Refused),
}

/// A rule that a new password breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fails {
    /// One of the password's own rules.
    Rule(Broken),
    /// The two fields differ.
    Unlike,
}

/// Sets the password that was typed twice behind a mailed link. Every session and every app's access of the account
/// ends: whoever had the old password has nothing left.
pub async fn set(
    ctx: &Ctx,
    browser: &Browser,
    handle: &str,
    typed: (Secret<String>, Secret<String>),
) -> Result<Set, Fault> {
    let now = ctx.clock.now();
    let Some(found) = find(ctx, handle, now).await? else { return Ok(Set::Spent) };
    let fails = judge(ctx, &found.account, &found.address, &found.limit, &typed, found.view.tenant.as_ref());
    if !fails.is_empty() {
        return Ok(Set::Broken(Box::new(choosing(found)), fails));
    }
    let lane = found.view.tenant.as_ref().map(|tenant| tenant.id);
    let row = hash(ctx, &found.account, found.limit, lane, typed.0).await?;
    let change = Change::prepare(ctx, browser.language, &found.account, &found.address, found.is_first)?;
    let (challenge, account, address, judged) = (found.challenge, found.account, found.address, found.limit);
    let device = browser.device.clone().map_or_else(|| ctx.dice.handle(), Ok)?;
    let new_device = ctx.device_id()?;
    ctx.store
        .write(move |tx| {
            // Hashing took its time: the gate is asked by what stands now. And where the link is the mailbox's first proof,
            // no tenant is given its domain between the look at who owns it and the proof.
            if address.verified_at.is_none() {
                tx.epoch().hold()?;
            }
            let domain = challenge.address.rsplit_once('@').map_or("", |(_, domain)| domain);
            let SignInView { account: holder, policies, tenant, .. } =
                tx.sign_in().by_address(&challenge.address, domain)?;
            if holder.is_none_or(|(holder, _)| (holder.id, holder.facts_version) != (account.id, account.facts_version))
            {
                return Ok(Set::Spent);
            }
            let admitted = match admit(&account, &policies, tenant.as_ref(), now) {
                Ok(admitted) => admitted,
                Err(refused) => return Ok(Set::Refused(refused)),
            };
            still_enough(&gate::rules(&policies).limit(), &judged)?;
            let tenant = policies.tenant.map(|(tenant, ..)| tenant);
            if tx.challenges().spend(&challenge.handle, challenge.purpose, now)?.is_none() {
                return Ok(Set::Spent);
            }
            // Whatever moved the account's facts since the link was looked at ended the link as well.
            let Some(ended) = change.carry_out(tx, &admitted, &row, None, now)? else { return Ok(Set::Spent) };
            // Whoever came by the link has shown that the mailbox is theirs.
            prove(tx, &account, &address, tenant, now)?;
            make_known(tx, &device, new_device, &address, now)?;
            Ok(Set::Saved(u32::try_from(ended).unwrap_or(u32::MAX), device))
        })
        .await
}

/// Keeps that the account's person was at this browser, as a mailed link led them here: the sign-in that follows has the
/// browser's own budget, whatever strangers do at the same address. The notice of the new password tells of it.
fn make_known(
    tx: &mut Tx<'_, Deployment>,
    device: &Handle,
    new: DeviceId,
    address: &Address,
    now: Timestamp,
) -> Result<(), Fault> {
    let hash = Ctx::hash(device);
    if tx.devices().known(&hash, address.account)? {
        return Ok(());
    }
    let device = tx.devices().touch(&hash, new, now)?;
    let sighting = Sighting { device, account: address.account, address: &address.stored, remember: false };
    tx.devices().saw(sighting, now).map(|_| ())
}

/// That the rules of `now` ask no more of a password than those under which it was judged. Where they do, somebody made
/// them stricter in the second that the hash took: nothing is done, and the next try is told.
pub(crate) fn still_enough(now: &Limit, judged: &Limit) -> Result<(), Fault> {
    if now.password_min_length > judged.password_min_length {
        return Err(Fault::Busy("the policy was changed at the same moment"));
    }
    Ok(())
}

/// Judges a new password against the rules of its account.
pub(crate) fn judge(
    ctx: &Ctx,
    account: &Account,
    address: &Address,
    limit: &Limit,
    typed: &(Secret<String>, Secret<String>),
    tenant: Option<&portvakt_model::Tenant>,
) -> Vec<Fails> {
    let organisation = tenant.map_or("", |tenant| tenant.name.as_str());
    let rules = Rules::new(limit.password_min_length)
        .with(Word::Name, &account.name)
        .with(Word::Address, &address.stored)
        .with(Word::Organisation, organisation)
        .with(Word::Product, &ctx.settings.name);
    let mut fails: Vec<Fails> =
        portvakt_credentials::password::check(&typed.0, &rules).into_iter().map(Fails::Rule).collect();
    if typed.0 != typed.1 {
        fails.push(Fails::Unlike);
    }
    fails
}

/// Hashes a password that was judged.
pub(crate) async fn hash(
    ctx: &Ctx,
    account: &Account,
    limit: Limit,
    lane: Option<portvakt_model::TenantId>,
    password: Secret<String>,
) -> Result<PasswordRow, Fault> {
    let class = LengthClass::of(&password).ok_or_else(|| Fault::broken("a password that was judged has no length"))?;
    let (salt, keys) = (ctx.dice.bytes()?, ctx.keeper.keys());
    let pepper_version = keys.peppers().current().0;
    let hash = ctx.hashing.run(lane, move |hasher| hasher.hash(&password, salt, keys.peppers().current().1)).await??;
    Ok(PasswordRow {
        account: account.id,
        hash: Secret::new(hash),
        pepper_version,
        length_class: i16::try_from(class.least()).map_err(Fault::broken)?,
        rule: i16::try_from(limit.password_min_length).map_err(Fault::broken)?,
        set_at: ctx.clock.now(),
        failures: 0,
        disabled_at: None,
    })
}

/// A change of password, with what goes with it.
pub(crate) struct Change {
    account: Account,
    lookup: String,
    first: bool,
    letter: NewMail,
    audit: portvakt_model::AuditId,
}

impl Change {
    pub(crate) fn prepare(
        ctx: &Ctx,
        language: Language,
        account: &Account,
        address: &Address,
        first: bool,
    ) -> Result<Self, Fault> {
        let now = ctx.clock.now();
        let to = Recipient { account, address: &address.stored, language };
        let letter = mail(ctx, &to, &Message::PasswordChanged { at: now }, now)?;
        let (account, lookup) = (account.clone(), address.lookup.clone());
        Ok(Self { account, lookup, first, letter, audit: ctx.audit_id(now)? })
    }

    /// The new hash, the end of all sessions but the one named and of all apps' access, of all links under way, and the
    /// notice. Gives how many sessions ended; `None` if the account's facts moved since it was admitted: somebody was
    /// faster, and only the links ended.
    ///
    /// Rows are taken in the order in which all writers take them (link, account, sessions, grants), so that two that
    /// meet wait for each other in no ring; and sessions before grants, so that a code redeemed at the same moment is
    /// either seen by the second or finds no session.
    pub(crate) fn carry_out(
        &self,
        tx: &mut Tx<'_, Deployment>,
        admitted: &Admitted,
        row: &PasswordRow,
        keep: Option<portvakt_model::SessionId>,
        now: Timestamp,
    ) -> Result<Option<usize>, Fault> {
        tx.challenges().call_off(&self.lookup, now)?;
        if !tx.passwords().set(admitted, row)? {
            return Ok(None);
        }
        let ended = tx.sessions().end_all(self.account.id, keep, now)?;
        tx.grants().revoke_all(self.account.id, now)?;
        tx.outbox().push(&self.letter, now)?;
        let event = if self.first { AuditEvent::PasswordSet } else { AuditEvent::PasswordChanged };
        tx.audit().write(self.audit, &Audit::new(event).account(self.account.id, self.account.home), now)?;
        Ok(Some(ended))
    }
}
