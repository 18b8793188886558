//! Requests in a JWT that the app signed (RFC 9101): what is signed counts, and nothing unsigned gets past it.

use crate::kit::program::Key;
use crate::kit::{HRM, ISSUER, Step, World, on_both};
use portvakt_flows::outside::{Behalf, FetchFault, FetchPurpose};
use portvakt_model::Seconds;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{JwsAlgorithm, KeySource};
use portvakt_protocol::oauth::Why;
use serde_json::{Value, json};

on_both! {
    what_the_object_says_wins_over_the_address_line,
    an_object_that_is_not_rightly_signed_is_refused_where_the_app_hears_it,
    without_a_registered_address_the_refusal_is_a_page,
    an_object_is_fetched_from_a_registered_address_only,
    another_fragment_is_another_version,
    so_many_objects_of_strangers_are_fetched_for_one_source,
    a_new_key_of_the_app_is_found,
    an_app_that_must_sign_is_refused_without_an_object,
}

const THERE: &str = "https://hrm.example/request";
const KEYS: &str = "https://hrm.example/jwks";

fn registers(world: &World, change: impl FnOnce(&mut AppSettings) + Send + 'static) {
    world.write(move |tx| {
        let mut app = tx.apps().find_by_client_id(HRM)?.unwrap();
        change(&mut app.settings);
        tx.apps().replace(&app)
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
}

fn with_key(world: &World) -> Key {
    let key = Key::new("a");
    let source = key.source();
    registers(world, move |settings| settings.keys = Some(source));
    key
}

fn inside() -> Value {
    json!({ "iss": HRM, "aud": ISSUER, "state": "s", "nonce": "in the object" })
}

fn error(code: &str) -> Step {
    Step::Error(code.to_owned())
}

fn what_the_object_says_wins_over_the_address_line(world: &World) {
    let key = with_key(world);
    let (browser, _) = world.signed_in_to(HRM);
    world.later(Seconds(1));
    let mut claims = inside();
    claims["prompt"] = json!("login");
    let step = browser.sent_by(HRM, &[("request", &key.sign(&claims)), ("prompt", "none")]);
    assert!(step.asks_to_sign_in(), "{step:?}: prompt=login stands inside");
    let code = browser.sent_by(HRM, &[("request", &key.sign(&inside()))]).code();
    assert_eq!(world.redeem(&code).unwrap().id_claim("nonce"), "in the object");
    // An address that is registered nowhere does not become good by being signed.
    claims["redirect_uri"] = json!("https://evil.example/cb");
    let step = browser.sent_by(HRM, &[("request", &key.sign(&claims))]);
    assert_eq!(step, Step::Page(Why::RedirectUnknown));
}

fn an_object_that_is_not_rightly_signed_is_refused_where_the_app_hears_it(world: &World) {
    let key = with_key(world);
    let browser = world.browser();
    let unsigned = "eyJhbGciOiJub25lIn0.e30.".to_owned();
    let by_another = Key::new("a").sign(&inside());
    let mut expired = inside();
    expired["exp"] = json!(1);
    let mut of_another = inside();
    of_another["client_id"] = json!("app_other");
    for object in [unsigned, by_another, key.sign(&expired), key.sign(&of_another), "a.b.c".to_owned()] {
        let step = browser.sent_by(HRM, &[("request", &object)]);
        assert_eq!(step, error("invalid_request_object"), "{object}");
    }
    registers(world, |settings| settings.request_objects.signing_alg = Some(JwsAlgorithm::Rs256));
    let step = browser.sent_by(HRM, &[("request", &key.sign(&inside()))]);
    assert_eq!(step, error("invalid_request_object"), "another algorithm than the registered one");
    registers(world, |settings| settings.keys = None);
    let step = browser.sent_by(HRM, &[("request", &key.sign(&inside()))]);
    assert_eq!(step, error("invalid_request_object"), "an app without keys signs nothing");
}

fn without_a_registered_address_the_refusal_is_a_page(world: &World) {
    with_key(world);
    let browser = world.browser();
    for redirect in ["", "https://evil.example/cb"] {
        let step = browser.sent_by(HRM, &[("request", "a.b.c"), ("redirect_uri", redirect)]);
        assert_eq!(step, Step::Page(Why::RequestObject), "{redirect:?}");
    }
}

fn an_object_is_fetched_from_a_registered_address_only(world: &World) {
    let key = with_key(world);
    let registered = format!("{THERE}#whatever-it-hashes-to");
    let uris = vec![registered.clone()];
    registers(world, move |settings| settings.request_objects.uris = uris);
    let (browser, _) = world.signed_in_to(HRM);
    world.fetches();
    for unknown in [THERE, "https://evil.example/request", "http://169.254.169.254/"] {
        assert_eq!(browser.sent_by(HRM, &[("request_uri", unknown)]), error("invalid_request_uri"));
    }
    assert!(world.fetches().is_empty(), "nothing is fetched for an address that nobody registered");
    assert_eq!(browser.sent_by(HRM, &[("request_uri", &registered)]), error("invalid_request_uri"));
    world.later(Seconds(60));
    world.serve_text(THERE, &key.sign(&inside()));
    let step = browser.sent_by(HRM, &[("request_uri", &registered)]);
    assert!(matches!(step, Step::Code(_)), "{step:?}");
    let fetched = world.fetches();
    let last = fetched.last().unwrap();
    assert_eq!((last.url.as_str(), last.purpose), (THERE, FetchPurpose::RequestObject), "without the fragment");
    let both = browser.sent_by(HRM, &[("request_uri", &registered), ("request", "a.b.c")]);
    assert_eq!(both, error("invalid_request"));
}

fn another_fragment_is_another_version(world: &World) {
    let key = with_key(world);
    let [first, second] = ["first", "second"].map(|version| format!("{THERE}#{version}"));
    let uris = vec![first.clone(), second.clone()];
    registers(world, move |settings| settings.request_objects.uris = uris);
    let (browser, _) = world.signed_in_to(HRM);
    let mut claims = inside();
    for (uri, nonce) in [(&first, "one"), (&second, "two")] {
        claims["nonce"] = json!(nonce);
        world.serve_text(THERE, &key.sign(&claims));
        let code = browser.sent_by(HRM, &[("request_uri", uri)]).code();
        assert_eq!(world.redeem(&code).unwrap().id_claim("nonce"), nonce);
    }
}

fn so_many_objects_of_strangers_are_fetched_for_one_source(world: &World) {
    with_key(world);
    let uris: Vec<String> = (0..40).map(|number| format!("{THERE}/{number}")).collect();
    for uri in &uris {
        world.serve_text(uri, "no object");
    }
    let registered = uris.clone();
    registers(world, move |settings| {
        settings.request_objects.uris = registered;
        settings.self_registered = true;
    });
    let browser = world.browser();
    let ask = || {
        world.fetches();
        for uri in &uris {
            // Twice: what is kept, and what is left alone, is asked of nobody and counted for nobody.
            for _ in 0..2 {
                assert!(matches!(browser.sent_by(HRM, &[("request_uri", uri)]), Step::Error(_)));
            }
        }
        world.fetches()
    };
    let fetched = ask();
    assert_eq!(fetched.len(), 30);
    assert!(fetched.iter().all(|fetch| fetch.behalf == Behalf::Stranger(HRM.to_owned())));
    world.later(Seconds::minutes(10));
    assert_eq!(ask().len(), 30);
    for (vouched, behalf) in [(true, Behalf::Vouched), (false, Behalf::Operator)] {
        registers(world, move |settings| (settings.vouched, settings.self_registered) = (vouched, vouched));
        world.later(Seconds::minutes(1));
        let fetched = ask();
        assert_eq!(fetched.len(), 40, "somebody here let it in");
        assert!(fetched.iter().all(|fetch| fetch.behalf == behalf));
    }
}

fn a_new_key_of_the_app_is_found(world: &World) {
    let (old, new) = (Key::new("a"), Key::new("b"));
    registers(world, |settings| settings.keys = Some(KeySource::JwksUri(KEYS.to_owned())));
    let (browser, _) = world.signed_in_to(HRM);
    world.serve(KEYS, Err(FetchFault::Timeout));
    let step = browser.sent_by(HRM, &[("request", &old.sign(&inside()))]);
    assert_eq!(step, error("invalid_request_object"));
    world.later(Seconds(60));
    world.serve_json(KEYS, &old.set());
    assert!(matches!(browser.sent_by(HRM, &[("request", &old.sign(&inside()))]), Step::Code(_)));
    world.serve_json(KEYS, &new.set());
    assert!(matches!(browser.sent_by(HRM, &[("request", &new.sign(&inside()))]), Step::Code(_)));
}

fn an_app_that_must_sign_is_refused_without_an_object(world: &World) {
    let key = with_key(world);
    registers(world, |settings| settings.request_objects.required = true);
    let (browser, _) = world.signed_in_to(crate::kit::PORTAL);
    assert_eq!(browser.sent_by(HRM, &[]), error("invalid_request"));
    // What the object is silent on is not taken from the address line: there is no response_type now.
    assert_eq!(browser.sent_by(HRM, &[("request", &key.sign(&inside()))]), error("invalid_request"));
    let mut whole = inside();
    for (name, value) in
        [("response_type", "code"), ("scope", "openid"), ("redirect_uri", "https://hrm.example/callback")]
    {
        whole[name] = json!(value);
    }
    registers(world, |settings| settings.require_pkce = false);
    assert!(matches!(browser.sent_by(HRM, &[("request", &key.sign(&whole))]), Step::Code(_)));
}
