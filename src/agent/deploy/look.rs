//! Looking: from what was asked to what comes to the gate. Reads the worktree and the account, and
//! changes neither.

use super::{
    Look, No, World, analyze, bundle,
    find::{self, App, Assembled, below, needed, package_of},
    inside, no,
    remains::{clean_up, stop, way_out},
    why,
};
use crate::domain::{
    brief::bytes,
    cloud::{
        Account, ChangeSet, Replacement, SetAction, Stack,
        action::{Asset, CloudAction, How, Preparation},
        assembly,
        desk::{CloudAsk, Deployment, Desk, Known, Purpose, Stage, Step, Target, Unmade},
        prepare, progress,
    },
    command::Confinement,
    digest::Digest,
    journal::Entry,
    path::RelPath,
    policy::secrets::{self, redact},
    stack::{
        Template,
        nested::Inside,
        packaging::unpackaged,
        parameters::{self, Given},
    },
};
use crate::ports::cloud::{Cloud, CloudErrorKind};

/// The largest template that CloudFormation takes from S3, in bytes.
const LARGEST: usize = 1024 * 1024;
/// The largest that it takes with a request.
const INLINE: usize = 51_200;

/// A step that brings no template.
pub(super) fn proposed(step: Step, why: impl Into<String>, notes: Vec<String>) -> Entry {
    Entry::CloudProposed { step, why: why.into(), notes, base: None, known: Known::default() }
}

/// What comes to the gate next.
pub(super) async fn look(
    world: World,
    desk: Desk,
    ask: CloudAsk,
    stage: Stage,
    confinement: Confinement,
) -> Look<Entry> {
    match (ask, stage) {
        (CloudAsk::Deploy(target), Stage::Asked) => match find::chosen(world.files.as_ref(), target.app.as_deref())? {
            App::Cdk(dir) => {
                clean(&world)?;
                local(&world, &dir, &target, confinement)
            }
            App::Template(path) => {
                let commit = clean(&world)?;
                from_template(&world, &path, &target, commit).await
            }
        },
        (CloudAsk::Deploy(target), Stage::Assembled) => {
            let dir = match find::chosen(world.files.as_ref(), target.app.as_deref())? {
                App::Cdk(dir) => dir,
                App::Template(path) => return Err((format!("{path} needs no assembly"), "deploy again".into())),
            };
            let commit = clean(&world)?;
            from_assembly(&world, &dir, &target, commit).await
        }
        (CloudAsk::Synthesise { app }, _) => match find::chosen(world.files.as_ref(), app.as_deref())? {
            App::Cdk(dir) => local(&world, &dir, &Target::default(), confinement),
            App::Template(path) => Err((format!("{path} is a template already"), "the review shows it".into())),
        },
        (CloudAsk::Review { stack, change_set, commit }, _) => {
            review(&world, &desk, &stack, &change_set, &commit).await
        }
        (CloudAsk::Stop, _) => stop(&world, &desk).await,
        (CloudAsk::CleanUp, _) => clean_up(&world, &desk).await,
        (CloudAsk::Invoke { function, payload }, _) => invoke(&world, function, payload).await,
        (CloudAsk::Mend, _) => Err(("the agent mends in a task of its own".into(), String::new())),
    }
}

/// A stack's name made from a word: letters, digits and hyphens, a letter first.
pub fn stack_name(word: &str) -> String {
    let made: String = word.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let made = made.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).trim_end_matches('-').to_owned();
    if made.is_empty() { "stack".to_owned() } else { made.chars().take(120).collect() }
}

/// The commit that what is deployed comes from. What is in no commit is not deployed.
fn clean(world: &World) -> Look<String> {
    let head = world.head.as_ref().map_err(|why| (why.clone(), "mend it, then deploy again".to_owned()))?;
    if let Some(first) = head.changed.first() {
        let more = head.changed.len() - 1;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let why =
            format!("{first}{more} in {} is in no commit, so nobody could say what was deployed", world.root.display());
        return Err((why, "commit it, or put it away, then deploy again".to_owned()));
    }
    Ok(head.commit.clone())
}

/// The command on this machine that comes before a CDK app can be read.
fn local(world: &World, dir: &str, target: &Target, confinement: Confinement) -> Look<Entry> {
    let own = find::own_cli(world.files.as_ref(), dir);
    if !own && let Some(at) = package_of(world.files.as_ref(), dir) {
        let locked = below(&at, "package-lock.json").is_ok_and(|p| world.files.read(&p).is_ok_and(|f| f.is_some()));
        let step = Step::Local { line: prepare::install(&at, locked), purpose: Purpose::Install };
        let why = "the project's own CDK command is not installed in this worktree yet".to_owned();
        let notes = vec!["install scripts of packages run as you".to_owned()];
        return Ok(proposed(step, why, notes));
    }
    if !own && !world.has_cdk {
        let why = "there is no CDK command: not in the project's packages, and not on the path".to_owned();
        return Err((why, "add aws-cdk to the project (npm install -D aws-cdk@2), then deploy again".to_owned()));
    }
    let confinement = match &target.unconfined {
        Some(reason) => Confinement::Unsandboxed { reason: reason.clone() },
        None => confinement,
    };
    let line = prepare::synth(dir, own, confinement);
    let notes = match &line.confinement {
        Confinement::Sandboxed => Vec::new(),
        Confinement::Unsandboxed { reason } | Confinement::Account { reason } => {
            vec![format!("the project's code runs as you, not in the sandbox: {reason}")]
        }
    };
    let why =
        format!("makes the templates of {} by the project's own code", if dir.is_empty() { "the app" } else { dir });
    let step = Step::Local { line, purpose: Purpose::Synthesise };
    Ok(proposed(step, why, notes))
}

/// What a stack is made from, whichever way.
struct Made {
    stack: String,
    /// The file of its template.
    file: String,
    template: String,
    assets: Vec<Asset>,
    notes: Vec<String>,
}

async fn from_template(world: &World, path: &RelPath, target: &Target, commit: String) -> Look<Entry> {
    let template = needed(world.files.as_ref(), path)?;
    let stack = target.stack.clone().unwrap_or_else(|| world.stack.clone());
    let local = Template::parse(&template).map(|t| unpackaged(&t)).unwrap_or_default();
    if let Some((resource, property, local)) = local.first() {
        let (files, at) = (world.files.clone(), (path.to_string(), resource.clone(), local.clone()));
        let weighing = tokio::task::spawn_blocking(move || bundle::of(&files, &at.0, &at.1, &at.2)).await;
        let weight = match weighing.unwrap_or_default() {
            (Some(all), Some(zip)) => format!(" ({}, {} as a zip)", bytes(all), bytes(zip)),
            (Some(all), None) => format!(" ({})", bytes(all)),
            (None, _) => String::new(),
        };
        let why = format!(
            "{path} names files of this machine that are not packaged: {resource}.{property} is {local}{weight}"
        );
        let remedy = "run `sam package` or `aws cloudformation package`, commit the template that it writes, and deploy \
                      that";
        return Err((why, remedy.to_owned()));
    }
    let made = Made { stack, file: path.to_string(), template, assets: Vec::new(), notes: Vec::new() };
    propose(world, made, target, commit, |_, _| Ok(How::Template)).await
}

async fn from_assembly(world: &World, dir: &str, target: &Target, commit: String) -> Look<Entry> {
    let wrong = |why: String| (why, "mend the app, then deploy again".to_owned());
    if let Some((name, _)) = target.secrets.first() {
        let why = format!("parameter {name} is secret, and the CDK command would have its value on its command line");
        return Err((why, "keep it in Secrets Manager or Systems Manager, and have the app refer to it".to_owned()));
    }
    let Assembled { at, stack, needs } = find::assembled(world.files.as_ref(), dir, target.stack.as_deref())?;
    let file = below(&at, &stack.template)?;
    let template = needed(world.files.as_ref(), &file)?;
    let mut assets = Vec::new();
    let mut notes = needed_first(world, &stack.id, &needs).await?;
    if let Some(file) = &stack.assets {
        for asset in assembly::assets(&needed(world.files.as_ref(), &below(&at, file)?)?).map_err(wrong)? {
            let path = below(&at, &asset.path)?;
            let bytes = world.files.weigh(&path).map_err(|e| wrong(e.to_string()))?;
            if asset.image {
                notes.push(format!("{} is built into a container image on this machine", asset.path));
            }
            assets.push(Asset { id: asset.id, path: asset.path, bytes: bytes.unwrap_or(0) });
        }
    }
    let own = find::own_cli(world.files.as_ref(), dir);
    let made = Made { stack: stack.name.clone(), file: file.to_string(), template, assets, notes };
    propose(world, made, target, commit, |account, name| {
        let (id, region) = &stack.environment;
        let differs = |wanted: &str, is: &str| !wanted.is_empty() && !wanted.starts_with("unknown") && wanted != is;
        if differs(id, &account.id) || differs(region, &account.region) {
            let why = format!(
                "stack {} is made for {id}, {region}, and you are in {}, {}",
                stack.id, account.id, account.region
            );
            return Err((why, "switch the profile or the region, or change the stack's env".to_owned()));
        }
        Ok(How::Cdk(prepare::deploy(dir, own, account, &stack, name, &target.parameters)))
    })
    .await
}

/// Stacks whose outputs this one takes have to be there; those that are not as the app has them are
/// told.
async fn needed_first(world: &World, stack: &str, needs: &[(String, assembly::AssemblyStack)]) -> Look<Vec<String>> {
    let account = world.cloud.identity().await.map_err(no)?;
    let mut notes = Vec::new();
    for (at, first) in needs {
        let elsewhere = |wanted: &str, is: &str| !wanted.is_empty() && !wanted.starts_with("unknown") && wanted != is;
        if elsewhere(&first.environment.0, &account.id) || elsewhere(&first.environment.1, &account.region) {
            notes.push(format!("it needs stack {}, which is made for another place and is not looked at", first.id));
            continue;
        }
        let there = world.cloud.stack(&first.name).await.map_err(no)?;
        if there.is_none_or(|s| s.is_remains()) {
            let why = format!("stack {stack} needs stack {} first, which is not in the account", first.id);
            return Err((
                why,
                format!("deploy that before: `kiro-tui aws deploy --stack {}`", prepare::quoted(&first.id)),
            ));
        }
        let deployed = world.cloud.template(&first.name).await.map_err(no)?.unwrap_or_default();
        if !same(&deployed, &needed(world.files.as_ref(), &below(at, &first.template)?)?) {
            notes.push(format!("stack {}, which it needs, is deployed otherwise than the app has it now", first.id));
        }
    }
    Ok(notes)
}

/// Puts the making of a change set at the gate, or the change set itself where it is there already.
async fn propose(
    world: &World,
    made: Made,
    target: &Target,
    commit: String,
    how: impl FnOnce(&Account, &str) -> Look<How>,
) -> Look<Entry> {
    let Made { stack, file, template, assets, mut notes } = made;
    if template.len() > LARGEST {
        let why = format!("the template has {} bytes, and CloudFormation takes {LARGEST}", template.len());
        return Err((why, "split the stack, or nest stacks".to_owned()));
    }
    let account = world.cloud.identity().await.map_err(no)?;
    let there = world.cloud.stack(&stack).await.map_err(no)?;
    if let Some(found) = &there
        && let Some(entry) = blocked(world, found, &account).await?
    {
        return Ok(entry);
    }
    let deployed = there.as_ref().filter(|s| s.status != "REVIEW_IN_PROGRESS");
    let Given { open: parameters, secret: hidden } = permitted(&template, target, deployed)?;
    // Else it would be found only after the yes.
    if let Some((name, variable)) = hidden.iter().find(|(_, variable)| !world.cloud.has_variable(variable)) {
        let why = format!("the variable {variable}, which parameter {name} is taken from, is not set");
        return Err((why, "set it where kiro-tui is started, then deploy again".to_owned()));
    }
    let given = target.parameters.iter().chain(&target.secrets);
    let name = prepare::change_set_name(&commit, &template, given, there.as_ref());
    if there.is_some()
        && let Some(set) = world.cloud.change_set(&stack, &name).await.map_err(no)?
        && set.execution == "AVAILABLE"
    {
        return reviewed(world, set, &commit, inside::of_file(&world.files, &file, &template)).await;
    }
    let base = match deployed {
        Some(_) => world.cloud.template(&stack).await.map_err(no)?,
        None => None,
    };
    let as_before = target.parameters.is_empty() && target.secrets.is_empty();
    if base.as_deref().is_some_and(|base| same(base, &template)) && as_before {
        let why = format!("nothing to deploy: stack {stack} has this template already");
        return Ok(Entry::CloudFailed { digest: None, why, remedy: String::new(), empty: true, unmade: None });
    }
    let how = how(&account, &name)?;
    let capabilities = match &how {
        How::Template => prepare::capabilities(&template),
        // What the CDK command always grants.
        How::Cdk(_) => ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"].map(str::to_owned).to_vec(),
    };
    if deployed.is_none() {
        notes.push(format!("stack {stack} is new in account {}, {}", account.id, account.region));
    }
    let within = inside::of_file(&world.files, &file, &template);
    let (known, more) = inside::known(world, within, base.as_deref().map(|text| (stack.as_str(), text))).await;
    notes.extend(more);
    notes.extend(analyze::findings(world, &account, base.as_deref(), &template).await);
    let large = how == How::Template && template.len() > INLINE;
    let bucket = if large { Some(through(world, target, template.len()).await?) } else { None };
    if let Some(bucket) = &bucket {
        notes.push(format!("the template has {} bytes and goes through the bucket {bucket}", template.len()));
    }
    let why = "assets and template go to the account, and a change set is made; nothing is executed by it".to_owned();
    let preparation = Preparation {
        account,
        stack,
        change_set: name,
        template,
        bucket,
        parameters,
        secrets: hidden,
        capabilities,
        assets,
        commit,
        how,
    };
    let step = Step::Action(Box::new(CloudAction::Prepare(Box::new(preparation))));
    Ok(Entry::CloudProposed { step, why, notes, base, known })
}

/// The parameters that are sent. From here on their values may be recorded: none of them is a secret.
fn permitted(template: &str, target: &Target, deployed: Option<&Stack>) -> Look<Given> {
    let declared = parameters::declared(template)
        .ok_or_else(|| ("the template cannot be read".to_owned(), "mend it, then deploy again".to_owned()))?;
    let given = Given { open: target.parameters.clone(), secret: target.secrets.clone() };
    let kept = deployed.map(|s| s.parameters.clone()).unwrap_or_default();
    let settled = parameters::settle(&declared, &given, &kept)?;
    match target.parameters.iter().find(|(name, value)| secrets::contains(&format!("{name}={value}"))) {
        None => Ok(settled),
        Some((name, _)) => Err((
            format!("the value of parameter {name} looks like a secret, and the template does not declare it one"),
            format!("declare {name} NoEcho and give it by --secret {name}=VARIABLE, or keep it in Secrets Manager"),
        )),
    }
}

/// The bucket that a large template goes through: one that is named, else that of `cdk bootstrap`.
async fn through(world: &World, target: &Target, bytes: usize) -> Look<String> {
    if let Some(named) = target.bucket.as_ref().or(world.bucket.as_ref()) {
        return Ok(named.clone());
    }
    let toolkit = match world.cloud.resources(prepare::TOOLKIT).await {
        Ok(resources) => prepare::bootstrap_bucket(&resources),
        Err(error) if error.kind == CloudErrorKind::NotFound => None,
        Err(error) => return Err(no(error)),
    };
    toolkit.ok_or_else(|| {
        let why = format!(
            "the template has {bytes} bytes; AWS takes {INLINE} with a request and a larger one from a bucket, and none is \
             known: none is named, and the account has no stack {}",
            prepare::TOOLKIT
        );
        let remedy = "name one in the setting aws.bucket or by --bucket, or have one made by `npx cdk bootstrap`";
        (why, remedy.to_owned())
    })
}

/// The same template, however it is written.
fn same(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || value(one).is_some_and(|one| Some(one) == value(other))
}

/// What a stack in a state that takes no update comes to.
async fn blocked(world: &World, stack: &Stack, account: &Account) -> Look<Option<Entry>> {
    let Some(why) = progress::blocks_update(&stack.status) else { return Ok(None) };
    if !progress::rests(&stack.status) {
        // Followed from now on, whoever began it.
        let events = world.cloud.events(&stack.id, None).await.map_err(no)?;
        let began = events.iter().rposition(|e| {
            e.physical == stack.id
                && e.status.ends_with("_IN_PROGRESS")
                && !e.status.contains("ROLLBACK")
                && !e.status.contains("CLEANUP")
        });
        let after = began.and_then(|at| at.checked_sub(1)).and_then(|at| events.get(at)).map(|e| e.id.clone());
        return Ok(Some(Entry::CloudFollowed(Box::new(found(stack, account, after)))));
    }
    let reason = stack.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    let reason = reason.map(|r| format!(" ({r})")).unwrap_or_default();
    let why = format!("stack {} is in {}{reason}: {why}", stack.name, stack.status);
    match way_out(world, account.clone(), stack.clone(), &why).await? {
        Some(entry) => Ok(Some(entry)),
        None => Err((why, "do that in AWS's console, then deploy again".to_owned())),
    }
}

/// Something under way that was not begun here, or is not known any more.
fn found(stack: &Stack, account: &Account, after: Option<String>) -> Deployment {
    let about = format!(
        "what goes on in stack {} ({}) in account {}, {}",
        stack.name, stack.status, account.id, account.region
    );
    Deployment {
        digest: Digest::of_fields([
            b"found".as_slice(),
            stack.id.as_bytes(),
            after.clone().unwrap_or_default().as_bytes(),
        ]),
        about,
        account: account.clone(),
        stack: stack.name.clone(),
        stack_id: stack.id.clone(),
        change_set: None,
        commit: String::new(),
        expected: Vec::new(),
        deletes: stack.status.starts_with("DELETE"),
        rolls_back: false,
        after,
    }
}

/// Describes a change set that was made, as soon as it is whole.
async fn review(world: &World, desk: &Desk, stack: &str, change_set: &str, commit: &str) -> Look<Entry> {
    loop {
        let found = world.cloud.change_set(stack, change_set).await.map_err(no)?;
        match found {
            None => {
                let why = format!("stack {stack} has no change set {change_set}");
                return Err((why, "it was executed or removed; deploy again, to make another".to_owned()));
            }
            Some(set) if set.status.ends_with("_PENDING") || set.status.ends_with("_IN_PROGRESS") => {
                tokio::time::sleep(world.every).await;
            }
            Some(set) => return reviewed(world, set, commit, inside::of_prepared(&desk.inside)).await,
        }
    }
}

/// Puts a change set at the gate, whole; `prepared` are the stacks inside as they were prepared.
async fn reviewed(world: &World, set: ChangeSet, commit: &str, prepared: Inside) -> Look<Entry> {
    if is_empty(&set) {
        let why = format!("nothing to deploy: stack {} is as the templates say", set.stack);
        let remedy = "`clean-up-deploy` in the palette removes the empty change set".to_owned();
        return Ok(Entry::CloudFailed { digest: None, why, remedy, empty: true, unmade: None });
    }
    if set.execution == "OBSOLETE" {
        let why = format!(
            "stack {} was changed after change set {} was made, which is obsolete and cannot be executed any more",
            set.stack, set.name
        );
        let remedy = "`deploy` makes a new one and shows it".to_owned();
        // Looking at the same one again would say the same.
        return Ok(Entry::CloudFailed { digest: None, why, remedy, empty: true, unmade: None });
    }
    if set.execution != "AVAILABLE" {
        return Ok(unmade(world.cloud.as_ref(), set, None).await);
    }
    let base = if set.creates { None } else { world.cloud.template(&set.stack).await.map_err(no)? };
    let after = if set.nested.is_empty() { prepared } else { inside::of_set(&set) };
    let deployed = base.as_deref().map(|text| (set.stack.as_str(), text));
    let (known, mut notes) = inside::known(world, after, deployed).await;
    for change in &set.changes {
        match (change.action, change.replacement) {
            (SetAction::Remove, _) if change.policy != "Retain" => {
                notes.push(format!("{} ({}) is deleted", change.id, change.kind));
            }
            (SetAction::Modify | SetAction::Dynamic, Replacement::Yes) => {
                notes.push(format!("{} ({}) is replaced", change.id, change.kind));
            }
            _ => {}
        }
    }
    for inside in set.changes.iter().filter(|c| c.kind == progress::STACK && c.action != SetAction::Remove) {
        if set.nested.is_empty() && !known.inside.iter().any(|within| within.path == inside.id) {
            notes.push(format!(
                "what is in the stack inside, {}, the account does not describe: read its template",
                inside.id
            ));
        }
    }
    let why = format!("executes exactly this change set in account {}, {}", set.account.id, set.account.region);
    let step = Step::Action(Box::new(CloudAction::Deploy { set: Box::new(set), commit: commit.to_owned() }));
    Ok(Entry::CloudProposed { step, why, notes, base, known })
}

/// A change set that cannot be executed, with what AWS says of it; `digest` is what was approved, where
/// that ends with it.
pub(super) async fn unmade(cloud: &dyn Cloud, set: ChangeSet, digest: Option<Digest>) -> Entry {
    let own = set.reason.clone().filter(|reason| !reason.trim().is_empty());
    let own = own.unwrap_or_else(|| format!("its status is {}, {}", set.status, set.execution));
    let (reasons, unknown) = why::of_set(cloud, &set).await;
    let first = reasons.first().map_or(own, progress::Reason::words);
    let unknown = unknown.map(|words| format!("; {words}")).unwrap_or_default();
    let why = redact(&format!("change set {} cannot be executed: {first}{unknown}", set.name)).into_owned();
    let remedy = "mend the cause, then deploy again".to_owned();
    let ChangeSet { account, stack, name: change_set, .. } = set;
    let unmade = (!reasons.is_empty()).then(|| Box::new(Unmade { account, stack, change_set, reasons }));
    Entry::CloudFailed { digest, why, remedy, empty: false, unmade }
}

/// A change set that failed only because there is nothing to change.
pub(super) fn is_empty(set: &ChangeSet) -> bool {
    let reason = set.reason.as_deref().unwrap_or_default().to_lowercase();
    set.status == "FAILED"
        && (reason.contains("didn't contain changes") || reason.contains("no updates are to be performed"))
}

async fn invoke(world: &World, function: String, payload: String) -> Look<Entry> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(&payload) {
        return Err((format!("the test event is not JSON: {error}"), "mend it, then call again".to_owned()));
    }
    let account = world.cloud.identity().await.map_err(no)?;
    let Some(found) = world.cloud.function(&function).await.map_err(no)? else {
        let why = format!("there is no function {function} in account {}, {}", account.id, account.region);
        return Err((why, "deploy it first, or switch the profile or the region".to_owned()) as No);
    };
    let why = format!("runs the code that is deployed, with everything it does; it may take {} s", found.timeout_s);
    let action = CloudAction::Invoke { account, function: found.arn, payload };
    Ok(proposed(Step::Action(Box::new(action)), why, Vec::new()))
}
