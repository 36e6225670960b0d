//! The git adapter on real repositories, judged by the real `git`.

mod commit;
mod merge;
mod open;
mod support;
