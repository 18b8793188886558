//! `conformance/checklist.md` names, for each demand of the OpenID Connect plans, the tests that hold us to it. A line
//! without a test, or with one that is not there, fails here.

use portvakt_journeys::Failure;
use std::collections::BTreeSet;
use std::path::Path;

/// The demands that belong to the OpenID Connect profiles.
const DEMANDS: &[std::ops::RangeInclusive<u32>] = &[
    1..=1,
    3..=8,
    10..=13,
    15..=20,
    22..=45,
    51..=51,
    53..=64,
    66..=66,
    68..=68,
    70..=70,
    72..=77,
    79..=98,
    112..=118,
];

fn crates() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Each line's number and the tests it names.
fn lines() -> Result<Vec<(u32, Vec<String>)>, Failure> {
    let page = std::fs::read_to_string(crates().join("../conformance/checklist.md"))?;
    let mut lines = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| no ")) {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let (number, demand, tests) = (cells.next(), cells.next(), cells.next());
        let wrong = || Failure::new(format!("no line of the checklist: {line}"));
        let number = number.and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
        demand.filter(|demand| demand.len() > 10).ok_or_else(wrong)?;
        let tests = tests.ok_or_else(wrong)?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        lines.push((number, tests));
    }
    Ok(lines)
}

/// Whether the file has a test of that name that runs: Rust's by its function, Node's by the beginning of its title.
fn is_there(test: &str) -> bool {
    let Some((file, name)) = test.split_once("::") else { return false };
    let Ok(source) = std::fs::read_to_string(crates().join(file)) else { return false };
    if Path::new(file).extension().is_some_and(|extension| extension == "mjs") {
        return has_node_test(&source, name);
    }
    has_test(&source, name)
}

fn has_node_test(source: &str, name: &str) -> bool {
    let beginnings = [format!("test(\"{name}"), format!("test(`{name}")];
    let mut titles = source.lines().filter(|line| beginnings.iter().any(|one| line.trim_start().starts_with(one)));
    titles.any(|line| !line.contains("skip:") && !line.contains("todo:"))
}

/// A function under `#[test]`, or one that `on_both!` names: without that it would never run.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ").and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines.iter().position(|line| is_it(line)) else { return false };
    let above = lines.iter().take(at).rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    let attributes: Vec<&str> = above.filter(|line| line.starts_with("#[")).copied().collect();
    if attributes.iter().any(|one| one.starts_with("#[ignore")) {
        return false;
    }
    let is_named = || {
        let mut blocks = source.split("on_both! {").skip(1).filter_map(|rest| rest.split('}').next());
        blocks.any(|block| block.split([',', ';', '\n']).any(|one| one.trim() == name))
    };
    attributes.iter().any(|one| ["#[test]", "#[tokio::test]", "#[actix_web::test]"].contains(one)) || is_named()
}

#[test]
fn every_demand_of_the_profiles_has_one_line_and_tests_that_are_there() -> Result<(), Failure> {
    let lines = lines()?;
    let wanted: BTreeSet<u32> = DEMANDS.iter().cloned().flatten().collect();
    let listed: BTreeSet<u32> = lines.iter().map(|(number, _)| *number).collect();
    let missing: Vec<&u32> = wanted.difference(&listed).collect();
    assert!(missing.is_empty(), "no line for {missing:?}");
    assert_eq!(listed.len(), lines.len(), "a number stands twice");
    for (number, tests) in &lines {
        assert!(wanted.contains(number), "{number} is no demand of these profiles");
        assert!(!tests.is_empty(), "{number} has no test");
        for test in tests {
            assert!(is_there(test), "{number}: {test} is not there");
        }
    }
    Ok(())
}

#[test]
fn a_test_that_is_gone_is_missed() {
    assert!(is_there("journeys/tests/checklist.rs::a_test_that_is_gone_is_missed"));
    for gone in ["journeys/tests/checklist.rs::no_such_test", "journeys/tests/nowhere.rs::x", "journeys/tests"] {
        assert!(!is_there(gone), "{gone}");
    }
    // A helper is no test.
    assert!(!is_there("journeys/tests/checklist.rs::is_there"));
}

#[test]
fn what_does_not_run_is_no_test() {
    for runs in [
        "#[test]\nfn it() {",
        "#[test]\n#[expect(x, reason = \"y\")]\n// Why.\nfn it() {",
        "mod tests {\n    #[tokio::test]\n    async fn it() {",
        "on_both! {\n    other,\n    it,\n}\nfn it(world: &World) {",
        "on_both! { offering LEGACY; it }\nfn it(world: &World) {",
    ] {
        assert!(has_test(runs, "it"), "{runs}");
    }
    for never in [
        "fn it() {",
        "#[test]\n#[ignore]\nfn it() {",
        "#[ignore = \"slow\"]\n#[test]\nfn it() {",
        "#[test]\nfn it_is() {",
        "#[test]\nfn other() {}\nfn it() {",
        "on_both! {\n    other,\n}\nlet all = [\n    it,\n];\nfn it(world: &World) {",
        "on_both! {\n    it,\n}",
    ] {
        assert!(!has_test(never, "it"), "{never}");
    }
    assert!(has_node_test("test(\"it does\", async () => {", "it does"));
    assert!(has_node_test("for (const this of all) {\n  test(`it does ${this}`, async () => {", "it does"));
    for never in ["test.skip(\"it does\", () => {", "test(\"it does\", { skip: true }, () => {", "// test(\"it does\""]
    {
        assert!(!has_node_test(never, "it does"), "{never}");
    }
}
