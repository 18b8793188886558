//! What ends, ends everywhere: an account switched off, a tenant suspended, an app removed, a password changed, a
//! person signed out.

use crate::kit::{
    ANNA, Browser, Code, Got, HRM, KARI, MOBILE, NORDVIK, PASSWORD, Step, TIMECLOCK, Tokens, World, caller, hashing,
    on_both, params,
};
use portvakt_flows::end_session::{self, Onward, Step as End};
use portvakt_flows::password::Wish;
use portvakt_flows::{Ctx, app, password, settings, sign_in, token};
use portvakt_model::{App, AppKind, Seconds, Secret};
use portvakt_policy::Refused;
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::end_session::Request;

on_both! {
    a_disabled_account_has_nothing_left,
    enabled_again_the_person_signs_in_again,
    a_suspended_tenants_people_are_shut_out_until_it_is_over,
    a_suspended_tenants_machines_rest_with_it,
    a_removed_app_has_nothing_left,
    a_new_password_ends_everything_of_the_old_one,
    a_changed_password_keeps_the_browser_it_was_changed_in,
    a_browser_that_was_to_stay_signed_in_still_is_after_a_new_password,
    of_two_changes_of_one_password_one_holds,
    a_sign_in_under_way_does_not_outlive_a_new_password,
    a_session_ended_in_settings_is_over,
    nobody_ends_somebody_elses_session,
    the_apps_own_person_is_signed_out_at_once,
    without_a_hint_that_fits_the_person_is_asked,
    signed_out_people_are_sent_only_to_registered_addresses,
    signing_out_after_a_long_pause_ends_what_apps_hold,
}

/// Everything that a sign-in gave.
struct Given<'w> {
    browser: Browser<'w>,
    unredeemed: Code,
    online: Tokens,
    offline: Tokens,
    rotating: Tokens,
    links: Vec<(Wish, String, Browser<'w>)>,
}

impl<'w> Given<'w> {
    fn to_anna(world: &'w World) -> Self {
        let (browser, code) = world.signed_in_to(HRM);
        let online = world.redeem(&code).unwrap();
        let offline = browser.sent_by(HRM, &[("scope", "openid offline_access")]).code();
        let (offline, rotating) =
            (world.redeem(&offline).unwrap(), world.redeem(&browser.signs_on_to(MOBILE)).unwrap());
        let links = [Wish::Reset, Wish::SignInLink].map(|wish| {
            let asker = world.browser();
            let page = asker.password_page(HRM, ANNA);
            asker.wants(page.r(), ANNA, wish);
            (wish, world.mailed_link().unwrap(), asker)
        });
        let unredeemed = browser.sent_by(HRM, &[]).code();
        Self { browser, unredeemed, online, offline, rotating, links: links.into() }
    }

    fn tokens(&self) -> [&Tokens; 3] {
        [&self.online, &self.offline, &self.rotating]
    }

    fn is_worth_nothing(&self, world: &World) {
        assert!(self.browser.sent_by(HRM, &[]).asks_to_sign_in());
        assert!(!self.browser.may_enter_settings());
        assert_eq!(world.redeem(&self.unredeemed).unwrap_err(), Why::CodeInvalid);
        for tokens in self.tokens() {
            assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
            assert_eq!(world.introspect(HRM, &tokens.access), None);
            assert_eq!(world.refresh(&tokens.client, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
        }
    }

    fn links_are_worth_nothing(&self) {
        for (wish, link, asker) in &self.links {
            let got = match wish {
                Wish::Reset => asker.sets_password(link, "en helt annen setning 93"),
                Wish::SignInLink => asker.follows(link),
            };
            assert!(!matches!(got, Got::In(_) | Got::Saved), "{wish:?}: {got:?}");
        }
    }
}

fn a_disabled_account_has_nothing_left(world: &World) {
    let given = Given::to_anna(world);
    world.disable(ANNA, true);
    given.is_worth_nothing(world);
    given.links_are_worth_nothing();
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert_eq!(browser.types_password(page.r(), "not this one"), Got::Wrong);
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Refused(Refused::AccountDisabled));
    assert!(!browser.may_enter_settings());
    world.later(Seconds::hours(1));
    let page = browser.password_page(HRM, ANNA);
    for wish in [Wish::Reset, Wish::SignInLink] {
        assert_eq!(browser.wants(page.r(), ANNA, wish), Got::Sent);
    }
    assert!(world.letters().is_empty());
}

fn enabled_again_the_person_signs_in_again(world: &World) {
    let given = Given::to_anna(world);
    world.disable(ANNA, true);
    world.disable(ANNA, false);
    given.is_worth_nothing(world);
    given.links_are_worth_nothing();
    world.signed_in_to(HRM);
}

fn a_suspended_tenants_people_are_shut_out_until_it_is_over(world: &World) {
    let given = Given::to_anna(world);
    let (nordvik, now) = (world.tenant(NORDVIK).id, world.ctx.clock.now());
    world.write(move |tx| tx.tenants().set_suspended(nordvik, Some(now)));
    given.is_worth_nothing(world);
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Refused(Refused::TenantSuspended));
    let (_, link, asker) = &given.links[1];
    assert_eq!(asker.follows(link), Got::Refused(Refused::TenantSuspended));
    // Told before a new password is thought out, not after.
    let looked = world.run(password::look(&world.ctx, &given.links[0].1));
    assert!(matches!(looked, password::Look::Refused(Refused::TenantSuspended)), "{looked:?}");
    world.browser().signs_in_as(KARI, HRM, &[]).code();
    world.write(move |tx| tx.tenants().set_suspended(nordvik, None));
    assert!(given.browser.may_enter_settings());
    assert!(world.userinfo(&given.online.access).is_ok());
}

fn a_suspended_tenants_machines_rest_with_it(world: &World) {
    let own = app::New {
        name: "Nordvik's reports".to_owned(),
        kind: AppKind::Machine,
        tenant: Some(NORDVIK.to_owned()),
        client_id: Some("app_reports".to_owned()),
        settings: App::clone(&world.run(world.ctx.keeper.app(TIMECLOCK)).unwrap()).settings,
    };
    let made = world.run(app::create(&world.ctx, own)).unwrap();
    let secret = made.secret.unwrap();
    let ask = || {
        let body = [("grant_type", "client_credentials"), ("client_id", "app_reports"), ("client_secret", &secret)];
        world.run(token::post(&world.ctx, &caller(None), &params(&body))).map(|_| ()).map_err(|refusal| refusal.why)
    };
    let (nordvik, now) = (world.tenant(NORDVIK).id, world.ctx.clock.now());
    let before = ask();
    assert_ne!(before, Err(Why::NotForThisClient));
    for at in [Some(now), None] {
        world.write(move |tx| tx.tenants().set_suspended(nordvik, at));
        world.run(world.ctx.keeper.refresh(&world.ctx.dice));
        assert_eq!(ask(), if at.is_some() { Err(Why::NotForThisClient) } else { before });
    }
}

fn a_removed_app_has_nothing_left(world: &World) {
    let given = Given::to_anna(world);
    let page = world.browser().sent_by(HRM, &[]);
    world.run(app::delete(&world.ctx, HRM)).unwrap();
    for tokens in [&given.online, &given.offline] {
        assert_eq!(world.userinfo(&tokens.access), Err(Why::BearerInvalid));
        assert_eq!(world.refresh(HRM, tokens.refresh()).unwrap_err(), Why::ClientInvalid);
    }
    assert_eq!(world.redeem(&given.unredeemed).unwrap_err(), Why::ClientInvalid);
    assert_eq!(given.browser.sent_by(HRM, &[]), Step::Page(Why::ClientUnknown));
    assert_eq!(given.browser.open(page.r()), Step::Stale, "and another browser's page stays another browser's");
    assert!(world.userinfo(&given.rotating.access).is_ok(), "another app's tokens stay");
}

fn a_new_password_ends_everything_of_the_old_one(world: &World) {
    let given = Given::to_anna(world);
    let (_, link, asker) = &given.links[0];
    assert_eq!(asker.sets_password(link, "en helt annen setning 93"), Got::Saved);
    given.is_worth_nothing(world);
    given.links_are_worth_nothing();
    assert!(!asker.may_enter_settings(), "the link signed nobody in");
    let browser = world.browser();
    let page = browser.password_page(HRM, ANNA);
    assert_eq!(browser.types_password(page.r(), PASSWORD), Got::Wrong);
    assert!(matches!(browser.types_password(page.r(), "en helt annen setning 93"), Got::In(_)));
}

fn a_changed_password_keeps_the_browser_it_was_changed_in(world: &World) {
    let (elsewhere, _) = world.signed_in_to(HRM);
    let given = Given::to_anna(world);
    let change = |current: &str| given.browser.changes_password(current, "en helt annen setning 93");
    let stolen = given.browser.copy();
    assert!(matches!(change("not this one"), settings::Changed::WrongCurrent));
    assert!(stolen.may_enter_settings(), "what changed nothing renews nothing");
    assert!(matches!(change(PASSWORD), settings::Changed::Saved(_)));
    assert!(given.browser.may_enter_settings());
    assert!(!stolen.may_enter_settings(), "the old cookie is worth nothing");
    assert_eq!(world.sessions(ANNA).len(), 1);
    assert!(!elsewhere.may_enter_settings());
    for tokens in given.tokens() {
        assert_eq!(world.refresh(&tokens.client, tokens.refresh()).unwrap_err(), Why::RefreshInvalid);
    }
    given.links_are_worth_nothing();
}

fn a_browser_that_was_to_stay_signed_in_still_is_after_a_new_password(world: &World) {
    for stays in [true, false] {
        let browser = world.browser();
        let page = browser.password_page(HRM, ANNA);
        let got = if stays {
            browser.types_password_to_stay(page.r(), PASSWORD)
        } else {
            browser.types_password(page.r(), PASSWORD)
        };
        assert!(matches!(got, Got::In(_)));
        let renewed = browser.changes_password(PASSWORD, "en helt annen setning 93");
        assert!(matches!(renewed, settings::Changed::Saved(renewed) if renewed.keep == stays));
        assert!(matches!(browser.changes_password("en helt annen setning 93", PASSWORD), settings::Changed::Saved(_)));
    }
}

/// Two tabs, or two browsers: whoever comes second is told, and has changed nothing.
fn of_two_changes_of_one_password_one_holds(world: &World) {
    for same_browser in [true, false] {
        let (one, other) = (world.signed_in_to(HRM).0, world.signed_in_to(HRM).0);
        let other = if same_browser { &one } else { &other };
        let changes = [(&one, "en helt annen setning 93"), (other, "enda en setning til 48")].map(|(browser, new)| {
            let (ctx, cookies, person) = (world.ctx.clone(), browser.cookies(), browser.person().unwrap());
            let secret = |text: &str| Secret::new(text.to_owned());
            let (current, typed) = (secret(PASSWORD), (secret(new), secret(new)));
            async move { Ok((new, settings::change_password(&ctx, &cookies, &person, current, typed).await?)) }
        });
        let outcomes = world.at_once(changes);
        let saved: Vec<&str> = outcomes
            .iter()
            .filter(|(_, changed)| matches!(changed, settings::Changed::Saved(_)))
            .map(|(new, _)| *new)
            .collect();
        assert_eq!(saved.len(), 1);
        assert!(outcomes.iter().any(|(_, changed)| matches!(changed, settings::Changed::Overtaken)));
        let browser = world.browser();
        let page = browser.password_page(HRM, ANNA);
        assert!(matches!(browser.types_password(page.r(), saved[0]), Got::In(_)), "and the one that was told holds");
        assert!(matches!(browser.changes_password(saved[0], PASSWORD), settings::Changed::Saved(_)));
    }
}

/// The old password was right when it was looked up; the hash is still computed when the new one is set by another
/// node. Whoever knows only the old one must not get in by being slow.
fn a_sign_in_under_way_does_not_outlive_a_new_password(world: &World) {
    let (thief, owner) = (world.browser(), world.browser());
    let page = thief.password_page(HRM, ANNA);
    let asked = owner.password_page(HRM, ANNA);
    owner.wants(asked.r(), ANNA, Wish::Reset);
    let link = world.mailed_link().unwrap();
    let node = Ctx { hashing: hashing(), ..world.ctx.clone() };
    let (ctx, cookies, r) = (world.ctx.clone(), thief.cookies(), page.r().to_owned());
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let outcome = world.run(async {
        let slow = ctx.clone();
        let first = tokio::spawn(async move { slow.hashing.run(None, move |_| held.recv().is_err()).await });
        let trying = tokio::spawn({
            let ctx = ctx.clone();
            async move {
                let typed = Secret::new(PASSWORD.to_owned());
                sign_in::password::post(&ctx, &cookies, &r, typed, false).await
            }
        });
        // The try is counted when what it goes by has been read.
        let key = format!("pw:a:{ANNA}");
        loop {
            let (key, now) = (key.clone(), ctx.clock.now());
            if ctx.store.read(move |tx| tx.limits().read(&[key], now)).await? == [1] {
                break;
            }
        }
        let new =
            (Secret::new("en helt annen setning 93".to_owned()), Secret::new("en helt annen setning 93".to_owned()));
        let set = password::set(&node, &owner.cookies(), &link, new).await?;
        assert!(matches!(set, password::Set::Saved(..)));
        drop(hold);
        first.await.unwrap()?;
        trying.await.unwrap()
    });
    node.hashing.close();
    assert!(!matches!(outcome, sign_in::password::Outcome::SignedIn(..)));
    assert!(world.sessions(ANNA).is_empty());
}

fn a_session_ended_in_settings_is_over(world: &World) {
    let ((here, _), (there, code)) = (world.signed_in_to(HRM), world.signed_in_to(HRM));
    let tokens = world.redeem(&code).unwrap();
    let person = here.person().unwrap();
    let own = person.view.session.id;
    let other = world.sessions(ANNA).into_iter().map(|session| session.id).find(|id| *id != own).unwrap();
    assert!(world.run(settings::end_session(&world.ctx, &person, other)));
    assert!(!there.may_enter_settings());
    assert!(world.refresh(HRM, tokens.refresh()).is_err());
    assert!(here.may_enter_settings());
}

fn nobody_ends_somebody_elses_session(world: &World) {
    let (annas, _) = world.signed_in_to(HRM);
    let karis = world.browser();
    karis.signs_in_as(KARI, HRM, &[]).code();
    let theirs = world.sessions(ANNA)[0].id;
    assert!(!world.run(settings::end_session(&world.ctx, &karis.person().unwrap(), theirs)));
    assert!(annas.may_enter_settings());
}

const BYE: &str = "https://hrm.example/bye";

fn logout(world: &World, browser: &Browser<'_>, hint: Option<&str>, to: Option<&str>) -> End {
    let request = Request {
        id_token_hint: hint.map(str::to_owned),
        client_id: hint.is_none().then(|| HRM.to_owned()),
        post_logout_redirect_uri: to.map(str::to_owned),
        state: Some("a b".to_owned()),
        ui_locales: None,
    };
    world.run(end_session::begin(&world.ctx, &browser.cookies(), request))
}

fn the_apps_own_person_is_signed_out_at_once(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.later(Seconds(700));
    let step = logout(world, &browser, tokens.id_token.as_deref(), Some(BYE));
    assert!(matches!(step, End::Ended { onward: Onward::App(url, _), .. } if url == format!("{BYE}?state=a+b")));
    assert!(!browser.may_enter_settings());
    assert!(world.refresh(HRM, tokens.refresh()).is_err());
}

fn without_a_hint_that_fits_the_person_is_asked(world: &World) {
    let (browser, _) = world.signed_in_to(HRM);
    let karis = world.redeem(&world.browser().signs_in_as(KARI, HRM, &[]).code()).unwrap();
    for hint in [None, karis.id_token.as_deref()] {
        let End::Confirm { r, .. } = logout(world, &browser, hint, Some(BYE)) else { panic!("nobody was asked") };
        assert!(browser.may_enter_settings());
        let other = world.browser();
        assert!(matches!(world.run(end_session::confirmed(&world.ctx, &other.cookies(), Some(&r), false)), End::Stale));
    }
    let End::Confirm { r, .. } = logout(world, &browser, None, Some(BYE)) else { panic!("nobody was asked") };
    let step = world.run(end_session::confirmed(&world.ctx, &browser.cookies(), Some(&r), false));
    assert!(matches!(step, End::Ended { onward: Onward::App(..), .. }));
    assert!(!browser.may_enter_settings());
}

fn signed_out_people_are_sent_only_to_registered_addresses(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let hint = world.redeem(&code).unwrap().id_token.unwrap();
    for wrong in ["https://hrm.example/bye/", "https://evil.example/bye", "https://hrm.example/callback"] {
        assert!(matches!(logout(world, &browser, Some(&hint), Some(wrong)), End::Refused(Why::RedirectUnknown)));
    }
    assert!(matches!(logout(world, &browser, Some("no token"), Some(BYE)), End::Refused(Why::HintInvalid)));
    assert!(browser.may_enter_settings());
}

fn signing_out_after_a_long_pause_ends_what_apps_hold(world: &World) {
    let (browser, code) = world.signed_in_to(HRM);
    let tokens = world.redeem(&code).unwrap();
    world.later(Seconds::minutes(61));
    assert!(!browser.may_enter_settings(), "the session's idle clock has run out");
    browser.signs_out();
    assert_eq!(world.refresh(HRM, tokens.refresh()).err(), Some(Why::RefreshInvalid));
}
