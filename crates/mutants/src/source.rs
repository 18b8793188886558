//! A source file as far as it matters here: its functions and calls, with what only tests see left out.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use std::ops::Range;
use std::path::{Path, PathBuf};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ExprMethodCall, ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemUse, Signature};

/// A file and what was found in it.
pub(crate) struct Source {
    /// From the tree's root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) functions: Vec<Function>,
    pub(crate) calls: Vec<Call>,
    /// Every word of the program's own code: not of tests, not of imports.
    words: Vec<(String, Range<usize>)>,
    /// Modules of tests that lie in files of their own.
    pub(crate) test_modules: Vec<String>,
}

/// A function or method with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// How many arguments it takes, `self` not counted.
    pub(crate) arguments: usize,
    /// The type that it is a method of.
    pub(crate) of: Option<String>,
    /// Whether others than its own file may call it.
    pub(crate) is_shared: bool,
    pub(crate) is_async: bool,
    /// Where its name stands.
    pub(crate) at: Range<usize>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The last word of what is called.
    pub(crate) name: String,
    /// How many arguments stand between the brackets.
    pub(crate) arguments: usize,
    /// `a.name(…)`, not `name(a, …)`.
    pub(crate) is_method: bool,
    /// Which of the file's functions it stands in.
    pub(crate) within: Option<usize>,
    /// The whole expression.
    pub(crate) at: Range<usize>,
    /// Its name alone.
    pub(crate) name_at: Range<usize>,
    /// Its line, from 1.
    pub(crate) line: usize,
}

impl Source {
    /// Reads a file's text.
    pub(crate) fn read(path: &Path, text: String) -> Result<Self, crate::Failure> {
        let file = syn::parse_file(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut reader = Reader::default();
        reader.visit_file(&file);
        let mut words = Vec::new();
        let tokens = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        gather(tokens, &mut words);
        words.retain(|(_, at)| !reader.left_out.iter().any(|out| out.start <= at.start && at.end <= out.end));
        let Reader { functions, calls, test_modules, .. } = reader;
        Ok(Self { path: path.to_owned(), text, functions, calls, words, test_modules })
    }

    /// Whether the program's own code in this file says that word.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.words.iter().any(|(said, _)| said == word)
    }

    /// Where the program's own code in this file says that word.
    pub(crate) fn places<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a Range<usize>> {
        self.words.iter().filter(move |(said, _)| said == word).map(|(_, at)| at)
    }
}

fn gather(tokens: TokenStream, words: &mut Vec<(String, Range<usize>)>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => gather(group.stream(), words),
            TokenTree::Ident(word) => words.push((word.to_string(), word.span().byte_range())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[derive(Default)]
struct Reader {
    functions: Vec<Function>,
    calls: Vec<Call>,
    /// The functions that we are in, innermost last.
    within: Vec<usize>,
    of: Option<String>,
    left_out: Vec<Range<usize>>,
    test_modules: Vec<String>,
}

impl Reader {
    fn enter(&mut self, signature: &Signature, is_shared: bool) {
        let arguments = signature.inputs.len() - usize::from(signature.receiver().is_some());
        self.within.push(self.functions.len());
        self.functions.push(Function {
            name: signature.ident.to_string(),
            arguments,
            of: signature.receiver().and_then(|_| self.of.clone()),
            is_shared,
            is_async: signature.asyncness.is_some(),
            at: signature.ident.span().byte_range(),
        });
    }

    fn call(&mut self, name: &Ident, arguments: usize, is_method: bool, whole: Span) {
        self.calls.push(Call {
            name: name.to_string(),
            arguments,
            is_method,
            within: self.within.last().copied(),
            at: whole.byte_range(),
            name_at: name.span().byte_range(),
            line: name.span().start().line,
        });
    }

    fn leave_out(&mut self, item: &impl Spanned) {
        self.left_out.push(item.span().byte_range());
    }
}

/// `#[test]`, `#[cfg(test)]`, `#[cfg(any(test, …))]`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut words = Vec::new();
        if let syn::Meta::List(list) = &attribute.meta {
            gather(list.tokens.clone(), &mut words);
        }
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg") && words.iter().any(|(word, _)| word == "test"))
    })
}

fn is_shared(visibility: &syn::Visibility) -> bool {
    !matches!(visibility, syn::Visibility::Inherited)
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_for_tests(&item.attrs) {
            return visit::visit_item_mod(self, item);
        }
        self.leave_out(item);
        if item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.leave_out(item);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if is_for_tests(&item.attrs) {
            return self.leave_out(item);
        }
        self.enter(&item.sig, is_shared(&item.vis));
        visit::visit_item_fn(self, item);
        self.within.pop();
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if is_for_tests(&item.attrs) {
            return self.leave_out(item);
        }
        let name = if let syn::Type::Path(path) = &*item.self_ty {
            path.path.segments.last().map(|segment| segment.ident.to_string())
        } else {
            None
        };
        let outer = std::mem::replace(&mut self.of, name);
        visit::visit_item_impl(self, item);
        self.of = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if is_for_tests(&item.attrs) {
            return self.leave_out(item);
        }
        self.enter(&item.sig, is_shared(&item.vis));
        visit::visit_impl_item_fn(self, item);
        self.within.pop();
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.call(&last.ident, call.args.len(), false, call.span());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.call(&call.method, call.args.len(), true, call.span());
        visit::visit_expr_method_call(self, call);
    }
}
