//! What the document and the diff panel can show, and on which pages of the album each is.

use crate::{
    domain::gate::Subject,
    ui::panels::{
        diff::content::Kind,
        document::{Showing, View},
    },
};

shown! {
    of_document(View) {
        View::Rendered => [
            "document_at_its_gate", "document_without_focus", "document_diagram", "document_search", "review_rendered",
            "review_next_change", "review_authors", "review_folded",
        ],
        View::Source => ["document_source", "review_source", "review_authors_of_the_source"],
        View::Changes => ["document_changes", "review_changes"],
        View::Diff => ["review_changes_in_the_source"],
    }

    of_showing(Showing) {
        Showing::Nothing(_) => ["document_missing"],
        Showing::Live(_) => ["document_live"],
        Showing::Revision(..) => ["document_older"],
    }

    of_diff(Kind) {
        Kind::Change => [
            "diff_change", "diff_change_unified", "diff_facts", "diff_template", "odd_side_by_side", "odd_unified",
        ],
        Kind::Command => ["diff_command", "diff_running"],
        Kind::Claim => ["diff_claim", "diff_comments", "diff_comment_whole", "diff_moved_away"],
        Kind::Standing => ["diff_standing"],
        Kind::Merge => ["diff_merge", "diff_merge_held", "diff_submodules"],
        Kind::Question => ["diff_question"],
        Kind::Own => ["diff_own"],
        Kind::Cloud => ["cloud_prepare", "cloud_deploy", "cloud_delete"],
        Kind::Offer => ["cloud_failed", "cloud_unmade", "cloud_answer"],
        // Nothing there can be answered.
        Kind::Other => ["diff_live", "diff_applied", "diff_next", "diff_stacks", "cloud_running"],
    }

    of_gate(Subject) {
        Subject::Requirements | Subject::Design | Subject::Tasks => ["document_at_its_gate"],
        Subject::Standing => ["diff_standing"],
        Subject::Change => ["diff_change"],
        Subject::Command => ["diff_command"],
        Subject::Task => ["diff_claim"],
        Subject::Override => ["diff_merge_held"],
        Subject::Merge => ["diff_merge"],
        Subject::Own | Subject::PutBack => ["diff_own"],
        Subject::Cloud => ["cloud_deploy"],
    }
}
