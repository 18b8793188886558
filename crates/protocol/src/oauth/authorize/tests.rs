use super::*;

mod response_types;

use portvakt_model::app::{ApiSettings, AppSettings};
use portvakt_model::{Algorithm, ApiId, AppId, ClientAuthMethod, RefreshRotation, TokenForm};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn app(kind: AppKind) -> App {
    App {
        id: AppId::random([3; 16]),
        client_id: "app_hrm".to_owned(),
        tenant: None,
        name: "HRM".to_owned(),
        kind,
        settings: AppSettings {
            auth_method: ClientAuthMethod::ClientSecretBasic,
            redirect_uris: vec!["https://hrm.example/cb".to_owned()],
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
        },
        secrets: Vec::new(),
        version: 1,
        created_at: NOW,
    }
}

fn api(identifier: &str) -> Option<Api> {
    (identifier == "https://hrm.example/api").then(|| Api {
        id: ApiId::random([4; 16]),
        identifier: identifier.to_owned(),
        tenant: None,
        name: "HRM API".to_owned(),
        settings: ApiSettings {
            scopes: vec!["read".to_owned()],
            form: TokenForm::Jwt,
            alg: Algorithm::Es256,
            lifetime: Seconds::minutes(10),
            client: None,
            apps: Vec::new(),
        },
        created_at: NOW,
    })
}

fn ask_as(app: &App, query: &str) -> Result<Request, Refused> {
    ask_where(&Offers::default(), app, query)
}

fn ask_where(offers: &Offers, app: &App, query: &str) -> Result<Request, Refused> {
    let hint = |hint: &str| match hint {
        "good" => Hinted::Sub("sub1".to_owned()),
        "old" => Hinted::Lapsed,
        _ => Hinted::Wrong,
    };
    read(&Params::parse(query.as_bytes()).unwrap(), &World { app, api: &api, hint: &hint, offers }, NOW)
}

fn good(more: &str) -> String {
    format!(
        "client_id=app_hrm&response_type=code&redirect_uri=https://hrm.example/cb&scope=openid+profile&state=s\
         &code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
    )
}

fn refusal(query: &str) -> Why {
    match ask_as(&app(AppKind::Web), query).unwrap_err() {
        Refused::Page(why) => panic!("on a page: {why:?}"),
        Refused::ToApp(to) => {
            assert_eq!(to.redirect_uri, "https://hrm.example/cb");
            assert_eq!(to.state.as_deref(), Some("s"));
            to.why
        }
    }
}

#[test]
fn a_good_request_is_read_whole() {
    let request = ask_as(
        &app(AppKind::Web),
        &good("&nonce=n&max_age=60&prompt=login+consent&resource=https://hrm.example/api&acr_values=a+b&unknown=x&id_token_hint=good"),
    )
    .unwrap();
    assert_eq!(request.scopes, ["openid", "profile"]);
    assert_eq!(request.apis, ["https://hrm.example/api"]);
    assert_eq!(request.demand, Demand { max_age: Some(Seconds(60)), login_after: Some(NOW), essential_acr: vec![] });
    assert_eq!((request.nonce.as_deref(), request.state.as_deref()), (Some("n"), Some("s")));
    assert_eq!(request.wanted_subs, ["sub1"]);
    assert_eq!(request.acr_values, ["a", "b"]);
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
}

#[test]
fn a_hint_and_the_subs_that_are_asked_for_must_agree() {
    let asked = |subs: &str, more: &str| {
        let claims = format!(r#"{{"id_token":{{"sub":{subs}}}}}"#).replace('{', "%7B").replace('}', "%7D");
        format!("&claims={claims}{more}")
    };
    let wanted = |more: &str| ask_as(&app(AppKind::Web), &good(more)).unwrap().wanted_subs;
    assert_eq!(wanted(&asked(r#"{"values":["sub1","sub2"]}"#, "")), ["sub1", "sub2"]);
    assert_eq!(wanted(&asked(r#"{"values":["sub2","sub1"]}"#, "&id_token_hint=good")), ["sub1"]);
    assert_eq!(wanted(&asked("null", "&id_token_hint=good")), ["sub1"]);
    assert!(wanted(&asked("null", "")).is_empty());
    assert_eq!(refusal(&good(&asked(r#"{"value":"sub2"}"#, "&id_token_hint=good"))), Why::HintContradicted);
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_registered() {
    for uri in ["https://evil.example/cb", "https://hrm.example/cb/", "https://hrm.example/cb%23x"] {
        let query = good("").replace("https://hrm.example/cb", uri);
        assert_eq!(ask_as(&app(AppKind::Web), &query), Err(Refused::Page(Why::RedirectUnknown)), "{uri}");
    }
    let none = good("").replace("redirect_uri=https://hrm.example/cb&", "");
    assert_eq!(ask_as(&app(AppKind::Web), &none), Err(Refused::Page(Why::RedirectMissing)));
    let twice = good("&redirect_uri=https://hrm.example/cb");
    assert_eq!(ask_as(&app(AppKind::Web), &twice), Err(Refused::Page(Why::Repeated)));
}

#[test]
fn without_openid_a_single_registered_address_is_meant() {
    let query = good("").replace("redirect_uri=https://hrm.example/cb&", "").replace("openid+", "");
    let request = ask_as(&app(AppKind::Web), &query).unwrap();
    assert_eq!((request.redirect_uri.as_str(), request.redirect_sent), ("https://hrm.example/cb", false));
}

#[test]
fn every_fault_has_its_own_error() {
    for (more, why) in [
        ("&nonce=a&nonce=b", Why::Repeated),
        ("&request=x", Why::RequestObject),
        ("&request_uri=https://x", Why::RequestUri),
        ("&registration={}", Why::Registration),
        ("&prompt=none+login", Why::PromptMalformed),
        ("&prompt=dance", Why::PromptMalformed),
        ("&max_age=-1", Why::MaxAgeMalformed),
        ("&max_age=soon", Why::MaxAgeMalformed),
        ("&claims=[]", Why::ClaimsMalformed),
        ("&resource=https://other.example/api", Why::ResourceUnknown),
        ("&id_token_hint=bad", Why::HintInvalid),
        ("&id_token_hint=bad&prompt=none", Why::HintInvalid),
        ("&id_token_hint=old&prompt=none", Why::LoginRequired),
        ("&response_mode=fragment", Why::ResponseModeUnknown),
    ] {
        assert_eq!(refusal(&good(more)), why, "{more}");
    }
    for (from, to, why) in [
        ("response_type=code", "response_type=token", Why::ResponseTypeUnknown),
        ("response_type=code", "response_type=code+id_token", Why::ResponseTypeUnknown),
        ("response_type=code", "response_type=code+code", Why::ResponseTypeUnknown),
        ("response_type=code", "response_type=none", Why::ResponseTypeUnknown),
        ("response_type=code&", "", Why::ResponseTypeMissing),
        ("S256", "plain", Why::ChallengeMethod),
        ("&code_challenge_method=S256", "", Why::ChallengeMethod),
        (CHALLENGE, "short", Why::ChallengeMalformed),
        ("scope=openid+profile", "scope=open%22id", Why::ScopeMalformed),
    ] {
        assert_eq!(refusal(&good("").replace(from, to)), why, "{to}");
    }
    let bare = good("").replace(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
    assert_eq!(refusal(&bare), Why::ChallengeMissing);
    assert_eq!(refusal(&good(&format!("&nonce={}", "n".repeat(513)))), Why::TooLong);
}

#[test]
fn pkce_can_be_left_out_only_by_a_confidential_app_that_was_let_off() {
    let bare = good("").replace(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
    let off = |kind| {
        let mut app = app(kind);
        app.settings.require_pkce = false;
        ask_as(&app, &bare).map(|request| request.challenge)
    };
    assert_eq!(off(AppKind::Web), Ok(None));
    assert!(off(AppKind::Native).is_err());
}

#[test]
fn a_public_or_self_registered_app_is_let_off_pkce_only_where_that_is_offered() {
    let bare = good("").replace(&format!("&code_challenge={CHALLENGE}&code_challenge_method=S256"), "");
    let offers = |no_pkce| Offers { no_pkce, ..Offers::default() };
    for (kind, self_registered) in [(AppKind::Native, false), (AppKind::Browser, false), (AppKind::Web, true)] {
        let mut app = app(kind);
        app.settings.self_registered = self_registered;
        assert!(ask_where(&offers(true), &app, &bare).is_err(), "its own switch is on");
        app.settings.require_pkce = false;
        assert!(ask_where(&offers(false), &app, &bare).is_err(), "the deployment does not offer it");
        assert_eq!(ask_where(&offers(true), &app, &bare).map(|request| request.challenge), Ok(None));
        assert!(ask_where(&offers(true), &app, &good("").replace("S256", "plain")).is_err(), "plain never");
    }
}

#[test]
fn scopes_nobody_knows_are_left_out() {
    let query = good("&resource=https://hrm.example/api").replace("openid+profile", "openid+read+write+offline_access");
    assert_eq!(ask_as(&app(AppKind::Web), &query).unwrap().scopes, ["openid", "read", "offline_access"]);
    let mut online = app(AppKind::Web);
    online.settings.refresh = false;
    assert_eq!(ask_as(&online, &query).unwrap().scopes, ["openid", "read"]);
}

#[test]
fn only_an_essential_acr_is_a_demand() {
    let wish = |essential| {
        let claims = format!(r#"&claims={{"id_token":{{"acr":{{"essential":{essential},"values":["x"]}}}}}}"#);
        ask_as(&app(AppKind::Web), &good(&claims)).unwrap()
    };
    assert_eq!(wish(true).demand.essential_acr, ["x"]);
    assert!(wish(false).demand.essential_acr.is_empty());
    assert_eq!(wish(false).acr_values, ["x"]);
}

fn request(more: &str) -> Request {
    ask_as(&app(AppKind::Web), &good(more)).unwrap()
}

const SIGNED_IN: State = State {
    standing: Standing::Admitted,
    is_wanted: true,
    has_chosen: false,
    consent_covers: false,
    consented_at: None,
    first_party: true,
};

#[test]
fn the_decision_table() {
    let third = State { first_party: false, ..SIGNED_IN };
    let covered = State { consent_covers: true, consented_at: Some(NOW.before(Seconds(1))), ..third };
    for (more, state, decision) in [
        ("", SIGNED_IN, Decision::Grant),
        ("", State { standing: Standing::Nobody, ..SIGNED_IN }, Decision::SignIn),
        ("", State { standing: Standing::MustProveAgain, ..SIGNED_IN }, Decision::SignIn),
        ("", State { is_wanted: false, ..SIGNED_IN }, Decision::SignIn),
        ("", State { standing: Standing::Unmet, ..SIGNED_IN }, Decision::Refuse(Why::Unmet)),
        ("", third, Decision::Consent),
        ("", covered, Decision::Grant),
        ("&prompt=consent", covered, Decision::Consent),
        ("&prompt=consent", State { consented_at: Some(NOW), ..covered }, Decision::Grant),
        ("&prompt=consent", SIGNED_IN, Decision::Consent),
        ("&prompt=select_account", SIGNED_IN, Decision::Choose),
        ("&prompt=select_account", State { has_chosen: true, ..SIGNED_IN }, Decision::Grant),
        ("&prompt=none", SIGNED_IN, Decision::Grant),
        ("&prompt=none", covered, Decision::Grant),
        ("&prompt=none", third, Decision::Refuse(Why::ConsentRequired)),
        ("&prompt=none", State { standing: Standing::Nobody, ..SIGNED_IN }, Decision::Refuse(Why::LoginRequired)),
        ("&prompt=none", State { is_wanted: false, ..SIGNED_IN }, Decision::Refuse(Why::LoginRequired)),
        ("&prompt=none", State { standing: Standing::Unmet, ..SIGNED_IN }, Decision::Refuse(Why::InteractionRequired)),
        ("&prompt=none", State { standing: Standing::Barred, ..SIGNED_IN }, Decision::Refuse(Why::LoginRequired)),
    ] {
        assert_eq!(decide(&request(more), &state), decision, "{more} {state:?}");
    }
}

proptest! {
    #[test]
    fn no_query_breaks_the_reader_or_chooses_its_own_target(query in "[ -~]{0,300}", legacy: bool) {
        if let Ok(params) = Params::parse(query.as_bytes()) {
            let app = app(AppKind::Native);
            let offers = Offers { front_channel_types: legacy, ..Offers::default() };
            let world = World { app: &app, api: &api, hint: &|_| Hinted::Wrong, offers: &offers };
            match read(&params, &world, NOW) {
                Ok(request) => prop_assert_eq!(request.redirect_uri.as_str(), "https://hrm.example/cb"),
                Err(Refused::ToApp(to)) => prop_assert_eq!(to.redirect_uri.as_str(), "https://hrm.example/cb"),
                Err(Refused::Page(_)) => {}
            }
        }
    }
}
