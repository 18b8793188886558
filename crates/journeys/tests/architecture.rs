//! The arrows between crates, and what rule crates may never name. The table stands in docs/architecture.md too.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use portvakt_journeys::Failure;

/// Left may name right; nothing else. Tests of a crate (`dev-dependencies`) keep to the same arrows.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("policy", &["model"]),
    ("credentials", &["model"]),
    ("protocol", &["model"]),
    ("store", &["model", "policy"]),
    ("flows", &["store", "credentials", "protocol", "policy", "model"]),
    // The frame turns refusals into OAuth errors, so it knows their types.
    ("web", &["flows", "protocol", "model"]),
    ("authorization-server", &["web", "flows", "model", "policy", "credentials", "protocol"]),
    ("admin", &["web", "flows", "model", "policy", "credentials", "protocol"]),
    ("account-settings", &["web", "flows", "model", "policy", "credentials", "protocol"]),
    (
        "portvakt",
        &[
            "authorization-server",
            "account-settings",
            "admin",
            "web",
            "flows",
            "store",
            "credentials",
            "protocol",
            "policy",
            "model",
        ],
    ),
    ("journeys", &["portvakt", "store"]),
    ("demo-apps", &[]),
    // The load generator drives the same whole-system kit.
    ("bench", &["journeys"]),
    // It reads the tree and names nothing of it.
    ("mutants", &[]),
];

/// Crates that decide and never do: no async runtime, no database, no HTTP, no files.
const RULES: &[&str] = &["model", "policy", "credentials", "protocol"];

/// Packages that only doing needs.
const DOING: &[&str] = &[
    "actix-rt",
    "actix-web",
    "async-std",
    "diesel",
    "diesel_migrations",
    "hyper",
    "lettre",
    "postgres",
    "r2d2",
    "reqwest",
    "rusqlite",
    "smol",
    "sqlx",
    "tokio",
    "ureq",
];

/// Words that only doing needs: a rule's source never says them outside comments.
const DOING_WORDS: &[&str] =
    &["async fn", "SystemTime::now", "Instant::now", "SystemRandom", "thread_rng", "std::fs", "std::net", "std::env"];

/// Libraries that make HTTP requests, and what one of our own would need.
const REQUESTING: &[&str] = &["awc", "curl", "hyper", "isahc", "reqwest", "surf", "ureq"];
const REQUESTING_WORDS: &[&str] = &["reqwest", "hyper", "ureq", "awc::", "TcpStream::connect", "lookup_host"];

/// Crates that never run in a deployment; they speak to one.
const DEVELOPMENT: &[&str] = &["journeys", "demo-apps", "bench", "mutants"];

/// Named for their features or what they link, never in code.
const SILENT: &[&str] = &["libsqlite3-sys", "pq-sys"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Folder name → the names under every kind of dependency in its Cargo.toml.
fn dependencies() -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(crates())? {
        let folder = entry?.path();
        let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let manifest: toml::Table = text.parse()?;
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut named = BTreeSet::new();
        gather(&manifest, &mut named);
        found.insert(name, named);
    }
    Ok(found)
}

/// Dependency tables stand at the top and under `target.*`; a renamed dependency counts by its real name.
fn gather(table: &toml::Table, named: &mut BTreeSet<String>) {
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            for (name, line) in inner {
                let real = line.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                named.insert(real.to_owned());
            }
        } else if key == "target" || inner.keys().any(|key| key.ends_with("dependencies")) {
            gather(inner, named);
        }
    }
}

fn ours(name: &str) -> Option<&str> {
    if name == "portvakt" { Some(name) } else { name.strip_prefix("portvakt-") }
}

#[test]
fn every_crate_names_only_what_the_arrows_allow() -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (folder, named) in dependencies()? {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
            wrong.push(format!("{folder} is not in the table of arrows: add it there, and to docs/architecture.md"));
            continue;
        };
        for name in named.iter().filter_map(|name| ours(name)) {
            if name != folder && !allowed.contains(&name) {
                wrong.push(format!("{folder} -> {name} is no arrow"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_folder_and_its_package_have_the_same_name() -> Result<(), Failure> {
    for folder in dependencies()?.keys() {
        let manifest: toml::Table = fs::read_to_string(crates().join(folder).join("Cargo.toml"))?.parse()?;
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        assert_eq!(name.and_then(ours), Some(folder.as_str()));
    }
    Ok(())
}

#[test]
fn every_dependency_is_used() -> Result<(), Failure> {
    let mut idle = Vec::new();
    for (folder, named) in dependencies()? {
        let mut code = String::new();
        for file in sources(&crates().join(&folder))? {
            code.push_str(&fs::read_to_string(file)?);
        }
        let used = |name: &&String| SILENT.contains(&name.as_str()) || code.contains(&name.replace('-', "_"));
        idle.extend(named.iter().filter(|name| !used(name)).map(|name| format!("{folder} names {name} for nothing")));
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
    Ok(())
}

#[test]
fn rules_name_no_package_that_does_things() -> Result<(), Failure> {
    let there = dependencies()?;
    for rule in RULES {
        let named = there.get(*rule).cloned().unwrap_or_default();
        let doing: Vec<_> = DOING.iter().filter(|package| named.contains(**package)).collect();
        assert!(doing.is_empty(), "{rule} names {doing:?}");
    }
    Ok(())
}

#[test]
fn only_the_guarded_client_makes_http_requests() -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for (folder, named) in dependencies()?.iter().filter(|(folder, _)| !DEVELOPMENT.contains(&folder.as_str())) {
        let clients = named.iter().filter(|name| REQUESTING.contains(&name.as_str()));
        wrong.extend(clients.filter(|_| folder != "portvakt").map(|name| format!("{folder} names {name}")));
        for file in sources(&crates().join(folder).join("src"))? {
            let shown = file.display().to_string();
            if shown.contains("portvakt/src/outbound/http") {
                continue;
            }
            let text = fs::read_to_string(&file)?;
            let code = text.lines().filter_map(|line| line.split("//").next());
            let said = code.flat_map(|line| REQUESTING_WORDS.iter().filter(move |word| line.contains(**word)));
            wrong.extend(said.map(|word| format!("{shown}: {word}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn rules_have_no_clock_no_dice_and_no_async() -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for rule in RULES {
        let files = sources(&crates().join(rule).join("src"))?;
        let texts = files.iter().map(fs::read_to_string).collect::<Result<Vec<_>, _>>()?;
        let only_tests: BTreeSet<&str> = texts.iter().flat_map(|text| test_modules(text)).collect();
        for (file, text) in files.iter().zip(&texts) {
            if file.file_stem().is_some_and(|stem| only_tests.contains(&*stem.to_string_lossy())) {
                continue;
            }
            // What stands in the tests' module is no rule.
            let rule_text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for (number, line) in rule_text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let said = DOING_WORDS.iter().filter(|word| code.contains(**word));
                wrong.extend(said.map(|word| format!("{}:{}: {word}", file.display(), number + 1)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Names of files that exist for tests only: `#[cfg(test)] mod name;`.
fn test_modules(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.split_once(';').map(|(name, _)| name))
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
