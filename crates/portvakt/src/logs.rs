//! Logs: text for people, JSON for machines, to standard error.

use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts logging; a second call does nothing.
pub fn start(json: bool, level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people at a terminal: in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // Tests start several deployments in one process: only the first sets the logs up.
    drop(if json { builder.json().try_init() } else { builder.try_init() });
}
