//! What can be reached from outside by what a resource says of itself; its policy is judged elsewhere.

use super::Into;
use crate::domain::stack::{Risk, Value, falsy, listed, truthy};

pub(super) fn check(into: &mut Into<'_>) {
    let resource = into.resource;
    let word = |path: &str| resource.get(path).and_then(Value::as_str);
    let yes = |path: &str| truthy(resource.get(path));
    match resource.kind.as_str() {
        "AWS::S3::Bucket" => bucket(into),
        "AWS::S3::AccessPoint" => open_block("PublicAccessBlockConfiguration", into),
        "AWS::RDS::DBInstance"
        | "AWS::Redshift::Cluster"
        | "AWS::DMS::ReplicationInstance"
        | "AWS::DocDB::DBInstance"
            if yes("PubliclyAccessible") =>
        {
            into.say(
                Risk::Danger,
                "public-database",
                "PubliclyAccessible",
                "gets a public address",
                "Only a password and a security group stand between the data and the internet.",
            );
        }
        "AWS::Lambda::Url" => {
            if word("AuthType") == Some("NONE") {
                into.say(
                    Risk::Danger,
                    "url-without-auth",
                    "AuthType",
                    "anyone may call the function by its URL",
                    "Nobody is asked who they are; each call runs code and costs money.",
                );
            }
            if listed(resource.get("Cors.AllowOrigins")).into_iter().any(|o| o.as_str() == Some("*")) {
                into.say(
                    Risk::Info,
                    "any-origin",
                    "Cors.AllowOrigins",
                    "pages of any site may call it",
                    "A site that a user visits can call it from the user's browser.",
                );
            }
        }
        "AWS::ApiGateway::Method" => {
            let preflight = word("HttpMethod") == Some("OPTIONS");
            if word("AuthorizationType") == Some("NONE") && !preflight && !yes("ApiKeyRequired") {
                into.say(
                    Risk::Warning,
                    "method-without-auth",
                    "AuthorizationType",
                    format!("{} can be called without authorisation", word("HttpMethod").unwrap_or("a method")),
                    "Whoever knows the address can call it.",
                );
            }
        }
        "AWS::ApiGatewayV2::Route"
            if matches!(word("AuthorizationType"), None | Some("NONE")) && !yes("ApiKeyRequired") =>
        {
            into.say(
                Risk::Warning,
                "route-without-auth",
                "AuthorizationType",
                format!("{} can be called without authorisation", word("RouteKey").unwrap_or("a route")),
                "Whoever knows the address can call it.",
            );
        }
        "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancing::LoadBalancer"
            if word("Scheme") == Some("internet-facing") =>
        {
            into.say(
                Risk::Info,
                "internet-facing",
                "Scheme",
                "is reached from the internet",
                "What its listeners lead to is public.",
            );
        }
        "AWS::EC2::Instance" => {
            let public = listed(resource.properties.get("NetworkInterfaces"))
                .into_iter()
                .any(|i| truthy(i.get("AssociatePublicIpAddress")));
            if public {
                into.say(
                    Risk::Warning,
                    "public-address",
                    "NetworkInterfaces",
                    "gets a public address",
                    "Its security groups alone decide who reaches it.",
                );
            }
        }
        "AWS::Cognito::IdentityPool" if yes("AllowUnauthenticatedIdentities") => {
            into.say(
                Risk::Warning,
                "unauthenticated-identities",
                "AllowUnauthenticatedIdentities",
                "gives credentials to people who did not sign in",
                "What the unauthenticated role may do, anyone may do.",
            );
        }
        "AWS::EKS::Cluster" => {
            let open = !falsy(resource.get("ResourcesVpcConfig.EndpointPublicAccess"));
            let narrowed = resource.get("ResourcesVpcConfig.PublicAccessCidrs").is_some();
            if open && !narrowed {
                into.say(
                    Risk::Warning,
                    "public-control-plane",
                    "ResourcesVpcConfig.EndpointPublicAccess",
                    "its control plane is reached from anywhere",
                    "A stolen credential is enough to use it, from any place.",
                );
            }
        }
        _ => {}
    }
}

fn bucket(into: &mut Into<'_>) {
    let resource = into.resource;
    if let Some(acl @ ("PublicRead" | "PublicReadWrite" | "AuthenticatedRead")) =
        resource.get("AccessControl").and_then(Value::as_str)
    {
        into.say(
            Risk::Danger,
            "public-acl",
            "AccessControl",
            format!("its ACL is {acl}"),
            "Everyone can read what is put there.",
        );
    }
    open_block("PublicAccessBlockConfiguration", into);
    if resource.get("WebsiteConfiguration").is_some() {
        into.say(
            Risk::Info,
            "website",
            "WebsiteConfiguration",
            "serves a website, without encryption in transit",
            "Website endpoints of S3 speak HTTP only.",
        );
    }
}

/// A block of public access that lets something through. Without one AWS blocks everything.
fn open_block(path: &str, into: &mut Into<'_>) {
    let Some(block) = into.resource.get(path).cloned() else { return };
    let open: Vec<&str> = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
        .into_iter()
        .filter(|name| !truthy(block.get(*name)) && !block.get(*name).is_some_and(Value::is_object))
        .collect();
    if !open.is_empty() {
        into.say(
            Risk::Danger,
            "public-access-not-blocked",
            path,
            format!("does not block public access: {}", open.join(", ")),
            "One policy or ACL, made by anyone with the right to, makes its data public.",
        );
    }
}
