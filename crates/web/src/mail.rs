//! Mails: the same voice as the pages. Plain text is a full equal; HTML loads nothing from anywhere.

use crate::words::Words;
use askama::Template;
use portvakt_model::{Fault, Language, message::Message};

/// What a mail needs beside its message.
#[derive(Debug, Clone)]
pub struct MailContext {
    /// The language of the person who gets it.
    pub language: Language,
    /// The organisation that it speaks for.
    pub tenant_name: String,
    /// The person's name; empty if it isn't known.
    pub person_name: String,
    /// What the deployment calls itself.
    pub product: String,
}

/// A mail, ready but for sender and recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject: one line, not encoded.
    pub subject: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mail for `message`. It fails only when a template is broken.
pub fn render(message: &Message, context: &MailContext) -> Result<Mail, Fault> {
    let words = Words::of(context.language);
    let letter = Letter::of(message, context);
    let text = Text { letter: &letter }.render().map_err(Fault::broken)?;
    let html = Html { words, letter: &letter }.render().map_err(Fault::broken)?;
    Ok(Mail { subject: one_line(&letter.subject), text, html })
}

/// What stands in a mail, in the order in which it is read.
struct Letter {
    subject: String,
    hello: String,
    lead: String,
    facts: Vec<String>,
    /// Label and link of the one thing to do.
    button: Option<(&'static str, String)>,
    note: String,
    from: String,
    tenant: String,
}

impl Letter {
    fn of(message: &Message, context: &MailContext) -> Self {
        let words = Words::of(context.language);
        let tenant = &context.tenant_name;
        let hello = match context.person_name.as_str() {
            "" => words.mail_hello_nobody().to_owned(),
            name => words.mail_hello(name),
        };
        let letter = Self {
            subject: String::new(),
            hello,
            lead: String::new(),
            facts: Vec::new(),
            button: None,
            note: words.mail_ignore().to_owned(),
            from: words.mail_from(&context.product, tenant),
            tenant: tenant.clone(),
        };
        match message {
            Message::PasswordLink { link, until, first } => Self {
                subject: if *first { words.mail_first_subject() } else { words.mail_reset_subject() }.to_owned(),
                lead: if *first { words.mail_first_lead(tenant) } else { words.mail_reset_lead(tenant) },
                facts: vec![words.mail_until(words.date_time(until))],
                button: Some((words.mail_reset_button(), link.clone())),
                ..letter
            },
            Message::SignInLink { link, until } => Self {
                subject: words.mail_link_subject().to_owned(),
                lead: words.mail_link_lead(tenant),
                facts: vec![words.mail_until(words.date_time(until))],
                button: Some((words.mail_link_button(), link.clone())),
                ..letter
            },
            Message::PasswordChanged { at } => Self {
                subject: words.mail_changed_subject().to_owned(),
                lead: words.mail_changed_lead(words.date_time(at), tenant),
                note: words.mail_changed_note(tenant),
                ..letter
            },
            Message::NewDevice { at, browser } => Self {
                subject: words.mail_device_subject().to_owned(),
                lead: words.mail_device_lead(tenant),
                facts: vec![words.mail_device_browser(browser), words.mail_device_at(words.date_time(at))],
                note: words.mail_device_note().to_owned(),
                ..letter
            },
            Message::PasswordGuessed { at, failures, most } => Self {
                subject: words.mail_guessed_subject().to_owned(),
                lead: words.mail_guessed_lead(*failures, tenant),
                facts: vec![words.mail_guessed_at(words.date_time(at))],
                note: words.mail_guessed_note(most.to_string()),
                ..letter
            },
            Message::PasswordDisabled { at, failures } => Self {
                subject: words.mail_disabled_subject().to_owned(),
                lead: words.mail_disabled_lead(*failures, tenant),
                facts: vec![words.mail_guessed_at(words.date_time(at))],
                note: words.mail_disabled_note().to_owned(),
                ..letter
            },
            Message::OrganisationSignIn => Self {
                subject: words.mail_organisation_subject(tenant),
                lead: words.mail_organisation_lead(tenant),
                note: words.mail_organisation_note(tenant),
                ..letter
            },
        }
    }
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none", whitespace = "preserve")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    words: Words,
    letter: &'a Letter,
}

/// A subject with a line break would begin a header of somebody else's choosing.
fn one_line(subject: &str) -> String {
    subject.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::Timestamp;

    const AT: Timestamp = Timestamp::from_seconds(1_795_269_900);
    const LINK: &str = "https://id.nordvik.example/password/link?handle=abc";

    fn messages() -> Vec<Message> {
        vec![
            Message::PasswordLink { link: LINK.to_owned(), until: AT, first: false },
            Message::PasswordLink { link: LINK.to_owned(), until: AT, first: true },
            Message::SignInLink { link: LINK.to_owned(), until: AT },
            Message::PasswordChanged { at: AT },
            Message::NewDevice { at: AT, browser: "Firefox · Windows <script>".to_owned() },
            Message::PasswordGuessed { at: AT, failures: 10, most: 100 },
            Message::PasswordDisabled { at: AT, failures: 100 },
            Message::OrganisationSignIn,
        ]
    }

    fn context(language: Language) -> MailContext {
        MailContext {
            language,
            tenant_name: "Nordvik <script> kommun".to_owned(),
            person_name: "Anna Svensson\r\nBcc: x".to_owned(),
            product: "Portvakt".to_owned(),
        }
    }

    #[test]
    fn both_parts_say_who_sent_it_why_and_what_to_do() {
        for language in Language::ALL {
            for message in messages() {
                let mail = render(&message, &context(language)).unwrap();
                for part in [&mail.text, &mail.html] {
                    assert!(part.contains("Portvakt") && part.contains("Anna Svensson"), "{part}");
                    let has_link = matches!(message, Message::PasswordLink { .. } | Message::SignInLink { .. });
                    assert_eq!(part.contains(LINK), has_link);
                }
                assert!(mail.text.contains("Nordvik <script> kommun"), "plain text is not escaped");
                assert!(!mail.html.contains("<script>"), "HTML is");
                assert!(!mail.subject.contains(['\r', '\n']));
                assert!(!mail.html.contains("src=") && !mail.html.contains("url("), "nothing is loaded from elsewhere");
            }
        }
    }

    #[test]
    fn plain_text_reads_like_a_letter() {
        let context =
            MailContext { tenant_name: "Nordvik".to_owned(), person_name: "Anna".to_owned(), ..context(Language::En) };
        let mail = render(&Message::SignInLink { link: LINK.to_owned(), until: AT }, &context).unwrap();
        let wanted = format!(
            "Hello Anna,\n\nHere is the link to sign in with Nordvik. Open it in the browser where you asked for it.\n\n\
             Sign in:\n{LINK}\n\nThe link works once, until 21 November 2026 at 14:05 (UTC).\n\n\
             Didn't ask for this? Ignore the mail: nothing happens. We never ask for the link by phone.\n\n-- \n\
             Nordvik sends this through Portvakt, which handles its sign-in. You can't answer it."
        );
        assert_eq!(mail.text, wanted);
    }

    #[test]
    fn the_time_stands_in_the_reader_s_form() {
        let mail = render(&messages()[0], &context(Language::Nb)).unwrap();
        assert!(mail.text.contains("21. november 2026 kl. 14.05 (UTC)"), "{}", mail.text);
    }
}
