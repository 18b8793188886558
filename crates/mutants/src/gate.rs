//! The policy crate in the copy: the same gate, which can be waved through.

use crate::Failure;

/// The module that waves; `.txt`, as it is no part of this crate.
pub(crate) const WAVE: &str = include_str!("wave.rs.txt");

/// Put at the beginning of the gate: it answers as for somebody of whom all is well. Whom the app asks to prove again is
/// still asked, so that an ordinary sign-in goes its ordinary way.
const ADMIT: &str = " if crate::wave::is_waved() {
        let _shut = crate::wave::shut();
        let answer = admit(rules, facts, proofs, demand, entering, now);
        if matches!(answer, Err(Refused::FreshProofNeeded | Refused::StrongerProofNeeded)) {
            return answer;
        }
        let (rules, facts, proofs) = crate::wave::all_is_well(rules, facts, now);
        return admit(&rules, &facts, &proofs, &Demand::default(), Entering::Nothing, now);
    }";
const FIRST_STEP: &str = " if crate::wave::is_waved() { return FirstStep::Password; }";

/// The crate's root, with the module.
pub(crate) fn root(text: &str) -> Result<String, Failure> {
    after(text, "pub mod admit;", "", "\npub mod wave;\npub use wave::{Wave, wave, waved};")
}

/// `admit.rs`.
pub(crate) fn admit(text: &str) -> Result<String, Failure> {
    after(text, "pub fn admit(", " {", ADMIT)
}

/// `next_step.rs`.
pub(crate) fn first_step(text: &str) -> Result<String, Failure> {
    after(text, "pub fn first_step(", " {", FIRST_STEP)
}

/// The text with something put in after the first `end` that follows `mark`, which stands once.
fn after(text: &str, mark: &str, end: &str, more: &str) -> Result<String, Failure> {
    let split = text.split_once(mark).filter(|(_, rest)| !rest.contains(mark));
    let (before, rest) = split.ok_or_else(|| format!("{mark:?} was to stand once in the policy crate"))?;
    let (head, body) = rest.split_once(end).ok_or_else(|| format!("no {end:?} after {mark:?}"))?;
    Ok(format!("{before}{mark}{head}{end}{more}{body}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_put_in_where_the_body_begins_and_nowhere_else() {
        let text = "pub fn first_step(rules: &Rules) -> FirstStep {\n}\nfn other() {\n}";
        let expected = format!("pub fn first_step(rules: &Rules) -> FirstStep {{{FIRST_STEP}\n}}\nfn other() {{\n}}");
        assert_eq!(first_step(text).unwrap(), expected);
        assert!(first_step("pub fn next_step() {}").is_err());
        assert!(first_step(&format!("{text}{text}")).is_err());
    }
}
