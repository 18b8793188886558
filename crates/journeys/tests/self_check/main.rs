//! `portvakt conformance self-check` against the real program: an untouched Portvakt keeps everything, and whatever is
//! broken, one thing at a time, is named by the report and nothing else is.

mod tampers;
mod world;

use portvakt_journeys::{Deployment, Failure};
use serde_json::Value;
use std::fs;
use world::{Checked, World};

#[test]
fn an_untouched_portvakt_keeps_every_demand_of_the_code_flow() -> Result<(), Failure> {
    let world = World::start("")?;
    let checked = world.check(&["--profile", "config", "--profile", "basic"])?;
    assert_eq!((checked.failed(), checked.code), (Vec::new(), 0), "{}", checked.report);
    assert_eq!(checked.outcome("logout.back"), "not there", "nobody asked for it");
    // The test app may have refresh tokens and the person has an account: nothing was left out for want of either.
    for id in ["token.refresh", "token.code-revokes", "id-token.signature", "userinfo.sub", "logout.ends"] {
        assert_eq!(checked.outcome(id), "passed", "{id}");
    }
    Ok(())
}

#[test]
fn an_untouched_portvakt_keeps_what_the_other_profiles_demand_where_they_are_on() -> Result<(), Failure> {
    let on = "[legacy]\nresponse_types = true\n[registration]\nmode = \"open\"\n";
    let world = World::with(on, &["--kind", "web", "--refresh"])?;
    let profiles = ["basic", "implicit", "hybrid", "formpost", "dynamic"].map(|name| ["--profile", name]);
    let checked = world.check(&profiles.concat())?;
    assert_eq!((checked.failed(), checked.code), (Vec::new(), 0), "{}", checked.report);
    for id in
        ["answer.fragment", "answer.form-post", "id-token.c-hash", "authorize.front-nonce", "registration.fragment"]
    {
        assert_eq!(checked.outcome(id), "passed", "{id}");
    }
    Ok(())
}

/// Everything about sign-out, on offer and asked for.
const SIGN_OUT: &str = "[legacy]\nsession_management = true\nfrontchannel_logout = true\n";
const OF_SIGN_OUT: [[&str; 2]; 5] = [
    ["--profile", "logout"],
    ["--profile", "backchannel"],
    ["--profile", "frontchannel"],
    ["--profile", "session"],
    ["--post-logout-redirect-uri", world::BYE],
];

#[test]
fn an_untouched_portvakt_keeps_what_the_logout_profiles_demand_and_the_rest_is_said_not_to_be_asked()
-> Result<(), Failure> {
    let world = World::start(SIGN_OUT)?;
    let checked = world.check(&OF_SIGN_OUT.concat())?;
    assert_eq!((checked.failed(), checked.code), (Vec::new(), 0), "{}", checked.report);
    for id in [
        "discovery.logout",
        "discovery.back-channel",
        "discovery.front-channel",
        "discovery.session",
        "logout.bare",
        "logout.redirect",
        "logout.bad-hint",
        "logout.back",
        "logout.post",
        "logout.ends",
        "logout.iframe",
        "answer.session-state",
    ] {
        assert_eq!(checked.outcome(id), "passed", "{id}: {}", checked.report);
    }
    for id in ["logout.back-channel", "logout.front-channel", "logout.iframe-answers"] {
        assert_eq!(checked.outcome(id), "not_applicable", "{id}");
    }
    // Whether a hint is looked at shows at an address that is right, and nowhere else.
    let without = world.check(&OF_SIGN_OUT[..4].concat())?;
    assert_eq!((without.failed(), without.code), (Vec::new(), 0), "{}", without.report);
    for id in ["logout.bad-hint", "logout.back"] {
        assert_eq!(without.outcome(id), "not_applicable", "{id}");
    }
    Ok(())
}

#[test]
fn one_broken_thing_about_sign_out_is_the_one_failure_of_the_report() -> Result<(), Failure> {
    let world = World::start(SIGN_OUT)?;
    let mut wrong = Vec::new();
    for (broken, wanted, meddle) in tampers::of_sign_out() {
        world.front.meddle(meddle);
        let checked = world.check(&OF_SIGN_OUT.concat())?;
        if checked.failed() != [wanted] || checked.code != 1 {
            wrong.push(format!("{broken}: wanted {wanted}, got {:?}, exit code {}", checked.failed(), checked.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_public_app_is_asked_without_a_secret() -> Result<(), Failure> {
    let world = World::with("", &["--kind", "browser", "--refresh"])?;
    let checked = world.check(&[])?;
    assert_eq!((checked.failed(), checked.code), (Vec::new(), 0), "{}", checked.report);
    assert_eq!((checked.outcome("token.wrong-secret"), checked.outcome("token.refresh")), ("not_applicable", "passed"));
    Ok(())
}

#[test]
fn one_broken_thing_is_the_one_failure_of_the_report() -> Result<(), Failure> {
    let world = World::start("")?;
    let mut wrong = Vec::new();
    for (broken, wanted, meddle) in tampers::all(&world.front.url) {
        world.front.meddle(meddle);
        let checked = world.check(&[])?;
        if checked.failed() != [wanted] || checked.code != 1 {
            wrong.push(format!("{broken}: wanted {wanted}, got {:?}, exit code {}", checked.failed(), checked.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_key_that_came_after_the_first_look_is_looked_for_again() -> Result<(), Failure> {
    let world = World::start("")?;
    world.front.meddle(tampers::key_that_comes_later());
    let checked = world.check(&[])?;
    assert_eq!((checked.failed(), checked.outcome("id-token.signature")), (Vec::new(), "passed"), "{}", checked.report);
    Ok(())
}

#[test]
fn a_wrong_hash_on_the_way_through_the_browser_is_named() -> Result<(), Failure> {
    let world = World::start("[legacy]\nresponse_types = true\n")?;
    for (broken, wanted, meddle) in tampers::of_fragments() {
        world.front.meddle(meddle);
        let checked = world.check(&["--profile", "hybrid"])?;
        assert_eq!((checked.failed(), checked.code), (vec![wanted.to_owned()], 1), "{broken}: {}", checked.report);
    }
    Ok(())
}

#[test]
fn without_an_app_everything_else_is_asked_and_the_rest_says_what_it_needs() -> Result<(), Failure> {
    let portvakt = Deployment::start()?;
    let file = portvakt.folder().join("report.txt");
    let named = file.to_str().ok_or_else(|| Failure::new("a path that is no text"))?;
    let asked = ["conformance", "self-check", "--issuer", &portvakt.issuer, "--report", named];
    let done = portvakt.command(&asked).output()?;
    let said = String::from_utf8(done.stdout)?;
    assert_eq!(done.status.code(), Some(0), "{said}");
    assert_eq!(fs::read_to_string(file)?.trim_end(), said.trim_end(), "the file holds what was printed");
    assert!(said.starts_with(&format!("Self-check of {}\n", portvakt.issuer)));
    assert!(said.contains("an unknown client is told on a page, never by redirect") && said.contains(" 0 failed, "));
    assert!(said.contains("needs --client-id, --redirect-uri and --person-file"), "{said}");
    // Its own configuration names it too.
    let own = Checked::of(portvakt.command(&["conformance", "self-check", "--json"]))?;
    assert_eq!((own.code, own.report.get("issuer").and_then(Value::as_str)), (0, Some(portvakt.issuer.as_str())));
    Ok(())
}

#[test]
fn what_cannot_run_says_so_and_ends_with_two() -> Result<(), Failure> {
    let portvakt = Deployment::start()?;
    for arguments in [
        ["--issuer", "http://localhost:1"],
        ["--issuer", "http://login.example"],
        ["--profile", "unknown"],
        ["--trust-anchor", "nowhere.pem"],
        ["--client-id", "app_alone"],
    ] {
        let mut command = portvakt.command(&["conformance", "self-check"]);
        let done = command.args(arguments).output()?;
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(done.stdout.is_empty() && !done.stderr.is_empty(), "{arguments:?}");
    }
    Ok(())
}

#[test]
fn no_secret_is_in_the_report() -> Result<(), Failure> {
    let world = World::start("")?;
    let report = world.check(&["--profile", "basic"])?.report.to_string();
    for secret in [&world.app.client_secret, world::PASSWORD] {
        assert!(!report.contains(secret));
    }
    Ok(())
}
