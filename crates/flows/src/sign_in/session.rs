//! Opening a session: the one way in which a sign-in ends well, whatever was proved.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::gate;
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{
    Account, Address, Demand, Fault, Handle, Message, Method, Proof, Seconds, Session, TenantId, Timestamp,
};
use portvakt_policy::{Admitted, Entering, Refused};
use portvakt_store::{Deployment, NewMail, NewSession, Policies, Renewal, Sighting, Tx};

/// A session that was opened: what the browser gets.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The session cookie.
    pub session: Handle,
    /// The device cookie: the old one, or a new one.
    pub device: Handle,
    /// Whether the browser keeps the session when it is closed.
    pub keep: bool,
    /// Whether it is the session that this browser had, under a new handle: the same person was asked again.
    pub renewed: bool,
}

/// Everything that opening a session needs, drawn before the transaction.
pub struct Opening {
    /// Who.
    pub account: Account,
    /// The address they gave.
    pub address: Address,
    /// Under which policies they were looked up.
    pub policies: Policies,
    /// Whether their home is suspended.
    pub home_suspended: bool,
    /// What they proved.
    pub method: Method,
    /// Whether to keep the session.
    pub keep: bool,
    /// Whether to remember the address.
    pub remember: bool,
    new: Drawn,
}

struct Drawn {
    session: Handle,
    device: Handle,
    old_session: Option<Handle>,
    session_id: portvakt_model::SessionId,
    device_id: portvakt_model::DeviceId,
    known: Option<portvakt_model::DeviceId>,
    description: String,
    audit: portvakt_model::AuditId,
    notice: NewMail,
}

/// What an opening is about.
pub struct About {
    /// Who.
    pub account: Account,
    /// The address they gave.
    pub address: Address,
    /// Under which policies they were looked up.
    pub policies: Policies,
    /// Whether their home is suspended.
    pub home_suspended: bool,
    /// What they proved.
    pub method: Method,
}

impl Opening {
    /// Draws what is needed: a new handle each time, so that no session outlives a sign-in under its old name.
    pub fn prepare(ctx: &Ctx, browser: &Browser, about: About, keep: bool, remember: bool) -> Result<Self, Fault> {
        let now = ctx.clock.now();
        let message = Message::NewDevice { at: now, browser: browser.description.clone() };
        let to = Recipient { account: &about.account, address: &about.address.stored, language: browser.language };
        let notice = mail(ctx, &to, &message, now)?;
        let device = browser.device.clone().map_or_else(|| ctx.dice.handle(), Ok)?;
        let new = Drawn {
            session: ctx.dice.handle()?,
            device,
            old_session: browser.session.clone(),
            session_id: ctx.session_id(now)?,
            device_id: ctx.device_id()?,
            known: None,
            description: browser.description.clone(),
            audit: ctx.audit_id(now)?,
            notice,
        };
        let About { account, address, policies, home_suspended, method } = about;
        Ok(Self { account, address, policies, home_suspended, method, keep, remember, new })
    }

    /// Says that this browser's row is known already, and which it is.
    #[must_use]
    pub fn on(mut self, device: Option<portvakt_model::DeviceId>) -> Self {
        self.new.known = device;
        self
    }

    /// The same by what stands now: where the sign-in is a mailbox's first proof, no tenant is given its domain between
    /// the look at who owns it and the proof.
    pub fn judged_now(mut self, tx: &mut Tx<'_, Deployment>) -> Result<Self, Fault> {
        if self.method == Method::OneTimeLink && self.address.verified_at.is_none() {
            tx.epoch().hold()?;
            let domain = self.address.lookup.rsplit_once('@').map_or("", |(_, domain)| domain);
            let view = tx.sign_in().by_address(&self.address.lookup, domain)?;
            self.policies = view.policies;
            self.home_suspended = view.tenant.is_some_and(|tenant| tenant.suspended_at.is_some());
        }
        Ok(self)
    }

    /// Asks the gate and opens the session, in the caller's transaction.
    pub fn open(self, tx: &mut Tx<'_, Deployment>, now: Timestamp) -> Result<Result<Opened, Refused>, Fault> {
        let facts = gate::facts(&self.account, self.home_suspended);
        let proofs = vec![Proof::new(self.method, now)];
        let rules = gate::rules(&self.policies);
        let admitted = match portvakt_policy::admit(&rules, &facts, &proofs, &Demand::default(), Entering::Nothing, now)
        {
            Ok(admitted) => admitted,
            Err(refused) => {
                let line = Audit::new(AuditEvent::SignInRefused)
                    .account(self.account.id, self.account.home)
                    .with("why", format!("{refused:?}"));
                tx.audit().write(self.new.audit, &line, now)?;
                return Ok(Err(refused));
            }
        };
        let keep = self.keep && admitted.may_keep();
        let remember = self.remember && rules.limit().remember_address;
        let device = match self.new.known {
            Some(device) => device,
            None => tx.devices().touch(&Ctx::hash(&self.new.device), self.new.device_id, now)?,
        };
        let new = NewSession {
            id: self.new.session_id,
            handle: Ctx::hash(&self.new.session),
            device: Some(device),
            proofs,
            keep,
            description: self.new.description.clone(),
        };
        let Some(session) = self.place(tx, &admitted, new, now)? else { return Ok(Err(Refused::NoProof)) };
        if self.method == Method::OneTimeLink {
            prove(tx, &self.account, &self.address, self.policies.tenant.as_ref().map(|(tenant, ..)| *tenant), now)?;
        }
        let sighting = Sighting { device, account: self.account.id, address: &self.address.stored, remember };
        if tx.devices().saw(sighting, now)? {
            tx.outbox().push(&self.new.notice, now)?;
        }
        let line = Audit::new(AuditEvent::SignedIn)
            .account(self.account.id, self.account.home)
            .with("method", self.method.amr())
            .with("session", session.id.to_string());
        tx.audit().write(self.new.audit, &line, now)?;
        let renewed = session.id != self.new.session_id;
        Ok(Ok(Opened { session: self.new.session, device: self.new.device, keep, renewed }))
    }
}

impl Opening {
    /// The session: the browser's own under a new name if it is the same person's, so that what other apps were given in
    /// it goes on; else a new one, and the one before ends. `None`: the account changed since it was looked up.
    fn place(
        &self,
        tx: &mut Tx<'_, Deployment>,
        admitted: &Admitted,
        new: NewSession,
        now: Timestamp,
    ) -> Result<Option<Session>, Fault> {
        let before = match &self.new.old_session {
            Some(old) => tx.sessions().find(&Ctx::hash(old), None)?.map(|view| view.session),
            None => None,
        };
        let Some(before) = before else { return tx.sessions().open(admitted, new, now) };
        if before.account == self.account.id {
            let renewal = Renewal { handle: new.handle, proofs: new.proofs.clone(), keep: new.keep };
            if let Some(renewed) = tx.sessions().renew(admitted, before.id, &renewal, now)? {
                return Ok(Some(renewed));
            }
        }
        let opened = tx.sessions().open(admitted, new, now)?;
        if opened.is_some() {
            tx.sessions().end(before.id, now)?;
        }
        Ok(opened)
    }
}

/// Keeps that somebody who came by a mailed link has the mailbox. An account without a home gets one where the address's
/// domain is a tenant's.
pub(crate) fn prove(
    tx: &mut Tx<'_, Deployment>,
    account: &Account,
    address: &Address,
    tenant: Option<TenantId>,
    now: Timestamp,
) -> Result<(), Fault> {
    if address.verified_at.is_none() {
        tx.accounts().verify(account.id, &address.lookup, tenant, now)?;
    }
    Ok(())
}

/// Whom a mail is for.
pub struct Recipient<'a> {
    /// Whose address it is.
    pub account: &'a Account,
    /// Where to.
    pub address: &'a str,
    /// The language of the request, for a person who chose none.
    pub language: portvakt_model::Language,
}

/// A mail for an account, sealed.
pub fn mail(ctx: &Ctx, to: &Recipient<'_>, message: &Message, now: Timestamp) -> Result<NewMail, Fault> {
    let language = to.account.language.unwrap_or(to.language);
    let owner = Owner { account: Some(to.account.id), tenant: to.account.home };
    sealed_mail(ctx, owner, (to.address, language), message, now)
}

/// Whose mail it is: nobody's for an address that nobody has.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// The account.
    pub account: Option<portvakt_model::AccountId>,
    /// Its home tenant.
    pub tenant: Option<TenantId>,
}

/// A mail, sealed; void where nobody has the address, so that the same rows are written.
pub fn sealed_mail(
    ctx: &Ctx,
    owner: Owner,
    to: (&str, portvakt_model::Language),
    message: &Message,
    now: Timestamp,
) -> Result<NewMail, Fault> {
    let id = ctx.outbox_id(now)?;
    let plain = serde_json::to_vec(message).map_err(Fault::broken)?;
    let row = id.0.into_bytes();
    let keys = ctx.keeper.keys();
    let sealed = keys.rest().seal_row(&crate::jobs::outbox::cell(owner.tenant, &row), &plain, ctx.dice.bytes()?)?;
    Ok(NewMail {
        id,
        account: owner.account,
        tenant: owner.tenant,
        recipient: to.0.to_owned(),
        language: to.1,
        sealed,
        void: owner.account.is_none(),
        expires_at: useful_until(message, now),
    })
}

/// Until when a mail is worth sending: two days, and never longer than the link in it is good.
fn useful_until(message: &Message, now: Timestamp) -> Timestamp {
    let most = now.after(Seconds::days(2));
    match message {
        Message::PasswordLink { until, .. } | Message::SignInLink { until, .. } => most.min(*until),
        Message::PasswordGuessed { .. }
        | Message::PasswordDisabled { .. }
        | Message::PasswordChanged { .. }
        | Message::NewDevice { .. }
        | Message::OrganisationSignIn => most,
    }
}
