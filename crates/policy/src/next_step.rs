//! What a person is asked first, once their address is known.

use crate::rules::Rules;

/// The first step that a sign-in takes after the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStep {
    /// Ask for the password (and offer the one-time link).
    Password,
    /// Own sign-in is off: the organisation uses its own. No password field, no link, nothing else to try.
    OrganisationSignIn,
}

/// Which first step the policies leave. An address that nobody has gets the answer of its domain's tenant, so that the
/// page shows nothing about the person.
pub fn first_step(rules: &Rules) -> FirstStep {
    if rules.are_sound() && rules.limit().own_sign_in { FirstStep::Password } else { FirstStep::OrganisationSignIn }
}
