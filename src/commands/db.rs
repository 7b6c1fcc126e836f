//! `tribunal db` and `tribunal log`: what happened, from the database alone.

use std::process::ExitCode;

use serde::Serialize;
use tribunal_actors::{JobFilter, JobKind, JobLog, SubmissionFilter, SubmissionId};

use super::{Failure, history};
use crate::cli::{DbArgs, DbTable, KindArg, Listing, LogArgs};
use crate::out;
use crate::table::{Side, Table, Tint, harmless};
use crate::units::show_bytes;

/// Lists one table.
pub(super) fn run(args: &DbArgs) -> Result<ExitCode, Failure> {
    match &args.table {
        DbTable::Submissions {
            problem,
            language,
            verdict,
            listing,
        } => {
            let filter = SubmissionFilter {
                problem: problem.clone(),
                language: language.clone(),
                verdict: verdict.clone(),
            };
            let entries = history(&listing.data.dir)?.submissions(&filter, listing.limit)?;
            let headings = [
                "id",
                "accepted",
                "problem",
                "language",
                "verdict",
                "score",
                "judgements",
            ];
            list(listing, &entries, &headings, |one| {
                vec![
                    one.id.to_string(),
                    one.created_at.clone(),
                    one.problem.clone(),
                    one.language.clone(),
                    one.verdict.clone().unwrap_or_else(|| "queued".to_owned()),
                    one.score
                        .map_or_else(String::new, |score| score.to_string()),
                    one.judgements.to_string(),
                ]
            });
        }
        DbTable::Jobs {
            submission,
            problem,
            kind,
            verdict,
            listing,
        } => {
            let filter = JobFilter {
                submission: submission.map(SubmissionId),
                problem: problem.clone(),
                kind: kind.map(kind_of),
                verdict: *verdict,
            };
            jobs(listing, &filter)?;
        }
        DbTable::Artifacts {
            published,
            unpublished,
            listing,
        } => {
            let wanted = (*published || *unpublished).then_some(*published);
            let entries = history(&listing.data.dir)?.artifacts(wanted, listing.limit)?;
            let headings = ["id", "files", "bytes", "made", "used", "published"];
            list(listing, &entries, &headings, |one| {
                vec![
                    one.id.clone(),
                    one.files.join(" "),
                    one.bytes.to_string(),
                    one.created_at.clone(),
                    one.used_at.clone(),
                    if one.published { "yes" } else { "" }.to_owned(),
                ]
            });
        }
        DbTable::Releases { prefix, listing } => {
            let entries = history(&listing.data.dir)?.releases(prefix, listing.limit)?;
            let headings = ["name", "artifact", "bytes", "published"];
            list(listing, &entries, &headings, |one| {
                vec![
                    one.name.clone(),
                    one.artifact.clone(),
                    one.bytes.to_string(),
                    one.created_at.clone(),
                ]
            });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_of(kind: KindArg) -> JobKind {
    match kind {
        KindArg::Compile => JobKind::Compile,
        KindArg::Test => JobKind::Test,
    }
}

fn jobs(listing: &Listing, filter: &JobFilter) -> Result<(), Failure> {
    let entries = history(&listing.data.dir)?.jobs(filter, listing.limit)?;
    let headings = [
        "job",
        "problem",
        "language",
        "verdict",
        "cpu_ms",
        "wall_ms",
        "memory_bytes",
        "reused",
        "judged",
    ];
    list(listing, &entries, &headings, |one| {
        vec![
            one.job.clone(),
            one.problem.clone(),
            one.language.clone(),
            one.verdict.to_string(),
            one.cpu_ms.to_string(),
            one.wall_ms.to_string(),
            one.memory_bytes.to_string(),
            if one.reused { "yes" } else { "" }.to_owned(),
            one.judged_at.clone(),
        ]
    });
    Ok(())
}

/// Prints entries in the form that was asked for.
fn list<T: Serialize>(
    listing: &Listing,
    entries: &[T],
    headings: &[&str],
    cells: impl Fn(&T) -> Vec<String>,
) {
    if listing.json {
        return out::print_json(&entries);
    }
    if listing.csv {
        let heading = headings.iter().map(|&heading| heading.to_owned()).collect();
        let rows = std::iter::once(heading).chain(entries.iter().map(cells));
        return out::print(&rows.map(csv_line).collect::<String>());
    }
    let columns: Vec<_> = headings
        .iter()
        .map(|&heading| (heading, Side::Left))
        .collect();
    let mut table = Table::new(&columns);
    for entry in entries {
        let cells = cells(entry).into_iter();
        table.row(cells.map(|cell| (harmless(&cell), Tint::Plain)).collect());
    }
    if entries.is_empty() {
        return out::note("there is nothing to list");
    }
    out::print(&table.render(out::is_coloured()));
}

/// A line of CSV by RFC 4180: what holds a comma, a quote or a line's end is quoted.
fn csv_line(cells: Vec<String>) -> String {
    let quoted = cells.into_iter().map(|cell| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    });
    format!("{}\r\n", quoted.collect::<Vec<_>>().join(","))
}

/// Prints what a job left to be read.
pub(super) fn log(args: &LogArgs) -> Result<ExitCode, Failure> {
    let log = history(&args.data.dir)?.log(&args.job)?;
    if args.json {
        out::print_json(&log);
    } else {
        out::print(&for_people(&log));
    }
    Ok(ExitCode::SUCCESS)
}

fn for_people(log: &JobLog) -> String {
    let line = &log.line;
    let ended = match (log.exit_code, log.signal) {
        (Some(status), _) => format!(", exit status {status}"),
        (None, Some(signal)) => format!(", signal {signal}"),
        (None, None) => String::new(),
    };
    let mut text = format!(
        "{} {}: {} ms of CPU time, {} ms, {}{ended}\n",
        line.job,
        line.verdict,
        line.cpu_ms,
        line.wall_ms,
        show_bytes(line.memory_bytes),
    );
    let parts = [
        ("compiler", &log.log),
        ("message", &log.message),
        ("standard output", &log.stdout),
        ("standard error", &log.stderr),
    ];
    for (name, part) in parts {
        if let Some(part) = part.as_deref().filter(|part| !part.is_empty()) {
            text.push_str(&format!("--- {name}\n{}", harmless(part)));
            if !part.ends_with('\n') {
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_would_break_a_line() {
        let cells = ["a", "b,c", "say \"no\"", "two\nlines", ""];
        assert_eq!(
            csv_line(cells.map(str::to_owned).to_vec()),
            "a,\"b,c\",\"say \"\"no\"\"\",\"two\nlines\",\r\n"
        );
    }
}
