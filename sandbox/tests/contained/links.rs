//! Outputs that are not what the judge takes them for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tribunal_sandbox::Error;

use crate::arena::{SECRET, Visit};
use crate::case::{Case, helper, judge};
use crate::network::assert_contained;

/// The judge wants `answer` of a program that made it something else.
fn trap(name: &'static str, check: fn(&mut Visit<'_>), make: fn()) -> [Case; 2] {
    [judge(name, check), helper(&format!("makes_{name}"), make)]
}

/// Runs the program that belongs to the test.
fn made(visit: &mut Visit<'_>, name: &str) {
    assert_contained(visit, &format!("makes_{name}"));
}

fn refused(visit: &mut Visit<'_>, name: &str) {
    match visit.take(name) {
        Err(Error::NotRegular(_) | Error::Absent(_) | Error::Name(_)) => {}
        other => panic!("{name} was taken: {other:?}"),
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(trap(
        "a_link_to_a_system_file_is_not_taken",
        |visit| {
            made(visit, "a_link_to_a_system_file_is_not_taken");
            refused(visit, "answer");
        },
        || symlink("/etc/passwd", "/box/answer").expect("a link"),
    ));
    cases.extend(trap(
        "a_link_to_the_judges_secret_is_not_taken",
        |visit| {
            made(visit, "a_link_to_the_judges_secret_is_not_taken");
            for name in ["answer", "relative", "root/etc/passwd", "proc", "loop"] {
                refused(visit, name);
            }
        },
        || {
            let secret = std::env::args().nth(3).expect("the secret's path");
            symlink(&secret, "/box/answer").expect("a link");
            symlink(format!("../../../../..{secret}"), "/box/relative").expect("a link");
            symlink("/", "/box/root").expect("a link");
            symlink("/proc/self/fd/0", "/box/proc").expect("a link");
            symlink("loop", "/box/loop").expect("a link");
        },
    ));
    cases.extend(trap(
        "a_directory_that_is_a_link_is_not_followed",
        |visit| {
            made(visit, "a_directory_that_is_a_link_is_not_followed");
            for name in ["out/passwd", "out/../etc/passwd", "here/file"] {
                refused(visit, name);
            }
        },
        || {
            symlink("/etc", "/box/out").expect("a link");
            fs::create_dir("/box/real").expect("a directory");
            fs::write("/box/real/file", "x").expect("a file");
            symlink("real", "/box/here").expect("a link");
        },
    ));
    cases.extend(trap(
        "a_pipe_a_socket_and_a_directory_are_not_taken",
        |visit| {
            made(visit, "a_pipe_a_socket_and_a_directory_are_not_taken");
            for name in ["pipe", "socket", "directory", "directory/", "."] {
                refused(visit, name);
            }
        },
        || {
            mkfifo("/box/pipe", Mode::S_IRWXU).expect("a pipe");
            std::mem::forget(UnixListener::bind("/box/socket").expect("a socket"));
            fs::create_dir("/box/directory").expect("a directory");
        },
    ));
    cases.extend(trap(
        "a_file_larger_than_asked_for_is_not_taken",
        |visit| {
            made(visit, "a_file_larger_than_asked_for_is_not_taken");
            assert!(matches!(visit.take("answer"), Err(Error::TooLarge { .. })));
        },
        || fs::write("/box/answer", vec![b'x'; 2 << 20]).expect("a file"),
    ));
    cases.extend(trap(
        "a_hole_of_a_file_is_not_taken",
        |visit| {
            made(visit, "a_hole_of_a_file_is_not_taken");
            assert!(matches!(visit.take("answer"), Err(Error::TooLarge { .. })));
        },
        || {
            fs::File::create("/box/answer")
                .and_then(|file| file.set_len(15 << 20))
                .expect("a file");
        },
    ));
    cases.extend(trap(
        "names_that_leave_the_box_are_refused",
        |visit| {
            made(visit, "names_that_leave_the_box_are_refused");
            for name in [
                "/etc/passwd",
                "../etc/passwd",
                "a/../../etc/passwd",
                "",
                "/proc/1/environ",
                "a\0b",
            ] {
                assert!(visit.take(name).is_err(), "{name:?} was taken");
                assert!(visit.try_place(name, "x").is_err(), "{name:?} was placed");
            }
        },
        || fs::create_dir("/box/a").expect("a directory"),
    ));
    cases.extend(trap(
        "a_file_that_nobody_may_read_is_taken_or_refused_but_never_waited_for",
        |visit| {
            made(
                visit,
                "a_file_that_nobody_may_read_is_taken_or_refused_but_never_waited_for",
            );
            if let Ok(text) = visit.take("answer") {
                assert_eq!(text, "closed");
            }
        },
        || {
            fs::write("/box/answer", "closed").expect("a file");
            fs::set_permissions("/box/answer", PermissionsExt::from_mode(0o0)).expect("a mode");
        },
    ));
    cases.extend(trap(
        "placing_over_a_link_does_not_follow_it",
        place_over_links,
        || {
            fs::write("/tmp/victim", "untouched").expect("a file");
            symlink("/tmp/victim", "/box/input.txt").expect("a link");
            symlink("/tmp", "/box/directory").expect("a link");
        },
    ));
    cases.push(helper("finds_the_victim_untouched", || {
        assert_eq!(
            fs::read_to_string("/tmp/victim").expect("the victim"),
            "untouched"
        );
        assert!(
            fs::read("/tmp/new.txt").is_err(),
            "a file was placed through a link"
        );
    }));
    cases.extend(trap(
        "placing_over_a_pipe_does_not_wait",
        |visit| {
            made(visit, "placing_over_a_pipe_does_not_wait");
            let _ = visit.try_place("input.txt", SECRET);
        },
        || mkfifo("/box/input.txt", Mode::S_IRWXU).expect("a pipe"),
    ));
    cases.extend(trap(
        "a_hard_link_gives_no_more_than_the_file",
        |visit| {
            made(visit, "a_hard_link_gives_no_more_than_the_file");
            assert!(visit.take("stolen").is_err());
        },
        || {
            for (from, to) in [
                ("/etc/passwd", "/box/stolen"),
                ("/proc/1/environ", "/box/stolen"),
                ("/proc/self/exe", "/box/stolen"),
            ] {
                crate::raw::denied(from, fs::hard_link(from, to));
            }
        },
    ));
    cases.extend(trap(
        "an_honest_answer_in_a_directory_is_taken",
        |visit| {
            made(visit, "an_honest_answer_in_a_directory_is_taken");
            assert_eq!(visit.take("out/answer").expect("the answer"), "42\n");
        },
        || {
            fs::create_dir("/box/out").expect("a directory");
            fs::write("/box/out/answer", "42\n").expect("a file");
        },
    ));
    cases
}

fn place_over_links(visit: &mut Visit<'_>) {
    made(visit, "placing_over_a_link_does_not_follow_it");
    let _ = visit.try_place("input.txt", "placed");
    let _ = visit.try_place("directory/new.txt", "placed");
    assert_contained(visit, "finds_the_victim_untouched");
}
