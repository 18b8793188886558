//! The `claims` parameter (OpenID Connect Core §5.5), read from JSON a stranger wrote.

use super::claims;
use super::why::Why;
use portvakt_model::{ClaimWish, ClaimsRequest};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The most octets of a `claims` parameter.
pub const MOST_OCTETS: usize = 8 * 1024;
/// The most values of one claim, and the most octets of one of them.
const MOST_VALUES: usize = 16;
const MOST_VALUE_OCTETS: usize = 200;
/// The most claims asked for in one place.
pub const MOST_CLAIMS: usize = 64;

/// Reads the parameter. Members we don't know are left aside, as §5.5 says; what breaks the form is an error.
pub fn parse(text: &str) -> Result<ClaimsRequest, Why> {
    if text.len() > MOST_OCTETS {
        return Err(Why::TooLong);
    }
    let Ok(Value::Object(top)) = serde_json::from_str(text) else { return Err(Why::ClaimsMalformed) };
    Ok(ClaimsRequest { id_token: side(top.get("id_token"))?, userinfo: side(top.get("userinfo"))? })
}

fn side(value: Option<&Value>) -> Result<BTreeMap<String, ClaimWish>, Why> {
    match value {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(claims)) if claims.len() <= MOST_CLAIMS => {
            let read = claims.iter().map(|(name, wish)| Ok((name.clone(), read(name, wish)?)));
            read.filter(|claim| claim.as_ref().map_or(true, |(name, _)| is_known(name))).collect()
        }
        Some(_) => Err(Why::ClaimsMalformed),
    }
}

/// Whether we have anything to say to a wish for this claim.
fn is_known(name: &str) -> bool {
    takes_values(name) || claims::supported().contains(&name)
}

/// The claims whose asked values decide something.
fn takes_values(name: &str) -> bool {
    matches!(name, "acr" | "sub")
}

fn read(name: &str, wish: &Value) -> Result<ClaimWish, Why> {
    match wish {
        Value::Null => Ok(ClaimWish::default()),
        Value::Object(members) => {
            let essential = match members.get("essential") {
                None => false,
                Some(Value::Bool(essential)) => *essential,
                Some(_) => return Err(Why::ClaimsMalformed),
            };
            // Values that decide nothing are left aside, whatever they are.
            let values = if takes_values(name) { values(members)? } else { Vec::new() };
            if values.len() > MOST_VALUES || values.iter().any(|value| value.len() > MOST_VALUE_OCTETS) {
                return Err(Why::ClaimsMalformed);
            }
            Ok(ClaimWish { essential, values })
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Err(Why::ClaimsMalformed),
    }
}

/// The values of a claim for which they decide. What is no text, and `value` beside `values`, is an error and never left
/// aside: a demand that is half read would be a demand that is lost.
fn values(members: &Map<String, Value>) -> Result<Vec<String>, Why> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(Why::ClaimsMalformed);
    match (members.get("value"), members.get("values")) {
        (None, None) => Ok(Vec::new()),
        (Some(value), None) => Ok(vec![text(value)?]),
        (None, Some(Value::Array(values))) if !values.is_empty() => values.iter().map(text).collect(),
        (_, Some(_)) => Err(Why::ClaimsMalformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn claims_are_read_with_their_values() {
        let text = r#"{"id_token":{"acr":{"essential":true,"values":["a","b"]},"auth_time":null},
            "userinfo":{"name":{"essential":true},"email":{"value":"x"},"odd":{"new":1}},"other":{}}"#;
        let claims = parse(text).unwrap();
        assert_eq!(claims.id_token.get("acr").unwrap().values, ["a", "b"]);
        assert!(claims.userinfo.get("name").unwrap().essential);
        assert_eq!(claims.userinfo.keys().collect::<Vec<_>>(), ["email", "name"], "what nobody knows is left aside");
        assert!(claims.userinfo.get("email").unwrap().values.is_empty(), "and so are values that decide nothing");
    }

    #[test]
    fn no_demand_is_lost_by_being_too_big() {
        let asked = |values: &[String]| {
            let acr = serde_json::json!({ "id_token": { "acr": { "essential": true, "values": values } } });
            parse(&acr.to_string())
        };
        assert!(asked(&vec!["a".repeat(MOST_VALUE_OCTETS); MOST_VALUES]).is_ok());
        assert_eq!(asked(&vec!["a".to_owned(); MOST_VALUES + 1]), Err(Why::ClaimsMalformed));
        assert_eq!(asked(&["a".repeat(MOST_VALUE_OCTETS + 1)]), Err(Why::ClaimsMalformed));
    }

    #[test]
    fn no_demand_is_lost_by_its_form() {
        let wrong = [
            r#"{"value":["x"]}"#,
            r#"{"value":1}"#,
            r#"{"value":null}"#,
            r#"{"value":{"is":"x"}}"#,
            r#"{"values":["x",1]}"#,
            r#"{"values":["x",null]}"#,
            r#"{"values":[]}"#,
            r#"{"values":"x"}"#,
            r#"{"values":null}"#,
            r#"{"value":"x","values":["x"]}"#,
        ];
        for wish in wrong {
            for name in ["acr", "sub"] {
                let text = format!(r#"{{"id_token":{{"{name}":{wish}}}}}"#);
                assert_eq!(parse(&text), Err(Why::ClaimsMalformed), "{text}");
            }
            let other = parse(&format!(r#"{{"id_token":{{"email":{wish}}}}}"#)).unwrap();
            assert!(other.id_token["email"].values.is_empty(), "{wish} decides nothing there");
        }
        let one = parse(r#"{"id_token":{"sub":{"value":"x"}}}"#).unwrap();
        assert_eq!(one.id_token["sub"].values, ["x"]);
        assert!(parse(r#"{"id_token":{"acr":{"essential":true}}}"#).unwrap().id_token["acr"].values.is_empty());
    }

    #[test]
    fn what_is_not_of_the_form_is_an_error() {
        for wrong in [
            "",
            "[]",
            "1",
            "{",
            r#"{"id_token":[]}"#,
            r#"{"userinfo":{"name":1}}"#,
            r#"{"userinfo":{"a":{"essential":"yes"}}}"#,
        ] {
            assert_eq!(parse(wrong), Err(Why::ClaimsMalformed), "{wrong}");
        }
        let deep = format!("{}1{}", "[".repeat(3000), "]".repeat(3000));
        assert_eq!(parse(&deep), Err(Why::ClaimsMalformed));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
