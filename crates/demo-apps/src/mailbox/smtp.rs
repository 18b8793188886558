//! The receiving side of SMTP (RFC 5321), as much as a program that sends mail needs.
//!
//! Lines end with CR LF and nothing else; a bare LF never ends the mail, so no second mail can hide in one.

use super::{Mailbox, Message};
use crate::terminal;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The biggest mail, in bytes (RFC 1870).
pub const LARGEST_MAIL: usize = 10 * 1024 * 1024;
/// The longest command line, in bytes.
const LONGEST_LINE: u64 = 4096;
/// The most receivers of one mail (RFC 5321 §4.5.3.1.8).
const MOST_RECEIVERS: usize = 100;
/// How many senders at once.
const MOST_SENDERS: usize = 32;
/// How long a sender may be silent (RFC 5321 §4.5.3.2.7).
const SILENCE: Duration = Duration::from_mins(5);

/// Takes mail until the task is ended.
pub async fn serve(listener: TcpListener, mailbox: Arc<Mailbox>) {
    let seats = Arc::new(Semaphore::new(MOST_SENDERS));
    loop {
        let Ok(seat) = Arc::clone(&seats).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let mailbox = Arc::clone(&mailbox);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &mailbox).await {
                        terminal::note(format!("A mail's sender went away: {error}"));
                    }
                    drop(seat);
                });
            }
            Err(error) => {
                terminal::note(format!("A mail's sender could not be taken: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// What has been said so far of the mail to come.
#[derive(Default)]
struct Envelope {
    greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// What follows a command.
enum Next {
    Say(&'static str),
    Data,
    Quit,
}

async fn converse(stream: TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    let mut envelope = Envelope::default();
    say(&mut writing, "220 mailbox.demo ESMTP ready").await?;
    while let Some(line) = command(&mut reading, &mut writing).await? {
        match envelope.next(&line) {
            Next::Say(answer) => say(&mut writing, answer).await?,
            Next::Quit => return say(&mut writing, "221 Bye").await,
            Next::Data => {
                say(&mut writing, "354 End with CR LF . CR LF").await?;
                let answer = match data(&mut reading).await? {
                    Some(bytes) => {
                        let from = envelope.from.take().unwrap_or_default();
                        mailbox.put(Message::read(from, std::mem::take(&mut envelope.to), &bytes));
                        "250 2.0.0 Taken"
                    }
                    None => "552 5.3.4 The mail is too big",
                };
                envelope.forget();
                say(&mut writing, answer).await?;
            }
        }
    }
    Ok(())
}

impl Envelope {
    fn next(&mut self, line: &str) -> Next {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" if rest.trim().is_empty() => Next::Say("501 5.5.4 Who are you?"),
            "EHLO" => {
                self.greet();
                Next::Say(
                    "250-mailbox.demo\r\n250-SIZE 10485760\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES",
                )
            }
            "HELO" => {
                self.greet();
                Next::Say("250 mailbox.demo")
            }
            "MAIL" => Next::Say(self.mail(rest)),
            "RCPT" => Next::Say(self.receiver(rest)),
            "DATA" if self.from.is_none() || self.to.is_empty() => Next::Say("503 5.5.1 First MAIL and RCPT"),
            "DATA" => Next::Data,
            "RSET" => {
                self.forget();
                Next::Say("250 2.0.0 Forgotten")
            }
            "NOOP" => Next::Say("250 2.0.0 Here"),
            "VRFY" => Next::Say("252 2.1.5 Send it and see"),
            "QUIT" => Next::Quit,
            _ => Next::Say("500 5.5.2 No such command"),
        }
    }

    fn greet(&mut self) {
        self.greeted = true;
        self.forget();
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    fn mail(&mut self, rest: &str) -> &'static str {
        if !self.greeted {
            return "503 5.5.1 First EHLO";
        }
        if self.from.is_some() {
            return "503 5.5.1 One sender is enough";
        }
        let Some((path, parameters)) = path("FROM:", rest) else { return "501 5.5.4 MAIL FROM:<address>" };
        let announced = parameters
            .split_ascii_whitespace()
            .filter_map(|parameter| parameter.split_once('='))
            .find_map(|(name, value)| name.eq_ignore_ascii_case("SIZE").then(|| value.parse::<usize>()));
        match announced {
            Some(Ok(size)) if size > LARGEST_MAIL => "552 5.3.4 The mail is too big",
            Some(Err(_)) => "501 5.5.4 SIZE is a number",
            Some(Ok(_)) | None => {
                self.from = Some(path.to_owned());
                "250 2.1.0 Sender noted"
            }
        }
    }

    fn receiver(&mut self, rest: &str) -> &'static str {
        if self.from.is_none() {
            return "503 5.5.1 First MAIL";
        }
        match path("TO:", rest) {
            Some((path, _)) if !path.is_empty() && self.to.len() < MOST_RECEIVERS => {
                self.to.push(path.to_owned());
                "250 2.1.5 Receiver noted"
            }
            Some((path, _)) if !path.is_empty() => "452 4.5.3 Too many receivers",
            Some(_) | None => "501 5.5.4 RCPT TO:<address>",
        }
    }
}

/// `FROM:<address> parameters` (RFC 5321 §4.1.2); the address may be empty.
fn path<'a>(word: &str, rest: &'a str) -> Option<(&'a str, &'a str)> {
    let rest = rest.trim_start();
    let (head, tail) = rest.split_at_checked(word.len())?;
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    tail.trim_start().strip_prefix('<')?.split_once('>')
}

async fn say(writing: &mut (impl AsyncWrite + Unpin), answer: &str) -> io::Result<()> {
    writing.write_all(format!("{answer}\r\n").as_bytes()).await
}

/// The next command, or nothing when the sender has gone. Lines too long or not UTF-8 are answered here.
async fn command(
    reading: &mut (impl AsyncBufRead + Unpin),
    writing: &mut (impl AsyncWrite + Unpin),
) -> io::Result<Option<String>> {
    loop {
        let line = line(reading, LONGEST_LINE).await?;
        if line.is_empty() {
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            say(writing, "500 5.5.2 The line is too long").await?;
            return Ok(None);
        }
        match String::from_utf8(line) {
            Ok(text) => return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(_) => say(writing, "500 5.5.2 Not UTF-8").await?,
        }
    }
}

/// Bytes up to and with the next LF, at most `most` of them; empty at the end of the stream.
async fn line(reading: &mut (impl AsyncBufRead + Unpin), most: u64) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut bounded = reading.take(most);
    match timeout(SILENCE, bounded.read_until(b'\n', &mut line)).await {
        Ok(read) => read.map(|_| line),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "it said nothing for five minutes")),
    }
}

/// The mail up to the line with a single dot, the doubled dots undone (RFC 5321 §4.5.2). `None` if it was too big; it
/// is read to its end all the same.
async fn data(reading: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut mail = Vec::new();
    let mut too_big = false;
    let mut at_start = true;
    loop {
        let line = line(reading, LONGEST_LINE).await?;
        if line.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the mail had no end"));
        }
        if at_start && line == b".\r\n" {
            return Ok((!too_big).then_some(mail));
        }
        let content = if at_start { line.strip_prefix(b".").unwrap_or(&line) } else { &line };
        too_big |= mail.len().saturating_add(content.len()) > LARGEST_MAIL;
        if !too_big {
            mail.extend_from_slice(content);
        }
        at_start = line.ends_with(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn dialogue(said: &str) -> (Vec<String>, Vec<Message>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mailbox = Arc::new(Mailbox::default());
        let serving = tokio::spawn(serve(listener, Arc::clone(&mailbox)));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        serving.abort();
        let codes = answers.lines().map(|line| line.chars().take(4).collect()).collect();
        (codes, mailbox.list(None))
    }

    #[tokio::test]
    async fn a_mail_is_taken_with_its_envelope_and_its_dots() {
        let (codes, mails) = dialogue(
            "EHLO me\r\nMAIL FROM:<no-reply@login.example> BODY=8BITMIME SIZE=200\r\n\
             RCPT TO:<anna@nordvik.example>\r\nRCPT TO:<kari@fjordby.example>\r\n\
             DATA\r\nSubject: dots\r\n\r\n..one\r\n...two\r\nthree.\r\n.\r\nQUIT\r\n",
        )
        .await;
        let expected =
            ["220 ", "250-", "250-", "250-", "250-", "250-", "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", "221 "];
        assert_eq!(codes, expected);
        let [mail] = mails.as_slice() else { panic!("one mail") };
        assert_eq!(mail.envelope_from, "no-reply@login.example");
        assert_eq!(mail.envelope_to, ["anna@nordvik.example", "kari@fjordby.example"]);
        assert_eq!(mail.subject, "dots");
        assert_eq!(mail.text.as_deref(), Some(".one\r\n..two\r\nthree.\r\n"));
    }

    #[tokio::test]
    async fn commands_out_of_order_are_told_so() {
        let (codes, mails) =
            dialogue("MAIL FROM:<a@x>\r\nHELO me\r\nRCPT TO:<b@x>\r\nDATA\r\nMAIL a@x\r\nWHAT\r\nNOOP\r\nQUIT\r\n")
                .await;
        assert_eq!(codes, ["220 ", "503 ", "250 ", "503 ", "503 ", "501 ", "500 ", "250 ", "221 "]);
        assert!(mails.is_empty());
    }

    #[tokio::test]
    async fn rset_forgets_the_envelope() {
        let (codes, _) = dialogue("HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRSET\r\nDATA\r\nQUIT\r\n").await;
        assert_eq!(codes, ["220 ", "250 ", "250 ", "250 ", "250 ", "503 ", "221 "]);
    }

    #[tokio::test]
    async fn a_second_mail_cannot_hide_behind_a_bare_line_feed() {
        let (_, mails) = dialogue(
            "HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: one\r\n\r\n\n.\nMAIL FROM:<evil@x>\n\
             \n.\r\nstill one\r\n.\r\nQUIT\r\n",
        )
        .await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.as_ref().unwrap().contains("still one"));
    }

    #[tokio::test]
    async fn a_mail_announced_as_too_big_is_refused_at_once() {
        let (codes, _) = dialogue("EHLO me\r\nMAIL FROM:<a@x> SIZE=99999999\r\nQUIT\r\n").await;
        assert!(codes.contains(&"552 ".to_owned()));
    }

    #[tokio::test]
    async fn a_mail_that_grows_too_big_is_refused_and_the_talk_goes_on() {
        let big = "x".repeat(998) + "\r\n";
        let body = big.repeat(LARGEST_MAIL / big.len() + 1);
        let said = format!("HELO me\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n{body}.\r\nNOOP\r\nQUIT\r\n");
        let (codes, mails) = dialogue(&said).await;
        assert_eq!(codes, ["220 ", "250 ", "250 ", "250 ", "354 ", "552 ", "250 ", "221 "]);
        assert!(mails.is_empty());
    }
}
