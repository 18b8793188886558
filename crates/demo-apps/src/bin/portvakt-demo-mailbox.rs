//! The mailbox: an SMTP server at `SMTP_LISTEN`, and its page at `LISTEN`, both such as `127.0.0.1:8425`.

use portvakt_demo_apps::mailbox;
use std::process::ExitCode;

fn main() -> ExitCode {
    mailbox::main()
}
