//! Merging a spec's branch: planned in memory, done as planned or not at all.
//!
//! The checkout's files come first and the branch last, by compare and swap: after a crash the
//! branch still is where the plan says and the same plan can be done again, files that are in place
//! already being left as they are. No lock is held in between, since a crash would leave it.

use std::{collections::BTreeSet, fs, path::Path};

use git2::{
    Delta, DiffFindOptions, DiffOptions, ErrorCode, MergeOptions, Oid, Repository, Signature, Sort,
    build::CheckoutBuilder,
};

use super::{
    at_rest, branch, git, head_branch,
    submodule::{self, is_link},
    tip,
    tree::{self, Entry},
    worktree,
};
use crate::{
    domain::{
        change::{Change, Mode},
        commit::{MergeKind, MergePlan},
        gate::Identity,
        path::{RelPath, SpecName},
    },
    ports::vcs::VcsError,
};

/// What merging would do, whatever the checkout looks like.
pub(super) fn plan(repo: &Repository, spec: &SpecName, into: &str) -> Result<MergePlan, VcsError> {
    let from = branch::name(spec);
    let ours = tip(repo, into)?.ok_or(VcsError::NoCommit)?;
    let theirs = tip(repo, &from)?.ok_or_else(|| VcsError::NothingToMerge(from.clone()))?;
    let (ahead, behind) = repo.graph_ahead_behind(theirs, ours).map_err(git)?;
    if ahead == 0 {
        return Err(VcsError::NothingToMerge(from));
    }
    let (kind, tree, message) = if behind == 0 {
        (MergeKind::FastForward, tree::of(repo, theirs)?.id(), String::new())
    } else {
        let tree = merged_tree(repo, ours, theirs, &from, into)?;
        (MergeKind::MergeCommit, tree, format!("Merge branch '{from}' into {into}\n"))
    };
    Ok(MergePlan {
        spec: spec.clone(),
        commits: incoming(repo, theirs, ours)?,
        changes: changes(repo, ours, tree)?,
        from,
        from_commit: theirs.to_string(),
        into: into.to_owned(),
        into_commit: ours.to_string(),
        kind,
        tree: tree.to_string(),
        message,
    })
}

fn merged_tree(repo: &Repository, ours: Oid, theirs: Oid, from: &str, into: &str) -> Result<Oid, VcsError> {
    let commit = |id| repo.find_commit(id).map_err(git);
    let options = MergeOptions::new();
    let mut index = repo.merge_commits(&commit(ours)?, &commit(theirs)?, Some(&options)).map_err(git)?;
    if index.has_conflicts() {
        let mut paths = BTreeSet::new();
        for conflict in index.conflicts().map_err(git)? {
            let conflict = conflict.map_err(git)?;
            let side = conflict.our.or(conflict.their).or(conflict.ancestor);
            paths.extend(side.map(|s| String::from_utf8_lossy(&s.path).into_owned()));
        }
        let paths = paths.into_iter().collect();
        return Err(VcsError::Conflict { from: from.to_owned(), into: into.to_owned(), paths });
    }
    index.write_tree_to(repo).map_err(git)
}

fn incoming(repo: &Repository, theirs: Oid, ours: Oid) -> Result<Vec<(String, String)>, VcsError> {
    let mut walk = repo.revwalk().map_err(git)?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).map_err(git)?;
    walk.push(theirs).and_then(|()| walk.hide(ours)).map_err(git)?;
    walk.map(|id| {
        let commit = repo.find_commit(id.map_err(git)?).map_err(git)?;
        let first = String::from_utf8_lossy(commit.message_bytes()).lines().next().unwrap_or("").to_owned();
        Ok((commit.id().to_string(), first))
    })
    .collect()
}

/// What the main branch's files become, exactly; what cannot be shown is refused.
fn changes(repo: &Repository, ours: Oid, tree: Oid) -> Result<Vec<Change>, VcsError> {
    let (old, new) = (tree::of(repo, ours)?, repo.find_tree(tree).map_err(git)?);
    let mut options = DiffOptions::new();
    options.include_typechange(true);
    let mut diff = repo.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options)).map_err(git)?;
    diff.find_similar(Some(DiffFindOptions::new().renames(true))).map_err(git)?;
    let mut changes = Vec::new();
    for delta in diff.deltas() {
        let named = |bytes: Option<&[u8]>| {
            let text = bytes.and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("");
            RelPath::parse(text).ok().filter(|p| p.as_str() == text).ok_or_else(|| {
                let shown = String::from_utf8_lossy(bytes.unwrap_or(b""));
                VcsError::Blocked(format!("a file's name cannot be shown safely: {shown:?}; merge by hand"))
            })
        };
        let path = named(delta.new_file().path_bytes())?;
        let from = named(delta.old_file().path_bytes())?;
        let (had, has) = (delta.status() != Delta::Added, delta.status() != Delta::Deleted);
        let entry = |tree, path: &RelPath, exists: bool| match tree::entry(tree, path.as_str())? {
            None if exists => Err(VcsError::Git(format!("{path} is of a kind that git does not know"))),
            entry => Ok(entry),
        };
        let (was, is) = (entry(&old, &from, had)?, entry(&new, &path, has)?);
        if was.is_some() && is.is_some() && is_link(was) != is_link(is) {
            let why = format!("the branch makes a submodule of the file {path}, or the other way round; merge by hand");
            return Err(VcsError::Blocked(why));
        }
        let before = was.map(|entry| tree::state(repo, entry)).transpose()?;
        let after = match is {
            Some((_, id)) if is_link(is) => Some(submodule::told(repo, &path, was.map(|(_, id)| id), id)),
            entry => entry.map(|entry| tree::state(repo, entry)).transpose()?,
        };
        let from = (from != path).then_some(from);
        changes.push(Change { path, from, before, after });
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// A file that the merge changes in the checkout: before and after.
struct Touched<'a> {
    path: &'a str,
    old: Option<Entry>,
    new: Option<Entry>,
}

fn touched<'a>(repo: &Repository, plan: &'a MergePlan) -> Result<Vec<Touched<'a>>, VcsError> {
    let id = |hex: &str| Oid::from_str(hex).map_err(git);
    let (old, new) = (tree::of(repo, id(&plan.into_commit)?)?, repo.find_tree(id(&plan.tree)?).map_err(git)?);
    let paths: BTreeSet<&RelPath> = plan.changes.iter().flat_map(|c| c.from.iter().chain([&c.path])).collect();
    paths
        .into_iter()
        .map(RelPath::as_str)
        .map(|path| Ok(Touched { path, old: tree::entry(&old, path)?, new: tree::entry(&new, path)? }))
        .collect()
}

/// Refuses when the checkout is on the main branch and not ready for the merge. Says which files
/// of the plan are in place already.
pub(super) fn check_checkout(repo: &Repository, plan: &MergePlan) -> Result<Option<BTreeSet<String>>, VcsError> {
    if head_branch(repo)?.as_deref() != Some(plan.into.as_str()) {
        return match worktree::checked_out_at(repo, &plan.into)? {
            None => Ok(None),
            Some(other) => {
                let (into, other) = (&plan.into, other.display());
                Err(VcsError::Blocked(format!("{into} is checked out in {other}; start kiro-tui there to merge")))
            }
        };
    }
    at_rest(repo, "your checkout")?;
    let root = repo.workdir().ok_or_else(|| VcsError::Git("the checkout has no directory".to_owned()))?;
    let mut index = repo.index().map_err(git)?;
    index.read(true).map_err(git)?;
    let touched = touched(repo, plan)?;
    let own: BTreeSet<&str> = touched.iter().map(|t| t.path).collect();
    let (mut dirty, mut in_place) = (BTreeSet::new(), BTreeSet::new());
    for Touched { path, old, new } in &touched {
        if let Some(why) = tree::foreign_filter(repo, path)? {
            return Err(VcsError::Blocked(format!("{path} {why}; merge with `git merge {}`", plan.from)));
        }
        // A file or link where the merge needs a directory.
        if new.is_some()
            && let Some(above) = path
                .match_indices('/')
                .filter_map(|(at, _)| path.get(..at))
                .find(|a| fs::symlink_metadata(root.join(a)).is_ok_and(|m| !m.is_dir()))
            && !own.contains(above)
        {
            dirty.insert(above.to_owned());
            continue;
        }
        let staged = index.get_path(Path::new(path), 0).map(|e| (e.mode, e.id));
        let here = on_disk(repo, root, path, staged)?;
        if is_link(*old) || is_link(*new) {
            let fits = match new {
                // The checkout of one that is there is let alone, wherever it is.
                _ if is_link(*old) => matches!(here, Here::Directory | Here::File(None)),
                Some((_, id)) => submodule::is_free(root, path, *id) || holds_only(root, path, &own),
                None => false,
            };
            if staged == *new {
                in_place.insert((*path).to_owned());
            } else if staged != *old || !fits {
                dirty.insert((*path).to_owned());
            }
            continue;
        }
        match here {
            Here::File(file) if file == *old && staged == *old => {}
            Here::File(file) if file == *new && (staged == *new || staged == *old) => {
                in_place.insert((*path).to_owned());
            }
            // A directory whose files, all of them, the merge takes away first.
            Here::Directory if old.is_none() && holds_only(root, path, &own) => {}
            Here::File(_) | Here::Directory => {
                dirty.insert((*path).to_owned());
            }
        }
    }
    if dirty.is_empty() { Ok(Some(in_place)) } else { Err(VcsError::Dirty(dirty.into_iter().collect())) }
}

/// True when what lies in a directory, and below, is files that the merge deals with. A directory
/// without any is somebody's.
fn holds_only(root: &Path, dir: &str, own: &BTreeSet<&str>) -> bool {
    let Ok(entries) = fs::read_dir(root.join(dir)) else { return false };
    let mut any = false;
    for entry in entries {
        let Ok(entry) = entry else { return false };
        let path = format!("{dir}/{}", entry.file_name().to_string_lossy());
        let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
        if !(if is_dir { holds_only(root, &path, own) } else { own.contains(path.as_str()) }) {
            return false;
        }
        any = true;
    }
    any
}

#[derive(PartialEq, Eq)]
enum Here {
    File(Option<Entry>),
    Directory,
}

/// What git would store for the checkout's file.
fn on_disk(repo: &Repository, root: &Path, path: &str, staged: Option<Entry>) -> Result<Here, VcsError> {
    use std::os::unix::fs::PermissionsExt;
    let full = root.join(path);
    // Behind a link lies nothing of this checkout.
    let linked = path
        .match_indices('/')
        .filter_map(|(at, _)| path.get(..at))
        .any(|a| fs::symlink_metadata(root.join(a)).is_ok_and(|m| m.is_symlink()));
    let Ok(meta) = fs::symlink_metadata(&full) else { return Ok(Here::File(None)) };
    if linked {
        return Ok(Here::File(None));
    }
    if meta.is_dir() {
        return Ok(Here::Directory);
    }
    let keeps_modes = repo.config().and_then(|c| c.get_bool("core.filemode")).unwrap_or(true);
    let mode = if meta.is_symlink() {
        tree::mode_bits(Mode::Symlink)
    } else if !keeps_modes {
        staged.map_or(tree::mode_bits(Mode::Regular), |(mode, _)| mode)
    } else if meta.permissions().mode() & 0o100 != 0 {
        tree::mode_bits(Mode::Executable)
    } else {
        tree::mode_bits(Mode::Regular)
    };
    let id = if meta.is_symlink() {
        let target = fs::read_link(&full).map_err(|e| VcsError::Blocked(format!("{path}: {e}")))?;
        Oid::hash_object(git2::ObjectType::Blob, target.as_os_str().as_encoded_bytes()).map_err(git)?
    } else {
        repo.blob_path(&full).map_err(git)?
    };
    Ok(Here::File(Some((mode, id))))
}

/// Does what was approved; the main branch's commit afterwards.
pub(super) fn merge(repo: &Repository, plan: &MergePlan, by: &Identity) -> Result<String, VcsError> {
    let id = |hex: &str| Oid::from_str(hex).map_err(git);
    let (ours, theirs) = (id(&plan.into_commit)?, id(&plan.from_commit)?);
    let now = tip(repo, &plan.into)?.ok_or(VcsError::NoCommit)?;
    if now != ours {
        let holds = |commit| now == commit || repo.graph_descendant_of(now, commit).unwrap_or(false);
        return if holds(ours) && holds(theirs) {
            Ok(now.to_string())
        } else {
            Err(VcsError::Moved(plan.into.clone()))
        };
    }
    if tip(repo, &plan.from)? != Some(theirs) {
        return Err(VcsError::Moved(plan.from.clone()));
    }
    // Made again from the same two commits, it must be the same plan.
    if self::plan(repo, &plan.spec, &plan.into)? != *plan {
        return Err(VcsError::Moved(format!("what merging {} does", plan.from)));
    }
    let in_place = check_checkout(repo, plan)?;
    let by = Signature::now(&by.name, &by.email).map_err(git)?;
    let (target, how) = match plan.kind {
        MergeKind::FastForward => (theirs, "Fast-forward"),
        MergeKind::MergeCommit => {
            let tree = repo.find_tree(id(&plan.tree)?).map_err(git)?;
            let parents = [&repo.find_commit(ours).map_err(git)?, &repo.find_commit(theirs).map_err(git)?];
            (repo.commit(None, &by, &by, &plan.message, &tree, &parents).map_err(git)?, "Merge made by kiro-tui")
        }
    };
    let to_do = match &in_place {
        Some(in_place) => update_checkout(repo, plan, in_place)?,
        None => Vec::new(),
    };
    let into_ref = format!("refs/heads/{}", plan.into);
    let message = format!("merge {}: {how}", plan.from);
    repo.reference_matching(&into_ref, target, true, ours, &message).map_err(|e| {
        put_back(repo, plan, &to_do);
        if e.code() == ErrorCode::Modified { VcsError::Moved(plan.into.clone()) } else { git(e) }
    })?;
    Ok(target.to_string())
}

/// Brings the merge's files, and no others, into the checkout; those that were not there yet.
fn update_checkout(repo: &Repository, plan: &MergePlan, in_place: &BTreeSet<String>) -> Result<Vec<String>, VcsError> {
    let touched = touched(repo, plan)?;
    let (there, to_do): (Vec<_>, Vec<_>) = touched.into_iter().partition(|t| in_place.contains(t.path));
    if !there.is_empty() {
        let mut index = repo.index().map_err(git)?;
        for Touched { path, new, .. } in &there {
            match new {
                Some(entry) => index.add(&tree::index_entry(path, *entry)).map_err(git)?,
                None if index.get_path(Path::new(path), 0).is_some() => {
                    index.remove(Path::new(path), 0).map_err(git)?
                }
                None => {}
            }
        }
        index.write().map_err(git)?;
    }
    let root = repo.workdir().ok_or_else(|| VcsError::Git("the checkout has no directory".to_owned()))?;
    let coming: Vec<&str> = to_do.iter().filter(|t| is_link(t.new)).map(|t| t.path).collect();
    // libgit2 moves no submodules, and leaves files in the place of one that comes.
    let makes_way = |t: &Touched<'_>| coming.iter().any(|link| Path::new(t.path).starts_with(link));
    let (links, files): (Vec<_>, Vec<_>) = to_do.iter().partition(|t| is_link(t.old) || makes_way(t));
    let files: Vec<String> = files.iter().map(|t| t.path.to_owned()).collect();
    let links: Vec<_> = links.iter().map(|t| (t.path, t.new)).collect();
    let to_do: Vec<String> = to_do.iter().map(|t| t.path.to_owned()).collect();
    let tree = Oid::from_str(&plan.tree).and_then(|id| repo.find_tree(id)).map_err(git)?;
    let mut safe = CheckoutBuilder::new();
    safe.safe();
    // Without paths all of the tree would be checked out.
    if !files.is_empty()
        && let Err(e) = repo.checkout_tree(tree.as_object(), Some(&mut only(safe, &files)))
    {
        // Found before anything was written: somebody saved a file just now.
        if e.code() == ErrorCode::Conflict {
            return Err(VcsError::Moved("a file of your checkout".to_owned()));
        }
        put_back(repo, plan, &to_do);
        return Err(git(e));
    }
    submodule::place(repo, root, &links).inspect_err(|_| put_back(repo, plan, &to_do))?;
    Ok(to_do)
}

fn only(mut builder: CheckoutBuilder<'static>, paths: &[String]) -> CheckoutBuilder<'static> {
    builder.disable_pathspec_match(true);
    for path in paths {
        builder.path(path.as_str());
    }
    builder
}

/// Undoes [`update_checkout`] as far as the disk lets it. Every one of these files was as
/// committed just before, so nothing is lost.
fn put_back(repo: &Repository, plan: &MergePlan, paths: &[String]) {
    let old = Oid::from_str(&plan.into_commit).and_then(|id| repo.find_commit(id)).and_then(|c| c.tree());
    let (Ok(old), Ok(touched)) = (old, touched(repo, plan)) else { return };
    let touched = touched.iter().filter(|t| paths.iter().any(|p| p == t.path));
    let (links, files): (Vec<_>, Vec<_>) = touched.partition(|t| is_link(t.old) || is_link(t.new));
    let files: Vec<String> = files.iter().map(|t| t.path.to_owned()).collect();
    // There is nobody left to tell: the error that led here is what the developer sees.
    if let Some(root) = repo.workdir() {
        let links: Vec<_> = links.iter().map(|t| (t.path, t.old)).collect();
        let _ = submodule::place(repo, root, &links);
    }
    if !files.is_empty() {
        let mut force = CheckoutBuilder::new();
        force.force().remove_untracked(true);
        let _ = repo.checkout_tree(old.as_object(), Some(&mut only(force, &files)));
    }
}
