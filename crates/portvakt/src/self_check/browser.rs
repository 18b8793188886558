//! A browser without script: keeps cookies, follows redirects on the deployment's own origin, fills our own pages' forms,
//! and stops where it would leave for the app.

use super::check::Person;
use super::page::{error_code, form_of, forms, goes_on_to};
use crate::outbound::http::{Asked, Direct, Seen};
use std::collections::BTreeMap;
use url::Url;

/// Longer than any honest chain of redirects and pages; shorter than a loop.
const PATIENCE: usize = 20;

/// How an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Query,
    Fragment,
    FormPost,
}

/// Where the browser came to stand.
#[derive(Debug)]
pub(super) enum Stop {
    /// It leaves for the app with this answer.
    Away(By, Vec<(String, String)>),
    /// A page of the deployment's.
    Page(Url, Seen),
}

impl Stop {
    /// The answer's parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        match self {
            Self::Away(_, all) => all.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()),
            Self::Page(..) => None,
        }
    }

    /// In a few words.
    pub(super) fn brief(&self) -> String {
        match self {
            Self::Away(_, all) => match self.get("error") {
                Some(error) => error.to_owned(),
                None => all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", "),
            },
            Self::Page(url, seen) => {
                format!("a page: {} {} {}", seen.status, url.path(), error_code(&seen.body).unwrap_or_default())
            }
        }
    }
}

/// One browser profile.
pub(super) struct Browser<'a> {
    http: &'a Direct,
    redirect_uri: String,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    /// A new one; it leaves the deployment for `redirect_uri`.
    pub(super) fn new(http: &'a Direct, redirect_uri: &str) -> Self {
        Self { http, redirect_uri: redirect_uri.to_owned(), cookies: BTreeMap::new() }
    }

    /// Opens an address and follows where it leads.
    pub(super) async fn open(&mut self, url: Url) -> Result<Stop, String> {
        let seen = self.send(&url, None).await?;
        self.settle(url, seen).await
    }

    /// The same, where it may leave for another of the app's addresses.
    pub(super) async fn leaving_for(&mut self, address: &str, url: Url) -> Result<Stop, String> {
        let usual = std::mem::replace(&mut self.redirect_uri, address.to_owned());
        let stop = self.open(url).await;
        self.redirect_uri = usual;
        stop
    }

    /// Posts a form and follows where it leads.
    pub(super) async fn post(&mut self, url: Url, fields: &[(&str, &str)]) -> Result<Stop, String> {
        let seen = self.send(&url, Some(fields)).await?;
        self.settle(url, seen).await
    }

    /// From an address on, does what each page asks, until the browser leaves for the app.
    pub(super) async fn sign_in(&mut self, from: Url, person: &Person) -> Result<Stop, String> {
        let mut stop = self.open(from).await?;
        let mut asked = Vec::new();
        loop {
            let Stop::Page(url, seen) = &stop else { return Ok(stop) };
            let (button, form) = ["login-submit", "consent-allow"]
                .into_iter()
                .find_map(|button| Some((button, form_of(&seen.body, button)?)))
                .ok_or_else(|| format!("nothing to answer on {}", stop.brief()))?;
            let question = (button, form.open.clone());
            if asked.contains(&question) {
                return Err(format!("address and password are not taken: {} asks again", url.path()));
            }
            let sent = form.pressed(button, &[("login", &person.address), ("password", &person.password)]);
            asked.push(question);
            stop = self.submit(&url.clone(), &form.action, &sent).await?;
        }
    }

    /// Sends a form of the page at `url`.
    pub(super) async fn submit(&mut self, url: &Url, action: &str, sent: &[(String, String)]) -> Result<Stop, String> {
        let target = url.join(action).map_err(|_| format!("a form that leads nowhere on {}", url.path()))?;
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(target, &sent).await
    }

    async fn send(&mut self, url: &Url, form: Option<&[(&str, &str)]>) -> Result<Seen, String> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (cookies, origin) = (cookies.join("; "), url.origin().ascii_serialization());
        let mut headers = vec![("accept", "text/html"), ("accept-language", "en")];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        if form.is_some() {
            headers.push(("origin", &origin));
        }
        let seen = self.http.send(Asked { url, headers: &headers, form, json: None }).await?;
        self.keep(&seen);
        Ok(seen)
    }

    async fn settle(&mut self, mut url: Url, mut seen: Seen) -> Result<Stop, String> {
        for _ in 0..PATIENCE {
            if let Some(form) = forms(&seen.body).into_iter().find(|form| self.is_app(&form.action)) {
                return Ok(Stop::Away(By::FormPost, form.fields));
            }
            let target = match seen.status {
                300..=399 => Some(seen.header("location").to_owned()),
                _ => goes_on_to(&seen.body),
            };
            let Some(target) = target else { return Ok(Stop::Page(url, seen)) };
            let target = url.join(&target).map_err(|_| format!("a redirect that leads nowhere: {target}"))?;
            if self.is_app(target.as_str()) {
                return Ok(answer(&target, &self.redirect_uri));
            }
            if !self.http.is_for(&target) {
                return Err(format!("sent to {}{}", target.origin().ascii_serialization(), target.path()));
            }
            seen = self.send(&target, None).await?;
            url = target;
        }
        Err(format!("redirects without end at {}", url.path()))
    }

    /// Whether an address is the app's redirect URI with an answer.
    fn is_app(&self, target: &str) -> bool {
        target.strip_prefix(&self.redirect_uri).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&', '#']))
    }

    /// Takes in `Set-Cookie`; `Max-Age=0` takes one away (RFC 6265 §5.3).
    fn keep(&mut self, seen: &Seen) {
        for line in seen.all("set-cookie") {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// The answer in a URL that the browser leaves for; what the redirect URI itself has in its query is none of it.
pub(super) fn answer(target: &Url, redirect_uri: &str) -> Stop {
    let read =
        |text: &str| -> Vec<(String, String)> { url::form_urlencoded::parse(text.as_bytes()).into_owned().collect() };
    if let Some(fragment) = target.fragment() {
        return Stop::Away(By::Fragment, read(fragment));
    }
    let own = redirect_uri.split_once('?').map_or(0, |(_, query)| read(query).len());
    Stop::Away(By::Query, read(target.query().unwrap_or_default()).into_iter().skip(own).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_from_where_it_stands() {
        let of = |url: &str, redirect_uri: &str| answer(&Url::parse(url).unwrap(), redirect_uri);
        let plain = of("https://app.example/cb?code=c&state=a%2Bb", "https://app.example/cb");
        assert!(matches!(plain, Stop::Away(By::Query, _)));
        assert_eq!((plain.get("code"), plain.get("state")), (Some("c"), Some("a+b")));
        let own = of("https://app.example/cb?state=mine&state=s", "https://app.example/cb?state=mine");
        assert_eq!(own.get("state"), Some("s"));
        let fragment = of("https://app.example/cb#id_token=t", "https://app.example/cb");
        assert!(matches!(fragment, Stop::Away(By::Fragment, _)));
        assert_eq!((fragment.get("id_token"), fragment.get("code")), (Some("t"), None));
    }
}
