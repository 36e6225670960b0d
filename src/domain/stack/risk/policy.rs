//! Policies judged by themselves: wildcards, handing on roles, everything-but, missing conditions.

use super::Finding;
use crate::domain::stack::{
    Risk,
    iam::{Class, Effect, Grant, Side, Statement, StatementChange},
};

/// Actions that take no resource, or of which everyone grants all: `*` says nothing of them.
const NO_RESOURCE: &[&str] = &[
    "autoscaling:Describe",
    "cloudwatch:Describe",
    "cloudwatch:Get",
    "cloudwatch:List",
    "cloudwatch:PutMetricData",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:Describe",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:Describe",
    "logs:Create",
    "logs:Describe",
    "logs:Put",
    "s3:ListAllMyBuckets",
    "sts:GetCallerIdentity",
    "tag:Get",
    "xray:Get",
    "xray:Put",
    "ssmmessages:",
    "(",
];

/// With these on anything, whoever has them gives themselves the rest.
const CLIMBING: &[&str] = &[
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "sts:AssumeRole",
];

/// Conditions that say on whose behalf a service calls.
const ON_BEHALF: &[&str] = &[
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
    "lambda:eventsourcetoken",
    "aws:sourceowner",
    "kms:viaservice",
    "kms:calleraccount",
];

/// How bad a change of a statement is by itself.
pub fn of_statement(change: &StatementChange) -> Risk {
    if change.class == Class::Narrowed {
        return Risk::Info;
    }
    let wide = change.after.as_ref().is_some_and(|s| {
        let anyone = s.principals.items.iter().any(|p| p == "*") || s.principals.but;
        s.effect == Effect::Allow && (s.actions.everything() || s.actions.but || anyone && s.conditions.is_empty())
    });
    // A Deny that goes is as wide as what it forbade.
    let freed = change.before.as_ref().is_some_and(|s| s.effect == Effect::Deny) && change.class == Class::Widened;
    if wide || freed { Risk::Danger } else { Risk::Warning }
}

pub(super) fn check(grant: &Grant, out: &mut Vec<Finding>) {
    let statement = &grant.statement;
    if statement.effect == Effect::Deny {
        return;
    }
    let mut say = |risk, code: &str, text: String, why: &str| {
        out.push(Finding {
            risk,
            code: code.to_owned(),
            resource: grant.carrier.clone(),
            path: None,
            text,
            why: why.to_owned(),
        });
    };
    match grant.side {
        Side::Boundary => {}
        Side::Identity => identity(grant, &mut say),
        Side::Trust => trust(grant, &mut say),
        Side::Resource => on_resource(grant, &mut say),
    }
    if statement.actions.but && grant.side != Side::Trust {
        say(
            Risk::Danger,
            "allow-not-action",
            format!("{} may do everything but {}", grant.holder, statement.actions.items.join(", ")),
            "Allow with NotAction permits every other action, also those that AWS adds later.",
        );
    }
    if statement.resources.but {
        say(
            Risk::Warning,
            "allow-not-resource",
            format!("on everything but {}", statement.resources.items.join(", ")),
            "Allow with NotResource permits it on everything else, also on what is created later.",
        );
    }
    if statement.principals.but {
        say(
            Risk::Danger,
            "allow-not-principal",
            format!("anyone but {} may", statement.principals.items.join(", ")),
            "Allow with NotPrincipal permits it to everyone else in the world.",
        );
    }
}

type Say<'a> = dyn FnMut(Risk, &str, String, &str) + 'a;

/// True when the condition asks for it, whatever the operator.
fn asks(statement: &Statement, keys: &[&str]) -> bool {
    let mut asked = statement.conditions.values().flat_map(|k| k.keys());
    asked.any(|key| keys.contains(&key.to_ascii_lowercase().as_str()))
}

fn identity(grant: &Grant, say: &mut Say<'_>) {
    let (statement, holder) = (&grant.statement, &grant.holder);
    let anything = statement.resources.everything();
    let when = if statement.conditions.is_empty() { "" } else { ", under conditions" };
    if statement.actions.everything() {
        let on = if anything { "everything".to_owned() } else { statement.resources.items.join(", ") };
        say(
            Risk::Danger,
            "wildcard-everything",
            format!("{holder} may do everything on {on}{when}"),
            "Whoever gets hold of it has the account, or all of that resource.",
        );
        return;
    }
    if statement.actions.but {
        return;
    }
    for action in &statement.actions.items {
        let lower = action.to_ascii_lowercase();
        let (service, name) = action.split_once(':').unwrap_or((action.as_str(), ""));
        let reads = ["get", "list", "describe", "batchget", "query", "scan", "head"];
        let reads = lower.split_once(':').is_some_and(|(_, n)| reads.iter().any(|r| n.starts_with(r)));
        if lower == "iam:passrole" || lower == "iam:*" || lower == "iam:pass*" {
            pass_role(grant, anything, say);
            if lower == "iam:passrole" {
                continue;
            }
        }
        let climbs = CLIMBING
            .iter()
            .any(|c| c.eq_ignore_ascii_case(action) || name == "*" && c.starts_with(&format!("{service}:")));
        if climbs && anything {
            say(
                Risk::Danger,
                "can-climb",
                format!("{holder} may {action} on everything{when}"),
                "With it, whoever has this can give themselves the rights they lack.",
            );
        } else if name == "*" {
            let risk = if anything { Risk::Danger } else { Risk::Warning };
            let on = if anything { "everything".to_owned() } else { statement.resources.items.join(", ") };
            say(
                risk,
                "wildcard-service",
                format!("{holder} may do all of {service} on {on}{when}"),
                "It includes deleting, and changing who else may get at it.",
            );
        } else if name.contains('*') && !reads && !NO_RESOURCE.iter().any(|n| action.starts_with(n)) {
            say(
                Risk::Warning,
                "wildcard-action",
                format!("{holder} may {action}{when}"),
                "The wildcard takes in actions that nobody listed, and those that AWS adds later.",
            );
        } else if anything && !NO_RESOURCE.iter().any(|n| action.starts_with(n)) {
            let risk = if reads { Risk::Info } else { Risk::Warning };
            say(
                risk,
                "wildcard-resource",
                format!("{holder} may {action} on everything{when}"),
                "It is not held to the resources of this stack.",
            );
        }
    }
}

fn pass_role(grant: &Grant, anything: bool, say: &mut Say<'_>) {
    let bound = asks(&grant.statement, &["iam:passedtoservice"]);
    let any_role = anything || grant.statement.resources.items.iter().any(|r| r.ends_with(":role/*"));
    if any_role {
        say(
            if bound { Risk::Warning } else { Risk::Danger },
            "pass-any-role",
            format!("{} may hand on any role", grant.holder),
            "It can start something with the rights of the strongest role of the account, and so have them.",
        );
    } else if !bound {
        say(
            Risk::Info,
            "pass-role-to-any-service",
            format!("{} may hand on {} to any service", grant.holder, grant.statement.resources.items.join(", ")),
            "The condition iam:PassedToService would hold it to the one that needs it.",
        );
    }
}

/// Whose a principal is.
enum Whose {
    Anyone,
    Own,
    Other,
    Service,
    Federated,
}

fn whose(principal: &str) -> Whose {
    match principal.split_once(':') {
        _ if principal == "*" => Whose::Anyone,
        Some(("Service", _)) => Whose::Service,
        Some(("Federated", _)) => Whose::Federated,
        Some(("AWS", who)) => {
            let account = who.split(':').nth(4).unwrap_or(who);
            let foreign = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
            if foreign { Whose::Other } else { Whose::Own }
        }
        _ => Whose::Own,
    }
}

fn trust(grant: &Grant, say: &mut Say<'_>) {
    let (statement, role) = (&grant.statement, &grant.holder);
    for principal in &statement.principals.items {
        match whose(principal) {
            Whose::Anyone => {
                let risk = if statement.conditions.is_empty() { Risk::Danger } else { Risk::Warning };
                let text = format!("anyone in any account may take the role {role}");
                say(risk, "role-for-anyone", text, "Every AWS account of the world is meant by it.");
            }
            Whose::Other => {
                let held = asks(statement, &["sts:externalid", "aws:principalorgid", "aws:principalarn"]);
                let text =
                    format!("{} of another account may take the role {role}", principal.trim_start_matches("AWS:"));
                let risk = if held { Risk::Info } else { Risk::Warning };
                say(risk, "role-for-other-account", text, "What that account lets its people do, this role does.");
            }
            Whose::Federated => {
                let subject = statement.conditions.values().flat_map(|k| k.keys());
                let named = subject.clone().any(|k| k.ends_with(":sub") || k.ends_with(":amr") || k.ends_with(":aud"));
                let only_audience = !subject.clone().any(|k| k.ends_with(":sub") || k.ends_with(":amr"));
                let provider = principal.trim_start_matches("Federated:");
                if !named || only_audience && provider.contains("oidc-provider") {
                    say(
                        Risk::Danger,
                        "federation-without-subject",
                        format!("whoever {provider} signs in may take the role {role}"),
                        "Without a condition on the subject, every repository or user of that provider is meant.",
                    );
                }
            }
            Whose::Own | Whose::Service => {}
        }
    }
}

fn on_resource(grant: &Grant, say: &mut Say<'_>) {
    let (statement, holder) = (&grant.statement, &grant.holder);
    let what = statement.actions.items.join(", ");
    for principal in &statement.principals.items {
        match whose(principal) {
            Whose::Anyone if statement.conditions.is_empty() => say(
                Risk::Danger,
                "public-policy",
                format!("anyone may {what} on {holder}"),
                "Nobody is asked who they are.",
            ),
            Whose::Anyone
                if asks(
                    statement,
                    &[
                        "aws:principalorgid",
                        "aws:sourcearn",
                        "aws:sourceaccount",
                        "aws:principalaccount",
                        "aws:sourcevpce",
                        "aws:sourcevpc",
                        "kms:calleraccount",
                    ],
                ) => {}
            Whose::Anyone => say(
                Risk::Warning,
                "public-policy-with-conditions",
                format!("anyone who meets the conditions may {what} on {holder}"),
                "Only its conditions hold the world back.",
            ),
            Whose::Service if !asks(statement, ON_BEHALF) => {
                let service = principal.trim_start_matches("Service:");
                say(
                    Risk::Warning,
                    "confused-deputy",
                    format!("{service} may {what} on {holder} on anyone's behalf"),
                    "Without aws:SourceArn or aws:SourceAccount, another account's use of that service reaches it too.",
                );
            }
            Whose::Other => say(
                Risk::Warning,
                "policy-for-other-account",
                format!("{} of another account may {what} on {holder}", principal.trim_start_matches("AWS:")),
                "What that account lets its people do reaches it.",
            ),
            Whose::Own | Whose::Service | Whose::Federated => {}
        }
    }
}
