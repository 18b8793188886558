//! E-mail addresses: one normal form for look-up, the stored form for sending.

use crate::id::AccountId;
use crate::time::Timestamp;
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

/// An address that passed the syntax we accept. Two addresses are the same person's mailbox for us exactly when their
/// [`Email::lookup`] is equal; mail goes to [`Email::stored`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email {
    stored: String,
    lookup: String,
    domain: String,
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailError {
    /// Longer than 254 octets, or its local part than 64 (RFC 5321 §4.5.3.1).
    TooLong,
    /// Not one `@` between two parts, or a character that no mailbox of ours may have.
    Form,
    /// The part behind the `@` is no domain name.
    Domain,
}

impl Email {
    /// Reads what somebody typed: surrounding blanks are dropped, everything else is kept for sending.
    ///
    /// Look-up form: NFC; the local part must not change under NFKC (else `ａ` and `a` would be two people) and is
    /// folded to lower case; the domain is turned into A-labels by IDNA and lower-cased. Quoted local parts are not
    /// accepted.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches([' ', '\t']);
        if text.len() > 254 {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Form)?;
        if local.len() > 64 {
            return Err(EmailError::TooLong);
        }
        let local: String = local.nfc().collect();
        let dots_right = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
        if local.is_empty() || !dots_right || !local.chars().all(is_local) || local.nfkc().ne(local.chars()) {
            return Err(EmailError::Form);
        }
        let domain = Self::domain_lookup(domain).ok_or(EmailError::Domain)?;
        let folded = fold(&local);
        // A capital dotted I folds to a letter with a mark of its own, which nobody could type as an address.
        if !folded.chars().all(is_local) || folded.nfkc().ne(folded.chars()) {
            return Err(EmailError::Form);
        }
        let lookup = format!("{folded}@{domain}");
        Ok(Self { stored: format!("{local}@{domain}"), lookup, domain })
    }

    /// The normal form of a domain name: A-labels, lower case, at least two labels; `None` for anything else.
    pub fn domain_lookup(domain: &str) -> Option<String> {
        let ascii = idna::domain_to_ascii_strict(domain).ok()?;
        let labels_right = ascii.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        let last_is_name = ascii.rsplit('.').next().is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()));
        (ascii.len() <= 253 && ascii.contains('.') && labels_right && last_is_name).then_some(ascii)
    }

    /// The form that mail is sent to and pages show.
    pub fn stored(&self) -> &str {
        &self.stored
    }
    /// The form by which it is found.
    pub fn lookup(&self) -> &str {
        &self.lookup
    }
    /// The domain in its normal form.
    pub fn domain(&self) -> &str {
        &self.domain
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stored)
    }
}

/// What a local part may hold: RFC 5322's atext, the dot, and letters and digits of any script (RFC 6531).
fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || (!c.is_ascii() && c.is_alphanumeric())
}

/// Simple case folding that is stable when done twice. Lower-casing alone is not: `İ` becomes `i` with a combining
/// dot, and the sharp and final forms differ; going by upper case first brings all forms together.
fn fold(local: &str) -> String {
    let mut folded: String = local.to_uppercase().to_lowercase().nfc().collect();
    // A second round settles the few letters whose upper case has a lower case of another length.
    let again: String = folded.to_uppercase().to_lowercase().nfc().collect();
    if again != folded {
        folded = again;
    }
    folded
}

/// An address of an account: the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Whose it is.
    pub account: AccountId,
    /// The look-up form; unique in the deployment.
    pub lookup: String,
    /// The form that is shown and sent to.
    pub stored: String,
    /// When its mailbox was proved; `None` until then.
    pub verified_at: Option<Timestamp>,
    /// Whether it is the account's primary one; exactly one is.
    pub primary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_found_whatever_the_case_and_sent_as_stored() {
        let email = Email::parse("  Anna.Svensson@Nordvik.SE ").unwrap();
        assert_eq!(email.stored(), "Anna.Svensson@nordvik.se");
        assert_eq!(email.lookup(), "anna.svensson@nordvik.se");
        assert_eq!(Email::parse("åsa@räksmörgås.se").unwrap().domain(), "xn--rksmrgs-5wao1o.se");
    }

    #[test]
    fn what_is_no_mailbox_of_ours_is_refused() {
        for (text, why) in [
            ("", EmailError::Form),
            ("anna", EmailError::Form),
            ("a@b@nordvik.se", EmailError::Form),
            ("anna@nordvik.se@", EmailError::Form),
            ("anna svensson@nordvik.se", EmailError::Form),
            ("\"anna\"@nordvik.se", EmailError::Form),
            ("ａnna@nordvik.se", EmailError::Form),
            ("\u{130}nna@nordvik.se", EmailError::Form),
            (".anna@nordvik.se", EmailError::Form),
            ("anna..s@nordvik.se", EmailError::Form),
            ("anna\r\nBcc: x@nordvik.se", EmailError::Form),
            ("anna@localhost", EmailError::Domain),
            ("anna@127.0.0.1", EmailError::Domain),
            ("anna@[127.0.0.1]", EmailError::Domain),
            ("anna@-x.se", EmailError::Domain),
            ("anna@x..se", EmailError::Domain),
            ("anna@", EmailError::Domain),
        ] {
            assert_eq!(Email::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@nordvik.se", "a".repeat(65))), Err(EmailError::TooLong));
        assert_eq!(Email::parse(&format!("a@{}.se", "b".repeat(300))), Err(EmailError::TooLong));
    }

    proptest! {
        #[test]
        fn the_lookup_form_is_its_own_lookup_form(text in "\\PC{1,20}@[a-zåäö]{1,9}\\.(se|no|example)") {
            if let Ok(email) = Email::parse(&text) {
                let again = Email::parse(email.lookup()).expect("a normal form is an address");
                prop_assert_eq!(again.lookup(), email.lookup());
                let stored = Email::parse(email.stored()).expect("a stored form is an address");
                prop_assert_eq!(stored.lookup(), email.lookup());
            }
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC*") {
            let _ = Email::parse(&text);
        }
    }
}
