//! Sensitive choices: what is put to the developer even where batch autonomy decides the rest.
//!
//! It looks at what a change brings in and at what a command could do. It errs on the side of
//! asking; a change in which it finds nothing is not thereby harmless.

use serde::{Deserialize, Serialize};

use super::{
    command::{self, Risk},
    secrets, stacks,
};
use crate::domain::{
    change::{Change, Mode, submodule::Submodule},
    command::{CommandLine, Confinement},
};

/// More lines taken away than this are worth a look.
const MANY_LINES: usize = 50;
/// As many findings as anyone reads.
const MOST: usize = 40;

/// One reason to ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sensitive {
    /// The line it stands on in the file as it shall be, from 1; none when it is about the whole.
    pub line: Option<u32>,
    /// What kind of choice it is, in a word or two.
    pub what: String,
    /// Why it asks, for the screen.
    pub why: String,
}

fn whole(what: &str, why: impl Into<String>) -> Sensitive {
    Sensitive { line: None, what: what.to_owned(), why: why.into() }
}

/// Sensitive choices in one change.
pub fn in_change(change: &Change) -> Vec<Sensitive> {
    let mut found = Vec::new();
    let path = change.path.as_str();
    if let Some((what, why)) = by_path(path).or_else(|| by_path(change.from.as_ref()?.as_str())) {
        found.push(whole(what, why));
    }
    if let Some(from) = &change.from {
        found.push(whole("rename", format!("moves {from} to {path}")));
    }
    let before = change.before.as_ref();
    if let Some(words) = of_submodule(change) {
        found.push(whole("submodule", words));
    }
    let Some(after) = &change.after else {
        found.push(whole("deletion", format!("deletes {path}")));
        return found;
    };
    if before.is_none_or(|b| b.mode != after.mode) {
        match after.mode {
            Mode::Executable => found.push(whole("executable", "makes the file a program that can be run")),
            Mode::Symlink => found.push(whole(
                "symbolic link",
                format!("points to {}", after.text().unwrap_or("bytes that are no text")),
            )),
            Mode::Submodule => {}
            Mode::Regular if before.is_some() => found.push(whole("mode", "takes the file's mode away")),
            Mode::Regular => {}
        }
    } else if after.mode == Mode::Executable {
        found.push(whole("executable", "changes a program that can be run"));
    } else if after.mode == Mode::Symlink && before.map(|b| &b.bytes) != Some(&after.bytes) {
        found.push(whole("symbolic link", format!("points to {}", after.text().unwrap_or("bytes that are no text"))));
    }
    let old = before.filter(|b| b.mode != Mode::Submodule).and_then(|b| b.text()).unwrap_or_default();
    match after.text() {
        None => found.push(whole("binary", "cannot be read as text")),
        Some(new) if !matches!(after.mode, Mode::Symlink | Mode::Submodule) => {
            found.extend(stacks::in_change(change));
            in_text(old, new, in_spec(&path.to_ascii_lowercase()), &mut found);
        }
        Some(_) => {}
    }
    found.truncate(MOST);
    found
}

/// What a submodule brings in or takes away, of which no line is shown.
fn of_submodule(change: &Change) -> Option<String> {
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    let (was, is) = (before.and_then(Submodule::of), after.and_then(Submodule::of));
    match (was, is) {
        (None, None) => None,
        (Some(was), None) => Some(format!("the repository that stood here at {} goes", was.short())),
        (Some(was), Some(is)) if was.commit == is.commit => {
            Some("something inside is not committed there, and cannot be committed from here".to_owned())
        }
        (_, Some(is)) => {
            let dirty = if is.dirty { "; what is not committed inside stays out" } else { "" };
            let short = is.short();
            Some(format!("brings in another repository's code, at {short}, without its lines being shown{dirty}"))
        }
    }
}

/// What comes in with the lines of a text. Of `prose` no line does anything; secrets it may hold.
fn in_text(old: &str, new: &str, prose: bool, found: &mut Vec<Sensitive>) {
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
        found.push(whole("many lines removed", format!("takes {removed} lines away")));
    }
    for (number, kind) in secrets::in_lines(new, &brought) {
        found.push(Sensitive { line: Some(number), what: "secret".into(), why: format!("looks like a {kind}") });
    }
    for (number, line) in brought.into_iter().filter(|_| !prose) {
        if let Some((what, why)) = by_line(line) {
            found.push(Sensitive { line: Some(number), what: what.to_owned(), why: why.to_owned() });
        }
    }
}

type Told = (&'static str, &'static str);

/// Whether a path, in small letters, is a spec's own: prose, and the ledger.
fn in_spec(lower: &str) -> bool {
    lower.strip_prefix(".kiro/specs/").is_some_and(|rest| rest.contains('/'))
}

/// What a path alone says.
fn by_path(path: &str) -> Option<Told> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let dirs: Vec<&str> = lower.split('/').collect();
    let in_dir = |wanted: &[&str]| dirs.iter().rev().skip(1).any(|d| wanted.contains(d));
    const LOCKS: &[&str] = &[
        "cargo.lock",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "poetry.lock",
        "uv.lock",
        "pipfile.lock",
        "gemfile.lock",
        "composer.lock",
        "go.sum",
        "mix.lock",
        "flake.lock",
        "gradle.lockfile",
        "packages.lock.json",
    ];
    const MANIFESTS: &[&str] = &[
        "cargo.toml",
        "package.json",
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "pipfile",
        "gemfile",
        "composer.json",
        "go.mod",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "mix.exs",
        "deno.json",
        "build.sbt",
        "package.swift",
        "flake.nix",
        "conanfile.txt",
        "vcpkg.json",
    ];
    const CI: &[&str] = &[
        ".gitlab-ci.yml",
        "jenkinsfile",
        "azure-pipelines.yml",
        "bitbucket-pipelines.yml",
        ".travis.yml",
        "appveyor.yml",
        "buildspec.yml",
        "buildspec.yaml",
        ".drone.yml",
        "cloudbuild.yaml",
    ];
    const TOOLS: &[&str] = &[
        ".npmrc",
        ".yarnrc",
        ".yarnrc.yml",
        ".pypirc",
        "pip.conf",
        ".gitattributes",
        ".gitmodules",
        ".gitconfig",
        ".envrc",
        ".pre-commit-config.yaml",
        "lefthook.yml",
        "rust-toolchain.toml",
        "rust-toolchain",
        "codeowners",
        ".gitignore",
        ".kiroignore",
        "build.rs",
        "makefile",
        "justfile",
    ];
    if LOCKS.contains(&name)
        || MANIFESTS.contains(&name)
        || (name.starts_with("requirements") && name.ends_with(".txt"))
        || name.ends_with(".csproj")
    {
        return Some(("dependencies", "decides what code others wrote is taken in, or how it is built"));
    }
    if lower.starts_with(".github/")
        || lower.starts_with(".circleci/")
        || in_dir(&[".buildkite", ".gitlab"])
        || CI.contains(&name)
    {
        return Some(("continuous integration", "runs elsewhere, often with credentials"));
    }
    if name.starts_with("dockerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with("docker-compose")
        || name == "containerfile"
        || name == "compose.yaml"
        || name == "compose.yml"
    {
        return Some(("container", "decides what a container holds and may do"));
    }
    if name == ".env"
        || name.starts_with(".env.")
        || [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"].iter().any(|e| name.ends_with(e))
    {
        return Some(("credentials", "files like this hold credentials"));
    }
    if TOOLS.contains(&name)
        || in_dir(&[".husky", ".githooks", ".cargo", ".vscode", ".idea", ".devcontainer"])
        || (lower.starts_with(".kiro/") && !in_spec(&lower))
    {
        return Some(("tool configuration", "changes what tools run or trust"));
    }
    if in_spec(&lower) {
        return Some(("spec document", "says what the work is measured against"));
    }
    if in_dir(&["migrations", "migration", "migrate", "alembic", "flyway"])
        || name == "schema.prisma"
        || name.ends_with(".sql")
    {
        return Some(("database", "changes stored data or its shape"));
    }
    if name.ends_with(".tf")
        || name.ends_with(".tfvars")
        || name == "serverless.yml"
        || name == "cdk.json"
        || name == "samconfig.toml"
        || in_dir(&["terraform", "cdk", "k8s", "kubernetes", "helm"])
    {
        return Some(("infrastructure", "changes what runs in an account or a cluster"));
    }
    let stem_parts: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if stem_parts.into_iter().any(|p| {
        matches!(
            p,
            "auth"
                | "oauth"
                | "login"
                | "session"
                | "password"
                | "passwords"
                | "crypto"
                | "encryption"
                | "jwt"
                | "permission"
                | "permissions"
                | "iam"
                | "policy"
                | "policies"
                | "acl"
                | "rbac"
                | "security"
                | "secrets"
        )
    }) {
        return Some(("security code", "by its name, decides who may do what or keeps secrets"));
    }
    None
}

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
        let after = Some(FileState::regular(vec![0xff, 0xfe]));
        assert_eq!(kinds(&Change { after, ..base }), [(None, "binary".to_owned())]);
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
