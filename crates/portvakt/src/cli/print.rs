//! How commands answer: lines for people, one JSON value for programs. The only place that prints.

use serde_json::{Value, json};

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out {
    pub(super) json: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line answers by printing")]
impl Out {
    /// One thing: its JSON, or lines of name and value.
    pub(super) fn one(self, value: &Value, lines: &[(&str, String)]) {
        if self.json {
            println!("{value}");
            return;
        }
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
            println!("{name:width$}  {value}");
        }
    }

    /// Many things: a JSON array, or a line each.
    pub(super) fn many(self, values: &[Value], lines: &[String]) {
        if self.json {
            println!("{}", Value::Array(values.to_vec()));
        } else {
            for line in lines {
                println!("{line}");
            }
        }
    }

    /// A remark on an answer, beside it.
    pub(super) fn note(sentence: &str) {
        eprintln!("{sentence}");
    }

    /// A text that is neither: a page of the manual.
    pub(super) fn text(text: &str) {
        println!("{text}");
    }

    pub(super) fn done(self, sentence: &str) {
        if self.json { println!("{}", json!({ "done": true })) } else { println!("{sentence}") }
    }

    pub(super) fn settings(self, settings: &[(&'static str, String)]) {
        let value: serde_json::Map<String, Value> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), Value::from(value.clone()))).collect();
        let lines: Vec<(&str, String)> = settings.iter().map(|(key, value)| (*key, value.clone())).collect();
        self.one(&Value::Object(value), &lines);
    }

    pub(super) fn error(self, sentences: &[String]) {
        if self.json {
            eprintln!("{}", json!({ "errors": sentences }));
        } else {
            for sentence in sentences {
                eprintln!("{sentence}");
            }
        }
    }
}

/// An instant as programs read it (RFC 3339).
pub(super) fn time(at: portvakt_model::Timestamp) -> String {
    portvakt_web::dates::machine(at)
}
