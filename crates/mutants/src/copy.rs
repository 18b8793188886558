//! The copy of the tree: only what cargo needs, written only where it differs, so that the next build is short.

use crate::Failure;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a build reads.
const PARTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "crates", "migrations"];
/// What lies beside sources and is none.
const NOT_SOURCES: [&str; 3] = ["node_modules", "target", "__pycache__"];

/// Every file of those parts of a tree, from its root.
pub(crate) fn files(root: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut found = BTreeSet::new();
    for part in PARTS {
        if root.join(part).is_dir() {
            walk(root, Path::new(part), &mut found)?;
        } else if root.join(part).is_file() {
            found.insert(PathBuf::from(part));
        }
    }
    Ok(found)
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_SOURCES.iter().any(|name| path.ends_with(name)) {
            walk(root, &path, found)?;
        } else if kind.is_file() {
            found.insert(path);
        }
    }
    Ok(())
}

/// Makes `to` the same as `from`, but for the files whose text is given. What is there no more goes.
pub(crate) fn mirror(from: &Path, to: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<(), Failure> {
    let mut wanted = files(from)?;
    wanted.extend(changed.keys().cloned());
    for path in files(to)?.difference(&wanted) {
        fs::remove_file(to.join(path))?;
    }
    for path in &wanted {
        let content = match changed.get(path) {
            Some(text) => text.clone().into_bytes(),
            None => fs::read(from.join(path))?,
        };
        let target = to.join(path);
        if fs::read(&target).is_ok_and(|there| there == content) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, content)?;
    }
    Ok(())
}
