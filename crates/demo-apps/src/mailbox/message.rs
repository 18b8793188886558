//! A mail as it came, and as people read it.

use crate::clock;
use mail_parser::{Address, MessageParser, PartType};
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many mails are kept; the oldest goes first.
const MOST: usize = 200;

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Counts up from 1.
    pub id: u64,
    /// When it came, in seconds since 1970.
    pub received_at: i64,
    /// `MAIL FROM`.
    pub envelope_from: String,
    /// Every `RCPT TO`.
    pub envelope_to: Vec<String>,
    /// The header's sender, with name.
    pub from: String,
    /// The header's receivers.
    pub to: String,
    /// Where answers go, if elsewhere.
    pub reply_to: String,
    /// The subject, decoded (RFC 2047).
    pub subject: String,
    /// The text part, decoded.
    pub text: Option<String>,
    /// The HTML part, decoded.
    pub html: Option<String>,
    /// Every header as it came, in order.
    pub headers: Vec<(String, String)>,
}

impl Message {
    /// Reads a mail. What is no mail at all still shows up, with its bytes as text.
    pub fn read(envelope_from: String, envelope_to: Vec<String>, bytes: &[u8]) -> Self {
        let mut message = Self {
            id: 0,
            received_at: clock::unix_seconds(),
            envelope_from,
            envelope_to,
            from: String::new(),
            to: String::new(),
            reply_to: String::new(),
            subject: String::new(),
            text: None,
            html: None,
            headers: Vec::new(),
        };
        match MessageParser::default().parse(bytes) {
            Some(parsed) => message.take(&parsed),
            None => message.text = Some(String::from_utf8_lossy(bytes).into_owned()),
        }
        message
    }

    fn take(&mut self, parsed: &mail_parser::Message<'_>) {
        parsed.subject().unwrap_or_default().clone_into(&mut self.subject);
        self.from = addresses(parsed.from());
        self.to = addresses(parsed.to());
        self.reply_to = addresses(parsed.reply_to());
        // Only parts that are what they are called: the library would also make text of HTML and HTML of text.
        self.text = parsed.parts.iter().find_map(|part| match &part.body {
            PartType::Text(text) => Some(text.clone().into_owned()),
            PartType::Html(_)
            | PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Message(_)
            | PartType::Multipart(_) => None,
        });
        self.html = parsed.parts.iter().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.clone().into_owned()),
            PartType::Text(_)
            | PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Message(_)
            | PartType::Multipart(_) => None,
        });
        self.headers = parsed.headers_raw().map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    }

    /// The hour and minute at which it came, UTC.
    pub fn time(&self) -> String {
        let day = self.received_at.rem_euclid(86_400);
        format!("{:02}:{:02}", day / 3600, day / 60 % 60)
    }
}

fn addresses(list: Option<&Address<'_>>) -> String {
    let Some(list) = list else { return String::new() };
    let texts: Vec<String> = list
        .iter()
        .map(|one| match (one.name(), one.address()) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            (None, Some(address)) => address.to_owned(),
            (name, None) => name.unwrap_or_default().to_owned(),
        })
        .collect();
    texts.join(", ")
}

/// All mails, the newest last.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Message>,
    last_id: u64,
}

impl Mailbox {
    /// Takes a mail in.
    pub fn put(&self, message: Message) {
        let mut kept = self.lock();
        kept.last_id += 1;
        let id = kept.last_id;
        if kept.messages.len() >= MOST {
            kept.messages.pop_front();
        }
        kept.messages.push_back(Message { id, ..message });
    }

    /// Mails to this address (all if `None`), the newest first.
    pub fn list(&self, to: Option<&str>) -> Vec<Message> {
        let wanted = |message: &&Message| {
            to.is_none_or(|to| message.envelope_to.iter().any(|receiver| receiver.eq_ignore_ascii_case(to)))
        };
        self.lock().messages.iter().rev().filter(wanted).cloned().collect()
    }

    /// The mail with this id, if it is still kept.
    pub fn find(&self, id: u64) -> Option<Message> {
        self.lock().messages.iter().find(|message| message.id == id).cloned()
    }

    /// Throws all mails away.
    pub fn clear(&self) {
        self.lock().messages.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: =?utf-8?b?Tm9yZHZpa3Mga29tbXVu?= <no-reply@login.example>\r\n\
        To: anna.svensson@nordvik.example\r\n\
        Subject: =?utf-8?q?V=C3=A4lj_ett_l=C3=B6senord?=\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
        Hej Anna, l=C3=A4nken: https://login.example/=\r\nset?r=3Dabc\r\n\
        --b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        PHA+SGVqICZhbXA7IHbDpGxrb21tZW48L3A+\r\n--b--\r\n";

    fn read(bytes: &[u8]) -> Message {
        Message::read("a@x.example".to_owned(), vec!["b@y.example".to_owned()], bytes)
    }

    #[test]
    fn a_mail_in_swedish_is_read_in_both_its_forms() {
        let message = read(MAIL.as_bytes());
        assert_eq!(message.subject, "Välj ett lösenord");
        assert_eq!(message.from, "Nordviks kommun <no-reply@login.example>");
        assert!(message.text.unwrap().contains("länken: https://login.example/set?r=abc"));
        assert_eq!(message.html.as_deref(), Some("<p>Hej &amp; välkommen</p>"));
    }

    #[test]
    fn a_mail_with_text_alone_has_no_html() {
        let message = read(b"Subject: x\r\n\r\nhello\r\n");
        assert_eq!((message.text.as_deref().map(str::trim), message.html), (Some("hello"), None));
    }

    #[test]
    fn the_oldest_mail_goes_when_there_are_too_many() {
        let mailbox = Mailbox::default();
        for _ in 0..=MOST {
            mailbox.put(read(b"Subject: x\r\n\r\nhello\r\n"));
        }
        let all = mailbox.list(None);
        assert_eq!((all.len(), all[0].id, mailbox.find(1)), (MOST, MOST as u64 + 1, None));
        assert_eq!(mailbox.list(Some("B@Y.example")).len(), MOST);
        assert!(mailbox.list(Some("c@y.example")).is_empty());
    }
}
