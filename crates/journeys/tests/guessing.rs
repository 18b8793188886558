//! Guessing over HTTP: the page says how long to wait, in the person's language, the same for everybody.

use portvakt_journeys::{Deployment, Failure, Page, Person};
use serde_json::json;

const PASSWORD: &str = "correct horse battery staple";
const ANNA: &str = "anna@nordvik.example";
const NOBODY: &str = "nobody@nordvik.example";

/// A deployment where the second wrong password is followed by a wait, so that a few are enough to meet it.
fn start() -> Result<Deployment, Failure> {
    let configuration = "[limits]\naccount_quick_tries = 1\n".to_owned();
    let portvakt = Deployment::start_with(&portvakt_journeys::Setup { configuration, ..Default::default() })?;
    portvakt.cli(&["tenant", "create", "--slug", "nordvik", "--name", "Nordvik kommun"])?;
    portvakt.account(ANNA, "Anna Svensson", PASSWORD)?;
    Ok(portvakt)
}

/// Types a password on the page where one is asked for.
fn types(person: &mut Person, page: &Page, password: &str) -> Result<Page, Failure> {
    let form = page.form(|form| form.main && form.fields.iter().any(|field| field.name == "password"))?;
    person.submit(page, &form, &[("password", password)])
}

/// The page that a try gets which comes too early.
fn too_early(portvakt: &Deployment, language: &str, address: &str) -> Result<Page, Failure> {
    let mut person = portvakt.person()?.speaking(language);
    let mut page = person.sign_in(&portvakt.url("/account"), address, "not the right one")?;
    for _ in 0..8 {
        if page.answer.status == 429 {
            return Ok(page);
        }
        page = types(&mut person, &page, "not the right one")?;
    }
    Err(page.unexpected("a page that says to wait"))
}

#[test]
fn whoever_tries_too_often_is_told_how_long_to_wait_and_keeps_the_address() -> Result<(), Failure> {
    for (language, words) in [("sv", "Vänta"), ("nb", "Vent"), ("en", "Wait")] {
        // A world for each, as all three come from one network address.
        let portvakt = start()?;
        let mut heads = Vec::new();
        for address in [ANNA, NOBODY] {
            let page = too_early(&portvakt, language, address)?;
            let seconds: u32 = page.answer.header("retry-after").parse()?;
            assert!((1..=60).contains(&seconds), "{seconds}");
            assert!(page.answer.body.contains(words), "{language}: {}", page.answer.body);
            assert!(page.answer.body.contains(address), "the address that was typed is still there");
            assert!(!page.answer.body.contains("not the right one"), "and the password is not");
            page.form(|form| form.fields.iter().any(|field| field.name == "password"))?;
            heads.push((page.answer.status, page.heading()));
        }
        assert_eq!(heads[0], heads[1]);
    }
    Ok(())
}

#[test]
fn an_operator_declares_networks() -> Result<(), Failure> {
    let portvakt = start()?;
    let network =
        |arguments: &[&str]| portvakt.cli(&[&["tenant", "network"], arguments, &["--tenant", "nordvik"]].concat());
    let added = network(&["add", "--network", "203.0.113.9/24", "--people", "5000"])?;
    assert_eq!(added, json!({ "network": "203.0.113.0/24", "people": 5000 }));
    assert_eq!(network(&["list"])?, json!([added]));
    assert!(network(&["add", "--network", "0.0.0.0/0", "--people", "5000"]).is_err(), "that is everybody");
    assert_eq!(network(&["remove", "--network", "203.0.113.0/24"])?, json!({ "removed": "203.0.113.0/24" }));
    assert!(network(&["remove", "--network", "203.0.113.0/24"]).is_err());
    assert_eq!(network(&["list"])?, json!([]));
    Ok(())
}
