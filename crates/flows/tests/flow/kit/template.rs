//! What stands in every world before its test begins, made once by the same flows that operators and people use.

use super::browser::PASSWORD;
use super::database::{Database, Prepared};
use super::world::World;
use portvakt_flows::{account, api, app, password, tenant};
use portvakt_model::app::{ApiSettings, AppSettings};
use portvakt_model::{
    Algorithm, AppKind, ClientAuthMethod, Contact, Language, Profile, RefreshRotation, Seconds, Secret, Timestamp,
    TokenForm,
};
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

/// The instant at which tests begin.
pub const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
pub const ISSUER: &str = "https://login.example";

/// The tenant whose verified domain is `nordvik.example`.
pub const NORDVIK: &str = "nordvik";
/// At home at Nordvik.
pub const ANNA: &str = "anna@nordvik.example";
/// At home at Fjell, another tenant.
pub const KARI: &str = "kari@fjell.example";
/// At home nowhere.
pub const NILS: &str = "nils@free.example";
/// Has no account, at a domain of nobody's.
pub const STRANGER: &str = "stranger@free.example";

/// The house's web app: confidential, keeps its refresh token.
pub const HRM: &str = "app_hrm";
/// A web app of somebody else: the person must consent.
pub const PORTAL: &str = "app_portal";
/// The house's native app: public, rotates.
pub const MOBILE: &str = "app_mobile";
/// A machine that may write time.
pub const TIMECLOCK: &str = "app_timeclock";
/// The client of the ledger's API: introspects its tokens.
pub const DESK: &str = "app_desk";

/// An API with JWTs; HRM is its own client.
pub const TIMESHEETS: &str = "https://hrm.example/api";
/// An API with opaque tokens; the desk is its own client.
pub const LEDGER: &str = "https://ledger.example/api";
/// An API that no app may ask for but one that isn't there.
pub const DEPOT: &str = "https://depot.example/api";

/// What the template made, beside what stands in its database.
#[derive(Clone, Default)]
pub struct Known {
    /// Client secrets by `client_id`.
    pub secrets: BTreeMap<String, String>,
}

/// A copy of the SQLite template.
pub fn file() -> (Database, Known) {
    static MADE: OnceLock<(Prepared, Known)> = OnceLock::new();
    let (prepared, known) = MADE.get_or_init(|| {
        let world = World::on(Database::empty_file(), Known::default());
        let known = furnish(&world);
        (world.database.prepared(), known)
    });
    (Database::copied_file(prepared), known.clone())
}

/// A copy of the PostgreSQL template; `None` if PostgreSQL is left out on purpose.
pub fn on_server() -> Option<(Database, Known)> {
    static MADE: Mutex<Option<(String, Known)>> = Mutex::new(None);
    let server = Database::server()?;
    let mut made = MADE.lock().unwrap();
    let (template, known) = made.get_or_insert_with(|| {
        let world = World::on(Database::on_server(&server, None), Known::default());
        let known = furnish(&world);
        let name = world.database.name().to_owned();
        world.close().left();
        (name, known)
    });
    Some((Database::on_server(&server, Some(template)), known.clone()))
}

fn furnish(world: &World) -> Known {
    for (slug, name, domain) in [(NORDVIK, "Nordvik AS", "nordvik.example"), ("fjell", "Fjell AS", "fjell.example")] {
        let new = tenant::New {
            slug: slug.to_owned(),
            name: name.to_owned(),
            language: None,
            contact: Contact { name: Some("IT-hjelpen".to_owned()), ..Contact::default() },
            mail_sender: None,
        };
        world.run(tenant::create(&world.ctx, new)).unwrap();
        world.run(tenant::add_domain(&world.ctx, slug, domain)).unwrap();
    }
    for (identifier, scopes, form, client) in [
        (TIMESHEETS, &["time:read", "time:write"], TokenForm::Jwt, Some(HRM)),
        (LEDGER, &["ledger:read", "ledger:write"], TokenForm::Opaque, Some(DESK)),
        (DEPOT, &["depot:read", "depot:write"], TokenForm::Jwt, None),
    ] {
        let settings = ApiSettings {
            scopes: scopes.map(str::to_owned).to_vec(),
            form,
            alg: Algorithm::Es256,
            lifetime: Seconds::minutes(10),
            client: client.map(str::to_owned),
            apps: if identifier == DEPOT { vec!["app_nobody".to_owned()] } else { Vec::new() },
        };
        let new = api::New { identifier: identifier.to_owned(), name: identifier.to_owned(), tenant: None, settings };
        world.run(api::create(&world.ctx, new)).unwrap();
    }
    let mut known = Known::default();
    for (client_id, kind, settings) in apps() {
        let new = app::New {
            name: client_id.to_owned(),
            kind,
            tenant: None,
            client_id: Some(client_id.to_owned()),
            settings,
        };
        let made = world.run(app::create(&world.ctx, new)).unwrap();
        known.secrets.extend(made.secret.map(|secret| (client_id.to_owned(), secret)));
    }
    for address in [ANNA, KARI, NILS] {
        person(world, address);
    }
    known
}

/// Makes an account whose password was chosen through the mailed link, as people do.
pub fn person(world: &World, address: &str) {
    let new = account::New {
        address: address.to_owned(),
        name: "Åsa Öberg".to_owned(),
        language: Some(Language::Sv),
        verified: true,
        profile: Profile { given_name: Some("Åsa".to_owned()), ..Profile::default() },
    };
    let made = world.run(account::create(&world.ctx, new)).unwrap();
    let (_, handle) = made.link.split_once("?h=").unwrap();
    let typed = (Secret::new(PASSWORD.to_owned()), Secret::new(PASSWORD.to_owned()));
    let set = world.run(password::set(&world.ctx, &world.browser().cookies(), handle, typed));
    assert!(matches!(set, password::Set::Saved(..)), "the first password was not taken");
    // What waits in the outbox for it is not what tests look at.
    world.letters();
}

fn apps() -> [(&'static str, AppKind, AppSettings); 5] {
    let base = |redirect: &str| AppSettings {
        auth_method: ClientAuthMethod::ClientSecretBasic,
        redirect_uris: vec![redirect.to_owned()],
        post_logout_redirect_uris: Vec::new(),
        origins: Vec::new(),
        first_party: true,
        refresh: true,
        rotation: RefreshRotation::Keep,
        id_token_alg: Algorithm::Rs256,
        require_pkce: true,
        default_api: None,
        own_scopes: Vec::new(),
        default_acr_values: Vec::new(),
        default_max_age: None,
        client_uri: None,
        policy_uri: None,
        tos_uri: None,
        ..AppSettings::default()
    };
    let bye = vec!["https://hrm.example/bye".to_owned()];
    let none = AppSettings { redirect_uris: Vec::new(), refresh: false, ..base("") };
    [
        (HRM, AppKind::Web, AppSettings { post_logout_redirect_uris: bye, ..base("https://hrm.example/callback") }),
        (PORTAL, AppKind::Web, AppSettings { first_party: false, ..base("https://portal.example/callback") }),
        (MOBILE, AppKind::Native, base("http://127.0.0.1/callback")),
        (
            TIMECLOCK,
            AppKind::Machine,
            AppSettings { own_scopes: vec![format!("{TIMESHEETS}#time:write")], ..none.clone() },
        ),
        (DESK, AppKind::Machine, none),
    ]
}
