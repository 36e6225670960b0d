//! How an account and a stack stand.

use std::io::Write;

use serde_json::json;

use super::{Account, failed};
use crate::{
    app::{failure::Failure, table::Table},
    cli::exit,
    domain::{brief, cloud::progress, covered, policy::secrets::redact, prose::clean},
};

/// Who we are, and a stack where one is named; `here` are those that the app of the checkout makes.
pub(super) async fn status(
    cloud: Account,
    stack: Option<&str>,
    here: &[String],
    as_json: bool,
    out: &mut impl Write,
) -> Result<u8, Failure> {
    let account = cloud.identity().await.map_err(failed)?;
    let found = match stack {
        None => None,
        Some(name) => match cloud.stack(name).await.map_err(failed)? {
            None => {
                let why = format!("there is no stack {name} in account {}, {}", account.id, account.region);
                return Err(Failure::new(exit::FAILURE, why));
            }
            Some(mut stack) => {
                for (name, value) in &mut stack.outputs {
                    *value = covered::value(name, value);
                }
                stack.reason = stack.reason.map(|reason| redact(&reason).into_owned());
                let mut resources = cloud.resources(&stack.id).await.map_err(failed)?;
                for reason in resources.iter_mut().filter_map(|r| r.reason.as_mut()) {
                    *reason = redact(reason).into_owned();
                }
                let functions = cloud.functions(&stack.id).await.map_err(failed)?;
                Some((stack, resources, functions))
            }
        },
    };
    if as_json {
        let stack = found.as_ref().map(|(stack, resources, functions)| {
            json!({
                "name": stack.name, "status": stack.status, "reason": stack.reason, "changed": stack.changed,
                "outputs": stack.outputs, "resources": resources, "functions": functions,
            })
        });
        writeln!(out, "{:#}", json!({ "account": account, "stack": stack, "stacks": here }))?;
        return Ok(exit::OK);
    }
    writeln!(out, "{}", clean(&brief::place(&account)))?;
    let Some((stack, resources, functions)) = found else {
        let words = match here {
            [] => "--stack NAME shows a stack".to_owned(),
            [one] => format!("--stack {one} shows the stack of the app here"),
            several => format!("the app here has these stacks; --stack NAME shows one: {}", several.join(", ")),
        };
        writeln!(out, "{}", clean(&words))?;
        return Ok(exit::OK);
    };
    let reason = stack.reason.as_deref().filter(|r| !r.is_empty()).map(|r| format!("  {r}")).unwrap_or_default();
    writeln!(out, "\n{}  {}{}", clean(&stack.name), clean(&stack.status), clean(&reason))?;
    if let Some(why) = progress::blocks_update(&stack.status) {
        writeln!(out, "! {why}")?;
    }
    let mut table = Table::new(["RESOURCE", "TYPE", "STATUS", "ID"]);
    for r in resources {
        table.row([r.id, r.kind, r.status, r.physical]);
    }
    write!(out, "\n{table}")?;
    if !functions.is_empty() {
        let mut table = Table::new(["FUNCTION", "RUNTIME", "MEMORY", "TIMEOUT", "SIZE", "ENVIRONMENT", "CHANGED"]);
        for f in functions {
            table.row([
                f.name,
                f.runtime,
                format!("{} MB", f.memory_mb),
                format!("{} s", f.timeout_s),
                brief::bytes(f.code_bytes),
                f.environment.join(" "),
                f.changed,
            ]);
        }
        write!(out, "\n{table}")?;
    }
    if !stack.outputs.is_empty() {
        let mut table = Table::new(["OUTPUT", "VALUE"]);
        for (name, value) in stack.outputs {
            table.row([name, value]);
        }
        write!(out, "\n{table}")?;
    }
    Ok(exit::OK)
}

/// How a stack differs from its template.
pub(super) async fn drift(cloud: Account, stack: &str, as_json: bool, out: &mut impl Write) -> Result<u8, Failure> {
    if cloud.stack(stack).await.map_err(failed)?.is_none() {
        let account = cloud.identity().await.map_err(failed)?;
        let why =
            format!("there is no stack {stack} in account {}, {}; name it by --stack", account.id, account.region);
        return Err(Failure::new(exit::FAILURE, why));
    }
    let drifts: Vec<_> = cloud.drift(stack).await.map_err(failed)?.into_iter().map(covered::drift).collect();
    let drifted = drifts.iter().any(|d| matches!(d.status.as_str(), "MODIFIED" | "DELETED"));
    if as_json {
        writeln!(out, "{:#}", json!({ "stack": stack, "resources": drifts }))?;
    } else {
        for drift in &drifts {
            writeln!(out, "{}  {}  {}", clean(&drift.status), clean(&drift.id), clean(&drift.kind))?;
            for (path, expected, actual, how) in &drift.differences {
                writeln!(out, "    {}", clean(&format!("{path}: {expected} → {actual} ({how})")))?;
            }
        }
        let words = if drifted { "something has drifted" } else { "nothing has drifted, as far as AWS looks" };
        writeln!(out, "{words}")?;
    }
    Ok(if drifted { exit::FAILURE } else { exit::OK })
}
