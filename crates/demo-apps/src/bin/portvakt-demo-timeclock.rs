//! Timeclock: a machine that calls HRM's API. `--demo DIR` says where and as what, or these variables do: `ISSUER`,
//! `CLIENT_ID`, `CLIENT_SECRET_FILE` or `CLIENT_SECRET`, `API_IDENTIFIER`, `API_SCOPES`, `API_URL`, `EXTRA_CA_FILE`,
//! `RESOLVE`.

use portvakt_demo_apps::timeclock;
use std::process::ExitCode;

fn main() -> ExitCode {
    timeclock::main()
}
