//! Settings from files, variables and flags: what is in force, where it came from, what is refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::path::Path;
use std::time::Duration;

use kiro_tui::config::layers::OTHER_VARIABLES;
use kiro_tui::config::settings::Effect;
use kiro_tui::config::tree::Source;
use kiro_tui::config::{Config, Flag, Layer, Layers, load};
use kiro_tui::domain::{phase::Autonomy, spec::Depth, turn::Reasoning};
use proptest::prelude::*;

fn user(text: &str) -> Layers {
    Layers { user: Some(Source::new("config.toml", text)), ..Layers::default() }
}

fn project(text: &str) -> Layers {
    Layers { project: Some(Source::new(".kiro/kiro-tui.toml", text)), ..Layers::default() }
}

fn flag(flag: &str, key: &str, value: &str) -> Flag {
    Flag { flag: flag.into(), key: key.into(), value: value.into() }
}

fn refused(layers: &Layers) -> String {
    Config::load(layers).unwrap_err().to_string()
}

#[test]
fn nothing_given_is_the_built_in() {
    let config = Config::load(&Layers::default()).unwrap();
    assert_eq!(config.settings(), &kiro_tui::config::Settings::default());
    assert!(config.explain().iter().all(|row| row.provenance.layer == Layer::BuiltIn));
    let spec = &config.settings().spec;
    assert_eq!((spec.depth, spec.autonomy, spec.aws), (Depth::Standard, Autonomy::Strict, true));
    assert!(!config.settings().ui.mouse);
}

#[test]
fn each_layer_lies_over_the_one_before_and_is_named() {
    let mut layers = user("[model]\nname = \"a\"\nattempts = 2\n\n[spec]\ndepth = \"light\"\n[ui]\nwrap = false\n");
    layers.project = Some(Source::new("p.toml", "[model]\nname = \"b\"\n[spec]\ndepth = \"exhaustive\"\n"));
    let check = |layers: &Layers, name: &str, from: &str| {
        let config = Config::load(layers).unwrap();
        assert_eq!(config.settings().model.name, name);
        assert_eq!(config.provenance("model.name").to_string(), from);
        config
    };
    let config = check(&layers, "b", "project p.toml:2");
    assert_eq!(config.settings().spec.depth, Depth::Exhaustive);
    assert_eq!(config.settings().model.attempts, 2);
    assert_eq!(config.provenance("model.attempts").to_string(), "user config.toml:3");
    assert_eq!(config.provenance("ui.wrap").line, Some(8));
    layers.environment = vec![("KIRO_TUI_MODEL_NAME".into(), "c".into()), ("PATH".into(), "x".into())];
    check(&layers, "c", "environment KIRO_TUI_MODEL_NAME");
    layers.flags = vec![flag("--model", "model.name", "d")];
    check(&layers, "d", "flag --model");
}

#[test]
fn every_setting_can_be_given() {
    let config = Config::load(&user(
        r#"
[model]
provider = "openai"
name = "m"
endpoint = "http://localhost:8000/v1"
key_env = "MY_KEY"
max_output_tokens = 8000
idle_timeout_s = 30
attempts = 1
reasoning = "2048"
headers = { X-Team = "t" }
[spec]
depth = "light"
autonomy = "batch"
aws = true
main_branch = "trunk"
[aws]
profile = "dev"
region = "eu-west-1"
endpoint = "http://localhost:4566"
bucket = "templates"
[tests]
command = "cargo test"
timeout_s = 90
attempts = 0
[ui]
theme = "light"
keymap = "vim"
color = "256"
wrap = false
side_by_side_min_width = 120
bell = false
osc52 = false
mouse = true
[paths]
worktrees = "~/w"
[[permissions.rules]]
capability = "shell"
match = ["git status *"]
exclude = ["git status --x"]
effect = "allow"
"#,
    ))
    .unwrap();
    let s = config.settings();
    assert!(config.explain().iter().all(|row| row.provenance.layer == Layer::User), "{:?}", config.explain());
    assert_eq!((s.model.provider.as_str(), s.model.name.as_str()), ("openai", "m"));
    assert_eq!(s.model.endpoint.as_deref(), Some("http://localhost:8000/v1"));
    assert_eq!(s.model.key_env.as_deref(), Some("MY_KEY"));
    assert_eq!((s.model.max_output_tokens, s.model.attempts), (Some(8000), 1));
    assert_eq!((s.model.idle_timeout, s.tests.timeout), (Duration::from_secs(30), Duration::from_secs(90)));
    assert_eq!(s.model.reasoning, Some(Reasoning::Tokens(2048)));
    assert_eq!(s.model.headers[0].value(|_| None).as_deref(), Ok("t"));
    assert_eq!((s.spec.depth, s.spec.autonomy, s.spec.aws), (Depth::Light, Autonomy::Batch, true));
    assert_eq!(s.spec.main_branch.as_deref(), Some("trunk"));
    let command = s.tests.command.as_ref().unwrap();
    assert_eq!((command.line.as_str(), command.from_project, s.tests.attempts), ("cargo test", false, 0));
    assert_eq!((s.ui.theme.as_str(), s.ui.keymap.as_str(), s.ui.color.as_str()), ("light", "vim", "256"));
    assert_eq!((s.ui.wrap, s.ui.bell, s.ui.osc52, s.ui.mouse), (false, false, false, true));
    assert_eq!(s.ui.side_by_side_min_width, 120);
    assert_eq!(s.paths.worktrees(Path::new("/home/a")).unwrap(), Path::new("/home/a/w"));
    let rule = &s.permissions[0];
    assert_eq!((rule.capability.as_str(), rule.effect), ("shell", Effect::Allow));
    assert_eq!(
        (rule.matches.clone(), rule.exclude.clone()),
        (vec!["git status *".into()], vec!["git status --x".into()])
    );
    assert_eq!(rule.provenance.to_string(), "user config.toml:37");
}

#[test]
fn what_holds_a_secret_is_shown_nowhere() {
    let text = "[model]\nendpoint = \"https://h/v1?key=s3cret\"\n[model.headers]\nX-Key = \"s3cret\"\n";
    let config = Config::load(&user(text)).unwrap();
    let shown = format!("{:?}", config.explain());
    assert!(shown.contains("X-Key: (hidden)") && shown.contains("https://h/v1"), "{shown}");
    assert!(!shown.contains("s3cret") && !format!("{:?}", config.settings().model.headers).contains("s3cret"));
    for wrong in [
        "[model]\nkey_env = \"sk-s3cret\"\n",
        "[model]\nendpoint = \"https://u:s3cret@h/\"\n",
        "[model]\nheaders = \"s3cret\"\n",
        "[model.headers]\nX-Key = \"s3cret\\n\"\n",
        "[model]\nkey = \"s3cret\"\n",
        "[model]\nkey_env = [\"s3cret\"]\n",
    ] {
        let error = refused(&user(wrong));
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_project_may_not_widen_anything() {
    for (text, says) in [
        (
            "[model]\nendpoint = \"https://evil/\"\n",
            "may not set `model.endpoint`: a repository must not choose where your key",
        ),
        ("[model]\nprovider = \"openai\"\n", "may not set `model.provider`"),
        ("[model]\nkey_env = \"AWS_SECRET_ACCESS_KEY\"\n", "may not set `model.key_env`"),
        ("[model]\nheaders = { a = \"b\" }\n", "may not set `model.headers`"),
        ("[model.headers]\na = \"b\"\n", "may not set `model.headers`"),
        ("model.endpoint = \"https://evil/\"\n", "may not set `model.endpoint`"),
        ("[aws]\nprofile = \"prod\"\n", "may not set `aws.profile`: a repository must not choose whose credentials"),
        ("[aws]\nendpoint = \"https://evil/\"\n", "may not set `aws.endpoint`"),
        ("[ui]\nkeymap = \"x\"\n", "may not set `ui.keymap`"),
        ("[ui]\nosc52 = true\n", "may not set `ui.osc52`"),
        ("[paths]\nworktrees = \"/etc\"\n", "may not set `paths.worktrees`"),
        ("[spec]\nautonomy = \"batch\"\n", "never `batch`"),
        (
            "[[permissions.rules]]\ncapability = \"shell\"\neffect = \"allow\"\nmatch = [\"*\"]\n",
            ".kiro/kiro-tui.toml:3:10: a project's rules may `ask` and `deny`, never `allow`",
        ),
    ] {
        let error = refused(&project(text));
        assert!(error.contains(says) && error.lines().count() == 1, "{text}\n{error}");
    }
}

#[test]
fn a_project_may_narrow() {
    let mut layers = project(
        "[spec]\nautonomy = \"strict\"\n[[permissions.rules]]\ncapability = \"shell\"\neffect = \"deny\"\nmatch = [\"rm *\"]\n",
    );
    layers.user = Some(Source::new(
        "config.toml",
        "[spec]\nautonomy = \"batch\"\n[[permissions.rules]]\ncapability = \"shell\"\neffect = \"allow\"\nmatch = [\"rm *\"]\n",
    ));
    let config = Config::load(&layers).unwrap();
    assert_eq!(config.settings().spec.autonomy, Autonomy::Strict);
    let effects: Vec<(Layer, Effect)> =
        config.settings().permissions.iter().map(|r| (r.provenance.layer, r.effect)).collect();
    assert_eq!(effects, [(Layer::User, Effect::Allow), (Layer::Project, Effect::Deny)], "both are kept");

    // Where the developer chose batch, saying it again widens nothing.
    layers.project = Some(Source::new("p", "[spec]\nautonomy = \"batch\"\n"));
    assert_eq!(Config::load(&layers).unwrap().settings().spec.autonomy, Autonomy::Batch);
    // The project made it strict; the developer's own flag still has the last word.
    let mut layers = Layers { user: Some(Source::new("u", "[spec]\naws = false\n")), ..Layers::default() };
    layers.project = Some(Source::new("p", "[spec]\naws = true\n"));
    let errors = Config::load(&layers).unwrap_err().to_string();
    assert!(errors.contains("never on again"), "{errors}");
    let off = Config::load(&project("[spec]\naws = false\n")).unwrap();
    assert!(!off.settings().spec.aws);

    let mut layers = project("[spec]\nautonomy = \"strict\"\n");
    layers.flags = vec![flag("--autonomy", "spec.autonomy", "batch")];
    assert_eq!(Config::load(&layers).unwrap().settings().spec.autonomy, Autonomy::Batch);
}

#[test]
fn a_projects_test_command_is_marked_until_the_developer_sets_one() {
    let mut layers = project("[tests]\ncommand = \"make test\"\n");
    let config = Config::load(&layers).unwrap();
    assert!(config.settings().tests.command.as_ref().is_some_and(|c| c.from_project));
    let row = config.explain().into_iter().find(|r| r.key == "tests.command").unwrap();
    assert!(row.note.is_some() && row.value == "make test");
    layers.environment = vec![("KIRO_TUI_TESTS_COMMAND".into(), "make test".into())];
    let config = Config::load(&layers).unwrap();
    assert!(config.settings().tests.command.as_ref().is_some_and(|c| !c.from_project));
    assert!(config.explain().iter().all(|r| r.note.is_none()));
}

#[test]
fn mistakes_name_the_place_and_what_was_meant() {
    for (text, says) in [
        ("[modle]\n", "config.toml:1:2: there is no section `modle`; did you mean `model`?"),
        (
            "[model]\n\n  endpont = \"x\"\n",
            "config.toml:3:3: there is no setting `model.endpont`; did you mean `endpoint`?",
        ),
        ("[ui]\ndepth = \"light\"\n", "config.toml:2:1: there is no setting `ui.depth`; did you mean `spec.depth`?"),
        (
            "[model]\nattempts = \"3\"\n",
            "config.toml:2:12: `model.attempts` takes a whole number from 1 to 10, not a string",
        ),
        ("[model]\nattempts = 11\n", "`model.attempts` is a whole number from 1 to 10"),
        ("[model]\nattempts = -1\n", "`model.attempts` is a whole number from 1 to 10"),
        ("[model]\nattempts = 99999999999999999999\n", "config.toml:2:12: "),
        (
            "[spec]\ndepth = \"ligth\"\n",
            "`spec.depth` is `light`, `standard` or `exhaustive`, not `ligth`; did you mean `light`?",
        ),
        ("[spec]\naws = \"yes\"\n", "`spec.aws` takes true or false, not a string"),
        ("[spec]\nmain_branch = \"-x\"\n", "`spec.main_branch` is not the name of a branch"),
        ("[model]\nendpoint = \"ftp://x\"\n", "`model.endpoint` is a URL"),
        ("[tests]\ncommand = \"a\\u001b[2Jb\"\n", "`tests.command` has a control character"),
        ("[paths]\nworktrees = \"w\"\n", "`paths.worktrees` is an absolute path"),
        ("model = 3\n", "config.toml:1:9: `model` is a table of settings, not an integer"),
        ("[model\n", "config.toml:1:"),
        ("[ui]\nwrap = true\nwrap = false\n", "config.toml:3:1: duplicate key"),
        ("[model]\nprovider = \"openai\"\n", "config.toml:2: `model.provider` is `openai` but no `model.name` is set"),
        (
            "[[permissions.rules]]\ncapability = \"shel\"\neffect = \"deny\"\n",
            "config.toml:2:14: there is no capability `shel`; did you mean `shell`?",
        ),
        (
            "[[permissions.rules]]\ncapability = \"shell\"\neffect = \"dney\"\n",
            "config.toml:3:10: there is no effect `dney`; did you mean `deny`?",
        ),
        ("[[permissions.rules]]\ncapability = \"shell\"\n", "the rule has no `effect`"),
        ("[[permissions.rules]]\ncapability = \"shell\"\neffect = \"allow\"\n", "an `allow` rule needs a `match`"),
        (
            "[[permissions.rules]]\ncapability = \"shell\"\neffect = \"ask\"\nmacth = [\"x\"]\n",
            "a rule has no `macth`; did you mean `match`?",
        ),
        (
            "[[permissions.rules]]\ncapability = \"shell\"\neffect = \"ask\"\nmatch = \"x\"\n",
            "`match` takes an array of strings, not a string",
        ),
        (
            "[[permissions.rules]]\ncapability = \"fs_write\"\neffect = \"deny\"\nmatch = [\"src/[\"]\n",
            "config.toml:4:10: the pattern is broken",
        ),
        ("[permissions]\nrules = 3\n", "takes an array of tables"),
    ] {
        let error = refused(&user(text));
        assert!(error.contains(says), "{text}\n{error}");
    }
}

#[test]
fn providers_are_those_the_caller_knows() {
    let mut layers = user("[model]\nprovider = \"antropic\"\nname = \"m\"\n");
    Config::load(&layers).unwrap();
    layers.providers = vec!["anthropic".into(), "openai".into()];
    assert!(refused(&layers).contains("there is no provider `antropic`; did you mean `anthropic`?"));
}

#[test]
fn variables_and_flags_are_checked_as_files_are() {
    let env = |name: &str, value: &str| Layers { environment: vec![(name.into(), value.into())], ..Layers::default() };
    assert!(!Config::load(&env("KIRO_TUI_UI_WRAP", "off")).unwrap().settings().ui.wrap);
    assert_eq!(Config::load(&env("KIRO_TUI_TESTS_TIMEOUT_S", "7")).unwrap().settings().tests.timeout.as_secs(), 7);
    Config::load(&env("KIRO_TUI_UI_WRAP", "")).unwrap();
    for name in OTHER_VARIABLES {
        Config::load(&env(name, "debug")).unwrap();
    }
    for (name, value, says) in [
        (
            "KIRO_TUI_MODEL_NAM",
            "x",
            "KIRO_TUI_MODEL_NAM: there is no setting of this name; did you mean `KIRO_TUI_MODEL_NAME`?",
        ),
        ("KIRO_TUI_UI_WRAP", "maybe", "KIRO_TUI_UI_WRAP: `ui.wrap` is true or false"),
        ("KIRO_TUI_MODEL_ATTEMPTS", "many", "`model.attempts` is a whole number from 1 to 10"),
        ("KIRO_TUI_MODEL_HEADERS", "a: s3cret", "`model.headers` can only be set in a file"),
        ("KIRO_TUI_SPEC_AUTONOMY", "batsh", "did you mean `batch`?"),
    ] {
        let error = refused(&env(name, value));
        assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
    }
    let layers = Layers { flags: vec![flag("--set", "spec.dept", "light")], ..Layers::default() };
    assert!(refused(&layers).contains("--set: there is no setting `spec.dept`; did you mean `spec.depth`?"));
}

#[test]
fn every_mistake_in_every_layer_comes_at_once() {
    let mut layers = user("[ui]\nwarp = true\n[spec]\ndepth = \"deep\"\n");
    layers.project = Some(Source::new("p", "[paths]\nworktrees = \"/x\"\n"));
    layers.environment = vec![("KIRO_TUI_X".into(), "1".into())];
    assert_eq!(Config::load(&layers).unwrap_err().all().len(), 4);
}

#[test]
fn files_are_read_from_their_places_and_missing_ones_are_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    assert_eq!(load::user(root), Ok(None));
    assert_eq!(load::project(root), Ok(None));
    std::fs::create_dir_all(root.join(".kiro")).unwrap();
    std::fs::create_dir_all(root.join("themes")).unwrap();
    std::fs::write(root.join("config.toml"), "[ui]\nwrap = false\n").unwrap();
    std::fs::write(root.join(".kiro/kiro-tui.toml"), "[spec]\naws = true\n").unwrap();
    std::fs::write(root.join("themes/mine.toml"), "inherits = \"dark\"\n").unwrap();
    std::fs::write(root.join("themes/notes.txt"), "x").unwrap();
    let layers = Layers { user: load::user(root).unwrap(), project: load::project(root).unwrap(), ..Layers::default() };
    let config = Config::load(&layers).unwrap();
    assert!(config.settings().spec.aws && !config.settings().ui.wrap);
    assert_eq!(config.provenance("ui.wrap").file, root.join("config.toml").display().to_string());
    let themes = load::themes(root).unwrap();
    assert_eq!(themes.names(), ["dark", "high-contrast", "light", "mine", "mono"]);
    kiro_tui::config::theme::Theme::load(&themes, "mine").unwrap();
}

#[test]
fn what_cannot_be_read_is_an_error_and_not_silence() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    std::fs::write(root.join("config.toml"), b"[ui]\n# \xff\n").unwrap();
    assert!(load::user(root).unwrap_err().to_string().ends_with("config.toml:2: is not UTF-8"));
    std::fs::create_dir(root.join("keymap.toml")).unwrap();
    assert!(load::own_keys(root).unwrap_err().to_string().contains("not a plain file"));
    std::fs::write(root.join("long.toml"), vec![b'#'; (1 << 20) + 1]).unwrap();
    std::fs::create_dir(root.join("keymaps")).unwrap();
    std::fs::rename(root.join("long.toml"), root.join("keymaps/long.toml")).unwrap();
    let mut library = kiro_tui::ui::keys::shipped();
    assert!(load::extend(&mut library, &root.join("keymaps")).unwrap_err().to_string().contains("1 MiB"));
}

#[cfg(unix)]
#[test]
fn a_project_cannot_point_its_settings_at_another_file() {
    let dir = tempfile::tempdir().unwrap();
    let (secret, repo) = (dir.path().join("secret"), dir.path().join("repo"));
    std::fs::write(&secret, "s3cret\n").unwrap();
    std::fs::create_dir_all(repo.join(".kiro")).unwrap();
    std::os::unix::fs::symlink(&secret, repo.join(".kiro/kiro-tui.toml")).unwrap();
    let error = load::project(&repo).unwrap_err().to_string();
    assert!(error.contains("symbolic link") && !error.contains("s3cret"), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_loading_panic_and_no_project_ends_wider(text in "(\\[[a-z.]{0,12}\\]\n|[a-z_.]{1,12} = (true|-?[0-9]{1,9}|\"[a-z ]{0,8}\"|\\[\\])\n|[\\PC\n]{0,20}){0,8}") {
        let _ = Config::load(&user(&text));
        if let Ok(config) = Config::load(&project(&text)) {
            let plain = kiro_tui::config::Settings::default();
            prop_assert_eq!(config.settings().spec.autonomy, Autonomy::Strict);
            prop_assert_eq!(&config.settings().model.endpoint, &plain.model.endpoint);
            prop_assert!(config.settings().permissions.iter().all(|r| r.effect != Effect::Allow));
        }
    }
}
