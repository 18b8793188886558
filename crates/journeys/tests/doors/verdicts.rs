//! The verdict on every route: what it gives to somebody whose organisation has Portvakt's own sign-in switched on, or
//! off, or is suspended, or whose account is disabled. Everything is prepared while all is well, as somebody would who
//! sees it coming: sessions, tokens, codes, links, half a sign-in. Then the switches fall, and every door is tried.

use crate::forged::{mark_on, marks};
use crate::nobody::{empty, path_of};
use crate::raw::{Ask, Got};
use crate::world::{PASSWORD, Visitor, World, code_of, handle_in, in_fragment, text};
use portvakt::routes::{Access, Gives, Route, Verb, all};
use portvakt_journeys::Failure;
use std::collections::{BTreeMap, BTreeSet};

/// How it stands with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Admitted,
    OwnSignInOff,
    Suspended,
    Disabled,
}

const ALL: [Standing; 4] = [Standing::Admitted, Standing::OwnSignInOff, Standing::Suspended, Standing::Disabled];

/// What routes may give, in the order of [`ALL`].
type Verdict = [Gives; 4];

const NOTHING: Verdict = [Gives::Nothing; 4];
const SESSION: Verdict = when_admitted(Gives::Session);
const TOKENS: Verdict = when_admitted(Gives::Tokens);
const PASSWORDS: Verdict = when_admitted(Gives::Password);
const DATA: Verdict = when_admitted(Gives::Data);

const fn when_admitted(gives: Gives) -> Verdict {
    [gives, Gives::Nothing, Gives::Nothing, Gives::Nothing]
}

/// The verdict on each route, by method. Assets are a verdict of their own, see [`verdict`].
const VERDICTS: &[(Verdict, &str, &[&str])] = &[
    (TOKENS, "GET", &["/authorize", "/resume"]),
    (TOKENS, "POST", &["/token", "/consent"]),
    (SESSION, "POST", &["/sign-in/password", "/sign-in/link"]),
    (PASSWORDS, "POST", &["/password/new", "/account/password"]),
    (DATA, "GET", &["/userinfo", "/consent", "/sign-in/choose"]),
    // The rule list on the page behind a mailed link knows the name that a password may not hold.
    (DATA, "POST", &["/userinfo", "/introspect", "/password/link"]),
    (DATA, "GET", &["/account", "/account/sessions", "/account/password", "/account/language", "/account/sign-out"]),
    (NOTHING, "POST", &["/account", "/account/sessions", "/account/language"]),
    (NOTHING, "GET", &["/sign-in", "/sign-in/password", "/sign-in/forgot", "/sign-in/link", "/password/link"]),
    (NOTHING, "POST", &["/sign-in", "/sign-in/choose", "/sign-in/forgot/reset", "/sign-in/forgot/link"]),
    (NOTHING, "POST", &["/authorize", "/revoke", "/end-session", "/logout"]),
    (NOTHING, "GET", &["/end-session", "/logout", "/logout/done", "/check-session", "/language", "/logo/{client_id}"]),
    (NOTHING, "GET", &["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"]),
    (NOTHING, "GET", &["/.well-known/change-password", "/.well-known/security.txt", "/robots.txt", "/"]),
    (NOTHING, "GET", &["/healthz/live", "/healthz/ready", "/design", "/design/{page}/{state}"]),
];

/// Whether a row is opened by a token of operators' programs, or of an app that registers itself.
fn is_for_programs(row: &Route) -> bool {
    matches!(row.access, Access::Operator | Access::Token("registration"))
}

/// The verdict on a route; `None`: nobody has thought about it.
fn verdict(row: &Route) -> Option<Verdict> {
    // Opened by a token that no person ever gets: whatever they are, they get nothing.
    if is_for_programs(row) || (row.method == Verb::Get && row.path.starts_with("/assets/")) {
        return Some(NOTHING);
    }
    let is_on = |paths: &[&str]| paths.contains(&row.path);
    let found = VERDICTS.iter().find(|(_, method, paths)| *method == row.method.name() && is_on(paths));
    found.map(|(verdict, ..)| *verdict)
}

#[test]
fn no_verdict_stands_for_a_route_that_is_gone_or_twice() {
    let rows: Vec<(&str, &str)> = all().iter().map(|row| (row.method.name(), row.path)).collect();
    let judged = VERDICTS.iter().flat_map(|(_, method, paths)| paths.iter().map(|path| (*method, *path)));
    let mut seen = BTreeSet::new();
    for one in judged {
        assert!(rows.contains(&one) && seen.insert(one), "{one:?}");
    }
}

#[test]
fn every_route_has_a_verdict_and_the_table_promises_no_more() {
    for row in all() {
        let shown = format!("{} {}", row.method.name(), row.path);
        match verdict(&row) {
            None => panic!("{shown} has no verdict: say in this file what it gives, and to whom"),
            // What programs are given is no person's verdict.
            Some(_) if is_for_programs(&row) => {}
            Some([admitted, ..]) => assert_eq!(row.gives, admitted, "{shown}"),
        }
    }
}

#[test]
fn every_door_gives_what_its_verdict_says_and_nothing_more() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut prepared = Vec::new();
    for standing in ALL {
        prepared.push((standing, Prepared::of(&world, standing)?));
    }
    for (_, people) in &mut prepared {
        people.take_what_is_short_lived(&world)?;
    }
    switch(&world, &prepared, false)?;
    for (at, (standing, people)) in prepared.iter().enumerate() {
        for row in all() {
            let allowed = verdict(&row).map_or(Gives::Nothing, |verdict| verdict[at]);
            let mut given = Vec::new();
            for (visitor, ask) in people.best(&world, &row) {
                let got = world.knock(&ask)?;
                given.push((what(&row, &got, visitor), got));
            }
            // Whether a password was set is seen in the end. In Account Settings the person's own session goes on under a
            // new name.
            let wanted = match allowed {
                Gives::Password if row.access == Access::Person => Gives::Session,
                Gives::Password => Gives::Nothing,
                Gives::Nothing | Gives::Session | Gives::Tokens | Gives::Data | Gives::Secret => allowed,
            };
            for (gives, got) in given {
                assert_eq!(gives, wanted, "{standing:?}: {} {} -> {got:?}", row.method.name(), row.path);
            }
        }
    }
    switch(&world, &prepared, true)?;
    for (standing, people) in &prepared {
        people.find_nothing_left_behind(&world, *standing)?;
    }
    Ok(())
}

const NEW_PASSWORD: &str = "another horse, another staple";

/// What an answer gives. Data is what we know of a person: any page of Account Settings and, on the way in, what goes
/// beyond the address that the browser itself has typed.
fn what(row: &Route, got: &Got, visitor: &Visitor) -> Gives {
    let is_room = row.access == Access::Person && got.status == 200;
    let said = format!("{} {}", got.header("location"), got.body).replace("&#38;", "&").replace("&amp;", "&");
    let marks = ["\"access_token\"", "?code=", "&code=", "#code=", "access_token=", "id_token="];
    if marks.iter().any(|mark| said.contains(mark)) {
        Gives::Tokens
    } else if got.session().is_some() {
        Gives::Session
    } else if said.contains(&visitor.name) || said.contains("\"sub\":") || is_room {
        Gives::Data
    } else {
        Gives::Nothing
    }
}

/// Everything that somebody could lay by.
struct Prepared {
    /// Signed in, with tokens.
    main: Visitor,
    main_marks: BTreeMap<String, String>,
    access: String,
    /// Came to the old app by way of the browser.
    front: String,
    refresh: String,
    code: String,
    resume: String,
    choose: String,
    consent: String,
    /// Has given the address and not yet the password.
    halfway: Visitor,
    halfway_handle: String,
    halfway_mark: String,
    /// Has a link that signs in.
    linked: Visitor,
    linked_fields: Vec<(String, String)>,
    linked_handle: String,
    /// Has a link to choose a password.
    reset: Visitor,
    reset_handle: String,
    reset_marks: BTreeMap<String, String>,
    /// Is signed in and about to choose another password.
    changer: Visitor,
    changer_mark: String,
    /// Is signed in and about to leave.
    leaver: Visitor,
    leaver_mark: String,
}

impl Prepared {
    fn of(world: &World, standing: Standing) -> Result<Self, Failure> {
        let tenant = match standing {
            Standing::OwnSignInOff => "sjovik",
            Standing::Suspended => "fjordby",
            Standing::Admitted | Standing::Disabled => "nordvik",
        };
        let tag = |role: &str| format!("{role}.{standing:?}").to_lowercase();
        let mut main = world.visitor(&tag("main"), tenant)?;
        let main_marks = marks(world, &mut main)?;
        let code = code_of(&main.person.open(&world.authorize(&world.hrm, &[]))?)?;
        let tokens: serde_json::Value = serde_json::from_str(&world.knock(&world.redeem(&code))?.body)?;
        let front = in_fragment(&main.person.open(&world.front())?, "access_token")?;
        let choosing = main.person.open(&world.authorize(&world.hrm, &[("prompt", "select_account")]))?;
        let consenting = main.person.open(&world.authorize(&world.shop, &[]))?;

        let mut halfway = world.newcomer(&tag("halfway"), tenant)?;
        let page = halfway.person.open(&world.authorize(&world.hrm, &[]))?;
        let given = halfway.address.clone();
        let password = halfway.person.submit(&page, &page.form(|form| form.main)?, &[("login", &given)])?;

        let mut linked = world.newcomer(&tag("linked"), tenant)?;
        let page = linked.person.open(&world.authorize(&world.hrm, &[]))?;
        let query = page.url.query().unwrap_or_default().to_owned();
        let page = linked.person.open(&format!("/sign-in/forgot?{query}"))?;
        let fields = page.form(|form| form.main)?.filled(&[("login", &linked.address)]);
        let sent = world.knock(&linked.cookies(Ask::form("/sign-in/forgot/link", &borrowed(&fields))))?;
        assert_eq!(sent.status, 200, "{sent:?}");
        let (_, link) = world.mailed_link(&linked.address, "/sign-in/link")?;
        let page = linked.person.open(&link)?;
        let linked_fields = page.form(|form| form.main)?.filled(&[]);

        let mut reset = world.visitor(&tag("reset"), tenant)?;
        let reset_marks = marks(world, &mut reset)?;
        let sent = world.portvakt.cli(&["account", "send-reset", &reset.address, "--print-link"])?;
        let mut changer = world.visitor(&tag("changer"), tenant)?;
        let changer_mark = mark_on(&changer.person.open("/account/password")?)?;
        let mut leaver = world.visitor(&tag("leaver"), tenant)?;
        let leaver_mark = mark_on(&leaver.person.open("/account/sign-out")?)?;
        Ok(Self {
            access: text(&tokens, "access_token")?,
            front,
            refresh: text(&tokens, "refresh_token")?,
            code: String::new(),
            resume: String::new(),
            choose: handle_in(choosing.url.as_str())?,
            consent: handle_in(consenting.url.as_str())?,
            main,
            main_marks,
            halfway_handle: handle_in(password.url.as_str())?,
            halfway_mark: mark_on(&password)?,
            halfway,
            linked,
            linked_fields,
            linked_handle: link.split_once("?h=").map(|(_, handle)| handle.to_owned()).unwrap_or_default(),
            reset,
            reset_handle: text(&sent, "set_password_link")?
                .split_once("?h=")
                .map_or_else(String::new, |h| h.1.to_owned()),
            reset_marks,
            changer,
            changer_mark,
            leaver,
            leaver_mark,
        })
    }

    /// A code, and a request that came by post: good for a minute.
    fn take_what_is_short_lived(&mut self, world: &World) -> Result<(), Failure> {
        self.code = code_of(&self.main.person.open(&world.authorize(&world.hrm, &[]))?)?;
        let form =
            world.authorize(&world.hrm, &[]).split_once('?').map(|(_, form)| form.to_owned()).unwrap_or_default();
        let got = world.knock(&Ask::body("POST", "/authorize", "application/x-www-form-urlencoded", form))?;
        self.resume = handle_in(got.header("location"))?;
        Ok(())
    }

    /// What a door gave without saying so: a password that was set, a session that was opened, a consent that was kept.
    /// It is seen once the switches are back.
    fn find_nothing_left_behind(&self, world: &World, standing: Standing) -> Result<(), Failure> {
        let was_admitted = standing == Standing::Admitted;
        let sign_in = world.authorize(&world.hrm, &[]);
        for changed in [&self.reset, &self.changer] {
            let page = world.portvakt.person()?.sign_in(&sign_in, &changed.address, NEW_PASSWORD)?;
            assert_eq!(code_of(&page).is_ok(), was_admitted, "{standing:?}: {} with a new password", changed.address);
        }
        for opened in [&self.halfway, &self.linked] {
            let mut browser = world.portvakt.person()?;
            code_of(&browser.sign_in(&sign_in, &opened.address, PASSWORD)?)?;
            let sessions = browser.open("/account/sessions")?.answer.body.matches("name=\"end\"").count();
            assert_eq!(sessions, 1 + usize::from(was_admitted), "{standing:?}: sessions of {}", opened.address);
        }
        let got = world.knock(&self.main.cookies(Ask::get(world.authorize(&world.shop, &[]))))?;
        let knows_consent = got.header("location").contains("code=");
        assert_eq!(knows_consent, was_admitted, "{standing:?}: consent -> {got:?}");
        Ok(())
    }

    /// The requests that would get most out of a route, and who sends them.
    fn best(&self, world: &World, row: &Route) -> Vec<(&Visitor, Ask)> {
        let (bearer, front) = (format!("Bearer {}", self.access), format!("Bearer {}", self.front));
        let mark = |name: &str| self.main_marks.get(name).map(String::as_str).unwrap_or_default();
        let (main, path) = (&self.main, path_of(row));
        let as_main = |ask: Ask| vec![(main, main.cookies(ask))];
        let halfway = |ask: Ask| vec![(&self.halfway, self.halfway.cookies(ask))];
        let with_r = |r: &str| Ask::get(format!("{path}?r={r}"));
        match (row.method.name(), row.path) {
            ("GET", "/authorize") => [world.authorize(&world.hrm, &[]), world.front()]
                .map(|path| (main, main.cookies(Ask::get(path))))
                .to_vec(),
            ("GET", "/resume") => as_main(with_r(&self.resume)),
            ("GET", "/sign-in/choose") => as_main(with_r(&self.choose)),
            ("GET", "/consent") => as_main(with_r(&self.consent)),
            ("POST", "/consent") => {
                let fields = [("csrf", mark("Consent")), ("r", &self.consent), ("answer", "allow")];
                as_main(Ask::form(path, &fields))
            }
            ("POST", "/token") => {
                let again = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
                vec![(main, world.redeem(&self.code)), (main, world.as_hrm("/token", &again))]
            }
            ("GET" | "POST", "/userinfo") => {
                [&bearer, &front].map(|token| (main, empty(row).with("authorization", token))).to_vec()
            }
            ("POST", "/introspect") => {
                let tokens = [&self.access, &self.refresh];
                let by_kiosk = World::as_app(&world.kiosk, "/introspect", &[("token", &self.front)]);
                let by_hrm = tokens.map(|token| (main, world.as_hrm("/introspect", &[("token", token)])));
                [&by_hrm[..], &[(main, by_kiosk)]].concat()
            }
            ("GET", "/sign-in" | "/sign-in/password" | "/sign-in/forgot") => halfway(with_r(&self.halfway_handle)),
            ("POST", "/sign-in/password") => {
                let fields =
                    [("csrf", self.halfway_mark.as_str()), ("r", &self.halfway_handle), ("password", PASSWORD)];
                halfway(Ask::form(path, &fields))
            }
            ("GET", "/sign-in/link") => {
                vec![(&self.linked, self.linked.cookies(Ask::get(format!("{path}?h={}", self.linked_handle))))]
            }
            ("POST", "/sign-in/link") => {
                vec![(&self.linked, self.linked.cookies(Ask::form(path, &borrowed(&self.linked_fields))))]
            }
            ("GET", "/password/link") => {
                vec![(&self.reset, self.reset.cookies(Ask::get(format!("{path}?h={}", self.reset_handle))))]
            }
            ("POST", "/password/link" | "/password/new") => {
                let form = if row.path == "/password/new" { "NewPassword" } else { "Link" };
                let csrf = self.reset_marks.get(form).map(String::as_str).unwrap_or_default();
                let new = [("password", NEW_PASSWORD), ("again", NEW_PASSWORD)];
                let fields = [&[("csrf", csrf), ("handle", &self.reset_handle)], &new[..]].concat();
                vec![(&self.reset, self.reset.cookies(Ask::form(path, &fields)))]
            }
            ("POST", "/account/password") => {
                let fields = [
                    ("csrf", self.changer_mark.as_str()),
                    ("current", PASSWORD),
                    ("password", NEW_PASSWORD),
                    ("again", NEW_PASSWORD),
                ];
                vec![(&self.changer, self.changer.cookies(Ask::form(path, &fields)))]
            }
            ("POST", "/account" | "/account/sessions" | "/account/language") => {
                as_main(Ask::form(path, &[("csrf", mark("Account")), ("others", "yes")]))
            }
            ("GET" | "POST", "/end-session" | "/logout") => {
                let fields = [("csrf", self.leaver_mark.as_str()), ("client_id", &world.hrm.client_id)];
                let ask = if row.method.name() == "GET" { empty(row) } else { Ask::form(path, &fields) };
                vec![(&self.leaver, self.leaver.cookies(ask))]
            }
            _ if row.access == Access::Operator => {
                let ask = main.cookies(empty(row));
                vec![(main, ask.clone()), (main, ask.with("authorization", &bearer))]
            }
            _ => as_main(empty(row)),
        }
    }
}

/// Lets the switches fall, or puts them back.
fn switch(world: &World, prepared: &[(Standing, Prepared)], on: bool) -> Result<(), Failure> {
    let word = if on { "on" } else { "off" };
    world.portvakt.cli(&["tenant", "policy", "set", "--tenant", "sjovik", "--own-sign-in", word])?;
    world.portvakt.cli(&["tenant", if on { "resume" } else { "suspend" }, "fjordby"])?;
    let word = if on { "enable" } else { "disable" };
    for (_, people) in prepared.iter().filter(|(standing, _)| *standing == Standing::Disabled) {
        let all = [&people.main, &people.halfway, &people.linked, &people.reset, &people.changer, &people.leaver];
        let addresses: BTreeSet<&str> = all.into_iter().map(|visitor| visitor.address.as_str()).collect();
        for address in addresses {
            world.portvakt.cli(&["account", word, address])?;
        }
    }
    Ok(())
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
