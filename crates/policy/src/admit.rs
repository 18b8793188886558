//! The gate. [`admit`] is the only maker of [`Admitted`], and the store opens or extends a session, a grant or a
//! password only for an `Admitted`: reset, one-time link, old session and old refresh token all come through here.

use crate::rules::Rules;
use portvakt_model::proof::strength;
use portvakt_model::{AccountId, Acr, Demand, InstanceId, MemberId, Proof, Seconds, Stamp, TenantId, Timestamp};

/// What a transaction has read about the person and about what is being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who.
    pub account: AccountId,
    /// The edition of the account's facts.
    pub facts_version: i64,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// Whether its home tenant is suspended.
    pub home_suspended: bool,
    /// The edition of the app that asks; 0 where none does.
    pub app_version: i64,
    /// The session that is used, if one is.
    pub session: Option<SessionFacts>,
    /// The refresh chain that is used, if one is.
    pub chain: Option<ChainFacts>,
}

/// The clocks of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// When it began.
    pub began: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// Whether an act ended it.
    pub ended: bool,
}

/// The clocks of a refresh chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainFacts {
    /// When it began.
    pub began: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// Whether it outlives its session (`offline_access`).
    pub offline: bool,
}

/// What the person is about to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entering {
    /// No organisation's data.
    Nothing,
    /// A tenant's data, as that member.
    Tenant(TenantId, MemberId),
    /// A customer's own installation of an app.
    Instance(InstanceId),
    /// Account Settings.
    Settings,
    /// A tenant's administration.
    Admin(TenantId),
}

/// How long what is admitted may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A session, unused.
    pub session_idle: Seconds,
    /// A session, at most.
    pub session_absolute: Seconds,
    /// A refresh chain, unused.
    pub refresh_idle: Seconds,
    /// A refresh chain, at most.
    pub refresh_absolute: Seconds,
}

/// Proof that the gate was passed. It cannot be made elsewhere, copied into another account, or kept past its stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    account: AccountId,
    stamp: Stamp,
    lifetimes: Lifetimes,
    may_keep: bool,
}

impl Admitted {
    /// Who was admitted.
    pub fn account(&self) -> AccountId {
        self.account
    }
    /// Under which rules.
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }
    /// For how long.
    pub fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }
    /// Whether the browser may keep the session when it is closed.
    pub fn may_keep(&self) -> bool {
        self.may_keep
    }
}

/// Why the gate stays shut. A closed list: each has words, a page, and a code on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A policy that binds cannot be understood: nobody passes until it can.
    PolicyUnsound,
    /// The account is switched off.
    AccountDisabled,
    /// The home tenant is suspended.
    TenantSuspended,
    /// Portvakt's own sign-in is off for this person, and nothing else was proved.
    OwnSignInOff,
    /// Nothing was proved.
    NoProof,
    /// The session has ended, by act or by its clocks.
    SessionOver,
    /// The refresh chain has run out.
    ChainOver,
    /// The app wants a fresher proof.
    FreshProofNeeded,
    /// The app insists on more than was proved.
    StrongerProofNeeded,
    /// There is no way in to that place yet for anybody.
    NoEntry,
}

/// Whether this person, with these proofs, passes under these rules: the one gate.
///
/// `rules` and `facts` are what the transaction read, `proofs` what the session holds, `demand` what the app asks,
/// `entering` where to. All limits are met; the first thing that is missing is the refusal.
pub fn admit(
    rules: &Rules,
    facts: &Facts,
    proofs: &[Proof],
    demand: &Demand,
    entering: Entering,
    now: Timestamp,
) -> Result<Admitted, Refused> {
    if !rules.are_sound() {
        return Err(Refused::PolicyUnsound);
    }
    if facts.disabled {
        return Err(Refused::AccountDisabled);
    }
    if facts.home_suspended {
        return Err(Refused::TenantSuspended);
    }
    let limit = rules.limit();
    let counting: Vec<Proof> = proofs.iter().copied().filter(|proof| limit.allows(proof.method)).collect();
    if counting.is_empty() {
        return Err(if proofs.is_empty() { Refused::NoProof } else { Refused::OwnSignInOff });
    }
    if let Entering::Tenant(..) | Entering::Instance(_) | Entering::Admin(_) = entering {
        // Directories and tenant admins come with their own rules; until those are read, nobody enters.
        return Err(Refused::NoEntry);
    }
    let lifetimes = Lifetimes {
        session_idle: limit.session_idle,
        session_absolute: limit.session_absolute,
        refresh_idle: limit.refresh_idle,
        refresh_absolute: limit.refresh_absolute,
    };
    let until = clocks(facts, lifetimes, now)?;
    meets(demand, &counting, now)?;
    Ok(Admitted {
        account: facts.account,
        stamp: Stamp {
            deployment: rules.deployment.version,
            tenant: rules.home.as_ref().map_or(0, |(_, binding)| binding.version),
            facts: facts.facts_version,
            app: facts.app_version,
            until,
        },
        lifetimes,
        may_keep: limit.keep_signed_in,
    })
}

/// Judges the clocks under the lifetimes of now (a policy may have shortened them since), and says when a date alone
/// would change the answer.
fn clocks(facts: &Facts, lifetimes: Lifetimes, now: Timestamp) -> Result<Timestamp, Refused> {
    let mut until = now.after(lifetimes.session_absolute);
    if let Some(chain) = facts.chain {
        let end = chain.began.after(lifetimes.refresh_absolute);
        if now >= end || now >= chain.used.after(lifetimes.refresh_idle) {
            return Err(Refused::ChainOver);
        }
        until = end;
    }
    let outlives_session = facts.chain.is_some_and(|chain| chain.offline);
    if let Some(session) = facts.session.filter(|_| !outlives_session) {
        let end = session.began.after(lifetimes.session_absolute);
        // Using a chain keeps its session alive: then only the absolute clock of the session counts.
        let idle_over = facts.chain.is_none() && now >= session.used.after(lifetimes.session_idle);
        if session.ended || now >= end || idle_over {
            return Err(Refused::SessionOver);
        }
        until = until.min(end);
    }
    Ok(until)
}

/// Judges the app's demand against the proofs that count.
fn meets(demand: &Demand, proofs: &[Proof], now: Timestamp) -> Result<(), Refused> {
    let newest = proofs.iter().map(|proof| proof.at).max().unwrap_or(Timestamp(i64::MIN));
    let too_old = demand.max_age.is_some_and(|age| newest.after(age) < now);
    if too_old || demand.login_after.is_some_and(|instant| newest < instant) {
        return Err(Refused::FreshProofNeeded);
    }
    let reached = strength(proofs).ok_or(Refused::NoProof)?;
    let met = |value: &String| Acr::of_value(value).is_some_and(|acr| acr.is_met_by(reached));
    if !demand.essential_acr.is_empty() && !demand.essential_acr.iter().any(met) {
        return Err(Refused::StrongerProofNeeded);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Binding;
    use portvakt_model::{Method, PolicyDocument};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn rules(document: PolicyDocument) -> Rules {
        let home = (TenantId::random([9; 16]), Binding { version: 7, document });
        Rules { deployment: Binding { version: 3, document: PolicyDocument::default() }, home: Some(home) }
    }

    fn facts() -> Facts {
        Facts {
            account: AccountId::random([1; 16]),
            facts_version: 5,
            disabled: false,
            home_suspended: false,
            app_version: 2,
            session: None,
            chain: None,
        }
    }

    fn pass(rules: &Rules, facts: &Facts, demand: &Demand) -> Result<Admitted, Refused> {
        admit(rules, facts, &[Proof::new(Method::Password, NOW)], demand, Entering::Nothing, NOW)
    }

    #[test]
    fn a_password_opens_a_session_under_the_rules_of_now() {
        let admitted = pass(&rules(PolicyDocument::default()), &facts(), &Demand::default()).unwrap();
        let stamp = admitted.stamp();
        assert_eq!((stamp.deployment, stamp.tenant, stamp.facts, stamp.app), (3, 7, 5, 2));
        assert_eq!(stamp.until, NOW.after(Seconds::hours(24)));
    }

    #[test]
    fn with_own_sign_in_off_no_proof_of_ours_counts_however_old_or_new() {
        let off = rules(PolicyDocument { own_sign_in: Some(false), ..PolicyDocument::default() });
        for method in Method::ALL {
            for at in [NOW, Timestamp::from_seconds(1)] {
                let answer =
                    admit(&off, &facts(), &[Proof::new(method, at)], &Demand::default(), Entering::Settings, NOW);
                assert_eq!(answer, Err(Refused::OwnSignInOff));
            }
        }
    }

    #[test]
    fn a_policy_that_makes_no_sense_denies() {
        let odd = rules(PolicyDocument { session_idle: Some(Seconds(0)), ..PolicyDocument::default() });
        assert_eq!(pass(&odd, &facts(), &Demand::default()), Err(Refused::PolicyUnsound));
    }

    #[test]
    fn disabled_suspended_and_proofless_stay_outside() {
        let rules = rules(PolicyDocument::default());
        let disabled = Facts { disabled: true, ..facts() };
        let suspended = Facts { home_suspended: true, ..facts() };
        assert_eq!(pass(&rules, &disabled, &Demand::default()), Err(Refused::AccountDisabled));
        assert_eq!(pass(&rules, &suspended, &Demand::default()), Err(Refused::TenantSuspended));
        let nothing = admit(&rules, &facts(), &[], &Demand::default(), Entering::Nothing, NOW);
        assert_eq!(nothing, Err(Refused::NoProof));
    }

    #[test]
    fn a_session_ends_at_its_clocks_and_one_microsecond_before_it_lives() {
        let rules = rules(PolicyDocument::default());
        let began = NOW.before(Seconds::hours(24));
        let at = |began, used, ended| Facts { session: Some(SessionFacts { began, used, ended }), ..facts() };
        assert_eq!(pass(&rules, &at(began, NOW, false), &Demand::default()), Err(Refused::SessionOver));
        assert!(pass(&rules, &at(Timestamp(began.0 + 1), NOW, false), &Demand::default()).is_ok());
        let idle = NOW.before(Seconds::hours(1));
        assert_eq!(pass(&rules, &at(idle, idle, false), &Demand::default()), Err(Refused::SessionOver));
        assert!(pass(&rules, &at(idle, Timestamp(idle.0 + 1), false), &Demand::default()).is_ok());
        assert_eq!(pass(&rules, &at(NOW, NOW, true), &Demand::default()), Err(Refused::SessionOver));
    }

    #[test]
    fn an_offline_chain_outlives_its_session_and_another_does_not() {
        let rules = rules(PolicyDocument::default());
        let session = Some(SessionFacts { began: NOW, used: NOW, ended: true });
        let chain = |offline| Some(ChainFacts { began: NOW, used: NOW, offline });
        let offline = Facts { session, chain: chain(true), ..facts() };
        let online = Facts { session, chain: chain(false), ..facts() };
        assert!(pass(&rules, &offline, &Demand::default()).is_ok());
        assert_eq!(pass(&rules, &online, &Demand::default()), Err(Refused::SessionOver));
    }

    #[test]
    fn an_app_may_ask_for_fresher_and_stronger_proof_and_never_for_less() {
        let rules = rules(PolicyDocument::default());
        let old = [Proof::new(Method::Password, NOW.before(Seconds(11)))];
        let ask = |demand: Demand| admit(&rules, &facts(), &old, &demand, Entering::Nothing, NOW).map(|_| ());
        let age = |seconds| Demand { max_age: Some(Seconds(seconds)), ..Demand::default() };
        assert_eq!(ask(age(10)), Err(Refused::FreshProofNeeded));
        assert_eq!(ask(age(11)), Ok(()));
        assert_eq!(ask(Demand { login_after: Some(NOW), ..Demand::default() }), Err(Refused::FreshProofNeeded));
        let essential = |value: &str| Demand { essential_acr: vec![value.to_owned()], ..Demand::default() };
        assert_eq!(ask(essential("urn:portvakt:acr:two-factor")), Err(Refused::StrongerProofNeeded));
        assert_eq!(ask(essential("something else")), Err(Refused::StrongerProofNeeded));
        assert_eq!(ask(essential("urn:portvakt:acr:one-factor")), Ok(()));
    }

    proptest! {
        #[test]
        fn a_stricter_policy_never_admits_what_a_looser_one_refuses(
            off in any::<bool>(), idle in 60_u32..2_000_000, absolute in 60_u32..2_000_000,
            began in 0_i64..1_000_000, used in 0_i64..1_000_000,
        ) {
            let loose = rules(PolicyDocument::default());
            let strict = rules(PolicyDocument {
                own_sign_in: off.then_some(false),
                session_idle: Some(Seconds(idle)),
                session_absolute: Some(Seconds(absolute)),
                ..PolicyDocument::default()
            });
            let session = SessionFacts {
                began: Timestamp::from_seconds(began.min(used)), used: Timestamp::from_seconds(used), ended: false,
            };
            let facts = Facts { session: Some(session), ..facts() };
            if pass(&loose, &facts, &Demand::default()).is_err() {
                prop_assert!(pass(&strict, &facts, &Demand::default()).is_err());
            }
        }
    }
}
