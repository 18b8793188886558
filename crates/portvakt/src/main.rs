//! `portvakt`: see `portvakt --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    portvakt::cli::run()
}
