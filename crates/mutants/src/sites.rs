//! Where the program asks the gate: every call of `policy::admit`, and every call of what calls it for others.

use crate::Failure;
use crate::source::{Call, Function, Source};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The question that only the address decides: which first step there is. It keeps out too, before the gate does.
const FIRST_STEP: &str = "first_step";

/// One place that asks. Its number is its place in [`Sites::all`], from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// From the tree's root.
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    /// The function that asks.
    pub(crate) within: String,
    /// What it calls.
    pub(crate) asks: String,
    /// Whether it asks for the first step only.
    pub(crate) is_first_step: bool,
    at: std::ops::Range<usize>,
}

/// All places that ask.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    pub(crate) all: Vec<Site>,
}

/// Something whose call asks the gate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asker {
    name: String,
    arguments: usize,
    of: Option<String>,
}

impl Asker {
    fn of(function: &Function) -> Self {
        Self { name: function.name.clone(), arguments: function.arguments, of: function.of.clone() }
    }

    fn is_called_by(&self, call: &Call, source: &Source) -> bool {
        let fits = match (&self.of, call.is_method) {
            (None, false) | (Some(_), true) => call.arguments == self.arguments,
            (Some(_), false) => call.arguments == self.arguments + 1,
            (None, true) => false,
        };
        call.name == self.name && fits && self.of.as_ref().is_none_or(|of| source.says(of))
    }
}

impl Sites {
    /// Finds them. `gate` is the policy crate's own source of `admit`, `sources` are all other crates'.
    ///
    /// A function that asks for whoever calls it (shared with other files, and no flow itself, as flows wait) makes its
    /// callers askers too.
    pub(crate) fn find(gate: &Source, sources: &[Source]) -> Result<Self, Failure> {
        let admit = gate.functions.iter().find(|function| function.name == "admit");
        let admit = Asker::of(admit.ok_or("the policy crate has no function admit")?);
        let mut known = BTreeSet::from([admit.clone()]);
        let mut open = vec![admit];
        let mut all = Vec::new();
        while let Some(asker) = open.pop() {
            for source in sources {
                for call in source.calls.iter().filter(|call| asker.is_called_by(call, source)) {
                    let function = call.within.and_then(|within| source.functions.get(within));
                    let function =
                        function.ok_or_else(|| format!("{} asks outside functions", source.path.display()))?;
                    let is_new = !all.iter().any(|site: &Site| site.file == source.path && site.at == call.at);
                    if is_new {
                        all.push(site(source, call, function, &asker, false));
                    }
                    let next = Asker::of(function);
                    if function.is_shared && !function.is_async && known.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
        }
        let first = Asker { name: FIRST_STEP.to_owned(), arguments: 1, of: None };
        for source in sources {
            for call in source.calls.iter().filter(|call| first.is_called_by(call, source)) {
                if let Some(function) = call.within.and_then(|within| source.functions.get(within)) {
                    all.push(site(source, call, function, &first, true));
                }
            }
        }
        // Of two that begin at one place the outer comes first, here and in the rewritten text.
        all.sort_by(|a, b| (&a.file, a.at.start, b.at.end).cmp(&(&b.file, b.at.start, a.at.end)));
        let found = Self { all };
        found.check(&known, sources)?;
        Ok(found)
    }

    /// Nothing asks in a way that cannot be taken out: handed on as a value, or inside a macro.
    fn check(&self, askers: &BTreeSet<Asker>, sources: &[Source]) -> Result<(), Failure> {
        if !self.all.iter().any(|site| !site.is_first_step) {
            return Err("nothing asks the gate".into());
        }
        // A method of a common name (`open`) is told from others by its type; a function and `admit` by the word alone.
        let distinct = askers.iter().filter(|asker| asker.of.is_none() || asker.name == "admit");
        let words: BTreeSet<&str> = distinct.map(|asker| asker.name.as_str()).collect();
        let mut wrong = Vec::new();
        for source in sources {
            for place in words.iter().flat_map(|word| source.places(word)) {
                let is_named = source.functions.iter().any(|function| function.at == *place);
                let is_found = source.calls.iter().any(|call| call.name_at == *place && self.has(source, call));
                if !is_named && !is_found {
                    let line = source.text.get(..place.start).unwrap_or_default().lines().count();
                    wrong.push(format!(
                        "{}:{line} asks the gate in a way that cannot be taken out",
                        source.path.display()
                    ));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
    }

    fn has(&self, source: &Source, call: &Call) -> bool {
        self.all.iter().any(|site| site.file == source.path && site.at == call.at)
    }

    /// The text of a file in which each of its sites is waved through when its number is named.
    pub(crate) fn rewritten(&self, source: &Source) -> Option<String> {
        let mut inserts = Vec::new();
        for (index, site) in self.all.iter().enumerate().filter(|(_, site)| site.file == source.path) {
            let number = index + 1;
            inserts.push((site.at.start, format!("::portvakt_policy::waved(::portvakt_policy::wave({number}), ")));
            inserts.push((site.at.end, ")".to_owned()));
        }
        if inserts.is_empty() {
            return None;
        }
        inserts.sort_by_key(|(at, _)| *at);
        let mut text = source.text.clone();
        for (at, insert) in inserts.into_iter().rev() {
            text.insert_str(at, &insert);
        }
        Some(text)
    }
}

fn site(source: &Source, call: &Call, function: &Function, asker: &Asker, is_first_step: bool) -> Site {
    let owner = asker.of.as_ref().map_or_else(String::new, |of| format!("{of}::"));
    Site {
        file: source.path.clone(),
        line: call.line,
        within: function.name.clone(),
        asks: format!("{owner}{}", asker.name),
        is_first_step,
        at: call.at.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const GATE: &str = "pub fn admit(rules: &Rules, now: u8) -> bool { true }";

    fn found(text: &str) -> Result<(Sites, Source), Failure> {
        let gate = Source::read(Path::new("admit.rs"), GATE.to_owned())?;
        let source = Source::read(Path::new("flow.rs"), text.to_owned())?;
        Ok((Sites::find(&gate, std::slice::from_ref(&source))?, source))
    }

    fn told(text: &str) -> Vec<String> {
        found(text).unwrap().0.all.iter().map(|site| format!("{} in {}", site.asks, site.within)).collect()
    }

    #[test]
    fn every_call_of_the_gate_is_found_and_of_what_asks_for_others() {
        let text = "use policy::admit;
            pub struct InUse;
            impl InUse { pub fn admit(&self, now: u8) -> bool { policy::admit(&self.rules, now) } }
            pub fn stands(view: &View) -> bool { view.live && InUse.admit(1) }
            pub async fn userinfo(view: View) -> bool { store(move |tx| stands(&view)) }
            pub async fn other() { userinfo(view).await }";
        assert_eq!(told(text), ["admit in admit", "InUse::admit in stands", "stands in userinfo"]);
    }

    #[test]
    fn the_first_step_is_told_apart_and_asks_nothing_for_others() {
        let text = "fn a(rules: &Rules) { admit(rules, 1); }
            pub fn b(rules: &Rules) -> bool { first_step(&rules) == 1 }
            fn c(rules: &Rules) { b(rules) }";
        assert_eq!(told(text), ["admit in a", "first_step in b"]);
    }

    #[test]
    fn other_functions_of_the_same_name_are_no_gate() {
        let text = "pub struct Opening;
            impl Opening { pub fn open(self, tx: Tx) -> bool { admit(&self.rules, 1) } }
            async fn sign_in(opening: Opening) { opening.open(tx); tx.grants().open(a, b); Handle::open(a, b, c); }";
        assert_eq!(told(text), ["admit in open", "Opening::open in sign_in"]);
    }

    #[test]
    fn tests_ask_freely() {
        let text = "fn a() { admit(&r, 1) }
            #[cfg(test)] mod tests { #[test] fn t() { assert!(admit(&r, 1)); } }";
        assert_eq!(told(text), ["admit in a"]);
    }

    #[test]
    fn what_cannot_be_taken_out_is_told() {
        for text in [
            "fn a() { admit(&r, 1); assert!(admit(&r, 2)); }",
            "fn a() { admit(&r, 1); all.map(admit); }",
            "fn a() { nothing() }",
            "#[cfg(test)] mod tests { fn t() { admit(&r, 1) } }",
        ] {
            assert!(found(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_site_is_wrapped_and_the_rest_stays_to_the_letter() {
        let (sites, source) = found("fn ä() { let å = admit(&r, b(admit(&r, 2)))?; å }").unwrap();
        let wave =
            |number: u8, call: &str| format!("::portvakt_policy::waved(::portvakt_policy::wave({number}), {call})");
        let inner = wave(2, "admit(&r, 2)");
        let expected = format!("fn ä() {{ let å = {}?; å }}", wave(1, &format!("admit(&r, b({inner}))")));
        assert_eq!(sites.rewritten(&source), Some(expected));
    }
}
