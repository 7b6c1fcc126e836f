//! Every dangerous system call, one by one: the answer is the policy's, not the kernel's own.

use libc::c_long;
use nix::errno::Errno::{self, EACCES, EINVAL, ENOSYS, EOPNOTSUPP, EPERM};
use tribunal_sandbox::Ending::{SecurityViolation, Signaled};

use crate::case::{Case, program};
use crate::raw::{call, refused};

/// Calls that no honest program makes: whoever makes one dies of it.
const KILLED: &[(&str, c_long)] = &[
    ("ptrace", libc::SYS_ptrace),
    ("mount", libc::SYS_mount),
    ("umount2", libc::SYS_umount2),
    ("pivot_root", libc::SYS_pivot_root),
    ("fsopen", libc::SYS_fsopen),
    ("fsmount", libc::SYS_fsmount),
    ("fspick", libc::SYS_fspick),
    ("move_mount", libc::SYS_move_mount),
    ("open_tree", libc::SYS_open_tree),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("setns", libc::SYS_setns),
    ("bpf", libc::SYS_bpf),
    ("kexec_load", libc::SYS_kexec_load),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("delete_module", libc::SYS_delete_module),
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("swapoff", libc::SYS_swapoff),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("vhangup", libc::SYS_vhangup),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("add_key", libc::SYS_add_key),
    ("request_key", libc::SYS_request_key),
    ("keyctl", libc::SYS_keyctl),
    ("iopl", libc::SYS_iopl),
    ("ioperm", libc::SYS_ioperm),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
];

const NEWUSER: usize = libc::CLONE_NEWUSER as usize;
const NEW_ANY: [i32; 6] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Calls that some runtime tries: it is told no and goes on.
const REFUSED: &[(&str, c_long, &[usize], Errno)] = &[
    ("unshare", libc::SYS_unshare, &[NEWUSER], EPERM),
    (
        "clone_into_a_user_namespace",
        libc::SYS_clone,
        &[NEWUSER | 17],
        EPERM,
    ),
    ("clone3", libc::SYS_clone3, &[0, 88], ENOSYS),
    ("chroot", libc::SYS_chroot, &[], EPERM),
    ("io_uring_setup", libc::SYS_io_uring_setup, &[8, 0], ENOSYS),
    ("io_uring_enter", libc::SYS_io_uring_enter, &[0], ENOSYS),
    ("io_setup", libc::SYS_io_setup, &[128, 0], ENOSYS),
    ("userfaultfd", libc::SYS_userfaultfd, &[1], ENOSYS),
    ("memfd_secret", libc::SYS_memfd_secret, &[0], ENOSYS),
    (
        "perf_event_open",
        libc::SYS_perf_event_open,
        &[0, 0, usize::MAX, usize::MAX, 0],
        EACCES,
    ),
    ("seccomp", libc::SYS_seccomp, &[1, 0, 0], EPERM),
    ("prctl_seccomp", libc::SYS_prctl, &[22, 2, 0], EPERM),
    ("prctl_mm", libc::SYS_prctl, &[35, 1, 0], EPERM),
    ("prctl_core_scheduling", libc::SYS_prctl, &[62, 1, 0], EPERM),
    ("personality", libc::SYS_personality, &[0x0040_0000], EPERM),
    (
        "shmget",
        libc::SYS_shmget,
        &[0x686f_7374, 4096, 0o1666],
        ENOSYS,
    ),
    (
        "semget",
        libc::SYS_semget,
        &[0x686f_7374, 1, 0o1666],
        ENOSYS,
    ),
    ("msgget", libc::SYS_msgget, &[0x686f_7374, 0o1666], ENOSYS),
    ("mq_open", libc::SYS_mq_open, &[0, 0o102, 0o666, 0], ENOSYS),
    ("sethostname", libc::SYS_sethostname, &[0, 0], EPERM),
    ("setdomainname", libc::SYS_setdomainname, &[0, 0], EPERM),
    ("syslog", libc::SYS_syslog, &[3, 0, 0], EPERM),
    ("fanotify_init", libc::SYS_fanotify_init, &[0, 0], EPERM),
    ("inotify_init1", libc::SYS_inotify_init1, &[0], ENOSYS),
    (
        "name_to_handle_at",
        libc::SYS_name_to_handle_at,
        &[0, 0, 0, 0, 0],
        EPERM,
    ),
    ("kcmp", libc::SYS_kcmp, &[1, 2, 0, 0, 0], EPERM),
    ("mbind", libc::SYS_mbind, &[0, 4096, 0, 0, 0, 0], EPERM),
    ("setxattr", libc::SYS_setxattr, &[0, 0, 0, 0, 0], EOPNOTSUPP),
    (
        "ioctl_tiocsti",
        libc::SYS_ioctl,
        &[0, libc::TIOCSTI as usize, 0],
        EPERM,
    ),
    (
        "ioctl_tioclinux",
        libc::SYS_ioctl,
        &[0, libc::TIOCLINUX as usize, 0],
        EPERM,
    ),
    (
        "ioctl_setflags",
        libc::SYS_ioctl,
        &[0, 0x4008_6602, 0],
        EOPNOTSUPP,
    ),
    (
        "fcntl_notify",
        libc::SYS_fcntl,
        &[0, libc::F_NOTIFY as usize, 1],
        EINVAL,
    ),
    (
        "fcntl_setlease",
        libc::SYS_fcntl,
        &[0, libc::F_SETLEASE as usize, 0],
        EINVAL,
    ),
    ("modify_ldt", libc::SYS_modify_ldt, &[0, 0, 0], ENOSYS),
    (
        "landlock_create_ruleset",
        libc::SYS_landlock_create_ruleset,
        &[0, 0, 1],
        ENOSYS,
    ),
    (
        "lookup_dcookie",
        libc::SYS_lookup_dcookie,
        &[0, 0, 0],
        ENOSYS,
    ),
    ("uselib", libc::SYS_uselib, &[0], ENOSYS),
    ("a_call_of_the_future", 900, &[], ENOSYS),
];

pub(crate) fn cases() -> Vec<Case> {
    let killed = KILLED.iter().map(|&(name, number)| {
        let make = move || attempt(number);
        program(format!("{name}_kills_its_caller"), make).ends(&[SecurityViolation])
    });
    let refused_ones = REFUSED.iter().map(|&(name, number, arguments, error)| {
        program(format!("{name}_is_refused"), move || {
            refused(call(number, arguments), &[error]);
        })
    });
    killed.chain(refused_ones).chain(others()).collect()
}

/// Makes a call that must not return.
fn attempt(number: c_long) {
    let _ = call(number, &[]);
}

fn others() -> Vec<Case> {
    vec![
        program("a_call_of_the_32_bit_interface_kills_its_caller", || {
            std::hint::black_box(crate::raw::int_0x80());
        })
        // A kernel without that interface faults.
        .ends(&[SecurityViolation, Signaled(libc::SIGSEGV)]),
        program("calls_of_the_x32_interface_do_not_exist", || {
            for number in [
                libc::SYS_getpid,
                libc::SYS_write,
                libc::SYS_ptrace,
                520,
                521,
                545,
            ] {
                refused(call(0x4000_0000 + number, &[1, 0, 0]), &[ENOSYS]);
            }
        }),
        program("no_kind_of_namespace_can_be_cloned", || {
            for kind in NEW_ANY {
                refused(call(libc::SYS_clone, &[kind as usize | 17, 0]), &[EPERM]);
                refused(
                    call(libc::SYS_clone, &[kind as usize | 17 | 1 << 40, 0]),
                    &[EPERM],
                );
                refused(call(libc::SYS_unshare, &[kind as usize]), &[EPERM]);
            }
        }),
        program("a_violation_in_a_thread_ends_the_whole_program", || {
            std::thread::spawn(|| attempt(libc::SYS_ptrace)).join().ok();
            crate::raw::rest_for_ever();
        })
        .ends(&[SecurityViolation]),
        program("a_handler_for_the_filters_signal_helps_nothing", || {
            crate::raw::ignore_all_signals();
            let _ = call(libc::SYS_bpf, &[]);
            crate::raw::rest_for_ever();
        })
        .ends(&[SecurityViolation]),
        program("a_violation_in_a_child_kills_the_child", || {
            let child = crate::raw::fork(|| attempt(libc::SYS_keyctl)).expect("a child");
            let status = crate::raw::wait(child);
            let killed = matches!(
                status,
                nix::sys::wait::WaitStatus::Signaled(_, nix::sys::signal::Signal::SIGSYS, _)
            );
            assert!(killed, "{status:?}");
        }),
    ]
}
