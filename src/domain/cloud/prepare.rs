//! From a template to what is shown before a change set is made: its name, what it must be permitted,
//! and the project's own command. Pure: the same things give the same text, so that two runs ask
//! about the same digest.

use super::{Account, Stack, StackResource, assembly::AssemblyStack};
use crate::domain::{
    command::{CommandLine, Confinement},
    digest::Digest,
};

/// Time limit of a command that makes a template, in seconds.
const SYNTH_S: u32 = 600;
/// Time limit of a command that publishes assets, in seconds.
const PREPARE_S: u32 = 1800;

/// The directory of a CDK app's assembly, below the app.
pub const ASSEMBLY: &str = "cdk.out";

/// A word for a shell, quoted where it has to be.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The name of the change set that brings exactly this: the same for the same template onto the same
/// state of the stack. `stack` is the stack as it is; one that is only reviewed does not count.
pub fn change_set_name<'a>(
    commit: &str,
    template: &str,
    parameters: impl IntoIterator<Item = &'a (String, String)>,
    stack: Option<&Stack>,
) -> String {
    let stack = stack.filter(|s| s.status != "REVIEW_IN_PROGRESS");
    let state = stack.map(|s| format!("{} {} {:?}", s.id, s.status, s.changed)).unwrap_or_default();
    let mut fields = vec![template.to_owned(), state];
    for (name, value) in parameters {
        fields.extend([name.clone(), value.clone()]);
    }
    let digest = Digest::of_fields(fields.iter().map(String::as_bytes)).to_string();
    format!("kiro-{}-{}", commit.get(..7).unwrap_or("none"), digest.get(..8).unwrap_or_default())
}

/// What a template needs to be permitted, by what is in its text. It asks for too much rather than
/// too little; what it asks for is shown.
pub fn capabilities(template: &str) -> Vec<String> {
    let mut all = Vec::new();
    if template.contains("AWS::IAM::") || template.contains("AWS::Serverless") {
        let named = ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"];
        let named = named.iter().any(|n| template.contains(n));
        all.push(if named { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" }.to_owned());
    }
    let expands = ["\"Transform\"", "\nTransform:", "Fn::Transform", "!Transform"];
    if template.starts_with("Transform:") || expands.iter().any(|t| template.contains(t)) {
        all.push("CAPABILITY_AUTO_EXPAND".to_owned());
    }
    all
}

/// How a CDK command begins.
fn cdk(dir: &str, local: bool, variables: &[(&str, &str)]) -> String {
    let mut text = String::new();
    if !dir.is_empty() {
        text.push_str(&format!("cd {} && ", quoted(dir)));
    }
    for (name, value) in variables {
        text.push_str(&format!("{name}={} ", quoted(value)));
    }
    text.push_str("CDK_DISABLE_CLI_TELEMETRY=1 ");
    text.push_str(if local { "npx --no-install cdk" } else { "cdk" });
    text
}

/// The command that makes the templates of the app in `dir`; `local` when the project brings the CLI.
pub fn synth(dir: &str, local: bool, confinement: Confinement) -> CommandLine {
    // Without a network, trying again only takes time.
    let variables: &[_] =
        if confinement == Confinement::Sandboxed { &[("npm_config_fetch_retries", "0")] } else { &[] };
    let text = format!("{} synth --quiet --no-notices --output {ASSEMBLY}", cdk(dir, local, variables));
    CommandLine { text, timeout_s: SYNTH_S, confinement }
}

/// The command that gets the packages of `dir`; `locked` when their versions are written down.
pub fn install(dir: &str, locked: bool) -> CommandLine {
    let go = if dir.is_empty() { String::new() } else { format!("cd {} && ", quoted(dir)) };
    let what = if locked { "npm ci" } else { "npm install --no-package-lock" };
    let reason = "the packages come from the registry, and the worktree has none yet".to_owned();
    CommandLine {
        text: format!("{go}{what} --no-audit --no-fund"),
        timeout_s: SYNTH_S,
        confinement: Confinement::Unsandboxed { reason },
    }
}

/// The command that publishes the assets of a stack and makes the change set, from the assembly that
/// was read and not from the app's code.
pub fn deploy(
    dir: &str,
    local: bool,
    account: &Account,
    stack: &AssemblyStack,
    change_set: &str,
    parameters: &[(String, String)],
) -> CommandLine {
    let mut variables = vec![("AWS_REGION", account.region.as_str())];
    if let Some(profile) = &account.profile {
        variables.push(("AWS_PROFILE", profile));
    }
    // As an argument it goes before keys in the environment, as it does for this program.
    let profile = account.profile.as_ref().map(|p| format!("--profile {} ", quoted(p))).unwrap_or_default();
    let text = format!(
        "{} deploy {profile}--app {ASSEMBLY} --exclusively --method=prepare-change-set --change-set-name {} \
         --require-approval never --no-notices --progress events{} {}",
        cdk(dir, local, &variables),
        quoted(change_set),
        parameters.iter().map(|(n, v)| format!(" --parameters {}", quoted(&format!("{n}={v}")))).collect::<String>(),
        quoted(&stack.id)
    );
    let reason = format!(
        "it uploads the assets and makes the change set, which needs the network and the credentials of account {}; \
         it executes nothing",
        account.id
    );
    CommandLine { text, timeout_s: PREPARE_S, confinement: Confinement::Account { reason } }
}

/// The stack that `cdk bootstrap` makes.
pub const TOOLKIT: &str = "CDKToolkit";

/// The bucket for assets among the resources of [`TOOLKIT`].
pub fn bootstrap_bucket(resources: &[StackResource]) -> Option<String> {
    let is_it = |r: &&StackResource| r.id == "StagingBucket" && !r.physical.is_empty();
    resources.iter().find(is_it).map(|r| r.physical.clone())
}

/// A command as it is outside of the sandbox.
pub fn let_out(line: &CommandLine, reason: String) -> CommandLine {
    let text = line.text.replacen("npm_config_fetch_retries=0 ", "", 1);
    CommandLine { text, timeout_s: line.timeout_s, confinement: Confinement::Unsandboxed { reason } }
}

/// What to do about context that a CDK app has to look up in the account.
pub const LOOK_UP: &str =
    "run `npx cdk synth` once with the account's credentials, commit cdk.context.json, then deploy again";

/// True when a CDK command says that it has to look something up, which takes credentials.
pub fn looks_up(output: &str) -> bool {
    output.contains("Need to perform AWS calls")
}

/// The line of a command's output that reads as if it had needed what the sandbox withholds.
pub fn wants_out(output: &str) -> Option<&str> {
    let signs = [
        "ENOTFOUND",
        "EAI_AGAIN",
        "ENETUNREACH",
        "ECONNREFUSED",
        "EACCES",
        "EROFS",
        "EPERM",
        "ETIMEDOUT",
        "getaddrinfo",
        "docker",
        "Permission denied",
        "Operation not permitted",
        "Could not resolve host",
        "Unable to resolve AWS account",
    ];
    output.lines().find(|line| signs.iter().any(|sign| line.contains(sign))).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(status: &str) -> Stack {
        Stack {
            name: "app".into(),
            id: "arn:app".into(),
            status: status.into(),
            reason: None,
            changed: None,
            parameters: vec![],
            outputs: vec![],
            tags: vec![],
            capabilities: vec![],
            protected: false,
        }
    }

    #[test]
    fn a_change_set_has_one_name_for_one_thing() {
        let name = |template: &str, s: Option<&Stack>| change_set_name("0123456789", template, &[], s);
        let first = name("{}", None);
        assert!(first.starts_with("kiro-0123456-") && first.len() == 21, "{first}");
        assert_eq!(first, name("{}", Some(&stack("REVIEW_IN_PROGRESS"))), "only reviewed is not there yet");
        assert_ne!(first, name("{} ", None));
        assert_ne!(first, name("{}", Some(&stack("UPDATE_COMPLETE"))));
        let with = change_set_name("0123456789", "{}", &[("a".into(), "b".into())], None);
        assert_ne!(first, with);
    }

    #[test]
    fn capabilities_are_read_from_the_template() {
        assert!(capabilities("{\"Type\":\"AWS::S3::Bucket\"}").is_empty());
        assert_eq!(capabilities("Type: AWS::IAM::Role"), ["CAPABILITY_IAM"]);
        assert_eq!(capabilities("Type: AWS::IAM::Role\n RoleName: x"), ["CAPABILITY_NAMED_IAM"]);
        let sam = "Transform: AWS::Serverless-2016-10-31\nResources:\n";
        assert_eq!(capabilities(sam), ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]);
    }

    #[test]
    fn names_from_the_app_cannot_become_commands() {
        let account = Account { id: "1".into(), arn: String::new(), region: "eu-west-1".into(), profile: None };
        let odd = AssemblyStack {
            id: "a; rm -rf ~'".into(),
            name: "a".into(),
            template: "t".into(),
            assets: None,
            depends: Vec::new(),
            environment: (String::new(), String::new()),
        };
        let given = [("Stage".to_owned(), "$(id)".to_owned())];
        let line = deploy("in fra", true, &account, &odd, "kiro-1", &given);
        assert!(line.text.starts_with("cd 'in fra' && AWS_REGION=eu-west-1 CDK_"), "{}", line.text);
        assert!(line.text.ends_with(" --parameters 'Stage=$(id)' 'a; rm -rf ~'\\'''"), "{}", line.text);
        assert!(matches!(line.confinement, Confinement::Account { .. }));
    }
}
