//! Files found by name that may inherit from one another: keymaps and themes.
//!
//! A file of the user's with the name of a shipped one takes its place, and may inherit from it by
//! that same name. Project files are never part of a library: a repository must not change what a
//! key does or hide what is on the screen.

use std::collections::BTreeMap;

use super::error::{ConfigError, ConfigErrors, nearest, quoted};
use super::tree::{Entry, Source, Value};

/// Shipped files and the user's own, by name without the extension.
#[derive(Clone, Debug)]
pub struct Library {
    what: &'static str,
    shipped: &'static [(&'static str, &'static str)],
    user: BTreeMap<String, Source>,
}

/// One file of an inheritance chain, parsed, without its `inherits` entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The file.
    pub source: Source,
    /// Its entries.
    pub entries: Vec<Entry>,
}

impl Library {
    /// `what` names one file in errors ("theme"); `shipped` are pairs of name and text.
    pub fn new(what: &'static str, shipped: &'static [(&'static str, &'static str)]) -> Self {
        Self { what, shipped, user: BTreeMap::new() }
    }

    /// Adds a file of the user's under its name.
    pub fn add(&mut self, name: impl Into<String>, source: Source) {
        self.user.insert(name.into(), source);
    }

    /// Every name, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.shipped.iter().map(|(n, _)| *n).chain(self.user.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The files that make up `name`, the one inherited from first.
    ///
    /// # Errors
    /// An unknown name, a circle, or any syntax error on the way.
    pub fn chain(&self, name: &str) -> Result<Vec<Link>, ConfigErrors> {
        let Some(source) = self.find(name, false) else {
            return Err(ConfigError {
                file: self.what.to_owned(),
                line: None,
                column: None,
                what: format!("there is no {} called `{}`", self.what, quoted(name)),
                meant: nearest(name, self.names()).map(str::to_owned),
            }
            .into());
        };
        self.chain_from(name, source)
    }

    /// As [`Library::chain`], for a file that stands outside the library and is called `name`.
    ///
    /// # Errors
    /// See [`Library::chain`].
    pub fn chain_from(&self, name: &str, source: Source) -> Result<Vec<Link>, ConfigErrors> {
        let mut links: Vec<Link> = Vec::new();
        let mut name = name.to_owned();
        let mut source = source;
        loop {
            let mut entries = source.parse()?;
            let parent = entries.iter().position(|e| e.key == "inherits").map(|i| entries.remove(i));
            let Some(parent) = parent else {
                links.push(Link { source, entries });
                links.reverse();
                return Ok(links);
            };
            let Value::Text(wanted) = &parent.node.value else {
                return Err(source
                    .error(
                        parent.node.at,
                        format!("`inherits` takes the name of a {}, not {}", self.what, parent.node.value.kind()),
                        None,
                    )
                    .into());
            };
            // A user's `dark` that inherits `dark` means the shipped one.
            let next = self.find(wanted, *wanted == name);
            let Some(next) = next else {
                let meant = nearest(wanted, self.names());
                let what = format!("there is no {} called `{}` to inherit from", self.what, quoted(wanted));
                return Err(source.error(parent.node.at, what, meant).into());
            };
            if next.file == source.file || links.iter().any(|l| l.source.file == next.file) {
                let what = format!("inherits from `{wanted}`, which inherits from this {} again", self.what);
                return Err(source.error(parent.node.at, what, None).into());
            }
            name.clone_from(wanted);
            links.push(Link { source, entries });
            source = next;
        }
    }

    fn find(&self, name: &str, shipped_only: bool) -> Option<Source> {
        if let Some(source) = self.user.get(name).filter(|_| !shipped_only) {
            return Some(source.clone());
        }
        let (_, text) = self.shipped.iter().find(|(n, _)| *n == name)?;
        Some(Source::new(format!("built-in {}s/{name}.toml", self.what), *text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &[(&str, &str)] = &[("base", "a = 1\n"), ("dark", "inherits = \"base\"\nb = 2\n")];

    #[test]
    fn the_chain_starts_at_the_root_and_a_name_may_wrap_its_shipped_self() {
        let mut library = Library::new("theme", SHIPPED);
        library.add("dark", Source::new("me/dark.toml", "inherits = \"dark\"\nc = 3\n"));
        let chain = library.chain("dark").unwrap();
        let files: Vec<&str> = chain.iter().map(|l| l.source.file.as_str()).collect();
        assert_eq!(files, ["built-in themes/base.toml", "built-in themes/dark.toml", "me/dark.toml"]);
    }

    #[test]
    fn circles_and_strangers_are_errors_with_their_place() {
        let mut library = Library::new("theme", SHIPPED);
        library.add("x", Source::new("x.toml", "\ninherits = \"y\""));
        library.add("y", Source::new("y.toml", "inherits = \"x\""));
        assert!(library.chain("x").unwrap_err().to_string().contains("again"));
        library.add("z", Source::new("z.toml", "\ninherits = \"drak\""));
        let error = library.chain("z").unwrap_err().into_vec().remove(0);
        assert_eq!((error.line, error.meant.as_deref()), (Some(2), Some("dark")));
        assert!(library.chain("bse").unwrap_err().to_string().contains("did you mean `base`?"));
    }
}
