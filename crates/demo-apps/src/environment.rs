//! Settings from environment variables, each missing or wrong one named in a sentence.

use crate::fault::Fault;
use std::env;
use std::fs;
use std::net::SocketAddr;
use url::Url;

/// A variable's value; unset and empty are the same.
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A variable's value, or a sentence that it is missing.
pub fn required(name: &str) -> Result<String, Fault> {
    optional(name).ok_or_else(|| Fault::new(format!("The environment variable {name} is not set.")))
}

/// A variable that holds an absolute URL.
pub fn url(name: &str) -> Result<Url, Fault> {
    Url::parse(&required(name)?).map_err(Fault::doing(format!("{name} is not a URL")))
}

/// A variable that holds an address to listen on, such as `127.0.0.1:8401`.
pub fn listen(name: &str) -> Result<SocketAddr, Fault> {
    required(name)?.parse().map_err(Fault::doing(format!("{name} is not an address such as 127.0.0.1:8401")))
}

/// A secret by file (`<name>_FILE`, preferred) or by value (`<name>`).
pub fn secret(name: &str) -> Result<Option<String>, Fault> {
    let file_variable = format!("{name}_FILE");
    match optional(&file_variable) {
        None => Ok(optional(name)),
        Some(path) => fs::read_to_string(&path)
            .map(|text| Some(text.trim_end().to_owned()))
            .map_err(Fault::doing(format!("Reading {path} (from {file_variable})"))),
    }
}

/// A variable that holds words between spaces.
pub fn words(name: &str) -> Vec<String> {
    optional(name).map(|text| text.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
}

/// A variable that holds `name=value` pairs between commas.
pub fn pairs(name: &str) -> Result<Vec<(String, String)>, Fault> {
    optional(name).map_or_else(|| Ok(Vec::new()), |text| parse_pairs(name, &text))
}

fn parse_pairs(name: &str, text: &str) -> Result<Vec<(String, String)>, Fault> {
    text.split(',')
        .map(|pair| {
            pair.split_once('=')
                .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                .ok_or_else(|| Fault::new(format!("{name} holds \"{pair}\", which has no = in it.")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_order_and_a_lone_word_is_named() {
        let expected = vec![("a.test".to_owned(), "127.0.0.1:1".to_owned()), ("b".to_owned(), "c=d".to_owned())];
        assert_eq!(parse_pairs("RESOLVE", "a.test=127.0.0.1:1, b=c=d"), Ok(expected));
        assert!(parse_pairs("RESOLVE", "alone").unwrap_err().to_string().contains("alone"));
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert!(required("PORTVAKT_DEMO_SURELY_UNSET").unwrap_err().to_string().contains("PORTVAKT_DEMO_SURELY_UNSET"));
    }
}
