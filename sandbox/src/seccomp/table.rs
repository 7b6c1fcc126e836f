//! The tables of the filter: what is allowed, what is refused, how and why.

use libc::{EACCES, EINVAL, ENOSYS, ENOTSUP, EPERM, c_long};

use super::Answer::{self, Errno, Kill};
use Arg::{Bits, Is, IsNot};

/// The numbers of these calls. With braces, so that rustfmt leaves the tables as tables.
macro_rules! calls {
    ($($call:ident)*) => { &[$(libc::$call),*] };
}

/// Rows of `answer: calls , [conditions] => "why";`.
macro_rules! refusals {
    ($($(#[$cfg:meta])* $answer:ident$(($errno:expr))?: $($call:ident)* $(, [$($when:expr),*])? => $why:literal;)*) => {
        &[$($(#[$cfg])* Refusal {
            answer: $answer$(($errno))?,
            calls: calls!($($call)*),
            when: &[$($($when),*)?],
            why: $why,
        }),*]
    };
}

/// A condition on one argument of a call; places count from 0. All conditions of a refusal must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arg {
    /// It is this value.
    Is(u8, u64),
    /// It is anything but this value.
    IsNot(u8, u64),
    /// Its bits under the first mask are the second.
    Bits(u8, u64, u64),
}

/// Calls that are refused where all conditions hold.
pub(super) struct Refusal {
    pub(super) answer: Answer,
    pub(super) calls: &'static [c_long],
    pub(super) when: &'static [Arg],
    /// Printed by the tests, and read by whoever wonders.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is there to be read"))]
    pub(super) why: &'static str,
}

/// The calls that only the agent may make, by its key, and what others are answered.
pub(super) const KEYED: &[(c_long, Answer)] = &[
    (libc::SYS_clone3, Errno(ENOSYS)),
    (libc::SYS_sched_setaffinity, Errno(EPERM)),
];

/// The call's argument at `place` is a file mode of this type.
const fn is_type(place: u8, kind: libc::mode_t) -> Arg {
    Bits(place, libc::S_IFMT as u64, kind as u64)
}

/// `clone` with this flag.
const fn flag(bit: i32) -> Arg {
    Bits(0, bit as u32 as u64, bit as u32 as u64)
}

const PERSONALITY_NO_RANDOMIZE: u64 = 0x0004_0000;
const PERSONALITY_QUERY: u64 = 0xffff_ffff;
const PR_SCHED_CORE: u64 = 62;
const FS_IOC_SETFLAGS: u64 = 0x4008_6602;
const FS_IOC32_SETFLAGS: u64 = 0x4004_6602;
const FS_IOC_FSSETXATTR: u64 = 0x401c_5820;
const TIOCSETD: u64 = 0x5423;

/// What is refused. Where several rows fit a call, the answer that stands first in this table wins.
pub(super) const REFUSED: &[Refusal] = refusals! {
    // Calls that no honest program makes.
    Kill: SYS_ptrace SYS_process_vm_readv SYS_process_vm_writev SYS_pidfd_getfd => "reaches into other processes";
    Kill: SYS_mount SYS_umount2 SYS_pivot_root SYS_fsopen SYS_fsconfig SYS_fsmount SYS_fspick SYS_move_mount
        SYS_open_tree SYS_mount_setattr SYS_setns
        => "changes what the box can see";
    Kill: SYS_bpf SYS_kexec_load SYS_kexec_file_load SYS_init_module SYS_finit_module SYS_delete_module
        => "puts code into the kernel";
    Kill: SYS_reboot SYS_swapon SYS_swapoff SYS_acct SYS_quotactl SYS_quotactl_fd SYS_vhangup SYS_open_by_handle_at
        => "administers the host";
    Kill: SYS_add_key SYS_request_key SYS_keyctl => "keys outlive the run, even in new namespaces";
    #[cfg(target_arch = "x86_64")]
    Kill: SYS_iopl SYS_ioperm => "drives the hardware";

    // Calls that some program tries, and is told that it may not.
    Errno(EPERM): SYS_unshare SYS_chroot => "new namespaces and roots; browsers and build tools probe";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWUSER)] => "nested user namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWNS)] => "nested mount namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWPID)] => "nested pid namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWNET)] => "nested network namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWIPC)] => "nested ipc namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWUTS)] => "nested uts namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_NEWCGROUP)] => "nested cgroup namespace";
    Errno(EPERM): SYS_clone, [flag(libc::CLONE_PARENT)]
        => "a child of PID 1 beside the program, with a status of its own";
    Errno(EPERM): SYS_prctl, [Is(0, libc::PR_SET_SECCOMP as u64)] => "filters of its own can only confuse";
    Errno(EPERM): SYS_seccomp => "filters of its own can only confuse";
    Errno(EPERM): SYS_prctl, [Is(0, libc::PR_SET_MM as u64)] => "rewrites what /proc says";
    Errno(EPERM): SYS_prctl, [Is(0, PR_SCHED_CORE)] => "couples the scheduling of others";
    Errno(EPERM): SYS_prlimit64, [IsNot(0, 0)]
        => "where the judge is no root, PID 1 has the program's user id, and its limits could be taken";
    Errno(EPERM): SYS_sched_setscheduler SYS_sched_setparam SYS_sched_setattr, [IsNot(0, 0)]
        => "scheduling of others";
    Errno(EPERM): SYS_setpriority, [IsNot(0, libc::PRIO_PROCESS as u64)] => "priority of others";
    Errno(EPERM): SYS_setpriority, [IsNot(1, 0)] => "priority of others";
    Errno(EPERM): SYS_ioprio_set SYS_move_pages SYS_migrate_pages SYS_kcmp => "touches or inspects others";
    Errno(EPERM): SYS_mbind SYS_set_mempolicy SYS_get_mempolicy
        => "placement of memory is the judge's; the JVM asks, and copes";
    Errno(EPERM): SYS_personality, [IsNot(0, 0), IsNot(0, PERSONALITY_QUERY), IsNot(0, PERSONALITY_NO_RANDOMIZE)]
        => "old personalities weaken the program's own protection; asking and a fixed layout are fine";
    Errno(EPERM): SYS_clock_settime SYS_settimeofday SYS_adjtimex SYS_clock_adjtime SYS_sethostname
        SYS_setdomainname SYS_syslog SYS_fanotify_init SYS_fanotify_mark SYS_name_to_handle_at
        => "the host's clock, name, log and files";
    Errno(EPERM): SYS_mknodat, [is_type(2, libc::S_IFCHR)] => "device nodes; FIFOs and files are fine";
    Errno(EPERM): SYS_mknodat, [is_type(2, libc::S_IFBLK)] => "device nodes; FIFOs and files are fine";
    #[cfg(target_arch = "x86_64")]
    Errno(EPERM): SYS_mknod, [is_type(1, libc::S_IFCHR)] => "device nodes; FIFOs and files are fine";
    #[cfg(target_arch = "x86_64")]
    Errno(EPERM): SYS_mknod, [is_type(1, libc::S_IFBLK)] => "device nodes; FIFOs and files are fine";
    Errno(EPERM): SYS_ioctl, [Is(1, libc::TIOCSTI)] => "types into a terminal";
    Errno(EPERM): SYS_ioctl, [Is(1, libc::TIOCLINUX)] => "types into a console";
    Errno(EPERM): SYS_ioctl, [Is(1, TIOCSETD)] => "loads a line discipline";
    Errno(EPERM): SYS_setsockopt, [Is(1, libc::SOL_SOCKET as u64), Is(2, 26)]
        => "SO_ATTACH_FILTER: code in the kernel";
    Errno(EPERM): SYS_setsockopt, [Is(1, libc::SOL_SOCKET as u64), Is(2, 50)] => "SO_ATTACH_BPF: code in the kernel";
    Errno(EPERM): SYS_setsockopt, [Is(1, libc::SOL_SOCKET as u64), Is(2, 51)] => "SO_ATTACH_REUSEPORT_CBPF";
    Errno(EPERM): SYS_setsockopt, [Is(1, libc::SOL_SOCKET as u64), Is(2, 52)] => "SO_ATTACH_REUSEPORT_EBPF";

    Errno(EACCES): SYS_socket SYS_socketpair, [IsNot(0, libc::AF_UNIX as u64)]
        => "no network of any kind: also AF_VSOCK, AF_NETLINK, AF_PACKET, AF_ALG";
    Errno(EACCES): SYS_perf_event_open => "counts the host's events; what perf_event_paranoid answers";

    Errno(ENOTSUP): SYS_setxattr SYS_lsetxattr SYS_fsetxattr SYS_removexattr SYS_lremovexattr SYS_fremovexattr
        => "an attribute of the box's own directory would outlive the run";
    Errno(ENOTSUP): SYS_ioctl, [Is(1, FS_IOC_SETFLAGS)] => "so would a flag";
    Errno(ENOTSUP): SYS_ioctl, [Is(1, FS_IOC32_SETFLAGS)] => "so would a flag";
    Errno(ENOTSUP): SYS_ioctl, [Is(1, FS_IOC_FSSETXATTR)] => "so would a flag";

    // As from a kernel or a file system without them.
    Errno(EINVAL): SYS_fcntl, [Is(1, libc::F_NOTIFY as u64)]
        => "the old inotify: watches the shared /usr, and so what the neighbour reads";
    Errno(EINVAL): SYS_fcntl, [Is(1, libc::F_SETLEASE as u64)]
        => "where the judge is no root, its files are the program's own, and their next opener would wait";

    Errno(0): SYS_fadvise64, [Is(3, libc::POSIX_FADV_DONTNEED as u64)]
        => "throws the shared /usr out of memory, and the neighbour waits for the disk";
    Errno(0): SYS_sync SYS_syncfs => "flushes the host's disks; nothing in a box is on one";

    Errno(0): SYS_flock
        => "a lock on a file of the shared /usr would tell the neighbour something; what a box has of its own, one run alone uses";
    Errno(0): SYS_fcntl, [Is(1, libc::F_SETLK as u64)] => "the same";
    Errno(0): SYS_fcntl, [Is(1, libc::F_SETLKW as u64)] => "the same";
    Errno(0): SYS_fcntl, [Is(1, libc::F_OFD_SETLK as u64)] => "the same";
    Errno(0): SYS_fcntl, [Is(1, libc::F_OFD_SETLKW as u64)] => "the same";
    Errno(EINVAL): SYS_fcntl, [Is(1, libc::F_GETLK as u64)] => "asks who has such a lock";
    Errno(EINVAL): SYS_fcntl, [Is(1, libc::F_OFD_GETLK as u64)] => "asks who has such a lock";

    // Said aloud, though a call in no table gets the same answer.
    Errno(ENOSYS): SYS_io_uring_setup SYS_io_uring_enter SYS_io_uring_register SYS_io_setup SYS_io_submit
        => "does calls past the filter; Node tries it first and does without";
    Errno(ENOSYS): SYS_userfaultfd SYS_memfd_secret SYS_process_madvise SYS_process_mrelease
        => "kernel surface that nothing here needs";
    Errno(ENOSYS): SYS_shmget SYS_shmat SYS_shmctl SYS_shmdt SYS_semget SYS_semop SYS_semtimedop SYS_semctl
        SYS_msgget SYS_msgsnd SYS_msgrcv SYS_msgctl
        => "System V objects outlive the run; POSIX ones under /dev/shm are files";
    Errno(ENOSYS): SYS_mq_open SYS_mq_unlink => "so do message queues";
    Errno(ENOSYS): SYS_inotify_init1 SYS_inotify_add_watch
        => "watches the shared /usr, and so what the neighbour reads; tail and tsc poll instead";
    Errno(ENOSYS): SYS_landlock_create_ruleset SYS_landlock_add_rule SYS_landlock_restrict_self
        => "the agent has done it";
};

/// What is allowed where no row above refuses it.
pub(super) const ALLOWED: &[c_long] = calls! {
    // Processes and threads.
    SYS_clone SYS_execve SYS_execveat SYS_exit SYS_exit_group SYS_wait4 SYS_waitid SYS_kill SYS_tkill SYS_tgkill
    SYS_pidfd_open SYS_pidfd_send_signal SYS_getpid SYS_getppid SYS_gettid SYS_getpgid SYS_setpgid SYS_getsid
    SYS_setsid SYS_set_tid_address SYS_set_robust_list SYS_rseq SYS_futex SYS_futex_waitv SYS_membarrier SYS_prctl
    SYS_personality SYS_getcpu SYS_getrusage SYS_times SYS_prlimit64 SYS_getrlimit SYS_setrlimit SYS_getpriority
    SYS_setpriority SYS_ioprio_get SYS_sched_yield SYS_sched_getaffinity SYS_sched_getattr SYS_sched_setattr
    SYS_sched_getparam SYS_sched_setparam SYS_sched_getscheduler SYS_sched_setscheduler SYS_sched_get_priority_max
    SYS_sched_get_priority_min SYS_sched_rr_get_interval SYS_restart_syscall
    // Who it is.
    SYS_getuid SYS_geteuid SYS_getgid SYS_getegid SYS_getresuid SYS_getresgid SYS_getgroups SYS_setuid SYS_setgid
    SYS_setreuid SYS_setregid SYS_setresuid SYS_setresgid SYS_setgroups SYS_setfsuid SYS_setfsgid SYS_capget
    SYS_capset
    // Signals and time.
    SYS_rt_sigaction SYS_rt_sigprocmask SYS_rt_sigreturn SYS_rt_sigpending SYS_rt_sigtimedwait SYS_rt_sigqueueinfo
    SYS_rt_tgsigqueueinfo SYS_rt_sigsuspend SYS_sigaltstack SYS_signalfd4 SYS_nanosleep SYS_clock_nanosleep
    SYS_clock_gettime SYS_clock_getres SYS_gettimeofday SYS_getitimer SYS_setitimer SYS_timer_create
    SYS_timer_settime SYS_timer_gettime SYS_timer_getoverrun SYS_timer_delete SYS_timerfd_create
    SYS_timerfd_settime SYS_timerfd_gettime
    // Memory.
    SYS_brk SYS_mmap SYS_munmap SYS_mremap SYS_mprotect SYS_madvise SYS_msync SYS_mincore SYS_mlock SYS_mlock2
    SYS_munlock SYS_mlockall SYS_munlockall SYS_mseal SYS_memfd_create SYS_pkey_alloc SYS_pkey_free
    SYS_pkey_mprotect
    // Open files.
    SYS_read SYS_write SYS_readv SYS_writev SYS_pread64 SYS_pwrite64 SYS_preadv SYS_pwritev SYS_preadv2
    SYS_pwritev2 SYS_lseek SYS_close SYS_close_range SYS_dup SYS_dup3 SYS_fcntl SYS_ioctl SYS_fsync
    SYS_fdatasync SYS_sync_file_range SYS_ftruncate SYS_fallocate SYS_fadvise64 SYS_readahead SYS_sendfile
    SYS_splice SYS_tee SYS_vmsplice SYS_copy_file_range SYS_pipe2 SYS_eventfd2 SYS_epoll_create1 SYS_epoll_ctl
    SYS_epoll_pwait SYS_epoll_pwait2 SYS_ppoll SYS_pselect6
    // The file tree.
    SYS_openat SYS_openat2 SYS_getdents64 SYS_fstat SYS_newfstatat SYS_statx SYS_statfs SYS_fstatfs SYS_faccessat
    SYS_faccessat2 SYS_readlinkat SYS_getcwd SYS_chdir SYS_fchdir SYS_truncate SYS_mkdirat SYS_mknodat SYS_linkat
    SYS_symlinkat SYS_unlinkat SYS_renameat2 SYS_fchmod SYS_fchmodat SYS_fchmodat2 SYS_fchown SYS_fchownat
    SYS_utimensat SYS_umask SYS_getxattr SYS_lgetxattr SYS_fgetxattr SYS_listxattr SYS_llistxattr SYS_flistxattr
    // Sockets, which are local ones.
    SYS_socket SYS_socketpair SYS_bind SYS_listen SYS_accept SYS_accept4 SYS_connect SYS_shutdown SYS_getsockname
    SYS_getpeername SYS_getsockopt SYS_setsockopt SYS_sendto SYS_sendmsg SYS_sendmmsg SYS_recvfrom SYS_recvmsg
    SYS_recvmmsg
    // The host.
    SYS_uname SYS_sysinfo SYS_getrandom
};

/// What more is allowed on this architecture, where its libc still uses the old calls.
#[cfg(target_arch = "x86_64")]
pub(super) const ALLOWED_HERE: &[c_long] = calls! {
    SYS_fork SYS_vfork SYS_arch_prctl SYS_getpgrp SYS_pause SYS_alarm SYS_time SYS_open SYS_creat SYS_stat
    SYS_lstat SYS_access SYS_readlink SYS_chmod SYS_chown SYS_lchown SYS_mkdir SYS_rmdir SYS_rename SYS_renameat
    SYS_link SYS_unlink SYS_symlink SYS_mknod SYS_utime SYS_utimes SYS_futimesat SYS_getdents SYS_dup2 SYS_pipe
    SYS_select SYS_poll SYS_epoll_create SYS_epoll_wait SYS_eventfd SYS_signalfd
};

/// What more is allowed on this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(super) const ALLOWED_HERE: &[c_long] = calls! { SYS_renameat };
