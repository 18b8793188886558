//! Whose a sign-in is: a browser's own, from its first page to its last.

use crate::raw::Ask;
use crate::world::{PASSWORD, World, code_of, handle_in};
use portvakt_journeys::Failure;

#[test]
fn every_sign_in_gives_a_new_session_and_a_planted_one_is_worth_nothing() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut vera = world.newcomer("vera.sessions", "nordvik")?;
    let planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    vera.person.set_cookie("__Host-pv_s", planted);
    let mut seen = vec![planted.to_owned()];
    for _ in 0..3 {
        code_of(&vera.sign_in(&world.authorize(&world.hrm, &[("prompt", "login")]))?)?;
        let session = vera.person.cookie("__Host-pv_s").unwrap_or_default().to_owned();
        assert!(session.len() == 43 && !seen.contains(&session), "{session:?} after {seen:?}");
        seen.push(session);
    }
    let now = seen.pop().unwrap_or_default();
    assert_eq!(world.knock(&account(&now))?.status, 200);
    for old in seen {
        assert_eq!(world.knock(&account(&old))?.status, 303, "a session that was replaced still opens the account");
    }
    Ok(())
}

#[test]
fn a_change_of_password_gives_the_session_a_new_cookie_and_ends_the_old_one() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut vera = world.visitor("vera.changes", "nordvik")?;
    let old = vera.person.cookie("__Host-pv_s").unwrap_or_default().to_owned();
    let page = vera.person.open("/account/password")?;
    let form = page.form(|form| form.main)?;
    let new = format!("{PASSWORD} and another");
    let fields = [("current", PASSWORD), ("password", new.as_str()), ("again", new.as_str())];
    vera.person.submit(&page, &form, &fields)?;
    let session = vera.person.cookie("__Host-pv_s").unwrap_or_default().to_owned();
    assert!(session.len() == 43 && session != old, "{session:?} after {old:?}");
    assert_eq!(world.knock(&account(&session))?.status, 200);
    assert_eq!(world.knock(&account(&old))?.status, 303, "the old cookie still opens the account");
    Ok(())
}

fn account(session: &str) -> Ask {
    Ask::get("/account").with("cookie", &format!("__Host-pv_s={session}"))
}

#[test]
fn a_session_that_stands_twice_or_elsewhere_is_none() -> Result<(), Failure> {
    let world = World::shared()?;
    let vera = world.visitor("vera.twice", "nordvik")?;
    let session = vera.person.cookie("__Host-pv_s").unwrap_or_default().to_owned();
    let mut flipped = session.clone();
    let last = flipped.pop();
    flipped.push(if last == Some('A') { 'E' } else { 'A' });
    for cookie in [
        format!("__Host-pv_s={session}; __Host-pv_s={session}"),
        format!("__Host-pv_s=x; __Host-pv_s={session}"),
        format!("__host-pv_s={session}"),
        format!("pv_s={session}"),
        format!("__Host-pv_d={session}; __Host-pv_f={session}"),
        format!("__Host-pv_s=\"{session}\""),
        format!("__Host-pv_s={session}="),
        format!("__Host-pv_s={flipped}"),
    ] {
        assert_eq!(world.knock(&Ask::get("/account").with("cookie", &cookie))?.status, 303, "{cookie}");
    }
    let in_two = Ask::get("/account").with("cookie", &format!("__Host-pv_s={session}"));
    let in_two = in_two.with("cookie", &format!("__Host-pv_s={session}"));
    assert_eq!(world.knock(&in_two)?.status, 303, "in two headers");
    assert_eq!(world.knock(&account(&session))?.status, 200, "and alone it opens");
    Ok(())
}

#[test]
fn another_browser_cannot_go_on_with_a_sign_in() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut anna = world.newcomer("anna.browser", "nordvik")?;
    // The other browser knows the password, and even then it is not its sign-in.
    let mut eve = world.visitor("eve.browser", "nordvik")?;
    let own_marks = crate::forged::marks(&world, &mut eve)?;
    let mark = |name: &str| own_marks.get(name).cloned().unwrap_or_default();

    let page = anna.person.open(&world.authorize(&world.hrm, &[]))?;
    let first = handle_in(page.url.as_str())?;
    let form = page.form(|form| form.main)?;
    let page = anna.person.submit(&page, &form, &[("login", &anna.address)])?;
    let second = handle_in(page.url.as_str())?;
    for r in [&first, &second] {
        for path in ["/resume", "/sign-in", "/sign-in/password", "/sign-in/choose", "/sign-in/forgot", "/consent"] {
            let got = world.knock(&eve.cookies(Ask::get(format!("{path}?r={r}"))))?;
            assert_eq!((got.status, got.all("location").len()), (400, 0), "GET {path}: {got:?}");
            assert!(!got.body.contains(&anna.address), "GET {path} shows whose it is");
        }
        let (address, password) = (anna.address.as_str(), PASSWORD);
        for (path, form, fields) in [
            ("/sign-in", "Address", [("login", address), ("act", "")]),
            ("/sign-in", "Address", [("login", address), ("act", "cancel")]),
            ("/sign-in/password", "Password", [("password", password), ("act", "")]),
            ("/sign-in/password", "Password", [("password", password), ("act", "cancel")]),
            ("/sign-in/choose", "Choose", [("account", address), ("act", "")]),
            ("/sign-in/forgot/link", "Forgot", [("login", address), ("act", "")]),
            ("/consent", "Consent", [("answer", "allow"), ("act", "")]),
        ] {
            let csrf = mark(form);
            let all = [&[("csrf", csrf.as_str()), ("r", r)], &fields[..]].concat();
            let got = world.knock(&eve.cookies(Ask::form(path, &all)))?;
            assert_eq!((got.status, got.all("location").len()), (400, 0), "POST {path} {fields:?}: {got:?}");
            assert_eq!(got.session(), None, "POST {path} {fields:?}");
        }
    }

    // Its own browser goes on as if nothing had been, and what was sealed then gives nothing to the other one now.
    let form = page.form(|form| form.main)?;
    code_of(&anna.person.submit(&page, &form, &[("password", PASSWORD)])?)?;
    let got = world.knock(&eve.cookies(Ask::get(format!("/resume?r={second}"))))?;
    assert!(got.status == 400 && !got.body.contains("code="), "{got:?}");
    Ok(())
}

#[test]
fn an_app_s_post_is_bound_to_the_browser_that_brings_it_and_to_no_address() -> Result<(), Failure> {
    let world = World::shared()?;
    let query = world.authorize(&world.hrm, &[]);
    let form = query.split_once('?').map(|(_, form)| form.to_owned()).unwrap_or_default();
    let ask = Ask::body("POST", "/authorize", "application/x-www-form-urlencoded", form);
    let got = world.knock(&ask.with("origin", "https://hrm.nordvik.example").with("sec-fetch-site", "cross-site"))?;
    assert_eq!((got.status, got.all("set-cookie").len()), (303, 0), "{got:?}");
    let r = handle_in(got.header("location"))?;
    let page = world.portvakt.person()?.open(&format!("/resume?r={r}"))?;
    assert_eq!((page.url.path(), page.answer.status), ("/sign-in", 200));
    Ok(())
}
