//! A relying app as people see it, in their language.

use crate::layout::AppFace;
use crate::paths;
use crate::words::Words;
use portvakt_flows::authorize::Scene;
use portvakt_model::app::AppSettings;
use portvakt_model::{App, Language};
use portvakt_protocol::oauth::host::authority;
use portvakt_protocol::oauth::registration::local;

/// The app of a scene.
pub(crate) fn of(scene: &Scene, language: Language) -> Option<AppFace> {
    let app = scene.app.as_ref()?;
    let (settings, words) = (&app.settings, Words::of(language));
    let text = |member: &str, plain: Option<&String>| {
        local(settings, member, language).or(plain.map(String::as_str)).map(str::to_owned)
    };
    Some(AppFace {
        name: text("client_name", Some(&app.name)).unwrap_or_default(),
        host: scene
            .redirect_uri
            .as_ref()
            .filter(|_| settings.self_registered)
            .map_or_else(|| host_of(settings, words), |uri| host(uri, words)),
        logo: logo(app, language),
        policy: text("policy_uri", settings.policy_uri.as_ref()),
        terms: text("tos_uri", settings.tos_uri.as_ref()),
        unchecked: settings.self_registered,
    })
}

/// The path of its picture on our own site, if it registered one.
fn logo(app: &App, language: Language) -> Option<String> {
    let path = format!("{}/{}", paths::LOGO, app.client_id);
    match (local(&app.settings, "logo_uri", language), &app.settings.about.logo_uri) {
        (Some(_), _) => Some(format!("{path}?lang={}", language.tag())),
        (None, Some(_)) => Some(path),
        (None, None) => None,
    }
}

/// The host that an app sends people back to. What an app that nobody checked calls its home page is not believed.
pub fn host_of(settings: &AppSettings, words: Words) -> String {
    let home = settings.client_uri.as_ref().filter(|_| !settings.self_registered);
    home.or(settings.redirect_uris.first()).map(|uri| host(uri, words)).unwrap_or_default()
}

/// Host and port of a web address. One under a native app's own scheme has no host, whatever stands in it: it is shown
/// by its scheme, and as what it is, since a scheme can read like somebody's host.
fn host(uri: &str, words: Words) -> String {
    match authority(uri) {
        Some(host) => host.to_owned(),
        None => words.app_on_device(uri.split(':').next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{AppId, AppKind, Timestamp};
    use std::sync::Arc;

    fn scene(settings: AppSettings, redirect_uri: Option<&str>) -> Scene {
        let app = App {
            id: AppId::random([1; 16]),
            client_id: "app_x".to_owned(),
            tenant: None,
            name: "Fieldreport".to_owned(),
            kind: AppKind::Web,
            settings,
            secrets: Vec::new(),
            version: 1,
            created_at: Timestamp::from_seconds(0),
        };
        Scene { app: Some(Arc::new(app)), redirect_uri: redirect_uri.map(str::to_owned), ..Scene::default() }
    }

    fn settings(registered: bool) -> AppSettings {
        serde_json::from_value(serde_json::json!({
            "redirect_uris": ["https://evil.example/cb", "https://other.example/cb"],
            "client_uri": "https://bank.example/",
            "policy_uri": "https://evil.example/p",
            "self_registered": registered,
            "about": { "logo_uri": "https://evil.example/l.png", "localized": {
                "client_name#sv-FI": "Fältrapport", "policy_uri#sv": "https://evil.example/sv",
                "logo_uri#nb": "https://evil.example/nb.png" } },
        }))
        .unwrap()
    }

    #[test]
    fn an_app_that_nobody_checked_is_known_by_where_it_sends_people() {
        let face = of(&scene(settings(true), Some("https://other.example/cb")), Language::En).unwrap();
        assert_eq!((face.host.as_str(), face.unchecked), ("other.example", true));
        assert_eq!(of(&scene(settings(true), None), Language::En).unwrap().host, "evil.example");
        let face = of(&scene(settings(false), Some("https://other.example/cb")), Language::En).unwrap();
        assert_eq!((face.host.as_str(), face.unchecked), ("bank.example", false));
    }

    #[test]
    fn an_address_under_an_app_s_own_scheme_shows_no_host_of_others() {
        let shown = |uri| of(&scene(settings(true), Some(uri)), Language::En).unwrap().host;
        assert_eq!(shown("com.example.app:/cb"), "an app on your device (com.example.app)");
        assert_eq!(shown("com.evil.app://bank.example/cb"), "an app on your device (com.evil.app)");
        assert_eq!(shown("bank.example://bank.example/cb"), "an app on your device (bank.example)");
        assert_eq!(shown("http://127.0.0.1:8401/cb"), "127.0.0.1:8401");
    }

    #[test]
    fn an_app_speaks_the_language_of_the_page_where_it_registered_that() {
        let face = |language| of(&scene(settings(true), None), language).unwrap();
        let swedish = face(Language::Sv);
        assert_eq!(swedish.name, "Fältrapport");
        assert_eq!(swedish.policy.as_deref(), Some("https://evil.example/sv"));
        assert_eq!(swedish.logo.as_deref(), Some("/logo/app_x"));
        assert_eq!(face(Language::En).name, "Fieldreport");
        assert_eq!(face(Language::Nb).logo.as_deref(), Some("/logo/app_x?lang=nb"));
        assert_eq!(of(&scene(AppSettings::default(), None), Language::En).unwrap().logo, None);
    }
}
