//! Small shared rules for text that people or programs gave us.

use crate::address::Email;

/// Whether every character may stand in a name that is shown on a page or in a mail: no control characters, and nothing
/// that makes one text look like another: Unicode's direction marks and overrides, what takes no room, and line ends.
pub fn is_showable(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(
                c,
                '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            )
    })
}

/// A name that may be shown: trimmed, 1 to `most` characters, nothing that [`is_showable`] refuses.
pub fn name(text: &str, most: usize) -> Option<String> {
    let trimmed = text.trim();
    let fits = !trimmed.is_empty() && trimmed.chars().count() <= most && is_showable(trimmed);
    fits.then(|| trimmed.to_owned())
}

/// Whether a text can stand as the sender of mails: an address, or `Name <address>` with a name of 1 to 78 letters,
/// digits and the marks that need no quotes (RFC 5322 §3.2.3). The address is ASCII, as every mail server takes it.
pub fn is_sender(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
    let is_address = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic()) && Email::parse(text).is_ok();
    match text.strip_suffix('>').and_then(|text| text.split_once(" <")) {
        Some((name, address)) => {
            name.trim() == name
                && (1..=78).contains(&name.chars().count())
                && name.chars().all(is_plain)
                && is_address(address)
        }
        None => is_address(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_plain_name() {
        for right in [
            "no-reply@nordvik.example",
            "No-Reply@Nordvik.Example",
            "Nordvik kommun <no-reply@nordvik.example>",
            "\u{c5}s & S\u{f8}n <a@b.example>",
        ] {
            assert!(is_sender(right), "{right}");
        }
        let long = format!("{} <a@b.example>", "x".repeat(79));
        for wrong in [
            "",
            "Nordvik",
            "no-reply@",
            " a@b.example",
            "<a@b.example>",
            " <a@b.example>",
            "Nordvik<a@b.example>",
            "Nordvik  <a@b.example>",
            "Nordvik <a@b.example> ",
            "Nordvik <a@b.example>, c@d.example",
            "a@b.example, c@d.example",
            "Nordvik, IT <a@b.example>",
            "Nord\"vik <a@b.example>",
            "Nord<vik <a@b.example>",
            "Nordvik <a@b.example\r\nBcc: c@d.example>",
            "Nord\nvik <a@b.example>",
            "Nordvik <\u{e5}sa@b.example>",
            &long,
        ] {
            assert!(!is_sender(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn names_are_trimmed_bounded_and_cannot_turn_the_text_around() {
        assert_eq!(name("  Åsa Öberg ", 40).as_deref(), Some("Åsa Öberg"));
        for wrong in ["", "   ", "a\nb", "ab\u{202e}cd", "toolong"] {
            assert_eq!(name(wrong, 5), None, "{wrong:?}");
        }
        for hidden in "\u{61c}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2064}\
                       \u{2066}\u{2069}\u{feff}\u{0}\u{7f}\u{85}"
            .chars()
        {
            assert!(!is_showable(&format!("Nord{hidden}vik")), "{hidden:?}");
        }
        assert!(is_showable("\u{645}\u{631}\u{62d}\u{628}\u{627} \u{2013} \u{201c}Nordvik\u{201d}"));
    }
}
