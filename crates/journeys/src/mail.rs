//! A mail as it arrived, and what a reader gets out of it: just enough of MIME (RFC 2045, 2047).

use base64::{Engine, engine::general_purpose::STANDARD};

/// One delivered mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's receivers.
    pub to: Vec<String>,
    /// Headers and body as sent.
    pub raw: String,
}

impl Mail {
    /// Whether `address` is among the receivers.
    pub fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to.eq_ignore_ascii_case(address))
    }

    /// The subject, decoded; empty when there is none.
    pub fn subject(&self) -> String {
        decode_words(&header(&self.raw, "subject").unwrap_or_default())
    }

    /// The plain-text part, decoded.
    pub fn text(&self) -> String {
        part(&self.raw, "text/plain").unwrap_or_default()
    }

    /// The HTML part, decoded.
    pub fn html(&self) -> String {
        part(&self.raw, "text/html").unwrap_or_default()
    }

    /// Every web address in the plain-text part, in order.
    pub fn links(&self) -> Vec<String> {
        self.text()
            .split(|c: char| c.is_whitespace() || c == '<' || c == '>')
            .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
            .map(|word| word.trim_end_matches(['.', ',']).to_owned())
            .collect()
    }
}

/// Splits an entity into its headers and its body.
fn split(entity: &str) -> (&str, &str) {
    entity.split_once("\r\n\r\n").or_else(|| entity.split_once("\n\n")).unwrap_or((entity, ""))
}

/// A header's value with its folded lines joined.
fn header(entity: &str, name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in split(entity).0.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some(value) = &mut found {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if found.is_some() {
            break;
        } else if let Some((key, value)) = line.split_once(':')
            && key.eq_ignore_ascii_case(name)
        {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

/// The first part of the wanted type, however deep it lies.
fn part(entity: &str, wanted: &str) -> Option<String> {
    let kind = header(entity, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let lower = kind.to_ascii_lowercase();
    let body = split(entity).1;
    if lower.starts_with("multipart/") {
        let at = lower.find("boundary=")? + "boundary=".len();
        let boundary = kind.get(at..)?.split(';').next()?.trim().trim_matches('"');
        let mark = format!("--{boundary}");
        return body.split(&mark).skip(1).find_map(|piece| part(piece.trim_start_matches(['\r', '\n']), wanted));
    }
    if !lower.starts_with(wanted) {
        return None;
    }
    let bytes = match header(entity, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
        "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?,
        "quoted-printable" => quoted_printable(body),
        _ => body.as_bytes().to_vec(),
    };
    Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

/// RFC 2045 §6.7.
fn quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "").replace("=\n", "");
    escapes(&joined, |byte| byte)
}

/// Resolves `=XX`; every other byte goes through `plain`.
fn escapes(text: &str, plain: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    while let [first, rest @ ..] = bytes {
        let hex = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        if let (b'=', Some(value)) = (first, hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            out.push(value);
            bytes = rest.get(2..).unwrap_or_default();
        } else {
            out.push(plain(*first));
            bytes = rest;
        }
    }
    out
}

/// Encoded words in a header (RFC 2047): `=?utf-8?b?…?=` and `=?utf-8?q?…?=`.
fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some((before, tail)) = rest.split_once("=?") {
        // White space between two encoded words is not part of the text (RFC 2047 §6.2).
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        let mut fields = tail.splitn(4, '?');
        let (_charset, encoding, text, end) = (fields.next(), fields.next(), fields.next(), fields.next());
        let (Some(encoding), Some(text), Some(end)) = (encoding, text, end) else { return value.to_owned() };
        let bytes = if encoding.eq_ignore_ascii_case("b") {
            STANDARD.decode(text).unwrap_or_default()
        } else {
            escapes(text, |byte| if byte == b'_' { b' ' } else { byte })
        };
        out.push_str(&String::from_utf8_lossy(&bytes));
        rest = end.strip_prefix('=').unwrap_or(end);
        after_word = true;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(raw: &str) -> Mail {
        Mail { from: String::new(), to: vec!["Anna@Nordvik.example".to_owned()], raw: raw.replace('\n', "\r\n") }
    }

    #[test]
    fn a_mail_in_two_parts_is_read_in_both() {
        let mail = mail(
            "Subject: =?utf-8?b?VsOkbGo=?= =?utf-8?q?_ett_l=C3=B6senord?=\nContent-Type: multipart/alternative;\n \
             boundary=\"x\"\n\n--x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: \
             quoted-printable\n\nHej! =C3=96ppna <https://login.example/r?=\n=3Da>.\n--x\nContent-Type: text/html; \
             charset=utf-8\nContent-Transfer-Encoding: base64\n\nPGI+SGVqPC9iPg==\n--x--\n",
        );
        assert_eq!(mail.subject(), "Välj ett lösenord");
        assert_eq!(mail.text().trim(), "Hej! Öppna <https://login.example/r?=a>.");
        assert_eq!(mail.html().trim(), "<b>Hej</b>");
        assert_eq!(mail.links(), ["https://login.example/r?=a"]);
        assert!(mail.is_to("anna@nordvik.example"));
    }

    #[test]
    fn a_mail_without_parts_is_its_text() {
        assert_eq!(mail("Subject: Hi\n\nLine one.\n").text(), "Line one.\n");
    }
}
