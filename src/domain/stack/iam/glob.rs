//! IAM's patterns: `*` for any text, `?` for any character.

/// Longer patterns are compared as they stand.
const LONGEST: usize = 2_048;

/// True when everything that `narrow` matches is matched by `wide`, for sure.
pub(super) fn covers(wide: &str, narrow: &str, case: bool) -> bool {
    table(wide, narrow, case, |w, n| match (w, n) {
        (_, '*') => false,
        ('?', _) => true,
        (w, n) => same(w, n, case),
    })
}

/// True when some text could be matched by both.
pub(super) fn meet(a: &str, b: &str, case: bool) -> bool {
    let (a, b) = (chars(a), chars(b));
    if a.len() > LONGEST || b.len() > LONGEST {
        return true;
    }
    // Both may hold stars: either star may take any character of the other side.
    let mut row: Vec<bool> = vec![false; b.len() + 1];
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    for j in 0..b.len() {
        let on = row.get(j) == Some(&true) && b.get(j) == Some(&'*');
        set(&mut row, j + 1, on);
    }
    for x in &a {
        let mut next = vec![*x == '*' && row.first() == Some(&true)];
        for (j, y) in b.iter().enumerate() {
            let (above, left, corner) = (at(&row, j + 1), at(&next, j), at(&row, j));
            let one = *x == '?' || *y == '?' || same(*x, *y, case);
            let star = *x == '*' || *y == '*';
            let on = star && (above || left) || corner && one;
            next.push(on);
        }
        row = next;
    }
    row.last() == Some(&true)
}

fn table(wide: &str, narrow: &str, case: bool, one: impl Fn(char, char) -> bool) -> bool {
    let (wide, narrow) = (chars(wide), chars(narrow));
    if wide.len() > LONGEST || narrow.len() > LONGEST {
        return wide.len() == narrow.len() && wide.iter().zip(&narrow).all(|(a, b)| same(*a, *b, case));
    }
    // row[j]: what is read of `wide` covers the first j characters of `narrow`.
    let mut row = vec![false; narrow.len() + 1];
    set(&mut row, 0, true);
    for w in &wide {
        let mut next = vec![*w == '*' && at(&row, 0)];
        for (j, n) in narrow.iter().enumerate() {
            let on = if *w == '*' { at(&row, j + 1) || at(&next, j) } else { at(&row, j) && one(*w, *n) };
            next.push(on);
        }
        row = next;
    }
    row.last() == Some(&true)
}

fn chars(pattern: &str) -> Vec<char> {
    let mut out: Vec<char> = pattern.chars().collect();
    out.dedup_by(|a, b| *a == '*' && *b == '*');
    out
}

fn at(row: &[bool], index: usize) -> bool {
    row.get(index).copied().unwrap_or(false)
}

fn set(row: &mut [bool], index: usize, on: bool) {
    if let Some(cell) = row.get_mut(index) {
        *cell = on;
    }
}

fn same(a: char, b: char, case: bool) -> bool {
    a == b || !case && a.eq_ignore_ascii_case(&b)
}
