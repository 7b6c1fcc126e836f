//! What was said in a talk, for the jury: its beginning and its end, in the lines of a package's `.interaction` file.

use std::collections::VecDeque;

use tribunal_problems::Side;

/// Bytes that are kept of the beginning and of the end.
const HEAD_MAX: usize = 16 << 10;
const TAIL_MAX: usize = 4 << 10;

/// A talk as it is being written down: `>` begins what the submission says, `<` what the interactor says (package-formats 5.1). Where
/// there are several programs, the index of the one that is meant stands before that.
#[derive(Debug)]
pub(super) struct Transcript {
    is_numbered: bool,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: u64,
    /// Who is in the middle of a line.
    speaker: Option<(usize, Side)>,
}

impl Transcript {
    pub(super) fn new(programs: usize) -> Self {
        Self {
            is_numbered: programs > 1,
            head: Vec::new(),
            tail: VecDeque::new(),
            dropped: 0,
            speaker: None,
        }
    }

    /// What was said in the conversation with this program.
    pub(super) fn push(&mut self, program: usize, from: Side, bytes: &[u8]) {
        let speaker = Some((program, from));
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.speaker != speaker {
                if self.speaker.is_some() {
                    self.keep(b"\n");
                }
                if self.is_numbered {
                    self.keep(program.to_string().as_bytes());
                }
                self.keep(match from {
                    Side::Program => b"> ",
                    Side::Interactor => b"< ",
                });
            }
            self.keep(piece);
            self.speaker = speaker.filter(|_| !piece.ends_with(b"\n"));
        }
    }

    /// The text; what lies between beginning and end is counted.
    pub(super) fn finish(self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.dropped > 0 {
            text.push_str(&format!("\n[… {} bytes …]\n", self.dropped));
        }
        let tail: Vec<u8> = self.tail.into();
        text.push_str(&String::from_utf8_lossy(&tail));
        text
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD_MAX - self.head.len()));
        self.head.extend_from_slice(head);
        let kept = &rest[rest.len().saturating_sub(TAIL_MAX)..];
        let surplus = (self.tail.len() + kept.len()).saturating_sub(TAIL_MAX);
        self.dropped += (rest.len() - kept.len() + surplus) as u64;
        self.tail.drain(..surplus);
        self.tail.extend(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[(Side, &str)]) -> String {
        let mut transcript = Transcript::new(1);
        for (from, text) in pieces {
            transcript.push(0, *from, text.as_bytes());
        }
        transcript.finish()
    }

    #[test]
    fn of_several_programs_the_one_that_is_meant_is_named() {
        let mut transcript = Transcript::new(2);
        transcript.push(1, Side::Interactor, b"7\n");
        transcript.push(1, Side::Program, b"4");
        transcript.push(0, Side::Program, b"5\n6\n");
        assert_eq!(transcript.finish(), "1< 7\n1> 4\n0> 5\n0> 6\n");
    }

    #[test]
    fn each_line_has_its_speaker_however_it_was_cut() {
        use Side::{Interactor, Program};
        let table: [(&[(Side, &str)], &str); 4] = [
            (&[], ""),
            (
                &[(Program, "5\n"), (Interactor, "lower\n")],
                "> 5\n< lower\n",
            ),
            (&[(Program, "1"), (Program, "2\n3\n")], "> 12\n> 3\n"),
            (&[(Program, "1"), (Interactor, "no\n")], "> 1\n< no\n"),
        ];
        for (pieces, wanted) in table {
            assert_eq!(written(pieces), wanted);
        }
    }

    #[test]
    fn a_long_talk_keeps_its_beginning_and_its_end() {
        let lines: Vec<String> = (0..20_000).map(|n| format!("{n}\n")).collect();
        let pieces: Vec<_> = lines
            .iter()
            .map(|line| (Side::Program, line.as_str()))
            .collect();
        let text = written(&pieces);
        assert!(text.starts_with("> 0\n> 1\n"), "{text}");
        assert!(text.ends_with("> 19998\n> 19999\n"), "{text}");
        assert!(text.contains(" bytes …]"), "{text}");
        assert!(text.len() < HEAD_MAX + TAIL_MAX + 40);
    }
}
