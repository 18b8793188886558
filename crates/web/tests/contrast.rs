//! Contrast by construction: a tenant chooses hue and chroma, and every pair of colours that meets on a page stays
//! readable, over the whole hue circle and in both schemes. The tokens are read from the style itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    reason = "a test may fail; the letters are those of the published formula"
)]

use portvakt_web::assets;
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Light,
    Dark,
}

struct Tokens {
    texts: HashMap<String, String>,
    hue: f64,
    chroma: f64,
}

impl Tokens {
    fn read(hue: f64, chroma: f64) -> Self {
        let style = std::str::from_utf8(assets::STYLE.bytes).unwrap();
        let root = style.split("@layer tokens").nth(1).unwrap().split("@media").next().unwrap();
        let texts = root
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.trim_end_matches(';').to_owned()))
            .collect();
        Self { texts, hue, chroma }
    }

    /// The relative luminance of a token (WCAG 2.2).
    fn luminance(&self, name: &str, scheme: Scheme) -> f64 {
        let text = &self.texts[name];
        let colours: Vec<&str> = text.split("oklch(").skip(1).collect();
        let colour = colours[usize::from(scheme == Scheme::Dark)];
        let colour = colour.rsplit_once(')').unwrap().0.trim_end_matches(", ").trim_end_matches(')');
        let (lightness, rest) = colour.split_once(' ').unwrap();
        let (chroma, hue) = rest.rsplit_once(' ').unwrap();
        let lightness: f64 = lightness.trim_end_matches('%').parse().unwrap();
        luminance(
            lightness / 100.0,
            self.chroma(chroma),
            if hue.starts_with("var") { self.hue } else { hue.parse().unwrap() },
        )
    }

    fn chroma(&self, text: &str) -> f64 {
        if let Some(factor) = text.strip_prefix("calc(var(--brand-chroma) * ") {
            self.chroma * factor.trim_end_matches(')').parse::<f64>().unwrap()
        } else if text.starts_with("var") {
            self.chroma
        } else {
            text.parse().unwrap()
        }
    }

    fn contrast(&self, one: &str, other: &str, scheme: Scheme) -> f64 {
        let (one, other) = (self.luminance(one, scheme), self.luminance(other, scheme));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

/// OKLCH to linear sRGB (Björn Ottosson), each channel clipped to the screen's range, to luminance.
fn luminance(lightness: f64, chroma: f64, hue: f64) -> f64 {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s;
    let green = -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s;
    let blue = -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s;
    0.2126 * red.clamp(0.0, 1.0) + 0.7152 * green.clamp(0.0, 1.0) + 0.0722 * blue.clamp(0.0, 1.0)
}

const TEXT: [(&str, &str); 20] = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "brand-wash"),
    ("ink", "stop-wash"),
    ("ink", "care-wash"),
    ("ink", "good-wash"),
    ("ink-soft", "ground"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("brand", "ground"),
    ("brand", "surface"),
    ("brand-strong", "brand-wash"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("stop", "surface"),
    ("stop", "ground"),
    ("stop", "stop-wash"),
    ("care", "care-wash"),
    ("good", "good-wash"),
];

/// Edges of fields and the focus ring: what must be seen, but isn't read (WCAG 2.2, 1.4.11).
const EDGES: [(&str, &str); 4] =
    [("field-line", "surface"), ("field-line", "ground"), ("brand", "ground"), ("brand", "surface")];

#[test]
fn every_pair_of_colours_is_readable_whatever_the_tenant_chooses() {
    let mut worst = (f64::INFINITY, String::new());
    for hue in (0..360).step_by(5) {
        for chroma in [0.0, 0.04, 0.075, 0.12, 0.2] {
            let tokens = Tokens::read(f64::from(hue), chroma);
            for scheme in [Scheme::Light, Scheme::Dark] {
                for (one, other) in TEXT {
                    let contrast = tokens.contrast(one, other, scheme);
                    if contrast < worst.0 {
                        worst = (contrast, format!("{one} on {other}, hue {hue}, chroma {chroma}"));
                    }
                }
                for (one, other) in EDGES {
                    let contrast = tokens.contrast(one, other, scheme);
                    assert!(contrast >= 3.0, "{one} on {other}, hue {hue}, chroma {chroma}: {contrast:.2}");
                }
            }
        }
    }
    assert!(worst.0 >= 4.5, "{:.2}: {}", worst.0, worst.1);
}

#[test]
fn the_arithmetic_knows_black_and_white() {
    assert!((luminance(1.0, 0.0, 0.0) - 1.0).abs() < 0.001);
    assert!(luminance(0.0, 0.0, 0.0).abs() < 0.001);
}
