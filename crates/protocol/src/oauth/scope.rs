//! Scopes: an ordered list without repeats (RFC 6749 §3.3).

use super::why::Why;

/// The most scopes in a request.
pub const MOST: usize = 50;

/// The scopes of OpenID Connect that Portvakt knows (Core §5.4, §11).
pub const STANDARD: [&str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];

/// Reads a `scope` parameter: tokens divided by single or several blanks, in order, repeats dropped.
pub fn parse(text: &str) -> Result<Vec<String>, Why> {
    let mut scopes: Vec<String> = Vec::new();
    for token in text.split(' ').filter(|token| !token.is_empty()) {
        if !is_token(token) || scopes.len() == MOST {
            return Err(Why::ScopeMalformed);
        }
        if !scopes.iter().any(|scope| scope == token) {
            scopes.push(token.to_owned());
        }
    }
    Ok(scopes)
}

/// Whether `text` is one scope token: printable ASCII without blank, `"` and `\`.
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

/// The `scope` value for a list.
pub fn join(scopes: &[String]) -> String {
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_keep_their_order_and_stand_once() {
        assert_eq!(parse("openid  profile openid").unwrap(), ["openid", "profile"]);
        assert_eq!(parse("").unwrap(), Vec::<String>::new());
        for wrong in ["a\"b", "a\\b", "å", "a\tb"] {
            assert_eq!(parse(wrong), Err(Why::ScopeMalformed), "{wrong:?}");
        }
        assert!(parse(&"x ".repeat(10)).is_ok());
        let many: Vec<String> = (0..=MOST).map(|n| format!("s{n}")).collect();
        assert!(parse(&many.join(" ")).is_err());
    }
}
