//! What a request says about our own name is never believed.

use crate::nobody::empty;
use crate::raw::Ask;
use crate::world::{PASSWORD, World};
use portvakt::routes::all;
use portvakt_journeys::Failure;

const LIES: [(&str, &str); 12] = [
    ("host", "evil.example"),
    ("host", "localhost:1@evil.example"),
    ("host", "localhost.evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-proto", "evil.example"),
    ("x-forwarded-prefix", "//evil.example"),
    ("x-host", "evil.example"),
    ("forwarded", "for=127.0.0.1;host=evil.example;proto=https"),
    ("x-original-url", "//evil.example/account"),
    ("x-rewrite-url", "https://evil.example/account"),
    ("referer", "https://evil.example/"),
];

#[test]
fn no_answer_repeats_what_a_request_says_about_our_name() -> Result<(), Failure> {
    let world = World::shared()?;
    for row in all() {
        for (name, lie) in LIES {
            let got = world.knock_on_the_wire(&empty(&row).with(name, lie))?;
            let shown = format!("{got:?}");
            assert!(!shown.contains("evil"), "{} {} with {name}: {lie}: {shown}", row.method.name(), row.path);
        }
        let mut absolute = empty(&row);
        absolute.target = format!("http://evil.example{}", absolute.target);
        let shown = format!("{:?}", world.knock_on_the_wire(&absolute)?);
        assert!(!shown.contains("evil"), "{} {} in absolute form: {shown}", row.method.name(), row.path);
    }
    Ok(())
}

#[test]
fn discovery_is_the_same_for_whoever_asks() -> Result<(), Failure> {
    let world = World::shared()?;
    let usual = world.knock(&Ask::get("/.well-known/openid-configuration"))?.body;
    assert!(usual.contains(&format!("\"issuer\":\"{}\"", world.portvakt.issuer)), "{usual}");
    for (name, lie) in LIES.into_iter().filter(|(name, _)| *name != "host").chain([("host", "evil.example")]) {
        let got = world.knock(&Ask::get("/.well-known/openid-configuration").with(name, lie))?;
        assert_eq!(got.body, usual, "{name}: {lie}");
    }
    Ok(())
}

#[test]
fn a_mailed_link_leads_to_the_issuer_whatever_the_request_said() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut vera = world.newcomer("vera.hosts", "nordvik")?;
    let page = vera.person.open(&world.authorize(&world.hrm, &[]))?;
    let r = page.url.query().unwrap_or_default().to_owned();
    let page = vera.person.open(&format!("/sign-in/forgot?{r}"))?;
    let form = page.form(|form| form.main)?;
    let fields = form.filled(&[("login", &vera.address)]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let ask = Ask::form("/sign-in/forgot/reset", &fields).with("host", "evil.example");
    let got = world.knock(&vera.cookies(ask).with("x-forwarded-host", "evil.example"))?;
    assert_eq!(got.status, 200, "{got:?}");
    let (mail, link) = world.mailed_link(&vera.address, "/password/link")?;
    assert!(!mail.raw.contains("evil") && !mail.text().contains("evil") && !mail.html().contains("evil"));
    vera.person.choose_password(&link, &format!("{PASSWORD} again"))?;
    Ok(())
}
