//! What is demanded, and what was found.

use serde_json::{Value, json};

/// One thing that a specification asks of a provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Demand {
    /// Its stable name, `topic.thing`: programs that read the report go by it.
    pub id: &'static str,
    /// What is asked.
    pub asked: &'static str,
    /// Where it stands.
    pub section: &'static str,
}

impl Demand {
    /// A demand.
    pub const fn new(id: &'static str, asked: &'static str, section: &'static str) -> Self {
        Self { id, asked, section }
    }

    /// Kept or not, as `kept` says.
    pub fn judge(&'static self, kept: bool, seen: impl Into<String>) -> Finding {
        self.found(if kept { Outcome::Passed } else { Outcome::Failed }, seen)
    }

    /// Kept, if what is asked for could be read; else the reason why not.
    pub fn told(&'static self, found: Result<String, String>) -> Finding {
        match found {
            Ok(seen) => self.judge(true, seen),
            Err(seen) => self.judge(false, seen),
        }
    }

    /// Could not be asked here, for that reason.
    pub fn not_applicable(&'static self, why: impl Into<String>) -> Finding {
        self.found(Outcome::NotApplicable, why)
    }

    fn found(&'static self, outcome: Outcome, seen: impl Into<String>) -> Finding {
        Finding { demand: self, outcome, seen: readable(&seen.into()) }
    }
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It could not be asked.
    NotApplicable,
    /// It is kept.
    Passed,
    /// It is not kept.
    Failed,
}

impl Outcome {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::Passed => "passed",
            Self::Failed => "FAILED",
        }
    }

    /// For programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }
}

/// A demand and what was seen of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was asked.
    pub demand: &'static Demand,
    /// How it came out.
    pub outcome: Outcome,
    /// What was seen, or why nothing was: one short line.
    pub seen: String,
}

impl Finding {
    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "id": self.demand.id,
            "outcome": self.outcome.name(),
            "asked": self.demand.asked,
            "seen": self.seen,
            "section": self.demand.section,
        })
    }
}

/// One finding a demand, in the order in which they were first asked: many answers are held against the same demand, and
/// the first that does not keep it speaks for all.
pub fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<(Finding, usize)> = Vec::new();
    for finding in findings {
        match merged.iter_mut().find(|(known, _)| known.demand.id == finding.demand.id) {
            None => merged.push((finding, 1)),
            Some((known, count)) if finding.outcome > known.outcome => (*known, *count) = (finding, 1),
            Some((known, count)) => *count += usize::from(finding.outcome == known.outcome),
        }
    }
    let told = |(mut finding, count): (Finding, usize)| {
        if count > 1 && finding.outcome != Outcome::NotApplicable {
            finding.seen = format!("{} ({count} times)", finding.seen);
        }
        finding
    };
    merged.into_iter().map(told).collect()
}

/// The most characters of what was seen.
const MOST: usize = 140;

/// One line of printable characters: what is shown was written by a server, and goes to a terminal.
fn readable(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    static ONE: Demand = Demand::new("a.one", "one", "§1");
    static TWO: Demand = Demand::new("a.two", "two", "§2");

    #[test]
    fn the_first_answer_that_breaks_a_demand_speaks_for_all() {
        let merged = merge(vec![
            ONE.judge(true, "fine"),
            TWO.not_applicable("no"),
            ONE.judge(false, "broken"),
            ONE.judge(true, "fine"),
            TWO.judge(true, "yes"),
            TWO.judge(true, "yes"),
        ]);
        let told: Vec<(&str, Outcome, &str)> =
            merged.iter().map(|one| (one.demand.id, one.outcome, one.seen.as_str())).collect();
        assert_eq!(told, [("a.one", Outcome::Failed, "broken"), ("a.two", Outcome::Passed, "yes (2 times)")]);
    }

    #[test]
    fn nothing_that_a_server_wrote_reaches_a_terminal_as_it_is() {
        assert_eq!(ONE.judge(true, "a\u{1b}[2Jb\nc").seen, "a [2Jb c");
        assert_eq!(ONE.judge(true, "å".repeat(MOST + 5)).seen.chars().count(), MOST + 1);
    }
}
