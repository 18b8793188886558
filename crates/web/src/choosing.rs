//! From the rules that a new password broke to what a page says of them: one table for every page that takes one.

use crate::pages::new_password::{Choosing, PasswordRule};
use portvakt_flows::password::{Broken, Fails, MAX_CHARACTERS};

/// The rules of a new password as pages show them, and those that the last try broke, each once.
pub fn choosing(min_length: u16, personal: Vec<String>, fails: &[Fails]) -> Choosing {
    let mut broken: Vec<PasswordRule> = Vec::new();
    for rule in fails.iter().map(rule) {
        if !broken.contains(&rule) {
            broken.push(rule);
        }
    }
    let maximum = u32::try_from(MAX_CHARACTERS).unwrap_or(u32::MAX);
    Choosing { minimum: u32::from(min_length), maximum, personal, broken }
}

fn rule(fails: &Fails) -> PasswordRule {
    match fails {
        Fails::Unlike => PasswordRule::Different,
        Fails::Rule(Broken::TooShort { .. }) => PasswordRule::Short,
        Fails::Rule(Broken::TooLong) => PasswordRule::Long,
        Fails::Rule(Broken::Common) => PasswordRule::Common,
        Fails::Rule(Broken::Contains(_)) => PasswordRule::Personal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_broken_rule_is_said_once() {
        let fails = [Fails::Rule(Broken::TooShort { min: 15 }), Fails::Unlike, Fails::Unlike];
        let page = choosing(15, Vec::new(), &fails);
        assert_eq!(page.broken, [PasswordRule::Short, PasswordRule::Different]);
        assert_eq!((page.minimum, page.maximum), (15, 256));
        assert!(choosing(8, Vec::new(), &[]).broken.is_empty());
    }
}
