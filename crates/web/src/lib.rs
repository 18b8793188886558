//! The frame: what every window needs to speak to a browser. Words in three languages, pages, mails, embedded assets,
//! header sets, cookies and form marks.
//!
//! Pages are plain structs that render to a string; they take plain data and never see a store, a flow or a request.
//! Routes are rows of a table: who may enter, from where, what they can give; [`route`] mounts them, [`visit`] is what a
//! handler is handed, [`answer`] what it gives back.

pub mod answer;
pub mod assets;
pub mod check_session;
pub mod choosing;
pub mod client;
pub mod cookies;
pub mod csrf;
pub mod dates;
pub mod face;
pub mod headers;
pub mod json;
pub mod layout;
pub mod mail;
pub mod mutual;
pub mod pages;
pub mod paths;
pub mod route;
pub mod samples;
pub mod showroom;
pub mod visit;
pub mod words;

pub use layout::{AppFace, Layout, TenantFace};
pub use pages::Page;
pub use words::Words;
