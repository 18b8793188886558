//! Walks the set-password page as a person would: opens the link, presses the button that begins, types the password
//! twice, presses the button that saves.

use super::form::Form;
use crate::fault::Fault;
use crate::http;
use reqwest::{Client, Response};
use url::Url;

/// How many buttons may come before the password is asked for.
const BUTTONS: usize = 3;

/// Sets the password of the account that the link was made for.
pub async fn walk(link: &str, password: &str) -> Result<(), Fault> {
    let browser = http::browser()?;
    let opened = browser.get(link).send().await.map_err(Fault::doing("Opening a set-password link"))?;
    let mut page = Page::read(opened).await?;
    for _ in 0..BUTTONS {
        let form = page.form()?;
        let asked = form.asks_password();
        page = page.send(&browser, &form, password).await?;
        if asked {
            return page.accepted();
        }
    }
    Err(Fault::new(format!("{} does not ask for a password.", page.place())))
}

struct Page {
    url: Url,
    html: String,
}

impl Page {
    async fn read(answer: Response) -> Result<Self, Fault> {
        let url = answer.url().clone();
        let status = answer.status();
        let html = answer.text().await.map_err(Fault::doing(format!("Reading {}", url.path())))?;
        let page = Self { url, html };
        if status.is_success() { Ok(page) } else { Err(Fault::new(format!("{} answered {status}.", page.place()))) }
    }

    /// The password form; on a page without one, the first that there is.
    fn form(&self) -> Result<Form, Fault> {
        let mut forms = Form::all(&self.url, &self.html)?;
        let index = forms.iter().position(Form::asks_password).unwrap_or_default();
        if index < forms.len() {
            Ok(forms.swap_remove(index))
        } else {
            Err(Fault::new(format!("There is no form at {}.", self.place())))
        }
    }

    /// Sends a form as a browser does, with the headers by which a server knows its own pages.
    async fn send(&self, browser: &Client, form: &Form, password: &str) -> Result<Self, Fault> {
        let answer = browser
            .post(form.action.clone())
            .header("Origin", self.url.origin().ascii_serialization())
            .header("Referer", self.url.as_str())
            .header("Sec-Fetch-Site", "same-origin")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .form(&form.filled(password))
            .send()
            .await
            .map_err(Fault::doing(format!("Sending the form at {}", self.place())))?;
        Self::read(answer).await
    }

    /// A page that asks for the new password again did not take it.
    fn accepted(&self) -> Result<(), Fault> {
        let twice = |form: &Form| form.passwords.len() > 1;
        if Form::all(&self.url, &self.html)?.iter().any(twice) {
            Err(Fault::new(format!("The password was not accepted at {}.", self.place())))
        } else {
            Ok(())
        }
    }

    /// The address without its secret.
    fn place(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }
}
