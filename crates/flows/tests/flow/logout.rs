//! How apps hear that a session ended: by the back channel (OpenID Connect Back-Channel Logout 1.0), by frames
//! (Front-Channel Logout 1.0), and by the state that their pages watch (Session Management 1.0).

use crate::kit::{ANNA, Browser, Got, HRM, ISSUER, KARI, MOBILE, PASSWORD, PORTAL, Tokens, World, claims, on_both};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_flows::app::{self, Invalid, New, notices};
use portvakt_flows::end_session::{self, Onward, Step as End};
use portvakt_flows::jobs::logout::Courier;
use portvakt_flows::outside::{Fetch, FetchFault, FetchMethod, FetchPurpose, Fetched};
use portvakt_flows::sign_in::choose::Choice;
use portvakt_flows::{jobs, settings};
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::{
    ContentEncryption, Encryption, KeyManagement, KeySource, LogoutChannels, ResponseType, SubjectType,
};
use portvakt_model::{AppKind, Fault, Seconds, SessionId};
use portvakt_protocol::oauth::Params;
use portvakt_protocol::oauth::discovery::Offers;
use portvakt_protocol::oauth::end_session::Request;
use portvakt_protocol::oauth::logout::ChannelFault;
use portvakt_store::Untold;
use ring::digest::{SHA256, digest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

on_both! {
    an_app_is_told_by_a_signed_token_that_names_person_and_session,
    whatever_ends_a_session_its_apps_hear,
    an_app_hears_by_the_sub_it_knows_and_encrypted_where_it_wants_that,
    an_app_that_does_not_answer_is_tried_for_a_day_and_then_seen_by_operators,
    an_app_that_will_never_take_it_is_not_asked_again,
    an_app_that_answers_late_delays_no_other,
    many_apps_that_do_not_answer_delay_no_other,
    an_app_that_stopped_listening_is_left_alone,
    nothing_watches_and_nothing_is_framed_where_that_is_off,
    an_app_hears_at_addresses_of_its_own,
}

mod offered {
    use super::*;
    on_both! {
        offering ALL;
        the_page_after_sign_out_frames_the_apps_that_know_the_session,
        an_app_that_was_given_an_id_token_alone_hears_too,
        apps_of_different_sectors_know_a_session_by_names_of_their_own,
        what_a_page_watches_changes_with_the_browsers_state,
    }
}

mod without_frames {
    use super::*;
    on_both! {
        offering NO_FRAMES;
        an_app_that_could_only_be_framed_is_not_kept_where_nothing_is_framed,
    }
}

static NO_FRAMES: LazyLock<Offers> = LazyLock::new(|| Offers { frontchannel_logout: false, ..ALL.clone() });

static ALL: LazyLock<Offers> = LazyLock::new(|| Offers {
    front_channel_types: true,
    session_management: true,
    frontchannel_logout: true,
    ..Offers::default()
});

const BACK: &str = "https://hrm.example/logged-out?by=portvakt";
const PORTAL_BACK: &str = "https://portal.example/logged-out";

fn changes(world: &World, client: &'static str, change: impl FnOnce(&mut AppSettings) + Send + 'static) {
    world.write(move |tx| {
        let mut app = tx.apps().find_by_client_id(client)?.unwrap();
        change(&mut app.settings);
        tx.apps().replace(&app)
    });
    world.run(world.ctx.keeper.refresh(&world.ctx.dice));
}

/// The app hears at this address from now on, and answers so.
fn hears(world: &World, client: &'static str, uri: &'static str, status: u16) {
    changes(world, client, move |settings| settings.logout.back = Some(uri.to_owned()));
    answers(world, uri, status);
}

fn answers(world: &World, uri: &str, status: u16) {
    world.serve(uri, Ok(Fetched { status, ..Fetched::default() }));
}

/// The worker does all that is due; gives what it asked of the web.
fn delivered(world: &World) -> Vec<Fetch> {
    delivered_by(&Courier::default(), world)
}

/// The same, by a worker that knows the apps already.
fn delivered_by(courier: &Courier, world: &World) -> Vec<Fetch> {
    world.run(async {
        while courier.run(&world.ctx).await? > 0 {
            courier.rest().await;
        }
        Ok(())
    });
    world.fetches()
}

/// The logout token of a request.
fn token(fetch: &Fetch) -> String {
    let FetchMethod::PostForm(form) = &fetch.method else { panic!("{fetch:?}") };
    let params = Params::parse(form.as_bytes()).unwrap();
    params.one("logout_token").unwrap().unwrap().to_owned()
}

/// Header and claims of a token, its signature checked by what we publish, with another library than ours.
fn verified(world: &World, token: &str) -> (Value, Value) {
    let parts: Vec<&str> = token.split('.').collect();
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&decoded(parts[0])).unwrap();
    let jwks = serde_json::to_value(world.ctx.keeper.keys().jwks(world.ctx.clock.now())).unwrap();
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let part = |name: &str| decoded(key[name].as_str().unwrap());
    RsaPublicKeyComponents { n: part("n"), e: part("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, token.rsplit_once('.').unwrap().0.as_bytes(), &decoded(parts[2]))
        .unwrap();
    (header, serde_json::from_slice(&decoded(parts[1])).unwrap())
}

fn an_app_is_told_by_a_signed_token_that_names_person_and_session(world: &World) {
    hears(world, HRM, BACK, 204);
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    browser.signs_on_to(MOBILE);
    assert_eq!(delivered(world), [], "nothing ended yet");
    browser.signs_out();

    let asked = delivered(world);
    assert_eq!(asked.len(), 1, "the app, and not the one that doesn't listen");
    assert_eq!((asked[0].url.as_str(), asked[0].purpose), (BACK, FetchPurpose::BackChannelLogout));
    let (header, said) = verified(world, &token(&asked[0]));
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("logout+jwt"), Some("RS256")));
    let now = world.ctx.clock.now().seconds();
    assert_eq!((said["iss"].as_str(), said["aud"].as_str()), (Some(ISSUER), Some(HRM)));
    assert_eq!((said["iat"].as_i64(), said["exp"].as_i64()), (Some(now), Some(now + 120)));
    assert_eq!((&said["sub"], &said["sid"]), (&tokens.id_claim("sub"), &tokens.id_claim("sid")));
    assert_eq!(said["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(said.get("nonce").is_none() && said["jti"].as_str().is_some_and(|jti| jti.len() > 20));
    assert_eq!(delivered(world), [], "told is told");
}

/// Something that ends Anna's sessions.
type Ends = fn(&World, &Browser<'_>);

fn whatever_ends_a_session_its_apps_hear(world: &World) {
    hears(world, HRM, BACK, 200);
    let end_of: [(&str, Ends); 9] = [
        ("sign-out", |_, browser| browser.signs_out()),
        ("everywhere", |world, browser| {
            world.run(end_session::confirmed(&world.ctx, &browser.cookies(), None, true));
        }),
        ("one in settings", |world, browser| {
            let person = browser.person().unwrap();
            assert!(world.run(settings::end_session(&world.ctx, &person, person.view.session.id)));
        }),
        ("all in settings", |world, browser| {
            world.run(settings::end_sessions(&world.ctx, &browser.person().unwrap(), true));
        }),
        ("elsewhere in settings", |world, _| {
            let (other, _) = world.signed_in_to(MOBILE);
            world.run(settings::end_sessions(&world.ctx, &other.person().unwrap(), false));
        }),
        ("a password changed elsewhere", |world, _| {
            let (other, _) = world.signed_in_to(MOBILE);
            let changed = other.changes_password(PASSWORD, "en helt annan mening 93");
            assert!(matches!(changed, settings::Changed::Saved(_)));
            // Back again for those that follow.
            world.later(Seconds::minutes(2));
            let changed = other.changes_password("en helt annan mening 93", PASSWORD);
            assert!(matches!(changed, settings::Changed::Saved(_)));
        }),
        ("somebody else", |_, browser| {
            let chooser = browser.sent_by(HRM, &[("prompt", "select_account")]);
            let page = browser.chooses(chooser.r(), Choice::Another);
            let page = browser.types_address(page.r(), KARI);
            assert!(matches!(browser.types_password(page.r(), PASSWORD), Got::In(_)));
        }),
        ("time", |world, _| {
            world.later(Seconds::days(90));
            while world.run(jobs::sweep::run(&world.ctx)) > 0 {}
        }),
        ("disabled", |world, _| world.disable(ANNA, true)),
    ];
    for (name, ends) in end_of {
        let (browser, code) = world.signed_in_to(HRM);
        let session = world.redeem(&code).unwrap().id_claim("sid");
        delivered(world);
        ends(world, &browser);
        let told: Vec<Value> =
            delivered(world).iter().map(|asked| verified(world, &token(asked)).1["sid"].clone()).collect();
        assert!(told.contains(&session), "{name}: {told:?}");
        world.later(Seconds::hours(2));
    }
}

fn an_app_hears_by_the_sub_it_knows_and_encrypted_where_it_wants_that(world: &World) {
    hears(world, HRM, BACK, 200);
    hears(world, PORTAL, PORTAL_BACK, 200);
    changes(world, HRM, |settings| settings.subject_type = SubjectType::Pairwise);
    let (browser, code) = world.signed_in_to(HRM);
    let sub = world.redeem(&code).unwrap().id_claim("sub");
    let others = world.redeem(&browser.signs_on_to(PORTAL)).unwrap().id_claim("sub");
    assert_ne!(sub, others);
    changes(world, PORTAL, |settings| {
        let enc = json!({ "kty": "EC", "crv": "P-256", "kid": "enc-1", "use": "enc",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        settings.keys = Some(KeySource::Jwks(json!({ "keys": [enc] })));
        settings.protection.id_token =
            Some(Encryption { alg: KeyManagement::EcdhEsA256Kw, enc: ContentEncryption::A256Gcm });
    });
    browser.signs_out();
    let asked = delivered(world);
    let to = |uri: &str| token(asked.iter().find(|asked| asked.url == uri).unwrap());
    assert_eq!(verified(world, &to(BACK)).1["sub"], sub);
    assert_eq!(to(PORTAL_BACK).split('.').count(), 5, "a JWE");
    assert_eq!(asked.len(), 2);
}

fn an_app_that_does_not_answer_is_tried_for_a_day_and_then_seen_by_operators(world: &World) {
    hears(world, HRM, BACK, 503);
    let (browser, code) = world.signed_in_to(HRM);
    let session = world.redeem(&code).unwrap().id_claim("sid");
    browser.signs_out();
    let app = world.run(app::find(&world.ctx, HRM)).unwrap().id;
    let mut tokens = BTreeSet::new();
    let mut tries = |world: &World| {
        let asked = delivered(world);
        tokens.extend(asked.iter().map(token));
        asked.len()
    };
    assert_eq!(tries(world), 1);
    for pause in [5, 30, 120, 600, 3600, 3600] {
        world.later(Seconds(pause - 1));
        assert_eq!(tries(world), 0, "not before {pause} s");
        world.later(Seconds(1));
        assert_eq!(tries(world), 1, "after {pause} s");
    }
    let waiting = world.run(notices::list(&world.ctx, false, None, 10)).remove(0);
    assert_eq!((waiting.attempts, waiting.last_error.as_deref()), (7, Some("status_503")));
    assert_eq!(world.run(notices::list(&world.ctx, true, None, 10)).len(), 0);
    assert_eq!(world.run(notices::untold(&world.ctx, app)), Untold { waiting: 1, failed: 0 });
    world.serve(BACK, Err(FetchFault::Timeout));
    for _ in 0..24 {
        world.later(Seconds::hours(1));
        tries(world);
    }
    let lost = world.run(notices::list(&world.ctx, true, None, 10)).remove(0);
    assert_eq!(json!(lost.session), session);
    assert_eq!((lost.client_id.as_str(), lost.last_error.as_deref()), (HRM, Some("timeout")));
    assert_eq!(world.run(notices::untold(&world.ctx, app)), Untold { waiting: 0, failed: 1 });
    world.later(Seconds::hours(1));
    assert_eq!(tries(world), 0, "given up");
    let sent = tokens.len();
    assert!(sent > 20);
    let said: BTreeSet<String> = tokens.iter().map(|token| claims(token)["jti"].to_string()).collect();
    assert_eq!(said.len(), sent, "each try is a token of its own");
}

fn an_app_that_will_never_take_it_is_not_asked_again(world: &World) {
    hears(world, HRM, BACK, 400);
    for (fault, word) in [(None, "status_400"), (Some(FetchFault::Address), "address_not_public")] {
        if let Some(fault) = fault {
            world.serve(BACK, Err(fault));
        }
        let (browser, code) = world.signed_in_to(HRM);
        let session = world.redeem(&code).unwrap().id_claim("sid");
        browser.signs_out();
        assert_eq!(delivered(world).len(), 1);
        let lost = world.run(notices::list(&world.ctx, true, None, 10));
        let lost = lost.iter().find(|lost| json!(lost.session) == session).unwrap();
        assert_eq!((lost.attempts, lost.last_error.as_deref()), (1, Some(word)));
        world.later(Seconds::hours(2));
        assert_eq!(delivered(world).len(), 0);
    }
}

fn an_app_that_answers_late_delays_no_other(world: &World) {
    hears(world, HRM, BACK, 200);
    hears(world, PORTAL, PORTAL_BACK, 200);
    let courier = Courier::default();
    // It was prompt once: an app that nobody knows has one hand only.
    let (browser, code) = world.signed_in_to(HRM);
    world.redeem(&code).unwrap();
    browser.signs_out();
    assert_eq!(delivered_by(&courier, world).len(), 1);
    world.hold(BACK);
    // More than the slow app has hands for.
    for _ in 0..10 {
        let (browser, code) = world.signed_in_to(HRM);
        world.redeem(&code).unwrap();
        browser.signs_out();
        world.later(Seconds(20));
    }
    let (browser, _) = world.signed_in_to(MOBILE);
    world.redeem(&browser.signs_on_to(PORTAL)).unwrap();
    browser.signs_out();
    world.run(async {
        while courier.run(&world.ctx).await? > 0 {}
        // The other app's row goes while the slow one is still being told.
        while world.ctx.store.read(|tx| tx.logout_notices().list(false, None, 100)).await?.len() > 10 {
            tokio::task::yield_now().await;
        }
        Ok(())
    });
    let asked = world.fetches();
    let count = |uri: &str| asked.iter().filter(|asked| asked.url == uri).count();
    assert_eq!((count(BACK), count(PORTAL_BACK)), (4, 1));
    world.let_go(BACK);
    world.run(async {
        courier.rest().await;
        Ok(())
    });
    delivered_by(&courier, world);
    assert_eq!(world.run(notices::list(&world.ctx, false, None, 100)), []);
}

/// How many apps answer nobody: four hands for each would be more than there are.
const SLOW: usize = 9;

/// Where the slow app of that number hears.
fn slow_back(number: usize) -> String {
    format!("https://slow{number}.example/logged-out")
}

fn slow_apps(world: &World) {
    for number in 0..SLOW {
        let settings = AppSettings {
            redirect_uris: vec![format!("https://slow{number}.example/callback")],
            logout: LogoutChannels { back: Some(slow_back(number)), ..LogoutChannels::default() },
            ..AppSettings::default()
        };
        let new = New {
            name: format!("Slow {number}"),
            kind: AppKind::Browser,
            tenant: None,
            client_id: Some(format!("app_slow{number}")),
            settings,
        };
        assert!(world.run(app::create(&world.ctx, new)).is_ok());
        world.serve(&slow_back(number), Err(FetchFault::Timeout));
    }
}

/// Somebody was at all the slow apps and at the portal, and signs out: as often as `times`.
fn signs_out_of_all(world: &World, times: usize) {
    for _ in 0..times {
        let (browser, _) = world.signed_in_to(MOBILE);
        for number in 0..SLOW {
            world.redeem(&browser.signs_on_to(&format!("app_slow{number}"))).unwrap();
        }
        world.redeem(&browser.signs_on_to(PORTAL)).unwrap();
        browser.signs_out();
        world.later(Seconds(20));
    }
}

fn many_apps_that_do_not_answer_delay_no_other(world: &World) {
    hears(world, PORTAL, PORTAL_BACK, 200);
    slow_apps(world);
    let courier = Courier::default();
    for known in [false, true] {
        // Theirs come first, and are more than there are hands.
        for number in 0..SLOW {
            world.hold(&slow_back(number));
        }
        signs_out_of_all(world, 4);
        let (to_slow, to_portal) = world.run(async {
            // Not a pause but an end: without hands left for it, the portal would never hear.
            let heard = tokio::time::timeout(std::time::Duration::from_secs(20), async {
                let (mut slow, mut portal) = (0, 0);
                while portal < 4 {
                    courier.run(&world.ctx).await?;
                    tokio::task::yield_now().await;
                    for asked in world.fetches() {
                        *if asked.url == PORTAL_BACK { &mut portal } else { &mut slow } += 1;
                    }
                }
                Ok::<_, Fault>((slow, portal))
            });
            heard.await.expect("slow apps hold up another's news")
        });
        let most = if known { 16 } else { SLOW };
        assert!(to_slow <= most && to_portal == 4, "known {known}: {to_slow} to the slow, {to_portal} to the portal");
        for number in 0..SLOW {
            world.let_go(&slow_back(number));
        }
        // Their time is over too, and this node knows them.
        delivered_by(&courier, world);
    }
}

fn an_app_that_stopped_listening_is_left_alone(world: &World) {
    hears(world, HRM, BACK, 503);
    let (browser, code) = world.signed_in_to(HRM);
    world.redeem(&code).unwrap();
    browser.signs_out();
    assert_eq!(delivered(world).len(), 1);
    changes(world, HRM, |settings| settings.logout = LogoutChannels::default());
    world.later(Seconds(5));
    assert_eq!(delivered(world), []);
    assert_eq!(world.run(notices::list(&world.ctx, false, None, 100)), []);
}

fn nothing_watches_and_nothing_is_framed_where_that_is_off(world: &World) {
    changes(world, HRM, |settings| settings.logout.front = Some("https://hrm.example/frame".to_owned()));
    let (browser, code) = world.signed_in_to(HRM);
    assert_eq!(browser.brought().get("session_state"), None);
    world.redeem(&code).unwrap();
    let step = world.run(end_session::confirmed(&world.ctx, &browser.cookies(), None, false));
    assert!(matches!(step, End::Ended { frames, onward: Onward::Page(None) } if frames.is_empty()));
}

fn an_app_hears_at_addresses_of_its_own(world: &World) {
    let new = |logout| New {
        name: "App".to_owned(),
        kind: AppKind::Web,
        tenant: None,
        client_id: None,
        settings: AppSettings {
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            logout,
            ..AppSettings::default()
        },
    };
    let back = |uri: &str| LogoutChannels { back: Some(uri.to_owned()), ..LogoutChannels::default() };
    let front = LogoutChannels { front: Some("https://app.example/out".to_owned()), ..LogoutChannels::default() };
    assert!(world.run(app::create(&world.ctx, new(back("https://app.example/out")))).is_ok());
    let wrong = world.run(app::create(&world.ctx, new(back("http://app.example/out"))));
    assert!(matches!(wrong, Err(Invalid::Logout("logout.back", _))));
    let off = world.run(app::create(&world.ctx, new(front)));
    assert_eq!(off.unwrap_err(), Invalid::Logout("logout.front", ChannelFault::NotOffered));
}

fn the_page_after_sign_out_frames_the_apps_that_know_the_session(world: &World) {
    for (client, uri) in [(HRM, "https://hrm.example/frame?x=1"), (PORTAL, "https://portal.example/frame")] {
        changes(world, client, move |settings| settings.logout.front = Some(uri.to_owned()));
    }
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    browser.signs_on_to(MOBILE);
    let request = Request {
        id_token_hint: tokens.id_token.clone(),
        post_logout_redirect_uri: Some("https://hrm.example/bye".to_owned()),
        state: Some("s".to_owned()),
        ..Request::default()
    };
    let begin = || world.run(end_session::begin(&world.ctx, &browser.cookies(), request.clone()));
    let End::Ended { frames, onward: Onward::App(url, _) } = begin() else { panic!("it did not go on") };
    let sid = tokens.id_claim("sid");
    let wanted = format!("https://hrm.example/frame?x=1&iss=https%3A%2F%2Flogin.example&sid={}", sid.as_str().unwrap());
    assert_eq!(frames, [wanted], "the app of this session, and no other");
    assert_eq!(url, "https://hrm.example/bye?state=s");
    assert!(matches!(begin(), End::Ended { frames, onward: Onward::App(..) } if frames.is_empty()), "once");

    let (browser, code) = world.signed_in_to(HRM);
    world.redeem(&code).unwrap();
    let step = world.run(end_session::confirmed(&world.ctx, &browser.cookies(), None, true));
    assert!(matches!(step, End::Ended { frames, onward: Onward::Page(None) } if frames.len() == 1));
}

fn an_app_that_was_given_an_id_token_alone_hears_too(world: &World) {
    changes(world, HRM, |settings| settings.response_types.push(ResponseType::IdToken));
    hears(world, HRM, BACK, 200);
    let (browser, _) = world.signed_in_to(MOBILE);
    browser.sent_by(HRM, &[("response_type", "id_token")]);
    let id_token = browser.brought().get("id_token").unwrap().to_owned();
    browser.signs_out();
    let asked = delivered(world);
    assert_eq!(asked.len(), 1);
    assert_eq!(verified(world, &token(&asked[0])).1["sid"], claims(&id_token)["sid"]);
    assert!(SessionId::parse(claims(&id_token)["sid"].as_str().unwrap()).is_some());
}

fn an_app_that_could_only_be_framed_is_not_kept_where_nothing_is_framed(world: &World) {
    changes(world, HRM, |settings| {
        settings.response_types.push(ResponseType::IdToken);
        settings.logout.front = Some("https://hrm.example/frame".to_owned());
    });
    let (browser, _) = world.signed_in_to(MOBILE);
    let id = world.sessions(ANNA)[0].id;
    browser.sent_by(HRM, &[("response_type", "id_token")]);
    assert!(browser.brought().get("id_token").is_some());
    assert_eq!(world.read(move |tx| tx.sessions().apps(id)), Vec::<String>::new());
}

fn apps_of_different_sectors_know_a_session_by_names_of_their_own(world: &World) {
    const FRAMES: [(&str, &str); 2] = [(HRM, "https://hrm.example/frame"), (PORTAL, "https://portal.example/frame")];
    hears(world, HRM, BACK, 200);
    hears(world, PORTAL, PORTAL_BACK, 200);
    for (client, uri) in FRAMES {
        changes(world, client, move |settings| {
            settings.subject_type = SubjectType::Pairwise;
            settings.logout.front = Some(uri.to_owned());
        });
    }
    let (browser, code) = world.signed_in_to(HRM);
    let hrm = world.redeem(&code).unwrap();
    let portal = world.redeem(&browser.signs_on_to(PORTAL)).unwrap();
    let mobile = world.redeem(&browser.signs_on_to(MOBILE)).unwrap();
    let id = world.sessions(ANNA)[0].id.to_string();
    let sid = |tokens: &Tokens| tokens.id_claim("sid").as_str().unwrap().to_owned();
    assert_eq!(sid(&mobile), id, "an app that knows people by their one sub");
    assert_eq!(BTreeSet::from([sid(&hrm), sid(&portal), id]).len(), 3);
    assert_eq!(sid(&world.redeem(&browser.signs_on_to(HRM)).unwrap()), sid(&hrm), "the same each time");

    // The hint of another session of the same person doesn't fit this one.
    let (other, code) = world.signed_in_to(HRM);
    let others = world.redeem(&code).unwrap();
    assert_eq!((hrm.id_claim("sub"), sid(&hrm) == sid(&others)), (others.id_claim("sub"), false));
    let asks = |browser: &Browser<'_>, hint: &Tokens| {
        let request = Request { id_token_hint: hint.id_token.clone(), ..Request::default() };
        world.run(end_session::begin(&world.ctx, &browser.cookies(), request))
    };
    assert!(matches!(asks(&other, &hrm), End::Confirm { .. }));
    let End::Ended { frames, .. } = asks(&browser, &portal) else { panic!("its own hint doesn't fit") };
    let framed = |uri: &str, tokens: &Tokens| {
        let wanted = format!("{uri}?iss=https%3A%2F%2Flogin.example&sid={}", sid(tokens));
        assert!(frames.contains(&wanted), "{frames:?}");
    };
    framed(FRAMES[0].1, &hrm);
    framed(FRAMES[1].1, &portal);
    assert_eq!(frames.len(), 2);
    let asked = delivered(world);
    let told = |uri: &str| verified(world, &token(asked.iter().find(|asked| asked.url == uri).unwrap())).1;
    for (said, tokens) in [(told(BACK), &hrm), (told(PORTAL_BACK), &portal)] {
        assert_eq!((&said["sid"], &said["sub"]), (&tokens.id_claim("sid"), &tokens.id_claim("sub")));
    }
}

fn what_a_page_watches_changes_with_the_browsers_state(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    assert_eq!(browser.brought().get("session_state"), None, "a browser without a state has none to compare");
    let state = world.ctx.dice.handle().unwrap();
    browser.is_in_state(&state);
    let (mut seen, hash) = (BTreeSet::new(), |text: String| URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())));
    for _ in 0..2 {
        browser.sent_by(HRM, &[]);
        let given = browser.brought().get("session_state").unwrap().to_owned();
        let (hashed, salt) = given.split_once('.').unwrap();
        assert_eq!(hashed, hash(format!("{HRM} https://hrm.example {} {salt}", state.text())));
        assert!(seen.insert(given), "salted anew each time");
    }
    world.later(Seconds(20));
    let refused = browser.sent_by(HRM, &[("prompt", "none"), ("max_age", "10")]);
    assert!(matches!(refused, crate::kit::Step::Error(_)));
    assert_eq!(browser.brought().get("session_state"), None, "only an answer that gives something has it");
}
