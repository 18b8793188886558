//! Redirect URIs are compared to the letter (RFC 9700 §4.1.3): whatever is a little other than the registered one gets a
//! page and no redirect.

use super::authorize::page;
use super::check::{App, Check};
use super::finding::Demand;
use crate::outbound::http::Asked;
use url::{Host, Url};

static PATH: Demand =
    Demand::new("authorize.redirect-path", "a redirect URI with more path is refused", "RFC 9700 §4.1.3");
static QUERY: Demand =
    Demand::new("authorize.redirect-query", "a redirect URI with more query is refused", "RFC 9700 §4.1.3");
static PORT: Demand =
    Demand::new("authorize.redirect-port", "a redirect URI with another port is refused", "RFC 9700 §4.1.3");
static HOST: Demand =
    Demand::new("authorize.redirect-host", "a redirect URI on another host is refused", "RFC 9700 §4.1.3");
static SCHEME: Demand =
    Demand::new("authorize.redirect-scheme", "a redirect URI with another scheme is refused", "RFC 9700 §4.1.3");
static MISSING: Demand =
    Demand::new("authorize.redirect-missing", "a request without redirect URI is refused", "OIDC Core §3.1.2.1");

static ALL: [&Demand; 6] = [&PATH, &QUERY, &PORT, &HOST, &SCHEME, &MISSING];

pub(super) async fn run(check: &mut Check<'_>, app: Option<&App>) -> Result<(), String> {
    let Some(app) = app else {
        check.skip(&ALL, "needs --client-id and --redirect-uri");
        return Ok(());
    };
    for (demand, changed) in changed(&app.redirect_uri) {
        match changed {
            Err(why) => check.push(demand.not_applicable(why)),
            Ok(uris) => {
                for uri in uris {
                    ask(check, app, demand, &uri).await?;
                }
            }
        }
    }
    ask(check, app, &MISSING, "").await
}

async fn ask(check: &mut Check<'_>, app: &App, demand: &'static Demand, uri: &str) -> Result<(), String> {
    // Silent, so that nothing but the comparison stands between the request and the redirect.
    let ask = check.ask_briefly(app, &[("redirect_uri", uri), ("prompt", "none")])?;
    let seen = match check.address(&ask) {
        Ok(url) => check.http.send(Asked::get(&url, &[])).await,
        Err(why) => Err(why),
    };
    check.push(page(demand, &seen));
    Ok(())
}

type Changed = Result<Vec<String>, &'static str>;

/// The registered URI, changed in one way each.
fn changed(registered: &str) -> Vec<(&'static Demand, Changed)> {
    let Ok(url) = Url::parse(registered) else {
        return ALL.iter().take(5).map(|demand| (*demand, Err("--redirect-uri is no URL"))).collect();
    };
    let with = |change: &dyn Fn(&mut Url) -> Option<()>| {
        let mut url = url.clone();
        change(&mut url).map(|()| vec![url.to_string()]).ok_or("such an address has none")
    };
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    };
    let path = {
        let (before, query) =
            registered.split_once('?').map_or((registered, None), |(before, query)| (before, Some(query)));
        let again = |path: &str| query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        Ok([format!("{before}/more"), format!("{before}x"), format!("{before}/../evil")]
            .map(|path| again(&path))
            .into())
    };
    let query = if registered.contains('?') { format!("{registered}&more=1") } else { format!("{registered}?more=1") };
    let other_scheme = if url.scheme() == "https" { "http" } else { "https" };
    vec![
        (&PATH, path),
        (&QUERY, Ok(vec![query])),
        // A native app's port on loopback may be any (RFC 8252 §7.3).
        (
            &PORT,
            if loopback {
                Err("on loopback a native app may have any port")
            } else {
                with(&|url| url.set_port(Some(44_444)).ok())
            },
        ),
        (&HOST, with(&|url| url.set_host(Some("self-check.example")).ok())),
        (&SCHEME, with(&|url| url.set_scheme(other_scheme).ok())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_changed_address_is_the_registered_one() {
        for registered in [
            "https://app.example/callback",
            "https://app.example/callback?tenant=1",
            "https://app.example",
            "http://127.0.0.1:4000/cb",
            "com.example.app:/callback",
        ] {
            for (demand, uris) in changed(registered) {
                for uri in uris.unwrap_or_default() {
                    assert_ne!(uri, registered, "{}", demand.id);
                    assert_ne!(uri, format!("{registered}/"), "{}", demand.id);
                }
            }
        }
        let all: Vec<String> =
            changed("https://app.example/cb").into_iter().flat_map(|(_, uris)| uris.unwrap()).collect();
        assert!(all.contains(&"https://app.example:44444/cb".to_owned()));
        assert!(all.contains(&"https://self-check.example/cb".to_owned()));
        assert!(all.contains(&"http://app.example/cb".to_owned()));
        assert!(all.contains(&"https://app.example/cb?more=1".to_owned()));
    }
}
