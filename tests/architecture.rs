//! The map is executable: which layer may use which, no circles between modules, a pure domain,
//! small files. Every rule is first shown to catch a small tree that breaks it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

#[path = "support/modules.rs"]
mod modules;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
};

use modules::{Crate, Module, Place, Sources, Target, understand};

/// Layers, lowest first, and what each may use of this crate besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("config", &["domain"]),
    ("agent", &["domain", "ports"]),
    ("adapters", &["domain", "ports"]),
    ("ui", &["domain", "config"]),
    ("cli", &["domain", "config"]),
    ("app", &["domain", "ports", "config", "agent", "adapters", "ui", "cli"]),
    // Beside the application, the program starts itself again to confine a command.
    ("main", &["app", "cli", "adapters"]),
];

/// The libraries that the domain may use: they compute, and touch nothing outside the process.
const PURE_LIBRARIES: &[&str] = &[
    "globset",
    "hashbrown",
    "jiff",
    "memchr",
    "pulldown_cmark",
    "saphyr_parser",
    "serde",
    "serde_json",
    "sha2",
    "similar",
    "strsim",
    "thiserror",
    "toml",
    "tree_sitter",
    "tree_sitter_bash",
    "unicode_segmentation",
    "unicode_width",
];

/// Paths that the domain may not name: the outside world, clocks, chance and threads.
const IMPURE_PATHS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::Condvar",
    "std::sync::mpsc",
    "std::sync::atomic",
    "std::time::Instant",
    "std::time::SystemTime",
    "core::sync::atomic",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz",
];

/// Words that the domain may not contain, wherever they stand.
const IMPURE_WORDS: &[(&str, &str)] = &[
    ("iter_inline_changes", "stops at a deadline of the wall clock"),
    ("iter_inline_changes_with_options", "stops at a deadline of the wall clock"),
    ("println", "prints"),
    ("eprintln", "prints"),
    ("print", "prints"),
    ("eprint", "prints"),
    ("dbg", "prints"),
    ("thread_local", "is state beside the values"),
    ("RandomState", "is random"),
];

const MOST_LINES: usize = 600;
const MANY_LINES: usize = 400;

/// Everything that is wrong with a tree, a line each.
fn violations(sources: &Sources, libraries: &BTreeSet<String>) -> Vec<String> {
    let krate = understand(sources, "kiro_tui");
    let mut out = krate.faults.clone();
    out.extend(wrong_layers(&krate));
    out.extend(circles(&krate));
    out.extend(impurities(&krate, libraries));
    out.extend(too_long(sources));
    out
}

fn wrong_layers(krate: &Crate) -> BTreeSet<String> {
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut out = BTreeSet::new();
    for top in krate.modules.iter().filter(|m| m.len() == 1 && !allowed.contains_key(m[0].as_str())) {
        out.insert(format!("`{}` is on no layer", top[0]));
    }
    for named in &krate.named {
        let (Some(from), Target::Own(to)) = (named.from.first(), &named.to) else { continue };
        let (Some(to), Some(may)) = (to.first(), allowed.get(from.as_str())) else { continue };
        if from != to && !may.contains(&to.as_str()) {
            out.insert(format!("{}: `{from}` may not use `{to}`", named.at));
        }
    }
    out
}

/// Circles between the modules of one layer. Below that, a module's own files are one thing and may
/// name each other.
fn circles(krate: &Crate) -> Vec<String> {
    let mut graph: BTreeMap<Module, BTreeMap<Module, &Place>> = BTreeMap::new();
    for named in &krate.named {
        let Target::Own(to) = &named.to else { continue };
        let (Some(from), Some(to)) = (named.from.get(..2), to.get(..2)) else { continue };
        if from != to && from[0] == to[0] {
            graph.entry(from.to_vec()).or_default().entry(to.to_vec()).or_insert(&named.at);
        }
    }
    let mut told: BTreeSet<BTreeSet<&Module>> = BTreeSet::new();
    let mut out = Vec::new();
    for start in graph.keys() {
        let Some(way) = way_back(&graph, start) else { continue };
        if told.insert(way.iter().copied().collect()) {
            let steps = way.iter().zip(way.iter().cycle().skip(1));
            let steps: Vec<String> = steps.map(|(a, b)| format!("{} ({})", a.join("::"), graph[*a][*b])).collect();
            out.push(format!("modules in a circle: {} -> {}", steps.join(" -> "), start.join("::")));
        }
    }
    out
}

/// The shortest way from a module back to itself.
fn way_back<'a>(graph: &'a BTreeMap<Module, BTreeMap<Module, &Place>>, start: &'a Module) -> Option<Vec<&'a Module>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in graph.get(way[way.len() - 1]).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

fn impurities(krate: &Crate, libraries: &BTreeSet<String>) -> BTreeSet<String> {
    let in_domain = |module: &Module| module.first().is_some_and(|m| m == "domain");
    let mut out = BTreeSet::new();
    for named in krate.named.iter().filter(|n| in_domain(&n.from)) {
        let Target::Other(path) = &named.to else { continue };
        let Some(first) = path.first() else { continue };
        if libraries.contains(first) && !PURE_LIBRARIES.contains(&first.as_str()) {
            out.insert(format!("{}: the domain may not use the library `{first}`", named.at));
        }
        let whole = path.join("::");
        let begins =
            |with: &&&str| whole.strip_prefix(**with).is_some_and(|tail| tail.is_empty() || tail.starts_with("::"));
        if let Some(impure) = IMPURE_PATHS.iter().find(begins) {
            out.insert(format!("{}: the domain may not use `{impure}`", named.at));
        }
    }
    for word in krate.words.iter().filter(|w| in_domain(&w.from)) {
        if let Some((impure, why)) = IMPURE_WORDS.iter().find(|(impure, _)| *impure == word.text) {
            out.insert(format!("{}: the domain may not use `{impure}`, which {why}", word.at));
        }
    }
    out
}

fn too_long(sources: &Sources) -> Vec<String> {
    let lines = sources.iter().map(|(file, text)| (file, text.lines().count()));
    let long = lines.filter(|(_, lines)| *lines > MOST_LINES);
    long.map(|(file, lines)| format!("{file}: {lines} lines, more than {MOST_LINES}")).collect()
}

/// The names under which this package's libraries are used in code.
fn libraries(manifest: &str) -> BTreeSet<String> {
    fn collect(table: &toml::Table, out: &mut BTreeSet<String>) {
        for (key, value) in table {
            let Some(inner) = value.as_table() else { continue };
            match key.as_str() {
                "dependencies" | "dev-dependencies" => out.extend(inner.keys().map(|name| name.replace('-', "_"))),
                _ => collect(inner, out),
            }
        }
    }
    let mut out = BTreeSet::new();
    collect(&manifest.parse().unwrap(), &mut out);
    out
}

fn here(folder: &str) -> Sources {
    modules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
}

#[test]
fn the_map_holds() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let found = violations(&here("src"), &libraries(&manifest));
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut all = Sources::new();
    for folder in ["src", "tests", "benches"] {
        all.extend(here(folder).into_iter().map(|(file, text)| (format!("{folder}/{file}"), text)));
    }
    for (file, text) in &all {
        let lines = text.lines().count();
        if lines > MANY_LINES {
            println!("{file}: {lines} lines; most files have fewer than {MANY_LINES}");
        }
    }
    let found = too_long(&all);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A tree in which every layer's module says what it is given.
fn tree(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

fn judge(files: &[(&str, &str)]) -> Vec<String> {
    let libraries = ["jiff", "serde", "tokio", "similar"].map(str::to_owned).into();
    violations(&tree(files), &libraries)
}

const ROOT: (&str, &str) = ("lib.rs", "pub mod domain; pub mod ui; pub mod app;");

/// The same small tree with `domain`, `ui` and `app` as given.
fn layers(domain: &str, ui: &str, app: &str) -> Vec<String> {
    judge(&[ROOT, ("domain.rs", domain), ("ui.rs", ui), ("app.rs", app)])
}

#[test]
fn a_layer_may_use_what_lies_below_it_only() {
    assert_eq!(
        layers("pub struct D;", "use crate::domain::D;", "use crate::{ui, domain::D}; fn f() { ui::f() }"),
        [""; 0]
    );
    let expected = ["src/ui.rs:1: `ui` may not use `app`"];
    for way_up in [
        "use crate::app::X;",
        "use crate::{domain, app::X};",
        "use crate::{domain::{D, E}, app as other};",
        "use super::app;",
        "use super::{app::X};",
        "fn f() { crate::app::run() }",
        "fn f() -> crate::app::X { X }",
        "fn f() { println!(\"{}\", crate::app::X) }",
        "mod inner { pub use super::super::app::X; }",
        "fn f() { <crate::app::X as Default>::default() }",
        "use kiro_tui::app::X;",
        "use ::kiro_tui::app::X;",
        "#[cfg(not(test))] use crate::app::X;",
        "#[cfg(any(test, unix))] use crate::app::X;",
        "#[cfg(test)] mod tests { fn a() {} } #[derive(Debug)] struct S(crate::app::X);",
        "#[cfg(test)] fn only() {} use crate::app::X;",
        "#[cfg(test)] use crate::domain::{D, E}; use crate::app::X;",
    ] {
        assert_eq!(layers("", way_up, ""), expected, "{way_up}");
    }
}

#[test]
fn what_only_looks_like_a_use_is_none() {
    for nothing in [
        "// use crate::app::X;",
        "/// [`crate::app::X`] is above.\nfn f() {}",
        "/* crate::app::X */",
        "const A: &str = \"crate::app::X\";",
        "const A: &str = r#\"use crate::app::X;\"#;",
        "#[cfg(test)] mod tests { use crate::app::X; }",
        "#[cfg(all(test, unix))] mod tests { use crate::app::X; }",
        "#[cfg(test)] use crate::app::X;",
        "#[cfg(test)] #[allow(unused)] pub(crate) fn f() -> u8 { crate::app::f() }",
        "#[cfg(test)] use crate::{app::X, app::Y};",
        "struct S<'a>(&'a str); impl<'a> S<'a> { fn app(&self) {} } fn f(s: S) { s.app() }",
    ] {
        assert_eq!(layers("", nothing, ""), [""; 0], "{nothing}");
    }
}

#[test]
fn a_name_that_is_passed_on_counts_as_what_it_is() {
    let lib = ("lib.rs", "pub mod ui; pub mod domain; pub mod app; pub use app::run; use app as above;");
    let judge = |ui: &str| judge(&[lib, ("ui.rs", ui), ("domain.rs", ""), ("app.rs", "")]);
    for way_up in ["use crate::run;", "use super::above::run;", "use crate::above; fn f() { above::run() }"] {
        assert!(judge(way_up).contains(&"src/ui.rs:1: `ui` may not use `app`".to_owned()), "{way_up}");
    }
}

#[test]
fn the_program_and_unknown_modules_have_their_place() {
    let main = ("main.rs", "use kiro_tui::app;\nfn main() { kiro_tui::domain::f() }");
    let found = judge(&[
        ("lib.rs", "mod app; mod domain; mod extra;"),
        ("app.rs", ""),
        ("domain.rs", ""),
        ("extra.rs", ""),
        main,
    ]);
    assert_eq!(found, ["`extra` is on no layer", "src/main.rs:2: `main` may not use `domain`"]);
}

#[test]
fn files_that_nothing_compiles_are_told() {
    let found = judge(&[
        ("lib.rs", "mod app; mod ui;"),
        ("app/mod.rs", "#[cfg(test)] mod tests;"),
        ("app/tests.rs", "mod more;"),
        ("app/tests/more.rs", ""),
        ("app/old.rs", ""),
    ]);
    assert_eq!(found, ["src/lib.rs: `mod ui;` leads to no file", "src/app/old.rs: no `mod` leads to this file"]);
    assert!(judge(&[("lib.rs", "fn f( {")])[0].starts_with("src/lib.rs: not readable as Rust"));
}

#[test]
fn modules_in_a_circle_are_told() {
    let domain = |mods: &'static str| [("lib.rs", "mod domain;"), ("domain/mod.rs", mods)];
    let circle = |extra: &[(&str, &str)], mods| judge(&[&domain(mods)[..], extra].concat());
    let two = [("domain/a.rs", "\nuse crate::domain::b::B;"), ("domain/b.rs", "use super::a;")];
    assert_eq!(
        circle(&two, "pub mod a; pub mod b;"),
        ["modules in a circle: domain::a (src/domain/a.rs:2) -> domain::b (src/domain/b.rs:1) -> domain::a"]
    );
    let three = [
        ("domain/a.rs", "use super::b;"),
        ("domain/b.rs", "fn f() { super::c::f() }"),
        ("domain/c.rs", "mod deep { use super::super::a::A; }"),
    ];
    let found = circle(&three, "pub mod a; pub mod b; pub mod c;");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("domain::c (src/domain/c.rs:1)"), "{found:?}");
    let deep = [
        ("domain/a/mod.rs", "mod x;"),
        ("domain/a/x.rs", "use crate::domain::b::Y;"),
        ("domain/b.rs", "use super::a::X;"),
    ];
    assert_eq!(circle(&deep, "pub mod a; pub mod b;").len(), 1, "through a module below");
    let renamed = [("domain/a.rs", "use super::B;"), ("domain/b.rs", "use super::a::A;")];
    assert_eq!(circle(&renamed, "pub mod a; pub mod b; pub use b::B;").len(), 1, "through a name passed on");
}

#[test]
fn the_files_of_one_module_are_no_circle() {
    let found = judge(&[
        ("lib.rs", "mod domain;"),
        ("domain/mod.rs", "mod a; mod b; pub use a::A; pub struct D;"),
        ("domain/a/mod.rs", "mod x; mod y; use super::{D, b::B};"),
        ("domain/a/x.rs", "use super::y::Y;"),
        ("domain/a/y.rs", "use super::x::X;"),
        ("domain/b.rs", "use super::D; #[cfg(test)] mod tests { use crate::domain::a::A; }"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn the_domain_is_pure() {
    assert_eq!(
        layers("use std::{fmt, collections::BTreeMap}; use jiff::Timestamp; use serde::Serialize;", "", ""),
        [""; 0]
    );
    assert_eq!(layers("", "use std::fs; use tokio::sync; fn f() { println!() }", ""), [""; 0], "other layers may");
    for (impure, told) in [
        ("use std::fs;", "`std::fs`"),
        ("use std::{fmt, fs::File};", "`std::fs`"),
        ("use std::{self as base}; fn f() { base::fs::read() }", "`std::fs`"),
        ("fn f() { std::env::var(\"HOME\") }", "`std::env`"),
        ("fn f() { ::std::process::exit(1) }", "`std::process`"),
        ("use std::time; fn f() { time::Instant::now() }", "`std::time::Instant`"),
        ("use std::time::SystemTime as T;", "`std::time::SystemTime`"),
        ("use jiff::Timestamp; fn f() { Timestamp::now() }", "`jiff::Timestamp::now`"),
        ("fn f() { tokio::spawn() }", "library `tokio`"),
        ("fn f(d: D) { d.iter_inline_changes() }", "`iter_inline_changes`"),
        ("fn f() { println!(\"x\") }", "`println`"),
    ] {
        let found = layers(impure, "", "");
        assert!(
            found.iter().any(|f| f.starts_with("src/domain.rs:1: the domain may not use") && f.contains(told)),
            "{impure}: {found:?}"
        );
    }
    let known = libraries(
        "[dependencies]\na-b = \"1\"\n[target.'cfg(unix)'.dependencies]\nc = \"1\"\n[dev-dependencies]\nd = { version = \"1\" }",
    );
    assert_eq!(known, ["a_b", "c", "d"].map(str::to_owned).into());
}

#[test]
fn a_long_file_is_told() {
    let lines = |n: usize| "//\n".repeat(n);
    assert_eq!(judge(&[("lib.rs", &lines(600))]), [""; 0]);
    assert_eq!(judge(&[("lib.rs", &lines(601))]), ["lib.rs: 601 lines, more than 600"]);
}
