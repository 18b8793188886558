//! Tricks with addresses: the browser is sent to registered ones only, octet by octet (security.md 2.1).

use crate::nobody::is_own;
use crate::raw::{Ask, Got};
use crate::world::{BYE, HOME, World};
use portvakt_journeys::Failure;
use url::form_urlencoded::Serializer;

/// What one registered address turns into in other hands. `https://good.example/path` stands for it.
const TRICKS: &[&str] = &[
    "https://evil.example/",
    "https://evil.example/path",
    "//evil.example/path",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http://good.example/path",
    "HTTPS://good.example/path",
    "https://GOOD.example/path",
    "https://good.example/PATH",
    "https://good.example/path/",
    "https://good.example/path?",
    "https://good.example/path#",
    "https://good.example/path#evil",
    "https://good.example/path?evil=1",
    "https://good.example/path&evil=1",
    "https://good.example/path;evil",
    "https://good.example/path/../evil",
    "https://good.example/./path",
    "https://good.example/x/../path",
    "https://good.example//path",
    "https://good.example/path%2f..%2fevil",
    "https://good.example/%70ath",
    "https://good.example/path%00",
    "https://good.example/path%20",
    "https://good.example/path ",
    " https://good.example/path",
    "\thttps://good.example/path",
    "https://good.example/path\n",
    "https://good.example/path\r\nlocation: https://evil.example",
    "https://good.example:443/path",
    "https://good.example:8443/path",
    "https://good.example:/path",
    "https://good.example.evil.example/path",
    "https://good.exampleevil.example/path",
    "https://evil.example/good.example/path",
    "https://evil.example?https://good.example/path",
    "https://evil.example#https://good.example/path",
    "https://evil.example\\@good.example/path",
    "https://good.example\\@evil.example/path",
    "https://good.example@evil.example/path",
    "https://good.example:pass@evil.example/path",
    "https://evil@good.example/path",
    "https://good.example%40evil.example/path",
    "https://good.example%2eevil.example/path",
    "https://good.example%23.evil.example/path",
    "https://good.example./path",
    "https://evil.good.example/path",
    "https://*.good.example/path",
    "https://good.example/*",
    "https://good。example/path",
    "https://good.example\u{2044}.evil.example/path",
    "https://gооd.example/path",
    "https://good.example/path\u{202e}",
    "javascript:alert(1)//https://good.example/path",
    "javascript://good.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:evil",
    "file:///etc/passwd",
    "blob:https://good.example/path",
    "view-source:https://good.example/path",
    "https://127.0.0.1/path",
    "http://localhost/path",
    "https://[::1]/path",
    "urn:ietf:wg:oauth:2.0:oob",
    "null",
    "*",
];

/// The tricks with a registered address in them.
fn tricks(registered: &str) -> impl Iterator<Item = String> + '_ {
    let (host, path) = registered.trim_start_matches("https://").split_once('/').unwrap_or((registered, ""));
    TRICKS.iter().map(move |trick| trick.replace("good.example", host).replace("path", path))
}

/// A page that says no, sends nobody anywhere, and shows nothing of what was asked.
fn assert_refused(got: &Got, trick: &str) {
    assert_eq!((got.status, got.all("location").len()), (400, 0), "{trick:?}: {got:?}");
    assert!(got.is_html() && got.all("refresh").is_empty(), "{trick:?}: {got:?}");
    for mark in ["evil", "http-equiv=\"refresh\"", "alert(1)", "hrm.nordvik.example"] {
        assert!(!got.body.contains(mark), "{trick:?} leaves {mark:?} on the page: {}", got.body);
    }
}

fn by_both_ways(path: &str, fields: &[(&str, &str)]) -> [Ask; 2] {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    [Ask::get(format!("{path}?{query}")), Ask::form(path, fields)]
}

#[test]
fn the_authorization_endpoint_sends_nobody_to_an_address_that_is_not_registered() -> Result<(), Failure> {
    let world = World::shared()?;
    assert!(TRICKS.len() >= 60);
    for trick in tricks(HOME) {
        let usual = [("client_id", world.hrm.client_id.as_str()), ("redirect_uri", trick.as_str())];
        // Right in everything else, wrong in everything else, and asking for silence: the address comes first.
        for more in [&[("response_type", "code"), ("scope", "openid")][..], &[], &[("prompt", "none"), ("state", "x")]]
        {
            for ask in by_both_ways("/authorize", &[&usual[..], more].concat()) {
                assert_refused(&world.knock(&ask)?, &trick);
            }
        }
    }
    Ok(())
}

#[test]
fn a_phone_s_address_may_have_any_port_and_nothing_else_that_differs() -> Result<(), Failure> {
    let world = World::shared()?;
    for right in ["http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:50111/cb"]
    {
        let target = world.authorize(&world.mobile, &[("redirect_uri", right), ("scope", "openid")]);
        let got = world.knock(&Ask::get(target))?;
        assert_eq!((got.status, is_own(got.header("location"))), (303, true), "{right}: {got:?}");
    }
    for wrong in [
        "http://127.0.0.1:0x50/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:80:80/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1:80.evil.example/cb",
        "http://127.0.0.1.evil.example:80/cb",
        "http://127.0.0.1:80/cb/",
        "http://127.0.0.1:80/cb?evil",
        "http://127.0.0.1:80//evil.example/cb",
        "http://127.0.0.2:80/cb",
        "http://127.1:80/cb",
        "http://0x7f.0.0.1:80/cb",
        "http://2130706433:80/cb",
        "http://localhost:80/cb",
        "http://[::ffff:127.0.0.1]:80/cb",
        "http://[::2]:80/cb",
        "https://127.0.0.1:80/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1:80\u{663}/cb",
    ] {
        let target = world.authorize(&world.mobile, &[("redirect_uri", wrong), ("scope", "openid")]);
        assert_refused(&world.knock(&Ask::get(target))?, wrong);
    }
    Ok(())
}

#[test]
fn the_sign_out_sends_nobody_to_an_address_that_is_not_registered() -> Result<(), Failure> {
    let world = World::shared()?;
    for trick in tricks(BYE).chain([HOME.to_owned()]) {
        let fields = [("client_id", world.hrm.client_id.as_str()), ("post_logout_redirect_uri", trick.as_str())];
        for ask in by_both_ways("/end-session", &fields) {
            let mut got = world.knock(&ask)?;
            // A post is kept, and judged by a page of our own site.
            if got.status == 303 {
                assert!(got.header("location").starts_with("/logout?r="), "{trick:?}: {got:?}");
                got = world.knock(&Ask::get(got.header("location")))?;
            }
            assert_refused(&got, &trick);
        }
        // Without an app that the address could belong to, no address is right.
        for address in [trick.as_str(), BYE] {
            let bare = Ask::get(format!("/end-session?{}", one("post_logout_redirect_uri", address)));
            assert_refused(&world.knock(&bare)?, address);
        }
    }
    let right = [("client_id", world.hrm.client_id.as_str()), ("post_logout_redirect_uri", BYE)];
    let [ask, _] = by_both_ways("/end-session", &right);
    let got = world.knock(&ask)?;
    assert!(got.status == 200 && got.body.contains(BYE), "the registered one is gone to: {got:?}");
    Ok(())
}

#[test]
fn the_language_switch_leads_back_into_our_own_site_alone() -> Result<(), Failure> {
    let world = World::shared()?;
    let more = ["/\t/evil.example", "/\n/evil.example", "/%09/evil.example", "/.//evil.example", "/..//evil.example"];
    for trick in tricks(HOME).chain(more.map(str::to_owned)) {
        let got = world.knock(&Ask::get(format!("/language?to=sv&{}", one("back", &trick))))?;
        let base = url::Url::parse(&world.portvakt.issuer)?;
        let to = base.join(got.header("location"))?;
        assert_eq!((got.status, to.origin()), (303, base.origin()), "{trick:?}: {got:?}");
        assert!(is_own(got.header("location")), "{trick:?}: {got:?}");
    }
    Ok(())
}

fn one(name: &str, value: &str) -> String {
    Serializer::new(String::new()).append_pair(name, value).finish()
}
