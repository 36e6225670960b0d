//! Colours as numbers: how near two are to the eye and how well one reads on another.
//!
//! Knows nothing of terminals beyond the reference values of their 256 colours. The first sixteen
//! differ from terminal to terminal; xterm's values stand in for them.

/// Red, green and blue, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

const SIXTEEN: [Rgb; 16] = [
    Rgb(0, 0, 0),
    Rgb(205, 0, 0),
    Rgb(0, 205, 0),
    Rgb(205, 205, 0),
    Rgb(0, 0, 238),
    Rgb(205, 0, 205),
    Rgb(0, 205, 205),
    Rgb(229, 229, 229),
    Rgb(127, 127, 127),
    Rgb(255, 0, 0),
    Rgb(0, 255, 0),
    Rgb(255, 255, 0),
    Rgb(92, 92, 255),
    Rgb(255, 0, 255),
    Rgb(0, 255, 255),
    Rgb(255, 255, 255),
];

impl Rgb {
    /// The reference value of a terminal's colour: 16 of its own, a cube of 216, 24 greys.
    pub fn indexed(index: u8) -> Self {
        let step = |n: u8| if n == 0 { 0 } else { 55 + n * 40 };
        match index {
            0..=15 => SIXTEEN.get(usize::from(index)).copied().unwrap_or(Self(0, 0, 0)),
            16..=231 => {
                let n = index - 16;
                Self(step(n / 36), step(n / 6 % 6), step(n % 6))
            }
            232..=255 => {
                let grey = 8 + (index - 232) * 10;
                Self(grey, grey, grey)
            }
        }
    }

    fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// The contrast ratio of two colours by WCAG, 1 to 21, the same both ways.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Lightness and the two hue axes of Oklab.
    fn oklab(self) -> [f64; 3] {
        let [r, g, b] = self.linear();
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
    }

    /// How far apart two colours look; only good for comparing. Hue weighs more than lightness: a
    /// green ground that turns grey has lost more than one that turns a little lighter.
    pub fn distance(self, other: Self) -> f64 {
        let ([l1, a1, b1], [l2, a2, b2]) = (self.oklab(), other.oklab());
        (l1 - l2).powi(2) + 4.0 * ((a1 - a2).powi(2) + (b1 - b2).powi(2))
    }

    /// The nearest of a terminal's colours `from` to `to`. With `on`, the nearest that has at least
    /// this contrast on that ground; without any such, the one with the most.
    pub fn nearest(self, from: u8, to: u8, on: Option<(Self, f64)>) -> u8 {
        let all = || (from..=to).map(|i| (i, Self::indexed(i)));
        let near = |a: &(u8, Self), b: &(u8, Self)| self.distance(a.1).total_cmp(&self.distance(b.1));
        let Some((ground, least)) = on else { return all().min_by(near).map_or(from, |(i, _)| i) };
        all()
            .filter(|(_, c)| c.contrast(ground) >= least)
            .min_by(near)
            .or_else(|| all().max_by(|a, b| a.1.contrast(ground).total_cmp(&b.1.contrast(ground))))
            .map_or(from, |(i, _)| i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((Rgb(0x77, 0x77, 0x77).contrast(Rgb(255, 255, 255)) - 4.48).abs() < 0.01);
    }

    #[test]
    fn a_terminals_colours_have_their_values() {
        assert_eq!(Rgb::indexed(196), Rgb(255, 0, 0));
        assert_eq!(Rgb::indexed(67), Rgb(95, 135, 175));
        assert_eq!(Rgb::indexed(255), Rgb(238, 238, 238));
    }

    proptest! {
        #[test]
        fn a_colour_of_the_terminal_is_its_own_nearest(i in 16u8..=255) {
            let found = Rgb::indexed(i).nearest(16, 255, None);
            prop_assert_eq!(Rgb::indexed(found), Rgb::indexed(i));
        }

        #[test]
        fn what_must_be_readable_is(r: u8, g: u8, b: u8, x: u8, y: u8, z: u8) {
            let ground = Rgb(x, y, z);
            let found = Rgb::indexed(Rgb(r, g, b).nearest(16, 255, Some((ground, 4.5))));
            prop_assert!(found.contrast(ground) >= 4.5, "{:?} on {:?}", found, ground);
        }
    }
}
