//! What becomes of the resources of a stack that is deleted: what the account says is in it, with the
//! policies of its template; and what there is to know of each before the yes.
//!
//! Pure. Always holds: a policy that cannot be read is told as unknown, never as one that keeps.

use super::{
    cloud::{
        StackResource,
        remains::{Becomes, Left},
    },
    stack::{Template, diff::keeps_a_snapshot, risk},
};

/// The kind of CDK's own resource that empties buckets before they are deleted.
const EMPTIES: &str = "Custom::S3AutoDeleteObjects";

/// The resources of a stack that goes; `above` leads to it, `template` is its own, where it could be read,
/// and `kept` says that it stays as a whole.
pub fn of(above: &str, there: &[StackResource], template: Option<&str>, kept: Option<Becomes>) -> Vec<Left> {
    let template = template.and_then(|text| Template::parse(text).ok()).map(|t| t.expanded().0);
    let is_there = |r: &&StackResource| r.status != "DELETE_COMPLETE" && !r.physical.is_empty();
    let left = |r: &StackResource| {
        let policy = || {
            let found = template.as_ref()?.resources.iter().find(|of| of.id == r.id)?;
            Some(match found.deletion_policy.as_deref() {
                Some("Retain") => Becomes::Retained,
                Some("RetainExceptOnCreate") => Becomes::RetainedExceptOnCreate,
                Some("Snapshot") => Becomes::Snapshot,
                Some("Delete") => Becomes::Deleted,
                None if keeps_a_snapshot(found) => Becomes::Snapshot,
                None => Becomes::Deleted,
                // A function, or a word that came after this program.
                Some(_) => Becomes::Unknown,
            })
        };
        let becomes = match (r.status.as_str(), kept) {
            ("DELETE_SKIPPED", _) => Becomes::LeftBefore,
            (_, Some(kept)) => kept,
            (_, None) => policy().unwrap_or(Becomes::Unknown),
        };
        Left { id: format!("{above}{}", r.id), kind: r.kind.clone(), physical: r.physical.clone(), becomes }
    };
    there.iter().filter(is_there).map(left).collect()
}

/// How much goes with a resource: 0 is the worst.
fn weight(kind: &str, becomes: Becomes) -> usize {
    match (becomes, risk::of_loss(kind)) {
        (Becomes::Deleted | Becomes::Unknown, Some(super::stack::Risk::Danger)) => 0,
        (Becomes::Deleted | Becomes::Unknown, Some(_)) => 1,
        (Becomes::Snapshot, _) => 2,
        (Becomes::Deleted | Becomes::Unknown, None) => 3,
        (Becomes::Retained | Becomes::RetainedExceptOnCreate | Becomes::LeftBefore, _) => 4,
    }
}

/// The same with what matters most first; what is not deleted last.
pub fn worst_first(mut left: Vec<Left>) -> Vec<Left> {
    left.sort_by(|a, b| (weight(&a.kind, a.becomes), &a.id).cmp(&(weight(&b.kind, b.becomes), &b.id)));
    left
}

/// How bad it is that it goes; none for what holds nothing, or stays.
pub fn danger(left: &Left) -> Option<super::stack::Risk> {
    if left.becomes.stays() { None } else { risk::of_loss(&left.kind) }
}

/// What there is to know of one before the yes, in words; `all` are those that go with it.
pub fn words(left: &Left, all: &[Left]) -> String {
    let emptied = all.iter().any(|l| l.kind == EMPTIES && !l.becomes.stays());
    let goes = match left.kind.as_str() {
        "AWS::S3::Bucket" if emptied => {
            "goes with its objects where CDK's own resource empties it; a bucket that is not empty stops the deletion"
        }
        "AWS::S3::Bucket" => {
            "goes if it is empty; one with objects stops the deletion, which ends as DELETE_FAILED with the rest gone"
        }
        "AWS::ECR::Repository" => "goes if it has no images, or its EmptyOnDelete says so; else it stops the deletion",
        "AWS::KMS::Key" => "is scheduled to be deleted; what it encrypted cannot be read after that",
        kind => match risk::of_loss(kind) {
            Some(super::stack::Risk::Danger) => "goes with the data in it, and nothing brings that back",
            Some(_) => "goes with what is in it",
            None => "goes",
        },
    };
    match left.becomes {
        Becomes::Deleted => goes.to_owned(),
        Becomes::Unknown => format!("has a policy that could not be read; if that does not keep it, it {goes}"),
        Becomes::Snapshot => "goes after a snapshot of it was made; the snapshot stays and costs".to_owned(),
        Becomes::Retained => "stays in the account, in no stack, and goes on costing (Retain)".to_owned(),
        Becomes::RetainedExceptOnCreate => {
            "stays in the account, in no stack, and goes on costing (RetainExceptOnCreate)".to_owned()
        }
        Becomes::LeftBefore => "was left in the account before, and stays there".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(id: &str, kind: &str, status: &str) -> StackResource {
        let physical = format!("{}-1", id.to_lowercase());
        StackResource { id: id.into(), physical, kind: kind.into(), status: status.into(), reason: None }
    }

    const TEMPLATE: &str = r#"{"Resources":{
        "Bucket":{"Type":"AWS::S3::Bucket"},
        "Kept":{"Type":"AWS::S3::Bucket","DeletionPolicy":"Retain"},
        "New":{"Type":"AWS::DynamoDB::Table","DeletionPolicy":"RetainExceptOnCreate"},
        "Database":{"Type":"AWS::RDS::DBCluster"},
        "Volume":{"Type":"AWS::EC2::Volume","DeletionPolicy":"Snapshot"},
        "Odd":{"Type":"AWS::SQS::Queue","DeletionPolicy":{"Fn::If":["C","Retain","Delete"]}},
        "Role":{"Type":"AWS::IAM::Role","DeletionPolicy":"Delete"},
        "Table":{"Type":"AWS::DynamoDB::Table"}}}"#;

    fn all() -> Vec<StackResource> {
        [
            ("Role", "AWS::IAM::Role", "CREATE_COMPLETE"),
            ("Kept", "AWS::S3::Bucket", "CREATE_COMPLETE"),
            ("New", "AWS::DynamoDB::Table", "CREATE_COMPLETE"),
            ("Bucket", "AWS::S3::Bucket", "DELETE_FAILED"),
            ("Database", "AWS::RDS::DBCluster", "CREATE_COMPLETE"),
            ("Volume", "AWS::EC2::Volume", "CREATE_COMPLETE"),
            ("Odd", "AWS::SQS::Queue", "CREATE_COMPLETE"),
            ("Table", "AWS::DynamoDB::Table", "DELETE_SKIPPED"),
            ("Gone", "AWS::SQS::Queue", "DELETE_COMPLETE"),
            ("Foreign", "AWS::SNS::Topic", "CREATE_COMPLETE"),
        ]
        .map(|(id, kind, status)| there(id, kind, status))
        .to_vec()
    }

    fn shape(left: &[Left]) -> Vec<(&str, Becomes)> {
        left.iter().map(|l| (l.id.as_str(), l.becomes)).collect()
    }

    #[test]
    fn each_policy_says_what_becomes_of_it_and_data_leads() {
        let left = worst_first(of("", &all(), Some(TEMPLATE), None));
        let want = [
            ("Bucket", Becomes::Deleted),
            ("Odd", Becomes::Unknown),
            ("Database", Becomes::Snapshot),
            ("Volume", Becomes::Snapshot),
            ("Foreign", Becomes::Unknown),
            ("Role", Becomes::Deleted),
            ("Kept", Becomes::Retained),
            ("New", Becomes::RetainedExceptOnCreate),
            ("Table", Becomes::LeftBefore),
        ];
        assert_eq!(shape(&left), want);
        assert!(left.iter().all(|l| !words(l, &left).is_empty()));
        assert!(words(&left[0], &left).contains("DELETE_FAILED"), "{}", words(&left[0], &left));
        assert!(words(&left[1], &left).contains("could not be read"));
    }

    #[test]
    fn without_a_template_nothing_is_said_to_be_kept() {
        let left = of("Inner/", &all(), None, None);
        assert!(left.iter().all(|l| l.becomes == Becomes::Unknown || l.becomes == Becomes::LeftBefore), "{left:?}");
        assert!(left[0].id == "Inner/Role");
        let broken = of("", &all(), Some("{"), None);
        assert_eq!(broken[0].becomes, Becomes::Unknown);
        let kept = of("", &all(), Some(TEMPLATE), Some(Becomes::Retained));
        assert!(kept.iter().all(|l| l.becomes.stays()), "a stack that stays keeps what is in it");
    }

    #[test]
    fn what_empties_a_bucket_is_told() {
        let resources =
            [there("Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE"), there("Emptier", EMPTIES, "CREATE_COMPLETE")];
        let left = of(
            "",
            &resources,
            Some(
                r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket"},"Emptier":{"Type":"Custom::S3AutoDeleteObjects"}}}"#,
            ),
            None,
        );
        assert!(words(&left[0], &left).contains("goes with its objects"), "{}", words(&left[0], &left));
    }
}
