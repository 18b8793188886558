//! What the first page of Account Settings tells.

use super::Person;
use crate::ctx::Ctx;
use portvakt_model::{App, AppId, Consent, Fault, Grant, Timestamp};
use std::collections::{BTreeSet, HashMap};

/// What the first page of Account Settings tells.
pub struct Overview {
    /// When the password was set; `None`: there is none.
    pub password_set_at: Option<Timestamp>,
    /// How many sessions live, this one too.
    pub sessions: usize,
    /// What apps were let in, the newest first.
    pub connected: Vec<Connected>,
}

/// An app that was let in.
pub struct Connected {
    /// Which.
    pub app: App,
    /// Since when.
    pub since: Timestamp,
    /// Whether it gets in while the person is away: a grant of it outlives sign-out.
    pub away: bool,
}

/// What the first page tells.
pub async fn overview(ctx: &Ctx, person: &Person) -> Result<Overview, Fault> {
    let (account, now) = (person.view.account.account.id, ctx.clock.now());
    ctx.store
        .read(move |tx| {
            let consents = tx.consents().list(account)?;
            let grants = tx.grants().list(account, now)?;
            Ok(Overview {
                password_set_at: tx.passwords().find(account)?.map(|row| row.set_at),
                sessions: tx.sessions().list(account, now)?.len(),
                connected: connected(tx.apps().named(&shown(&consents, &grants))?, &consents, &grants),
            })
        })
        .await
}

/// Which apps the page may show: each once.
fn shown(consents: &[Consent], grants: &[Grant]) -> Vec<AppId> {
    let agreed = consents.iter().map(|consent| consent.app);
    let away = grants.iter().filter(|grant| grant.offline).map(|grant| grant.app);
    agreed.chain(away).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The apps with a consent, and those of the house that need none but may come while the person is away.
fn connected(apps: Vec<App>, consents: &[Consent], grants: &[Grant]) -> Vec<Connected> {
    let mut away: HashMap<AppId, Timestamp> = HashMap::new();
    for grant in grants.iter().filter(|grant| grant.offline) {
        let since = away.entry(grant.app).or_insert(grant.created_at);
        *since = grant.created_at.min(*since);
    }
    let agreed: HashMap<AppId, Timestamp> = consents.iter().map(|consent| (consent.app, consent.given_at)).collect();
    let mut connected: Vec<Connected> = apps
        .into_iter()
        .filter_map(|app| {
            let since = agreed.get(&app.id).or(away.get(&app.id)).copied()?;
            Some(Connected { away: away.contains_key(&app.id), since, app })
        })
        .collect();
    connected.sort_by_key(|connected| std::cmp::Reverse(connected.since));
    connected
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::app::AppKind;
    use portvakt_model::{AccountId, GrantId, SessionId, SignInFacts, Stamp};

    const DAY: i64 = 86_400;

    fn app(name: u8) -> App {
        App {
            id: AppId::random([name; 16]),
            client_id: format!("app_{name}"),
            tenant: None,
            name: format!("App {name}"),
            kind: AppKind::Web,
            settings: serde_json::from_str(r#"{"auth_method":"none"}"#).unwrap(),
            secrets: Vec::new(),
            version: 1,
            created_at: Timestamp(0),
        }
    }

    fn consent(app: &App, day: i64) -> Consent {
        Consent {
            account: AccountId::random([9; 16]),
            app: app.id,
            scopes: Vec::new(),
            claims: Vec::new(),
            apis: Vec::new(),
            given_at: Timestamp::from_seconds(day * DAY),
        }
    }

    fn grant(app: &App, day: i64, offline: bool) -> Grant {
        let at = Timestamp::from_seconds(day * DAY);
        Grant {
            id: GrantId::random([1; 16]),
            account: AccountId::random([9; 16]),
            session: SessionId::random([2; 16]),
            app: app.id,
            tenant: None,
            scopes: Vec::new(),
            apis: Vec::new(),
            facts: SignInFacts {
                auth_time: at,
                acr: String::new(),
                amr: Vec::new(),
                nonce: None,
                claims: portvakt_model::ClaimsRequest::default(),
            },
            sender_key: None,
            stamp: Stamp { deployment: 0, tenant: 0, facts: 0, app: 0, until: Timestamp::FAR },
            generation: 0,
            offline,
            refreshable: true,
            created_at: at,
            used_at: at,
            successor: None,
            idle_until: Timestamp::FAR,
            expires_at: Timestamp::FAR,
            revoked_at: None,
        }
    }

    #[test]
    fn whoever_was_let_in_is_shown_and_whether_they_come_when_the_person_is_away() {
        let [agreed, agreed_away, of_the_house, passing, stranger] = [1, 2, 3, 4, 5].map(app);
        let consents = [consent(&agreed, 1), consent(&agreed_away, 4)];
        let grants = [
            grant(&agreed, 5, false),
            grant(&agreed_away, 5, true),
            grant(&of_the_house, 3, true),
            grant(&of_the_house, 2, true),
            grant(&passing, 6, false),
        ];
        let mut named = shown(&consents, &grants);
        let mut wanted = vec![agreed.id, agreed_away.id, of_the_house.id];
        named.sort();
        wanted.sort();
        assert_eq!(named, wanted, "nobody else's app is read");
        let apps = vec![agreed.clone(), agreed_away.clone(), of_the_house.clone(), passing, stranger];
        let shown: Vec<(AppId, i64, bool)> = connected(apps, &consents, &grants)
            .into_iter()
            .map(|shown| (shown.app.id, shown.since.seconds() / DAY, shown.away))
            .collect();
        assert_eq!(shown, [(agreed_away.id, 4, true), (of_the_house.id, 2, true), (agreed.id, 1, false)]);
    }
}
