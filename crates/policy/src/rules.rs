//! The rules: each reads its own part of a policy document and says which limit follows. Adding one is a file and a
//! line in [`ALL`].

pub mod browser;
pub mod lifetimes;
pub mod own_sign_in;
pub mod password_length;

use crate::limit::Limit;
use portvakt_model::{PolicyDocument, PolicyVersion, TenantId};

/// One rule.
pub struct Rule {
    /// The key of its words on pages and in the manual.
    pub name: &'static str,
    /// The limit that the product itself sets, whatever a deployment says.
    pub built_in: fn() -> Limit,
    /// The limit that follows from a document; neutral where the document is silent.
    pub limit: fn(&PolicyDocument) -> Limit,
    /// What in a document this rule would refuse to keep, if anything.
    pub fault: fn(&PolicyDocument) -> Option<crate::change::PolicyFault>,
}

/// Every rule there is. Order does not matter: limits only meet.
pub const ALL: [Rule; 4] = [own_sign_in::RULE, password_length::RULE, browser::RULE, lifetimes::RULE];

/// A policy that binds somebody: whose, which edition, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Which edition.
    pub version: PolicyVersion,
    /// What it says.
    pub document: PolicyDocument,
}

/// All policies that bind a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The deployment's default.
    pub deployment: Binding,
    /// The home tenant's, where there is a home.
    pub home: Option<(TenantId, Binding)>,
}

impl Rules {
    /// The meet of every rule over every policy that binds. The deployment's default replaces the built-in values
    /// where it speaks (an operator may loosen what the product suggests, within each rule's bounds); a tenant's
    /// policy then only narrows.
    pub fn limit(&self) -> Limit {
        let documents = self.home.iter().map(|(_, binding)| &binding.document);
        let tenant = documents.flat_map(|document| ALL.iter().map(|rule| (rule.limit)(document)));
        tenant.fold(self.deployment_limit(), Limit::meet)
    }

    fn deployment_limit(&self) -> Limit {
        let document = self.deployment.document.clone().over(&built_in());
        ALL.iter().map(|rule| (rule.limit)(&document).meet((rule.built_in)())).fold(Limit::NONE, Limit::meet)
    }

    /// Whether every document that binds is one that could have been saved. A document that is not denies everything.
    pub fn are_sound(&self) -> bool {
        let home = self.home.iter().map(|(_, binding)| &binding.document);
        std::iter::once(&self.deployment.document).chain(home).all(|document| crate::change::check(document).is_empty())
    }
}

/// The values that hold where the deployment's default is silent.
pub fn built_in() -> PolicyDocument {
    use portvakt_model::Seconds;
    PolicyDocument {
        own_sign_in: Some(true),
        password_min_length: Some(password_length::ONLY_FACTOR),
        keep_signed_in: Some(true),
        remember_address: Some(true),
        session_idle: Some(Seconds::hours(1)),
        session_absolute: Some(Seconds::hours(24)),
        refresh_idle: Some(Seconds::days(14)),
        refresh_absolute: Some(Seconds::days(90)),
    }
}

/// A document whose gaps another fills.
trait Over {
    fn over(self, below: &Self) -> Self;
}

impl Over for PolicyDocument {
    fn over(self, below: &Self) -> Self {
        Self {
            own_sign_in: self.own_sign_in.or(below.own_sign_in),
            password_min_length: self.password_min_length.or(below.password_min_length),
            keep_signed_in: self.keep_signed_in.or(below.keep_signed_in),
            remember_address: self.remember_address.or(below.remember_address),
            session_idle: self.session_idle.or(below.session_idle),
            session_absolute: self.session_absolute.or(below.session_absolute),
            refresh_idle: self.refresh_idle.or(below.refresh_idle),
            refresh_absolute: self.refresh_absolute.or(below.refresh_absolute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::Seconds;

    fn rules(deployment: PolicyDocument, home: Option<PolicyDocument>) -> Rules {
        let home = home.map(|document| (TenantId::random([1; 16]), Binding { version: 1, document }));
        Rules { deployment: Binding { version: 1, document: deployment }, home }
    }

    #[test]
    fn silence_means_the_built_in_values() {
        let limit = rules(PolicyDocument::default(), None).limit();
        assert!(limit.own_sign_in);
        assert_eq!(limit.password_min_length, 15);
        assert_eq!((limit.session_idle, limit.session_absolute), (Seconds::hours(1), Seconds::hours(24)));
    }

    #[test]
    fn the_operator_may_loosen_what_a_tenant_may_not() {
        let long = PolicyDocument { session_absolute: Some(Seconds::days(30)), ..PolicyDocument::default() };
        assert_eq!(rules(long.clone(), None).limit().session_absolute, Seconds::days(30));
        assert_eq!(rules(PolicyDocument::default(), Some(long)).limit().session_absolute, Seconds::hours(24));
    }

    #[test]
    fn own_sign_in_off_anywhere_is_off() {
        let off = PolicyDocument { own_sign_in: Some(false), ..PolicyDocument::default() };
        let on = PolicyDocument { own_sign_in: Some(true), ..PolicyDocument::default() };
        assert!(!rules(off.clone(), Some(on.clone())).limit().own_sign_in);
        assert!(!rules(on, Some(off)).limit().own_sign_in);
    }

    #[test]
    fn no_policy_makes_a_password_shorter_than_its_factors_call_for() {
        let short = PolicyDocument { password_min_length: Some(8), ..PolicyDocument::default() };
        assert_eq!(rules(short.clone(), Some(short)).limit().password_min_length, 15);
    }
}
