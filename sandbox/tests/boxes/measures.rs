//! What a run reports of what it used, and what a program sees around it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use tribunal_sandbox::{
    Cancel, Config, Ending, Error, Input, Isolation, Output, PipeEnd, Sandbox, Spec, seal,
};

use crate::common::{Check, acquire, as_root, counted, deed, expect, run, run_in, stdout, trial};
use crate::emulated::is_emulated;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("cpu_time_of_one_process_is_counted", || {
            cpu(&["spin", "300"], 300, 330)
        }),
        trial("cpu_time_of_threads_is_counted", || {
            cpu(&["threads", "4", "75"], 300, 340)
        }),
        trial("cpu_time_of_children_is_counted", || {
            cpu(&["children", "4", "75"], 300, 390)
        }),
        trial("cpu_time_of_orphans_is_counted", || {
            if counted() {
                cpu(&["orphans", "300"], 300, 400)
            } else {
                Ok(())
            }
        }),
        trial("one_run_does_not_pay_for_the_last", not_the_last),
        trial("peak_memory_is_the_programs_own", peak),
        trial("standard_input_is_read_from_its_start", stdin),
        trial("standard_input_cannot_be_changed", constant_stdin),
        trial("both_streams_are_kept_apart", streams),
        trial("a_program_sees_only_what_it_was_given", facts),
        trial("a_run_is_pinned_to_its_core", pinned),
        trial("two_boxes_run_at_once", at_once),
        trial("pipes_are_given_beside_the_streams", inherited),
        trial("fresh_runs_have_namespaces_of_their_own", fresh),
    ]
}

fn cpu(args: &[&str], least: u64, most: u64) -> Check {
    // What the start of a process costs here.
    let start = run(&deed(&["exit", "0"])).cpu_time * 10;
    let outcome = run(&deed(args));
    // Where groups do not count, waited-for children of children are known to a hundredth of a second.
    let slack = if counted() { 0 } else { 20 };
    let near = outcome.cpu_time >= Duration::from_millis(least - slack)
        && (is_emulated() || outcome.cpu_time < Duration::from_millis(most + 30) + start);
    expect(&outcome, outcome.ending == Ending::Exited(0) && near)
}

fn not_the_last() -> Check {
    let mut visit = acquire();
    run_in(&mut visit, &deed(&["touch", "200"]))
        .and_then(|_| run_in(&mut visit, &deed(&["spin", "1000"])))?;
    let outcome = run_in(&mut visit, &deed(&["exit", "0"]))?;
    expect(
        &outcome,
        outcome.cpu_time < Duration::from_millis(900) && outcome.peak_memory < 8 << 20,
    )
}

fn peak() -> Check {
    let own = run(&deed(&["touch", "0"])).peak_memory;
    let outcome = run(&deed(&["touch", "100"]));
    let off = outcome.peak_memory.abs_diff(own + (100 << 20));
    // Where groups do not count, the pages of its executable are the program's as well.
    let (off_max, own_max) = if counted() {
        (3 << 19, 4 << 20)
    } else {
        (8 << 20, 16 << 20)
    };
    expect(&outcome, off < off_max && own < own_max)
}

fn stdin() -> Check {
    let mut file = tempfile::tempfile()?;
    file.write_all(b"first second")?;
    file.seek(SeekFrom::Start(6))?;
    let mut spec = deed(&["cat"]);
    spec.stdin = Input::File(Arc::new(file.into()));
    for _ in 0..2 {
        let outcome = run(&spec);
        expect(&outcome, stdout(&outcome) == "first second")?;
    }
    let outcome = run(&deed(&["cat"]));
    expect(
        &outcome,
        outcome.ending == Ending::Exited(0) && outcome.stdout.total == 0,
    )
}

fn constant_stdin() -> Check {
    let plain = || -> std::io::Result<File> {
        let mut file = tempfile::tempfile()?;
        file.write_all(b"original")?;
        Ok(file)
    };
    for file in [plain()?.into(), seal(&mut &b"original"[..], "input")?] {
        let mut spec = deed(&["rewrite-stdin"]);
        spec.stdin = Input::File(Arc::new(file));
        let outcome = run(&spec);
        expect(&outcome, stdout(&outcome).starts_with("false"))?;
        let again = run(&Spec {
            stdin: spec.stdin,
            ..deed(&["cat"])
        });
        expect(&again, stdout(&again) == "original")?;
    }
    Ok(())
}

fn streams() -> Check {
    let outcome = run(&deed(&["both"]));
    expect(
        &outcome,
        outcome.stdout.head == b"out" && outcome.stderr.head == b"err",
    )
}

fn facts() -> Check {
    let mut spec = deed(&["facts"]);
    spec.env = vec![("ONLY".into(), "this".into())];
    let outcome = run(&spec);
    let text = stdout(&outcome);
    let mut expected = vec![
        "descriptors [0, 1, 2]",
        "environment [(\"ONLY\", \"this\")]",
        "host box",
        "directory /box",
        "pid 2",
        "SigBlk: 0000000000000000",
        "CapEff: 0000000000000000",
        "CapPrm: 0000000000000000",
        "NoNewPrivs: 1",
        "Seccomp: 2",
        // Rust's own runtime ignores SIGPIPE, and nothing else is ignored.
        "SigIgn: 0000000000001000",
    ];
    if as_root() {
        expected.push("Groups: ");
    }
    let missing: Vec<_> = expected
        .into_iter()
        .filter(|line| !text.lines().any(|found| found.trim() == line.trim()))
        .collect();
    expect(&outcome, missing.is_empty()).map_err(|_| format!("{missing:?} not in\n{text}").into())
}

fn pinned() -> Check {
    let mut spec = crate::common::shell("grep Cpus_allowed_list /proc/self/status");
    for core in [Some(0), None, Some(0)] {
        spec.core = core;
        let outcome = run(&spec);
        let one = stdout(&outcome).trim_end().ends_with("\t0");
        expect(
            &outcome,
            one == (core.is_some() || std::thread::available_parallelism()?.get() == 1),
        )?;
    }
    Ok(())
}

/// Two programs that talk to each other, each through the streams of its own box.
fn at_once() -> Check {
    let (question, answer) = (nix::unistd::pipe()?, nix::unistd::pipe()?);
    let between = |command, (stdin, stdout): (OwnedFd, OwnedFd)| Spec {
        stdin: Input::Pipe(Arc::new(stdin)),
        stdout: Output::Pipe(PipeEnd::new(stdout)),
        ..crate::common::shell(command)
    };
    let asks = between(
        "echo ping; read -r heard; [ $heard = pong ]",
        (answer.0, question.1),
    );
    let answers = between(
        "read -r heard; [ $heard = ping ] && echo pong",
        (question.0, answer.1),
    );
    std::thread::scope(|scope| {
        let both = [&asks, &answers].map(|spec| scope.spawn(move || run(spec)));
        both.into_iter().try_for_each(|one| {
            let outcome = one.join().expect("no test panics");
            expect(&outcome, outcome.ending == Ending::Exited(0))
        })
    })
}

/// Many pipes beside the streams, by number and, where their modes allow it, by name.
fn inherited() -> Check {
    const PAIRS: usize = 20;
    let (mut inherited, mut ours) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        let (question, answer) = (nix::unistd::pipe()?, nix::unistd::pipe()?);
        for end in [&question.0, &answer.0] {
            nix::sys::stat::fchmod(end, nix::sys::stat::Mode::from_bits_truncate(0o666))?;
        }
        writeln!(File::from(question.1), "question {number}")?;
        inherited.extend([PipeEnd::new(question.0), PipeEnd::new(answer.1)]);
        ours.push(answer.0);
    }
    let last = 2 + 2 * PAIRS;
    let command = format!(
        "for at in $(seq 3 2 {last}); do read -r line < /proc/self/fd/$at; echo \"$line!\" > /dev/fd/$((at + 1)); done; \
         [ -e /proc/$$/fd/{last} ] && [ ! -e /proc/$$/fd/{} ] && echo no more",
        last + 1
    );
    let spec = Spec {
        inherited,
        ..crate::common::shell(&command)
    };
    let outcome = run(&spec);
    drop(spec);
    expect(&outcome, stdout(&outcome) == "no more\n")?;
    for (number, answer) in ours.into_iter().enumerate() {
        let mut text = String::new();
        File::from(answer).read_to_string(&mut text)?;
        expect(&outcome, text == format!("question {number}!\n"))?;
    }
    let many = PipeEnd::new(File::open("/dev/null")?.into());
    let spec = Spec {
        inherited: vec![many; Spec::INHERITED_MAX + 1],
        ..crate::common::shell("true")
    };
    let refused = acquire().run(&spec, &Cancel::new()?);
    match refused {
        Err(Error::Spec(_)) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

fn fresh() -> Check {
    let config = Config {
        isolation: Isolation::Fresh,
        name: "fresh".to_owned(),
        ..crate::common::config()
    };
    let sandbox = Sandbox::start(config)?;
    let mut visit = sandbox.acquire()?;
    // One number for each nesting of namespaces: the box's and the run's.
    let outcome = run_in(
        &mut visit,
        &crate::common::shell("grep NSpid /proc/self/status; exit 7"),
    )?;
    let numbers = stdout(&outcome).split_ascii_whitespace().count() - 1;
    expect(
        &outcome,
        outcome.ending == Ending::Exited(7) && numbers == 2,
    )?;
    for (args, ending) in [
        (["abort", ""], Ending::Signaled(6)),
        (["daemon", ""], Ending::Exited(0)),
        (["orphans", "50"], Ending::Exited(0)),
        (["facts", ""], Ending::Exited(0)),
    ] {
        let outcome = run_in(&mut visit, &deed(&args))?;
        expect(&outcome, outcome.ending == ending)?;
    }
    let outcome = run_in(
        &mut visit,
        &crate::common::limited(&["sleep", "9000"], |limits| {
            limits.wall_time = Duration::from_millis(100);
        }),
    )?;
    expect(&outcome, outcome.ending == Ending::WallLimit)?;
    let absent = Spec {
        program: tribunal_sandbox::Program::Path("nowhere".into()),
        ..deed(&[])
    };
    let absent = run_in(&mut visit, &absent);
    let ok = matches!(absent, Err(Error::Exec(_)));
    if ok {
        Ok(())
    } else {
        Err(format!("{absent:?}, {:?}", super::common::sandbox().stats()).into())
    }
}
