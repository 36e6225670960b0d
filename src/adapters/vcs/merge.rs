//! Merging a spec's branch: planned in memory, done as planned or not at all.
//!
//! The checkout's files come first and the branch last, by compare and swap: after a crash the
//! branch still is where the plan says and the same plan can be done again, files that are in place
//! already being left as they are.

use std::{collections::BTreeSet, fs, path::Path};

use git2::{Delta, DiffFindOptions, DiffOptions, ErrorCode, MergeOptions, Oid, Repository, Signature, Sort, Tree};

use super::{
    at_rest, branch,
    checkout::{Here, Move, bring, on_disk},
    git, head_branch,
    locks::{self, Locks},
    submodule::{self, is_link},
    tip,
    tree::{self, Entry},
    worktree,
};
use crate::{
    domain::{
        change::Change,
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

/// The files that the merge changes in the checkout.
fn touched<'a>(repo: &Repository, plan: &'a MergePlan) -> Result<Vec<Move<'a>>, VcsError> {
    let id = |hex: &str| Oid::from_str(hex).map_err(git);
    let (old, new) = (tree::of(repo, id(&plan.into_commit)?)?, repo.find_tree(id(&plan.tree)?).map_err(git)?);
    let paths: BTreeSet<&RelPath> = plan.changes.iter().flat_map(|c| c.from.iter().chain([&c.path])).collect();
    paths
        .into_iter()
        .map(RelPath::as_str)
        .map(|path| Ok(Move { path, old: tree::entry(&old, path)?, new: tree::entry(&new, path)? }))
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
    for Move { path, old, new } in &touched {
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
            // A directory whose files, all of them, the merge takes away first; an empty one holds nothing.
            Here::Directory if old.is_none() && holds_only(root, path, &own) => {}
            Here::File(_) | Here::Directory => {
                dirty.insert((*path).to_owned());
            }
        }
    }
    if dirty.is_empty() { Ok(Some(in_place)) } else { Err(VcsError::Dirty(dirty.into_iter().collect())) }
}

/// True when what lies in a directory, and below, is files that the merge deals with, or nothing.
fn holds_only(root: &Path, dir: &str, own: &BTreeSet<&str>) -> bool {
    let Ok(entries) = fs::read_dir(root.join(dir)) else { return false };
    entries.into_iter().all(|entry| {
        entry.is_ok_and(|entry| {
            let path = format!("{dir}/{}", entry.file_name().to_string_lossy());
            let is_dir = entry.file_type().is_ok_and(|t| t.is_dir());
            if is_dir { holds_only(root, &path, own) } else { own.contains(path.as_str()) }
        })
    })
}

/// Does what was approved; the main branch's commit afterwards.
pub(super) fn merge(repo: &Repository, plan: &MergePlan, by: &Identity, locks: &Locks) -> Result<String, VcsError> {
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
    let old = tree::of(repo, ours)?;
    let to_do = match &in_place {
        Some(in_place) => update_checkout(repo, plan, in_place, &old, locks)?,
        None => Vec::new(),
    };
    let into_ref = format!("refs/heads/{}", plan.into);
    let message = format!("merge {}: {how}", plan.from);
    let moved = |e: git2::Error| match e.code() {
        ErrorCode::Modified => VcsError::Moved(plan.into.clone()),
        _ => git(e),
    };
    locks
        .holding(&[locks::of_branch(repo, &plan.into)], || {
            repo.reference_matching(&into_ref, target, true, ours, &message).map_err(moved)
        })
        .inspect_err(|_| put_back(repo, &old, &to_do, locks))?;
    Ok(target.to_string())
}

/// Brings the merge's files, and no others, into the checkout. Tells which it touched.
fn update_checkout<'a>(
    repo: &Repository,
    plan: &'a MergePlan,
    in_place: &BTreeSet<String>,
    old: &Tree<'_>,
    locks: &Locks,
) -> Result<Vec<Move<'a>>, VcsError> {
    let touched = touched(repo, plan)?;
    let (there, to_do): (Vec<_>, Vec<_>) = touched.iter().copied().partition(|m| in_place.contains(m.path));
    let coming: Vec<&str> = to_do.iter().filter(|m| is_link(m.new)).map(|m| m.path).collect();
    // Files in the place of a submodule that comes go with it.
    let makes_way = |m: &Move<'_>| coming.iter().any(|link| Path::new(m.path).starts_with(link));
    let (links, files): (Vec<_>, Vec<_>) = to_do.iter().copied().partition(|m| is_link(m.old) || makes_way(m));
    // What is in place already may not be in the index.
    let files: Vec<_> = there.into_iter().filter(|m| !is_link(m.old) && !is_link(m.new)).chain(files).collect();
    let tree = Oid::from_str(&plan.tree).map_err(git)?;
    bring(repo, tree, &files, locks)
        .and_then(|()| place_links(repo, links.iter().map(|m| (m.path, m.new)), locks))
        .inspect_err(|_| put_back(repo, old, &to_do, locks))?;
    Ok(to_do)
}

fn place_links<'a>(
    repo: &Repository,
    links: impl Iterator<Item = (&'a str, Option<Entry>)>,
    locks: &Locks,
) -> Result<(), VcsError> {
    let links: Vec<_> = links.collect();
    if links.is_empty() {
        return Ok(());
    }
    let root = repo.workdir().ok_or_else(|| VcsError::Git("the checkout has no directory".to_owned()))?;
    locks.holding(&[locks::of_index(repo)], || submodule::place(repo, root, &links))
}

/// Undoes [`update_checkout`] as far as the disk lets it. Every one of these files was as
/// committed just before, so nothing is lost.
fn put_back(repo: &Repository, old: &Tree<'_>, done: &[Move<'_>], locks: &Locks) {
    let back = done.iter().map(|m| Move { path: m.path, old: m.new, new: m.old });
    let (links, files): (Vec<_>, Vec<_>) = back.partition(|m| is_link(m.old) || is_link(m.new));
    // There is nobody left to tell: the error that led here is what the developer sees.
    let _ = place_links(repo, links.iter().map(|m| (m.path, m.new)), locks);
    let _ = bring(repo, old.id(), &files, locks);
}
