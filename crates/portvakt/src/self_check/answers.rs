//! What holds of every answer, whatever was asked. No network here.

use super::finding::{Demand, Finding};

static STATE: Demand = Demand::new("answer.state", "state comes back byte for byte", "RFC 6749 §4.1.2");
static ISS: Demand = Demand::new("answer.iss", "every authorization answer names its issuer", "RFC 9207 §2");
static MEMBERS: Demand =
    Demand::new("answer.members", "an error brings nothing but what belongs to it", "RFC 6749 §4.1.2.1");
static TEXT: Demand =
    Demand::new("answer.error-text", "error_description is ASCII without quotes or backslash", "RFC 6749 §5.2");
static NO_STORE: Demand = Demand::new("answer.no-store", "nobody may keep a token answer", "RFC 6749 §5.1");

/// What may stand beside an error.
const WITH_ERROR: [&str; 6] = ["error", "error_description", "error_uri", "state", "iss", "session_state"];

/// Judges the parameters of an authorization answer to a request with that state.
pub(super) fn judge_answer(parameters: &[(String, String)], state: Option<&str>, issuer: &str) -> Vec<Finding> {
    let all = |name: &str| -> Vec<&str> {
        parameters.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    let once = |name: &str, wanted: &str| all(name) == [wanted];
    let shown = |name: &str| match all(name).as_slice() {
        [] => format!("no {name}"),
        [one] => (*one).to_owned(),
        _ => format!("{name} more than once"),
    };
    let mut found = vec![ISS.judge(once("iss", issuer), shown("iss"))];
    if let Some(state) = state {
        let same = once("state", state);
        found.push(STATE.judge(same, if same { format!("{} characters", state.len()) } else { shown("state") }));
    }
    if !all("error").is_empty() {
        let others: Vec<&str> =
            parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !WITH_ERROR.contains(name)).collect();
        found.push(
            MEMBERS.judge(others.is_empty(), if others.is_empty() { "nothing".to_owned() } else { others.join(", ") }),
        );
    }
    found.extend(all("error_description").into_iter().map(judge_error_text));
    found
}

/// Judges an `error_description`: %x20-21 / %x23-5B / %x5D-7E.
pub(super) fn judge_error_text(text: &str) -> Finding {
    TEXT.judge(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)), text)
}

/// Judges `Cache-Control`.
pub(super) fn judge_no_store(cache_control: &str) -> Finding {
    let right = cache_control.split(',').any(|one| one.trim().eq_ignore_ascii_case("no-store"));
    NO_STORE.judge(right, if cache_control.is_empty() { "no Cache-Control" } else { cache_control })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    const HERE: &str = "https://login.example";

    fn failed(parameters: &[(&str, &str)]) -> Vec<&'static str> {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let found = judge_answer(&owned, Some("s"), HERE);
        found.iter().filter(|one| one.outcome == Outcome::Failed).map(|one| one.demand.id).collect()
    }

    #[test]
    fn one_thing_that_is_wrong_is_one_failure_with_its_name() {
        assert!(failed(&[("code", "c"), ("state", "s"), ("iss", HERE)]).is_empty());
        assert!(failed(&[("error", "login_required"), ("state", "s"), ("iss", HERE)]).is_empty());
        assert_eq!(failed(&[("code", "c"), ("state", "S"), ("iss", HERE)]), ["answer.state"]);
        assert_eq!(failed(&[("code", "c"), ("state", "s"), ("state", "s"), ("iss", HERE)]), ["answer.state"]);
        assert_eq!(failed(&[("code", "c"), ("state", "s")]), ["answer.iss"]);
        assert_eq!(failed(&[("code", "c"), ("state", "s"), ("iss", "https://evil.example")]), ["answer.iss"]);
        assert_eq!(failed(&[("error", "x"), ("state", "s"), ("iss", HERE), ("code", "c")]), ["answer.members"]);
        let quoted = [("error", "x"), ("error_description", "no \"app\""), ("state", "s"), ("iss", HERE)];
        assert_eq!(failed(&quoted), ["answer.error-text"]);
    }

    #[test]
    fn texts_are_plain() {
        for (text, plain) in [("The code is spent.", true), ("a\\b", false), ("två", false), ("a\nb", false)] {
            assert_eq!(judge_error_text(text).outcome == Outcome::Passed, plain, "{text}");
        }
        for (header, right) in [("no-store", true), ("private, No-Store", true), ("no-cache", false), ("", false)] {
            assert_eq!(judge_no_store(header).outcome == Outcome::Passed, right, "{header}");
        }
    }
}
