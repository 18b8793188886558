//! JSON bodies of programs, read once: bounded, not deep, nothing in them that nobody knows.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The most octets of a body.
pub const MOST_OCTETS: usize = 256 * 1024;
/// How deep objects and arrays may lie in each other.
pub const MOST_DEPTH: usize = 32;
/// The most characters of a description.
const MOST_TEXT: usize = 200;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BodyFault {
    /// The member, as a path from the top: `settings.redirect_uris[0]`; empty for the body itself.
    pub field: String,
    /// Why not. Printable ASCII.
    pub description: String,
}

impl BodyFault {
    /// A fault of a member.
    pub fn new(field: &str, description: &str) -> Self {
        Self { field: ascii(field), description: ascii(description) }
    }
}

/// Reads JSON as a `T`. Members that `T` does not know are refused if it says so (`#[serde(deny_unknown_fields)]`);
/// members that stand twice always are, and so is NUL in a text or a name: one database keeps it, the other can't.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyFault> {
    if bytes.len() > MOST_OCTETS {
        return Err(BodyFault::new("", "the body is too big"));
    }
    if is_deep(bytes) {
        return Err(BodyFault::new("", "objects and arrays lie too deep in each other"));
    }
    if has_nul(bytes) {
        return Err(BodyFault::new("", "a text or a name holds NUL"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut reader).map_err(|why| {
        let field = why.path().to_string();
        BodyFault::new(if field == "." { "" } else { &field }, &why.inner().to_string())
    })?;
    reader.end().map_err(|why| BodyFault::new("", &why.to_string()))?;
    Ok(value)
}

/// Whether brackets lie deeper than [`MOST_DEPTH`]; those inside texts don't count. The parser stops at 128 by itself,
/// which is more than anything here needs.
fn is_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_DEPTH {
            return true;
        }
    }
    false
}

/// Whether a text holds the escape of NUL. As it is, without escape, the parser refuses it by itself.
fn has_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    // An escape is two octets at least, so that the second backslash of `\\u0000` begins none.
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(at..).unwrap_or_default();
        if escape.starts_with(b"\\u0000") {
            return true;
        }
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

/// Printable ASCII and not long: what was sent may be part of a description.
fn ascii(text: &str) -> String {
    text.chars().take(MOST_TEXT).map(|c| if (' '..='~').contains(&c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    fn fault(text: &str) -> BodyFault {
        parse::<Outer>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let read: Outer = parse(br#" {"name": "a", "inner": [{"count": 1}]} "#).unwrap();
        assert_eq!(read, Outer { name: "a".to_owned(), inner: vec![Inner { count: 1 }] });
    }

    #[test]
    fn a_fault_says_where_it_is() {
        assert_eq!(fault(r#"{"name": "a", "inner": [{"count": 1}, {"count": -1}]}"#).field, "inner[1].count");
        assert_eq!(fault(r#"{"name": "a", "colour": 1}"#).field, "colour");
        assert!(fault("{}").description.contains("missing field `name`"));
    }

    #[test]
    fn garbage_doubles_and_what_comes_after_are_refused() {
        for text in ["", "null", "[]", "{", "\u{feff}{}", r#"{"name": "a", "name": "b"}"#, r#"{"name": "a"} {}"#] {
            fault(text);
        }
        assert!(parse::<Outer>(b"{\"name\": \"\xff\"}").is_err());
    }

    #[test]
    fn nul_is_refused_wherever_it_stands_and_only_nul() {
        let read = |text: &str| parse::<serde_json::Value>(text.as_bytes());
        for wrong in
            [r#""\u0000""#, r#"{"a\u0000": 1}"#, r#"[{"a": [{"b": "x\\\u0000"}]}]"#, r#""\u00000""#, "\"\0\"", "\0"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(read(r#""\u0000""#).unwrap_err().description, "a text or a name holds NUL");
        for right in [r#""\\u0000""#, r#""\u0001""#, r#""u0000""#, r#""\\\\u0000""#] {
            assert!(read(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded_but_not_what_stands_in_texts() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse::<serde_json::Value>(nested(MOST_DEPTH).as_bytes()).is_ok());
        assert!(parse::<serde_json::Value>(nested(MOST_DEPTH + 1).as_bytes()).is_err());
        let text = format!(r#""\"{}""#, "[".repeat(100));
        assert!(parse::<serde_json::Value>(text.as_bytes()).is_ok());
        assert!(parse::<serde_json::Value>(" ".repeat(MOST_OCTETS + 1).as_bytes()).is_err());
    }

    #[test]
    fn descriptions_are_short_and_plain() {
        let said = fault(&format!(r#"{{"name": "a", "{}\u00e5\n": 1}}"#, "x".repeat(500)));
        assert!(said.description.is_ascii() && said.description.len() <= MOST_TEXT);
        assert!(said.field.chars().all(|c| (' '..='~').contains(&c)));
    }
}
