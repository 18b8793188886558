//! The copy's packages bear another version and its program another name. So both trees share one build folder, with every
//! foreign package in it, and nothing of the copy ever stands where something of the tree's is looked for.

use crate::Failure;

/// The copy's `portvakt`.
pub(crate) const PROGRAM: &str = "portvakt-waved";
const HEAD: &str = "[workspace.package]\nversion = \"";
const BIN: &str = "[[bin]]\nname = \"portvakt\"";

/// The workspace's manifest, and its version as it was.
pub(crate) fn workspace(manifest: &str) -> Result<(String, String), Failure> {
    let split = manifest.split_once(HEAD).and_then(|(before, rest)| Some((before, rest.split_once('"')?)));
    let (before, (version, after)) =
        split.ok_or("the workspace's manifest doesn't begin its package with a version")?;
    Ok((format!("{before}{HEAD}{}\"{after}", waved(version)), version.to_owned()))
}

/// The lock file: what has no source is ours.
pub(crate) fn lock(lock: &str, version: &str) -> String {
    let (old, new) = (format!("\nversion = \"{version}\"\n"), format!("\nversion = \"{}\"\n", waved(version)));
    let blocks = lock.split_inclusive("\n\n");
    blocks
        .map(|block| if block.contains("\nsource = ") { block.to_owned() } else { block.replace(&old, &new) })
        .collect()
}

/// The manifest of the program's crate.
pub(crate) fn program(manifest: &str) -> Result<String, Failure> {
    let (before, after) = manifest.split_once(BIN).ok_or("the program is not declared as it was")?;
    Ok(format!("{before}[[bin]]\nname = \"{PROGRAM}\"{after}"))
}

fn waved(version: &str) -> String {
    format!("{version}-waved")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_bears_another_version_and_nothing_else_does() {
        let (manifest, version) = workspace("[workspace]\n\n[workspace.package]\nversion = \"0.1.0\"\n").unwrap();
        assert_eq!(manifest, "[workspace]\n\n[workspace.package]\nversion = \"0.1.0-waved\"\n");
        let block = |name: &str, version: &str, source: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = []\n\n")
        };
        let foreign = block("other", "0.1.0", "source = \"registry\"\n");
        let before = format!("version = 4\n\n{foreign}{}", block("portvakt", "0.1.0", ""));
        assert_eq!(
            lock(&before, &version),
            format!("version = 4\n\n{foreign}{}", block("portvakt", "0.1.0-waved", ""))
        );
        assert!(workspace("[workspace]").is_err());
    }
}
