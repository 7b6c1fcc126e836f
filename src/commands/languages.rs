//! `tribunal languages`: what can be judged here.

use std::process::ExitCode;

use tribunal_web::LanguageView;

use super::local::{LocalJudge, block_on, languages};
use super::{Failure, selftest};
use crate::cli::LanguagesArgs;
use crate::out;
use crate::table::{Side, Table, Tint};

/// Lists or tries. Status 1: a toolchain that was found fails.
pub(super) fn run(args: &LanguagesArgs) -> Result<ExitCode, Failure> {
    let languages = languages(&args.node)?;
    let work = async |judge: &LocalJudge| match args.command {
        None => {
            list(judge, args.json);
            Ok(false)
        }
        Some(_) => selftest::try_all(judge, args.json).await,
    };
    let fails = block_on(LocalJudge::during(&args.node, languages, None, work))?;
    Ok(ExitCode::from(u8::from(fails)))
}

fn list(judge: &LocalJudge, json: bool) {
    let languages = judge.languages();
    let views = LanguageView::all(&languages, judge.node.toolchains());
    if json {
        return out::print_json(&views);
    }
    let mut table = Table::new(&[
        ("id", Side::Left),
        ("name", Side::Left),
        ("version", Side::Left),
        ("files", Side::Left),
        ("", Side::Left),
    ]);
    for view in &views {
        let tint = if view.available {
            Tint::Plain
        } else {
            Tint::Dim
        };
        let version = view.version.unwrap_or("–");
        let endings: Vec<String> = view
            .extensions
            .iter()
            .map(|end| format!(".{end}"))
            .collect();
        table.row(vec![
            (view.id.to_owned(), tint),
            (view.name.to_owned(), tint),
            (version.to_owned(), tint),
            (endings.join(" "), Tint::Dim),
            (view.reason.clone().unwrap_or_default(), Tint::Yellow),
        ]);
    }
    out::print(&table.render(out::is_coloured()));
}
