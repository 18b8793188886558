//! The headers of every answer. One set for pages, one for the page that posts to an app, one for JSON, one for assets.
//!
//! `form-action 'self'` holds for every page because a form of ours never leaves the site by redirect. Only the
//! `form_post` page has no `form-action` at all: with it, Chromium would also block the app's own onward redirect.

use portvakt_protocol::oauth::redirect;
use std::borrow::Cow;

/// Name and value of one header.
pub type Header = (&'static str, Cow<'static, str>);

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), bluetooth=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
    idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), otp-credentials=(), payment=(), \
    picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
    screen-wake-lock=(), serial=(), storage-access=(), usb=(), web-share=(), window-management=(), \
    xr-spatial-tracking=()";

/// What every answer of ours carries, whatever it holds and whatever its status.
const ALWAYS: [(&str, &str); 7] = [
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    // Not `no-referrer`: browsers then send `Origin: null` on our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
    ("X-Frame-Options", "DENY"),
    ("X-Robots-Tag", "noindex"),
];

const RESOURCE: (&str, &str) = ("Cross-Origin-Resource-Policy", "same-origin");
const NO_STORE: (&str, &str) = ("Cache-Control", "no-store");

/// For a page: `nonce` is [`crate::Layout::nonce`], fresh for each answer, base64.
pub fn html(nonce: &str) -> Vec<Header> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    page(policy)
}

/// For [`crate::pages::going::FormPost`]: one script with that nonce, and no `form-action`.
pub fn form_post(nonce: &str) -> Vec<Header> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; font-src 'self'; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'"
    );
    page(policy)
}

/// For [`crate::pages::sign_out::SigningOut`]: as [`html`], and these origins may be framed. What is no origin as browsers
/// write it is left out: a policy is divided by `;` and its lists by blanks.
pub fn framing(nonce: &str, origins: &[String]) -> Vec<Header> {
    let mut headers = html(nonce);
    for (name, value) in &mut headers {
        if *name == "Content-Security-Policy" {
            let value = value.to_mut();
            value.push_str("; frame-src");
            for origin in origins.iter().filter(|origin| redirect::is_origin(origin)) {
                value.push(' ');
                value.push_str(origin);
            }
        }
    }
    headers
}

/// For [`crate::check_session`]: any site may frame it, and it may do nothing but run its one script.
pub fn session_frame(nonce: &str) -> Vec<Header> {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; form-action 'none'; base-uri 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let mut headers: Vec<Header> =
        ALWAYS.into_iter().filter(|(name, _)| *name != "X-Frame-Options").map(borrowed).collect();
    headers.push(("Content-Type", Cow::Borrowed("text/html; charset=utf-8")));
    headers.push(("Content-Security-Policy", Cow::Owned(policy)));
    // Pages that isolate themselves (COEP) may have it too: that asks of a frame of another site that it allows them (CORP),
    // and that it does as they do (COEP).
    headers.extend([
        borrowed(("Cross-Origin-Resource-Policy", "cross-origin")),
        borrowed(("Cross-Origin-Embedder-Policy", "require-corp")),
        borrowed(NO_STORE),
    ]);
    headers
}

/// For the page after signing out: as [`html`], and the browser drops what it kept of us. Cookies are cleared one by one
/// instead, since the device's and the language's stay.
pub fn signed_out(nonce: &str) -> Vec<Header> {
    let mut headers = html(nonce);
    headers.push(("Clear-Site-Data", Cow::Borrowed("\"cache\", \"storage\"")));
    headers
}

/// For JSON that nobody may keep: tokens, userinfo, errors.
pub fn json() -> Vec<Header> {
    let mut headers = bare();
    headers.extend([borrowed(RESOURCE), borrowed(NO_STORE), borrowed(("Pragma", "no-cache"))]);
    headers
}

/// For public JSON (discovery, JWKS) that anybody may keep for `seconds`, and that scripts of any origin may read.
pub fn public_json(seconds: u32) -> Vec<Header> {
    let mut headers = bare();
    headers.push(borrowed(("Cross-Origin-Resource-Policy", "cross-origin")));
    headers.push(borrowed(("Access-Control-Allow-Origin", "*")));
    headers.push(("Cache-Control", Cow::Owned(format!("public, max-age={seconds}"))));
    headers
}

/// For an embedded asset: its path names its content, so it may be kept for ever.
pub fn asset() -> Vec<Header> {
    let mut headers = bare();
    headers.extend([borrowed(RESOURCE), borrowed(("Cache-Control", "public, max-age=31536000, immutable"))]);
    headers
}

/// For an app's picture, fetched by us: it may be kept for an hour, and for our own pages only.
pub fn picture() -> Vec<Header> {
    let mut headers = bare();
    headers.extend([borrowed(RESOURCE), borrowed(("Cache-Control", "public, max-age=3600"))]);
    headers
}

/// For an answer without a body: a redirect within our site.
pub fn empty() -> Vec<Header> {
    let mut headers = bare();
    headers.extend([borrowed(RESOURCE), borrowed(NO_STORE)]);
    headers
}

fn page(policy: String) -> Vec<Header> {
    let mut headers: Vec<Header> = ALWAYS.into_iter().map(borrowed).collect();
    headers.push(("Content-Type", Cow::Borrowed("text/html; charset=utf-8")));
    headers.push(("Content-Security-Policy", Cow::Owned(policy)));
    headers.extend([borrowed(RESOURCE), borrowed(NO_STORE)]);
    headers
}

/// What is no page may load and be framed by nothing.
fn bare() -> Vec<Header> {
    let mut headers: Vec<Header> = ALWAYS.into_iter().map(borrowed).collect();
    headers.push(borrowed(("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")));
    headers
}

fn borrowed((name, value): (&'static str, &'static str)) -> Header {
    (name, Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn value<'a>(headers: &'a [Header], name: &str) -> &'a str {
        headers.iter().find(|header| header.0 == name).map_or("", |header| &header.1)
    }

    #[test]
    fn every_answer_carries_the_whole_set_once() {
        for headers in
            [html("n"), form_post("n"), signed_out("n"), json(), public_json(60), asset(), picture(), empty()]
        {
            for (name, wanted) in ALWAYS {
                assert_eq!(value(&headers, name), wanted);
            }
            for name in ["Content-Security-Policy", "Cache-Control", "Cross-Origin-Resource-Policy"] {
                assert_ne!(value(&headers, name), "", "{name}");
            }
            let names: HashSet<_> = headers.iter().map(|header| header.0).collect();
            assert_eq!(names.len(), headers.len(), "no header stands twice");
            assert!(headers.iter().all(|header| header.1.bytes().all(|byte| (32..127).contains(&byte))));
        }
    }

    #[test]
    fn no_answer_has_another_host_s_addresses_upgraded() {
        for headers in
            [html("n"), form_post("n"), signed_out("n"), session_frame("n"), json(), public_json(60), empty()]
        {
            let policy = value(&headers, "Content-Security-Policy");
            assert!(!policy.contains("upgrade") && !policy.contains("block-all-mixed-content"), "{policy}");
            let ours = value(&headers, "Strict-Transport-Security");
            assert!(!ours.contains("preload"), "a preloaded domain takes its neighbours along: {ours}");
        }
    }

    #[test]
    fn one_answer_may_be_framed_and_one_page_frames_what_it_names() {
        let frame = session_frame("n");
        assert_eq!(value(&frame, "X-Frame-Options"), "");
        assert!(!value(&frame, "Content-Security-Policy").contains("frame-ancestors"));
        assert_eq!(value(&frame, "Cross-Origin-Resource-Policy"), "cross-origin");
        assert_eq!(value(&frame, "Cross-Origin-Embedder-Policy"), "require-corp");
        for (name, wanted) in ALWAYS.into_iter().filter(|(name, _)| *name != "X-Frame-Options") {
            assert_eq!(value(&frame, name), wanted);
        }
        let page = framing("n", &["https://a.example".to_owned(), "https://b.example:8443".to_owned()]);
        let policy = value(&page, "Content-Security-Policy");
        assert!(policy.ends_with("; frame-src https://a.example https://b.example:8443"));
        assert!(policy.contains("frame-ancestors 'none'") && value(&page, "X-Frame-Options") == "DENY");
        let wrong = ["https://x;sandbox", "https://a.example https://b.example", "https://x,y", "*", "'self'", ""];
        let page = framing("n", &wrong.map(str::to_owned));
        assert!(value(&page, "Content-Security-Policy").ends_with("; frame-src"), "nothing may be framed");
    }

    #[test]
    fn forms_stay_on_our_site_but_for_the_page_that_posts_to_an_app() {
        assert!(value(&html("abc"), "Content-Security-Policy").contains("form-action 'self'"));
        assert!(!value(&form_post("abc"), "Content-Security-Policy").contains("form-action"));
        for headers in [html("abc"), form_post("abc")] {
            let policy = value(&headers, "Content-Security-Policy");
            assert!(policy.contains("script-src 'nonce-abc'") && !policy.contains("unsafe"));
        }
    }
}
