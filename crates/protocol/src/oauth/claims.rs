//! What tokens and userinfo say about a person (OpenID Connect Core §5).

use portvakt_model::{AccountFacts, ClaimWish};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The claims of each scope (Core §5.4).
const OF_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Every claim about a person that can be asked for; discovery lists them from here.
pub fn supported() -> Vec<&'static str> {
    OF_SCOPE.iter().flat_map(|(_, claims)| claims.iter().copied()).collect()
}

/// The claims about this person that the scopes give, and those asked for by name. What the account doesn't have is
/// left out: never an empty string, never null.
pub fn about(facts: &AccountFacts, scopes: &[String], by_name: &BTreeMap<String, ClaimWish>) -> Map<String, Value> {
    let of_scopes = OF_SCOPE.iter().filter(|(scope, _)| scopes.iter().any(|granted| granted == scope));
    let names = of_scopes.flat_map(|(_, claims)| claims.iter().copied()).chain(by_name.keys().map(String::as_str));
    let all = all(facts);
    names.filter_map(|name| all.get(name).map(|value| (name.to_owned(), value.clone()))).collect()
}

/// The names of claims that a request would show to the app, by scope or by name: what consent is about.
pub fn asked<'a>(scopes: &'a [String], by_name: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let of_scopes = OF_SCOPE.iter().filter(|(scope, _)| scopes.iter().any(|granted| granted == scope));
    let supported = supported();
    let mut names: Vec<&str> = of_scopes.flat_map(|(_, claims)| claims.iter().copied()).collect();
    names.extend(by_name.map(String::as_str).filter(|name| supported.contains(name)));
    names
}

fn all(facts: &AccountFacts) -> Map<String, Value> {
    let account = &facts.account;
    let mut all = match serde_json::to_value(&account.profile) {
        Ok(Value::Object(profile)) => profile,
        _ => Map::new(),
    };
    all.retain(|_, value| value.as_str() != Some(""));
    all.insert("name".to_owned(), Value::from(account.name.clone()));
    if let (false, Some(language)) = (all.contains_key("locale"), account.language) {
        all.insert("locale".to_owned(), Value::from(language.tag()));
    }
    if let Some((email, verified)) = &facts.email {
        all.insert("email".to_owned(), Value::from(email.clone()));
        all.insert("email_verified".to_owned(), Value::from(*verified));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use portvakt_model::{Account, AccountId, Language, Profile, Timestamp};

    fn facts() -> AccountFacts {
        AccountFacts {
            account: Account {
                id: AccountId::random([1; 16]),
                sub: "s".to_owned(),
                home: None,
                name: "Anna".to_owned(),
                language: Some(Language::Sv),
                profile: Profile { nickname: Some(String::new()), ..Profile::default() },
                facts_version: 1,
                disabled_at: None,
                created_at: Timestamp::from_seconds(0),
            },
            email: Some(("anna@nordvik.example".to_owned(), true)),
        }
    }

    #[test]
    fn only_what_was_asked_for_and_is_there() {
        let none = BTreeMap::new();
        let scopes = ["openid".to_owned(), "profile".to_owned()];
        let got = about(&facts(), &scopes, &none);
        assert_eq!(got.keys().collect::<Vec<_>>(), ["locale", "name"]);
        let by_name = BTreeMap::from([
            ("email".to_owned(), ClaimWish::default()),
            ("shoe_size".to_owned(), ClaimWish::default()),
        ]);
        let got = about(&facts(), &[], &by_name);
        assert_eq!(got.keys().collect::<Vec<_>>(), ["email"]);
    }
}
