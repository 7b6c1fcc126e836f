//! A search tree before the filter, for the calls whose answer depends on nothing but their number.
//!
//! When a filter is loaded, the kernel runs it once for every number there is, to learn which calls it always allows. A
//! list of rules makes that slow (the larger part of a millisecond here), a tree makes it quick. Calls whose
//! answer depends on arguments, and other architectures, fall through to the list.

use std::collections::BTreeMap;

use seccompiler::{BpfProgram, sock_filter};

use super::Answer;

const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const RETURN: u16 = 0x06;
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// From this number to the next range's: the answer, or `None` where the list decides.
type Range = (u32, Option<Answer>);

/// The tree over these calls; every number that is not among them has the answer `others`.
pub(super) fn tree(
    architecture: u32,
    calls: &BTreeMap<u32, Option<Answer>>,
    others: Answer,
) -> BpfProgram {
    let mut ranges: Vec<Range> = vec![(0, Some(others))];
    for (&call, &answer) in calls {
        push(&mut ranges, (call, answer));
        push(&mut ranges, (call + 1, Some(others)));
    }
    let inner = branch(&ranges);
    let mut program = vec![
        instruction(LOAD, 0, 0, ARCHITECTURE),
        instruction(JUMP_IF_EQUAL, 1, 0, architecture),
        instruction(JUMP, 0, 0, 0),
        instruction(LOAD, 0, 0, NUMBER),
    ];
    program.extend(inner);
    // Every jump without a target yet leads behind the tree.
    let end = program.len();
    for (at, step) in program.iter_mut().enumerate() {
        if step.code == JUMP && step.k == 0 {
            step.k = u32::try_from(end - at - 1).expect("a program is short");
        }
    }
    program
}

/// Adds a range, in place of one that would be empty and not if it only continues the last.
fn push(ranges: &mut Vec<Range>, range: Range) {
    if ranges.last().is_some_and(|last| last.0 == range.0) {
        ranges.pop();
    }
    if ranges.last().is_none_or(|last| last.1 != range.1) {
        ranges.push(range);
    }
}

fn branch(ranges: &[Range]) -> BpfProgram {
    let [first, rest @ ..] = ranges else {
        return BpfProgram::new();
    };
    if rest.is_empty() {
        return vec![match first.1 {
            Some(answer) => instruction(RETURN, 0, 0, value(answer)),
            None => instruction(JUMP, 0, 0, 0),
        }];
    }
    let (low, high) = ranges.split_at(ranges.len() / 2);
    let (below, above) = (branch(low), branch(high));
    let mut program = match u8::try_from(below.len()) {
        Ok(distance) => vec![instruction(JUMP_IF_AT_LEAST, distance, 0, high[0].0)],
        // Farther than a conditional jump reaches.
        Err(_) => vec![
            instruction(JUMP_IF_AT_LEAST, 0, 1, high[0].0),
            instruction(
                JUMP,
                0,
                0,
                u32::try_from(below.len()).expect("a program is short"),
            ),
        ],
    };
    program.extend(below);
    program.extend(above);
    program
}

fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

/// What the kernel takes for this answer: seccomp(2), `SECCOMP_RET_*`.
fn value(answer: Answer) -> u32 {
    match answer {
        Answer::Allow => 0x7fff_0000,
        Answer::Errno(errno) => 0x0005_0000 | errno.unsigned_abs(),
        Answer::Kill => 0x8000_0000,
    }
}
