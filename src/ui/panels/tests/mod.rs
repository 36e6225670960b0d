//! The panels as a developer meets them.

use crate::{
    config::theme::{Theme, shipped},
    ui::style::{Capability, Styles},
};

pub(super) fn styles() -> Styles {
    let mono = Theme::load(&shipped(), "mono").unwrap();
    Styles::new(&Theme::load(&shipped(), "dark").unwrap(), &mono, Capability::TrueColor)
}
