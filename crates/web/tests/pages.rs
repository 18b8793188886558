//! What every page promises, tried on every sample in every language.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use portvakt_model::Language;
use portvakt_web::samples::{Sample, Sampler, all};
use portvakt_web::{Words, assets};
use std::collections::HashSet;

fn samples(canary: &'static str) -> Vec<(Language, Sample)> {
    let mut found = Vec::new();
    for language in Language::ALL {
        let sampler = Sampler { canary, ..Sampler::of(Words::of(language), "nonce") };
        found.extend(all(&sampler).unwrap().into_iter().map(|sample| (language, sample)));
    }
    found
}

/// The values of an attribute, wherever it stands.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_page_reads_in_every_language() {
    let samples = samples("");
    assert!(samples.len() > 150, "{}", samples.len());
    for (language, sample) in samples {
        let what = format!("{} {} {}", sample.page, sample.state, language.tag());
        let html = &sample.html;
        assert!(html.starts_with("<!doctype html>"), "{what}");
        assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{what}");
        assert_eq!(html.matches("<h1>").count(), 1, "{what}: one question per page");
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
        assert!(title.contains(" – ") && title.len() > 8, "{what}: {title}");
        assert!(!html.contains("{ $") && !html.contains("{{"), "{what}: a hole in the words");
    }
}

#[test]
fn what_people_and_apps_gave_us_never_becomes_markup() {
    for (_, sample) in samples("<script>canary</script>\"'><img src=x onerror=canary>") {
        assert!(!sample.html.contains("<script>canary"), "{} {}", sample.page, sample.state);
        assert!(!sample.html.contains("<img src=x"), "{} {}", sample.page, sample.state);
        for value in values(&sample.html, "value").into_iter().chain(values(&sample.html, "href")) {
            assert!(!value.contains(['<', '>']), "{} {}: {value}", sample.page, sample.state);
        }
    }
}

#[test]
fn no_page_loads_anything_from_elsewhere_or_carries_a_style_of_its_own() {
    for (_, sample) in samples("") {
        let served: HashSet<&str> = assets::all().iter().map(|asset| asset.path).collect();
        let html = &sample.html;
        // The frames of front-channel logout are the apps' own, each in a sandbox: the only thing from elsewhere.
        let own: String =
            html.split("<iframe ").map(|part| part.split_once("</iframe>").map_or(part, |(_, rest)| rest)).collect();
        assert_eq!(html.matches("<iframe ").count(), html.matches(" sandbox=").count(), "{}", sample.page);
        assert!(sample.page == "signing-out" || !html.contains("<iframe"), "{}", sample.page);
        for value in values(&own, "src") {
            assert!(served.contains(value), "{}: {value}", sample.page);
        }
        for link in html.split("<link ").skip(1) {
            let href = values(link, "href")[0];
            assert!(served.contains(href), "{}: {href}", sample.page);
        }
        assert!(!html.contains("<style") && values(html, "style").is_empty(), "{}", sample.page);
        assert!(!html.contains(" onclick=") && !html.contains(" onload="), "{}", sample.page);
        for script in html.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(tag.contains("nonce=\"nonce\""), "{}", sample.page);
            assert!(tag.contains("src=") || ["form-post", "signing-out"].contains(&sample.page), "{}", sample.page);
        }
    }
}

/// A stranger's name alone could be anybody's: wherever it stands before people said yes, so does that nobody has looked
/// at it, and its picture does not.
#[test]
fn who_nobody_has_looked_at_is_never_shown_without_a_word() {
    let mut seen = 0;
    for (language, sample) in samples("") {
        if !sample.state.contains("unchecked") {
            continue;
        }
        let (words, what) = (Words::of(language), format!("{} {}", sample.page, language.tag()));
        let warning = words.unchecked_app("Fieldreport");
        assert!(sample.html.contains(warning.trim_end_matches('.')), "{what}");
        let by_host = words.consent_unchecked("Fieldreport", "fieldreport.example");
        assert!(sample.page == "logout" || sample.html.contains(&by_host), "{what}");
        assert!(sample.page == "consent" || !sample.html.contains("<img"), "{what}");
        seen += 1;
    }
    assert_eq!(seen, 3 * Language::ALL.len(), "sign-in, consent, sign-out");
}

#[test]
fn every_form_is_marked_and_stays_on_our_site() {
    for (_, sample) in samples("") {
        for form in sample.html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()) {
            if sample.page == "form-post" {
                continue;
            }
            assert!(form.contains("name=\"csrf\" value=\"mark\""), "{} {}", sample.page, sample.state);
            assert!(form.contains(" method=\"post\" action=\"/"), "{} {}", sample.page, sample.state);
        }
    }
}

/// An instant is said in UTC, by name, and marked so that a script can say it by somebody's own clock.
#[test]
fn times_in_account_settings_name_their_zone() {
    let mut seen = 0;
    for (language, sample) in samples("") {
        let what = format!("{} {} {}", sample.page, sample.state, language.tag());
        let html = &sample.html;
        let times: Vec<&str> = html.split("<time ").skip(1).filter_map(|rest| rest.split("</time>").next()).collect();
        for time in times.iter().filter(|time| time.contains("data-utc=")) {
            let (tag, text) = time.split_once('>').unwrap();
            let said = values(&format!(" {tag}"), "data-utc")[0].to_owned();
            assert!(text.contains(&said), "{what}: {time}");
            assert!(said.ends_with("(UTC)"), "{what}: {said}");
            let machine = values(&format!(" {tag}"), "datetime")[0].to_owned();
            assert!(machine.len() == 20 && machine.ends_with('Z'), "{what}: {machine}");
            seen += 1;
        }
        if ["account", "sessions"].contains(&sample.page) {
            assert_eq!(html.contains(" data-zone>"), html.contains("data-utc="), "{what}: the sentence about UTC");
            assert_eq!(html.matches("(UTC)").count(), 2 * html.matches("data-utc=").count(), "{what}: a time unmarked");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_id_stands_once_and_everything_named_by_id_is_there() {
    for (_, sample) in samples("") {
        let ids = values(&sample.html, "id");
        let unique: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{} {}", sample.page, sample.state);
        let named = ["aria-describedby", "aria-controls", "for", "data-reveals", "data-rules", "data-again"];
        for id in named.iter().flat_map(|name| values(&sample.html, name)).flat_map(str::split_whitespace) {
            assert!(unique.contains(id), "{} {}: {id}", sample.page, sample.state);
        }
        for anchor in values(&sample.html, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(unique.contains(anchor), "{} {}: #{anchor}", sample.page, sample.state);
        }
    }
}

/// Conformance runs and people's own scripts hold on to these.
#[test]
fn the_hooks_that_we_promised_are_there() {
    for (page, state, hooks) in [
        (
            "address",
            "empty",
            &["name=\"login\"", "id=\"login-submit\"", "id=\"login-cancel\"", "action=\"/sign-in\""][..],
        ),
        (
            "password",
            "empty",
            &["name=\"password\"", "id=\"login-submit\"", "id=\"login-cancel\"", "autocomplete=\"current-password\""],
        ),
        (
            "consent",
            "some",
            &[
                "id=\"consent-allow\"",
                "id=\"consent-deny\"",
                "action=\"/consent\"",
                "href=\"https://fieldreport.example/terms\"",
            ],
        ),
        ("logout", "by-app", &["id=\"logout-confirm\"", "action=\"/logout\""]),
        ("error", "request", &["id=\"error-code\">invalid_request<", "7QK4-M2RD"]),
        (
            "going",
            "on",
            &["<meta http-equiv=\"refresh\" content=\"0;url=https://hrm.example/callback?code=c&#38;state=s\">"],
        ),
        ("form-post", "on", &["<noscript><button", ".submit();</script>"]),
        ("new-password", "empty", &["autocomplete=\"new-password\"", "name=\"handle\"", "data-minimum=\"15\""]),
    ] {
        for (_, sample) in samples("").iter().filter(|(_, sample)| sample.page == page && sample.state == state) {
            for hook in hooks {
                assert!(sample.html.contains(hook), "{page}: {hook}\n{}", sample.html);
            }
        }
    }
}

#[test]
fn an_error_stands_at_its_field_and_in_a_summary_that_is_read_out() {
    for (_, sample) in samples("") {
        let invalid = sample.html.matches("aria-invalid=\"true\"").count();
        let told = sample.html.matches("class=\"wrong\"").count();
        assert_eq!(invalid, told, "{} {}", sample.page, sample.state);
        if invalid > 0 && sample.page != "design" {
            assert!(
                sample.html.contains("role=\"alert\" id=\"summary\" tabindex=\"-1\""),
                "{} {}",
                sample.page,
                sample.state
            );
        }
    }
}

#[test]
fn a_password_that_was_typed_is_never_sent_back() {
    for (_, sample) in samples("").iter().filter(|(_, sample)| sample.page != "design") {
        for input in sample.html.split("<input").skip(1).filter_map(|rest| rest.split('>').next()) {
            assert!(!(input.contains("type=\"password\"") && input.contains("value=")), "{}: {input}", sample.page);
        }
    }
}

#[test]
fn no_word_lies_unused() {
    let mut sources = String::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                sources += &std::fs::read_to_string(entry.path()).unwrap();
            }
        }
    }
    let words = include_str!("../words/en.ftl");
    for id in words
        .lines()
        .filter_map(|line| line.split_once(" ="))
        .map(|(id, _)| id)
        .filter(|id| !id.starts_with(['#', ' ']))
    {
        let call = format!(".{}(", id.replace('-', "_"));
        let call_in_line = format!("self{call}");
        assert!(sources.contains(&format!("words{call}")) || sources.contains(&call_in_line), "{id}");
    }
}
