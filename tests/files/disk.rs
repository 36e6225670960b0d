//! What only a disk can do: permissions, special files, links that move, and several writers.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        net::UnixListener,
    },
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use kiro_tui::{
    adapters::files::DiskFiles,
    domain::change::Mode,
    ports::files::{Files, FilesError},
};

use crate::support::{Disk, World, approve, change, moded, path, text};

#[test]
fn permissions_survive_an_edit() {
    let disk = Disk::new();
    disk.put("a", text("old"));
    let full = disk.root.join("a");
    let mode = || fs::metadata(&full).unwrap().mode() & 0o777;
    fs::set_permissions(&full, fs::Permissions::from_mode(0o640)).unwrap();
    disk.apply(&[change("a", text("old"), text("new"))]).unwrap();
    assert_eq!(mode(), 0o640);
    disk.apply(&[change("a", text("new"), moded("new", Mode::Executable))]).unwrap();
    assert_eq!(mode(), 0o750);
    disk.apply(&[change("a", moded("new", Mode::Executable), text("x"))]).unwrap();
    assert_eq!(mode(), 0o640);
}

#[test]
fn a_second_name_of_the_file_keeps_the_old_content() {
    // A file that is also linked from outside must not be written through.
    let disk = Disk::new();
    let outside = disk.dir.path().join("outside");
    fs::write(&outside, "old").unwrap();
    fs::hard_link(&outside, disk.root.join("a")).unwrap();
    disk.apply(&[change("a", text("old"), text("new"))]).unwrap();
    assert_eq!(fs::read_to_string(outside).unwrap(), "old");
}

#[test]
fn a_link_in_a_files_place_is_replaced_and_not_followed() {
    let disk = Disk::new();
    let outside = disk.dir.path().join("outside");
    fs::write(&outside, "old").unwrap();
    let target = outside.to_str().unwrap();
    symlink(&outside, disk.root.join("a")).unwrap();
    assert!(matches!(disk.apply(&[change("a", text("old"), text("new"))]), Err(FilesError::Moved { .. })));
    disk.apply(&[change("a", moded(target, Mode::Symlink), text("new"))]).unwrap();
    assert_eq!(fs::read_to_string(outside).unwrap(), "old");
    assert_eq!(disk.all(), [("a".to_owned(), text("new").unwrap())]);
}

#[test]
fn a_link_chain_that_leads_out_is_refused_as_a_target() {
    let disk = Disk::new();
    disk.put("hop", moded(disk.dir.path().to_str().unwrap(), Mode::Symlink));
    disk.put("broken", moded("nowhere", Mode::Symlink));
    for target in ["hop", "hop/x", "broken"] {
        let refused = disk.apply(&[change("link", None, moded(target, Mode::Symlink))]);
        assert_eq!(refused, Err(FilesError::Outside(path("link"))), "{target}");
    }
    disk.apply(&[change("link", None, moded("not/yet/there", Mode::Symlink))]).unwrap();
}

#[test]
fn special_files_are_unsuitable() {
    let disk = Disk::new();
    let _socket = UnixListener::bind(disk.root.join("socket")).unwrap();
    assert!(matches!(disk.files.read(&path("socket")), Err(FilesError::Unsuitable { .. })));
    assert!(matches!(disk.apply(&[change("socket", None, text("x"))]), Err(FilesError::Unsuitable { .. })));
    assert_eq!(disk.files.list(None, 9).unwrap().0, []);
}

#[test]
fn git_directories_and_linked_directories_are_not_listed() {
    let disk = Disk::new();
    disk.put("a", text("needle"));
    disk.put("real/b", text("needle"));
    fs::create_dir_all(disk.root.join(".git/objects")).unwrap();
    fs::write(disk.root.join(".git/config"), "needle").unwrap();
    fs::create_dir(disk.dir.path().join("outside")).unwrap();
    fs::write(disk.dir.path().join("outside/secret"), "needle").unwrap();
    fs::write(disk.dir.path().join(".gitignore"), "*\n").unwrap();
    symlink("../outside", disk.root.join("out")).unwrap();
    symlink("real", disk.root.join("same")).unwrap();
    let names: Vec<_> = disk.files.list(None, 9).unwrap().0.into_iter().map(String::from).collect();
    assert_eq!(names, ["a", "out", "real/b", "same"]);
    let found: Vec<_> = disk.files.search("needle", None, 9).unwrap().0.into_iter().map(|f| f.path).collect();
    assert_eq!(found, [path("a"), path("real/b")]);
}

#[test]
fn a_root_that_is_not_there_is_an_error_on_reading() {
    let disk = Disk::new();
    let gone = DiskFiles::new(disk.dir.path().join("gone"));
    assert!(matches!(gone.read(&path("a")), Err(FilesError::Io { .. })));
    assert!(matches!(gone.apply(approve(&[change("a", None, text("x"))])), Err(FilesError::Io { .. })));
    assert!(!disk.dir.path().join("gone").exists());
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_directory_swapped_for_a_link_never_leads_a_write_out() {
    let disk = Disk::new();
    let outside = disk.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a"), "outside").unwrap();
    disk.put("d/a", text("0"));
    let (real, parked) = (disk.root.join("d"), disk.root.join("parked"));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::rename(&real, &parked).unwrap();
                // In between the adapter may find nothing there and make the directory itself.
                while symlink(&outside, &real).is_err() {
                    let _made_by_the_adapter = fs::remove_dir_all(&real);
                }
                thread::yield_now();
                fs::remove_file(&real).unwrap();
                while fs::rename(&parked, &real).is_err() {
                    let _made_by_the_adapter = fs::remove_dir_all(&real);
                }
                thread::yield_now();
            }
        });
        // Stops the other thread also when an assertion fails.
        let _stop = Stop(&stop);
        let mut now = 0;
        for _ in 0..400 {
            // Each try may be refused; none may leave the root.
            let (old, new) = (now.to_string(), (now + 1).to_string());
            if disk.files.apply(approve(&[change("d/a", text(&old), text(&new))])).is_ok() {
                now += 1;
            }
            assert!(!matches!(disk.files.read(&path("d/a")), Ok(Some(f)) if f.text() == Some("outside")));
        }
    });
    let left: Vec<_> = fs::read_dir(&outside).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a"]);
    assert_eq!(fs::read_to_string(outside.join("a")).unwrap(), "outside");
}

#[test]
fn of_two_writers_one_wins() {
    let disk = Disk::new();
    disk.put("a", text("base"));
    let other = DiskFiles::new(&disk.root);
    let results = thread::scope(|scope| {
        let one = scope.spawn(|| disk.files.apply(approve(&[change("a", text("base"), text("one"))])));
        let two = scope.spawn(|| disk.files.apply(approve(&[change("a", text("base"), text("two"))])));
        [one.join().unwrap(), two.join().unwrap()]
    });
    assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1, "{results:?}");
    let won = if results[0].is_ok() { "one" } else { "two" };
    assert_eq!(other.read(&path("a")), Ok(text(won)));
}
