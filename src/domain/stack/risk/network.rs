//! Security groups: who reaches which ports.

use super::Into;
use crate::domain::stack::{Map, Risk, Value, listed, text};

/// Ports behind which nobody wants the whole world: logins, databases, caches, shares, control.
const INNER: &[(u64, &str)] = &[
    (21, "FTP"),
    (22, "SSH"),
    (23, "Telnet"),
    (135, "Windows RPC"),
    (445, "SMB"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (2375, "Docker"),
    (3306, "MySQL"),
    (3389, "remote desktop"),
    (5432, "PostgreSQL"),
    (5439, "Redshift"),
    (5601, "Kibana"),
    (5900, "VNC"),
    (6379, "Redis"),
    (6443, "Kubernetes"),
    (9092, "Kafka"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
];

pub(super) fn check(into: &mut Into<'_>) {
    let resource = into.resource;
    match resource.kind.as_str() {
        "AWS::EC2::SecurityGroup" => {
            for (index, rule) in listed(resource.properties.get("SecurityGroupIngress")).into_iter().enumerate() {
                if let Value::Object(rule) = rule {
                    ingress(rule, &format!("SecurityGroupIngress[{index}]"), into);
                }
            }
        }
        "AWS::EC2::SecurityGroupIngress" => ingress(&resource.properties, "", into),
        "AWS::EC2::NetworkAclEntry" => {
            let in_all = resource.get("CidrBlock").and_then(Value::as_str).is_some_and(world)
                && resource.get("RuleAction").and_then(Value::as_str) == Some("allow")
                && !super::super::truthy(resource.get("Egress"))
                && number(resource.get("Protocol")) == Some(-1);
            if in_all {
                let text = "lets all traffic from anywhere into the subnet";
                into.say(Risk::Info, "open-network-acl", "", text, "Only security groups hold anything back then.");
            }
        }
        _ => {}
    }
}

fn ingress(rule: &Map<String, Value>, path: &str, into: &mut Into<'_>) {
    let from =
        ["CidrIp", "CidrIpv6"].into_iter().find_map(|n| rule.get(n).and_then(Value::as_str).filter(|c| world(c)));
    let Some(from) = from else { return };
    let all = matches!(rule.get("IpProtocol"), Some(Value::String(p)) if p == "-1")
        || number(rule.get("IpProtocol")) == Some(-1);
    let ports = (number(rule.get("FromPort")), number(rule.get("ToPort")));
    let (risk, what) = match ports {
        _ if all => (Risk::Danger, "every port".to_owned()),
        (Some(low), Some(high)) if low <= 0 && high >= 65_535 || low == -1 => (Risk::Danger, "every port".to_owned()),
        (Some(low), Some(high)) => {
            let inner = INNER.iter().find(|(port, _)| i64::try_from(*port).is_ok_and(|p| low <= p && p <= high));
            let ports = if low == high { format!("port {low}") } else { format!("ports {low} to {high}") };
            match inner {
                Some((_, name)) => (Risk::Danger, format!("{ports} ({name})")),
                None if low == high && (low == 443 || low == 80) => (Risk::Info, ports),
                None => (Risk::Warning, ports),
            }
        }
        _ => (Risk::Warning, format!("ports {}", rule.get("FromPort").map_or("unknown".to_owned(), text::value))),
    };
    let text = format!("opens {what} to {from}");
    into.say(
        risk,
        "open-to-the-world",
        path,
        text,
        "Everyone on the internet can reach it, and scanners do within minutes.",
    );
}

/// True for the whole world, or a part that is nearly all of it.
fn world(cidr: &str) -> bool {
    match cidr.rsplit_once('/') {
        Some((_, bits)) => bits.trim().parse::<u8>().is_ok_and(|bits| bits < 8),
        None => false,
    }
}

pub(super) fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Number(n) => n.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
