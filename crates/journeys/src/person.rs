//! A person with a browser that runs no script: keeps cookies, follows redirects, fills forms, stops at the site's edge.

use std::collections::BTreeMap;

use url::Url;

use crate::{Answer, Failure, Form, Http, Page, page::Field};

/// Longer than any honest chain of redirects and pages; shorter than a loop.
const PATIENCE: usize = 20;

/// One browser profile. Its cookies hold for one host, which is all that Portvakt has.
pub struct Person {
    http: Http,
    site: Url,
    cookies: BTreeMap<String, String>,
    language: String,
}

impl Person {
    /// Somebody who visits `site` (the issuer) for the first time.
    pub fn new(http: Http, site: &str) -> Result<Self, Failure> {
        Ok(Self { http, site: Url::parse(site)?, cookies: BTreeMap::new(), language: "en".to_owned() })
    }

    /// What the browser asks for in `Accept-Language`.
    #[must_use]
    pub fn speaking(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    /// A cookie's value, when the browser has it.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Puts a cookie in or, with an empty value, takes it out: for tests of stale and stolen ones.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Opens an address, as from the address bar, and follows where it leads.
    pub fn open(&mut self, address: &str) -> Result<Page, Failure> {
        let url = self.site.join(address)?;
        let answer = self.get(&url)?;
        self.settle(url, answer)
    }

    /// Fills the form's fields by name, sends it, and follows where it leads.
    pub fn submit(&mut self, page: &Page, form: &Form, changes: &[(&str, &str)]) -> Result<Page, Failure> {
        self.send(page, form, &form.filled(changes))
    }

    /// Presses the form's button of that name and value.
    pub fn press(&mut self, page: &Page, form: &Form, name: &str, value: &str) -> Result<Page, Failure> {
        let button = form.fields.iter().find(|field| field.name == name && field.value == value);
        let button = button.ok_or_else(|| page.unexpected(&format!("a button {name}={value}")))?;
        self.send(page, form, &form.pressed(&[], Some(button)))
    }

    /// From `address` on, does what each page asks (address, password, consent) until the browser leaves for the app,
    /// or a page asks what it asked before: then that page is returned, with what it says.
    pub fn sign_in(&mut self, from: &str, address: &str, password: &str) -> Result<Page, Failure> {
        let mut page = self.open(from)?;
        let mut asked = Vec::new();
        for _ in 0..PATIENCE {
            let form = page.forms().into_iter().find(|form| form.main && form.method == "post");
            let Some(form) = form.filter(|_| page.leaves_for.is_none()) else { return Ok(page) };
            let question: Vec<String> = form.fields.iter().map(|field| field.name.clone()).collect();
            if asked.contains(&question) {
                return Ok(page);
            }
            let answers: Vec<(String, &str)> = form
                .fields
                .iter()
                .filter_map(|field| match (field.is_address(), field.is_password()) {
                    (true, _) => Some((field.name.clone(), address)),
                    (_, true) => Some((field.name.clone(), password)),
                    _ => None,
                })
                .collect();
            let answers: Vec<(&str, &str)> = answers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            asked.push(question);
            page = self.submit(&page, &form, &answers)?;
        }
        Err(page.unexpected("an end to the questions"))
    }

    /// Opens a set-password or reset link and chooses `password` there; a failure when it isn't taken.
    pub fn choose_password(&mut self, link: &str, password: &str) -> Result<Page, Failure> {
        let mut page = self.open(link)?;
        for _ in 0..PATIENCE {
            let form = page.form(|form| form.main && form.method == "post")?;
            let names: Vec<&str> =
                form.fields.iter().filter(|field| field.is_password()).map(|field| field.name.as_str()).collect();
            let answers: Vec<(&str, &str)> = names.iter().map(|name| (*name, password)).collect();
            page = self.submit(&page, &form, &answers)?;
            if !names.is_empty() {
                let asks_again = page.forms().iter().any(|form| form.fields.iter().any(Field::is_password));
                return if asks_again { Err(page.unexpected("the password to be taken")) } else { Ok(page) };
            }
        }
        Err(page.unexpected("a field for the new password"))
    }

    fn send(&mut self, page: &Page, form: &Form, fields: &[(String, String)]) -> Result<Page, Failure> {
        let mut url = page.url.join(&form.action)?;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if form.method != "post" {
            url.query_pairs_mut().clear().extend_pairs(&fields);
            let answer = self.get(&url)?;
            return self.settle(url, answer);
        }
        let (cookies, origin) = (self.cookie_header(), page.url.origin().ascii_serialization());
        let headers = [
            ("cookie", cookies.as_str()),
            ("accept-language", self.language.as_str()),
            ("origin", origin.as_str()),
            ("referer", page.url.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let answer = self.http.post(url.as_str(), &headers, &fields)?;
        self.keep(&answer);
        self.settle(url, answer)
    }

    fn get(&mut self, url: &Url) -> Result<Answer, Failure> {
        let cookies = self.cookie_header();
        let mut headers = vec![("accept-language", self.language.as_str()), ("accept", "text/html")];
        if !cookies.is_empty() {
            headers.push(("cookie", cookies.as_str()));
        }
        let answer = self.http.get(url.as_str(), &headers)?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Follows redirects and pages that go on by themselves, to the site's edge and not beyond.
    fn settle(&mut self, mut url: Url, mut answer: Answer) -> Result<Page, Failure> {
        for _ in 0..PATIENCE {
            let target = match answer.status {
                300..=399 if answer.status != 304 => Some(url.join(answer.header("location"))?),
                _ => None,
            };
            let page = Page { url: url.clone(), answer, leaves_for: None };
            let Some(target) = target.or_else(|| page.goes_on_to()) else { return Ok(page) };
            if target.origin() != self.site.origin() {
                return Ok(Page { leaves_for: Some(target), ..page });
            }
            url = target;
            answer = self.get(&url)?;
        }
        Err(Failure::new(format!("redirects without end at {url}")))
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Takes in `Set-Cookie`; `Max-Age=0` takes a cookie away (RFC 6265 §5.3).
    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let gone = parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            self.set_cookie(name, if gone { "" } else { value });
        }
    }
}
