//! What the demo shows: the need, the files of its repository, and what the recorded model says and
//! does in each scene.
//!
//! It is data. Putting the repository on disk and playing the scenes through the model port is done
//! elsewhere. What always holds: the documents name no criterion, property or task that does not
//! exist; every edit applies to the version of the file that the steps before it left; and a reply
//! changes one file or runs one command at most.

use serde_json::{Value, json};
use similar::TextDiff;

/// What the developer asks for.
pub const NEED: &str = "I want an AWS Lambda that processes S3 image uploads, generates 3 sizes (thumb, medium, \
                        large) via Sharp, stores them in another bucket, and triggers an SNS event.";

/// The name of the spec, as its folder is called.
pub const SPEC_NAME: &str = "image-thumbnails";

/// What a reviewer of the first requirements would say; the second revision answers it.
pub const REVIEW: &str = "A refused photo must not be tried again, and support has to read why it was refused. How often \
                          is a failure tried again, and where does the event end up after that?";

/// The repository as it is before the job: path and content of each file.
pub const SEED: &[(&str, &str)] = &[
    ("README.md", include_str!("seed/README.md")),
    ("package.json", include_str!("seed/package.json")),
    ("cdk.json", include_str!("seed/cdk.json")),
    ("docs/uploads.md", include_str!("seed/docs/uploads.md")),
    (".gitignore", include_str!("seed/gitignore")),
];

/// The first requirements. A refusal is a failure in them, is told to nobody and tried again.
pub const REQUIREMENTS_1: &str = include_str!("requirements-r1.md");
/// The second requirements, which answer [`REVIEW`].
pub const REQUIREMENTS_2: &str = include_str!("requirements-r2.md");
/// The design.
pub const DESIGN: &str = include_str!("design.md");
/// The implementation plan.
pub const TASKS: &str = include_str!("tasks.md");

const CORE_PATH: &str = "lambda/thumbnails.mjs";
const CORE_1: &str = include_str!("files/lambda/thumbnails-1.mjs");
const CORE_2: &str = include_str!("files/lambda/thumbnails.mjs");
const HANDLER_PATH: &str = "lambda/handler.mjs";
const HANDLER: &str = include_str!("files/lambda/handler.mjs");
const TEST_PATH: &str = "test/thumbnails.test.mjs";
const TEST_1: &str = include_str!("files/test/thumbnails-1.test.mjs");
const TEST_2: &str = include_str!("files/test/thumbnails-2.test.mjs");
const TEST_3: &str = include_str!("files/test/thumbnails.test.mjs");
const STACK_PATH: &str = "infra/app.mjs";
const STACK: &str = include_str!("files/infra/app.mjs");

/// The files that the job adds, as they are at its end: path and content of each.
pub const FINAL_FILES: &[(&str, &str)] =
    &[(CORE_PATH, CORE_2), (HANDLER_PATH, HANDLER), (TEST_PATH, TEST_3), (STACK_PATH, STACK)];

/// Everything the model replies in one scene, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneText {
    /// `requirements 1`, `task 1.2`: the scene's name as requests carry it.
    pub name: &'static str,
    /// The replies, one a step.
    pub replies: Vec<ReplyText>,
}

/// One reply of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyText {
    /// Markdown for the developer.
    pub text: String,
    /// What can be seen of the model's reasoning; may be empty.
    pub reasoning: String,
    /// Tool calls: the tool's name and its arguments, an object.
    pub calls: Vec<(String, Value)>,
}

/// All scenes of the demo, in the order of the job.
pub fn scenes() -> Vec<SceneText> {
    vec![
        scene("requirements 1", requirements_1()),
        scene("requirements 2", requirements_2()),
        scene("design 1", design()),
        scene("tasks 1", tasks()),
        scene("task 1.1", task_rules()),
        scene("task 1.2", task_render()),
        scene("task 2", task_handler()),
        scene("task 3", task_stack()),
        scene("task 4", checkpoint()),
    ]
}

fn requirements_1() -> Vec<ReplyText> {
    vec![
        reply(
            "I look at what the repository says about uploads first.",
            "The need names a bucket for uploads and another one for the results. There may be rules for names and \
             keys already, and somebody reads these photos today.",
            vec![list_files("**/*"), read_file("docs/uploads.md")],
        ),
        reply(
            "The requirements take the bucket names, the key format and the readers from `docs/uploads.md`. Three \
             choices are mine, so please check them: the limits of 20 MiB and 50 million pixels, the sizes of 160, \
             800 and 1920 pixels, and that renditions carry no EXIF data at all.",
            "The largest photo so far has 18 MiB and 48 million pixels, so the limits go a little above that. One in \
             two hundred extensions is wrong: the content has to decide the format. Names with spaces and plus signs \
             reach the function encoded.",
            vec![submit(REQUIREMENTS_1)],
        ),
    ]
}

fn requirements_2() -> Vec<ReplyText> {
    vec![
        reply(
            "I check what support expects to learn about photos that could not be used.",
            "Refusals and failures differ: trying again helps against one and never against the other.",
            vec![search("support", "docs/**")],
        ),
        reply(
            "A refusal is no failure any more: requirement 7 now refuses what cannot be used once, with one of four \
             reasons, and announces it so that support can read it. In requirement 8 failures are tried twice more and \
             then kept in a queue with an alarm. 6.3 lets the function send to that queue, 4.4 says what can go wrong, \
             and 5.1 no longer says \"quickly\". The numbers of all criteria stay.",
            "Every criterion keeps its number, so that nothing that names one has to change.",
            vec![submit(REQUIREMENTS_2)],
        ),
    ]
}

fn design() -> Vec<ReplyText> {
    vec![
        reply(
            "I check which packages and which CDK entry point the repository has.",
            "",
            vec![read_file("package.json"), read_file("cdk.json")],
        ),
        reply(
            "The design keeps the photo rules apart from AWS, so that they can be tested with nothing installed. \
             Retries and the failure queue are Lambda's own for asynchronous invocations; the code only has to end \
             with an error. Two alternatives are named with the reason why they were not taken.",
            "A failed publish after a successful store leads to a second announcement. That cannot be ruled out, so \
             the message needs an id that a retry repeats.",
            vec![submit(DESIGN)],
        ),
    ]
}

fn tasks() -> Vec<ReplyText> {
    vec![reply(
        "Four tasks and a checkpoint. Each has its own tests except the stack, which `cdk synth` checks. Every one of the 39 criteria \
         is linked from a task, and every property has a test.",
        "The rules need nothing else, the handler needs the rules, and the stack needs the name of the handler.",
        vec![submit(TASKS)],
    )]
}

fn task_rules() -> Vec<ReplyText> {
    vec![
        reply(
            "I read the key format again before I write the rules.",
            "",
            vec![read_file("docs/uploads.md"), read_file("package.json")],
        ),
        reply(
            "The rules that need no decoding: formats, the byte limit, keys.",
            "WebP has a length between its two markers, so those four bytes may be anything, line feeds too.",
            vec![write_file(CORE_PATH, CORE_1, "Formats by content, the size limit and both key rules, without AWS.")],
        ),
        reply(
            "Five tests for them, each at the edge of its rule.",
            "",
            vec![write_file(
                TEST_PATH,
                TEST_1,
                "Properties 1, 2 and 5, and the byte limit at 20 MiB and one byte more.",
            )],
        ),
        reply(
            "I run them.",
            "",
            vec![run_command("node --test", "The five new tests have to pass before the task is done.")],
        ),
        finish(
            "`lambda/thumbnails.mjs` has the format check, the byte limit and the key rules; 5 tests cover them. \
             Pixels are not looked at yet: that is task 1.2.",
        ),
    ]
}

fn task_render() -> Vec<ReplyText> {
    vec![
        reply("I add to the file of the task before.", "", vec![read_file(CORE_PATH)]),
        reply(
            "`render` makes the three sizes, one after the other to keep memory low.",
            "The header tells the pixel count without decoding. Whatever Sharp throws after that means that the photo \
             cannot be decoded, and no retry changes it.",
            vec![edit_file(
                CORE_PATH,
                CORE_1,
                CORE_2,
                "The pixel limit, the three renditions, and a rejection for what cannot be decoded.",
            )],
        ),
        reply(
            "Two tests, with a stand-in that records what Sharp is asked to do.",
            "",
            vec![edit_file(TEST_PATH, TEST_1, TEST_2, "Properties 3 and 4, with a stand-in for Sharp.")],
        ),
        finish(
            "`render` is added with 2 tests, 7 in all. They check what Sharp is asked for, not the pixels it makes; \
             that renditions carry no EXIF data rests on Sharp's default and is to be seen on a real photo.",
        ),
    ]
}

fn task_handler() -> Vec<ReplyText> {
    vec![
        reply(
            "I look at what the rules offer and at the stand-in for Sharp.",
            "",
            vec![read_file(CORE_PATH), read_file(TEST_PATH)],
        ),
        reply(
            "The handler: read, render, store, announce. A rejection is announced; any other error fails the \
             invocation after the remaining uploads are done.",
            "Packages are loaded on the first event, not at import, or the tests would need them. If loading fails it \
             must be tried again on the next event, so only a finished handler is kept.",
            vec![write_file(HANDLER_PATH, HANDLER, "The Lambda entry point, with storage and topic passed in.")],
        ),
        reply(
            "Five tests with buckets and a topic in memory.",
            "",
            vec![edit_file(TEST_PATH, TEST_2, TEST_3, "Properties 6, 7 and 8, duplicates, and skipped objects.")],
        ),
        finish(
            "`lambda/handler.mjs` is written and the tests are 12. `connect`, which makes the real S3 and SNS \
             clients, is the one part that no test runs; it needs the packages and AWS.",
        ),
    ]
}

fn task_stack() -> Vec<ReplyText> {
    vec![
        reply(
            "I check what the app is called in `cdk.json`.",
            "",
            vec![read_file("cdk.json"), read_file(HANDLER_PATH)],
        ),
        reply(
            "The whole stack. The bundle is made from the versions in `package.json`, for Linux on x86-64.",
            "Sharp has binaries for each platform: what a developer's machine installs would not run on Lambda. The \
             CDK grants for S3 give more actions than 6.3 permits, so the two S3 statements are written out.",
            vec![write_file(STACK_PATH, STACK, "Buckets, topic, function, notification, failure queue and alarm.")],
        ),
        reply(
            "I check its syntax; a synth would download packages.",
            "",
            vec![run_command("node --check infra/app.mjs", "The file has to be valid before anyone synthesises it.")],
        ),
        finish(
            "`infra/app.mjs` is written and its syntax is checked. It has not been synthesised here, because that \
             downloads packages: run `npm install` and `npx cdk synth`, and read `npx cdk diff` before deploying. The \
             function reserves 20 concurrent executions, which a new account may have to ask for.",
        ),
    ]
}

fn checkpoint() -> Vec<ReplyText> {
    vec![
        reply("I look once more at what the tests cover.", "", vec![read_file(TEST_PATH)]),
        finish(
            "Nothing was left to change. What no test here can show is said where it belongs: `connect`, the stack as \
             synthesised, and that real renditions carry no EXIF data.",
        ),
    ]
}

fn scene(name: &'static str, replies: Vec<ReplyText>) -> SceneText {
    SceneText { name, replies }
}

fn reply(text: &str, reasoning: &str, calls: Vec<(String, Value)>) -> ReplyText {
    ReplyText { text: text.to_owned(), reasoning: reasoning.to_owned(), calls }
}

fn finish(summary: &str) -> ReplyText {
    reply("", "", vec![("finish_task".to_owned(), json!({ "summary": summary }))])
}

fn list_files(glob: &str) -> (String, Value) {
    ("list_files".to_owned(), json!({ "glob": glob }))
}

fn read_file(path: &str) -> (String, Value) {
    ("read_file".to_owned(), json!({ "path": path }))
}

fn search(pattern: &str, glob: &str) -> (String, Value) {
    ("search".to_owned(), json!({ "pattern": pattern, "glob": glob }))
}

fn submit(markdown: &str) -> (String, Value) {
    ("submit_document".to_owned(), json!({ "markdown": markdown }))
}

fn write_file(path: &str, content: &str, why: &str) -> (String, Value) {
    ("write_file".to_owned(), json!({ "path": path, "content": content, "why": why }))
}

fn run_command(command: &str, why: &str) -> (String, Value) {
    ("run_command".to_owned(), json!({ "command": command, "why": why }))
}

fn edit_file(path: &str, before: &str, after: &str, why: &str) -> (String, Value) {
    let edits: Vec<Value> =
        edits(before, after).into_iter().map(|(old, new)| json!({ "old": old, "new": new })).collect();
    ("edit_file".to_owned(), json!({ "path": path, "edits": edits, "why": why }))
}

/// The replacements that turn one version of a file into the next. Each carries as much of what
/// surrounds it as makes its old text the only one of its kind in the file.
fn edits(before: &str, after: &str) -> Vec<(String, String)> {
    let diff = TextDiff::from_lines(before, after);
    let lines = before.lines().count();
    let mut found = Vec::new();
    for context in 1..=lines.max(1) {
        found = diff
            .grouped_ops(context)
            .iter()
            .map(|group| {
                let text = |keep: similar::ChangeTag| -> String {
                    group
                        .iter()
                        .flat_map(|op| diff.iter_changes(op))
                        .filter(|change| change.tag() == similar::ChangeTag::Equal || change.tag() == keep)
                        .map(|change| change.value())
                        .collect()
                };
                (text(similar::ChangeTag::Delete), text(similar::ChangeTag::Insert))
            })
            .collect();
        if found.iter().all(|(old, _): &(String, String)| before.matches(old.as_str()).count() == 1) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests;
