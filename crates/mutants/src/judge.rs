//! Who must notice: the doors' test against a running server, or a flow's test; and whether it did.

use crate::Failure;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds after which a test has hung.
const PATIENCE: &str = "300";
const DOORS: &str = "verdicts::every_door_gives_what_its_verdict_says_and_nothing_more";

/// Which test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Judge {
    /// Every door of a running server, knocked at by people who are admitted and people who are not.
    Doors,
    /// This test of the flows.
    Flow(&'static str),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The test passed.
    Passed,
    /// One of its assertions failed; what it said.
    Noticed(String),
    /// Something else went wrong.
    Broken(String),
}

/// The test programs.
pub(crate) struct Judges {
    /// The doors' tests, of the tree itself.
    pub(crate) doors: PathBuf,
    /// The flows' tests, of the copy.
    pub(crate) flows: PathBuf,
    /// The folder of the `portvakt` that is judged.
    pub(crate) programs: PathBuf,
    /// The tree.
    pub(crate) root: PathBuf,
}

impl Judges {
    /// Runs the test while these calls are waved through.
    pub(crate) fn ask(&self, judge: Judge, waved: &[usize]) -> Result<Verdict, Failure> {
        let (program, arguments, source) = match judge {
            Judge::Doors => (&self.doors, vec![DOORS, "--exact"], "crates/journeys/tests/doors/verdicts.rs"),
            Judge::Flow(name) => (&self.flows, vec![name], "crates/flows/tests/flow/"),
        };
        let waved: Vec<String> = waved.iter().map(ToString::to_string).collect();
        let done = Command::new("timeout")
            .arg(PATIENCE)
            .arg(program)
            .args(arguments)
            .current_dir(self.root.join("crates/journeys"))
            .env("PORTVAKT_PROGRAMS", &self.programs)
            .env("PORTVAKT_TEST_SQLITE_ONLY", "1")
            .env("GATE_WAVED", waved.join(","))
            .output()?;
        let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        Ok(verdict(&said, done.status.success(), source))
    }
}

/// Reads what a test program said.
fn verdict(said: &str, is_success: bool, source: &str) -> Verdict {
    if is_success && said.contains("test result: ok.") && !said.contains("ok. 0 passed") {
        return Verdict::Passed;
    }
    let panicked = format!("panicked at {source}");
    // The line after the place says what was asserted.
    let told = said.split_once(panicked.as_str()).and_then(|(_, after)| after.lines().nth(1));
    match told.and_then(|told| told.strip_prefix("assertion ")) {
        Some(told) if said.contains("test result: FAILED") => {
            let told = told.trim_start_matches("`left == right` failed: ").trim_start_matches("failed: ");
            Verdict::Noticed(told.split(" -> ").next().unwrap_or_default().chars().take(120).collect())
        }
        _ => Verdict::Broken(said.to_owned()),
    }
}

/// Builds a test program and says where it is.
pub(crate) fn test_program(root: &Path, target: &Path, name: &str) -> Result<PathBuf, Failure> {
    // `--workspace` keeps the dependencies' features as every other build has them: nothing is built twice.
    let done = cargo(root)
        .args(["test", "--locked", "--quiet", "--workspace", "--test", name, "--no-run", "--message-format=json"])
        .arg("--target-dir")
        .arg(target)
        .output()?;
    if !done.status.success() {
        return Err(format!("the test {name} doesn't build:\n{}", String::from_utf8_lossy(&done.stderr)).into());
    }
    let lines = String::from_utf8(done.stdout)?;
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let executables = messages.filter(|message| message.pointer("/target/name").is_some_and(|found| found == name));
    let mut paths = executables.filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from));
    paths.next_back().ok_or_else(|| format!("cargo built no test {name}").into())
}

/// Cargo in a tree.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")));
    cargo.current_dir(root);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "tests/doors/verdicts.rs";

    #[test]
    fn only_a_failed_assertion_of_the_test_itself_counts() {
        let failed = "thread 'x' (1) panicked at tests/doors/verdicts.rs:9:1:\nassertion `left == right` failed: \
                      OwnSignInOff: GET /userinfo -> Got { .. }\ntest result: FAILED. 0 passed; 1 failed";
        assert_eq!(verdict(failed, false, SOURCE), Verdict::Noticed("OwnSignInOff: GET /userinfo".to_owned()));
        assert_eq!(verdict("test result: ok. 1 passed; 0 failed", true, SOURCE), Verdict::Passed);
        for other in [
            "test result: ok. 0 passed; 0 failed",
            "Error: Failure\ntest result: FAILED. 0 passed; 1 failed",
            "panicked at src/world.rs:1:1:\nx\ntest result: FAILED. 0 passed; 1 failed",
            "panicked at tests/doors/verdicts.rs:9:1:\nassertion failed: x",
            "panicked at tests/doors/verdicts.rs:9:1:\ncalled `Result::unwrap()`\ntest result: FAILED. 0 passed; 1 failed",
        ] {
            assert!(matches!(verdict(other, other.contains("ok."), SOURCE), Verdict::Broken(_)), "{other}");
        }
    }
}
