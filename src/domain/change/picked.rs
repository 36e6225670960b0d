//! Lines that are picked, by index.
//!
//! A large change has many, and they are mostly neighbours: 64 of them share a word. In JSON it is the list of
//! indices.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Indices of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picked {
    /// By the index over 64; no word is empty.
    words: BTreeMap<usize, u64>,
}

impl Picked {
    pub(super) fn contains(&self, line: usize) -> bool {
        self.words.get(&(line / 64)).is_some_and(|word| word & bit(line) > 0)
    }

    /// Adds lines, or removes them.
    pub(super) fn set(&mut self, lines: impl IntoIterator<Item = usize>, take: bool) {
        // Neighbours share a look-up.
        let (mut at, mut bits) = (0, 0);
        for line in lines {
            if line / 64 != at {
                self.put(at, bits, take);
                (at, bits) = (line / 64, 0);
            }
            bits |= bit(line);
        }
        self.put(at, bits, take);
    }

    fn put(&mut self, at: usize, bits: u64, take: bool) {
        if bits == 0 {
            return;
        }
        let word = self.words.entry(at).or_default();
        *word = if take { *word | bits } else { *word & !bits };
        if *word == 0 {
            self.words.remove(&at);
        }
    }

    /// How many of some lines are among them.
    pub(super) fn count(&self, lines: impl IntoIterator<Item = usize>) -> usize {
        let mut last = (0, self.words.get(&0).copied().unwrap_or_default());
        let mut has = |line: &usize| {
            if line / 64 != last.0 {
                last = (line / 64, self.words.get(&(line / 64)).copied().unwrap_or_default());
            }
            last.1 & bit(*line) > 0
        };
        lines.into_iter().filter(|line| has(line)).count()
    }
}

fn bit(line: usize) -> u64 {
    1 << (line % 64)
}

impl Serialize for Picked {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let lines = |(at, word): (&usize, &u64)| {
            let (at, word) = (*at, *word);
            (0..64).map(move |k| at * 64 + k).filter(move |line| word & bit(*line) > 0)
        };
        s.collect_seq(self.words.iter().flat_map(lines))
    }
}

impl<'de> Deserialize<'de> for Picked {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let mut out = Self::default();
        out.set(Vec::<usize>::deserialize(d)?, true);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set_of_lines(steps in prop::collection::vec((prop::collection::vec(0..300_usize, 0..9), any::<bool>()), 0..12)) {
            let (mut picked, mut set) = (Picked::default(), BTreeSet::new());
            for (lines, take) in steps {
                picked.set(lines.iter().copied(), take);
                for line in lines {
                    if take { set.insert(line); } else { set.remove(&line); }
                }
            }
            let all: Vec<usize> = (0..300).filter(|line| picked.contains(*line)).collect();
            prop_assert_eq!(&all, &set.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(picked.count(0..300), set.len());
            prop_assert_eq!(picked.words.is_empty(), set.is_empty());
            let json = serde_json::to_string(&picked).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&set).unwrap());
            prop_assert_eq!(serde_json::from_str::<Picked>(&json).unwrap(), picked);
        }
    }
}
