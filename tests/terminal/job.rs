//! A job by keys in a repository that is no demo, with a provider on loopback.

use crate::{
    greeting::{NEED, NO, project, provider, variables},
    provider::newest_text,
    steps::{developer_is_next, go_on},
    terminal::{Launch, Place, git},
};

fn from_a_typed_need_to_merge(protocol: &str) {
    let (place, provider) = (Place::new(), provider());
    let root = project(&place);
    let mut launch = Launch::new(&place, &["--dir", root.to_str().unwrap()]).size(100, 30);
    for (name, value) in variables(&provider, protocol) {
        launch = launch.variable(name, &value);
    }
    let mut terminal = launch.start();
    terminal.shows("No specs in this repository yet");
    terminal.press("n");
    terminal.shows("Constraints");
    terminal.type_text(NEED);
    terminal.shows(NEED);
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r1");
    let mut asked = Vec::new();
    let mut rejected = false;
    loop {
        let now = terminal.until("the developer is next", developer_is_next);
        if now.bottom().contains("nothing is left") {
            break;
        }
        assert!(asked.len() < 30, "it goes round: {asked:#?}");
        asked.push(now.bottom().to_owned());
        if now.bottom().contains("change hello.sh") && !rejected {
            assert!(now.has("echo howdy"), "{now}");
            terminal.press("r");
            terminal.shows("Why is the change rejected?");
            terminal.type_text(NO);
            terminal.shows(NO);
            terminal.press("ctrl-s");
            terminal.until("another proposal", |p| developer_is_next(p) && p.has("echo hello"));
            rejected = true;
            continue;
        }
        go_on(&mut terminal);
    }
    assert!(rejected && asked.iter().any(|line| line.contains("command sh hello.sh")), "{asked:#?}");
    terminal.press("ctrl-q");
    assert_eq!(terminal.ended().exit_code(), 0);
    assert_eq!(std::fs::read_to_string(root.join("hello.sh")).unwrap(), "echo hello\n");
    let log = git(&root, &["log", "--format=%s", "main"]);
    assert!(log.contains("approve tasks r1") && log.contains("A check"), "{log}");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    let told: Vec<String> = provider.requests().iter().map(|r| newest_text(&r.body)).collect();
    assert!(told.iter().any(|words| words.contains(NO)), "the model is told why, word for word: {told:#?}");
    assert!(!String::from_utf8_lossy(&terminal.raw()).contains("a-key-for-tests"));
}

#[test]
fn a_need_goes_to_merge_in_the_protocol_of_anthropic() {
    from_a_typed_need_to_merge("anthropic");
}

#[test]
fn a_need_goes_to_merge_in_the_protocol_of_openai() {
    from_a_typed_need_to_merge("openai-compatible");
}

#[test]
fn a_need_goes_to_merge_in_the_protocol_of_gemini() {
    from_a_typed_need_to_merge("gemini");
}

#[test]
fn a_need_goes_to_merge_in_the_protocol_of_ollama() {
    from_a_typed_need_to_merge("ollama");
}

/// With AWS's credentials in variables, as the first of the places where they are looked for.
#[test]
fn a_need_goes_to_merge_in_the_protocol_of_bedrock() {
    from_a_typed_need_to_merge("bedrock");
}
