//! What a program learns of where it runs: what it was given, and nothing of the judge or the host.

use std::fs;

use nix::unistd::{getegid, geteuid, getgroups, gethostname, getpid, getsid};

use crate::arena::Visit;
use crate::case::{Case, helper, judge, program};
use crate::raw::{call, denied};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        program("the_environment_is_the_given_one_and_no_more", || {
            let mut names: Vec<_> = std::env::vars_os()
                .map(|(name, _)| name.into_string().expect("a name"))
                .collect();
            names.sort();
            assert_eq!(names, ["HOME", "LANG", "PATH"]);
        }),
        judge("the_hosts_name_is_not_told", |visit| {
            let own = gethostname()
                .expect("our name")
                .into_string()
                .expect("a name");
            let said = said(visit, "tells_its_host");
            assert!(
                !own.is_empty() && !said.split_whitespace().any(|word| word == own),
                "{said}"
            );
        }),
        helper("tells_its_host", || {
            println!("{:?}", gethostname());
            println!("{}", gethostname().expect("a name").to_string_lossy());
            for file in [
                "/proc/sys/kernel/hostname",
                "/etc/hostname",
                "/proc/sys/kernel/domainname",
            ] {
                println!("{}", fs::read_to_string(file).unwrap_or_default());
            }
        }),
        program("it_is_an_ordinary_user_without_capabilities", || {
            assert!(
                geteuid().as_raw() != 0 && getegid().as_raw() != 0,
                "it is root"
            );
            let groups = getgroups().expect("its groups");
            assert!(
                groups
                    .iter()
                    .all(|group| [getegid().as_raw(), 65534].contains(&group.as_raw())),
                "{groups:?}"
            );
            let status = fs::read_to_string("/proc/self/status").expect("its status");
            for line in status
                .lines()
                .filter(|line| line.starts_with("Cap") && !line.starts_with("CapBnd"))
            {
                assert!(line.ends_with("0000000000000000"), "{line}");
            }
            assert!(
                status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"),
                "{status}"
            );
        }),
        program("it_is_no_first_process_and_has_no_terminal", || {
            assert_ne!(getpid().as_raw(), 1);
            assert_ne!(getsid(None).expect("its session").as_raw(), 0);
            denied("a terminal", fs::File::open("/dev/tty"));
        }),
        program("its_signals_have_their_default_actions", || {
            let status = fs::read_to_string("/proc/self/status").expect("its status");
            let line = |name: &str| {
                status
                    .lines()
                    .find(|line| line.starts_with(name))
                    .expect("the line")
                    .to_owned()
            };
            let ignored = line("SigIgn")
                .rsplit('\t')
                .next()
                .and_then(|mask| u64::from_str_radix(mask, 16).ok());
            // Rust's own start ignores SIGPIPE in this program, and posix_spawn the two signals that are libc's own.
            let usual = [libc::SIGPIPE, 32, 33].map(|signal| 1u64 << (signal - 1));
            assert_eq!(ignored.expect("a mask") & !usual.iter().sum::<u64>(), 0);
            assert_eq!(line("SigBlk"), "SigBlk:\t0000000000000000");
        }),
        program("the_files_of_users_name_nobody_of_the_host", || {
            let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
            assert!(users.lines().count() <= 8, "{users}");
            for file in [
                "/etc/ssh",
                "/etc/ssl/private",
                "/etc/machine-id",
                "/etc/sudoers",
                "/var/lib/dbus/machine-id",
                "/.dockerenv",
            ] {
                denied(file, fs::metadata(file));
            }
        }),
        program("the_judges_processes_and_arguments_are_not_seen", || {
            let line = fs::read_to_string("/proc/1/cmdline").unwrap_or_default();
            assert!(!line.contains('/'), "{line}");
            denied(
                "the agent's environment",
                fs::read_to_string("/proc/1/environ"),
            );
            assert!(call(libc::SYS_getpgid, &[1]).is_ok(), "PID 1 is a process");
        }),
        program("the_firmware_and_the_bus_are_not_seen", || {
            for path in [
                "/sys",
                "/sys/class/dmi",
                "/sys/class/net",
                "/sys/fs/cgroup",
                "/sys/kernel/debug",
                "/proc/acpi",
                "/proc/scsi",
            ] {
                let entries = fs::read_dir(path).map(Iterator::count).unwrap_or(0);
                assert_eq!(entries, 0, "{path} can be listed");
            }
        }),
    ]
}

fn said(visit: &mut Visit<'_>, helper: &str) -> String {
    let outcome = visit.run(helper);
    assert_eq!(
        outcome.ending,
        tribunal_sandbox::Ending::Exited(0),
        "{}",
        visit.describe(&outcome)
    );
    String::from_utf8(outcome.stdout.head).expect("text")
}
