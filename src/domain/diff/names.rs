//! Numbers for texts: the same for the same text, from 0 on without gaps.
//!
//! Always holds: two texts share a number exactly when they are equal, byte for byte.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

/// The texts that have numbers.
pub(super) struct Names<'a> {
    /// Numbers by the hash of their texts. The hash differs from run to run, so that no file can be made to
    /// collide; what it gives does not depend on it.
    known: HashTable<u32>,
    texts: Vec<&'a [u8]>,
    hash: DefaultHashBuilder,
}

impl<'a> Names<'a> {
    /// With room for so many texts.
    pub(super) fn of(most: usize) -> Self {
        Self { known: HashTable::with_capacity(most), texts: Vec::new(), hash: DefaultHashBuilder::default() }
    }

    /// The number of a text.
    pub(super) fn name(&mut self, text: &'a [u8]) -> u32 {
        let Self { known, texts, hash } = self;
        let same = |n: &u32| texts.get(*n as usize).is_some_and(|other| *other == text);
        let again = |n: &u32| hash.hash_one(texts.get(*n as usize).copied().unwrap_or_default());
        let entry = known.entry(hash.hash_one(text), same, again);
        let next = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        let number = *entry.or_insert(next).get();
        if number == next {
            texts.push(text);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_number() {
        let mut names = Names::of(1);
        let given: Vec<u32> = ["a", "b", "", "a", "c", "", "b"].iter().map(|t| names.name(t.as_bytes())).collect();
        assert_eq!(given, [0, 1, 2, 0, 3, 2, 1]);
    }
}
