//! Names in certificates: the one that a client registered against those that a certificate has.

use core::net::IpAddr;
use portvakt_model::app::metadata::CertificateName;
use std::str::FromStr as _;
use url::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The longest registered name, in octets.
pub(super) const MAX_NAME: usize = 1000;
/// The most parts of a distinguished name.
const MAX_PARTS: usize = 32;

/// Short names of attribute types: those of RFC 4514 §3, and those that certificates of organisations have beside.
const TYPES: [(&str, &str); 18] = [
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("TITLE", "2.5.4.12"),
    ("POSTALCODE", "2.5.4.17"),
    ("GIVENNAME", "2.5.4.42"),
    ("DNQUALIFIER", "2.5.4.46"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("E", "1.2.840.113549.1.9.1"),
];

/// What is wrong with a name to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// Longer than a thousand octets, or empty.
    Length,
    /// Not a distinguished name as RFC 4514 writes it.
    DistinguishedName,
    /// Not a host name.
    Host,
    /// Not an absolute URI.
    Uri,
    /// Not an address of IPv4 or IPv6.
    Address,
    /// Not a mail address.
    Mail,
}

impl NameFault {
    /// A sentence's end for whoever registers it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Length => "it is empty or longer than 1000 octets",
            Self::DistinguishedName => {
                "it is no distinguished name as RFC 4514 writes it, the most particular part first: CN=app,O=Example,C=SE"
            }
            Self::Host => "it is no host name",
            Self::Uri => "it is no absolute URI",
            Self::Address => "it is no IP address",
            Self::Mail => "it is no mail address",
        }
    }
}

/// Whether a name may be registered: one that no certificate could have is a mistake.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &CertificateName) -> Result<(), NameFault> {
    let (text, fault) = match name {
        CertificateName::SubjectDn(text) => (text, NameFault::DistinguishedName),
        CertificateName::SanDns(text) => (text, NameFault::Host),
        CertificateName::SanUri(text) => (text, NameFault::Uri),
        CertificateName::SanIp(text) => (text, NameFault::Address),
        CertificateName::SanEmail(text) => (text, NameFault::Mail),
    };
    if text.is_empty() || text.len() > MAX_NAME {
        return Err(NameFault::Length);
    }
    let right = match name {
        CertificateName::SubjectDn(text) => DistinguishedName::parse(text).is_some(),
        CertificateName::SanDns(text) => is_host(text),
        CertificateName::SanUri(text) => Url::parse(text).is_ok(),
        CertificateName::SanIp(text) => IpAddr::from_str(text).is_ok(),
        CertificateName::SanEmail(text) => mail(text).is_some(),
    };
    if right { Ok(()) } else { Err(fault) }
}

/// Whether a certificate has that name. Of several subject alternative names one is enough (RFC 8705 §2.1.2).
pub(super) fn has(read: &X509Certificate<'_>, wanted: &CertificateName) -> bool {
    let alternative = |right: &dyn Fn(&GeneralName<'_>) -> bool| {
        let names = read.subject_alternative_name().ok().flatten();
        names.is_some_and(|names| names.value.general_names.iter().any(right))
    };
    match wanted {
        CertificateName::SubjectDn(text) => DistinguishedName::parse(text).is_some_and(|name| name.is(read.subject())),
        CertificateName::SanDns(text) => {
            alternative(&|name| matches!(name, GeneralName::DNSName(dns) if dns.eq_ignore_ascii_case(text)))
        }
        CertificateName::SanUri(text) => alternative(&|name| matches!(name, GeneralName::URI(uri) if uri == text)),
        CertificateName::SanIp(text) => IpAddr::from_str(text).is_ok_and(|wanted| {
            alternative(&|name| matches!(name, GeneralName::IPAddress(octets) if address(octets) == Some(wanted)))
        }),
        // The part before the @ belongs to its host, which alone may know that case means nothing there.
        CertificateName::SanEmail(text) => alternative(&|name| {
            let GeneralName::RFC822Name(found) = name else { return false };
            mail(found)
                .zip(mail(text))
                .is_some_and(|((user, host), wanted)| user == wanted.0 && host.eq_ignore_ascii_case(wanted.1))
        }),
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

fn mail(text: &str) -> Option<(&str, &str)> {
    let (user, host) = text.rsplit_once('@')?;
    (!user.is_empty() && is_host(host)).then_some((user, host))
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A distinguished name as it was registered, the most particular part first (RFC 4514 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<Part>>);

/// One attribute: its type in dots, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    kind: String,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// Text, folded for comparison.
    Text(String),
    /// The whole DER of the value (`#` and hexadecimal).
    Der(Vec<u8>),
}

impl DistinguishedName {
    /// Reads RFC 4514's text. Blanks around `,`, `+` and `=` mean nothing, as in the older RFC 2253.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_NAME {
            return None;
        }
        let mut all: Vec<Vec<Part>> = vec![Vec::new()];
        let mut rest = text;
        let mut count = 0;
        loop {
            let (kind, after) = rest.split_once('=')?;
            let (raw, next) = value(after)?;
            count += 1;
            if count > MAX_PARTS {
                return None;
            }
            all.last_mut()?.push(Part { kind: kind_of(kind.trim())?, value: raw });
            match next {
                None => return Some(Self(all)),
                Some((',', next)) => {
                    all.push(Vec::new());
                    rest = next;
                }
                Some((_, next)) => rest = next,
            }
        }
    }

    /// Whether a certificate's subject is this name: part for part from the other end, as a certificate begins with the
    /// most general one. Texts are compared as RFC 5280 §7.1 does: without regard to case and to how many blanks.
    pub(super) fn is(&self, subject: &X509Name<'_>) -> bool {
        let found: Vec<_> = subject.iter_rdn().collect();
        found.len() == self.0.len()
            && found.iter().rev().zip(&self.0).all(|(found, wanted)| {
                found.iter().count() == wanted.len()
                    && wanted.iter().all(|part| found.iter().any(|one| part.is(one)))
                    && found.iter().all(|one| wanted.iter().any(|part| part.is(one)))
            })
    }
}

impl Part {
    fn is(&self, found: &AttributeTypeAndValue<'_>) -> bool {
        found.attr_type().to_id_string() == self.kind
            && match &self.value {
                Value::Text(text) => found.as_str().is_ok_and(|found| fold(found) == *text),
                Value::Der(der) => encoded(found).is_some_and(|found| found == *der),
            }
    }
}

/// The DER of an attribute's value: tag, length, octets. Only tags of one octet, as those of texts are.
fn encoded(found: &AttributeTypeAndValue<'_>) -> Option<Vec<u8>> {
    let value = found.attr_value();
    let tag = u8::try_from(value.header.tag().0).ok().filter(|tag| *tag < 31)?;
    let mut der = vec![tag];
    match value.data.len() {
        short @ 0..=127 => der.push(u8::try_from(short).ok()?),
        long @ 128..=255 => der.extend([0x81, u8::try_from(long).ok()?]),
        longer => {
            der.push(0x82);
            der.extend(u16::try_from(longer).ok()?.to_be_bytes());
        }
    }
    der.extend_from_slice(value.data);
    Some(der)
}

/// The type in dots, from a short name or dots.
fn kind_of(text: &str) -> Option<String> {
    let known = TYPES.iter().find(|(short, _)| short.eq_ignore_ascii_case(text)).map(|(_, dots)| (*dots).to_owned());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    known.or_else(|| (text.contains('.') && text.split('.').all(is_number)).then(|| text.to_owned()))
}

/// What follows a value: the sign that ended it, and the text behind that.
type Next<'a> = Option<(char, &'a str)>;

/// One value, and what follows it.
fn value(text: &str) -> Option<(Value, Next<'_>)> {
    let text = text.trim_start_matches(' ');
    if let Some(hex) = text.strip_prefix('#') {
        let end = hex.find([',', '+']).unwrap_or(hex.len());
        let (digits, rest) = hex.split_at(end);
        return Some((Value::Der(bytes_of(digits.trim_end())?), next(rest)));
    }
    let mut octets = Vec::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, one)) = chars.next() {
        match one {
            ',' | '+' => {
                end = at;
                break;
            }
            '\\' => {
                let (_, first) = chars.next()?;
                if let Some(high) = first.to_digit(16) {
                    let (_, second) = chars.next()?;
                    octets.push(u8::try_from(high * 16 + second.to_digit(16)?).ok()?);
                } else if " \"#+,;<=>\\".contains(first) {
                    octets.push(u8::try_from(first).ok()?);
                } else {
                    return None;
                }
            }
            '"' | ';' | '<' | '>' | '\0' => return None,
            other => octets.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let folded = fold(&String::from_utf8(octets).ok()?);
    if folded.is_empty() {
        return None;
    }
    Some((Value::Text(folded), next(text.get(end..)?)))
}

fn next(rest: &str) -> Next<'_> {
    let mut chars = rest.chars();
    chars.next().map(|sign| (sign, chars.as_str()))
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| u8::try_from(pair.iter().fold(0, |sum, digit| sum * 16 + digit)).ok()).collect()
}

/// Case and the number of blanks mean nothing.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
