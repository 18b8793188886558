//! Gives every asset a path that names its content, so that browsers may keep it for ever, and writes the list.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What is served: constant, file, content type. Fonts come first, for the style names them by their final paths.
const FILES: [(&str, &str, &str); 7] = [
    ("FONT_TEXT", "fonts/next-latin.woff2", "font/woff2"),
    ("FONT_TEXT_EXT", "fonts/next-latin-ext.woff2", "font/woff2"),
    ("FONT_CODE", "fonts/mono-latin.woff2", "font/woff2"),
    ("FONT_CODE_EXT", "fonts/mono-latin-ext.woff2", "font/woff2"),
    ("ICON", "portvakt.svg", "image/svg+xml"),
    ("SCRIPT", "portvakt.js", "text/javascript; charset=utf-8"),
    ("STYLE", "portvakt.css", "text/css; charset=utf-8"),
];

/// Copies the assets in `from` to `out` and writes `assets.rs` beside them.
pub fn generate(from: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut source = String::new();
    let mut served: Vec<(&str, String)> = Vec::new();
    for (constant, file, content_type) in FILES {
        let mut bytes = fs::read(from.join(file))?;
        if constant == "STYLE" {
            let mut style = String::from_utf8(bytes)?;
            for (file, path) in &served {
                style = style.replace(&format!("url({file})"), &format!("url({path})"));
            }
            if style.contains("url(fonts/") {
                return Err("portvakt.css names a font that is not served".into());
            }
            bytes = style.into_bytes();
        }
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).ok_or("a nameless asset")?;
        let (stem, ending) = name.split_once('.').ok_or("an asset without an ending")?;
        let path = format!("/assets/{stem}.{:016x}.{ending}", fingerprint(&bytes));
        fs::write(out.join(name), &bytes)?;
        writeln!(
            source,
            "/// The asset `{name}`.\npub const {constant}: Asset = Asset {{ path: {path:?}, content_type: {content_type:?}, \
             bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")) }};"
        )?;
        served.push((file, path));
    }
    let names: Vec<&str> = FILES.iter().map(|(constant, ..)| *constant).collect();
    writeln!(source, "\nconst ALL: [Asset; {}] = [{}];", names.len(), names.join(", "))?;
    fs::write(out.join("assets.rs"), source)?;
    Ok(())
}

/// FNV-1a, 64 bits. It tells one build's file from another's; nothing secret or foreign is told apart by it.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
