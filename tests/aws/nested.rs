//! A stack within a stack, in the emulator: as it is deployed against as the files have it.

use crate::repo::{Repo, emulator};

fn outer(url: &str) -> String {
    format!(
        r#"{{"Resources":{{"Net":{{"Type":"AWS::CloudFormation::Stack","Properties":{{"TemplateURL":"{url}"}}}}}}}}"#
    )
}

fn inner(queue: &str) -> String {
    format!(r#"{{"Resources":{{"Q":{{"Type":"AWS::SQS::Queue","Properties":{{"QueueName":"{queue}"}}}}}}}}"#)
}

#[test]
fn what_is_deployed_within_is_held_against_the_files_and_what_is_elsewhere_is_said() {
    let Some(emulator) = emulator() else { return };
    emulator.python(&format!(
        "import boto3; s3 = boto3.client('s3'); s3.create_bucket(Bucket='nested-templates'); \
         s3.put_object(Bucket='nested-templates', Key='inner.json', Body={:?})",
        inner("nested-first")
    ));
    let url = format!("{}/nested-templates/inner.json", emulator.url());
    let repo = Repo::new("nested-outer", &emulator.url(), &[("template.json", &outer(&url))]);
    let shown = repo.deploy(&[]);
    let first = shown.digest();
    assert!(shown.has(&["Net: its template is at http://", "not in the repository"]), "{}", shown.text);
    let set = repo.deploy(&["--approve", &first]).digest();
    let done = repo.deploy(&["--approve", &set]);
    assert_eq!(done.code, 0, "{}", done.text);
    assert!(done.has(&["CREATE_COMPLETE", "Q"]), "{}", done.text);
    // The file is what will be packaged: it is held against the stack that is there.
    std::fs::write(repo.root.join("inner.json"), inner("nested-second")).unwrap();
    repo.commit("template.json", &outer("inner.json"));
    let said = repo.run(&["aws", "diff"]);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.has(&["nested-outer/Net: 1 replaced"]), "{}", said.text);
    assert!(said.has(&["- nested-first"]) && said.has(&["+ nested-second"]), "{}", said.text);
    let said = repo.run(&["aws", "diff", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(value["inside"][0]["name"], "nested-outer/Net", "{}", said.text);
    assert_eq!(value["inside"][0]["resources"][0]["effect"], "replace", "{}", said.text);
}
