//! A page's forms, read as a browser reads them.

use crate::fault::Fault;
use html5gum::{StartTag, Token, Tokenizer};
use url::Url;

/// A form that is sent by POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent.
    pub action: Url,
    /// What a browser sends along unasked: hidden fields, and the pressed button.
    pub fixed: Vec<(String, String)>,
    /// The names of its password fields.
    pub passwords: Vec<String>,
}

impl Form {
    /// Every form on the page that is sent by POST, in order.
    pub fn all(page: &Url, html: &str) -> Result<Vec<Self>, Fault> {
        let mut found = Vec::new();
        let mut open: Option<Self> = None;
        let mut pressed = false;
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) if is(&tag, "form") => {
                    pressed = false;
                    let posts = attribute(&tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                    let empty = Self { action: action(page, &tag)?, fixed: Vec::new(), passwords: Vec::new() };
                    open = posts.then_some(empty);
                }
                Token::StartTag(tag) if is(&tag, "input") || is(&tag, "button") => {
                    if let Some(form) = &mut open {
                        form.take(&tag, &mut pressed);
                    }
                }
                Token::EndTag(tag) if tag.name.as_slice() == b"form" => found.extend(open.take()),
                Token::StartTag(_)
                | Token::EndTag(_)
                | Token::String(_)
                | Token::Comment(_)
                | Token::Doctype(_)
                | Token::Error(_) => {}
            }
        }
        Ok(found)
    }

    /// Whether a password is typed into it.
    pub fn asks_password(&self) -> bool {
        !self.passwords.is_empty()
    }

    fn take(&mut self, tag: &StartTag<()>, pressed: &mut bool) {
        let kind = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
        let Some(name) = attribute(tag, "name") else { return };
        let value = attribute(tag, "value").unwrap_or_default();
        let submits = is(tag, "button") && matches!(kind.as_str(), "" | "submit") || kind == "submit";
        match kind.as_str() {
            "password" => self.passwords.push(name),
            "hidden" => self.fixed.push((name, value)),
            // A browser sends the one button that was pressed: the first, as at Enter.
            _ if submits && !*pressed => {
                *pressed = true;
                self.fixed.push((name, value));
            }
            _ => {}
        }
    }

    /// What is sent when this password was typed into each field.
    pub fn filled(&self, password: &str) -> Vec<(String, String)> {
        let typed = self.passwords.iter().map(|name| (name.clone(), password.to_owned()));
        self.fixed.iter().cloned().chain(typed).collect()
    }
}

fn action(page: &Url, tag: &StartTag<()>) -> Result<Url, Fault> {
    match attribute(tag, "action").filter(|action| !action.is_empty()) {
        Some(action) => page.join(&action).map_err(Fault::doing("The form's action is not a URL")),
        None => Ok(page.clone()),
    }
}

fn is(tag: &StartTag<()>, name: &str) -> bool {
    tag.name.as_slice() == name.as_bytes()
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tag.attributes
        .iter()
        .find(|(key, _)| key.as_slice() == name.as_bytes())
        .map(|(_, value)| String::from_utf8_lossy(value.value.as_slice()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_found_in_order_with_hidden_fields_decoded_and_the_first_button_pressed() {
        let page = Url::parse("http://localhost:8400/set-password?r=abc").unwrap();
        let html = r#"<form action="/language"><button name="language" value="sv">Svenska</button></form>
            <form method="post" action="/begin"><input type="hidden" name="h" value="1"><button>Begin</button></form>
            <form method="POST" action="/password/set"><input type="hidden" name="r" value="a&amp;b">
            <input type=password name=password><input name="again" type="PASSWORD">
            <button type="button" name="show" value="1">Show</button><button name="go" value="on">Save</button></form>"#;
        let forms = Form::all(&page, html).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let [begin, password] = forms.as_slice() else { panic!("two forms") };
        assert_eq!((begin.asks_password(), begin.filled("x")), (false, vec![pair("h", "1")]));
        assert_eq!(password.action.as_str(), "http://localhost:8400/password/set");
        let sent = [pair("r", "a&b"), pair("go", "on"), pair("password", "x"), pair("again", "x")];
        assert_eq!((password.asks_password(), password.filled("x")), (true, sent.to_vec()));
    }

    #[test]
    fn an_empty_action_is_the_page_itself() {
        let page = Url::parse("http://localhost:8400/x?r=1").unwrap();
        let forms = Form::all(&page, "<form method=post><input type=password name=p></form>").unwrap();
        assert_eq!(forms[0].action, page);
    }
}
