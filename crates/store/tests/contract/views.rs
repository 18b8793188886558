//! What requests read: each in one statement.

use crate::kit::{
    NOW, World, account, address, admitted, admitted_at, admitted_under, hash, new_grant, new_session, on_both, tenant,
    unique,
};
use portvakt_model::{
    Account, AccountId, AppId, Consent, GrantId, Method, PolicyDocument, Proof, Seconds, Secret, SessionId,
};
use portvakt_store::{Counted, NewSession, PasswordRow, Policies, Renewal, Spend};

const ONE: Counted = Counted { statements: 1, commits: 0 };

fn an_unknown_address_asks_the_same_and_gets_the_same_policies(world: &World) {
    let person = world.person("guest@elsewhere.example");
    let home = tenant("nordvik");
    let at_home = home.id;
    let strict = PolicyDocument { own_sign_in: Some(false), ..PolicyDocument::default() };
    let kept = strict.clone();
    let member = world.write(move |tx| {
        tx.tenants().insert(&home)?;
        tx.policies().set(&PolicyDocument::default(), NOW)?;
        let mut door = tx.enter(home.id);
        door.domains().add("nordvik.se", Some(NOW), NOW)?;
        door.domains().add("claimed.se", None, NOW)?;
        door.policies().set(&kept, NOW)?;
        let member = Account { home: Some(home.id), ..account() };
        tx.accounts().insert(&member)?;
        tx.accounts().add_address(&address(member.id, "anna@nordvik.se"), NOW)?;
        tx.passwords().set(
            &admitted_at(member.id, 2),
            &PasswordRow {
                account: member.id,
                hash: Secret::new("$argon2id$…".to_owned()),
                pepper_version: 1,
                length_class: 15,
                rule: 1,
                set_at: NOW,
                failures: 0,
                disabled_at: None,
            },
        )?;
        Ok(member.id)
    });
    let see = |lookup: &'static str, domain: &'static str| {
        let (view, cost) = world.cost(|world| world.read(move |tx| tx.sign_in().by_address(lookup, domain)));
        assert_eq!(cost, ONE, "{lookup}");
        view
    };
    let known = see("anna@nordvik.se", "nordvik.se");
    let (found, kept) = known.account.unwrap();
    assert_eq!((found.id, found.facts_version, kept.lookup.as_str()), (member, 3, "anna@nordvik.se"));
    assert_eq!(known.password.unwrap().hash.reveal(), "$argon2id$…");
    let of_tenant = Policies { deployment: (1, PolicyDocument::default()), tenant: Some((at_home, 2, strict)) };
    assert_eq!((known.policies, known.tenant.unwrap().id), (of_tenant.clone(), at_home));

    let unknown = see("nobody@nordvik.se", "nordvik.se");
    assert!(unknown.account.is_none() && unknown.password.is_none());
    assert_eq!((unknown.policies, unknown.tenant.unwrap().id), (of_tenant, at_home));

    let of_nobody = Policies { deployment: (1, PolicyDocument::default()), tenant: None };
    let guest = see("guest@elsewhere.example", "elsewhere.example");
    assert_eq!((guest.account.unwrap().0.id, guest.policies), (person.account, of_nobody.clone()));
    let claimed = see("nobody@claimed.se", "claimed.se");
    assert_eq!((claimed.policies, claimed.tenant), (of_nobody, None), "an unproved domain binds nobody");
}

fn a_session_is_read_with_all_that_using_it_must_know(world: &World) {
    let person = world.person("anna@nordvik.se");
    let (handle, app) = (person.handle, person.app);
    let consent = Consent {
        account: person.account,
        app,
        scopes: vec!["openid".to_owned()],
        claims: vec!["email".to_owned()],
        apis: Vec::new(),
        given_at: NOW,
    };
    let given = consent.clone();
    world.write(move |tx| tx.consents().give(&given));
    let (view, cost) = world.cost(|world| world.read(move |tx| tx.sessions().find(&handle, Some(app))));
    let view = view.unwrap();
    assert_eq!(cost, ONE);
    assert_eq!(view.session, person.session);
    assert_eq!(view.account.account.id, person.account);
    assert_eq!(view.account.email, Some(("anna@nordvik.se".to_owned(), true)));
    assert_eq!((view.consent, view.app_version, view.tenant), (Some(consent), Some(1), None));
    let none = world.read(move |tx| tx.sessions().find(&handle, None)).unwrap();
    assert_eq!((none.consent, none.app_version), (None, None));
    assert_eq!(world.read(|tx| tx.sessions().find(&hash(), None)), None);

    for (said, kept) in [("å".repeat(81), "å".repeat(80)), (String::new(), String::new())] {
        let new = NewSession { description: said, ..new_session() };
        let handle = new.handle;
        world.write(move |tx| tx.sessions().open(&admitted(person.account), new, NOW));
        let read = world.read(move |tx| tx.sessions().find(&handle, None)).unwrap();
        assert_eq!(read.session.description, kept, "a browser's description is short or absent");
    }
}

fn a_grant_is_read_with_all_that_using_it_must_know(world: &World) {
    let person = world.person("anna@nordvik.se");
    let (session, app) = (person.session.id, person.app);
    let (redeeming, cost) = world.cost(|world| world.read(move |tx| tx.grants().redeeming(session, app)));
    let redeeming = redeeming.unwrap();
    assert_eq!(cost, ONE);
    assert_eq!((redeeming.session, redeeming.app_version), (person.session.clone(), 1));
    assert_eq!(redeeming.account.email, Some(("anna@nordvik.se".to_owned(), true)));
    assert_eq!(world.read(move |tx| tx.grants().redeeming(session, AppId::random(unique()))), None);

    let new = new_grant(session, app);
    let id = new.id;
    let (spend, cost) =
        world.cost(|world| world.write(move |tx| tx.grants().open(&admitted(person.account), &new, NOW)));
    let Spend::Won(grant) = spend else { panic!("{spend:?}") };
    assert_eq!((cost.statements, cost.commits), (1, 1));

    let jti = uuid::Uuid::from_bytes(unique());
    let (view, cost) = world.cost(|world| world.read(move |tx| tx.grants().view(id, Some(jti))));
    let view = view.unwrap();
    assert_eq!(cost, ONE);
    assert_eq!((&view.grant, &view.session), (&*grant, &Some(person.session.clone())));
    assert_eq!((view.app_version, view.token_revoked), (1, false));
    assert!(!world.read(move |tx| tx.grants().is_revoked(jti)));
    world.write(move |tx| tx.grants().revoke_token(jti, NOW.after(Seconds(600))));
    assert!(world.read(move |tx| tx.grants().is_revoked(jti)));
    assert!(world.read(move |tx| tx.grants().view(id, Some(jti))).unwrap().token_revoked);
    assert!(!world.read(move |tx| tx.grants().view(id, None)).unwrap().token_revoked, "the others live on");

    // Whoever else tries the code, for whatever session, learns only that it was spent; a dead session spends nothing.
    let again = new_grant(session, app);
    let replayed = portvakt_store::NewGrant { id, ..again.clone() };
    let other = world.person("bo@nordvik.se").account;
    assert_eq!(world.write(move |tx| tx.grants().open(&admitted(person.account), &replayed, NOW)), Spend::Replay);
    let stolen = again.clone();
    assert_eq!(world.write(move |tx| tx.grants().open(&admitted(other), &stolen, NOW)), Spend::SessionGone);
    world.write(move |tx| tx.sessions().end(session, NOW));
    assert_eq!(world.write(move |tx| tx.grants().open(&admitted(person.account), &again, NOW)), Spend::SessionGone);
    assert!(world.read(move |tx| tx.grants().view(id, None)).unwrap().session.unwrap().ended_at.is_some());
}

fn nobody_but_who_was_admitted_extends_anything(world: &World) {
    let person = world.person("anna@nordvik.se");
    let (me, id) = (person.account, person.session.id);
    let other = world.person("bo@nordvik.se").account;
    let later = NOW.after(Seconds::minutes(6));
    let fresh = Proof::new(Method::Password, later);
    let renewal = Renewal { handle: hash(), proofs: vec![fresh], keep: true };
    let (old, new) = (person.handle, renewal.handle);
    let seen = person.session.clone();
    world.write(move |tx| {
        assert!(!tx.sessions().touch(&admitted(other), &seen, later)?);
        assert!(!tx.sessions().restamp(&admitted(other), &seen, later)?);
        assert_eq!(tx.sessions().renew(&admitted(other), id, &renewal, later)?, None);
        assert!(tx.sessions().touch(&admitted(me), &seen, later)?);
        let renewed = tx.sessions().renew(&admitted(me), id, &renewal, later)?.unwrap();
        assert_eq!((renewed.id, renewed.created_at, renewed.auth_time), (id, NOW, later));
        assert_eq!(tx.sessions().find(&old, None)?, None, "the old handle is worth nothing");
        assert_eq!(tx.sessions().find(&new, None)?.unwrap().session, renewed);

        // A policy that shortens the clocks shortens what is out, and never lengthens it.
        let short = PolicyDocument {
            session_absolute: Some(Seconds::minutes(10)),
            refresh_absolute: Some(Seconds::minutes(30)),
            session_idle: Some(Seconds::minutes(5)),
            refresh_idle: Some(Seconds::minutes(20)),
            ..PolicyDocument::default()
        };
        assert!(tx.sessions().restamp(&admitted_under(me, short.clone()), &renewed, later)?);
        let shortened = tx.sessions().find(&new, None)?.unwrap().session;
        assert_eq!(shortened.expires_at, later.after(Seconds::minutes(10)));
        assert!(tx.sessions().restamp(&admitted(me), &shortened, later)?);
        assert_eq!(tx.sessions().find(&new, None)?.unwrap().session.expires_at, shortened.expires_at);

        let app = crate::kit::app();
        tx.apps().insert(&app)?;
        let Spend::Won(grant) = tx.grants().open(&admitted(me), &new_grant(id, app.id), later)? else { panic!() };
        for refused in [
            tx.grants().rotate(&admitted(other), &grant, b"x", later)?,
            tx.grants().use_kept(&admitted(other), &grant, later)?,
            tx.grants().restamp(&admitted(other), &grant, later)?,
        ] {
            assert!(!refused);
        }
        assert!(tx.grants().rotate(&admitted_under(me, short), &grant, b"sealed", later)?);
        let rotated = tx.grants().view(grant.id, None)?.unwrap().grant;
        assert_eq!((rotated.generation, rotated.expires_at), (1, later.after(Seconds::minutes(30))));
        assert_eq!(rotated.successor.as_ref().unwrap().sealed, b"sealed");
        assert!(!tx.grants().use_kept(&admitted(me), &grant, later)?, "what was read is not what is there");
        assert!(tx.grants().use_kept(&admitted(me), &rotated, later)?);
        assert_eq!(tx.grants().list(me, later)?.len(), 1);
        assert_eq!(tx.grants().revoke_for(&[other], app.id, later)?, 0, "only theirs");
        assert_eq!(tx.grants().revoke_of(me, app.id, later)?, 1);
        assert_eq!(tx.grants().revoke_for(&[me, other], app.id, later)?, 0, "it has ended");
        assert_eq!(tx.grants().revoke_all(me, later)?, 0);
        assert!(!tx.grants().use_kept(&admitted(me), &rotated, later)?);
        assert!(tx.grants().list(me, later)?.is_empty());

        let second = tx.sessions().open(&admitted(me), new_session(), later)?.unwrap();
        assert_eq!(tx.sessions().list(me, later)?.len(), 2);
        assert_eq!(tx.sessions().end_all(me, Some(second.id), later)?, 1);
        assert_eq!(tx.sessions().list(me, later)?.iter().map(|s| s.id).collect::<Vec<_>>(), [second.id]);
        assert!(!tx.sessions().touch(&admitted(me), &renewed, later)?, "ended is ended");
        assert!(!tx.sessions().end(SessionId::random(unique()), later)?);
        assert_eq!(tx.grants().view(GrantId::random(unique()), None)?, None);
        assert_eq!(tx.accounts().find(AccountId::random(unique()))?, None);
        Ok(())
    });
}

fn limits_count_in_one_statement_and_begin_again_after_their_window(world: &World) {
    let keys = vec![("z".to_owned(), Seconds(60)), ("a".to_owned(), Seconds(600)), ("z".to_owned(), Seconds(60))];
    let hit = |now| {
        let keys = keys.clone();
        let (counts, cost) = world.cost(|world| world.write(move |tx| tx.limits().hit(&keys, now)));
        assert_eq!(cost, Counted { statements: 1, commits: 1 });
        counts
    };
    assert_eq!(hit(NOW), [1, 1, 1]);
    assert_eq!(hit(NOW.after(Seconds(59))), [2, 2, 2]);
    assert_eq!(hit(NOW.after(Seconds(60))), [1, 3, 1], "the first try began the window, further ones do not move it");
    let names = ["a".to_owned(), "unknown".to_owned(), "z".to_owned()];
    let (asked, later) = (names.clone(), NOW.after(Seconds(61)));
    assert_eq!(world.read(move |tx| tx.limits().read(&asked, later)), [3, 0, 1]);
    let asked = names.clone();
    assert_eq!(world.read(move |tx| tx.limits().read(&asked, NOW.after(Seconds(600)))), [0, 0, 0]);
    let asked = names.clone();
    world.write(move |tx| tx.limits().clear(&asked[..1]));
    assert_eq!(world.read(move |tx| tx.limits().read(&names, later)), [0, 0, 1]);
}

on_both! {
    an_unknown_address_asks_the_same_and_gets_the_same_policies,
    a_session_is_read_with_all_that_using_it_must_know,
    a_grant_is_read_with_all_that_using_it_must_know,
    nobody_but_who_was_admitted_extends_anything,
    limits_count_in_one_statement_and_begin_again_after_their_window,
}
