//! A page as a browser without script sees it: its forms, its links, and where it goes on by itself.

use url::Url;

use crate::{Answer, Failure};

/// A page that was shown, or the point at which the browser left for somewhere else.
#[derive(Debug)]
pub struct Page {
    /// Where it was found, after redirects.
    pub url: Url,
    /// Status, headers and HTML.
    pub answer: Answer,
    /// Where the browser would go next, when that is another site: a relying app's redirect URI.
    pub leaves_for: Option<Url>,
}

/// A form, with what it already holds.
#[derive(Debug, Clone)]
pub struct Form {
    /// Where it is sent, as written.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Whether it stands in the page's `main`: the question itself, not the language switcher.
    pub main: bool,
    /// Its fields in order.
    pub fields: Vec<Field>,
}

/// One named thing in a form.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
    /// `text`, `password`, `hidden`, `checkbox`, `submit` …
    pub kind: String,
    /// Its autocomplete tokens.
    pub autocomplete: String,
    /// Whether a check box or radio button is ticked.
    pub checked: bool,
    /// Whether it only shows what was given before (password managers read it).
    pub fixed: bool,
}

impl Field {
    /// Asks who is signing in.
    pub fn is_address(&self) -> bool {
        !self.fixed && (self.kind == "email" || self.has("username"))
    }

    /// Asks for a password, old or new.
    pub fn is_password(&self) -> bool {
        self.kind == "password" || self.has("current-password") || self.has("new-password")
    }

    fn has(&self, token: &str) -> bool {
        self.kind != "hidden" && self.autocomplete.split_whitespace().any(|word| word == token)
    }
}

impl Form {
    /// What pressing Enter sends: every field with its value, `changes` put in by name, and the first button.
    pub fn filled(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        self.pressed(changes, self.fields.iter().find(|field| field.kind == "submit"))
    }

    /// The same with the button of that name and value pressed.
    pub fn pressed(&self, changes: &[(&str, &str)], button: Option<&Field>) -> Vec<(String, String)> {
        let sent = self.fields.iter().filter(|field| match field.kind.as_str() {
            "submit" | "button" => false,
            "checkbox" | "radio" => field.checked,
            _ => true,
        });
        sent.chain(button)
            .filter(|field| !field.name.is_empty())
            .map(|field| {
                let change = changes.iter().find(|(name, _)| *name == field.name);
                (field.name.clone(), change.map_or(field.value.clone(), |(_, value)| (*value).to_owned()))
            })
            .collect()
    }
}

impl Page {
    /// Its forms, in order.
    pub fn forms(&self) -> Vec<Form> {
        let (mut forms, mut main, mut open) = (Vec::<Form>::new(), false, false);
        for tag in tags(&self.answer.body) {
            match tag.name.as_str() {
                "main" => main = true,
                "/main" => main = false,
                "form" => {
                    open = true;
                    let method = tag.get("method").unwrap_or("get").to_ascii_lowercase();
                    let action = tag.get("action").unwrap_or_default().to_owned();
                    forms.push(Form { action, method, main, fields: Vec::new() });
                }
                "/form" => open = false,
                "input" | "button" | "select" | "textarea" if open => {
                    if let Some(form) = forms.last_mut() {
                        form.fields.push(tag.field());
                    }
                }
                "option" if open => {
                    let select = forms.last_mut().and_then(|form| form.fields.last_mut());
                    if let Some(select) = select.filter(|_| tag.get("selected").is_some()) {
                        tag.get("value").unwrap_or_default().clone_into(&mut select.value);
                    }
                }
                _ => {}
            }
        }
        forms
    }

    /// The form that `wanted` picks, or a failure that shows the page.
    pub fn form(&self, wanted: impl Fn(&Form) -> bool) -> Result<Form, Failure> {
        self.forms().into_iter().find(wanted).ok_or_else(|| self.unexpected("a form that isn't there"))
    }

    /// Where its links go, as written.
    pub fn links(&self) -> Vec<String> {
        tags(&self.answer.body)
            .filter(|tag| tag.name == "a")
            .filter_map(|tag| tag.get("href").map(String::from))
            .collect()
    }

    /// Where the page goes on by itself (`<meta http-equiv="refresh">`).
    pub fn goes_on_to(&self) -> Option<Url> {
        let refresh = tags(&self.answer.body).find(|tag| {
            tag.name == "meta" && tag.get("http-equiv").is_some_and(|value| value.eq_ignore_ascii_case("refresh"))
        })?;
        let content = refresh.get("content")?;
        let at = content.to_ascii_lowercase().find("url=")? + "url=".len();
        self.url.join(content.get(at..)?.trim().trim_matches(['\'', '"'])).ok()
    }

    /// Its `h1`, without tags.
    pub fn heading(&self) -> String {
        let inner = self.answer.body.split_once("<h1").and_then(|(_, rest)| rest.split_once('>'));
        let text = inner.and_then(|(_, rest)| rest.split_once("</h1>")).map_or("", |(text, _)| text);
        let mut plain = String::new();
        let mut inside = false;
        for c in text.chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                _ if !inside => plain.push(c),
                _ => {}
            }
        }
        decode(plain.trim())
    }

    /// The value of a parameter of the address that the browser leaves for.
    pub fn parameter(&self, name: &str) -> Result<String, Failure> {
        let target = self.leaves_for.as_ref().ok_or_else(|| self.unexpected("the way back to the app"))?;
        let found = target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        found.ok_or_else(|| Failure::new(format!("no {name} in {target}")))
    }

    /// A failure that says what was wanted and what this page is instead.
    pub fn unexpected(&self, wanted: &str) -> Failure {
        let (status, body) = (self.answer.status, &self.answer.body);
        Failure::new(format!("wanted {wanted}, got {status} “{}” at {}:\n{body}", self.heading(), self.url))
    }
}

/// An opening or closing tag with its attributes.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn field(&self) -> Field {
        let text = |name: &str| self.get(name).unwrap_or_default().to_owned();
        let default = match self.name.as_str() {
            "button" => "submit",
            "input" => "text",
            other => other,
        };
        let kind = self.get("type").unwrap_or(default).to_ascii_lowercase();
        let value = match (self.get("value"), kind.as_str()) {
            (None, "checkbox" | "radio") => "on".to_owned(),
            (value, _) => value.unwrap_or_default().to_owned(),
        };
        let has = |name: &str| self.get(name).is_some();
        let (checked, fixed) = (has("checked"), has("readonly"));
        Field { name: text("name"), value, kind, autocomplete: text("autocomplete"), checked, fixed }
    }
}

/// The tags of a well-formed page: what our templates write, not all that browsers forgive.
fn tags(html: &str) -> impl Iterator<Item = Tag> + '_ {
    html.split('<').skip(1).filter(|piece| !piece.starts_with('!')).map(|piece| {
        let (head, rest) = piece.split_at(piece.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(piece.len()));
        Tag { name: head.trim_end_matches('/').to_ascii_lowercase(), attributes: attributes(rest) }
    })
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return found;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=/>".contains(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(value) => match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    value.get(1..).and_then(|value| value.split_once(quote)).unwrap_or((value, ""))
                }
                _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
            },
        };
        found.push((name.to_ascii_lowercase(), decode(value)));
        rest = after;
        // A lone `=` or quote would stand still here for ever.
        if end == 0 {
            return found;
        }
    }
}

/// Character references: the few that templates write, and numbers.
fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, after)) = tail.split_once(';') else {
            out.push('&');
            rest = tail;
            continue;
        };
        let number = name.strip_prefix("#x").map_or_else(
            || name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
            |digits| u32::from_str_radix(digits, 16).ok(),
        );
        match (name, number.and_then(char::from_u32)) {
            ("amp", _) => out.push('&'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("quot", _) => out.push('"'),
            (_, Some(c)) => out.push(c),
            _ => {
                out.push('&');
                rest = tail;
                continue;
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderMap;

    fn page(body: &str) -> Page {
        let answer = Answer { status: 200, headers: HeaderMap::new(), body: body.to_owned() };
        Page { url: Url::parse("https://login.example/sign-in?r=x").unwrap(), answer, leaves_for: None }
    }

    #[test]
    fn the_question_is_told_from_the_language_switcher() {
        let page = page(
            "<form method=post action=/language><button name=language value=sv>Svenska</button></form><main><h1 \
             id=h>What&#39;s <b>it</b>?</h1><form method=\"post\" action='/sign-in?a=1&amp;b=2'><input type=hidden \
             name=r value=\"a&quot;b\"><input type=email name=address autocomplete=\"username webauthn\" value><input \
             type=checkbox name=keep checked /><input type=checkbox name=no><button name=act value=go>Go</button> \
             <button name=act value=stop>Stop</button></form></main>",
        );
        assert_eq!(page.heading(), "What's it?");
        let form = page.form(|form| form.main).unwrap();
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/sign-in?a=1&b=2", "post"));
        assert!(form.fields.iter().any(Field::is_address));
        let sent = form.filled(&[("address", "anna@nordvik.example")]);
        let wanted = [("r", "a\"b"), ("address", "anna@nordvik.example"), ("keep", "on"), ("act", "go")];
        assert_eq!(sent, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_page_that_goes_on_by_itself_says_where() {
        let page = page("<meta http-equiv=\"refresh\" content=\"0; url=/done?a=1&amp;b=2\">");
        assert_eq!(page.goes_on_to().unwrap().as_str(), "https://login.example/done?a=1&b=2");
    }
}
