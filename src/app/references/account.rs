//! What the developer named of AWS: ARNs, stacks, functions, roles and CDK apps, read and never
//! changed.
//!
//! Each becomes a text that says which account and region it is from. What cannot be read is in the
//! notes, and the spec goes on. Nobody is called without a reference, or where AWS is off.

use super::{Gatherer, documents};
use crate::{
    domain::{cloud::Account, path::RelPath, told},
    ports::{
        cloud::{Cloud, CloudError, CloudErrorKind},
        files::Files,
    },
};

/// The most references that are looked up.
const MOST: usize = 40;
/// Files of a CDK app that are named.
const FILES: usize = 100;

/// What a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Stack(String),
    Function(String),
    Role(String),
    /// A name without more: a stack, else a function.
    Name(String),
    /// An ARN of something that is not looked up.
    Other(String),
}

/// A reference that has to be asked of the account, and where it says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reference {
    named: Named,
    /// Region and account of an ARN, where it says them.
    region: Option<String>,
    account: Option<String>,
}

impl Reference {
    fn read(text: &str) -> Self {
        let bare = |named| Self { named, region: None, account: None };
        if !text.starts_with("arn:") {
            return bare(Named::Name(text.to_owned()));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [_, _, service, region, account, resource] = parts.as_slice() else {
            return bare(Named::Other(text.to_owned()));
        };
        let whole = text.to_owned();
        let named = match *service {
            "cloudformation" if resource.starts_with("stack/") => Named::Stack(whole),
            "lambda" if resource.starts_with("function:") => Named::Function(whole),
            "iam" if resource.starts_with("role/") => Named::Role(whole),
            _ => Named::Other(whole),
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self { named, region: some(region), account: some(account) }
    }
}

/// Takes apps that lie in the repository; gives back what has to be asked of the account.
pub(super) fn local(files: &dyn Files, references: &[String], out: &mut Gatherer) -> Vec<String> {
    let mut left = Vec::new();
    for reference in references {
        if !app(files, reference, out) {
            left.push(reference.clone());
        }
    }
    left
}

/// A CDK app: its settings, and which files it is made of.
fn app(files: &dyn Files, reference: &str, out: &mut Gatherer) -> bool {
    let trimmed = reference.trim_end_matches('/').trim_start_matches("./");
    let folder = trimmed.strip_suffix("cdk.json").map_or(trimmed, |f| f.trim_end_matches('/'));
    let place =
        |name: &str| if folder.is_empty() || folder == "." { name.to_owned() } else { format!("{folder}/{name}") };
    let Ok(settings) = RelPath::parse(&place("cdk.json")) else { return false };
    let Ok(Some(text)) = documents::read(files, &settings) else { return false };
    let mut list = String::new();
    for glob in ["bin/**", "lib/**", "*.ts", "*.js", "*.py"] {
        let Ok((paths, _)) = files.list(Some(&place(glob)), FILES) else { continue };
        for path in paths {
            list.push_str(&format!("{path}\n"));
        }
    }
    out.take(format!("CDK app {settings}"), &format!("{text}\nIts files, which you can read:\n{list}"));
    true
}

/// Asks the account for the rest.
pub(super) async fn asked(cloud: &dyn Cloud, references: &[String], out: &mut Gatherer) {
    if references.is_empty() {
        return;
    }
    let account = match cloud.identity().await {
        Ok(account) => account,
        Err(error) => {
            out.note(format!("AWS: nothing could be looked up: {}", words(&error)));
            return;
        }
    };
    if references.len() > MOST {
        out.note(format!("AWS: only the first {MOST} references were looked up"));
    }
    for text in references.iter().take(MOST) {
        let reference = Reference::read(text);
        if let Some(why) = elsewhere(&reference, &account) {
            out.note(format!("AWS: {} was not read: {why}", told::clean(text)));
            continue;
        }
        if let Err(error) = one(cloud, &reference.named, &account, out).await {
            out.note(format!("AWS: {} could not be read: {}", told::clean(text), words(&error)));
            // The next would fail alike, after the same wait.
            if matches!(error.kind, CloudErrorKind::Expired | CloudErrorKind::NoCredentials | CloudErrorKind::Network) {
                return;
            }
        }
    }
}

fn words(error: &CloudError) -> String {
    told::clean(&format!("{}; {}", error.message, error.remedy))
}

fn elsewhere(reference: &Reference, account: &Account) -> Option<String> {
    match (&reference.account, &reference.region) {
        (Some(id), _) if *id != account.id && id != "aws" => {
            Some(format!("it is in account {id}, and this is {}", account.id))
        }
        (_, Some(region)) if *region != account.region => {
            Some(format!("it is in {region}, and this is {}; set `aws.region`", account.region))
        }
        _ => None,
    }
}

async fn one(cloud: &dyn Cloud, named: &Named, account: &Account, out: &mut Gatherer) -> Result<(), CloudError> {
    let from = |what: &str| format!("AWS {what} (account {}, {})", account.id, account.region);
    match named {
        Named::Stack(name) => {
            if !stack(cloud, name, &from, out).await? {
                out.note(format!("AWS: there is no stack {}", told::clean(name)));
            }
        }
        Named::Function(name) => {
            if !function(cloud, name, &from, out).await? {
                out.note(format!("AWS: there is no function {}", told::clean(name)));
            }
        }
        Named::Role(name) => match cloud.role(name).await? {
            Some(role) => out.take(from(&format!("role {}", role.name)), &told::role(&role)),
            None => out.note(format!("AWS: there is no role {}", told::clean(name))),
        },
        Named::Name(name) => {
            if !stack(cloud, name, &from, out).await? && !function(cloud, name, &from, out).await? {
                let name = told::clean(name);
                out.note(format!("AWS: {name} is no stack, function or CDK app; give its ARN if it is something else"));
            }
        }
        Named::Other(arn) => {
            let arn = told::clean(arn);
            out.note(format!("AWS: {arn} is passed on by name only; stacks, functions and roles are read"));
        }
    }
    Ok(())
}

async fn stack(
    cloud: &dyn Cloud,
    name: &str,
    from: &impl Fn(&str) -> String,
    out: &mut Gatherer,
) -> Result<bool, CloudError> {
    let Some(stack) = cloud.stack(name).await? else { return Ok(false) };
    let resources = cloud.resources(&stack.id).await?;
    let text = format!("{}\nresources:\n{}", told::stack(&stack), told::resources(&resources));
    out.take(from(&format!("stack {}", stack.name)), &text);
    match cloud.template(&stack.id).await?.as_deref().map(told::template) {
        Some(Ok(template)) => out.take(from(&format!("template of stack {}", stack.name)), &template),
        Some(Err(why)) => out.note(format!("AWS: stack {}: {why}", stack.name)),
        None => {}
    }
    Ok(true)
}

async fn function(
    cloud: &dyn Cloud,
    name: &str,
    from: &impl Fn(&str) -> String,
    out: &mut Gatherer,
) -> Result<bool, CloudError> {
    let Some(function) = cloud.function(name).await? else { return Ok(false) };
    out.take(from(&format!("function {}", function.name)), &told::function(&function));
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        adapters::{cloud::MemoryCloud, files::MemoryFiles},
        domain::cloud::{Function, Role},
    };

    fn function(name: &str) -> Function {
        Function {
            name: name.into(),
            arn: format!("arn:aws:lambda:us-east-1:000000000000:function:{name}"),
            runtime: "nodejs22.x".into(),
            handler: "index.handler".into(),
            memory_mb: 128,
            timeout_s: 3,
            code_bytes: 9,
            environment: vec!["SECRET".into()],
            role: "r".into(),
            state: "Active".into(),
            changed: "now".into(),
        }
    }

    fn gathered(cloud: &MemoryCloud, references: &[&str]) -> Gatherer {
        let mut out = Gatherer::default();
        let references: Vec<String> = references.iter().map(|r| (*r).to_owned()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(asked(cloud, &references, &mut out));
        out
    }

    #[test]
    fn what_is_there_is_told_with_where_it_is_from_and_the_rest_is_noted() {
        let cloud = MemoryCloud::default();
        cloud.function_is(function("thumbs"));
        let (trust, policies) = (json!({}).to_string(), Vec::new());
        let arn = "arn:aws:iam::000000000000:role/path/worker".to_owned();
        cloud.role_is(Role { name: "worker".into(), arn: arn.clone(), trust, policies, boundary: None });
        let out = gathered(
            &cloud,
            &[
                "thumbs",
                &arn,
                "nothing-of-that-name",
                "arn:aws:lambda:us-east-1:999999999999:function:x",
                "arn:aws:lambda:eu-west-1:000000000000:function:thumbs",
                "arn:aws:s3:::photos",
            ],
        );
        let titles: Vec<_> = out.texts.iter().map(|t| t.title.as_str()).collect();
        let from = "(account 000000000000, us-east-1)";
        assert_eq!(titles, [format!("AWS function thumbs {from}"), format!("AWS role worker {from}")]);
        let notes = out.notes.join("\n");
        for said in [
            "nothing-of-that-name is no stack",
            "in account 999999999999",
            "set `aws.region`",
            "photos is passed on by name",
        ] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
    }

    #[test]
    fn without_credentials_it_is_said_once_and_nothing_else_is_called() {
        let cloud = MemoryCloud::default();
        cloud.fail("sts:", CloudErrorKind::NoCredentials, 9);
        let out = gathered(&cloud, &["a", "b"]);
        assert_eq!((out.texts.len(), out.notes.len()), (0, 1));
        assert_eq!(cloud.calls(), ["sts:GetCallerIdentity"]);
        let cloud = MemoryCloud::default();
        gathered(&cloud, &[]);
        assert!(cloud.calls().is_empty(), "nothing is named, so nobody is asked");
    }

    #[test]
    fn an_app_in_the_repository_is_read_there() {
        let files = [("infra/cdk.json", "{\"app\": \"node bin/app.js\"}"), ("infra/bin/app.js", "x")];
        let files = MemoryFiles::new(files).unwrap();
        let mut out = Gatherer::default();
        let left = local(&files, &["infra/".to_owned(), "Photos".to_owned()], &mut out);
        assert_eq!(left, ["Photos"]);
        assert!(out.texts[0].title == "CDK app infra/cdk.json" && out.texts[0].text.contains("infra/bin/app.js"));
    }
}
