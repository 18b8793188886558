//! The report: what an operator reads, and hands to a customer.

use super::Profile;
use super::finding::{Finding, Outcome};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Everything that was found, one finding a demand.
#[derive(Debug, Clone)]
pub struct Report {
    /// The deployment.
    pub issuer: String,
    /// What it was held against.
    pub profiles: Vec<Profile>,
    /// When, RFC 3339.
    pub at: String,
    /// One a demand.
    pub findings: Vec<Finding>,
}

/// Titles of topics, in the order of the report.
const TOPICS: [(&str, &str); 10] = [
    ("tls", "TLS"),
    ("discovery", "Discovery"),
    ("keys", "Keys"),
    ("authorize", "Authorization endpoint"),
    ("answer", "Answers"),
    ("token", "Token endpoint"),
    ("id-token", "id_token"),
    ("userinfo", "Userinfo"),
    ("registration", "Registration"),
    ("logout", "Logout"),
];

impl Report {
    /// How many came out so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|one| one.outcome == outcome).count()
    }

    /// One sentence.
    pub fn summary(&self) -> String {
        format!(
            "{} passed, {} failed, {} not applicable.",
            self.count(Outcome::Passed),
            self.count(Outcome::Failed),
            self.count(Outcome::NotApplicable)
        )
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "profiles": self.profiles.iter().map(|profile| profile.name()).collect::<Vec<_>>(),
            "at": self.at,
            "version": env!("CARGO_PKG_VERSION"),
            "summary": {
                "passed": self.count(Outcome::Passed),
                "failed": self.count(Outcome::Failed),
                "not_applicable": self.count(Outcome::NotApplicable),
            },
            "findings": self.findings.iter().map(Finding::json).collect::<Vec<_>>(),
        })
    }

    /// For people: a line a demand, under the title of its topic.
    pub fn text(&self) -> String {
        let profiles: Vec<&str> = self.profiles.iter().map(|profile| profile.name()).collect();
        let mut text = format!(
            "Self-check of {}\n{} · profiles: {} · portvakt {}\n",
            self.issuer,
            self.at,
            profiles.join(", "),
            env!("CARGO_PKG_VERSION")
        );
        let width =
            |of: fn(&Finding) -> &str| self.findings.iter().map(|one| of(one).chars().count()).max().unwrap_or(0);
        let (asked, section) = (width(|one| one.demand.asked), width(|one| one.demand.section));
        for (topic, title) in TOPICS {
            let mut of_topic =
                self.findings.iter().filter(|one| one.demand.id.split('.').next() == Some(topic)).peekable();
            if of_topic.peek().is_some() {
                let _ = write!(text, "\n{title}\n");
            }
            for one in of_topic {
                let line = format!(
                    "  {:14}  {:asked$}  {:section$}  {}",
                    one.outcome.words(),
                    one.demand.asked,
                    one.demand.section,
                    one.seen
                );
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
        let _ = write!(text, "\n{}\n", self.summary());
        for one in self.findings.iter().filter(|one| one.outcome == Outcome::Failed) {
            let _ = writeln!(text, "FAILED  {}: {} ({})", one.demand.id, one.demand.asked, one.seen);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Demand;
    use super::*;

    static ISSUER: Demand = Demand::new("discovery.issuer", "the issuer is exact", "OIDC Discovery §4.3");
    static KID: Demand = Demand::new("keys.kid", "no two keys have one kid", "RFC 7517 §4.5");

    fn report() -> Report {
        Report {
            issuer: "https://login.example".to_owned(),
            profiles: vec![Profile::Config, Profile::Basic],
            at: "2026-11-20T12:00:00Z".to_owned(),
            findings: vec![ISSUER.judge(false, "https://other.example"), KID.not_applicable("no keys")],
        }
    }

    #[test]
    fn each_demand_has_its_line_and_each_failure_its_name() {
        let text = report().text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.first(), Some(&"Self-check of https://login.example"));
        let failed = "  FAILED          the issuer is exact       OIDC Discovery §4.3  https://other.example";
        assert!(lines.contains(&failed), "{text}");
        assert!(lines.contains(&"  not applicable  no two keys have one kid  RFC 7517 §4.5        no keys"), "{text}");
        assert!(text.contains("\n0 passed, 1 failed, 1 not applicable.\nFAILED  discovery.issuer: "), "{text}");
    }

    #[test]
    fn programs_read_the_same() {
        let json = report().json();
        assert_eq!(json["summary"]["failed"], 1);
        assert_eq!(json["findings"][0]["id"], "discovery.issuer");
        assert_eq!(json["findings"][1]["outcome"], "not_applicable");
        assert_eq!(json["profiles"], json!(["config", "basic"]));
    }
}
