//! The mark in every form: it shows that the page was made for this browser, and for this form.
//!
//! It stands beside the check of `Sec-Fetch-Site` and `Origin`, and is no secret of its own: base64url of
//! HMAC-SHA256(key, cookie's handle ‖ form's name). The handle has a fixed length, so no two pairs make one text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portvakt_model::Handle;
use ring::hmac;

/// The forms. A mark for one is no mark for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The address step.
    Address,
    /// The password step.
    Password,
    /// The account chooser.
    Choose,
    /// "How do you want to come in?", and sending a new mail.
    Forgot,
    /// Confirming a link from a mail.
    Link,
    /// Choosing a password by a link.
    NewPassword,
    /// Consent.
    Consent,
    /// Signing out.
    Logout,
    /// Everything in Account Settings.
    Account,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Password => "password",
            Self::Choose => "choose",
            Self::Forgot => "forgot",
            Self::Link => "link",
            Self::NewPassword => "new-password",
            Self::Consent => "consent",
            Self::Logout => "logout",
            Self::Account => "account",
        }
    }
}

/// The mark for `form` in the browser that holds `cookie`: the session where there is one, else the flow cookie.
pub fn mark(key: &[u8; 32], cookie: &Handle, form: Form) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message(cookie, form)))
}

/// Whether `presented` is that mark. The comparison takes the same time for every mark.
pub fn is_right(key: &[u8; 32], cookie: &Handle, form: Form, presented: &str) -> bool {
    let Ok(tag) = URL_SAFE_NO_PAD.decode(presented) else { return false };
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &message(cookie, form), &tag).is_ok()
}

fn message(cookie: &Handle, form: Form) -> Vec<u8> {
    [cookie.bytes().as_slice(), form.name().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_holds_for_its_browser_its_form_and_its_key_alone() {
        let (key, cookie) = ([1; 32], Handle::new([2; 32]));
        let mark = mark(&key, &cookie, Form::Password);
        assert!(is_right(&key, &cookie, Form::Password, &mark));
        assert!(!is_right(&key, &cookie, Form::Consent, &mark));
        assert!(!is_right(&key, &Handle::new([3; 32]), Form::Password, &mark));
        assert!(!is_right(&[9; 32], &cookie, Form::Password, &mark));
        for wrong in ["", "AAAA", "not base64 %", &mark[1..], &format!("{mark}A")] {
            assert!(!is_right(&key, &cookie, Form::Password, wrong));
        }
    }
}
