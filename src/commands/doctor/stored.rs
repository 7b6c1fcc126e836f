//! What `doctor --deep` says of a data directory: damage, and how to mend it.

use std::path::Path;

use tribunal_actors::Examination;
use tribunal_sandbox::{Line, State};

use crate::commands::Failure;

/// What is damaged of what a data directory has stored; nothing where none is named and there is none.
pub(super) fn stored(data: Option<&Path>) -> Result<Vec<Line>, Failure> {
    let usual = Path::new(DATA);
    let data = match data {
        Some(data) => data,
        None if usual.is_dir() => usual,
        None => return Ok(Vec::new()),
    };
    let found = Examination::of(data)?;
    let database = data.join("tribunal.db").display().to_string();
    let restore = format!("restore {database} from a backup, or `sqlite3 {database} .recover`");
    let mut lines = vec![line(DATABASE, found.database, database, &restore)];
    let scan = found.scan;
    let blobs = scan.damaged.iter();
    let damaged = blobs.map(|id| format!("blob {id} is not what its name says"));
    let broken = scan.broken.iter();
    let broken = broken.map(|id| format!("artifact {id} has a file that is missing or damaged"));
    let rotten = scan.rotten.iter();
    let rotten = rotten.map(|file| {
        let path = file.path.display();
        format!("{path} has changed, though its times say that nobody has changed it")
    });
    lines.push(line(
        STORED,
        damaged.chain(broken).chain(rotten).collect(),
        format!("{} files in {}", scan.blobs, data.display()),
        "nothing damaged is judged with: a file is read from its package again, a program compiled again; \
         restore what has changed in a package, and test the disk",
    ));
    Ok(lines)
}

const DATA: &str = "tribunal-data";
const DATABASE: &str = "the database";
const STORED: &str = "what is stored";

/// The first of what is wrong, and how much more; what was looked at where nothing is.
fn line(what: &'static str, wrong: Vec<String>, looked_at: String, remedy: &str) -> Line {
    let detail = match wrong.as_slice() {
        [] => format!("{looked_at}: no damage"),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first}; and {} more", rest.len()),
    };
    for more in wrong.iter().skip(1) {
        log::warn!("{more}");
    }
    Line {
        what,
        state: if wrong.is_empty() {
            State::Good
        } else {
            State::Missing
        },
        detail,
        remedy: (!wrong.is_empty()).then(|| remedy.to_owned()),
    }
}

/// Whether the line tells of damage.
pub(super) fn is_damage(line: &Line) -> bool {
    [DATABASE, STORED].contains(&line.what) && line.state == State::Missing
}
