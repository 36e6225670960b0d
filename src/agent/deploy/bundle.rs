//! What the code of a function weighs before it goes up: its files here, and the zip that they make.
//!
//! Reads and packs, and leaves nothing behind; it takes a while, so that it is for a thread of its own.

use std::sync::Arc;

use crate::{
    domain::{path::RelPath, stack::nested},
    ports::files::Files,
};

/// More bytes are not packed to be weighed: AWS takes 50 MB of a zip, and 250 MB of what is in it.
const PACKED: u64 = 64 << 20;

/// What a bundle weighs, and the zip of it: of what `sam build` left where it did, else of the path that
/// the template in `file` names.
pub fn of(files: &Arc<dyn Files>, file: &str, id: &str, path: &str) -> (Option<u64>, Option<u64>) {
    let built = nested::beside(file, &format!(".aws-sam/build/{id}"));
    let places = [built, nested::beside(file, path)];
    let mut places = places.into_iter().flatten().filter_map(|at| RelPath::parse(&at).ok());
    let Some((at, bytes)) = places.find_map(|at| Some((at.clone(), files.weigh(&at).ok().flatten()?))) else {
        return (None, None);
    };
    // A zip goes up as it is.
    let zip = if at.as_str().ends_with(".zip") || at.as_str().ends_with(".jar") {
        Some(bytes)
    } else {
        files.zipped(&at, PACKED).ok().flatten()
    };
    (Some(bytes), zip)
}
