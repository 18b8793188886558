//! From what the store read to what the gate wants.

use portvakt_model::{AccountFacts, Demand, Proof, Session, Timestamp};
pub use portvakt_policy::Refused;
use portvakt_policy::{Admitted, Binding, ChainFacts, Entering, Facts, Rules, SessionFacts};
use portvakt_protocol::oauth::authorize::Standing;
use portvakt_store::Policies;

/// The rules behind the policies that a transaction read.
pub fn rules(policies: &Policies) -> Rules {
    let (version, document) = policies.deployment.clone();
    Rules {
        deployment: Binding { version, document },
        home: policies.tenant.clone().map(|(tenant, version, document)| (tenant, Binding { version, document })),
    }
}

/// The facts about an account, before a session or chain is looked at.
pub fn facts(account: &portvakt_model::Account, home_suspended: bool) -> Facts {
    Facts {
        account: account.id,
        facts_version: account.facts_version,
        disabled: account.disabled_at.is_some(),
        home_suspended,
        app_version: 0,
        session: None,
        chain: None,
    }
}

/// The facts about a session in use.
pub fn session_facts(session: &Session) -> SessionFacts {
    SessionFacts { began: session.auth_time, used: session.seen_at, ended: session.ended_at.is_some() }
}

/// The facts about a session whose row is gone: it is over.
const GONE: SessionFacts = SessionFacts { began: Timestamp(0), used: Timestamp(0), ended: true };

/// What a session is asked to open.
pub struct InUse<'a> {
    /// The account.
    pub account: &'a AccountFacts,
    /// Whether its home is suspended.
    pub home_suspended: bool,
    /// The session; `None` if its row is gone.
    pub session: Option<&'a Session>,
    /// What was proved in it.
    pub proofs: &'a [Proof],
    /// The refresh chain, when one is used.
    pub chain: Option<ChainFacts>,
    /// The app that asks; 0 for none.
    pub app_version: i64,
}

impl InUse<'_> {
    /// Asks the gate.
    pub fn admit(
        &self,
        policies: &Policies,
        demand: &Demand,
        entering: Entering,
        now: Timestamp,
    ) -> Result<Admitted, Refused> {
        let facts = Facts {
            app_version: self.app_version,
            session: Some(self.session.map_or(GONE, session_facts)),
            chain: self.chain,
            ..facts(&self.account.account, self.home_suspended)
        };
        portvakt_policy::admit(&rules(policies), &facts, self.proofs, demand, entering, now)
    }
}

/// How a refusal of the gate looks to the authorization rule.
pub fn standing(answer: &Result<Admitted, Refused>) -> Standing {
    match answer {
        Ok(_) => Standing::Admitted,
        Err(Refused::NoProof | Refused::SessionOver | Refused::ChainOver) => Standing::Nobody,
        Err(Refused::FreshProofNeeded) => Standing::MustProveAgain,
        Err(Refused::StrongerProofNeeded) => Standing::Unmet,
        Err(
            Refused::PolicyUnsound
            | Refused::AccountDisabled
            | Refused::TenantSuspended
            | Refused::OwnSignInOff
            | Refused::NoEntry,
        ) => Standing::Barred,
    }
}

/// The strength-free view of proofs for tokens: `amr` without repeats.
pub fn amr(proofs: &[Proof]) -> Vec<String> {
    let mut amr: Vec<String> = Vec::new();
    for proof in proofs {
        let word = proof.method.amr();
        if !amr.iter().any(|known| known == word) {
            amr.push(word.to_owned());
        }
    }
    amr
}
