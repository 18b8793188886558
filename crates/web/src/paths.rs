//! The paths of our pages and forms, in one place, so that routes and pages agree.

/// The address step: GET shows it, POST takes the address.
pub const SIGN_IN: &str = "/sign-in";
/// The password step.
pub const PASSWORD: &str = "/sign-in/password";
/// The account chooser.
pub const CHOOSE: &str = "/sign-in/choose";
/// GET: how do you want to come in?
pub const FORGOT: &str = "/sign-in/forgot";
/// POST: mail a link to choose a password.
pub const FORGOT_RESET: &str = "/sign-in/forgot/reset";
/// POST: mail a link that signs in.
pub const FORGOT_LINK: &str = "/sign-in/forgot/link";
/// A sign-in link: GET confirms, POST consumes (hidden `handle`).
pub const SIGN_IN_LINK: &str = "/sign-in/link";
/// A password link: GET confirms, POST shows the form (hidden `handle`). Neither consumes it.
pub const PASSWORD_LINK: &str = "/password/link";
/// POST: save the new password (hidden `handle`); this consumes the link.
pub const PASSWORD_NEW: &str = "/password/new";
/// GET: an app's picture, at `/logo/<client_id>`.
pub const LOGO: &str = "/logo";
/// What the app may know.
pub const CONSENT: &str = "/consent";
/// GET: decide again and go on to the app.
pub const RESUME: &str = "/resume";
/// GET asks, POST signs out.
pub const LOGOUT: &str = "/logout";
/// GET: you are signed out.
pub const LOGOUT_DONE: &str = "/logout/done";
/// GET `?to=sv&back=/path`: choose the language and come back.
pub const LANGUAGE: &str = "/language";
/// Account Settings: overview; POST withdraws a consent.
pub const ACCOUNT: &str = "/account";
/// Signed-in browsers; POST ends one or all others.
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
/// Change the password.
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// Choose the language.
pub const ACCOUNT_LANGUAGE: &str = "/account/language";
/// GET: how far shall signing out reach? The form posts to [`LOGOUT`].
pub const ACCOUNT_SIGN_OUT: &str = "/account/sign-out";
/// GET: the design system. A sample is at `/design/<page>/<state>`.
pub const DESIGN: &str = "/design";
