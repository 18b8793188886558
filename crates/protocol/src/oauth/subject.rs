//! By which `sub` a client knows a person (OpenID Connect Core §8): the same for all, or one for each sector, so that
//! two clients cannot tell that they have the same person before them. Nor by the session, which goes the same way.

use super::host::host;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core::net::IpAddr;
use portvakt_model::app::AppSettings;
use portvakt_model::app::metadata::SubjectType;
use portvakt_model::{Account, SessionId};
use ring::hmac;
use std::borrow::Cow;

/// The sector of a client: the host of its `sector_identifier_uri`, else of its redirect URIs, which registration saw
/// to be one (OpenID Connect Core §8.1). `None`: no redirect URI has a host (a private-use scheme never has), or it is the
/// person's own machine, which every native app has: those apps are strangers to each other.
pub fn sector(settings: &AppSettings) -> Option<&str> {
    let from = settings.sector_identifier_uri.as_ref().or_else(|| settings.redirect_uris.first())?;
    host(from).filter(|host| !is_own_machine(host))
}

fn is_own_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether a client knows every person by the same `sub` under both settings: of one type, and of one sector where that
/// counts. A `sub` never changes within a grant (OpenID Connect Core §12.2), nor may one client learn two of a person.
pub fn is_same(one: &AppSettings, other: &AppSettings) -> bool {
    let sector_of = |settings| sector(settings).map(str::to_ascii_lowercase);
    match (one.subject_type, other.subject_type) {
        (SubjectType::Public, SubjectType::Public) => true,
        (SubjectType::Pairwise, SubjectType::Pairwise) => sector_of(one) == sector_of(other),
        (SubjectType::Public, SubjectType::Pairwise) | (SubjectType::Pairwise, SubjectType::Public) => false,
    }
}

/// The `sub` of a person as a client with these settings sees it. `key` is this deployment's own for this purpose and
/// never changes: a `sub` is for ever. A client without a sector is known by its own `client_id`.
pub fn of<'a>(settings: &AppSettings, client_id: &str, account: &'a Account, key: &[u8; 32]) -> Cow<'a, str> {
    match settings.subject_type {
        SubjectType::Public => Cow::Borrowed(account.sub.as_str()),
        SubjectType::Pairwise => {
            let sector = sector(settings).unwrap_or(client_id);
            Cow::Owned(pairwise(sector, account.id.0.as_bytes(), &hmac::Key::new(hmac::HMAC_SHA256, key)))
        }
    }
}

/// The `sid` of a session as a client with these settings sees it: one for all would tell clients with a sector of their
/// own that the same person is before them. `key` as for [`of`].
pub fn sid(settings: &AppSettings, client_id: &str, session: SessionId, key: &[u8; 32]) -> String {
    match settings.subject_type {
        SubjectType::Public => session.to_string(),
        SubjectType::Pairwise => {
            // A key of its own. Its label is shorter than any text that a `sub` is made from, so neither says anything
            // about the other.
            let own = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"sid");
            let sector = sector(settings).unwrap_or(client_id);
            pairwise(sector, session.0.as_bytes(), &hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()))
        }
    }
}

/// 128 bits of HMAC-SHA-256 over an id and the sector: 22 characters, as long as a public `sub`.
fn pairwise(sector: &str, id: &[u8; 16], key: &hmac::Key) -> String {
    let mut context = hmac::Context::with_key(key);
    // Ids have one length, so no two pairs make the same octets.
    context.update(id);
    context.update(sector.to_ascii_lowercase().as_bytes());
    let whole = context.sign();
    let (left, _) = whole.as_ref().split_at(16);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::AccountId;

    const KEY: [u8; 32] = [7; 32];

    fn settings(uris: &[&str], sector: Option<&str>) -> AppSettings {
        AppSettings {
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            sector_identifier_uri: sector.map(str::to_owned),
            subject_type: SubjectType::Pairwise,
            ..AppSettings::default()
        }
    }

    #[test]
    fn a_sector_is_a_host_and_the_registered_list_wins() {
        for (uris, list, expected) in [
            (&["https://a.example:8443/cb"][..], None, Some("a.example")),
            (&["https://a.example?x"], None, Some("a.example")),
            (&["https://[2001:db8::1]:1/cb"], None, Some("2001:db8::1")),
            (&["https://a.example/cb"], Some("https://b.example/list.json"), Some("b.example")),
            (&["com.example.app:/cb"], None, None),
            (&["com.evil.app://app.partner.example/cb"], None, None),
            (&["com.a.app://callback"], None, None),
            (&["https:evil.example/x://bank.example/cb"], None, None),
            (&["http://127.0.0.1:1/cb"], None, None),
            (&["http://[::1]/cb"], None, None),
            (&["http://localhost/cb"], None, None),
            (&["https://LOCALHOST./cb"], None, None),
            (&["https://app.localhost/cb"], None, None),
            (&["https://127.example/cb"], None, Some("127.example")),
            (&["https:///cb"], None, None),
            (&[], None, None),
        ] {
            assert_eq!(sector(&settings(uris, list)), expected, "{uris:?}");
        }
    }

    #[test]
    fn a_client_keeps_the_subjects_it_has_only_within_type_and_sector() {
        let pairwise = |uri: &str| settings(&[uri], None);
        let public = |uri: &str| AppSettings { subject_type: SubjectType::Public, ..pairwise(uri) };
        let (here, there) = ("https://a.example/cb", "https://b.example/cb");
        assert!(is_same(&pairwise(here), &pairwise("https://A.example:8443/other")));
        assert!(is_same(&public(here), &public(there)));
        assert!(is_same(&pairwise("com.a.app:/cb"), &pairwise("com.a.other:/cb")), "both are the client's own");
        for (one, other) in [
            (pairwise(here), pairwise(there)),
            (pairwise(here), public(here)),
            (public(here), pairwise(here)),
            (pairwise("com.a.app:/cb"), pairwise(here)),
        ] {
            assert!(!is_same(&one, &other) && !is_same(&other, &one), "{one:?} {other:?}");
        }
    }

    #[test]
    fn sectors_and_people_are_kept_apart_and_each_pair_is_for_ever() {
        let (one, two) = (AccountId::random([1; 16]), AccountId::random([2; 16]));
        let named = |sector: &str, account: AccountId, key: &[u8; 32]| {
            pairwise(sector, account.0.as_bytes(), &hmac::Key::new(hmac::HMAC_SHA256, key))
        };
        let sub = named("a.example", one, &KEY);
        // Computed elsewhere, and never to change: every app has it in its tables.
        assert_eq!(sub, "SIRu9jO9E-PgtuHzz44fIA");
        assert_eq!(sub, named("A.Example", one, &KEY), "hosts know no case");
        assert_ne!(sub, named("b.example", one, &KEY));
        assert_ne!(sub, named("a.example", two, &KEY));
        assert_ne!(sub, named("a.example", one, &[8; 32]));
    }
    #[test]
    fn sectors_see_a_session_under_names_of_their_own() {
        let id = SessionId::random([1; 16]);
        let at = |uri: &str| sid(&settings(&[uri], None), "app_a", id, &KEY);
        let (one, other) = (at("https://a.example/cb"), at("https://b.example/cb"));
        assert_eq!(one, at("https://a.example/other"), "one sector, one name");
        assert!(one != other && one != id.to_string() && other != id.to_string());
        let sub = pairwise("a.example", id.0.as_bytes(), &hmac::Key::new(hmac::HMAC_SHA256, &KEY));
        assert_ne!(one, sub, "a session whose id were an account's would not be named as the account is");
        assert_ne!(one, sid(&settings(&["https://a.example/cb"], None), "app_a", SessionId::random([2; 16]), &KEY));
        let public = AppSettings { subject_type: SubjectType::Public, ..settings(&["https://a.example/cb"], None) };
        assert_eq!(sid(&public, "app_a", id, &KEY), id.to_string());
        let native = |client_id| sid(&settings(&["com.example.app:/cb"], None), client_id, id, &KEY);
        assert_ne!(native("app_a"), native("app_b"), "without a host each app is its own sector");
    }
}
