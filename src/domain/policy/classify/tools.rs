//! Programs whose sub-commands and options decide what they do.

use super::{Risk, Verdict, Word, command, flag, is, outside, reader, reads, within};

pub(super) fn rm(rest: &[Word]) -> Verdict {
    if rest.iter().any(|w| flag(w, 'r', "--recursive") || flag(w, 'R', "--recursive")) {
        return is(Risk::Destructive, "deletes whole trees");
    }
    if rest.iter().any(|w| w.text.contains(['*', '?', '['])) {
        return is(Risk::Destructive, "deletes what matches a pattern");
    }
    within(rest, Risk::Writes, "deletes files")
}

pub(super) fn find(rest: &[Word]) -> Verdict {
    if rest.iter().any(|w| w.text == "-delete") {
        return is(Risk::Destructive, "deletes what it finds");
    }
    if rest.iter().any(|w| w.text.starts_with("-fprint") || w.text == "-fls") {
        return is(Risk::Writes, "writes what it finds to a file");
    }
    let runs = |w: &Word| {
        matches!(w.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch")
    };
    if let Some(at) = rest.iter().position(runs) {
        let inner = rest.get(at + 1..).unwrap_or_default();
        let end = inner.iter().position(|w| w.text == ";" || w.text == "+").unwrap_or(inner.len());
        // One is judged; a second one could be anything.
        let inner = inner.get(..end).unwrap_or_default();
        let more = rest.get(at + 1..).is_some_and(|r| r.iter().any(runs));
        let (risk, why) = command(inner);
        let floor = if reads(inner) && !more { Risk::ReadOnly } else { Risk::Unknown };
        return is(risk.max(floor), format!("on each file found: {why}"));
    }
    reader(rest)
}

pub(super) fn sed(rest: &[Word]) -> Verdict {
    if rest.iter().any(|w| flag(w, 'i', "--in-place")) {
        return within(rest, Risk::Writes, "edits files in place");
    }
    let script = rest.iter().find(|w| !w.text.starts_with('-')).map_or("", |w| w.text.as_str());
    let more = rest.iter().any(|w| flag(w, 'f', "--file") || flag(w, 'e', "--expression") || w.text == "-s");
    let address = script.trim_end_matches(['p', 'd', 'q']);
    let prints =
        script.len() - address.len() == 1 && address.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '$');
    let pieces: Vec<&str> = script.split('/').collect();
    let substitutes = matches!(pieces.as_slice(), ["s", _, _, flags] if flags.chars().all(|c| "gIip0123456789".contains(c)))
        && !script.contains(['\n', '\\']);
    if !more && (prints || substitutes) {
        return reader(rest);
    }
    is(Risk::Unknown, "a sed script can write files and run commands")
}

pub(super) fn git(rest: &[Word]) -> Verdict {
    let mut at = 0;
    while let Some(word) = rest.get(at).filter(|w| w.text.starts_with('-')) {
        match word.text.as_str() {
            "--no-pager" | "-P" | "--no-optional-locks" | "--version" | "--help" => at += 1,
            "-C" if rest.get(at + 1).is_some_and(|d| outside(d).is_none()) => at += 2,
            _ => return is(Risk::Unknown, format!("git's option {} can change what it does", word.text)),
        }
    }
    let Some(sub) = rest.get(at) else { return is(Risk::ReadOnly, "reads") };
    let args = rest.get(at + 1..).unwrap_or_default();
    let has = |wanted: &[&str]| args.iter().any(|w| wanted.contains(&w.text.as_str()));
    let runs = |w: &Word| {
        ["--output", "--ext-diff", "--textconv", "--open-files-in-pager", "-O", "--exec", "--upload-pack"]
            .iter()
            .any(|o| w.text.starts_with(o))
    };
    let plain = args.iter().filter(|w| !w.text.starts_with('-')).count();
    match sub.text.as_str() {
        "status" | "log" | "diff" | "show" | "blame" | "rev-parse" | "ls-files" | "ls-tree" | "describe"
        | "shortlog" | "cat-file" | "grep" | "merge-base" | "rev-list" | "name-rev" | "count-objects"
        | "check-ignore" | "for-each-ref" | "diff-tree" | "diff-index" | "var" | "version" | "help" => {
            match args.iter().find(|w| runs(w)) {
                Some(option) => is(Risk::Unknown, format!("{} writes files or runs programs", option.text)),
                None => reader(args),
            }
        }
        "branch" if has(&["-D", "-d", "-M", "-f", "--delete", "--force"]) => {
            is(Risk::Destructive, "deletes or moves branches")
        }
        "tag" if has(&["-d", "--delete", "-f", "--force"]) => is(Risk::Destructive, "deletes or moves tags"),
        "branch" | "tag" if plain == 0 || has(&["-l", "--list"]) => is(Risk::ReadOnly, "lists"),
        "remote" if plain == 0 => is(Risk::ReadOnly, "lists"),
        "stash" if has(&["list", "show"]) => is(Risk::ReadOnly, "lists"),
        "stash" if has(&["drop", "clear"]) => is(Risk::Destructive, "throws work away"),
        "reflog" if !has(&["expire", "delete"]) => is(Risk::ReadOnly, "lists"),
        "worktree" if has(&["list"]) => is(Risk::ReadOnly, "lists"),
        "config" if has(&["--get", "--list", "-l", "--get-all", "get", "list"]) => {
            is(Risk::ReadOnly, "reads the configuration")
        }
        "config" => is(Risk::Destructive, "changes git's configuration, which can run programs"),
        "reset" if has(&["--hard", "--merge", "--keep"]) => is(Risk::Destructive, "throws uncommitted work away"),
        "checkout" if has(&["--", ".", "-f", "--force", "-B"]) => is(Risk::Destructive, "throws uncommitted work away"),
        "switch" if has(&["-f", "--force", "--discard-changes", "-C"]) => {
            is(Risk::Destructive, "throws uncommitted work away")
        }
        "restore" if !has(&["--staged"]) || has(&["--worktree"]) => {
            is(Risk::Destructive, "throws uncommitted work away")
        }
        "clean" => is(Risk::Destructive, "deletes files git does not know"),
        "push" => is(Risk::Destructive, "publishes commits"),
        "rebase" | "filter-branch" | "filter-repo" | "replace" => is(Risk::Destructive, "rewrites history"),
        "update-ref" | "gc" | "prune" | "reflog" | "worktree" | "symbolic-ref" | "pack-refs" | "hash-object" => {
            is(Risk::Destructive, "changes git's own files")
        }
        "commit" if has(&["--amend"]) => is(Risk::Destructive, "rewrites the last commit"),
        "commit" | "merge" | "cherry-pick" | "revert" | "am" => {
            is(Risk::Destructive, "makes commits, which is the gates' to do")
        }
        "fetch" | "pull" | "clone" | "ls-remote" | "remote" => is(Risk::Network, "talks to another repository"),
        "submodule" | "lfs" => is(Risk::Network, "fetches other repositories"),
        "add" | "mv" | "rm" | "apply" | "restore" | "reset" | "checkout" | "switch" | "branch" | "tag" | "stash"
        | "init" | "notes" => is(Risk::Writes, format!("git {} changes the worktree or the index", sub.text)),
        other => is(Risk::Unknown, format!("git {other} is not known here")),
    }
}

pub(super) fn cargo(first: &str) -> Verdict {
    match first {
        "build" | "b" | "test" | "t" | "check" | "c" | "clippy" | "doc" | "nextest" | "run" | "r" | "bench"
        | "insta" | "deny" | "audit" => is(Risk::Build, "builds or tests the project"),
        "metadata" | "tree" | "pkgid" | "locate-project" | "version" | "" | "help" => is(Risk::ReadOnly, "reads"),
        "fmt" | "fix" | "clean" | "new" | "init" | "remove" | "rm" => is(Risk::Writes, "writes files"),
        "publish" | "yank" | "owner" | "login" | "logout" => is(Risk::Destructive, "publishes"),
        "install" | "add" | "update" | "fetch" | "search" | "vendor" | "generate-lockfile" => {
            is(Risk::Network, "fetches packages")
        }
        other => is(Risk::Unknown, format!("cargo {other} is not known here")),
    }
}

pub(super) fn npm(base: &str, first: &str, rest: &[Word]) -> Verdict {
    match first {
        "test" | "t" | "run" | "run-script" | "start" | "build" => is(Risk::Build, "runs the project's scripts"),
        "list" | "ls" | "why" | "explain" | "root" | "prefix" | "pkg" if !rest.iter().any(|w| w.text == "set") => {
            is(Risk::ReadOnly, "reads")
        }
        "publish" | "unpublish" | "deprecate" | "login" | "logout" | "token" | "owner" | "access" => {
            is(Risk::Destructive, "publishes")
        }
        "install" | "i" | "ci" | "add" | "update" | "up" | "upgrade" | "audit" | "view" | "info" | "outdated"
        | "exec" | "x" | "dlx" | "init" | "create" | "uninstall" | "remove" | "rm" => {
            is(Risk::Network, "fetches packages, whose code runs here")
        }
        "" if base == "yarn" => is(Risk::Network, "fetches packages, whose code runs here"),
        "" => is(Risk::ReadOnly, "reads"),
        // These two run scripts without `run`.
        other if base != "npm" => is(Risk::Build, format!("runs the project's script {other}")),
        other => is(Risk::Unknown, format!("npm {other} is not known here")),
    }
}

pub(super) fn network(rest: &[Word]) -> Verdict {
    const TAKING: &[&str] = &[
        "delete",
        "destroy",
        "deploy",
        "apply",
        "rm",
        "rmi",
        "prune",
        "terminate",
        "remove",
        "purge",
        "uninstall",
        "--delete",
        "push",
        "publish",
        "kill",
    ];
    let takes =
        |w: &&Word| TAKING.iter().any(|t| w.text == *t || w.text.strip_prefix(t).is_some_and(|r| r.starts_with('-')));
    match rest.iter().find(takes) {
        Some(word) => is(Risk::Destructive, format!("`{}` changes or takes away what is elsewhere", word.text)),
        None => is(Risk::Network, "talks to other machines or to a daemon"),
    }
}
