//! Why an operation failed, where the events of its stack say no more than that it did: what AWS found
//! wrong before it began, and what an organisation's hooks said.
//!
//! Pure. Always holds: what says something is never left out for what points elsewhere; what AWS only
//! warns of does not lead.

use serde::{Deserialize, Serialize};

use super::progress::{NO_REASON, Reason};

/// Who found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// A check of AWS's before anything is made, by its name: `NAME_CONFLICT_VALIDATION`.
    Validation(String),
    /// A hook, by its type: `Acme::Policy::Encrypted`.
    Hook(String),
    /// What was done, when it was done.
    Provisioning,
}

/// One thing that is wrong with an operation on a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The logical id; empty for the operation as a whole.
    pub resource: String,
    /// `AWS::S3::Bucket`; empty where AWS does not say.
    pub kind: String,
    /// Who found it.
    pub by: FoundBy,
    /// Where in the template: `/Resources/Bucket/Properties/BucketName`; empty where AWS does not say.
    pub path: String,
    /// What, in AWS's or the hook's words.
    pub text: String,
    /// It is told and stands in the way of nothing.
    pub warns: bool,
}

impl Failure {
    /// In the words of a reason: what, where, by whom.
    fn reason(&self) -> Reason {
        let own = format!("/Resources/{}", self.resource);
        let path = self.path.strip_prefix(&own).unwrap_or(&self.path).trim_start_matches('/');
        let text = if self.text.trim().is_empty() { NO_REASON } else { self.text.trim() };
        let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
        let by = match &self.by {
            FoundBy::Validation(name) if name.is_empty() => " (found before anything was made)".to_owned(),
            FoundBy::Validation(name) => format!(" ({name}, before anything was made)"),
            FoundBy::Hook(name) if name.is_empty() => " (said by a hook)".to_owned(),
            FoundBy::Hook(name) => format!(" (said by hook {name})"),
            FoundBy::Provisioning => String::new(),
        };
        let warns = if self.warns { "only warned of: " } else { "" };
        Reason { resource: self.resource.clone(), kind: self.kind.clone(), text: format!("{warns}{at}{text}{by}") }
    }
}

/// True for words that say no more than that there is something to be asked for elsewhere, or nothing.
pub fn points_elsewhere(text: &str) -> bool {
    let words = text.to_lowercase();
    let signs = [
        "describeevents",
        "describe-events",
        "earlyvalidation",
        "early validation",
        "validation failure detected",
        "hook(s) failed",
        "hook(s)/validation failed",
    ];
    words.trim().is_empty() || text == NO_REASON || signs.iter().any(|sign| words.contains(sign))
}

/// True when a failure's reasons leave open why.
pub fn leaves_open(reasons: &[Reason]) -> bool {
    reasons.is_empty() || reasons.iter().any(|reason| points_elsewhere(&reason.text))
}

/// The reasons with what was found beside them: that leads, and what only pointed to it is left out.
pub fn led_by(failures: &[Failure], reasons: Vec<Reason>) -> Vec<Reason> {
    let mut out: Vec<Reason> = Vec::new();
    let mut warned = Vec::new();
    for failure in failures.iter().filter(|f| !points_elsewhere(&f.text)) {
        let reason = failure.reason();
        let into = if failure.warns { &mut warned } else { &mut out };
        if !into.contains(&reason) {
            into.push(reason);
        }
    }
    let found = !out.is_empty();
    for reason in reasons {
        let told = out.iter().any(|o| o.resource == reason.resource && o.text.contains(reason.text.trim()));
        if !(told || found && points_elsewhere(&reason.text)) {
            out.push(reason);
        }
    }
    out.extend(warned);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(resource: &str, by: FoundBy, path: &str, text: &str) -> Failure {
        let kind = "AWS::S3::Bucket".to_owned();
        Failure { resource: resource.into(), kind, by, path: path.into(), text: text.into(), warns: false }
    }

    fn reason(resource: &str, text: &str) -> Reason {
        Reason { resource: resource.into(), kind: "AWS::S3::Bucket".into(), text: text.into() }
    }

    fn texts(reasons: &[Reason]) -> Vec<&str> {
        reasons.iter().map(|r| r.text.as_str()).collect()
    }

    #[test]
    fn what_was_found_leads_and_what_pointed_to_it_goes() {
        let pointer = "Validation failed with 1 error(s). Call DescribeEvents to retrieve the full list of issues";
        let name = FoundBy::Validation("NAME_CONFLICT_VALIDATION".into());
        let path = "/Resources/Bucket/Properties/BucketName";
        let found = [
            failure("Bucket", name, path, "photos exists already"),
            failure("app", FoundBy::Provisioning, "", pointer),
            failure("Bucket", FoundBy::Hook("Acme::Crypt::Hook".into()), "", "encrypt it"),
        ];
        let led = led_by(&found, vec![reason("app", pointer), reason("Queue", "no such key")]);
        let want = [
            "Properties/BucketName: photos exists already (NAME_CONFLICT_VALIDATION, before anything was made)",
            "encrypt it (said by hook Acme::Crypt::Hook)",
            "no such key",
        ];
        assert_eq!(texts(&led), want);
    }

    #[test]
    fn without_anything_found_the_reasons_stay_as_they_are() {
        let pointer = "The following hook(s) failed: [Acme::Crypt::Hook]";
        assert_eq!(led_by(&[], vec![reason("Bucket", pointer)]), [reason("Bucket", pointer)]);
        let empty = failure("Bucket", FoundBy::Provisioning, "", " ");
        assert_eq!(texts(&led_by(&[empty], vec![reason("Bucket", NO_REASON)])), [NO_REASON]);
    }

    #[test]
    fn what_is_told_already_is_not_told_twice_and_what_is_only_warned_of_comes_last() {
        let provisioned = failure("Bucket", FoundBy::Provisioning, "", "photos exists already");
        let warns = Failure { warns: true, ..failure("Bucket", FoundBy::Hook("H".into()), "", "better not") };
        let led = led_by(&[warns, provisioned], vec![reason("Bucket", "photos exists already"), reason("Q", "x")]);
        assert_eq!(texts(&led), ["photos exists already", "x", "only warned of: better not (said by hook H)"]);
    }

    #[test]
    fn a_reason_that_says_something_is_not_taken_for_one_that_points_elsewhere() {
        for points in ["", " ", NO_REASON, "Validation failure detected. See operation's FAILED event for details."] {
            assert!(points_elsewhere(points), "{points}");
        }
        let early = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot \
                     Early Validation errors, use the DescribeEvents API for detailed failure information.";
        assert!(points_elsewhere(early));
        for says in ["Model validation failed (#/BucketName: too short)", "photos exists already"] {
            assert!(!points_elsewhere(says), "{says}");
        }
        assert!(leaves_open(&[]) && leaves_open(&[reason("A", "x"), reason("B", "")]));
        assert!(!leaves_open(&[reason("A", "x")]));
    }
}
