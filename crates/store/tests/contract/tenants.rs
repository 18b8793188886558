//! A tenant's door leads to its own rows only.

use crate::kit::{NOW, World, account, app, on_both, tenant, unique};
use portvakt_model::app::{Api, ApiSettings};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::key::Algorithm;
use portvakt_model::{Account, ApiId, App, AuditId, PolicyDocument, Seconds, SecretId, TokenForm};

fn no_tenant_sees_or_changes_what_is_another_s(world: &World) {
    let (nordvik, fjord) = (tenant("nordvik"), tenant("fjord"));
    let (mine, other) = (nordvik.id, fjord.id);
    world.write(move |tx| {
        assert!(tx.tenants().insert(&nordvik)? && tx.tenants().insert(&fjord)?);
        for (id, name) in [(mine, "nordvik.se"), (other, "fjord.no")] {
            tx.accounts().insert(&Account { home: Some(id), ..account() })?;
            let mut door = tx.enter(id);
            assert_eq!(door.tenant(), id);
            assert!(door.domains().add(name, Some(NOW), NOW)?);
            // Whatever a registration says of its owner, the door decides.
            door.apps().insert(&App { tenant: None, client_id: format!("app_{name}"), ..app() })?;
            assert!(door.apis().insert(&Api {
                id: ApiId::random(unique()),
                identifier: format!("https://api.{name}"),
                tenant: Some(if id == mine { other } else { mine }),
                name: name.to_owned(),
                settings: ApiSettings {
                    scopes: Vec::new(),
                    form: TokenForm::Opaque,
                    alg: Algorithm::Es256,
                    lifetime: Seconds(60),
                    client: None,
                    apps: Vec::new(),
                },
                created_at: NOW,
            })?);
        }
        Ok(())
    });
    world.write(move |tx| {
        tx.apps().insert(&App { client_id: "app_operator".to_owned(), ..app() })?;
        let theirs = tx.apps().find_by_client_id("app_fjord.no")?.unwrap();
        let operators = tx.apps().find_by_client_id("app_operator")?.unwrap();
        let their_api = tx.apis().find("https://api.fjord.no")?.unwrap();
        let their_account = tx.enter(other).accounts().list(None, 10)?.remove(0);
        assert_eq!((theirs.tenant, their_api.tenant, their_account.home), (Some(other), Some(other), Some(other)));
        assert_eq!(tx.apps().list(None, 10)?.len(), 3, "the deployment's door sees all");

        let mut door = tx.enter(mine);
        assert_eq!(
            door.domains().list()?.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>(),
            ["nordvik.se"]
        );
        assert!(!door.domains().add("fjord.no", Some(NOW), NOW)?, "a domain has one owner");
        assert_eq!(door.accounts().list(None, 10)?.len(), 1);
        assert_eq!(door.accounts().find(their_account.id)?, None);
        assert_eq!(door.apps().list(None, 10)?.len(), 1);
        assert_eq!(door.apis().list(None, 10)?.len(), 1);
        for foreign in [&theirs, &operators] {
            assert_eq!(door.apps().find_by_client_id(&foreign.client_id)?, None);
            assert!(!door.apps().replace(&App { name: "taken over".to_owned(), ..foreign.clone() })?);
            assert!(!door.apps().add_secret(
                foreign.id,
                &portvakt_model::AppSecret {
                    id: SecretId::random(unique()),
                    hash: crate::kit::hash(),
                    created_at: NOW,
                    sealed: None,
                    expires_at: None
                }
            )?);
            assert_eq!(door.apps().expire_secrets(foreign.id, SecretId::random(unique()), NOW)?, 0);
            assert!(!door.apps().delete(foreign.id)?);
        }
        assert!(door.apps().named(&[theirs.id, operators.id])?.is_empty());
        assert_eq!(door.apis().find(&their_api.identifier)?, None);
        assert_eq!(door.apis().find_by_id(their_api.id)?, None);
        assert!(!door.apis().delete(their_api.id)?);

        assert_eq!(door.policies().get()?, (1, PolicyDocument::default()), "a tenant has a policy from the start");
        let strict = PolicyDocument { own_sign_in: Some(false), ..PolicyDocument::default() };
        assert_eq!(door.policies().set(&strict, NOW)?, 2);
        assert_eq!(tx.enter(other).policies().get()?, (1, PolicyDocument::default()));
        assert_eq!(tx.policies().get()?, (0, PolicyDocument::default()));
        Ok(())
    });
}

fn an_audit_line_is_read_by_the_tenant_it_concerns(world: &World) {
    let (nordvik, fjord) = (tenant("nordvik"), tenant("fjord"));
    let (mine, other) = (nordvik.id, fjord.id);
    let person = world.person("anna@nordvik.se");
    let line =
        Audit::new(AuditEvent::SignedIn).account(person.account, Some(mine)).app(person.app).with("method", "pwd");
    let ((), cost) = world.cost(|world| {
        let line = line.clone();
        world.write(move |tx| tx.audit().write(AuditId::ordered(NOW, &[1; 10]), &line, NOW));
    });
    assert_eq!((cost.statements, cost.commits), (0, 1), "the audit insert is not counted");
    world.write(move |tx| {
        let lines = tx.enter(mine).audit().list(10)?;
        assert_eq!(lines.iter().map(|row| &row.audit).collect::<Vec<_>>(), [&line]);
        assert_eq!(tx.audit().about(person.account, 10)?, lines);
        assert_eq!(tx.enter(mine).audit().about(person.account, 10)?, lines);
        assert!(tx.enter(other).audit().list(10)?.is_empty());
        assert!(tx.enter(other).audit().about(person.account, 10)?.is_empty());
        Ok(())
    });
}

on_both!(no_tenant_sees_or_changes_what_is_another_s, an_audit_line_is_read_by_the_tenant_it_concerns);
