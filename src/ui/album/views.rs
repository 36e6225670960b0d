//! Which views the program has, and on which pages of the album each is.
//!
//! The lists are made of the types that the views are told apart by: a view that is new does not
//! compile before it is named here (or in `panels/tests/views.rs`, where a panel's own are), and what is
//! named must be a page that is kept.

use std::collections::BTreeSet;

use crate::ui::{
    model::{Model, Screen, listing::Kind, overlay::Overlay},
    panels::{PanelId, tests::views as panels},
};

/// For each type a function that tells the pages of a value, which has to know every one of them; and
/// all pages together.
macro_rules! shown {
    ($($of:ident($kind:ty) { $($pattern:pat => [$($page:literal),* $(,)?],)+ })+) => {
        $(
            #[allow(dead_code, reason = "they are there to know every value; some are also asked")]
            fn $of(it: &$kind) -> &'static [&'static str] {
                match it { $($pattern => &[$($page),*],)+ }
            }
        )+

        /// The pages of all values.
        pub(in crate::ui) fn pages() -> Vec<&'static str> {
            vec![$($($($page,)*)+)+]
        }
    };
}

shown! {
    of_screen(Screen) {
        Screen::Home => ["home", "home_empty"],
        Screen::New => ["form"],
        Screen::Workbench => ["workbench", "workbench_stopped", "findings", "checks"],
    }

    of_panel(PanelId) {
        PanelId::Spec => ["spec_at_design", "spec_at_work"],
        // By what they show: panels/tests/views.rs.
        PanelId::Document | PanelId::Diff => [],
        PanelId::Activity => ["activity_lines"],
    }

    of_overlay(Overlay) {
        Overlay::Help(_) => ["help"],
        Overlay::Palette(_) => ["palette"],
        Overlay::Prompt(_) => [],
        Overlay::Editor(_) => ["editor"],
        Overlay::Question { .. } => ["question"],
        Overlay::List(_) => [],
        Overlay::Notices { .. } => ["notices"],
        Overlay::Settings { .. } => ["settings"],
    }

    of_list(Kind) {
        Kind::Trace => ["trace"],
        Kind::Links(_) => ["links"],
        Kind::Comments => ["comments"],
        Kind::Files => ["files"],
        Kind::Outline(..) => ["outline"],
        Kind::Places => ["account", "account_expired"],
        Kind::Functions => ["functions"],
        Kind::Drift => ["drift"],
        Kind::Apps => ["apps"],
    }

    of_one_line(bool) {
        true => ["prompt_search"],
        false => ["prompt"],
    }
}

/// All pages of the album.
pub(super) fn all() -> BTreeSet<&'static str> {
    pages().into_iter().chain(panels::pages()).collect()
}

/// The pages that may show a screen as it is.
pub(in crate::ui) fn of_model(model: &Model) -> Vec<&'static str> {
    match model.overlays.last() {
        Some(Overlay::List(list)) => of_list(&list.kind).to_vec(),
        Some(Overlay::Prompt(prompt)) => of_one_line(&prompt.purpose.one_line()).to_vec(),
        Some(overlay) => of_overlay(overlay).to_vec(),
        None => of_screen(&model.screen).to_vec(),
    }
}

#[test]
fn every_view_has_a_page_and_every_page_is_of_a_view() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/album/pages");
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let kept: BTreeSet<String> = files.filter_map(|f| Some(f.strip_suffix(".snap")?.to_owned())).collect();
    let named: BTreeSet<String> = all().into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = named.difference(&kept).collect();
    let more: Vec<_> = kept.difference(&named).collect();
    assert!(missing.is_empty() && more.is_empty(), "views without a page: {missing:?}; pages of no view: {more:?}");
}
