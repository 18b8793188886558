//! What userinfo says about the person (OpenID Connect Core §5.3).

use super::check::{Check, brief};
use super::finding::{Demand, Finding};
use super::id_token::claims;
use crate::outbound::http::{Asked, Seen};
use serde_json::{Map, Value};

pub(super) static ANSWER: Demand =
    Demand::new("userinfo.answer", "an access token gets JSON, or a signed JWT", "OIDC Core §5.3.2");
pub(super) static SUB: Demand = Demand::new("userinfo.sub", "sub is that of the id_token", "OIDC Core §5.3.2");
pub(super) static TYPES: Demand =
    Demand::new("userinfo.types", "claims have their types, and none is empty", "OIDC Core §5.1");
pub(super) static POST: Demand = Demand::new("userinfo.post", "POST is taken as GET is", "OIDC Core §5.3.1");
pub(super) static BODY: Demand = Demand::new("userinfo.post-body", "the token may stand in the form", "RFC 6750 §2.2");
pub(super) static QUERY: Demand = Demand::new("userinfo.query", "a token in the URL is not taken", "RFC 9700 §4.3.2");

/// What it said; `None` if it said nothing that can be read.
fn read(seen: &Seen) -> Option<Map<String, Value>> {
    match seen.header("content-type").split(';').next().unwrap_or_default().trim() {
        "application/json" => serde_json::from_str(&seen.body).ok(),
        "application/jwt" => claims(&seen.body),
        _ => None,
    }
}

/// Asks in every way there is. `sub` is that of the `id_token`.
pub(super) async fn run(check: &mut Check<'_>, token: &str, sub: &str) -> Result<(), String> {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let seen = match check.get("userinfo_endpoint", &headers).await {
        Ok(seen) => seen,
        Err(why) => {
            check.push(ANSWER.judge(false, why));
            return Ok(());
        }
    };
    let said = read(&seen).filter(|_| seen.status == 200);
    check.push(ANSWER.judge(said.is_some(), brief(&seen)));
    if let Some(said) = &said {
        let its = said.get("sub").and_then(Value::as_str);
        check.push(SUB.judge(its == Some(sub), if its == Some(sub) { "the same" } else { "another" }));
        check.push(judge_types(said));
    }
    let same = |seen: Result<Seen, String>| match seen {
        Ok(seen) => (seen.status == 200 && read(&seen).is_some(), brief(&seen)),
        Err(why) => (false, why),
    };
    let (kept, seen) = same(check.post("userinfo_endpoint", &headers, &[]).await);
    check.push(POST.judge(kept, seen));
    let (kept, seen) = same(check.post("userinfo_endpoint", &[], &[("access_token", token)]).await);
    check.push(BODY.judge(kept, seen));
    query(check, token).await;
    Ok(())
}

/// A token in the query string must open nothing.
pub(super) async fn query(check: &mut Check<'_>, token: &str) {
    let mut url = match check.endpoint("userinfo_endpoint") {
        Ok(url) => url,
        Err(why) => return check.push(QUERY.not_applicable(why)),
    };
    url.query_pairs_mut().append_pair("access_token", token);
    let seen = check.http.send(Asked::get(&url, &[])).await;
    check.push(match seen {
        Ok(seen) => QUERY.judge((400..500).contains(&seen.status), brief(&seen)),
        Err(why) => QUERY.judge(false, why),
    });
}

/// Judges the form of the standard claims.
fn judge_types(said: &Map<String, Value>) -> Finding {
    let wrong: Vec<&str> =
        said.iter().filter(|(name, value)| !fits(name, value)).map(|(name, _)| name.as_str()).collect();
    let names: Vec<&str> = said.keys().map(String::as_str).collect();
    TYPES.judge(
        wrong.is_empty(),
        if wrong.is_empty() { names.join(", ") } else { format!("wrong: {}", wrong.join(", ")) },
    )
}

fn fits(name: &str, value: &Value) -> bool {
    match name {
        "email_verified" | "phone_number_verified" => value.is_boolean(),
        "updated_at" => value.is_number(),
        "address" => value.as_object().is_some_and(|parts| !parts.is_empty()),
        "birthdate" => value.as_str().is_some_and(is_birthdate),
        _ => !value.is_null() && value.as_str() != Some(""),
    }
}

/// `YYYY-MM-DD`, or `YYYY` alone; a year that is not told is 0000.
fn is_birthdate(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [year] => digits(year, 4),
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;
    use serde_json::json;

    #[test]
    fn claims_have_the_types_of_the_standard() {
        for (claims, right) in [
            (json!({"sub": "a", "birthdate": "1980-02-29", "email_verified": true, "updated_at": 1}), true),
            (json!({"birthdate": "0000-02-29"}), true),
            (json!({"birthdate": "1980"}), true),
            (json!({"birthdate": "29.2.1980"}), false),
            (json!({"email_verified": "true"}), false),
            (json!({"updated_at": "2026"}), false),
            (json!({"name": ""}), false),
            (json!({"name": null}), false),
            (json!({"address": "Storgatan 1"}), false),
        ] {
            let found = judge_types(claims.as_object().unwrap());
            assert_eq!(found.outcome == Outcome::Passed, right, "{claims}");
        }
    }
}
