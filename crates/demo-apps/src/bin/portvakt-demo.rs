//! `make demo`: Portvakt with relying apps beside it, on one machine.

use portvakt_demo_apps::starter;
use std::process::ExitCode;

fn main() -> ExitCode {
    starter::main()
}
