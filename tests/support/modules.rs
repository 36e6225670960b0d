//! Reads a crate's sources into its module tree and the paths that its code names.
//!
//! It works on the compiler's own tokens, so comments and strings are never mistaken for code, and
//! it resolves names as the language does: `crate`, `self`, `super`, groups, renames, modules below,
//! names imported by `use`, and names that another module passes on with `pub use`. What only tests
//! compile is left out. It does not expand macros, but does look at the paths that are handed to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
    str::FromStr,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Sources by path below `src`, with `/` between the parts.
pub type Sources = BTreeMap<String, String>;
/// A module, from the crate's root, which is the empty one.
pub type Module = Vec<String>;

/// Stands for the nothing before the colons of `::name`.
const GLOBAL: &str = "";
/// What a `*` brings in has no name.
const GLOB: &str = "*";
/// Follows no more renames than this for one name, so that a circle of them ends.
const RENAMES: usize = 16;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "src/{}:{}", self.file, self.line)
    }
}

/// What a path in the code leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A module of this crate; what is named inside it does not matter here.
    Own(Module),
    /// Something outside, or a name of the same scope: the path with its first name resolved.
    Other(Vec<String>),
}

/// A path in the code.
#[derive(Clone, Debug)]
pub struct Named {
    pub from: Module,
    pub at: Place,
    pub to: Target,
}

/// A single word in the code.
#[derive(Clone, Debug)]
pub struct Word {
    pub from: Module,
    pub at: Place,
    pub text: String,
}

/// The whole crate, without what only tests compile.
#[derive(Debug, Default)]
pub struct Crate {
    pub modules: BTreeSet<Module>,
    pub named: Vec<Named>,
    pub words: Vec<Word>,
    /// Files that no `mod` leads to, and files that could not be read as Rust.
    pub faults: Vec<String>,
}

/// Every `.rs` file below a folder.
pub fn read(folder: &Path) -> io::Result<Sources> {
    let (mut out, mut folders) = (Sources::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let below = path.strip_prefix(folder).unwrap_or(&path);
                let parts: Vec<_> = below.components().map(|c| c.as_os_str().to_string_lossy()).collect();
                out.insert(parts.join("/"), fs::read_to_string(&path)?);
            }
        }
    }
    Ok(out)
}

/// Reads the crate whose library begins in `lib.rs`. The programs beside it (`main.rs`) are read as
/// the module `main`, in which the library's name means this crate.
pub fn understand(sources: &Sources, library: &str) -> Crate {
    let mut scan =
        Scan { sources, reached: BTreeSet::new(), out: Crate::default(), raw: Vec::new(), names: BTreeMap::new() };
    for (file, module) in [("lib.rs", vec![]), ("main.rs", vec!["main".to_owned()])] {
        if sources.contains_key(file) {
            scan.file(file, module, false);
        }
    }
    let lost =
        sources.keys().filter(|f| !scan.reached.contains(*f)).map(|f| format!("src/{f}: no `mod` leads to this file"));
    scan.out.faults.extend(lost);
    let found: Vec<Named> = scan.raw.iter().map(|raw| scan.resolved(raw, library)).collect();
    scan.out.named = found;
    scan.out
}

/// A path as it is written.
struct Raw {
    from: Module,
    at: Place,
    path: Vec<String>,
}

struct Scan<'a> {
    sources: &'a Sources,
    reached: BTreeSet<String>,
    out: Crate,
    raw: Vec<Raw>,
    /// What `use` brings into a module: name to path as written there.
    names: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

impl Scan<'_> {
    fn file(&mut self, file: &str, module: Module, only_tests: bool) {
        self.reached.insert(file.to_owned());
        let Some(text) = self.sources.get(file) else { return };
        // Without this a byte order mark or a script's first line would not be Rust.
        match TokenStream::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(tokens) => self.module(file, module, tokens, only_tests),
            Err(why) => self.out.faults.push(format!("src/{file}: not readable as Rust: {why}")),
        }
    }

    fn module(&mut self, file: &str, module: Module, tokens: TokenStream, only_tests: bool) {
        if !only_tests {
            self.out.modules.insert(module.clone());
        }
        self.tokens(file, &module, tokens, only_tests);
    }

    fn tokens(&mut self, file: &str, module: &Module, tokens: TokenStream, only_tests: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut i = 0;
        while i < tokens.len() {
            if is(&tokens, i, '#') && tokens.get(i + 1).is_some_and(is_tests_only) {
                i = self.leave_out(file, module, &tokens, i + 2);
                continue;
            }
            match &tokens[i] {
                TokenTree::Ident(word) if word == "mod" => i = self.submodule(file, module, &tokens, i + 1, only_tests),
                TokenTree::Ident(word) if word == "use" => {
                    let end = (i..tokens.len()).find(|&n| is(&tokens, n, ';')).unwrap_or(tokens.len());
                    if !only_tests {
                        self.import(file, module, &[], &tokens[i + 1..end]);
                    }
                    i = end;
                }
                TokenTree::Ident(word) => {
                    let colons = |n: usize| is(&tokens, n, ':') && is(&tokens, n + 1, ':');
                    let at = Place { file: file.to_owned(), line: word.span().start().line };
                    let mut path = vec![word.to_string()];
                    // In `<T as Trait>::name` what follows the colons is no path of its own.
                    let continued = i >= 3 && colons(i - 2) && is(&tokens, i - 3, '>');
                    if i >= 2 && colons(i - 2) && !continued {
                        path.insert(0, GLOBAL.to_owned());
                    }
                    while let (true, Some(TokenTree::Ident(next))) = (colons(i + 1), tokens.get(i + 3)) {
                        path.push(next.to_string());
                        i += 3;
                    }
                    if !only_tests && !continued {
                        self.name(module, at, path);
                    }
                }
                TokenTree::Group(group) => self.tokens(file, module, group.stream(), only_tests),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            i += 1;
        }
    }

    /// Goes past the item at `i`, which only tests compile; where the next one begins.
    fn leave_out(&mut self, file: &str, module: &Module, tokens: &[TokenTree], mut i: usize) -> usize {
        while is(tokens, i, '#') {
            i += 2;
        }
        while let Some(token) = tokens.get(i) {
            match token {
                TokenTree::Ident(word) if word == "mod" => {
                    return self.submodule(file, module, tokens, i + 1, true) + 1;
                }
                TokenTree::Ident(word) if word == "use" => {
                    return (i..tokens.len()).find(|&n| is(tokens, n, ';')).unwrap_or(tokens.len()) + 1;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return i + 1,
                _ if is(tokens, i, ';') => return i + 1,
                _ => i += 1,
            }
        }
        i
    }

    /// A `mod` whose name is at `i`; where its last token is.
    fn submodule(&mut self, file: &str, module: &Module, tokens: &[TokenTree], i: usize, only_tests: bool) -> usize {
        let Some(TokenTree::Ident(name)) = tokens.get(i) else { return i };
        let mut inner = module.clone();
        inner.push(name.to_string());
        if let Some(TokenTree::Group(body)) = tokens.get(i + 1) {
            self.module(file, inner, body.stream(), only_tests);
            return i + 1;
        }
        // `main.rs` looks beside itself, as `lib.rs` does.
        let stem = inner.iter().skip(usize::from(inner[0] == "main")).cloned().collect::<Vec<_>>().join("/");
        match [format!("{stem}.rs"), format!("{stem}/mod.rs")].into_iter().find(|f| self.sources.contains_key(f)) {
            Some(found) => self.file(&found, inner, only_tests),
            None => self.out.faults.push(format!("src/{file}: `mod {name};` leads to no file")),
        }
        i + 1
    }

    /// One `use` tree below `prefix`.
    fn import(&mut self, file: &str, module: &Module, prefix: &[String], tree: &[TokenTree]) {
        let mut path = prefix.to_vec();
        let mut rename = None;
        let mut line = 0;
        for (i, token) in tree.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    rename = tree.get(i + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) => {
                    line = word.span().start().line;
                    if word != "self" || path.is_empty() {
                        path.push(word.to_string());
                    }
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let branches = inner.split(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ','));
                    branches.filter(|b| !b.is_empty()).for_each(|b| self.import(file, module, &path, b));
                    return;
                }
                TokenTree::Punct(_) if i == 0 && path.is_empty() => path.push(GLOBAL.to_owned()),
                TokenTree::Punct(p) if p.as_char() == '*' => rename = Some(GLOB.to_owned()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        let Some(name) = rename.or_else(|| path.last().cloned()) else { return };
        if name != GLOB {
            self.names.entry(module.clone()).or_default().insert(name, path.clone());
        }
        self.name(module, Place { file: file.to_owned(), line }, path);
    }

    fn name(&mut self, module: &Module, at: Place, path: Vec<String>) {
        let words = path.iter().map(|text| Word { from: module.clone(), at: at.clone(), text: text.clone() });
        self.out.words.extend(words);
        self.raw.push(Raw { from: module.clone(), at, path });
    }

    fn resolved(&self, raw: &Raw, library: &str) -> Named {
        let to = self.resolve(&raw.from, &raw.path, library, RENAMES);
        Named { from: raw.from.clone(), at: raw.at.clone(), to }
    }

    fn resolve(&self, from: &Module, path: &[String], library: &str, renames: usize) -> Target {
        let Some((first, mut rest)) = path.split_first() else { return Target::Other(Vec::new()) };
        let below = |name: &String| [from.as_slice(), std::slice::from_ref(name)].concat();
        let mut here = match first.as_str() {
            GLOBAL if rest.first().is_some_and(|name| name == library) => {
                rest = &rest[1..];
                Vec::new()
            }
            GLOBAL => return Target::Other(rest.to_vec()),
            "crate" if from.first().is_some_and(|m| m == "main") => vec!["main".to_owned()],
            "crate" => Vec::new(),
            name if name == library => Vec::new(),
            "self" => from.clone(),
            "super" => {
                let up = 1 + rest.iter().take_while(|p| *p == "super").count();
                rest = rest.get(up - 1..).unwrap_or_default();
                from.get(..from.len().saturating_sub(up)).unwrap_or_default().to_vec()
            }
            _ if self.out.modules.contains(&below(first)) => below(first),
            _ => match self.renamed(from, first, renames) {
                Some(known) => {
                    let whole = [known.as_slice(), rest].concat();
                    return self.resolve(from, &whole, library, renames - 1);
                }
                None => return Target::Other(path.to_vec()),
            },
        };
        while let Some((next, tail)) = rest.split_first() {
            let deeper = [here.as_slice(), std::slice::from_ref(next)].concat();
            if self.out.modules.contains(&deeper) {
                here = deeper;
                rest = tail;
            } else if let Some(known) = self.renamed(&here, next, renames) {
                let whole = [known.as_slice(), tail].concat();
                return self.resolve(&here, &whole, library, renames - 1);
            } else {
                break;
            }
        }
        Target::Own(here)
    }

    /// What `name` stands for in a module, unless that is the name itself.
    fn renamed(&self, module: &Module, name: &String, renames: usize) -> Option<&Vec<String>> {
        let known = self.names.get(module)?.get(name)?;
        (renames > 0 && known.as_slice() != std::slice::from_ref(name)).then_some(known)
    }
}

fn is(tokens: &[TokenTree], i: usize, c: char) -> bool {
    matches!(tokens.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c)
}

/// `[cfg(test)]` and `[cfg(all(…, test, …))]`, but not `[cfg(not(test))]` or `[cfg(any(test, …))]`.
fn is_tests_only(attribute: &TokenTree) -> bool {
    fn needs_test(tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        tokens.iter().enumerate().any(|(i, token)| match token {
            TokenTree::Ident(word) => word == "test",
            TokenTree::Group(group) => {
                let all = i > 0 && matches!(tokens.get(i - 1), Some(TokenTree::Ident(w)) if w == "all");
                all && needs_test(group.stream())
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    let TokenTree::Group(group) = attribute else { return false };
    let mut inner = group.stream().into_iter();
    matches!(inner.next(), Some(TokenTree::Ident(word)) if word == "cfg")
        && matches!(inner.next(), Some(TokenTree::Group(g)) if needs_test(g.stream()))
}
