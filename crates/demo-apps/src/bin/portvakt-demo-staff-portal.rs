//! The staff portal: a second app of the house, where people signed in to HRM already are signed in.
//!
//! Its settings are environment variables:
//!
//! - `ISSUER`: the issuer, as its discovery document names it;
//! - `CLIENT_ID`, and `CLIENT_SECRET_FILE` or `CLIENT_SECRET`: what it was registered as;
//! - `LISTEN`: where it listens, such as `127.0.0.1:8401`;
//! - `BASE_URL`: its address from outside; `/callback` is its redirect URI, `/signed-out` where sign-out comes back to;
//! - `APP_NAME`: another name on its pages;
//! - `SCOPES`: what to ask for instead of its own list; `API_SCOPES` comes on top;
//! - `API_IDENTIFIER`, `API_SCOPES`: the API that its access tokens are for, and the scopes of it (the first one also
//!   guards `GET /api/employees`);
//! - `LINKS`: apps to link to, `name=address,…`;
//! - `EXTRA_CA_FILE`: PEM of one more trusted authority; `RESOLVE`: where hosts lie, `host=address:port,…`;
//! - `TLS_CERT_FILE`, `TLS_KEY_FILE`: PEM files, to speak https itself.

use portvakt_demo_apps::web_app::{self, Looks};
use std::process::ExitCode;

fn main() -> ExitCode {
    web_app::main(Looks::STAFF_PORTAL)
}
