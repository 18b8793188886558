//! Mail by SMTP (RFC 5321), through lettre: text and HTML parts in the person's language.

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message as Mime, Tokio1Executor};
use portvakt_flows::outside::{Letter, MailFault};
use portvakt_web::mail::{MailContext, render};
use std::time::Duration;

/// How long the mail server may take over one mail.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands letters to one mail server.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
    name: String,
}

impl Mailer {
    /// For the server at `url`; `sender` is who writes where no organisation does.
    ///
    /// # Errors
    /// A sentence: what is wrong.
    pub fn new(url: &str, sender: &str, name: &str) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|why| format!("mail.smtp_url cannot be used: {why}."))?
            .timeout(Some(PATIENCE))
            .build();
        let sender = sender.parse().map_err(|why| format!("mail.sender cannot be used: {why}."))?;
        Ok(Self { transport, sender, name: name.to_owned() })
    }

    /// Hands one letter over; done when the server has taken it.
    pub async fn post(&self, letter: Letter) -> Result<(), MailFault> {
        let mime = self.mime(letter)?;
        self.transport.send(mime).await.map(drop).map_err(|why| fault(&why))
    }

    fn mime(&self, letter: Letter) -> Result<Mime, MailFault> {
        let lasting = |why: &dyn std::fmt::Display| MailFault::Lasting(why.to_string());
        let context = MailContext {
            language: letter.language,
            tenant_name: letter.organisation.clone(),
            person_name: letter.name.clone(),
            product: self.name.clone(),
        };
        let mail = render(&letter.message, &context).map_err(|why| lasting(&why))?;
        let to: Address = letter.recipient.parse().map_err(|why| lasting(&why))?;
        // The organisation's name stands before our own address where it has no sender: replies still come to us.
        let from = match &letter.sender {
            Some(sender) => sender.parse().map_err(|why| lasting(&why))?,
            None => Mailbox::new(Some(letter.organisation), self.sender.email.clone()),
        };
        let name = Some(letter.name).filter(|name| !name.is_empty());
        let host = self.sender.email.domain();
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        Mime::builder()
            .from(from)
            .to(Mailbox::new(name, to))
            .subject(mail.subject)
            // The same for every try, so that a server that took it twice can tell.
            .message_id(Some(format!("<{}@{host}>", letter.idempotency)))
            .raw_header(automatic)
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, mail.text))
                    .singlepart(part(ContentType::TEXT_HTML, mail.html)),
            )
            .map_err(|why| lasting(&why))
    }
}

fn part(kind: ContentType, body: String) -> lettre::message::SinglePart {
    lettre::message::SinglePart::builder().header(kind).body(body)
}

/// What the server refuses for good is lasting (5xx); all else, above all a server that isn't there, passes.
fn fault(why: &SmtpError) -> MailFault {
    let text: String = why.to_string().chars().take(200).collect();
    if why.is_permanent() { MailFault::Lasting(text) } else { MailFault::Passing(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_an_organisation_may_have_can_be_written_into_a_mail() {
        for sender in [
            "no-reply@nordvik.example",
            "Nordvik kommun <No-Reply@nordvik.example>",
            "\u{c5}s & S\u{f8}n <a@b.example>",
            "It's 1/2 #1 {x} ~y~ <a.b+c@xn--bcher-kva.example>",
        ] {
            assert!(portvakt_model::text::is_sender(sender), "{sender}");
            let mailbox: Mailbox = sender.parse().unwrap();
            let mime = Mime::builder().from(mailbox).to("a@b.example".parse().unwrap()).body(String::new());
            assert!(mime.is_ok(), "{sender}");
        }
    }
}
