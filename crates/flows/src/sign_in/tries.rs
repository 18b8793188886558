//! A try at a password: counted before it is made, and taken off again when it was right. Known and unknown addresses
//! cost the same statements.
//!
//! A browser on which the account was signed in before has a budget of its own, and no other counts there: nobody can
//! lock a person out of a browser they use. On PostgreSQL counters are locked in one order, so that no two tries wait
//! for each other: the address's, the pair's, the source's addresses, the source's own.

use crate::browser::Browser;
use crate::ctx::Ctx;
use crate::limits::{self, Source};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::{DeviceId, Email, Fault, Seconds, Timestamp};
use portvakt_policy::guessing::{AddressBudget, SHUT_OUT, SourceBudget};
use portvakt_store::{Deployment, PasswordRow, SignInView, Taken, Tx};

/// What became of the wish to try.
pub(super) enum Reserved {
    /// It is counted and may be made.
    Try(Box<Try>),
    /// It comes too early: nothing was counted, and nothing is to be looked at.
    Wait(Seconds),
}

/// A try that is counted.
pub(super) struct Try {
    /// What is known of the address.
    pub(super) view: SignInView,
    /// The browser, if the account was signed in on it before.
    pub(super) known: Option<DeviceId>,
    counted: Counted,
}

/// Under what a try is counted.
#[derive(Debug, Clone)]
pub(super) enum Counted {
    /// A browser's own budget for an account that was signed in on it before.
    Own { key: String },
    /// A stranger's.
    Stranger(Box<Stranger>),
}

/// The counters of a stranger's try.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    /// Tries at this address, from anywhere.
    address: String,
    /// Failures at this address from this source.
    pair: String,
    /// Addresses at which this source failed.
    addresses: String,
    /// Failures from this source.
    source: String,
    /// The source, for the log.
    from: String,
    budget: SourceBudget,
}

impl Counted {
    fn of(known: Option<DeviceId>, lookup: &str, source: &Source, budget: SourceBudget) -> Self {
        let from = &source.key;
        match known {
            Some(device) => Self::Own { key: format!("pw:d:{device}:{lookup}") },
            None => Self::Stranger(Box::new(Stranger {
                address: format!("pw:a:{lookup}"),
                pair: format!("pw:t:{from}:{lookup}"),
                addresses: format!("pw:n:{from}"),
                source: format!("pw:s:{from}"),
                from: from.clone(),
                budget,
            })),
        }
    }

    /// Counts the try. `Some`: not before then.
    fn take(
        &self,
        tx: &mut Tx<'_, Deployment>,
        budget: AddressBudget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        match self {
            Self::Own { key } => limits::pace(tx, key, budget, now),
            Self::Stranger(stranger) => stranger.take(tx, budget, now),
        }
    }

    /// The password was wrong.
    fn failed(&self, tx: &mut Tx<'_, Deployment>, now: Timestamp) -> Result<Option<&Stranger>, Fault> {
        match self {
            Self::Own { .. } => Ok(None),
            Self::Stranger(stranger) => Ok(stranger.failed(tx, now)?.then_some(stranger)),
        }
    }

    /// The password was right: whoever knows it begins anew, and a source gets back this one try. What the source did to
    /// other addresses stays counted.
    pub(super) fn succeeded(&self, tx: &mut Tx<'_, Deployment>) -> Result<(), Fault> {
        match self {
            Self::Own { key } => tx.limits().clear(std::slice::from_ref(key)).map(|_| ()),
            Self::Stranger(stranger) => {
                let gone = tx.limits().clear(&[stranger.address.clone(), stranger.pair.clone()])?;
                if gone.contains(&stranger.pair) {
                    tx.limits().give_back(&stranger.addresses)?;
                }
                tx.limits().give_back(&stranger.source)
            }
        }
    }
}

impl Stranger {
    fn take(
        &self,
        tx: &mut Tx<'_, Deployment>,
        budget: AddressBudget,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Fault> {
        // Looked at before anything is written: whoever keeps trying while they are held costs the database no write.
        if let Some(until) = tx.limits().held(&[&self.address, &self.source], now)? {
            return Ok(Some(until));
        }
        let (count, window_end) = match tx.limits().take(&self.address, limits::ACCOUNT_WINDOW, now)? {
            Taken::Held { until } => return Ok(Some(until)),
            Taken::Counted { count, window_end } => (count, window_end),
        };
        let from_source = match tx.limits().take(&self.source, limits::SOURCE_WINDOW, now)? {
            Taken::Held { until } => {
                // A source that is held must not use up the tries of the people it aims at.
                tx.limits().give_back(&self.address)?;
                return Ok(Some(until));
            }
            Taken::Counted { count, .. } => count,
        };
        if let Some(until) = budget.held_until(count, window_end, now) {
            tx.limits().hold(&self.address, until)?;
        }
        if let Some(until) = self.budget.held_until(from_source, now) {
            tx.limits().hold(&self.source, until)?;
        }
        Ok(None)
    }

    /// Counts the address among those at which the source failed; `true` if it is shut out for that.
    fn failed(&self, tx: &mut Tx<'_, Deployment>, now: Timestamp) -> Result<bool, Fault> {
        let window = limits::ADDRESSES_WINDOW;
        if tx.limits().hit(&[(self.pair.clone(), window)], now)? != [1] {
            return Ok(false);
        }
        let addresses = tx.limits().hit(&[(self.addresses.clone(), window)], now)?;
        let is_stuffing = addresses.first().is_some_and(|addresses| self.budget.is_stuffing(*addresses));
        if is_stuffing {
            tx.limits().hold(&self.source, now.after(SHUT_OUT))?;
        }
        Ok(is_stuffing)
    }
}

/// Counts a try before it is made.
pub(super) async fn reserve(ctx: &Ctx, browser: &Browser, email: &Email, now: Timestamp) -> Result<Reserved, Fault> {
    let (lookup, domain) = (email.lookup().to_owned(), email.domain().to_owned());
    let source = Source::of(ctx, browser);
    let (address_budget, source_budget) = (ctx.settings.limits.address(), ctx.settings.limits.source(&source));
    let device = browser.device.as_ref().map(Ctx::hash);
    ctx.store
        .write(move |tx| {
            let view = tx.sign_in().by_address(&lookup, &domain)?;
            let account = view.account.as_ref().map(|(account, _)| account.id);
            let known = match &device {
                Some(device) => tx.devices().known_as(device, account)?,
                None => None,
            };
            let counted = Counted::of(known, &lookup, &source, source_budget);
            Ok(match counted.take(tx, address_budget, now)? {
                Some(until) => Reserved::Wait(limits::wait(until, now)),
                None => Reserved::Try(Box::new(Try { view, known, counted })),
            })
        })
        .await
}

impl Try {
    /// What the try is known under, for whoever finds it right in their own transaction.
    pub(super) fn counted(&self) -> Counted {
        self.counted.clone()
    }

    /// Keeps that the password was wrong.
    pub(super) async fn failed(
        self,
        ctx: &Ctx,
        email: &Email,
        seen: Option<PasswordRow>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let (audit, second) = (ctx.audit_id(now)?, ctx.audit_id(now)?);
        // The address as typed is personal data of a stranger, maybe mistyped: only its hash goes into the log.
        let hash = Ctx::hash_bytes(email.lookup().as_bytes()).short_text();
        let line = Audit::new(AuditEvent::SignInFailed).with("address_hash", hash);
        let most = ctx.settings.limits.password_failures;
        ctx.store
            .write(move |tx| {
                tx.passwords().failed(seen.as_ref(), most, now)?;
                if let Some(stranger) = self.counted.failed(tx, now)? {
                    let line = Audit::new(AuditEvent::LimitReached)
                        .with("source", &stranger.from)
                        .with("addresses", stranger.budget.addresses.to_string());
                    tx.audit().write(second, &line, now)?;
                }
                tx.audit().write(audit, &line, now)
            })
            .await
    }
}
