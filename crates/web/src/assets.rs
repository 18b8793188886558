//! What pages load from us, in the program itself: style, script, fonts, icon. Each path names its content, so a browser
//! may keep it for ever and never has an old one.

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Where it is served: `/assets/<name>.<fingerprint>.<ending>`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// Everything that is served, for the route table.
pub fn all() -> &'static [Asset] {
    &ALL
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_small_and_names_only_what_we_serve() {
        let style = std::str::from_utf8(STYLE.bytes).unwrap();
        assert!(style.len() < 20 * 1024, "{} bytes", style.len());
        for url in style.split("url(").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(all().iter().any(|asset| asset.path == url), "{url}");
        }
        assert!(!style.contains("http"), "nothing comes from another host");
    }

    #[test]
    fn a_first_visit_weighs_less_than_a_hundred_kilobytes() {
        let first = STYLE.bytes.len() + SCRIPT.bytes.len() + FONT_TEXT.bytes.len() + ICON.bytes.len();
        assert!(first < 85 * 1024, "{first} bytes, and the page itself comes on top");
    }
}
