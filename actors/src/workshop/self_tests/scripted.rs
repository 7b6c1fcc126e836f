//! What input validators say that the judge runs itself: scripts in checktestdata. They do nothing but read, and so need
//! no box; as they may take long, they have a thread of their own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use tribunal_problems::{CheckOptions, Script, SelfTest};

use super::{Said, WorkshopError};

/// Bytes of the largest input that is looked at.
const INPUT_BYTES_MAX: u64 = 1 << 30;

/// The arguments that make any blanks do where a space is wanted, as the original program has them.
const WHITESPACE_OK: [&str; 2] = ["-w", "--whitespace-ok"];

/// What a script says of each input. Arguments that it does not know are for others.
pub(super) async fn said(
    name: &str,
    script: &Arc<Script>,
    cases: &[&SelfTest],
    validator: usize,
) -> Result<Vec<Said>, WorkshopError> {
    let mut all = Vec::with_capacity(cases.len());
    for case in cases {
        let SelfTest::Input { input, args, .. } = case else {
            continue;
        };
        let options = CheckOptions {
            whitespace_ok: args[validator]
                .iter()
                .any(|arg| WHITESPACE_OK.contains(&arg.as_str())),
            ..CheckOptions::default()
        };
        let (name, script, input) = (name.to_owned(), script.clone(), input.clone());
        let looking = tokio::task::spawn_blocking(move || look(&name, &script, &input, &options));
        all.push(looking.await.map_err(io::Error::other)??);
    }
    Ok(all)
}

fn look(
    name: &str,
    script: &Script,
    input: &Path,
    options: &CheckOptions,
) -> Result<Said, WorkshopError> {
    let Some(content) = read(input)? else {
        return Ok(Said {
            accepts: false,
            words: format!("{name}: the input has more than {INPUT_BYTES_MAX} bytes"),
        });
    };
    Ok(match script.check(&content, options) {
        Ok(()) => Said {
            accepts: true,
            words: format!("{name}: it accepts it"),
        },
        Err(refusal) => Said {
            accepts: false,
            words: format!("{name}: {refusal}"),
        },
    })
}

/// The whole input; `None`: it is too large.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    let read = File::open(path)?
        .take(INPUT_BYTES_MAX + 1)
        .read_to_end(&mut content)?;
    Ok((read as u64 <= INPUT_BYTES_MAX).then_some(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_accepts_an_input_or_says_where_it_is_wrong() {
        let directory = tempfile::tempdir().unwrap();
        let input = directory.path().join("1.in");
        std::fs::write(&input, "3  4\n").unwrap();
        let script = Script::parse(b"INT(1, 9) SPACE INT(1, 9)\nNEWLINE").unwrap();
        let look = |options| look("numbers", &script, &input, &options).unwrap();
        let strict = look(CheckOptions::default());
        assert!(!strict.accepts);
        assert_eq!(
            strict.words,
            "numbers: line 1, column 3: expected an integer, found a space (INT in line 1 of the validator)"
        );
        let lenient = look(CheckOptions {
            whitespace_ok: true,
            ..CheckOptions::default()
        });
        assert!(lenient.accepts, "{lenient:?}");
    }
}
