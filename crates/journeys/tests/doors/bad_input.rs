//! Bad input at every door: the error that its RFC names, never a fault of ours, never a way to somewhere else.

use crate::forged::marks;
use crate::nobody::{is_own, path_of};
use crate::raw::{Ask, Got};
use crate::world::{FRONT, HOME, World};
use portvakt::routes::{Access, From, Verb, all};
use portvakt_journeys::Failure;
use portvakt_journeys::{Deployment, Setup};

const FORM: &str = "application/x-www-form-urlencoded";
/// The most octets of a form.
const MOST: usize = 64 * 1024;
/// The most octets of an operator's JSON.
const MOST_JSON: usize = 256 * 1024;

/// Octets that are no form, or a form with what nobody takes.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a cut escape", b"state=%".to_vec()),
        ("half an escape", b"r=%4&state=x".to_vec()),
        ("no escape", b"client_id=%GG".to_vec()),
        ("an escape of two signs", b"client_id=%+1".to_vec()),
        ("a NUL", b"state=a%00b".to_vec()),
        ("a NUL in a name", b"sta%00te=a".to_vec()),
        ("no UTF-8, escaped", b"state=%FF%FE".to_vec()),
        ("overlong UTF-8", b"state=%C0%AF".to_vec()),
        ("half a surrogate", b"state=%ED%A0%80".to_vec()),
        ("a hundred and one parameters", (0..=100).flat_map(|n| format!("p{n}=1&").into_bytes()).collect()),
    ]
}

/// Forms that read, with values that nobody has a use for.
fn useless() -> Vec<(&'static str, String)> {
    let long = "x".repeat(20_000);
    let names = ["client_id", "redirect_uri", "state", "scope", "code", "token", "r", "h", "handle", "csrf", "login"];
    let every = |value: &str| names.map(|name| format!("{name}={value}")).join("&");
    vec![
        ("nothing but signs", "&&&==&=&%3D=".to_owned()),
        ("every value long", every(&long[..2_500])),
        ("one value long", format!("state={long}&r={long}")),
        ("every value twice", format!("{}&{}", every("a"), every("a"))),
        ("line feeds", every("a%0D%0ASet-Cookie:%20x=y")),
        ("other scripts", every("%F0%9F%92%A9%E2%80%AE%CC%81")),
        ("markup", every("%22%3E%3Cscript%3Ealert(1)%3C/script%3E")),
        ("statements", every("'%20or%201=1;--")),
        ("paths", every("../../../../etc/passwd")),
        ("names of others", "__proto__=1&constructor=1&a[b]=1&a[]=2&a.b=3".to_owned()),
    ]
}

/// Whatever it is that came: told as a mistake, here, and not repeated as anything that runs.
fn assert_harmless(got: &Got, shown: &str) {
    assert!(got.all("location").iter().all(|to| is_own(to)), "{shown} sends the browser away: {got:?}");
    assert!(!got.body.contains("<script>alert"), "{shown}: {got:?}");
    assert!(got.all("x").is_empty() && got.cookie("x").is_none(), "{shown} breaks a header: {got:?}");
    assert_eq!(got.session(), None, "{shown} gives a session");
}

#[test]
fn no_query_and_no_form_breaks_any_door() -> Result<(), Failure> {
    let world = World::shared()?;
    let bad = unreadable().into_iter().map(|(what, octets)| (what, String::from_utf8_lossy(&octets).into_owned()));
    let bad: Vec<_> = bad.chain(useless()).collect();
    for row in all().iter().filter(|row| !row.path.starts_with("/assets/")) {
        for (what, text) in &bad {
            let shown = format!("{} {} with {what}", row.method.name(), row.path);
            let asked = Ask::of(row.method.name(), format!("{}?{text}", path_of(row)));
            let got = world.knock(&asked)?;
            assert!(
                got.status != 200 || !matches!(row.access, Access::Handle | Access::Person | Access::Operator),
                "{shown}: {got:?}"
            );
            assert_harmless(&got, &shown);
            if row.method == Verb::Post {
                let got = world.knock(&Ask::body("POST", path_of(row), FORM, text.clone()))?;
                // A sign-out that an app's page posted is judged by a page of our own site.
                let is_kept = row.path == "/end-session" && got.header("location").starts_with("/logout?r=");
                assert!((400..500).contains(&got.status) || is_kept, "{shown} in its body: {got:?}");
                assert_harmless(&got, &shown);
            }
        }
    }
    Ok(())
}

#[test]
fn a_body_that_is_too_big_is_told_so_at_every_door() -> Result<(), Failure> {
    let world = World::shared()?;
    let body = |octets: usize| format!("state={}", "x".repeat(octets - "state=".len()));
    for row in all().iter().filter(|row| row.method != Verb::Get) {
        let (method, most) = (row.method.name(), if row.access == Access::Operator { MOST_JSON } else { MOST });
        let got = world.knock(&Ask::body(method, path_of(row), FORM, body(most + 1)))?;
        assert_eq!(got.status, 413, "{method} {}: {got:?}", row.path);
        if row.from == From::Machine {
            assert_eq!(got.error(), "invalid_request", "{method} {}: {got:?}", row.path);
        } else {
            assert_is_page(&got, &format!("{method} {}", row.path));
        }
        let got = world.knock(&Ask::body(method, path_of(row), FORM, body(most)))?;
        assert!((400..413).contains(&got.status), "{method} {}: {got:?}", row.path);
    }
    Ok(())
}

/// An error page as a person can use it: words, the protocol's name for it, and a reference to read out.
fn assert_is_page(got: &Got, shown: &str) {
    assert!(got.is_html(), "{shown}: {got:?}");
    for part in ["<html lang=\"", "id=\"error-code\">invalid_request<", "id=\"reference\">"] {
        assert!(got.body.contains(part), "{shown} has no {part}: {got:?}");
    }
}

#[test]
fn a_form_that_is_not_read_is_told_on_a_page_in_the_persons_language() -> Result<(), Failure> {
    let world = World::shared()?;
    for (language, words) in
        [("sv", "Vi kunde inte läsa"), ("nb", "Vi kunne ikke lese"), ("en", "read what your browser")]
    {
        let ask = Ask::body("POST", "/sign-in", FORM, "x".repeat(MOST + 1)).with("accept-language", language);
        let got = world.knock(&ask)?;
        assert_eq!(got.status, 413);
        assert_is_page(&got, language);
        assert!(got.body.contains(&format!("<html lang=\"{language}\">")) && got.body.contains(words), "{got:?}");
    }
    Ok(())
}

#[test]
fn what_is_nowhere_is_a_page_with_every_header_whatever_the_method() -> Result<(), Failure> {
    let world = World::shared()?;
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        for path in ["/nowhere", "/account/", "/%2e%2e/etc", "/%", "//evil.example", "/a%00b", "/sign-in;x=1", "*"] {
            let got = world.knock(&Ask::of(method, path))?;
            assert_eq!(got.status, 404, "{method} {path}: {got:?}");
            assert!(got.is_html() && got.all("location").is_empty(), "{method} {path}: {got:?}");
        }
    }
    Ok(())
}

#[test]
fn requests_too_long_for_an_address_line_have_a_budget() -> Result<(), Failure> {
    let configuration = "[limits]\nsource_parked = 2\n".to_owned();
    let portvakt = Deployment::start_with(&Setup { configuration, ..Setup::default() })?;
    let port = url::Url::parse(&portvakt.issuer)?.port().ok_or_else(|| Failure::new("the issuer has no port"))?;
    let app = portvakt.app("HRM", "web", &["--redirect-uri", HOME])?;
    let values = vec![format!("\"{}\"", "y".repeat(150)); 16].join(",");
    let claims = format!("{{\"userinfo\":{{\"acr\":{{\"values\":[{values}]}}}}}}");
    let mut fields = vec![
        ("client_id", app.client_id.as_str()),
        ("redirect_uri", HOME),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", crate::world::CHALLENGE),
        ("code_challenge_method", "S256"),
        ("claims", &claims),
    ];
    let big = Ask::form("/authorize", &fields);
    for _ in 0..2 {
        let got = big.send(port)?;
        assert_eq!(got.status, 303, "{got:?}");
        assert_eq!(got.header("location").len(), "/resume?r=".len() + 43, "kept under a handle: {got:?}");
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    for ask in [big, Ask::get(format!("/authorize?{query}"))] {
        let got = ask.send(port)?;
        assert_eq!((got.status, got.header("retry-after")), (429, "600"), "{got:?}");
        assert!(got.is_html() && got.body.contains("id=\"reference\">"), "{got:?}");
        assert_eq!(crate::carried::faults(&ask, &got), Vec::<String>::new());
    }
    fields.pop();
    assert_eq!(Ask::form("/authorize", &fields).send(port)?.status, 303, "what fits needs no row");
    Ok(())
}

#[test]
fn endpoints_for_programs_name_the_error_that_the_rfc_has() -> Result<(), Failure> {
    let world = World::shared()?;
    let proof = portvakt_journeys::http::basic(&world.hrm.client_id, &world.hrm.client_secret);
    let as_app = |ask: Ask| ask.with("authorization", &proof);
    for path in ["/token", "/introspect", "/revoke"] {
        for (what, octets) in unreadable().into_iter().chain([("no UTF-8", vec![b'a', b'=', 0xff])]) {
            let got = world.knock(&as_app(Ask::body("POST", path, FORM, octets)))?;
            assert_eq!((got.status, got.error().as_str()), (400, "invalid_request"), "{path} with {what}: {got:?}");
        }
        for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/x-www-form"]
        {
            let body = "{\"grant_type\":\"client_credentials\",\"token\":\"x\"}";
            let got = world.knock(&as_app(Ask::body("POST", path, kind, body)))?;
            assert_eq!((got.status, got.error().as_str()), (400, "invalid_request"), "{path} as {kind:?}: {got:?}");
        }
        let in_address = as_app(Ask::form(format!("{path}?grant_type=refresh_token&refresh_token=x&token=x"), &[]));
        let got = world.knock(&in_address)?;
        assert_eq!((got.status, got.error().as_str()), (400, "invalid_request"), "{path} by its address: {got:?}");
    }
    let long = "x".repeat(5_000);
    let known = world.hrm.client_id.as_str();
    for (path, form, wanted) in [
        ("/token", "grant_type=password&username=a&password=b".to_owned(), "unsupported_grant_type"),
        ("/token", "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x".to_owned(), "invalid_request"),
        ("/token", "grant_type=authorization_code&code=a&code=b".to_owned(), "invalid_request"),
        ("/token", "grant_type=authorization_code".to_owned(), "invalid_request"),
        ("/token", "grant_type=authorization_code&code=x".to_owned(), "invalid_grant"),
        ("/token", format!("grant_type=authorization_code&code={long}"), "invalid_request"),
        ("/token", "grant_type=refresh_token&refresh_token=x".to_owned(), "invalid_grant"),
        ("/token", "grant_type=refresh_token&refresh_token=x&scope=%22".to_owned(), "invalid_scope"),
        ("/token", format!("grant_type=refresh_token&refresh_token={long}"), "invalid_request"),
        (
            "/token",
            "grant_type=authorization_code&code=x&resource=https://a&resource=https://b".to_owned(),
            "invalid_target",
        ),
        ("/token", format!("grant_type=refresh_token&refresh_token=x&client_id={known}x"), "invalid_request"),
        (
            "/token",
            format!("grant_type=refresh_token&refresh_token=x&client_id={known}&client_secret=x"),
            "invalid_request",
        ),
        ("/introspect", String::new(), "invalid_request"),
        ("/introspect", "token=a&token=b".to_owned(), "invalid_request"),
        ("/revoke", String::new(), "invalid_request"),
        ("/revoke", "token=a&token=b".to_owned(), "invalid_request"),
    ] {
        let got = world.knock(&as_app(Ask::body("POST", path, FORM, form.clone())))?;
        assert_eq!((got.status, got.error().as_str()), (400, wanted), "{path} {form}: {got:?}");
    }
    for (form, header) in [("access_token=a&access_token=b", None), ("access_token=a", Some("Bearer b"))] {
        let mut ask = Ask::body("POST", "/userinfo", FORM, form);
        ask = header.into_iter().fold(ask, |ask, value| ask.with("authorization", value));
        let got = world.knock(&ask)?;
        assert_eq!((got.status, got.error().as_str()), (400, "invalid_request"), "{form} {header:?}: {got:?}");
        assert!(got.header("www-authenticate").contains("error=\"invalid_request\""), "{got:?}");
    }
    let in_address = world.knock(&Ask::get("/userinfo?access_token=a"))?;
    assert_eq!(in_address.status, 401, "a token in the address is not looked at: {in_address:?}");
    Ok(())
}

#[test]
fn the_app_is_told_of_what_it_asked_wrongly_and_at_its_own_address_only() -> Result<(), Failure> {
    let world = World::shared()?;
    for (name, value, wanted) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "jwt", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("scope", "a\"b", "invalid_scope"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "perhaps", "invalid_request"),
        ("prompt", "none", "login_required"),
        ("max_age", "-1", "invalid_request"),
        ("max_age", "1e3", "invalid_request"),
        ("claims", "{", "invalid_request"),
        ("claims", "[]", "invalid_request"),
        ("request", "a.b.c", "invalid_request_object"),
        ("request_uri", "https://evil.example/request", "invalid_request_uri"),
        ("registration", "{}", "registration_not_supported"),
        ("resource", "https://nobody.example", "invalid_target"),
        ("id_token_hint", "a.b.c", "invalid_request"),
        ("nonce", &"n".repeat(513), "invalid_request"),
        ("login_hint", &"n".repeat(255), "invalid_request"),
    ] {
        let got = world.knock(&Ask::get(world.authorize(&world.hrm, &[(name, value)])))?;
        let to = got.header("location");
        let shown = format!("{name}={value:.40}: {got:?}");
        assert!(got.status == 303 && to.starts_with(&format!("{HOME}?error={wanted}&")), "{shown}");
        assert!(to.contains("&state=a+state&iss=http"), "{shown}");
    }
    // Where tokens would have come behind the #, so does the refusal.
    for (app, name, value, wanted) in [
        (&world.hrm, "response_type", "code id_token", "unauthorized_client"),
        (&world.kiosk, "response_mode", "query", "invalid_request"),
        (&world.kiosk, "nonce", "", "invalid_request"),
        (&world.kiosk, "scope", "profile", "invalid_request"),
        (&world.kiosk, "prompt", "none", "login_required"),
    ] {
        let usual = [("response_type", FRONT), ("nonce", "n")];
        let more: Vec<_> = usual.into_iter().filter(|(other, _)| *other != name).chain([(name, value)]).collect();
        let got = world.knock(&Ask::get(world.authorize(app, &more)))?;
        let to = got.header("location");
        assert!(to.starts_with(&format!("{HOME}#error={wanted}&")), "{name}={value}: {got:?}");
        assert!(to.contains("&state=a+state&iss=http"), "{got:?}");
    }
    let twice = world.authorize(&world.hrm, &[]) + "&nonce=a&nonce=b";
    let got = world.knock(&Ask::get(twice))?;
    assert!(got.header("location").starts_with(&format!("{HOME}?error=invalid_request&")), "{got:?}");
    // What decides where the answer goes is told on a page.
    let usual = world.authorize(&world.hrm, &[]);
    let client = &world.hrm.client_id;
    for more in [
        format!("&client_id={client}"),
        format!("&redirect_uri={HOME}"),
        "&state=b".to_owned(),
        format!("&state={}", "s".repeat(3_000)),
        "&%".to_owned(),
        "&a=%00".to_owned(),
    ] {
        let got = world.knock(&Ask::get(format!("{usual}{more}")))?;
        assert_eq!((got.status, got.all("location").len()), (400, 0), "{more:.40}: {got:?}");
    }
    for (name, value) in
        [("client_id", ""), ("client_id", "app_nobody"), ("state", &"s".repeat(2_049)), ("redirect_uri", "")]
    {
        let got = world.knock(&Ask::get(world.authorize(&world.hrm, &[(name, value)])))?;
        assert_eq!((got.status, got.all("location").len()), (400, 0), "{name}={value:.40}: {got:?}");
    }
    Ok(())
}

#[test]
fn a_body_where_none_belongs_changes_nothing() -> Result<(), Failure> {
    let world = World::shared()?;
    for row in all().iter().filter(|row| row.method == Verb::Get && !row.path.starts_with("/assets/")) {
        let plain = world.knock(&Ask::get(path_of(row)))?;
        for (kind, body) in [(FORM, "r=x&client_id=a"), ("application/json", "{\"r\":"), ("", "\u{0}")] {
            let got = world.knock(&Ask::body("GET", path_of(row), kind, body))?;
            assert_eq!(got.status, plain.status, "GET {} with {kind} {body:?}: {got:?}", row.path);
        }
    }
    Ok(())
}

#[test]
fn forms_with_their_own_mark_take_no_rubbish_either() -> Result<(), Failure> {
    let world = World::shared()?;
    let mut vera = world.visitor("vera.rubbish", "nordvik")?;
    let marks = marks(&world, &mut vera)?;
    let rubbish =
        ["a\r\nSet-Cookie: x=y", "\u{202e}\u{1f4a9}", "\"><script>alert(1)</script>", "//evil.example", "x/../.."];
    for row in all().iter().filter(|row| row.from == From::SameSite) {
        let Some(mark) = row.form.and_then(|form| marks.get(&format!("{form:?}"))) else { continue };
        for value in rubbish.map(str::to_owned).into_iter().chain(["x".repeat(20_000)]) {
            let names = ["r", "handle", "login", "forget", "account", "answer", "act", "end", "withdraw", "language"];
            for several in [&names[..], &names[..3], &names[..4], &["current", "password", "again"]] {
                // Signing out is what the form of signing out does, whatever else stands in it.
                let fields: Vec<(&str, &str)> = several.iter().map(|name| (*name, value.as_str())).collect();
                let fields = [&[("csrf", mark.as_str())], &fields[..]].concat();
                if row.path == "/logout" && !several.contains(&"r") {
                    continue;
                }
                let got = world.knock(&vera.cookies(Ask::form(row.path, &fields)))?;
                assert_harmless(&got, &format!("{} {value:.30?}", row.path));
            }
        }
    }
    assert_eq!(world.knock(&vera.cookies(Ask::get("/account")))?.status, 200, "nobody was signed out by it");
    Ok(())
}

#[test]
fn what_is_no_http_is_turned_away() -> Result<(), Failure> {
    let world = World::shared()?;
    for (what, ask) in [
        ("a blank in the address", Ask::get("/a b")),
        ("a NUL in the address", Ask::get("/\0")),
        ("markup in the address", Ask::get("/\"><script>alert(1)</script>")),
        ("a sign of no header", Ask::get("/account").with("cookie", "a=\u{7f}")),
        ("a method of small letters with signs", Ask::of("ge(t", "/")),
        ("two lengths", Ask::form("/token", &[("a", "b")]).with("content-length", "1000")),
        ("a length and chunks", Ask::form("/token", &[("a", "b")]).with("transfer-encoding", "chunked")),
        ("an odd coding", Ask::form("/token", &[("a", "b")]).with("transfer-encoding", "identity, evil")),
        ("a header without end", Ask::get("/").with("x-long", &"x".repeat(200_000))),
        ("a thousand headers", (0..1_000).fold(Ask::get("/"), |ask, n| ask.with(&format!("x-{n}"), "1"))),
        ("a long address", Ask::get(format!("/{}", "x".repeat(200_000)))),
    ] {
        let got = world.knock_on_the_wire(&ask)?;
        assert!((400..500).contains(&got.status), "{what}: {got:?}");
        assert!(got.all("server").is_empty() && got.all("location").is_empty(), "{what}: {got:?}");
        assert_eq!(got.body, "", "{what}");
    }
    let after = world.knock(&Ask::get("/healthz/ready"))?;
    assert_eq!(after.status, 200, "and it still serves");
    Ok(())
}
