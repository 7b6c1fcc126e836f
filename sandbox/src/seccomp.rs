//! Which system calls a program in a box may make, and what the kernel answers to the others.
//!
//! One filter for all languages: what gcc, CPython, PyPy, the JVM, Node, Go and Rust programs need is in [`ALLOWED`];
//! [`REFUSED`] names what is dangerous, what is answered and why; whatever stands in neither table does not exist
//! (`ENOSYS`), so that a call which a newer kernel brings is closed until somebody has thought about it.
//!
//! Two kinds of refusal. A call that no honest program makes kills the process with SIGSYS, which the outcome calls a
//! security violation. A call that some runtime only tries gets an error that the runtime knows how to live with.
//!
//! The architecture is checked before anything else: `int 0x80` is another architecture to the kernel and kills, and the
//! numbers of the x32 interface stand in no table. `sync` is answered with success and not done: it would
//! flush the whole host.
//!
//! # The agent's own calls
//!
//! The filter is loaded once, into the box's PID 1, and inherited (loading it for each run would cost ten times as much as the
//! run). So what PID 1 needs for a run, its child has too, unless an argument tells them apart. That matters for `clone3`: PID 1
//! starts the program with it (into a cgroup, with a chosen pid), but its flags lie in memory where a filter cannot
//! look, and `CLONE_PARENT` would let the program put a process beside itself, as a child of PID 1. Hence the [`Key`]: the kernel
//! ignores the registers of arguments that a call does not have, but a filter sees them. PID 1 puts a random secret
//! into the fifth and sixth argument, and the filter wants to find it there. The program cannot learn it: PID 1's memory is closed to it, exec
//! clears the registers, and guessing 128 bits is hopeless. Without the key, `clone3` does not exist, and libc falls back to
//! `clone`, whose flags are in a register; and the core that a run is pinned to cannot be changed.
//!
//! Two more things prevent nested namespaces, should this one fail: the box's `max_user_namespaces` is 0, and the
//! program has no capability that any other namespace needs.
//!
//! Landlock's own calls are not in the tables: the agent applies Landlock first, then this.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, sock_filter,
};

mod shortcut;
mod table;

use table::{ALLOWED, ALLOWED_HERE, Arg, KEYED, REFUSED};

/// A secret that PID 1 passes in the fifth and sixth argument of the calls that only it may make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) [u64; 2]);

/// What the kernel answers to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It is carried out.
    Allow,
    /// It fails with this error; 0 is a success that did nothing.
    Errno(i32),
    /// The process dies of SIGSYS.
    Kill,
}

impl From<Answer> for SeccompAction {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Allow => Self::Allow,
            Answer::Errno(errno) => Self::Errno(errno.unsigned_abs()),
            Answer::Kill => Self::KillProcess,
        }
    }
}

/// Builds the filter; `clone3` and `sched_setaffinity` pass only with the key.
pub(crate) fn policy_with_key(key: Key) -> Result<BpfProgram, BackendError> {
    let mut sections: Vec<(Answer, Rules)> = Vec::new();
    for refusal in REFUSED {
        for &call in refusal.calls {
            refuse(&mut sections, refusal.answer, call, refusal.when)?;
        }
    }
    for &(call, answer) in KEYED {
        for (place, word) in [4, 5].into_iter().zip(key.0) {
            refuse(&mut sections, answer, call, &[Arg::IsNot(place, word)])?;
        }
    }
    let keyed = KEYED.iter().map(|&(call, _)| call);
    let allowed: Rules = ALLOWED
        .iter()
        .chain(ALLOWED_HERE)
        .copied()
        .chain(keyed)
        .map(|call| (call, Vec::new()))
        .collect();

    let mut program = shortcut::tree(
        ARCHITECTURE,
        &by_number_alone(&sections, &allowed),
        Answer::Errno(libc::ENOSYS),
    );
    for (answer, rules) in sections {
        program.extend(falling_through(answer, rules)?);
    }
    program.extend(filter(
        allowed,
        Answer::Errno(libc::ENOSYS).into(),
        Answer::Allow,
    )?);
    Ok(program)
}

/// The rules of one section, by system call.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// This architecture as the kernel names it: `AUDIT_ARCH_*`.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
/// This architecture as the kernel names it: `AUDIT_ARCH_*`.
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// The answer of every call in the tables, `None` where it depends on arguments.
fn by_number_alone(sections: &[(Answer, Rules)], allowed: &Rules) -> BTreeMap<u32, Option<Answer>> {
    let calls = sections.iter().flat_map(|(_, rules)| rules.keys());
    let answer = |call: &i64| {
        let first = sections
            .iter()
            .find_map(|(answer, rules)| Some((*answer, rules.get(call)?.is_empty())));
        match first {
            Some((answer, true)) => Some(answer),
            Some((_, false)) => None,
            None => Some(Answer::Allow),
        }
    };
    let number = |call: &i64| u32::try_from(*call).ok();
    calls
        .chain(allowed.keys())
        .filter_map(|call| Some((number(call)?, answer(call))))
        .collect()
}

/// Adds a refusal to the section of its answer; no condition means always.
fn refuse(
    sections: &mut Vec<(Answer, Rules)>,
    answer: Answer,
    call: c_long,
    when: &[Arg],
) -> Result<(), BackendError> {
    let place = sections
        .iter()
        .position(|(of, _)| *of == answer)
        .unwrap_or_else(|| {
            sections.push((answer, Rules::new()));
            sections.len() - 1
        });
    let rules = sections[place].1.entry(call).or_default();
    if !when.is_empty() {
        let conditions = when.iter().map(Arg::condition).collect::<Result<_, _>>()?;
        rules.push(SeccompRule::new(conditions)?);
    }
    Ok(())
}

impl Arg {
    fn condition(&self) -> Result<SeccompCondition, BackendError> {
        let (place, operator, value) = match *self {
            Self::Is(place, value) => (place, SeccompCmpOp::Eq, value),
            Self::IsNot(place, value) => (place, SeccompCmpOp::Ne, value),
            Self::Bits(place, mask, value) => (place, SeccompCmpOp::MaskedEq(mask), value),
        };
        // The kernel reads these as 32-bit integers, and so must we: a set upper half would slip past. A key has 64.
        let width = match *self {
            Self::IsNot(4.., _) => SeccompCmpArgLen::Qword,
            _ => SeccompCmpArgLen::Dword,
        };
        SeccompCondition::new(place, width, operator, value)
    }
}

/// The seccompiler's filter of one answer.
fn filter(
    rules: Rules,
    otherwise: SeccompAction,
    answer: Answer,
) -> Result<BpfProgram, BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, answer.into(), arch)?.try_into()
}

/// The filter of one answer, with every return of the other answer made a jump to what follows it.
///
/// A seccompiler filter knows two answers. Joined like this, several act as one program in which the first match wins,
/// where the kernel would run several loaded filters all, at each call.
fn falling_through(answer: Answer, rules: Rules) -> Result<BpfProgram, BackendError> {
    const RETURN: u16 = 0x06;
    const JUMP: u16 = 0x05;
    const SECCOMP_RET_TRACE: u32 = 0x7ff0_0000;
    // No table answers "trace", so this return can be no other.
    const MARK: u16 = 0x7e57;
    let mut program = filter(rules, SeccompAction::Trace(u32::from(MARK)), answer)?;
    let end = program.len();
    for (at, instruction) in program.iter_mut().enumerate() {
        if instruction.code == RETURN && instruction.k == SECCOMP_RET_TRACE | u32::from(MARK) {
            let distance =
                u32::try_from(end - at - 1).map_err(|_| BackendError::FilterTooLarge(end))?;
            *instruction = sock_filter {
                code: JUMP,
                jt: 0,
                jf: 0,
                k: distance,
            };
        }
    }
    Ok(program)
}

#[cfg(test)]
mod tests;
