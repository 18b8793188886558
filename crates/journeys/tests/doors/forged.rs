//! Forms that somebody else made: no mark, another browser's, another form's, from another site.

use crate::raw::Ask;
use crate::world::{PASSWORD, Visitor, World};
use portvakt::routes::{From, Verb, all};
use portvakt_journeys::page::Field;
use portvakt_journeys::{Failure, Page};
use std::collections::BTreeMap;

/// The mark of each form in this visitor's browser, by the form's name, taken from the pages as a browser gets them.
pub fn marks(world: &World, visitor: &mut Visitor) -> Result<BTreeMap<String, String>, Failure> {
    let mut marks = BTreeMap::new();
    let mut take = |name: &str, page: &Page| mark_on(page).map(|mark| drop(marks.insert(name.to_owned(), mark)));
    let page = visitor.person.open(&world.authorize(&world.hrm, &[("prompt", "login")]))?;
    // Whoever is signed in is asked for the password at once; the address page is behind "another address".
    let r = page.url.query().unwrap_or_default().to_owned();
    let address = visitor.person.open(&format!("/sign-in?{r}"))?;
    take("Address", &address)?;
    let form = address.form(|form| form.main && form.fields.iter().any(Field::is_address))?;
    let given = visitor.address.clone();
    let password = visitor.person.submit(&address, &form, &[("login", &given)])?;
    take("Password", &password)?;
    let r = password.url.query().unwrap_or_default().to_owned();
    take("Forgot", &visitor.person.open(&format!("/sign-in/forgot?{r}"))?)?;
    take("Choose", &visitor.person.open(&world.authorize(&world.hrm, &[("prompt", "select_account")]))?)?;
    take("Consent", &visitor.person.open(&world.authorize(&world.shop, &[]))?)?;
    take("Logout", &visitor.person.open("/account/sign-out")?)?;
    take("Account", &visitor.person.open("/account/password")?)?;
    let sent = world.portvakt.cli(&["account", "send-reset", &visitor.address, "--print-link"])?;
    let link = visitor.person.open(&crate::world::text(&sent, "set_password_link")?)?;
    take("Link", &link)?;
    let form = link.form(|form| form.main)?;
    take("NewPassword", &visitor.person.submit(&link, &form, &[])?)?;
    Ok(marks)
}

/// The mark in a page's form.
pub fn mark_on(page: &Page) -> Result<String, Failure> {
    let fields = page.forms().into_iter().flat_map(|form| form.fields);
    let mark = fields.filter(|field| field.name == "csrf").map(|field| field.value).next();
    mark.ok_or_else(|| page.unexpected("a form with a mark"))
}

/// Fields that every form takes for something that is long gone.
const STALE: [(&str, &str); 4] = [("r", "x"), ("handle", "x"), ("login", "x@y.example"), ("password", PASSWORD)];

#[test]
fn a_form_is_taken_from_its_own_page_in_its_own_browser_and_from_nowhere_else() -> Result<(), Failure> {
    let world = World::shared()?;
    let (mut anna, mut eve) = (world.visitor("anna.forged", "nordvik")?, world.visitor("eve.forged", "nordvik")?);
    let (own, foreign) = (marks(&world, &mut anna)?, marks(&world, &mut eve)?);
    let issuer = world.portvakt.issuer.clone();
    for row in all() {
        let Some(form) = row.form else { continue };
        assert_eq!(row.from, From::SameSite, "{}", row.path);
        let name = format!("{form:?}");
        let mark = own.get(&name).ok_or_else(|| Failure::new(format!("no page shows the form {name}")))?;
        let post = |mark: &str| anna.cookies(Ask::form(row.path, &[&[("csrf", mark)], &STALE[..]].concat()));
        // The right one is let in, so that what follows is about the mark and nothing else.
        let right = post(mark).with("origin", &issuer).with("sec-fetch-site", "same-origin");
        assert_ne!(world.knock(&right)?.status, 403, "{} with its own mark", row.path);

        let other_form =
            own.iter().find(|(other, _)| **other != name).map(|(_, mark)| mark.clone()).unwrap_or_default();
        let theirs = foreign.get(&name).cloned().unwrap_or_default();
        assert_ne!(&theirs, mark, "two browsers have one mark");
        let cut = mark.chars().skip(1).collect::<String>();
        let forged = [
            ("no mark", post("")),
            ("another browser's mark", post(&theirs)),
            ("another form's mark", post(&other_form)),
            ("a cut mark", post(&cut)),
            ("its mark twice", anna.cookies(Ask::form(row.path, &[("csrf", mark), ("csrf", mark)]))),
            ("its mark in the address", anna.cookies(Ask::form(format!("{}?csrf={mark}", row.path), &STALE))),
            ("no cookies", Ask::form(row.path, &[("csrf", mark)])),
            ("another site", post(mark).with("sec-fetch-site", "cross-site")),
            ("a sibling's site", post(mark).with("sec-fetch-site", "same-site")),
            ("a foreign origin", post(mark).with("origin", "https://evil.example")),
            ("no origin at all", post(mark).with("origin", "null")),
            ("the origin as a prefix", post(mark).with("origin", &format!("{issuer}.evil.example"))),
            ("another scheme", post(mark).with("origin", &issuer.replace("http:", "https:"))),
        ];
        for (what, ask) in forged {
            let got = world.knock(&ask)?;
            assert_eq!(got.status, 403, "POST {} with {what}: {got:?}", row.path);
            assert_eq!(got.all("location"), Vec::<&str>::new(), "POST {} with {what}", row.path);
        }
    }
    // Nothing of all that signed anybody out or changed a password.
    assert_eq!(world.knock(&eve.cookies(Ask::get("/account")))?.status, 200);
    Ok(())
}

#[test]
fn every_form_of_ours_has_its_row_say_so() {
    for row in all() {
        let is_ours = row.method == Verb::Post && row.from == From::SameSite;
        assert_eq!(row.form.is_some(), is_ours, "{} {}", row.method.name(), row.path);
    }
}

#[test]
fn what_another_site_posts_sets_no_cookie() -> Result<(), Failure> {
    let world = World::shared()?;
    // Browsers send such a post without our cookies, and would keep those of the answer in place of the ones they have.
    for row in all().iter().filter(|row| row.method == Verb::Post) {
        let ask =
            Ask::form(row.path, &STALE).with("sec-fetch-site", "cross-site").with("origin", "https://evil.example");
        assert_eq!(world.knock(&ask)?.all("set-cookie"), Vec::<&str>::new(), "POST {}", row.path);
    }
    Ok(())
}
