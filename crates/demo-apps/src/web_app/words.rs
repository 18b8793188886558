//! The apps' words, in English and Swedish.

use super::settings::Kind;

/// Every word on the apps' pages, in one language.
pub struct Words {
    /// The language's tag.
    pub language: &'static str,
    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub welcome: &'static str,
    pub signed_in_as: &'static str,
    pub not_signed_in: &'static str,
    pub refresh: &'static str,
    pub ask_userinfo: &'static str,
    pub claims: &'static str,
    pub claims_text: &'static str,
    pub userinfo: &'static str,
    pub userinfo_text: &'static str,
    pub tokens: &'static str,
    pub tokens_text: &'static str,
    pub access_token: &'static str,
    pub refresh_token: &'static str,
    pub fingerprint: &'static str,
    pub ends_at: &'static str,
    pub scopes: &'static str,
    pub refreshes: &'static str,
    pub none: &'static str,
    pub other_apps: &'static str,
    pub home: &'static str,
    pub signed_out: &'static str,
    pub signed_out_text: &'static str,
    pub failed: &'static str,
    pub try_again: &'static str,
    pub not_found: &'static str,
}

/// An app's own words.
pub struct Own {
    pub tagline: &'static str,
    pub room: &'static str,
    pub room_text: &'static str,
    /// The room's table: its heads and rows.
    pub heads: &'static [&'static str],
    pub rows: &'static [&'static [&'static str]],
}

const ENGLISH: Words = Words {
    language: "en",
    sign_in: "Sign in",
    sign_out: "Sign out",
    welcome: "Welcome",
    signed_in_as: "Signed in as",
    not_signed_in: "You are not signed in.",
    refresh: "Refresh the tokens",
    ask_userinfo: "Ask userinfo",
    claims: "What the id_token says",
    claims_text: "Signature, issuer, audience, times and nonce were verified.",
    userinfo: "What userinfo says",
    userinfo_text: "Asked with the access token, about the same person as the id_token.",
    tokens: "The tokens",
    tokens_text: "Facts about them; the tokens themselves stay on the server.",
    access_token: "Access token",
    refresh_token: "Refresh token",
    fingerprint: "Fingerprint",
    ends_at: "Ends (UTC)",
    scopes: "Scopes",
    refreshes: "Refreshed",
    none: "none",
    other_apps: "The apps beside this one",
    home: "Start",
    signed_out: "You are signed out",
    signed_out_text: "Here and at the identity provider.",
    failed: "The sign-in did not succeed",
    try_again: "Try again",
    not_found: "There is no such page",
};

const SWEDISH: Words = Words {
    language: "sv",
    sign_in: "Logga in",
    sign_out: "Logga ut",
    welcome: "Välkommen",
    signed_in_as: "Inloggad som",
    not_signed_in: "Du är inte inloggad.",
    refresh: "Förnya tokens",
    ask_userinfo: "Fråga userinfo",
    claims: "Vad id_token säger",
    claims_text: "Signatur, utfärdare, mottagare, tider och nonce är kontrollerade.",
    userinfo: "Vad userinfo säger",
    userinfo_text: "Frågat med access token, om samma person som id_token.",
    tokens: "Tokens",
    tokens_text: "Fakta om dem; själva stannar de på servern.",
    access_token: "Access token",
    refresh_token: "Refresh token",
    fingerprint: "Fingeravtryck",
    ends_at: "Slutar (UTC)",
    scopes: "Scopes",
    refreshes: "Förnyade",
    none: "ingen",
    other_apps: "Apparna bredvid",
    home: "Start",
    signed_out: "Du är utloggad",
    signed_out_text: "Både här och i inloggningstjänsten.",
    failed: "Inloggningen lyckades inte",
    try_again: "Försök igen",
    not_found: "Sidan finns inte",
};

/// Swedish if the browser names it before English, else English.
pub fn of(accept_language: &str) -> &'static Words {
    let first = accept_language.split(',').find_map(|part| {
        let tag = part.trim().to_ascii_lowercase();
        if tag.starts_with("sv") {
            Some(&SWEDISH)
        } else if tag.starts_with("en") {
            Some(&ENGLISH)
        } else {
            None
        }
    });
    first.unwrap_or(&ENGLISH)
}

/// The words of one app.
pub fn own(kind: Kind, words: &Words) -> Own {
    let swedish = words.language == "sv";
    match kind {
        Kind::Hrm if swedish => Own {
            tagline: "Anställningar, ledighet och lön på ett ställe.",
            room: "Anställda",
            room_text: "Samma uppgifter lämnar HRM:s API till program med rätt token.",
            heads: &["Namn", "Roll", "Enhet"],
            rows: EMPLOYEES,
        },
        Kind::Hrm => Own {
            tagline: "Employment, leave and pay in one place.",
            room: "Employees",
            room_text: "HRM's API gives the same to programs with the right token.",
            heads: &["Name", "Role", "Unit"],
            rows: EMPLOYEES,
        },
        Kind::StaffPortal if swedish => Own {
            tagline: "Nyheter och verktyg för alla anställda.",
            room: "Anslag",
            room_text: "Bara för inloggade.",
            heads: &["Datum", "Anslag"],
            rows: &[&["1 december", "Lunchen serveras i ljusgården."], &["8 december", "Brandövning klockan 10."]],
        },
        Kind::StaffPortal => Own {
            tagline: "News and tools for everybody who works here.",
            room: "Notices",
            room_text: "For signed-in people only.",
            heads: &["Date", "Notice"],
            rows: &[&["1 December", "Lunch is served in the atrium."], &["8 December", "Fire drill at 10 o'clock."]],
        },
        Kind::Fieldreport if swedish => Own {
            tagline: "Rapporter från fältet, av en annan leverantör.",
            room: "Rapporter",
            room_text: "En främmande app: den får bara vad du har godkänt.",
            heads: &["Plats", "Rapport"],
            rows: &[&["Norra bron", "Räcket är lagat."], &["Hamnen", "Två lampor är trasiga."]],
        },
        Kind::Fieldreport => Own {
            tagline: "Reports from the field, by another supplier.",
            room: "Reports",
            room_text: "A third party's app: it gets only what you consented to.",
            heads: &["Place", "Report"],
            rows: &[&["North bridge", "The railing is mended."], &["Harbour", "Two lamps are broken."]],
        },
    }
}

/// HRM's people: its page and its API show the same.
pub const EMPLOYEES: &[&[&str]] = &[
    &["Anna Svensson", "Payroll officer", "Finance"],
    &["Erik Lindqvist", "Teacher", "Schools"],
    &["Fatima Hassan", "Nurse", "Home care"],
    &["Kari Nordmann", "Head of unit", "Child care"],
    &["Jonas Berg", "Caretaker", "Buildings"],
    &["Sara Nilsen", "IT technician", "Digital services"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swedish_browser_gets_swedish_and_any_other_english() {
        assert_eq!(of("sv-SE,sv;q=0.9,en;q=0.8").language, "sv");
        assert_eq!(of("en-GB,sv;q=0.5").language, "en");
        assert_eq!(of("fi").language, "en");
        assert_eq!(of("nb-NO,nb;q=0.9,sv;q=0.8").language, "sv");
    }
}
