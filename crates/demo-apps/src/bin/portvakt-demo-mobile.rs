//! Mobile: a native app, driven from a terminal. `--demo DIR` says where and as what, or these variables do:
//! `ISSUER`, `CLIENT_ID`, `SCOPES`, `API_IDENTIFIER`, `API_SCOPES`, `EXTRA_CA_FILE`, `RESOLVE`.

use portvakt_demo_apps::mobile;
use std::process::ExitCode;

fn main() -> ExitCode {
    mobile::main()
}
