//! Sign-out as apps ask for it, over HTTP, with the real program and a browser that runs no script: what the logout plans
//! of the conformance suite do, by the numbers of its checklist.

use portvakt_journeys::{App, Deployment, Failure, Page, Person, Setup, http::basic};
use serde_json::{Value, json};
use url::Url;

const CALLBACK: &str = "https://app.example/cb";
const BYE: &str = "https://app.example/bye";
const FRAME: &str = "https://app.example/frame?by=portvakt";
const ANNA: &str = "anna@nordvik.example";
const PASSWORD: &str = "correct horse battery staple";
// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct World {
    portvakt: Deployment,
    app: App,
}

impl World {
    fn start(legacy: &str, more: &[&str]) -> Result<Self, Failure> {
        let configuration = format!("[legacy]\n{legacy}\n");
        let portvakt = Deployment::start_with(&Setup { configuration, ..Setup::default() })?;
        let own = ["--redirect-uri", CALLBACK, "--post-logout-redirect-uri", BYE, "--first-party"];
        let app = portvakt.app("Kiosk", "web", &[&own, more].concat())?;
        portvakt.account(ANNA, "Anna Svensson", PASSWORD)?;
        Ok(Self { portvakt, app })
    }

    fn at(&self, path: &str, parameters: &[(&str, &str)]) -> Result<String, Failure> {
        Ok(Url::parse_with_params(&self.portvakt.url(path), parameters)?.into())
    }

    fn request(&self, prompt: Option<&str>) -> Result<String, Failure> {
        let mut asked = vec![
            ("client_id", self.app.client_id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        asked.extend(prompt.map(|prompt| ("prompt", prompt)));
        self.at("/authorize", &asked)
    }

    /// Anna signs in to the app; gives her browser, the page with which it left, and the app's `id_token`.
    fn signed_in(&self) -> Result<(Person, Page, String), Failure> {
        let mut anna = self.portvakt.person()?;
        let back = anna.sign_in(&self.request(None)?, ANNA, PASSWORD)?;
        let code = back.parameter("code")?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let authorization = basic(&self.app.client_id, &self.app.client_secret);
        let answer =
            self.portvakt.http().post(&self.portvakt.url("/token"), &[("authorization", &authorization)], &form)?;
        let answer = answer.expect(200)?.json()?;
        let id_token = answer.get("id_token").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((anna, back, id_token))
    }

    fn is_signed_in(&self, person: &mut Person) -> Result<bool, Failure> {
        let page = person.open(&self.request(Some("none"))?)?;
        match page.parameter("error") {
            Ok(error) => {
                assert_eq!(error, "login_required");
                Ok(false)
            }
            Err(_) => page.parameter("code").map(|_| true),
        }
    }

    fn discovery(&self) -> Result<Value, Failure> {
        self.portvakt.http().get(&self.portvakt.url("/.well-known/openid-configuration"), &[])?.json()
    }
}

/// A page of ours that says no: 400, at the address where the request is, with an error code that no language changes.
fn assert_refused(page: &Page, code: &str) {
    let (status, body) = (page.answer.status, &page.answer.body);
    assert_eq!((status, page.url.path(), page.leaves_for.is_none()), (400, "/end-session", true), "{body}");
    assert!(body.contains("id=\"error-code\"") && body.contains(&format!(">{code}<")), "{body}");
    assert_eq!(page.goes_on_to(), None, "it goes nowhere by itself");
}

/// Lines 90, 91, 94: a hint and a registered address lead back with `state` and nothing else; by GET and by POST.
#[test]
fn an_app_signs_its_own_person_out_and_has_them_back() -> Result<(), Failure> {
    let world = World::start("", &[])?;
    for (state, wanted) in [(Some("s t&"), format!("{BYE}?state=s+t%26")), (None, BYE.to_owned())] {
        let (mut anna, _, hint) = world.signed_in()?;
        assert!(world.is_signed_in(&mut anna)?);
        let mut asked = vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
        asked.extend(state.map(|state| ("state", state)));
        let page = anna.open(&world.at("/end-session", &asked)?)?;
        assert_eq!(page.leaves_for.as_ref().map(Url::as_str), Some(wanted.as_str()));
        assert!(!world.is_signed_in(&mut anna)?);
    }
    // A POST from the app's site comes without our cookies: a page of our own goes on with them.
    let (_, _, hint) = world.signed_in()?;
    let form = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    let posted = world.portvakt.http().post(&world.portvakt.url("/end-session"), &[], &form)?.expect(303)?;
    assert!(posted.header("location").starts_with("/logout?r=") && posted.header("set-cookie").is_empty());
    Ok(())
}

/// Line 92: a wrong address, a hint without a signature, another's hint: a page, and nobody is signed out.
#[test]
fn what_is_wrong_with_a_sign_out_is_said_on_a_page_and_ends_nothing() -> Result<(), Failure> {
    let world = World::start("", &[])?;
    let (mut anna, _, hint) = world.signed_in()?;
    let parts: Vec<&str> = hint.split('.').collect();
    // {"alg":"none"}
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
    let foreign = format!("{}.{}.{}", parts[0], parts[1], "A".repeat(parts[2].len()));
    let more = format!("{BYE}?x=1");
    for (asked, code) in [
        (
            vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://evil.example/")],
            "invalid_request",
        ),
        (vec![("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", &more)], "invalid_request"),
        (vec![("id_token_hint", unsigned.as_str()), ("post_logout_redirect_uri", BYE)], "invalid_request"),
        (vec![("id_token_hint", foreign.as_str()), ("post_logout_redirect_uri", BYE)], "invalid_request"),
        (vec![("post_logout_redirect_uri", BYE), ("state", "s")], "invalid_request"),
        (vec![("state", "a"), ("state", "b")], "invalid_request"),
    ] {
        let page = anna.open(&world.at("/end-session", &asked)?)?;
        assert_refused(&page, code);
        assert!(world.is_signed_in(&mut anna)?, "{asked:?}");
    }
    Ok(())
}

/// Line 93: with nothing, or `state` alone, the person is asked, and the page that says it is done has its own address.
#[test]
fn without_a_word_from_an_app_the_person_is_asked_and_stays_with_us() -> Result<(), Failure> {
    let world = World::start("", &[])?;
    for asked in [vec![], vec![("state", "s")]] {
        let (mut anna, ..) = world.signed_in()?;
        let page = anna.open(&world.at("/end-session", &asked)?)?;
        assert!(world.is_signed_in(&mut anna)?, "a question ends nothing");
        let form = page.form(|form| form.main && form.method == "post")?;
        let done = anna.submit(&page, &form, &[])?;
        assert_eq!((done.answer.status, done.url.path(), done.leaves_for.is_none()), (200, "/logout/done", true));
        assert!(!world.is_signed_in(&mut anna)?);
    }
    // The app's own person needs not be asked; without an address they stay with us as well.
    let (mut anna, _, hint) = world.signed_in()?;
    let done = anna.open(&world.at("/end-session", &[("id_token_hint", &hint)])?)?;
    assert_eq!((done.answer.status, done.url.path()), (200, "/logout/done"));
    assert!(!world.is_signed_in(&mut anna)?);
    Ok(())
}

/// Where the page's language switch leads for that language.
fn switch(page: &Page, language: &str) -> Result<String, Failure> {
    let to = format!("/language?to={language}&");
    let found = page.links().into_iter().find(|link| link.starts_with(&to));
    found.ok_or_else(|| page.unexpected(&format!("a switch to {language}")))
}

/// The question comes in the language that the app asks for, and in the one that the person then chooses.
#[test]
fn the_question_is_read_in_the_language_that_the_person_chooses() -> Result<(), Failure> {
    let world = World::start("", &[])?;
    let (mut anna, ..) = world.signed_in()?;
    let asked = [
        ("client_id", world.app.client_id.as_str()),
        ("post_logout_redirect_uri", BYE),
        ("state", "s"),
        ("ui_locales", "nb"),
    ];
    let mut page = anna.open(&world.at("/end-session", &asked)?)?;
    assert_eq!(page.heading(), "Vil du logge ut?");
    for (language, heading) in [("sv", "Vill du logga ut?"), ("en", "Sign out?")] {
        page = anna.open(&switch(&page, language)?)?;
        assert_eq!((page.answer.status, page.url.path(), page.heading().as_str()), (200, "/logout", heading));
        assert!(page.answer.body.contains(ANNA), "it is the same question");
        assert!(world.is_signed_in(&mut anna)?, "reading ends nothing");
    }
    let form = page.form(|form| form.main && form.method == "post")?;
    let gone = anna.submit(&page, &form, &[])?;
    assert_eq!(
        gone.leaves_for.clone().or_else(|| gone.goes_on_to()).as_ref().map(Url::as_str),
        Some("https://app.example/bye?state=s")
    );
    assert!(!world.is_signed_in(&mut anna)?);
    // A person who came by themselves can switch as well.
    let (mut anna, ..) = world.signed_in()?;
    let page = anna.open("/logout")?;
    let page = anna.open(&switch(&page, "sv")?)?;
    assert_eq!((page.answer.status, page.heading().as_str()), (200, "Vill du logga ut?"));
    Ok(())
}

/// Whoever signs out everywhere is told so, whether or not apps are framed on the way.
#[test]
fn sign_out_everywhere_says_so_at_the_end() -> Result<(), Failure> {
    for (legacy, more) in [("", &[][..]), ("frontchannel_logout = true", &["--frontchannel-logout-uri", FRAME][..])] {
        let world = World::start(legacy, more)?;
        let (mut anna, ..) = world.signed_in()?;
        let page = anna.open("/account/sign-out")?;
        let form = page.form(|form| form.main && form.method == "post")?;
        // Past the page that frames the apps, which goes on by itself.
        let page = anna.press(&page, &form, "act", "everywhere")?;
        let at = page.url.query().map(str::to_owned);
        assert_eq!((page.url.path(), at.as_deref()), ("/logout/done", Some("all=yes")));
        assert!(!world.is_signed_in(&mut anna)?);
    }
    Ok(())
}

/// Line 96: the page after sign-out frames the apps of the session, with issuer and session, and goes on without a script.
#[test]
fn the_page_after_sign_out_frames_the_apps_and_goes_on() -> Result<(), Failure> {
    let world = World::start("frontchannel_logout = true", &["--frontchannel-logout-uri", FRAME])?;
    let said = world.discovery()?;
    assert_eq!(
        (&said["frontchannel_logout_supported"], &said["frontchannel_logout_session_supported"]),
        (&json!(true), &json!(true))
    );
    let (mut anna, _, hint) = world.signed_in()?;
    let asked = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let page = anna.open(&world.at("/end-session", &asked)?)?;
    let body = page.answer.body.replace("&#38;", "&").replace("&amp;", "&");
    let at = body.find("<iframe src=\"").ok_or_else(|| page.unexpected("a frame"))? + "<iframe src=\"".len();
    let frame = Url::parse(body[at..].split('"').next().unwrap_or_default())?;
    let pairs: Vec<(String, String)> = frame.query_pairs().into_owned().collect();
    assert!(frame.as_str().starts_with(FRAME));
    assert_eq!((pairs[1].0.as_str(), pairs[1].1.as_str()), ("iss", world.portvakt.issuer.as_str()));
    assert_eq!((pairs[2].0.as_str(), pairs.len(), body.matches("<iframe").count()), ("sid", 3, 1));
    let policy = page.answer.header("content-security-policy");
    assert!(policy.ends_with("; frame-src https://app.example"), "{policy}");
    assert!(body.contains("id=\"logout-continue\" href=\"https://app.example/bye?state=s\""));
    assert_eq!(page.goes_on_to().as_ref().map(Url::as_str), Some("https://app.example/bye?state=s"));
    assert!(!world.is_signed_in(&mut anna)?);
    Ok(())
}

/// What a page watches changes when the session ended elsewhere and the browser comes by, and stays the same when the same
/// person is only asked again.
#[test]
fn the_state_changes_with_an_end_elsewhere_and_not_with_the_same_persons_password() -> Result<(), Failure> {
    let world = World::start("session_management = true", &[])?;
    let (mut anna, ..) = world.signed_in()?;
    let state = |anna: &Person| anna.cookie("__Host-pv_b").map(str::to_owned);
    let (first, session) = (state(&anna), anna.cookie("__Host-pv_s").map(str::to_owned));
    let again = anna.sign_in(&world.request(Some("login"))?, ANNA, PASSWORD)?;
    again.parameter("session_state")?;
    assert_ne!(anna.cookie("__Host-pv_s").map(str::to_owned), session, "she was asked again");
    assert!(world.is_signed_in(&mut anna)?);
    assert_eq!(state(&anna), first, "the same person, the same session");

    for end in ["disable", "enable"] {
        world.portvakt.cli(&["account", end, ANNA])?;
    }
    assert_eq!(state(&anna), first, "this browser has not been here since");
    assert!(!world.is_signed_in(&mut anna)?);
    assert!(state(&anna).is_some() && state(&anna) != first, "another state");
    Ok(())
}

/// Lines 97, 98: the frame is the one answer that another site may frame, and answers say `session_state`, where that is on.
#[test]
fn pages_can_watch_the_session_where_that_is_on_and_nothing_shows_where_it_is_off() -> Result<(), Failure> {
    let world = World::start("session_management = true", &[])?;
    assert_eq!(world.discovery()?["check_session_iframe"], world.portvakt.url("/check-session"));
    let frame = world.portvakt.http().get(&world.portvakt.url("/check-session"), &[])?.expect(200)?;
    let policy = frame.header("content-security-policy");
    assert!(frame.header("x-frame-options").is_empty() && !policy.contains("frame-ancestors"), "{policy}");
    assert!(frame.header("content-type").starts_with("text/html") && frame.header("set-cookie").is_empty());
    let (mut anna, back, hint) = world.signed_in()?;
    let given = back.parameter("session_state")?;
    assert!(!given.contains(' ') && given.split('.').count() == 2, "{given}");
    let state = anna.cookie("__Host-pv_b").map(str::to_owned);
    assert!(state.is_some() && state.as_deref() != anna.cookie("__Host-pv_s"));
    let sign_out = anna.open(&world.at("/end-session", &[("id_token_hint", &hint)])?)?;
    assert_eq!(sign_out.url.path(), "/logout/done");
    assert!(anna.cookie("__Host-pv_b").is_some_and(|now| Some(now) != state.as_deref()), "another state");
    let refused = anna.open(&world.request(Some("none"))?)?;
    assert!(refused.parameter("session_state").is_err());

    let world = World::start("", &[])?;
    assert_eq!(world.portvakt.http().get(&world.portvakt.url("/check-session"), &[])?.status, 404);
    let (anna, back, _) = world.signed_in()?;
    assert!(back.parameter("session_state").is_err() && anna.cookie("__Host-pv_b").is_none());
    let said = world.discovery()?;
    assert_eq!(said.get("check_session_iframe"), None);
    assert_eq!(said.get("frontchannel_logout_supported"), None);
    assert_eq!(
        (&said["backchannel_logout_supported"], &said["backchannel_logout_session_supported"]),
        (&json!(true), &json!(true))
    );
    Ok(())
}

/// Line 95: an app that can't be told is seen by operators: on the command line and with the app itself.
#[test]
fn operators_see_which_apps_have_not_heard() -> Result<(), Failure> {
    // Nobody may be fetched from at a loopback address that isn't named: so it is given up at once.
    let world = World::start("", &["--backchannel-logout-uri", "https://127.0.0.1:8443/out"])?;
    let portvakt = &world.portvakt;
    assert_eq!(portvakt.cli(&["app", "notices"])?, json!([]));
    let (mut anna, _, hint) = world.signed_in()?;
    anna.open(&world.at("/end-session", &[("id_token_hint", &hint)])?)?;
    // Each look starts the program anew, which takes as long as anybody should wait.
    let mut looks = (0..400).map(|_| portvakt.cli(&["app", "notices", "--failed"]));
    let found = looks.find(|found| found.as_ref().map_or(true, |found| found.get(0).is_some()));
    let found = found.ok_or_else(|| Failure::new(format!("nobody was given up: {}", portvakt.log())))??;
    assert_eq!(found[0]["client_id"], world.app.client_id);
    assert_eq!((&found[0]["error"], &found[0]["attempts"]), (&json!("address_not_public"), &json!(1)));
    assert_eq!(portvakt.cli(&["app", "notices", "--client-id", &world.app.client_id])?, found);
    let other = portvakt.app("Board", "web", &["--redirect-uri", CALLBACK])?;
    assert_eq!(portvakt.cli(&["app", "notices", "--client-id", &other.client_id])?, json!([]));
    assert!(portvakt.cli(&["app", "notices", "--client-id", "app_nobody"]).is_err());
    let app = portvakt.cli(&["app", "show", &world.app.client_id])?;
    assert_eq!(app["untold_logouts"], json!({ "waiting": 0, "failed": 1 }));
    assert!(portvakt.log().contains("was not told that a session ended"));
    Ok(())
}
