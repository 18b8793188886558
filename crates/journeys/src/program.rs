//! Where the program under test is.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::Failure;

/// The `portvakt` that was built last. `PORTVAKT_PROGRAMS` names its folder (make test does); otherwise it is built
/// now, once per test program, so that a developer never tests yesterday's server.
pub(crate) fn portvakt() -> Result<PathBuf, Failure> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    if let Some(folder) = env::var_os("PORTVAKT_PROGRAMS") {
        return Ok(Path::new(&folder).join("portvakt"));
    }
    BUILT.get_or_init(build).clone().map_err(Failure::new)
}

fn build() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| error.to_string())?;
    // <target>/debug/deps/<test program>
    let folder = test.parent().and_then(Path::parent).ok_or("the test program has no build folder")?;
    let target = folder.parent().ok_or("the build folder has no parent")?;
    // `--workspace` keeps the dependencies' features as the tests had them: nothing is built twice.
    let done = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--workspace", "--bin", "portvakt", "--target-dir"])
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    if done.status.success() {
        Ok(folder.join("portvakt"))
    } else {
        Err(format!("portvakt doesn't build:\n{}", String::from_utf8_lossy(&done.stderr)))
    }
}
