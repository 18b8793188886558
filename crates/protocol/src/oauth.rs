//! OAuth 2.0 and OpenID Connect: requests parsed once, decided by pure rules, answers written.

pub mod access_token;
pub mod app_uris;
pub mod authorize;
pub mod claims;
pub mod claims_parameter;
pub mod client_auth;
pub mod code;
pub mod discovery;
pub mod end_session;
pub mod host;
pub mod logout;
pub mod needs;
pub mod params;
pub mod redirect;
pub mod registration;
pub mod request_object;
pub mod respond;
pub mod rfc6749;
pub mod scope;
pub mod subject;
pub mod token;
pub mod why;

pub use params::Params;
pub use why::{Code, Why};
