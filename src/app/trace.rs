//! `kiro-tui trace`: what belongs together in a spec, from a criterion to the commits that carry it.
//!
//! Only reads. What was done is taken from the journal; a spec without one is traced through its
//! documents.

use std::{io::Write, path::Path};

use super::{
    check::{Place, names, unknown},
    failure::Failure,
    table::Table,
};
use crate::{
    adapters::{journal, vcs::GitRepo},
    cli::exit,
    domain::{
        path::SpecName,
        session::State,
        spec::{File, SpecKind, checks::Texts},
        trace::{
            Chain,
            export::{self, Format},
        },
    },
    ports::vcs::Vcs,
};

/// Prints the trace of a spec, as a table or in a format.
///
/// # Errors
/// Code 2 for a spec that is not there, 4 outside of a repository.
pub fn run(dir: &Path, spec: &SpecName, format: Option<Format>, out: &mut dyn Write) -> Result<u8, Failure> {
    let repo = GitRepo::open(dir)?;
    let names = names(&repo)?;
    if !names.contains(spec) {
        return Err(unknown(spec, &names));
    }
    let state = journal::peek(&journal::path(&repo.private_dir(), spec)).unwrap_or_default();
    let chain = chain(&Place::of(&repo, spec), &state);
    match format {
        Some(format) => write!(out, "{}", export::write(&chain, spec.as_str(), format))?,
        None => table(&chain, out)?,
    }
    Ok(exit::OK)
}

fn chain(place: &Place<'_>, state: &State) -> Chain {
    let kind = state.start.as_ref().map_or_else(|| place.kind(), |start| start.kind);
    // What cannot be read as text is told by `check`.
    let text = |file: File| place.text(file).ok().flatten();
    let (first, design, tasks) = (text(kind.first_file()), text(File::Design), text(File::Tasks));
    let texts = Texts { first: first.as_deref(), design: design.as_deref(), tasks: tasks.as_deref() };
    Chain::of_texts(kind == SpecKind::Bugfix, texts, state)
}

fn table(chain: &Chain, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = Table::new(["ID", "FORM", "DESIGN", "PROPERTY", "TASK", "TEST", "COMMIT", "MISSING"]);
    let or = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut rows: Vec<_> = chain.criteria.iter().map(|links| (chain.missing(&links.row.id), links)).collect();
    // What is missing stands first, as on the screen.
    rows.sort_by_key(|(missing, _)| std::cmp::Reverse(missing.len()));
    for (missing, links) in rows {
        let properties: Vec<String> = links.row.properties.iter().map(|n| format!("P{n}")).collect();
        let commits: Vec<&str> = links.commits.iter().map(|(id, _)| id.get(..7).unwrap_or(id)).collect();
        table.row([
            links.row.id.to_string(),
            links.form.to_string(),
            if links.row.in_design { "yes" } else { "-" }.to_owned(),
            or(properties.join(" ")),
            or(links.row.tasks.join(" ")),
            or(if links.tests.is_empty() { String::new() } else { links.tests.len().to_string() }),
            or(commits.join(" ")),
            or(missing.join(" ")),
        ]);
    }
    write!(out, "{table}")?;
    let [(_, all), rest @ ..] = chain.totals();
    let totals: Vec<String> = rest.iter().map(|(what, n)| format!("{what} {n}")).collect();
    writeln!(out, "{all} criteria: {}", totals.join(", "))?;
    Ok(())
}

#[cfg(test)]
mod tests;
