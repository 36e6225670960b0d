//! Finds the commands that run a project's tests, from its files.

use serde_json::Value;

/// A command that runs tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCommand {
    /// As `sh -c` takes it, in the repository's root.
    pub command: String,
    /// What in the repository speaks for it.
    pub why: String,
    /// The program that has to be installed for it.
    pub needs: &'static str,
}

fn test(command: impl Into<String>, why: impl Into<String>, needs: &'static str) -> TestCommand {
    TestCommand { command: command.into(), why: why.into(), needs }
}

/// Test commands, the project's own choice first. `files` are paths from the root, `/` between
/// parts; `read` gives a file's text, or nothing where there is none.
pub fn detect(files: &[&str], read: &dyn Fn(&str) -> Option<String>) -> Vec<TestCommand> {
    let project = Project { files, read };
    [
        project.make(),
        project.node(),
        project.cargo(),
        project.python(),
        project.has("go.mod").then(|| test("go test ./...", "go.mod", "go")),
        project.java(),
        project.dotnet(),
        project.has("mix.exs").then(|| test("mix test", "mix.exs", "mix")),
        project.ruby(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Project<'a> {
    files: &'a [&'a str],
    read: &'a dyn Fn(&str) -> Option<String>,
}

impl Project<'_> {
    fn has(&self, path: &str) -> bool {
        self.files.contains(&path)
    }

    fn any(&self, fits: impl Fn(&str) -> bool) -> Option<&str> {
        self.files.iter().copied().find(|f| fits(f))
    }

    /// The text of a file that is there.
    fn text(&self, path: &str) -> Option<String> {
        self.has(path).then(|| (self.read)(path)).flatten()
    }

    fn mentions(&self, path: &str, word: &str) -> bool {
        self.text(path).is_some_and(|t| t.contains(word))
    }

    fn make(&self) -> Option<TestCommand> {
        let name = ["GNUmakefile", "makefile", "Makefile"].into_iter().find(|n| self.has(n))?;
        let target = |line: &str| {
            line.strip_prefix("test").is_some_and(|r| r.trim_start().starts_with(':') && !r.contains(":="))
        };
        self.text(name)?.lines().any(target).then(|| test("make test", format!("the target `test` in {name}"), "make"))
    }

    fn node(&self) -> Option<TestCommand> {
        let package: Option<Value> = self.text("package.json").and_then(|t| serde_json::from_str(&t).ok());
        let script = package.as_ref().and_then(|p| p.get("scripts")?.get("test")?.as_str()).map(str::trim);
        // What `npm init` writes there is no test.
        if script.is_some_and(|s| !s.is_empty() && !s.contains("no test specified")) {
            let wanted = package.as_ref().and_then(|p| p.get("packageManager")?.as_str()).unwrap_or_default();
            let manager =
                [("pnpm", "pnpm-lock.yaml"), ("yarn", "yarn.lock"), ("bun", "bun.lock"), ("bun", "bun.lockb")]
                    .into_iter()
                    .find(|(name, lock)| {
                        wanted.starts_with(&format!("{name}@")) || (wanted.is_empty() && self.has(lock))
                    });
            let manager = manager.map_or("npm", |(name, _)| name);
            let command = if manager == "bun" { "bun run test".to_owned() } else { format!("{manager} test") };
            return Some(test(command, "the script `test` in package.json", manager));
        }
        let runner = |file: &str| {
            let inside = !file.split('/').any(|part| part == "node_modules");
            let name = file.rsplit('/').next().unwrap_or_default();
            let stem = [".js", ".mjs", ".cjs"].iter().find_map(|e| name.strip_suffix(e));
            inside && stem.is_some_and(|s| s.ends_with(".test") || s.ends_with("-test") || s.ends_with("_test"))
        };
        self.any(runner).map(|file| test("node --test", format!("test files such as {file}"), "node"))
    }

    fn cargo(&self) -> Option<TestCommand> {
        let text = self.text("Cargo.toml")?;
        let workspace = text.lines().any(|l| l.trim() == "[workspace]");
        let command = if workspace { "cargo test --workspace" } else { "cargo test" };
        Some(test(command, "Cargo.toml", "cargo"))
    }

    fn python(&self) -> Option<TestCommand> {
        let is_test = |f: &str| {
            let name = f.rsplit('/').next().unwrap_or_default();
            let inside = !f.split('/').any(|p| matches!(p, ".venv" | "venv" | "node_modules" | "site-packages"));
            inside && name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"))
        };
        let says =
            [("pyproject.toml", "pytest"), ("setup.cfg", "[tool:pytest]"), ("tox.ini", "pytest"), ("pytest.ini", "")];
        let said =
            says.into_iter().find(|(file, word)| self.has(file) && self.mentions(file, word)).map(|(file, _)| file);
        let required =
            || self.any(|f| f.starts_with("requirements") && f.ends_with(".txt") && self.mentions(f, "pytest"));
        let tests: Vec<&str> = self.files.iter().copied().filter(|f| is_test(f)).collect();
        let conftest = || self.any(|f| f.rsplit('/').next() == Some("conftest.py"));
        let imports = || tests.iter().copied().find(|f| self.mentions(f, "pytest"));
        if let Some(file) = said.or_else(required).or_else(conftest).or_else(imports) {
            let why = format!("{file} speaks of pytest");
            return Some(match self.has("uv.lock") {
                true => test("uv run pytest", why, "uv"),
                false => test("python3 -m pytest", why, "python3"),
            });
        }
        let first = tests.first()?;
        // Discovery from the root does not enter directories that are no packages.
        let dir = first.rsplit_once('/').map(|(dir, _)| dir);
        let command = match dir {
            Some(dir)
                if tests.iter().all(|t| t.starts_with(&format!("{dir}/")))
                    && !self.has(&format!("{dir}/__init__.py")) =>
            {
                format!("python3 -m unittest discover -s {}", quoted(dir))
            }
            _ => "python3 -m unittest discover".to_owned(),
        };
        Some(test(command, format!("test files such as {first}"), "python3"))
    }

    fn java(&self) -> Option<TestCommand> {
        if self.has("pom.xml") {
            let own = self.has("mvnw");
            return Some(if own {
                test("./mvnw -B test", "pom.xml and mvnw", "java")
            } else {
                test("mvn -B test", "pom.xml", "mvn")
            });
        }
        let file = ["build.gradle", "build.gradle.kts"].into_iter().find(|f| self.has(f))?;
        let own = self.has("gradlew");
        Some(if own {
            test("./gradlew test", format!("{file} and gradlew"), "java")
        } else {
            test("gradle test", file, "gradle")
        })
    }

    fn dotnet(&self) -> Option<TestCommand> {
        let file =
            self.any(|f| !f.contains('/') && [".sln", ".slnx", ".csproj", ".fsproj"].iter().any(|e| f.ends_with(e)))?;
        Some(test("dotnet test", file, "dotnet"))
    }

    fn ruby(&self) -> Option<TestCommand> {
        let bundled = self.has("Gemfile");
        if self.has(".rspec") || self.any(|f| f.starts_with("spec/") && f.ends_with("_spec.rb")).is_some() {
            return Some(if bundled {
                test("bundle exec rspec", "spec files and a Gemfile", "bundle")
            } else {
                test("rspec", "spec files", "rspec")
            });
        }
        let tasks = self.mentions("Rakefile", "TestTask") || self.mentions("Rakefile", "task :test");
        tasks.then(|| {
            if bundled {
                test("bundle exec rake test", "the Rakefile", "bundle")
            } else {
                test("rake test", "the Rakefile", "rake")
            }
        })
    }
}

/// The text as one word of a command line.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'));
    if plain && !text.starts_with('-') { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(files: &[(&str, &str)]) -> Vec<String> {
        let names: Vec<&str> = files.iter().map(|(n, _)| *n).collect();
        let read = |path: &str| files.iter().find(|(n, _)| *n == path).map(|(_, t)| (*t).to_owned());
        detect(&names, &read).into_iter().map(|t| t.command).collect()
    }

    #[test]
    fn each_ecosystem_is_found() {
        const PACKAGE: &str = r#"{"scripts":{"test":"vitest run"}}"#;
        type Files = &'static [(&'static str, &'static str)];
        let cases: &[(Files, &[&str])] = &[
            (&[], &[]),
            (&[("package.json", PACKAGE)], &["npm test"]),
            (&[("package.json", PACKAGE), ("pnpm-lock.yaml", "")], &["pnpm test"]),
            (
                &[("package.json", r#"{"packageManager":"yarn@4","scripts":{"test":"x"}}"#), ("pnpm-lock.yaml", "")],
                &["yarn test"],
            ),
            (&[("package.json", r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#)], &[]),
            (&[("package.json", "{}"), ("src/a.test.mjs", "")], &["node --test"]),
            (&[("node_modules/x/a.test.js", "")], &[]),
            (&[("package.json", "not json"), ("a.test.js", "")], &["node --test"]),
            (&[("Cargo.toml", "[package]")], &["cargo test"]),
            (&[("Cargo.toml", "[workspace]\nmembers=[]")], &["cargo test --workspace"]),
            (&[("pyproject.toml", "[tool.pytest.ini_options]"), ("tests/test_a.py", "")], &["python3 -m pytest"]),
            (&[("pyproject.toml", "dev = [\"pytest\"]"), ("uv.lock", "")], &["uv run pytest"]),
            (&[("pyproject.toml", "[project]"), ("test_a.py", "import unittest")], &["python3 -m unittest discover"]),
            (&[("my tests/test_a.py", "import unittest")], &["python3 -m unittest discover -s 'my tests'"]),
            (&[("tests/test_a.py", ""), ("tests/__init__.py", "")], &["python3 -m unittest discover"]),
            (&[("tests/test_a.py", "import pytest")], &["python3 -m pytest"]),
            (&[("go.mod", "module x")], &["go test ./..."]),
            (&[("Makefile", "all:\n\ntest: all\n\tcargo test\n"), ("Cargo.toml", "")], &["make test", "cargo test"]),
            (&[("Makefile", "tests := x\ntest := y\ntestdata:\n")], &[]),
            (&[("pom.xml", ""), ("mvnw", "")], &["./mvnw -B test"]),
            (&[("build.gradle.kts", "")], &["gradle test"]),
            (&[("App.sln", "")], &["dotnet test"]),
            (&[("mix.exs", "")], &["mix test"]),
            (&[("spec/a_spec.rb", ""), ("Gemfile", "")], &["bundle exec rspec"]),
            (&[("Rakefile", "Rake::TestTask.new")], &["rake test"]),
        ];
        for (files, expected) in cases {
            assert_eq!(commands(files), *expected, "{files:?}");
        }
    }
}
