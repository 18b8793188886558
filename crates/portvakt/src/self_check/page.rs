//! A page as a browser without script reads it: its forms, and where it goes on by itself. It reads what our own
//! templates write, not all that browsers forgive.

/// A form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) action: String,
    /// Names and values of what it sends as it stands.
    pub(super) fields: Vec<(String, String)>,
    /// Names of fields that wait for something to be written.
    pub(super) open: Vec<String>,
    /// Its buttons: id, name, value.
    buttons: Vec<(String, String, String)>,
}

impl Form {
    /// What it sends when the button with that id is pressed, with `written` in its open fields.
    pub(super) fn pressed(&self, id: &str, written: &[(&str, &str)]) -> Vec<(String, String)> {
        let open = written.iter().filter(|(name, _)| self.open.iter().any(|open| open == name));
        let button = self.buttons.iter().filter(|(its, name, _)| its == id && !name.is_empty());
        let mut all = self.fields.clone();
        all.extend(open.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all.extend(button.map(|(_, name, value)| (name.clone(), value.clone())));
        all
    }

    fn has_button(&self, id: &str) -> bool {
        self.buttons.iter().any(|(its, _, _)| its == id)
    }
}

/// The form that has the button with that id.
pub(super) fn form_of(html: &str, button: &str) -> Option<Form> {
    forms(html).into_iter().find(|form| form.has_button(button))
}

/// All forms that are posted.
pub(super) fn forms(html: &str) -> Vec<Form> {
    let mut all: Vec<Form> = Vec::new();
    let mut inside: Option<Form> = None;
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                let is_post = tag.get("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                inside = is_post.then(|| Form { action: tag.text("action"), ..Form::default() });
            }
            "/form" => all.extend(inside.take()),
            "input" | "button" => inside.iter_mut().for_each(|form| add(form, &tag)),
            _ => {}
        }
    }
    all
}

fn add(form: &mut Form, tag: &Tag) {
    let (name, value) = (tag.text("name"), tag.text("value"));
    let default = if tag.name == "button" { "submit" } else { "text" };
    match tag.get("type").unwrap_or(default) {
        "submit" => form.buttons.push((tag.text("id"), name, value)),
        "button" | "reset" | "image" => {}
        "checkbox" | "radio" if tag.get("checked").is_none() => {}
        "text" | "email" | "password" if tag.get("readonly").is_none() => form.open.push(name),
        _ if name.is_empty() => {}
        _ => form.fields.push((name, value)),
    }
}

/// Where `<meta http-equiv="refresh">` leads.
pub(super) fn goes_on_to(html: &str) -> Option<String> {
    let meta = tags(html).find(|tag| tag.name == "meta" && tag.get("http-equiv") == Some("refresh"))?;
    let content = meta.get("content")?;
    let at = content.find("url=")? + "url=".len();
    content.get(at..).map(|target| target.trim().to_owned())
}

/// What stands in the element with `id=error-code`, on our error pages.
pub(super) fn error_code(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("id=\"error-code\"")?;
    rest.split_once('>')?.1.split_once('<').map(|(code, _)| code)
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag> + '_ {
    html.split('<').skip(1).filter(|piece| !piece.starts_with('!')).map(|piece| {
        let (name, rest) = piece.split_at(piece.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(piece.len()));
        Tag { name: name.to_ascii_lowercase(), attributes: attributes(rest) }
    })
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || "=/>".contains(c)).unwrap_or(rest.len());
        // At the end of the tag; or at a lone `=`, where it would stand still for ever.
        if end == 0 {
            return found;
        }
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(value) => match value.strip_prefix('"') {
                Some(value) => value.split_once('"').unwrap_or((value, "")),
                None => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
            },
        };
        found.push((name.to_ascii_lowercase(), decoded(value)));
        rest = after;
    }
}

/// Character references: those that templates write.
fn decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('&') {
        out.push_str(before);
        let reference = tail.split_once(';').and_then(|(name, after)| Some((character(name)?, after)));
        if let Some((c, after)) = reference {
            out.push(c);
            rest = after;
        } else {
            out.push('&');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let number = match name.strip_prefix("#x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => name.strip_prefix('#').and_then(|digits| digits.parse().ok()),
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        _ => number.and_then(char::from_u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><form action=/language><button name=language value=sv>Svenska</button></form>\
        <form method=\"post\" action=\"/sign-in?a=1&amp;b=2\"><input type=\"hidden\" name=\"r\" value=\"a&#34;b\">\
        <input type=\"email\" name=\"login\" readonly value=\"anna\"><input name=password type=password required/>\
        <input type=checkbox name=keep value=yes checked><input type=checkbox name=no>\
        <button id=\"login-submit\" name=\"act\" value=\"go\">Go</button><button id=back name=act value=back></button></form>";

    #[test]
    fn a_form_sends_what_a_browser_would() {
        let form = form_of(PAGE, "login-submit").unwrap();
        assert_eq!(form.action, "/sign-in?a=1&b=2");
        let sent = form.pressed("login-submit", &[("password", "secret"), ("unknown", "x")]);
        let wanted = [("r", "a\"b"), ("login", "anna"), ("keep", "yes"), ("password", "secret"), ("act", "go")];
        assert_eq!(sent, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(form_of(PAGE, "consent-allow"), None);
    }

    #[test]
    fn a_page_says_where_it_goes_on_and_what_went_wrong() {
        let page = "<meta http-equiv=\"refresh\" content=\"0;url=https://app.example/cb?a=1&amp;b=2\">";
        assert_eq!(goes_on_to(page).as_deref(), Some("https://app.example/cb?a=1&b=2"));
        assert_eq!(goes_on_to(PAGE), None);
        assert_eq!(error_code("<dd class=\"mono\" id=\"error-code\">invalid_request</dd>"), Some("invalid_request"));
    }

    #[test]
    fn any_text_can_be_read() {
        for odd in
            ["<", "<form method=post", "<form method=post><input =", "<a b='", "<input name=\"x", "&;&#;<form =>"]
        {
            assert!(forms(odd).is_empty(), "{odd}");
        }
    }
}
