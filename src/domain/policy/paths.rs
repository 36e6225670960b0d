//! What the path of a file alone says of a change to it.

/// What kind of choice it is, and why it asks.
type Told = (&'static str, &'static str);

/// Whether a path, in small letters, is a spec's own: prose, and the ledger.
pub(super) fn in_spec(lower: &str) -> bool {
    lower.strip_prefix(".kiro/specs/").is_some_and(|rest| rest.contains('/'))
}

/// What a path alone says.
pub(super) fn by_path(path: &str) -> Option<Told> {
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
