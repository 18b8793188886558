//! Nobody: a program or a browser without anything. Each row's lock holds, and says what it wants.

use crate::raw::Ask;
use crate::world::World;
use portvakt::routes::{Access, Cors, Route, Verb, all};
use portvakt_journeys::Failure;
use std::collections::BTreeSet;

/// A path of a row that can be asked for: with a name of nobody in place of each `{name}`.
pub fn path_of(row: &Route) -> String {
    row.path.replace(['{', '}'], "-")
}

/// A row's request with nothing in it.
pub fn empty(row: &Route) -> Ask {
    match row.method {
        Verb::Post => Ask::form(path_of(row), &[]),
        Verb::Get | Verb::Put | Verb::Delete => Ask::of(row.method.name(), path_of(row)),
    }
}

#[test]
fn every_door_keeps_nobody_out_and_says_what_it_wants() -> Result<(), Failure> {
    let world = World::shared()?;
    for row in all() {
        let got = world.knock(&empty(&row))?;
        let shown = format!("{} {} -> {got:?}", row.method.name(), row.path);
        assert_eq!(got.session(), None, "{shown}");
        match row.access {
            _ if row.form.is_some() => assert!(got.status == 403 && got.is_html(), "{shown}"),
            Access::Person => {
                assert_eq!((got.status, got.body.as_str()), (303, ""), "{shown}");
                assert!(got.header("location").starts_with("/resume?r="), "{shown}");
            }
            Access::Client => assert!(matches!(got.status, 400 | 401) && !got.error().is_empty(), "{shown}"),
            Access::Token(_) | Access::Operator => {
                assert_eq!((got.status, got.error().as_str()), (401, "invalid_token"), "{shown}");
                assert_eq!(got.header("www-authenticate"), "Bearer realm=\"Portvakt\"", "{shown}");
            }
            Access::Handle => assert!(matches!(got.status, 400 | 410) && got.is_html(), "{shown}"),
            Access::Public => assert!(got.all("location").iter().all(|to| is_own(to)), "{shown}"),
        }
    }
    Ok(())
}

#[test]
fn wrong_proofs_are_told_apart_from_none_by_the_scheme_alone() -> Result<(), Failure> {
    let world = World::shared()?;
    for row in all() {
        match row.access {
            Access::Client => {
                for proof in ["Basic bm9ib2R5Ondyb25n", "Basic !", "Bearer x", "Negotiate abc"] {
                    let ask = Ask::form(row.path, &[("grant_type", "client_credentials"), ("token", "x")]);
                    let got = world.knock(&ask.with("authorization", proof))?;
                    assert_eq!((got.status, got.error().as_str()), (401, "invalid_client"), "{} {proof}", row.path);
                    if proof.starts_with("Basic bm") {
                        assert!(got.header("www-authenticate").starts_with("Basic "), "{got:?}");
                    }
                }
            }
            Access::Token(_) | Access::Operator => {
                for token in ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\""] {
                    let got = world.knock(&empty(&row).with("authorization", &format!("Bearer {token}")))?;
                    assert!(matches!(got.status, 400 | 401), "{token}: {got:?}");
                    assert!(got.header("www-authenticate").starts_with("Bearer "), "{token}: {got:?}");
                }
            }
            Access::Public | Access::Person | Access::Handle => {}
        }
    }
    Ok(())
}

#[test]
fn every_path_takes_its_own_methods_and_names_them() -> Result<(), Failure> {
    let world = World::shared()?;
    let rows = all();
    let paths: BTreeSet<&str> = rows.iter().map(|row| row.path).collect();
    for path in paths {
        let here: Vec<&Route> = rows.iter().filter(|row| row.path == path).collect();
        let methods: BTreeSet<&str> = here.iter().map(|row| row.method.name()).collect();
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"] {
            let is_preflight = method == "OPTIONS" && here.iter().any(|row| row.cors != Cors::Closed);
            if methods.contains(method) || is_preflight {
                continue;
            }
            let got = world.knock(&Ask::of(method, path_of(here[0])))?;
            let allowed: BTreeSet<&str> = got.header("allow").split(", ").collect();
            assert_eq!((got.status, allowed), (405, methods.clone()), "{method} {path}");
            assert_eq!(got.body, "", "{method} {path}");
        }
        if methods.contains("GET") {
            let got = world.knock(&Ask::of("HEAD", path_of(here[0])))?;
            assert_eq!(got.body, "", "HEAD {path}");
            assert_ne!(got.status, 405, "HEAD {path}");
        }
    }
    Ok(())
}

#[test]
fn scripts_of_strangers_may_read_what_is_public_and_nothing_else() -> Result<(), Failure> {
    let world = World::shared()?;
    for row in all() {
        for ask in [empty(&row), Ask::of("OPTIONS", path_of(&row)).with("access-control-request-method", "POST")] {
            let got = world.knock(&ask.with("origin", "https://evil.example"))?;
            let allowed = got.all("access-control-allow-origin");
            let wanted: &[&str] = if row.cors == Cors::Open { &["*"] } else { &[] };
            assert_eq!(allowed, wanted, "{} {}", row.method.name(), row.path);
        }
    }
    Ok(())
}

#[test]
fn a_path_that_no_row_has_leads_nowhere() -> Result<(), Failure> {
    let world = World::shared()?;
    // A row with a name in its path has every name.
    let has_name =
        |path: &str| all().iter().any(|row| row.path.split_once('{').is_some_and(|(head, _)| path.starts_with(head)));
    let known: BTreeSet<String> = all().iter().map(path_of).collect();
    let mut paths: Vec<String> = [
        "/nothing",
        "/admin",
        "/.env",
        "/account/../account/x",
        "/%2e%2e/account",
        "/account%00",
        "/a;b",
        "/'-alert(1)-'",
    ]
    .map(str::to_owned)
    .into();
    for path in known.iter().filter(|path| path.len() > 1) {
        let upper = path.to_uppercase();
        paths.extend([format!("{path}/"), format!("{path}x"), format!("/{path}"), format!("{path}/x"), upper]);
    }
    for path in paths.iter().filter(|path| !known.contains(*path) && !has_name(path)) {
        for method in ["GET", "POST"] {
            let got = world.knock(&Ask::of(method, path.clone()))?;
            assert_eq!(got.status, 404, "{method} {path}: {got:?}");
            assert!(!got.body.contains("'-alert"), "{path}: {}", got.body);
        }
    }
    Ok(())
}

/// Whether a `Location` leads to a page of ours, as every browser reads it.
pub fn is_own(location: &str) -> bool {
    location.starts_with('/') && !location.starts_with("//") && !location.contains('\\')
}
