//! Reads the Fluent files, refuses any difference between the languages, and writes one function per message.
//!
//! A message without variables becomes a plain string in the program. One with variables is formatted by Fluent at
//! run time; its function asks for exactly the variables that it uses, so that a forgotten one does not compile.

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement, VariantKey};
use fluent_syntax::unicode::unescape_unicode_to_string;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The languages' files, in the order of `Words::pick`.
const LANGUAGES: [&str; 3] = ["sv", "nb", "en"];

/// The one variable that is a number.
const NUMBER: &str = "count";

/// What a variable of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Shown as it stands.
    Text,
    /// A number; it can choose between forms.
    Number,
}

/// A message as one language has it.
#[derive(Default)]
struct Word {
    /// Its variables by name.
    variables: BTreeMap<String, Kind>,
    /// Its whole text, if it has no variables.
    text: String,
}

/// The Rust source of all words in the folder `words`.
pub fn generate(words: &Path) -> Result<String, String> {
    let mut languages = Vec::new();
    for file in LANGUAGES {
        let path = words.join(format!("{file}.ftl"));
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        languages.push((file, read(&source).map_err(|error| format!("words/{file}.ftl: {error}"))?));
    }
    compare(&languages)?;
    write(&languages).map_err(|error| error.to_string())
}

type Language = (&'static str, BTreeMap<String, Word>);

fn read(source: &str) -> Result<BTreeMap<String, Word>, String> {
    let resource = fluent_syntax::parser::parse(source).map_err(|(_, errors)| format!("{errors:?}"))?;
    let mut words = BTreeMap::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let id = message.id.name.to_owned();
                let word = word(&message).map_err(|error| format!("{id}: {error}"))?;
                if words.insert(id.clone(), word).is_some() {
                    return Err(format!("{id} stands there twice"));
                }
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(term) => return Err(format!("-{}: terms are not used here", term.id.name)),
            Entry::Junk { content } => return Err(format!("cannot be read: {content}")),
        }
    }
    Ok(words)
}

fn word(message: &Message<&str>) -> Result<Word, String> {
    if !message.attributes.is_empty() {
        return Err("attributes are not used here".to_owned());
    }
    let mut word = Word::default();
    pattern(message.value.as_ref().ok_or("has no text")?, &mut word)?;
    Ok(word)
}

fn pattern(pattern: &Pattern<&str>, word: &mut Word) -> Result<(), String> {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => word.text.push_str(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => variable(inline, Kind::Text, word)?,
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                variable(selector, Kind::Number, word)?;
                for variant in variants {
                    let plural = match &variant.key {
                        VariantKey::NumberLiteral { .. } => true,
                        VariantKey::Identifier { name } => {
                            ["zero", "one", "two", "few", "many", "other"].contains(name)
                        }
                    };
                    if !plural {
                        return Err("only plural forms can be chosen between".to_owned());
                    }
                    self::pattern(&variant.value, word)?;
                }
            }
        }
    }
    Ok(())
}

fn variable(expression: &InlineExpression<&str>, kind: Kind, word: &mut Word) -> Result<(), String> {
    match expression {
        InlineExpression::VariableReference { id } => {
            if kind == Kind::Number && id.name != NUMBER {
                return Err(format!("only ${NUMBER} can choose between forms"));
            }
            let kind = if id.name == NUMBER { Kind::Number } else { Kind::Text };
            word.variables.insert(id.name.to_owned(), kind);
            Ok(())
        }
        InlineExpression::StringLiteral { value } if kind == Kind::Text => {
            word.text.push_str(&unescape_unicode_to_string(value));
            Ok(())
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::FunctionReference { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. }
        | InlineExpression::Placeable { .. } => Err("only variables may stand in braces".to_owned()),
    }
}

/// Every language has the same ids, and each id the same variables.
fn compare(languages: &[Language]) -> Result<(), String> {
    let mut faults = Vec::new();
    for (here, words) in languages {
        for (there, others) in languages {
            for (id, word) in words {
                match others.get(id) {
                    None => faults.push(format!("{id} is in {here}.ftl but not in {there}.ftl")),
                    Some(other) if !other.variables.keys().eq(word.variables.keys()) => {
                        faults.push(format!("{id} has other variables in {here}.ftl than in {there}.ftl"));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("the languages differ:\n{}", faults.join("\n"))) }
}

fn write(languages: &[Language]) -> Result<String, std::fmt::Error> {
    let mut out = String::from("impl Words {\n");
    let Some((_, first)) = languages.first() else { return Ok(out) };
    for (id, Word { variables, .. }) in first {
        writeln!(out, "    /// The words `{id}`.")?;
        if variables.is_empty() { plain(&mut out, id, languages)? } else { formatted(&mut out, id, variables)? }
    }
    out += "}\n";
    Ok(out)
}

fn plain(out: &mut String, id: &str, languages: &[Language]) -> std::fmt::Result {
    let texts: Vec<String> =
        languages.iter().filter_map(|(_, words)| words.get(id)).map(|word| format!("{:?}", word.text)).collect();
    let function = id.replace('-', "_");
    writeln!(
        out,
        "    pub const fn {function}(self) -> &'static str {{\n        self.pick({})\n    }}\n",
        texts.join(", ")
    )
}

fn formatted(out: &mut String, id: &str, variables: &BTreeMap<String, Kind>) -> std::fmt::Result {
    let mut parameters = String::new();
    let mut values = String::new();
    for (name, kind) in variables {
        match kind {
            Kind::Text => {
                write!(parameters, ", {name}: impl AsRef<str>")?;
                write!(values, "({name:?}, FluentValue::from({name}.as_ref())), ")?;
            }
            Kind::Number => {
                write!(parameters, ", {name}: impl Borrow<u32>")?;
                write!(values, "({name:?}, FluentValue::from(*Borrow::<u32>::borrow(&{name}))), ")?;
            }
        }
    }
    let function = id.replace('-', "_");
    writeln!(out, "    pub fn {function}(self{parameters}) -> String {{")?;
    writeln!(out, "        self.formatted({id:?}, [{}])\n    }}\n", values.trim_end_matches(", "))
}
