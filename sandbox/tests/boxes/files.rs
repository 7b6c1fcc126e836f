//! Files in, files out, and nothing left.

use std::io::Read;

use libtest_mimic::Trial;
use tribunal_sandbox::{Content, Ending, Error, Program, ReadyBox, Spec, seal};

use crate::common::{Check, acquire, as_root, deed, expect, run_in, shell, stdout, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_placed_file_is_read_and_run", placed),
        trial("a_placed_file_cannot_be_changed", constant),
        trial("a_large_file_is_placed_whole", large),
        trial("a_name_outside_is_refused", outside),
        trial("placing_follows_no_link", place_over_links),
        trial("a_result_is_taken_out", taken),
        trial("links_fifos_and_directories_are_not_taken", not_taken),
        trial("a_file_stays_for_the_next_run_of_the_visit", stays),
        trial("nothing_stays_for_the_next_visit", reset),
        trial("a_closed_directory_is_open_for_the_next_visit", closed),
    ]
}

fn placed() -> Check {
    let mut visit = acquire();
    visit.place(
        "some/where/script",
        Content::Bytes(b"#!/bin/sh\necho ran $1\n"),
        true,
    )?;
    let spec = Spec {
        program: Program::Path("some/where/script".into()),
        args: vec!["script".into(), "it".into()],
        ..deed(&[])
    };
    let outcome = run_in(&mut visit, &spec)?;
    expect(&outcome, stdout(&outcome) == "ran it\n")
}

fn constant() -> Check {
    if !as_root() {
        return Ok(());
    }
    let mut visit = acquire();
    visit.place("data", Content::Bytes(b"original"), false)?;
    let outcome = run_in(
        &mut visit,
        &shell("echo x > data; chmod 777 data; rm -f data; mv data other; cat data"),
    )?;
    expect(&outcome, stdout(&outcome) == "original")
}

/// Nothing can be made, changed or removed in the working directory, while the other writable places stay open.
fn closed() -> Check {
    let attempts = "echo x > new; mkdir there; echo x >> data; rm -f data; rm -rf some/where; echo x > some/new; ls -R; \
                    cat data; echo y > /tmp/new && cat /tmp/new";
    let mut visit = acquire();
    visit.place("data", Content::Bytes(b"original\n"), false)?;
    visit.place("some/where/deep", Content::Bytes(b"deep"), false)?;
    let spec = Spec {
        read_only: true,
        ..shell(attempts)
    };
    let outcome = run_in(&mut visit, &spec)?;
    let wanted = ".:\ndata\nsome\n\n./some:\nwhere\n\n./some/where:\ndeep\noriginal\ny\n";
    // An ordinary user's program owns what is there, and a shell's redirection does not ask for another mode.
    if as_root() {
        expect(&outcome, stdout(&outcome) == wanted)?;
    } else {
        expect(&outcome, !stdout(&outcome).contains("new\n\n"))?;
    }
    visit.reset()?;
    let mut visit = acquire();
    let outcome = run_in(&mut visit, &shell("echo x > new && cat new; ls"))?;
    expect(&outcome, stdout(&outcome) == "x\nnew\n")
}

fn large() -> Check {
    let mut visit = acquire();
    let bytes: Vec<u8> = (0..5_000_000u32).map(|at| at as u8).collect();
    visit.place("bytes", Content::Bytes(&bytes), false)?;
    let file = seal(&mut &bytes[..], "file")?;
    visit.place("file", Content::File(&file), false)?;
    visit.place("file", Content::File(&file), false)?;
    let outcome = run_in(&mut visit, &shell("cmp bytes file && wc -c < file"))?;
    expect(&outcome, stdout(&outcome).trim() == "5000000")?;
    let mut back = Vec::new();
    visit.take("file", 5_000_000)?.read_to_end(&mut back)?;
    if back == bytes {
        Ok(())
    } else {
        Err("other bytes came back".into())
    }
}

fn outside() -> Check {
    let mut visit = acquire();
    for name in ["/etc/x", "../x", "a/../../x", "", ".", "a\0b"] {
        match visit.place(name, Content::Bytes(b"x"), false) {
            Err(Error::Name(_)) => {}
            other => return Err(format!("{name:?}: {other:?}").into()),
        }
    }
    Ok(())
}

fn place_over_links() -> Check {
    let mut visit = acquire();
    run_in(
        &mut visit,
        &shell("ln -s /tmp dir; ln -s /tmp/target file; mkfifo fifo"),
    )?;
    if visit.place("dir/x", Content::Bytes(b"x"), false).is_ok() {
        return Err("a link was followed".into());
    }
    visit.place("file", Content::Bytes(b"new"), false)?;
    visit.place("fifo", Content::Bytes(b"new"), false)?;
    let outcome = run_in(&mut visit, &shell("cat file fifo; ls /tmp"))?;
    expect(&outcome, stdout(&outcome) == "newnew")
}

fn taken() -> Check {
    let mut visit = acquire();
    run_in(
        &mut visit,
        &shell("mkdir -m 0 deep; mkdir sub; echo result > sub/out; chmod 0 sub/out"),
    )?;
    let mut text = String::new();
    visit.take("sub/out", 100)?.read_to_string(&mut text)?;
    if text == "result\n" {
        Ok(())
    } else {
        Err(text.into())
    }
}

fn not_taken() -> Check {
    let mut visit = acquire();
    let made = "ln -s /etc/passwd link; ln -s /etc dir; mkfifo fifo; mkdir sub; echo 12345 > long; ln -s long short";
    let outcome = run_in(&mut visit, &shell(made))?;
    expect(&outcome, outcome.ending == Ending::Exited(0))?;
    type Is = fn(&Error) -> bool;
    let table: [(&str, Is); 8] = [
        ("link", |error| matches!(error, Error::NotRegular(_))),
        ("dir/passwd", |error| matches!(error, Error::NotRegular(_))),
        ("short", |error| matches!(error, Error::NotRegular(_))),
        ("fifo", |error| matches!(error, Error::NotRegular(_))),
        ("sub", |error| matches!(error, Error::NotRegular(_))),
        ("nothing", |error| matches!(error, Error::Absent(_))),
        ("long", |error| {
            matches!(error, Error::TooLarge { size: 6, .. })
        }),
        ("../etc/passwd", |error| matches!(error, Error::Name(_))),
    ];
    for (name, is) in table {
        match visit.take(name, 5) {
            Err(error) if is(&error) => {}
            other => return Err(format!("{name}: {other:?}").into()),
        }
    }
    Ok(())
}

fn stays() -> Check {
    let mut visit = acquire();
    run_in(&mut visit, &deed(&["write-file", "/box/kept", "kept"]))?;
    let outcome = run_in(&mut visit, &shell("cat kept"))?;
    expect(&outcome, stdout(&outcome) == "kept")
}

fn leave_traces(visit: &mut ReadyBox) -> Check {
    let traces = "mkdir -p a/b/c; touch a/b/c/d .hidden /tmp/x /dev/shm/y; ln -s /usr a/link; mkfifo /tmp/f; mkdir -m 0 a/closed; \
                  chmod 700 /box /tmp /dev/shm; setfattr -n user.x -v y /box; exit 0";
    let outcome = run_in(visit, &shell(traces))?;
    expect(&outcome, outcome.ending == Ending::Exited(0))
}

fn reset() -> Check {
    let mut visit = acquire();
    for _ in 0..3 {
        leave_traces(&mut visit)?;
        visit.place("placed", Content::Bytes(b"x"), false)?;
        visit.reset()?;
        let outcome = run_in(&mut visit, &deed(&["list"]))?;
        expect(
            &outcome,
            outcome.ending == Ending::Exited(0) && outcome.stdout.total == 0,
        )?;
        let outcome = run_in(
            &mut visit,
            &shell("stat -c '%a %U %Y' /box /tmp /dev/shm | sort -u | wc -l"),
        )?;
        expect(&outcome, stdout(&outcome).trim() == "1")?;
    }
    Ok(())
}
