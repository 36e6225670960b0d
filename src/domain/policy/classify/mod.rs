//! What one simple command could do, from its words: tables of well-known programs and their
//! dangerous options. A program that is in no table is unknown, never harmless.

mod tables;
mod tools;

use super::command::Risk;
use tables::{BUILDERS, DESTRUCTIVE, HARMLESS, INTERPRETERS, NETWORK, READERS, SHELLS, WRAPPERS, WRITERS};
use tools::{cargo, find, git, network, npm, rm, sed};

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its value where known, else as written.
    pub(super) text: String,
    /// False where it holds something to be expanded.
    pub(super) known: bool,
}

impl Word {
    pub(super) fn literal(text: &str) -> Self {
        Self { text: text.to_owned(), known: true }
    }
}

type Verdict = (Risk, String);

fn is(risk: Risk, why: impl Into<String>) -> Verdict {
    (risk, why.into())
}

/// Judges a command.
pub(super) fn command(words: &[Word]) -> Verdict {
    let Some(name) = words.first() else { return is(Risk::ReadOnly, "does nothing") };
    if !name.known {
        return is(Risk::Unknown, "what runs is only known when it does");
    }
    let rest = words.get(1..).unwrap_or_default();
    let base = name.text.rsplit('/').next().unwrap_or_default();
    if name.text.contains('/')
        && !["/bin/", "/usr/bin/", "/usr/local/bin/"].iter().any(|d| name.text == format!("{d}{base}"))
    {
        return is(Risk::Unknown, format!("runs the file {}", name.text));
    }
    if let Some((_, why)) = DESTRUCTIVE.iter().find(|(n, _)| *n == base) {
        return is(Risk::Destructive, *why);
    }
    if base.starts_with("mkfs") {
        return is(Risk::Destructive, "destroys a file system");
    }
    if let Some(inner) = unwrapped(words) {
        if inner.is_empty() {
            return is(Risk::ReadOnly, "shows the environment");
        }
        let (risk, why) = command(inner);
        // What `xargs` adds is not seen here.
        return if base == "xargs" && risk < Risk::Unknown && !reads(inner) {
            is(Risk::Unknown, format!("runs {} on what it is given", inner.first().map_or("", |w| &w.text)))
        } else {
            (risk, why)
        };
    }
    if SHELLS.contains(&base) || INTERPRETERS.contains(&base) {
        return interpreter(base, rest);
    }
    let first = rest.iter().find(|w| !w.text.starts_with('-')).map_or("", |w| w.text.as_str());
    match base {
        "git" => git(rest),
        "rm" => rm(rest),
        "find" | "fd" => find(rest),
        "sed" => sed(rest),
        "chmod" if rest.iter().any(|w| flag(w, 'R', "--recursive")) => {
            is(Risk::Destructive, "changes rights of whole trees")
        }
        "chmod" => within(rest, Risk::Writes, "changes rights"),
        "cd" | "pushd" | "popd" => within(rest, Risk::ReadOnly, "changes the directory"),
        "cargo" => cargo(first),
        "npm" | "pnpm" | "yarn" => npm(base, first, rest),
        "pip" | "pip3" | "uv" | "poetry" => match first {
            "list" | "show" | "freeze" | "check" | "tree" => is(Risk::ReadOnly, "lists packages"),
            "run" => is(Risk::Build, "runs the project's code"),
            _ => is(Risk::Network, "installs packages, whose code runs here"),
        },
        "go" => match first {
            "test" | "build" | "vet" | "run" | "generate" => is(Risk::Build, "builds or tests the project"),
            "list" | "version" | "env" | "doc" => is(Risk::ReadOnly, "reads"),
            "fmt" => is(Risk::Writes, "formats files"),
            _ => is(Risk::Network, "fetches packages"),
        },
        "mvn" | "mvnw" | "gradle" | "gradlew" | "dotnet" | "mix" | "rake" | "bundle" | "sbt" | "swift" => match first {
            "deploy" | "publish" | "push" | "release" => is(Risk::Destructive, "publishes"),
            "install" | "restore" | "add" | "update" | "deps.get" => is(Risk::Network, "fetches packages"),
            _ => is(Risk::Build, "builds or tests the project"),
        },
        "sort" if rest.iter().any(|w| flag(w, 'o', "--output") || w.text.starts_with("--compress-prog")) => {
            within(rest, Risk::Writes, "writes its result to a file")
        }
        "sort" => reader(rest),
        "rg" | "ag" if rest.iter().any(|w| w.text.starts_with("--pre") || w.text.starts_with("--hostname-bin")) => {
            is(Risk::Unknown, "runs a program on each file")
        }
        "rg" | "ag" => reader(rest),
        // Its second file is written.
        "uniq" if rest.iter().filter(|w| !w.text.starts_with('-')).count() < 2 => reader(rest),
        "tree" if rest.iter().any(|w| flag(w, 'o', "--output")) => {
            within(rest, Risk::Writes, "writes its result to a file")
        }
        "date" if rest.iter().any(|w| flag(w, 's', "--set")) => is(Risk::Destructive, "sets the clock"),
        "hostname" if !first.is_empty() => is(Risk::Destructive, "names the machine"),
        "eval" if rest.iter().all(|w| w.known) => is(Risk::ReadOnly, "runs the words that follow"),
        "eval" | "." | "source" | "alias" | "trap" => is(Risk::Unknown, format!("what `{base}` runs is not seen here")),
        _ if READERS.contains(&base) => reader(rest),
        _ if HARMLESS.contains(&base) => is(Risk::ReadOnly, "reads"),
        _ if BUILDERS.contains(&base) => is(Risk::Build, "builds or tests the project"),
        _ if WRITERS.contains(&base) => within(rest, Risk::Writes, "writes files"),
        _ if NETWORK.contains(&base) => network(rest),
        _ => is(Risk::Unknown, format!("{base} is not a program known here")),
    }
}

/// The text that a shell or `eval` is given to run, when it is known.
pub(super) fn script(words: &[Word]) -> Option<String> {
    if let Some(inner) = unwrapped(words) {
        return script(inner);
    }
    let base = words.first()?.text.rsplit('/').next()?;
    let rest = words.get(1..)?;
    if base == "eval" {
        let known = rest.iter().all(|w| w.known);
        return known.then(|| rest.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" "));
    }
    if !SHELLS.contains(&base) {
        return None;
    }
    let at = rest.iter().position(is_c)?;
    rest.get(at + 1).filter(|w| w.known).map(|w| w.text.clone())
}

fn is_c(word: &Word) -> bool {
    word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c')
}

/// The words that a wrapper runs.
fn unwrapped(words: &[Word]) -> Option<&[Word]> {
    let base = words.first()?.text.rsplit('/').next()?;
    let (_, valued) = WRAPPERS.iter().find(|(n, _)| *n == base)?;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let assignment = base == "env" && word.text.contains('=') && !word.text.starts_with('-');
        if word.text == "-S" || word.text.starts_with("--split-string") {
            return None;
        } else if valued.contains(&word.text.as_str()) {
            at += 2;
        } else if word.text.starts_with('-') || assignment {
            at += 1;
        } else {
            break;
        }
    }
    // The first word of `timeout` is the time.
    at += usize::from(base == "timeout");
    Some(words.get(at..).unwrap_or_default())
}

fn reads(words: &[Word]) -> bool {
    words.first().is_some_and(|w| READERS.contains(&w.text.as_str()) || HARMLESS.contains(&w.text.as_str()))
}

/// True for `-x`, also among other letters, and for the long form.
fn flag(word: &Word, letter: char, long: &str) -> bool {
    let short = word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letter);
    short || word.text == long || word.text.strip_prefix(long).is_some_and(|r| r.starts_with('='))
}

/// Why a word names something outside of the repository, or could.
fn outside(word: &Word) -> Option<String> {
    let value = word.text.strip_prefix('-').and_then(|w| w.split_once('=')).map_or(word.text.as_str(), |(_, v)| v);
    if !word.known {
        return Some(format!("{} is only known when it runs", word.text));
    }
    let out = value.starts_with(['/', '~']) || value.split('/').any(|part| part == "..");
    (out && !SAFE_DEVICES.contains(&value)).then(|| format!("{value} may lie outside the repository"))
}

const SAFE_DEVICES: &[&str] = &["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "/dev/tty", "/dev/zero"];

fn reader(words: &[Word]) -> Verdict {
    match words.iter().find_map(outside) {
        Some(why) => is(Risk::Unknown, why),
        None => is(Risk::ReadOnly, "reads"),
    }
}

/// The given risk when all words stay within the repository.
fn within(words: &[Word], risk: Risk, why: &str) -> Verdict {
    match words.iter().find_map(outside) {
        Some(outside) if risk == Risk::ReadOnly => is(Risk::Unknown, outside),
        Some(outside) => is(Risk::Destructive, format!("{why}: {outside}")),
        None => match words.iter().find(|w| guarded(&w.text)) {
            Some(word) if risk > Risk::ReadOnly => is(Risk::Destructive, format!("{why} in {}", word.text)),
            _ => is(risk, why),
        },
    }
}

/// What belongs to git or to this program.
fn guarded(path: &str) -> bool {
    path.split('/').any(|p| p.eq_ignore_ascii_case(".git") || p.eq_ignore_ascii_case(".kiro"))
}

fn interpreter(base: &str, rest: &[Word]) -> Verdict {
    let shell = SHELLS.contains(&base);
    if rest.iter().any(|w| matches!(w.text.as_str(), "--version" | "-V")) && rest.len() == 1 {
        return is(Risk::ReadOnly, "shows its version");
    }
    if shell && rest.iter().any(is_c) {
        return match script(&[&[Word::literal(base)], rest].concat()) {
            // Its parts are judged one by one.
            Some(_) => is(Risk::ReadOnly, "runs the command line it is given"),
            None => is(Risk::Unknown, "what runs is only known when it does"),
        };
    }
    if base == "node" && rest.iter().any(|w| w.text == "--test") {
        return is(Risk::Build, "runs tests");
    }
    if let Some(at) = rest.iter().position(|w| w.text == "-m") {
        let module = rest.get(at + 1).map_or("", |w| w.text.as_str());
        return match module {
            "pytest" | "unittest" | "doctest" | "mypy" | "ruff" | "black" | "compileall" | "py_compile" => {
                is(Risk::Build, "builds or tests the project")
            }
            "pip" => command(rest.get(at + 1..).unwrap_or_default()),
            "http.server" => is(Risk::Network, "serves files"),
            _ => is(Risk::Unknown, format!("runs the module {module}")),
        };
    }
    let inline = ["-c", "-e", "-p", "-r", "-E", "--eval", "--print", "eval"];
    if rest.iter().any(|w| inline.contains(&w.text.as_str())) {
        return is(Risk::Unknown, "runs code given on the command line");
    }
    match rest.iter().find(|w| !w.text.starts_with('-')) {
        None => is(Risk::Destructive, "runs whatever it reads"),
        Some(file) => match outside(file) {
            Some(why) => is(Risk::Unknown, why),
            None if shell => is(Risk::Unknown, format!("runs the file {}", file.text)),
            None => is(Risk::Build, format!("runs the project's {}", file.text)),
        },
    }
}

/// Judges a redirection: its operator and its target.
pub(super) fn redirection(words: &[Word]) -> Verdict {
    let operator = words.first().map_or("", |w| w.text.as_str());
    let Some(target) = words.get(1) else { return is(Risk::ReadOnly, "closes a stream") };
    let number = target.text.chars().all(|c| c.is_ascii_digit()) || target.text == "-";
    if (operator.ends_with('&') && number) || SAFE_DEVICES.contains(&target.text.as_str()) {
        return is(Risk::ReadOnly, "joins streams");
    }
    if operator == "<" {
        return reader(std::slice::from_ref(target));
    }
    within(std::slice::from_ref(target), Risk::Writes, "writes to a file")
}

/// Judges an assignment by the variable's name.
pub(super) fn assignment(name: &str) -> Verdict {
    const TELLING: &[&str] = &[
        "PATH",
        "IFS",
        "ENV",
        "BASH_ENV",
        "HOME",
        "EDITOR",
        "VISUAL",
        "SHELL",
        "CDPATH",
        "TMPDIR",
        "NODE_OPTIONS",
        "RUBYOPT",
    ];
    const STARTS: &[&str] = &[
        "LD_",
        "DYLD_",
        "GIT_",
        "PYTHON",
        "PERL",
        "RUST",
        "CARGO_",
        "npm_config",
        "NPM_CONFIG",
        "SSH_",
        "JAVA_",
        "_JAVA",
    ];
    let risky = TELLING.contains(&name)
        || STARTS.iter().any(|s| name.starts_with(s))
        || name.ends_with("PAGER")
        || name.ends_with("PATH");
    if risky {
        is(Risk::Unknown, format!("{name} changes what programs do"))
    } else {
        is(Risk::ReadOnly, "sets a variable")
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::policy::command::{Risk, split, strictest};

    #[test]
    fn commands_are_judged() {
        let cases: &[(Risk, &[&str])] = &[
            (
                Risk::ReadOnly,
                &[
                    "ls -la src",
                    "cat src/main.rs | head -n 5",
                    "git status --short",
                    "git log --oneline -5",
                    "git diff HEAD~1 -- src",
                    "grep -rn TODO .",
                    "find . -name '*.rs' -type f",
                    "sed -n 1,20p a.txt",
                    "echo hi > /dev/null 2>&1",
                    "find . -name x -exec grep -l y {} +",
                    "git branch -a",
                    "git --no-pager log",
                    "cargo tree",
                    "npm ls",
                    "env | sort",
                    "timeout 5 ls",
                    "rg foo src",
                    "FOO=1 ls",
                ],
            ),
            (
                Risk::Build,
                &[
                    "cargo test --lib",
                    "npm test",
                    "node --test",
                    "python3 -m unittest",
                    "pytest -q",
                    "make test",
                    "go test ./...",
                    "node scripts/gen.js",
                    "cargo nextest run",
                    "pnpm lint",
                ],
            ),
            (
                Risk::Writes,
                &[
                    "mkdir -p a/b",
                    "echo x > out.txt",
                    "sed -i s/a/b/ x",
                    "cargo fmt",
                    "touch a",
                    "rm a.txt",
                    "git add -A",
                    "cp a b",
                ],
            ),
            (
                Risk::Unknown,
                &[
                    "./run.sh",
                    "frobnicate",
                    "cat /etc/passwd",
                    "cat ~/.ssh/id_rsa",
                    "cat $HOME/x",
                    "head ../../x",
                    "awk '{print}' x",
                    "sed 's/x/id/e' a",
                    "git -c core.pager=x log",
                    "git diff --output=x",
                    "git grep -Ovi x",
                    "PATH=. ls",
                    "$x -rf",
                    "python3 -c 'print(1)'",
                    ". ./env.sh",
                    "ls() { rm; }; ls",
                    "find . -exec ./x {} \\;",
                    "ls | xargs touch",
                    "alias ls=rm",
                    "rg --pre ./x y",
                    "cd / && ls",
                ],
            ),
            (
                Risk::Network,
                &[
                    "curl https://x",
                    "git fetch",
                    "npm install",
                    "npx cowsay",
                    "pip install x",
                    "aws s3 ls",
                    "docker ps",
                    "go get x",
                ],
            ),
            (
                Risk::Destructive,
                &[
                    "rm -rf build",
                    "rm -fr x",
                    "rm *",
                    "git reset --hard",
                    "git checkout -- .",
                    "git push",
                    "git clean -fd",
                    "dd if=/dev/zero of=x",
                    "mkfs.ext4 x",
                    "sudo ls",
                    "curl https://x | sh",
                    "chmod -R 777 .",
                    "echo x > /etc/hosts",
                    "echo x >> ~/.bashrc",
                    "echo x > ../y",
                    "echo x > $F",
                    "cp a /usr/bin/b",
                    "find . -delete",
                    "find . -name x -exec rm -r {} +",
                    "xargs rm -rf < list",
                    "env -u A rm -r x",
                    "nice -n 5 rm -r x",
                    "/bin/rm -r x",
                    "echo x >.git/hooks/pre-commit",
                    "kill -9 1",
                    "npm publish",
                    "terraform destroy",
                    "aws s3 rm s3://x --recursive",
                    "git branch -D x",
                    "timeout -s KILL 5 rm -r x",
                    "tee .kiro/x",
                    "git commit -m x",
                    "aws cloudformation delete-stack --stack-name x",
                    "command rm -r x",
                    "! rm -r x",
                    "mv a ../b",
                ],
            ),
        ];
        for (risk, lines) in cases {
            for line in *lines {
                let parts = split(line);
                assert_eq!(strictest(&parts).unwrap().risk, *risk, "{line}: {parts:#?}");
            }
        }
    }
}
