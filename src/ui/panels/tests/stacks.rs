//! The infrastructure review: with a change, with a merge, and by itself.

use super::*;
use crate::domain::stack::{Template, compare};

const BEFORE: &str = "Resources:
  Uploads:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              Effect: Allow
              Action: s3:GetObject
              Resource: arn:aws:s3:::photos/*
  Queue:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 30 }
";

pub(super) fn after() -> String {
    BEFORE
        .replace("AttributeName: id", "AttributeName: key")
        .replace("s3:GetObject", "s3:*")
        .replace("VisibilityTimeout: 30", "VisibilityTimeout: 60, QueueName: \"\\x1b[31mred\"")
}

pub(super) fn template_change() -> Change {
    file("infra/template.yaml", Some(BEFORE), Some(&after()))
}

fn shown(world: &World, panel: &mut DiffPanel) -> String {
    let buf = world.draw(panel, 80, 60);
    text(&buf)
}

#[test]
fn a_change_of_a_template_is_reviewed_above_its_lines_and_judged_by_its_own_digest() {
    let change = template_change();
    let world = World::of(Story::working().proposed(Proposal::Change(change.clone()), &[]));
    let mut panel = DiffPanel::plain();
    let seen = shown(&world, &mut panel);
    let places: Vec<Option<usize>> = ["REPLACED  Uploads", "REPLACED  Queue", "changed   Role", "AttributeName: id"]
        .iter()
        .map(|word| seen.find(word))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{seen}");
    assert!(seen.contains("is replaced, and the old one is deleted"), "dangerous ones are open: {seen}");
    let sent = panel.act(Action::Approve, &world.ctx());
    let digest = change.digest();
    let expected = matches!(&sent[..], [Intent::Send(Command::Decide { subject: Subject::Change, digest: d, .. })] if *d == digest);
    assert!(expected, "{sent:?}");
}

#[test]
fn heads_open_and_close() {
    let world = World::of(Story::working().proposed(Proposal::Change(template_change()), &[]));
    let mut panel = DiffPanel::plain();
    let detail = "+ Allow s3:* on arn:aws:s3:::photos/*";
    assert!(!shown(&world, &mut panel).contains(detail));
    for open in [true, false, true] {
        let seen = shown(&world, &mut panel);
        let row = seen.lines().position(|l| l.contains("changed   Role")).unwrap();
        panel.act(Action::Top, &world.ctx());
        (1..row).for_each(|_| drop(panel.act(Action::Down, &world.ctx())));
        panel.act(Action::Open, &world.ctx());
        assert_eq!(shown(&world, &mut panel).contains(detail), open);
    }
}

#[test]
fn a_template_that_cannot_be_read_is_said_and_nothing_is_made_up() {
    let broken = BEFORE.replace("  Queue:", "  Role:");
    let world =
        World::of(Story::working().proposed(Proposal::Change(file("t.yaml", Some(BEFORE), Some(&broken))), &[]));
    let seen = shown(&world, &mut DiffPanel::plain());
    assert!(seen.contains("cannot be read: line 16: the key Role stands twice"), "{seen}");
    assert!(!seen.contains("removed"), "{seen}");
}

#[test]
fn the_review_by_itself_closes_and_gives_way_to_what_comes_to_the_gate() {
    let diff = compare("Photos", Some(&Template::parse(BEFORE).unwrap()), Some(&Template::parse(&after()).unwrap()));
    let mut world = World::of(Story::working());
    world.stacks = vec![diff];
    let mut panel = DiffPanel::plain();
    panel.show_stacks();
    assert!(shown(&world, &mut panel).contains("Infrastructure: Photos"));
    assert!(panel.back());
    assert!(!shown(&world, &mut panel).contains("Infrastructure"));
    panel.show_stacks();
    shown(&world, &mut panel);
    let proposed = World::of(Story::working().proposed(Proposal::Change(change()), &[]));
    let world = World { stacks: world.stacks, ..proposed };
    assert!(!shown(&world, &mut panel).contains("Infrastructure"));
}

#[test]
fn the_review_stays_while_a_document_waits() {
    let world = World { stacks: vec![crate::domain::stack::StackDiff::default()], ..World::of(Story::design()) };
    let mut panel = DiffPanel::plain();
    panel.show_stacks();
    for _ in 0..2 {
        assert!(shown(&world, &mut panel).contains("nothing changes"));
    }
}

#[test]
fn secrets_are_hidden() {
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    let with = BEFORE.replace("VisibilityTimeout: 30", &format!("QueueName: {key}"));
    let world = World::of(Story::working().proposed(Proposal::Change(file("t.yaml", None, Some(&with))), &[]));
    let mut panel = DiffPanel::plain();
    let seen = shown(&world, &mut panel);
    let review = seen.split("Type: AWS").next().unwrap();
    assert!(!review.contains(&key), "{seen}");
}
