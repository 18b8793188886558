//! [`Limit`]: what rules leave over. Limits only meet; nothing here can widen one.

use portvakt_model::{Method, Seconds};

/// What is left to a person after every policy that binds them has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Whether Portvakt's own first steps are open.
    pub own_sign_in: bool,
    /// The least length of a password, in characters.
    pub password_min_length: u16,
    /// Whether the browser may keep the session when it is closed.
    pub keep_signed_in: bool,
    /// Whether the browser may remember addresses.
    pub remember_address: bool,
    /// How long a session lives unused.
    pub session_idle: Seconds,
    /// How long a session lives at most.
    pub session_absolute: Seconds,
    /// How long a refresh chain lives unused.
    pub refresh_idle: Seconds,
    /// How long a refresh chain lives at most.
    pub refresh_absolute: Seconds,
}

impl Limit {
    /// No limit at all: the neutral element of [`Limit::meet`].
    pub const NONE: Self = Self {
        own_sign_in: true,
        password_min_length: 0,
        keep_signed_in: true,
        remember_address: true,
        session_idle: Seconds(u32::MAX),
        session_absolute: Seconds(u32::MAX),
        refresh_idle: Seconds(u32::MAX),
        refresh_absolute: Seconds(u32::MAX),
    };

    /// The strictest of both, field by field.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            own_sign_in: self.own_sign_in && other.own_sign_in,
            password_min_length: self.password_min_length.max(other.password_min_length),
            keep_signed_in: self.keep_signed_in && other.keep_signed_in,
            remember_address: self.remember_address && other.remember_address,
            session_idle: self.session_idle.min(other.session_idle),
            session_absolute: self.session_absolute.min(other.session_absolute),
            refresh_idle: self.refresh_idle.min(other.refresh_idle),
            refresh_absolute: self.refresh_absolute.min(other.refresh_absolute),
        }
    }

    /// Whether a proof by `method` counts.
    pub fn allows(&self, method: Method) -> bool {
        self.own_sign_in || !method.is_own_sign_in()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        pub(crate) fn any_limit()(
            flags in any::<[bool; 3]>(), length in any::<u16>(), times in any::<[u32; 4]>(),
        ) -> Limit {
            Limit {
                own_sign_in: flags[0],
                password_min_length: length,
                keep_signed_in: flags[1],
                remember_address: flags[2],
                session_idle: Seconds(times[0]),
                session_absolute: Seconds(times[1]),
                refresh_idle: Seconds(times[2]),
                refresh_absolute: Seconds(times[3]),
            }
        }
    }

    proptest! {
        #[test]
        fn the_order_and_number_of_rules_do_not_matter(a in any_limit(), b in any_limit(), c in any_limit()) {
            prop_assert_eq!(a.meet(b), b.meet(a));
            prop_assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
            prop_assert_eq!(a.meet(a), a);
            prop_assert_eq!(a.meet(Limit::NONE), a);
        }

        #[test]
        fn a_further_rule_never_opens_what_was_closed(a in any_limit(), b in any_limit()) {
            let both = a.meet(b);
            for method in Method::ALL {
                prop_assert!(!both.allows(method) || a.allows(method));
            }
            prop_assert!(both.session_absolute <= a.session_absolute && both.password_min_length >= a.password_min_length);
        }
    }
}
