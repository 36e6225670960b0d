use crate::terminal::{Launch, Place};
#[test]
fn look() {
    let place = Place::new();
    let dir = place.path("demo");
    for size in [(80, 24), (120, 40)] {
    let mut t = Launch::new(&place, &["demo", "--dir", dir.to_str().unwrap(), "--speed", "0"]).size(size.0, size.1).start();
    println!("{}", t.shows("Need"));
    t.press("ctrl-s");
    println!("{}", t.waits("WAITING"));
    t.press("r");
    println!("{}", t.shows("What shall change"));
    t.type_text("And failures?");
    t.press("ctrl-s");
    println!("{}", t.shows("r2"));
    let mut last = String::new();
    for _ in 0..60 {
        let p = t.until("wait", |p| p.bottom() != last && (p.bottom().contains("WAITING") || p.bottom().contains("go on") || p.bottom().contains("nothing")) && !p.top().contains("stopp"));
        println!("{p}");
        last = p.bottom().to_owned();
        if p.bottom().contains("nothing is left") { break }
        t.press(if p.bottom().contains("WAITING") { "a" } else { "C" });
    }
    std::fs::remove_dir_all(&dir).ok();
    std::fs::remove_dir_all(place.path("state")).ok();
    }
}
