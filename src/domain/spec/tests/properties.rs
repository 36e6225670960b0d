use proptest::prelude::*;

use crate::domain::{
    digest::Digest,
    spec::{
        bugfix::Bugfix,
        criteria::Criterion,
        design::Design,
        edit::{apply, tick, tick_edits},
        requirements::Requirements,
        tasks::{Mark, Tasks},
        text::{Scan, Span},
    },
};

/// Text made of the pieces that the parsers look for, so that they meet in every order.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("- [ ] ".to_owned()),
        Just("- [x]* ".to_owned()),
        Just("  - [-] ".to_owned()),
        Just("* [é] ".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("### Requirement ".to_owned()),
        Just("#### Acceptance Criteria\n".to_owned()),
        Just("## Glossary\n".to_owned()),
        Just("### Expected Behavior\n".to_owned()),
        Just("### Property 1: ".to_owned()),
        Just("**Validates: Requirements 1.1-2.3, R4**".to_owned()),
        Just("_Requirements: 1.1, ＡＢ_".to_owned()),
        Just("_Depends: 1, 2.1_".to_owned()),
        Just("```json\n".to_owned()),
        Just("```\n".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just(r#"{"waves": [["1"], [2.1]]}"#.to_owned()),
        Just("**".to_owned()),
        Just("| a | 1.1 |".to_owned()),
        Just("WHEN x, THE Y SHALL z".to_owned()),
        "[0-9]{1,2}(\\.[0-9]){0,2}[.)]? ".prop_map(|s| s),
        "\\PC{0,6}",
        "[ \t]{0,5}",
    ];
    prop_oneof![
        9 => prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn fits(source: &str, span: Span) {
    assert!(span.start <= span.end && span.end <= source.len(), "{span:?} of {}", source.len());
    assert!(source.is_char_boundary(span.start) && source.is_char_boundary(span.end), "{span:?}");
}

fn in_order(source: &str, spans: impl IntoIterator<Item = Span>) {
    let mut last = 0;
    for span in spans {
        fits(source, span);
        assert!(span.start >= last, "{span:?} comes before {last}");
        last = span.start;
    }
}

fn apart(source: &str, criteria: &[Criterion]) {
    let mut end = 0;
    for criterion in criteria {
        fits(source, criterion.span);
        assert!(criterion.span.start >= end);
        end = criterion.span.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses_and_prints_back(source in markdown()) {
        let scan = Scan::new(&source);
        in_order(&source, scan.lines.iter().map(|l| l.span));
        in_order(&source, scan.sections.iter().map(|s| s.span));
        in_order(&source, scan.sections.iter().map(|s| s.own));
        in_order(&source, scan.fences.iter().map(|f| f.body));

        let requirements = Requirements::parse(&source);
        prop_assert_eq!(requirements.to_string(), source.as_str());
        in_order(&source, requirements.requirements.iter().map(|r| r.span));
        in_order(&source, requirements.glossary.iter().map(|t| t.span));
        for requirement in &requirements.requirements {
            apart(&source, &requirement.criteria);
            requirement.story.iter().for_each(|s| fits(&source, s.span));
        }

        let bugfix = Bugfix::parse(&source);
        prop_assert_eq!(bugfix.to_string(), source.as_str());
        for (_, group) in &bugfix.groups {
            fits(&source, group.span);
            apart(&source, &group.criteria);
        }

        let design = Design::parse(&source);
        prop_assert_eq!(design.to_string(), source.as_str());
        in_order(&source, design.properties.iter().map(|p| p.span));
        in_order(&source, design.mentions.iter().map(|m| m.span));

        let tasks = Tasks::parse(&source);
        prop_assert_eq!(tasks.to_string(), source.as_str());
        in_order(&source, tasks.tasks.iter().map(|t| t.span));
        in_order(&source, tasks.tasks.iter().map(|t| t.mark_span));
        for task in &tasks.tasks {
            in_order(&source, task.details.iter().map(|d| d.span));
            task.fields.iter().for_each(|f| assert_eq!(f.span.of(&source), f.value));
            task.requirements.iter().for_each(|r| fits(&source, r.span));
        }
        let mut order = tasks.run_order().tasks;
        order.sort_unstable();
        let leaves: Vec<usize> = (0..tasks.tasks.len()).filter(|i| tasks.tasks[*i].is_leaf()).collect();
        prop_assert_eq!(order, leaves);
    }

    #[test]
    fn a_tick_changes_one_byte_and_can_be_taken_back(source in markdown(), mark in 0..4_usize) {
        let mark = [Mark::Open, Mark::Done, Mark::Active, Mark::Queued][mark];
        let seen = Digest::of(&source);
        for task in Tasks::parse(&source).tasks {
            let Ok(ticked) = tick(&source, seen, &task.id, mark) else { continue };
            let differ = source.bytes().zip(ticked.bytes()).filter(|(a, b)| a != b).count();
            prop_assert_eq!((differ, source.len()), (1, ticked.len()));
            prop_assert_eq!(Tasks::parse(&ticked).get(&task.id).map(|t| t.mark), Some(mark));
            if task.mark_span.of(&source) != "X" {
                prop_assert_eq!(tick(&ticked, Digest::of(&ticked), &task.id, task.mark), Ok(source.clone()));
            }
            let Ok(edits) = tick_edits(&source, seen, &task.id, mark) else { continue };
            let closed = apply(&source, seen, &edits).unwrap();
            let differ = source.bytes().zip(closed.bytes()).filter(|(a, b)| a != b).count();
            prop_assert_eq!(differ, edits.len());
            let back: Vec<_> = edits.iter().map(|e| e.inverse()).collect();
            prop_assert_eq!(apply(&closed, Digest::of(&closed), &back), Ok(source.clone()));
        }
    }
}
