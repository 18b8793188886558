//! Form-encoded parameters, bounded and read once (RFC 6749 §3.1, Appendix B).

use super::why::Why;
use std::borrow::Cow;

/// The most octets of a body or query.
pub const MOST_OCTETS: usize = 64 * 1024;
/// The most parameters.
pub const MOST_PARAMETERS: usize = 100;

/// The parameters of a request. Those without a value count as left out (RFC 6749 §3.1).
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `application/x-www-form-urlencoded` text: at most [`MOST_OCTETS`] and [`MOST_PARAMETERS`], valid UTF-8
    /// once decoded, no NUL.
    pub fn parse(encoded: &[u8]) -> Result<Self, Why> {
        if encoded.len() > MOST_OCTETS {
            return Err(Why::Malformed);
        }
        let mut pairs = Vec::new();
        for piece in encoded.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == MOST_PARAMETERS {
                return Err(Why::Malformed);
            }
            let (name, value) = match piece.iter().position(|byte| *byte == b'=') {
                Some(at) => {
                    let (name, value) = piece.split_at(at);
                    (name, value.get(1..).unwrap_or_default())
                }
                None => (piece, &[][..]),
            };
            let (name, value) = (decode(name)?, decode(value)?);
            if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Ok(Self(pairs))
    }

    /// From pairs already decoded.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// From pairs of another form than a query's: within the same bounds.
    pub fn bounded_of(pairs: Vec<(String, String)>) -> Result<Self, Why> {
        let octets: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        if octets > MOST_OCTETS || pairs.len() > MOST_PARAMETERS {
            return Err(Why::Malformed);
        }
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Why::Malformed);
        }
        Ok(Self::of(pairs))
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one value of `name`; an error if it stands twice.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Why> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Why::Repeated) } else { Ok(first) }
    }

    /// Like [`Params::one`], and at most `most` octets long.
    pub fn bounded(&self, name: &str, most: usize) -> Result<Option<&str>, Why> {
        match self.one(name)? {
            Some(value) if value.len() > most => Err(Why::TooLong),
            value => Ok(value),
        }
    }

    /// Every value of `name`, in order.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    /// Whether any name stands twice, but for those in `many`.
    pub fn has_repeats(&self, many: &[&str]) -> bool {
        self.0.iter().enumerate().any(|(at, (name, _))| {
            !many.contains(&name.as_str()) && self.0.iter().skip(at + 1).any(|(other, _)| other == name)
        })
    }

    /// All pairs, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// Undoes `+` and percent-encoding strictly: a `%` without two hexadecimal digits is an error.
pub(super) fn decode(text: &[u8]) -> Result<String, Why> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().copied().and_then(hex), rest.next().copied().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(Why::Malformed),
            },
            other => *other,
        });
    }
    if bytes.contains(&0) {
        return Err(Why::Malformed);
    }
    String::from_utf8(bytes).map_err(|_| Why::Malformed)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Percent-encodes a value for a query or form (`application/x-www-form-urlencoded`).
pub fn encode(text: &str) -> Cow<'_, str> {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    if encoded == text { Cow::Borrowed(text) } else { Cow::Owned(encoded) }
}

/// Joins pairs into a query or form.
pub fn join(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_repeated_parameter_is_an_error_and_an_empty_one_is_left_out() {
        let params = Params::parse(b"a=1&b=&c=%C3%A5+%2B&a=2&d").unwrap();
        assert_eq!(params.one("a"), Err(Why::Repeated));
        assert_eq!(params.one("b"), Ok(None));
        assert_eq!(params.one("c"), Ok(Some("\u{e5} +")));
        assert_eq!(params.one("d"), Ok(None));
        assert!(params.has_repeats(&[]));
        assert!(!params.has_repeats(&["a"]));
    }

    #[test]
    fn what_cannot_be_read_is_refused_whole() {
        for wrong in [&b"a=%"[..], b"a=%G0", b"a=%FF", b"a=%00", &[0xff, b'=', b'1']] {
            assert_eq!(Params::parse(wrong).err(), Some(Why::Malformed), "{wrong:?}");
        }
        assert!(Params::parse(&vec![b'a'; MOST_OCTETS + 1]).is_err());
        assert!(Params::parse("a=1&".repeat(MOST_PARAMETERS + 1).as_bytes()).is_err());
        assert_eq!(Params::parse(b"state=xyz").unwrap().bounded("state", 2), Err(Why::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_joined_reads_back(name in "[a-z]{1,5}", value in "\\PC{1,40}") {
            let params = Params::parse(join(&[(&name, &value)]).as_bytes()).unwrap();
            prop_assert_eq!(params.one(&name), Ok(Some(value.as_str())));
        }
    }
}
