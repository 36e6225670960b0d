//! Sensitive choices: what is put to the developer even where batch autonomy decides the rest.
//!
//! It looks at what a change brings in and at what a command could do. It errs on the side of
//! asking; a change in which it finds nothing is not thereby harmless.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    command::{self, Risk},
    paths::{by_path, in_spec},
    secrets, stacks,
};
use crate::domain::{
    change::{Change, FileState, Mode, submodule::Submodule},
    command::{CommandLine, Confinement},
    diff::is_binary,
    prose::{Reads, What, suspicious_in},
};

/// More lines taken away than this are worth a look.
const MANY_LINES: usize = 50;
/// As many findings of one kind as anyone reads.
const MOST: usize = 40;

const HIDDEN: &str = "hidden text";
const ALIKE: &str = "look-alike letters";
const SPACE: &str = "odd space";

/// Kinds that are told after all others, in this order: what they say is more often harmless.
const MILDER: &[&str] = &[
    "permission",
    "running code",
    "cryptography",
    "executable",
    "symbolic link",
    "submodule",
    "binary",
    "encoding",
    "database",
    "infrastructure",
    "continuous integration",
    "container",
    "tool configuration",
    "deletion",
    "security code",
    "dependencies",
    "network endpoint",
    SPACE,
    "mode",
    "many lines removed",
    "rename",
    "spec document",
];

/// One reason to ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sensitive {
    /// The line it stands on in the file as it shall be, from 1; none when it is about the whole.
    pub line: Option<u32>,
    /// What kind of choice it is, in a word or two.
    pub what: String,
    /// Why it asks, for the screen.
    pub why: String,
    /// What is so of this one place alone, to be read after the reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Sensitive {
    /// A choice at a line, or about the whole.
    pub fn new(line: Option<u32>, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { line, what: what.into(), why: why.into(), detail: String::new() }
    }

    /// The choice in words, without the line.
    pub fn words(&self) -> String {
        let comma = if self.detail.is_empty() { "" } else { ", " };
        format!("{}: {}{comma}{}", self.what, self.why, self.detail)
    }

    /// True for what is about single letters, as [`crate::domain::prose::suspicious_in`] finds them.
    pub fn is_of_letters(&self) -> bool {
        matches!(self.what.as_str(), HIDDEN | ALIKE | SPACE)
    }

    /// Where it stands among others: the least is told first.
    pub fn rank(&self) -> usize {
        match self.what.as_str() {
            HIDDEN | ALIKE | "secret" => 0,
            what => MILDER.iter().position(|milder| *milder == what).map_or(1, |at| at + 2),
        }
    }
}

fn whole(what: &str, why: impl Into<String>) -> Sensitive {
    Sensitive::new(None, what, why)
}

/// Choices in words, each once, the worst first.
pub fn in_words(found: &[Sensitive]) -> Vec<String> {
    let mut order: Vec<&Sensitive> = found.iter().collect();
    order.sort_by_key(|s| s.rank());
    let mut words: Vec<String> = Vec::new();
    for told in order.into_iter().map(Sensitive::words) {
        if !words.contains(&told) {
            words.push(told);
        }
    }
    words
}

/// Sensitive choices in one change.
pub fn in_change(change: &Change) -> Vec<Sensitive> {
    let mut found = Vec::new();
    let path = change.path.as_str();
    if let Some((what, why)) = by_path(path).or_else(|| by_path(change.from.as_ref()?.as_str())) {
        found.push(whole(what, why));
    }
    if let Some(from) = &change.from {
        let detail = format!("before at {from}");
        found.push(Sensitive { detail, ..whole("rename", "lies elsewhere now") });
    }
    found.extend(of_submodule(change));
    let Some(after) = &change.after else {
        found.push(whole("deletion", "deletes the file"));
        return found;
    };
    found.extend(of_mode(change.before.as_ref(), after));
    match read(after) {
        None => found.push(whole("binary", "cannot be read as text")),
        Some(new) if after.mode != Mode::Submodule => {
            let is_file = after.mode != Mode::Symlink;
            if after.text().is_none() {
                found.push(whole("encoding", "not all of it is UTF-8"));
            }
            if is_file {
                found.extend(stacks::in_change(change));
            }
            let as_before = |b: &&FileState| (b.mode == Mode::Symlink) != is_file && b.mode != Mode::Submodule;
            let old = change.before.as_ref().filter(as_before).and_then(read).unwrap_or_default();
            in_text(&old, &new, path, is_file && !in_spec(&path.to_ascii_lowercase()), &mut found);
        }
        Some(_) => {}
    }
    let mut told = hashbrown::HashMap::<String, usize>::new();
    found.retain(|s| {
        let count = told.entry_ref(s.what.as_str()).or_default();
        *count += 1;
        *count <= MOST
    });
    found
}

/// The text of a state, as it is shown; nothing where it is shown as binary.
fn read(state: &FileState) -> Option<Cow<'_, str>> {
    (!is_binary(&state.bytes)).then(|| String::from_utf8_lossy(&state.bytes))
}

/// What kind of file it becomes, or stops to be.
fn of_mode(before: Option<&FileState>, after: &FileState) -> Option<Sensitive> {
    let target = |link: &FileState| read(link).map_or_else(|| "bytes that are no text".to_owned(), Cow::into_owned);
    let was = before.map(|b| b.mode);
    match (was, after.mode) {
        (Some(Mode::Symlink), Mode::Symlink) if before.map(|b| &b.bytes) == Some(&after.bytes) => None,
        (_, Mode::Symlink) => {
            let detail = format!("to {}", target(after));
            Some(Sensitive { detail, ..whole("symbolic link", "leads elsewhere") })
        }
        (Some(Mode::Symlink), Mode::Executable | Mode::Regular) => {
            let program = if after.mode == Mode::Executable { ", and a program that can be run" } else { "" };
            let detail = before.map_or_else(String::new, |b| format!("before it led to {}", target(b)));
            Some(Sensitive { detail, ..whole("symbolic link", format!("becomes a file of its own{program}")) })
        }
        (Some(Mode::Executable), Mode::Executable) => Some(whole("executable", "changes a program that can be run")),
        (_, Mode::Executable) => Some(whole("executable", "makes the file a program that can be run")),
        (Some(Mode::Executable), Mode::Regular) => Some(whole("mode", "is no program that can be run any more")),
        (Some(Mode::Regular | Mode::Submodule) | None, Mode::Regular) | (_, Mode::Submodule) => None,
    }
}

/// What a submodule brings in or takes away, of which no line is shown.
fn of_submodule(change: &Change) -> Option<Sensitive> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let (was, is) = (before.and_then(Submodule::of), after.and_then(Submodule::of));
    let told = |why: &str, detail: String| Some(Sensitive { detail, ..whole("submodule", why) });
    match (was, is) {
        (None, None) => None,
        (Some(was), None) => told("the repository that stood here goes", format!("it was at {}", was.short())),
        (Some(was), Some(is)) if was.commit == is.commit => {
            told("something inside is not committed there, and cannot be committed from here", String::new())
        }
        (_, Some(is)) => {
            let dirty = if is.dirty { "; what is not committed inside stays out" } else { "" };
            let why = format!("brings in another repository's code without its lines being shown{dirty}");
            told(&why, format!("at {}", is.short()))
        }
    }
}

/// What comes in with the lines of a text. Of what is not `run` no line does anything; it may hold secrets,
/// and what cannot be seen.
fn in_text(old: &str, new: &str, path: &str, run: bool, found: &mut Vec<Sensitive>) {
    // Which lines are new is a question of how often they stood there before, not of where: this
    // asks what comes in, and a moved line brings nothing in.
    let mut left = hashbrown::HashMap::<&str, usize>::new();
    for line in old.lines() {
        *left.entry(line.trim()).or_default() += 1;
    }
    let mut brought = Vec::new();
    for (number, line) in (1u32..).zip(new.lines()) {
        match left.get_mut(line.trim()) {
            Some(count) if *count > 0 => *count -= 1,
            _ => brought.push((number, line)),
        }
    }
    let removed: usize = left.iter().filter(|(line, _)| !line.is_empty()).map(|(_, count)| count).sum();
    if removed > MANY_LINES {
        let detail = format!("{removed} in all");
        let why = format!("takes more than {MANY_LINES} lines away");
        found.push(Sensitive { detail, ..whole("many lines removed", why) });
    }
    let comes = |line: usize| brought.binary_search_by_key(&line, |(number, _)| *number as usize).is_ok();
    for place in suspicious_in(new, Reads::of(path), comes) {
        let what = match place.what {
            What::Control(_) | What::Bidi(_) | What::Invisible(_) => HIDDEN,
            What::Confusable(_) => ALIKE,
            What::Space(_) => SPACE,
        };
        found.push(Sensitive::new(u32::try_from(place.line).ok(), what, place.what.reason()));
    }
    // Once a line and reason.
    found.dedup();
    for (number, kind) in secrets::in_lines(new, &brought) {
        found.push(Sensitive::new(Some(number), "secret", format!("looks like a {kind}")));
    }
    for (number, line) in brought.into_iter().filter(|_| run) {
        if let Some((what, why)) = by_line(line) {
            found.push(Sensitive::new(Some(number), what, why));
        }
    }
}

type Told = (&'static str, &'static str);

/// What one new line says.
fn by_line(line: &str) -> Option<Told> {
    let squeezed: String = line.chars().filter(|c| !c.is_whitespace() && *c != '"' && *c != '\'').collect();
    let lower = squeezed.to_ascii_lowercase();
    let any = |of: &[&str]| of.iter().any(|p| lower.contains(p));
    if any(&[
        "action:*",
        "actions:[*",
        "action:[*",
        "resource:*",
        "resources:[*",
        "resource:[*",
        "principal:*",
        "principal:{aws:*",
        "administratoraccess",
    ]) || lower.contains(":*]")
    {
        return Some(("wide permission", "permits everything or everyone"));
    }
    if any(&[
        "effect:allow",
        "effect.allow",
        "policystatement",
        "managedpolicy",
        "assumerole",
        "addtorolepolicy",
        "addtopolicy",
        "iam.role",
        "aws::iam::",
        "iam:passrole",
    ]) || lower.contains(".grant") && lower.contains('(')
        || lower.starts_with("grant") && lower.contains("on") && lower.contains("to")
    {
        return Some(("permission", "gives rights to someone or something"));
    }
    if any(&[
        "publicread",
        "blockpublicaccess",
        "blockpublicacls",
        "0.0.0.0/0",
        "::/0",
        "allow_origins=[*",
        "access-control-allow-origin",
    ]) {
        return Some(("exposure", "opens something to the outside"));
    }
    if any(&[
        "verify=false",
        "rejectunauthorized:false",
        "insecureskipverify:true",
        "danger_accept_invalid",
        "node_tls_reject_unauthorized",
        "strictssl:false",
        "sslverify=false",
        "--insecure",
    ]) {
        return Some(("weakened check", "turns a security check off"));
    }
    if any(&[
        "md5(",
        "sha1(",
        "createhash(md5",
        "createhash(sha1",
        "modes.ecb",
        "aes-128-ecb",
        "des.new",
        "math.random()",
    ]) && any(&["md5", "sha1", "ecb", "des.", "token", "secret", "password", "key"])
    {
        return Some(("cryptography", "uses a weak way to hash, encrypt or draw secrets"));
    }
    if any(&[
        "eval(",
        "exec(",
        "child_process",
        "subprocess",
        "os.system(",
        "command::new(",
        "runtime.getruntime()",
        "shell=true",
        "dangerouslysetinnerhtml",
        "pickle.loads(",
    ]) {
        return Some(("running code", "runs a program or text as code"));
    }
    if any(&["droptable", "dropdatabase", "dropcolumn", "truncatetable", "deletefrom", "altertable"]) {
        return Some(("database", "changes stored data or its shape"));
    }
    if any(&[
        "rm-rf",
        "shutil.rmtree",
        "remove_dir_all",
        "fs.rm(",
        "rmsync(",
        "removalpolicy.destroy",
        "deletionpolicy:delete",
        "autodeleteobjects:true",
        "force_destroy=true",
    ]) {
        return Some(("deletion", "deletes files or data when it runs"));
    }
    endpoint(line).then_some(("network endpoint", "names another machine"))
}

/// A URL that leads to another machine than this one and to no mere example.
fn endpoint(line: &str) -> bool {
    const NEAR: &[&str] = &[
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "example.com",
        "example.org",
        "example.net",
        "www.w3.org",
        "json-schema.org",
        "schemas.",
    ];
    ["https://", "http://", "wss://", "ws://"].iter().any(|scheme| {
        line.match_indices(scheme).any(|(at, _)| {
            let host = line.get(at + scheme.len()..).unwrap_or_default();
            !host.is_empty()
                && !NEAR.iter().any(|n| host.starts_with(n))
                && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        })
    })
}

/// Sensitive choices in a command line.
pub fn in_command(line: &CommandLine) -> Vec<Sensitive> {
    let mut found = Vec::new();
    if let Confinement::Unsandboxed { reason } | Confinement::Account { reason } = &line.confinement {
        found.push(whole("no sandbox", reason.clone()));
    }
    for part in command::split(&line.text) {
        let asks = match part.risk {
            Risk::ReadOnly | Risk::Build | Risk::Writes => false,
            Risk::Unknown | Risk::Network | Risk::Destructive | Risk::Unreadable => true,
        };
        if asks {
            found.push(whole(&part.risk.to_string(), format!("{}: {}", part.text, part.why)));
        }
    }
    if secrets::contains(&line.text) {
        found.push(whole("secret", "holds what looks like a secret"));
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::FileState, path::RelPath};

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let side = |s: &str| FileState::regular(s);
        Change { path: RelPath::parse(path).unwrap(), from: None, before: before.map(side), after: after.map(side) }
    }

    fn kinds(change: &Change) -> Vec<(Option<u32>, String)> {
        in_change(change).into_iter().map(|s| (s.line, s.what)).collect()
    }

    #[test]
    fn ordinary_work_asks_nothing() {
        let code = "import { sizes } from './sizes';\n// see http://localhost:3000\nexport const n = sizes.length;\n";
        for path in ["src/handler.ts", "test/handler.test.mjs", "README.md", "src/author.rs"] {
            assert_eq!(kinds(&change(path, None, Some(code))), [], "{path}");
        }
    }

    #[test]
    fn paths_speak() {
        for (path, what) in [
            ("package.json", "dependencies"),
            ("sub/Cargo.lock", "dependencies"),
            ("requirements-dev.txt", "dependencies"),
            (".github/workflows/ci.yml", "continuous integration"),
            (".gitlab-ci.yml", "continuous integration"),
            ("docker/Dockerfile.prod", "container"),
            (".env.local", "credentials"),
            ("db/migrations/001_init.py", "database"),
            ("src/auth/mod.rs", "security code"),
            ("src/oauth_client.py", "security code"),
            (".husky/pre-commit", "tool configuration"),
            ("infra/main.tf", "infrastructure"),
            (".kiro/hooks/format.kiro.hook", "tool configuration"),
            (".kiro/steering/tech.md", "tool configuration"),
            (".kiro/specs/x.md", "tool configuration"),
            (".kiro/specs/auth-login/design.md", "spec document"),
            (".kiro/specs/thumbs/design.md", "spec document"),
        ] {
            assert_eq!(kinds(&change(path, None, Some("x\n"))), [(None, what.to_owned())], "{path}");
        }
    }

    #[test]
    fn only_what_comes_in_speaks() {
        let old = "a\n  Effect: Allow\nb\n";
        assert_eq!(kinds(&change("lib/s.ts", Some(old), Some("b\n\tEffect: Allow\na\n"))), []);
        let twice = "a\nEffect: Allow\nEffect: Allow\nb\n";
        assert_eq!(kinds(&change("lib/s.ts", Some(old), Some(twice))), [(Some(3), "permission".to_owned())]);
    }

    #[test]
    fn lines_speak_with_their_number() {
        for (line, what) in [
            ("  \"Action\": \"*\",", "wide permission"),
            ("  actions: ['*'],", "wide permission"),
            ("  Action: 's3:*'", ""),
            ("bucket.grantRead(handler);", "permission"),
            ("new iam.PolicyStatement({", "permission"),
            ("GRANT ALL ON orders TO app;", "permission"),
            ("  key: AKIAIOSFODNN7EXAMPLE", "secret"),
            ("const api = 'https://api.stripe.com/v1';", "network endpoint"),
            ("requests.get(u, verify=False)", "weakened check"),
            ("  cidr: '0.0.0.0/0'", "exposure"),
            ("subprocess.run(cmd, shell=True)", "running code"),
            ("DROP TABLE users;", "database"),
            ("removalPolicy: RemovalPolicy.DESTROY,", "deletion"),
        ] {
            let text = format!("one\n{line}\n");
            let expected: Vec<_> = (!what.is_empty()).then(|| (Some(2), what.to_owned())).into_iter().collect();
            assert_eq!(kinds(&change("lib/stack.ts", Some("one\n"), Some(&text))), expected, "{line}");
        }
        let key = "x\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
        assert_eq!(kinds(&change("lib/a.ts", Some("x\n"), Some(key))), [(Some(2), "secret".to_owned())]);
        assert_eq!(kinds(&change("lib/a.ts", Some(key), Some(&format!("{key}y\n")))), []);
    }

    #[test]
    fn a_specs_prose_gives_no_rights_but_may_hold_a_secret() {
        let text = "the bucket SHALL have BlockPublicAccess\nkey: AKIAIOSFODNN7EXAMPLE\n";
        let of = |path| kinds(&change(path, None, Some(text)));
        let secret = (Some(2), "secret".to_owned());
        assert_eq!(of("a.yaml"), [secret.clone(), (Some(1), "exposure".to_owned())]);
        assert_eq!(of(".kiro/specs/thumbs/design.md"), [(None, "spec document".to_owned()), secret]);
    }

    #[test]
    fn what_happens_to_the_file_speaks() {
        let many: String = (0..=MANY_LINES).map(|i| format!("line {i}\n")).collect();
        assert_eq!(kinds(&change("a.rs", Some(&many), Some("x\n"))), [(None, "many lines removed".to_owned())]);
        assert_eq!(kinds(&change("a.rs", Some("x"), None)), [(None, "deletion".to_owned())]);
        let base = change("a.rs", Some("x"), Some("x"));
        let renamed = Change { from: Some(RelPath::parse("b.rs").unwrap()), ..base.clone() };
        assert_eq!(kinds(&renamed), [(None, "rename".to_owned())]);
        for (mode, what) in [(Mode::Executable, "executable"), (Mode::Symlink, "symbolic link")] {
            let after = Some(FileState { mode, ..FileState::regular("x") });
            assert_eq!(kinds(&Change { after, ..base.clone() }), [(None, what.to_owned())]);
        }
        let told = |before: &[u8], was, after: &[u8], is| {
            let state = |bytes: &[u8], mode| Some(FileState { mode, ..FileState::regular(bytes) });
            in_words(&in_change(&Change { before: state(before, was), after: state(after, is), ..base.clone() }))
        };
        use Mode::{Executable, Regular, Symlink};
        for blob in [&b"\xff\xfe"[..], b"a\0b"] {
            assert_eq!(told(b"x", Regular, blob, Regular), ["binary: cannot be read as text"]);
        }
        assert_eq!(told(b"x", Regular, b"caf\xe9 noir\n", Regular), ["encoding: not all of it is UTF-8"]);
        let runs = told(b"x", Regular, b"caf\xe9 noir\neval(x)\n", Regular);
        assert_eq!(runs, ["running code: runs a program or text as code", "encoding: not all of it is UTF-8"]);
        let file = ["symbolic link: becomes a file of its own, before it led to t"];
        assert_eq!(told(b"t", Symlink, b"x\n", Regular), file);
        let file = ["symbolic link: becomes a file of its own, and a program that can be run, before it led to t"];
        assert_eq!(told(b"t", Symlink, b"x\n", Executable), file);
        assert_eq!(told(b"t", Executable, b"t", Regular), ["mode: is no program that can be run any more"]);
        assert_eq!(told(b"t", Symlink, b"../u", Symlink), ["symbolic link: leads elsewhere, to ../u"]);
        // The target was no line of a file.
        let running = told(b"eval(x)", Symlink, b"eval(x)", Regular);
        assert_eq!(running.first().map(String::as_str), Some("running code: runs a program or text as code"));
    }

    #[test]
    fn what_cannot_be_seen_asks() {
        let of = |path: &str, old: &str, new: &str| kinds(&change(path, Some(old), Some(new)));
        let hidden = |line| (Some(line), "hidden text".to_owned());
        for odd in ["\u{202e}", "\u{1b}", "\u{200b}", "\u{feff}", "\u{3164}"] {
            let text = format!("x\ny{odd}z{odd}\n");
            for path in ["a.ts", "a.md", ".kiro/specs/a/design.md"] {
                let found = of(path, "x\n", &text);
                assert_eq!(found.iter().filter(|f| **f == hidden(2)).count(), 1, "{path} {odd:?} {found:?}");
                assert!(!of(path, &text, &format!("{text}w\n")).contains(&hidden(2)), "what stays brings nothing in");
            }
        }
        assert_eq!(of("a.ts", "", "p\u{430}ss(1)\n"), [(Some(1), "look-alike letters".to_owned())]);
        assert_eq!(of("a.ts", "", "if\u{a0}(x)\n"), [(Some(1), "odd space".to_owned())]);
        assert_eq!(of("a.md", "", "10\u{a0}km\n"), []);
        let link = Some(FileState { mode: Mode::Symlink, ..FileState::regular("a\u{202e}b") });
        let link = Change { after: link, ..change("a", None, None) };
        assert!(kinds(&link).contains(&hidden(1)));
    }

    #[test]
    fn many_of_one_kind_hide_no_other() {
        let text = format!("{}key: AKIAIOSFODNN7EXAMPLE\na\u{202e}\n", "eval(x)\n".repeat(100));
        let words = in_words(&in_change(&change("a.ts", None, Some(&text))));
        let kinds: Vec<&str> = words.iter().filter_map(|w| w.split(':').next()).collect();
        assert_eq!(kinds, ["hidden text", "secret", "running code"]);
    }

    #[test]
    fn commands_speak() {
        let line = |text: &str, confinement| CommandLine { text: text.into(), timeout_s: 1, confinement };
        let kinds = |l: &CommandLine| in_command(l).into_iter().map(|s| s.what).collect::<Vec<_>>();
        assert_eq!(kinds(&line("cargo test && ls", Confinement::Sandboxed)), [""; 0]);
        assert_eq!(kinds(&line("npm ci && rm -rf x", Confinement::Sandboxed)), ["network", "destructive"]);
        let free = Confinement::Unsandboxed { reason: "needs the network".into() };
        assert_eq!(kinds(&line("ls", free)), ["no sandbox"]);
    }
}
