//! Makes two things that the compiler then checks: one typed function per word, and the list of embedded assets.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

#[path = "build/assets.rs"]
mod assets;
#[path = "build/words.rs"]
mod words;

fn main() -> Result<(), Box<dyn Error>> {
    for watched in ["build.rs", "build", "words", "assets"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("words.rs"), words::generate(&root.join("words"))?)?;
    assets::generate(&root.join("assets"), &out)?;
    Ok(())
}
