//! How large a zip is, without writing one: its members are packed, counted and forgotten.

use std::io::{self, Read, Write};

use flate2::{Compression, write::DeflateEncoder};

/// What the format takes for one member beside its name and its content: a header before it, one in the
/// directory at the end, and the sizes between, as who writes in one go puts them.
const MEMBER: u64 = 30 + 46 + 16;
/// The end of the directory.
const END: u64 = 22;

/// A zip that is not there.
#[derive(Debug, Default)]
pub(super) struct Zip(u64);

impl Zip {
    /// One more member.
    pub(super) fn put(&mut self, name: &str, mut content: impl Read) -> io::Result<()> {
        let mut packed = DeflateEncoder::new(Counted(0), Compression::default());
        io::copy(&mut content, &mut packed)?;
        self.0 += MEMBER + 2 * name.len() as u64 + packed.finish()?.0;
        Ok(())
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.0 + END
    }
}

/// Takes everything, and keeps how much it was.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_packed_and_what_does_not_is_not() {
        let of = |content: &[u8]| {
            let mut zip = Zip::default();
            zip.put("index.mjs", content).unwrap();
            zip.bytes()
        };
        let overhead = MEMBER + END + 18;
        assert!(of(&[b'x'; 100_000]) < overhead + 500);
        // Bytes that no packing makes less: each is a digest's.
        let noise: Vec<u8> =
            (0..2_000_u32).flat_map(|n| <sha2::Sha256 as sha2::Digest>::digest(n.to_le_bytes()).to_vec()).collect();
        let size = of(&noise);
        assert!(size >= noise.len() as u64 && size < noise.len() as u64 + overhead + 200, "{size}");
        assert_eq!(Zip::default().bytes(), END);
    }
}
