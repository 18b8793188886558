//! Small shared rules for text that people or programs gave us.

/// Whether every character may stand in a name that is shown on a page or in a mail: no control characters and none
/// of Unicode's direction overrides, which make one text look like another.
pub fn is_showable(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    })
}

/// A name that may be shown: trimmed, 1 to `most` characters, nothing that [`is_showable`] refuses.
pub fn name(text: &str, most: usize) -> Option<String> {
    let trimmed = text.trim();
    let fits = !trimmed.is_empty() && trimmed.chars().count() <= most && is_showable(trimmed);
    fits.then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_bounded_and_cannot_turn_the_text_around() {
        assert_eq!(name("  Åsa Öberg ", 40).as_deref(), Some("Åsa Öberg"));
        for wrong in ["", "   ", "a\nb", "ab\u{202e}cd", "toolong"] {
            assert_eq!(name(wrong, 5), None, "{wrong:?}");
        }
    }
}
